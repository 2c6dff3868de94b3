//! How a service can make sure that what it refers to exists: by its own read copy, or by asking the owner.

use crate::semantic::Register;
use crate::semantic::model::{
    ColumnIndex, ProjectionId, RpcKind, ServiceId, TableId, column_indices, same_columns,
};
use foldhash::{HashMap, HashMapExt};

/// Read copies by who keeps them and of what, and the columns of each `exists` by its table.
pub struct Means<'a> {
    register: &'a Register,
    copies: HashMap<(ServiceId, TableId), Vec<ProjectionId>>,
    exists: HashMap<TableId, Vec<Vec<ColumnIndex>>>,
}

impl<'a> Means<'a> {
    pub fn new(register: &'a Register) -> Means<'a> {
        let mut copies: HashMap<_, Vec<ProjectionId>> = HashMap::new();
        for (id, projection) in register.projections.iter() {
            if let Some(source) = projection.source {
                copies.entry((projection.service, source)).or_default().push(id);
            }
        }
        let mut exists: HashMap<_, Vec<Vec<ColumnIndex>>> = HashMap::new();
        for rpc in register.rpcs.values() {
            if let (RpcKind::Exists, Some(table)) = (&rpc.kind, rpc.table) {
                let by = Some(column_indices(&rpc.by)).filter(|by| !by.is_empty());
                let by = by.unwrap_or_else(|| register.identifying_columns(table));
                exists.entry(table).or_default().push(by);
            }
        }
        Means { register, copies, exists }
    }

    /// Whether a service keeps a read copy of a table that holds these columns of it.
    pub fn projection(&self, service: ServiceId, table: TableId, columns: &[ColumnIndex]) -> bool {
        let copies = self.copies.get(&(service, table)).into_iter().flatten();
        copies.map(|id| &self.register.projections[*id]).any(|copy| {
            let holds = |column: &ColumnIndex| {
                copy.key.iter().chain(&copy.columns).any(|projected| projected.source == *column)
            };
            columns.iter().all(holds)
        })
    }

    /// Whether the owner of a table serves an `exists` by these columns.
    pub fn rpc(&self, table: TableId, columns: &[ColumnIndex]) -> bool {
        self.exists.get(&table).into_iter().flatten().any(|by| same_columns(by, columns))
    }
}
