//! Locks that somebody left behind: they are named, and nothing but a person takes them away.

use crate::{LOCAL, REMOTE, finishes, intact, place, tried};

#[test]
fn a_lock_that_somebody_left_behind_is_named() {
    let hurry = [("GITCA_TEST_HURRY", "1")];
    for (way, lock, code) in [
        (LOCAL, "refs/heads/main.lock", "RaceLost"),
        (REMOTE, "refs/gitca/remote/main.lock", "FetchFailed"),
    ] {
        let scratch = place();
        scratch.sh(&format!(
            "mkdir -p $(dirname repo/.git/{lock}); touch repo/.git/{lock}"
        ));
        let report = scratch.gitca_with("repo", way.args, &hurry).code(2).json();
        let error = &report["errors"][0];
        assert_eq!(error["code"], code);
        assert!(error.to_string().contains(lock), "{error:#}");
        intact(&scratch, way, lock);
        scratch.sh(&format!("rm repo/.git/{lock}"));
        finishes(&scratch, way, lock);
    }
    // The remote's own lock: it refuses, and what was signed is kept.
    let scratch = place();
    scratch.sh("touch remote.git/refs/heads/main.lock");
    let report = scratch
        .gitca_with("repo", REMOTE.args, &hurry)
        .code(2)
        .json();
    assert_eq!(report["errors"][0]["code"], "PushRefused");
    scratch.sh("rm remote.git/refs/heads/main.lock");
    finishes(&scratch, REMOTE, "the remote's lock");
    // With the index locked the certificates land, and the files follow later.
    let scratch = place();
    scratch.sh("touch repo/.git/index.lock");
    let report = scratch.in_repo(LOCAL.args).success().json();
    assert_eq!(report["notices"][0]["code"], "WorkTreeNotUpdated");
    scratch.sh("rm repo/.git/index.lock");
    finishes(&scratch, LOCAL, "index.lock");
    // What somebody stages while the files follow is refused, or there afterwards.
    let scratch = place();
    let stage = "cd repo; echo mine > mine; if git add mine 2> ../refused; then false; fi";
    let variables = [
        ("GITCA_TEST_POINT", "files-written"),
        ("GITCA_TEST_COMMAND", stage),
    ];
    let run = scratch.gitca_with("repo", LOCAL.args, &variables);
    run.success();
    assert!(scratch.read("refused").contains("index.lock"));
    scratch.sh("rm repo/mine");
    finishes(&scratch, LOCAL, "staging meanwhile");
    tried(5, "by a lock");
}
