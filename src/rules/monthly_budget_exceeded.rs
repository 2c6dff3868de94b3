//! Rule `monthly-budget-exceeded`: servers that cost more than they may.

use super::support::lines::line;
use super::support::text::in_environment;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::infrastructure::{ServerCost, server_cost};
use crate::semantic::Register;
use crate::semantic::model::{Environment, Located, Server};
use rust_decimal::Decimal;
use std::fmt::Write;

pub(super) const RULE: Rule = Rule {
    name: "monthly-budget-exceeded",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Adds up what the servers cost a month, line by line, and reports a sum over the platform's `budget`: for each server the
price of its class and of its storage, both twice with `multi-az`, and once more for each read replica. Without a `budget`
it is silent. Each environment has its own sum, held against its own `budget`, else the platform's, and is reported where it
differs from production.

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
    let mut in_production = None;
    for environment in register.environments() {
        let Some(budget) = environment.monthly_budget_usd() else { continue };
        let bill = Bill::of(register, environment, findings);
        let counted = (budget.value, bill.lines.clone());
        // Where nothing differs from production, it was said already.
        if bill.sum > budget.value && in_production.as_ref() != Some(&counted) {
            findings.push(exceeded(environment, budget, &bill));
        }
        if environment.is_production() {
            in_production = Some(counted);
        }
    }
}

/// What the servers of an environment cost, in US dollars a month.
#[derive(Default)]
struct Bill {
    sum: Decimal,
    lines: String,
}

impl Bill {
    fn of(register: &Register, environment: Environment<'_>, findings: &mut Vec<Finding>) -> Bill {
        let mut bill = Bill::default();
        for (id, server) in environment.servers() {
            match server_cost(register, server) {
                Some(cost) => bill.add(server, &cost),
                // A class that production has, too, is reported there.
                None if environment.is_production() || server.class != register.servers[id].class => {
                    findings.push(without_price(server));
                }
                None => {}
            }
        }
        bill
    }

    fn add(&mut self, server: &Server, cost: &ServerCost) {
        self.sum = self.sum.saturating_add(cost.usd);
        let zones = if server.multi_az { ", twice for multi-az" } else { "" };
        let replicas = match server.read_replicas {
            0 => String::new(),
            replicas => format!(", and {replicas} more for read replicas"),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            self.lines,
            "{:>10}  {}: {} {} + {} GB of gp3 {}{zones}{replicas}",
            usd(cost.usd),
            server.name.value,
            server.class.value,
            usd(cost.instance_usd),
            server.storage_gb.value,
            usd(cost.storage_usd)
        );
    }
}

fn exceeded(environment: Environment<'_>, budget: &Located<Decimal>, bill: &Bill) -> Finding {
    let there = in_environment(environment);
    let message = format!(
        "the servers cost {} USD a month{there}, and the budget is {} USD",
        usd(bill.sum),
        usd(budget.value)
    );
    let mut finding = RULE.finding(message);
    if let Some(declared) = environment.declared() {
        finding = finding.at(declared.name.place, "in this environment");
    }
    finding = finding.at(budget.place, "the budget");
    for (_, server) in environment.servers() {
        finding = finding.at(server.class.place, format!("`{}`", server.name.value));
    }
    let over = usd(bill.sum.saturating_sub(budget.value));
    finding.help(format!(
        "USD a month:\n{}{:>10}  in all\n{:>10}  over the budget\nlet databases share servers, choose smaller classes, or raise the budget",
        bill.lines,
        usd(bill.sum),
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
