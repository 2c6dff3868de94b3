//! Read copies: the carried columns, and what the compiler needs to keep them right.

use super::expressions::default;
use super::{Lowering, PUBLIC, summary, types};
use crate::schema::{Column, ObjectName, OrderedMap, PrimaryKey, Table};
use crate::semantic::model::{PROJECTION_COLUMNS, ProjectedColumn, ProjectionId};

impl Lowering<'_> {
    pub(super) fn add_projection(&mut self, id: ProjectionId) {
        let projection = &self.register.projections[id];
        let Some(source) = projection.source else { return };
        let source = &self.register.tables[source];
        let name = ObjectName::new(PUBLIC, projection.name.as_str());
        let mut table = Table::default();
        let mut add = |projected: &ProjectedColumn, nullable| {
            let Some(column) = source.columns.get(projected.source) else { return };
            let data_type = types::copied_type(self.register, self.service, &column.data_type.value);
            let comment = summary(column.summary.as_deref());
            table
                .columns
                .insert(projected.name.value.clone(), Column { comment, ..plain(&data_type, nullable) });
        };
        projection.key.iter().for_each(|key| add(key, false));
        // A delete may come before the row: then nothing but the key is known.
        projection.columns.iter().for_each(|carried| add(carried, true));
        add_own_columns(&mut table.columns);
        table.primary_key = Some(PrimaryKey {
            name: self.taken.relation(PUBLIC, &[&name.name], "pkey"),
            columns: projection.key.iter().map(|key| key.name.value.clone()).collect(),
        });
        let owner = &self.register.services[source.service];
        let purpose = summary(projection.summary.as_ref()).map(|text| format!(" {text}")).unwrap_or_default();
        table.comment = Some(format!(
            "Generated: read copy of {}.{}, written by the consumer of its events only.{purpose}",
            owner.name.value, source.name.value
        ));
        self.add_indexes(&projection.indexes, &name, &mut table);
        self.schema.tables.insert(name, table);
    }
}

const TIME: &str = "timestamp with time zone";

fn add_own_columns(columns: &mut OrderedMap<String, Column>) {
    let [version, deleted_at, synced_at] = PROJECTION_COLUMNS;
    let commented =
        |column: Column, text: &str| Column { comment: Some(format!("Generated: {text}.")), ..column };
    let own = [
        (
            version,
            commented(plain("bigint", false), "row_version of the copied row; only a newer one replaces it"),
        ),
        (deleted_at, commented(plain(TIME, true), "when the owner deleted the row, a tombstone")),
        (
            synced_at,
            commented(
                Column { default: Some(default("now()", TIME)), ..plain(TIME, false) },
                "when the row was last written",
            ),
        ),
    ];
    columns.extend(own.map(|(name, column)| (name.to_owned(), column)));
}

/// A column without default and comment.
pub(super) fn plain(data_type: &str, nullable: bool) -> Column {
    Column {
        data_type: data_type.to_owned(),
        nullable,
        default: None,
        identity: false,
        generated: None,
        comment: None,
    }
}
