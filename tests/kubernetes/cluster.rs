//! The objects of an environment, put together from the files as kustomize does it, which `validate` runs besides.

use freehold::session::{self, Selection};
use freehold::source::{FileSystem, Memory};
use freehold::templates::Templates;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// A register with services of every kind, and a second environment.
pub const EVERYTHING: &str = include_str!("../cases/kubernetes/model.kdl");

/// The files of a register by their paths.
pub fn build(register: &str) -> BTreeMap<String, String> {
    try_build(register).unwrap_or_else(|error| panic!("{error}"))
}

/// The same, or why there are none.
pub fn try_build(register: &str) -> Result<BTreeMap<String, String>, session::GenerateError> {
    let mut files = Memory::default();
    files.insert("model.kdl", register);
    build_from(&files, "model.kdl")
}

/// The files of Nova.
pub fn nova() -> BTreeMap<String, String> {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("model");
    build_from(&freehold::source::Disk::new(model), "nova.kdl").unwrap()
}

fn build_from(
    files: &dyn FileSystem,
    model: &str,
) -> Result<BTreeMap<String, String>, session::GenerateError> {
    let checked = session::check(files, Path::new(model), None, &mut |_| {});
    let errors: Vec<String> = checked.findings.iter().map(|finding| finding.message.clone()).collect();
    assert!(!checked.has_errors(), "{errors:#?}");
    let templates = Templates::new(&BTreeMap::new()).unwrap();
    let selection = Selection::default();
    let made = session::generate(&checked.register, &checked.locks, &templates, &selection, &mut |_| {})?;
    Ok(made.files.into_iter().map(|file| (file.path, file.contents)).collect())
}

/// The documents of a file of YAML.
pub fn documents(text: &str) -> Vec<Value> {
    let documents = serde_norway::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).unwrap_or_else(|error| panic!("{error}\n{text}")));
    documents.filter(|document| !document.is_null()).collect()
}

/// The objects of an environment, by kind and name.
#[derive(Debug)]
pub struct Cluster {
    /// The namespace of all of them.
    pub namespace: String,
    pub objects: BTreeMap<(String, String), Value>,
}

impl Cluster {
    /// What `kubectl apply -k overlays/ENVIRONMENT` applies.
    pub fn of(files: &BTreeMap<String, String>, environment: &str) -> Cluster {
        let folder = format!("kubernetes/overlays/{environment}");
        let mut objects = BTreeMap::new();
        kustomize(files, &folder, &mut objects);
        let namespaces: Vec<&Value> =
            objects.values().filter_map(|object: &Value| object["metadata"].get("namespace")).collect();
        let namespace = namespaces[0].as_str().unwrap().to_owned();
        assert!(namespaces.iter().all(|it| **it == namespace), "one namespace for all: {namespaces:?}");
        Cluster { namespace, objects }
    }

    pub fn kind<'a>(&'a self, kind: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let kind = kind.to_owned();
        self.objects.iter().filter(move |((it, _), _)| *it == kind).map(|((_, name), it)| (name.as_str(), it))
    }

    pub fn get(&self, kind: &str, name: &str) -> &Value {
        let key = (kind.to_owned(), name.to_owned());
        self.objects.get(&key).unwrap_or_else(|| panic!("there is no {kind} {name}"))
    }

    /// Templates of pods, each with the kind and the name of what makes them.
    pub fn pods(&self) -> Vec<(&str, &str, &Value)> {
        let paths = [
            ("Deployment", "/spec/template"),
            ("Job", "/spec/template"),
            ("CronJob", "/spec/jobTemplate/spec/template"),
        ];
        let of_kind = |(kind, path): (&'static str, &'static str)| {
            self.kind(kind).map(move |(name, object)| (kind, name, object.pointer(path).unwrap()))
        };
        paths.into_iter().flat_map(of_kind).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Kustomization {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    namespace: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    labels: Vec<Value>,
    #[serde(default)]
    images: Vec<Value>,
    #[serde(default)]
    replicas: Vec<Value>,
    #[serde(default)]
    patches: Vec<Value>,
    #[serde(default)]
    config_map_generator: Vec<Value>,
}

/// Adds the objects of a folder. What no kustomization names does not exist.
fn kustomize(
    files: &BTreeMap<String, String>,
    folder: &str,
    objects: &mut BTreeMap<(String, String), Value>,
) {
    let file = |path: &str| files.get(path).unwrap_or_else(|| panic!("{folder} refers to {path}"));
    let text = file(&format!("{folder}/kustomization.yaml"));
    let own: Kustomization = serde_norway::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(
        (own.kind.as_str(), own.api_version.as_str()),
        ("Kustomization", "kustomize.config.k8s.io/v1beta1")
    );
    let mut below = BTreeMap::new();
    for resource in &own.resources {
        let path = joined(folder, resource);
        if path.ends_with(".yaml") {
            let made = documents(file(&path));
            assert!(!made.is_empty(), "{path} holds no object");
            made.into_iter().for_each(|object| add(&mut below, object));
        } else {
            kustomize(files, &path, &mut below);
        }
    }
    for config_map in &own.config_map_generator {
        let names = config_map["files"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
        let data: serde_json::Map<String, Value> =
            names.map(|name| (name.to_owned(), json!(file(&format!("{folder}/{name}"))))).collect();
        let metadata = json!({"name": config_map["name"]});
        add(&mut below, json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}));
    }
    for replicas in &own.replicas {
        let key = ("Deployment".to_owned(), replicas["name"].as_str().unwrap().to_owned());
        below.get_mut(&key).unwrap()["spec"]["replicas"] = replicas["count"].clone();
    }
    for patch in &own.patches {
        let target = ["kind", "name"].map(|key| patch["target"][key].as_str().unwrap().to_owned());
        let object = below.get_mut(&target.into()).unwrap();
        let changes = documents(file(&joined(folder, patch["path"].as_str().unwrap())));
        for change in changes.iter().flat_map(|list| list.as_array().unwrap()) {
            assert_eq!(change["op"], "add");
            let path = change["path"].as_str().unwrap();
            *object.pointer_mut(path).unwrap_or_else(|| panic!("{path} is nowhere")) =
                change["value"].clone();
        }
    }
    for object in below.values_mut() {
        for pairs in own.labels.iter().map(|label| label["pairs"].as_object().unwrap()) {
            for path in ["/metadata", "/spec/template/metadata", "/spec/jobTemplate/spec/template/metadata"] {
                let Some(metadata) = object.pointer_mut(path) else { continue };
                for (key, value) in pairs {
                    metadata["labels"][key] = value.clone();
                }
            }
        }
        if let Some(namespace) = own.namespace.as_ref().filter(|_| object["kind"] != "Namespace") {
            object["metadata"]["namespace"] = json!(namespace);
        }
        own.images.iter().for_each(|image| set_image(object, image));
    }
    for (key, object) in below {
        assert!(objects.insert(key.clone(), object).is_none(), "{key:?} is there twice");
    }
}

fn add(objects: &mut BTreeMap<(String, String), Value>, object: Value) {
    let name = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{object}")).to_owned();
    let key = (name(&object["kind"]), name(&object["metadata"]["name"]));
    assert!(objects.insert(key.clone(), object).is_none(), "{key:?} is there twice");
}

/// `kubernetes/base` and `../overlays` is `kubernetes/overlays`.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop().unwrap()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

fn set_image(object: &mut Value, image: &Value) {
    let templates = ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"];
    for path in templates.iter().flat_map(|it| [format!("{it}/containers"), format!("{it}/initContainers")]) {
        let Some(containers) = object.pointer_mut(&path).and_then(Value::as_array_mut) else { continue };
        for container in containers.iter_mut().filter(|container| container["image"] == image["name"]) {
            let name = image.get("newName").unwrap_or(&image["name"]).as_str().unwrap();
            container["image"] = match (image.get("digest"), image.get("newTag")) {
                (Some(digest), _) => json!(format!("{name}@{}", digest.as_str().unwrap())),
                (None, Some(tag)) => json!(format!("{name}:{}", tag.as_str().unwrap())),
                (None, None) => json!(name),
            };
        }
    }
}
