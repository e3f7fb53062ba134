//! How much work policy files make by being read, looked at before any of it is done.
//!
//! In come the trees of the files, one by one; out comes what there is too much of. A regular expression and a rule are
//! compiled when the file is loaded, each within limits of its own; a file of nothing else would still cost seconds and a
//! gigabyte, and so would many files of a few. Denials are many patterns, too. The limits for all files are those that no repository of people meets.

use crate::control::policy_test::PolicyTest;
use crate::finding::{Code, Place, Reason};
use crate::yaml::{Node, Value};

/// The keys whose values are compiled, and how many of each a file may have.
const COMPILED: [(&str, usize, &str); 2] =
    [("regex", 32, "regular expressions"), ("rule", 64, "rules")];

// Of each, in all files of the control zone.
const IN_ALL: usize = 512;

// Denials in all files: each is read into patterns of its own, however short it is.
const DENIALS: usize = 4_000;

// Cases of all tests, and those times the policies that each is judged by.
const CASES: usize = 2_000;
const PAIRS: usize = 250_000;

/// The case at which all tests have too much to try under so many policies.
pub(super) fn too_many_cases(
    tests: &[PolicyTest],
    policies: usize,
) -> Option<(&PolicyTest, Reason)> {
    let most = CASES.min(PAIRS / policies.max(1));
    let cases = tests
        .iter()
        .flat_map(|test| test.cases.iter().map(move |case| (test, case)));
    let (test, case) = cases.into_iter().nth(most)?;
    let message = format!(
        "all tests have at most {most} cases, since each is judged by every policy, {policies} here"
    );
    let help = "keep the cases at the edges of the policies, and put those of a kind into one";
    let reason = Reason::new(Code::ConfigInvalid, message).at(case.place);
    Some((test, reason.help(help)))
}

/// What the files looked at so far have to compile.
#[derive(Debug, Default)]
pub(super) struct Weight {
    compiled: [usize; COMPILED.len()],
    denials: usize,
}

impl Weight {
    /// The reasons against a file that has too much to compile, or with which all files have.
    pub(super) fn check(&mut self, root: &Node) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for ((key, most, name), before) in COMPILED.into_iter().zip(&mut self.compiled) {
            let mut left = usize::MAX;
            nth(root, key, &mut left);
            let here = usize::MAX - left;
            let (past, message, help) = if here > most {
                let message = format!("a file has at most {most} {name}");
                (most, message, "split it into several files")
            } else if *before + here > IN_ALL {
                let message = format!("all files of the control zone have at most {IN_ALL} {name}");
                let help = "write globs where they say the same, and one rule for several policies";
                (IN_ALL - *before, message, help)
            } else {
                *before += here;
                continue;
            };
            let reason = Reason::new(Code::ConfigInvalid, message).help(help);
            reasons.extend(nth(root, key, &mut (past + 1)).map(|place| reason.at(place)));
        }
        reasons.extend(self.too_many_denials(root));
        reasons
    }

    fn too_many_denials(&mut self, root: &Node) -> Option<Reason> {
        let denials = within(root, "spec").and_then(|spec| within(spec, "deny"));
        let Value::List(denials) = &denials?.value else {
            return None;
        };
        let left = DENIALS - self.denials;
        self.denials += denials.len().min(left);
        let message = format!("all files of the control zone have at most {DENIALS} denials");
        let help = "list what is denied for the same reason in one of them";
        let past = denials.get(left)?;
        let reason = Reason::new(Code::ConfigInvalid, message).at(past.place);
        Some(reason.help(help))
    }
}

fn within<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Value::Map(entries) = &node.value else {
        return None;
    };
    let entry = entries.iter().find(|entry| entry.key == key)?;
    Some(&entry.node)
}

/// Where the key stands for the time that `left` is counted down by.
fn nth(node: &Node, key: &str, left: &mut usize) -> Option<Place> {
    match &node.value {
        Value::Map(entries) => entries.iter().find_map(|entry| {
            if entry.key == key {
                *left -= 1;
                if *left == 0 {
                    return Some(entry.place);
                }
            }
            nth(&entry.node, key, left)
        }),
        Value::List(nodes) => nodes.iter().find_map(|node| nth(node, key, left)),
        Value::Null | Value::Plain(_) | Value::Text(_) => None,
    }
}
