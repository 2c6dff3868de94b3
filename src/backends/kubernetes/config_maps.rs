//! ConfigMaps over files of other outputs, made by a kustomization beside those files: kustomize takes no file from outside of
//! the folder of a kustomization.

use super::kustomization::{ConfigMapView, Kustomization};
use crate::backends::GeneratedFile;
use crate::templates::{TemplateError, Templates, Yaml};

/// Most bytes that a ConfigMap may hold (Kubernetes, `MaxSecretSize`), less what the header of every file adds and what names take.
const MOST_BYTES: usize = 1024 * 1024 - 64 * 1024;
/// Bytes of the header of a file, at the most.
const HEADER_BYTES: usize = 512;

/// A file that is larger than a ConfigMap can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// Its path below the output folder.
    pub path: String,
    /// Its size.
    pub bytes: usize,
}

/// ConfigMaps over the files of a folder, and the kustomization that makes them.
#[derive(Clone, Debug)]
pub struct ConfigMaps {
    /// Their names, without the digest that kustomize adds.
    pub names: Vec<String>,
    /// The kustomization.
    pub kustomization: GeneratedFile,
}

/// Divides files over as many ConfigMaps as it takes, called `NAME`, `NAME-2` and so on. The files lie in one folder.
pub fn over(
    templates: &Templates,
    name: &str,
    node: &str,
    folder: &str,
    files: &[&GeneratedFile],
) -> Result<Result<ConfigMaps, TooLarge>, TemplateError> {
    let mut maps: Vec<(usize, Vec<Yaml>)> = vec![(0, Vec::new())];
    for file in files {
        let bytes = file.contents.len() + HEADER_BYTES;
        if bytes > MOST_BYTES {
            return Ok(Err(TooLarge { path: file.path.clone(), bytes: file.contents.len() }));
        }
        let file_name = file.path.rsplit('/').next().unwrap_or_default();
        match maps.last_mut() {
            Some((sum, names)) if *sum + bytes <= MOST_BYTES => {
                *sum += bytes;
                names.push(file_name.into());
            }
            _ => maps.push((bytes, vec![file_name.into()])),
        }
    }
    let numbered = |index: usize| match index {
        0 => name.to_owned(),
        _ => format!("{name}-{}", index + 1),
    };
    let names: Vec<String> = (0..maps.len()).map(numbered).collect();
    let views = maps.into_iter().zip(&names).map(|((_, files), name)| ConfigMapView {
        name: name.as_str().into(),
        // The digest of the contents in the name would do as well, but nobody may change what a running Job reads.
        options: Yaml::map([("immutable", Yaml::Flag(true))]),
        files,
    });
    let kustomization = Kustomization { config_maps: views.collect(), ..Kustomization::default() };
    let about = "ConfigMaps with the files beside this one, for Jobs in Kubernetes.";
    let kustomization = kustomization.render(templates, folder, node, about)?;
    Ok(Ok(ConfigMaps { names, kustomization }))
}
