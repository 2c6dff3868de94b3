//! What read copies are filled from: for each table that others copy, an RPC that gives all its rows.
//!
//! They are a service of their own: no gateway offers it by mistake, and nobody has to write it.

use super::fields::{WantedField, WantedMessage, strs};
use super::file::{FieldType, File, Idempotency, Message, Method, Presence, Scalar, Service, TypeName};
use super::index::{MethodOnWire, SnapshotOnWire};
use super::lowering::{Lowering, type_name};
use super::table_rpcs::{next_page, page_request};
use crate::lock::{Origin, RpcKey};
use crate::names;
use crate::semantic::model::{ColumnIndex, ROW_VERSION_COLUMN, TableId};
use std::collections::BTreeSet;

/// Rows of a page of a snapshot at most: few enough that a page of wide rows stays far below gRPC's 4 MiB.
const PAGE_SIZE: u32 = 1000;

impl Lowering<'_> {
    pub fn snapshots(&mut self) -> File {
        let name = &self.service.name.value;
        let documentation = format!("RPCs that fill read copies of tables of {name}.");
        let mut file = self.file(self.package(1), "_snapshot_service", &documentation);
        let copied = self.service.tables.iter().filter(|table| self.uses.messages.copied.contains_key(table));
        let copied: Vec<TableId> = copied.copied().collect();
        let mut methods = Vec::new();
        for table in copied {
            methods.push(self.snapshot(table, &mut file));
        }
        if !methods.is_empty() {
            file.services.push(Service {
                name: names::protobuf_snapshot_service(&self.rpc_service),
                documentation: vec![
                    "Fills the read copies that others keep. A copy has to consume the topic before it asks for the \
                     first page, and to replace a row only by one with a higher `row_version`; then it misses nothing \
                     that is written meanwhile."
                        .to_owned(),
                ],
                methods,
            });
        }
        file
    }

    fn snapshot(&mut self, id: TableId, file: &mut File) -> Method {
        let table = &self.register.tables[id];
        let wanted_name = names::rpc_snapshot(&self.entity_name(id));
        let key = format!("snapshot {}", table.name.value);
        let was: Vec<String> = table.was.iter().map(|was| format!("snapshot {}", was.value)).collect();
        let was: Vec<&str> = strs(&was);
        let name = self.lock.rpc(&RpcKey { version: 1, name: key.clone() }, &was, &wanted_name);
        let (package, path) = (file.package.clone(), file.path());
        let key_of_row = format!("{key}.row");
        let was_of_row: Vec<String> = was.iter().map(|was| format!("{was}.row")).collect();
        let row = WantedMessage {
            version: 1,
            origin: Origin::Response,
            key: &key_of_row,
            was: &strs(&was_of_row),
            name: format!("{name}Response.Row"),
            documentation: vec![format!("What copies of a row of `{}` hold.", table.name.value)],
            fields: self.snapshot_fields(id),
        };
        let row = self.message(&package, &path, row);
        let row_name = TypeName {
            package: package.clone(),
            path: path.clone(),
            name: format!("{name}Response.{}", row.name),
        };
        let contract = self.snapshot_contract(id, &row);
        let rows = WantedField::own("rows", FieldType::Message(row_name.clone()), Presence::Repeated, "");
        let mut message = |origin, documentation: String, name, fields| {
            let documentation = vec![documentation];
            let wanted =
                WantedMessage { version: 1, origin, key: &key, was: &was, name, documentation, fields };
            self.message(&package, &path, wanted)
        };
        let asked = format!("Request of `{name}`.");
        let request =
            message(Origin::Request, asked, format!("{name}Request"), page_request(PAGE_SIZE).into());
        let answers = format!("Response of `{name}`.");
        let row_on_wire = (row_name, row.fields.clone());
        let mut response =
            message(Origin::Response, answers, format!("{name}Response"), vec![rows, next_page()]);
        response.messages.push(row);
        let timeout_ms = self.timeout_ms(None);
        let method = Method {
            documentation: vec![contract],
            request: type_name(file, &request.name),
            response: type_name(file, &response.name),
            client_streams: false,
            server_streams: false,
            idempotency: Idempotency::NoSideEffects,
            timeout_ms,
            cache_seconds: None,
            name,
        };
        let on_wire = MethodOnWire {
            service: type_name(file, &names::protobuf_snapshot_service(&self.rpc_service)),
            name: method.name.clone(),
            request: method.request.clone(),
            request_fields: request.fields.clone(),
            response: method.response.clone(),
            response_fields: response.fields.clone(),
            timeout_ms,
        };
        let (row, row_fields) = row_on_wire;
        let snapshot = SnapshotOnWire {
            method: on_wire,
            row,
            row_fields,
            columns: self.snapshot_columns(id),
            identifying: self.register.identifying_columns(id).len(),
            page_size: PAGE_SIZE,
        };
        self.index.snapshots.insert(id, snapshot);
        file.messages.extend([request, response]);
        method
    }

    fn snapshot_contract(&self, id: TableId, row: &Message) -> String {
        let table = &self.register.tables[id];
        // What identifies comes first.
        let identity = row.fields.iter().take(self.register.identifying_columns(id).len());
        let columns: Vec<String> = identity.map(|field| format!("`{}`", field.name)).collect();
        let deleted = if table.soft_delete.is_some() { " that is not marked as deleted," } else { "" };
        format!(
            "Lists every row of `{}`{deleted} page by page, ordered by {}.",
            table.name.value,
            columns.join(", then ")
        )
    }

    /// What identifies a row, its version, then all that any copy has.
    fn snapshot_fields(&self, id: TableId) -> Vec<WantedField> {
        let table = &self.register.tables[id];
        let columns = self.snapshot_columns(id);
        let (identity, others) = columns.split_at(self.register.identifying_columns(id).len());
        let version = WantedField::scalar(
            ROW_VERSION_COLUMN,
            Scalar::Int64,
            "One up with every change of the row; events have it too.",
        );
        let mut fields: Vec<WantedField> =
            identity.iter().map(|column| self.column_field(table, *column, true)).collect();
        fields.push(version);
        fields.extend(others.iter().map(|column| self.column_field(table, *column, false)));
        fields
    }

    /// What identifies a row, then all that any copy has.
    fn snapshot_columns(&self, id: TableId) -> Vec<ColumnIndex> {
        let mut columns = self.register.identifying_columns(id);
        let none = BTreeSet::new();
        let copied = self.uses.messages.copied.get(&id).unwrap_or(&none);
        let others: Vec<ColumnIndex> = copied.iter().filter(|it| !columns.contains(it)).copied().collect();
        columns.extend(others);
        columns
    }
}
