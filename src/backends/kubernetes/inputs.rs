//! What Jobs read is what other outputs made: migrations, queries, scripts.

use super::config_maps::{self, TooLarge};
use super::{REGISTER, reconciliation_kustomization};
use crate::backends::GeneratedFile;
use crate::infrastructure::object_name;
use crate::templates::{TemplateError, Templates};
use std::collections::BTreeMap;

/// The files of a service that its Jobs read, and the ConfigMaps that hold them.
#[derive(Clone, Debug, Default)]
pub struct JobFiles<'a> {
    /// Migrations, in their order.
    pub migrations: Vec<&'a GeneratedFile>,
    /// ConfigMaps over them.
    pub migration_config_maps: Vec<String>,
    /// The queries and the script of the reconciliation.
    pub queries: Vec<&'a GeneratedFile>,
    /// ConfigMaps over them.
    pub query_config_maps: Vec<String>,
}

/// The files of other outputs that Jobs read.
#[derive(Clone, Debug, Default)]
pub struct Inputs<'a> {
    /// Those of services, by their names.
    pub services: BTreeMap<String, JobFiles<'a>>,
    /// What the scripts of reconciliation share.
    pub shared: Vec<&'a GeneratedFile>,
    /// Kustomizations that make ConfigMaps of them, each beside its files.
    pub kustomizations: Vec<GeneratedFile>,
}

/// Why there is no output.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A template does not fit.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A file that no ConfigMap can hold.
    #[error(
        "{} has {} bytes, more than a ConfigMap of Kubernetes can hold (1 MiB): give some of its tables to another service",
        .0.path, .0.bytes
    )]
    TooLarge(TooLarge),
}

impl<'a> Inputs<'a> {
    /// Finds them among the files of other outputs.
    ///
    /// # Errors
    /// One of them is too large, or a template that was overridden does not fit.
    pub fn of(
        templates: &Templates,
        platform: &str,
        files: &'a [GeneratedFile],
    ) -> Result<Inputs<'a>, InputError> {
        let mut inputs = Inputs::default();
        for file in files {
            let parts: Vec<&str> = file.path.split('/').collect();
            match parts[..] {
                ["sql", service, name] if name.ends_with(".up.sql") => {
                    inputs.services.entry(service.to_owned()).or_default().migrations.push(file);
                }
                ["reconciliation", service, _] => {
                    inputs.services.entry(service.to_owned()).or_default().queries.push(file);
                }
                ["reconciliation", name] if !name.ends_with(".md") => inputs.shared.push(file),
                _ => {}
            }
        }
        for (service, files) in &mut inputs.services {
            // By their numbers, which have the same number of digits.
            files.migrations.sort_by(|one, other| one.path.cmp(&other.path));
            let mut over = |output: &str, ending: &str, files: &[&GeneratedFile]| {
                if files.is_empty() {
                    return Ok(Vec::new());
                }
                let (name, folder) = (object_name(service, ending), format!("{output}/{service}"));
                let node = format!("service {service}");
                let maps = config_maps::over(templates, &name, &node, &folder, files)?;
                let maps = maps.map_err(InputError::TooLarge)?;
                inputs.kustomizations.push(maps.kustomization);
                Ok::<_, InputError>(maps.names)
            };
            files.migration_config_maps = over("sql", "migrations", &files.migrations)?;
            files.query_config_maps = over("reconciliation", "queries", &files.queries)?;
        }
        if !inputs.shared.is_empty() {
            let kustomization = reconciliation_kustomization(templates, platform, &inputs.shared)?;
            inputs.kustomizations.push(GeneratedFile { node: REGISTER.to_owned(), ..kustomization });
        }
        Ok(inputs)
    }
}
