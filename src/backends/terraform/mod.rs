//! Terraform: a root module for each PostgreSQL server, and for each service with buckets or secrets, on shared modules.
//! What differs between environments is in a file of values for each.

mod server;
mod service;

use super::{GeneratedFile, REGISTER};
use crate::infrastructure::{Infrastructure, state_key};
use crate::names::hcl_name;
use crate::semantic::Register;
use crate::semantic::model::Environment;
use crate::templates::{
    Hcl, HclAttributes, HclString, MarkdownCode, Quoted, ShellWord, TemplateError, Templates,
};
use serde::Serialize;

/// Files of the shared modules; their templates have the same names. Nothing of a register stands in them.
const MODULES: [(&str, &[&str]); 4] = [
    ("kms-key", &["main.tf", "outputs.tf", "variables.tf"]),
    ("secrets", &["main.tf", "outputs.tf", "variables.tf"]),
    ("bucket", &["main.tf", "outputs.tf", "variables.tf"]),
    (
        "postgres-server",
        &[
            "main.tf",
            "monitoring.tf",
            "network.tf",
            "outputs.tf",
            "parameters.tf",
            "replicas.tf",
            "variables.tf",
        ],
    ),
];

/// Every file.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn render(
    register: &Register,
    infrastructure: &Infrastructure,
    templates: &Templates,
) -> Result<Vec<GeneratedFile>, TemplateError> {
    let mut roots = Roots { register, templates, files: Vec::new(), paths: Vec::new() };
    for server in &infrastructure.servers {
        server::render(&mut roots, infrastructure, server)?;
    }
    for service in &infrastructure.services {
        service::render(&mut roots, service)?;
    }
    let Roots { mut files, mut paths, .. } = roots;
    if paths.is_empty() {
        return Ok(files);
    }
    for (module, names) in MODULES {
        let own = names.iter().map(|name| (format!("terraform/{module}/{name}"), *name));
        let versions = ("terraform/versions.tf".to_owned(), "versions.tf");
        for (template, name) in own.chain([versions]) {
            files.push(shared(templates, &template, &format!("modules/{module}/{name}"), &())?);
        }
    }
    paths.sort();
    let environments = register.environments().map(|environment| MarkdownCode::new(environment.name()));
    let view = ReadmeView {
        example: ShellWord::new(&format!("terraform/{}", paths[0])),
        roots: paths.iter().map(|path| MarkdownCode::new(path)).collect(),
        environments: environments.collect(),
    };
    files.push(shared(templates, "terraform/README.md", "README.md", &view)?);
    Ok(files)
}

#[derive(Serialize)]
struct ReadmeView {
    roots: Vec<MarkdownCode>,
    environments: Vec<MarkdownCode>,
    example: ShellWord,
}

/// A file of the whole register.
fn shared<V: Serialize>(
    templates: &Templates,
    template: &str,
    path: &str,
    view: &V,
) -> Result<GeneratedFile, TemplateError> {
    let contents = templates.render(template, view)?;
    Ok(GeneratedFile { path: format!("terraform/{path}"), node: REGISTER.to_owned(), contents })
}

/// Values of a root, by their variables.
#[derive(Serialize)]
struct ValuesView {
    attributes: HclAttributes,
}

/// A module that is called otherwise by now, so that its state is carried along.
#[derive(Serialize)]
struct Move {
    from: Quoted,
    to: Quoted,
}

/// The names that a thing had, as moves from each to the next: the one that it has in AWS, which it had first, then the one
/// that the register says it had, then its own.
fn moves(address: impl Fn(&str) -> Quoted, first: &str, was: Option<&str>, name: &str) -> Vec<Move> {
    // A thing that is called again as it was at first has come back from the name between.
    let first = Some(first).filter(|first| *first != name);
    let mut addresses: Vec<Quoted> = [first, was, Some(name)].into_iter().flatten().map(address).collect();
    addresses.dedup();
    addresses.windows(2).map(|pair| Move { from: pair[0].clone(), to: pair[1].clone() }).collect()
}

/// The label of a module of a name of the register.
fn label(prefix: &str, name: &str) -> String {
    format!("{prefix}{}", hcl_name(name)).chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

fn quoted_label(prefix: &str, name: &str) -> HclString {
    HclString::new(&label(prefix, name))
}

/// The address of a module: `module.pg_user`.
fn address(prefix: &str, name: &str) -> Quoted {
    Quoted::already(format!("module.{}", label(prefix, name)))
}

/// Root modules in the making.
struct Roots<'a> {
    register: &'a Register,
    templates: &'a Templates,
    files: Vec<GeneratedFile>,
    /// Their folders.
    paths: Vec<String>,
}

/// A root module: where it is, what it is made from, and what its state is kept under.
struct Root<'a> {
    folder: &'static str,
    name: &'a str,
    kind: &'static str,
    lasting: &'a str,
}

impl Roots<'_> {
    /// Adds the files that all roots have. `values` are those of an environment.
    fn add(
        &mut self,
        root: &Root<'_>,
        values: impl Fn(Environment<'_>) -> HclAttributes,
    ) -> Result<(), TemplateError> {
        self.paths.push(format!("{}/{}", root.folder, root.name));
        self.file(root, "versions.tf", "terraform/root_versions.tf", &())?;
        self.file(root, "provider.tf", "terraform/provider.tf", &())?;
        for environment in self.register.environments() {
            let key = state_key(self.register, environment, root.folder, root.lasting);
            let mut backend = HclAttributes::new(0);
            backend.set("key", key).set("encrypt", true).set("use_lockfile", true);
            let mut attributes = values(environment);
            attributes.set("tags", self.tags(root, environment));
            let name = environment.name();
            for (ending, attributes) in [("backend.hcl", backend), ("tfvars", attributes)] {
                let view = ValuesView { attributes };
                self.file(root, &format!("{name}.{ending}"), "terraform/values.tfvars", &view)?;
            }
        }
        Ok(())
    }

    /// What tells in AWS, and on its bill, what belongs to what.
    fn tags(&self, root: &Root<'_>, environment: Environment<'_>) -> Hcl {
        let platform = self.register.platform.name.as_ref().map(|name| ("platform", name.as_str().into()));
        let own = [("environment", environment.name().into()), (root.kind, root.name.into())];
        let made_by = [("managed-by", "freehold".into())];
        let all = platform.into_iter().chain(own).chain(made_by);
        Hcl::Map(all.map(|(key, value): (&str, Hcl)| (key.to_owned(), value)).collect())
    }

    /// Adds a file of a root.
    fn file<V: Serialize>(
        &mut self,
        root: &Root<'_>,
        name: &str,
        template: &str,
        view: &V,
    ) -> Result<(), TemplateError> {
        let contents = self.templates.render(template, view)?;
        let path = format!("terraform/{}/{}/{name}", root.folder, root.name);
        self.files.push(GeneratedFile { path, node: format!("{} {}", root.kind, root.name), contents });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Move, address, moves};

    fn shown(first: &str, was: Option<&str>, name: &str) -> Vec<(String, String)> {
        let pair = |it: &Move| (it.from.as_str().to_owned(), it.to.as_str().to_owned());
        moves(|name| address("", name), first, was, name).iter().map(pair).collect()
    }

    #[test]
    fn every_name_leads_to_the_next() {
        let step = |from: &str, to: &str| (format!("module.{from}"), format!("module.{to}"));
        assert_eq!(shown("a", None, "a"), []);
        assert_eq!(shown("a", Some("a"), "b"), [step("a", "b")]);
        assert_eq!(shown("a", None, "b-c"), [step("a", "b_c")]);
        assert_eq!(shown("a", Some("b"), "c"), [step("a", "b"), step("b", "c")]);
        assert_eq!(shown("a", Some("b"), "a"), [step("b", "a")]);
    }
}
