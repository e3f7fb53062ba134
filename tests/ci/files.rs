//! Which files are written, where, and what they say.

use crate::runner::yaml;
use crate::support::Scratch;

#[test]
fn each_forge_gets_its_files_and_they_are_committed() {
    for (forge, files) in [
        (
            "github",
            [
                ".github/CODEOWNERS",
                ".github/workflows/gitca-check.yml",
                ".github/workflows/gitca-comment.yml",
                ".github/workflows/gitca-run.yml",
            ]
            .as_slice(),
        ),
        (
            "gitlab",
            &[".gitlab-ci.yml", ".gitlab/CODEOWNERS", ".gitlab/gitca.yml"],
        ),
        ("none", &[]),
    ] {
        let scratch = Scratch::new();
        let told = scratch
            .gitca(&["init", "repo", "--ci", forge])
            .success()
            .stdout;
        let tracked = scratch.git(&["ls-files", ".git*"]).stdout;
        let tracked: Vec<&str> = tracked
            .lines()
            .filter(|file| !file.starts_with(".gitca/") && *file != ".gitignore")
            .collect();
        assert_eq!(tracked, files);
        assert_eq!(scratch.git(&["status", "--porcelain"]).stdout, "");
        assert_eq!(
            told.contains("variable set GITCA_ANCHOR"),
            forge != "none",
            "{told}"
        );
        let again = scratch
            .gitca(&["init", "repo", "--ci", forge])
            .success()
            .stdout;
        assert_eq!(again, "Nothing is missing here.\n");
    }
}

#[test]
fn the_line_for_the_anchor_names_the_first_commit_with_policies() {
    let scratch = Scratch::new();
    scratch.sh("git init -q -b main repo");
    scratch.write("repo/notes", "older than the policies\n");
    scratch.commit("older");
    let told = scratch
        .gitca(&["init", "repo", "--ci", "github"])
        .success()
        .stdout;
    let anchor = scratch.git(&["rev-parse", "HEAD"]).stdout;
    scratch.write("repo/policies/README.md", "later\n");
    scratch.commit("later");
    scratch.write(
        "bin/gh",
        "#!/bin/sh\n[ \"$1 $2 $3\" = 'variable set GITCA_ANCHOR' ] && shift 6 && echo \"$1\"\n",
    );
    let line = told
        .lines()
        .find(|line| line.contains("gh variable set"))
        .expect("it is there");
    let named = scratch
        .sh(&format!(
            "chmod +x bin/gh; PATH=$PWD/bin:$PATH; cd repo; {line}"
        ))
        .stdout;
    assert_eq!(named, anchor);
}

#[test]
fn what_is_there_already_stays_and_keys_are_those_of_the_signers() {
    let scratch = Scratch::with_repository();
    let signer = scratch.read("repo/policies/signer.yaml");
    scratch.write(
        "repo/policies/signer.yaml",
        signer.replace("key: cluster-ca", "key: users.2030"),
    );
    scratch.write("repo/.github/workflows/gitca-run.yml", "mine\n");
    scratch.write("repo/CODEOWNERS", "* @me\n");
    scratch.write("repo/.gitlab-ci.yml", "mine: {script: [make]}\n");
    scratch.commit("mine");
    let told = scratch
        .gitca(&["init", "repo", "--ci", "github"])
        .success()
        .stdout;
    assert_eq!(
        scratch.read("repo/.github/workflows/gitca-run.yml"),
        "mine\n"
    );
    assert!(!scratch.path("repo/.github/CODEOWNERS").exists());
    assert!(
        told.contains("add to your CODEOWNERS: /policies/ /templates/ /.github/\n"),
        "{told}"
    );
    let told = scratch
        .gitca(&["init", "repo", "--ci", "gitlab"])
        .success()
        .stdout;
    assert!(
        told.contains("include: [{local: .gitlab/gitca.yml}]\n"),
        "{told}"
    );
    let text = scratch.read("repo/.gitlab/gitca.yml");
    assert!(
        text.contains("    GITCA_KEY_USERS_2030: env:GITCA_CA_USERS_2030\n"),
        "{text}"
    );
}

#[test]
fn a_branch_that_can_not_be_named_stops_it_before_a_key_is_made() {
    let scratch = Scratch::new();
    let args = ["--branch", "a]b", "init", "repo", "--ci", "github"];
    let told = scratch.gitca(&args).code(2).stderr;
    assert!(told.contains("can't be put into CI files"), "{told}");
    assert!(!scratch.path("home/.config/gitca/keys").exists());
}

#[test]
fn the_job_with_the_key_never_runs_on_what_is_proposed() {
    let scratch = Scratch::new();
    scratch.gitca(&["init", "repo", "--ci", "github"]).success();
    let check = yaml(&scratch.read("repo/.github/workflows/gitca-check.yml"));
    let on: Vec<&String> = check["on"].as_object().expect("triggers").keys().collect();
    assert_eq!(on, ["merge_group", "pull_request"]);
    assert_eq!(check["permissions"], serde_json::json!({}));
    assert_eq!(
        check["jobs"]["check"]["permissions"],
        serde_json::json!({"contents": "read"})
    );
    let text = scratch.read("repo/.github/workflows/gitca-check.yml");
    assert!(!text.contains("secrets."), "{text}");
    assert!(
        !scratch
            .read("repo/.github/workflows/gitca-comment.yml")
            .contains("secrets.")
    );

    let run = yaml(&scratch.read("repo/.github/workflows/gitca-run.yml"));
    let on: Vec<&String> = run["on"].as_object().expect("triggers").keys().collect();
    assert_eq!(on, ["push", "schedule", "workflow_dispatch"]);
    assert_eq!(
        run["on"]["push"],
        serde_json::json!({"branches": ["main"], "paths": ["requests/**", "policies/**", "templates/**"]})
    );
    assert_eq!(
        run["concurrency"],
        serde_json::json!({"group": "gitca-run", "cancel-in-progress": false})
    );
    let job = &run["jobs"]["run"];
    assert_eq!(job["if"], "github.ref == 'refs/heads/main'");
    assert_eq!(job["environment"], "gitca");
    assert_eq!(job["permissions"], serde_json::json!({"contents": "write"}));
    for (workflow, job) in [(&check, "check"), (&run, "run")] {
        let checkout = &workflow["jobs"][job]["steps"][0];
        assert_eq!(checkout["with"]["fetch-depth"], 0);
        assert_eq!(checkout["with"]["persist-credentials"], false);
        assert_eq!(workflow["env"]["GITCA_BRANCH"], "main");
    }

    let scratch = Scratch::new();
    scratch.gitca(&["init", "repo", "--ci", "gitlab"]).success();
    let jobs = yaml(&scratch.read("repo/.gitlab/gitca.yml"));
    assert_eq!(jobs[".gitca"]["variables"]["GIT_DEPTH"], "0");
    assert_eq!(jobs["gitca-run"]["resource_group"], "gitca-run");
    let rules = jobs["gitca-run"]["rules"].as_array().expect("rules");
    for rule in rules {
        let condition = rule["if"].as_str().expect("a condition");
        assert!(
            condition.ends_with(" && $CI_COMMIT_BRANCH == $GITCA_BRANCH"),
            "{condition}"
        );
        assert!(!condition.contains("merge_request"), "{condition}");
    }
    assert!(
        !jobs["gitca-check"].to_string().contains("GITCA_CA_"),
        "no key in the check"
    );
}
