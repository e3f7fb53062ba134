//! The batch on real repositories: what is committed, what is left alone, what a second run does.
#![expect(
    clippy::disallowed_methods,
    reason = "this test changes files and permissions"
)]

mod support;

use std::fs;

use serde_json::Value;
use support::{Answer, Scratch};

/// A repository with requests of these names, made by `gitca new` and committed.
fn with_requests(names: &[&str]) -> Scratch {
    let scratch = Scratch::with_repository();
    for name in names {
        scratch.in_repo(&["new", name, "--group", "dev"]).success();
    }
    scratch.commit("request");
    scratch
}

fn run(scratch: &Scratch) -> Value {
    scratch.in_repo(&["run", "-o", "json"]).success().json()
}

fn head(scratch: &Scratch) -> String {
    scratch.git(&["rev-parse", "HEAD"]).stdout.trim().to_owned()
}

/// The result of one request in a report.
#[track_caller]
fn result<'r>(report: &'r Value, request: &str) -> &'r Value {
    let results = report["results"].as_array().expect("results are a list");
    let found = results.iter().find(|result| result["request"] == request);
    found.unwrap_or_else(|| panic!("no `{request}` in {report:#}"))
}

#[test]
fn a_run_makes_one_commit_by_the_bot_with_trailers() {
    let scratch = with_requests(&["jane", "ops/omar"]);
    let base = head(&scratch);
    let report = run(&scratch);
    assert_eq!(report["commit"], base);
    assert_eq!(report["issueCommit"], head(&scratch));
    assert_eq!(report["summary"]["issued"], 2);
    let log = scratch
        .git(&["log", "-1", "--format=%P|%an <%ae>|%ct|%s"])
        .stdout;
    let expected = "gitca <gitca@example.com>|1893456000|issue: 2 certificates (jane 1, ops 1)\n";
    assert_eq!(log, format!("{base}|{expected}"));
    let trailers = scratch
        .sh("git -C repo log -1 --format=%B | git interpret-trailers --parse")
        .stdout;
    let expected = format!(
        "Gitca-Version: {}\nGitca-Base: {base}\nGitca-Issued: 2\nGitca-Issued-At: 2030-01-01T00:00:00Z\nGitca-Open: 0\nGitca-Requests: 2\nGitca-Due: 9999-12-31T23:59:59Z\n",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(trailers, expected);
    let changed = scratch
        .git(&["diff", "--name-only", "HEAD^", "HEAD"])
        .stdout;
    assert!(
        changed.lines().all(|path| path.starts_with("issued/")),
        "{changed}"
    );
    scratch.git(&["fsck", "--strict"]);
}

#[test]
fn the_clock_of_runs_never_goes_back() {
    let scratch = with_requests(&["jane"]);
    let at = |now| scratch.in_repo(&["--now", now, "run", "-o", "json"]);
    at("2030-01-01T02:00:00Z").success();
    scratch
        .in_repo(&["new", "june", "--group", "dev"])
        .success();
    scratch.commit("one more");
    let tip = head(&scratch);
    let report = at("2030-01-01T01:54:59Z").code(2).json();
    assert_eq!(report["errors"][0]["code"], "ClockWentBack");
    assert_eq!(head(&scratch), tip);
    at("2030-01-01T01:55:00Z").success();
    let message = scratch.git(&["log", "-1", "--format=%B"]).stdout;
    assert!(
        message.contains("Gitca-Issued-At: 2030-01-01T02:00:00Z"),
        "{message}"
    );
    let provenance = scratch.read("repo/issued/june/provenance.json");
    assert!(
        provenance.contains("\"now\": \"2030-01-01T01:55:00Z\""),
        "{provenance}"
    );
    at("2030-01-01T00:00:00Z").success();
}

#[test]
fn the_manifest_and_its_copy_are_one_git_object() {
    let scratch = with_requests(&["jane"]);
    run(&scratch);
    let objects = scratch
        .git(&[
            "rev-parse",
            "HEAD:requests/jane.yaml",
            "HEAD:issued/jane/request.yaml",
        ])
        .stdout;
    let ids: Vec<&str> = objects.lines().collect();
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_second_run_makes_no_commit() {
    let scratch = with_requests(&["jane"]);
    run(&scratch);
    let tip = head(&scratch);
    let report = run(&scratch);
    assert_eq!(report["issueCommit"], Value::Null);
    assert_eq!(report["summary"]["unchanged"], 1);
    assert_eq!(report["results"], Value::Array(Vec::new()));
    assert_eq!(head(&scratch), tip);
    let all = scratch
        .in_repo(&["run", "--all", "-o", "json"])
        .success()
        .json();
    assert_eq!(result(&all, "jane")["verdict"], "unchanged");
}

#[test]
fn a_changed_request_is_signed_again() {
    let scratch = with_requests(&["jane"]);
    let first = run(&scratch);
    let manifest = scratch.read("repo/requests/jane.yaml");
    scratch.write(
        "repo/requests/jane.yaml",
        manifest.replace("spec:\n", "spec:\n  expirationSeconds: 3600\n"),
    );
    scratch.commit("shorter");
    let second = run(&scratch);
    let serial = |report| {
        result(report, "jane")["serialNumber"]
            .as_str()
            .map(str::to_owned)
    };
    assert_ne!(serial(&first), serial(&second));
    assert_eq!(result(&second, "jane")["notAfter"], "2030-01-01T01:00:00Z");
    assert_eq!(scratch.git(&["status", "--porcelain"]).stdout, "");
}

#[test]
fn a_request_that_fails_does_not_stop_the_others() {
    let scratch = with_requests(&["jane"]);
    scratch.write("repo/requests/broken.yaml", "kind: [\n");
    scratch.write("repo/requests/Upper.yaml", "x\n");
    let jane = scratch.read("repo/requests/jane.yaml");
    scratch.write(
        "repo/requests/thief.yaml",
        jane.replace("name: jane", "name: thief"),
    );
    scratch.commit("more");
    let report = run(&scratch);
    assert_eq!(result(&report, "jane")["verdict"], "issued");
    assert_eq!(result(&report, "broken")["verdict"], "invalid");
    assert_eq!(result(&report, "thief")["verdict"], "denied");
    let stray = report["results"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|result| result["file"] == "requests/Upper.yaml");
    let stray = stray.expect("a file that is no request is listed");
    assert_eq!(
        (&stray["request"], &stray["verdict"]),
        (&Value::Null, &Value::from("invalid"))
    );
    assert_eq!(report["summary"]["issued"], 1);
}

#[test]
fn denied_requests_turn_a_run_red_only_when_that_is_asked_for() {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "mallory", "--group", "system:masters"])
        .success();
    scratch.in_repo(&["check"]).code(1);
    scratch.commit("request");
    scratch.in_repo(&["run"]).code(0);
    scratch.in_repo(&["plan"]).code(0);
    scratch
        .in_repo(&["run", "--fail-on", "denied,invalid"])
        .code(1);
    scratch.in_repo(&["plan", "--fail-on", "invalid"]).code(0);
}

#[test]
fn one_bad_file_in_the_control_zone_signs_nothing() {
    let scratch = with_requests(&["jane"]);
    for (file, text) in [
        ("policies/deny.yml", "kind: DenyPolicy\n"),
        (
            "policies/typo.yaml",
            "apiVersion: gitca.dev/v1alpha1\nkind: DenyPolicy\nmetadata: {name: x}\nspec: {denny: []}\n",
        ),
        (
            "policies/people.yaml",
            "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {name: bob}\nspec: {kind: forge}\n",
        ),
        ("templates/x.yaml.j2", "{% for %}\n"),
        ("templates/csr.yaml.j2", "{{ cert.pem }}\n"),
    ] {
        scratch.write(&format!("repo/{file}"), text);
        scratch.commit("bad");
        let tip = head(&scratch);
        let report = scratch.in_repo(&["run", "-o", "json"]).code(2).json();
        assert_eq!(report["errors"][0]["file"], file, "{report:#}");
        assert_eq!(report["results"], Value::Array(Vec::new()));
        assert_eq!(head(&scratch), tip);
        fs::remove_file(scratch.path(&format!("repo/{file}"))).expect("the file was there");
        scratch.commit("mend");
    }
    assert_eq!(run(&scratch)["summary"]["issued"], 1);
}

#[test]
fn a_missing_open_or_foreign_key_fails_the_requests_of_its_signer() {
    let scratch = with_requests(&["jane"]);
    let key = scratch.path("home/.config/gitca/keys/cluster-ca.pem");
    let codes = |report: &Value| {
        result(report, "jane")["reasons"][0]["code"]
            .as_str()
            .map(str::to_owned)
    };
    let fail = |args: &[&str]| -> Answer {
        scratch
            .in_repo(&[&["run", "-o", "json"], args].concat())
            .code(1)
    };

    let report = fail(&["--key", "cluster-ca=file:/nowhere"]).json();
    assert_eq!(codes(&report).as_deref(), Some("SignerUnavailable"));

    scratch
        .sh("openssl ecparam -name prime256v1 -genkey -noout -out other.pem; chmod 600 other.pem");
    let other = format!("cluster-ca=file:{}", scratch.path("other.pem").display());
    assert_eq!(
        codes(&fail(&["--key", &other]).json()).as_deref(),
        Some("SignerKeyMismatch")
    );

    scratch.sh(&format!("chmod 640 {}", key.display()));
    let answer = fail(&[]);
    assert_eq!(codes(&answer.json()).as_deref(), Some("SignerUnavailable"));
    assert!(answer.stdout.contains("chmod 600"), "{}", answer.stdout);
    scratch.sh(&format!(
        "chmod 600 {}; cp -p {} repo/",
        key.display(),
        key.display()
    ));
    assert_eq!(
        codes(&fail(&["--key", "cluster-ca=file:repo/cluster-ca.pem"]).json()).as_deref(),
        Some("SignerUnavailable")
    );
    fs::remove_file(scratch.path("repo/cluster-ca.pem")).expect("the copy was there");
    assert_eq!(
        run(&scratch)["summary"]["issued"],
        1,
        "nothing of it was remembered"
    );
}

#[test]
fn a_key_may_come_from_a_variable() {
    let scratch = with_requests(&["jane"]);
    let key = scratch.path("home/.config/gitca/keys/cluster-ca.pem");
    let pem = fs::read_to_string(&key).expect("init wrote the key");
    fs::remove_file(&key).expect("the key was there");
    let mut command = scratch.command(env!("CARGO_BIN_EXE_gitca"));
    command
        .env("SECRET", &pem)
        .env("GITCA_KEY_CLUSTER_CA", "env:SECRET")
        .args(["-C", "repo", "run"]);
    let output = command.output().expect("gitca can be run");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = [output.stdout, output.stderr].concat();
    let body = pem.lines().nth(1).expect("a PEM has a body");
    assert!(
        !String::from_utf8_lossy(&printed).contains(body),
        "a key is never printed"
    );
}

#[test]
fn an_encrypted_key_is_opened_with_its_passphrase() {
    let scratch = with_requests(&["jane"]);
    let key = scratch.path("home/.config/gitca/keys/cluster-ca.pem");
    scratch.sh(&format!(
        "openssl pkcs8 -topk8 -in {0} -v2 aes-256-cbc -v2prf hmacWithSHA256 -passout pass:secret -out locked.pem
         chmod 600 locked.pem; rm {0}",
        key.display()
    ));
    let source = format!("cluster-ca=file:{}", scratch.path("locked.pem").display());
    let run = |passphrase: Option<&str>| {
        let mut command = scratch.command(env!("CARGO_BIN_EXE_gitca"));
        command.envs(passphrase.map(|passphrase| ("GITCA_PASSPHRASE_CLUSTER_CA", passphrase)));
        let output = command
            .args(["-C", "repo", "run", "--key", &source])
            .output()
            .expect("gitca can be run");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (code, text) = run(None);
    assert_eq!(code, Some(1));
    assert!(text.contains("GITCA_PASSPHRASE_CLUSTER_CA"), "{text}");
    let (code, text) = run(Some("wrong"));
    assert_eq!(code, Some(1));
    assert!(
        text.contains("is wrong") && !text.contains("`wrong`"),
        "{text}"
    );
    assert_eq!(run(Some("secret")).0, Some(0));
}

#[test]
fn a_file_that_somebody_put_where_an_output_goes_is_left_alone_and_said() {
    let scratch = with_requests(&["jane"]);
    scratch.write("repo/issued/jane/kubeconfig.yaml", "mine\n");
    let answer = scratch.in_repo(&["run"]).success();
    assert!(
        answer.stderr.contains("WorkTreeNotUpdated"),
        "{}",
        answer.stderr
    );
    assert_eq!(scratch.read("repo/issued/jane/kubeconfig.yaml"), "mine\n");
    assert!(!scratch.path("repo/issued/jane/certificate.pem").exists());
    scratch.git(&[
        "restore",
        "--source=HEAD",
        "--staged",
        "--worktree",
        "issued",
    ]);
    assert!(scratch.path("repo/issued/jane/certificate.pem").exists());
    assert!(
        scratch
            .read("repo/issued/jane/kubeconfig.yaml")
            .contains("kind: Config")
    );
}

#[test]
fn a_key_beside_its_kubeconfig_is_in_nobodys_way() {
    let scratch = with_requests(&["jane"]);
    run(&scratch);
    scratch.write("repo/issued/jane/jane.key", "mine\n");
    scratch.in_repo(&["check"]).success();
    run(&scratch);
    assert_eq!(scratch.git(&["status", "--porcelain"]).stdout, "");
}

#[test]
fn work_that_is_staged_elsewhere_stays_staged() {
    let scratch = with_requests(&["jane"]);
    scratch.write("repo/notes.txt", "notes\n");
    scratch.git(&["add", "notes.txt"]);
    run(&scratch);
    assert_eq!(
        scratch.git(&["status", "--porcelain"]).stdout,
        "A  notes.txt\n"
    );
}

#[test]
fn a_bare_repository_and_a_detached_head_are_served() {
    let scratch = with_requests(&["jane"]);
    scratch.sh("git clone -q --bare repo bare.git");
    let report = scratch
        .gitca(&["-C", "bare.git", "run", "-o", "json"])
        .success()
        .json();
    assert_eq!(report["summary"]["issued"], 1);
    scratch.sh("git -C bare.git fsck --strict");

    scratch.git(&["checkout", "-q", "--detach"]);
    let before = head(&scratch);
    let report = run(&scratch);
    assert_eq!(report["summary"]["issued"], 1);
    assert_eq!(head(&scratch), before, "a detached HEAD stays where it is");
    assert_eq!(
        scratch.git(&["rev-parse", "main"]).stdout.trim(),
        report["issueCommit"]
    );
}

#[test]
fn a_shallow_clone_is_refused_with_the_way_out() {
    let scratch = with_requests(&["jane"]);
    scratch.sh("git clone -q --depth 1 file://$PWD/repo shallow");
    let answer = scratch
        .gitca(&["-C", "shallow", "run", "-o", "json"])
        .code(2);
    let error = &answer.json()["errors"][0];
    assert_eq!(error["code"], "ShallowClone");
    assert!(
        error["help"]
            .as_str()
            .is_some_and(|help| help.contains("git fetch --unshallow"))
    );
    scratch.gitca(&["-C", "shallow", "check"]).success();
}

#[test]
fn a_plan_that_is_too_large_signs_nothing_unless_its_digest_is_given() {
    let scratch = with_requests(&["jane", "june"]);
    let settings = scratch.read("repo/policies/settings.yaml");
    scratch.write(
        "repo/policies/settings.yaml",
        settings.replace("maxIssuePerRun: 1000", "maxIssuePerRun: 1"),
    );
    scratch.commit("tighten");
    let report = scratch.in_repo(&["run", "-o", "json"]).code(2).json();
    assert_eq!(report["errors"][0]["code"], "TooManyToIssue");
    let digest = report["planDigest"].as_str().expect("a digest").to_owned();
    let report = scratch
        .in_repo(&["run", "-o", "json", "--allow-bulk", &digest])
        .success()
        .json();
    assert_eq!(report["summary"]["issued"], 2);
}

#[test]
fn a_dry_run_signs_and_commits_nothing() {
    let scratch = with_requests(&["jane"]);
    let tip = head(&scratch);
    let report = scratch
        .in_repo(&["run", "--dry-run", "-o", "json"])
        .success()
        .json();
    assert_eq!(result(&report, "jane")["verdict"], "approved");
    assert_eq!(head(&scratch), tip);
}

#[test]
fn a_settings_file_that_names_another_branch_stops_the_run() {
    let scratch = with_requests(&["jane"]);
    scratch.git(&["branch", "other"]);
    let report = scratch
        .in_repo(&["run", "--branch", "other", "-o", "json"])
        .code(2)
        .json();
    assert_eq!(report["errors"][0]["code"], "BranchMismatch");
    let report = scratch
        .in_repo(&["run", "--branch", "none", "-o", "json"])
        .code(2)
        .json();
    assert_eq!(report["errors"][0]["code"], "NoMainline");
}

#[test]
fn init_adds_only_what_is_missing_and_writes_over_nothing() {
    let scratch = Scratch::with_repository();
    assert_eq!(
        scratch.gitca(&["init", "repo"]).success().stdout,
        "Nothing is missing here.\n"
    );
    fs::remove_file(scratch.path("repo/templates/kubeconfig.yaml.j2")).expect("init wrote it");
    scratch.write(
        "repo/policies/developers.yaml",
        scratch
            .read("repo/policies/developers.yaml")
            .replace("30d", "10d"),
    );
    scratch.gitca(&["init", "repo"]).success();
    assert!(scratch.path("repo/templates/kubeconfig.yaml.j2").exists());
    assert!(
        scratch
            .read("repo/policies/developers.yaml")
            .contains("10d")
    );
    let second = scratch.gitca(&["init", "second"]).success();
    assert!(
        second.stdout.contains("cluster-ca-"),
        "another CA's key gets a name of its own: {}",
        second.stdout
    );
    let ids = scratch
        .sh("cat repo/policies/settings.yaml second/policies/settings.yaml | grep repository:")
        .stdout;
    let ids: Vec<&str> = ids.lines().collect();
    assert_ne!(ids[0], ids[1]);
    assert!(
        !ids[0].contains("7f0c2a94"),
        "the example's own id is never written"
    );
}

#[test]
fn a_private_key_is_made_for_its_owner_alone_and_never_in_the_repository() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "jane", "--key-out", "jane.key"])
        .code(2);
    assert!(!scratch.path("repo/jane.key").exists());
    assert!(!scratch.path("repo/requests/jane.yaml").exists());
    scratch.in_repo(&["new", "jane"]).success();
    for file in ["requests/jane.key", "keys/cluster-ca.pem"] {
        let path = scratch.path(&format!("home/.config/gitca/{file}"));
        let mode = fs::metadata(&path)
            .expect("the key is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn every_kind_of_key_that_new_makes_is_admitted_by_the_starter_policy() {
    let scratch = Scratch::with_repository();
    let kinds = [
        "ecdsa-p256",
        "ecdsa-p384",
        "ecdsa-p521",
        "ed25519",
        "rsa-2048",
        "rsa-3072",
        "rsa-4096",
    ];
    for kind in kinds {
        scratch
            .in_repo(&["new", kind, "--group", "ops", "--key-type", kind])
            .success();
    }
    let report = scratch.in_repo(&["check", "-o", "json"]).success().json();
    assert_eq!(report["summary"]["approved"], kinds.len());
}

#[test]
fn the_demo_needs_no_identity_and_shows_all_three_verdicts() {
    let scratch = Scratch::new();
    let mut command = scratch.command(env!("CARGO_BIN_EXE_gitca"));
    for variable in [
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_COMMITTER_EMAIL",
    ] {
        command.env_remove(variable);
    }
    let output = command
        .args(["demo", "show"])
        .output()
        .expect("gitca can be run");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let (planned, run) = text.split_once("$ gitca run").expect("a run");
    assert!(planned.contains("jane: pending"), "{text}");
    assert!(
        planned.contains("Approved jane as bob with ssh-ed25519"),
        "{text}"
    );
    assert!(run.contains("jane: issued"), "{text}");
    for expected in [
        "jane: issued",
        "mallory: denied",
        "ReservedIdentity",
        "damaged: invalid",
        "ProofOfPossession",
        "kind: Config",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(!text.contains("PRIVATE KEY"), "{text}");
    assert!(
        !scratch.path("home/.config").exists(),
        "the user's configuration is left alone"
    );
    scratch.sh("git -C show/repository fsck --strict");
    scratch.gitca(&["demo", "show"]).code(2);
}
