//! Numbers and names from one build to the next, by way of the locks that a build writes.

use super::{Compiled, compile};
use freehold::source::{FileSystem, Memory};
use prost_reflect::MessageDescriptor;
use std::path::Path;

/// Builds registers one after the other, each with the locks that the one before left.
fn built(registers: &[&str]) -> Compiled {
    let (mut last, mut files) = (None, Memory::default());
    for register in registers {
        let (compiled, left) = built_into(files, register);
        (last, files) = (Some(compiled), left);
    }
    last.unwrap()
}

/// Builds a register beside the locks in `files`, and gives these as they are to be.
fn built_into(mut files: Memory, register: &str) -> (Compiled, Memory) {
    files.insert("model.kdl", register);
    let compiled = compile(&files, "model.kdl");
    let mut left = Memory::default();
    let paths = files.kdl_files_in(Path::new("lock")).unwrap();
    let changed = |path: &Path| compiled.locks.iter().any(|change| Path::new(&change.owner.path()) == path);
    for path in paths.into_iter().filter(|path| !changed(path)) {
        left.insert(path.clone(), files.read(&path).unwrap());
    }
    for change in &compiled.locks {
        if let Some(text) = &change.after {
            left.insert(change.owner.path(), text.as_str());
        }
    }
    (compiled, left)
}

fn message(compiled: &Compiled, name: &str) -> MessageDescriptor {
    compiled.pool.get_message_by_name(name).unwrap_or_else(|| panic!("{name} in {:#?}", compiled.texts))
}

/// `name = number` of every field.
fn numbers(message: &MessageDescriptor) -> Vec<String> {
    message.fields().map(|field| format!("{} = {}", field.name(), field.number())).collect()
}

fn register(columns: &str, values: &str, name: &str) -> String {
    format!(
        "team t
        service {name} team=t {{ summary x
            enum mood {values}
            table things entity=Thing {{ column id uuid primary-key; column m mood; {columns} }}
            api {{ get things; batch-get things }} }}"
    )
}

#[test]
fn what_is_removed_is_reserved_and_what_is_new_comes_behind() {
    let first = register("column a text; column b \"text[]\" nullable; column c int", "happy sad", "s");
    let second = register("column d text; column b \"text[]\" nullable; column e int was=c", "glad sad", "s");
    let compiled = built(&[&first, &second]);
    let thing = message(&compiled, "s.v1.Thing");
    assert_eq!(numbers(&thing), ["id = 1", "m = 2", "b = 4", "c = 5", "d = 6"]);
    let reserved = thing.reserved_ranges().map(|range| (range.start, range.end)).collect::<Vec<_>>();
    assert_eq!(reserved, [(3, 4)]);
    assert_eq!(thing.reserved_names().collect::<Vec<_>>(), ["a"]);
    let mood = compiled.pool.get_enum_by_name("s.v1.Mood").unwrap();
    let values: Vec<String> =
        mood.values().map(|value| format!("{} = {}", value.name(), value.number())).collect();
    assert_eq!(values, ["MOOD_UNSPECIFIED = 0", "MOOD_SAD = 2", "MOOD_GLAD = 3"]);
    assert_eq!(mood.reserved_ranges().collect::<Vec<_>>(), [1..=1]);
    assert_eq!(mood.reserved_names().collect::<Vec<_>>(), ["MOOD_HAPPY"]);
    let again = built(&[&first, &second, &second]);
    assert_eq!(again.texts, compiled.texts);
    assert_eq!(again.locks.len(), 0, "a second build changes no lock");
}

#[test]
fn a_renamed_service_keeps_its_package_and_its_methods() {
    let first = register("", "happy", "s");
    let second = register("", "happy", "tea was=s");
    let compiled = built(&[&first, &second]);
    let service = compiled.pool.get_service_by_name("s.v1.SService").unwrap();
    assert_eq!(service.methods().len(), 2);
    assert!(compiled.texts.contains_key("s/v1/s_service.proto"), "{:?}", compiled.texts.keys());
}

#[test]
fn methods_that_are_called_after_an_entity_or_a_column_follow_its_name() {
    let with = |entity: &str, column: &str| {
        format!(
            "team t
            service s team=t {{ summary x
                table users {entity} {{ column id uuid primary-key; column {column} text; unique mail }}
                api {{ get users; get users by=mail; list users; batch-get users; exists users; get users by=mail name=Find }} }}"
        )
    };
    let first =
        with("entity=User", "email").replace("unique mail", "unique email").replace("by=mail", "by=email");
    let second = with("entity=Member entity-was=User", "mail was=email");
    let names = |compiled: &Compiled| -> Vec<String> {
        let service = compiled.pool.get_service_by_name("s.v1.SService").unwrap();
        service.methods().map(|method| method.name().to_owned()).collect()
    };
    let before = built(&[&first]);
    let after = built(&[&first, &second]);
    assert_eq!(names(&after), names(&before));
    assert_eq!(names(&after)[..2], ["GetUser", "GetUserByEmail"]);
    let later = second.replace(" entity-was=User", "").replace(" was=email", "");
    assert_eq!(names(&built(&[&first, &second, &later])), names(&before));
    assert_eq!(names(&built(&[&first, &later]))[..2], ["GetMember", "GetMemberByMail"]);
}

#[test]
fn no_service_takes_the_package_of_another() {
    let renamed = register("", "happy", "tea was=s");
    let mut files = Memory::default();
    for register in [register("", "happy", "s"), renamed.clone()] {
        files = built_into(files, &register).1;
    }
    let both = format!("{}\nservice s team=t {{ summary y }}", renamed.replace(" was=s", ""));
    files.insert("model.kdl", both);
    let checked = freehold::session::check(&files, Path::new("model.kdl"), None, &mut |_| {});
    let found: Vec<&str> = checked.findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(found, ["name-taken-on-the-wire"], "{:#?}", checked.findings);
    assert!(checked.findings[0].message.contains("package of service `tea`"), "{:#?}", checked.findings);
}

#[test]
fn what_is_said_of_a_method_names_its_fields_as_they_are() {
    let with = |column: &str, by: &str| {
        format!(
            "team t
            service s team=t {{ summary x
                table things entity=Thing {{ column id uuid primary-key; column {column} text; unique {by} }}
                api {{ get things by={by} name=Find; batch-get things by={by} name=Find2; list things order={by} }} }}"
        )
    };
    let compiled = built(&[&with("code", "code"), &with("number was=code", "number")]);
    let text = compiled.texts["s/v1/s_service.proto"].replace("\n  // ", " ");
    assert!(!text.contains("number"), "the name on the wire stays, {text}");
    for part in ["with this `code`", "with these `codes`", "in `missing_codes`", "ordered by `code`"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}
