//! Every command that a help of ours names is one that this program takes, so that what is pasted works.
#![expect(clippy::disallowed_methods, reason = "this test reads the sources")]

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use clap::error::ErrorKind;
use gitca::cli::Cli;

fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(directory).sort_by_file_name();
    let files = entries
        .into_iter()
        .map(|entry| entry.expect("the folder can be read").into_path());
    files
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The code of a file without its comments and unit tests; what a line end in a string hides is put together.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("the file can be read");
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let text = lines.collect::<Vec<_>>().join("\n");
    let mut pieces = text.split("\\\n");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.trim_start())
}

/// The commands between backticks, and the whole strings that are a command.
fn commands(code: &str) -> Vec<String> {
    let quoted = code
        .split('`')
        .skip(1)
        .filter(|piece| piece.starts_with("gitca "));
    let whole = code
        .split("\"gitca ")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let whole = whole.map(|rest| format!("gitca {rest}"));
    quoted
        .map(str::to_owned)
        .chain(whole)
        // Which command it is, is told elsewhere.
        .filter(|command| !command.starts_with("gitca {"))
        .filter(|command| !command.contains('\n') && command.len() < 160)
        .collect()
}

/// The words of a command line, with something in each place that is filled in.
fn words(command: &str) -> Vec<String> {
    let command = command.split("  #").next().unwrap_or_default();
    let mut filled = String::new();
    let mut rest = command;
    while let Some((before, after)) = rest.split_once('{') {
        let (_, after) = after.split_once('}').unwrap_or(("", after));
        filled = format!("{filled}{before}x");
        rest = after;
    }
    filled.push_str(rest);
    filled
        .split_whitespace()
        .map(|word| word.replace(['[', ']', '…'], ""))
        .collect()
}

#[test]
fn every_command_that_is_advised_is_one_that_is_taken() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        for command in commands(&code(&file)) {
            seen += 1;
            let Err(error) = Cli::try_parse_from(words(&command)) else {
                continue;
            };
            // Values that stand for something can't be judged; commands and flags can.
            let is_unknown = matches!(
                error.kind(),
                ErrorKind::UnknownArgument
                    | ErrorKind::InvalidSubcommand
                    | ErrorKind::TooManyValues
            );
            if is_unknown {
                wrong.push(format!("{}: {command}", file.display()));
            }
        }
    }
    assert!(
        seen > 30,
        "only {seen} commands were found: has the way to write them changed?"
    );
    assert!(
        wrong.is_empty(),
        "advised, but not taken:\n{}",
        wrong.join("\n")
    );
}
