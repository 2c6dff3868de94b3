//! Rule `unsupported-index`: a key, an index or a partition that PostgreSQL cannot build.

use super::support::service_types::ServiceTypes;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{
    ColumnIndex, ColumnType, Index, IndexKey, IndexPart, Located, PartitionMethod, ServiceId, Table,
};
use crate::semantic::suggest::nearest;
use crate::source::Place;
use crate::sql::{AccessMethod, ClassProblem, MOST_INDEX_COLUMNS, ParsedExpression, TypeId, access_method};
use std::cell::LazyCell;

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
- an expression whose type it has none for
- an operator class that PostgreSQL and the extensions of the service do not have, or not for this access method, or not
  for such a type
- `unique`, an order, several columns or `include=` with an access method that does not take it
- more than 32 columns
- `using=hnsw` or `ivfflat` without the extension `vector`, and `hnsw` without an operator class

Types of extensions that do not come with PostgreSQL are not looked at.

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

/// The columns that an index may be over, and what its service has.
struct Columns<'a> {
    register: &'a Register,
    service: ServiceId,
    types: &'a ServiceTypes,
    declared: TypeOf<'a>,
    /// The types by the columns' names.
    by_name: &'a dyn Fn(&str) -> Option<TypeId>,
}

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for (id, service) in register.services.iter() {
        let types = LazyCell::new(|| ServiceTypes::new(register, id));
        for table in service.tables.iter().map(|table| &register.tables[*table]) {
            let declared = |column: ColumnIndex| {
                Some((table.columns[column].name.as_str(), &table.columns[column].data_type))
            };
            keys(register, table, &declared, findings);
            let by_name = |name: &str| types.of(&table.columns[table.column_index(name)?].data_type.value);
            for index in &table.indexes {
                let columns =
                    Columns { register, service: id, types: &types, declared: &declared, by_name: &by_name };
                check_index(&columns, index, findings);
            }
        }
        for projection in service.projections.iter().map(|projection| &register.projections[*projection]) {
            let Some(source) = projection.source else { continue };
            let copied: Vec<_> = projection.key.iter().chain(&projection.columns).collect();
            let declared = |column: ColumnIndex| {
                let column = copied.get(column)?;
                Some((column.name.as_str(), &register.tables[source].columns[column.source].data_type))
            };
            let by_name = |name: &str| {
                let number = copied.iter().position(|column| column.name.as_str() == name)?;
                types.of_copy(register, &declared(number)?.1.value)
            };
            for index in &projection.indexes {
                let columns =
                    Columns { register, service: id, types: &types, declared: &declared, by_name: &by_name };
                check_index(&columns, index, findings);
            }
        }
    }
}

/// Primary key, unique keys and partition: their columns have no words behind them.
fn keys(register: &Register, table: &Table, types: TypeOf<'_>, findings: &mut Vec<Finding>) {
    let mut check = |method: &str, columns: &[Located<ColumnIndex>], what: &str, place: Place| {
        let Some(method) = access_method(method) else { return };
        for column in columns {
            let column_type = types(column.value);
            findings.extend(type_finding(register, method, column_type, what, column.place));
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

fn check_index(columns: &Columns<'_>, index: &Index, findings: &mut Vec<Finding>) {
    let written = index.method.as_ref();
    let Some(method) = access_method(written.map_or("btree", Located::as_str)) else { return };
    let place = written.map_or(index.place, |written| written.place);
    let extensions = &columns.register.services[columns.service].extensions;
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
    for part in &index.parts {
        findings.extend(part_finding(columns, method, part));
    }
}

fn part_finding(columns: &Columns<'_>, method: AccessMethod, part: &Located<IndexPart>) -> Option<Finding> {
    let (shown, id) = match &part.value.key {
        IndexKey::Column(number) => {
            let name = (columns.declared)(*number)?.0;
            (format!("`{name}`"), (columns.by_name)(name))
        }
        IndexKey::Expression(text) => ("the expression".to_owned(), expression_type(columns, text)),
    };
    if let Some(class) = &part.value.operator_class {
        return class_finding(columns, method, (class, &shown, id), part.place);
    }
    if method.name == "hnsw" {
        let message = "`hnsw` has no operator class that goes without saying";
        let finding = RULE.finding(message).at(part.place, "no operator class");
        return Some(finding.help("write one behind the column, such as `\"embedding vector_cosine_ops\"`"));
    }
    let has_default = || id.is_some_and(|id| columns.types.surroundings.has_default_class(method.name, id));
    // Extensions bring some for these two.
    if method.extension.is_some() || ["gin", "gist"].contains(&method.name) && has_default() {
        return None;
    }
    let what = format!("an index of the access method `{}`", method.name);
    match &part.value.key {
        IndexKey::Column(number) => {
            type_finding(columns.register, method, (columns.declared)(*number), &what, part.place)
        }
        IndexKey::Expression(_) => {
            let id = id.filter(|_| !has_default())?;
            let message = format!(
                "{what} cannot be over this expression: PostgreSQL has no default operator class for `{}`",
                columns.types.surroundings.shown(id)
            );
            let finding = RULE.finding(message).at(part.place, "this expression");
            Some(finding.help("take another access method, or write an operator class behind the expression"))
        }
    }
}

/// The type of an expression, where it is one and its type can be told; rule `invalid-expression` says what is wrong.
fn expression_type(columns: &Columns<'_>, text: &str) -> Option<TypeId> {
    ParsedExpression::read(text).ok()?.type_id(&columns.types.surroundings, columns.by_name)
}

/// What is wrong with a written operator class for a column or an expression.
fn class_finding(
    columns: &Columns<'_>,
    method: AccessMethod,
    (class, shown, id): (&str, &str, Option<TypeId>),
    place: Place,
) -> Option<Finding> {
    let surroundings = &columns.types.surroundings;
    if method.extension.is_some() {
        return None;
    }
    let list = |names: Vec<String>| format!("`{}`", names.join("`, `"));
    let (message, help) = match surroundings.class_problem(method.name, class, id)? {
        ClassProblem::Unknown => {
            let names = surroundings.class_names(method.name);
            let near = nearest(class, names.iter().copied());
            let help = near.map_or_else(
                || "without one, the access method's default for the type is taken".to_owned(),
                |near| format!("perhaps `{near}` is meant"),
            );
            (format!("there is no operator class `{class}`"), help)
        }
        ClassProblem::Lacking(extension) => (
            format!("the operator class `{class}` is of an extension that the service lacks"),
            format!("write `extension {extension}` in the service"),
        ),
        ClassProblem::OtherMethods(methods) => {
            let methods = list(methods.into_iter().map(str::to_owned).collect());
            (
                format!("the operator class `{class}` is none of the access method `{}`", method.name),
                format!("it is one of {methods}"),
            )
        }
        ClassProblem::OtherTypes(types) => {
            let types = list(types.into_iter().map(|id| surroundings.shown(id)).collect());
            let own = id.map(|id| surroundings.shown(id)).unwrap_or_default();
            (
                format!("the operator class `{class}` does not take {shown}, which is `{own}`"),
                format!("it takes {types}"),
            )
        }
    };
    Some(RULE.finding(message).at(place, "this operator class").help(help))
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
    let finding = RULE.finding(message).at(at, "asked for here").at(place, "the access method");
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
