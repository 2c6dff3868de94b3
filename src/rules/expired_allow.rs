//! Rule `expired-allow`: an `allow` whose last day has passed.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::model::{Allow, Located};
use jiff::civil::Date;

pub(super) const RULE: Rule = Rule {
    name: "expired-allow",
    severity: Severity::Warning,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports an `allow` whose `until` lies before today. Only `check` asks for the day; `--today DATE` sets it. The
allowance goes on silencing, so that no build breaks because a night has passed; `--deny warnings` makes it count.

## Why it is bad

`until` was a promise to have mended the thing by then.

## How to mend it

Mend what it allows and remove it, or agree on a new day and a reason that says why.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table counters {
        allow table-without-primary-key reason="a key comes with the next release" until="2020-01-31"
        column hits bigint
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table counters {
        column id bigint primary-key
        column hits bigint
    }
}
"#,
    // The day is no part of the register: `apply` calls `finding`.
    check: |_, _| {},
};

pub(super) fn finding(allow: &Allow, until: &Located<Date>) -> Finding {
    RULE.finding(format!("this allowance of `{}` ran out on {}", allow.rule.value, until.value))
        .at(until.place, "its last day")
        .at(allow.place, format!("allowed because: {}", allow.reason.value))
        .help("mend what it allows and remove it, or agree on a new day")
}
