//! What compares a service with what it refers to and copies: the queries of each database in a file of their own, since
//! two servers cannot be joined, and a script that brings their answers together.

use super::sql_text::one_line_feed_at_the_end;
use super::{GeneratedFile, REGISTER};
use crate::names::{database_variable, file_stem};
use crate::reconcile::{
    self, Drift, Orphans, PROCESSED_EVENTS_GRACE_DAYS, Query, Reconciliation, databases_asked, stuck_outbox,
    undead_processed_events,
};
use crate::schema::ObjectName;
use crate::semantic::Register;
use crate::semantic::model::ServiceId;
use crate::sql::LineComment;
use crate::templates::{MarkdownCode, Quoted, ShellWord, TemplateError, Templates};
use crate::text::one_line;
use foldhash::HashMap;
use indexmap::IndexMap;
use serde::Serialize;

/// The files of a service: a script, and for each database the queries that it is asked, check by check. None where there
/// is nothing to compare.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn render_service(
    templates: &Templates,
    register: &Register,
    service: ServiceId,
) -> Result<Vec<GeneratedFile>, TemplateError> {
    let reconciliation = Reconciliation::of(register, service);
    if reconciliation.is_empty() {
        return Ok(Vec::new());
    }
    let databases = databases_asked(register, service);
    let mut asked = Asked::new(databases.len());
    let mut checks = Vec::new();
    for orphans in &reconciliation.orphans {
        checks.push(asked.reference(orphans, place(&databases, orphans.owner)));
    }
    for drift in &reconciliation.drifts {
        checks.push(asked.projection(drift, place(&databases, drift.owner)));
    }
    checks.extend(asked.events(&reconciliation));
    let folder = Folder { templates, register, service };
    let mut files = vec![folder.script(&databases, checks)?];
    for (id, sections) in databases.iter().zip(asked.databases) {
        if !sections.texts.is_empty() {
            files.push(folder.queries(*id, sections)?);
        }
    }
    Ok(files)
}

/// What the scripts of all services share, and how they are run. None where no service has one.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn render_shared(
    templates: &Templates,
    register: &Register,
) -> Result<Vec<GeneratedFile>, TemplateError> {
    let mut services: Vec<ServiceRow> =
        register.services.ids().filter_map(|id| ServiceRow::of(register, id)).collect();
    if services.is_empty() {
        return Ok(Vec::new());
    }
    services.sort_by(|one, other| one.name.cmp(&other.name));
    let file = |name: &str, contents: String| GeneratedFile {
        path: format!("reconciliation/{name}"),
        node: REGISTER.to_owned(),
        contents,
    };
    let view = SharedView { services };
    Ok(vec![
        file("README.md", templates.render("reconciliation/README.md", &view)?),
        file("driver.sh", templates.render("reconciliation/driver.sh", &view)?),
        file("session.sql", templates.render("reconciliation/session.sql", &view)?),
    ])
}

#[derive(Serialize)]
struct SharedView {
    services: Vec<ServiceRow>,
}

/// A service in the table of the page.
#[derive(Serialize)]
struct ServiceRow {
    name: MarkdownCode,
    references: usize,
    projections: usize,
    variables: Vec<MarkdownCode>,
}

impl ServiceRow {
    /// `None` where there is nothing to compare.
    fn of(register: &Register, service: ServiceId) -> Option<ServiceRow> {
        let databases = databases_asked(register, service);
        let variables = databases.iter().map(|id| database_variable(register.services[*id].name.as_str()));
        (!databases.is_empty()).then(|| ServiceRow {
            name: MarkdownCode::new(register.services[service].name.as_str()),
            references: reconcile::references(register, service).count(),
            projections: reconcile::projections(register, service).count(),
            variables: variables.map(|name| MarkdownCode::new(&name)).collect(),
        })
    }
}

/// The place of a service in the list of databases.
fn place(databases: &[ServiceId], service: ServiceId) -> usize {
    databases.iter().position(|id| *id == service).unwrap_or_default()
}

#[derive(Serialize)]
struct ScriptView {
    introduction: Quoted,
    name: ShellWord,
    name_json: ShellWord,
    percent: Quoted,
    tolerated_per_million: u32,
    lag_seconds: u32,
    databases: Vec<DatabaseView>,
    checks: Vec<Quoted>,
}

#[derive(Serialize)]
struct DatabaseView {
    service: ShellWord,
    variable: ShellWord,
}

#[derive(Serialize)]
struct QueriesView {
    introduction: Quoted,
    explanations: Vec<Quoted>,
    sections: Vec<SectionView>,
}

#[derive(Serialize)]
struct SectionView {
    name: Quoted,
    lines: usize,
    text: Quoted,
}

/// What one database is asked: the queries of each check, in order, under a name that no other has.
#[derive(Default)]
struct Sections {
    texts: IndexMap<String, String>,
    /// What each query is for, by its name: the same in every section.
    explanations: IndexMap<&'static str, String>,
}

impl Sections {
    /// Adds the queries of a check; the name under which they stand.
    fn add(&mut self, parts: &[&str], about: &str, queries: &[Query]) -> String {
        let text = section(about, queries);
        for query in queries {
            self.explanations.entry(query.name).or_insert_with(|| query.explanation());
        }
        let stem = file_stem(parts);
        let mut name = stem.clone();
        // References may differ in their condition alone.
        let mut number = 1;
        while self.texts.get(&name).is_some_and(|other| *other != text) {
            number += 1;
            name = format!("{stem}.{number}");
        }
        self.texts.insert(name.clone(), text);
        name
    }
}

/// A comment, and queries as prepared statements.
fn section(about: &str, queries: &[Query]) -> String {
    let mut text = LineComment(about).to_string();
    for query in queries {
        text.push_str("\n\n");
        text.push_str(&query.prepare());
    }
    text
}

/// What all databases are asked for one service.
struct Asked<'a> {
    /// In the order in which the script names the databases: the service's own is the first.
    databases: Vec<Sections>,
    /// The sections that ask an owner which keys it does not have, by the owner, the table, its columns, and whether a
    /// reference to a deleted row may stay.
    missing_keys: HashMap<(usize, &'a ObjectName, Vec<&'a str>, bool), String>,
}

impl<'a> Asked<'a> {
    fn new(databases: usize) -> Asked<'a> {
        let databases = (0..databases).map(|_| Sections::default()).collect();
        Asked { databases, missing_keys: HashMap::default() }
    }

    /// The queries of a reference, and the call that checks it.
    fn reference(&mut self, orphans: &'a Orphans, owner: usize) -> Quoted {
        let columns: Vec<&str> = orphans.key.names().collect();
        let mut parts = vec!["reference", orphans.table_name.as_str()];
        parts.extend(columns.iter().copied().chain(orphans.owner_name.split('.')));
        let title = format!("{} ({}) -> {}", orphans.table_name, columns.join(", "), orphans.owner_name);
        let about = format!("The reference {title}: keys that the owner does not have.");
        let own_name = self.databases[0].add(&parts, &about, &orphans.own_queries());
        let owner_name = self.missing_keys(orphans, owner);
        let json = format!(
            "\"table\":{},\"columns\":{},\"owner\":{},",
            json(&orphans.table_name),
            json(&columns),
            json(&orphans.owner_name)
        );
        let counts = if orphans.may_stay { "may-stay" } else { "counts" };
        let title = one_line(&format!("reference {title}")).into_owned();
        call("reference", &[&own_name, &owner_name, &title, &json, &owner.to_string(), counts])
    }

    /// The section that asks an owner which keys it does not have. References to one key ask it once.
    fn missing_keys(&mut self, orphans: &'a Orphans, owner: usize) -> String {
        let columns: Vec<&str> = orphans.target_key.names().collect();
        let question = (owner, &orphans.target, columns.clone(), orphans.may_stay);
        if let Some(name) = self.missing_keys.get(&question) {
            return name.clone();
        }
        let mut parts = vec!["keys"];
        parts.extend(orphans.owner_name.split('.').skip(1).chain(columns.iter().copied()));
        let about = format!("Which keys {} ({}) does not have.", orphans.owner_name, columns.join(", "));
        let name = self.databases[owner].add(&parts, &about, &orphans.owner_queries());
        self.missing_keys.insert(question, name.clone());
        name
    }

    /// The queries of a read copy, and the call that checks it.
    fn projection(&mut self, drift: &Drift, owner: usize) -> Quoted {
        let parts = ["projection", &drift.copy_name];
        let title = format!("{} of {}", drift.copy_name, drift.owner_name);
        let copy = format!("The read copy {title}: the copy.");
        let source = format!("The read copy {title}: what is copied.");
        let own_name = self.databases[0].add(&parts, &copy, &drift.copy.queries());
        let owner_name = self.databases[owner].add(&parts, &source, &drift.source.queries());
        let json_fields =
            format!("\"table\":{},\"owner\":{},", json(&drift.copy_name), json(&drift.owner_name));
        let order = if drift.depends_on_collation() { "collated" } else { "native" };
        let compared: Vec<String> = drift.copy.compared.iter().map(|(name, _)| json(name)).collect();
        let title = one_line(&format!("read copy {title}")).into_owned();
        let (owner, compared) = (owner.to_string(), compared.join("\t"));
        call("projection", &[&own_name, &owner_name, &title, &json_fields, &owner, order, &compared])
    }

    /// The queries about events, and the calls that ask them.
    fn events(&mut self, reconciliation: &Reconciliation) -> Vec<Quoted> {
        let own = &mut self.databases[0];
        let mut calls = Vec::new();
        if reconciliation.has_outbox {
            own.add(&["outbox"], "Events that wait in the outbox.", &[stuck_outbox()]);
            calls.push(Quoted::already("outbox"));
        }
        if let Some(days) = reconciliation.processed_events_keep_days {
            own.add(&["processed_events"], "Events that were processed.", &[undead_processed_events()]);
            let days = days.saturating_add(PROCESSED_EVENTS_GRACE_DAYS);
            calls.push(Quoted::already(format!("processed_events {days}")));
        }
        calls
    }
}

/// Where the files of one service go.
struct Folder<'a> {
    templates: &'a Templates,
    register: &'a Register,
    service: ServiceId,
}

impl Folder<'_> {
    /// What a database is asked.
    fn queries(&self, database: ServiceId, sections: Sections) -> Result<GeneratedFile, TemplateError> {
        let name = self.register.services[database].name.as_str();
        let own = database == self.service;
        let about = format!("What the database of the service {name} is asked.");
        let section = |(name, text): (String, String)| SectionView {
            name: Quoted::already(name),
            lines: text.lines().count(),
            text: Quoted::already(text),
        };
        let view = QueriesView {
            introduction: Quoted::already(LineComment(&about).to_string()),
            explanations: sections.explanations.into_values().map(Quoted::already).collect(),
            sections: sections.texts.into_iter().map(section).collect(),
        };
        let contents = self.templates.render("reconciliation/queries.sql", &view)?;
        Ok(self.file(&if own { "local.sql".to_owned() } else { format!("owner.{name}.sql") }, contents))
    }

    fn script(&self, databases: &[ServiceId], checks: Vec<Quoted>) -> Result<GeneratedFile, TemplateError> {
        let service = &self.register.services[self.service];
        let name = service.name.as_str();
        let database = |id: &ServiceId| DatabaseView {
            service: ShellWord::new(&one_line(self.register.services[*id].name.as_str())),
            variable: ShellWord::new(&database_variable(self.register.services[*id].name.as_str())),
        };
        let introduction = format!(
            "Compares what the service {name} refers to and copies with what its owners hold, and looks for stuck events."
        );
        let consistency = &service.consistency;
        let view = ScriptView {
            introduction: Quoted::already(LineComment(&introduction).to_string().replace("--", "#")),
            name: ShellWord::new(&one_line(name)),
            name_json: ShellWord::new(&json(name)),
            percent: Quoted::already(consistency.percent.normalize().to_string()),
            tolerated_per_million: consistency.tolerated_per_million(),
            lag_seconds: consistency.lag_seconds,
            databases: databases.iter().map(database).collect(),
            checks,
        };
        let contents = self.templates.render("reconciliation/reconcile.sh", &view)?;
        Ok(self.file("reconcile.sh", contents))
    }

    fn file(&self, name: &str, contents: String) -> GeneratedFile {
        let service = self.register.services[self.service].name.as_str();
        GeneratedFile {
            path: format!("reconciliation/{service}/{name}"),
            node: format!("service {service}"),
            contents: one_line_feed_at_the_end(contents),
        }
    }
}

/// A call of a function of the driver, one argument on each line where they are many.
fn call(function: &str, arguments: &[&str]) -> Quoted {
    let words: Vec<String> = arguments.iter().map(|text| ShellWord::new(text).as_str().to_owned()).collect();
    Quoted::already(format!("{function} {}", words.join(" \\\n    ")))
}

/// A value as JSON.
fn json<T: Serialize + ?Sized>(value: &T) -> String {
    // Texts and lists of them are always JSON.
    serde_json::to_string(value).unwrap_or_default()
}
