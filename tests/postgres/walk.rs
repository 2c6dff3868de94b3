//! Runs the statements of a plan one by one: after each, the database is what the executor says.

use crate::compare::differences;
use freehold::live::read_schema;
use freehold::plan::{Executor, Statement};
use freehold::schema::Schema;
use freehold::sql;
use std::collections::BTreeMap;
use tokio_postgres::Client;

/// A database and the executor's idea of it, side by side.
pub struct Walk<'a> {
    client: &'a Client,
    executor: Executor,
    /// What stands in the database besides, since a `sql` node made it.
    besides: BTreeMap<String, String>,
}

impl<'a> Walk<'a> {
    /// Starts from an empty database.
    pub fn new(client: &'a Client) -> Walk<'a> {
        Walk { client, executor: Executor::default(), besides: BTreeMap::new() }
    }

    /// Runs statements, comparing after each.
    pub async fn run(&mut self, statements: &[Statement]) {
        for statement in statements {
            let text = sql::render(statement);
            if let Err(error) = self.client.batch_execute(&text).await {
                panic!("{:?}\n{text}", error.as_db_error());
            }
            self.executor.apply(statement).unwrap_or_else(|error| panic!("{error}\n{text}"));
            let found = read_schema(self.client).await.unwrap();
            self.compare(statement, &found, &text);
        }
    }

    fn compare(&mut self, statement: &Statement, found: &Schema, text: &str) {
        let besides = differences(self.executor.schema(), found);
        let is_sql_node = matches!(statement, Statement::RunSqlNode { .. } | Statement::UndoSqlNode { .. });
        let only_more = besides.values().all(|difference| difference.starts_with("only in the database"));
        if !(is_sql_node && only_more) {
            assert!(besides == self.besides, "after\n{text}\nthe catalog differs:\n{}", listed(&besides));
        }
        self.besides = besides;
    }
}

fn listed(differences: &BTreeMap<String, String>) -> String {
    differences.iter().map(|(name, text)| format!("{name}: {text}\n")).collect()
}
