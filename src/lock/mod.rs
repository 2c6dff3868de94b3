//! What is in use outside a register, and therefore frozen: names and numbers on the wire.
//!
//! A number is never given twice, a name on the wire never to something else: programs that were made from an earlier
//! register run on. So a build gives numbers by what the lock says, and the lock says afterwards what was given.

mod ambiguous;
mod files;
mod line;
mod names;
mod numbering;
mod read;
mod rules;
mod write;

pub use files::{LockChange, Locks, Owner, ReadLocks};
pub use rules::{LockRule, RULES};

pub use numbering::{Assigned, Holder, LARGEST_NEXT, Numbering, Slot, Wanted};

use std::collections::{BTreeMap, BTreeSet};

/// What a message is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A table: its entity.
    Table,
    /// A topic: the envelope of its events.
    Topic,
    /// An event: its payload.
    Event,
    /// An RPC: what is asked.
    Request,
    /// An RPC: what is answered.
    Response,
}

/// A message or an enum, found again by what it is made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageKey {
    /// The version of the package that holds it.
    pub version: u32,
    /// What it is made from.
    pub origin: Origin,
    /// The name of that in the register.
    pub name: String,
}

/// The enum of a package, found again by its name in the register.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnumKey {
    /// The version of the package that holds it.
    pub version: u32,
    /// Its name in the register.
    pub name: String,
}

/// An RPC, found again by its name in the register.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RpcKey {
    /// The version of the package that holds it.
    pub version: u32,
    /// Its name in the register.
    pub name: String,
}

/// What has one name in the register and one outside, beside messages, enums and RPCs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// The Protobuf package of the service, without its version: `nova.identity`. Its key is the service's name.
    Package,
    /// The Protobuf service: `IdentityService`. Its key is the service's name.
    RpcService,
    /// A topic of Kafka.
    Topic,
    /// A consumer group of Kafka.
    Group,
    /// The database.
    Database,
    /// A bucket of S3.
    Bucket,
    /// A PostgreSQL server, of the platform.
    Server,
}

impl NameKind {
    /// All of them, in the order in which a lock has them.
    pub const ALL: [NameKind; 7] = [
        NameKind::Package,
        NameKind::RpcService,
        NameKind::Topic,
        NameKind::Group,
        NameKind::Database,
        NameKind::Bucket,
        NameKind::Server,
    ];

    /// The word for it, which its lines in a lock begin with.
    pub fn line(self) -> &'static str {
        match self {
            NameKind::Package => "package",
            NameKind::RpcService => "rpc-service",
            NameKind::Topic => "topic",
            NameKind::Group => "group",
            NameKind::Database => "database",
            NameKind::Bucket => "bucket",
            NameKind::Server => "server",
        }
    }
}

/// A message or enum with a name on the wire, and the numbers in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeLock {
    /// The name on the wire.
    pub name: String,
    /// Its fields or values.
    pub numbers: Numbering,
}

/// What a message or enum got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedType {
    /// The name on the wire.
    pub name: String,
    /// The wanted fields or values, in the order in which they were wanted.
    pub parts: Vec<Assigned>,
    /// Numbers and names that are reserved, by number.
    pub reserved: Vec<(u32, String)>,
}

/// What is frozen of one service.
///
/// What a build does not ask for stays: a message that is no longer made keeps its numbers, so that it is the same
/// message if it comes back, and nothing else ever takes its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceLock {
    /// Names that the service had in the register.
    former_names: BTreeSet<String>,
    names: BTreeMap<NameKind, BTreeMap<String, String>>,
    rpcs: BTreeMap<RpcKey, String>,
    messages: BTreeMap<MessageKey, TypeLock>,
    enums: BTreeMap<EnumKey, TypeLock>,
    /// Names of messages and enums, which share a scope.
    type_names: UniqueNames,
    rpc_names: UniqueNames,
}

impl ServiceLock {
    /// The name on the wire of what is called `key` in the register, and was called `was`, the newest first: the one
    /// that it has, else `wanted`, which it then keeps.
    pub fn name(&mut self, kind: NameKind, key: &str, was: &[&str], wanted: &str) -> String {
        let names = self.names.entry(kind).or_default();
        let name = match names.remove(key) {
            Some(name) => name,
            None => was.iter().find_map(|was| names.remove(*was)).unwrap_or_else(|| wanted.to_owned()),
        };
        names.insert(key.to_owned(), name.clone());
        name
    }

    /// The name on the wire of what is called `key` in the register; that name where nothing is frozen.
    pub fn frozen_name<'a>(&'a self, kind: NameKind, key: &'a str) -> &'a str {
        self.names.get(&kind).and_then(|names| names.get(key)).map_or(key, String::as_str)
    }

    fn has_name(&self, kind: NameKind, key: &str) -> bool {
        self.names.get(&kind).is_some_and(|names| names.contains_key(key))
    }

    /// Whether nothing is frozen.
    pub fn is_empty(&self) -> bool {
        *self == ServiceLock::default()
    }

    /// The names of one kind: by the name in the register, the one on the wire.
    pub fn names(&self, kind: NameKind) -> impl Iterator<Item = (&str, &str)> {
        self.names.get(&kind).into_iter().flatten().map(|(key, name)| (key.as_str(), name.as_str()))
    }

    /// The name of an RPC on the wire. `was` are names that it had, the newest first; `wanted` is its name if it is new,
    /// with a number behind it where another RPC of the package ever had that name.
    pub fn rpc(&mut self, key: &RpcKey, was: &[&str], wanted: &str) -> String {
        let older = was.iter().map(|was| RpcKey { name: (*was).to_owned(), ..key.clone() });
        let name =
            take(&mut self.rpcs, key, older).unwrap_or_else(|| self.rpc_names.take(key.version, wanted));
        self.rpcs.insert(key.clone(), name.clone());
        name
    }

    /// The name and numbers of a message. `was` are names that what it is made from had, the newest first; `wanted` is
    /// its name if it is new, with a number behind it where another message or enum of the package ever had that name.
    pub fn message(
        &mut self,
        key: &MessageKey,
        was: &[&str],
        wanted: &str,
        fields: &[Wanted<'_>],
    ) -> NumberedType {
        let older = was.iter().map(|was| MessageKey { name: (*was).to_owned(), ..key.clone() });
        let mut lock = take(&mut self.messages, key, older)
            .unwrap_or_else(|| TypeLock::new(self.type_names.take(key.version, wanted)));
        let numbered = lock.number(fields, &[]);
        self.messages.insert(key.clone(), lock);
        numbered
    }

    /// The name and numbers of an enum, as those of a message. Its values are named without the enum's name before them,
    /// and numbered from 1: 0 is [`UNSPECIFIED`], a name that no value of the register gets.
    pub fn enumeration(
        &mut self,
        key: &EnumKey,
        was: &[&str],
        wanted: &str,
        values: &[Wanted<'_>],
    ) -> NumberedType {
        let older = was.iter().map(|was| EnumKey { name: (*was).to_owned(), ..key.clone() });
        let mut lock = take(&mut self.enums, key, older)
            .unwrap_or_else(|| TypeLock::new(self.type_names.take(key.version, wanted)));
        let numbered = lock.number(values, &[UNSPECIFIED]);
        self.enums.insert(key.clone(), lock);
        numbered
    }
}

/// The zero value of every enum, without the enum's name before it.
pub const UNSPECIFIED: &str = "UNSPECIFIED";

impl TypeLock {
    fn new(name: String) -> TypeLock {
        TypeLock { name, numbers: Numbering::default() }
    }

    fn number(&mut self, wanted: &[Wanted<'_>], kept: &[&str]) -> NumberedType {
        let parts = self.numbers.assign(wanted, kept);
        let reserved = self.numbers.reserved().map(|(number, name)| (number, name.to_owned())).collect();
        NumberedType { name: self.name.clone(), parts, reserved }
    }
}

/// Takes the entry of a key out of a map, or that of the first older key that it has.
fn take<K: Ord, V>(map: &mut BTreeMap<K, V>, key: &K, mut older: impl Iterator<Item = K>) -> Option<V> {
    map.remove(key).or_else(|| older.find_map(|key| map.remove(&key)))
}

/// Names that were ever taken in the packages of a service, each with the version of its package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct UniqueNames {
    taken: BTreeSet<(u32, String)>,
}

impl UniqueNames {
    /// Takes a name; `false` where it was taken.
    fn insert(&mut self, version: u32, name: &str) -> bool {
        self.taken.insert((version, name.to_owned()))
    }

    /// The name, or the first with a number behind it that was never taken.
    fn take(&mut self, version: u32, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut count = 1;
        while !self.taken.insert((version, name.clone())) {
            count += 1;
            name = format!("{wanted}{count}");
        }
        name
    }
}
