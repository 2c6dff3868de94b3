//! What things are called in AWS, in every environment: environments may share an account, and all of S3 shares the names of
//! buckets.

use crate::names::Target;
use crate::semantic::Register;
use crate::semantic::model::{Environment, Located, StoreKind};

/// A name in AWS.
pub struct NameInAws<'a> {
    /// The name.
    pub name: String,
    /// What it is a name of, as the register has it.
    pub owner: &'a Located<String>,
    /// The environment whose name stands behind it; `None` in production.
    pub environment: Option<&'a Located<String>>,
    /// Where it goes.
    pub target: Target,
    /// What it names: `a server`.
    pub what: &'static str,
}

/// The names of servers with their replicas, and of buckets; those of production first.
pub fn names_in_aws(register: &Register) -> Vec<NameInAws<'_>> {
    register.environments().flat_map(|environment| names_there(register, environment)).collect()
}

fn names_there<'a>(register: &'a Register, environment: Environment<'a>) -> Vec<NameInAws<'a>> {
    let of = |owner, name, target, what| NameInAws {
        name,
        owner,
        environment: environment.declared().map(|declared| &declared.name),
        target,
        what,
    };
    let mut names = Vec::new();
    for (_, server) in environment.servers() {
        let identifier = environment.named(server.name.as_str());
        let replicas = (1..=server.read_replicas).map(|number| format!("{identifier}-replica-{number}"));
        let own = std::iter::once(identifier.clone()).chain(replicas);
        names.extend(own.map(|name| of(&server.name, name, Target::RdsInstance, "a server")));
    }
    let stores = register.services.values().flat_map(|service| &service.stores);
    let buckets = stores.filter(|store| store.kind == StoreKind::S3).map(|store| &store.name);
    names.extend(
        buckets.map(|bucket| of(bucket, environment.named(bucket.as_str()), Target::Bucket, "a bucket")),
    );
    names
}
