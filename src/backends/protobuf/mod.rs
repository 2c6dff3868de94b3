//! The wire as one module of Protobuf: a file for each file, and what all of them share.

mod comment;
mod declarations;
mod names;

use super::sql_text::one_line_feed_at_the_end;
use super::{GeneratedFile, REGISTER};
use crate::templates::{Quoted, TemplateError, Templates};
use crate::wire::File;
use comment::comment;
use declarations::{Printer, uses_annotations};
use names::quoted_path;
use serde::Serialize;
use std::collections::BTreeSet;

/// Files that are the same for every register, with the templates that they are.
const SHARED: [(&str, &str); 2] =
    [(ANNOTATIONS, "proto/annotations.proto"), (EVENT_METADATA, "proto/event_metadata.proto")];
/// Options of our own, as others import them.
const ANNOTATIONS: &str = "freehold/annotations/v1/annotations.proto";
/// What every event has, as others import it.
const EVENT_METADATA: &str = "freehold/events/v1/event_metadata.proto";

#[derive(Serialize)]
struct FileView {
    introduction: Quoted,
    package: Quoted,
    has_imports: bool,
    imports: Vec<Quoted>,
    declarations: Vec<Quoted>,
}

/// The files of a service.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn render_service(
    templates: &Templates,
    service: &str,
    files: &[File],
) -> Result<Vec<GeneratedFile>, TemplateError> {
    let rendered = files.iter().map(|file| {
        let imports = imports(file);
        let view = FileView {
            introduction: Quoted::already(comment(&file.documentation, 0)),
            package: Quoted::already(names::package(&file.package)),
            has_imports: !imports.is_empty(),
            imports: imports.iter().map(|path| quoted_path(path)).collect(),
            declarations: Printer::new(&file.package)
                .declarations(file)
                .into_iter()
                .map(Quoted::already)
                .collect(),
        };
        Ok(GeneratedFile {
            path: format!("proto/{}", file.path()),
            node: format!("service {service}"),
            contents: one_line_feed_at_the_end(templates.render("proto/file.proto", &view)?),
        })
    });
    rendered.collect()
}

/// The files that do not depend on the register, of those that these files import.
pub fn shared(files: &[File]) -> BTreeSet<&'static str> {
    let used: BTreeSet<String> = files.iter().flat_map(imports).collect();
    SHARED.iter().map(|(path, _)| *path).filter(|path| used.contains(*path)).collect()
}

/// The configuration of the module, and the shared files that any file imports.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn render_shared(
    templates: &Templates,
    shared: &BTreeSet<&'static str>,
) -> Result<Vec<GeneratedFile>, TemplateError> {
    let used = SHARED.iter().filter(|(path, _)| shared.contains(path)).copied();
    let rendered = used.chain([("buf.yaml", "proto/buf.yaml")]).map(|(path, template)| {
        Ok(GeneratedFile {
            path: format!("proto/{path}"),
            node: REGISTER.to_owned(),
            contents: one_line_feed_at_the_end(templates.render(template, &())?),
        })
    });
    rendered.collect()
}

/// What a file imports, in order.
fn imports(file: &File) -> BTreeSet<String> {
    let mut imports = file.imports();
    if uses_annotations(file) {
        imports.insert(ANNOTATIONS.to_owned());
    }
    imports
}
