//! Hostile trees and files, each as a commit that the binary judges beside a good request.

use gitca::x509::subject::Attribute;

use crate::forge::{Draft, dns};
use crate::repository::{Hostile, base64, manifest, manifest_of};
use crate::seeds::seeded_key;
use crate::wide;

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
struct Fixture {
    name: &'static str,
    run: fn(&Hostile),
}

pub(crate) fn rows() -> Vec<&'static str> {
    let fixtures = fixtures();
    fixtures.iter().map(|fixture| fixture.name).collect()
}

fn run(fixtures: Vec<Fixture>) {
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
}

#[test]
fn attributes_hide_nothing() {
    run(attributes());
}

#[test]
fn bombs_stop_nobody_else() {
    run(bombs());
}

#[test]
fn manifests_that_look_harmless_stop_nobody_else() {
    run(texts());
}

fn fixtures() -> Vec<Fixture> {
    let mut fixtures = entries();
    fixtures.extend(places());
    fixtures.extend(attributes());
    fixtures.extend(bombs());
    fixtures.extend(texts());
    fixtures
}

fn fixture(name: &'static str, run: fn(&Hostile)) -> Fixture {
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
        fixture("hostile-tree-device", |hostile| {
            for name in ["con.yaml", "nul.yaml", "com1.yaml", "lpt9.x.yaml"] {
                refused_file(
                    hostile,
                    &format!("requests/bad/{name}"),
                    b"x",
                    "PathNotAllowed",
                );
            }
        }),
        fixture("hostile-tree-long", |hostile| {
            let name = format!("{}.yaml", "x".repeat(240));
            refused_file(
                hostile,
                &format!("requests/bad/{name}"),
                b"x",
                "PathNotAllowed",
            );
        }),
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
        }),
    ]
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
        fixture("leaked-key", leaked_key),
        fixture("leaked-key", leaked_signer_key),
    ]
}

/// The good request came through, and nothing stopped the command.
#[track_caller]
fn good_is_approved(plan: &crate::repository::Report) {
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
    let plan = hostile.commit_bad(tree.to_owned()).plan();
    good_is_approved(&plan);
    assert!(plan.all_reasons().contains(&code), "{code}: {plan:?}");
    let plan = hostile.commit_top("policies", tree).plan();
    assert_eq!(plan.code, Some(2), "{code}: {plan:?}");
    assert!(plan.errors().contains(&code), "{code}: {plan:?}");
    hostile.reset();
}

/// A file of the data zone: a finding there, while the good request is approved, in a commit and in a work tree.
#[track_caller]
fn refused_file(hostile: &Hostile, path: &str, bytes: &[u8], code: &str) {
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
    hostile.reset();
}

/// A file of the control zone or of the top: nothing is signed.
#[track_caller]
fn stopped_by(hostile: &Hostile, path: &str, bytes: &[u8], code: &str) {
    let plan = hostile.commit(&[(path, bytes)]).plan();
    assert_eq!(
        (plan.code, plan.errors()),
        (Some(2), vec![code]),
        "{plan:?}"
    );
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
        .commit_bad(hostile.tree(&[("100644", b"x.yaml", blob.clone())]))
        .plan();
    good_is_approved(&plan);
    assert!(plan.all_reasons().contains(&"FileTooLarge"), "{plan:?}");
    let policies = hostile.tree(&[("100644", b"x.yaml", blob)]);
    let plan = hostile.commit_top("policies", &policies).plan();
    assert!(plan.errors().contains(&"FileTooLarge"), "{plan:?}");
    // Most of it is git that writes the blob.
    assert!(start.elapsed() < std::time::Duration::from_secs(30));
}

fn bomb_files(hostile: &Hostile) {
    let blob = hostile.object("blob", b"x");
    let names: Vec<String> = (0..=200_000).map(|n| format!("f{n:06}.yaml")).collect();
    let entries: Vec<(&str, &[u8], String)> = names
        .iter()
        .map(|name| ("100644", name.as_bytes(), blob.clone()))
        .collect();
    let plan = hostile.commit_bad(hostile.tree(&entries)).plan();
    good_is_approved(&plan);
    assert!(plan.all_reasons().contains(&"TooManyFiles"), "{plan:?}");
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
}

/// S24 in a tree: a private key after the request.
#[test]
fn a_private_key_in_a_manifest_is_never_shown() {
    let label = "PRIVATE KEY-----";
    let key = format!("-----BEGIN {label}\nbm8ga2V5\n-----END {label}\n");
    let text = format!("{}# {}\n", manifest("x"), base64(&key));
    let hostile = Hostile::new();
    hostile.commit(&[("requests/x.yaml", text.as_bytes())]);
    for format in [
        "text", "json", "yaml", "markdown", "junit", "github", "gitlab",
    ] {
        let answer = hostile.scratch.in_repo(&["check", "-o", format]);
        let all = answer.stdout + &answer.stderr;
        assert!(all.contains("SecretInRequest"), "{format}: {all}");
        assert!(
            !all.contains("bm8ga2V5") && !all.contains(&base64(&key)),
            "{format}: {all}"
        );
    }
}

/// T24: whoever finds the private half of a key gets no certificate for it, wherever it lies; the others go on.
fn leaked_key(hostile: &Hostile) {
    let pair = seeded_key("x");
    let pem = pair.serialize_pem();
    let inner =
        wide::manifest("z", wide::SIGNER, "client auth", b"x") + "# " + &base64(&pem) + "\n";
    let kubeconfig = format!(
        "users:\n- name: x\n  user:\n    client-key-data: {}\n",
        base64(&pem)
    );
    for (path, bytes) in [
        ("jane.pem", pem.clone().into_bytes()),
        ("docs/a/b/jane.der", pair.serialize_der()),
        ("docs/kubeconfig.yaml", kubeconfig.into_bytes()),
        (
            "requests/README.md",
            format!("keep it safe:\n{pem}").into_bytes(),
        ),
        ("requests/x.pem", pem.clone().into_bytes()),
        ("requests/z.yaml", inner.into_bytes()),
        (
            "requests/x.approvals/README.md",
            format!("keep it safe:\n{pem}").into_bytes(),
        ),
        ("requests/good.approvals/OWNERS", pem.clone().into_bytes()),
        (
            ".gitattributes",
            format!("# {}\n", pem.trim_end().replace('\n', "\n# ")).into_bytes(),
        ),
        ("issued/README.md", pem.clone().into_bytes()),
        (
            "disk.img",
            [&vec![0; 1_000_000][..], pem.as_bytes()].concat(),
        ),
        (
            &format!("{}jane.pem", "d/".repeat(100)),
            pem.clone().into_bytes(),
        ),
    ] {
        let request = manifest("x");
        let plan = hostile
            .commit(&[(path, &bytes), ("requests/x.yaml", request.as_bytes())])
            .plan();
        good_is_approved(&plan);
        assert_eq!(plan.reasons("x"), ["KeyBlocked"], "{path}: {plan:?}");
        let found = plan.reasons(path);
        let code = if path.ends_with("z.yaml") {
            "SecretInRequest"
        } else {
            "PrivateKeyInRepository"
        };
        let is_found = plan.has(path, code);
        assert!(is_found, "{path}: {found:?} {plan:?}");
        for format in ["text", "json", "yaml", "markdown", "sarif"] {
            let shown = hostile.scratch.in_repo(&["plan", "-o", format]);
            let body = pem.lines().nth(1).expect("PEM has a body");
            assert!(
                !(shown.stdout + &shown.stderr).contains(body),
                "{path} {format}"
            );
        }
        hostile.reset();
    }
    stopped_by(
        hostile,
        "templates/x.yaml.j2",
        pem.as_bytes(),
        "PrivateKeyInRepository",
    );
}

/// A CA whose key lies in the repository signs nothing, until it is gone from the tip.
fn leaked_signer_key(hostile: &Hostile) {
    let key = hostile
        .scratch
        .read("home/.config/gitca/keys/cluster-ca.pem");
    hostile.scratch.write("openssh", &key);
    let convert = "chmod 600 openssh; ssh-keygen -q -p -N '' -f openssh";
    hostile.scratch.sh(convert);
    let openssh = hostile.scratch.read("openssh");
    assert!(openssh.contains("BEGIN OPENSSH"), "it was converted");
    for (path, text) in [
        ("docs/ca.pem", &key),
        ("docs/id_ecdsa", &openssh),
        ("requests/good.approvals/README.md", &key),
    ] {
        hostile.commit(&[(path, text.as_bytes())]);
        for report in [hostile.plan(), hostile.run()] {
            assert_eq!(
                (report.code, report.errors()),
                (Some(2), vec!["PrivateKeyInRepository"]),
                "{path}: {report:?}"
            );
        }
        hostile.scratch.git(&["rm", "-q", path]);
        hostile.scratch.commit("remove the key");
        good_is_approved(&hostile.plan());
    }
}
