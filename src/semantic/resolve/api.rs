//! The RPCs that services serve.

use super::Resolver;
use crate::diagnostic::Finding;
use crate::names;
use crate::semantic::model::{ColumnIndex, Located, Rpc, RpcKind, ServiceId, Stream, TableId};
use crate::semantic::read::Reader;
use crate::semantic::wording::shown;

impl Resolver<'_> {
    pub(super) fn resolve_apis(&mut self) {
        for (service, reader) in self.services.clone() {
            let Some(api) = reader.child("api") else { continue };
            for node in api.children() {
                let rpc = match node.spec.name {
                    "rpc" => self.custom_rpc(service, node),
                    _ => self.table_rpc(service, node),
                };
                match rpc {
                    Some(rpc) => self.add_rpc(rpc),
                    None => {
                        self.names.lost_rpcs.insert(service);
                    }
                }
            }
            self.follow_derived_names(service);
        }
    }

    fn add_rpc(&mut self, rpc: Rpc) {
        let key = (rpc.service, rpc.name.value.clone());
        let earlier = self.names.rpcs.get(&key).map(|id| &self.register.rpcs[*id]);
        if let Some(first) = earlier.filter(|first| first.version() >= rpc.version()) {
            let first = first.name.place;
            if rpc.table.is_none() {
                return self.duplicate_version("RPCs", &rpc.name, first);
            }
            let message = format!("there are two RPCs with the name `{}`", shown(rpc.name.as_str()));
            return self.findings.push(
                Finding::error("duplicate-name", message)
                    .at(rpc.name.place, "again here")
                    .at(first, "first here")
                    .help("give one of them another name with `name=`, or take it out"),
            );
        }
        let service = rpc.service;
        let id = self.register.rpcs.push(rpc);
        self.register.services[service].rpcs.push(id);
        self.names.rpcs.insert(key, id);
    }

    /// An RPC whose name is derived was called after what the entity and the columns were called, where nothing else is.
    fn follow_derived_names(&mut self, service: ServiceId) {
        for id in self.register.services[service].rpcs.clone() {
            let rpc = &self.register.rpcs[id];
            let Some(table) = rpc.table.filter(|_| rpc.was.is_none()) else { continue };
            let columns: Vec<ColumnIndex> = rpc.by.iter().map(|column| column.value).collect();
            let is_derived = rpc.name.value == self.derived_name(table, &rpc.kind, &columns, false);
            let former = self.derived_name(table, &rpc.kind, &columns, true);
            let is_free = !self.names.rpcs.contains_key(&(service, former.clone()));
            if is_derived && is_free {
                let was = Located::new(former, rpc.name.place);
                self.register.rpcs[id].was = Some(was);
            }
        }
    }

    fn custom_rpc(&mut self, service: ServiceId, reader: Reader<'_>) -> Option<Rpc> {
        let mut fields = |which| match reader.child(which) {
            Some(node) => self.fields(service, node),
            None => Vec::new(),
        };
        let (request, response) = (fields("request"), fields("response"));
        let stream = match reader.text("stream").as_ref().map(Located::as_str) {
            Some("server") => Stream::Server,
            Some("client") => Stream::Client,
            Some("both") => Stream::Both,
            _ => Stream::None,
        };
        Some(Rpc {
            service,
            name: reader.argument(0)?,
            was: reader.text("was"),
            kind: RpcKind::Custom {
                request,
                response,
                stream,
                version: reader.whole("version").map_or(1, |n| n.value),
                idempotent: reader.flag("not-idempotent").is_none(),
            },
            table: None,
            by: Vec::new(),
            timeout_ms: reader.whole("timeout-ms"),
            summary: reader.text("summary"),
            place: reader.node.place(),
        })
    }

    /// `get`, `batch-get`, `exists` and `list`.
    fn table_rpc(&mut self, service: ServiceId, reader: Reader<'_>) -> Option<Rpc> {
        let table_name = reader.argument(0)?;
        let table = self.own_table(service, &table_name)?;
        let by = self.columns(table, &reader.names("by"));
        let kind = match reader.spec.name {
            "get" => RpcKind::Get,
            "batch-get" => RpcKind::BatchGet { max: reader.whole("max").map_or(100, |n| n.value) },
            "exists" => RpcKind::Exists,
            _ => RpcKind::List {
                order: self.list_order(table, reader),
                page_size: reader.whole("page-size").map_or(50, |n| n.value),
            },
        };
        let name = reader.text("name").unwrap_or_else(|| {
            let columns: Vec<ColumnIndex> = by.iter().map(|column| column.value).collect();
            Located::new(self.derived_name(table, &kind, &columns, false), table_name.place)
        });
        Some(Rpc {
            service,
            name,
            was: reader.text("was"),
            kind,
            table: Some(table),
            by,
            timeout_ms: reader.whole("timeout-ms"),
            summary: reader.text("summary"),
            place: reader.node.place(),
        })
    }

    /// `order="created_at desc, id"`.
    fn list_order(&mut self, table: TableId, reader: Reader<'_>) -> Vec<(Located<ColumnIndex>, bool)> {
        let mut order = Vec::new();
        for part in reader.names("order") {
            let (name, direction) = match part.as_str().rsplit_once(char::is_whitespace) {
                Some((name, word)) => (name.trim(), word.to_ascii_lowercase()),
                None => (part.as_str(), "asc".to_owned()),
            };
            if direction != "asc" && direction != "desc" {
                self.findings.push(
                    Finding::error("wrong-value", format!("`{}` is no order", shown(&direction)))
                        .at(part.place, "not understood")
                        .help("behind the column: nothing, `asc` or `desc`"),
                );
                continue;
            }
            let name = Located::new(name.to_owned(), part.place);
            if let Some(column) = self.column(table, &name) {
                order.push((column, direction == "desc"));
            }
        }
        order
    }

    /// What an RPC is called where nobody says it, or what it was called before renames.
    fn derived_name(&self, table: TableId, kind: &RpcKind, by: &[ColumnIndex], before: bool) -> String {
        let table = &self.register.tables[table];
        let former_entity = table.entity_was.as_deref().filter(|_| before);
        // A table without an entity is a finding of its own; its RPCs still need names to go on with.
        let entity = match former_entity.or(table.entity.as_ref()) {
            Some(entity) => entity.value.clone(),
            None => heck::ToUpperCamelCase::to_upper_camel_case(table.name.as_str()),
        };
        let called = |column: &ColumnIndex| {
            let column = &table.columns[*column];
            column.was.as_deref().filter(|_| before).unwrap_or(&column.name).as_str()
        };
        let by: Vec<&str> = by.iter().map(called).collect();
        match kind {
            RpcKind::Get => names::rpc_get_by(&entity, &by),
            RpcKind::BatchGet { .. } => names::rpc_batch_get_by(&entity, &by),
            RpcKind::Exists => names::rpc_exists_by(&entity, &by),
            RpcKind::List { .. } | RpcKind::Custom { .. } => names::rpc_list(&entity, &by),
        }
    }
}
