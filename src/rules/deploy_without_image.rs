//! Rule `deploy-without-image`: a service that is run, and nobody says from which image.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;

pub(super) const RULE: Rule = Rule {
    name: "deploy-without-image",
    severity: Severity::Warning,
    scope: Scope::Service,
    unsilenceable: None,
    page: "
## What it does

Reports a `deploy` for which neither the service nor the platform's `defaults` name an image.

## Why it is bad

Manifests need one, so the image is called like the service: a name without a registry, which a cluster asks of a public
one. What it gets from there, if anything, is of somebody else.

## How to mend it

Name the image with its registry. Its version may be left to the kustomization of a release, which names the digest that was
tested.
",
    fires: r#"
service orders { deploy }
"#,
    passes: r#"
service orders { deploy image="registry.example/shop/orders" }
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for service in register.services.values() {
        let Some(deploy) = service.deploy.as_ref().filter(|deploy| deploy.image.is_none()) else { continue };
        let name = service.name.as_str();
        let platform =
            register.platform.name.as_ref().map_or(String::new(), |name| format!("{}/", name.value));
        findings.push(
            RULE.finding(format!("nobody says from which image `{name}` is run"))
                .at(deploy.place, "no `image=`")
                .help(format!(
                    "name it with its registry, such as `deploy image=\"registry.example/{platform}{name}\"`"
                )),
        );
    }
}
