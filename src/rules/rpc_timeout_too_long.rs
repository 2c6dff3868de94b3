//! Rule `rpc-timeout-too-long`: a time limit over the platform's maximum.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::Located;

pub(super) const RULE: Rule = Rule {
    name: "rpc-timeout-too-long",
    severity: Severity::Error,
    scope: Scope::Service,
    unsilenceable: None,
    page: "
## What it does

Reports an RPC or a call whose `timeout-ms` is over the platform's `rpc max-timeout-ms` (5000 where it says nothing),
and a platform whose default is.

## Why it is bad

A caller that waits holds its own request, a connection and a place in the pool. When one service slows down, long
limits let everybody in front of it run out of these.

## How to mend it

Lower the limit. What takes longer is better started by one RPC and told of by an event.
",
    fires: r#"
platform shop {
    rpc default-timeout-ms=500 max-timeout-ms=2000
}
service reports {
    api {
        rpc MakeReport timeout-ms=30000 {
            response { field name text }
        }
    }
}
"#,
    passes: r#"
platform shop {
    rpc default-timeout-ms=500 max-timeout-ms=2000
}
service reports {
    api {
        rpc MakeReport timeout-ms=2000 {
            response { field name text }
        }
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let limits = &register.platform.rpc;
    let platform = register.platform.name.as_ref().map(|name| name.place);
    if limits.default_timeout_ms > limits.max_timeout_ms
        && let Some(place) = limits.max_place.or(platform)
    {
        let (default, most) = (limits.default_timeout_ms, limits.max_timeout_ms);
        let message = format!("the platform's default of {default} ms is over its maximum of {most} ms");
        let help = format!("set `default-timeout-ms` to {most} at most, or raise the maximum");
        findings.push(RULE.finding(message).at(place, "the limits of RPCs").help(help));
    }
    for rpc in register.rpcs.values() {
        let what = format!("`{}.{}`", register.services[rpc.service].name.value, rpc.name.value);
        findings.extend(rpc.timeout_ms.as_ref().and_then(|timeout| finding(register, &what, timeout)));
    }
    for call in register.services.values().flat_map(|service| &service.calls) {
        let what = format!("the call of `{}`", call.name.value);
        findings.extend(call.timeout_ms.as_ref().and_then(|timeout| finding(register, &what, timeout)));
    }
}

fn finding(register: &Register, what: &str, timeout: &Located<u32>) -> Option<Finding> {
    let limits = &register.platform.rpc;
    let most = limits.max_timeout_ms;
    if timeout.value <= most {
        return None;
    }
    let message = format!("{what} may take {} ms, and the platform allows {most} ms", timeout.value);
    let finding = RULE.finding(message).at(timeout.place, format!("over {most} ms"));
    let finding = match limits.max_place {
        Some(place) => finding.at(place, "the longest that is allowed"),
        None => finding,
    };
    let help = "lower it; what takes longer is better started by one RPC and told of by an event";
    Some(finding.help(help).fix(format!("timeout-ms={most}")))
}
