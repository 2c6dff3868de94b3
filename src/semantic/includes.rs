//! The model file and everything that it includes, read and parsed, each file once.

use super::grammar::DOCUMENT;
use super::load::{LOCK_FOLDER, Loaded, ReadFailure};
use super::read::Reader;
use super::wording::shown;
use crate::diagnostic::Finding;
use crate::source::{FileId, FileSystem, Place, RefusedFile, Span, normalize_path};
use crate::syntax::{self, Tree};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// Reads all files, in the order in which they are named, and parses them.
pub(super) fn read_all(files: &dyn FileSystem, model: &Path) -> (Loaded, Vec<Tree>) {
    let mut loader = Loader {
        files,
        known: None,
        loaded: Loaded::default(),
        trees: Vec::new(),
        wanted: Vec::new(),
        numbers: HashMap::new(),
    };
    loader.want(model.to_path_buf(), None);
    let mut next = 0;
    while let Some(path) = loader.wanted.get(next).map(|wanted| wanted.path.clone()) {
        loader.read(next, &path);
        next += 1;
    }
    (loader.loaded, loader.trees)
}

struct Loader<'a> {
    files: &'a dyn FileSystem,
    /// Every file that a glob may match; listed at the first glob.
    known: Option<Vec<PathBuf>>,
    loaded: Loaded,
    trees: Vec<Tree>,
    /// The files that were asked for, in the order in which they are read.
    wanted: Vec<WantedFile>,
    /// Their numbers in `wanted`.
    numbers: HashMap<PathBuf, usize>,
}

struct WantedFile {
    path: PathBuf,
    /// The number of the file that first included it, and where; `None` for the model file.
    included: Option<(usize, Place)>,
}

impl Loader<'_> {
    fn want(&mut self, path: PathBuf, included: Option<(usize, Place)>) {
        self.numbers.insert(path.clone(), self.wanted.len());
        self.wanted.push(WantedFile { path, included });
    }

    fn read(&mut self, number: usize, path: &Path) {
        match self.files.read(path) {
            Ok(bytes) => {
                let file = self.parse(path, bytes);
                self.includes(file, number, path);
            }
            Err(error) => self.unread(number, path, error),
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

    /// A file that is not there, or is none of the register's, is a mistake of the `include`; what else the file system says is
    /// not.
    fn unread(&mut self, number: usize, path: &Path, error: io::Error) {
        let place = self.wanted.get(number).and_then(|wanted| wanted.included).map(|(_, place)| place);
        let finding = place.and_then(|place| unread_include(path, place, &error));
        match finding {
            Some(finding) => self.loaded.findings.push(finding),
            None => {
                self.loaded.failure.get_or_insert(ReadFailure { path: path.to_path_buf(), error, place });
            }
        }
    }

    fn includes(&mut self, file: FileId, number: usize, path: &Path) {
        let Some(tree) = self.trees.iter().rev().find(|tree| tree.file == file) else { return };
        let spec = DOCUMENT.child("include").map(|child| child.node);
        let nodes = tree.roots().filter(|node| node.name() == "include");
        let written: Vec<(String, Place)> = nodes
            .filter_map(|node| Reader { node, spec: spec? }.argument(0))
            .map(|argument| (argument.value, argument.place))
            .collect();
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        for (pattern, place) in written {
            match normalize_path(&folder.join(&pattern)) {
                Some(normal) if pattern.contains(['*', '?', '[', '{']) => {
                    self.include_matching(&pattern, &normal, number, place);
                }
                Some(normal) => self.include_file(&pattern, normal, number, place),
                None => self.loaded.findings.push(
                    Finding::error(
                        "include-outside-root",
                        format!("`{}` leaves the folder of the model", shown(&pattern)),
                    )
                    .at(place, "outside the root")
                    .help("move the file below the folder of the model file"),
                ),
            }
        }
    }

    /// One file: looked up, so that many of them are no more work than one by one.
    fn include_file(&mut self, pattern: &str, path: PathBuf, from: usize, place: Place) {
        if path.starts_with(LOCK_FOLDER) {
            self.loaded.findings.push(
                Finding::error("include-not-found", format!("{} is no file of the register", quoted(&path)))
                    .at(place, "a lock")
                    .help("the folder `lock` beside the model file is read by itself, and never included"),
            );
        } else if path.extension().is_none_or(|extension| extension != "kdl") {
            self.loaded.findings.push(
                Finding::error("include-not-found", format!("`{}` is no `.kdl` file", shown(pattern)))
                    .at(place, format!("looked for {}", quoted(&path)))
                    .help(HOW_FILES_ARE_NAMED),
            );
        } else if let Some(earlier) = self.numbers.get(&path).copied() {
            if self.is_around(earlier, from) {
                self.loaded.findings.push(
                    Finding::error(
                        "include-cycle",
                        format!("`{}` includes the file that includes it", shown(pattern)),
                    )
                    .at(place, format!("{} is being read already", quoted(&path)))
                    .help("remove one of the two `include`s"),
                );
            }
        } else {
            self.want(path, Some((from, place)));
        }
    }

    /// All files that a glob matches and that nothing else has included.
    fn include_matching(&mut self, pattern: &str, normal: &Path, from: usize, place: Place) {
        let glob = match globset::GlobBuilder::new(&normal.to_string_lossy()).literal_separator(true).build()
        {
            Ok(glob) => glob.compile_matcher(),
            Err(error) => {
                self.loaded.findings.push(
                    Finding::error(
                        "wrong-value",
                        format!("`{}` is no glob: {}", shown(pattern), error.kind()),
                    )
                    .at(place, "not understood")
                    .help("close every `[` and `{`; `[[]` and `[{]` stand for the characters themselves"),
                );
                return;
            }
        };
        if self.known.is_none() {
            match self.files.kdl_files() {
                Ok(mut files) => {
                    files.retain(|path| !path.starts_with(LOCK_FOLDER));
                    self.known = Some(files);
                }
                Err(error) => {
                    let failure = ReadFailure { path: PathBuf::new(), error, place: Some(place) };
                    self.loaded.failure.get_or_insert(failure);
                    return;
                }
            }
        }
        let known = self.known.iter().flatten();
        let matching: Vec<PathBuf> = known.filter(|path| glob.is_match(path)).cloned().collect();
        if matching.is_empty() {
            self.loaded.findings.push(
                Finding::error("include-not-found", format!("no `.kdl` file matches `{}`", shown(pattern)))
                    .at(place, format!("looked for {}", quoted(normal)))
                    .help(HOW_FILES_ARE_NAMED),
            );
        }
        for path in matching {
            if !self.numbers.contains_key(&path) {
                self.want(path, Some((from, place)));
            }
        }
    }

    /// Whether a file is the other, or one of those through which the other was included.
    fn is_around(&self, file: usize, other: usize) -> bool {
        let mut current = Some(other);
        // A file was asked for before those that it includes.
        while let Some(number) = current.filter(|number| *number >= file) {
            if number == file {
                return true;
            }
            current = self.wanted.get(number).and_then(|wanted| wanted.included).map(|(outer, _)| outer);
        }
        false
    }
}

const HOW_FILES_ARE_NAMED: &str = "paths are relative to the file that includes, and end with `.kdl`";

fn quoted(path: &Path) -> String {
    match path.to_str() {
        Some("") => "the folder of the model".to_owned(),
        _ => format!("`{}`", shown(&path.to_string_lossy())),
    }
}

/// What an `include` did wrong whose file cannot be read, if it is the `include`.
fn unread_include(path: &Path, place: Place, error: &io::Error) -> Option<Finding> {
    use io::ErrorKind;
    let name = quoted(path);
    let not_found = |message: String, what: String| {
        Finding::error("include-not-found", message).at(place, what).help(HOW_FILES_ARE_NAMED)
    };
    let refused = error.get_ref().and_then(|inner| inner.downcast_ref::<RefusedFile>());
    Some(match (refused, error.kind()) {
        (Some(RefusedFile::OutsideRoot), _) => {
            Finding::error("include-outside-root", format!("{name} is a link out of the folder of the model"))
                .at(place, "included here")
                .help("put the file itself in the place of the link")
        }
        (Some(RefusedFile::DanglingLink), _) => {
            not_found(format!("{name} is a link that leads nowhere"), "included here".to_owned())
        }
        (Some(RefusedFile::NotAFile), _) => {
            not_found(format!("{name} is no file, but a folder or a device"), "included here".to_owned())
        }
        (None, ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename) => {
            not_found(format!("there is no file {name}"), format!("looked for {name}"))
        }
        _ => return None,
    })
}
