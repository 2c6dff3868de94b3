//! A `kustomization.yaml`.

use super::parts::comment;
use crate::backends::GeneratedFile;
use crate::backends::sql_text::one_line_feed_at_the_end;
use crate::templates::{Quoted, TemplateError, Templates, Yaml};
use serde::Serialize;

/// What a `kustomization.yaml` says. What is empty is left out.
#[derive(Clone, Debug, Default)]
pub struct Kustomization {
    /// The namespace of all objects.
    pub namespace: Option<String>,
    /// Files and folders.
    pub resources: Vec<String>,
    /// Labels of all objects, never of selectors and pods.
    pub labels: Option<Yaml>,
    /// Which version of an image.
    pub images: Vec<Yaml>,
    /// How many replicas where no autoscaler decides.
    pub replicas: Vec<Yaml>,
    /// Files with changes of an object.
    pub patches: Vec<Yaml>,
    /// ConfigMaps over files.
    pub config_maps: Vec<ConfigMapView>,
}

/// A ConfigMap over files of its folder.
#[derive(Clone, Debug, Serialize)]
pub struct ConfigMapView {
    /// Its name, without the digest that kustomize adds.
    pub name: Yaml,
    /// Options of its generator.
    pub options: Yaml,
    /// Names of files.
    pub files: Vec<Yaml>,
}

#[derive(Serialize)]
struct View {
    introduction: Quoted,
    has_namespace: bool,
    namespace: Yaml,
    has_resources: bool,
    resources: Vec<Yaml>,
    has_labels: bool,
    labels: Yaml,
    has_images: bool,
    images: Vec<Yaml>,
    has_replicas: bool,
    replicas: Vec<Yaml>,
    has_patches: bool,
    patches: Vec<Yaml>,
    has_config_maps: bool,
    config_maps: Vec<ConfigMapView>,
}

impl Kustomization {
    /// Renders it into a folder.
    pub fn render(
        self,
        templates: &Templates,
        folder: &str,
        node: &str,
        about: &str,
    ) -> Result<GeneratedFile, TemplateError> {
        let view = View {
            introduction: comment(about),
            has_namespace: self.namespace.is_some(),
            namespace: self.namespace.unwrap_or_default().into(),
            has_resources: !self.resources.is_empty(),
            resources: self.resources.into_iter().map(Yaml::from).collect(),
            has_labels: self.labels.is_some(),
            labels: self.labels.unwrap_or(Yaml::Map(Vec::new())),
            has_images: !self.images.is_empty(),
            images: self.images,
            has_replicas: !self.replicas.is_empty(),
            replicas: self.replicas,
            has_patches: !self.patches.is_empty(),
            patches: self.patches,
            has_config_maps: !self.config_maps.is_empty(),
            config_maps: self.config_maps,
        };
        let contents = templates.render("kubernetes/kustomization.yaml", &view)?;
        Ok(GeneratedFile {
            path: format!("{folder}/kustomization.yaml"),
            node: node.to_owned(),
            contents: one_line_feed_at_the_end(contents),
        })
    }
}
