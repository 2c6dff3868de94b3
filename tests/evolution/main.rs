//! A register through long random sequences of edits, built after each: nothing on the wire is ever given to something
//! else, and `buf breaking` finds what an edit really broke and nothing else.

mod buf;
mod edits;
mod history;
mod register;

use edits::{Effect, Random, edit};
use freehold::backends::Backend;
use freehold::diagnostic::Severity;
use freehold::session::{self, Checked, Selection};
use freehold::source::Memory;
use freehold::templates::Templates;
use history::History;
use prost_reflect::prost_types::FileDescriptorProto;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use register::Register;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::path::Path;

/// A register on its way, with its locks, in memory.
struct Project {
    register: Register,
    random: Random,
    files: Memory,
}

/// The files of a module of Protobuf, by path.
type Module = BTreeMap<String, String>;

impl Project {
    fn new(seed: u64) -> Project {
        let mut register = Register::default();
        let services = vec![register.service(), register.service()];
        register.services = services;
        Project { register, random: Random(seed), files: Memory::default() }
    }

    fn check(&mut self) -> Checked {
        self.files.insert("model.kdl", self.register.text());
        session::check(&self.files, Path::new("model.kdl"), None, &mut |_| {})
    }

    /// Edits the register: what was done, and what it breaks. An edit that would give the names of what was removed to
    /// something else is found, and another one made in its place.
    fn edit(&mut self) -> (String, Effect) {
        loop {
            let before = self.register.clone();
            let edited = edit(&mut self.register, &mut self.random);
            if !self.check().findings.iter().any(|finding| finding.rule == "name-taken-on-the-wire") {
                return edited;
            }
            println!("refused: {}", edited.0);
            self.register = before;
        }
    }

    /// Builds: gives the module, and keeps the locks.
    fn build(&mut self) -> Module {
        let checked = self.check();
        let errors = checked.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let errors: Vec<_> = errors
            .map(|error| {
                (error.rule, &error.message, error.primary().map(|place| checked.sources.text(place)))
            })
            .collect();
        assert_eq!(errors, [], "{}", self.register.text());
        let templates = Templates::new(&BTreeMap::new()).unwrap();
        let selection = Selection { services: Vec::new(), backends: vec![Backend::Proto] };
        let made = session::generate(&checked.register, &checked.locks, &templates, &selection, &mut |_| {})
            .unwrap();
        for change in &made.locks {
            let path = change.owner.path();
            match &change.after {
                Some(text) => self.files.insert(path, text.as_str()),
                None => self.files.remove(Path::new(&path)),
            }
        }
        let path = |path: &str| path.strip_prefix("proto/").unwrap().to_owned();
        made.files.into_iter().map(|file| (path(&file.path), file.contents)).collect()
    }
}

struct Resolver(Module);

impl FileResolver for Resolver {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let text = self.0.get(name).ok_or_else(|| protox::Error::file_not_found(name))?;
        File::from_source(name, text)
    }
}

/// The descriptors of a module, with its comments.
fn descriptors(module: Module) -> Vec<FileDescriptorProto> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Resolver(module.clone()));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_source_info(true);
    for path in module.keys().filter(|path| path.ends_with(".proto")) {
        compiler.open_file(path).unwrap_or_else(|error| panic!("{path}: {error:?}\n{}", module[path]));
    }
    compiler.file_descriptor_set().file
}

/// Calls a function with a random seed, or with `FREEHOLD_TEST_SEED`, which repeats a run.
#[expect(clippy::disallowed_methods, reason = "a failure at random is repeated by its seed")]
fn at_random(test: impl FnOnce(u64)) {
    let seed = match std::env::var("FREEHOLD_TEST_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        // The standard library's source of randomness.
        Err(_) => std::hash::RandomState::new().build_hasher().finish(),
    };
    // Shown by the harness where the test fails.
    println!("FREEHOLD_TEST_SEED={seed}");
    test(seed);
}

#[test]
fn nothing_on_the_wire_is_given_to_something_else() {
    at_random(|seed| {
        let mut seen = 0;
        for run in 0..20 {
            let mut project = Project::new(seed.wrapping_add(run));
            let mut history = History::default();
            history.check(&descriptors(project.build()), &Effect::Compatible);
            for step in 0..100 {
                let (what, effect) = project.edit();
                println!("run {run}, step {step}: {what}, {effect:?}");
                history.check(&descriptors(project.build()), &effect);
            }
            seen += history.seen;
        }
        assert!(seen > 100_000, "only {seen} numbers were looked at");
    });
}

#[test]
fn buf_finds_what_an_edit_broke_and_nothing_else() {
    at_random(|seed| {
        let mut project = Project::new(seed);
        let mut before = tempfile::tempdir().unwrap();
        buf::write(before.path(), &project.build());
        for step in 0..100 {
            let (what, effect) = project.edit();
            println!("step {step}: {what}, {effect:?}");
            let after = tempfile::tempdir().unwrap();
            buf::write(after.path(), &project.build());
            let found = buf::breaking(before.path(), after.path());
            let is_meant = |rule: &str, message: &str| match &effect {
                Effect::OtherWidth(_) => rule == "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
                // One that was renamed before has another name on the wire.
                Effect::OtherStream(_) => rule.starts_with("RPC_SAME_") && message.contains("streaming"),
                _ => false,
            };
            let unexpected: Vec<_> = found.iter().filter(|(rule, said)| !is_meant(rule, said)).collect();
            assert!(unexpected.is_empty(), "{what}: {unexpected:#?}");
            if let Effect::OtherStream(name) = &effect {
                assert!(!found.is_empty(), "{name} streams otherwise, and buf did not see it");
            }
            before = after;
        }
    });
}

#[test]
fn buf_sees_another_width() {
    let mut project = Project::new(0);
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    buf::write(before.path(), &project.build());
    project.register.services[0].tables[0].columns[1].kind = "bigint";
    buf::write(after.path(), &project.build());
    let found = buf::breaking(before.path(), after.path());
    assert!(found.iter().all(|(rule, _)| rule == "FIELD_WIRE_JSON_COMPATIBLE_TYPE"), "{found:#?}");
    assert!(!found.is_empty());
}

#[test]
fn what_is_edited_is_in_the_module() {
    let mut project = Project::new(0);
    let table = &mut project.register.services[0].tables[0];
    (table.has_wide_key, table.is_copied, table.is_listed_by) = (true, true, true);
    let later = project.register.field("first", "text");
    let rpc = &mut project.register.services[0].rpcs[0];
    (rpc.stream, rpc.later_fields) = (Some("both"), Some(vec![later.clone()]));
    let mut event = project.register.message("Told");
    event.later_fields = Some(vec![later]);
    project.register.services[0].tables[0].topic.as_mut().unwrap().1.push(event);
    let text: String = project.build().into_values().collect();
    for part in [
        "rpc SnapshotUsers(",
        "message Key {",
        "rpc ListUsersByA(",
        "rpc Validate(stream ValidateRequest) returns (stream ValidateResponse)",
        "_v2 = ",
        ".v2;",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn a_lost_lock_would_be_seen() {
    let mut project = Project::new(0);
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = project.build();
    buf::write(before.path(), &first);
    project.register.services[0].tables[0].columns.remove(0);
    project.files = Memory::default();
    let second = project.build();
    buf::write(after.path(), &second);
    let rules: Vec<String> =
        buf::breaking(before.path(), after.path()).into_iter().map(|(rule, _)| rule).collect();
    assert!(rules.iter().any(|rule| rule == "FIELD_SAME_NAME"), "{rules:?}");
    let mut history = History::default();
    history.check(&descriptors(first), &Effect::Compatible);
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        history.check(&descriptors(second), &Effect::Compatible);
    }));
    assert!(found.is_err(), "numbers moved, and the history did not see it");
}
