//! What of a service's tables and enums is written into messages.

use super::Register;
use super::model::{ColumnIndex, ColumnType, EnumId, Field, FieldType, RpcKind, TableId, TopicSubject};
use std::collections::{BTreeMap, BTreeSet};

/// Columns, tables and enums that messages of Protobuf are made from.
#[derive(Debug, Default)]
pub struct Messages {
    /// Tables of which a whole row is a message.
    pub entities: BTreeSet<TableId>,
    /// Columns that are fields of some message.
    pub columns: BTreeSet<(TableId, ColumnIndex)>,
    /// Enums that are the type of some field.
    pub enums: BTreeSet<EnumId>,
    /// For each table that other services copy, the columns that any of them copies beside its identity.
    pub copied: BTreeMap<TableId, BTreeSet<ColumnIndex>>,
}

/// Walks over topics, RPCs and read copies once.
pub fn messages(register: &Register) -> Messages {
    let mut messages = Messages::default();
    for topic in register.topics.values() {
        let TopicSubject::Table { table, key, id } = &topic.subject else { continue };
        let carried = topic.events.iter().flat_map(|event| &register.events[*event].carries);
        for column in key.iter().chain(id).chain(&topic.carries).chain(carried) {
            messages.columns.insert((*table, column.value));
        }
    }
    for event in register.events.values() {
        messages.add_fields(&event.fields);
    }
    for rpc in register.rpcs.values() {
        match &rpc.kind {
            RpcKind::Custom { request, response, .. } => {
                messages.add_fields(request);
                messages.add_fields(response);
            }
            RpcKind::Get | RpcKind::BatchGet { .. } | RpcKind::List { .. } => {
                messages.entities.extend(rpc.table)
            }
            RpcKind::Exists => {}
        }
        let Some(table) = rpc.table else { continue };
        messages.columns.extend(register.selecting_columns(rpc).into_iter().map(|column| (table, column)));
    }
    for projection in register.projections.values() {
        let Some(source) = projection.source else { continue };
        let columns = projection.columns.iter().map(|column| column.source);
        messages.copied.entry(source).or_default().extend(columns);
        messages.columns.extend(projection.columns.iter().map(|column| (source, column.source)));
    }
    messages.add_entities(register);
    messages
}

impl Messages {
    fn add_fields(&mut self, fields: &[Field]) {
        for field in fields {
            match &field.kind.value {
                FieldType::Entity(table) => drop(self.entities.insert(*table)),
                FieldType::Column(ColumnType::Enum(id, _)) => drop(self.enums.insert(*id)),
                FieldType::Column(_) => {}
            }
        }
    }

    /// A row as a message has every column that is not private; enums follow from columns.
    fn add_entities(&mut self, register: &Register) {
        for table in &self.entities {
            let columns = register.tables[*table].columns.iter().enumerate();
            let shown = columns.filter(|(_, column)| !column.private);
            self.columns.extend(shown.map(|(number, _)| (*table, number)));
        }
        for (table, number) in &self.columns {
            let column = register.tables[*table].columns.get(*number);
            if let Some(ColumnType::Enum(id, _)) = column.map(|column| &column.data_type.value) {
                self.enums.insert(*id);
            }
        }
    }
}
