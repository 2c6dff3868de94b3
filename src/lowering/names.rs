//! Names of constraints, indexes and partitions: PostgreSQL's own convention, made short and unlike each other.

use crate::schema::ObjectName;
use crate::sql::LONGEST_IDENTIFIER;
use std::collections::HashSet;

/// Bytes of the digest in a name that was too long, with the `_` before it.
const DIGEST_LENGTH: usize = 9;

/// A name from its stem and its ending, such as `users_email` and `_key`. Where both are longer than PostgreSQL keeps,
/// the stem is cut and a digest of the whole name is put after it.
pub fn shortened(stem: &str, ending: &str) -> String {
    if stem.len() + ending.len() <= LONGEST_IDENTIFIER {
        return format!("{stem}{ending}");
    }
    let digest = blake3::hash(format!("{stem}{ending}").as_bytes()).to_hex();
    let room = LONGEST_IDENTIFIER.saturating_sub(ending.len() + DIGEST_LENGTH);
    let kept = &stem[..stem.floor_char_boundary(room)];
    format!("{kept}_{}{ending}", &digest[..DIGEST_LENGTH - 1])
}

/// The names that are taken in one database. Tables, partitions, indexes, primary keys and unique constraints share
/// one namespace in each PostgreSQL schema; checks and foreign keys only have to differ within their table.
#[derive(Default)]
pub(super) struct TakenNames {
    relations: HashSet<ObjectName>,
}

impl TakenNames {
    /// Keeps a name that was chosen by people.
    pub(super) fn keep(&mut self, schema: &str, name: &str) {
        self.relations.insert(ObjectName::new(schema, name));
    }

    /// A free name among the relations of a PostgreSQL schema: `users_email_idx`, then `users_email_idx1`.
    pub(super) fn relation(&mut self, schema: &str, parts: &[&str], label: &str) -> String {
        let stem = parts.join("_");
        free(&stem, label, |name| self.relations.insert(ObjectName::new(schema, name)))
    }
}

/// A free name among the constraints of one table.
pub(super) fn constraint(taken: &mut HashSet<String>, parts: &[&str], label: &str) -> String {
    free(&parts.join("_"), label, |name| taken.insert(name.to_owned()))
}

fn free(stem: &str, label: &str, mut take: impl FnMut(&str) -> bool) -> String {
    let mut number = 0usize;
    loop {
        let ending = if number == 0 { format!("_{label}") } else { format!("_{label}{number}") };
        let name = shortened(stem, &ending);
        if take(&name) {
            return name;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_stay_different() {
        assert_eq!(shortened("users_email", "_key"), "users_email_key");
        let (long, longer) = ("é".repeat(40), "é".repeat(41));
        let names = [shortened(&long, "_idx"), shortened(&longer, "_idx"), shortened(&longer, "_key")];
        for name in &names {
            assert!(name.len() <= 63 && name.starts_with("ééé"), "{name}");
        }
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 3);
        assert_eq!(shortened(&"a".repeat(60), "_key"), format!("{}_7b5c8d2b_key", "a".repeat(50)));
        assert_eq!(shortened(&"a".repeat(59), "_key").len(), 63);
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let mut taken = TakenNames::default();
        taken.keep("public", "users_email_idx");
        assert_eq!(taken.relation("public", &["users", "email"], "idx"), "users_email_idx1");
        assert_eq!(taken.relation("public", &["users", "email"], "idx"), "users_email_idx2");
        assert_eq!(taken.relation("audit", &["users", "email"], "idx"), "users_email_idx");
    }
}
