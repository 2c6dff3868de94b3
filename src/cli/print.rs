//! Writing to the terminal, or to what stands in its place.

use super::{Color, CommonArguments, FindingArguments, Format, explain};
use crate::diagnostic::{Report, Style, github, human, json, sarif};
use anstream::{AutoStream, ColorChoice};
use anstyle::AnsiColor;
use std::io::{self, ErrorKind, Write};

/// The width where there is no terminal to ask.
const DEFAULT_WIDTH: usize = 100;

/// Writes to stdout. A closed pipe is no error: whoever reads has read enough.
pub(super) fn to_stdout(text: &str) -> io::Result<()> {
    write_all(io::stdout().lock(), text)
}

/// Writes to stderr. A closed pipe is no error.
pub(super) fn to_stderr(text: &str) -> io::Result<()> {
    write_all(io::stderr().lock(), text)
}

fn write_all(mut stream: impl Write, text: &str) -> io::Result<()> {
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Shows findings: to people on stderr, else on stdout.
pub(super) fn findings(
    common: &CommonArguments,
    arguments: &FindingArguments,
    report: &Report<'_>,
) -> io::Result<()> {
    match arguments.format {
        Format::Human => to_stderr(&human(report, stderr_style(common.color))),
        Format::Json => to_stdout(&json(report)),
        Format::Sarif => to_stdout(&sarif(report, explain::page)),
        Format::Github => to_stdout(&github(report)),
    }
}

fn stderr_style(color: Color) -> Style {
    let width =
        terminal_size::terminal_size_of(io::stderr()).map_or(DEFAULT_WIDTH, |(width, _)| width.0.into());
    Style { color: is_colored(color, AutoStream::choice(&io::stderr())), width }
}

fn is_colored(color: Color, detected: ColorChoice) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => detected != ColorChoice::Never,
    }
}

/// A unified diff, in colours where stdout takes them.
pub(super) fn diff(color: Color, diff: &str) -> io::Result<()> {
    if !is_colored(color, AutoStream::choice(&io::stdout())) {
        return to_stdout(diff);
    }
    let mut colored = String::with_capacity(diff.len() * 2);
    for line in diff.split_inclusive('\n') {
        let style = match line.as_bytes().first() {
            Some(b'+') => AnsiColor::Green.on_default(),
            Some(b'-') => AnsiColor::Red.on_default(),
            Some(b'@') => AnsiColor::Cyan.on_default(),
            _ => anstyle::Style::new(),
        };
        let text = line.trim_end_matches('\n');
        colored.push_str(&format!("{style}{text}{style:#}{}", &line[text.len()..]));
    }
    to_stdout(&colored)
}
