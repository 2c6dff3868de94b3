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

#[cfg(test)]
mod tests {
    use super::shortened;
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
    fn a_long_ending_is_cut_too() {
        for length in 20..40 {
            let name = shortened("users", &format!("_{}", "é".repeat(length)));
            assert!(name.len() <= 63, "{name}");
        }
    }
}
