//! The two sums: what counts, line by line.

use super::check;

/// The help of the only finding of a rule.
fn help(register: &str, rule: &str) -> Option<String> {
    let (_, findings) = check(register);
    let mut found = findings.into_iter().filter(|finding| finding.rule == rule);
    let help = found.next().and_then(|finding| finding.help);
    assert!(found.next().is_none(), "more than one finding of {rule}");
    help
}

/// A service with a pool of 10 on server `main`.
fn service(name: &str, scale: &str, body: &str) -> String {
    format!(
        "service {name} {{
        database {name} on=main pool=10
        deploy image=\"registry.example/{name}\" {{ scale {scale} }}
        {body}
    }}\n"
    )
}

fn connections(server: &str, services: &str) -> Option<String> {
    let server = format!("server main class=db.t3.small storage-gb=20 {server}\n");
    help(&(server + services), "connection-budget-exceeded")
}

fn sum(help: &str) -> u64 {
    let line = help.lines().find(|line| line.ends_with("in all")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

const SPEAKS: &str = "table t entity=T { column id uuid primary-key }
    topic speaker.t of=t key=id { event TDeleted when=deleted; event TSaid }";

#[test]
fn the_last_connection_may_be_taken() {
    // 10 x (3 + 1) for the pool, 2 for jobs, 10 in reserve.
    let services = service("one", "min=3", "");
    assert_eq!(connections("max-connections=52", &services), None);
    let help = connections("max-connections=51", &services).unwrap();
    assert_eq!(sum(&help), 52);
    insta::assert_snapshot!(help, @r"
    connections:
        40  one: pool 10 x (3 replicas + 1)
         2  one: migrations and maintenance
        10  reserve
        52  in all
        51  max-connections
    lower a pool or `scale max`, move a database, put a pooler in front, or raise `max-connections`
    ");
}

#[test]
fn the_most_replicas_count_and_the_default_without_a_deploy() {
    assert_eq!(sum(&connections("max-connections=6", &service("one", "min=2 max=7", "")).unwrap()), 92);
    let bare = "service one { database one on=main pool=10 }";
    assert_eq!(sum(&connections("max-connections=6", bare).unwrap()), 52);
    let platform = "platform p { defaults { scale min=1 max=2 } }\n";
    assert_eq!(sum(&connections("max-connections=6", &(platform.to_owned() + bare)).unwrap()), 42);
}

#[test]
fn relays_and_consumer_groups_count() {
    let hears = |consumes: &str| service("hearer", "min=1", consumes);
    let of = |hearer: String| {
        sum(&connections("max-connections=6", &(service("speaker", "min=1", SPEAKS) + &hearer)).unwrap())
    };
    // Twice 10 x 2 and 2 for jobs, the relay and one that surges, the reconciliation that looks at the outbox, the reserve.
    let quiet = 44 + 4 + 1 + 10;
    // Who consumes has processed events to look at.
    let own = 1;
    assert_eq!(of(hears("")), quiet);
    // A replica of a consumer has two, and one surges.
    assert_eq!(of(hears("consumes speaker.TDeleted speaker.TSaid")), quiet + 4 + own);
    assert_eq!(of(hears("consumes speaker.TDeleted; consumes speaker.TSaid group=audit")), quiet + 8 + own);
    // Who refers or copies looks at the owner, too.
    let both = own + 1;
    assert_eq!(
        of(hears("consumes speaker.TDeleted group=hearer; projection ts of=speaker.t { }")),
        quiet + 4 + both
    );
    let refers = |policy: &str| {
        hears(&format!(
            "table u {{ column id uuid primary-key; column t_id uuid; reference t_id to=speaker.t on-delete={policy} }}"
        ))
    };
    assert_eq!(of(refers("delete")), quiet + 4 + both);
    assert_eq!(of(refers("keep")), quiet + both);
}

#[test]
fn a_pooler_stands_for_pools_and_consumers_but_not_for_what_connects_directly() {
    let services = service("speaker", "min=3 max=9", SPEAKS)
        + &service("hearer", "min=3 max=9", "consumes speaker.TDeleted speaker.TSaid");
    let help = connections("max-connections=64 pooler-connections=50", &services).unwrap();
    insta::assert_snapshot!(help, @r"
    connections:
        74  pooler (2 replicas + 1), for pools and consumers of all databases
         2  speaker: outbox relay, 1 replica + 1
         2  speaker: migrations and maintenance
         1  speaker: reconciliations
         2  hearer: migrations and maintenance
         1  hearer: reconciliations
        10  reserve
        92  in all
        64  max-connections
    lower a pool or `scale max`, move a database, put a pooler in front, or raise `max-connections`
    ");
    assert_eq!(connections("max-connections=92 pooler-connections=50", &services), None);
}

#[test]
fn three_databases_with_a_pool_of_eight_and_four_replicas_fit_one_server() {
    let services: String =
        ["a", "b", "c"].map(|name| service(name, "min=3 max=4", "").replace("pool=10", "pool=8")).concat();
    assert_eq!(connections("max-connections=200", &services), None);
}

#[test]
fn each_server_is_counted_by_itself() {
    let servers = "server main class=db.t3.small storage-gb=20 max-connections=52
        server other class=db.t3.small storage-gb=20 max-connections=52\n";
    let services = service("one", "min=3", "") + &service("two", "min=3", "").replace("on=main", "on=other");
    assert_eq!(help(&(servers.to_owned() + &services), "connection-budget-exceeded"), None);
}

fn bill(platform: &str, servers: &str) -> Option<String> {
    help(&format!("platform p {{ {platform} }}\n{servers}"), "monthly-budget-exceeded")
}

#[test]
fn the_bill_of_a_server_is_its_class_and_its_storage_twice_in_two_zones() {
    let servers = "server a class=db.t3.small storage-gb=50
        server b class=db.r5.large storage-gb=100 multi-az";
    insta::assert_snapshot!(bill("budget monthly-usd=732", servers).unwrap(), @r"
    USD a month:
         86.50  a: db.t3.small 75.00 + 50 GB of gp3 11.50
        646.00  b: db.r5.large 300.00 + 100 GB of gp3 23.00, twice for multi-az
        732.50  in all
          0.50  over the budget
    let databases share servers, choose smaller classes, or raise the budget
    ");
    assert_eq!(bill("budget monthly-usd=732.50", servers), None);
    assert_eq!(bill("", servers), None);
}

#[test]
fn the_planned_eight_servers_of_nova_cost_865() {
    let small = ["identity", "moderation", "events", "shared-a", "shared-b", "shared-c"]
        .map(|name| format!("server {name} class=db.t3.small storage-gb=50\n"))
        .concat();
    let medium =
        "server user class=db.t3.medium storage-gb=100\nserver search class=db.t3.medium storage-gb=100\n";
    assert_eq!(bill("budget monthly-usd=865", &(small.clone() + medium)), None);
    assert!(bill("budget monthly-usd=864.99", &(small + medium)).unwrap().contains("865.00  in all"));
}

#[test]
fn prices_of_the_register_count_before_the_list() {
    let servers = "server a class=db.t3.small storage-gb=100";
    let prices =
        "budget monthly-usd=1; price instance=db.t3.small usd=10.10; price storage=gp3 usd-per-gb=0.10";
    assert!(bill(prices, servers).unwrap().contains("20.10  a: db.t3.small 10.10 + 100 GB of gp3 10.00"));
}

#[test]
fn a_class_without_a_price_is_a_warning_and_does_not_hide_the_rest() {
    let register = "platform p { budget monthly-usd=50 }
        server a class=db.t3.small storage-gb=20
        server b class=db.x9.enormous storage-gb=20";
    let (_, findings) = check(register);
    let found: Vec<_> = findings.iter().map(|finding| (finding.severity, finding.message.as_str())).collect();
    use freehold::diagnostic::Severity;
    assert_eq!(
        found,
        [
            (Severity::Error, "the servers cost 79.60 USD a month, and the budget is 50.00 USD"),
            (Severity::Warning, "class `db.x9.enormous` has no price, so the sum goes without it"),
        ]
    );
    let priced = register
        .replace("budget monthly-usd=50", "budget monthly-usd=900; price instance=db.x9.enormous usd=800");
    assert!(check(&priced).1.is_empty());
}

/// Messages and helps of all findings of a rule.
fn found(register: &str, rule: &str) -> Vec<(String, String)> {
    let (_, findings) = check(register);
    let found = findings.into_iter().filter(|finding| finding.rule == rule);
    found.map(|finding| (finding.message, finding.help.unwrap_or_default())).collect()
}

#[test]
fn connections_of_each_environment_are_counted_with_its_own_pools_replicas_and_servers() {
    let register = |production: u32, staging: &str| {
        format!("server main class=db.t3.small storage-gb=20 max-connections={production}\n")
            + &service("one", "min=3 max=4", "")
            + &format!("environment staging {{ {staging} }}")
    };
    let rule = "connection-budget-exceeded";
    // 10 x (4 + 1) for the pool, 2 for jobs, 10 in reserve.
    assert_eq!(found(&register(62, ""), rule), []);
    // What was said of production is not said again where nothing differs.
    let said = found(&register(61, ""), rule);
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].0, "server `main` takes 61 connections, and up to 62 are needed");
    assert_eq!(found(&register(61, "defaults { scale max=3 }"), rule).len(), 1);
    assert_eq!(found(&register(62, "server main max-connections=61"), rule).len(), 1);
    assert_eq!(
        found(&register(62, "server main max-connections=61; service one { database pool=9 }"), rule),
        []
    );
    assert_eq!(
        found(&register(62, "server main max-connections=52; defaults { scale min=1 max=3 }"), rule),
        []
    );
    let said =
        found(&register(62, "server main max-connections=20; service one { deploy { scale max=1 } }"), rule);
    assert_eq!(
        said[0].0,
        "server `main` takes 20 connections, and up to 32 are needed in the environment `staging`"
    );
    assert!(said[0].1.contains("20  one: pool 10 x (1 replicas + 1)"), "{}", said[0].1);
    let both = found(&register(61, "server main max-connections=60"), rule);
    assert_eq!(both.len(), 2, "{both:#?}");
}

#[test]
fn each_environment_has_its_budget_or_that_of_the_platform() {
    let register = |platform: &str, staging: &str| {
        format!(
            "platform p {{ {platform} }}
            server a class=db.t3.small storage-gb=100 multi-az
            server b class=db.t3.small storage-gb=100
            environment staging {{ {staging} }}"
        )
    };
    let rule = "monthly-budget-exceeded";
    let smaller = "server a class=db.t3.micro storage-gb=20 single-az";
    assert_eq!(found(&register("budget monthly-usd=294", ""), rule), []);
    assert_eq!(found(&register("budget monthly-usd=293", ""), rule).len(), 1);
    assert_eq!(found(&register("budget monthly-usd=294", "server a read-replicas=1"), rule).len(), 1);
    let said = found(&register("", &format!("budget monthly-usd=140; {smaller}")), rule);
    insta::assert_snapshot!(format!("{}\n{}", said[0].0, said[0].1), @r"
    the servers cost 140.10 USD a month in the environment `staging`, and the budget is 140.00 USD
    USD a month:
         42.10  a: db.t3.micro 37.50 + 20 GB of gp3 4.60
         98.00  b: db.t3.small 75.00 + 100 GB of gp3 23.00
        140.10  in all
          0.10  over the budget
    let databases share servers, choose smaller classes, or raise the budget
    ");
    assert_eq!(found(&register("", &format!("budget monthly-usd=140.10; {smaller}")), rule), []);
}

#[test]
fn environments_with_budgets_of_their_own_are_each_looked_at() {
    let register = "server a class=db.t3.small storage-gb=100
        environment one { budget monthly-usd=10 }
        environment two { budget monthly-usd=10 }";
    let said: Vec<String> =
        found(register, "monthly-budget-exceeded").into_iter().map(|(message, _)| message).collect();
    let message = |name: &str| {
        format!("the servers cost 98.00 USD a month in the environment `{name}`, and the budget is 10.00 USD")
    };
    assert_eq!(said, [message("one"), message("two")]);
}

#[test]
fn an_allowance_in_an_environment_is_about_that_environment() {
    let register = "server main class=db.t3.small storage-gb=20 max-connections=62\n".to_owned()
        + &service("one", "min=3 max=4", "")
        + "environment staging {
            allow connection-budget-exceeded reason=\"nobody loads it\"
            server main max-connections=20
        }";
    assert_eq!(check(&register).1, []);
}
