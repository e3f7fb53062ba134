//! Servers that refuse, break off, or do not tell the truth.

use std::fs;

use serde_json::Value;

use crate::place::{
    HURRY, codes, hook, issuances, pending, place, push, result, rev, serial_at_remote, sound,
};

#[test]
fn a_refusal_is_shown_in_the_words_of_the_server_and_the_rerun_sends_the_same() {
    let scratch = place(&["jane"]);
    hook(
        &scratch,
        "pre-receive",
        "printf 'closed \\033[31mfor\\033[0m today\\n' >&2; exit 1",
    );
    let text = scratch
        .gitca_with("repo", &["run", "--push"], &HURRY)
        .code(2)
        .stderr;
    assert!(
        text.contains("PushRefused") && text.contains("closed"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "{text:?}");
    assert!(text.contains("pre-receive hook declined"), "{text}");
    let first = pending(&scratch);
    let reference = first.trim().to_owned();
    let serial = scratch
        .sh(&format!(
            "git -C repo show {reference}:issued/jane/certificate.pem | openssl x509 -noout -serial"
        ))
        .stdout
        .to_lowercase();
    fs::remove_file(scratch.path("remote.git/hooks/pre-receive")).expect("the hook was there");
    scratch.sh("mv home/.config/gitca/keys/cluster-ca.pem away.pem");
    let report = push(&scratch).success().json();
    assert_eq!(
        result(&report, "jane")["verdict"],
        "issued",
        "no key is needed any more: {report:#}"
    );
    let landed = serial_at_remote(&scratch, "jane");
    assert_eq!(format!("serial={landed}\n"), serial);
    // openssl leaves out leading zeros.
    let shown = result(&report, "jane")["serialNumber"].clone();
    let shown = shown.as_str().unwrap_or_default().trim_start_matches('0');
    assert_eq!(shown, landed.trim_start_matches('0'));
    assert_eq!(pending(&scratch), "");
    sound(&scratch);
}

#[test]
fn an_answer_that_is_lost_after_acceptance_is_no_loss() {
    let scratch = place(&["jane"]);
    // Runs when the reference is written and before the answer goes out.
    hook(
        &scratch,
        "reference-transaction",
        "[ \"$1\" != committed ] || kill -9 $PPID",
    );
    let report = push(&scratch).success().json();
    assert_eq!(report["summary"]["issued"], 1);
    assert_eq!(report["issueCommit"], rev(&scratch, "remote.git", "main"));
    assert_eq!(issuances(&scratch), 1);
}

#[test]
fn a_connection_that_always_breaks_fails_and_the_rerun_sends_the_same() {
    let scratch = place(&["jane"]);
    hook(&scratch, "pre-receive", "echo >> attempts; kill -9 $PPID");
    let report = push(&scratch).code(2).json();
    assert_eq!(codes(&report, "errors"), ["PushFailed"]);
    assert_eq!(scratch.read("remote.git/attempts").lines().count(), 8);
    assert_ne!(pending(&scratch), "");
    fs::remove_file(scratch.path("remote.git/hooks/pre-receive")).expect("the hook was there");
    assert_eq!(push(&scratch).success().json()["summary"]["issued"], 1);
    assert_eq!((issuances(&scratch), pending(&scratch)), (1, String::new()));
}

#[test]
fn a_server_that_says_yes_and_has_something_else_is_not_believed() {
    let scratch = place(&["jane"]);
    hook(
        &scratch,
        "post-receive",
        "read old new ref; git update-ref $ref $old",
    );
    let report = push(&scratch).code(2).json();
    assert_eq!(codes(&report, "errors"), ["PushNotVisible"]);
    assert_eq!(result(&report, "jane")["serialNumber"], Value::Null);
    assert_ne!(pending(&scratch), "");
}
