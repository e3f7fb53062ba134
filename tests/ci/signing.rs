//! The jobs that sign and push, run for real: the key from the environment, the token over HTTP, checkouts as the forges
//! leave them.

use crate::forge::{Forge, landed, verify};
use crate::github;
use crate::gitlab;
use crate::runner::{Done, Job, Values, hosted, with_source, yaml};
use crate::support::Scratch;

const TOKEN: &str = "t0ken-of-the-job";

/// Merges a request of jane on the remote's main.
pub(crate) fn merged(scratch: &Scratch, name: &str) {
    scratch.in_repo(&["new", name, "--group", "dev"]).success();
    scratch.commit("ask");
    scratch.git(&["push", "-q", "../remote.git", "main"]);
}

/// A key for the bot, which its Principal lists, so that each commit must be signed.
fn with_bot_key(scratch: &Scratch) -> String {
    scratch.sh("ssh-keygen -q -t ed25519 -N '' -C bot -f bot");
    let email = scratch
        .sh("sed -n 's/.*email: \\([^ }]*\\).*/\\1/p' repo/policies/settings.yaml | head -n 1");
    scratch.write(
        "repo/policies/bot.yaml",
        format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {{name: bot}}\nspec:\n  kind: bot\n  emails: [{}]\n  \
             sshKeys:\n    - {}",
            email.stdout.trim(),
            scratch.read("bot.pub")
        ),
    );
    scratch.commit("the key of the bot");
    // A forge leaves the last line end away.
    scratch.read("bot").trim_end().to_owned()
}

/// No secret is left where the job worked, or in what it printed.
#[track_caller]
fn nothing_leaks(scratch: &Scratch, log: &str, secrets: &[&str]) {
    let scripts = ["temp/step.sh", "temp/report"];
    let left = scratch
        .sh("find temp work -type f -not -path '*/objects/*' | sort")
        .stdout;
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        let line = secret.lines().nth(1).unwrap_or(secret);
        assert!(!log.contains(line), "a secret is in the log:\n{log}");
        for file in left.lines().filter(|file| !scripts.contains(file)) {
            let text = std::fs::read(scratch.path(file)).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            assert!(!text.contains(line), "a secret is left in {file}");
        }
    }
}

/// What actions/checkout leaves behind with `ref: main` and `fetch-depth: 0`: the branch, and no credentials.
pub(crate) fn checkout(scratch: &Scratch, url: &str) {
    scratch.sh(&format!(
        "rm -rf work && git init -q work && cd work && git remote add origin {url}/example/ca && \
         git fetch -q ../remote.git '+refs/heads/*:refs/remotes/origin/*' && git checkout -q -B main refs/remotes/origin/main"
    ));
}

/// The job of one event, with its log.
fn sign(scratch: &Scratch, url: &str, event: &str, anchor: &str, commit_key: &str) -> Done {
    checkout(scratch, url);
    let workflow = with_source(yaml(&scratch.read("repo/.github/workflows/gitca-run.yml")));
    let key = scratch.read("home/.config/gitca/keys/cluster-ca.pem");
    let values = Values::from([
        ("vars.GITCA_ANCHOR", anchor.to_owned()),
        ("secrets.GITCA_CA_CLUSTER_CA", key.trim_end().to_owned()),
        ("secrets.GITCA_COMMIT_KEY", commit_key.to_owned()),
        ("github.token", TOKEN.to_owned()),
    ]);
    let mut job: Job<'_> = github::job(scratch);
    let mut set = |name: &str, value: &str| {
        job.environment.insert(name.to_owned(), value.to_owned());
    };
    set("GITHUB_SERVER_URL", url);
    set("GITHUB_EVENT_NAME", event);
    set("GITHUB_REF", "refs/heads/main");
    // The key comes from the environment, or not at all.
    set(
        "HOME",
        scratch.path("nobody").to_str().expect("a plain path"),
    );
    let done = job.steps(&workflow, "run", &values, |_| ());
    nothing_leaks(scratch, &done.log, &[TOKEN, &key, commit_key]);
    done
}

pub(crate) fn anchor(scratch: &Scratch) -> String {
    let first = scratch.git(&[
        "log",
        "--reverse",
        "--first-parent",
        "--format=%H",
        "main",
        "--",
        "policies",
    ]);
    first.stdout.lines().next().expect("a commit").to_owned()
}

#[test]
fn on_github_what_was_merged_is_signed_and_pushed_with_the_token_of_the_job() {
    let scratch = hosted("github");
    let Some(forge) = Forge::start(&scratch, &format!("x-access-token:{TOKEN}")) else {
        return;
    };
    let commit_key = with_bot_key(&scratch);
    merged(&scratch, "jane");
    let anchor = anchor(&scratch);
    let done = sign(&scratch, &forge.url, "push", &anchor, &commit_key);
    assert_eq!(done.code, 0, "{}", done.log);
    let (tip, files) = landed(&scratch);
    assert_eq!(tip, "gitca: issue: 1 certificate (jane 1)");
    assert!(files.contains("issued/jane/kubeconfig.yaml\n"), "{files}");
    verify(&scratch, "jane");
    scratch.sh(
        "cd repo && git pull -q ../remote.git main && echo \"gitca@example.com $(cat ../bot.pub)\" > ../signers && \
         git -c gpg.ssh.allowedSignersFile=../signers verify-commit HEAD",
    );
    assert!(
        scratch
            .read("temp/summary.md")
            .contains("### `jane` issued\n")
    );
    // The schedule finds nothing to do, and does nothing.
    let before = landed(&scratch);
    let done = sign(&scratch, &forge.url, "schedule", &anchor, &commit_key);
    assert_eq!(done.code, 0, "{}", done.log);
    assert_eq!(landed(&scratch), before);
    assert!(
        scratch
            .read("forge.log")
            .contains("200 /example/ca/git-receive-pack\n")
    );
}

#[test]
fn on_github_a_job_that_may_not_sign_or_push_says_why() {
    let scratch = hosted("github");
    let Some(forge) = Forge::start(&scratch, "x-access-token:another") else {
        return;
    };
    merged(&scratch, "jane");
    let before = landed_tip(&scratch);
    for (event, anchor, code, told) in [
        ("push", anchor(&scratch), 2, "::error title=FetchFailed"),
        ("push", String::new(), 2, "gh variable set GITCA_ANCHOR"),
        (
            "pull_request_target",
            anchor(&scratch),
            2,
            "::error title=PullRequestContext",
        ),
    ] {
        let done = sign(&scratch, &forge.url, event, &anchor, "");
        assert_eq!(done.code, code, "{}", done.log);
        assert!(done.log.contains(told), "{told}\n{}", done.log);
    }
    assert_eq!(landed_tip(&scratch), before);
}

fn landed_tip(scratch: &Scratch) -> String {
    scratch.sh("git -C remote.git rev-parse main").stdout
}

/// What a runner of GitLab leaves behind: the commit, detached, with the whole history and the branch as a remote one.
fn gitlab_checkout(scratch: &Scratch) {
    scratch.sh(
        "rm -rf work && git init -q work && cd work && git remote add origin ../remote.git && \
         git fetch -q origin '+refs/heads/main:refs/remotes/origin/main' && \
         git -c advice.detachedHead=false checkout -q --detach refs/remotes/origin/main",
    );
}

fn gitlab_sign(
    scratch: &Scratch,
    url: &str,
    source: &str,
    commit_key: &str,
) -> (Option<i32>, String) {
    gitlab_checkout(scratch);
    let key = scratch.read("home/.config/gitca/keys/cluster-ca.pem");
    let (project, anchor) = (format!("{url}/example/ca"), anchor(scratch));
    // Variables of type file are files, which the runner makes readable for everybody.
    scratch.write("variables/GITCA_COMMIT_KEY", format!("{commit_key}\n"));
    scratch.sh("chmod 0666 variables/GITCA_COMMIT_KEY");
    let (home, file) = (
        scratch.path("nobody"),
        scratch.path("variables/GITCA_COMMIT_KEY"),
    );
    let mut environment = vec![
        ("CI", "true"),
        ("CI_PIPELINE_SOURCE", source),
        ("CI_COMMIT_BRANCH", "main"),
        ("CI_PROJECT_URL", project.as_str()),
        ("GITCA_ANCHOR", anchor.as_str()),
        ("GITCA_CA_CLUSTER_CA", key.as_str()),
        ("GITCA_PUSH_TOKEN", TOKEN),
        ("HOME", home.to_str().expect("a plain path")),
    ];
    if !commit_key.is_empty() {
        environment.push(("GITCA_COMMIT_KEY", file.to_str().expect("a plain path")));
    }
    let (code, log) = gitlab::run(scratch, "gitca-run", &environment);
    nothing_leaks(scratch, &log, &[TOKEN, &key, commit_key]);
    (code, log)
}

#[test]
fn on_gitlab_what_was_merged_is_signed_and_pushed_with_the_token_of_the_project() {
    let scratch = hosted("gitlab");
    let Some(forge) = Forge::start(&scratch, &format!("gitca:{TOKEN}")) else {
        return;
    };
    let commit_key = with_bot_key(&scratch);
    merged(&scratch, "jane");
    let (code, log) = gitlab_sign(&scratch, &forge.url, "push", &commit_key);
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(landed(&scratch).0, "gitca: issue: 1 certificate (jane 1)");
    verify(&scratch, "jane");
    let before = landed(&scratch);
    let (code, log) = gitlab_sign(&scratch, &forge.url, "schedule", &commit_key);
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(landed(&scratch), before);
    assert!(
        scratch
            .read("forge.log")
            .contains("200 /example/ca.git/git-receive-pack\n")
    );
}

#[test]
fn on_gitlab_without_a_commit_key_it_works_as_long_as_nobody_lists_one() {
    let scratch = hosted("gitlab");
    let Some(forge) = Forge::start(&scratch, &format!("gitca:{TOKEN}")) else {
        return;
    };
    merged(&scratch, "jane");
    let (code, log) = gitlab_sign(&scratch, &forge.url, "web", "");
    assert_eq!(code, Some(0), "{log}");
    verify(&scratch, "jane");
    with_bot_key(&scratch);
    scratch.sh("cd repo && git pull -q --rebase ../remote.git main");
    merged(&scratch, "mary");
    let (code, log) = gitlab_sign(&scratch, &forge.url, "push", "");
    assert_eq!(code, Some(2), "{log}");
    assert!(log.contains("error[CommitKeyRequired]"), "{log}");
}
