//! Servers, the databases on them, their roles, and where their passwords lie.

use super::names::{object_name, role_secret};
use crate::lock::{Locks, NameKind};
use crate::names::DatabaseRoles;
use crate::semantic::Register;
use crate::semantic::model::{self, ServerId, ServiceId, StoreKind};

/// A PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its id in the register.
    pub id: ServerId,
    /// Its name in the register, which its folder is called by.
    pub name: String,
    /// The name that it has in production; what it is called elsewhere, an environment says (`Environment::named`).
    pub identifier: String,
    /// Names that the register says it had.
    pub was: Option<String>,
    /// The services whose databases it holds, by name.
    pub services: Vec<ServiceId>,
    /// The Deployment and the Service of the pooler before it, where it has one.
    pub pooler: Option<String>,
}

/// The database of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// The service.
    pub service: ServiceId,
    /// The name on the wire.
    pub name: String,
    /// The server that holds it.
    pub server: ServerId,
    /// Its roles. All can log in.
    pub roles: Vec<DatabaseRole>,
    /// Functions without arguments that make and retire partitions, each with its schema; they are the owner's.
    pub maintenance: Vec<(String, String)>,
}

/// A bucket of S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name in the register.
    pub name: String,
    /// The name that the register says it had.
    pub was: Option<String>,
    /// The name that it has in production; what it is called elsewhere, an environment says (`Environment::named`).
    pub identifier: String,
}

/// What a role of a database is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleKind {
    /// Owns everything, migrates, and makes partitions.
    Owner,
    /// Reads and writes.
    Application,
    /// Reads.
    Readonly,
    /// Compares.
    Reconciler,
}

impl RoleKind {
    /// All of them.
    pub const ALL: [RoleKind; 4] =
        [RoleKind::Owner, RoleKind::Application, RoleKind::Readonly, RoleKind::Reconciler];

    /// The word for it, in names of secrets.
    pub fn name(self) -> &'static str {
        match self {
            RoleKind::Owner => "owner",
            RoleKind::Application => "application",
            RoleKind::Readonly => "readonly",
            RoleKind::Reconciler => "reconciler",
        }
    }
}

/// A role of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseRole {
    /// What it is for.
    pub kind: RoleKind,
    /// Its name in PostgreSQL.
    pub name: String,
    /// The Secret of Kubernetes with what it needs to connect.
    pub secret: String,
}

/// A key in the secret of a role, in Kubernetes and in AWS Secrets Manager, where the value is a JSON object of these but for
/// the last two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKey {
    /// The name of the role.
    Username,
    /// Its password.
    Password,
    /// The host of the server itself, which no pooler stands before.
    Host,
    /// The port of the server.
    Port,
    /// The name of the database.
    Database,
    /// All of it in one URL, as the role connects: through the pooler, where there is one. In Kubernetes alone.
    Url,
    /// The same to the server itself, for a program that needs both. In Kubernetes alone, and of the application alone.
    DirectUrl,
}

impl SecretKey {
    /// All of them.
    pub const ALL: [SecretKey; 7] = [
        SecretKey::Username,
        SecretKey::Password,
        SecretKey::Host,
        SecretKey::Port,
        SecretKey::Database,
        SecretKey::Url,
        SecretKey::DirectUrl,
    ];

    /// The key. The first five are those of AWS's own secrets of databases.
    pub fn name(self) -> &'static str {
        match self {
            SecretKey::Username => "username",
            SecretKey::Password => "password",
            SecretKey::Host => "host",
            SecretKey::Port => "port",
            SecretKey::Database => "dbname",
            SecretKey::Url => "url",
            SecretKey::DirectUrl => "direct-url",
        }
    }
}

pub(super) fn servers(register: &Register, locks: &Locks) -> Vec<Server> {
    let server = |(id, declared): (ServerId, &model::Server)| {
        let identifier = locks.platform().frozen_name(NameKind::Server, declared.name.as_str());
        Server {
            id,
            name: declared.name.value.clone(),
            was: declared.was.as_ref().map(|was| was.value.clone()),
            services: Vec::new(),
            pooler: declared.pooler_connections.map(|_| object_name(identifier, "pooler")),
            identifier: identifier.to_owned(),
        }
    };
    let mut servers: Vec<Server> = register.servers.iter().map(server).collect();
    let mut services: Vec<_> = register.services.iter().collect();
    services.sort_by_key(|(_, service)| service.name.as_str());
    for (id, service) in services {
        if let Some(server) = service.database.as_ref().and_then(|database| database.server) {
            servers[server.index()].services.push(id);
        }
    }
    servers
}

pub(super) fn buckets(locks: &Locks, service: &model::Service) -> Vec<Bucket> {
    let lock = locks.service(service.name.as_str());
    let stores = service.stores.iter().filter(|store| store.kind == StoreKind::S3);
    let bucket = |store: &model::Store| Bucket {
        name: store.name.value.clone(),
        was: store.was.as_ref().map(|was| was.value.clone()),
        identifier: lock.frozen_name(NameKind::Bucket, store.name.as_str()).to_owned(),
    };
    stores.map(bucket).collect()
}

/// The database of a service; `is_compared` where a reconciliation reads it.
pub(super) fn database(
    register: &Register,
    locks: &Locks,
    id: ServiceId,
    is_compared: bool,
) -> Option<Database> {
    let service = &register.services[id];
    let declared = service.database.as_ref()?;
    let name = locks.service(service.name.as_str()).frozen_name(NameKind::Database, declared.name.as_str());
    let names = DatabaseRoles::of(name);
    let mut roles = vec![
        (RoleKind::Owner, names.owner),
        (RoleKind::Application, names.application),
        (RoleKind::Readonly, names.readonly),
    ];
    roles.extend(is_compared.then_some((RoleKind::Reconciler, names.reconciler)));
    let role = |(kind, name)| DatabaseRole { kind, name, secret: role_secret(service.name.as_str(), kind) };
    Some(Database {
        service: id,
        name: name.to_owned(),
        server: declared.server?,
        roles: roles.into_iter().map(role).collect(),
        maintenance: super::workloads::maintenance(register, id),
    })
}

impl Database {
    /// The role of a kind. The reconciler is there where a reconciliation reads the database.
    pub fn role(&self, kind: RoleKind) -> Option<&DatabaseRole> {
        self.roles.iter().find(|role| role.kind == kind)
    }
}
