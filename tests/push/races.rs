//! Pushes of others while a run is at work: what still lands, what is dropped and said, and what stops the run.

use std::fs;

use serde_json::Value;

use crate::place::{
    codes, hook, issuances, others, pending, place, push, push_while, result, rev,
    serial_at_remote, sound,
};

#[test]
fn a_foreign_change_that_is_pushed_meanwhile_stops_the_run() {
    let scratch = place(&["jane"]);
    push(&scratch).success();
    scratch.sh("git -C other pull -q");
    scratch
        .gitca(&["-C", "other", "new", "kim", "--group", "dev"])
        .success();
    scratch.sh(&others("true"));
    let tamper = others("echo tampered >> issued/jane/kubeconfig.yaml");
    let report = push_while(&scratch, "signed", &tamper).code(2).json();
    assert_eq!(codes(&report, "errors"), ["ForeignOutput"]);
    let tip = rev(&scratch, "remote.git", "main");
    assert_eq!(rev(&scratch, "other", "main"), tip);
    // What was signed waits for the repair.
    scratch.sh(&others("git restore --source=HEAD~ issued"));
    let report = push(&scratch).success().json();
    assert_eq!(result(&report, "kim")["verdict"], "issued");
    assert_eq!(pending(&scratch), "");
    sound(&scratch);
}

#[test]
fn after_an_unrelated_change_the_same_certificate_lands() {
    let scratch = place(&["jane"]);
    let report = push_while(&scratch, "pending", &others("echo x > notes"))
        .success()
        .json();
    let jane = result(&report, "jane");
    assert_eq!(jane["verdict"], "issued");
    assert_eq!(jane["serialNumber"], serial_at_remote(&scratch, "jane"));
    let parent = rev(&scratch, "remote.git", "main^");
    assert_eq!(report["commit"], parent);
    let trailers = scratch
        .sh("git -C remote.git log -1 --format=%B main | git interpret-trailers --parse")
        .stdout;
    assert!(
        trailers.contains(&format!("Gitca-Base: {parent}\n")),
        "{trailers}"
    );
    assert!(trailers.contains("Gitca-Open: 0\n"), "{trailers}");
    assert_eq!(issuances(&scratch), 1);
    assert_eq!(pending(&scratch), "");
    sound(&scratch);
}

#[test]
fn what_rests_on_something_that_changed_is_dropped_and_said() {
    for (what, change) in [
        (
            "the request",
            "sed -i 's/^spec:/spec:\\n  expirationSeconds: 3600/' requests/jane.yaml",
        ),
        ("it is gone", "git rm -q requests/jane.yaml"),
        (
            "an approval",
            "mkdir -p requests/jane.approvals; echo '{}' > requests/jane.approvals/x-00000000.json",
        ),
        (
            "a revocation",
            "echo 'kind: Revocation' > requests/jane.revocation.yaml",
        ),
        (
            "its key lies there",
            "cp \"$HOME/.config/gitca/requests/jane.key\" jane.pem",
        ),
        (
            "it went and came back",
            "git mv requests/jane.yaml j; git commit -qm 1; git mv j requests/jane.yaml; git commit -qm 2; echo > notes",
        ),
        (
            "the rules deny it",
            "sed -i 's/\"dev\", \"dev:\\*\"/\"prod\"/' policies/developers.yaml",
        ),
    ] {
        let scratch = place(&["jane", "june"]);
        let developers = scratch.read("repo/policies/developers.yaml");
        assert!(
            developers.contains("dev"),
            "the starter policy is another one now"
        );
        let answer = push_while(&scratch, "pending", &others(change));
        let report = answer.success().json();
        let jane = result(&report, "jane");
        assert_eq!(jane["verdict"], "approved", "{what}: {report:#}");
        assert_eq!(jane["serialNumber"], Value::Null, "{what}");
        let dropped = codes(&report, "notices");
        assert!(
            dropped.contains(&"SignedNotPublished".to_owned()),
            "{what}: {dropped:?}"
        );
        let exists = scratch
            .sh("git -C remote.git ls-tree -r --name-only main issued")
            .stdout;
        assert!(!exists.contains("issued/jane/"), "{what}");
        let others_landed = what != "the rules deny it";
        assert_eq!(
            exists.contains("issued/june/"),
            others_landed,
            "{what}: {exists}"
        );
        assert_eq!(pending(&scratch), "", "{what}");
        sound(&scratch);
    }
}

#[test]
fn rules_that_change_and_still_give_the_same_files_keep_the_certificate() {
    let scratch = place(&["jane"]);
    let more = others(
        "printf 'apiVersion: gitca.dev/v1alpha1\\nkind: DenyPolicy\\nmetadata: {name: more}\\nspec: {deny: [{name: mallory, subject: {commonName: [mallory]}}]}\\n' > policies/more.yaml",
    );
    let report = push_while(&scratch, "pending", &more).success().json();
    let jane = result(&report, "jane");
    assert_eq!(jane["verdict"], "issued", "{report:#}");
    assert_eq!(jane["serialNumber"], serial_at_remote(&scratch, "jane"));
    assert_eq!(issuances(&scratch), 1);
}

#[test]
fn another_run_that_was_first_stands() {
    let scratch = place(&["jane", "june"]);
    let other = format!(
        "{} -C other run --push -o json > theirs.json",
        env!("CARGO_BIN_EXE_gitca")
    );
    let script = format!("unset GITCA_TEST_POINT; {other}");
    let report = push_while(&scratch, "pending", &script).success().json();
    let theirs: Value = serde_json::from_str(&scratch.read("theirs.json")).expect("a report");
    assert_eq!(
        result(&theirs, "jane")["serialNumber"],
        serial_at_remote(&scratch, "jane")
    );
    assert_eq!(result(&report, "jane")["verdict"], "approved");
    assert_eq!(report["issueCommit"], Value::Null);
    let dropped = codes(&report, "notices");
    assert_eq!(
        dropped
            .iter()
            .filter(|code| *code == "SignedNotPublished")
            .count(),
        2
    );
    assert_eq!(issuances(&scratch), 2);
    sound(&scratch);
}

#[test]
fn a_rewritten_mainline_stops_everything_until_somebody_accepts_it() {
    let scratch = place(&["jane"]);
    push(&scratch).success();
    let rewind = "git --git-dir=remote.git update-ref refs/heads/main refs/heads/main^";
    scratch.sh(rewind);
    for _ in 0..2 {
        let report = push(&scratch).code(2).json();
        assert_eq!(codes(&report, "errors"), ["MainlineRewritten"]);
    }
    let report = push(&scratch).code(2).json();
    let help = report["errors"][0]["help"].as_str().expect("a help");
    let (_, command) = help.split_once(": ").expect("a command");
    scratch.sh(&format!("cd repo; {command}"));
    push(&scratch).success();

    let scratch = place(&["jane"]);
    let script = format!(
        "{rewind}; {}",
        others("true || :").replace(
            "git pull -q;",
            "git fetch -q; git reset -q --hard origin/main; echo y > y;"
        )
    );
    let report = push_while(&scratch, "pending", &script).code(2).json();
    assert_eq!(
        codes(&report, "errors"),
        ["MainlineRewritten"],
        "{report:#}"
    );
    assert_eq!(result(&report, "jane")["verdict"], "approved");
    assert_ne!(pending(&scratch), "", "what was signed is not forgotten");
}

#[test]
fn a_remote_that_is_rewound_meanwhile_is_not_moved_forward_again() {
    let scratch = place(&["jane"]);
    let before = rev(&scratch, "remote.git", "main^");
    let rewind = "git --git-dir=remote.git update-ref refs/heads/main refs/heads/main^";
    let report = push_while(&scratch, "pending", rewind).code(2).json();
    assert_eq!(codes(&report, "errors"), ["MainlineRewritten"]);
    assert_eq!(rev(&scratch, "remote.git", "main"), before);
}

#[test]
fn a_branch_that_moves_at_every_attempt_is_given_up_and_nothing_is_lost() {
    let scratch = place(&["jane"]);
    hook(
        &scratch,
        "pre-receive",
        "unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
         echo >> attempts
         tip=$(git rev-parse refs/heads/main)
         git update-ref refs/heads/main $(git commit-tree -p $tip -m more \"$tip^{tree}\")",
    );
    let report = push(&scratch).code(2).json();
    assert_eq!(codes(&report, "errors"), ["RaceLost"], "{report:#}");
    assert_eq!(scratch.read("remote.git/attempts").lines().count(), 8);
    let serials = "git -C repo show $(git -C repo for-each-ref --format='%(objectname)' refs/gitca/pending):issued/jane/certificate.pem | openssl x509 -noout -serial";
    let kept = scratch.sh(serials).stdout.to_lowercase();
    fs::remove_file(scratch.path("remote.git/hooks/pre-receive")).expect("the hook was there");
    push(&scratch).success();
    assert_eq!(
        kept.trim(),
        format!("serial={}", serial_at_remote(&scratch, "jane"))
    );
    assert_eq!((issuances(&scratch), pending(&scratch)), (1, String::new()));
}
