//! What `init` and `new` put on disk and commit.

use std::os::unix::fs::PermissionsExt as _;

use gitca::files::{Access, write_new};
use gitca::git::Repository;
use gitca::names::RepoPath;

use crate::repository::{Repo, bot, git, now};

fn paths(texts: &[&str]) -> Vec<RepoPath> {
    texts
        .iter()
        .map(|text| text.parse().expect("a path"))
        .collect()
}

#[test]
fn a_new_repository_gets_its_first_commit() {
    let dir = tempfile::tempdir().expect("a directory");
    let place = dir.path().join("ca");
    let repository = Repository::init(&place, "trunk").expect("a repository");
    assert_eq!(
        repository.head_branch().expect("HEAD"),
        Some("trunk".into())
    );
    for path in ["policies/settings.yaml", "README.md"] {
        assert!(write_new(&place.join(path), b"x\n", Access::Shared).expect("a file"));
    }
    write_new(&place.join("mine"), b"x\n", Access::Shared).expect("a file");
    let files = paths(&["policies/settings.yaml", "README.md"]);
    let commit = repository
        .commit_files("trunk", &files, &bot(), now(), "begin\n")
        .expect("a commit");
    assert_eq!(repository.head_commit().expect("HEAD"), Some(commit));
    assert_eq!(git(&place, &["status", "--short"], b""), "?? mine");
    git(&place, &["fsck", "--strict"], b"");
    assert!(
        Repository::init(&place, "trunk").is_err(),
        "it is there already"
    );
}

#[test]
fn a_commit_of_files_leaves_the_rest_of_the_index_alone() {
    let repo = Repo::with_request();
    repo.write("staged", "mine\n");
    repo.write("requests/dev/jane.yaml", "being edited\n");
    repo.git(&["add", "staged"]);
    repo.write("policies/b.yaml", "b\n");
    let files = paths(&["policies/b.yaml"]);
    repo.open()
        .commit_files("main", &files, &bot(), now(), "add\n")
        .expect("a commit");
    assert_eq!(
        repo.git(&["show", "--name-only", "--format=%s"]),
        "add\n\npolicies/b.yaml"
    );
    assert_eq!(
        repo.git(&["status", "--short"]),
        " M requests/dev/jane.yaml\nA  staged"
    );
}

#[test]
fn only_regular_files_are_committed() {
    let repo = Repo::with_request();
    std::os::unix::fs::symlink("/etc/hostname", repo.path().join("policies/b.yaml"))
        .expect("a link");
    for path in ["policies/b.yaml", "policies/c.yaml", "policies"] {
        let result = repo
            .open()
            .commit_files("main", &paths(&[path]), &bot(), now(), "x\n");
        assert!(result.is_err(), "{path}");
    }
}

#[test]
fn a_file_is_never_written_over_another() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("a/b/key.pem");
    assert!(write_new(&file, b"first", Access::Private).expect("a file"));
    assert!(!write_new(&file, b"second", Access::Private).expect("no error"));
    assert_eq!(std::fs::read(&file).expect("a file"), b"first");
    let mode = |path: &std::path::Path| {
        std::fs::metadata(path)
            .expect("a file")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&dir.path().join("a")), 0o700);
    assert_eq!(
        std::fs::read_dir(dir.path().join("a/b"))
            .expect("a directory")
            .count(),
        1
    );

    let dangling = dir.path().join("link");
    std::os::unix::fs::symlink(dir.path().join("elsewhere"), &dangling).expect("a link");
    assert!(!write_new(&dangling, b"x", Access::Shared).expect("no error"));
    assert!(!dir.path().join("elsewhere").exists());
}

#[test]
fn the_identity_is_what_git_says() {
    let repo = Repo::new();
    repo.git(&["config", "user.name", "Ann"]);
    repo.git(&["config", "user.email", "ann@example.com"]);
    if std::env::var_os("GIT_AUTHOR_NAME").is_none()
        && std::env::var_os("GIT_AUTHOR_EMAIL").is_none()
    {
        let identity = repo.open().identity().expect("an identity");
        assert_eq!(
            (identity.name.as_str(), identity.email.as_str()),
            ("Ann", "ann@example.com")
        );
    }
}
