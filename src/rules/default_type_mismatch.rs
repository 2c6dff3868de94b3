//! Rule `default-type-mismatch`: a literal that the column's type does not take.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{Column, ColumnType, DefaultValue, EnumId, Located, PartitionMethod, Table};
use crate::semantic::suggest::nearest;
use crate::sql::{Literal, literal_problem, plain_elements};

pub(super) const RULE: Rule = Rule {
    name: "default-type-mismatch",
    severity: Severity::Error,
    scope: Scope::Table,
    unsilenceable: Some("PostgreSQL would refuse the migration, or every row that takes the default"),
    page: "
## What it does

Reports a `default` that is no value of its column's type, or a value of a `part` that is none of the column that the
table is partitioned by: text for a number, a number out of range, a text that is too long, a value that the enum does
not have, a date that does not exist, `#null` for a column that is not `nullable`.

## Why it is bad

PostgreSQL refuses some of them when the migration runs. Others it takes and rounds, or refuses with every insert
that relies on the default.

## How to mend it

Write a value of the type, or give the column the type that the value has. An expression goes into `default-sql`.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    enum order_status placed paid shipped
    table orders {
        column id bigint identity primary-key
        column quantity integer default=1.5
        column status order_status default=payed
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    enum order_status placed paid shipped
    table orders {
        column id bigint identity primary-key
        column quantity integer default=1
        column status order_status default=paid
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for table in register.tables.values() {
        for column in &table.columns {
            if let Some(default) = &column.default {
                findings.extend(mismatch(register, table, column, default, "default"));
            }
        }
        let Some(partition) = &table.partition else { continue };
        let (PartitionMethod::List(parts), [column]) = (&partition.method, partition.columns.as_slice())
        else {
            continue;
        };
        let column = &table.columns[column.value];
        for value in parts.iter().flat_map(|part| &part.values) {
            findings.extend(mismatch(register, table, column, value, "value"));
        }
    }
}

fn mismatch(
    register: &Register,
    table: &Table,
    column: &Column,
    written: &Located<DefaultValue>,
    what: &str,
) -> Option<Finding> {
    let (reason, help) = problem(register, column, &written.value, what)?;
    let message = format!(
        "the {what} of `{}.{}` is no `{}`: {reason}",
        table.name.value,
        column.name.value,
        register.type_name(&column.data_type.value)
    );
    let finding = RULE
        .finding(message)
        .at(written.place, format!("this {what}"))
        .at(column.data_type.place, "the type");
    let help = help.unwrap_or_else(|| {
        let other = if what == "default" { ", or an expression in `default-sql`" } else { "" };
        format!("write a value of the type{other}; or give the column the type that the value has")
    });
    Some(finding.help(help))
}

/// What is wrong, and how to mend it.
fn problem(
    register: &Register,
    column: &Column,
    value: &DefaultValue,
    what: &str,
) -> Option<(String, Option<String>)> {
    if *value == DefaultValue::Null {
        // A partition may hold the rows without a value.
        let is_wrong = what == "default" && !column.nullable;
        let help = "remove the default, or flag the column `nullable`";
        return is_wrong.then(|| ("the column is not `nullable`".to_owned(), Some(help.to_owned())));
    }
    let literal = match value {
        DefaultValue::Text(text) => Literal::text(text),
        DefaultValue::Number(text) => Literal::number(text)?,
        DefaultValue::Boolean(value) => Literal::Boolean(*value),
        DefaultValue::Null => Literal::Null,
    };
    match &column.data_type.value {
        ColumnType::Builtin(data_type) => {
            let reason = literal_problem(data_type, &literal)?;
            Some((reason, help(&literal, data_type.family())))
        }
        ColumnType::Enum(id, 0) => enum_problem(register, *id, &literal),
        ColumnType::Enum(id, _) => match literal {
            Literal::Text(text) if text.trim().starts_with('{') => {
                let elements = plain_elements(&text).unwrap_or_default();
                elements.into_iter().find_map(|element| enum_problem(register, *id, &Literal::text(element)))
            }
            _ => Some(("an array is written as text, such as `\"{}\"`".to_owned(), None)),
        },
        // What an extension's type takes is not known here, nor is what an unknown one does.
        ColumnType::Extension(_) | ColumnType::Unknown(_) => None,
    }
}

fn enum_problem(register: &Register, id: EnumId, literal: &Literal) -> Option<(String, Option<String>)> {
    let values = || register.enums[id].values.iter().map(|value| value.name.as_str());
    let Literal::Text(text) = literal else {
        return Some(("a value of an enum is written as text".to_owned(), None));
    };
    if values().any(|value| value == text) {
        return None;
    }
    let help = match nearest(text, values()) {
        Some(near) => format!("perhaps `{near}` is meant"),
        None => format!("its values are `{}`", values().collect::<Vec<_>>().join("`, `")),
    };
    Some((format!("the enum has no value `{text}`"), Some(help)))
}

fn help(literal: &Literal, family: crate::sql::TypeFamily) -> Option<String> {
    use crate::sql::TypeFamily;
    match (literal, family) {
        (Literal::Text(text), _) if text.trim_end().ends_with(')') => {
            Some("an expression goes into `default-sql`".to_owned())
        }
        (Literal::Number(number), TypeFamily::Text) => Some(format!("write `\"{}\"`", number.as_str())),
        (Literal::Boolean(value), TypeFamily::Text) => Some(format!("write `\"{value}\"`")),
        (Literal::Number(number), TypeFamily::Boolean) => match number.as_str() {
            "0" => Some("write `#false`".to_owned()),
            "1" => Some("write `#true`".to_owned()),
            _ => None,
        },
        _ => None,
    }
}
