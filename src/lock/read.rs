//! From the text of a lock to what it says, or to what is wrong with it. A lock with one mistake says nothing: where
//! numbers are lost, any number that is given may be one that was given before.

use super::line::{
    ENUM, FORMER_NAME, Fault, LINES, LOCK, Line, LineSpec, MESSAGE, NEXT_FIELD, NEXT_VALUE, PLATFORM,
    RESERVED, RPC, VERSION, conflict_mark,
};
use super::numbering::{KEPT_BY_PROTOBUF, canonical};
use super::rules::{CONFLICT, DAMAGED, NEWER};
use super::{
    EnumKey, Holder, LARGEST_NEXT, MessageKey, NameKind, Numbering, Origin, Owner, RpcKey, ServiceLock, Slot,
    TypeLock,
};
use crate::diagnostic::Finding;
use crate::source::{FileId, Place, Span};
use crate::syntax::{self, Node, ValueKind};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Reads the lock of an owner.
pub(super) fn read(file: FileId, text: &Arc<str>, owner: &Owner) -> Result<ServiceLock, Finding> {
    if let Some(span) = conflict_mark(text) {
        return Err(Finding::error(CONFLICT, "a merge left this lock with two sides")
            .at(Place { file, span }, "a mark of the merge")
            .help(
                "take the whole file of the branch that is merged into, and run `freehold build`: what this branch adds \
                 gets the next free numbers",
            ));
    }
    let parse = syntax::parse(file, Arc::clone(text));
    let roots: Vec<Node<'_>> = parse.tree.roots().collect();
    if let Some((version, place)) = roots.iter().find_map(|node| format_version(*node))
        && version > VERSION
    {
        return Err(Finding::error(
            NEWER,
            format!("this lock is of format {version}, and only {VERSION} is known"),
        )
        .at(place, "written by a newer freehold")
        .help("run the version of freehold that wrote it, or a newer one"));
    }
    let in_syntax = parse.findings.into_iter().chain(syntax::restrict(&parse.tree)).find_map(|finding| {
        let label = finding.labels.into_iter().next()?;
        Some(Fault::new(label.place, finding.message))
    });
    let start = Place { file, span: Span::default() };
    let read = match in_syntax {
        Some(fault) => Err(fault),
        None => document(&roots, owner, start),
    };
    read.map_err(damaged)
}

/// Of a file that is no text from the end of `text` on.
pub(super) fn not_utf_8(file: FileId, text: &str) -> Finding {
    let end = text.len() as u32;
    damaged(Fault::new(
        Place { file, span: Span::new(end, end) },
        "the first byte that is not UTF-8 stands here",
    ))
}

fn damaged(fault: Fault) -> Finding {
    Finding::error(DAMAGED, "this lock is damaged, and no number in it can be relied on")
        .at(fault.place, fault.message)
        .help("restore the file from version control, and run `freehold build`; nobody edits a lock")
}

/// The version that the line `lock` says, and where.
fn format_version(node: Node<'_>) -> Option<(u32, Place)> {
    let is_version =
        |entry: &&syntax::Entry| entry.name.is_some_and(|name| node.tree.string(name) == "version");
    let entry = node.entries().iter().find(is_version).filter(|_| node.name() == LOCK)?;
    let ValueKind::Integer = entry.value.kind else { return None };
    let version = node.tree.source(entry.value.span).parse().unwrap_or(u32::MAX);
    Some((version, node.tree.place(entry.value.span)))
}

fn document(roots: &[Node<'_>], owner: &Owner, start: Place) -> Result<ServiceLock, Fault> {
    let (mut frozen, mut is_versioned) = (None, false);
    for node in roots {
        let line = Line::read(*node, LINES)?;
        let found = match line.spec.name {
            LOCK => {
                is_versioned = line.node.entries().len() == 1 && line.version == VERSION;
                continue;
            }
            PLATFORM => Owner::Platform,
            _ => Owner::Service(line.texts[0].to_owned()),
        };
        if found != *owner {
            return Err(Fault::new(line.place(), "the file is named after another"));
        }
        if frozen.replace(line).is_some() {
            return Err(twice(&line));
        }
    }
    if !is_versioned {
        return Err(Fault::new(start, format!("no line `{LOCK} version={VERSION}`")));
    }
    let frozen = frozen.ok_or_else(|| Fault::new(start, "no line says of which service it is"))?;
    frozen_in(&frozen)
}

/// What stands in the braces of a service or of the platform.
fn frozen_in(owner: &Line<'_>) -> Result<ServiceLock, Fault> {
    let mut lock = ServiceLock::default();
    for node in owner.node.children() {
        let line = Line::read(node, owner.spec.children)?;
        match line.spec.name {
            FORMER_NAME => drop(lock.former_names.insert(line.texts[0].to_owned())),
            RPC => rpc(&line, &mut lock)?,
            ENUM => enumeration(&line, &mut lock)?,
            MESSAGE => message(&line, &mut lock)?,
            _ => name(&line, &mut lock)?,
        }
    }
    Ok(lock)
}

fn name(line: &Line<'_>, lock: &mut ServiceLock) -> Result<(), Fault> {
    let Some(kind) = NameKind::ALL.into_iter().find(|kind| kind.line() == line.spec.name) else {
        return Err(Fault::new(line.place(), "no line of a lock begins so"));
    };
    let key = line.texts[0];
    let name = line.name_or(key);
    let is_legal = match kind {
        NameKind::Package => name.split('.').all(is_identifier),
        NameKind::RpcService => is_identifier(&name),
        // Written like names of the register, by types that quote them.
        NameKind::Topic | NameKind::Group | NameKind::Database | NameKind::Bucket | NameKind::Server => true,
    };
    if !is_legal {
        return Err(no_such_name(line));
    }
    match lock.names.entry(kind).or_default().insert(key.to_owned(), name) {
        Some(_) => Err(twice(line)),
        None => Ok(()),
    }
}

fn rpc(line: &Line<'_>, lock: &mut ServiceLock) -> Result<(), Fault> {
    let key = RpcKey { version: line.version, name: line.texts[0].to_owned() };
    let name = line.name_or(&key.name);
    if !is_identifier(&name) {
        return Err(no_such_name(line));
    }
    let is_new = lock.rpc_names.insert(key.version, &name);
    if is_new && lock.rpcs.insert(key, name).is_none() { Ok(()) } else { Err(twice(line)) }
}

fn enumeration(line: &Line<'_>, lock: &mut ServiceLock) -> Result<(), Fault> {
    let key = EnumKey { version: line.version, name: line.texts[0].to_owned() };
    let read = type_lock(line, &key.name, NEXT_VALUE, lock)?;
    if lock.enums.insert(key, read).is_none() { Ok(()) } else { Err(twice(line)) }
}

fn message(line: &Line<'_>, lock: &mut ServiceLock) -> Result<(), Fault> {
    let Some(origin) = Origin::ALL.into_iter().find(|origin| origin.word() == line.texts[0]) else {
        return Err(Fault::new(line.place(), "no message is made from this"));
    };
    let key = MessageKey { version: line.version, origin, name: line.texts[1].to_owned() };
    let read = type_lock(line, &key.name, NEXT_FIELD, lock)?;
    if lock.messages.insert(key, read).is_none() { Ok(()) } else { Err(twice(line)) }
}

fn type_lock(
    line: &Line<'_>,
    key: &str,
    next: &'static str,
    lock: &mut ServiceLock,
) -> Result<TypeLock, Fault> {
    let name = line.name_or(key);
    if !name.split('.').all(is_identifier) {
        return Err(no_such_name(line));
    }
    if !lock.type_names.insert(line.version, &name) {
        return Err(twice(line));
    }
    Ok(TypeLock { name, numbers: numbering(line, next)? })
}

/// The numbers in the braces of a line: each once, none missing below the next.
fn numbering(line: &Line<'_>, next: &'static str) -> Result<Numbering, Fault> {
    let specs: &'static [LineSpec] = line.spec.children;
    let mut numbering = Numbering { next: 0, slots: Default::default() };
    let (mut names, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for node in line.node.children() {
        let child = Line::read(node, specs)?;
        if child.spec.name == next {
            numbering.next = child.number;
            continue;
        }
        let [key, kind] = child.texts;
        let name = child.name_or(key);
        let holder =
            (child.spec.name != RESERVED).then(|| Holder { key: key.to_owned(), kind: kind.to_owned() });
        // That of a value follows the enum's name, and may begin with a digit.
        if !name.bytes().all(is_word_byte) || (next == NEXT_FIELD && !is_identifier(&name)) {
            return Err(no_such_name(&child));
        }
        if KEPT_BY_PROTOBUF.contains(&child.number) {
            return Err(Fault::new(child.place(), "Protobuf keeps this number for itself"));
        }
        if !names.insert(canonical(&name)) || (holder.is_some() && !keys.insert(key)) {
            return Err(Fault::new(child.place(), "the name stands here twice"));
        }
        if numbering.slots.insert(child.number, Slot { name, holder }).is_some() {
            return Err(Fault::new(
                child.place(),
                "the number stands here twice: perhaps two branches took it",
            ));
        }
    }
    let place = line.place();
    if numbering.next == 0 || numbering.next > LARGEST_NEXT {
        return Err(Fault::new(
            place,
            format!("`{next}` is missing in here, or no number that was counted to"),
        ));
    }
    let (first_kept, last_kept) = (*KEPT_BY_PROTOBUF.start(), *KEPT_BY_PROTOBUF.end());
    let kept = numbering.next.clamp(first_kept, last_kept + 1) - first_kept;
    let first_and_last = numbering.slots.keys().next().zip(numbering.slots.keys().next_back());
    let is_within = first_and_last.is_none_or(|(first, last)| *first > 0 && *last < numbering.next);
    if !is_within || numbering.slots.len() as u32 != numbering.next - 1 - kept {
        return Err(Fault::new(place, format!("in here, not every number below `{next}` stands once")));
    }
    Ok(numbering)
}

fn twice(line: &Line<'_>) -> Fault {
    Fault::new(line.place(), "the name stands in this lock twice")
}

fn no_such_name(line: &Line<'_>) -> Fault {
    Fault::new(line.place(), "Protobuf has no such name")
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_identifier(name: &str) -> bool {
    name.bytes().all(is_word_byte) && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}
