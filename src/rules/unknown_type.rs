//! Rule `unknown-type`: a type that neither PostgreSQL nor the service has.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{ColumnType, Field, FieldType, Located, RpcKind, ServiceId};
use crate::semantic::suggest::nearest;
use crate::sql::{self, DataType, TypeError};

pub(super) const RULE: Rule = Rule {
    name: "unknown-type",
    severity: Severity::Error,
    scope: Scope::Table,
    unsilenceable: Some("PostgreSQL would refuse the migration"),
    page: "
## What it does

Reports the type of a column or of a field that is none of PostgreSQL's, no enum of the service, and no type of an
extension that the service declares. Types are taken in every spelling of PostgreSQL: `int8`, `timestamptz(3)`,
`\"double precision\"`, `\"text[]\"`. A service that declares an extension which is not known here may use any type.

`serial` and its kin are no types but a shorthand for a sequence with a default, which belongs to nobody and needs
rights of its own. `identity` is the way.

## Why it is bad

The migration would fail when it runs, and nothing can be said of what refers to the column.

## How to mend it

Write the type as PostgreSQL spells it, or declare the enum or the extension that it comes from.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column id serial primary-key
        column note string
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column id integer identity primary-key
        column note text
    }
}
"#,
    check,
};

/// Types of other databases and languages, with what is meant in PostgreSQL.
#[rustfmt::skip]
const HABITS: &[(&str, &str)] = &[
    ("binary", "bytea"), ("blob", "bytea"), ("clob", "text"), ("datetime", "timestamptz"),
    ("datetime2", "timestamptz"), ("datetimeoffset", "timestamptz"), ("double", "double precision"),
    ("f32", "real"), ("f64", "double precision"), ("float32", "real"), ("float64", "double precision"),
    ("guid", "uuid"), ("i16", "smallint"), ("i32", "integer"), ("i64", "bigint"), ("int16", "smallint"),
    ("int32", "integer"), ("int64", "bigint"), ("long", "bigint"), ("longblob", "bytea"), ("longtext", "text"),
    ("map", "jsonb"), ("mediumblob", "bytea"), ("mediumint", "integer"), ("mediumtext", "text"),
    ("ntext", "text"), ("number", "numeric"), ("nvarchar", "varchar"), ("object", "jsonb"), ("short", "smallint"),
    ("smalldatetime", "timestamptz"), ("str", "text"), ("string", "text"), ("timestamp_tz", "timestamptz"), ("timestampz", "timestamptz"),
    ("tinyint", "smallint"), ("tinytext", "text"), ("u16", "integer"), ("u32", "bigint"),
    ("u64", "numeric(20,0)"), ("uint16", "integer"), ("uint32", "bigint"), ("uint64", "numeric(20,0)"),
    ("uniqueidentifier", "uuid"), ("varbinary", "bytea"), ("varchar2", "varchar"), ("year", "smallint"),
];

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for table in register.tables.values() {
        for column in &table.columns {
            let finding = unknown(register, table.service, &column.data_type.value, &column.data_type);
            findings.extend(
                finding.map(|finding| with_identity(finding, column.name.as_str(), &column.data_type.value)),
            );
        }
    }
    for event in register.events.values() {
        let service = register.topics[event.topic].service;
        fields(register, service, &event.fields, findings);
    }
    for rpc in register.rpcs.values() {
        if let RpcKind::Custom { request, response, .. } = &rpc.kind {
            fields(register, rpc.service, request, findings);
            fields(register, rpc.service, response, findings);
        }
    }
}

fn fields(register: &Register, service: ServiceId, fields: &[Field], findings: &mut Vec<Finding>) {
    for field in fields {
        if let FieldType::Column(column_type) = &field.kind.value {
            findings.extend(unknown(register, service, column_type, &field.kind));
        }
    }
}

fn unknown<T>(
    register: &Register,
    service: ServiceId,
    column_type: &ColumnType,
    written: &Located<T>,
) -> Option<Finding> {
    let ColumnType::Unknown(text) = column_type else { return None };
    let finding = match DataType::read(text) {
        Err(TypeError::Serial(instead)) => RULE
            .finding(format!("`{text}` is no type, but a shorthand for a sequence"))
            .at(written.place, "no type")
            .help(format!("write `{instead}` with the flag `identity`")),
        Err(TypeError::Pseudo) => RULE
            .finding(format!("`{text}` is a type of functions alone"))
            .at(written.place, "no column can have it")
            .help("write the type that the values have; `jsonb` holds values of any"),
        Err(TypeError::Modifiers(reason)) => RULE
            .finding(format!("`{text}` is not a type: {reason}"))
            .at(written.place, "not taken by PostgreSQL")
            .help("write what stands in the parentheses as PostgreSQL takes it, or leave it out"),
        Err(TypeError::Unknown) | Ok(_) => RULE
            .finding(format!("there is no type `{text}`"))
            .at(written.place, "unknown type")
            .help(help(register, service, text)),
    };
    Some(finding)
}

/// The line to write in place of a `serial`.
fn with_identity(finding: Finding, column: &str, column_type: &ColumnType) -> Finding {
    let ColumnType::Unknown(text) = column_type else { return finding };
    match DataType::read(text) {
        Err(TypeError::Serial(instead))
            if crate::names::check(column, crate::names::Target::Table).is_ok() =>
        {
            finding.fix(format!("column {column} {instead} identity"))
        }
        _ => finding,
    }
}

fn help(register: &Register, service: ServiceId, text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let (element, brackets) = match lower.trim().strip_suffix("[]") {
        Some(element) => (element.trim(), "[]"),
        None => (lower.trim(), ""),
    };
    let (front, modifiers) = element.split_at(element.find('(').unwrap_or(element.len()));
    let unsigned = front.strip_suffix(" unsigned").map(str::trim);
    if let Some(signed) = unsigned {
        let wider = if matches!(signed, "bigint" | "int8") { "numeric(20,0)" } else { "bigint" };
        return format!(
            "there are no unsigned numbers in PostgreSQL: `{wider}` holds them, with a `check` against negative ones"
        );
    }
    if let Some((_, meant)) = HABITS.iter().find(|(habit, _)| *habit == front.trim()) {
        let with_modifiers = format!("{meant}{modifiers}{brackets}");
        let meant = if DataType::parse(&with_modifiers).is_some() {
            with_modifiers
        } else {
            format!("{meant}{brackets}")
        };
        return format!("in PostgreSQL it is called `{meant}`");
    }
    if let Some(extension) = sql::extension_of_type(element) {
        return format!("the type comes with an extension: add `extension {extension}` to the service");
    }
    let enums = register.services[service].enums.iter().map(|id| register.enums[*id].name.as_str());
    match nearest(front.trim(), enums).or_else(|| nearest(front.trim(), sql::type_names())) {
        Some(near) => {
            let with_modifiers = format!("{near}{modifiers}");
            let known = DataType::parse(&with_modifiers).is_some();
            let near = if known { with_modifiers } else { near.to_owned() };
            format!("perhaps `{near}{brackets}` is meant")
        }
        None => {
            "a column has a type of PostgreSQL, an enum of the service, or a type of an extension that it declares".to_owned()
        }
    }
}
