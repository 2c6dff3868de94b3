//! What a template may not do although tera would allow it: hide an undefined value.

/// Refuses conditions that do not go through the filter `flag`, which takes a defined boolean only,
/// and the operators that turn an undefined value into another one.
pub(super) fn check(template: &str) -> Result<(), String> {
    let mut rest = template;
    while let Some((tag, after)) = next_tag(rest)? {
        check_tag(tag)?;
        rest = after;
    }
    Ok(())
}

/// The inside of the next tag, and what follows it; comments are left out.
fn next_tag(text: &str) -> Result<Option<(&str, &str)>, String> {
    let mut rest = text;
    loop {
        let Some(start) = rest.find('{') else { return Ok(None) };
        let inside = &rest[start + 1..];
        let close = match inside.chars().next() {
            Some('%') => "%}",
            Some('{') => "}}",
            Some('#') => "#}",
            _ => {
                rest = inside;
                continue;
            }
        };
        let body = &inside[1..];
        let end = body.find(close).ok_or_else(|| format!("a tag is never closed by `{close}`"))?;
        rest = &body[end + 2..];
        if close != "#}" {
            return Ok(Some((body[..end].trim_matches('-').trim(), rest)));
        }
    }
}

fn check_tag(tag: &str) -> Result<(), String> {
    let words: Vec<&str> = tag.split_whitespace().collect();
    let condition = match words.split_first() {
        Some((&"if" | &"elif", condition)) => Some(condition),
        _ => None,
    };
    if condition.is_none() && words.iter().any(|word| ["if", "or", "is"].contains(word)) {
        return Err(format!("`{tag}` decides outside of an `if` tag"));
    }
    if tag.contains("?.") {
        return Err(format!("`{tag}` hides an undefined value by `?.`"));
    }
    let Some(condition) = condition else { return Ok(()) };
    for operand in condition.split(|word| ["and", "or"].contains(word)) {
        let text = operand.join(" ");
        let plain = text.strip_prefix("not (").and_then(|inner| inner.strip_suffix(')')).unwrap_or(&text);
        let path = plain.strip_suffix("| flag").map(str::trim_end);
        if !path.is_some_and(is_path) {
            return Err(format!(
                "the condition `{text}` is not of the form `view.name | flag` or `not (view.name | flag)`"
            ));
        }
    }
    Ok(())
}

fn is_path(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn conditions_go_through_flag() {
        for good in [
            "{% if view.a | flag %}{% elif not (view.b | flag) and loop.first | flag %}{% endif %}",
            "{%- if view.a | flag -%}x{%- endif -%}",
            "plain { text } {# {% if x %} #} {{ view.a }}",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "{% if view.a %}{% endif %}",
            "{% if not view.a %}{% endif %}",
            "{% if not view.a | flag %}{% endif %}",
            "{% if view.a | flag or view.b %}{% endif %}",
            "{% elif view.a is defined %}",
            "{{ view.a or 1 }}",
            "{{ view.a if view.b else view.c }}",
            "{{ view?.a }}",
            "{% if view.a | flag",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
