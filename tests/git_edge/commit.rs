//! The commit of a run, and how the work tree follows it.

use std::collections::BTreeMap;

use gitca::git::{RaceLost, Repository};
use gitca::snapshot::Changeset;

use crate::repository::{Commit as _, Repo, bot, git, now};

/// What somebody does in a work tree.
type Step = fn(&Repo);

fn changes(folders: &[(&str, &[(&str, &str)])], files: &[(&str, &str)]) -> Changeset {
    let bytes = |text: &str| text.as_bytes().to_vec();
    let folder = |files: &[(&str, &str)]| -> BTreeMap<_, _> {
        files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), bytes(text)))
            .collect()
    };
    Changeset {
        folders: folders
            .iter()
            .map(|(path, files)| (path.parse().expect("a path"), folder(files)))
            .collect(),
        files: files
            .iter()
            .map(|(path, text)| (path.parse().expect("a path"), bytes(text)))
            .collect(),
    }
}

fn issue() -> Changeset {
    changes(
        &[(
            "issued/dev/jane",
            &[("request.yaml", "jane 1\n"), ("certificate.pem", "new\n")],
        )],
        &[
            ("issued/_keys/ab/cdef", "dev/jane\n"),
            ("issued/_crl/users.pem", "crl\n"),
        ],
    )
}

#[test]
fn a_commit_changes_issued_alone_and_passes_fsck() {
    let repo = Repo::with_request();
    repo.write("issued/dev/jane/old.txt", "goes\n");
    repo.write("issued/dev/joe/request.yaml", "stays\n");
    repo.write("run.sh", "inert");
    std::os::unix::fs::symlink("run.sh", repo.path().join("link")).expect("a link");
    let base = repo.commit("before");
    let opened = repo.open();
    let commit = opened
        .commit(base, "main", &issue(), &bot(), now(), "issue: 1\n")
        .expect("a commit");

    assert_eq!(opened.branch_tip("main").expect("a branch"), Some(commit));
    git(repo.path(), &["fsck", "--strict", "--no-dangling"], b"");
    let changed = repo.git(&[
        "diff",
        "--name-status",
        "--no-renames",
        &base.to_string(),
        "HEAD",
    ]);
    assert_eq!(
        changed,
        "A\tissued/_crl/users.pem\nA\tissued/_keys/ab/cdef\nA\tissued/dev/jane/certificate.pem\n\
         D\tissued/dev/jane/old.txt\nA\tissued/dev/jane/request.yaml"
    );
    assert_eq!(repo.git(&["rev-parse", "HEAD^"]), base.to_string());
    let shown = repo.git(&[
        "log",
        "-1",
        "--date=raw",
        "--format=%an <%ae> %ad %cn %cd %B",
    ]);
    assert_eq!(
        shown,
        "gitca <gitca@example.com> 1893456000 +0000 gitca 1893456000 +0000 issue: 1"
    );
    let same = repo.git(&[
        "rev-parse",
        "HEAD:issued/dev/jane/request.yaml",
        "HEAD:requests/dev/jane.yaml",
    ]);
    let (output, request) = same.split_once('\n').expect("two lines");
    assert_eq!(output, request);
}

#[test]
fn the_same_input_makes_the_same_commit() {
    let (one, other) = (Repo::with_request(), Repo::with_request());
    assert_eq!(one.head(), other.head());
    let make = |repo: &Repo| {
        let opened = repo.open();
        opened
            .commit(repo.head(), "main", &issue(), &bot(), now(), "issue\n")
            .expect("a commit")
    };
    assert_eq!(make(&one), make(&other));
}

#[test]
fn dates_never_go_back() {
    let repo = Repo::with_request();
    let earlier = "2020-01-01T00:00:00Z".parse().expect("a time");
    repo.open()
        .commit(repo.head(), "main", &issue(), &bot(), earlier, "x\n")
        .expect("a commit");
    assert_eq!(repo.git(&["log", "-1", "--format=%ct"]), "1890777600");
}

#[test]
fn a_run_can_not_write_elsewhere() {
    let repo = Repo::with_request();
    for (folders, files) in [
        (&[][..], &[("policies/x.yaml", "x")][..]),
        (&[], &[("issued", "x")]),
        (&[("issued", &[][..])], &[]),
        (&[("requests/dev", &[])], &[]),
        (&[("issued/a", &[("../b", "x")])], &[]),
        (&[("issued/a", &[("b/c", "x")])], &[]),
        (&[("issued/a", &[("b", "x")])], &[("issued/a/b", "y")]),
        (&[], &[("issued/a", "x"), ("issued/a/b", "y")]),
    ] {
        let changes = changes(folders, files);
        let result = repo
            .open()
            .commit(repo.head(), "main", &changes, &bot(), now(), "x\n");
        assert!(result.is_err(), "{changes:?}");
    }
    let mut evil = bot();
    evil.name.push_str("\nparent 0");
    let result = repo
        .open()
        .commit(repo.head(), "main", &issue(), &evil, now(), "x\n");
    assert!(result.is_err(), "a line break in a name");
}

#[test]
fn who_comes_second_loses_the_race() {
    let repo = Repo::with_request();
    let base = repo.head();
    let moved = repo.commit("meanwhile");
    let error = repo
        .open()
        .commit(base, "main", &issue(), &bot(), now(), "x\n")
        .expect_err("lost");
    let expected = RaceLost {
        branch: "main".into(),
        expected: Some(base),
        found: Some(moved),
    };
    assert_eq!(error.downcast_ref(), Some(&expected));
    assert_eq!(repo.head(), moved);

    std::fs::write(repo.path().join(".git/refs/heads/main.lock"), "").expect("a lock");
    let error = repo
        .open()
        .commit(moved, "main", &issue(), &bot(), now(), "x\n")
        .expect_err("locked");
    assert_eq!(
        error.to_string(),
        "branch `main` is locked by another process"
    );
}

#[test]
fn a_bare_repository_takes_a_commit_and_has_no_files_to_update() {
    let repo = Repo::with_request();
    let place = repo.beside("bare");
    repo.git(&[
        "clone",
        "--quiet",
        "--bare",
        ".",
        &place.display().to_string(),
    ]);
    let opened = Repository::open(&place).expect("a repository");
    let base = repo.head();
    let commit = opened
        .commit(base, "main", &issue(), &bot(), now(), "x\n")
        .expect("a commit");
    assert!(
        !opened
            .update_worktree(base, commit, "main")
            .expect("no error")
    );
    git(&place, &["fsck", "--strict"], b"");
}

#[test]
fn a_clean_work_tree_follows() {
    let repo = Repo::with_request();
    repo.write("issued/dev/jane/old.txt", "goes\n");
    repo.write("issued/gone/x/request.yaml", "goes\n");
    let base = repo.commit("before");
    repo.write("README", "untracked, and stays\n");
    repo.write("requests/dev/jane.yaml", "being edited\n");
    let mut changes = issue();
    changes
        .folders
        .insert("issued/gone/x".parse().expect("a path"), BTreeMap::new());
    let opened = repo.open();
    let commit = opened
        .commit(base, "main", &changes, &bot(), now(), "x\n")
        .expect("a commit");
    assert!(
        opened
            .update_worktree(base, commit, "main")
            .expect("no error")
    );
    assert_eq!(
        repo.git(&["status", "--short"]),
        " M requests/dev/jane.yaml\n?? README"
    );
    assert_eq!(repo.git(&["diff-files", "--name-only", "--", "issued"]), "");
    assert_eq!(repo.read("issued/dev/jane/certificate.pem"), "new\n");
    assert!(!repo.path().join("issued/gone").exists());
}

#[test]
fn a_work_tree_that_would_lose_something_is_left_alone() {
    let steps: [(&str, Step); 6] = [
        ("a changed file", |repo| {
            repo.write("issued/dev/jane/old.txt", "mine\n");
        }),
        ("an untracked file", |repo| {
            repo.write("issued/dev/jane/certificate.pem", "mine\n");
        }),
        ("a staged file", |repo| {
            repo.write("issued/dev/jane/certificate.pem", "mine\n");
            repo.git(&["add", "--all"]);
            std::fs::remove_file(repo.path().join("issued/dev/jane/certificate.pem"))
                .expect("a file");
        }),
        ("a link in the way", |repo| {
            std::fs::create_dir(repo.beside("target")).expect("a directory");
            let link = repo.path().join("issued/_crl");
            std::os::unix::fs::symlink(repo.beside("target"), link).expect("a link");
        }),
        ("another branch", |repo| {
            repo.git(&["switch", "--quiet", "-c", "side"]);
        }),
        ("a detached HEAD", |repo| {
            repo.git(&["switch", "--quiet", "--detach"]);
        }),
    ];
    for (what, step) in steps {
        let repo = Repo::with_request();
        repo.write("issued/dev/jane/old.txt", "theirs\n");
        let base = repo.commit("before");
        step(&repo);
        let before = repo.git(&["status", "--short", "--untracked-files=all"]);
        let opened = repo.open();
        let commit = opened
            .commit(base, "main", &issue(), &bot(), now(), "x\n")
            .expect("a commit");
        assert!(
            !opened
                .update_worktree(base, commit, "main")
                .expect("no error"),
            "{what}"
        );
        repo.git(&["update-ref", "refs/heads/main", &base.to_string()]);
        assert_eq!(
            repo.git(&["status", "--short", "--untracked-files=all"]),
            before,
            "{what}"
        );
    }
}

#[test]
fn a_linked_work_tree_follows_its_own_branch() {
    let repo = Repo::with_request();
    let linked = repo.beside("linked");
    repo.git(&[
        "worktree",
        "add",
        "--quiet",
        "-b",
        "side",
        &linked.display().to_string(),
    ]);
    let base = repo.head();
    let opened = Repository::open(&linked).expect("a repository");
    let commit = opened
        .commit(base, "side", &issue(), &bot(), now(), "x\n")
        .expect("a commit");
    assert!(
        opened
            .update_worktree(base, commit, "side")
            .expect("no error")
    );
    assert_eq!(git(&linked, &["status", "--short"], b""), "");
    assert!(!repo.path().join("issued").exists());
}
