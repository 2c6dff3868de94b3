//! Names and words in findings: cut where they are very long, on one line, with what may have been meant.

use super::grammar::Flag;
use super::suggest::nearest;
use crate::diagnostic::Finding;

/// How many known names are listed where none of them is like the unknown one.
const MOST_LISTED: usize = 10;

/// The help for an unknown name that is compared with no known one.
pub const UNCOMPARED: &str = "declare it, or take the name out";

/// A name of the register for a message: on one line, cut where it is very long.
pub fn shown(name: &str) -> String {
    const LONGEST: usize = 60;
    let start: String = name.chars().take(LONGEST).collect();
    let clean = crate::text::printable_on_one_line(&start);
    if start.len() < name.len() { format!("{clean}…") } else { clean.into_owned() }
}

/// `a` or `an`, as the sound of a word asks for.
pub fn article(word: &str) -> &'static str {
    // `up` and `unique` begin with the same letter; of the words here only `unique` sounds like `you`.
    let by_letter = word.starts_with(['a', 'e', 'i', 'o', 'u']) && word != "unique" && word != "use";
    if by_letter || word == "rpc" { "an" } else { "a" }
}

/// Like [`suggest`] for a column, where a misspelt flag may stand as well.
pub fn suggest_column<'a>(
    finding: Finding,
    name: &str,
    columns: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
    flags: &[Flag],
) -> Finding {
    let columns = columns.into_iter();
    if nearest(name, columns.clone()).is_none()
        && let Some(flag) = nearest(name, flags.iter().map(|flag| flag.name))
    {
        return finding.help(format!("did you mean the flag `{flag}`?"));
    }
    suggest(finding, name, columns)
}

/// Adds the known name that is most like an unknown one, or all of them where they are few.
pub fn suggest<'a>(
    finding: Finding,
    name: &str,
    known: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
) -> Finding {
    let known = known.into_iter();
    if let Some(near) = nearest(name, known.clone()) {
        return finding.help(format!("did you mean `{}`?", shown(near)));
    }
    let listed: Vec<_> = known.take(MOST_LISTED + 1).map(|known| format!("`{}`", shown(known))).collect();
    match listed.len() {
        0 => finding.help("there is none: declare it, or take the name out"),
        count if count > MOST_LISTED => {
            finding.help("none of the names that there are is like it: declare it, or take the name out")
        }
        _ => finding.help(format!("there is {}", listed.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_on_one_line_and_cut() {
        assert_eq!(shown("größe"), "größe");
        assert_eq!(shown("a\nb\u{1b}"), "a\\nb\\u{1b}");
        assert_eq!(shown(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }

    #[test]
    fn articles_follow_the_sound() {
        let words = ["event", "table", "up", "unique", "rpc", "extern"];
        assert_eq!(words.map(article), ["an", "a", "an", "a", "an", "an"]);
    }
}
