//! Hostile trees and files, each as a commit that the binary judges beside a good request.

use crate::repository::{Hostile, Report, manifest};
use crate::{files, leaks, limits, unsearched};

/// The fixtures that must be there.
pub(crate) const FIXTURES: [&str; 36] = [
    "hostile-tree-dotdot",
    "hostile-tree-slash",
    "hostile-tree-symlink",
    "hostile-tree-gitlink",
    "hostile-tree-exec",
    "hostile-tree-duplicate",
    "hostile-tree-unsorted",
    "hostile-tree-case",
    "hostile-tree-dotgit",
    "hostile-tree-device",
    "hostile-tree-long",
    "leaf-and-directory",
    "reserved-suffix",
    "yml-in-policies",
    "attributes-root",
    "attributes-zone",
    "attributes-macro",
    "attributes-harmless",
    "bomb-blob",
    "bomb-alias",
    "bomb-files",
    "bomb-depth",
    "bomb-sans",
    "bom",
    "bidi",
    "crlf",
    "pem-preamble",
    "hidden-masters",
    "inject-actions",
    "inject-ansi",
    "inject-markdown",
    "inject-html",
    "inject-trailer",
    "same-name",
    "same-key",
    "leaked-key",
];

/// One fixture: what is put into the repository, and what must come.
pub(crate) struct Fixture {
    name: &'static str,
    run: fn(&Hostile),
}

pub(crate) fn rows() -> Vec<&'static str> {
    let fixtures = fixtures();
    fixtures.iter().map(|fixture| fixture.name).collect()
}

pub(crate) fn run(fixtures: Vec<Fixture>) {
    let hostile = Hostile::new();
    for fixture in fixtures {
        println!("{}", fixture.name);
        (fixture.run)(&hostile);
        hostile.reset();
    }
}

#[test]
fn hostile_entries_stop_nobody_else() {
    run(entries());
}

#[test]
fn files_in_the_wrong_place_stop_nobody_else() {
    run(places());
    run(limits::names());
}

#[test]
fn attributes_hide_nothing() {
    run(attributes());
}

fn fixtures() -> Vec<Fixture> {
    let mut fixtures = entries();
    fixtures.extend(places());
    fixtures.extend(limits::names());
    fixtures.extend(attributes());
    fixtures.extend(files::fixtures());
    fixtures.extend(leaks::fixtures());
    fixtures.extend(unsearched::fixtures());
    fixtures
}

pub(crate) fn fixture(name: &'static str, run: fn(&Hostile)) -> Fixture {
    Fixture { name, run }
}

/// What no git would put into a tree.
fn entries() -> Vec<Fixture> {
    vec![
        fixture("hostile-tree-dotdot", |hostile| {
            for name in [&b".."[..], b".", b""] {
                refused_entry(hostile, "100644", name, "TreeEntryName");
                refused_entry(hostile, "40000", name, "TreeEntryName");
            }
        }),
        fixture("hostile-tree-slash", |hostile| {
            for name in [
                &b"x/y.yaml"[..],
                b"../x.yaml",
                b"x\\y.yaml",
                b"/etc/passwd",
                b"x\n.yaml",
                "ä.yaml".as_bytes(),
                b"\xff.yaml",
            ] {
                refused_entry(hostile, "100644", name, "TreeEntryName");
            }
        }),
        fixture("hostile-tree-symlink", |hostile| {
            refused_entry(hostile, "120000", b"x.yaml", "SymlinkInZone");
        }),
        fixture("hostile-tree-gitlink", |hostile| {
            refused_entry(hostile, "160000", b"x", "SubmoduleInZone");
        }),
        fixture("hostile-tree-exec", |hostile| {
            refused_entry(hostile, "100755", b"x.yaml", "FileMode");
            refused_entry(hostile, "100664", b"x.yaml", "FileMode");
        }),
        fixture("hostile-tree-duplicate", |hostile| {
            two_entries(hostile, b"x.yaml", b"x.yaml", "TreeDuplicate");
        }),
        fixture("hostile-tree-unsorted", |hostile| {
            two_entries(hostile, b"y.yaml", b"x.yaml", "TreeOrder");
        }),
        fixture("hostile-tree-case", |hostile| {
            two_entries(hostile, b"X.yaml", b"x.yaml", "TreeDuplicate");
        }),
        fixture("hostile-tree-dotgit", dot_git),
    ]
}

/// Files that may not lie where they lie.
fn places() -> Vec<Fixture> {
    vec![
        fixture("leaf-and-directory", leaf_and_directory),
        fixture("reserved-suffix", |hostile| {
            for name in [
                "x.approvals.yaml",
                "x.revocation/y.yaml",
                "x.approvals.approvals/y.json",
            ] {
                refused_file(
                    hostile,
                    &format!("requests/bad/{name}"),
                    b"x",
                    "PathNotAllowed",
                );
            }
        }),
        fixture("yml-in-policies", |hostile| {
            stopped_by(
                hostile,
                "policies/deny.yml",
                b"kind: DenyPolicy\n",
                "UnexpectedFile",
            );
            stopped_by(hostile, "policies/ca/ca.key.der", b"x", "UnexpectedFile");
        }),
    ]
}

/// `.gitattributes` that hide or rewrite, and one that does neither.
fn attributes() -> Vec<Fixture> {
    vec![
        fixture("attributes-root", |hostile| {
            stopped_by(
                hostile,
                ".gitattributes",
                b"* filter=lfs\n",
                "AttributeInZone",
            );
            stopped_by(
                hostile,
                ".gitattributes",
                b"requests/** -diff\n",
                "AttributeInZone",
            );
        }),
        fixture("attributes-zone", |hostile| {
            refused_file(
                hostile,
                "requests/bad/.gitattributes",
                b"* binary\n",
                "AttributeInZone",
            );
            stopped_by(
                hostile,
                "policies/.gitattributes",
                b"* ident\n",
                "AttributeInZone",
            );
            for path in [
                "issued/.gitattributes",
                "issued/_crl/.gitattributes",
                "issued/_keys/ab/c/.gitattributes",
            ] {
                stopped_by(hostile, path, b"* filter=evil\n", "AttributeInZone");
            }
        }),
        fixture("attributes-zone", |hostile| {
            // A directory where a run writes a file.
            let key = format!("issued/_keys/ab/{}/README.md", "c".repeat(62));
            for path in ["issued/_crl/cluster-users.pem/OWNERS", &key] {
                stopped_by(hostile, path, b"x", "ForeignOutput");
            }
        }),
        fixture("attributes-macro", |hostile| {
            stopped_by(
                hostile,
                ".gitattributes",
                b"[attr]quiet -diff\n*.yaml quiet\n",
                "AttributeInZone",
            );
            stopped_by(
                hostile,
                ".gitattributes",
                b"[attr]quiet -diff\n\"*.yaml\" quiet\n",
                "AttributeInZone",
            );
        }),
        fixture("attributes-harmless", |hostile| {
            let text = b"* text=auto\n*.yaml eol=lf\nissued/** linguist-generated\n*.png binary\n";
            good_is_approved(&hostile.commit(&[(".gitattributes", text)]).plan());
            assert_eq!(hostile.proposed().code, Some(0));
        }),
    ]
}

/// The good request came through, and nothing stopped the command.
#[track_caller]
pub(crate) fn good_is_approved(plan: &Report) {
    assert_eq!(plan.verdict("good"), Some("approved"), "{plan:?}");
    assert_eq!((plan.code, plan.errors()), (Some(0), vec![]), "{plan:?}");
}

/// A tree with this one entry, where requests lie and where policies lie.
#[track_caller]
fn refused_entry(hostile: &Hostile, mode: &str, name: &[u8], code: &str) {
    let id = match mode {
        "40000" => hostile.tree(&[]),
        "160000" => hostile
            .scratch
            .git(&["rev-parse", "HEAD"])
            .stdout
            .trim()
            .to_owned(),
        _ => hostile.object("blob", b"x"),
    };
    let tree = hostile.tree(&[(mode, name, id)]);
    refused_tree(hostile, &tree, code);
}

fn two_entries(hostile: &Hostile, first: &[u8], second: &[u8], code: &str) {
    let blob = hostile.object("blob", b"x");
    let tree = hostile.tree(&[("100644", first, blob.clone()), ("100644", second, blob)]);
    refused_tree(hostile, &tree, code);
}

#[track_caller]
fn refused_tree(hostile: &Hostile, tree: &str, code: &str) {
    let plan = hostile.commit_bad(tree).plan();
    good_is_approved(&plan);
    assert!(plan.all_reasons().contains(&code), "{code}: {plan:?}");
    refused_as_proposed(hostile, code);
    hostile.reset();
    let plan = hostile.commit_top("policies", tree).plan();
    for report in [plan, hostile.proposed()] {
        assert_eq!(report.code, Some(2), "{code}: {report:?}");
        assert!(report.errors().contains(&code), "{code}: {report:?}");
    }
    hostile.reset();
}

/// A file of the data zone: a finding there, while the good request is approved, in a commit and in a work tree.
#[track_caller]
pub(crate) fn refused_file(hostile: &Hostile, path: &str, bytes: &[u8], code: &str) {
    let plan = hostile.commit(&[(path, bytes)]).plan();
    good_is_approved(&plan);
    assert!(
        plan.all_reasons().contains(&code),
        "{path} {code}: {plan:?}"
    );
    let check = hostile.check();
    assert_eq!(check.verdict("good"), Some("approved"), "{check:?}");
    assert!(
        check.all_reasons().contains(&code),
        "{path} {code}: {check:?}"
    );
    refused_as_proposed(hostile, code);
    hostile.reset();
}

/// The check of a pull request, or of a push before it is taken, says so too.
#[track_caller]
pub(crate) fn refused_as_proposed(hostile: &Hostile, code: &str) {
    let check = hostile.proposed();
    assert_eq!((check.code, check.errors()), (Some(1), vec![]), "{check:?}");
    assert!(check.all_reasons().contains(&code), "{code}: {check:?}");
    assert_eq!(check.verdict("good"), None, "{check:?}");
}

/// A file of the control zone or of the top: nothing is signed.
#[track_caller]
pub(crate) fn stopped_by(hostile: &Hostile, path: &str, bytes: &[u8], code: &str) {
    let plan = hostile.commit(&[(path, bytes)]).plan();
    for report in [plan, hostile.proposed()] {
        let found = (report.code, report.errors());
        assert_eq!(found, (Some(2), vec![code]), "{path}: {report:?}");
    }
    hostile.reset();
}

fn dot_git(hostile: &Hostile) {
    for name in [
        ".git",
        ".GIT",
        "git~1",
        "GIT~1",
        ".git.",
        ".git ",
        ".git::$INDEX_ALLOCATION",
        ".g\u{200c}it",
    ] {
        refused_entry(hostile, "40000", name.as_bytes(), "TreeEntryName");
    }
}

fn leaf_and_directory(hostile: &Hostile) {
    let files = [
        ("requests/x.yaml", manifest("x")),
        ("requests/x/y.yaml", manifest("y")),
    ];
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(path, text)| (*path, text.as_bytes()))
        .collect();
    let plan = hostile.commit(&files).plan();
    good_is_approved(&plan);
    assert_eq!(plan.reasons("x"), ["PathNotAllowed"], "{plan:?}");
    refused_as_proposed(hostile, "PathNotAllowed");
}
