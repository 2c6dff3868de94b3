//! What the compiler makes of a register: for each service its schema, its plan and its files.

use freehold::diagnostic::Severity;
use freehold::lowering::lower;
use freehold::names::DatabaseRoles;
use freehold::plan::{self, Plan};
use freehold::reconcile::{self, DatabaseReads};
use freehold::schema::Schema;
use freehold::session::{self, Checked, Selection};
use freehold::source::FileSystem;
use freehold::templates::Templates;
use freehold::wire::{self, Uses};
use std::collections::BTreeMap;
use std::path::Path;

/// A service with a database.
pub struct Service {
    pub name: String,
    pub database: String,
    pub roles: DatabaseRoles,
    /// What comparisons read of its database.
    pub reads: DatabaseReads,
    pub schema: Schema,
    pub plan: Plan,
    pub bootstrap: String,
    pub up: String,
    pub down: String,
}

/// Checks a register as `freehold check` does.
pub fn check(files: &dyn FileSystem, model: &str) -> Checked {
    session::check(files, Path::new(model), None, &mut |_| {})
}

/// The errors of a check, as text.
pub fn errors(checked: &Checked) -> Vec<String> {
    let errors = checked.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|error| format!("{}: {}: {:?}", error.rule, error.message, error.labels)).collect()
}

/// Compiles a register in which no error is found.
pub fn compile(files: &dyn FileSystem, model: &str) -> Vec<Service> {
    let checked = check(files, model);
    assert_eq!(errors(&checked), [""; 0]);
    services(&checked)
}

/// Compiles a register, whatever was found in it.
pub fn services(checked: &Checked) -> Vec<Service> {
    let register = &checked.register;
    let templates = Templates::new(&BTreeMap::new()).unwrap();
    let selection = Selection::default();
    let generated =
        session::generate(register, &checked.locks, &templates, &selection, &mut |_| {}).unwrap().files;
    let file = |service: &str, name: &str| {
        let path = format!("sql/{service}/{name}.sql");
        let mut matching = generated.iter().filter(|file| file.path == path);
        matching.next().unwrap_or_else(|| panic!("there is no {path}")).contents.clone()
    };
    let mut reads = reconcile::reads(register);
    let uses = Uses::of(register);
    let mut services = Vec::new();
    for (id, declaration) in register.services.iter() {
        let Some(database) = &declaration.database else { continue };
        let name = declaration.name.value.clone();
        let mut lock = checked.locks.service(&name).clone();
        let wire = wire::lower(register, &uses, id, &mut lock);
        let schema = lower(register, &wire.index, id);
        services.push(Service {
            database: database.name.value.clone(),
            roles: DatabaseRoles::of(&database.name.value),
            reads: reads.remove(&id).unwrap_or_default(),
            bootstrap: file(&name, "bootstrap"),
            up: file(&name, "0001_initial.up"),
            down: file(&name, "0001_initial.down"),
            plan: plan::initial(&schema).unwrap(),
            schema,
            name,
        });
    }
    services
}
