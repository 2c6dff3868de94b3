//! Names as they stand in a file: a type that is declared elsewhere with its package, and nothing that is no name.

use crate::templates::Quoted;
use crate::wire::TypeName;

/// An identifier, whatever a lock that was edited holds.
pub(super) fn identifier(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

/// A package: identifiers between points.
pub(super) fn package(name: &str) -> String {
    name.split('.').map(identifier).collect::<Vec<_>>().join(".")
}

/// The path of an import, in quotation marks.
pub(super) fn quoted_path(path: &str) -> Quoted {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.');
    Quoted::already(path.chars().map(|c| if plain(c) { c } else { '_' }).collect::<String>())
}

/// A type as it is named in a package, within a message that declares the `nested` ones.
///
/// Protobuf looks for the first part of a name in the innermost scope, then in those around it, and does not look
/// further once it has found one. Where that would find another, a point before the name says that it is whole.
pub(super) fn type_name(name: &TypeName, own_package: &str, nested: &[&str]) -> String {
    let is_own = name.package == own_package;
    let first = name.name.split('.').next().unwrap_or(&name.name);
    if is_own && !nested.contains(&first) {
        return package(&name.name);
    }
    let full = package(&name.full());
    if is_own || is_hidden(&full, own_package) { format!(".{full}") } else { full }
}

/// Whether the first part of a whole name also is a part of this package, or of one of the other packages of its
/// service, which would be found before.
pub(super) fn is_hidden(full: &str, own_package: &str) -> bool {
    let first = full.split('.').next().unwrap_or(full);
    let is_version =
        first.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    is_version || first == "topics" || own_package.split('.').skip(1).any(|part| part == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_what_it_says() {
        let timestamp = TypeName::timestamp();
        assert_eq!(type_name(&timestamp, "nova.identity.v1", &[]), "google.protobuf.Timestamp");
        assert_eq!(type_name(&timestamp, "nova.google.v1", &[]), ".google.protobuf.Timestamp");
        assert_eq!(type_name(&timestamp, "google.v1", &[]), "google.protobuf.Timestamp");
        let sibling = TypeName { package: "v1.v1".to_owned(), path: String::new(), name: "Mood".to_owned() };
        assert_eq!(type_name(&sibling, "v1.v2", &[]), ".v1.v1.Mood");
        let own = |name: &str| TypeName {
            package: "nova.identity.v1".to_owned(),
            path: String::new(),
            name: name.to_owned(),
        };
        assert_eq!(type_name(&own("User"), "nova.identity.v1", &["TagsList"]), "User");
        assert_eq!(
            type_name(&own("TagsList"), "nova.identity.v1", &["TagsList"]),
            ".nova.identity.v1.TagsList"
        );
        assert_eq!(type_name(&own("User"), "nova.identity.v2", &[]), "nova.identity.v1.User");
    }

    #[test]
    fn what_is_no_name_becomes_one() {
        assert_eq!(package("nova.a b;\n.v1"), "nova.a_b__.v1");
        assert_eq!(quoted_path("a\";b/c.proto").as_str(), "a__b/c.proto");
    }
}
