//! Names of constraints, indexes and partitions: PostgreSQL's own convention, made short and unlike each other.

use crate::names::shortened;
use crate::schema::ObjectName;
use foldhash::HashSet;

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
    fn a_name_that_is_taken_gets_a_number() {
        let mut taken = TakenNames::default();
        taken.keep("public", "users_email_idx");
        assert_eq!(taken.relation("public", &["users", "email"], "idx"), "users_email_idx1");
        assert_eq!(taken.relation("public", &["users", "email"], "idx"), "users_email_idx2");
        assert_eq!(taken.relation("audit", &["users", "email"], "idx"), "users_email_idx");
    }
}
