//! Rule `extern-without-namespace`: a caller that no network policy can let in.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;

pub(super) const RULE: Rule = Rule {
    name: "extern-without-namespace",
    severity: Severity::Warning,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports a `called-by` of an `extern` that has no `namespace`.

## Why it is bad

Network policies let callers in by their namespace. What has none is outside of the cluster, and its calls arrive
through something inside, such as a gateway; that is what has to be let in. As it is written, the calls do not arrive.

## How to mend it

Give the extern the namespace that it runs in, or name what lets its calls in instead. Allow it with the reason where
its calls take another way, such as a load balancer of its own with a policy of its own.
",
    fires: r#"
extern app
service orders {
    called-by app
    deploy image="registry.example/shop/orders"
}
"#,
    passes: r#"
extern app namespace=edge
service orders {
    called-by app
    deploy image="registry.example/shop/orders"
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for service in register.services.values().filter(|service| service.deploy.is_some()) {
        for called_by in &service.called_by {
            let caller = &register.externs[called_by.caller];
            if caller.namespace.is_some() {
                continue;
            }
            let (name, service) = (caller.name.as_str(), service.name.as_str());
            findings.push(
                RULE.finding(format!("no network policy lets `{name}` reach `{service}`"))
                    .at(called_by.place, "called by an extern without a namespace")
                    .at(caller.name.place, "no `namespace=`")
                    .help(format!("add `namespace=` to `{name}`, or name what its calls arrive through")),
            );
        }
    }
}
