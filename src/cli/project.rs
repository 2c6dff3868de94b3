//! Where a register and its output lie.

use super::{CommandError, CommonArguments};
use crate::semantic::ReadFailure;
use crate::source::{Disk, Sources};
use crate::text::printable_path;
use std::path::{Path, PathBuf};

/// The folder in which a register is looked for.
const MODEL_FOLDER: &str = "model";

/// A register on the disk.
pub(super) struct Project {
    /// The folder of the model file, as seen from where the program runs.
    pub root: PathBuf,
    /// The name of the model file in it.
    pub model: PathBuf,
    /// The files of the register.
    pub files: Disk,
}

impl Project {
    /// Finds the register that the arguments mean.
    pub(super) fn find(common: &CommonArguments) -> Result<Project, CommandError> {
        let path = match &common.model {
            Some(path) => path.clone(),
            None => only_model(Path::new(MODEL_FOLDER))?,
        };
        let unreadable = |why: &str| {
            CommandError::new(format!("cannot read the register `{}`: {why}", printable_path(&path)))
        };
        if path.is_dir() {
            return Err(unreadable("it is a folder"));
        }
        std::fs::File::open(&path).map_err(|error| unreadable(&error.to_string()))?;
        let model = path.file_name().ok_or_else(|| unreadable("it has no name"))?;
        let root = match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        Ok(Project { files: Disk::new(&root), model: model.into(), root })
    }

    /// Why nothing can be said of the register: one of its files cannot be read.
    pub(super) fn unreadable(&self, failure: &ReadFailure, sources: &Sources) -> CommandError {
        let path = self.root.join(&failure.path);
        let included = failure.place.map(|place| {
            let at = sources.line_column(place);
            let file = self.root.join(&sources.file(place.file).path);
            format!("; included at {}:{}:{}", printable_path(&file), at.line, at.column)
        });
        let included = included.unwrap_or_default();
        CommandError::new(format!("cannot read `{}`: {}{included}", printable_path(&path), failure.error))
    }

    /// Where generated files go by default: beside the folder `model`, else beside the model file.
    pub(super) fn default_output(&self) -> PathBuf {
        let real = self.root.canonicalize().unwrap_or_else(|_| self.root.clone());
        let folder = if real.file_name().is_some_and(|name| name == MODEL_FOLDER) {
            match self.root.parent() {
                Some(parent) if self.root.file_name().is_some() => parent.to_path_buf(),
                _ => self.root.join(".."),
            }
        } else {
            self.root.clone()
        };
        folder.join("generated")
    }
}

/// The one model file directly in a folder.
fn only_model(folder: &Path) -> Result<PathBuf, CommandError> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => CommandError::new(
            "no register here: there is no folder `model`; `freehold init .` makes one, `--model FILE` names one",
        ),
        _ => CommandError::new(format!("cannot read the folder `{}`: {error}", printable_path(folder))),
    };
    let mut models = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "kdl") && path.is_file() {
            models.push(path);
        }
    }
    models.sort();
    match models.as_slice() {
        [model] => Ok(model.clone()),
        [] => Err(CommandError::new(
            "no register here: the folder `model` holds no .kdl file; `--model FILE` names one",
        )),
        several => {
            let names: Vec<String> =
                several.iter().map(|path| format!("`{}`", printable_path(path))).collect();
            Err(CommandError::new(format!(
                "several registers here: {}; say which with `--model FILE`",
                names.join(", ")
            )))
        }
    }
}
