//! Rule `invalid-expression`: SQL in the register that PostgreSQL would not take where it stands.

use super::support::within::within;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{Index, IndexKey, Located, Projection, Service, Table};
use crate::semantic::suggest::nearest;
use crate::sql;
use foldhash::HashMap;
use std::cell::RefCell;
use std::rc::Rc;

pub(super) const RULE: Rule = Rule {
    name: "invalid-expression",
    severity: Severity::Error,
    scope: Scope::Table,
    unsilenceable: Some("PostgreSQL would refuse the migration"),
    page: "
## What it does

Reads every piece of SQL in the register: `check`, `where`, `when`, `default-sql`, `generated-sql`, `on-update-sql`,
`backfill-sql`, expressions of indexes, and the `up` and `down` of `sql` nodes. Reports

- what is not exactly one expression: a syntax error, a comment, a second statement, a quote or parenthesis without its
  partner, more than 64 KiB, 32 levels or 1000 names, operators and brackets,
- subqueries, aggregate and window functions and parameters, which the database cannot check row by row,
- columns that the table does not have, and any column in a `default-sql`,
- functions whose result changes by itself (`now()`, `random()`) in an index or a generated column,
- in `sql` nodes: text that is not whole statements, commands of psql, statements that begin or end a transaction, and
  `CONCURRENTLY`.

## Why it is bad

The migration would fail half-way, or worse: text that ends the expression early would run as a statement of its own.

## How to mend it

The finding points at the byte. A rule over several tables belongs into the service's code or into a `sql` node with a
trigger.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column id bigint identity primary-key
        column total "numeric(12,2)" check="totl >= 0"
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column id bigint identity primary-key
        column total "numeric(12,2)" check="total >= 0"
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let read = Read::default();
    for table in register.tables.values() {
        let scope = Scoped::of_table(table, &read);
        columns(table, &scope, findings);
        for check in &table.checks {
            findings.extend(scope.problem(&check.expression, Use::Any));
        }
        for unique in &table.uniques {
            findings.extend(unique.predicate.iter().filter_map(|text| scope.problem(text, Use::Unchanging)));
        }
        indexes(&table.indexes, &scope, findings);
        for reference in &table.references {
            let condition = &register.references[*reference].when;
            findings.extend(condition.iter().filter_map(|text| scope.problem(text, Use::Any)));
        }
    }
    for projection in register.projections.values() {
        indexes(&projection.indexes, &Scoped::of_projection(projection, &read), findings);
    }
    for service in register.services.values() {
        statements(service, findings);
    }
}

fn columns(table: &Table, scope: &Scoped<'_>, findings: &mut Vec<Finding>) {
    for column in &table.columns {
        let texts = [
            (&column.default_sql, Use::Default),
            (&column.generated_sql, Use::Generated(column.name.as_str())),
            (&column.on_update_sql, Use::Any),
            (&column.backfill_sql, Use::Any),
        ];
        for (text, place) in texts {
            findings.extend(text.as_deref().and_then(|text| scope.problem(text, place)));
        }
    }
}

fn indexes(indexes: &[Index], scope: &Scoped<'_>, findings: &mut Vec<Finding>) {
    for index in indexes {
        for part in &index.parts {
            if let IndexKey::Expression(text) = &part.value.key {
                // The place is that of the whole part, so nothing inside of it can be pointed at.
                let text = Located::new(text.clone(), part.place);
                findings.extend(scope.problem(&text, Use::Unchanging));
            }
        }
        findings.extend(index.predicate.iter().filter_map(|text| scope.problem(text, Use::Unchanging)));
    }
}

fn statements(service: &Service, findings: &mut Vec<Finding>) {
    for node in &service.sql {
        for text in [&node.up, &node.down] {
            if let Err(error) = sql::statement(text.as_str()) {
                let finding = RULE
                    .finding(format!(
                        "`{}` is not SQL that a migration can run: {}",
                        node.name.value, error.message
                    ))
                    .at(within(text, error.offset, 1), "here")
                    .help("write whole statements of SQL, as they may stand in one transaction");
                findings.push(finding);
            }
        }
    }
}

/// Where an expression stands, and so what it may use.
#[derive(Clone, Copy)]
enum Use<'a> {
    /// Columns and functions of any kind.
    Any,
    /// No columns: the row is not there yet.
    Default,
    /// Only what gives the same result at any time.
    Unchanging,
    /// As [`Use::Unchanging`], and no generated column: the name is that of the column itself.
    Generated(&'a str),
}

/// What an expression is, where a text is none.
const EXPRESSION_HELP: &str = "write one expression over the columns of one row, without comments, subqueries, aggregates and parameters";

const DEFAULT_HELP: &str = "text is written in `default`, or in single quotes here; what is made of other columns is written in `generated-sql`";

type Uses = Result<Vec<sql::ColumnUse>, sql::ExpressionError>;

/// What was read: `now()` and `deleted_at IS NULL` stand in a register a thousand times.
#[derive(Default)]
struct Read {
    texts: RefCell<HashMap<String, Rc<Uses>>>,
}

impl Read {
    fn columns(&self, text: &str) -> Rc<Uses> {
        if let Some(known) = self.texts.borrow().get(text) {
            return Rc::clone(known);
        }
        let uses = Rc::new(sql::read_columns(text));
        self.texts.borrow_mut().insert(text.to_owned(), Rc::clone(&uses));
        uses
    }
}

/// The columns that an expression may use.
struct Scoped<'a> {
    read: &'a Read,
    /// The table's names: in the register and in the database.
    tables: [&'a str; 2],
    place: crate::source::Place,
    columns: Vec<&'a str>,
    generated: Vec<&'a str>,
}

impl<'a> Scoped<'a> {
    fn of_table(table: &'a Table, read: &'a Read) -> Scoped<'a> {
        let generated = table.columns.iter().filter(|column| column.generated_sql.is_some());
        Scoped {
            read,
            tables: [table.name.as_str(), table.sql_name()],
            place: table.name.place,
            columns: table.columns.iter().map(|column| column.name.as_str()).collect(),
            generated: generated.map(|column| column.name.as_str()).collect(),
        }
    }

    fn of_projection(projection: &'a Projection, read: &'a Read) -> Scoped<'a> {
        Scoped {
            read,
            tables: [projection.name.as_str(); 2],
            place: projection.name.place,
            columns: projection.column_names(),
            generated: Vec::new(),
        }
    }

    /// What is wrong with an expression: one finding, since one mistake may entail others.
    fn problem(&self, text: &Located<String>, place: Use<'_>) -> Option<Finding> {
        let read = self.read.columns(text.as_str());
        let uses = match read.as_ref() {
            Ok(uses) => uses,
            Err(error) => {
                let finding = RULE.finding(format!("not an expression: {}", error.message));
                let finding = finding.at(within(text, error.offset, 1), "here");
                return Some(finding.help(EXPRESSION_HELP));
            }
        };
        if let (Use::Default, Some(used)) = (place, uses.first()) {
            let message =
                format!("a default cannot use the column `{}`: the row is not there yet", used.name);
            let finding = RULE.finding(message).at(within(text, used.offset, used.name.len()), "a column");
            return Some(finding.help(DEFAULT_HELP));
        }
        for used in uses {
            if let Some(finding) = self.unknown_column(text, used) {
                return Some(finding);
            }
        }
        match place {
            Use::Any | Use::Default => None,
            Use::Unchanging => changing(text, "an index"),
            Use::Generated(own) => {
                let generated = uses.iter().find(|used| self.generated.contains(&used.name.as_str()));
                if let Some(used) = generated {
                    let what = if used.name == own { "itself" } else { "another generated column" };
                    let message = format!("a generated column cannot use {what}: `{}`", used.name);
                    return Some(
                        RULE.finding(message)
                            .at(within(text, used.offset, used.name.len()), "here")
                            .help("write what that column is made from in its place"),
                    );
                }
                changing(text, "a generated column")
            }
        }
    }

    fn unknown_column(&self, text: &Located<String>, used: &sql::ColumnUse) -> Option<Finding> {
        let wrong_table = used.qualifier.as_deref().filter(|qualifier| !self.tables.contains(qualifier));
        if let Some(qualifier) = wrong_table {
            let message = format!("`{qualifier}.{}` is no column of `{}`", used.name, self.tables[0]);
            let finding =
                RULE.finding(message).at(within(text, used.offset, qualifier.len()), "another table");
            return Some(
                finding
                    .at(self.place, "the table")
                    .help("an expression sees the columns of its own row alone"),
            );
        }
        if self.columns.contains(&used.name.as_str()) {
            return None;
        }
        let message = format!("`{}` has no column `{}`", self.tables[0], used.name);
        let qualifier = used.qualifier.as_ref().map_or(0, |qualifier| qualifier.len() + 1);
        let finding = RULE
            .finding(message)
            .at(within(text, used.offset + qualifier, used.name.len()), "no such column")
            .at(self.place, "the table");
        Some(match nearest(&used.name, self.columns.iter().copied()) {
            Some(near) => finding.help(format!("perhaps `{near}` is meant")),
            None => {
                finding.help("text stands in single quotes; a name with capitals stands in double quotes")
            }
        })
    }
}

fn changing(text: &Located<String>, what: &str) -> Option<Finding> {
    let (function, offset) = sql::changing_function(text.as_str())?;
    let message = format!("{what} cannot use `{function}`, whose result changes by itself");
    let finding = RULE.finding(message).at(within(text, offset, function.len()), "PostgreSQL refuses this");
    Some(finding.help("keep the value in a column of its own, which `default-sql` or `on-update-sql` sets"))
}
