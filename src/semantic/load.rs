//! From files to the resolved register: the model file, what it includes, and what all of it means.

use super::Register;
use super::grammar::DOCUMENT;
use super::read::Reader;
use super::resolve::resolve;
use super::validate::validate;
use crate::diagnostic::Finding;
use crate::source::{FileId, FileSystem, Place, Sources, Span, normalize_path};
use crate::syntax::{self, Tree, restrict};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// What loading gives: a register as whole as it could be read, and what was wrong with the rest.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Every file that was read, in the order of reading.
    pub sources: Sources,
    /// The register. Parts with mistakes are left out of it.
    pub register: Register,
    /// What reading and resolving found, unsorted.
    pub findings: Vec<Finding>,
    /// A file that the outside world refused to give: nothing can be said of the register then.
    pub failure: Option<ReadFailure>,
}

/// A file that could not be read.
#[derive(Debug)]
pub struct ReadFailure {
    /// The file, relative to the root.
    pub path: PathBuf,
    /// What the file system says.
    pub error: io::Error,
}

/// Reads the model file and what it includes, and resolves it. `model` is relative to the root of `files`.
pub fn load(files: &dyn FileSystem, model: &Path) -> Loaded {
    let mut loader =
        Loader { files, known: None, loaded: Loaded::default(), trees: Vec::new(), parents: BTreeMap::new() };
    loader.read_all(model);
    let Loader { mut loaded, trees, .. } = loader;
    // Form and meaning are read from the same trees, and neither needs what the other finds.
    let of_tree = |tree| restrict(tree).into_iter().chain(validate(tree));
    let form = || trees.iter().flat_map(of_tree).collect::<Vec<_>>();
    let (of_form, (register, of_meaning)) = rayon::join(form, || resolve(&trees));
    loaded.register = register;
    loaded.findings.extend(of_form);
    loaded.findings.extend(of_meaning);
    loaded
}

struct Loader<'a> {
    files: &'a dyn FileSystem,
    /// Every file that an `include` may match; listed at the first glob.
    known: Option<Vec<PathBuf>>,
    loaded: Loaded,
    trees: Vec<Tree>,
    /// The file that first included a file.
    parents: BTreeMap<PathBuf, Option<PathBuf>>,
}

impl Loader<'_> {
    fn read_all(&mut self, model: &Path) {
        let mut waiting = vec![model.to_path_buf()];
        self.parents.insert(model.to_path_buf(), None);
        let mut next = 0;
        while let Some(path) = waiting.get(next).cloned() {
            next += 1;
            match self.files.read(&path) {
                Ok(bytes) => {
                    let file = self.parse(&path, bytes);
                    self.includes(file, &path, &mut waiting);
                }
                Err(error) => {
                    self.loaded.failure.get_or_insert(ReadFailure { path, error });
                }
            }
        }
    }

    fn parse(&mut self, path: &Path, bytes: Vec<u8>) -> FileId {
        let (text, valid) = match String::from_utf8(bytes) {
            Ok(text) => (text, true),
            Err(error) => {
                let end = error.utf8_error().valid_up_to();
                let mut bytes = error.into_bytes();
                bytes.truncate(end);
                (String::from_utf8(bytes).unwrap_or_default(), false)
            }
        };
        let file = self.loaded.sources.add(path, text);
        let text = self.loaded.sources.file(file).text.clone();
        if !valid {
            let end = text.len() as u32;
            let place = Place { file, span: Span::new(end, end) };
            self.loaded.findings.push(
                Finding::error("not-utf-8", "the file is not UTF-8")
                    .at(place, "the first byte that is not UTF-8 stands here")
                    .help("save the file as UTF-8; nothing behind this place was read"),
            );
        }
        let parsed = syntax::parse(file, text);
        self.loaded.findings.extend(parsed.findings);
        self.trees.push(parsed.tree);
        file
    }

    fn includes(&mut self, file: FileId, path: &Path, waiting: &mut Vec<PathBuf>) {
        let Some(tree) = self.trees.iter().rev().find(|tree| tree.file == file) else { return };
        let written: Vec<(String, Place)> = tree
            .roots()
            .filter(|node| node.name() == "include")
            .filter_map(|node| {
                let spec = DOCUMENT.child("include")?.node;
                let argument = Reader { node, spec }.argument(0)?;
                Some((argument.value, argument.place))
            })
            .collect();
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        for (pattern, place) in written {
            match normalize_path(&folder.join(&pattern)) {
                Some(normal) => self.include(&pattern, &normal, path, place, waiting),
                None => self.loaded.findings.push(
                    Finding::error(
                        "include-outside-root",
                        format!("`{pattern}` leaves the folder of the model"),
                    )
                    .at(place, "outside the root")
                    .help("move the file below the folder of the model file"),
                ),
            }
        }
    }

    fn include(
        &mut self,
        pattern: &str,
        normal: &Path,
        from: &Path,
        place: Place,
        waiting: &mut Vec<PathBuf>,
    ) {
        let is_glob = pattern.contains(['*', '?', '[', '{']);
        let Some(matching) = self.matching(normal, is_glob, place) else { return };
        if matching.is_empty() {
            let what = if is_glob { "no `.kdl` file matches" } else { "there is no file" };
            self.loaded.findings.push(
                Finding::error("include-not-found", format!("{what} `{pattern}`"))
                    .at(place, format!("looked for `{}`", normal.display()))
                    .help("paths are relative to the file that includes, and end with `.kdl`"),
            );
        }
        for path in matching {
            if self.parents.contains_key(&path) {
                if !is_glob && self.ancestors(from).contains(&path) {
                    self.loaded.findings.push(
                        Finding::error(
                            "include-cycle",
                            format!("`{pattern}` includes the file that includes it"),
                        )
                        .at(place, format!("`{}` is being read already", path.display()))
                        .help("remove one of the two `include`s"),
                    );
                }
                continue;
            }
            self.parents.insert(path.clone(), Some(from.to_path_buf()));
            waiting.push(path);
        }
    }

    fn matching(&mut self, normal: &Path, is_glob: bool, place: Place) -> Option<Vec<PathBuf>> {
        if self.known.is_none() {
            match self.files.kdl_files() {
                Ok(files) => self.known = Some(files),
                Err(error) => {
                    self.loaded.failure.get_or_insert(ReadFailure { path: normal.to_path_buf(), error });
                    return None;
                }
            }
        }
        let known = self.known.as_deref().unwrap_or(&[]);
        if !is_glob {
            return Some(known.iter().filter(|path| *path == normal).cloned().collect());
        }
        let text = normal.to_string_lossy();
        match globset::GlobBuilder::new(&text).literal_separator(true).build() {
            Ok(glob) => {
                let matcher = glob.compile_matcher();
                Some(known.iter().filter(|path| matcher.is_match(path)).cloned().collect())
            }
            Err(error) => {
                self.loaded.findings.push(
                    Finding::error("wrong-value", format!("`{text}` is no glob: {}", error.kind()))
                        .at(place, "not understood"),
                );
                None
            }
        }
    }

    /// A file and those through which it was included.
    fn ancestors(&self, path: &Path) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        let mut current = Some(path.to_path_buf());
        while let Some(path) = current {
            current = self.parents.get(&path).cloned().flatten();
            if !found.insert(path) {
                break;
            }
        }
        found
    }
}
