//! What the compiler makes of a register: for each service its schema, its plan and its files.

use freehold::backends::{bootstrap, migrations};
use freehold::diagnostic::Severity;
use freehold::lowering::lower;
use freehold::names::DatabaseRoles;
use freehold::plan::{self, Plan};
use freehold::schema::Schema;
use freehold::semantic;
use freehold::source::FileSystem;
use freehold::templates::Templates;
use std::collections::BTreeMap;
use std::path::Path;

/// A service with a database.
pub struct Service {
    pub name: String,
    pub database: String,
    pub roles: DatabaseRoles,
    pub schema: Schema,
    pub plan: Plan,
    pub bootstrap: String,
    pub up: String,
    pub down: String,
}

/// Compiles a register whose reading finds no error.
pub fn compile(files: &dyn FileSystem, model: &str) -> Vec<Service> {
    let loaded = semantic::load(files, Path::new(model));
    let errors = loaded.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let errors: Vec<String> = errors
        .map(|finding| format!("{}: {}: {:?}", finding.rule, finding.message, finding.labels))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let templates = Templates::new(&BTreeMap::new()).unwrap();
    let mut services = Vec::new();
    for (id, declaration) in loaded.register.services.iter() {
        let Some(database) = &declaration.database else { continue };
        let schema = lower(&loaded.register, id);
        let plan = plan::initial(&schema).unwrap();
        assert_eq!(plan::prove(&plan, &schema), Ok(()));
        let bootstrap = bootstrap::render(&templates, &loaded.register, id).unwrap().unwrap();
        let files = migrations::render_initial(&templates, &loaded.register, id, &plan).unwrap();
        let contents = |direction: &str| {
            let mut matching = files.iter().filter(|file| file.path.ends_with(&format!(".{direction}.sql")));
            matching.next().unwrap().contents.clone()
        };
        services.push(Service {
            name: declaration.name.value.clone(),
            database: database.name.value.clone(),
            roles: DatabaseRoles::of(&database.name.value),
            up: contents("up"),
            down: contents("down"),
            bootstrap: bootstrap.contents,
            schema,
            plan,
        });
    }
    services
}
