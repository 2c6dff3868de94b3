//! The command line: arguments, one file per command, exit codes.
//! Exit code 0: fine. 1: findings, or stale output. 2: could not run (usage, unreadable file).
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the command line is one of the ends: it reads folders that arguments name, the clock and the day"
)]

mod build;
mod check;
mod explain;
mod graph;
mod init;
mod output_findings;
mod print;
mod project;
mod scaffold;
mod stopwatch;

use clap::{Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Compiles one register of who owns which data into everything that makes the ownership real.
#[derive(Debug, Parser)]
#[command(name = "freehold", version, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    common: CommonArguments,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
struct CommonArguments {
    /// The register [default: the one .kdl file directly in model/]
    #[arg(long, global = true, value_name = "FILE")]
    model: Option<PathBuf>,
    /// When to write colours; NO_COLOR and CLICOLOR_FORCE are respected
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
}

/// How findings are shown and judged.
#[derive(Debug, clap::Args)]
struct FindingArguments {
    /// How findings are shown: to people on stderr, else on stdout
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Treat warnings as errors
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Sarif,
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prove the register sound, or say what is wrong with it
    Check(check::CheckArguments),
    /// Check, then write everything that is made from the register
    Build(build::BuildArguments),
    /// Explain a rule: what it finds, why that is bad, how to mend it
    Explain(explain::ExplainArguments),
    /// Write a small register to begin with
    Init(init::InitArguments),
    /// Write the crate in which people handle the events of a service, once
    Scaffold(scaffold::ScaffoldArguments),
    /// Draw which service needs which
    Graph(graph::GraphArguments),
}

/// How a command ended, where it could run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing is wrong.
    Fine,
    /// There are findings, or the output is stale.
    Findings,
}

/// Why a command could not run: a phrase, and its causes.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct CommandError(String);

impl CommandError {
    fn new(message: impl Into<String>) -> CommandError {
        CommandError(message.into())
    }
}

impl From<crate::writer::WriteError> for CommandError {
    fn from(error: crate::writer::WriteError) -> CommandError {
        CommandError(error.to_string())
    }
}

impl From<crate::templates::TemplateError> for CommandError {
    fn from(error: crate::templates::TemplateError) -> CommandError {
        CommandError(error.to_string())
    }
}

impl From<crate::session::GenerateError> for CommandError {
    fn from(error: crate::session::GenerateError) -> CommandError {
        CommandError(error.to_string())
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> CommandError {
        CommandError(format!("cannot write the output: {error}"))
    }
}

/// Runs the program with its arguments, the first of which is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nothing can be said to a pipe that is closed.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let common = &arguments.common;
    let result = match arguments.command {
        Command::Check(arguments) => check::run(common, &arguments),
        Command::Build(arguments) => build::run(common, &arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Scaffold(arguments) => scaffold::run(common, &arguments),
        Command::Graph(arguments) => graph::run(common, &arguments),
    };
    match result {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(error) => {
            let _ = print::to_stderr(&format!("error: {}\n", crate::text::printable(&error.0)));
            ExitCode::from(2)
        }
    }
}
