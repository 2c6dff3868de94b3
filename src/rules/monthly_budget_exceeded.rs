//! Rule `monthly-budget-exceeded`: servers that cost more than they may.

use super::support::lines::line;
use super::support::prices;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{Located, Server};
use rust_decimal::Decimal;
use std::fmt::Write;

/// A standby in another zone costs as much as the server itself.
const MULTI_AZ_FACTOR: u32 = 2;

pub(super) const RULE: Rule = Rule {
    name: "monthly-budget-exceeded",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Adds up what the servers cost a month, line by line, and reports a sum over the platform's `budget`: for each server the
price of its class and of its storage, both twice with `multi-az`. Without a `budget` it is silent.

The built-in prices are for planning, in US dollars a month: `db.t3.small` 75, `db.t3.medium` 150, `db.r5.large` 300, other
sizes of these families in proportion, gp3 storage 0.23 for one GB. `price instance=CLASS usd=` and `price storage=gp3
usd-per-gb=` override them. A class without a price is a warning, and the sum goes without it.

## Why it is bad

Databases are the part of the bill that is decided in the register. Here it can be seen before they run.

## How to mend it

Let databases share servers, choose smaller classes, or raise the budget.
",
    fires: r#"
platform shop {
    budget monthly-usd=200
}
server orders class=db.t3.medium storage-gb=100
server reports class=db.t3.small storage-gb=20
"#,
    passes: r#"
platform shop {
    budget monthly-usd=200
}
server orders class=db.t3.medium storage-gb=100
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let Some(budget) = &register.platform.monthly_budget_usd else { return };
    let mut sum = Decimal::ZERO;
    let mut bill = String::new();
    for server in register.servers.values() {
        match prices::instance(register, server.class.as_str()) {
            Some(price) => add(register, server, price, &mut sum, &mut bill),
            None => findings.push(without_price(server)),
        }
    }
    if sum > budget.value {
        findings.push(exceeded(register, budget, sum, &bill));
    }
}

fn add(register: &Register, server: &Server, price: Decimal, sum: &mut Decimal, bill: &mut String) {
    let zones = if server.multi_az { MULTI_AZ_FACTOR } else { 1 };
    let per_gb = prices::storage_per_gb(register);
    let storage = per_gb.saturating_mul(server.storage_gb.value.into());
    let cost = price.saturating_add(storage).saturating_mul(zones.into());
    *sum = sum.saturating_add(cost);
    let twice = if server.multi_az { ", twice for multi-az" } else { "" };
    // Writing to a String cannot fail.
    let _ = writeln!(
        bill,
        "{:>10}  {}: {} {} + {} GB of gp3 {}{twice}",
        usd(cost),
        server.name.value,
        server.class.value,
        usd(price),
        server.storage_gb.value,
        usd(storage)
    );
}

fn exceeded(register: &Register, budget: &Located<Decimal>, sum: Decimal, bill: &str) -> Finding {
    let message =
        format!("the servers cost {} USD a month, and the budget is {} USD", usd(sum), usd(budget.value));
    let mut finding = RULE.finding(message).at(budget.place, "the budget");
    for server in register.servers.values() {
        finding = finding.at(server.class.place, format!("`{}`", server.name.value));
    }
    let over = usd(sum.saturating_sub(budget.value));
    finding.help(format!(
        "USD a month:\n{bill}{:>10}  in all\n{:>10}  over the budget\nlet databases share servers, choose smaller classes, or raise the budget",
        usd(sum),
        over
    ))
}

fn without_price(server: &Server) -> Finding {
    let class = server.class.as_str();
    let finding =
        Finding::warning(RULE.name, format!("class `{class}` has no price, so the sum goes without it"))
            .at(server.class.place, "not in the list of prices")
            .help("say in `platform` what an instance of it costs a month");
    finding.fix(format!("{} usd=0.00", line("price", &[], &[("instance", class)])))
}

fn usd(amount: Decimal) -> String {
    format!("{amount:.2}")
}
