//! Rule `name-collision`: two names that become one in something made from the register.

use super::support::accounts::{NameInAws, names_in_aws};
use super::support::objects;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::names;
use crate::semantic::model::{
    EnumType, Event, Field, Index, IndexKey, Located, OUTBOX_TABLE, PARKED_EVENTS_TABLE,
    PROCESSED_EVENTS_TABLE, PROJECTION_FILLS_TABLE, PartitionMethod, ROW_VERSION_COLUMN, RpcKind, Service,
    ServiceId, StoreKind, Table, TableId, TopicSubject,
};
use crate::semantic::{Messages, Register, messages};
use crate::source::Place;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

pub(super) const RULE: Rule = Rule {
    name: "name-collision",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: Some("one of the two would be refused, or lost"),
    page: "
## What it does

Reports two different names that become the same one somewhere:

- services, servers, tables: `a-b` and `a--b` name one crate, package, module or resource
- objects of Kubernetes: a service `orders-relay` beside a service `orders` whose relay is called that
- topics: `a.b` and `a_b` name one metric of Kafka, which therefore refuses the second
- consumer groups of two services: each would get a part of the messages, and miss the rest
- servers and buckets of all environments: `db` in the environment `staging` is called `db-staging` in AWS, as a server could be
- relations of a database: tables, read copies, enums, indexes and unique constraints of one PostgreSQL schema share their
  names, also with the tables that the compiler adds (`outbox_events`, `processed_events`, `parked_events`,
  `projection_fills`)
- sequences of `identity` columns, `TABLE_COLUMN_seq`, partitions by time, `TABLE_2026_01`, and the indexes of other partitions,
  `TABLE_p0_COLUMN_idx`, are relations too
- a named index of a shape that several tables of one PostgreSQL schema take
- constraints of one table: its checks, foreign keys and unique constraints share their names
- the column that the compiler adds to a table with a topic: `row_version`
- fields: `user_id` and `userId` are one in JSON
- messages of a service: entities, events, enums with their values, and the request and response of every RPC share one
  package, also with what the compiler adds to it, such as `IdentityService` and `SnapshotUsersRequest`
- RPCs: `GetUrl` and `GetURL` are one method in generated code; values of an enum likewise
- columns that a `list` selects by, and what its request has beside them: `page_size` and `page_token`
- events of a topic: they are fields of one message, with `metadata`

## Why it is bad

One of the two would be overwritten, or a tool refuses both much later.

## How to mend it

Rename one of the two. `was=` keeps what exists under the old name.
",
    fires: r#"
team sales
service order-lines team=sales {
    summary "Lines of orders"
}
service order--lines team=sales {
    summary "Lines of orders, once more"
}
"#,
    passes: r#"
team sales
service order-lines team=sales {
    summary "Lines of orders"
}
service order-notes team=sales {
    summary "Notes on orders"
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let mut taken = Taken { names: HashMap::new(), reported: HashSet::new(), findings };
    let platform = register.platform.name.as_ref().map(|name| names::protobuf_package_part(name.as_str()));
    if platform.as_deref() == Some("freehold") {
        // Packages of the compiler's own: `freehold.annotations.v1`.
        for part in ["annotations", "events"] {
            taken.reserve("services", part);
        }
    }
    for service in register.services.values() {
        let key = names::protobuf_package_part(service.name.as_str());
        taken.take("services", &key, &service.name, "one package and crate");
    }
    for server in register.servers.values() {
        taken.take(
            "servers",
            &names::hcl_name(server.name.as_str()),
            &server.name,
            "one module of Terraform",
        );
    }
    for service in register.services.values() {
        for store in service.stores.iter().filter(|store| store.kind == StoreKind::S3) {
            let scope = format!("modules of buckets {}", service.name.value);
            taken.take(&scope, &names::hcl_name(store.name.as_str()), &store.name, "one module of Terraform");
        }
    }
    for NameInAws { name, owner, what, .. } in names_in_aws(register) {
        taken.take(&format!("{what} in AWS"), &name, owner, "one name in AWS");
    }
    for topic in register.topics.values() {
        taken.take("topics", &topic.name.value.replace('.', "_"), &topic.name, "one metric of Kafka");
    }
    for service in register.services.values() {
        for (group, place) in register.consumer_groups(service) {
            taken.take_at("groups", group, group, place, "one consumer group, which gets every message once");
        }
    }
    cluster(register, &mut taken);
    let messages = messages(register);
    // No scope of a service, table, copy or enum reaches beyond it: its names are let go of. A map that was once large
    // would take long to clear, however few names it holds.
    for (id, service) in register.services.iter() {
        taken.names = HashMap::new();
        relations(register, service, &mut taken);
        package(register, id, service, &messages, &mut taken);
    }
    for (id, table) in register.tables.iter() {
        taken.names = HashMap::new();
        columns(id, table, &messages, &mut taken);
        constraints(id, table, &mut taken);
    }
}

/// Objects of Kubernetes are called by a service or a server and what they are.
fn cluster<'a>(register: &'a Register, taken: &mut Taken<'a, '_>) {
    let becomes = "one object of Kubernetes";
    taken.reserve("objects", objects::OF_PEOPLE);
    for service in register.services.values() {
        taken.take("objects", service.name.as_str(), &service.name, becomes);
    }
    for (id, service) in register.services.iter() {
        for object in objects::objects(register, id) {
            taken.take("objects", &object, &service.name, becomes);
        }
    }
    for server in register.servers.values().filter(|server| server.pooler_connections.is_some()) {
        taken.take("objects", &objects::pooler(server.name.as_str()), &server.name, becomes);
    }
}

/// Who has a name: something of the register, or the compiler.
#[derive(Clone, Copy)]
enum Owner<'a> {
    Register(&'a str, Place),
    Compiler,
}

/// Names that are taken, by scope and by what they become.
struct Taken<'a, 'f> {
    names: HashMap<(String, String), Owner<'a>>,
    /// Two names may meet in several places, and are reported for the first.
    reported: HashSet<(Place, Place)>,
    findings: &'f mut Vec<Finding>,
}

impl<'a> Taken<'a, '_> {
    fn reserve(&mut self, scope: &str, key: &str) {
        self.names.insert((scope.to_owned(), key.to_owned()), Owner::Compiler);
    }

    /// Takes what a name becomes in a scope, or reports who has it.
    fn take(&mut self, scope: &str, key: &str, name: &'a Located<String>, becomes: &str) {
        self.take_at(scope, key, name.as_str(), name.place, becomes);
    }

    /// The same of a name and where it stands.
    fn take_at(&mut self, scope: &str, key: &str, name: &'a str, at: Place, becomes: &str) {
        let slot = (scope.to_owned(), key.to_owned());
        let Some(owner) = self.names.get(&slot) else {
            self.names.insert(slot, Owner::Register(name, at));
            return;
        };
        let finding = match *owner {
            Owner::Compiler => RULE
                .finding(format!("the compiler adds something of the name `{name}`"))
                .at(at, "taken by the compiler"),
            // A column that identifies and is carried as well is one field.
            Owner::Register(_, place) if place == at => return,
            Owner::Register(_, place) if !self.reported.insert((at, place)) => return,
            Owner::Register(other, place) => {
                let message = if other == name {
                    format!("two things of the name `{other}` are {becomes}")
                } else {
                    format!("`{name}` and `{other}` are {becomes}: `{key}`")
                };
                RULE.finding(message).at(at, "this one").at(place, "and this one")
            }
        };
        self.findings.push(finding.help("rename one of them"));
    }

    /// As [`Taken::take`], of an index: one of a shape is made in every table that takes the shape.
    fn take_for_index(&mut self, scope: &str, name: &'a Located<String>) {
        let owner = self.names.get(&(scope.to_owned(), name.value.clone()));
        if !matches!(owner, Some(Owner::Register(_, place)) if *place == name.place) {
            self.take(scope, name.as_str(), name, "one relation of the database");
        } else if self.reported.insert((name.place, name.place)) {
            let message = format!("several tables take the index `{}` from a shape", name.value);
            let finding = RULE.finding(message).at(name.place, "one relation of the database");
            self.findings.push(finding.help("leave `name=` out: each of them then has a name of its own"));
        }
    }
}

/// Tables, read copies, enums, named indexes and unique constraints share the names of a PostgreSQL schema.
fn relations<'a>(register: &'a Register, service: &'a Service, taken: &mut Taken<'a, '_>) {
    let service_name = service.name.as_str();
    let scope = |schema: &str| format!("relations {service_name} {schema}");
    if !service.topics.is_empty() {
        taken.reserve(&scope("public"), OUTBOX_TABLE);
    }
    if register.records_processed_events(service) {
        taken.reserve(&scope("public"), PROCESSED_EVENTS_TABLE);
        taken.reserve(&scope("public"), PARKED_EVENTS_TABLE);
    }
    if !service.projections.is_empty() {
        taken.reserve(&scope("public"), PROJECTION_FILLS_TABLE);
    }
    let mut divided: HashSet<(&str, &str)> = HashSet::new();
    for table in service.tables.iter().map(|id| &register.tables[*id]) {
        for column in table.columns.iter().filter(|column| column.identity) {
            let sequence = names::sequence_name(table.sql_name(), column.name.as_str());
            taken.reserve(&scope(table.sql_schema()), &sequence);
        }
        for index in partition_indexes(table) {
            taken.reserve(&scope(table.sql_schema()), &index);
        }
        let method = table.partition.as_ref().map(|partition| &partition.method);
        if matches!(method, Some(PartitionMethod::Range(_))) {
            divided.insert((table.sql_schema(), table.sql_name()));
        }
    }
    let becomes = "one relation of the database";
    let modules = format!("modules {service_name}");
    let tables = || service.tables.iter().map(|id| &register.tables[*id]);
    for table in tables() {
        let name = table.database_name.as_ref().unwrap_or(&table.name);
        if divided_table(name.as_str()).is_some_and(|stem| divided.contains(&(table.sql_schema(), stem))) {
            taken.reserve(&scope(table.sql_schema()), name.as_str());
        }
        taken.take(&scope(table.sql_schema()), table.sql_name(), name, becomes);
        taken.take(
            &modules,
            &names::rust_identifier(table.name.as_str()),
            &table.name,
            "one module and file",
        );
    }
    for projection in service.projections.iter().map(|id| &register.projections[*id]) {
        taken.take(&scope("public"), projection.name.as_str(), &projection.name, becomes);
        let module = names::rust_identifier(projection.name.as_str());
        taken.take(&modules, &module, &projection.name, "one module and file");
        indexes(&projection.indexes, &scope("public"), taken);
    }
    for table in tables() {
        let scope = scope(table.sql_schema());
        indexes(&table.indexes, &scope, taken);
        for name in table.uniques.iter().filter_map(|unique| unique.name.as_ref()) {
            taken.take(&scope, name.as_str(), name, becomes);
        }
    }
    // The row of a table is a type of the table's name; indexes are none.
    let types = format!("types {service_name}");
    for table in tables().filter(|table| table.sql_schema() == "public") {
        let name = table.database_name.as_ref().unwrap_or(&table.name);
        taken
            .names
            .entry((types.clone(), name.value.clone()))
            .or_insert(Owner::Register(name.as_str(), name.place));
    }
    for enum_type in service.enums.iter().map(|id| &register.enums[*id]) {
        taken.take(&types, enum_type.name.as_str(), &enum_type.name, "one type of the database");
    }
}

fn indexes<'a>(indexes: &'a [Index], scope: &str, taken: &mut Taken<'a, '_>) {
    for name in indexes.iter().filter_map(|index| index.name.as_ref()) {
        taken.take_for_index(scope, name);
    }
}

/// The names of the indexes of a table's partitions by hash or by list. PostgreSQL gives them, and finds another where one is taken;
/// but what a migration makes after the partitions comes too late.
fn partition_indexes(table: &Table) -> Vec<String> {
    let endings: Vec<String> = match table.partition.as_ref().map(|partition| &partition.method) {
        Some(PartitionMethod::Hash(parts)) => (0..*parts).map(|part| format!("_p{part}")).collect(),
        Some(PartitionMethod::List(parts)) => {
            parts.iter().map(|part| format!("_{}", part.name.value)).collect()
        }
        Some(PartitionMethod::Range(_)) | None => return Vec::new(),
    };
    let name = |column: &Located<usize>| table.columns[column.value].name.as_str();
    let mut indexes: Vec<(Vec<&str>, &str)> = Vec::new();
    indexes.extend(table.primary_key.iter().map(|_| (Vec::new(), "pkey")));
    indexes.extend(table.uniques.iter().map(|unique| {
        let label = if unique.predicate.is_some() { "idx" } else { "key" };
        (unique.columns.iter().map(name).collect(), label)
    }));
    indexes.extend(table.indexes.iter().map(|index| {
        let parts = index.parts.iter().map(|part| match &part.value.key {
            IndexKey::Column(column) => table.columns[*column].name.as_str(),
            IndexKey::Expression(_) => "expr",
        });
        (parts.chain(index.include.iter().map(name)).collect(), "idx")
    }));
    let partitions = endings.iter().map(|ending| names::shortened(table.sql_name(), ending));
    let of = |partition: String| {
        let names =
            indexes.iter().map(|(columns, label)| names::partition_index_name(&partition, columns, label));
        names.collect::<Vec<_>>()
    };
    partitions.flat_map(of).collect()
}

/// The table of which this may be the name of a partition by time: `t` of `t_2026`, `t_2026_01` and `t_2026_01_31`.
fn divided_table(name: &str) -> Option<&str> {
    let mut stem = name;
    for _ in 0..3 {
        let (front, number) = stem.rsplit_once('_')?;
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        match number.len() {
            4 => return Some(front),
            2 => stem = front,
            _ => return None,
        }
    }
    None
}

/// Messages, enums and methods of a service, by version.
fn package<'a>(
    register: &'a Register,
    id: ServiceId,
    service: &'a Service,
    messages: &Messages,
    taken: &mut Taken<'a, '_>,
) {
    let scope = |version: u32| format!("messages {} {version}", id.index());
    let becomes = "one message of the package";
    let named = names::protobuf_service(service.name.as_str());
    for rpc in &service.rpcs {
        taken.reserve(&scope(register.rpcs[*rpc].version()), &named);
    }
    for table in service.tables.iter().filter(|table| messages.copied.contains_key(table)) {
        let entity = register.tables[*table].entity.as_ref().unwrap_or(&register.tables[*table].name);
        let rpc = names::rpc_snapshot(entity.as_str());
        let snapshots = names::protobuf_snapshot_service(&named);
        for name in [snapshots, names::protobuf_request(&rpc), names::protobuf_response(&rpc)] {
            taken.reserve(&scope(1), &name);
        }
    }
    for table in &service.tables {
        if let Some(entity) =
            register.tables[*table].entity.as_ref().filter(|_| messages.entities.contains(table))
        {
            taken.take(&scope(1), &names::protobuf_message(entity.as_str()), entity, becomes);
        }
    }
    let enums = || service.enums.iter().filter(|id| messages.enums.contains(id));
    for enum_id in enums() {
        // The zero value is the compiler's.
        let name = register.enums[*enum_id].name.as_str();
        taken.reserve(&scope(1), &names::protobuf_enum_value(name, "unspecified"));
        taken.reserve(&format!("values {}", enum_id.index()), "unspecified");
    }
    for enum_id in enums() {
        let enum_type = &register.enums[*enum_id];
        taken.take(&scope(1), &names::protobuf_message(enum_type.name.as_str()), &enum_type.name, becomes);
        values(enum_type, &format!("values {}", enum_id.index()), &scope(1), taken);
    }
    for topic in service.topics.iter().map(|topic| &register.topics[*topic]) {
        let envelope = names::protobuf_envelope(topic.name.as_str());
        taken.take(&format!("envelopes {}", id.index()), &envelope, &topic.name, becomes);
        let scope = format!("envelope {}", topic.name.value);
        // Its other field, and what its events are together.
        taken.reserve(&scope, "metadata");
        taken.reserve(&scope, "event");
        for event in topic.events.iter().map(|event| &register.events[*event]) {
            let field = names::protobuf_envelope_field(event.name.as_str(), event.version);
            taken.take(&scope, &names::json_name(&field), &event.name, "one field of the topic's message");
        }
    }
    for event in service.topics.iter().flat_map(|topic| &register.topics[*topic].events) {
        let event: &Event = &register.events[*event];
        taken.take(
            &scope(event.version),
            &names::protobuf_message(event.name.as_str()),
            &event.name,
            becomes,
        );
        event_fields(register, event, &format!("event {} {}", event.name.value, event.version), id, taken);
    }
    for rpc in service.rpcs.iter().map(|id| &register.rpcs[*id]) {
        let version = rpc.version();
        let method = names::rust_identifier(rpc.name.as_str());
        taken.take(&format!("methods {} {version}", id.index()), &method, &rpc.name, "one method");
        let name = rpc.name.as_str();
        for message in [names::protobuf_request(name), names::protobuf_response(name)] {
            taken.take(&scope(version), &message, &rpc.name, becomes);
        }
        if let (RpcKind::List { .. }, Some(table)) = (&rpc.kind, rpc.table) {
            let scope = format!("list {} {name}", id.index());
            for field in ["page_size", "page_token"] {
                taken.reserve(&scope, &json_key(field));
            }
            for column in rpc.by.iter().map(|column| &register.tables[table].columns[column.value].name) {
                taken.take(&scope, &json_key(column.as_str()), column, "one field in JSON");
            }
        }
        if let RpcKind::Custom { request, response, .. } = &rpc.kind {
            fields(request, &format!("request {} {version}", rpc.name.value), id, taken);
            fields(response, &format!("response {} {version}", rpc.name.value), id, taken);
        }
    }
}

/// An event that the application publishes has its own fields beside the columns that all events of the topic carry.
fn event_fields<'a>(
    register: &'a Register,
    event: &'a Event,
    message: &str,
    service: ServiceId,
    taken: &mut Taken<'a, '_>,
) {
    let topic = &register.topics[event.topic];
    if let (TopicSubject::Table { table, id, .. }, false) = (&topic.subject, event.fields.is_empty()) {
        let scope = format!("fields {} {message}", service.index());
        for column in id.iter().chain(&topic.carries).chain(&event.carries) {
            let name = &register.tables[*table].columns[column.value].name;
            taken.take(&scope, &json_key(name.as_str()), name, "one field in JSON");
        }
    }
    fields(&event.fields, message, service, taken);
}

/// The values of an enum, which differ also without the enum's name before them, and share the scope of the package.
fn values<'a>(enum_type: &'a EnumType, own: &str, package: &str, taken: &mut Taken<'a, '_>) {
    for value in &enum_type.values {
        let suffix = names::protobuf_enum_suffix(value.name.as_str());
        let key = names::json_name(&suffix.to_ascii_lowercase());
        taken.take(own, &key, &value.name, "one value in Protobuf");
        let key = names::protobuf_enum_value(enum_type.name.as_str(), value.name.as_str());
        taken.take(package, &key, &value.name, "one value in Protobuf");
    }
}

fn fields<'a>(fields: &'a [Field], message: &str, service: ServiceId, taken: &mut Taken<'a, '_>) {
    let scope = format!("fields {} {message}", service.index());
    for field in fields {
        taken.take(&scope, &json_key(field.name.as_str()), &field.name, "one field in JSON");
    }
}

/// What a field's name becomes in JSON.
fn json_key(name: &str) -> String {
    names::json_name(&names::protobuf_field(name))
}

fn columns<'a>(id: TableId, table: &'a Table, messages: &Messages, taken: &mut Taken<'a, '_>) {
    let scope = format!("columns {}", id.index());
    if table.topic.is_some() {
        taken.reserve(&scope, ROW_VERSION_COLUMN);
    }
    let scope_of_fields = format!("fields of columns {}", id.index());
    if table.topic.is_some() {
        taken.reserve(&scope_of_fields, &json_key(ROW_VERSION_COLUMN));
    }
    for (number, column) in table.columns.iter().enumerate() {
        taken.take(&scope, column.name.as_str(), &column.name, "one column");
        if messages.columns.contains(&(id, number)) {
            taken.take(&scope_of_fields, &json_key(column.name.as_str()), &column.name, "one field in JSON");
        }
    }
}

fn constraints<'a>(id: TableId, table: &'a Table, taken: &mut Taken<'a, '_>) {
    let scope = format!("constraints {}", id.index());
    let checks = table.checks.iter().filter_map(|check| check.name.as_ref());
    let foreign_keys = table.foreign_keys.iter().filter_map(|foreign_key| foreign_key.name.as_ref());
    // With `where=` it is an index.
    let uniques = table.uniques.iter().filter(|unique| unique.predicate.is_none());
    for name in checks.chain(foreign_keys).chain(uniques.filter_map(|unique| unique.name.as_ref())) {
        taken.take(&scope, name.as_str(), name, "one constraint of the table");
    }
}
