//! Generated programs: the topics, groups, variables and metrics that they name are those of the cluster, of the brokers and of alerts.

use crate::messaging::Made;
use crate::outputs::{Environment, Outputs};
use crate::pods::{containers, label, service_of};
use crate::report::Report;
use serde_json::Value;
use std::collections::BTreeSet;

/// What begins the names of variables that a program reads from more than the register of its service.
const SHARED_VARIABLES: [&str; 2] = ["KAFKA_", "DATABASE_"];

pub fn follow(outputs: &Outputs, environment: &Environment, made: &Made, report: &mut Report) {
    for (_, name, pod) in environment.cluster.pods() {
        let program = Program { outputs, environment, name, pod };
        match label(pod, "app.kubernetes.io/component") {
            "consumer" => program.consumer(made, report),
            "relay" => program.relay(made, report),
            _ => {}
        }
    }
    metrics(outputs, environment, report);
}

/// What a pod runs.
struct Program<'a> {
    outputs: &'a Outputs,
    environment: &'a Environment,
    /// Its Deployment, which is also its user of Kafka.
    name: &'a str,
    pod: &'a Value,
}

impl Program<'_> {
    /// The texts of a crate of its service.
    fn crate_text(&self, kind: &str) -> String {
        let folder = format!("consumers/{}/{kind}/src/", service_of(self.pod));
        let files = self.outputs.programs.iter().filter(|(path, _)| path.starts_with(&folder));
        files.map(|(_, text)| text.as_str()).collect()
    }

    fn variables(&self) -> BTreeSet<&str> {
        let given = containers(self.pod).flat_map(|it| it["env"].as_array().into_iter().flatten());
        let own = given.filter_map(|variable| variable["name"].as_str());
        let configured = self.configuration().and_then(|it| it["data"].as_object()).into_iter();
        own.chain(configured.flat_map(|data| data.keys().map(String::as_str))).collect()
    }

    /// What all pods of its service have.
    fn configuration(&self) -> Option<&Value> {
        self.environment.cluster.objects.get(&("ConfigMap".to_owned(), service_of(self.pod).to_owned()))
    }

    /// Whether a variable is the address of a service that runs here.
    fn is_address(&self, variable: &str) -> bool {
        let name = |pod: &Value| service_of(pod).replace('-', "_").to_uppercase();
        let pods = self.environment.cluster.pods().into_iter();
        let mut servers = pods.filter(|(_, _, pod)| label(pod, "app.kubernetes.io/component") == "server");
        servers.any(|(_, _, pod)| variable.strip_suffix("_ADDRESS").is_some_and(|it| it == name(pod)))
    }

    fn consumer(&self, made: &Made, report: &mut Report) {
        let whose = format!("{} {}", self.environment.name, self.name);
        let text = self.crate_text("consumer");
        let given = containers(self.pod).flat_map(|it| it["env"].as_array().into_iter().flatten());
        let group =
            given.filter(|it| it["name"] == "KAFKA_GROUP").find_map(|it| it["value"].as_str()).unwrap();
        let folder = format!("consumers/{}/consumer/src/groups/", service_of(self.pod));
        let module = self.outputs.programs.iter().find(|(path, text)| {
            path.starts_with(&folder) && quoted(text, "pub const NAME: &str = ").contains(&group)
        });
        report.expect("group of a program", module.is_some(), || format!("{whose} is {group}, no module is"));
        for (operation, field) in [("Read", "name: "), ("Write", "dead_letters: ")] {
            for topic in module.iter().flat_map(|(_, text)| quoted(heard(text), field)) {
                report.expect("topic of a program", made.may(self.name, operation, topic), || {
                    format!("{whose} may not {operation} {topic}")
                });
            }
        }
        let asked = quoted(&text, "ADDRESS: &str = ").into_iter();
        for variable in asked.filter(|variable| self.is_address(variable)) {
            let is_given = self.variables().contains(variable);
            report.expect("variable of a program", is_given, || format!("{whose} lacks {variable}"));
        }
        self.shared_variables(report);
    }

    fn relay(&self, made: &Made, report: &mut Report) {
        let text = self.crate_text("producer");
        let topics = quoted(text.split("pub const PUBLISHER").nth(1).unwrap_or_default(), "topic: ");
        report
            .expect("topic of a program", !topics.is_empty(), || format!("{} publishes nothing", self.name));
        for topic in topics {
            report.expect("topic of a program", made.may(self.name, "Write", topic), || {
                format!("{} {} may not write to {topic}", self.environment.name, self.name)
            });
        }
        self.shared_variables(report);
    }

    /// What is given to it has a reader.
    fn shared_variables(&self, report: &mut Report) {
        for variable in self.variables() {
            if SHARED_VARIABLES.iter().any(|start| variable.starts_with(start)) {
                report.expect("variable of a program", is_in_runtime(self.outputs, variable), || {
                    format!("{} {}: nobody reads {variable}", self.environment.name, self.name)
                });
            }
        }
    }
}

/// The list of the topics that a group hears.
fn heard(text: &str) -> &str {
    let list = text.split("pub const TOPICS").nth(1).unwrap_or_default();
    list.split("];").next().unwrap_or_default()
}

/// Texts in quotation marks that stand right behind something.
fn quoted<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    let begin = format!("{before}\"");
    text.split(begin.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Whether what all programs share names something.
fn is_in_runtime(outputs: &Outputs, name: &str) -> bool {
    let mut shared = outputs.programs.iter().filter(|(path, _)| path.starts_with("consumers/runtime/src/"));
    shared.any(|(_, text)| text.contains(&format!("\"{name}\"")))
}

/// Alerts ask for metrics that programs show. The library puts `_total` behind the names of counters.
fn metrics(outputs: &Outputs, environment: &Environment, report: &mut Report) {
    // Where no program is generated, people's own show what alerts ask for.
    if outputs.programs.is_empty() {
        return;
    }
    for (whose, query) in &environment.alerts {
        let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for metric in words.filter(|word| word.starts_with("freehold_")) {
            let shown = metric.strip_suffix("_total").unwrap_or(metric);
            report.expect("metric", is_in_runtime(outputs, shown), || {
                format!("{whose} asks for {metric}, which no program shows")
            });
        }
    }
}
