//! What is generated for Protobuf: it compiles with a compiler that knows nothing of this project, and says what the
//! register says, descriptor by descriptor.
#![expect(clippy::disallowed_methods, reason = "these tests read the registers of the repository")]

mod agreement;
mod mapping;
mod numbers;
mod random_registers;
mod texts;

use freehold::backends::Backend;
use freehold::diagnostic::Severity;
use freehold::lock::LockChange;
use freehold::session::{self, Checked, Generated, Selection};
use freehold::source::{Disk, FileSystem, Memory};
use freehold::templates::Templates;
use prost_reflect::DescriptorPool;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use std::collections::BTreeMap;
use std::path::Path;

/// A register that was checked, with the module that is made from it.
struct Compiled {
    checked: Checked,
    /// The texts of its files, by path in the module.
    texts: BTreeMap<String, String>,
    pool: DescriptorPool,
    /// Locks that the build changes.
    locks: Vec<LockChange>,
}

/// Files in memory, as imports name them.
struct Module(BTreeMap<String, String>);

impl FileResolver for Module {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match self.0.get(name) {
            Some(text) => File::from_source(name, text),
            None => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// Makes the module of a register without errors, and compiles it.
fn compile(files: &dyn FileSystem, model: &str) -> Compiled {
    let checked = session::check(files, Path::new(model), None, &mut |_| {});
    let errors = checked.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let errors: Vec<String> =
        errors.map(|error| format!("{}: {} {:?}", error.rule, error.message, error.labels)).collect();
    assert_eq!(errors, [""; 0]);
    let templates = Templates::new(&BTreeMap::new()).unwrap();
    let selection = Selection { services: Vec::new(), backends: vec![Backend::Proto] };
    let Generated { files, locks } =
        session::generate(&checked.register, &checked.locks, &templates, &selection, &mut |_| {}).unwrap();
    let texts: BTreeMap<String, String> = files
        .into_iter()
        .map(|file| (file.path.strip_prefix("proto/").unwrap().to_owned(), file.contents))
        .collect();
    let pool = descriptors(&texts).unwrap_or_else(|error| panic!("{error}"));
    Compiled { checked, texts, pool, locks }
}

fn compile_text(text: &str) -> Compiled {
    let mut files = Memory::default();
    files.insert("model.kdl", text);
    compile(&files, "model.kdl")
}

fn nova() -> Compiled {
    compile(&Disk::new(Path::new(env!("CARGO_MANIFEST_DIR"))), "model/nova.kdl")
}

/// Compiles a module. The error shows the place and the text of the file.
fn descriptors(texts: &BTreeMap<String, String>) -> Result<DescriptorPool, String> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Module(texts.clone()));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    for path in texts.keys().filter(|path| path.ends_with(".proto")) {
        compiler.open_file(path).map_err(|error| format!("{path}: {error:?}\n{}", texts[path]))?;
    }
    Ok(compiler.descriptor_pool())
}

#[test]
fn novas_protobuf_says_what_its_register_says() {
    let compiled = nova();
    agreement::assert_agrees(&compiled);
    assert!(compiled.pool.services().len() > 15, "Nova has many services");
    assert!(compiled.pool.services().any(|service| service.name() == "IdentitySnapshotService"));
}

#[test]
fn the_examples_protobuf_says_what_its_register_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/example");
    agreement::assert_agrees(&compile(&Disk::new(&folder), "model.kdl"));
}
