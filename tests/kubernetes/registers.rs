//! Random registers: services that run or not, with and without databases, poolers, consumers, callers and environments.

use proptest::collection::vec;
use proptest::prelude::*;
use std::fmt::Write;

/// What is random of a service.
#[derive(Clone, Debug)]
pub struct Choice {
    /// 0: it is not run.
    pub deploy: u8,
    /// 0: it has no database; else the number of its server.
    pub database: u8,
    has_topic: bool,
    is_partitioned: bool,
    /// For each service before it: 1 calls, 2 copies, 3 refers, 4 and more consume, in a group of another name.
    needs: Vec<u8>,
    called_by: u8,
    stores: u8,
    scale: (u8, u8),
    /// What staging changes: 1 the scale, 2 the image, 3 a variable.
    there: u8,
}

pub fn choice() -> impl Strategy<Value = Choice> {
    let parts = (0..4_u8, 0..3_u8, any::<bool>(), any::<bool>(), vec(0..7_u8, 5), 0..8_u8, 0..16_u8);
    (parts, (1..4_u8, 0..3_u8), 0..4_u8).prop_map(|(parts, scale, there)| {
        let (deploy, database, has_topic, is_partitioned, needs, called_by, stores) = parts;
        Choice { deploy, database, has_topic, is_partitioned, needs, called_by, stores, scale, there }
    })
}

/// A group has a name of Kafka, which need not be one of Kubernetes.
const GROUPS: [&str; 3] = ["by.day", "BY_DAY", "slow"];

/// A register of such services; `pooler` are the connections of the one before the first server.
pub fn register(choices: &[Choice], pooler: Option<u8>, is_external: bool) -> String {
    let mut text = String::from("platform shop {\n    kubernetes ");
    text.push_str(if is_external { "keda secrets=external-secrets\n}\n" } else { "secrets=kubernetes\n}\n" });
    let pooled = pooler.map_or(String::new(), |number| format!("pooler-connections={number}"));
    let _ = writeln!(text, "server one class=db.t3.small storage-gb=20 max-connections=9000 {pooled}");
    text.push_str("server two class=db.t3.small storage-gb=20 max-connections=9000\n");
    text.push_str("extern edge namespace=edge\nextern watch namespace=watch scrapes\n");
    let mut there = String::from("environment staging {\n");
    for (index, choice) in choices.iter().enumerate() {
        service(&mut text, choices, index, choice);
        if choice.deploy > 0 {
            let deploy = match choice.there {
                1 => "scale min=1 max=5",
                2 => "env X y",
                3 => "secret Z",
                _ => continue,
            };
            let _ = writeln!(there, "    service s{index} {{ deploy {{ {deploy} }} }}");
        }
    }
    text + &there + "}\n"
}

/// A table is copied, referred to and heard of where its service publishes it.
fn publishes(choice: &Choice) -> bool {
    choice.database > 0 && choice.has_topic
}

fn service(text: &mut String, choices: &[Choice], index: usize, choice: &Choice) {
    let _ = writeln!(text, "service s{index} {{");
    if choice.deploy > 0 {
        let (min, more) = choice.scale;
        let tag = ["", ":1.4", "@sha256:ab"][usize::from(choice.deploy) - 1];
        let _ = writeln!(
            text,
            "    deploy image=\"registry.example/s{index}{tag}\" port=5{index}01 {{ scale min={min} max={}; env N{index} no }}",
            min + more
        );
    }
    if choice.database > 0 {
        let server = ["one", "two"][usize::from(choice.database) - 1];
        let _ = writeln!(text, "    database d{index} on={server}");
        let _ = writeln!(
            text,
            "    table t{index} entity=T{index} {{ column id uuid primary-key; column note text }}"
        );
    }
    if publishes(choice) {
        let events: String = ["Created", "Updated", "Deleted"]
            .map(|it| format!("event T{index}{it} when={}; ", it.to_lowercase()))
            .concat();
        let _ = writeln!(text, "    topic s{index}.t of=t{index} {{ carries note; {events} }}");
    }
    if choice.database > 0 && choice.is_partitioned {
        let partition = "partition at by=range { every year; from \"2025-01\"; ahead 1 }";
        let _ = writeln!(text, "    table old{index} {{ column at date primary-key; {partition} }}");
    }
    let _ = writeln!(
        text,
        "    api {{ rpc Ask{index} {{ request {{ field a text }}; response {{ field b text }} }} }}"
    );
    for (owner, need) in choice.needs.iter().enumerate().take(index) {
        let published = publishes(&choices[owner]);
        let copies = published && choice.database > 0;
        let line = match need {
            1 => format!("calls s{owner}.Ask{owner}"),
            2 if copies => format!("projection c{index}_{owner} of=s{owner}.t{owner} {{ carries note }}"),
            3 if copies => format!(
                "table r{index}_{owner} {{ column id uuid primary-key; column o uuid; \
                 reference o to=s{owner}.t{owner} on-delete=delete verify=none }}"
            ),
            4.. if published => {
                format!(
                    "consumes s{owner}.T{owner}Created group=\"{}-{index}\"",
                    GROUPS[usize::from(*need) - 4]
                )
            }
            _ => continue,
        };
        let _ = writeln!(text, "    {line}");
    }
    for (bit, line) in [(1, "called-by edge"), (2, "called-by watch"), (4, "latency p95-ms=9")] {
        if choice.called_by & bit > 0 {
            let _ = writeln!(text, "    {line}");
        }
    }
    for (bit, line) in [(1, "redis a"), (2, "opensearch b"), (4, "clickhouse c"), (8, "s3 a-bucket")] {
        if choice.stores & bit > 0 {
            let _ = writeln!(text, "    store {line}{index}");
        }
    }
    text.push_str("}\n");
}
