//! Suggestions for misspelt words.

/// The known word that is most like an unknown one, where one is like enough.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let longest_distance = match word.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    // Registers may hold very many names: only those of similar length are looked at closely.
    let candidates = known.into_iter().filter(|name| name.len().abs_diff(word.len()) <= longest_distance + 1);
    let folded = word.to_lowercase().replace('_', "-");
    let scored = candidates.filter_map(|name| {
        let other = name.to_lowercase().replace('_', "-");
        let distance = strsim::damerau_levenshtein(&folded, &other);
        (distance <= longest_distance).then_some((distance, name))
    });
    scored.min().map(|(_, name)| name)
}

/// `did you mean ...` for an unknown word, where a known one is like it.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
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
    }
}
