//! Results to stdout, talk to stderr, the summary of a CI step to its file: the only file that prints.
//!
//! In comes an [`Answer`]; out go its text for people, or the same value as JSON or YAML. Everything in it that a stranger
//! wrote is escaped here, so a name can't move the cursor or pose as our words. A reader that goes away is no error.

pub mod github;
pub mod gitlab;
pub mod inspection;
mod issues;
pub mod junit;
pub mod markdown;
mod review;
pub mod sarif;
pub mod text;

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;

use crate::harmless::{self, for_log};
use crate::names::hex;
use crate::output::text::Style;
use crate::report::Report;

/// What a command answers.
#[derive(Debug)]
pub enum Answer {
    /// The report of `check`, `plan` or `run`.
    Report(Box<Report>),
    /// A text for people.
    Text(String),
}

/// The answer of a command that may find something worth an exit code of its own.
#[derive(Debug)]
pub struct Told {
    /// For stdout.
    pub text: String,
    /// For stderr, unless it shall be quiet.
    pub talk: Option<String>,
    /// Whether what was looked for was found (exit code 1).
    pub found: bool,
}

/// The words between which the log of a GitHub job obeys nothing, whatever stands there; elsewhere none.
///
/// What could be a command is escaped anyway: this holds where a runner obeys more than we know of.
#[derive(Clone, Debug, Default)]
pub struct Fence(Option<String>);

impl Fence {
    /// A fence that only those can end who know these octets.
    #[must_use]
    pub fn of(secret: [u8; 16]) -> Self {
        Self(Some(hex(&secret)))
    }

    fn around(&self, text: &str) -> String {
        match &self.0 {
            Some(token) if !text.is_empty() => {
                format!("::stop-commands::{token}\n{text}::{token}::\n")
            }
            _ => text.to_owned(),
        }
    }
}

/// Writes the answer as text.
///
/// # Errors
/// When stdout can't be written to.
pub fn print_text(answer: &Answer, style: &Style, fence: &Fence) -> io::Result<()> {
    match answer {
        Answer::Report(report) => {
            let text = text::report(report, style) + &text::changes::section(report, *style);
            write(&fence.around(&for_log(&text)))
        }
        // Mostly for a file or another program, which no runner reads.
        Answer::Text(text) => write(&for_log(text)),
    }
}

/// Writes a value as one JSON object.
///
/// # Errors
/// When stdout can't be written to.
pub fn print_json(value: &impl Serialize) -> io::Result<()> {
    write(&json(value)?)
}

/// Writes a value as one YAML document.
///
/// # Errors
/// When stdout can't be written to.
pub fn print_yaml(value: &impl Serialize) -> io::Result<()> {
    write(&yaml(value)?)
}

/// The value as JSON in lines, with escapes for what nobody could see or a log would obey.
///
/// # Errors
/// When the value can't be written as JSON.
pub fn json(value: &impl Serialize) -> io::Result<String> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
    Ok(format!("{}\n", harmless::json(&text)))
}

/// The value as YAML; as JSON, which is YAML too, when only the escapes of JSON can say it harmlessly.
///
/// # Errors
/// When the value can't be written as YAML.
pub fn yaml(value: &impl Serialize) -> io::Result<String> {
    // In a block a line of a stranger's text would be a line of ours.
    let options = serde_yaml::ser_options! { prefer_block_scalars: false };
    let text = serde_yaml::to_string_with_options(value, options).map_err(io::Error::other)?;
    if harmless::is_harmless(&text) {
        Ok(text)
    } else {
        json(value)
    }
}

/// Writes a text that is finished and may go into a log.
///
/// # Errors
/// When stdout can't be written to.
pub fn print(text: &str) -> io::Result<()> {
    write(&for_log(text))
}

/// Writes commands to the CI server.
///
/// # Errors
/// When stdout can't be written to.
pub fn command(text: &str) -> io::Result<()> {
    write(text)
}

/// Adds a finished text to a file, such as the one that a CI server makes a page of.
///
/// # Errors
/// When the file can't be written to.
pub fn append(file: &Path, text: &str) -> io::Result<()> {
    let file = OpenOptions::new().create(true).append(true).open(file);
    file?.write_all(text.as_bytes())
}

/// Says something on stderr.
pub fn say(text: &str, fence: &Fence) {
    let text = fence.around(&for_log(text));
    // Nobody is left to tell when stderr is gone.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
