//! Which repositories open, and which are refused.

use gitca::finding::{Code, Stop};
use gitca::git::Repository;

use crate::repository::{Repo, git};

fn codes(error: &anyhow::Error) -> Vec<Code> {
    let stop = error.downcast_ref::<Stop>().expect("a stop");
    assert!(stop.0.iter().all(|finding| finding.reason.help.is_some()));
    stop.0.iter().map(|finding| finding.reason.code).collect()
}

fn refused(dir: &std::path::Path) -> Vec<Code> {
    codes(&Repository::open(dir).expect_err("it is refused"))
}

#[test]
fn a_repository_is_found_from_below() {
    let repo = Repo::with_request();
    let found = Repository::open(&repo.path().join("requests/dev")).expect("a repository");
    assert_eq!(found.head_commit().expect("HEAD"), Some(repo.head()));
    assert_eq!(found.head_branch().expect("HEAD"), Some("main".into()));
    assert_eq!(
        found.branch_tip("main").expect("a branch"),
        Some(repo.head())
    );
    assert_eq!(found.branch_tip("other").expect("no branch"), None);
    assert!(found.branch_tip("a..b").is_err());
    assert_eq!(found.resolve("HEAD^{tree}").ok(), None);
    assert_eq!(found.resolve("main").ok(), Some(repo.head()));
    assert!(!found.is_bare());
    found.require_full_history().expect("a whole clone");
}

#[test]
fn a_directory_outside_of_any_repository_says_so() {
    let dir = tempfile::tempdir().expect("a directory");
    assert_eq!(refused(dir.path()), [Code::NoMainline]);
    assert!(
        Repository::discover(dir.path())
            .expect("no error")
            .is_none()
    );
}

#[test]
fn an_empty_repository_has_no_commit() {
    let repo = Repo::new().open().head_commit();
    assert_eq!(repo.expect("HEAD"), None);
}

#[test]
fn a_shallow_clone_opens_but_has_no_history() {
    let repo = Repo::with_request();
    repo.commit("more");
    let clone = repo.beside("clone");
    let (source, target) = (
        format!("file://{}", repo.path().display()),
        clone.display().to_string(),
    );
    git(
        repo.path(),
        &["clone", "--quiet", "--depth=1", &source, &target],
        b"",
    );
    let opened = Repository::open(&clone).expect("a repository");
    assert!(opened.snapshot(repo.head()).is_ok());
    let error = opened.require_full_history().expect_err("it is shallow");
    assert_eq!(codes(&error), [Code::ShallowClone]);

    let linked = repo.beside("linked").display().to_string();
    git(
        &clone,
        &["worktree", "add", "--quiet", &linked, "-b", "side"],
        b"",
    );
    let linked = Repository::open(&repo.beside("linked")).expect("a repository");
    let error = linked
        .require_full_history()
        .expect_err("it shares the shallow store");
    assert_eq!(codes(&error), [Code::ShallowClone]);
}

#[test]
fn partial_and_grafted_clones_have_no_history() {
    let repo = Repo::with_request();
    repo.git(&["config", "remote.origin.promisor", "true"]);
    std::fs::write(
        repo.path().join(".git/info/grafts"),
        format!("{}\n", repo.head()),
    )
    .expect("a file");
    let error = repo.open().require_full_history().expect_err("both");
    assert_eq!(codes(&error), [Code::PartialClone, Code::GraftedHistory]);
}

#[test]
fn formats_that_libgit2_can_not_read_are_named() {
    for (option, code) in [
        ("--object-format=sha256", Code::UnsupportedObjectFormat),
        ("--ref-format=reftable", Code::UnsupportedRefFormat),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        git(dir.path(), &["init", "--quiet", option], b"");
        assert_eq!(refused(dir.path()), [code]);
    }
}

#[test]
fn replaced_objects_are_a_notice() {
    let repo = Repo::with_request();
    assert_eq!(repo.open().notices().expect("references"), []);
    let first = repo.head().to_string();
    let second = repo.commit("more").to_string();
    repo.git(&["replace", &second, &first]);
    let notices = repo.open().notices().expect("references");
    assert_eq!(notices[0].reason.code, Code::ReplaceRefs);
    let snapshot = repo.open().snapshot(repo.head()).expect("a snapshot");
    assert_eq!(snapshot.requests.len(), 1);
}

#[test]
fn bare_repositories_and_linked_work_trees_are_read() {
    let repo = Repo::with_request();
    let (bare, linked) = (repo.beside("bare"), repo.beside("linked"));
    repo.git(&[
        "clone",
        "--quiet",
        "--bare",
        ".",
        &bare.display().to_string(),
    ]);
    repo.git(&[
        "worktree",
        "add",
        "--quiet",
        "--detach",
        &linked.display().to_string(),
    ]);
    for (dir, is_bare) in [(bare, true), (linked, false)] {
        let opened = Repository::open(&dir).expect("a repository");
        assert_eq!(opened.is_bare(), is_bare);
        assert_eq!(opened.workdir().is_none(), is_bare);
        assert_eq!(
            opened.snapshot(repo.head()).expect("a snapshot").open.len(),
            1
        );
    }
}
