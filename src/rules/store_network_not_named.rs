//! Rule `store-network-not-named`: pods that may reach every private address, since nobody said where stores are.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::StoreKind;

pub(super) const RULE: Rule = Rule {
    name: "store-network-not-named",
    severity: Severity::Warning,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports a service that is run and has stores other than buckets, where `network` does not say where stores are.

## Why it is bad

Network policies let pods out to the network of their stores, on the ports of their stores. Where nobody says which that is,
it is every private address: also what others run on those ports, in the cluster and beside it.

## How to mend it

Name the networks in `network stores=`, in the platform and in each environment that has others. Allow it with the reason
where stores may be anywhere.
",
    fires: r#"
service carts {
    deploy image="registry.example/shop/carts"
    store redis carts
}
"#,
    passes: r#"
platform shop { network stores="10.20.48.0/24" }
service carts {
    deploy image="registry.example/shop/carts"
    store redis carts
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    // An environment that names none has the platform's.
    if register.platform.network.has_stores {
        return;
    }
    for service in register.services.values().filter(|service| service.deploy.is_some()) {
        let mut stores = service.stores.iter().filter(|store| store.kind != StoreKind::S3);
        let Some(store) = stores.next() else { continue };
        let name = service.name.as_str();
        findings.push(
            RULE.finding(format!(
                "pods of `{name}` may reach every private address on the ports of its stores"
            ))
            .at(store.place, "nobody says where it is")
            .help("add `network stores=\"10.0.0.0/24\"` with the networks that stores are in to `platform`"),
        );
    }
}
