//! Names in one target, derived from names in the register.

use super::shortened;
use heck::{ToKebabCase, ToShoutySnakeCase, ToSnakeCase};

/// The crate and the folder of a service: `realtime-chat`.
pub fn crate_name(service: &str) -> String {
    service.to_kebab_case()
}

/// An object of Kubernetes: `realtime-chat`.
pub fn kubernetes_name(name: &str) -> String {
    name.to_kebab_case()
}

/// An environment variable: `DATABASE_URL`.
pub fn environment_variable(name: &str) -> String {
    name.to_shouty_snake_case()
}

/// The variable that says how to connect to the database of a service: `REALTIME_CHAT_DATABASE_URL`.
pub fn database_variable(service: &str) -> String {
    let name = environment_variable(service).replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let digit = if name.starts_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
    format!("{digit}{name}_DATABASE_URL")
}

/// The function that makes and retires the partitions of a table: `maintain_posts_partitions`.
pub fn maintenance_function(table: &str) -> String {
    shortened(&format!("maintain_{table}"), "_partitions")
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
    let snake = if is_snake_case(name) { name.to_owned() } else { name.to_snake_case() };
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

/// Whether a name is words of lower case with one `_` between two: as nearly all names of a register are.
fn is_snake_case(name: &str) -> bool {
    let is_word =
        |word: &[u8]| !word.is_empty() && word.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.as_bytes().split(|b| *b == b'_').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn snake_case_stays(name in "[a-z0-9_]{0,12}") {
            if is_snake_case(&name) {
                prop_assert_eq!(name.to_snake_case(), name);
            }
        }
    }

    #[test]
    fn names_follow_the_style_of_their_target() {
        assert_eq!(crate_name("realtime_chat"), "realtime-chat");
        assert_eq!(environment_variable("database-url"), "DATABASE_URL");
        assert_eq!(hcl_name("small-a"), "small_a");
    }

    #[test]
    fn keywords_of_rust_are_escaped() {
        assert_eq!(rust_identifier("type"), "r#type");
        assert_eq!(rust_identifier("self"), "self_");
        assert_eq!(rust_identifier("1st"), "_1st");
        assert_eq!(rust_identifier("UserId"), "user_id");
    }
}
