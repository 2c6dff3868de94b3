//! The text of a lock: sorted, one line for each thing.

use super::line::{
    ENUM, FIELD, FORMER_NAME, LOCK, MESSAGE, NEXT_FIELD, NEXT_VALUE, PLATFORM, RESERVED, RPC, SERVICE, VALUE,
    VERSION,
};
use super::{NameKind, Numbering, Owner, ServiceLock};
use std::fmt::Write;

const HEADER: &str = "\
// Names and numbers that programs outside the register know. `freehold build` writes this file: commit it with the
// register, and do not edit it. On a merge conflict take the file of the branch that is merged into, and build again.
";

/// The indentation of what is in the braces of a service, and of what is in braces there.
const OUTER: &str = "    ";
const INNER: &str = "        ";

/// The text of a lock.
pub(super) fn text(owner: &Owner, lock: &ServiceLock) -> String {
    let mut text = format!("{HEADER}{LOCK} version={VERSION}\n");
    match owner {
        Owner::Platform => text.push_str(PLATFORM),
        Owner::Service(name) => text.push_str(&format!("{SERVICE} {}", word(name))),
    }
    text.push_str(" {\n");
    for name in &lock.former_names {
        push(&mut text, OUTER, &[FORMER_NAME, &word(name)], None);
    }
    for kind in NameKind::ALL {
        for (key, name) in lock.names(kind) {
            push(&mut text, OUTER, &[kind.line(), &word(key)], other_name(key, name));
        }
    }
    for (key, name) in &lock.rpcs {
        push_versioned(&mut text, &[RPC, &word(&key.name)], key.version, other_name(&key.name, name));
        text.push('\n');
    }
    for (key, lock) in &lock.enums {
        push_versioned(&mut text, &[ENUM, &word(&key.name)], key.version, other_name(&key.name, &lock.name));
        push_numbers(&mut text, VALUE, NEXT_VALUE, &lock.numbers);
    }
    for (key, lock) in &lock.messages {
        let words = [MESSAGE, key.origin.word(), &word(&key.name)];
        push_versioned(&mut text, &words, key.version, other_name(&key.name, &lock.name));
        push_numbers(&mut text, FIELD, NEXT_FIELD, &lock.numbers);
    }
    text.push_str("}\n");
    text
}

fn push_numbers(text: &mut String, used: &str, next: &str, numbers: &Numbering) {
    text.push_str(" {\n");
    for (number, slot) in &numbers.slots {
        let number = number.to_string();
        match &slot.holder {
            None => push(text, INNER, &[RESERVED, &word(&slot.name), &number], None),
            Some(holder) => {
                let (key, kind) = (word(&holder.key), word(&holder.kind));
                let words = [used, &key, &number, &kind];
                let words = if holder.kind.is_empty() { &words[..3] } else { &words[..] };
                push(text, INNER, words, other_name(&holder.key, &slot.name));
            }
        }
    }
    push(text, INNER, &[next, &numbers.next.to_string()], None);
    text.push_str(OUTER);
    text.push_str("}\n");
}

fn push(text: &mut String, indentation: &str, words: &[&str], name: Option<&str>) {
    text.push_str(indentation);
    text.push_str(&words.join(" "));
    push_name(text, name);
    text.push('\n');
}

/// A line without its end.
fn push_versioned(text: &mut String, words: &[&str], version: u32, name: Option<&str>) {
    text.push_str(OUTER);
    text.push_str(&words.join(" "));
    if version != 1 {
        // Writing to a text cannot fail.
        let _ = write!(text, " version={version}");
    }
    push_name(text, name);
}

fn push_name(text: &mut String, name: Option<&str>) {
    if let Some(name) = name {
        text.push_str(" as=");
        text.push_str(&word(name));
    }
}

/// The name on the wire where it is not the register's.
fn other_name<'a>(key: &str, name: &'a str) -> Option<&'a str> {
    (key != name).then_some(name)
}

/// A text as KDL: bare where it may be, else quoted with escapes.
fn word(text: &str) -> String {
    kdl::KdlValue::String(text.to_owned()).to_string()
}
