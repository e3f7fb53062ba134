//! `gitca run --push` against remotes that real git serves: what lands, what a race leaves, what a server may say.
//!
//! Somebody else's push happens at a place inside the run that the hook of debug builds names (`src/git/fault.rs`).
#![expect(
    clippy::disallowed_methods,
    reason = "this test writes hooks and starts servers"
)]

mod support;

use std::fs;

use serde_json::Value;
use support::{Answer, Scratch};

/// A bare remote, the clone `repo` that runs, and the clone `other` of somebody else.
fn place(names: &[&str]) -> Scratch {
    let scratch = Scratch::with_repository();
    for name in names {
        scratch.in_repo(&["new", name, "--group", "dev"]).success();
    }
    scratch.commit("request");
    scratch.sh(
        "git clone -q --bare repo remote.git; git -C repo remote add origin $PWD/remote.git
         git clone -q remote.git other",
    );
    scratch
}

fn push(scratch: &Scratch) -> Answer {
    scratch.gitca_with("repo", &["run", "--push", "-o", "json"], &HURRY)
}

const HURRY: [(&str, &str); 1] = [("GITCA_TEST_HURRY", "1")];

/// The same, while somebody does something when the run has come to this place.
fn push_while(scratch: &Scratch, point: &str, script: &str) -> Answer {
    let variables = [
        HURRY[0],
        ("GITCA_TEST_POINT", point),
        ("GITCA_TEST_COMMAND", script),
    ];
    scratch.gitca_with("repo", &["run", "--push", "-o", "json"], &variables)
}

/// What somebody else does: a change, committed and pushed.
fn others(change: &str) -> String {
    format!(
        "set -eu; cd other; git pull -q; {change}; git add -A; git commit -qm other; git push -q"
    )
}

fn rev(scratch: &Scratch, directory: &str, what: &str) -> String {
    scratch
        .sh(&format!("git -C {directory} rev-parse {what}"))
        .stdout
        .trim()
        .to_owned()
}

fn serial_at_remote(scratch: &Scratch, request: &str) -> String {
    let script = format!(
        "git -C remote.git show main:issued/{request}/certificate.pem | openssl x509 -noout -serial"
    );
    let text = scratch.sh(&script).stdout.trim().to_lowercase();
    text.trim_start_matches("serial=").to_owned()
}

fn pending(scratch: &Scratch) -> String {
    scratch
        .sh("git -C repo for-each-ref --format='%(refname)' refs/gitca/pending")
        .stdout
}

#[track_caller]
fn result<'r>(report: &'r Value, request: &str) -> &'r Value {
    let results = report["results"].as_array().expect("results are a list");
    let found = results.iter().find(|result| result["request"] == request);
    found.unwrap_or_else(|| panic!("no `{request}` in {report:#}"))
}

fn codes(report: &Value, list: &str) -> Vec<String> {
    let findings = report[list].as_array().expect("a list");
    findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Nothing is lost or broken anywhere.
fn sound(scratch: &Scratch) {
    scratch.sh(
        "git -C repo fsck --strict --no-dangling; git -C remote.git fsck --strict --no-dangling",
    );
}

/// Every certificate that was ever on the mainline, by its serial number and the number of commits that brought one.
fn issuances(scratch: &Scratch) -> usize {
    let script = "git -C remote.git log --first-parent --format= --name-only --diff-filter=AM main -- 'issued/*/certificate.pem'";
    scratch
        .sh(script)
        .stdout
        .lines()
        .filter(|line| !line.is_empty())
        .count()
}

#[test]
fn a_push_lands_at_the_remote_and_here() {
    let scratch = place(&["jane", "ops/omar"]);
    let base = rev(&scratch, "remote.git", "main");
    let report = push(&scratch).success().json();
    assert_eq!(report["summary"]["issued"], 2);
    assert_eq!(report["commit"], base);
    let tip = rev(&scratch, "remote.git", "main");
    assert_eq!(report["issueCommit"], tip);
    for reference in ["main", "HEAD", "refs/gitca/remote/main"] {
        assert_eq!(rev(&scratch, "repo", reference), tip, "{reference}");
    }
    assert_eq!(scratch.git(&["status", "--porcelain"]).stdout, "");
    assert!(
        scratch
            .path("repo/issued/ops/omar/kubeconfig.yaml")
            .exists()
    );
    assert_eq!(pending(&scratch), "");
    let again = push(&scratch).success().json();
    assert_eq!(again["issueCommit"], Value::Null);
    assert_eq!(rev(&scratch, "remote.git", "main"), tip);
    sound(&scratch);
}

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
fn the_remote_is_what_is_judged_and_unpushed_commits_are_not() {
    let scratch = place(&["kim"]);
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("not pushed");
    let ours = rev(&scratch, "repo", "main");
    scratch
        .gitca(&["-C", "other", "new", "june", "--group", "dev"])
        .success();
    scratch.sh(&others("true"));
    let report = push(&scratch).success().json();
    assert_eq!(result(&report, "june")["verdict"], "issued");
    assert_eq!(report["summary"]["issued"], 2);
    assert_eq!(
        rev(&scratch, "repo", "main"),
        ours,
        "a branch that has commits of its own stays"
    );
    sound(&scratch);
}

#[test]
fn a_branch_here_that_lags_behind_by_more_than_certificates_is_left_and_said() {
    let scratch = place(&["jane"]);
    scratch.sh(&others("echo x > notes"));
    let ours = rev(&scratch, "repo", "main");
    let report = push(&scratch).success().json();
    assert_eq!(codes(&report, "notices"), ["WorkTreeNotUpdated"]);
    assert_eq!(rev(&scratch, "repo", "main"), ours);
    let help = report["notices"][0]["help"].as_str().expect("a help");
    scratch.sh(&format!("cd repo; {help}"));
    assert_eq!(
        rev(&scratch, "repo", "main"),
        rev(&scratch, "remote.git", "main")
    );
}

#[test]
fn bare_and_detached_clones_push_too() {
    let scratch = place(&["jane"]);
    scratch.sh("git clone -q --bare remote.git mirror.git");
    let report = scratch
        .gitca_with("mirror.git", &["run", "--push", "-o", "json"], &HURRY)
        .success()
        .json();
    assert_eq!(report["summary"]["issued"], 1);
    assert_eq!(report["issueCommit"], rev(&scratch, "remote.git", "main"));
    assert_eq!(report["issueCommit"], rev(&scratch, "mirror.git", "main"));

    scratch
        .gitca(&["-C", "other", "new", "june", "--group", "dev"])
        .success();
    scratch.sh(&others("true"));
    scratch.sh("cd repo; git pull -q origin main; git checkout -q --detach; git branch -D main -q");
    let before = rev(&scratch, "repo", "HEAD");
    let report = push(&scratch);
    // The Settings at HEAD name the branch, which need not exist here.
    let report = report.success().json();
    assert_eq!(report["summary"]["issued"], 1, "{report:#}");
    assert_eq!(rev(&scratch, "repo", "HEAD"), before);
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
fn the_job_of_a_pull_request_pushes_nothing_and_opens_no_key() {
    let scratch = place(&["jane"]);
    for variable in [
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_NAME", "pull_request_target"),
        ("CI_MERGE_REQUEST_IID", "7"),
    ] {
        let args = [
            "run",
            "--push",
            "-o",
            "json",
            "--key",
            "cluster-ca=file:/nowhere",
        ];
        let report = scratch
            .gitca_with("repo", &args, &[variable])
            .code(2)
            .json();
        assert_eq!(codes(&report, "errors"), ["PullRequestContext"]);
    }
    let push = [("GITHUB_EVENT_NAME", "push")];
    scratch
        .gitca_with("repo", &["run", "--push"], &push)
        .success();
}

#[test]
fn a_remote_is_never_an_option_and_must_be_there() {
    let scratch = place(&["jane"]);
    for (remote, code) in [
        ("--push=--upload-pack=touch pwned", "ConfigInvalid"),
        ("--push=nowhere", "FetchFailed"),
        ("--push=file:///nowhere.git", "FetchFailed"),
    ] {
        let report = scratch
            .gitca_with("repo", &["run", remote, "-o", "json"], &HURRY)
            .code(2)
            .json();
        assert_eq!(codes(&report, "errors"), [code], "{report:#}");
        assert_eq!(report["results"], Value::Array(Vec::new()));
    }
    assert!(!scratch.path("repo/pwned").exists());
    let lost = "rm -rf remote.git";
    let report = push_while(&scratch, "pending", lost).code(2).json();
    assert_eq!(codes(&report, "errors"), ["FetchFailed"]);
    assert_ne!(pending(&scratch), "");
}

/// Writes a hook of the remote.
fn hook(scratch: &Scratch, name: &str, text: &str) {
    scratch.write(
        &format!("remote.git/hooks/{name}"),
        format!("#!/bin/sh\n{text}\n"),
    );
    scratch.sh(&format!("chmod +x remote.git/hooks/{name}"));
}

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

#[test]
fn a_pending_commit_of_somebody_else_is_left_alone_and_named() {
    let scratch = place(&["jane"]);
    scratch.sh(
        "cd repo; mkdir -p issued/jane; cp requests/jane.yaml issued/jane/request.yaml
         git add issued; git commit -qm forged; git update-ref refs/gitca/pending/forged HEAD; git reset -q --hard HEAD^",
    );
    let report = push(&scratch).success().json();
    assert_eq!(codes(&report, "notices"), ["PendingNotAdopted"]);
    assert_eq!(report["summary"]["issued"], 1);
    assert_eq!(pending(&scratch), "refs/gitca/pending/forged\n");
}

/// A run that has signed and could not push.
fn refused_once(names: &[&str]) -> Scratch {
    let scratch = place(names);
    hook(&scratch, "pre-receive", "exit 1");
    push(&scratch).code(2);
    fs::remove_file(scratch.path("remote.git/hooks/pre-receive")).expect("the hook was there");
    scratch
}

#[test]
fn a_pending_commit_that_forgets_a_key_or_invents_one_is_left_alone() {
    for edit in [
        "git rm -rq issued/_keys",
        "mkdir -p issued/_keys/00; echo jane > issued/_keys/00/11; git add issued",
    ] {
        let scratch = refused_once(&["jane"]);
        scratch.sh(&format!(
            "cd repo; pending=$(git for-each-ref --format='%(refname)' refs/gitca/pending)
             git worktree add -q --detach ../t $pending; cd ../t; {edit}
             git commit -q --amend --no-edit; git -C ../repo update-ref $pending $(git rev-parse HEAD)
             git -C ../repo worktree remove --force ../t"
        ));
        let report = push(&scratch).success().json();
        assert_eq!(codes(&report, "notices"), ["PendingNotAdopted"], "{edit}");
        assert_eq!(report["summary"]["issued"], 1);
        let keys = scratch
            .sh("git -C remote.git ls-tree -r --name-only main issued/_keys")
            .stdout;
        assert_eq!(keys.lines().count(), 1, "{edit}: {keys}");
    }
}

#[test]
fn a_pending_certificate_that_has_ended_is_dropped_and_made_anew() {
    let scratch = refused_once(&["jane"]);
    let later = [
        "run",
        "--push",
        "-o",
        "json",
        "--now",
        "2031-06-01T00:00:00Z",
    ];
    let report = scratch.gitca_with("repo", &later, &HURRY).success().json();
    assert_eq!(
        codes(&report, "notices"),
        ["SignedNotPublished"],
        "{report:#}"
    );
    assert_eq!(report["summary"]["issued"], 1);
    assert_eq!((issuances(&scratch), pending(&scratch)), (1, String::new()));
}
