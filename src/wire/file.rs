//! The data: a file with what it declares.

use std::collections::BTreeSet;

/// Paragraphs for people, as the register or the compiler says them: not wrapped, not quoted, of one or more lines.
pub type Documentation = Vec<String>;

/// A file of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The package: `nova.identity.v1`. Its parts are the folders that the file lies in.
    pub package: String,
    /// The name: `identity_service.proto`.
    pub name: String,
    /// What it holds.
    pub documentation: Documentation,
    /// Services.
    pub services: Vec<Service>,
    /// Messages.
    pub messages: Vec<Message>,
    /// Enums.
    pub enums: Vec<EnumType>,
}

impl File {
    /// The path in the module: `nova/identity/v1/identity_service.proto`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.package.replace('.', "/"), self.name)
    }

    /// Whether it declares nothing.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty() && self.messages.is_empty() && self.enums.is_empty()
    }

    /// The paths of the files whose types are used here.
    pub fn imports(&self) -> BTreeSet<String> {
        let own = self.path();
        let methods = self.services.iter().flat_map(|service| &service.methods);
        let asked = methods.flat_map(|method| [&method.request, &method.response]);
        let held = self.messages.iter().flat_map(Message::all_fields).filter_map(|field| match &field.kind {
            FieldType::Message(name) | FieldType::Enum(name) => Some(name),
            FieldType::Scalar(_) => None,
        });
        let paths = asked.chain(held).map(|name| name.path.clone());
        paths.filter(|path| *path != own).collect()
    }
}

/// The name of a message or an enum, with where it is declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeName {
    /// The package.
    pub package: String,
    /// The path of the file in the module.
    pub path: String,
    /// The name within the package; of a nested message `User.TagsList`.
    pub name: String,
}

impl TypeName {
    /// A point in time: `google.protobuf.Timestamp`.
    pub fn timestamp() -> TypeName {
        TypeName {
            package: "google.protobuf".to_owned(),
            path: "google/protobuf/timestamp.proto".to_owned(),
            name: "Timestamp".to_owned(),
        }
    }

    /// What every event says about itself: `freehold.events.v1.EventMetadata`.
    pub fn event_metadata() -> TypeName {
        TypeName {
            package: "freehold.events.v1".to_owned(),
            path: "freehold/events/v1/event_metadata.proto".to_owned(),
            name: "EventMetadata".to_owned(),
        }
    }

    /// The name with its package: `nova.identity.v1.User`.
    pub fn full(&self) -> String {
        format!("{}.{}", self.package, self.name)
    }
}

/// A scalar type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// `bool`.
    Bool,
    /// `bytes`.
    Bytes,
    /// `double`.
    Double,
    /// `float`.
    Float,
    /// `int32`.
    Int32,
    /// `int64`.
    Int64,
    /// `string`.
    String,
}

impl Scalar {
    /// The name in Protobuf.
    pub fn name(self) -> &'static str {
        match self {
            Scalar::Bool => "bool",
            Scalar::Bytes => "bytes",
            Scalar::Double => "double",
            Scalar::Float => "float",
            Scalar::Int32 => "int32",
            Scalar::Int64 => "int64",
            Scalar::String => "string",
        }
    }
}

/// The type of a field, or of each of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A scalar.
    Scalar(Scalar),
    /// A message.
    Message(TypeName),
    /// An enum.
    Enum(TypeName),
}

impl FieldType {
    /// The full name in Protobuf: `int64`, `nova.identity.v1.User`.
    pub fn full_name(&self) -> String {
        match self {
            FieldType::Scalar(scalar) => scalar.name().to_owned(),
            FieldType::Message(name) | FieldType::Enum(name) => name.full(),
        }
    }
}

/// How many values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// One.
    One,
    /// One or none, which differs from the type's zero.
    Optional,
    /// Any number.
    Repeated,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name.
    pub name: String,
    /// The number.
    pub number: u32,
    /// The type.
    pub kind: FieldType,
    /// How many values it has.
    pub presence: Presence,
    /// What it holds.
    pub documentation: Documentation,
    /// Whether it holds personal data, which no log shows.
    pub is_personal: bool,
}

/// Numbers and names that were given once and never come back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reserved {
    /// Numbers, in order.
    pub numbers: Vec<u32>,
    /// Names, in the order of their numbers.
    pub names: Vec<String>,
}

/// Fields of which a message has one at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oneof {
    /// The name.
    pub name: String,
    /// What it holds.
    pub documentation: Documentation,
    /// The fields.
    pub fields: Vec<Field>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The name, without that of a message around it.
    pub name: String,
    /// What it is.
    pub documentation: Documentation,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Further fields, of which it has one at most.
    pub oneof: Option<Oneof>,
    /// Messages declared in it.
    pub messages: Vec<Message>,
    /// What must not come back.
    pub reserved: Reserved,
}

impl Message {
    /// Its fields, those of its `oneof`, and those of all messages in it.
    pub fn all_fields(&self) -> Vec<&Field> {
        let (mut fields, mut open) = (Vec::new(), vec![self]);
        while let Some(message) = open.pop() {
            fields.extend(message.fields.iter().chain(message.oneof.iter().flat_map(|oneof| &oneof.fields)));
            open.extend(&message.messages);
        }
        fields
    }
}

/// An enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumType {
    /// The name.
    pub name: String,
    /// What it is.
    pub documentation: Documentation,
    /// Its values; the first is the zero.
    pub values: Vec<EnumValue>,
    /// What must not come back.
    pub reserved: Reserved,
}

/// A value of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumValue {
    /// The name, with the enum's before it.
    pub name: String,
    /// The number.
    pub number: u32,
    /// What it means.
    pub documentation: Documentation,
}

/// A service with its methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The name.
    pub name: String,
    /// What it is for.
    pub documentation: Documentation,
    /// Its methods.
    pub methods: Vec<Method>,
}

/// Whether a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// Nothing is known: it must not be.
    Unknown,
    /// It reads only.
    NoSideEffects,
    /// Once or twice is the same.
    Idempotent,
}

/// A method of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// The name.
    pub name: String,
    /// What it does.
    pub documentation: Documentation,
    /// What is asked.
    pub request: TypeName,
    /// What is answered.
    pub response: TypeName,
    /// Whether the caller sends any number of requests.
    pub client_streams: bool,
    /// Whether the owner sends any number of responses.
    pub server_streams: bool,
    /// Whether a request may be sent again.
    pub idempotency: Idempotency,
    /// How long a caller waits, in milliseconds; for a stream, until it is open.
    pub timeout_ms: u32,
    /// The longest that a declared caller keeps an answer, in seconds.
    pub cache_seconds: Option<u32>,
}
