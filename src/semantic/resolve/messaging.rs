//! Topics and events.

use super::Resolver;
use crate::diagnostic::Finding;
use crate::semantic::model::{
    ColumnIndex, Event, EventTrigger, Field, FieldType, Located, ServiceId, TableId, Topic, TopicId,
    TopicSubject,
};
use crate::semantic::read::Reader;
use crate::semantic::wording::{shown, suggest};
use crate::source::Place;
use foldhash::{HashMap, HashMapExt};

/// How many events a finding about all of them shows.
const MOST_EVENTS_SHOWN: usize = 5;

impl Resolver<'_> {
    pub(super) fn resolve_topics(&mut self) {
        let mut first: HashMap<String, Place> = HashMap::new();
        for (service, reader) in self.services.clone() {
            for node in reader.children_named("topic") {
                let Some(name) = node.argument(0) else { continue };
                if let Some(place) = first.get(name.as_str()) {
                    let place = *place;
                    self.duplicate("topics", &name, place);
                    continue;
                }
                first.insert(name.value.clone(), name.place);
                self.topic(service, name, node);
            }
        }
    }

    fn topic(&mut self, service: ServiceId, name: Located<String>, reader: Reader<'_>) {
        let subject = self.subject(service, reader);
        let table = match &subject {
            TopicSubject::Table { table, .. } => Some(*table),
            _ => None,
        };
        let carries = self.carried(table, reader);
        let id = self.register.topics.push(Topic {
            service,
            name,
            was: reader.text("was"),
            subject,
            partitions: reader.whole("partitions"),
            retention_days: reader.whole("retention-days"),
            outbox_by_trigger: reader.text("outbox").is_some_and(|outbox| outbox.as_str() == "trigger"),
            compact: reader.flag("compact"),
            carries,
            events: Vec::new(),
            place: reader.node.place(),
            summary: reader.text("summary"),
        });
        self.register.services[service].topics.push(id);
        if let Some(table) = table {
            self.attach(id, table);
        }
        for node in reader.children_named("event") {
            self.event(service, id, table, node);
        }
        self.ordering_field(id, reader);
    }

    /// `key=` of a topic of no table names a field that every event of the topic has.
    fn ordering_field(&mut self, topic: TopicId, reader: Reader<'_>) {
        let topic = &self.register.topics[topic];
        let TopicSubject::AllProducers { key: Some(key) } = &topic.subject else { return };
        let events = topic.events.iter().map(|event| &self.register.events[*event]);
        let mut lacking = Vec::new();
        let mut absent = Vec::new();
        for event in events {
            match event.fields.iter().find(|field| field.name.as_str() == key.as_str()) {
                Some(field) if field.nullable || field.repeated => absent.push(field),
                Some(_) => {}
                None => lacking.push(event),
            }
        }
        // A field that could not be read may be the one.
        let mut fields = reader.children_named("event").flat_map(|event| event.children_named("field"));
        let is_whole = fields.all(|field| field.argument(0).is_some() && field.type_argument().is_some());
        let name = shown(key.as_str());
        if let Some(first) = lacking.first().filter(|_| is_whole) {
            let what = format!(
                "the event `{}` has no field `{name}`, by which its topic is ordered",
                shown(first.name.as_str())
            );
            let mut finding = Finding::error("unknown-name", what).at(key.place, "orders the topic");
            for event in lacking.iter().take(MOST_EVENTS_SHOWN) {
                finding = finding.at(event.name.place, "has no such field");
            }
            let known = first.fields.iter().map(|field| field.name.as_str());
            self.findings.push(match first.fields.is_empty() {
                true => finding.help(format!("give every event of the topic a `field {name}`")),
                false => suggest(finding, key.as_str(), known),
            });
        }
        for field in absent {
            let (flag, why) = if field.repeated { ("repeated", "a list") } else { ("nullable", "absent") };
            self.findings.push(
                Finding::error(
                    "contradiction",
                    format!("the field `{name}` orders its topic, so it cannot be {why}"),
                )
                .at(field.name.place, format!("flagged `{flag}`"))
                .at(key.place, "orders the topic")
                .help(format!("take `{flag}` out, or order the topic by another field")),
            );
        }
    }

    fn attach(&mut self, topic: TopicId, table: TableId) {
        if let Some(first) = self.register.tables[table].topic {
            let table_name = self.register.tables[table].name.value.clone();
            let (again, first) = (&self.register.topics[topic], &self.register.topics[first]);
            self.findings.push(
                Finding::error(
                    "duplicate-name",
                    format!("the table `{}` has two topics", shown(&table_name)),
                )
                .at(again.name.place, "again here")
                .at(first.name.place, "first here")
                .help("all events of one entity share one topic, so that none overtakes another"),
            );
        } else {
            self.register.tables[table].topic = Some(topic);
        }
    }

    fn subject(&mut self, service: ServiceId, reader: Reader<'_>) -> TopicSubject {
        let (of, producers) = (reader.text("of"), reader.text("producers"));
        let is_of = of.is_some() || reader.has_property("of") || reader.misspells_property("of");
        let is_of_all = reader.has_property("producers") || reader.misspells_property("producers");
        match (of, producers) {
            (Some(of), None) => {
                let Some(table) = self.own_table(service, &of) else { return TopicSubject::Unresolved };
                let id = self.columns(table, &reader.names("id"));
                let id = if id.is_empty() { self.default_identity(table, of.place) } else { id };
                let key = self.columns(table, &reader.names("key"));
                let key = if key.is_empty() { id.clone() } else { key };
                TopicSubject::Table { table, key, id }
            }
            (None, Some(_)) if !is_of => TopicSubject::AllProducers { key: self.field_key(reader) },
            (None, _) if is_of || is_of_all => TopicSubject::Unresolved, // a finding says why
            (None, _) => {
                self.findings.push(
                    Finding::error("missing-property", "`topic` needs `of=` or `producers=all`")
                        .at(reader.node.head_place(), "of which table?")
                        .help("written as `topic NAME of=TABLE key=COLUMN`"),
                );
                TopicSubject::Unresolved
            }
            (Some(of), Some(producers)) => {
                self.findings.push(
                    Finding::error("contradiction", "a topic of a table has one producer: its service")
                        .at(producers.place, "every service")
                        .at(of.place, "one table")
                        .help("keep `of=` or `producers=all`"),
                );
                TopicSubject::Unresolved
            }
        }
    }

    /// The one field that orders a topic of no table.
    fn field_key(&mut self, reader: Reader<'_>) -> Option<Located<String>> {
        let mut names = reader.names("key").into_iter();
        let (first, second) = (names.next(), names.next());
        if let (Some(first), Some(second)) = (&first, second) {
            self.findings.push(
                Finding::error("wrong-value", "a topic with `producers=all` is ordered by one field")
                    .at(second.place, "one too many")
                    .at(first.place, "the field that orders")
                    .help("name the field whose value keeps events that belong together in order"),
            );
        }
        first
    }

    /// The primary key without the columns that the table is divided by, unless nothing is left then.
    fn default_identity(&self, table: TableId, place: Place) -> Vec<Located<ColumnIndex>> {
        let table = &self.register.tables[table];
        let Some(key) = &table.primary_key else { return Vec::new() };
        let divides = |column: ColumnIndex| {
            table.partition.iter().flat_map(|partition| &partition.columns).any(|other| other.value == column)
        };
        let all: Vec<ColumnIndex> = key.columns.iter().map(|column| column.value).collect();
        let identifying: Vec<ColumnIndex> = all.iter().copied().filter(|column| !divides(*column)).collect();
        let chosen = if identifying.is_empty() { all } else { identifying };
        chosen.into_iter().map(|column| Located::new(column, place)).collect()
    }

    fn carried(&mut self, table: Option<TableId>, reader: Reader<'_>) -> Vec<Located<ColumnIndex>> {
        let names: Vec<_> =
            reader.children_named("carries").flat_map(|node| node.arguments_from(0)).collect();
        match table {
            Some(table) => self.columns(table, &names),
            None => {
                if let (Some(name), Some("all")) =
                    (names.first(), reader.text("producers").as_ref().map(Located::as_str))
                {
                    self.findings.push(
                        Finding::error("contradiction", "a topic of no table carries no columns")
                            .at(name.place, "a column of which table?")
                            .help("give its events `field NAME TYPE`"),
                    );
                }
                Vec::new()
            }
        }
    }

    fn event(&mut self, service: ServiceId, topic: TopicId, table: Option<TableId>, reader: Reader<'_>) {
        let Some(name) = reader.argument(0) else { return };
        let version = reader.whole("version").map_or(1, |n| n.value);
        let key = (service, name.value.clone());
        let earlier = self.names.events.get(&key).map(|id| &self.register.events[*id]);
        if let Some(first) = earlier.filter(|first| first.version >= version) {
            let first = first.name.place;
            return self.duplicate_version("events", &name, first);
        }
        let trigger = reader.text("when").map(|when| match when.as_str() {
            "created" => EventTrigger::Created,
            "updated" => EventTrigger::Updated,
            _ => EventTrigger::Deleted,
        });
        let fields = self.fields(service, reader);
        self.event_form(topic, table, trigger, reader, &fields);
        let carries = self.carried(table, reader);
        self.carried_again(topic, &carries);
        let event = Event {
            topic,
            name,
            was: reader.text("was"),
            trigger,
            version,
            carries,
            fields,
            summary: reader.text("summary"),
            place: reader.node.place(),
        };
        let id = self.register.events.push(event);
        self.register.topics[topic].events.push(id);
        self.names.events.insert(key, id);
    }

    /// Columns that all events of the topic carry anyway.
    fn carried_again(&mut self, topic: TopicId, carries: &[Located<ColumnIndex>]) {
        let of_all = &self.register.topics[topic].carries;
        let first: HashMap<ColumnIndex, Place> =
            of_all.iter().map(|column| (column.value, column.place)).collect();
        let TopicSubject::Table { table, .. } = self.register.topics[topic].subject else { return };
        for column in carries {
            if let Some(first) = first.get(&column.value) {
                let name = self.register.tables[table].columns[column.value].name.value.clone();
                self.named_twice("column", &Located::new(name, column.place), *first);
            }
        }
    }

    /// `when=` needs a table, and does not go with fields; two events for one occasion contradict.
    fn event_form(
        &mut self,
        topic: TopicId,
        table: Option<TableId>,
        trigger: Option<EventTrigger>,
        reader: Reader<'_>,
        fields: &[Field],
    ) {
        let head = reader.node.head_place();
        let all_producers = matches!(self.register.topics[topic].subject, TopicSubject::AllProducers { .. });
        if trigger.is_some() && table.is_none() && all_producers {
            self.findings.push(
                Finding::error("contradiction", "`when=` needs a table, and this topic is of none")
                    .at(head, "which rows?")
                    .at(self.register.topics[topic].name.place, "the topic")
                    .help("leave `when=` out: the application publishes the event"),
            );
        }
        if let (Some(_), Some(field)) = (trigger, fields.first()) {
            self.findings.push(
                Finding::error("contradiction", "an event with `when=` carries columns, not fields")
                    .at(field.name.place, "a field")
                    .at(head, "sent by the compiler")
                    .help("write `carries COLUMN...`, or leave `when=` out"),
            );
        }
        let version = reader.whole("version").map_or(1, |n| n.value);
        let Some(trigger) = trigger else { return };
        match self.occasions.get(&(topic, trigger, version)) {
            Some(first) => {
                let what = "two events of one topic are sent on one occasion";
                self.findings.push(
                    Finding::error("contradiction", what)
                        .at(head, "again here")
                        .at(*first, "first here")
                        .help("bring them together, or give the newer one `version=2`"),
                );
            }
            None => {
                self.occasions.insert((topic, trigger, version), head);
            }
        }
    }

    /// The `field` nodes in an event, a request or a response.
    pub(super) fn fields(&mut self, service: ServiceId, reader: Reader<'_>) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        let mut first: HashMap<String, Place> = HashMap::new();
        for node in reader.children_named("field") {
            let (Some(name), Some(kind)) = (node.argument(0), node.type_argument()) else { continue };
            if let Some(first) = first.get(name.as_str()) {
                self.duplicate("fields", &name, *first);
                continue;
            }
            first.insert(name.value.clone(), name.place);
            if let (Some(nullable), Some(repeated)) = (node.flag("nullable"), node.flag("repeated")) {
                let what =
                    format!("the field `{}` cannot be both `nullable` and `repeated`", shown(name.as_str()));
                self.findings.push(
                    Finding::error("contradiction", what)
                        .at(nullable, "`nullable`")
                        .at(repeated, "`repeated`")
                        .help("take `nullable` out: in Protobuf no list and an empty list are the same"),
                );
            }
            let kind = Located::new(self.field_type(service, kind.as_str()), kind.place);
            fields.push(Field {
                name,
                was: node.text("was"),
                kind,
                nullable: node.flag("nullable").is_some(),
                repeated: node.flag("repeated").is_some(),
                summary: node.text("summary"),
            });
        }
        fields
    }

    /// A column type, an enum, or the entity of a table of the service.
    fn field_type(&mut self, service: ServiceId, text: &str) -> FieldType {
        use crate::semantic::model::ColumnType;
        let column_type = self.column_type(service, text);
        if !matches!(column_type, ColumnType::Unknown(_)) {
            return FieldType::Column(column_type);
        }
        match self.entities.get(&(service, text.to_owned())) {
            Some(table) => FieldType::Entity(*table),
            None => FieldType::Column(column_type),
        }
    }
}
