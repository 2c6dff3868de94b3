//! Rule `event-without-consumer`: an event that nobody hears.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{Event, EventId, EventTrigger, OnDelete, TableId, TopicSubject};
use foldhash::HashSet;

pub(super) const RULE: Rule = Rule {
    name: "event-without-consumer",
    severity: Severity::Warning,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports an event that no service hears: none names it in `consumes`, none keeps a `projection` of its table (which hears
of created, updated and deleted rows), and, for a delete event, none refers to its table with a delete policy.

## Why it is bad

Every event is a promise: its columns cannot go without a new version, and each change of a row writes one. Nobody has
asked for this one; or somebody has, and forgot to say so.

## How to mend it

Let the service that needs it say so, or remove the event. Allow it with the reason where its reader is outside the
register.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
    }
    topic identity.user of=users key=id {
        event UserCreated when=created
    }
}
service search {
    database search on=main
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
        event UserCreated when=created
    }
}
service search {
    database search on=main
    consumes identity.UserCreated
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let heard = Heard::new(register);
    for (_, event) in register.events.iter().filter(|(id, event)| !heard.has(register, *id, event)) {
        let topic = &register.topics[event.topic];
        let owner = register.services[topic.service].name.as_str();
        let name = event.name.as_str();
        findings.push(
            RULE.finding(format!("no service hears `{owner}.{name}`"))
                .at(event.name.place, "nobody consumes it")
                .at(topic.name.place, "its topic")
                .help(format!(
                    "add `consumes {owner}.{name}` to the service that needs it, or remove the event"
                )),
        );
    }
}

struct Heard {
    events: HashSet<EventId>,
    copied: HashSet<TableId>,
    followed: HashSet<TableId>,
}

impl Heard {
    fn new(register: &Register) -> Heard {
        let consumed = register.services.values().flat_map(|service| &service.consumes);
        let acting =
            register.references.values().filter(|reference| reference.on_delete.value != OnDelete::Keep);
        Heard {
            events: consumed.filter_map(|consumption| consumption.event).collect(),
            copied: register.projections.values().filter_map(|projection| projection.source).collect(),
            followed: acting.filter_map(|reference| reference.target).collect(),
        }
    }

    fn has(&self, register: &Register, id: EventId, event: &Event) -> bool {
        let TopicSubject::Table { table, .. } = &register.topics[event.topic].subject else {
            return self.events.contains(&id);
        };
        self.events.contains(&id)
            || event.trigger.is_some() && self.copied.contains(table)
            || event.trigger == Some(EventTrigger::Deleted) && self.followed.contains(table)
    }
}
