//! What to type after reading a finding: a command for everything that says none.
//!
//! In comes a reason and the file that it is about; out goes its help with a command that can be pasted into a shell. Paths are
//! written by strangers, so one that a shell could obey is quoted, and one that a terminal could obey is not repeated.

use crate::finding::{Finding, Reason};
use crate::names::RepoPath;

// How the commands begin that help texts of this program name.
const COMMANDS: [&str; 8] = [
    "gitca ", "git ", "openssl ", "chmod ", "kubectl ", "ssh-", "export ", "unset ",
];

impl Reason {
    /// Adds to the help, unless it has one, a command that can be pasted.
    #[must_use]
    pub fn advised(mut self, file: Option<&RepoPath>, command: &str) -> Self {
        let names_one = |help: &String| COMMANDS.iter().any(|command| begins(help, command));
        if self.help.as_ref().is_some_and(names_one) {
            return self;
        }
        let again = file.map_or_else(|| format!("gitca {command} --help"), again);
        self.help = Some(match (self.help, file) {
            (Some(help), Some(_)) => format!("{help}; then `{again}`"),
            (Some(help), None) => format!("{help}; `{again}` says more"),
            (None, Some(_)) => format!("after a change, `{again}`"),
            (None, None) => format!("`{again}` says what it needs"),
        });
        self
    }
}

impl Finding {
    /// Ends the help of its reason with the command that says more.
    #[must_use]
    pub fn advised(self, command: &str) -> Self {
        let reason = self.reason.advised(self.file.as_ref(), command);
        Self { reason, ..self }
    }
}

/// Whether this command is in the text, as a word and not as the end of one.
fn begins(text: &str, command: &str) -> bool {
    text.match_indices(command)
        .any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '-'))
}

/// Judges the file again, or everything where it is no request.
fn again(file: &RepoPath) -> String {
    let path = file.as_str();
    let is_request = path.starts_with("requests/") && path.strip_suffix(".yaml").is_some();
    if !is_request || path.chars().any(char::is_control) {
        return "gitca check".to_owned();
    }
    format!("gitca check {}", quoted(path))
}

/// One word of a POSIX shell, 2.2.2.
#[must_use]
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    if text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Code;

    #[test]
    fn every_help_has_a_command() {
        for (file, help, expected) in [
            (None, Some("git status tells"), "git status tells"),
            (
                None,
                Some("set HOME"),
                "set HOME; `gitca new --help` says more",
            ),
            (None, None, "`gitca new --help` says what it needs"),
            (
                Some("requests/dev/jane.yaml"),
                Some("drop the digit of it"),
                "drop the digit of it; then `gitca check requests/dev/jane.yaml`",
            ),
            (
                Some("policies/a.yaml"),
                None,
                "after a change, `gitca check`",
            ),
            (
                Some("requests/a'; rm -r $HOME.yaml"),
                None,
                r"after a change, `gitca check 'requests/a'\''; rm -r $HOME.yaml'`",
            ),
            (
                Some("requests/a\u{1b}.yaml"),
                None,
                "after a change, `gitca check`",
            ),
        ] {
            let mut reason = Reason::new(Code::OperationFailed, "x");
            reason.help = help.map(str::to_owned);
            let file = file.map(|file| file.parse::<RepoPath>().unwrap());
            let advised = reason.advised(file.as_ref(), "new");
            assert_eq!(advised.help.as_deref(), Some(expected));
        }
    }
}
