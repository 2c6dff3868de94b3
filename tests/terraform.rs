//! What is written for Terraform: every file is HCL, and nothing of a register is more than a text in it. That Terraform takes
//! it is for `terraform validate` to say.

use freehold::backends::{Backend, GeneratedFile};
use freehold::session::{self, Selection};
use freehold::source::{Disk, Memory};
use freehold::templates::Templates;
use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn files(files: &dyn freehold::source::FileSystem, model: &str) -> Vec<GeneratedFile> {
    let checked = session::check(files, Path::new(model), None, &mut |_| {});
    assert!(!checked.has_errors(), "{:#?}", checked.findings);
    let templates = Templates::new(&BTreeMap::new()).expect("the embedded templates are right");
    let selection = Selection { services: Vec::new(), backends: vec![Backend::Terraform] };
    session::generate(&checked.register, &checked.locks, &templates, &selection, &mut |_| {})
        .expect("it is built")
        .files
}

fn of_text(text: &str) -> Vec<GeneratedFile> {
    let mut memory = Memory::default();
    memory.insert("model.kdl", text);
    files(&memory, "model.kdl")
}

fn of_nova() -> Vec<GeneratedFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("model");
    files(&Disk::new(&root), "nova.kdl")
}

fn body(file: &GeneratedFile) -> Body {
    file.contents.parse().unwrap_or_else(|error| panic!("{}: {error}\n{}", file.path, file.contents))
}

fn find<'a>(files: &'a [GeneratedFile], path: &str) -> &'a GeneratedFile {
    let file = files.iter().find(|file| file.path == path);
    file.unwrap_or_else(|| {
        panic!("{path} among {:#?}", files.iter().map(|file| &file.path).collect::<Vec<_>>())
    })
}

/// The text that a file of values gives to a variable.
fn text(body: &Body, name: &str) -> String {
    match &body.get_attribute(name).unwrap_or_else(|| panic!("{name}")).value {
        Expression::String(text) => text.value().clone(),
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn every_file_is_hcl() {
    let files = of_nova();
    let is_hcl =
        |file: &&GeneratedFile| [".tf", ".tfvars", ".hcl"].iter().any(|end| file.path.ends_with(end));
    let count = files.iter().filter(is_hcl).map(body).count();
    assert!(count > 100, "{count} files");
}

/// The names of the variables that a root declares, and of those without a default.
fn variables(files: &[GeneratedFile], root: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut all, mut required) = (BTreeSet::new(), BTreeSet::new());
    let of_root =
        files.iter().filter(|file| file.path.starts_with(&format!("{root}/")) && file.path.ends_with(".tf"));
    for body in of_root.map(body) {
        for block in body.blocks().filter(|block| block.ident.as_str() == "variable") {
            let name = block.labels[0].as_str().to_owned();
            for needed in ["type", "description"] {
                assert!(block.body.has_attribute(needed), "{root}: {name} has no {needed}");
            }
            if !block.body.has_attribute("default") {
                required.insert(name.clone());
            }
            all.insert(name);
        }
    }
    (all, required)
}

#[test]
fn every_variable_is_given_a_value_by_the_register_or_named_in_the_readme() {
    let files = of_nova();
    let readme = &find(&files, "terraform/README.md").contents;
    let values = files.iter().filter(|file| file.path.ends_with(".tfvars"));
    let mut seen = 0;
    for file in values {
        let root = file.path.rsplit_once('/').expect("it lies in a root").0;
        let (all, required) = variables(&files, root);
        let given: BTreeSet<String> = body(file).attributes().map(|it| it.key.as_str().to_owned()).collect();
        assert!(given.is_subset(&all), "{}: {given:?}", file.path);
        for name in required.difference(&given) {
            assert!(readme.contains(&format!("\n{name} ")), "{root}: nobody gives {name}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn hostile_texts_stay_texts() {
    let summary = "${file(\"/etc/passwd\")} %{ if true }\nresource \"aws_instance\" \"evil\" {}\n<<EOF\n*/";
    let register = format!(
        "server a class=db.t3.small storage-gb=20 summary={}",
        kdl::KdlValue::String(summary.to_owned())
    );
    let files = of_text(&register);
    let main = body(find(&files, "terraform/servers/a/main.tf"));
    let blocks: Vec<&str> = main.blocks().map(|block| block.ident.as_str()).collect();
    assert_eq!(blocks, ["module"]);
}

#[test]
fn environments_differ_in_values_alone_and_never_share_a_name() {
    let files = of_text(
        "platform shop
        server a class=db.t3.medium storage-gb=50 max-connections=150 multi-az
        service s { database s_data on=a; store s3 shop-files; table t { column id uuid primary-key } }
        environment staging { server a class=db.t3.micro storage-gb=20 single-az }",
    );
    let values = |environment: &str| body(find(&files, &format!("terraform/servers/a/{environment}.tfvars")));
    let shown = |environment: &str| {
        let body = values(environment);
        let number =
            |name: &str| body.get_attribute(name).expect("it is there").value.to_string().trim().to_owned();
        (
            text(&body, "identifier"),
            text(&body, "instance_class"),
            number("storage_gb"),
            number("max_connections"),
            number("multi_az"),
        )
    };
    let text = |values: [&str; 5]| {
        let [a, b, c, d, e] = values.map(str::to_owned);
        (a, b, c, d, e)
    };
    assert_eq!(shown("production"), text(["a", "db.t3.medium", "50", "150", "true"]));
    assert_eq!(shown("staging"), text(["a-staging", "db.t3.micro", "20", "150", "false"]));
    let contents = |path: &str| find(&files, path).contents.clone();
    assert!(
        contents("terraform/services/s/staging.tfvars").contains("\"shop-files\" = \"shop-files-staging\"")
    );
    assert!(
        contents("terraform/servers/a/staging.backend.hcl").contains("\"shop/staging/servers/a.tfstate\"")
    );
    assert!(
        contents("terraform/servers/a/production.tfvars")
            .contains("\"shop/production/databases/s_data/owner\"")
    );
}

#[test]
fn without_servers_and_buckets_there_is_nothing() {
    assert_eq!(of_text("service s { summary \"none\" }"), []);
}
