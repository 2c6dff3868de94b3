//! The crate that asks, before a row is stored, whether what it refers to exists.

use super::super::sql_text::identifier;
use super::consumer::without_modifiers;
use super::{Context, rust};
use crate::lowering::copied_type;
use crate::names::{rust_identifier, variable};
use crate::semantic::model::{
    Callee, ColumnIndex, Projection, Reference, RpcId, Service, ServiceId, TableId, Verify, column_indices,
};
use crate::semantic::model::{OwnerAway, PROJECTION_COLUMNS};
use crate::templates::{MarkdownCode, Quoted, RustDoc, RustPath, RustString, TemplateError};
use crate::wire::{Carrier, Form};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// For how long an answer is kept where no `calls` of the service says otherwise, in seconds.
const KEEP_SECONDS: u32 = 30;

/// How a service finds out whether a row of another one exists: one way for all references that share it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct WayKey {
    target: TableId,
    columns: Vec<ColumnIndex>,
    verify_by_copy: bool,
}

#[derive(Serialize)]
struct View {
    summary: RustDoc,
    from_runtime: Quoted,
    has_copies: bool,
    has_rpcs: bool,
    example_variable: Quoted,
    ways: Vec<WayView>,
    clients: Vec<ClientView>,
    checks: Vec<CheckView>,
}

#[derive(Clone, Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct ClientView {
    field: RustPath,
    path: RustPath,
    name: RustPath,
    variable: RustString,
}

#[derive(Clone, Serialize)]
struct KeyView {
    name: RustPath,
    kind: Quoted,
    field: RustPath,
    owned: Quoted,
}

#[derive(Serialize)]
struct WayView {
    field: RustPath,
    table: RustString,
    timeout_ms: u32,
    keep_seconds: u32,
    keys: Vec<KeyView>,
    key: Quoted,
    has_copy: bool,
    query: RustString,
    has_rpc: bool,
    client: RustPath,
    request: RustPath,
    method: RustPath,
}

#[derive(Serialize)]
struct CheckView {
    doc: Quoted,
    function: RustPath,
    way: RustPath,
    keys: Vec<KeyView>,
    has_copy: bool,
    arguments: Quoted,
}

/// The library of the crate.
///
/// # Errors
/// A template that was overridden does not fit.
pub(super) fn library(context: Context<'_>, id: ServiceId, summary: &str) -> Result<String, TemplateError> {
    let service = &context.register.services[id];
    let mut maker = Maker { context, service, ways: BTreeMap::new(), clients: BTreeSet::new() };
    let tables = service.tables.iter().map(|table| &context.register.tables[*table]);
    let references = tables.flat_map(|table| &table.references).map(|id| &context.register.references[*id]);
    let checks: Vec<CheckView> = references.filter_map(|reference| maker.check(reference)).collect();
    let Maker { ways, clients, .. } = maker;
    let has_rpcs = !clients.is_empty();
    let example = clients.first().map_or("\"ORDERS_ADDRESS\"", |client| client.variable.as_str());
    let view = View {
        summary: RustDoc::new(summary),
        from_runtime: from_runtime(&ways, has_rpcs),
        has_copies: ways.values().any(|way| way.has_copy),
        has_rpcs,
        example_variable: Quoted::already(example.trim_matches('"')),
        ways: ways.into_values().collect(),
        clients: clients.into_iter().collect(),
        checks,
    };
    context.templates.render("consumers/references.rs", &view)
}

/// What is used of the module `references` of the runtime.
fn from_runtime(ways: &BTreeMap<WayKey, WayView>, has_rpcs: bool) -> Quoted {
    let has_copies = ways.values().any(|way| way.has_copy);
    let names = [(true, "CheckError"), (has_copies, "Copied"), (true, "Owner"), (has_rpcs, "OwnerAway")];
    let used: Vec<&str> = names.into_iter().filter(|(is_used, _)| *is_used).map(|(_, name)| name).collect();
    Quoted::already(used.join(", "))
}

struct Maker<'a> {
    context: Context<'a>,
    service: &'a Service,
    ways: BTreeMap<WayKey, WayView>,
    clients: BTreeSet<ClientView>,
}

impl Maker<'_> {
    /// The check of a reference; none where it is not checked, or does not resolve, which is a finding.
    fn check(&mut self, reference: &Reference) -> Option<CheckView> {
        let register = self.context.register;
        let verify_by_copy = match reference.verify.value {
            Verify::Projection => true,
            Verify::Rpc => false,
            Verify::None => return None,
        };
        let (target, columns) = (reference.target?, register.reference_target(reference)?);
        let key = WayKey { target, columns, verify_by_copy };
        if !self.ways.contains_key(&key) {
            let way = self.way(&key)?;
            self.ways.insert(key.clone(), way);
        }
        let way = self.ways.get(&key)?;
        let table = &register.tables[reference.table];
        let own: Vec<&str> =
            reference.columns.iter().map(|column| table.columns[column.value].name.as_str()).collect();
        let code = |text: &str| MarkdownCode::new(text).as_str().to_owned();
        let condition = reference.when.as_ref().map(|when| format!(" where {}", code(when.as_str())));
        let doc = format!(
            "Whether a new row of {} may be stored: its {} refers to {}{}.",
            code(table.name.as_str()),
            own.iter().map(|name| code(name)).collect::<Vec<_>>().join(", "),
            code(&register.table_path(target)),
            condition.unwrap_or_default()
        );
        let function = format!("{}_{}", table.name.value, own.join("_"));
        let to = register.services[register.tables[target].service].name.as_str();
        // A column that points at several tables is told apart by the table.
        let twins = table.references.iter().filter(|id| {
            let other = &register.references[**id];
            other.verify.value != Verify::None
                && column_indices(&other.columns) == column_indices(&reference.columns)
        });
        let function = match twins.count() {
            0 | 1 => function,
            _ => format!("{function}_to_{to}_{}", register.tables[target].name.value),
        };
        Some(CheckView {
            doc: Quoted::already(doc),
            function: RustPath::new(&rust_identifier(&function)),
            way: way.field.clone(),
            keys: way.keys.clone(),
            has_copy: way.has_copy,
            arguments: arguments(way, reference.owner_away),
        })
    }

    fn way(&mut self, key: &WayKey) -> Option<WayView> {
        let register = self.context.register;
        let table = &register.tables[key.target];
        let owner = &register.services[table.service];
        let copy = if key.verify_by_copy { self.copy(key) } else { None };
        let query = copy.map(|copy| self.query(copy, key));
        let rpc = register.exists_rpc(key.target, &key.columns);
        let method = rpc.and_then(|id| self.context.wire.rpcs.get(&id));
        let columns: Vec<&str> =
            key.columns.iter().map(|column| table.columns[*column].name.as_str()).collect();
        let keys = key.columns.iter().zip(&columns).enumerate().map(|(place, (column, name))| {
            let field = method.and_then(|method| method.request_fields.get(place));
            key_view(
                &Form::of(&table.columns[*column].data_type.value),
                name,
                field.map(|it| it.name.as_str()),
            )
        });
        let keys: Vec<KeyView> = keys.collect();
        let how = match key.verify_by_copy {
            true => "copied",
            false => "served",
        };
        let field = format!("{how}_{}_{}_by_{}", owner.name.value, table.name.value, columns.join("_"));
        let client = method.map(|method| {
            let client = ClientView {
                field: RustPath::new(&rust_identifier(owner.name.as_str())),
                path: rust::client(&method.service),
                name: rust::client_name(&method.service),
                variable: RustString::new(&variable::address_of(owner.name.as_str())),
            };
            self.clients.insert(client.clone());
            client
        });
        let (timeout_ms, keep_seconds) = self.limits(rpc);
        Some(WayView {
            field: RustPath::new(&rust_identifier(&field)),
            table: RustString::new(&register.table_path(key.target)),
            timeout_ms,
            keep_seconds,
            key: key_as_text(&keys),
            has_copy: query.is_some(),
            query: RustString::new(&query.unwrap_or_default()),
            has_rpc: method.is_some(),
            client: client.map_or_else(|| RustPath::new("_"), |client| client.field),
            request: method.map_or_else(|| RustPath::new("_"), |method| rust::message(&method.request)),
            method: method.map_or_else(|| RustPath::new("_"), |method| rust::field(&method.name)),
            keys,
        })
    }

    /// The read copy that holds these columns of a table.
    fn copy(&self, key: &WayKey) -> Option<&Projection> {
        let copies = self.service.projections.iter().map(|id| &self.context.register.projections[*id]);
        let mut copies = copies.filter(|copy| copy.source == Some(key.target));
        copies.find(|copy| key.columns.iter().all(|column| name_in_copy(copy, *column).is_some()))
    }

    /// How long to wait for the owner, and for how long to keep an answer.
    fn limits(&self, rpc: Option<RpcId>) -> (u32, u32) {
        let stated = |id: RpcId| self.service.calls.iter().find(|call| call.callee == Some(Callee::Rpc(id)));
        let call = rpc.and_then(stated);
        let timeout = call.and_then(|call| call.timeout_ms.as_ref()).map(|timeout| timeout.value);
        let served = rpc.and_then(|id| self.context.wire.rpcs.get(&id)).map(|method| method.timeout_ms);
        let keep = call.and_then(|call| call.cache_seconds.as_ref()).map_or(KEEP_SECONDS, |keep| keep.value);
        (timeout.or(served).unwrap_or(self.context.register.platform.rpc.default_timeout_ms), keep)
    }

    fn query(&self, copy: &Projection, key: &WayKey) -> String {
        let source = &self.context.register.tables[key.target];
        let conditions = key.columns.iter().enumerate().map(|(place, column)| {
            let data_type = &source.columns[*column].data_type.value;
            let name = name_in_copy(copy, *column).unwrap_or_default();
            let parameter = Form::of(data_type).from_wire(
                &format!("${}", place + 1),
                // A cast to a length would cut a key that is too long, and find another row.
                &without_modifiers(&copied_type(self.context.register, self.service, data_type), data_type),
            );
            format!("{} = {parameter}", identifier(name).as_str())
        });
        let conditions: Vec<String> = conditions.collect();
        let [_, deleted_at, _] = PROJECTION_COLUMNS;
        format!(
            "SELECT bool_or({deleted_at} IS NULL) FROM {} WHERE {}",
            identifier(copy.name.as_str()).as_str(),
            conditions.join(" AND ")
        )
    }
}

/// The values of a key as one text. One that is a text itself cannot be taken for two.
fn key_as_text(keys: &[KeyView]) -> Quoted {
    let parts: Vec<String> = keys.iter().map(|key| format!("{}.to_string()", key.name.as_str())).collect();
    Quoted::already(match parts.as_slice() {
        [only] => only.clone(),
        parts => format!("format!(\"{{:?}}\", [{}])", parts.join(", ")),
    })
}

/// What a way is asked with, for a reference.
fn arguments(way: &WayView, owner_away: OwnerAway) -> Quoted {
    let away = match owner_away {
        OwnerAway::Accept => "OwnerAway::Accept",
        OwnerAway::Refuse => "OwnerAway::Refuse",
    };
    let keys = way.keys.iter().map(|key| key.name.as_str());
    let connection = way.has_copy.then_some("connection");
    let all: Vec<&str> = connection.into_iter().chain(keys).chain(way.has_rpc.then_some(away)).collect();
    Quoted::already(all.join(", "))
}

fn name_in_copy(copy: &Projection, column: ColumnIndex) -> Option<&str> {
    let mut columns = copy.key.iter().chain(&copy.columns);
    columns.find(|projected| projected.source == column).map(|projected| projected.name.as_str())
}

fn key_view(form: &Form, column: &str, field: Option<&str>) -> KeyView {
    let name = rust_identifier(column);
    let (kind, owned) = match form.carrier() {
        Carrier::Text | Carrier::Enum => ("&str", format!("{name}.to_owned()")),
        carrier => (rust::carrier(carrier), name.clone()),
    };
    KeyView {
        name: RustPath::new(&name),
        kind: Quoted::already(kind),
        field: rust::field(field.unwrap_or(column)),
        owned: Quoted::already(owned),
    }
}

/// Crates that the library of a service needs.
pub(super) const DEPENDENCIES: [&str; 4] = ["contracts", "runtime", "sqlx", "tonic"];
