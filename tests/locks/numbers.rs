//! Random sequences of edits to the fields of a message, written and read back after each.

use super::{read, written};
use freehold::lock::{Locks, MessageKey, NumberedType, Origin, Owner, ServiceLock, Wanted};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::FileFailurePersistence;
use std::collections::{BTreeMap, BTreeSet};

/// One thing that is done to a list of fields.
#[derive(Clone, Debug)]
enum Edit {
    Add(&'static str, &'static str),
    Remove(Index),
    Rename(Index, &'static str),
    ChangeType(Index, &'static str),
    Move(Index, Index),
    /// `was=` is taken out once it is known.
    Forget(Index),
    /// The message is not made any more, and then it is again.
    Drop,
}

/// Few names, so that they come back; some are one name in JSON, one is what a name that was taken becomes.
const NAMES: [&str; 9] = ["a", "b", "c", "a_1", "a1", "A1", "a_2", "größe", "with \"quotes\" \\ {"];
const KINDS: [&str; 6] =
    ["string", "int32", "int64", "repeated string", ".nova.User", "google.protobuf.Timestamp"];

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => (select(&NAMES[..]), select(&KINDS[..])).prop_map(|(name, kind)| Edit::Add(name, kind)),
        3 => any::<Index>().prop_map(Edit::Remove),
        3 => (any::<Index>(), select(&NAMES[..])).prop_map(|(field, name)| Edit::Rename(field, name)),
        2 => (any::<Index>(), select(&KINDS[..])).prop_map(|(field, kind)| Edit::ChangeType(field, kind)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Edit::Move(from, to)),
        1 => any::<Index>().prop_map(Edit::Forget),
        1 => Just(Edit::Drop),
    ]
}

#[derive(Clone, Debug)]
struct Field {
    name: &'static str,
    was: Option<&'static str>,
    kind: &'static str,
    /// Tells the fields apart that had one name after the other.
    identity: usize,
}

/// What the sequence of edits has shown so far, beside the lock.
#[derive(Default)]
struct Seen {
    identities: usize,
    /// What each identity got last, with its type then.
    given: BTreeMap<usize, (u32, String, &'static str)>,
    /// Every number that was ever given, with its name.
    names: BTreeMap<u32, String>,
    /// Every name that was ever given, as JSON has it, with its number.
    numbers: BTreeMap<String, u32>,
    reserved: BTreeSet<(u32, String)>,
}

fn is_present(fields: &[Field], name: &str) -> bool {
    fields.iter().any(|field| field.name == name)
}

/// Does an edit, unless the register would be refused.
fn apply(edit: &Edit, fields: &mut Vec<Field>, seen: &mut Seen) {
    let count = fields.len();
    match edit {
        Edit::Add(name, kind) if !is_present(fields, name) => {
            // A `was=` of something that is there again is refused.
            fields.iter_mut().filter(|field| field.was == Some(name)).for_each(|field| field.was = None);
            seen.identities += 1;
            fields.push(Field { name, was: None, kind, identity: seen.identities });
        }
        Edit::Remove(at) if count > 1 => drop(fields.remove(at.index(count))),
        Edit::Rename(at, name) if count > 0 && !is_present(fields, name) => {
            fields.iter_mut().filter(|field| field.was == Some(name)).for_each(|field| field.was = None);
            let field = &mut fields[at.index(count)];
            field.was = Some(field.name);
            field.name = name;
        }
        Edit::ChangeType(at, kind) if count > 0 => fields[at.index(count)].kind = kind,
        Edit::Move(from, to) if count > 0 => fields.swap(from.index(count), to.index(count)),
        Edit::Forget(at) if count > 0 => fields[at.index(count)].was = None,
        _ => {}
    }
}

fn number(lock: &mut ServiceLock, fields: &[Field]) -> NumberedType {
    let key = MessageKey { version: 1, origin: Origin::Table, name: "users".to_owned() };
    let names: Vec<String> = fields.iter().map(|field| freehold::names::protobuf_field(field.name)).collect();
    let names: Vec<String> =
        names.iter().map(|name| name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")).collect();
    let wanted: Vec<Wanted<'_>> = fields
        .iter()
        .zip(&names)
        .map(|(field, name)| Wanted { key: field.name, was: field.was.as_slice(), name, kind: field.kind })
        .collect();
    lock.message(&key, &[], "User", &wanted)
}

fn in_json(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

fn is_whole(kind: &str) -> bool {
    matches!(kind, "int32" | "int64")
}

impl Seen {
    fn check(&mut self, fields: &[Field], got: &NumberedType) {
        assert_eq!(got.parts.len(), fields.len());
        assert_eq!(got.name, "User");
        let mut used = BTreeSet::new();
        for (field, part) in fields.iter().zip(&got.parts) {
            assert!(used.insert(part.number), "a number is used twice");
            let name = self.names.entry(part.number).or_insert_with(|| part.name.clone());
            assert_eq!(*name, part.name, "a number changes its name");
            let number = *self.numbers.entry(in_json(&part.name)).or_insert(part.number);
            assert_eq!(number, part.number, "a name comes back under another number");
            let now = (part.number, part.name.clone(), field.kind);
            if let Some(before) = self.given.insert(field.identity, now.clone()) {
                let keeps = before.2 == field.kind || (is_whole(before.2) && is_whole(field.kind));
                assert_eq!(keeps, (before.0, &before.1) == (now.0, &now.1), "{before:?} to {now:?}");
            }
        }
        let reserved: BTreeSet<(u32, String)> = got.reserved.iter().cloned().collect();
        assert!(reserved.is_superset(&self.reserved), "a reserved number or name is free again");
        let all = used.into_iter().chain(reserved.iter().map(|(number, _)| *number));
        let all: Vec<u32> = all.collect::<BTreeSet<u32>>().into_iter().collect();
        assert_eq!(all, self.names.keys().copied().collect::<Vec<u32>>(), "what is not used is reserved");
        assert!(reserved.iter().all(|(number, name)| self.names[number] == *name));
        self.reserved = reserved;
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_that_was_given_is_given_again(edits in prop::collection::vec(edit(), 1..80)) {
        let (mut locks, mut text) = (Locks::default(), String::new());
        let (mut fields, mut seen) = (Vec::new(), Seen::default());
        for edit in &edits {
            apply(edit, &mut fields, &mut seen);
            let mut lock = locks.service("identity").clone();
            if !matches!(edit, Edit::Drop) {
                let got = number(&mut lock, &fields);
                seen.check(&fields, &got);
                assert_eq!(number(&mut lock, &fields), got, "the same again gives the same");
            }
            let newer = BTreeMap::from([(Owner::Service("identity".to_owned()), lock.clone())]);
            if let [change] = &locks.changes_with(&newer)[..] {
                text = written(change).to_owned();
            }
            let file = ("lock/identity.kdl", text.as_str());
            let (again, _, findings) = read(if text.is_empty() { &[] } else { std::slice::from_ref(&file) });
            assert_eq!(findings, [], "{text}");
            assert_eq!(again.service("identity"), &lock, "{text}");
            assert_eq!(again.changes(), [], "what was written is what is read");
            locks = again;
        }
    }
}
