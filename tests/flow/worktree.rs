//! What lies in the work tree beside the outputs of a run, and repositories without one.
//!
//! What somebody has put, staged or changed there is left as it is, and said.

use crate::place::{head, run, with_requests};

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
