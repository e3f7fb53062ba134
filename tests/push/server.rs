//! Servers that refuse, break off, or do not tell the truth.

use std::fs;

use serde_json::Value;

use crate::place::{
    HURRY, codes, hook, issuances, only_pending, pending, place, push, result, rev, serial,
    serial_at_remote, sound, told_serial,
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
    let signed = serial(&scratch, "repo", &only_pending(&scratch), "jane");
    fs::remove_file(scratch.path("remote.git/hooks/pre-receive")).expect("the hook was there");
    scratch.sh("mv home/.config/gitca/keys/cluster-ca.pem away.pem");
    let report = push(&scratch).success().json();
    // No key is needed any more.
    assert_eq!(told_serial(&report, "jane"), signed);
    assert_eq!(serial_at_remote(&scratch, "jane"), signed);
    assert_eq!(pending(&scratch), "");
    sound(&scratch);
}

#[test]
fn a_branch_that_is_checked_out_at_the_remote_is_refused_and_nothing_is_lost() {
    let scratch = place(&["jane"]);
    let origin = scratch.path("origin");
    scratch.sh("git clone -q remote.git origin");
    scratch.git(&["remote", "set-url", "origin", &origin.to_string_lossy()]);
    let base = rev(&scratch, "origin", "main");
    let mut signed = String::new();
    for attempt in 0..3 {
        let report = push(&scratch).code(2).json();
        let error = &report["errors"][0];
        assert_eq!(error["code"], "PushRefused", "{report:#}");
        let message = error["message"].as_str().expect("a message");
        for words in [
            "branch is currently checked out",
            "refusing to update checked out branch: refs/heads/main",
            "'receive.denyCurrentBranch'",
        ] {
            assert!(message.contains(words), "{message}");
        }
        let help = error["help"].as_str().expect("a help");
        assert!(help.contains("let the bot push to this branch"), "{help}");
        assert_eq!(rev(&scratch, "origin", "main"), base);
        assert!(!scratch.path("repo/issued").exists(), "nothing has landed");
        assert_eq!(codes(&report, "notices"), [""; 0]);
        // However often: one commit waits, and its certificate is the first that was signed.
        let waiting = serial(&scratch, "repo", &only_pending(&scratch), "jane");
        if attempt == 0 {
            signed = waiting;
        } else {
            assert_eq!(waiting, signed);
        }
    }
    // As the words of the server have it.
    scratch.sh("git -C origin config receive.denyCurrentBranch updateInstead");
    let report = push(&scratch).success().json();
    assert_eq!(told_serial(&report, "jane"), signed);
    assert_eq!(codes(&report, "notices"), [""; 0]);
    assert_eq!(serial(&scratch, "origin", "main", "jane"), signed);
    let status = "git -C origin status --porcelain; git -C repo status --porcelain";
    assert_eq!(scratch.sh(status).stdout, "");
    assert_eq!(pending(&scratch), "");
    scratch
        .sh("git -C repo fsck --strict --no-dangling; git -C origin fsck --strict --no-dangling");
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
    for (elsewhere, next) in [
        ("$old", "PushNotVisible"),
        (
            "$(git commit-tree -m elsewhere \"$old^{tree}\")",
            "MainlineRewritten",
        ),
    ] {
        let script = format!("read old new ref; git update-ref $ref {elsewhere}");
        hook(&scratch, "post-receive", &script);
        let report = push(&scratch).code(2).json();
        assert_eq!(codes(&report, "errors"), ["PushNotVisible"]);
        assert_eq!(result(&report, "jane")["serialNumber"], Value::Null);
        assert_ne!(pending(&scratch), "");
        let again = push(&scratch).code(2).json();
        assert_eq!(codes(&again, "errors"), [next], "{elsewhere}");
    }
}
