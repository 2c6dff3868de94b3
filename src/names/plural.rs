//! English plurals, as far as names of entities need them.

/// Words that do not follow the rules, in lower case: their last part decides, so `SalesPerson` becomes
/// `SalesPeople`.
const IRREGULAR: &[(&str, &str)] = &[
    ("analysis", "analyses"),
    ("axis", "axes"),
    ("basis", "bases"),
    ("child", "children"),
    ("crisis", "crises"),
    ("criterion", "criteria"),
    ("datum", "data"),
    ("foot", "feet"),
    ("goose", "geese"),
    ("half", "halves"),
    ("hero", "heroes"),
    ("index", "indexes"),
    ("knife", "knives"),
    ("leaf", "leaves"),
    ("life", "lives"),
    ("loaf", "loaves"),
    ("man", "men"),
    ("matrix", "matrices"),
    ("mouse", "mice"),
    ("person", "people"),
    ("phenomenon", "phenomena"),
    ("potato", "potatoes"),
    ("quiz", "quizzes"),
    ("shelf", "shelves"),
    ("thesis", "theses"),
    ("thief", "thieves"),
    ("tomato", "tomatoes"),
    ("tooth", "teeth"),
    ("vertex", "vertices"),
    ("wife", "wives"),
    ("wolf", "wolves"),
    ("woman", "women"),
];

/// Words that are their own plural.
const UNCHANGED: &[&str] = &[
    "data",
    "equipment",
    "feedback",
    "fish",
    "information",
    "media",
    "money",
    "news",
    "series",
    "sheep",
    "species",
];

/// The plural of an entity's name in any casing: `User` to `Users`, `Category` to `Categories`, `Address` to
/// `Addresses`. Only its last word changes. What is no word, such as `SLA`, gets an `s`.
pub fn plural(name: &str) -> String {
    let last_word = last_word(name);
    let (front, word) = name.split_at(name.len() - last_word.len());
    let lower = word.to_ascii_lowercase();
    if UNCHANGED.contains(&lower.as_str()) {
        return name.to_owned();
    }
    if let Some((_, plural)) = IRREGULAR.iter().find(|(singular, _)| *singular == lower) {
        return format!("{front}{}", in_casing_of(word, plural));
    }
    let vowel_before = |ending: &str| {
        let stem = &lower[..lower.len() - ending.len()];
        stem.is_empty() || stem.ends_with(['a', 'e', 'i', 'o', 'u'])
    };
    if lower.ends_with('y') && !vowel_before("y") {
        return format!("{front}{}ies", &word[..word.len() - 1]);
    }
    let hisses = ["s", "x", "z", "ch", "sh"].iter().any(|ending| lower.ends_with(ending));
    let ending = if hisses { "es" } else { "s" };
    format!("{name}{ending}")
}

/// What follows the last `_`, `-` or the last capital that begins a word.
fn last_word(name: &str) -> &str {
    let mut start = 0;
    let mut previous_is_lower = false;
    for (at, character) in name.char_indices() {
        if matches!(character, '_' | '-') {
            start = at + 1;
        } else if character.is_ascii_uppercase() && previous_is_lower {
            start = at;
        }
        previous_is_lower = !character.is_ascii_uppercase();
    }
    &name[start..]
}

fn in_casing_of(model: &str, word: &str) -> String {
    let mut characters = word.chars();
    match characters.next() {
        Some(first) if model.starts_with(|c: char| c.is_ascii_uppercase()) => {
            first.to_ascii_uppercase().to_string() + characters.as_str()
        }
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::plural;

    #[test]
    fn plurals_follow_english() {
        let cases = [
            ("User", "Users"),
            ("Category", "Categories"),
            ("Address", "Addresses"),
            ("Day", "Days"),
            ("Box", "Boxes"),
            ("Match", "Matches"),
            ("SalesPerson", "SalesPeople"),
            ("Child", "Children"),
            ("Series", "Series"),
            ("PostMedia", "PostMedia"),
            ("Status", "Statuses"),
            ("UserProfile", "UserProfiles"),
            ("user_key", "user_keys"),
            ("Y", "Ys"),
            ("SLA", "SLAs"),
            ("", "s"),
        ];
        for (singular, expected) in cases {
            assert_eq!(plural(singular), expected, "{singular}");
        }
    }
}
