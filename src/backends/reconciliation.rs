//! What compares a service with what it refers to and copies: the queries of each side in a file of their own, since two
//! servers cannot be joined, and a script that brings their answers together.

use super::GeneratedFile;
use super::sql_text::one_line_feed_at_the_end;
use crate::names::{database_variable, file_stem};
use crate::reconcile::{
    Drift, Orphans, PROCESSED_EVENTS_GRACE_DAYS, Query, Reconciliation, stuck_outbox, undead_processed_events,
};
use crate::semantic::Register;
use crate::semantic::model::{Service, ServiceId};
use crate::sql::LineComment;
use crate::templates::{MarkdownCode, Quoted, ShellWord, TemplateError, Templates};
use crate::text::one_line;
use serde::Serialize;
use std::collections::BTreeSet;

/// The files of a service: a script, and the queries of each of its checks. None where there is nothing to compare.
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
    let databases = databases(register, service, &reconciliation);
    let mut folder =
        Folder { templates, service: &register.services[service], files: Vec::new(), stems: BTreeSet::new() };
    let mut checks = Vec::new();
    for orphans in &reconciliation.orphans {
        checks.push(folder.reference(orphans, place(&databases, orphans.owner))?);
    }
    for drift in &reconciliation.drifts {
        checks.push(folder.projection(drift, place(&databases, drift.owner))?);
    }
    if reconciliation.has_outbox {
        folder.queries("outbox", "local", "Events that wait in the outbox.", &[stuck_outbox()])?;
        checks.push(Quoted::already("outbox"));
    }
    if let Some(days) = reconciliation.processed_events_keep_days {
        let about = "Events that were processed.";
        folder.queries("processed_events", "local", about, &[undead_processed_events()])?;
        checks.push(Quoted::already(format!(
            "processed_events {}",
            days.saturating_add(PROCESSED_EVENTS_GRACE_DAYS)
        )));
    }
    folder.script(register, &databases, checks)?;
    Ok(folder.files)
}

/// What the scripts of all services share, and how they are run. None where no service has one.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn render_shared(
    templates: &Templates,
    register: &Register,
) -> Result<Vec<GeneratedFile>, TemplateError> {
    let mut services = Vec::new();
    for (id, service) in register.services.iter() {
        let reconciliation = Reconciliation::of(register, id);
        if !reconciliation.is_empty() {
            services.push(ServiceRow::new(register, id, service, &reconciliation));
        }
    }
    if services.is_empty() {
        return Ok(Vec::new());
    }
    services.sort_by(|one, other| one.name.cmp(&other.name));
    let file = |name: &str, contents: String| GeneratedFile {
        path: format!("reconciliation/{name}"),
        node: "the register".to_owned(),
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
    fn new(
        register: &Register,
        id: ServiceId,
        service: &Service,
        reconciliation: &Reconciliation,
    ) -> ServiceRow {
        let databases = databases(register, id, reconciliation);
        let variables = databases.iter().map(|id| database_variable(register.services[*id].name.as_str()));
        ServiceRow {
            name: MarkdownCode::new(service.name.as_str()),
            references: reconciliation.orphans.len(),
            projections: reconciliation.drifts.len(),
            variables: variables.map(|name| MarkdownCode::new(&name)).collect(),
        }
    }
}

/// The services whose databases are asked, the service itself first.
fn databases(register: &Register, service: ServiceId, reconciliation: &Reconciliation) -> Vec<ServiceId> {
    let mut databases = reconciliation.owners();
    databases.retain(|owner| *owner != service);
    databases.sort_by_key(|owner| register.services[*owner].name.as_str());
    databases.insert(0, service);
    databases
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
    queries: Vec<Quoted>,
}

/// The files of one service in the making.
struct Folder<'a> {
    templates: &'a Templates,
    service: &'a Service,
    files: Vec<GeneratedFile>,
    stems: BTreeSet<String>,
}

impl Folder<'_> {
    /// The queries of a reference, and the call that checks it.
    fn reference(&mut self, orphans: &Orphans, owner: usize) -> Result<Quoted, TemplateError> {
        let columns: Vec<&str> = orphans.key.names().collect();
        let mut parts = vec!["reference", orphans.table_name.as_str()];
        parts.extend(columns.iter().copied().chain(orphans.owner_name.split('.')));
        let stem = self.stem(&parts);
        let title = format!("{} ({}) -> {}", orphans.table_name, columns.join(", "), orphans.owner_name);
        let about = format!("The reference {title}: keys that the owner does not have.");
        self.queries(&stem, "local", &about, &orphans.own_queries())?;
        self.queries(&stem, "owner", &about, &orphans.owner_queries())?;
        let json = format!(
            "\"table\":{},\"columns\":{},\"owner\":{},",
            json(&orphans.table_name),
            json(&columns),
            json(&orphans.owner_name)
        );
        let counts = if orphans.may_stay { "may-stay" } else { "counts" };
        Ok(call(
            "reference",
            &[&stem, &one_line(&format!("reference {title}")), &json, &owner.to_string(), counts],
        ))
    }

    /// The queries of a read copy, and the call that checks it.
    fn projection(&mut self, drift: &Drift, owner: usize) -> Result<Quoted, TemplateError> {
        let stem = self.stem(&["projection", &drift.copy_name]);
        let title = format!("{} of {}", drift.copy_name, drift.owner_name);
        let copy = format!("The read copy {title}: the copy.");
        let source = format!("The read copy {title}: what is copied.");
        self.queries(&stem, "local", &copy, &drift.copy.queries())?;
        self.queries(&stem, "owner", &source, &drift.source.queries())?;
        let json_fields =
            format!("\"table\":{},\"owner\":{},", json(&drift.copy_name), json(&drift.owner_name));
        let order = if drift.depends_on_collation() { "collated" } else { "native" };
        let compared: Vec<String> = drift.copy.compared.iter().map(|(name, _)| json(name)).collect();
        let title = one_line(&format!("read copy {title}")).into_owned();
        let owner = owner.to_string();
        Ok(call("projection", &[&stem, &title, &json_fields, &owner, order, &compared.join("\t")]))
    }

    /// A stem that no other check of the service has; references may differ in their condition alone.
    fn stem(&mut self, parts: &[&str]) -> String {
        let stem = file_stem(parts);
        let numbered = (2..).map(|number| format!("{stem}.{number}"));
        let free = std::iter::once(stem.clone()).chain(numbered).find(|name| !self.stems.contains(name));
        let free = free.unwrap_or_default();
        self.stems.insert(free.clone());
        free
    }

    fn queries(
        &mut self,
        stem: &str,
        side: &str,
        about: &str,
        queries: &[Query],
    ) -> Result<(), TemplateError> {
        let view = QueriesView {
            introduction: Quoted::already(LineComment(about).to_string()),
            queries: queries.iter().map(|query| Quoted::already(query.prepare())).collect(),
        };
        let contents = self.templates.render("reconciliation/queries.sql", &view)?;
        self.add(format!("{stem}.{side}.sql"), &contents);
        Ok(())
    }

    fn script(
        &mut self,
        register: &Register,
        databases: &[ServiceId],
        checks: Vec<Quoted>,
    ) -> Result<(), TemplateError> {
        let name = self.service.name.as_str();
        let database = |id: &ServiceId| DatabaseView {
            service: ShellWord::new(&one_line(register.services[*id].name.as_str())),
            variable: ShellWord::new(&database_variable(register.services[*id].name.as_str())),
        };
        let introduction = format!(
            "Compares what the service {name} refers to and copies with what its owners hold, and looks for stuck events."
        );
        let consistency = &self.service.consistency;
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
        self.add("reconcile.sh".to_owned(), &contents);
        Ok(())
    }

    fn add(&mut self, name: String, contents: &str) {
        let service = self.service.name.as_str();
        self.files.push(GeneratedFile {
            path: format!("reconciliation/{service}/{name}"),
            node: format!("service {service}"),
            contents: one_line_feed_at_the_end(contents),
        });
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
