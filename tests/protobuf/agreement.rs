//! The descriptors against the register. This walks the register by itself: nothing of what makes the messages is asked.

use super::Compiled;
use freehold::names::protobuf_package_part;
use freehold::semantic::Register;
use freehold::semantic::model::{
    ColumnIndex, ColumnType, Event, RpcKind, Service, ServiceId, Stream, Table, TableId, Topic, TopicSubject,
    column_indices,
};
use heck::{ToSnakeCase, ToUpperCamelCase};
use prost_reflect::{DescriptorPool, FileDescriptor, Kind, MessageDescriptor, MethodDescriptor, Value};
use std::collections::BTreeSet;

/// Everything that the descriptors and the register have to agree in.
pub fn assert_agrees(compiled: &Compiled) {
    let agreement = Agreement { register: &compiled.checked.register, pool: &compiled.pool };
    for (id, service) in agreement.register.services.iter() {
        agreement.methods(service);
        agreement.events(service);
        agreement.snapshots(id, service);
    }
    for file in compiled.pool.files().filter(|file| !file.name().starts_with("google/")) {
        agreement.imports(&file);
    }
}

struct Agreement<'a> {
    register: &'a Register,
    pool: &'a DescriptorPool,
}

impl Agreement<'_> {
    fn package(&self, service: &Service) -> String {
        let platform = self.register.platform.name.iter().map(|name| protobuf_package_part(&name.value));
        platform.chain([protobuf_package_part(&service.name.value)]).collect::<Vec<_>>().join(".")
    }

    fn message(&self, name: &str) -> MessageDescriptor {
        self.pool.get_message_by_name(name).unwrap_or_else(|| panic!("there is no message {name}"))
    }

    /// Every RPC is a method of its version, with its streams, its time limit, and the right rows in it.
    fn methods(&self, service: &Service) {
        let name = format!("{}Service", stem(service));
        for rpc in service.rpcs.iter().map(|id| &self.register.rpcs[*id]) {
            let package = format!("{}.v{}", self.package(service), rpc.version());
            let declared = self.pool.get_service_by_name(&format!("{package}.{name}")).unwrap();
            let called = rpc.name.value.to_upper_camel_case();
            let method = declared.methods().find(|method| method.name() == called).unwrap();
            assert_eq!(method.input().full_name(), format!("{package}.{called}Request"));
            assert_eq!(method.output().full_name(), format!("{package}.{called}Response"));
            let limit = self.register.platform.rpc.default_timeout_ms;
            let limit = rpc.timeout_ms.as_ref().map_or(limit, |stated| stated.value);
            assert_eq!(policy(&method, "timeout_ms"), limit, "{called}");
            let streams = (method.is_client_streaming(), method.is_server_streaming());
            let level = method.method_descriptor_proto().options.as_ref().unwrap().idempotency_level();
            match &rpc.kind {
                RpcKind::Custom { stream, request, response, idempotent, .. } => {
                    let both = *stream == Stream::Both;
                    assert_eq!(
                        streams,
                        (both || *stream == Stream::Client, both || *stream == Stream::Server)
                    );
                    assert_eq!(level.as_str_name() == "IDEMPOTENT", *idempotent, "{called}");
                    for (message, fields) in [(method.input(), request), (method.output(), response)] {
                        assert_eq!(message.fields().len(), fields.len(), "{}", message.full_name());
                        for field in fields {
                            let found = message.get_field_by_name(&field.name.value.to_snake_case()).unwrap();
                            assert_eq!(
                                found.field_descriptor_proto().proto3_optional(),
                                field.nullable && !field.repeated,
                                "{}",
                                found.full_name()
                            );
                        }
                    }
                }
                kind => {
                    assert_eq!((streams, level.as_str_name()), ((false, false), "NO_SIDE_EFFECTS"));
                    let table = rpc.table.unwrap();
                    if !matches!(kind, RpcKind::Exists) {
                        self.rows(&method.output(), table);
                    }
                    self.selection(&method.input(), table, &self.register.selecting_columns(rpc), kind);
                }
            }
        }
    }

    /// An answer with rows: each has every column that is not private, and no other.
    fn rows(&self, response: &MessageDescriptor, table: TableId) {
        let row = response.fields().find_map(|field| field.kind().as_message().cloned()).unwrap();
        let table = &self.register.tables[table];
        let shown: Vec<ColumnIndex> =
            (0..table.columns.len()).filter(|number| !table.columns[*number].private).collect();
        assert_eq!(row.name(), table.entity.as_ref().unwrap().value.to_upper_camel_case());
        self.columns(&row, table, &shown, &[]);
        assert_eq!(row.fields().len(), shown.len(), "{}", row.full_name());
    }

    /// A question has the columns that select.
    fn selection(&self, request: &MessageDescriptor, table: TableId, by: &[ColumnIndex], kind: &RpcKind) {
        let table = &self.register.tables[table];
        match kind {
            RpcKind::BatchGet { .. } => {
                let keys = request.get_field(1).unwrap();
                assert!(keys.is_list() && request.fields().len() == 1, "{}", request.full_name());
                if by.len() > 1 {
                    self.columns(keys.kind().as_message().unwrap(), table, by, by);
                }
            }
            RpcKind::List { .. } => {
                self.columns(request, table, by, by);
                assert_eq!(request.fields().len(), by.len() + 2);
            }
            _ => {
                self.columns(request, table, by, by);
                assert_eq!(request.fields().len(), by.len());
            }
        }
    }

    /// Columns as fields: optional where there may be none, but for those that are `required`; repeated for arrays.
    fn columns(
        &self,
        message: &MessageDescriptor,
        table: &Table,
        columns: &[ColumnIndex],
        required: &[ColumnIndex],
    ) {
        for number in columns {
            let column = &table.columns[*number];
            let name = column.name.value.to_snake_case();
            let field = message.get_field_by_name(&name);
            let field = field.unwrap_or_else(|| panic!("{} has no {name}", message.full_name()));
            let may_be_none = !table.is_required(*number) && !required.contains(number);
            let is_list = match &column.data_type.value {
                ColumnType::Builtin(data_type) => data_type.is_array(),
                ColumnType::Enum(_, dimensions) => *dimensions > 0,
                ColumnType::Extension(text) | ColumnType::Unknown(text) => text.ends_with("[]"),
            };
            assert_eq!(field.is_list(), is_list && !may_be_none, "{}", field.full_name());
            assert_eq!(
                field.field_descriptor_proto().proto3_optional(),
                may_be_none,
                "{}",
                field.full_name()
            );
            if is_list && may_be_none {
                let list = field.kind().as_message().unwrap().clone();
                assert_eq!(list.parent_message().as_ref(), Some(message));
                assert!(list.get_field_by_name("values").unwrap().is_list());
                if let ColumnType::Enum(..) = column.data_type.value {
                    assert!(
                        matches!(list.get_field(1).unwrap().kind(), Kind::Enum(_)),
                        "{}",
                        list.full_name()
                    );
                }
            }
            let redacted = field
                .options()
                .get_field_by_name("debug_redact")
                .is_some_and(|redacts| redacts.as_bool() == Some(true));
            assert_eq!(redacted, column.pii, "{}", field.full_name());
        }
    }

    /// Every topic is one message with all its events, and each event has what it carries.
    fn events(&self, service: &Service) {
        for topic in service.topics.iter().map(|id| &self.register.topics[*id]) {
            let package = self.package(service);
            let name = format!("{package}.topics.v1.{}Envelope", topic.name.value.to_upper_camel_case());
            let envelope = self.message(&name);
            let metadata = envelope.get_field(1).unwrap();
            assert_eq!(metadata.kind().as_message().unwrap().full_name(), "freehold.events.v1.EventMetadata");
            let events: Vec<&Event> = topic.events.iter().map(|id| &self.register.events[*id]).collect();
            let members: Vec<MessageDescriptor> = envelope
                .oneofs()
                .flat_map(|oneof| oneof.fields().collect::<Vec<_>>())
                .map(|field| field.kind().as_message().unwrap().clone())
                .collect();
            assert_eq!(members.len(), events.len(), "{name}");
            for (member, event) in members.iter().zip(events) {
                let called = event.name.value.to_upper_camel_case();
                assert_eq!(member.full_name(), format!("{package}.v{}.{called}", event.version));
                self.payload(member, topic, event);
            }
        }
    }

    fn payload(&self, message: &MessageDescriptor, topic: &Topic, event: &Event) {
        let mut count = event.fields.len();
        if let TopicSubject::Table { table, id, .. } = &topic.subject {
            let id = column_indices(id);
            let carried = topic.carries.iter().chain(&event.carries).map(|column| column.value);
            let columns: BTreeSet<ColumnIndex> = id.iter().copied().chain(carried).collect();
            count += columns.len();
            let columns: Vec<ColumnIndex> = columns.into_iter().collect();
            self.columns(message, &self.register.tables[*table], &columns, &id);
        }
        assert_eq!(message.fields().len(), count, "{}", message.full_name());
    }

    /// Every copied table has a snapshot with all that any copy holds, and no other table has one.
    fn snapshots(&self, id: ServiceId, service: &Service) {
        let name = format!("{}.v1.{}SnapshotService", self.package(service), stem(service));
        let mut copied: BTreeSet<TableId> = BTreeSet::new();
        let of_service = |table: &TableId| self.register.tables[*table].service == id;
        copied.extend(self.register.projections.values().filter_map(|copy| copy.source).filter(of_service));
        let snapshots = self.pool.get_service_by_name(&name);
        assert_eq!(snapshots.as_ref().map_or(0, |service| service.methods().len()), copied.len(), "{name}");
        let methods: Vec<MethodDescriptor> =
            snapshots.iter().flat_map(|service| service.methods().collect::<Vec<_>>()).collect();
        for table in copied {
            let entity = self.register.tables[table].entity.as_ref().unwrap().value.to_upper_camel_case();
            let method = format!("Snapshot{}", freehold::names::plural(&entity));
            let method = methods.iter().find(|found| found.name() == method).unwrap();
            let row = method.output().get_field_by_name("rows").unwrap().kind().as_message().unwrap().clone();
            assert!(row.get_field_by_name("row_version").is_some());
            let identity = self.register.identifying_columns(table);
            let mut columns: BTreeSet<ColumnIndex> = identity.iter().copied().collect();
            let copies = self.register.projections.values().filter(|copy| copy.source == Some(table));
            columns.extend(copies.flat_map(|copy| copy.columns.iter().map(|column| column.source)));
            assert_eq!(row.fields().len(), columns.len() + 1, "{}", row.full_name());
            let columns: Vec<ColumnIndex> = columns.into_iter().collect();
            self.columns(&row, &self.register.tables[table], &columns, &identity);
        }
    }

    /// A file imports what it uses, and nothing of another service.
    fn imports(&self, file: &FileDescriptor) {
        let mut used: BTreeSet<String> = BTreeSet::new();
        let mut open: Vec<MessageDescriptor> = file.messages().collect();
        while let Some(message) = open.pop() {
            open.extend(message.child_messages());
            for field in message.fields() {
                match field.kind() {
                    Kind::Message(message) => used.insert(message.parent_file().name().to_owned()),
                    Kind::Enum(declared) => used.insert(declared.parent_file().name().to_owned()),
                    _ => false,
                };
            }
        }
        for method in file.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            used.insert(method.input().parent_file().name().to_owned());
            used.insert(method.output().parent_file().name().to_owned());
            for (extension, _) in method.options().extensions() {
                used.insert(extension.parent_file().name().to_owned());
            }
        }
        for extension in file.extensions() {
            used.insert(extension.containing_message().parent_file().name().to_owned());
        }
        used.remove(file.name());
        let imported: BTreeSet<String> = file.dependencies().map(|file| file.name().to_owned()).collect();
        assert_eq!(imported, used, "{}", file.name());
        let depth = usize::from(self.register.platform.name.is_some()) + 1;
        let owner = |path: &str| path.split('/').take(depth).map(str::to_owned).collect::<Vec<_>>();
        for import in &imported {
            let is_shared = import.starts_with("google/") || import.starts_with("freehold/");
            assert!(is_shared || owner(import) == owner(file.name()), "{} imports {import}", file.name());
        }
    }
}

/// What the names of a service begin with.
fn stem(service: &Service) -> String {
    let name = service.name.value.to_upper_camel_case();
    name.strip_suffix("Service").unwrap_or(&name).to_owned()
}

/// A part of the option that says what callers have to know.
fn policy(method: &MethodDescriptor, part: &str) -> u32 {
    let options = method.options();
    let (_, value) = options
        .extensions()
        .find(|(option, _)| option.full_name() == "freehold.annotations.v1.method")
        .unwrap();
    let Value::Message(policy) = value else { panic!("the option is a message") };
    policy.get_field_by_name(part).unwrap().as_u32().unwrap()
}
