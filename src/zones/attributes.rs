//! Judges `.gitattributes`: a rule may not make a check-out differ from its blob, or hide a change from reviewers.
//!
//! In comes one file and its path, out come the reasons against it. What a pattern matches is estimated upwards: one that
//! might match a file that is let in counts as one that does. Syntax: gitattributes(5).

use std::collections::{HashMap, HashSet};

use crate::finding::{Code, Place, Reason};
use crate::zones::paths::{Zone, file_name};

// The check-out differs from the blob.
const REWRITING: [&str; 3] = ["filter", "ident", "working-tree-encoding"];
// Reviewers do not see the change.
const HIDING: [&str; 5] = [
    "diff",
    "binary",
    "gitlab-generated",
    "linguist-generated",
    "linguist-vendored",
];
const READ_SUFFIXES: [&str; 10] = [
    ".yaml",
    ".json",
    ".sig",
    ".pem",
    ".txt",
    ".j2",
    "readme.md",
    "owners",
    ".gitkeep",
    ".gitattributes",
];
const WILDCARDS: [char; 5] = ['*', '?', '[', ']', '\\'];
// What git or its friends mean by a word alone; any other may be a macro that the file at the top defines.
const PLAIN: [&str; 8] = [
    "crlf",
    "delta",
    "export-ignore",
    "export-subst",
    "lockable",
    "merge",
    "text",
    "whitespace",
];

const MACRO: &str = "[attr]";
const FILE: &str = ".gitattributes";

/// Every rule of the `.gitattributes` at `path` that may not stand there.
pub(super) fn judge(path: &str, bytes: &[u8]) -> Vec<Reason> {
    let text = String::from_utf8_lossy(bytes);
    // Git passes over the mark, so what stands behind it is the first rule.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (hiding, rewriting) = (macros(text, Reach::Zones), macros(text, Reach::Outputs));
    let mut reasons = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let (pattern, states) = split(line.trim());
        if pattern.is_empty() || pattern.starts_with('#') {
            continue;
        }
        let reach = Reach::of(path, pattern);
        let macros = match reach {
            Reach::Outputs => &rewriting,
            _ => &hiding,
        };
        let harmful = states
            .split_ascii_whitespace()
            .find(|state| does_harm(state, reach, macros) || may_be_macro(state, path, reach));
        let Some(state) = harmful else { continue };
        if !pattern.starts_with(MACRO) && reach != Reach::Nothing {
            reasons.push(reason(state).at(Place {
                line: number,
                column: 1,
            }));
        }
    }
    reasons
}

/// The macros of a file that stand for something harmful where it reaches. One counts wherever it is defined, and may be
/// made of others.
fn macros(text: &str, reach: Reach) -> HashSet<&str> {
    let (mut users, mut harmful): (HashMap<&str, Vec<&str>>, Vec<&str>) = Default::default();
    for line in text.lines() {
        let (pattern, states) = split(line.trim());
        let Some(name) = pattern.strip_prefix(MACRO) else {
            continue;
        };
        for state in states.split_ascii_whitespace() {
            match attribute(state) {
                Some(state) if is_harmful(state, reach) => harmful.push(name),
                Some(state) => users.entry(state).or_default().push(name),
                None => {}
            }
        }
    }
    let mut found = HashSet::new();
    while let Some(name) = harmful.pop() {
        if found.insert(name) {
            harmful.extend(users.get(name).into_iter().flatten());
        }
    }
    found
}

fn does_harm(state: &str, reach: Reach, macros: &HashSet<&str>) -> bool {
    attribute(state).is_some_and(|name| is_harmful(name, reach) || macros.contains(name))
}

/// Only the file at the top defines macros, and what it defines is not known below.
fn may_be_macro(state: &str, path: &str, reach: Reach) -> bool {
    let is_word = !state.contains('=') && !state.starts_with(['-', '!']);
    let is_known = PLAIN.contains(&state) || reach == Reach::Outputs && HIDING.contains(&state);
    path != FILE && reach != Reach::Nothing && is_word && !is_known
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Nothing,
    Outputs,
    Zones,
}

impl Reach {
    fn of(path: &str, pattern: &str) -> Self {
        let pattern = pattern.to_ascii_lowercase();
        let anchored = pattern.trim_start_matches('/');
        // A macro or a quoted pattern is taken to match anything.
        let anything = pattern.starts_with('"') || pattern.starts_with("[attr]");
        // The names of keys and of what templates make end in anything.
        if Zone::of(path) == Some(Zone::Output) {
            return Self::Outputs;
        }
        if !anything && !can_match_a_name(file_name(&pattern)) {
            return Self::Nothing;
        }
        let first = match path.split_once('/') {
            Some((zone, _)) => zone,
            None if pattern.contains('/') && !anything => {
                anchored.split('/').next().unwrap_or_default()
            }
            None => "*",
        };
        match Zone::of(first) {
            Some(Zone::Output) => Self::Outputs,
            Some(_) => Self::Zones,
            None if first.contains(WILDCARDS) => Self::Zones,
            None => Self::Nothing,
        }
    }
}

fn can_match_a_name(pattern: &str) -> bool {
    let tail = pattern.rsplit(WILDCARDS).next().unwrap_or_default();
    let has_wildcard = tail.len() < pattern.len();
    READ_SUFFIXES
        .iter()
        .any(|suffix| tail.ends_with(suffix) || (has_wildcard && suffix.ends_with(tail)))
}

/// The attribute that a state sets, takes away or gives a value; `None` where it is left as nobody has set it.
fn attribute(state: &str) -> Option<&str> {
    let (name, value) = state.split_once('=').unwrap_or((state, ""));
    let is_shown = value == "false" && HIDING.contains(&name);
    let is_left = is_shown || name.starts_with('!') || name.starts_with('-') && name != "-diff";
    (!is_left).then_some(name)
}

fn is_harmful(name: &str, reach: Reach) -> bool {
    let hides = name == "-diff" || HIDING.contains(&name);
    REWRITING.contains(&name) || (hides && reach != Reach::Outputs)
}

fn split(line: &str) -> (&str, &str) {
    let end = match line.strip_prefix('"') {
        Some(quoted) => quoted.rfind('"').map(|end| end + 2),
        None => line.find(|character: char| character.is_ascii_whitespace()),
    };
    line.split_at_checked(end.unwrap_or(line.len()))
        .unwrap_or((line, ""))
}

fn reason(state: &str) -> Reason {
    Reason::new(
        Code::AttributeInZone,
        "an attribute may not rewrite what is checked out here, or hide its changes from reviewers",
    )
    .value(state)
    .help("remove the attribute, or narrow its pattern to other directories")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_may_not_hide_what_is_read() {
        for (path, text, harmful) in [
            (
                ".gitattributes",
                "* text=auto\n*.yaml eol=lf merge=union\n",
                false,
            ),
            (".gitattributes", "*.yaml -diff\n", true),
            (".gitattributes", "* filter=lfs\n", true),
            (".gitattributes", "\u{feff}requests/** -diff\n", true),
            (
                ".gitattributes",
                "\u{feff}[attr]quiet -diff\n*.yaml quiet\n",
                true,
            ),
            ("requests/.gitattributes", "* gitlab-generated=true\n", true),
            (".gitattributes", "* gitlab-generated\n", true),
            (".gitattributes", "* gitlab-generated=false\n", false),
            (".gitattributes", "* filter=false\n", true),
            (".gitattributes", "*.png binary\n", false),
            (".gitattributes", "src/** linguist-generated\n", false),
            (
                ".gitattributes",
                "issued/** linguist-generated -diff\n",
                false,
            ),
            (".gitattributes", "issued/** filter=x\n", true),
            (
                ".gitattributes",
                "[attr]quiet -diff\nissued/** quiet\n",
                false,
            ),
            (
                ".gitattributes",
                "[attr]evil filter=x\nissued/** evil\n",
                true,
            ),
            ("issued/_crl/.gitattributes", "* evil\n", true),
            (
                "issued/_crl/.gitattributes",
                "* text -diff linguist-generated binary\n",
                false,
            ),
            ("issued/_keys/ab/.gitattributes", "0123 filter=x\n", true),
            (
                ".gitattributes",
                "/requests/* linguist-generated=true\n",
                true,
            ),
            (
                ".gitattributes",
                "requests/** linguist-generated=false\n",
                false,
            ),
            (".gitattributes", "**/*.yaml ident\n", true),
            (".gitattributes", "[attr]quiet -diff\n", false),
            (
                ".gitattributes",
                "[attr]quiet -diff\nrequests/* quiet\n",
                true,
            ),
            (".gitattributes", "*.yaml quiet\n[attr]quiet -diff\n", true),
            (
                ".gitattributes",
                "[attr]b a\n[attr]a -diff\nrequests/* b\n",
                true,
            ),
            (".gitattributes", "*.yam[l] -diff\n", true),
            (".gitattributes", "*.[y]aml filter=x\n", true),
            (".gitattributes", "*.pn[g] -diff\n", true),
            ("requests/.gitattributes", "*.yaml quiet\n", true),
            (
                "requests/.gitattributes",
                "*.yaml text merge=union -text\n",
                false,
            ),
            ("requests/.gitattributes", "*.png quiet\n", false),
            (".gitattributes", "*.yaml diff=driver\n", true),
            (".gitattributes", "*.yaml linguist-vendored\n", true),
            (".gitattributes", "\"a b.yaml\" binary\n", true),
            (".gitattributes", "# * -diff\n", false),
            (".gitattributes", "* !diff -filter\n", false),
            ("requests/.gitattributes", "jane.yaml binary\n", true),
            ("requests/.gitattributes", "*.YAML -diff\n", true),
            (
                "policies/x/.gitattributes",
                "* working-tree-encoding=UTF-16\n",
                true,
            ),
        ] {
            assert_eq!(
                !judge(path, text.as_bytes()).is_empty(),
                harmful,
                "{path}: {text}"
            );
        }
    }
    /// Each macro is made of the one behind it, so none is known to be harmful before the last one is.
    #[test]
    fn many_macros_are_judged_at_once() {
        let count = 3_000;
        let chain = (0..count).map(|number| format!("[attr]m{number} m{}\n", number + 1));
        let text = chain.collect::<String>() + &format!("[attr]m{count} -diff\n*.yaml m0\n");
        assert!(text.len() < 64 * 1024);
        assert_eq!(judge(FILE, text.as_bytes()).len(), 1);
    }
}
