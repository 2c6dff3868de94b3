//! What things are called in AWS, in every environment: environments may share an account, and all of S3 shares the names of
//! buckets.

use crate::semantic::Register;
use crate::semantic::model::{Environment, Located, StoreKind};

/// A name in AWS.
pub struct NameInAws<'a> {
    /// What share names.
    pub scope: &'static str,
    /// The name.
    pub name: String,
    /// What it is a name of.
    pub owner: &'a Located<String>,
}

/// The names of servers with their replicas, and of buckets; those of production first.
pub fn names_in_aws(register: &Register) -> Vec<NameInAws<'_>> {
    register.environments().flat_map(|environment| names_there(register, environment)).collect()
}

fn names_there<'a>(register: &'a Register, environment: Environment<'a>) -> Vec<NameInAws<'a>> {
    let mut names = Vec::new();
    for (_, server) in environment.servers() {
        let identifier = environment.named(server.name.as_str());
        let replicas = (1..=server.read_replicas).map(|number| format!("{identifier}-replica-{number}"));
        let own = replicas.chain([identifier.clone()]);
        names.extend(own.map(|name| NameInAws { scope: "servers in AWS", name, owner: &server.name }));
    }
    let stores = register.services.values().flat_map(|service| &service.stores);
    for store in stores.filter(|store| store.kind == StoreKind::S3) {
        let name = environment.named(store.name.as_str());
        names.push(NameInAws { scope: "buckets in AWS", name, owner: &store.name });
    }
    names
}
