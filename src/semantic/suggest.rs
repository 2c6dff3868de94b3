//! Suggestions for misspelt words.

/// The known word that is most like an unknown one, where one is like enough.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str, IntoIter: Clone>) -> Option<&'a str> {
    let known = known.into_iter();
    let longest_distance = match word.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    // Registers may hold very many names: only those of similar length are looked at closely.
    let candidates = known.clone().filter(|name| name.len().abs_diff(word.len()) <= longest_distance + 1);
    let folded = word.to_lowercase().replace('_', "-");
    let scored = candidates.filter_map(|name| {
        let other = name.to_lowercase().replace('_', "-");
        let distance = strsim::damerau_levenshtein(&folded, &other);
        (distance <= longest_distance).then_some((distance, name))
    });
    scored.min().map(|(_, name)| name).or_else(|| only_longer(&folded, known))
}

/// The one known word that goes on after an unknown one: `timeout-ms` for `timeout`.
fn only_longer<'a>(folded: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let goes_on = |name: &&str| name.strip_prefix(folded).is_some_and(|rest| rest.starts_with(['-', '_']));
    let mut longer = known.into_iter().filter(goes_on);
    longer.next().filter(|_| longer.next().is_none())
}

/// `did you mean ...` for an unknown word, where a known one is like it.
pub fn did_you_mean<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
) -> Option<String> {
    nearest(word, known).map(|name| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["table", "topic", "foreign-key"];
        assert_eq!(nearest("tabel", known), Some("table"));
        assert_eq!(nearest("foreign_key", known), Some("foreign-key"));
        assert_eq!(nearest("database", known), None);
        assert_eq!(nearest("x", known), None);
        assert_eq!(nearest("timeout", ["timeout-ms", "by"]), Some("timeout-ms"));
        assert_eq!(nearest("max", ["max-connections", "max-lag"]), None);
    }
}
