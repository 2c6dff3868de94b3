//! Names of the RPCs that are derived from a table.

use super::plural;
use heck::ToUpperCamelCase;

/// `GetUser`.
pub fn rpc_get(entity: &str) -> String {
    rpc_get_by(entity, &[])
}

/// `GetUserByEmail`; without columns `GetUser`.
pub fn rpc_get_by(entity: &str, by: &[&str]) -> String {
    format!("Get{}{}", entity.to_upper_camel_case(), by_columns(by))
}

/// `BatchGetUsers`.
pub fn rpc_batch_get(entity: &str) -> String {
    rpc_batch_get_by(entity, &[])
}

/// `BatchGetUsersByEmail`; without columns `BatchGetUsers`.
pub fn rpc_batch_get_by(entity: &str, by: &[&str]) -> String {
    format!("BatchGet{}{}", plural(&entity.to_upper_camel_case()), by_columns(by))
}

/// `CheckUserExists`.
pub fn rpc_exists(entity: &str) -> String {
    rpc_exists_by(entity, &[])
}

/// `CheckUserExistsByEmail`; without columns `CheckUserExists`.
pub fn rpc_exists_by(entity: &str, by: &[&str]) -> String {
    format!("Check{}Exists{}", entity.to_upper_camel_case(), by_columns(by))
}

/// `ListUsers`, or `ListUsersByTeam` for `by=team_id`.
pub fn rpc_list(entity: &str, by: &[&str]) -> String {
    format!("List{}{}", plural(&entity.to_upper_camel_case()), by_columns(by))
}

/// `ByTeamAndRegion`. The `_id` of a column says nothing that the name needs.
fn by_columns(columns: &[&str]) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let words: Vec<String> = columns
        .iter()
        .map(|column| column.strip_suffix("_id").unwrap_or(column).to_upper_camel_case())
        .collect();
    format!("By{}", words.join("And"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_entity_and_the_columns() {
        assert_eq!(rpc_get("User"), "GetUser");
        assert_eq!(rpc_get_by("User", &["email"]), "GetUserByEmail");
        assert_eq!(rpc_batch_get("Category"), "BatchGetCategories");
        assert_eq!(rpc_exists("User"), "CheckUserExists");
        assert_eq!(rpc_exists_by("User", &["email"]), "CheckUserExistsByEmail");
        assert_eq!(rpc_list("User", &[]), "ListUsers");
        assert_eq!(rpc_list("User", &["team_id"]), "ListUsersByTeam");
        assert_eq!(rpc_list("Follow", &["follower_id", "created_at"]), "ListFollowsByFollowerAndCreatedAt");
    }
}
