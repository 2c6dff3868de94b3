//! Mistakes of meaning that people make: every finding about each small register, with all its places, in one text.
//! To add one: write a file `registers/NAME.kdl`, or a folder `registers/NAME` with a `model.kdl` and what it includes.

mod bounds;

use freehold::diagnostic::Finding;
use freehold::semantic::load;
use freehold::source::{Disk, Place, Sources};
use std::fmt::Write as _;
use std::path::Path;

#[test]
fn mistakes_are_found_at_their_places_with_their_mends() {
    insta::glob!("registers/{*.kdl,*/model.kdl}", |path| {
        let folder = path.parent().expect("the register lies in a folder");
        let name = path.file_name().expect("the register has a name");
        let files = Alone { disk: Disk::new(folder), all: name == "model.kdl" };
        let loaded = load(&files, Path::new(name));
        assert!(loaded.failure.is_none(), "{:?}", loaded.failure);
        assert!(!loaded.findings.is_empty(), "{} has no mistake", path.display());
        for finding in &loaded.findings {
            assert!(finding.help.is_some(), "a finding without help: {finding:#?}");
        }
        insta::assert_snapshot!(shown(&loaded.sources, loaded.findings));
    });
}

/// A folder, or one file of it: registers of one file lie side by side.
struct Alone {
    disk: Disk,
    all: bool,
}

impl freehold::source::FileSystem for Alone {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        self.disk.read(path)
    }

    fn kdl_files(&self) -> std::io::Result<Vec<std::path::PathBuf>> {
        if self.all { self.disk.kdl_files() } else { Ok(Vec::new()) }
    }

    fn kdl_files_in(&self, folder: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
        self.disk.kdl_files_in(folder)
    }
}

/// Every finding in the order of places: rule and message, every place with its text, help, fix.
fn shown(sources: &Sources, mut findings: Vec<Finding>) -> String {
    findings.sort_by_key(|finding| finding.primary());
    let mut text = String::new();
    for finding in &findings {
        writeln!(text, "{}: {}", finding.rule, finding.message).expect("a string can be written");
        for label in &finding.labels {
            let place = place(sources, label.place);
            writeln!(text, "  {place}: {}", label.message).expect("a string can be written");
        }
        let mends = [("help", &finding.help), ("fix", &finding.fix)];
        for (what, mend) in mends.iter().filter_map(|(what, mend)| Some((what, mend.as_ref()?))) {
            writeln!(text, "  {what}: {}", mend.replace('\n', "\n    ")).expect("a string can be written");
        }
        text.push('\n');
    }
    text
}

/// `model.kdl:3:5 \`the text\``, the text cut where it is long.
fn place(sources: &Sources, place: Place) -> String {
    let at = sources.line_column(place);
    let path = sources.file(place.file).path.display();
    let text = sources.text(place);
    let start: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    let rest = if text.chars().count() > 40 { "…" } else { "" };
    format!("{path}:{}:{} `{start}{rest}`", at.line, at.column)
}
