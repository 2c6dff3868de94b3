//! Names in Rust, as prost and tonic derive them from those in Protobuf.

use crate::names::rust_identifier;
use crate::templates::{Quoted, RustPath};
use crate::wire::{Carrier, Field, FieldType, Presence, Scalar, TypeName};
use heck::{ToSnakeCase, ToUpperCamelCase};

/// The type of what sqlx takes and gives of a carrier.
pub(super) fn carrier(carrier: Carrier) -> &'static str {
    match carrier {
        Carrier::Boolean => "bool",
        Carrier::Integer => "i32",
        Carrier::BigInteger | Carrier::Instant => "i64",
        Carrier::Real => "f32",
        Carrier::Double => "f64",
        Carrier::Bytes => "Vec<u8>",
        Carrier::Enum | Carrier::Text => "String",
    }
}

/// A type of the crate `contracts`: `contracts::nova::identity::v1::UserCreated`; of a nested message
/// `contracts::nova::identity::v1::user::TagsList`.
pub(super) fn message(name: &TypeName) -> RustPath {
    let (outer, own) = name.name.rsplit_once('.').map_or(("", name.name.as_str()), |parts| parts);
    let outer: String = outer
        .split('.')
        .filter(|part| !part.is_empty())
        .fold(String::new(), |path, part| format!("{path}::{}", rust_identifier(part)));
    RustPath::new(&format!("{}{outer}::{}", package(&name.package), type_name(own)))
}

/// The module of a package: `contracts::nova::identity::v1`.
fn package(name: &str) -> String {
    // What Google's own packages hold comes with prost.
    if name == "google.protobuf" {
        return "prost_types".to_owned();
    }
    name.split('.').fold("contracts".to_owned(), |path, part| format!("{path}::{}", rust_identifier(part)))
}

/// The type of the `event` of a topic's message: `...::identity_user_envelope::Event`.
pub(super) fn envelope_event(envelope: &TypeName) -> RustPath {
    let module = rust_identifier(&envelope.name);
    RustPath::new(&format!("{}::{module}::Event", package(&envelope.package)))
}

/// A variant of a `oneof`, from the name of its field: `UserCreated`.
pub(super) fn variant(field: &str) -> RustPath {
    RustPath::new(&type_name(field))
}

/// A message, an enum or a variant.
pub(super) fn type_name(name: &str) -> String {
    let name = name.to_upper_camel_case();
    if name == "Self" { "Self_".to_owned() } else { name }
}

/// A field of a message: `user_id`, `r#type`.
pub(super) fn field(name: &str) -> RustPath {
    RustPath::new(&rust_identifier(name))
}

/// The client of a service of Protobuf: `contracts::nova::identity::v1::identity_service_client::IdentityServiceClient`.
pub(super) fn client(service: &TypeName) -> RustPath {
    let (module, name) = (service.name.to_snake_case(), service.name.to_upper_camel_case());
    RustPath::new(&format!("{}::{module}_client::{name}Client", package(&service.package)))
}

/// The trait that a server of it implements: `contracts::nova::identity::v1::identity_service_server::IdentityService`.
pub(super) fn server(service: &TypeName) -> RustPath {
    let (module, name) = (service.name.to_snake_case(), service.name.to_upper_camel_case());
    RustPath::new(&format!("{}::{module}_server::{name}", package(&service.package)))
}

/// The type of a field of a message.
pub(super) fn field_type(field: &Field) -> Quoted {
    let element = match &field.kind {
        FieldType::Scalar(Scalar::Bool) => "bool".to_owned(),
        FieldType::Scalar(Scalar::Bytes) => "Vec<u8>".to_owned(),
        FieldType::Scalar(Scalar::Double) => "f64".to_owned(),
        FieldType::Scalar(Scalar::Float) => "f32".to_owned(),
        FieldType::Scalar(Scalar::Int32) | FieldType::Enum(_) => "i32".to_owned(),
        FieldType::Scalar(Scalar::Int64) => "i64".to_owned(),
        FieldType::Scalar(Scalar::String) => "String".to_owned(),
        FieldType::Message(name) => message(name).as_str().to_owned(),
    };
    Quoted::already(match (field.presence, &field.kind) {
        (Presence::Repeated, _) => format!("Vec<{element}>"),
        // Of a message prost always makes an option.
        (Presence::Optional, _) | (_, FieldType::Message(_)) => format!("Option<{element}>"),
        (Presence::One, _) => element,
    })
}

/// The last part of that: `IdentityServiceClient`.
pub(super) fn client_name(service: &TypeName) -> RustPath {
    RustPath::new(&format!("{}Client", service.name.to_upper_camel_case()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(package: &str, name: &str) -> TypeName {
        TypeName { package: package.to_owned(), path: String::new(), name: name.to_owned() }
    }

    #[test]
    fn types_are_where_prost_puts_them() {
        let user = name("nova.identity.v1", "User");
        assert_eq!(message(&user).as_str(), "contracts::nova::identity::v1::User");
        let list = name("nova.type.v1", "UserRow.TagsList");
        assert_eq!(message(&list).as_str(), "contracts::nova::r#type::v1::user_row::TagsList");
        assert_eq!(message(&TypeName::timestamp()).as_str(), "prost_types::Timestamp");
        let envelope = name("nova.identity.topics.v1", "IdentityUserEnvelope");
        let path = "contracts::nova::identity::topics::v1::identity_user_envelope::Event";
        assert_eq!(envelope_event(&envelope).as_str(), path);
        let service = name("nova.identity.v1", "IdentityService");
        let path = "contracts::nova::identity::v1::identity_service_client::IdentityServiceClient";
        assert_eq!(client(&service).as_str(), path);
        assert_eq!((variant("user_created").as_str(), field("type").as_str()), ("UserCreated", "r#type"));
    }
}
