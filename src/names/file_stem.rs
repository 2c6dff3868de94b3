//! Names of files that are made from names of a register.

use crate::sql::LONGEST_IDENTIFIER;

/// The longest stem, in bytes: two identifiers and what stands around them. File systems take 255 with the ending.
const LONGEST: usize = 3 * LONGEST_IDENTIFIER;

/// A file's name without its ending, from several names: `reference.orders.buyer_id`. Where a name has other signs than
/// `a-z`, `0-9`, `_` and `-`, which mean something somewhere, they become `_`, and a digest tells the stem from others.
pub fn file_stem(parts: &[&str]) -> String {
    let is_plain = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || "_-".contains(sign);
    let clean = |part: &&str| part.replace(|sign| !is_plain(sign), "_");
    let stem = parts.iter().map(clean).collect::<Vec<_>>().join(".");
    if stem.len() <= LONGEST && parts.iter().all(|part| !part.is_empty() && part.chars().all(is_plain)) {
        return stem;
    }
    let digest = blake3::hash(parts.join("\0").as_bytes()).to_hex();
    format!("{}.{}", &stem[..stem.floor_char_boundary(LONGEST)], &digest[..8])
}

#[cfg(test)]
mod tests {
    use super::file_stem;

    #[test]
    fn a_stem_is_a_plain_word_and_tells_names_apart() {
        assert_eq!(file_stem(&["reference", "orders", "buyer_id"]), "reference.orders.buyer_id");
        let hostile =
            ["../x", "..\\x", "a b", "A b", "$(ls)", "'", "é", "", "a.b"].map(|name| file_stem(&[name]));
        for stem in &hostile {
            assert!(
                stem.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b)),
                "{stem}"
            );
            assert!(!stem.starts_with('.') || stem.len() == 9, "{stem}");
        }
        let mut distinct = hostile.to_vec();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), hostile.len());
        assert!(file_stem(&["x"; 300]).len() < 200);
    }
}
