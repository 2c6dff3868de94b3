//! Rule `unused-allow`: an `allow` that silences nothing.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::model::Allow;

pub(super) const RULE: Rule = Rule {
    name: "unused-allow",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports an `allow` that silences no finding: there is none of its rule in the node that holds it, or an `allow`
further inside silences them all. While something of the register cannot be read it is silent, since what the `allow` is
there for may be in that part.

## Why it is bad

What it allowed has been mended, or moved away. Left in place it would silence the next mistake of that kind
without anyone having judged it.

## How to mend it

Remove it, or move it into the node that it was meant for. This finding cannot itself be allowed.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        allow table-without-primary-key reason="rows are only counted"
        column id bigint primary-key
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column id bigint primary-key
    }
}
"#,
    // What silences nothing is known only after all other findings: `apply` calls `finding`.
    check: |_, _| {},
};

pub(super) fn finding(allow: &Allow) -> Finding {
    RULE.finding(format!("this allowance of `{}` silences nothing", allow.rule.value))
        .at(allow.place, format!("there is no finding of `{}` here or below", allow.rule.value))
        .help("remove it, or move it into the node that it was meant for")
}
