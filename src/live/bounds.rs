//! The bounds of partitions as `pg_get_expr` prints them.

/// What a partition by hash takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HashBound {
    /// The remainder of the rows in it.
    pub remainder: usize,
    /// The divisor.
    pub modulus: usize,
}

/// Reads `FOR VALUES WITH (modulus 4, remainder 0)`.
pub(super) fn hash_bound(text: &str) -> Option<HashBound> {
    let inner = text.strip_prefix("FOR VALUES WITH (modulus ")?.strip_suffix(')')?;
    let (modulus, remainder) = inner.split_once(", remainder ")?;
    Some(HashBound { modulus: modulus.parse().ok()?, remainder: remainder.parse().ok()? })
}

/// Reads `FOR VALUES IN ('a', 2, NULL)` into its literals. The default partition has none.
pub(super) fn list_bound(text: &str) -> Option<Vec<String>> {
    if text == "DEFAULT" {
        return Some(Vec::new());
    }
    let inner = text.strip_prefix("FOR VALUES IN (")?.strip_suffix(')')?;
    let mut values = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    for (position, character) in inner.char_indices() {
        match character {
            // A doubled quote inside a literal closes and opens at once.
            '\'' => quoted = !quoted,
            ',' if !quoted => {
                values.push(literal(&inner[start..position]));
                start = position + 1;
            }
            _ => {}
        }
    }
    values.push(literal(&inner[start..]));
    Some(values)
}

/// A literal without the mark for backslashes, which PostgreSQL sets and SQL does without.
fn literal(text: &str) -> String {
    let text = text.trim();
    match text.strip_prefix('E') {
        Some(escaped) => escaped.replace(r"\\", r"\"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_bounds_are_split_outside_of_quotes_only() {
        let values = list_bound(r"FOR VALUES IN ('a, b', 'it''s', E'back\\slash', 3, true, NULL)");
        let expected = ["'a, b'", "'it''s'", r"'back\slash'", "3", "true", "NULL"];
        assert_eq!(values, Some(expected.map(str::to_owned).to_vec()));
        assert_eq!(list_bound("DEFAULT"), Some(Vec::new()));
        assert_eq!(list_bound("FOR VALUES FROM (1) TO (2)"), None);
    }

    #[test]
    fn hash_bounds_are_read() {
        let bound = hash_bound("FOR VALUES WITH (modulus 4, remainder 3)");
        assert_eq!(bound, Some(HashBound { modulus: 4, remainder: 3 }));
        assert_eq!(hash_bound("DEFAULT"), None);
    }
}
