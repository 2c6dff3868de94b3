//! A register that is edited: small, sound after every edit, and with a number in the summary of everything in it, by which
//! a comment in the output tells what it was made from.

use std::fmt::Write;

/// A thing with a name, the name that it had, and a number that it alone has for ever.
#[derive(Clone, Debug)]
pub struct Named {
    pub name: String,
    pub was: Option<String>,
    pub identity: usize,
}

/// A column, or a field of an RPC or event.
#[derive(Clone, Debug)]
pub struct Field {
    pub named: Named,
    pub kind: &'static str,
    pub nullable: bool,
    pub private: bool,
    pub carried: bool,
    /// Whether a read copy has it, where there is one and it is carried.
    pub copied: bool,
}

#[derive(Clone, Debug)]
pub struct Table {
    pub named: Named,
    pub entity: String,
    pub entity_was: Option<String>,
    /// Whether its key has two columns.
    pub has_wide_key: bool,
    /// Whether another service keeps a read copy.
    pub is_copied: bool,
    /// Whether a `list` selects by its first column that is not private.
    pub is_listed_by: bool,
    pub columns: Vec<Field>,
    pub is_served: bool,
    /// The name of the topic, and events that the application publishes.
    pub topic: Option<(Named, Vec<Message>)>,
}

/// An event with its fields, or an RPC with those of its request and its response.
#[derive(Clone, Debug)]
pub struct Message {
    pub named: Named,
    pub fields: Vec<Field>,
    pub more_fields: Vec<Field>,
    /// What an event or a request has in version 2, where there is one.
    pub later_fields: Option<Vec<Field>>,
    /// What an RPC streams.
    pub stream: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct Service {
    pub named: Named,
    /// The values of its enum `state`.
    pub values: Vec<Named>,
    pub tables: Vec<Table>,
    pub rpcs: Vec<Message>,
}

/// The whole register.
#[derive(Clone, Debug, Default)]
pub struct Register {
    pub services: Vec<Service>,
    pub identities: usize,
}

/// What a column may be. The first two can be read as each other.
pub const KINDS: [&str; 8] =
    ["integer", "bigint", "text", "uuid", "numeric(12,2)", "timestamptz", "text[]", "state"];

impl Register {
    pub fn named(&mut self, name: &str) -> Named {
        self.identities += 1;
        Named { name: name.to_owned(), was: None, identity: self.identities }
    }

    pub fn field(&mut self, name: &str, kind: &'static str) -> Field {
        Field { named: self.named(name), kind, nullable: false, private: false, carried: true, copied: true }
    }

    pub fn message(&mut self, name: &str) -> Message {
        let (one, other) = (self.field("first", "text"), self.field("second", "integer"));
        Message {
            named: self.named(name),
            fields: vec![one],
            more_fields: vec![other],
            later_fields: None,
            stream: None,
        }
    }

    pub fn table(&mut self, name: &str, entity: &str) -> Table {
        let columns = vec![self.field("a", "text"), self.field("b", "integer"), self.field("c", "state")];
        let topic = self.named("");
        let topic = Named { name: format!("topic.{}", topic.identity), ..topic };
        let named = self.named(name);
        Table {
            named,
            entity: entity.to_owned(),
            entity_was: None,
            has_wide_key: false,
            is_copied: false,
            is_listed_by: false,
            columns,
            is_served: true,
            topic: Some((topic, Vec::new())),
        }
    }

    pub fn service(&mut self) -> Service {
        let named = self.named("");
        let named = Named { name: format!("service-{}", named.identity), ..named };
        let values = vec![self.named("open"), self.named("done")];
        let tables = vec![self.table("users", "User"), self.table("items", "Item")];
        let rpcs = vec![self.message("Validate")];
        Service { named, values, tables, rpcs }
    }

    /// The register as it is written.
    pub fn text(&self) -> String {
        let mut text = String::from(
            "platform shop { postgres version=\"16.3\"; lint duplicate-table level=off }\nteam everyone\nserver main class=db.t3.small storage-gb=20 \
             max-connections=5000\n",
        );
        for service in &self.services {
            service.write(&mut text);
        }
        text.push_str("service keeper team=everyone {\nsummary copies\ndatabase keeper on=main pool=1\n");
        for service in &self.services {
            service.tables.iter().for_each(|table| table.write_copy(&service.named.name, &mut text));
        }
        text.push_str("}\n");
        text
    }
}

impl Named {
    fn properties(&self) -> String {
        let was = self.was.as_ref().map_or(String::new(), |was| format!(" was={was}"));
        format!("{was} summary=\"identity {}\"", self.identity)
    }
}

impl Service {
    fn write(&self, text: &mut String) {
        let Named { name, was, identity } = &self.named;
        let was = was.as_ref().map_or(String::new(), |was| format!(" was={was}"));
        let _ = writeln!(text, "service {name}{was} team=everyone {{\nsummary \"identity {identity}\"");
        let _ = writeln!(text, "database db_{identity} on=main pool=1\nenum state {{");
        for value in &self.values {
            let _ = writeln!(text, "value {}{}", value.name, value.properties());
        }
        text.push_str("}\n");
        for table in &self.tables {
            table.write(text);
        }
        text.push_str("api {\n");
        for table in self.tables.iter().filter(|table| table.is_served) {
            let name = &table.named.name;
            let _ = writeln!(text, "get {name}\nbatch-get {name}\nexists {name}\nlist {name}");
            let first = table.columns.iter().find(|column| !column.private);
            if let Some(first) = first.filter(|_| table.is_listed_by) {
                let _ = writeln!(text, "list {name} by={}", first.named.name);
            }
        }
        for rpc in &self.rpcs {
            let stream = rpc.stream.map_or(String::new(), |stream| format!(" stream={stream}"));
            let (name, properties) = (&rpc.named.name, rpc.named.properties());
            let _ = writeln!(text, "rpc {name}{stream}{properties} {{\nrequest {{");
            rpc.fields.iter().for_each(|field| field.write("field", text));
            text.push_str("}\nresponse {\n");
            rpc.more_fields.iter().for_each(|field| field.write("field", text));
            text.push_str("}\n}\n");
            if let Some(later) = &rpc.later_fields {
                let _ = writeln!(text, "rpc {name} version=2{properties} {{\nrequest {{");
                later.iter().for_each(|field| field.write("field", text));
                text.push_str("}\n}\n");
            }
        }
        text.push_str("}\n}\n");
    }
}

impl Table {
    fn write(&self, text: &mut String) {
        let (name, properties) = (&self.named.name, self.named.properties());
        let was = self.entity_was.as_ref().map_or(String::new(), |was| format!(" entity-was={was}"));
        let _ = writeln!(text, "table {name} entity={}{was}{properties} {{", self.entity);
        text.push_str("column id uuid summary=key\ncolumn tenant uuid summary=tenant\n");
        self.columns.iter().for_each(|column| column.write("column", text));
        text.push_str(if self.has_wide_key { "primary-key tenant id\n}\n" } else { "primary-key id\n}\n" });
        let Some((topic, events)) = &self.topic else { return };
        let _ = writeln!(text, "topic {}{} of={name} key=id {{", topic.name, topic.properties());
        for column in self.carried() {
            let _ = writeln!(text, "carries {}", column.named.name);
        }
        for (name, when) in [("Created", "created"), ("Updated", "updated"), ("Deleted", "deleted")] {
            let _ = writeln!(text, "event Topic{}{name} when={when}", topic.identity);
        }
        for event in events {
            let _ = writeln!(text, "event {}{} {{", event.named.name, event.named.properties());
            event.fields.iter().for_each(|field| field.write("field", text));
            text.push_str("}\n");
            if let Some(later) = &event.later_fields {
                let (name, properties) = (&event.named.name, event.named.properties());
                let _ = writeln!(text, "event {name} version=2{properties} {{");
                later.iter().for_each(|field| field.write("field", text));
                text.push_str("}\n");
            }
        }
        text.push_str("}\n");
    }

    fn carried(&self) -> impl Iterator<Item = &Field> {
        self.columns.iter().filter(|column| column.carried && !column.private)
    }

    fn write_copy(&self, service: &str, text: &mut String) {
        if !self.is_copied {
            return;
        }
        let (name, identity) = (&self.named.name, self.named.identity);
        let _ = writeln!(text, "projection copy_{identity} of={service}.{name} {{");
        for column in self.carried().filter(|column| column.copied) {
            let _ = writeln!(text, "carries {}", column.named.name);
        }
        text.push_str("}\n");
    }
}

impl Field {
    fn write(&self, node: &str, text: &mut String) {
        let (name, kind, properties) = (&self.named.name, self.kind, self.named.properties());
        let nullable = if self.nullable { " nullable" } else { "" };
        let private = if self.private { " private" } else { "" };
        let _ = writeln!(text, "{node} {name} \"{kind}\"{nullable}{private}{properties}");
    }
}
