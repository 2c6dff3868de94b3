//! Derived names that PostgreSQL would cut are cut here, so that they stay unlike each other.

use crate::sql::LONGEST_IDENTIFIER;

/// Bytes of the digest in a name that was too long, with the `_` before it.
const DIGEST_LENGTH: usize = 9;

/// A name from its stem and its ending, such as `users_email` and `_key`. Where both are longer than the 63 bytes that
/// PostgreSQL keeps, the stem is cut and a digest of the whole name is put after it; an ending that leaves no room
/// for a stem is cut as well.
pub fn shortened(stem: &str, ending: &str) -> String {
    if stem.len() + ending.len() <= LONGEST_IDENTIFIER {
        return format!("{stem}{ending}");
    }
    if ending.len() + DIGEST_LENGTH > LONGEST_IDENTIFIER {
        return shortened(&format!("{stem}{ending}"), "");
    }
    let digest = blake3::hash(format!("{stem}{ending}").as_bytes()).to_hex();
    let room = LONGEST_IDENTIFIER - ending.len() - DIGEST_LENGTH;
    let kept = &stem[..stem.floor_char_boundary(room)];
    format!("{kept}_{}{ending}", &digest[..DIGEST_LENGTH - 1])
}

/// The name that PostgreSQL gives to the sequence of an identity column: `TABLE_COLUMN_seq`, the longer of the two names cut until
/// all of it has 63 bytes.
/// Source: `makeObjectName` in PostgreSQL's `src/backend/commands/indexcmds.c`.
pub fn sequence_name(table: &str, column: &str) -> String {
    postgresql_name(table, column, "seq")
}

/// The name that PostgreSQL gives to the index of a partition that belongs to an index of the whole table: the partition, the columns of
/// the index (`expr` for an expression), and `pkey`, `key` for a constraint, else `idx`. Where it is taken, PostgreSQL finds another.
/// Source: `ChooseIndexName` in PostgreSQL's `src/backend/commands/indexcmds.c`.
pub fn partition_index_name(partition: &str, columns: &[&str], label: &str) -> String {
    if label == "pkey" {
        let room = LONGEST_IDENTIFIER - label.len() - 1;
        return format!("{}_{label}", &partition[..partition.floor_char_boundary(room)]);
    }
    postgresql_name(partition, &columns.join("_"), label)
}

/// `ONE_OTHER_LABEL` as PostgreSQL cuts it.
fn postgresql_name(one: &str, other: &str, label: &str) -> String {
    let room = LONGEST_IDENTIFIER - label.len() - 2;
    let (mut one_length, mut other_length) = (one.len(), other.len());
    let too_long = (one_length + other_length).saturating_sub(room);
    // The longer one is cut to the length of the other, then both in turn, of two that are as long the second first.
    let from_longer = too_long.min(one_length.abs_diff(other_length));
    if one_length > other_length {
        one_length -= from_longer;
    } else {
        other_length -= from_longer;
    }
    let from_both = too_long - from_longer;
    one_length -= from_both / 2;
    other_length -= from_both.div_ceil(2);
    let kept = |text: &'_ str, length: usize| text[..text.floor_char_boundary(length)].to_owned();
    format!("{}_{}_{label}", kept(one, one_length), kept(other, other_length))
}

#[cfg(test)]
mod tests {
    use super::{sequence_name, shortened};
    use foldhash::HashSet;

    #[test]
    fn long_names_are_cut_and_stay_different() {
        assert_eq!(shortened("users_email", "_key"), "users_email_key");
        assert_eq!(shortened(&"a".repeat(59), "_key").len(), 63);
        let (long, longer) = ("é".repeat(40), "é".repeat(41));
        let names = [shortened(&long, "_idx"), shortened(&longer, "_idx"), shortened(&longer, "_key")];
        for name in &names {
            assert!(name.len() <= 63 && name.starts_with("ééé") && name.contains('_'), "{name}");
        }
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 3);
    }

    #[test]
    fn sequences_are_cut_as_postgresql_cuts_them() {
        let (a, b) = ("a".repeat(63), "b".repeat(63));
        assert_eq!(sequence_name("t", "c"), "t_c_seq");
        assert_eq!(sequence_name(&a, "id"), format!("{}_id_seq", &a[..56]));
        assert_eq!(sequence_name("t", &b), format!("t_{}_seq", &b[..57]));
        assert_eq!(sequence_name(&a, &b), format!("{}_{}_seq", &a[..29], &b[..29]));
        assert_eq!(sequence_name(&a[..40], &b[..30]), format!("{}_{}_seq", &a[..29], &b[..29]));
    }

    #[test]
    fn a_long_ending_is_cut_too() {
        for length in 20..40 {
            let name = shortened("users", &format!("_{}", "é".repeat(length)));
            assert!(name.len() <= 63, "{name}");
        }
    }
}
