//! What every descriptor so far has said: numbers and names are never given to something else.

use super::edits::Effect;
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    source_code_info::Location,
};
use std::collections::{BTreeMap, BTreeSet};

/// A field or value.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    name: String,
    /// Its type; empty for a value.
    kind: String,
    /// What its comment says that it was made from; its name for what the compiler adds.
    identity: String,
}

/// A message or enum, in one build.
#[derive(Clone, Debug, Default)]
struct Type {
    parts: BTreeMap<u32, Part>,
    reserved_numbers: BTreeSet<u32>,
    reserved_names: BTreeSet<String>,
}

/// A message or enum, over all builds.
#[derive(Debug, Default)]
struct Past {
    /// Every number that was ever given, with what it was given to last.
    given: BTreeMap<u32, Part>,
    last: Type,
}

/// Everything that was ever on the wire.
#[derive(Debug, Default)]
pub struct History {
    types: BTreeMap<String, Past>,
    last: BTreeSet<String>,
    /// How many numbers were looked at.
    pub seen: usize,
}

impl History {
    /// Holds a build against all builds before it.
    pub fn check(&mut self, files: &[FileDescriptorProto], effect: &Effect) {
        let types = types(files);
        for (name, now) in &types {
            self.seen += now.parts.len();
            let was_there = self.last.contains(name);
            self.types.entry(name.clone()).or_default().check(name, now, was_there, effect);
        }
        self.last = types.into_keys().collect();
    }
}

impl Past {
    fn check(&mut self, name: &str, now: &Type, was_there: bool, effect: &Effect) {
        for (number, part) in &now.parts {
            if let Some(before) = self.given.get(number) {
                assert_eq!(before.name, part.name, "{name}: {number} has another name");
                assert!(is_compatible(&before.kind, &part.kind), "{name}: {before:?} is {part:?} by now");
                // A message that was away and comes back is the same one, made from something of the same name.
                if was_there {
                    assert_eq!(
                        before.identity, part.identity,
                        "{name}: {number} is made from something else"
                    );
                }
            }
            let others = self.given.iter().filter(|(other, _)| *other != number);
            let twice = others.clone().find(|(_, other)| in_json(&other.name) == in_json(&part.name));
            assert_eq!(twice, None, "{name}: {part:?} has a name that was given before");
            self.given.insert(*number, part.clone());
        }
        for (number, part) in &self.given {
            if !now.parts.contains_key(number) {
                let is_reserved =
                    now.reserved_numbers.contains(number) && now.reserved_names.contains(&part.name);
                assert!(is_reserved, "{name}: {number}, {part:?}, is not reserved");
            }
        }
        if was_there {
            assert!(now.reserved_numbers.is_superset(&self.last.reserved_numbers), "{name}");
            assert!(now.reserved_names.is_superset(&self.last.reserved_names), "{name}");
            self.nothing_moved(name, now, effect);
        }
        self.last = now.clone();
    }

    /// What was there and still is keeps its number, unless the edit gave it another type.
    fn nothing_moved(&self, name: &str, now: &Type, effect: &Effect) {
        for (number, part) in &self.last.parts {
            let moved = now.parts.iter().find(|(_, other)| other.identity == part.identity);
            let Some((found, other)) = moved.filter(|(found, _)| *found != number) else { continue };
            let is_other_type = |identity| part.identity == format!("identity {identity}");
            let is_meant = matches!(effect, Effect::OtherType(identity) if is_other_type(*identity));
            assert!(
                is_meant || !is_compatible(&part.kind, &other.kind),
                "{name}: {part:?} moved from {number} to {found}"
            );
        }
    }
}

fn is_compatible(one: &str, other: &str) -> bool {
    let is_whole = |kind: &str| kind == "int32" || kind == "int64";
    one == other || (is_whole(one) && is_whole(other))
}

fn in_json(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

fn types(files: &[FileDescriptorProto]) -> BTreeMap<String, Type> {
    let mut types = BTreeMap::new();
    for file in files {
        let comments = Comments::of(file);
        for (index, message) in file.message_type.iter().enumerate() {
            let (path, name) = (vec![4, index as i32], format!("{}.{}", file.package(), message.name()));
            push_message(&mut types, &comments, path, name, message);
        }
        for (index, declared) in file.enum_type.iter().enumerate() {
            let (path, name) = (vec![5, index as i32], format!("{}.{}", file.package(), declared.name()));
            types.insert(name, enumeration(&comments, &path, declared));
        }
    }
    types
}

fn push_message(
    types: &mut BTreeMap<String, Type>,
    comments: &Comments<'_>,
    path: Vec<i32>,
    name: String,
    message: &DescriptorProto,
) {
    let mut found =
        Type { reserved_names: message.reserved_name.iter().cloned().collect(), ..Type::default() };
    for range in &message.reserved_range {
        found.reserved_numbers.extend((range.start()..range.end()).map(|number| number as u32));
    }
    for (index, field) in message.field.iter().enumerate() {
        let identity = comments.identity(&path, 2, index, field.name());
        let part = Part { name: field.name().to_owned(), kind: kind(field), identity };
        assert_eq!(found.parts.insert(field.number() as u32, part), None);
    }
    for (index, nested) in message.nested_type.iter().enumerate() {
        let path = [&path[..], &[3, index as i32]].concat();
        push_message(types, comments, path, format!("{name}.{}", nested.name()), nested);
    }
    types.insert(name, found);
}

fn enumeration(comments: &Comments<'_>, path: &[i32], declared: &EnumDescriptorProto) -> Type {
    let mut found =
        Type { reserved_names: declared.reserved_name.iter().cloned().collect(), ..Type::default() };
    for range in &declared.reserved_range {
        found.reserved_numbers.extend((range.start()..=range.end()).map(|number| number as u32));
    }
    for (index, value) in declared.value.iter().enumerate() {
        let identity = comments.identity(path, 2, index, value.name());
        let part = Part { name: value.name().to_owned(), kind: String::new(), identity };
        assert_eq!(found.parts.insert(value.number() as u32, part), None);
    }
    found
}

fn kind(field: &FieldDescriptorProto) -> String {
    let repeated = if field.label().as_str_name() == "LABEL_REPEATED" { "repeated " } else { "" };
    let scalar = field.r#type().as_str_name().trim_start_matches("TYPE_").to_lowercase();
    let name = if field.type_name().is_empty() { scalar } else { field.type_name().to_owned() };
    format!("{repeated}{name}")
}

/// The comments of a file by the paths of what they stand before.
struct Comments<'a> {
    by_path: BTreeMap<&'a [i32], &'a str>,
}

impl<'a> Comments<'a> {
    fn of(file: &'a FileDescriptorProto) -> Comments<'a> {
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        let comment =
            |location: &'a Location| Some((location.path.as_slice(), location.leading_comments.as_deref()?));
        Comments { by_path: locations.filter_map(comment).collect() }
    }

    fn identity(&self, path: &[i32], kind: i32, index: usize, name: &str) -> String {
        let path = [path, &[kind, index as i32]].concat();
        let comment = self.by_path.get(path.as_slice()).copied().unwrap_or_default();
        let number = comment.split_once("identity ").map(|(_, rest)| rest);
        let digits = number.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        digits.map_or_else(|| name.to_owned(), |digits| format!("identity {digits}"))
    }
}
