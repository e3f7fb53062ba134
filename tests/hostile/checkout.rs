//! Names that keep everybody from checking out the mainline once they lie there: in the zones or beside them, no change
//! that brings one passes. Git itself is asked whether it clones what is there.

use crate::repository::{Hostile, Report};

const CODE: &str = "TreeEntryName";

/// A tree with one entry of this mode and name.
fn tree(hostile: &Hostile, mode: &str, name: &[u8]) -> String {
    let id = match mode {
        "40000" => hostile.tree(&[("100644", b"x", hostile.object("blob", b"x"))]),
        "160000" => hostile.scratch.git(&["rev-parse", "base"]).stdout,
        _ => hostile.object("blob", b"x"),
    };
    hostile.tree(&[(mode, name, id.trim().to_owned())])
}

/// Whether git clones the branch, with what protects macOS, too.
fn is_cloned(hostile: &Hostile) -> bool {
    hostile.scratch.sh("rm -rf clone");
    let clone = ["clone", "-q", "-c", "core.protectHFS=true", "repo", "clone"];
    hostile.scratch.run("git", &clone).code == Some(0)
}

#[track_caller]
fn is_refused(hostile: &Hostile, what: &str) {
    assert!(!is_cloned(hostile), "{what}");
    let check = hostile.proposed();
    let found = (check.code, check.errors());
    assert_eq!(found, (Some(2), vec![CODE]), "{what}: {check:?}");
    assert!(check.error().contains("rename it"), "{what}: {check:?}");
    hostile.reset();
}

#[track_caller]
fn passes(what: &str, check: &Report) {
    let found = (check.code, check.errors());
    assert_eq!(found, (Some(0), vec![]), "{what}: {check:?}");
}

#[test]
fn no_change_brings_a_name_that_git_does_not_check_out() {
    let hostile = Hostile::new();
    let long = [b'a'; 256];
    for name in [
        &b".git"[..],
        b".GIT",
        b"git~1",
        b".git . ",
        b".git::$INDEX_ALLOCATION",
        b"a\\.git",
        b"x/.git",
        b".git\xff",
        ".g\u{200c}it".as_bytes(),
        b"..",
        b".",
        b"",
        &long,
        "ä".repeat(128).as_bytes(),
    ] {
        let what = name.escape_ascii().to_string();
        hostile.commit_top("docs", &tree(&hostile, "100644", name));
        is_refused(&hostile, &what);
    }
    for mode in ["40000", "120000", "160000"] {
        hostile.commit_top("docs", &tree(&hostile, mode, b".GIT"));
        is_refused(&hostile, mode);
    }
    for name in [
        &b".gitmodules"[..],
        b".GITMODULES .",
        b"gitmod~4",
        b"gi7eba~1",
        b"gi7~1000:x",
    ] {
        let what = name.escape_ascii().to_string();
        hostile.commit_top("docs", &tree(&hostile, "120000", name));
        is_refused(&hostile, &what);
    }
}

#[test]
fn a_name_that_only_some_systems_refuse_passes_outside_of_the_zones() {
    let hostile = Hostile::new();
    let long = [b'a'; 255];
    for (mode, name) in [
        ("100644", &b"con"[..]),
        ("100644", b"a:b"),
        ("100644", b"a\\b"),
        ("100644", b"a\nb"),
        ("100644", b"\xff"),
        ("100644", b"git~2"),
        ("100644", b".gitx"),
        ("100644", b".gitmodules"),
        ("40000", b".gitmodules"),
        ("120000", b".gitattributes"),
        ("120000", b"gitmod~5"),
        ("120000", b"gi7eba~0"),
        ("120000", b"gi7eba1~"),
        ("100644", &long),
        ("100644", "ä".repeat(127).as_bytes()),
    ] {
        let what = format!("{mode} {}", name.escape_ascii());
        hostile.commit_top("docs", &tree(&hostile, mode, name));
        assert!(is_cloned(&hostile), "{what}");
        passes(&what, &hostile.proposed());
        hostile.reset();
    }
}

#[test]
fn no_change_brings_a_name_that_no_file_system_holds() {
    let hostile = Hostile::new();
    let long = "z".repeat(290);
    let file = tree(&hostile, "100644", b"x");
    hostile.commit_top(&long, &file);
    let told = hostile.proposed().error();
    assert!(told.contains(&format!(": `{}`", &long[..60])), "{told}");
    is_refused(&hostile, "at the top");
    let name = format!("{long}.json");
    let approvals = tree(&hostile, "100644", name.as_bytes());
    hostile.commit_bad(&hostile.tree(&[("40000", b"x.approvals", approvals)]));
    is_refused(&hostile, "in a zone");
    for (length, is_held) in [(203, true), (206, false)] {
        let folder = "d".repeat(length);
        let mut deep = file.clone();
        for _ in 0..20 {
            deep = hostile.tree(&[("40000", folder.as_bytes(), deep)]);
        }
        hostile.commit_top("docs", &deep);
        if is_held {
            passes("deep", &hostile.proposed());
        } else {
            is_refused(&hostile, "too deep");
        }
        hostile.reset();
    }
}

/// Git reads on where no name can be trusted any more.
#[test]
fn no_name_hides_in_a_directory_that_nobody_can_read() {
    let hostile = Hostile::new();
    let blob = hostile.object("blob", b"x");
    let file = |mode, name: &'static str| (mode, name.as_bytes(), blob.clone());
    let unsorted = hostile.tree(&[file("100644", "z"), file("100644", ".git")]);
    let twice = hostile.tree(&[file("100644", ".git"), file("100644", ".git")]);
    let padded = hostile.tree(&[file("0100644", ".git")]);
    for (tree, code) in [
        (&unsorted, "TreeOrder"),
        (&twice, "TreeDuplicate"),
        (&padded, "TreeEntryName"),
    ] {
        hostile.commit_top("docs", &hostile.tree(&[("40000", b"sub", tree.clone())]));
        assert!(!is_cloned(&hostile), "{code}");
        let check = hostile.proposed();
        let found = (check.code, check.errors());
        assert_eq!(found, (Some(2), vec![code]), "{check:?}");
        hostile.reset();
    }
    let unsorted = ("40000", &b"sub"[..], unsorted);
    hostile.commit_top("docs", &hostile.tree(std::slice::from_ref(&unsorted)));
    hostile.scratch.git(&["tag", "bad"]);
    hostile.commit_top("docs", &hostile.tree(&[file("100644", "a"), unsorted]));
    passes("a file beside it", &hostile.checked("bad", "main"));
}

/// What is there is nobody's fault, and a file of the same content hides no name.
#[test]
fn only_what_is_new_at_its_place_is_refused() {
    let hostile = Hostile::new();
    let [old, new] = [&b"old"[..], b"new"].map(|text| hostile.object("blob", text));
    let docs = |file: &String, more: &[u8]| {
        let entries = [
            ("100644", &b".GIT"[..], file.clone()),
            ("100644", more, old.clone()),
        ];
        hostile.tree(&entries)
    };
    let there = docs(&old, b"a");
    hostile.commit_top("docs", &there);
    hostile.scratch.git(&["tag", "-f", "bad"]);
    for (change, folder, tree, code) in [
        ("a file beside it", "docs", docs(&old, b"b"), 0),
        ("another content", "docs", docs(&new, b"a"), 0),
        ("a copy", "more", there, 2),
        ("a new name", "docs", docs(&old, b"git~1"), 2),
    ] {
        hostile
            .scratch
            .git(&["update-ref", "refs/heads/main", "bad"]);
        hostile.commit_top(folder, &tree);
        let check = hostile.checked("bad", "main");
        assert_eq!(check.code, Some(code), "{change}: {check:?}");
        let codes: &[&str] = if code == 0 { &[] } else { &[CODE] };
        assert_eq!(check.errors(), codes, "{change}: {check:?}");
    }
}

/// What was not looked at may have any name.
#[test]
fn no_change_brings_more_names_than_are_looked_at() {
    let hostile = Hostile::new();
    let below = hostile.tree(&[("100644", b"x", hostile.object("blob", b"x"))]);
    let file = hostile.object("blob", b"x");
    for (number, mode, code) in [
        (29_998, "40000", Some(0)),
        (30_001, "40000", Some(2)),
        // The same file each time.
        (29_998, "100644", Some(0)),
        (30_002, "100644", Some(2)),
    ] {
        let names: Vec<String> = (0..number).map(|n| format!("{n:05}")).collect();
        let id = if mode == "40000" { &below } else { &file };
        let entry = |name| (mode, str::as_bytes(name), id.clone());
        let entries = names.iter().map(String::as_str).map(entry);
        let docs = hostile.tree(&entries.collect::<Vec<_>>());
        hostile.commit_top("docs", &docs);
        let check = hostile.proposed();
        assert_eq!(check.code, code, "{number}: {check:?}");
        let errors: &[&str] = if code == Some(2) {
            &["TooManyFiles"]
        } else {
            &[]
        };
        assert_eq!(check.errors(), errors, "{number}: {check:?}");
        hostile.reset();
    }
}

/// No system makes such a link, and git writes nothing for what is neither file nor link.
#[test]
fn no_change_brings_an_entry_that_nobody_can_write() {
    let hostile = Hostile::new();
    let below = hostile.tree(&[("100644", b"x", hostile.object("blob", b"x"))]);
    let link = |octets: usize| hostile.object("blob", &b"a/".repeat(octets)[..octets]);
    for (what, mode, id, code) in [
        ("an empty link", "120000", link(0), CODE),
        ("a long link", "120000", link(4096), CODE),
        ("a file that is a tree", "100644", below.clone(), "FileMode"),
        ("a link that is a tree", "120000", below.clone(), "FileMode"),
    ] {
        let docs = hostile.tree(&[(mode, b"f", id)]);
        hostile.commit_top("docs", &docs);
        assert!(!is_cloned(&hostile), "{what}");
        let check = hostile.proposed();
        let found = (check.code, check.errors());
        assert_eq!(found, (Some(2), vec![code]), "{what}: {check:?}");
        assert!(check.error().contains("docs"), "{what}: {check:?}");
        hostile.reset();
    }
    for octets in [1, 4095] {
        let docs = hostile.tree(&[("120000", b"f", link(octets))]);
        hostile.commit_top("docs", &docs);
        assert!(is_cloned(&hostile), "{octets}");
        passes("a link", &hostile.proposed());
        hostile.reset();
    }
}

/// Ten directories of ten, and so on: a few kilobytes of trees, and more files than any disk holds.
#[test]
fn no_change_brings_more_files_than_anybody_waits_for() {
    let hostile = Hostile::new();
    let names: Vec<String> = (0..10).map(|n| n.to_string()).collect();
    let holding = |mode, id: &str| {
        let entry = |name| (mode, str::as_bytes(name), id.to_owned());
        let entries = names.iter().map(String::as_str).map(entry);
        hostile.tree(&entries.collect::<Vec<_>>())
    };
    let mut tree = holding("100644", &hostile.object("blob", b"x"));
    for depth in 2..10 {
        tree = holding("40000", &tree);
        let refused: &[&str] = if depth > 4 { &["TooManyFiles"] } else { &[] };
        // In a new directory, and in one that is there already.
        for before in ["base", "HEAD"] {
            if before == "HEAD" {
                let other = hostile.tree(&[("100644", b"y", hostile.object("blob", b"y"))]);
                hostile.commit_top("docs", &other);
            }
            let base = hostile.scratch.git(&["rev-parse", before]).stdout;
            hostile.commit_top("docs", &hostile.tree(&[("40000", b"d", tree.clone())]));
            let check = hostile.checked(base.trim(), "main");
            assert_eq!(check.errors(), refused, "{depth} {before}: {check:?}");
            hostile.reset();
        }
    }
}
