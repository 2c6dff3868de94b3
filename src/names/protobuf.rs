//! Names in Protobuf, derived from names in the register: in its style, legal in it, and in the languages whose code is
//! made from it.

use super::plural;
use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// Words that cannot be a part of a package in a language whose code is made from Protobuf: keywords of C++, Go, Java,
/// Python and Rust, and folders whose packages Go keeps to itself. Each language's reference, "Keywords".
#[rustfmt::skip]
const RESERVED_PACKAGE_PARTS: &[&str] = &[
    "abstract", "alignas", "alignof", "and", "as", "asm", "assert", "async", "auto", "await", "become", "bool",
    "boolean", "box", "break", "byte", "case", "catch", "chan", "char", "class", "compl", "const", "continue",
    "crate", "def", "default", "defer", "del", "delete", "do", "double", "dyn", "elif", "else", "enum", "except",
    "explicit", "export", "extends", "extern", "fallthrough", "false", "final", "finally", "float", "fn", "for",
    "friend", "from", "func", "gen", "global", "go", "goto", "if", "impl", "implements", "import", "in", "inline",
    "instanceof", "int", "interface", "internal", "is", "lambda", "let", "long", "loop", "macro", "main", "map",
    "match", "mod", "module", "move", "mut", "mutable", "namespace", "native", "new", "noexcept", "nonlocal", "not",
    "null", "nullptr", "operator", "or", "override", "package", "pass", "priv", "private", "protected", "pub",
    "public", "raise", "range", "ref", "register", "requires", "return", "select", "self", "short", "signed",
    "sizeof", "static", "std", "strictfp", "struct", "super", "switch", "synchronized", "template", "testdata",
    "this", "throw", "throws", "trait", "transient", "true", "try", "type", "typedef", "typeid", "typename", "typeof",
    "union", "unsafe", "unsigned", "unsized", "use", "using", "var", "vendor", "virtual", "void", "volatile", "where",
    "while", "with", "xor", "yield",
];

/// A part of a package, which is also the name of a folder: `realtime_chat` in `nova.realtime_chat.v1`. A word that some
/// language keeps for itself gets an ending: `public_service`.
pub fn protobuf_package_part(name: &str) -> String {
    let part = word(&name.to_snake_case(), "x");
    if RESERVED_PACKAGE_PARTS.contains(&part.as_str()) { format!("{part}_service") } else { part }
}

/// The service that a package has for the RPCs of a service: `IdentityService`.
pub fn protobuf_service(service: &str) -> String {
    let name = protobuf_message(service);
    if name.ends_with("Service") { name } else { format!("{name}Service") }
}

/// The service beside `IdentityService` through which read copies are filled: `IdentitySnapshotService`.
pub fn protobuf_snapshot_service(protobuf_service: &str) -> String {
    format!("{}SnapshotService", protobuf_service.strip_suffix("Service").unwrap_or(protobuf_service))
}

/// A message, an enum or a method: `OrderLine`.
pub fn protobuf_message(name: &str) -> String {
    word(&name.to_upper_camel_case(), "X")
}

/// What is asked of an RPC: `GetUserRequest`.
pub fn protobuf_request(rpc: &str) -> String {
    format!("{}Request", protobuf_message(rpc))
}

/// What an RPC answers: `GetUserResponse`.
pub fn protobuf_response(rpc: &str) -> String {
    format!("{}Response", protobuf_message(rpc))
}

/// What every message of a topic is: `IdentityUserEnvelope` for `identity.user`.
pub fn protobuf_envelope(topic: &str) -> String {
    format!("{}Envelope", protobuf_message(topic))
}

/// An event within its envelope: `user_created`, of a later version `user_created_v2`.
pub fn protobuf_envelope_field(event: &str, version: u32) -> String {
    let field = protobuf_field(event);
    if version == 1 { field } else { format!("{field}_v{version}") }
}

/// The RPC that gives every row of a table to those who keep a copy: `SnapshotUsers`.
pub fn rpc_snapshot(entity: &str) -> String {
    format!("Snapshot{}", plural(&entity.to_upper_camel_case()))
}

/// A field: `user_id`.
pub fn protobuf_field(name: &str) -> String {
    word(&name.to_snake_case(), "x")
}

/// What stands before every value of the enum `OrderStatus`, since values of all enums of a package share one scope:
/// `ORDER_STATUS`.
pub fn protobuf_enum_prefix(protobuf_enum: &str) -> String {
    protobuf_enum.to_shouty_snake_case()
}

/// A value of an enum, without its prefix: `PLACED`.
pub fn protobuf_enum_suffix(value: &str) -> String {
    ascii(&value.to_shouty_snake_case())
}

/// A value of an enum: `ORDER_STATUS_PLACED`.
pub fn protobuf_enum_value(enum_name: &str, value: &str) -> String {
    format!("{}_{}", protobuf_enum_prefix(&protobuf_message(enum_name)), protobuf_enum_suffix(value))
}

/// How a field is named in JSON: `userId`. Protobuf's own rule: `_` goes, and what follows it becomes a capital.
pub fn json_name(field: &str) -> String {
    let mut name = String::with_capacity(field.len());
    let mut after_underscore = false;
    for character in field.chars() {
        if character == '_' {
            after_underscore = true;
            continue;
        }
        name.push(if after_underscore { character.to_ascii_uppercase() } else { character });
        after_underscore = false;
    }
    name
}

/// An identifier, whatever the name was; of one that rule `illegal-name` finds nothing is written.
fn word(name: &str, front: &str) -> String {
    let name = ascii(name);
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("{front}{name}") }
}

fn ascii(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_style_of_protobuf() {
        assert_eq!(protobuf_package_part("realtime-chat"), "realtime_chat");
        assert_eq!(protobuf_service("realtime-chat"), "RealtimeChatService");
        assert_eq!(protobuf_service("payment-service"), "PaymentService");
        assert_eq!(protobuf_snapshot_service("PaymentService"), "PaymentSnapshotService");
        assert_eq!(protobuf_message("order_line"), "OrderLine");
        assert_eq!(protobuf_field("userId"), "user_id");
        assert_eq!(protobuf_envelope("identity.user"), "IdentityUserEnvelope");
        assert_eq!(protobuf_envelope_field("UserCreated", 2), "user_created_v2");
        assert_eq!(rpc_snapshot("Category"), "SnapshotCategories");
        assert_eq!(protobuf_enum_value("order_status", "in-progress"), "ORDER_STATUS_IN_PROGRESS");
        assert_eq!(protobuf_enum_value("sha_256_kind", "a"), "SHA256_KIND_A");
    }

    #[test]
    fn no_part_of_a_package_is_a_keyword() {
        assert!(RESERVED_PACKAGE_PARTS.is_sorted());
        for word in RESERVED_PACKAGE_PARTS {
            assert_eq!(protobuf_package_part(word), format!("{word}_service"));
        }
    }

    #[test]
    fn every_name_becomes_an_identifier() {
        assert_eq!(protobuf_message("é; }"), "X_");
        assert_eq!(protobuf_field("1st"), "x1st");
        assert_eq!(protobuf_package_part("../etc"), "etc");
        assert_eq!(protobuf_package_part(""), "x");
    }

    #[test]
    fn json_names_are_those_of_protobuf() {
        assert_eq!(json_name("user_id"), "userId");
        assert_eq!(json_name("a_b_1"), json_name("a_b1"));
        assert_eq!(json_name("_x"), "X");
    }
}
