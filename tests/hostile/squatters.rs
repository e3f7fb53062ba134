//! Directories of `issued/` in which nothing lies, so that somebody's request could not have their name.

use crate::repository::{Hostile, Report, manifest};

fn refused(check: &Report, path: &str) {
    let found = (check.code, check.errors());
    assert_eq!(found, (Some(2), vec!["ForeignOutput"]), "{path}: {check:?}");
    assert!(check.error().contains(path), "{path}: {check:?}");
}

#[test]
fn a_change_makes_no_directory_where_outputs_come_to_lie() {
    let hostile = Hostile::new();
    for is_issued in [false, true] {
        hostile.reset();
        if is_issued {
            assert_eq!(hostile.run().verdict("good"), Some("issued"));
            hostile.scratch.git(&["tag", "-f", "base"]);
        }
        for name in ["README.md", "OWNERS", ".gitkeep", ".gitattributes"] {
            for folder in ["alice", "alice/bob", "alice/certificate.pem"] {
                let path = format!("issued/{folder}/{name}");
                refused(
                    &hostile.commit(&[(&path, b"x")]).proposed(),
                    "`issued/alice`",
                );
                hostile.reset();
            }
        }
    }
}

#[test]
fn an_empty_directory_is_one_too() {
    let hostile = Hostile::new();
    let empty = hostile.tree(&[]);
    let issued = hostile.tree(&[("40000", b"alice", empty)]);
    refused(
        &hostile.commit_top("issued", &issued).proposed(),
        "`issued/alice`",
    );
}

#[test]
fn files_for_people_lie_where_no_request_can() {
    let hostile = Hostile::new();
    let bob = manifest("bob");
    hostile.commit(&[("requests/team/bob.yaml", bob.as_bytes())]);
    assert_eq!(hostile.run().verdict("team/bob"), Some("issued"));
    hostile.scratch.git(&["tag", "-f", "base"]);
    for path in [
        "issued/README.md",
        "issued/.gitattributes",
        "issued/_crl/README.md",
        "issued/_keys/OWNERS",
        "issued/team/OWNERS",
    ] {
        let check = hostile.commit(&[(path, b"# x\n")]).proposed();
        assert_eq!(
            (check.code, check.errors()),
            (Some(0), vec![]),
            "{path}: {check:?}"
        );
    }
}

/// Where one is there already it stops nobody, and goes.
#[test]
fn a_directory_that_is_there_already_is_nobody_s_fault() {
    let hostile = Hostile::new();
    hostile.commit(&[("issued/alice/README.md", b"x")]);
    hostile.scratch.git(&["tag", "-f", "base"]);
    assert_eq!(hostile.run().verdict("good"), Some("issued"));
    let bob = manifest("bob");
    for files in [
        &[("requests/bob.yaml", bob.as_bytes())][..],
        &[("issued/alice/README.md", b"y")],
    ] {
        let check = hostile.commit(files).checked("main~", "main");
        assert_eq!((check.code, check.errors()), (Some(0), vec![]), "{check:?}");
    }
    hostile.take_back("issued/alice/README.md");
    let check = hostile.checked("main~", "main");
    assert_eq!((check.code, check.errors()), (Some(0), vec![]), "{check:?}");
}

/// A server asks before a push is the mainline.
#[test]
fn a_push_makes_no_such_directory() {
    let hostile = Hostile::new();
    hostile.commit(&[("issued/alice/README.md", b"x")]);
    let check = ["check", "--base", "base", "--head", "main", "-o", "json"];
    let quarantine = [("GIT_QUARANTINE_PATH", "objects/incoming")];
    let answer = hostile.scratch.gitca_with("repo", &check, &quarantine);
    refused(&Report::of(&answer), "`issued/alice`");
}
