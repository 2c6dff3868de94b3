//! The rows that a relay looks at together, and which of them may be on their way at once.

use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row as _};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A row of the outbox.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Where it stands in the order.
    pub id: i64,
    /// What consumers know the event by.
    pub event_id: Uuid,
    /// The topic that it goes to.
    pub topic: String,
    /// The name of the event.
    pub event_type: String,
    /// The version of its message.
    pub event_version: i64,
    /// The key of the message.
    pub partition_key: String,
    /// The row that it tells of.
    pub aggregate_id: String,
    /// The version of that row.
    pub row_version: Option<i64>,
    /// The message, or the event as JSON.
    pub payload: Vec<u8>,
    /// Headers, as a JSON object.
    pub headers: String,
    /// When the change was made, in microseconds since 1970; none where that cannot be sent.
    pub occurred_at: Option<i64>,
    /// How often it could not be sent.
    pub attempts: i64,
    /// Whether all transactions have ended that could still write a row before it.
    pub is_settled: bool,
}

impl FromRow<'_, PgRow> for Row {
    fn from_row(row: &PgRow) -> Result<Row, sqlx::Error> {
        Ok(Row {
            id: row.try_get("id")?,
            event_id: row.try_get("event_id")?,
            topic: row.try_get("topic")?,
            event_type: row.try_get("event_type")?,
            event_version: row.try_get("event_version")?,
            partition_key: row.try_get("partition_key")?,
            aggregate_id: row.try_get("aggregate_id")?,
            row_version: row.try_get("row_version")?,
            payload: row.try_get("payload")?,
            headers: row.try_get("headers")?,
            occurred_at: row.try_get("occurred_at")?,
            attempts: row.try_get("attempts")?,
            is_settled: row.try_get("is_settled")?,
        })
    }
}

/// Takes the rows that may be sent together: of each topic and key the first one, if it is settled and nothing before it waits. What
/// stays keeps its order. Keys in `waiting` have a row that waits, and get those of rows that are not settled.
pub(super) fn take_wave(rows: &mut Vec<Row>, waiting: &mut BTreeSet<(String, String)>) -> Vec<Row> {
    let mut taken: BTreeSet<(String, String)> = BTreeSet::new();
    let (mut wave, mut rest) = (Vec::new(), Vec::new());
    for row in rows.drain(..) {
        let key = (row.topic.clone(), row.partition_key.clone());
        if waiting.contains(&key) {
            continue;
        }
        if taken.contains(&key) {
            rest.push(row);
        } else if row.is_settled {
            taken.insert(key);
            wave.push(row);
        } else {
            waiting.insert(key);
        }
    }
    *rows = rest;
    wave
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, key: &str, is_settled: bool) -> Row {
        Row {
            id,
            event_id: Uuid::nil(),
            topic: "t".to_owned(),
            event_type: "Told".to_owned(),
            event_version: 1,
            partition_key: key.to_owned(),
            aggregate_id: key.to_owned(),
            row_version: None,
            payload: Vec::new(),
            headers: String::new(),
            occurred_at: None,
            attempts: 0,
            is_settled,
        }
    }

    #[test]
    fn of_each_key_one_row_is_on_its_way() {
        let mut rows = vec![
            row(1, "a", true),
            row(2, "b", true),
            row(3, "a", true),
            row(4, "c", false),
            row(5, "c", true),
            row(6, "b", false),
            row(7, "a", true),
        ];
        let mut waiting = BTreeSet::new();
        let mut next = || -> Vec<i64> { take_wave(&mut rows, &mut waiting).iter().map(|row| row.id).collect() };
        assert_eq!(next(), [1, 2]);
        assert_eq!(next(), [3]);
        assert_eq!(next(), [7]);
        assert_eq!(next(), [0; 0], "5 is behind 4, and 6 is not settled");
    }

    #[test]
    fn behind_a_row_that_waits_nothing_is_sent() {
        let mut rows = vec![row(1, "a", true), row(2, "b", true)];
        let mut waiting = BTreeSet::from([("t".to_owned(), "a".to_owned())]);
        let wave = take_wave(&mut rows, &mut waiting);
        assert_eq!(wave.iter().map(|row| row.id).collect::<Vec<_>>(), [2]);
    }
}
