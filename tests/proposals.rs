//! `gitca check --base --head`: what a merge would bring, judged as after it, in repositories that git itself makes.

mod support;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::Scratch;

const CHECK: [&str; 7] = ["check", "--base", "main", "--head", "side", "-o", "json"];

/// A repository on the branch `side`, which is where `main` is.
fn on_a_side() -> Scratch {
    let scratch = Scratch::with_repository();
    scratch.git(&["switch", "-q", "-c", "side"]);
    scratch
}

fn verdicts(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let results = report["results"].as_array().expect("results are a list");
    results
        .iter()
        .map(|result| (text(&result["file"]), text(&result["verdict"])))
        .collect()
}

fn codes(report: &Value) -> Vec<String> {
    let results = report["results"].as_array().expect("results are a list");
    let reasons = results
        .iter()
        .flat_map(|result| result["reasons"].as_array().expect("reasons are a list"));
    reasons
        .map(|reason| reason["code"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn files(verdicts: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(file, verdict): &(&str, &str)| ((*file).to_owned(), (*verdict).to_owned());
    verdicts.iter().map(own).collect()
}

#[test]
fn only_what_the_merge_changes_is_judged() {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "old", "--group", "nobody"])
        .success();
    scratch.write("repo/requests/stray.txt", "x");
    scratch.commit("waits");
    scratch.git(&["switch", "-q", "-c", "side"]);
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("ask");
    scratch.git(&["switch", "-q", "main"]);
    scratch
        .in_repo(&["new", "late", "--group", "dev"])
        .success();
    scratch.commit("meanwhile");
    scratch.git(&["switch", "-q", "--detach", "main"]);
    let before = scratch.git(&["count-objects"]).stdout;
    let report = scratch.in_repo(&CHECK).success().json();
    assert_eq!(
        verdicts(&report),
        files(&[("requests/jane.yaml", "approved")])
    );
    assert_eq!(
        report["results"][0]["requester"]["email"],
        "test@example.com"
    );
    assert_eq!(
        scratch.git(&["count-objects"]).stdout,
        before,
        "nothing is written"
    );
}

#[test]
fn a_policy_does_not_admit_the_request_that_it_comes_with() {
    let scratch = on_a_side();
    scratch
        .in_repo(&["new", "jane", "--group", "wizards"])
        .success();
    let policy = scratch.read("repo/policies/developers.yaml");
    let wider = policy
        .replace("name: developers", "name: wizards")
        .replace("dev:*", "wizards");
    scratch.write("repo/policies/wizards.yaml", wider);
    scratch.commit("policy and request");
    let report = scratch.in_repo(&CHECK).code(1).json();
    assert_eq!(
        verdicts(&report),
        files(&[("requests/jane.yaml", "denied")])
    );
    assert_eq!(codes(&report)[0], "ControlChangedTogether");
    // Merged, the run says the same; landed one after the other, it is admitted.
    scratch.git(&["switch", "-q", "main"]);
    scratch.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let report = scratch.in_repo(&["run", "-o", "json"]).success().json();
    assert_eq!(codes(&report)[0], "ControlChangedTogether");
    let manifest = scratch.read("repo/requests/jane.yaml");
    scratch.write("repo/requests/jane.yaml", format!("{manifest}# again\n"));
    scratch.commit("again");
    let report = scratch.in_repo(&["run", "-o", "json"]).success().json();
    assert_eq!(
        verdicts(&report),
        files(&[("requests/jane.yaml", "issued")])
    );
}

#[test]
fn a_conflict_is_a_finding_on_its_file_where_gitca_reads() {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.write("repo/notes.txt", "a\n");
    scratch.commit("ask");
    let manifest = scratch.read("repo/requests/jane.yaml");
    for (branch, comment) in [("side", "# theirs\n"), ("main", "# ours\n")] {
        scratch.git(&[
            "switch",
            "-q",
            "-C",
            branch,
            if branch == "main" { "main" } else { "HEAD" },
        ]);
        scratch.write("repo/requests/jane.yaml", format!("{comment}{manifest}"));
        scratch.write("repo/notes.txt", comment);
        scratch.commit("change");
    }
    let report = scratch.in_repo(&CHECK).code(1).json();
    assert_eq!(
        verdicts(&report),
        files(&[("requests/jane.yaml", "invalid")])
    );
    assert_eq!(codes(&report), ["MergeConflict"]);
    scratch.git(&["reset", "-q", "--hard", "HEAD~1"]);
    for (branch, rule) in [("side", "eol=lf"), ("main", "text")] {
        scratch.git(&["switch", "-q", branch]);
        scratch.write("repo/.gitattributes", format!("requests/** {rule}\n"));
        scratch.commit("attributes");
    }
    let report = scratch.in_repo(&CHECK).code(2).json();
    assert_eq!(report["errors"][0]["code"], "MergeConflict", "{report:#}");
    assert_eq!(report["errors"][0]["file"], ".gitattributes");
}

#[test]
fn a_change_is_judged_for_the_branch_and_from_the_anchor_that_runs_go_by() {
    let scratch = on_a_side();
    scratch.replace(
        "repo/policies/settings.yaml",
        "branch: main",
        "branch: trunk",
    );
    scratch.commit("move");
    let errors = |more: &[&str]| {
        let report = scratch.in_repo(&[more, &CHECK].concat()).json();
        let errors = report["errors"].as_array().expect("a list").iter();
        errors
            .map(|error| error["code"].to_string())
            .collect::<Vec<_>>()
    };
    // Merged there it would stop every run; where it is merged into the branch that it names it stops none.
    assert_eq!(errors(&[]), ["\"BranchMismatch\""]);
    assert_eq!(errors(&["--branch", "main"]), ["\"BranchMismatch\""]);
    assert_eq!(errors(&["--branch", "refs/heads/trunk"]), [""; 0]);
    scratch.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(errors(&[]), [""; 0]);
    assert_eq!(errors(&["--branch", "trunk"]), ["\"BranchMismatch\""]);
    assert_eq!(errors(&["--anchor", "main"]), [""; 0]);
    assert_eq!(errors(&["--anchor", "side"]), ["\"AnchorNotOnMainline\""]);
}

#[test]
fn outputs_that_nobody_signed_are_found() {
    let scratch = on_a_side();
    scratch
        .in_repo(&["new", "jane", "--group", "nobody"])
        .success();
    scratch.write(
        "repo/issued/jane/request.yaml",
        scratch.read("repo/requests/jane.yaml"),
    );
    scratch.commit("as if it was signed");
    scratch
        .in_repo(&["new", "june", "--group", "dev"])
        .success();
    scratch.commit("ask");
    let report = scratch.in_repo(&CHECK).code(2).json();
    assert_eq!(
        verdicts(&report),
        files(&[("requests/june.yaml", "approved")])
    );
    let errors = report["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0]["code"], "ForeignOutput");
    assert_eq!(errors[0]["file"], "issued/jane/request.yaml");
    let help = errors[0]["help"].as_str().expect("a help");
    let command = help.split('`').nth(1).expect("a command");
    scratch.sh(&format!("cd repo && {command}"));
    scratch.in_repo(&CHECK).code(1);
}

#[test]
fn a_branch_that_was_cut_before_the_last_run_touches_nothing() {
    let scratch = on_a_side();
    scratch
        .in_repo(&["new", "june", "--group", "dev"])
        .success();
    scratch.commit("ask");
    scratch.git(&["switch", "-q", "main"]);
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("ask");
    scratch.in_repo(&["run"]).success();
    scratch.git(&["switch", "-q", "side"]);
    scratch.in_repo(&CHECK).success();
    scratch.git(&["merge", "-q", "-m", "bring up to date", "main"]);
    scratch.in_repo(&CHECK).success();
}

#[test]
fn what_is_wrong_in_the_base_already_is_not_the_change_s_fault() {
    let scratch = Scratch::with_repository();
    scratch.sh("ln -s nowhere repo/requests/link.yaml");
    scratch.commit("a symbolic link");
    scratch.git(&["switch", "-q", "-c", "side"]);
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("ask");
    let report = scratch.in_repo(&CHECK).code(0).json();
    let expected = [("requests/jane.yaml", "approved")];
    assert_eq!(verdicts(&report), files(&expected));
    scratch.git(&["switch", "-q", "main"]);
    scratch.git(&["merge", "-q", "side"]);
    let plan = scratch.in_repo(&["plan", "-o", "json"]);
    let expected = [
        ("requests/jane.yaml", "approved"),
        ("requests/link.yaml", "invalid"),
    ];
    assert_eq!(verdicts(&plan.json()), files(&expected));
}

#[test]
fn a_shallow_clone_is_refused_with_the_fix() {
    let scratch = on_a_side();
    scratch.in_repo(&["new", "jane"]).success();
    scratch.commit("ask");
    scratch.sh("git clone -q --depth 1 --branch side file://$PWD/repo shallow");
    let args = ["-C", "shallow", "check", "--base", "HEAD", "--head", "HEAD"];
    let answer = scratch.gitca(&args).code(2);
    assert!(
        answer.stderr.contains("fetch-depth: 0"),
        "{}",
        answer.stderr
    );
}

#[test]
fn a_push_in_quarantine_is_judged_before_it_is_taken() {
    let scratch = on_a_side();
    scratch.sh("git clone -q --bare repo remote.git");
    let hook = format!(
        "#!/bin/sh\nset -e\nwhile read -r old new ref; do\n  [ \"$ref\" = refs/heads/main ] || continue\n  \
         {} check --base \"$old\" --head \"$new\" >&2\ndone\n",
        env!("CARGO_BIN_EXE_gitca")
    );
    scratch.write("remote.git/hooks/pre-receive", hook);
    scratch.sh("chmod +x remote.git/hooks/pre-receive");
    scratch
        .in_repo(&["new", "bad", "--group", "nobody"])
        .success();
    scratch.commit("bad");
    let push = ["-C", "repo", "push", "../remote.git", "side:main"];
    let refused = scratch.run("git", &push).code(1);
    assert!(refused.stderr.contains("bad: denied"), "{}", refused.stderr);
    scratch.git(&["rm", "-q", "requests/bad.yaml"]);
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("good");
    scratch.run("git", &push).success();

    // A run may write to `issued/`, and nobody else but to repair it.
    scratch.sh("git clone -q --branch main remote.git bot");
    let run = ["-C", "bot", "run", "--push", "-o", "json"];
    let report = scratch.gitca(&run).success().json();
    assert_eq!(report["summary"]["issued"], 1);
    scratch.sh("cd bot && echo tampered >> issued/jane/kubeconfig.yaml && git commit -qam tamper");
    let push = ["-C", "bot", "push", "origin", "main"];
    let refused = scratch.run("git", &push).code(1);
    assert!(
        refused.stderr.contains("error[ForeignOutput]"),
        "{}",
        refused.stderr
    );
    scratch.sh("mv remote.git/hooks/pre-receive hook");
    scratch.run("git", &push).success();
    scratch.sh(
        "mv hook remote.git/hooks/pre-receive; cd bot; echo x > NOTES; git add -A; git commit -qm other; git push -q;
         git restore --source=HEAD~2 --staged --worktree issued; git commit -qm repair; git push -q",
    );
}

#[test]
fn what_is_hidden_below_a_run_is_found_in_quarantine() {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("ask");
    scratch.in_repo(&["run"]).success();
    scratch.sh("git clone -q repo bot; cd bot; echo tampered >> issued/jane/kubeconfig.yaml; git commit -qam tamper");
    let fake = "cd bot; echo more >> issued/jane/kubeconfig.yaml
         git commit -qa --author='gitca <gitca@example.com>' -m 'issue: 1 certificate' \
         -m \"Gitca-Version: 0.1.0\nGitca-Base: $(git rev-parse HEAD)\nGitca-Issued: 1\nGitca-Issued-At: 2030-01-01T00:00:00Z\"";
    scratch.sh(fake);
    let check = ["check", "--base", "HEAD~2", "--head", "HEAD", "-o", "json"];
    let report = scratch
        .gitca_with(
            "bot",
            &check,
            &[("GIT_QUARANTINE_PATH", "objects/incoming")],
        )
        .code(2)
        .json();
    let message = report["errors"][0]["message"].as_str().expect("an error");
    let tampered = scratch.sh("git -C bot rev-parse HEAD~").stdout;
    assert!(message.contains(tampered.trim()), "{message}");
}

#[test]
fn the_reviewer_reads_the_outcome_first_and_what_matters_of_each() {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("ask");
    scratch.in_repo(&["run"]).success();
    scratch.git(&["switch", "-q", "-c", "side"]);
    scratch
        .in_repo(&["new", "ops/jane", "--group", "system:masters"])
        .success();
    scratch.commit("ask");
    let text = scratch.in_repo(&CHECK[..5]).code(1).stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "check: 1 unchanged, 1 denied; privileged: ops/jane"
    );
    assert_eq!(lines[2], "ops/jane: denied");
    assert_eq!(lines[3], "  powers    system:masters (privileged)");
    assert!(
        text.contains("note[SameName]: `jane` has a certificate"),
        "{text}"
    );
}

#[test]
fn ten_thousand_changes_are_read_by_the_worst_of_them() {
    let scratch = on_a_side();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    let manifest = scratch.read("repo/requests/jane.yaml");
    let mut stream = String::from(
        "commit refs/heads/side\ncommitter T <t@example.com> 1893456000 +0000\ndata 1\nx\nfrom refs/heads/main\n",
    );
    for number in 0..10_000 {
        let text = manifest.replace("name: jane", &format!("name: n{number}"));
        write!(
            stream,
            "M 100644 inline requests/d{}/n{number}.yaml\ndata {}\n{text}\n",
            number / 500,
            text.len()
        )
        .expect("a string takes everything");
    }
    scratch.write("stream", stream);
    scratch.sh("git -C repo fast-import --quiet --force < stream");
    let start = Instant::now();
    let text = scratch.in_repo(&CHECK[..5]).code(1).stdout;
    // An unoptimized build on a busy machine; seconds, not minutes.
    assert!(
        start.elapsed() < Duration::from_mins(1),
        "{:?}",
        start.elapsed()
    );
    assert!(
        text.contains("\n9980 more are not shown here"),
        "{}",
        &text[..500]
    );
}
