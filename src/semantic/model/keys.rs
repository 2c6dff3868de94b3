//! What identifies a row, and what a reference points at: asked by rules and by what is generated.

use super::{
    ColumnIndex, ColumnType, IndexKey, Located, Reference, Register, Rpc, RpcId, RpcKind, Table, TableId,
    TopicSubject, Verify,
};

/// The numbers of columns without their places.
pub fn column_indices(columns: &[Located<ColumnIndex>]) -> Vec<ColumnIndex> {
    columns.iter().map(|column| column.value).collect()
}

/// Columns in the order of their table, each once: equal for lists that differ only in order.
pub fn column_set(columns: &[ColumnIndex]) -> Vec<ColumnIndex> {
    let mut columns = columns.to_vec();
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// Whether two lists name the same columns, in whatever order.
pub fn same_columns(one: &[ColumnIndex], other: &[ColumnIndex]) -> bool {
    column_set(one) == column_set(other)
}

impl Table {
    /// The columns of the primary key; empty where there is none.
    pub fn primary_key_columns(&self) -> Vec<ColumnIndex> {
        self.primary_key.as_ref().map_or_else(Vec::new, |key| column_indices(&key.columns))
    }

    /// Whether every row has a value in this column: it is not `nullable`, or it is in the primary key.
    pub fn is_required(&self, column: ColumnIndex) -> bool {
        let in_primary_key = || self.primary_key_columns().contains(&column);
        !self.columns[column].nullable || in_primary_key()
    }

    /// The columns of every key over all rows: the primary key, then uniques without `where`, then unique indexes
    /// over plain columns without `where`. These are what PostgreSQL takes as the target of a foreign key.
    pub fn keys(&self) -> Vec<Vec<ColumnIndex>> {
        let mut keys = Vec::new();
        keys.extend(self.primary_key.as_ref().map(|key| column_indices(&key.columns)));
        let uniques = self.uniques.iter().filter(|unique| unique.predicate.is_none());
        keys.extend(uniques.map(|unique| column_indices(&unique.columns)));
        let indexes = self.indexes.iter().filter(|index| index.unique && index.predicate.is_none());
        keys.extend(indexes.filter_map(|index| {
            let column = |part: &Located<super::IndexPart>| match &part.value.key {
                IndexKey::Column(column) => Some(*column),
                IndexKey::Expression(_) => None,
            };
            index.parts.iter().map(column).collect::<Option<Vec<_>>>()
        }));
        keys
    }
}

impl Register {
    /// The columns by which the topic of a table identifies its rows; `None` where it has no topic.
    pub fn topic_id(&self, table: TableId) -> Option<Vec<ColumnIndex>> {
        let topic = &self.topics[self.tables[table].topic?];
        match &topic.subject {
            TopicSubject::Table { id, .. } if !id.is_empty() => Some(column_indices(id)),
            _ => None,
        }
    }

    /// The columns by which other services know a row: the `id` of the table's topic, else its primary key.
    /// Empty where it has neither.
    pub fn identifying_columns(&self, table: TableId) -> Vec<ColumnIndex> {
        self.topic_id(table).unwrap_or_else(|| self.tables[table].primary_key_columns())
    }

    /// The columns by which an RPC that is made from a table selects rows: those of `by=`, else those that identify;
    /// none for a `list` without `by=`, which gives all rows.
    pub fn selecting_columns(&self, rpc: &Rpc) -> Vec<ColumnIndex> {
        match (rpc.table, &rpc.kind) {
            (Some(table), RpcKind::Get | RpcKind::BatchGet { .. } | RpcKind::Exists) if rpc.by.is_empty() => {
                self.identifying_columns(table)
            }
            _ => column_indices(&rpc.by),
        }
    }

    /// The columns that a reference points at: the one it names; else the `id` of the owner's topic or the owner's
    /// primary key, whichever has as many columns as the reference, the `id` before the key. Where neither has,
    /// the first there is. `None` where the target did not resolve or has neither.
    pub fn reference_target(&self, reference: &Reference) -> Option<Vec<ColumnIndex>> {
        let target = reference.target?;
        if let Some(column) = &reference.target_column {
            return Some(vec![column.value]);
        }
        let primary_key = Some(self.tables[target].primary_key_columns()).filter(|key| !key.is_empty());
        let id = self.topic_id(target);
        let fits = |key: &Vec<ColumnIndex>| key.len() == reference.columns.len();
        let fitting = id.clone().filter(fits).or_else(|| primary_key.clone().filter(fits));
        fitting.or(id).or(primary_key)
    }

    /// The owner's `exists` of a table by these columns.
    pub fn exists_rpc(&self, table: TableId, columns: &[ColumnIndex]) -> Option<RpcId> {
        let owner = &self.services[self.tables[table].service];
        owner.rpcs.iter().copied().find(|id| {
            let rpc = &self.rpcs[*id];
            matches!(rpc.kind, RpcKind::Exists)
                && rpc.table == Some(table)
                && same_columns(&self.selecting_columns(rpc), columns)
        })
    }

    /// Whether the check of a reference may ask the owner: because that is the way, or because a read copy may not know yet.
    pub fn asks_owner(&self, reference: &Reference) -> bool {
        match (reference.verify.value, reference.target, self.reference_target(reference)) {
            (Verify::Rpc, _, _) => true,
            (Verify::Projection, Some(target), Some(columns)) => self.exists_rpc(target, &columns).is_some(),
            _ => false,
        }
    }

    /// A table as other services name it: `service.table`.
    pub fn table_path(&self, table: TableId) -> String {
        let table = &self.tables[table];
        format!("{}.{}", self.services[table.service].name.value, table.name.value)
    }

    /// A type as the register spells it.
    pub fn type_name(&self, column_type: &ColumnType) -> String {
        match column_type {
            ColumnType::Builtin(data_type) => data_type.to_string(),
            ColumnType::Enum(id, dimensions) => {
                format!("{}{}", self.enums[*id].name.value, "[]".repeat(usize::from(*dimensions)))
            }
            ColumnType::Extension(name) | ColumnType::Unknown(name) => name.clone(),
        }
    }
}
