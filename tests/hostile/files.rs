//! Hostile files beside a good request: large, deep or many, and manifests that are not what they look like.

use gitca::x509::subject::Attribute;

use crate::forge::{Draft, dns};
use crate::repository::{Hostile, manifest, manifest_of};
use crate::trees::{Fixture, fixture, good_is_approved, refused_as_proposed, refused_file, run};
use crate::wide;

pub(crate) fn fixtures() -> Vec<Fixture> {
    let mut fixtures = bombs();
    fixtures.extend(texts());
    fixtures
}

#[test]
fn bombs_stop_nobody_else() {
    run(bombs());
}

#[test]
fn manifests_that_look_harmless_stop_nobody_else() {
    run(texts());
}

/// What is large, deep or many.
fn bombs() -> Vec<Fixture> {
    vec![
        fixture("bomb-blob", bomb_blob),
        fixture("bomb-alias", |hostile| {
            let text = "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: [*c, *c, *c, *c]\n";
            refused_file(
                hostile,
                "requests/bad/x.yaml",
                text.as_bytes(),
                "MalformedFile",
            );
        }),
        fixture("bomb-files", bomb_files),
        fixture("bomb-depth", |hostile| {
            refused_file(
                hostile,
                "requests/bad/x.yaml",
                "[".repeat(60_000).as_bytes(),
                "MalformedFile",
            );
            refused_file(
                hostile,
                "requests/bad/x.yaml",
                "a: ".repeat(20_000).as_bytes(),
                "MalformedFile",
            );
            refused_file(
                hostile,
                "requests/bad/2/3/4/5/6/7/8/9.yaml",
                b"x",
                "PathNotAllowed",
            );
        }),
        fixture("bomb-sans", |hostile| {
            let names: Vec<Vec<u8>> = (0..1001).map(|n| dns(&format!("n{n}.example"))).collect();
            let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
            let pem = Draft::of_names(&names).pem();
            let text = wide::manifest(
                "x",
                "kubernetes.io/kube-apiserver-client",
                "client auth",
                &pem,
            );
            refused_file(
                hostile,
                "requests/bad/x.yaml",
                text.as_bytes(),
                "LimitExceeded",
            );
        }),
    ]
}

/// Manifests that are not what they look like.
fn texts() -> Vec<Fixture> {
    vec![
        fixture("bom", |hostile| {
            let text = format!("\u{feff}{}", manifest("x"));
            refused_file(
                hostile,
                "requests/bad/x.yaml",
                text.as_bytes(),
                "MalformedFile",
            );
        }),
        fixture("bidi", |hostile| {
            let text = manifest("x") + "# \u{202e}\n";
            refused_file(
                hostile,
                "requests/bad/x.yaml",
                text.as_bytes(),
                "MalformedFile",
            );
        }),
        fixture("crlf", |hostile| {
            let text = manifest("x").replace('\n', "\r\n");
            let plan = hostile
                .commit(&[("requests/x.yaml", text.as_bytes())])
                .plan();
            assert_eq!(plan.verdict("x"), Some("approved"), "{plan:?}");
        }),
        fixture("pem-preamble", |hostile| {
            let pem = [b"subject: CN=jane\n".to_vec(), Draft::default().pem()].concat();
            let text = wide::manifest(
                "x",
                "kubernetes.io/kube-apiserver-client",
                "client auth",
                &pem,
            );
            refused_file(
                hostile,
                "requests/bad/x.yaml",
                text.as_bytes(),
                "MalformedPEM",
            );
        }),
        fixture("hidden-masters", hidden_masters),
        fixture("same-name", same_name),
        fixture("same-key", same_key),
    ]
}

/// Files that are larger than their place allows are refused by their size alone.
fn bomb_blob(hostile: &Hostile) {
    refused_file(
        hostile,
        "requests/bad/x.yaml",
        &vec![b'x'; 64 * 1024 + 1],
        "FileTooLarge",
    );
    let start = std::time::Instant::now();
    let blob = hostile.object("blob", &vec![b'x'; 50_000_000]);
    let plan = hostile
        .commit_bad(&hostile.tree(&[("100644", b"x.yaml", blob.clone())]))
        .plan();
    good_is_approved(&plan);
    assert!(plan.all_reasons().contains(&"FileTooLarge"), "{plan:?}");
    refused_as_proposed(hostile, "FileTooLarge");
    let policies = hostile.tree(&[("100644", b"x.yaml", blob)]);
    let plan = hostile.commit_top("policies", &policies).plan();
    assert!(plan.errors().contains(&"FileTooLarge"), "{plan:?}");
    // Most of it is git that writes the blob.
    assert!(start.elapsed() < std::time::Duration::from_secs(30));
}

fn bomb_files(hostile: &Hostile) {
    let names = (0..=200_000).map(|n| format!("f{n:06}.yaml"));
    let plan = hostile.commit_files(names).plan();
    good_is_approved(&plan);
    assert!(plan.all_reasons().contains(&"TooManyFiles"), "{plan:?}");
    let check = hostile.proposed();
    let found = (check.code, check.errors());
    assert_eq!(found, (Some(2), vec!["TooManyFiles"]), "{check:?}");
}

/// A file for people is searched for private keys as a whole, so one that a change brings is small; what the mainline has
/// is nobody's fault who changes something else.
#[test]
fn a_change_brings_no_file_for_people_of_more_than_a_mebibyte() {
    let hostile = Hostile::new();
    let most = vec![b'x'; 1 << 20];
    let fits = hostile.commit(&[("requests/OWNERS", &most)]).proposed();
    assert_eq!((fits.code, fits.errors()), (Some(0), vec![]), "{fits:?}");
    for (path, octets) in [
        ("requests/bad/README.md", (1 << 20) + 1),
        ("requests/bad/x.bin", (1 << 20) + 1),
        ("policies/README.md", (1 << 20) + 1),
        ("requests/bad/README.md", (16 << 20) + 1),
    ] {
        hostile.reset();
        let check = hostile.commit(&[(path, &vec![b'x'; octets])]).proposed();
        let found = (check.code, check.errors());
        assert_eq!(found, (Some(2), vec!["FileTooLarge"]), "{path}: {check:?}");
        assert!(check.error().contains(path), "{check:?}");
    }
    hostile.scratch.git(&["branch", "large"]);
    hostile.commit(&[("requests/bad/README.md", b"x")]);
    let check = ["check", "--base", "large", "--head", "main"];
    hostile.scratch.in_repo(&check).code(0);
}

/// The manifest looks like that of a developer; what counts is inside.
fn hidden_masters(hostile: &Hostile) {
    let values = [
        (Attribute::CommonName, "x"),
        (Attribute::Organization, "dev"),
        (Attribute::Organization, "system:masters"),
    ];
    let text = manifest_of("x", &values, "x");
    assert!(!text.contains("masters"));
    let plan = hostile
        .commit(&[("requests/x.yaml", text.as_bytes())])
        .plan();
    good_is_approved(&plan);
    assert_eq!(plan.reasons("x"), ["ReservedIdentity"]);
    refused_as_proposed(hostile, "ReservedIdentity");
    let shown = hostile
        .scratch
        .in_repo(&["check", "requests/x.yaml"])
        .stdout;
    assert!(shown.contains("system:masters (privileged)"), "{shown}");
}

/// Two requests of one name in two directories are two requests.
fn same_name(hostile: &Hostile) {
    let one = manifest_of("x", &[(Attribute::CommonName, "x")], "one");
    let two = manifest_of("x", &[(Attribute::CommonName, "x")], "two");
    let files = [("requests/a/x.yaml", one), ("requests/b/x.yaml", two)];
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(path, text)| (*path, text.as_bytes()))
        .collect();
    let run = hostile.commit(&files).run();
    assert_eq!(
        (run.verdict("a/x"), run.verdict("b/x")),
        (Some("issued"), Some("issued")),
        "{run:?}"
    );
    for path in ["a/x", "b/x"] {
        let file = format!("repo/issued/{path}/request.yaml");
        assert_eq!(
            hostile.scratch.read(&file),
            hostile.scratch.read(&format!("repo/requests/{path}.yaml"))
        );
    }
}

/// One key in two requests of one commit: the greater path loses.
fn same_key(hostile: &Hostile) {
    let one = manifest_of("x", &[(Attribute::CommonName, "x")], "one");
    let two = manifest_of("y", &[(Attribute::CommonName, "y")], "one");
    let files = [("requests/x.yaml", one), ("requests/y.yaml", two)];
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(path, text)| (*path, text.as_bytes()))
        .collect();
    let plan = hostile.commit(&files).plan();
    assert_eq!(plan.verdict("x"), Some("approved"), "{plan:?}");
    assert_eq!(plan.reasons("y"), ["KeyReused"], "{plan:?}");
    refused_as_proposed(hostile, "KeyReused");
}

/// Statements on a request that is closed, or not there yet, count for nothing. What lies beside them would stop whoever asks
/// for one of that name, and is refused as long as it is new.
#[test]
fn what_lies_beside_statements_is_refused_before_its_request_comes() {
    let hostile = Hostile::new();
    let blob = hostile.object("blob", b"x");
    let entry = |mode, name| hostile.tree(&[(mode, name, blob.clone())]);
    let names: Vec<String> = (0..69)
        .map(|number| format!("bob-{number:08}.json"))
        .collect();
    let many: Vec<(&str, &[u8], String)> = names
        .iter()
        .map(|name| ("100644", name.as_bytes(), blob.clone()))
        .collect();
    let file = b"bob-00000000.json";
    for (tree, below, code) in [
        (entry("120000", file), "/bob-00000000.json", "SymlinkInZone"),
        (entry("100755", file), "/bob-00000000.json", "FileMode"),
        (entry("160000", b"sub"), "/sub", "SubmoduleInZone"),
        (entry("100644", b"evil.sh"), "/evil.sh", "UnexpectedFile"),
        (entry("100644", b".."), "", "TreeEntryName"),
        (
            hostile.tree(&[("40000", b"sub", entry("100644", file))]),
            "/sub",
            "UnexpectedFile",
        ),
        (
            hostile.tree(&[
                ("100644", b"b", blob.clone()),
                ("100644", b"a", blob.clone()),
            ]),
            "",
            "TreeOrder",
        ),
        (hostile.tree(&many), "", "TooManyFiles"),
    ] {
        let folder = hostile.tree(&[("40000", b"x.approvals", tree)]);
        hostile.commit_beside(&["good.yaml"], &folder);
        let check = hostile.proposed();
        let path = format!("requests/bad/x.approvals{below}");
        assert!(check.has(&path, code), "{path} {code}: {check:?}");
        assert_eq!((check.code, check.errors()), (Some(1), vec![]), "{check:?}");
        good_is_approved(&hostile.plan());
        hostile.reset();
    }
    hostile.commit_beside(
        &["good.yaml"],
        &hostile.tree(&[("40000", b"x.approvals", hostile.tree(&many[..64]))]),
    );
    assert_eq!(hostile.proposed().code, Some(0));
}

/// A run makes `issued/`: what no file system tells from it may not be there first.
#[test]
fn no_directory_takes_the_place_of_a_zone() {
    let hostile = Hostile::new();
    for (name, codes) in [("Issued", &["TreeDuplicate"][..]), ("Issues", &[])] {
        hostile.commit(&[(&format!("{name}/README.md"), b"hello")]);
        assert_eq!(hostile.proposed().errors(), codes, "{name}");
        hostile.reset();
    }
}
