//! Rule `reserved-variable`: a variable of a service that the compiler sets itself.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::names::variable;
use crate::semantic::Register;
use crate::semantic::model::Located;
use crate::source::Place;
use foldhash::{HashMap, HashSet, HashSetExt};

pub(super) const RULE: Rule = Rule {
    name: "reserved-variable",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: Some("a program has one value for a variable, and it would not be the one that is written"),
    page: "
## What it does

Reports an `env` or a `secret` with the name of a variable that programs find in their environment anyway:
`DATABASE_URL`, `DATABASE_DIRECT_URL`, `PGAPPNAME`, `KAFKA_BOOTSTRAP_SERVERS`, `KAFKA_CA_FILE`, `KAFKA_CERTIFICATE_FILE`,
`KAFKA_KEY_FILE`, `KAFKA_GROUP`, and `SERVICE_ADDRESS` for a service of the register.

## Why it is bad

A variable has one value. Whichever wins, someone reads the other one in the register or in a manifest, and believes
it.

## How to mend it

Remove it where the compiler's value is meant: it follows the register from one environment to the next. Else give it
another name.
",
    fires: r#"
service orders {
    deploy image="registry.example/shop/orders" { env DATABASE_URL "postgresql://localhost/orders" }
}
"#,
    passes: r#"
service orders {
    deploy image="registry.example/shop/orders" { env LEGACY_DATABASE_URL "postgresql://localhost/orders" }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let services = register.services.values().map(|service| service.name.as_str());
    let addresses: HashMap<String, &str> = services.map(|name| (variable::address_of(name), name)).collect();
    // Variables of defaults stand in every service and every environment that takes them.
    let mut reported: HashSet<Place> = HashSet::new();
    for environment in register.environments() {
        for deploy in register.services.ids().filter_map(|id| environment.deploy(id)) {
            for name in deploy.env.iter().map(|(name, _)| name).chain(&deploy.secrets) {
                let Some(meaning) = meaning(name, &addresses) else { continue };
                if reported.insert(name.place) {
                    findings.push(
                        RULE.finding(format!("the compiler sets `{}` itself", name.value))
                            .at(name.place, meaning)
                            .help("remove it, or give it another name"),
                    );
                }
            }
        }
    }
}

/// What the compiler sets it to, where it does.
fn meaning(name: &Located<String>, addresses: &HashMap<String, &str>) -> Option<String> {
    if variable::FIXED.contains(&name.as_str()) {
        return Some("programs find the compiler's value".to_owned());
    }
    let service = addresses.get(name.as_str())?;
    Some(format!("callers of `{service}` find its address in it"))
}
