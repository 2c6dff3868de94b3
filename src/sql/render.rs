//! Statements as a careful engineer would write them, for PostgreSQL 15 to 18.

use super::render_table::{
    alter_table_add_foreign_key, alter_table_drop_constraint, create_partition, create_table,
};
use super::{Literal, QualifiedName, write_identifier};
use crate::plan::{Commented, Statement};
use crate::schema::{
    Index, IndexKey, IndexPart, ObjectName, Trigger, TriggerEvent, TriggerLevel, TriggerTiming,
};
use std::collections::BTreeMap;

/// What a line of SQL should not be longer than, in bytes.
pub(super) const LINE_WIDTH: usize = 100;

/// Writes a statement with the semicolon at its end, and no line feed after that.
pub fn render(statement: &Statement) -> String {
    match statement {
        Statement::CreateNamespace { name } => format!("CREATE SCHEMA {};", Name(name)),
        Statement::DropNamespace { name } => format!("DROP SCHEMA {};", Name(name)),
        Statement::CreateExtension { name } => format!("CREATE EXTENSION IF NOT EXISTS {};", Name(name)),
        Statement::DropExtension { name } => drop_extension(name),
        Statement::CreateEnum { name, values } => create_enum(name, values),
        Statement::DropEnum { name } => format!("DROP TYPE {};", QualifiedName::from(name)),
        Statement::CreateFunction { name, returns, settings, body } => {
            create_function(name, returns, settings, body)
        }
        Statement::DropFunction { name } => format!("DROP FUNCTION {}();", QualifiedName::from(name)),
        Statement::CreateTable { name, table } => create_table(name, table),
        Statement::DropTable { name } => format!("DROP TABLE {};", QualifiedName::from(name)),
        Statement::CreatePartition { table, name, bounds } => create_partition(table, name, bounds),
        Statement::DropPartition { table, name } => format!("DROP TABLE {};", beside(table, name)),
        Statement::AddForeignKey { table, name, foreign_key } => {
            alter_table_add_foreign_key(table, name, foreign_key)
        }
        Statement::DropForeignKey { table, name } => alter_table_drop_constraint(table, name),
        Statement::CreateIndex { table, name, index } => create_index(table, name, index),
        Statement::DropIndex { table, name } => format!("DROP INDEX {};", beside(table, name)),
        Statement::CreateTrigger { table, name, trigger } => create_trigger(table, name, trigger),
        Statement::DropTrigger { table, name } => {
            format!("DROP TRIGGER {} ON {};", Name(name), QualifiedName::from(table))
        }
        Statement::SetComment { on, text } => comment_on(on, text.as_deref()),
        Statement::RunSqlNode { node, .. } => sql_node(&node.up),
        Statement::UndoSqlNode { down, .. } => sql_node(down),
        Statement::MaintainPartitions { function } => format!("SELECT {}();", QualifiedName::from(function)),
    }
}

/// A name, quoted where it has to be.
pub(super) struct Name<'a>(pub &'a str);

impl std::fmt::Display for Name<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write_identifier(formatter, self.0)
    }
}

/// Names in parentheses.
pub(super) fn names(names: &[String]) -> String {
    let mut text = "(".to_owned();
    for (number, name) in names.iter().enumerate() {
        text += if number > 0 { ", " } else { "" };
        // Writing to a String cannot fail.
        let _ = write_identifier(&mut text, name);
    }
    text + ")"
}

/// The name of something in the PostgreSQL schema of a table.
pub(super) fn beside(table: &ObjectName, name: &str) -> QualifiedName {
    QualifiedName::new(table.schema.as_str(), name)
}

/// An extension that is not trusted can be dropped only by the administrator who made it; the owner leaves it.
fn drop_extension(name: &str) -> String {
    if super::is_trusted_extension(name) {
        return format!("DROP EXTENSION {};", Name(name));
    }
    let notice =
        Literal::text(format!("extension {name} stays: only the administrator who made it may drop it"));
    dollar_quoted(
        "DO ",
        "do",
        &format!(
            "\nBEGIN\n    DROP EXTENSION {};\nEXCEPTION WHEN insufficient_privilege THEN\n    RAISE NOTICE '%', {notice};\nEND\n",
            Name(name)
        ),
    )
}

fn create_enum(name: &ObjectName, values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| Literal::text(value).to_string()).collect();
    let start = format!("CREATE TYPE {} AS ENUM ", QualifiedName::from(name));
    listed(&start, &values, ";")
}

/// `start` and items in parentheses: in one line where that is short enough, else in a line each.
pub(super) fn listed(start: &str, items: &[String], end: &str) -> String {
    let line = format!("{start}({}){end}", items.join(", "));
    if line.len() <= LINE_WIDTH || items.len() < 2 {
        return line;
    }
    format!("{start}(\n    {}\n){end}", items.join(",\n    "))
}

fn create_function(
    name: &ObjectName,
    returns: &str,
    settings: &BTreeMap<String, String>,
    body: &str,
) -> String {
    let settings =
        settings.iter().map(|(name, value)| format!("SET {} = {}\n", Name(name), Literal::text(value)));
    let start = format!(
        "CREATE FUNCTION {}() RETURNS {}\nLANGUAGE plpgsql\n{}AS ",
        QualifiedName::from(name),
        super::render_table::data_type(returns),
        settings.collect::<String>()
    );
    dollar_quoted(&start, "function", body)
}

/// A text between dollar quotes whose tag does not occur in it.
fn dollar_quoted(start: &str, tag: &str, body: &str) -> String {
    let mut number = 0usize;
    let mut quote = format!("${tag}$");
    while format!("{body}$").contains(&quote) {
        number += 1;
        quote = format!("${tag}{number}$");
    }
    format!("{start}{quote}{}{quote};", body.replace('\0', ""))
}

fn create_index(table: &ObjectName, name: &str, index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let method =
        if index.method == "btree" { String::new() } else { format!(" USING {}", Name(&index.method)) };
    let parts: Vec<String> = index.parts.iter().map(index_part).collect();
    let start = format!("CREATE {unique}INDEX {}", Name(name));
    let on = format!("ON {}{method} ({})", QualifiedName::from(table), parts.join(", "));
    let separator = if start.len() + on.len() < LINE_WIDTH { " " } else { "\n    " };
    let mut statement = format!("{start}{separator}{on}");
    let mut clauses = Vec::new();
    if !index.include.is_empty() {
        clauses.push(format!("INCLUDE {}", names(&index.include)));
    }
    if index.nulls_not_distinct {
        clauses.push("NULLS NOT DISTINCT".to_owned());
    }
    if let Some(predicate) = &index.predicate {
        clauses.push(format!("WHERE {}", predicate.text));
    }
    let line = clauses.iter().map(String::len).sum::<usize>() + clauses.len() + statement.len();
    let separator = if line < LINE_WIDTH { " " } else { "\n    " };
    for clause in clauses {
        statement += separator;
        statement += &clause;
    }
    statement + ";"
}

fn index_part(part: &IndexPart) -> String {
    let mut text = match &part.key {
        IndexKey::Column(column) => Name(column).to_string(),
        IndexKey::Expression(expression) => format!("({})", expression.text),
    };
    if let Some(operator_class) = &part.operator_class {
        text += &format!(" {}", Name(operator_class));
    }
    if part.descending {
        text += " DESC";
    }
    match (part.descending, part.nulls_first) {
        (true, false) => text += " NULLS LAST",
        (false, true) => text += " NULLS FIRST",
        _ => {}
    }
    text
}

fn create_trigger(table: &ObjectName, name: &str, trigger: &Trigger) -> String {
    let timing = match trigger.timing {
        TriggerTiming::Before => "BEFORE",
        TriggerTiming::After => "AFTER",
    };
    let events: Vec<&str> = trigger
        .events
        .iter()
        .map(|event| match event {
            TriggerEvent::Insert => "INSERT",
            TriggerEvent::Update => "UPDATE",
            TriggerEvent::Delete => "DELETE",
        })
        .collect();
    let level = match trigger.level {
        TriggerLevel::Row => "ROW",
        TriggerLevel::Statement => "STATEMENT",
    };
    format!(
        "CREATE TRIGGER {}\n    {timing} {} ON {}\n    FOR EACH {level} EXECUTE FUNCTION {}();",
        Name(name),
        events.join(" OR "),
        QualifiedName::from(table),
        QualifiedName::from(&trigger.function)
    )
}

fn comment_on(on: &Commented, text: Option<&str>) -> String {
    let object = match on {
        Commented::Table(name) => format!("TABLE {}", QualifiedName::from(name)),
        Commented::Column(table, name) => format!("COLUMN {}.{}", QualifiedName::from(table), Name(name)),
        Commented::Index(table, name) => format!("INDEX {}", beside(table, name)),
        Commented::Enum(name) => format!("TYPE {}", QualifiedName::from(name)),
        Commented::Function(name) => format!("FUNCTION {}()", QualifiedName::from(name)),
    };
    let text = text.map_or(Literal::Null, Literal::text);
    format!("COMMENT ON {object} IS {text};")
}

/// What people wrote, with one semicolon at its end, where no comment of theirs can hide it.
fn sql_node(text: &str) -> String {
    let text = text.trim_start().trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    let last_line = text.rsplit(['\n', '\r']).next().unwrap_or(text);
    let separator = if last_line.contains("--") { "\n" } else { "" };
    format!("{text}{separator};")
}
