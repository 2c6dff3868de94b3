//! `freehold init`: a small register to begin with.

use super::{CommandError, Outcome, print};
use crate::text::printable_path;
use crate::writer;
use std::path::PathBuf;

/// The register that is written: it passes every rule.
const REGISTER: &str = include_str!("../../templates/init/register.kdl");

#[derive(Debug, clap::Args)]
pub(super) struct InitArguments {
    /// The folder of the project; it is made where it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn run(arguments: &InitArguments) -> Result<Outcome, CommandError> {
    let folder = arguments.folder.join("model");
    let path = folder.join("register.kdl");
    if let Ok(entries) = std::fs::read_dir(&folder) {
        let taken = entries.flatten().find(|entry| entry.path().extension().is_some_and(|end| end == "kdl"));
        if let Some(entry) = taken {
            let path = entry.path();
            return Err(CommandError::new(format!(
                "there is a register already: `{}`",
                printable_path(&path)
            )));
        }
    }
    writer::create(&path, REGISTER)?;
    print::to_stderr(&format!(
        "wrote `{}`; next: `freehold check` and `freehold build` in `{}`\n",
        printable_path(&path),
        printable_path(&arguments.folder)
    ))?;
    Ok(Outcome::Fine)
}
