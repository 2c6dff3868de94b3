//! Rule `unsupported-index`: a key, an index or a partition that PostgreSQL cannot build.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{
    ColumnIndex, ColumnType, Index, IndexKey, IndexPart, Located, PartitionMethod, ServiceId, Table,
};
use crate::source::Place;
use crate::sql::{AccessMethod, MOST_INDEX_COLUMNS, access_method, brings_operator_classes};

pub(super) const RULE: Rule = Rule {
    name: "unsupported-index",
    severity: Severity::Error,
    scope: Scope::Table,
    unsilenceable: Some("PostgreSQL would refuse the migration"),
    page: "
## What it does

Reports what no index of PostgreSQL can be:

- a primary key, a unique key, an index or a partition over a column whose type the access method has no order or hash
  for: `json`, `xml`, `point` and their like have none at all, and `gin` has none for plain numbers and texts
- `unique`, an order, several columns or `include=` with an access method that does not take it
- more than 32 columns
- `using=hnsw` or `ivfflat` without the extension `vector`, and `hnsw` without an operator class

Types of extensions are not looked at, nor are expressions.

## Why it is bad

PostgreSQL refuses the migration when it runs.

## How to mend it

Take another access method, name an operator class behind the column, or give the column a type that can be compared, such
as `jsonb` instead of `json`.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column id bigint identity primary-key
        column note json
        index note
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column id bigint identity primary-key
        column note jsonb
        index note using=gin
    }
}
"#,
    check,
};

/// A column of a table or of a read copy; `None`: one of the compiler's own.
type TypeOf<'a> = &'a dyn Fn(ColumnIndex) -> Option<(&'a str, &'a Located<ColumnType>)>;

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for table in register.tables.values() {
        let types = |column: ColumnIndex| {
            Some((table.columns[column].name.as_str(), &table.columns[column].data_type))
        };
        keys(register, table, &types, findings);
        for index in &table.indexes {
            check_index(register, table.service, index, &types, findings);
        }
    }
    for projection in register.projections.values() {
        let Some(source) = projection.source else { continue };
        let columns: Vec<_> = projection.key.iter().chain(&projection.columns).collect();
        let types = |column: ColumnIndex| {
            let column = columns.get(column)?;
            Some((column.name.as_str(), &register.tables[source].columns[column.source].data_type))
        };
        for index in &projection.indexes {
            check_index(register, projection.service, index, &types, findings);
        }
    }
}

/// Primary key, unique keys and partition: their columns have no words behind them.
fn keys(register: &Register, table: &Table, types: TypeOf<'_>, findings: &mut Vec<Finding>) {
    let mut check = |method: &str, columns: &[Located<ColumnIndex>], what: &str, place: Place| {
        let Some(method) = access_method(method) else { return };
        for column in columns {
            findings.extend(type_finding(register, method, types(column.value), what, column.place));
        }
        findings.extend(too_many(columns.len(), what, place));
    };
    if let Some(key) = &table.primary_key {
        check("btree", &key.columns, "a primary key", key.place);
    }
    for unique in &table.uniques {
        check("btree", &unique.columns, "a unique key", unique.place);
    }
    let Some(partition) = &table.partition else { return };
    match partition.method {
        PartitionMethod::Hash(_) => check("hash", &partition.columns, "a partition by hash", partition.place),
        PartitionMethod::List(_) => {
            check("btree", &partition.columns, "a partition by list", partition.place)
        }
        PartitionMethod::Range(_) => {}
    }
}

fn check_index(
    register: &Register,
    service: ServiceId,
    index: &Index,
    types: TypeOf<'_>,
    findings: &mut Vec<Finding>,
) {
    let written = index.method.as_ref();
    let Some(method) = access_method(written.map_or("btree", Located::as_str)) else { return };
    let place = written.map_or(index.place, |written| written.place);
    let extensions = &register.services[service].extensions;
    if let Some(extension) = method.extension {
        let may_stand = |name: &str| name == extension || !crate::sql::is_known_extension(name);
        if !extensions.iter().any(|written| may_stand(written.as_str())) {
            let message =
                format!("the access method `{}` is of an extension that the service lacks", method.name);
            let finding = RULE.finding(message).at(place, "not there without it");
            findings.push(finding.help(format!("write `extension {extension}` in the service")));
            return;
        }
    }
    findings.extend(refused_words(index, method, place));
    findings.extend(too_many(index.parts.len() + index.include.len(), "an index", index.place));
    let takes_more = extensions.iter().any(|extension| brings_operator_classes(extension.as_str()));
    for part in &index.parts {
        let IndexPart { key: IndexKey::Column(column), operator_class: None, .. } = &part.value else {
            continue;
        };
        if method.name == "hnsw" {
            let message = "`hnsw` has no operator class that goes without saying";
            let finding = RULE.finding(message).at(part.place, "no operator class");
            findings
                .push(finding.help("write one behind the column, such as `\"embedding vector_cosine_ops\"`"));
        } else if method.extension.is_none() && !(takes_more && ["gin", "gist"].contains(&method.name)) {
            let what = format!("an index of the access method `{}`", method.name);
            findings.extend(type_finding(register, method, types(*column), &what, part.place));
        }
    }
}

/// What the index asks for and its access method does not do.
fn refused_words(index: &Index, method: AccessMethod, place: Place) -> Option<Finding> {
    let is_ordered = |part: &&Located<IndexPart>| part.value.descending || part.value.nulls_first.is_some();
    let ordered = index.parts.iter().find(is_ordered);
    let (what, at) = if index.unique && !method.unique {
        ("be unique", index.place)
    } else if let (Some(part), false) = (ordered, method.ordered) {
        ("have an order", part.place)
    } else if let (Some(part), false) = (index.parts.get(1), method.several_columns) {
        ("be over several columns", part.place)
    } else if let (Some(column), false) = (index.include.first(), method.include) {
        ("include columns", column.place)
    } else {
        return None;
    };
    let message = format!("an index of the access method `{}` cannot {what}", method.name);
    let finding = RULE.finding(message).at(at, "asked for here");
    let finding = if at == place { finding } else { finding.at(place, "the access method") };
    Some(finding.help("take this out, or leave `using=` out: the access method `btree` takes it"))
}

fn too_many(columns: usize, what: &str, place: Place) -> Option<Finding> {
    (columns > MOST_INDEX_COLUMNS).then(|| {
        RULE.finding(format!("{what} has at most {MOST_INDEX_COLUMNS} columns, and this has {columns}"))
            .at(place, "too many columns")
            .help("leave out those that the others make needless")
    })
}

/// A column whose type the access method has no default operator class for.
fn type_finding(
    register: &Register,
    method: AccessMethod,
    column: Option<(&str, &Located<ColumnType>)>,
    what: &str,
    place: Place,
) -> Option<Finding> {
    let (name, data_type) = column?;
    let (takes, base) = match &data_type.value {
        ColumnType::Builtin(builtin) => (method.takes(builtin), builtin.base()),
        ColumnType::Enum(_, dimensions) => (method.takes_enums(*dimensions > 0), ""),
        ColumnType::Extension(_) | ColumnType::Unknown(_) => (true, ""),
    };
    if takes {
        return None;
    }
    let message = format!(
        "{what} cannot be over `{name}`: PostgreSQL has no {} for `{}`",
        if method.name == "btree" { "order" } else { "default operator class" },
        register.type_name(&data_type.value)
    );
    let help = match base {
        "json" if ["btree", "hash", "gin"].contains(&method.name) => "take `jsonb` as the type",
        _ if !what.starts_with("an index") => "take a type that PostgreSQL can compare, or other columns",
        _ => "take another access method, or write an operator class behind the column",
    };
    Some(RULE.finding(message).at(place, "over this column").at(data_type.place, "the type").help(help))
}
