//! Templates: embedded ones, overrides by people, and strictness. The only user of tera.
//!
//! Tera takes much for granted that would be a silent mistake in generated files; here it is an error:
//! an undefined value in a condition, a value that no type quoted for its target, a default that hides a typo.

mod hcl;
mod lint;
mod prometheus;
mod quoted;
mod rust;
mod yaml;
mod yaml_string;

pub use hcl::{Hcl, HclAttributes, HclComment, HclString};
pub use prometheus::{AlertText, PromqlRegex, PromqlString};
pub use quoted::{MarkdownCode, MarkdownText, MermaidText, Quoted, ShellWord};
pub use rust::{RustDoc, RustPath, RustString, TomlString};
pub use yaml::Yaml;
pub use yaml_string::YamlString;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use tera::{Context, Kwargs, State, Tera};

/// The templates that the program holds, by name.
const EMBEDDED: &[(&str, &str)] = &[
    ("consumers/Cargo.toml", include_str!("../../templates/consumers/Cargo.toml")),
    ("consumers/README.md", include_str!("../../templates/consumers/README.md")),
    ("consumers/clippy.toml", include_str!("../../templates/consumers/clippy.toml")),
    ("consumers/rustfmt.toml", include_str!("../../templates/consumers/rustfmt.toml")),
    ("consumers/package.toml", include_str!("../../templates/consumers/package.toml")),
    (
        "consumers/consumer/delete_policies.rs",
        include_str!("../../templates/consumers/consumer/delete_policies.rs"),
    ),
    ("consumers/consumer/fills.rs", include_str!("../../templates/consumers/consumer/fills.rs")),
    ("consumers/consumer/group.rs", include_str!("../../templates/consumers/consumer/group.rs")),
    ("consumers/consumer/groups.rs", include_str!("../../templates/consumers/consumer/groups.rs")),
    ("consumers/consumer/labels.rs", include_str!("../../templates/consumers/consumer/labels.rs")),
    ("consumers/consumer/lib.rs", include_str!("../../templates/consumers/consumer/lib.rs")),
    ("consumers/consumer/main.rs", include_str!("../../templates/consumers/consumer/main.rs")),
    ("consumers/consumer/projections.rs", include_str!("../../templates/consumers/consumer/projections.rs")),
    ("consumers/contracts/Cargo.toml", include_str!("../../templates/consumers/contracts/Cargo.toml")),
    ("consumers/contracts/build.rs", include_str!("../../templates/consumers/contracts/build.rs")),
    ("consumers/contracts/lib.rs", include_str!("../../templates/consumers/contracts/lib.rs")),
    ("consumers/runtime/Cargo.toml", include_str!("../../templates/consumers/runtime/Cargo.toml")),
    (
        "consumers/runtime/src/consumer/attempt.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/attempt.rs"),
    ),
    (
        "consumers/runtime/src/consumer/dead_letters.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/dead_letters.rs"),
    ),
    (
        "consumers/runtime/src/consumer/delayed.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/delayed.rs"),
    ),
    (
        "consumers/runtime/src/consumer/direct.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/direct.rs"),
    ),
    (
        "consumers/runtime/src/consumer/error.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/error.rs"),
    ),
    (
        "consumers/runtime/src/consumer/group.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/group.rs"),
    ),
    (
        "consumers/runtime/src/consumer/main_loop.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/main_loop.rs"),
    ),
    (
        "consumers/runtime/src/consumer/metrics.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/metrics.rs"),
    ),
    (
        "consumers/runtime/src/consumer/mod.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/mod.rs"),
    ),
    (
        "consumers/runtime/src/consumer/parked.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/parked.rs"),
    ),
    (
        "consumers/runtime/src/consumer/processed.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/processed.rs"),
    ),
    (
        "consumers/runtime/src/consumer/program.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/program.rs"),
    ),
    (
        "consumers/runtime/src/consumer/rebalance.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/rebalance.rs"),
    ),
    (
        "consumers/runtime/src/consumer/retries.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/retries.rs"),
    ),
    (
        "consumers/runtime/src/consumer/transactional.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/transactional.rs"),
    ),
    (
        "consumers/runtime/src/consumer/worker.rs",
        include_str!("../../templates/consumers/runtime/src/consumer/worker.rs"),
    ),
    ("consumers/runtime/src/database.rs", include_str!("../../templates/consumers/runtime/src/database.rs")),
    ("consumers/runtime/src/fill.rs", include_str!("../../templates/consumers/runtime/src/fill.rs")),
    ("consumers/runtime/src/health.rs", include_str!("../../templates/consumers/runtime/src/health.rs")),
    ("consumers/runtime/src/kafka.rs", include_str!("../../templates/consumers/runtime/src/kafka.rs")),
    ("consumers/runtime/src/lib.rs", include_str!("../../templates/consumers/runtime/src/lib.rs")),
    ("consumers/runtime/src/program.rs", include_str!("../../templates/consumers/runtime/src/program.rs")),
    ("consumers/producer/lib.rs", include_str!("../../templates/consumers/producer/lib.rs")),
    ("consumers/producer/relay.rs", include_str!("../../templates/consumers/producer/relay.rs")),
    ("consumers/producer/snapshots.rs", include_str!("../../templates/consumers/producer/snapshots.rs")),
    ("consumers/references.rs", include_str!("../../templates/consumers/references.rs")),
    ("consumers/runtime/src/outbox.rs", include_str!("../../templates/consumers/runtime/src/outbox.rs")),
    (
        "consumers/runtime/src/relay/encode.rs",
        include_str!("../../templates/consumers/runtime/src/relay/encode.rs"),
    ),
    (
        "consumers/runtime/src/relay/metrics.rs",
        include_str!("../../templates/consumers/runtime/src/relay/metrics.rs"),
    ),
    (
        "consumers/runtime/src/relay/mod.rs",
        include_str!("../../templates/consumers/runtime/src/relay/mod.rs"),
    ),
    (
        "consumers/runtime/src/relay/send.rs",
        include_str!("../../templates/consumers/runtime/src/relay/send.rs"),
    ),
    (
        "consumers/runtime/src/relay/session.rs",
        include_str!("../../templates/consumers/runtime/src/relay/session.rs"),
    ),
    (
        "consumers/runtime/src/relay/window.rs",
        include_str!("../../templates/consumers/runtime/src/relay/window.rs"),
    ),
    ("consumers/runtime/src/row.rs", include_str!("../../templates/consumers/runtime/src/row.rs")),
    ("consumers/runtime/src/snapshot.rs", include_str!("../../templates/consumers/runtime/src/snapshot.rs")),
    (
        "consumers/runtime/src/references.rs",
        include_str!("../../templates/consumers/runtime/src/references.rs"),
    ),
    ("consumers/runtime/src/rpc.rs", include_str!("../../templates/consumers/runtime/src/rpc.rs")),
    ("consumers/runtime/src/settings.rs", include_str!("../../templates/consumers/runtime/src/settings.rs")),
    ("consumers/runtime/src/trace.rs", include_str!("../../templates/consumers/runtime/src/trace.rs")),
    ("docs/README.md", include_str!("../../templates/docs/README.md")),
    ("docs/connections.md", include_str!("../../templates/docs/connections.md")),
    ("docs/costs.md", include_str!("../../templates/docs/costs.md")),
    ("docs/events.md", include_str!("../../templates/docs/events.md")),
    ("docs/ownership.md", include_str!("../../templates/docs/ownership.md")),
    ("docs/services.md", include_str!("../../templates/docs/services.md")),
    ("kafka/README.md", include_str!("../../templates/kafka/README.md")),
    ("kafka/driver.sh", include_str!("../../templates/kafka/driver.sh")),
    ("kafka/environment.sh", include_str!("../../templates/kafka/environment.sh")),
    ("kubernetes/README.md", include_str!("../../templates/kubernetes/README.md")),
    ("kubernetes/autoscalers.yaml", include_str!("../../templates/kubernetes/autoscalers.yaml")),
    ("kubernetes/config-map.yaml", include_str!("../../templates/kubernetes/config-map.yaml")),
    ("kubernetes/cron-job.yaml", include_str!("../../templates/kubernetes/cron-job.yaml")),
    ("kubernetes/deployment.yaml", include_str!("../../templates/kubernetes/deployment.yaml")),
    ("kubernetes/external-secrets.yaml", include_str!("../../templates/kubernetes/external-secrets.yaml")),
    ("kubernetes/job.yaml", include_str!("../../templates/kubernetes/job.yaml")),
    ("kubernetes/kafka.yaml", include_str!("../../templates/kubernetes/kafka.yaml")),
    ("kubernetes/kustomization.yaml", include_str!("../../templates/kubernetes/kustomization.yaml")),
    ("kubernetes/migrate.sh", include_str!("../../templates/kubernetes/migrate.sh")),
    ("kubernetes/namespace.yaml", include_str!("../../templates/kubernetes/namespace.yaml")),
    ("kubernetes/network-policies.yaml", include_str!("../../templates/kubernetes/network-policies.yaml")),
    ("kubernetes/patch.yaml", include_str!("../../templates/kubernetes/patch.yaml")),
    ("kubernetes/pooler.sh", include_str!("../../templates/kubernetes/pooler.sh")),
    ("kubernetes/pooler.yaml", include_str!("../../templates/kubernetes/pooler.yaml")),
    ("kubernetes/service.yaml", include_str!("../../templates/kubernetes/service.yaml")),
    ("prometheus/README.md", include_str!("../../templates/prometheus/README.md")),
    ("prometheus/rules.yaml", include_str!("../../templates/prometheus/rules.yaml")),
    ("proto/annotations.proto", include_str!("../../templates/proto/annotations.proto")),
    ("proto/buf.yaml", include_str!("../../templates/proto/buf.yaml")),
    ("proto/event_metadata.proto", include_str!("../../templates/proto/event_metadata.proto")),
    ("proto/file.proto", include_str!("../../templates/proto/file.proto")),
    ("reconciliation/README.md", include_str!("../../templates/reconciliation/README.md")),
    ("reconciliation/driver.sh", include_str!("../../templates/reconciliation/driver.sh")),
    ("reconciliation/queries.sql", include_str!("../../templates/reconciliation/queries.sql")),
    ("reconciliation/reconcile.sh", include_str!("../../templates/reconciliation/reconcile.sh")),
    ("reconciliation/session.sql", include_str!("../../templates/reconciliation/session.sql")),
    ("sql/bootstrap.sql", include_str!("../../templates/sql/bootstrap.sql")),
    ("sql/migration.sql", include_str!("../../templates/sql/migration.sql")),
    ("terraform/README.md", include_str!("../../templates/terraform/README.md")),
    ("terraform/bucket/main.tf", include_str!("../../templates/terraform/bucket/main.tf")),
    ("terraform/bucket/outputs.tf", include_str!("../../templates/terraform/bucket/outputs.tf")),
    ("terraform/bucket/variables.tf", include_str!("../../templates/terraform/bucket/variables.tf")),
    ("terraform/kms-key/main.tf", include_str!("../../templates/terraform/kms-key/main.tf")),
    ("terraform/kms-key/outputs.tf", include_str!("../../templates/terraform/kms-key/outputs.tf")),
    ("terraform/kms-key/variables.tf", include_str!("../../templates/terraform/kms-key/variables.tf")),
    ("terraform/postgres-server/main.tf", include_str!("../../templates/terraform/postgres-server/main.tf")),
    (
        "terraform/postgres-server/monitoring.tf",
        include_str!("../../templates/terraform/postgres-server/monitoring.tf"),
    ),
    (
        "terraform/postgres-server/network.tf",
        include_str!("../../templates/terraform/postgres-server/network.tf"),
    ),
    (
        "terraform/postgres-server/outputs.tf",
        include_str!("../../templates/terraform/postgres-server/outputs.tf"),
    ),
    (
        "terraform/postgres-server/parameters.tf",
        include_str!("../../templates/terraform/postgres-server/parameters.tf"),
    ),
    (
        "terraform/postgres-server/replicas.tf",
        include_str!("../../templates/terraform/postgres-server/replicas.tf"),
    ),
    (
        "terraform/postgres-server/variables.tf",
        include_str!("../../templates/terraform/postgres-server/variables.tf"),
    ),
    ("terraform/provider.tf", include_str!("../../templates/terraform/provider.tf")),
    ("terraform/root_versions.tf", include_str!("../../templates/terraform/root_versions.tf")),
    ("terraform/secrets/main.tf", include_str!("../../templates/terraform/secrets/main.tf")),
    ("terraform/secrets/outputs.tf", include_str!("../../templates/terraform/secrets/outputs.tf")),
    ("terraform/secrets/variables.tf", include_str!("../../templates/terraform/secrets/variables.tf")),
    ("terraform/server/main.tf", include_str!("../../templates/terraform/server/main.tf")),
    ("terraform/server/outputs.tf", include_str!("../../templates/terraform/server/outputs.tf")),
    ("terraform/server/variables.tf", include_str!("../../templates/terraform/server/variables.tf")),
    ("terraform/service/main.tf", include_str!("../../templates/terraform/service/main.tf")),
    ("terraform/service/outputs.tf", include_str!("../../templates/terraform/service/outputs.tf")),
    ("terraform/service/variables.tf", include_str!("../../templates/terraform/service/variables.tf")),
    ("terraform/values.tfvars", include_str!("../../templates/terraform/values.tfvars")),
    ("terraform/versions.tf", include_str!("../../templates/terraform/versions.tf")),
];

/// Filters of tera that make unquoted text pass as quoted, or undefined values as values.
const REFUSED_FILTERS: [&str; 4] = ["safe", "default", "escape_html", "escape_xml"];

/// A template that is wrong, or does not fit its view.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// An override has a name that no embedded template has.
    #[error("there is no template `{name}`; {}", names_beside(name))]
    UnknownName {
        /// Its name.
        name: String,
    },
    /// A template cannot be read.
    #[error("the template `{name}` is wrong: {message}")]
    Invalid {
        /// Its name.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// A template does not fit its view.
    #[error("the template `{name}` could not be rendered: {message}")]
    Render {
        /// Its name.
        name: String,
        /// What is wrong.
        message: String,
    },
}

/// The templates of the folder that a name stands in, or the folders where it is none: a list for people.
fn names_beside(name: &str) -> String {
    let folder = |name: &'static str| name.split_once('/').map_or(name, |(folder, _)| folder);
    let listed = |names: BTreeSet<&str>| {
        names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let wanted = name.split('/').next().unwrap_or(name);
    let beside: BTreeSet<&str> = Templates::names().filter(|known| folder(known) == wanted).collect();
    match beside.is_empty() {
        true => format!("the folders of templates are {}", listed(Templates::names().map(folder).collect())),
        false => format!("the templates of `{wanted}` are {}", listed(beside)),
    }
}

/// Templates ready to render.
#[derive(Clone)]
pub struct Templates {
    tera: Tera,
}

impl Templates {
    /// The names of all templates.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// The embedded templates, some replaced by overrides of the same name.
    ///
    /// # Errors
    /// An override with an unknown name, or one that cannot be read.
    pub fn new(overrides: &BTreeMap<String, String>) -> Result<Templates, TemplateError> {
        if let Some(name) = overrides.keys().find(|name| !Templates::names().any(|known| known == *name)) {
            return Err(TemplateError::UnknownName { name: name.clone() });
        }
        let texts =
            EMBEDDED.iter().map(|(name, text)| (*name, overrides.get(*name).map_or(*text, String::as_str)));
        Templates::from_texts(texts)
    }

    fn from_texts<'a>(texts: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Templates, TemplateError> {
        let mut tera = strict_tera();
        for (name, text) in texts {
            lint::check(text).map_err(|message| TemplateError::Invalid { name: name.to_owned(), message })?;
            tera.add_raw_template(name, text).map_err(|error| TemplateError::Invalid {
                name: name.to_owned(),
                message: error.to_string(),
            })?;
        }
        Ok(Templates { tera })
    }

    /// Renders a template. Its only variable is `view`.
    ///
    /// # Errors
    /// The template asks for something that the view does not have, or writes text that is not quoted.
    pub fn render<V: serde::Serialize>(&self, name: &str, view: &V) -> Result<String, TemplateError> {
        let failed = |message: String| TemplateError::Render { name: name.to_owned(), message };
        let view = tera::Value::try_from_serializable(view).map_err(|error| failed(error.to_string()))?;
        let mut context = Context::new();
        context.insert_value("view", view);
        self.tera.render(name, &context).map_err(|error| failed(describe(&error)))
    }
}

fn strict_tera() -> Tera {
    let mut tera = Tera::new();
    tera.autoescape_on([""]);
    tera.set_escape_fn(|text, _| {
        Err(io::Error::other(format!("the text {text:?} is not quoted for the language of this file")))
    });
    tera.register_filter("flag", |value: bool, _: Kwargs, _: &State| value);
    for name in REFUSED_FILTERS {
        tera.register_filter(name, move |_: tera::Value, _: Kwargs, _: &State| {
            Err::<tera::Value, _>(tera::Error::message(format!("the filter `{name}` is not allowed here")))
        });
    }
    tera
}

/// The message of an error with those of its causes.
fn describe(error: &tera::Error) -> String {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        message = format!("{message}: {inner}");
        cause = inner.source();
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    #[derive(Serialize)]
    struct View {
        raw: String,
        quoted: MarkdownText,
        yes: bool,
        items: Vec<MarkdownCode>,
    }

    fn render(text: &str) -> Result<String, TemplateError> {
        let view = View {
            raw: "plain".into(),
            quoted: MarkdownText::new("a|b"),
            yes: true,
            items: vec![MarkdownCode::new("x"), MarkdownCode::new("y")],
        };
        Templates::from_texts(std::iter::once(("test.md", text)))?.render("test.md", &view)
    }

    fn message(text: &str) -> String {
        render(text).expect_err("the template must be refused").to_string()
    }

    #[test]
    fn quoted_text_numbers_and_conditions_render() {
        let text = "{{ view.quoted }} {% if view.yes | flag %}yes{% endif %} {% for item in view.items %}{{ item }}{% endfor %}";
        assert_eq!(render(text).expect("renders"), r"a\|b yes `x``y`");
        assert_eq!(
            render("{% if not (view.yes | flag) %}no{% else %}yes{% endif %}").expect("renders"),
            "yes"
        );
    }

    #[test]
    fn text_that_is_not_quoted_is_refused() {
        assert!(message("{{ view.raw }}").contains("\"plain\" is not quoted"));
        assert!(message("{{ view.raw | upper }}").contains("is not quoted"));
        assert!(message("{{ view.raw | safe }}").contains("`safe` is not allowed"));
        assert!(message("{{ view.quoted ~ view.raw }}").contains("is not quoted"));
    }

    #[test]
    fn what_is_undefined_is_refused() {
        assert!(message("{{ view.typo }}").contains("typo"));
        assert!(message("{{ view.typo | default(value=1) }}").contains("`default` is not allowed"));
        assert!(message("{% if view.typo | flag %}x{% endif %}").contains("bool"));
        assert!(message("{% if not (view.typo | flag) %}x{% endif %}").contains("bool"));
        assert!(message("{% if view.raw | flag %}x{% endif %}").contains("bool"));
        assert!(message("{% for x in view.typo %}x{% endfor %}").contains("typo"));
    }

    #[test]
    fn an_override_needs_the_name_of_a_template() {
        let overrides = BTreeMap::from([("docs/typo.md".to_owned(), String::new())]);
        let Err(error) = Templates::new(&overrides) else { panic!("the name must be refused") };
        assert!(error.to_string().starts_with("there is no template `docs/typo.md`; the templates are"));
    }
}
