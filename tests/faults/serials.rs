//! `gitca run -v`: what is signed is on stderr before it is signed, so a crash leaves no certificate that nobody knows of.

use std::collections::BTreeMap;

use crate::support::{Answer, untested};
use crate::{LOCAL, REMOTE, finishes, place};

/// The serial numbers on stderr by request, in their order.
fn told(answer: &Answer) -> Vec<(String, String)> {
    let line = |line: &str| {
        let line = line.strip_prefix("signing ")?;
        let (request, serial) = line.split_once(": serial number ")?;
        Some((request.to_owned(), serial.to_owned()))
    };
    let lines = answer.stderr.lines();
    lines
        .map(|text| line(text).unwrap_or_else(|| panic!("what is `{text}`?")))
        .collect()
}

#[test]
fn a_run_that_is_asked_to_talk_names_every_serial_number_before_it_is_signed() {
    let scratch = place();
    let answer = scratch.in_repo(&["run", "-v", "-o", "json"]).success();
    let report = answer.json();
    let results = report["results"].as_array().expect("a list").iter();
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let issued: Vec<_> = results
        .map(|result| (text(&result["request"]), text(&result["serialNumber"])))
        .collect();
    assert_eq!(told(&answer), issued, "in order of path");
    assert_eq!(issued.len(), 2);
    for (request, serial) in issued {
        let file = format!("repo/issued/{request}/certificate.pem");
        let says = scratch.sh(&format!("openssl x509 -in {file} -noout -serial"));
        let says = says.stdout.trim().to_lowercase();
        assert_eq!(format!("serial={}", serial.trim_start_matches("00")), says);
    }
    // Nothing was signed, and nothing is said.
    assert_eq!(scratch.in_repo(&["run", "-v"]).success().stderr, "");
}

#[test]
fn without_being_asked_a_run_names_none_and_quiet_means_quiet() {
    for (talk, variable, is_told) in [
        (&[][..], "false", false),
        (&["-v", "-q"], "false", false),
        (&["-q"], "true", false),
        (&[], "true", true),
    ] {
        let scratch = place();
        let args = [&["run", "-o", "json"], talk].concat();
        let answer = scratch.gitca_with("repo", &args, &[("GITCA_VERBOSE", variable)]);
        let answer = answer.success();
        let number = if is_told { 2 } else { 0 };
        assert_eq!(told(&answer).len(), number, "{talk:?} {variable}");
    }
}

#[test]
fn a_run_that_dies_has_named_what_it_signed() {
    if !cfg!(debug_assertions) {
        untested("only a debug build has the places where a run can be killed");
        return;
    }
    for (way, point) in [(LOCAL, "signed"), (REMOTE, "pending")] {
        let scratch = place();
        let kill = [
            ("GITCA_TEST_POINT", point),
            ("GITCA_TEST_COMMAND", "kill -9 $PPID"),
        ];
        let args = [way.args, &["-v"]].concat();
        let killed = scratch.gitca_with("repo", &args, &kill);
        assert_eq!((killed.code, killed.stdout.as_str()), (None, ""));
        let told: BTreeMap<String, String> = told(&killed).into_iter().collect();
        assert_eq!(told.keys().collect::<Vec<_>>(), ["jane", "ops/omar"]);
        let again = scratch.in_repo(&args).success();
        let report = again.json();
        for result in report["results"].as_array().expect("a list") {
            let request = result["request"].as_str().expect("a name");
            let is_same = result["serialNumber"] == told[request].as_str();
            // What a commit holds is taken over, what nothing holds is signed anew, and told anew.
            assert_eq!(is_same, point == "pending", "{request}");
        }
        assert_eq!(
            again.stderr.is_empty(),
            point == "pending",
            "{}",
            again.stderr
        );
        finishes(&scratch, way, point);
    }
}
