//! What the files that templates make are called: each becomes an entry of a tree beside those that a run writes itself.
//!
//! In come the names of templates; out come the reasons against some of them. Beyond what holds for every entry that is
//! read, none may be taken for another file of the folder where case, short names or streams mean nothing, and none may be
//! one that git itself reads.

use std::collections::BTreeMap;

use crate::finding::{Code, Reason};
use crate::names::artifact;
use crate::zones::{Scope, entry_name_fault};

// What a run writes itself into the folder of a certificate.
const OWN: [&str; 4] = [
    artifact::REQUEST,
    artifact::CERTIFICATE,
    artifact::CSR,
    artifact::PROVENANCE,
];

/// The file that a template makes: its name without `.j2`.
#[must_use]
pub fn output_name(template: &str) -> &str {
    template.strip_suffix(".j2").unwrap_or(template)
}

/// The templates that make no file that could lie beside the others, each with the reason.
pub(super) fn refused<'t>(
    templates: impl Iterator<Item = &'t String>,
) -> Vec<(&'t String, Reason)> {
    let own = OWN.map(|name| (name.to_owned(), None));
    let mut taken: BTreeMap<String, Option<&str>> = own.into();
    let mut refused = Vec::new();
    for template in templates {
        let output = output_name(template);
        let message = match taken.insert(folded(output), Some(template)) {
            Some(None) => Some("its output has the name of a file that gitca itself writes".into()),
            Some(Some(other)) => {
                let what = "some file systems can't tell its output from that of";
                Some(format!("{what} `templates/{other}`"))
            }
            None => fault(output).map(|fault| format!("its output has a name of no file: {fault}")),
        };
        refused.extend(message.map(|message| {
            let reason = Reason::new(Code::ConfigInvalid, message).value(output);
            (template, reason.help("give the template another name"))
        }));
    }
    refused
}

/// What NTFS takes a name for: the case of letters, streams, and dots and spaces at the end mean nothing there.
fn folded(name: &str) -> String {
    let file = name.split(':').next().unwrap_or_default();
    file.trim_end_matches(['.', ' ']).to_ascii_lowercase()
}

fn fault(output: &str) -> Option<&'static str> {
    let git = ".git".as_bytes();
    let start = output.as_bytes().get(..git.len());
    let entry_fault = entry_name_fault(output, Scope::Zone);
    if entry_fault.is_some() {
        entry_fault
    } else if start.is_some_and(|start| start.eq_ignore_ascii_case(git)) {
        Some("git itself reads files that are called so")
    } else if is_short(output) {
        Some("on NTFS it may be the short name of another file")
    } else {
        None
    }
}

/// Whether it could be the second name that NTFS gives a file, such as `CERTIF~1.PEM`.
fn is_short(name: &str) -> bool {
    let mut after = name.split('~').skip(1);
    after.any(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(names: &[&str]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let refused = refused(names.iter());
        refused
            .into_iter()
            .map(|(_, found)| found.message)
            .collect()
    }

    #[test]
    fn a_template_makes_a_file_that_any_clone_can_hold() {
        let own = "its output has the name of a file that gitca itself writes";
        let fault = |fault: &str| format!("its output has a name of no file: {fault}");
        let (piece, ascii) = (
            fault("a name is one piece, without slashes and control characters"),
            fault("a name in a zone is made of ASCII characters"),
        );
        let (entry, git) = (
            fault("no entry may be called so"),
            fault("git itself reads files that are called so"),
        );
        let short = fault("on NTFS it may be the short name of another file");
        for (name, wanted) in [
            ("certificate.pem.j2", own),
            ("Certificate.pem.j2", own),
            ("CSR.yaml. .j2", own),
            ("provenance.json::$DATA.j2", own),
            (".j2", &entry),
            ("..j2", &entry),
            ("...j2", &entry),
            (".git.j2", &entry),
            (".GIT.j2", &entry),
            (".git .j2", &entry),
            (".git..j2", &entry),
            (".git::$INDEX_ALLOCATION.j2", &entry),
            ("git~1.j2", &entry),
            ("GIT~1.j2", &entry),
            ("a\\b.j2", &piece),
            ("a\u{7f}.j2", &piece),
            (".g\u{200c}it.j2", &entry),
            ("\u{e9}.j2", &ascii),
            (".gitattributes.j2", &git),
            (".Gitmodules.j2", &git),
            ("certif~1.pem.j2", &short),
            ("gi7eba~1.j2", &short),
        ] {
            assert_eq!(messages(&[name]), [wanted], "{name:?}");
        }
        let fine = [
            "kubeconfig.yaml.j2",
            "x y.j2",
            ".netrc.j2",
            "x~.j2",
            "git.j2",
        ];
        assert_eq!(messages(&fine), [""; 0]);
    }

    #[test]
    fn no_two_templates_make_one_file() {
        assert_eq!(
            messages(&["A.yaml.j2", "a.yaml.j2", "b.j2"]),
            ["some file systems can't tell its output from that of `templates/A.yaml.j2`"]
        );
    }
}
