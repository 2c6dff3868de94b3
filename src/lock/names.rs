//! Names that a register gives to things outside of it: frozen once they are known, and never given to something else.

use super::NameKind;
use super::ambiguous::{ambiguous, renames};
use super::files::{Locks, Owner};
use super::rules::TAKEN;
use crate::diagnostic::Finding;
use crate::semantic::Register;
use crate::semantic::model::{Located, Service, StoreKind};
use crate::source::Place;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Something with a name outside the register.
struct Declared<'a> {
    kind: NameKind,
    /// What it is called in the register.
    name: &'a str,
    /// What it is called outside if it is new.
    wanted: Cow<'a, str>,
    /// What it was called.
    was: Option<&'a str>,
    place: Place,
}

impl<'a> Declared<'a> {
    fn new(kind: NameKind, name: &'a Located<String>, was: Option<&'a Located<String>>) -> Declared<'a> {
        let wanted = Cow::Borrowed(name.as_str());
        Declared { kind, name: name.as_str(), wanted, was: was.map(Located::as_str), place: name.place }
    }
}

impl Locks {
    /// Follows renames of services, and freezes the names of packages, topics, consumer groups, databases, buckets and servers:
    /// each keeps the one that it has, and a new one takes that of the register. One that belongs to something which is no longer
    /// there, or is called otherwise by now, is a finding, and is not frozen.
    pub fn freeze(&mut self, register: &Register) -> Vec<Finding> {
        self.follow_renames(register);
        let mut holders: BTreeMap<(NameKind, String), (Owner, String)> = BTreeMap::new();
        for (owner, lock) in self.current() {
            for kind in NameKind::ALL {
                let names = lock.names(kind);
                holders.extend(
                    names.map(|(key, name)| ((kind, name.to_owned()), (owner.clone(), key.to_owned()))),
                );
            }
        }
        let all = declared(register);
        let present: BTreeSet<(NameKind, &Owner, &str)> =
            all.iter().map(|(owner, declared)| (declared.kind, owner, declared.name)).collect();
        let mut findings = Vec::new();
        for (owner, declared) in &all {
            let lock = self.lock_mut(owner);
            let is_known = |key: &str| lock.has_name(declared.kind, key);
            if let Some(was) = declared.was.filter(|was| is_known(was))
                && is_known(declared.name)
            {
                findings.push(ambiguous(&Located::new(declared.name.to_owned(), declared.place), was));
                continue;
            }
            let wire = (declared.kind, declared.wanted.clone().into_owned());
            if !is_known(declared.name) && !declared.was.is_some_and(is_known) {
                // Two that share a name in the register are found by the rules.
                let shares =
                    |holder, key| key == declared.name && present.contains(&(declared.kind, holder, key));
                if let Some((holder, key)) = holders.get(&wire)
                    && !shares(holder, key.as_str())
                {
                    findings.push(taken(declared, holder, key));
                    continue;
                }
            }
            lock.name(declared.kind, declared.name, declared.was.as_slice(), &declared.wanted);
        }
        for service in register.services.values() {
            findings.extend(renames(register, service, self.service(service.name.as_str())));
        }
        findings
    }
}

/// Everything with a name of its own outside the register, in the order of the register.
fn declared(register: &Register) -> Vec<(Owner, Declared<'_>)> {
    let servers = register.servers.values();
    let servers = servers.map(|server| Declared::new(NameKind::Server, &server.name, server.was.as_ref()));
    let mut all: Vec<(Owner, Declared<'_>)> = servers.map(|server| (Owner::Platform, server)).collect();
    for service in register.services.values() {
        let owner = Owner::Service(service.name.value.clone());
        all.extend(of_service(register, service).into_iter().map(|declared| (owner.clone(), declared)));
    }
    all
}

fn of_service<'a>(register: &'a Register, service: &'a Service) -> Vec<Declared<'a>> {
    let package = Declared::new(NameKind::Package, &service.name, service.was.as_ref());
    let mut all = vec![Declared { wanted: Cow::Owned(register.protobuf_package(service)), ..package }];
    if let Some(database) = &service.database {
        all.push(Declared::new(NameKind::Database, &database.name, database.was.as_ref()));
    }
    for store in service.stores.iter().filter(|store| store.kind == StoreKind::S3) {
        all.push(Declared::new(NameKind::Bucket, &store.name, store.was.as_ref()));
    }
    for topic in &service.topics {
        let topic = &register.topics[*topic];
        all.push(Declared::new(NameKind::Topic, &topic.name, topic.was.as_ref()));
    }
    for (name, place) in register.consumer_groups(service) {
        let is_own = name == service.name.as_str();
        let was = service.was.as_ref().filter(|_| is_own).map(Located::as_str);
        all.push(Declared { kind: NameKind::Group, name, wanted: Cow::Borrowed(name), was, place });
    }
    all
}

fn taken(declared: &Declared<'_>, holder: &Owner, key: &str) -> Finding {
    let what = match declared.kind {
        NameKind::Package => "package",
        NameKind::RpcService => "service of Protobuf",
        NameKind::Topic => "topic",
        NameKind::Group => "consumer group",
        NameKind::Database => "database",
        NameKind::Bucket => "bucket",
        NameKind::Server => "server",
    };
    let shown = |text: &str| crate::text::printable(text).into_owned();
    let of = match holder {
        Owner::Platform => String::new(),
        Owner::Service(service) => format!(" of service `{}`", shown(service)),
    };
    let name = shown(&declared.wanted);
    let message = if key == declared.name {
        format!("`{name}` is known as a {what}{of} that is no longer there")
    } else {
        format!("`{name}` is known as the {what}{of} that is called `{}` by now", shown(key))
    };
    Finding::error(TAKEN, message).at(declared.place, "would get a name that is in use").help(format!(
        "choose another name, or say with `was=` what this was called before; where nothing outside uses the name any \
         more, remove the line `{} {}` from `{}`",
        declared.kind.line(),
        shown(key),
        holder.path()
    ))
}
