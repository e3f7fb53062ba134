//! Pushes of others while a run is at work: what still lands, what is dropped and said, and what stops the run.

use std::fs;

use serde_json::Value;

use crate::place::{
    HURRY, codes, hook, issuances, only_pending, others, pending, place, push, push_while, result,
    rev, serial, serial_at_remote, sound, told_serial,
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

/// Notes in the file `signed` what a run is about to push.
const SIGNED: &str = "git -C repo rev-parse $(git -C repo for-each-ref --format='%(refname)' refs/gitca/pending):issued > signed";

#[test]
fn after_an_unrelated_change_the_same_certificate_lands() {
    let scratch = place(&["jane"]);
    let script = format!("{SIGNED}; {}", others("echo x > notes"));
    let report = push_while(&scratch, "pending", &script).success().json();
    // The directory, so all its files, byte for byte.
    let landed = rev(&scratch, "remote.git", "main:issued");
    assert_eq!(landed, scratch.read("signed").trim());
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

/// A template decides nothing, but what was made with the old one is not what the rules of the new tip make.
#[test]
fn what_was_made_with_a_template_that_changed_is_dropped_and_made_anew() {
    let scratch = place(&["jane"]);
    let edit = others("echo '# the new one' >> templates/kubeconfig.yaml.j2");
    let report = push_while(&scratch, "pending", &edit).success().json();
    let jane = result(&report, "jane");
    assert_eq!(jane["verdict"], "approved", "{report:#}");
    assert_eq!(codes(&report, "notices"), ["SignedNotPublished"]);
    let notice = &report["notices"][0];
    assert!(notice["help"].is_string(), "{notice:#}");
    assert_eq!((issuances(&scratch), pending(&scratch)), (0, String::new()));
    let report = push(&scratch).success().json();
    assert_eq!(result(&report, "jane")["verdict"], "issued");
    let show = "git -C remote.git show main:issued/jane/kubeconfig.yaml";
    let made = scratch.sh(show).stdout;
    assert!(made.ends_with("# the new one\n"), "{made}");
    sound(&scratch);
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
    let killed = push_while(&scratch, "fetched", "kill -9 $PPID");
    assert_eq!(killed.code, None, "{}", killed.stdout);
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
    let noted = [
        HURRY[0],
        ("GITCA_TEST_POINT", "pending"),
        ("GITCA_TEST_COMMAND", SIGNED),
    ];
    let report = scratch.gitca_with("repo", &["run", "--push", "-o", "json"], &noted);
    let report = report.code(2).json();
    assert_eq!(codes(&report, "errors"), ["RaceLost"], "{report:#}");
    assert_eq!(scratch.read("remote.git/attempts").lines().count(), 8);
    scratch.sh(SIGNED);
    fs::remove_file(scratch.path("remote.git/hooks/pre-receive")).expect("the hook was there");
    push(&scratch).success();
    let landed = rev(&scratch, "remote.git", "main:issued");
    assert_eq!(landed, scratch.read("signed").trim());
    assert_eq!((issuances(&scratch), pending(&scratch)), (1, String::new()));
}

/// Merges the mainline into a branch and pushes that as the mainline.
const FOXTROT: &str = "set -eu; cd other; git fetch -q; git switch -q -c side origin/main~
     echo mine > mine; git add -A; git commit -qm mine; git merge -q -m foxtrot origin/main
     git push -q origin side:main";

#[test]
fn a_branch_that_became_the_mainline_meanwhile_stops_the_run_and_what_was_signed_waits() {
    let scratch = place(&["jane"]);
    let base = rev(&scratch, "remote.git", "main");
    let report = push_while(&scratch, "pending", FOXTROT).code(2).json();
    let error = &report["errors"][0];
    assert_eq!(error["code"], "MainlineRewritten", "{report:#}");
    let tip = rev(&scratch, "remote.git", "main");
    assert_eq!(rev(&scratch, "remote.git", "main^2"), base);
    let message = error["message"].as_str().expect("a message");
    assert!(
        message.contains(&base) && message.contains(&tip),
        "{message}"
    );
    let help = error["help"].as_str().expect("a help");
    assert!(
        help.contains("git update-ref -d refs/gitca/remote/main"),
        "{help}"
    );
    assert_eq!(result(&report, "jane")["verdict"], "approved");
    assert_eq!(report["issueCommit"], Value::Null);
    let waiting = only_pending(&scratch);
    let signed = serial(&scratch, "repo", &waiting, "jane");
    // Whoever runs again signs nothing and opens no key.
    let again = push(&scratch).code(2).json();
    assert_eq!(codes(&again, "errors"), ["MainlineRewritten"]);
    assert_eq!(again["results"], Value::Array(Vec::new()));
    assert_eq!(only_pending(&scratch), waiting);
    assert_eq!(rev(&scratch, "remote.git", "main"), tip);
    assert!(!scratch.path("repo/issued").exists());
    // The old tip comes first again, and what was signed lands.
    scratch.sh(&format!(
        "cd other; git switch -q --detach {base}; git merge -q --no-ff -m repair {tip}; git push -q origin HEAD:main"
    ));
    let report = push(&scratch).success().json();
    assert_eq!(told_serial(&report, "jane"), signed);
    assert_eq!(serial_at_remote(&scratch, "jane"), signed);
    assert_eq!((issuances(&scratch), pending(&scratch)), (1, String::new()));
    sound(&scratch);
}
