//! Templates: embedded ones, overrides by people, and strictness. The only user of tera.
//!
//! Tera takes much for granted that would be a silent mistake in generated files; here it is an error:
//! an undefined value in a condition, a value that no type quoted for its target, a default that hides a typo.

mod embedded;
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

use embedded::EMBEDDED;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use tera::{Context, Kwargs, State, Tera};

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
        let texts: Vec<(&str, &str)> = texts.collect();
        for (name, text) in &texts {
            let invalid = |message| TemplateError::Invalid { name: (*name).to_owned(), message };
            lint::check(text).map_err(invalid)?;
        }
        let mut tera = strict_tera();
        // All at once: whenever one is added, tera looks at all that it has. One by one they show which of them is wrong.
        if tera.add_raw_templates(texts.iter().copied()).is_err() {
            for (name, text) in texts {
                tera.add_raw_template(name, text).map_err(|error| TemplateError::Invalid {
                    name: name.to_owned(),
                    message: error.to_string(),
                })?;
            }
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
        assert!(
            error.to_string().starts_with("there is no template `docs/typo.md`; the templates of `docs` are")
        );
    }
}
