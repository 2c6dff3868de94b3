//! The SQL of registers as a reviewer sees it.

mod statements;

use freehold::backends::{bootstrap, migrations};
use freehold::lock::ServiceLock;
use freehold::lowering::lower;
use freehold::plan;
use freehold::reconcile;
use freehold::semantic;
use freehold::source::Disk;
use freehold::templates::Templates;
use freehold::wire::{self, Uses};
use std::collections::BTreeMap;
use std::path::Path;

/// Every SQL file of a register under the path that it gets, in the order of the register.
fn sql_files(folder: &str, model: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let loaded = semantic::load(&Disk::new(&folder), Path::new(model));
    assert_eq!(loaded.findings, [], "the register has findings");
    let templates = Templates::new(&BTreeMap::new()).expect("the embedded templates are fine");
    let reads = reconcile::reads(&loaded.register);
    let uses = Uses::of(&loaded.register);
    let mut text = String::new();
    for service in loaded.register.services.ids() {
        let wire = wire::lower(&loaded.register, &uses, service, &mut ServiceLock::default());
        let schema = lower(&loaded.register, &wire.index, service);
        let plan = plan::initial(&schema).expect("cycles can be closed");
        assert_eq!(plan::prove(&plan, &schema), Ok(()));
        let lock = ServiceLock::default();
        let bootstrap = bootstrap::render(&templates, &loaded.register, &lock, service, reads.get(&service))
            .expect("it fits its template");
        let migrations = migrations::render_initial(&templates, &loaded.register, &lock, service, &plan);
        for file in bootstrap.into_iter().chain(migrations.expect("they fit their template")) {
            text += &format!("//// {}\n{}\n", file.path, file.contents);
        }
    }
    text
}

#[test]
fn as_many_connect_to_a_database_as_read_something_there() {
    for model in ["model/nova.kdl", "tests/cases/example/model.kdl", "tests/sql/rich.kdl"] {
        let files = Disk::new(Path::new(env!("CARGO_MANIFEST_DIR")));
        let register = semantic::load(&files, Path::new(model)).register;
        let reads = reconcile::reads(&register);
        let readers: Vec<_> = reads.into_iter().map(|(id, reads)| (id, reads.readers.len() as u32)).collect();
        assert_eq!(readers, Vec::from_iter(reconcile::connections(&register)), "{model}");
        assert!(!readers.is_empty(), "{model}");
    }
}

#[test]
fn the_example() {
    insta::assert_snapshot!(sql_files("tests/cases/example", "model.kdl"));
}

#[test]
fn one_of_everything() {
    insta::assert_snapshot!(sql_files("tests/sql", "rich.kdl"));
}
