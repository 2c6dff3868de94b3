//! Differences between what stands on the disk and what is made, for people and for `patch`.

use super::Change;
use crate::text::is_control;
use similar::TextDiff;

/// A change as a unified diff with three lines around each difference.
pub fn unified_diff(change: &Change) -> String {
    let old = change.before.as_deref().unwrap_or("");
    let new = change.after.as_deref().unwrap_or("");
    let name = |prefix: &str, text: &Option<String>| match text {
        Some(_) => format!("{prefix}/{}", change.path),
        None => "/dev/null".to_owned(),
    };
    let diff = TextDiff::from_lines(old, new);
    let text = diff
        .unified_diff()
        .context_radius(3)
        .header(&name("a", &change.before), &name("b", &change.after))
        .to_string();
    let steers = |c: char| is_control(c) && !matches!(c, '\n' | '\t');
    if text.contains(steers) { text.replace(steers, "\u{fffd}") } else { text }
}
