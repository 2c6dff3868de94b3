//! The tables that events pass through: the outbox of a service that publishes, and the processed events of one
//! that consumes.

use super::expressions::default;
use super::projection::plain;
use super::table::plain_index;
use super::{Lowering, PUBLIC};
use crate::schema::{Column, Index, ObjectName, OrderedMap, PrimaryKey, Table, Unique};
use crate::semantic::model::{
    OUTBOX_TABLE, PARKED_EVENTS_TABLE, PROCESSED_EVENTS_TABLE, PROJECTION_FILLS_TABLE, Service,
};

const TIME: &str = "timestamp with time zone";

/// Whether a service publishes events, and so has an outbox.
pub fn publishes(service: &Service) -> bool {
    !service.topics.is_empty()
}

impl Lowering<'_> {
    pub(super) fn add_messaging_tables(&mut self) {
        if publishes(self.service) {
            let name = ObjectName::new(PUBLIC, OUTBOX_TABLE);
            let mut table = self.outbox();
            self.add_outbox_notification(&name, &mut table);
            self.schema.tables.insert(name, table);
        }
        if self.register.records_processed_events(self.service) {
            let table = self.processed_events();
            self.schema.tables.insert(ObjectName::new(PUBLIC, PROCESSED_EVENTS_TABLE), table);
            let table = self.parked_events();
            self.schema.tables.insert(ObjectName::new(PUBLIC, PARKED_EVENTS_TABLE), table);
        }
        if !self.service.projections.is_empty() {
            let table = self.projection_fills();
            self.schema.tables.insert(ObjectName::new(PUBLIC, PROJECTION_FILLS_TABLE), table);
        }
    }

    /// The relay sends rows whose `transaction_id` is below `pg_snapshot_xmin(pg_current_snapshot())`, in the order
    /// of `id`: identity values are taken before the commit, so the order alone could pass over a row.
    fn outbox(&mut self) -> Table {
        let columns = outbox_columns();
        let mut table = Table {
            primary_key: Some(PrimaryKey {
                name: self.taken.relation(PUBLIC, &[OUTBOX_TABLE], "pkey"),
                columns: vec!["id".to_owned()],
            }),
            comment: Some(
                "Generated: events of committed changes on their way to the broker; the relay deletes what it sent."
                    .to_owned(),
            ),
            ..Table::default()
        };
        let unique = Unique { columns: vec!["event_id".to_owned()], nulls_not_distinct: false };
        table.uniques.insert(self.taken.relation(PUBLIC, &[OUTBOX_TABLE, "event_id"], "key"), unique);
        let failed = Index {
            predicate: Some(self.expressions.over(&columns, "attempts > 0")),
            comment: Some("Generated: later events of a key wait behind one that failed.".to_owned()),
            ..plain_index(&["topic".to_owned(), "partition_key".to_owned()])
        };
        let index_name = self.taken.relation(PUBLIC, &[OUTBOX_TABLE, "topic", "partition_key"], "idx");
        table.indexes.insert(index_name, failed);
        table.columns = columns;
        table
    }

    fn processed_events(&mut self) -> Table {
        let mut columns = OrderedMap::default();
        add(
            &mut columns,
            "consumer_group",
            plain("text", false),
            "The consumer group that processed the event.",
        );
        add(&mut columns, "event_id", plain("uuid", false), "The id that the event carries.");
        add(&mut columns, "processed_at", with_default(TIME, "now()"), "When; old rows are deleted by it.");
        let mut table = Table {
            columns,
            primary_key: Some(PrimaryKey {
                name: self.taken.relation(PUBLIC, &[PROCESSED_EVENTS_TABLE], "pkey"),
                columns: vec!["consumer_group".to_owned(), "event_id".to_owned()],
            }),
            comment: Some(
                "Generated: events whose effect is in this database, so that none has it twice; kept longer than topics \
                 keep messages."
                    .to_owned(),
            ),
            ..Table::default()
        };
        let index_name = self.taken.relation(PUBLIC, &[PROCESSED_EVENTS_TABLE, "processed_at"], "idx");
        table.indexes.insert(index_name, plain_index(&["processed_at".to_owned()]));
        table
    }

    fn projection_fills(&mut self) -> Table {
        Table {
            columns: fill_columns(),
            primary_key: Some(PrimaryKey {
                name: self.taken.relation(PUBLIC, &[PROJECTION_FILLS_TABLE], "pkey"),
                columns: vec!["projection".to_owned()],
            }),
            comment: Some(
                "Generated: how far each read copy is filled from its owner; one whose row is deleted is filled anew, while it \
                 stays in use."
                    .to_owned(),
            ),
            ..Table::default()
        }
    }

    /// A key's events are tried in the order of `id`. The second index finds what is due, the first whether an event is the
    /// first of its key.
    fn parked_events(&mut self) -> Table {
        let columns = parked_columns();
        let mut table = Table {
            primary_key: Some(PrimaryKey {
                name: self.taken.relation(PUBLIC, &[PARKED_EVENTS_TABLE], "pkey"),
                columns: vec!["id".to_owned()],
            }),
            comment: Some(
                "Generated: events that could not be handled and are tried again, and behind each the later ones of its key."
                    .to_owned(),
            ),
            ..Table::default()
        };
        let known = ["consumer_group", "event_id"].map(str::to_owned).to_vec();
        let unique = Unique { columns: known, nulls_not_distinct: false };
        let name = self.taken.relation(PUBLIC, &[PARKED_EVENTS_TABLE, "consumer_group", "event_id"], "key");
        table.uniques.insert(name, unique);
        let of_a_key = ["consumer_group", "topic", "partition_key", "id"];
        let due = ["consumer_group", "next_attempt_at"];
        let waiting = Index {
            predicate: Some(self.expressions.over(&columns, "dead_at IS NULL")),
            ..plain_index(&due.map(str::to_owned))
        };
        let indexes = [(&of_a_key[..], plain_index(&of_a_key.map(str::to_owned))), (&due[..], waiting)];
        for (parts, index) in indexes {
            let parts: Vec<&str> = [PARKED_EVENTS_TABLE].iter().chain(parts).copied().collect();
            table.indexes.insert(self.taken.relation(PUBLIC, &parts, "idx"), index);
        }
        table.columns = columns;
        table
    }
}

fn outbox_columns() -> OrderedMap<String, Column> {
    let mut columns = OrderedMap::default();
    let identity = Column { identity: true, ..plain("bigint", false) };
    add(&mut columns, "id", identity, "The order in which rows were written.");
    add(
        &mut columns,
        "event_id",
        with_default("uuid", "gen_random_uuid()"),
        "Consumers know the event by it.",
    );
    add(&mut columns, "topic", plain("text", false), "The topic that the event goes to.");
    add(&mut columns, "event_type", plain("text", false), "The name of the event.");
    add(&mut columns, "event_version", with_default("bigint", "1"), "The version of the event's message.");
    add(&mut columns, "partition_key", plain("text", false), "Events with the same key stay in order.");
    add(&mut columns, "aggregate_id", plain("text", false), "The row that the event tells of.");
    add(
        &mut columns,
        "row_version",
        plain("bigint", true),
        "The row_version of that row; none where the application publishes the event.",
    );
    add(&mut columns, "payload", plain("bytea", false), "The message as the broker gets it.");
    add(&mut columns, "headers", with_default("jsonb", "'{}'"), "Headers of the message, such as a trace.");
    add(&mut columns, "occurred_at", with_default(TIME, "now()"), "When the change was made.");
    add(
        &mut columns,
        "transaction_id",
        with_default("xid8", "pg_current_xact_id()"),
        "The transaction that wrote the row; the relay waits until all up to it have ended.",
    );
    add(&mut columns, "attempts", with_default("bigint", "0"), "How often the relay tried to send it.");
    add(&mut columns, "next_attempt_at", with_default(TIME, "now()"), "When the relay tries next.");
    add(&mut columns, "parked_at", plain(TIME, true), "When the relay gave up.");
    add(&mut columns, "last_error", plain("text", true), "Why the last try failed.");
    columns
}

fn parked_columns() -> OrderedMap<String, Column> {
    let mut columns = OrderedMap::default();
    let identity = Column { identity: true, ..plain("bigint", false) };
    add(&mut columns, "id", identity, "The order in which events of a key came.");
    add(&mut columns, "consumer_group", plain("text", false), "The consumer group that could not handle it.");
    add(&mut columns, "topic", plain("text", false), "The topic that it came from.");
    add(&mut columns, "partition_key", plain("text", false), "Events with the same key stay in order.");
    add(&mut columns, "event_id", plain("uuid", false), "The id that the event carries.");
    add(&mut columns, "message", plain("bytea", false), "The message as it came.");
    add(&mut columns, "source_partition", plain("integer", false), "The partition that it came from.");
    add(&mut columns, "source_offset", plain("bigint", false), "Its offset there.");
    add(&mut columns, "attempts", with_default("integer", "0"), "How often it was tried since.");
    add(
        &mut columns,
        "next_attempt_at",
        with_default(TIME, "now()"),
        "When it is tried next; infinity where it waits behind another one.",
    );
    add(&mut columns, "dead_at", plain(TIME, true), "When it was given up; those behind it wait.");
    add(&mut columns, "last_error", plain("text", true), "Why the last try failed.");
    add(&mut columns, "parked_at", with_default(TIME, "now()"), "When it was put aside.");
    columns
}

fn fill_columns() -> OrderedMap<String, Column> {
    let mut columns = OrderedMap::default();
    add(&mut columns, "projection", plain("text", false), "The copy's table.");
    add(
        &mut columns,
        "began_at",
        with_default(TIME, "clock_timestamp()"),
        "When it began; what was not seen since is gone once it ends.",
    );
    add(
        &mut columns,
        "page_token",
        with_default("text", "''"),
        "The page that comes next; empty for the first.",
    );
    add(&mut columns, "rows", with_default("bigint", "0"), "How many rows the owner has given.");
    add(&mut columns, "finished_at", plain(TIME, true), "When it ended.");
    columns
}

fn add(columns: &mut OrderedMap<String, Column>, name: &str, column: Column, meaning: &str) {
    let meaning = meaning.to_owned();
    columns.insert(name.to_owned(), Column { comment: Some(meaning), ..column });
}

fn with_default(data_type: &str, text: &str) -> Column {
    Column { default: Some(default(text, data_type)), ..plain(data_type, false) }
}
