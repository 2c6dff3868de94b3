//! Names in one target, derived from names in the register.

use heck::{ToKebabCase, ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// The crate and the folder of a service: `realtime-chat`.
pub fn crate_name(service: &str) -> String {
    service.to_kebab_case()
}

/// An object of Kubernetes: `realtime-chat`.
pub fn kubernetes_name(name: &str) -> String {
    name.to_kebab_case()
}

/// A part of a package: `realtime_chat` in `nova.realtime_chat.v1`.
pub fn protobuf_package_part(name: &str) -> String {
    name.to_snake_case()
}

/// A message or an enum: `OrderLine`.
pub fn protobuf_message(name: &str) -> String {
    name.to_upper_camel_case()
}

/// A field: `user_id`.
pub fn protobuf_field(name: &str) -> String {
    name.to_snake_case()
}

/// A value of an enum, which begins with the enum's name, since values of all enums share one scope:
/// `ORDER_STATUS_PLACED`.
pub fn protobuf_enum_value(enum_name: &str, value: &str) -> String {
    format!("{}_{}", enum_name.to_shouty_snake_case(), value.to_shouty_snake_case())
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

/// An environment variable: `DATABASE_URL`.
pub fn environment_variable(name: &str) -> String {
    name.to_shouty_snake_case()
}

/// A resource, variable or module of Terraform: `small_a`.
pub fn hcl_name(name: &str) -> String {
    name.to_snake_case()
}

/// Keywords of Rust, those of all editions and those that are kept for later.
/// The Rust Reference, "Keywords".
#[rustfmt::skip]
const RUST_KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match",
    "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try",
    "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Keywords that cannot even be raw identifiers.
const RUST_PATHS: &[&str] = &["Self", "crate", "self", "super"];

/// A variable, field, function or module of Rust: `user_id`, `r#type`, `self_`, as prost writes them.
pub fn rust_identifier(name: &str) -> String {
    let snake = name.to_snake_case();
    if RUST_KEYWORDS.contains(&snake.as_str()) {
        format!("r#{snake}")
    } else if RUST_PATHS.contains(&snake.as_str()) {
        format!("{snake}_")
    } else if snake.is_empty() || snake.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{snake}")
    } else {
        snake
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_style_of_their_target() {
        assert_eq!(crate_name("realtime_chat"), "realtime-chat");
        assert_eq!(protobuf_package_part("realtime-chat"), "realtime_chat");
        assert_eq!(protobuf_message("order_line"), "OrderLine");
        assert_eq!(protobuf_field("userId"), "user_id");
        assert_eq!(protobuf_enum_value("order_status", "in-progress"), "ORDER_STATUS_IN_PROGRESS");
        assert_eq!(environment_variable("database-url"), "DATABASE_URL");
        assert_eq!(hcl_name("small-a"), "small_a");
    }

    #[test]
    fn json_names_are_those_of_protobuf() {
        assert_eq!(json_name("user_id"), "userId");
        assert_eq!(json_name("a_b_1"), json_name("a_b1"));
        assert_eq!(json_name("_x"), "X");
    }

    #[test]
    fn keywords_of_rust_are_escaped() {
        assert_eq!(rust_identifier("type"), "r#type");
        assert_eq!(rust_identifier("self"), "self_");
        assert_eq!(rust_identifier("1st"), "_1st");
        assert_eq!(rust_identifier("UserId"), "user_id");
    }
}
