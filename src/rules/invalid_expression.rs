//! Rule `invalid-expression`: SQL in the register that PostgreSQL would not take where it stands.

use super::support::service_types::ServiceTypes;
use super::support::within::within;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{Index, IndexKey, Located, Projection, Service, Table};
use crate::semantic::suggest::nearest;
use crate::sql::{self, ParsedExpression, Place, ProblemKind, TypeId, TypeProblem, Wanted};
use foldhash::{HashMap, HashSet};
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
- what is no condition where one is wanted, and values that PostgreSQL does not turn into the column's type,
- functions and operators that PostgreSQL and the extensions of the service do not have, or not for such types; values
  that an enum does not have; constants that are no values of the type beside them,
- what may change by itself in an index or a generated column: `now()`, `random()`, and what depends on the session, such
  as a `timestamptz` turned into text,
- in `sql` nodes: text that is not whole statements, commands of psql, statements that begin or end a transaction, and
  `CONCURRENTLY`.

What the version of PostgreSQL says counts, where the platform names one; else what versions 15 and 18 agree on. Types
and functions of extensions that do not come with PostgreSQL are not known, and a function that the `up` of a `sql` node
names is taken for one of your own.

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
    for (id, service) in register.services.iter() {
        let types = ServiceTypes::new(register, id);
        read.sound.borrow_mut().clear();
        for table in service.tables.iter().map(|table| &register.tables[*table]) {
            check_table(&Scoped::of_table(register, &types, table, &read), table, findings);
        }
        for projection in service.projections.iter().map(|projection| &register.projections[*projection]) {
            indexes(
                &projection.indexes,
                &Scoped::of_projection(register, &types, projection, &read),
                findings,
            );
        }
        statements(service, findings);
    }
}

fn check_table(scope: &Scoped<'_>, table: &Table, findings: &mut Vec<Finding>) {
    columns(table, scope, findings);
    for check in &table.checks {
        findings.extend(scope.problem(&check.expression, Use::Condition));
    }
    for unique in &table.uniques {
        findings.extend(unique.predicate.iter().filter_map(|text| scope.problem(text, Use::Predicate)));
    }
    indexes(&table.indexes, scope, findings);
    for reference in &table.references {
        let condition = &scope.register.references[*reference].when;
        findings.extend(condition.iter().filter_map(|text| scope.problem(text, Use::Condition)));
    }
}

fn columns(table: &Table, scope: &Scoped<'_>, findings: &mut Vec<Finding>) {
    for column in &table.columns {
        let id = scope.types.of(&column.data_type.value);
        let texts = [
            (&column.default_sql, Use::Default(id)),
            (&column.generated_sql, Use::Generated(column.name.as_str(), id)),
            (&column.on_update_sql, Use::Assigned(id)),
            (&column.backfill_sql, Use::Value(id)),
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
                findings.extend(scope.problem(&text, Use::Key));
            }
        }
        findings.extend(index.predicate.iter().filter_map(|text| scope.problem(text, Use::Predicate)));
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

/// Where an expression stands, and so what it may use and has to give; with the type of the column that it is for.
#[derive(Clone, Copy)]
enum Use<'a> {
    /// A condition.
    Condition,
    /// A condition that is the same at any time.
    Predicate,
    /// What an index is over: the same at any time.
    Key,
    /// A value, without columns: the row is not there yet.
    Default(Option<TypeId>),
    /// A value.
    Value(Option<TypeId>),
    /// A value that a trigger assigns, which turns it into the column's type through its text.
    Assigned(Option<TypeId>),
    /// A value that is the same at any time, without generated columns: the name is that of the column itself.
    Generated(&'a str, Option<TypeId>),
}

impl Use<'_> {
    fn place(self) -> Place {
        let value = |id: Option<TypeId>| id.map_or(Wanted::Anything, Wanted::Value);
        let (wanted, is_unchanging) = match self {
            Use::Condition => (Wanted::Condition, false),
            Use::Predicate => (Wanted::Condition, true),
            Use::Key => (Wanted::Anything, true),
            Use::Default(id) | Use::Value(id) => (value(id), false),
            Use::Assigned(id) => (id.map_or(Wanted::Anything, Wanted::Assigned), false),
            Use::Generated(_, id) => (value(id), true),
        };
        Place { wanted, is_unchanging }
    }
}

/// What an expression is, where a text is none.
const EXPRESSION_HELP: &str = "write one expression over the columns of one row, without comments, subqueries, aggregates and parameters";

const OWN_FUNCTION_HELP: &str = "a function of your own is made by a `sql` node of the service";

const CHANGE_HELP: &str =
    "keep the value in a column of its own, which `default-sql` or `on-update-sql` sets";

const DEFAULT_HELP: &str = "text is written in `default`, or in single quotes here; what is made of other columns is written in `generated-sql`";

type Parsed = Result<ParsedExpression, sql::ExpressionError>;

/// What was read: `now()` and `deleted_at IS NULL` stand in a register a thousand times.
#[derive(Default)]
struct Read {
    texts: RefCell<HashMap<String, Rc<Parsed>>>,
    /// What PostgreSQL takes in the service that is looked at.
    sound: RefCell<HashSet<Question>>,
}

/// An expression by its address, where it stands, and the types of the columns that it uses.
type Question = (*const Parsed, Place, Vec<Option<TypeId>>);

impl Read {
    fn expression(&self, text: &str) -> Rc<Parsed> {
        if let Some(known) = self.texts.borrow().get(text) {
            return Rc::clone(known);
        }
        let parsed = Rc::new(ParsedExpression::read(text));
        self.texts.borrow_mut().insert(text.to_owned(), Rc::clone(&parsed));
        parsed
    }
}

/// The columns that an expression may use.
struct Scoped<'a> {
    register: &'a Register,
    types: &'a ServiceTypes,
    read: &'a Read,
    /// The table's names: in the register and in the database.
    tables: [&'a str; 2],
    place: crate::source::Place,
    columns: Vec<&'a str>,
    column_types: Vec<Option<TypeId>>,
    generated: Vec<&'a str>,
}

impl<'a> Scoped<'a> {
    fn of_table(
        register: &'a Register,
        types: &'a ServiceTypes,
        table: &'a Table,
        read: &'a Read,
    ) -> Scoped<'a> {
        let generated = table.columns.iter().filter(|column| column.generated_sql.is_some());
        Scoped {
            register,
            types,
            read,
            tables: [table.name.as_str(), table.sql_name()],
            place: table.name.place,
            columns: table.columns.iter().map(|column| column.name.as_str()).collect(),
            column_types: table.columns.iter().map(|column| types.of(&column.data_type.value)).collect(),
            generated: generated.map(|column| column.name.as_str()).collect(),
        }
    }

    fn of_projection(
        register: &'a Register,
        types: &'a ServiceTypes,
        projection: &'a Projection,
        read: &'a Read,
    ) -> Scoped<'a> {
        let source = projection.source.map(|source| &register.tables[source]);
        let copied = projection.key.iter().chain(&projection.columns);
        let copied = copied.map(|copied| {
            let column = source?.columns.get(copied.source)?;
            types.of_copy(register, &column.data_type.value)
        });
        Scoped {
            register,
            types,
            read,
            tables: [projection.name.as_str(); 2],
            place: projection.name.place,
            columns: projection.column_names(),
            column_types: copied.collect(),
            generated: Vec::new(),
        }
    }

    fn column_type(&self, name: &str) -> Option<TypeId> {
        let position = self.columns.iter().position(|column| *column == name)?;
        self.column_types.get(position).copied().flatten()
    }

    /// What is wrong with an expression: one finding, since one mistake may entail others.
    fn problem(&self, text: &Located<String>, place: Use<'_>) -> Option<Finding> {
        let read = self.read.expression(text.as_str());
        let parsed = match read.as_ref() {
            Ok(parsed) => parsed,
            Err(error) => {
                let finding = RULE.finding(format!("not an expression: {}", error.message));
                let finding = finding.at(within(text, error.offset, 1), "here");
                return Some(finding.help(EXPRESSION_HELP));
            }
        };
        let uses = parsed.columns();
        if let (Use::Default(_), Some(used)) = (place, uses.first()) {
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
        if let Use::Generated(own, _) = place
            && let Some(used) = uses.iter().find(|used| self.generated.contains(&used.name.as_str()))
        {
            let what = if used.name == own { "itself" } else { "another generated column" };
            let message = format!("a generated column cannot use {what}: `{}`", used.name);
            let finding = RULE.finding(message).at(within(text, used.offset, used.name.len()), "here");
            return Some(finding.help("write what that column is made from in its place"));
        }
        let types = uses.iter().map(|used| self.column_type(&used.name)).collect();
        let question = (Rc::as_ptr(&read), place.place(), types);
        if self.read.sound.borrow().contains(&question) {
            return None;
        }
        let types = |name: &str| self.column_type(name);
        let Some(problem) = parsed.problem(&self.types.surroundings, &types, place.place()) else {
            self.read.sound.borrow_mut().insert(question);
            return None;
        };
        Some(self.finding(text, place, problem))
    }

    /// What PostgreSQL says of the types.
    fn finding(&self, text: &Located<String>, place: Use<'_>, problem: TypeProblem) -> Finding {
        let at = within(text, problem.offset, problem.length);
        let finding = match &problem.kind {
            ProblemKind::Changes => {
                let what =
                    if matches!(place, Use::Generated(..)) { "a generated column" } else { "an index" };
                RULE.finding(format!("{what} cannot use {}", problem.message))
            }
            _ => RULE.finding(problem.message),
        };
        let help = problem.help.unwrap_or_else(|| self.help(&problem.kind));
        finding.at(at, "PostgreSQL refuses this").help(help)
    }

    fn help(&self, kind: &ProblemKind) -> String {
        let perhaps = |near: &str| format!("perhaps `{near}` is meant");
        match kind {
            ProblemKind::UnknownFunction(name) => nearest(name, self.types.surroundings.function_names().iter().copied())
                .map_or_else(|| OWN_FUNCTION_HELP.to_owned(), perhaps),
            ProblemKind::UnknownValue(number, value) => {
                let values = self.types.enum_values(self.register, *number);
                nearest(value, values.iter().copied())
                    .map_or_else(|| format!("its values are `{}`", values.join("`, `")), perhaps)
            }
            ProblemKind::Changes => CHANGE_HELP.to_owned(),
            ProblemKind::WrongResult => "write what gives a value of that type, such as a comparison for a condition".to_owned(),
            ProblemKind::Other => "compare and combine values of types that go together; a cast such as `...::text` turns one into another".to_owned(),
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
