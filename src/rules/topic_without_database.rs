//! Rule `topic-without-database`: events without an outbox.

use super::support::lines::line;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::TopicSubject;

pub(super) const RULE: Rule = Rule {
    name: "topic-without-database",
    severity: Severity::Error,
    scope: Scope::Service,
    unsilenceable: None,
    page: "
## What it does

Reports a topic of a table in a service that has no `database`.

## Why it is bad

An event and the change that it tells of have to be stored in one transaction: the outbox is a table beside the
service's own. Without a database there is no place for it, and events get lost or tell of what never happened.

## How to mend it

Give the service a `database`, if only for the rows that its events are about.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    table users entity=User {
        column id uuid primary-key
    }
    topic identity.user of=users key=id {
        event UserDeleted when=deleted
    }
}
service search {
    database search on=main
    consumes identity.UserDeleted
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
    }
    topic identity.user of=users key=id {
        event UserDeleted when=deleted
    }
}
service search {
    database search on=main
    consumes identity.UserDeleted
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for topic in register.topics.values() {
        let service = &register.services[topic.service];
        // What everybody publishes goes through the outbox of each producer.
        if service.database.is_some() || matches!(topic.subject, TopicSubject::AllProducers { .. }) {
            continue;
        }
        let name = service.name.as_str();
        let message = format!("topic `{}` needs an outbox, but `{name}` has no database", topic.name.value);
        let mut servers = register.servers.values().map(|server| server.name.as_str());
        let finding = RULE
            .finding(message)
            .at(topic.name.place, "its events are stored with the change that they tell of")
            .at(service.name.place, "has no database")
            .help(format!("give `{name}` a database"));
        findings.push(match (servers.next(), servers.next()) {
            (Some(only), None) => finding.fix(line("database", &[&name.replace('-', "_")], &[("on", only)])),
            _ => finding,
        });
    }
}
