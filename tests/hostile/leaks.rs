//! Private keys that lie in the repository, or lay there: nobody gets a certificate for one, and nobody else is stopped.

use crate::repository::{Hostile, Report, base64, manifest};
use crate::seeds::seeded_key;
use crate::trees::{Fixture, fixture, good_is_approved, run, stopped_by};
use crate::wide;

const LEAK: &str = "PrivateKeyInRepository";

pub(crate) fn fixtures() -> Vec<Fixture> {
    vec![
        fixture("leaked-key", leaked_key),
        fixture("leaked-key", leaked_signer_key),
        fixture("leaked-key", withdrawn_key),
        fixture("leaked-key", withdrawn_signer_key),
        fixture("leaked-key", key_of_a_side_branch),
        fixture("leaked-key", key_that_a_run_has_seen),
        fixture("leaked-key", hidden_key),
        fixture("leaked-key", key_in_a_statement),
    ]
}

#[test]
fn private_keys_stop_nobody_else() {
    run(fixtures());
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
    // More than a manifest may have.
    let space = vec![b'\n'; 64 * 1024];
    for (path, bytes) in [
        ("jane.pem", pem.clone().into_bytes()),
        ("docs/a/b/jane.der", pair.serialize_der()),
        ("docs/a\\b.pem", pem.clone().into_bytes()),
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
        (".gitattributes", commented(&pem)),
        ("issued/README.md", pem.clone().into_bytes()),
        ("issued/dev/OWNERS", pem.clone().into_bytes()),
        ("issued/_crl/README.md", pem.clone().into_bytes()),
        ("issued/_crl/a/b/.gitkeep", pem.clone().into_bytes()),
        ("issued/_keys/ab/OWNERS", pem.clone().into_bytes()),
        ("issued/_keys/.gitattributes", commented(&pem)),
        ("requests/y.yaml", [pem.as_bytes(), &space].concat()),
        (
            "requests/y.revocation.yaml",
            [pem.as_bytes(), &space].concat(),
        ),
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
        // Not every path can be written in a report.
        let path = &path.replace('\\', "\u{fffd}");
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
    let list = format!("# spki-sha256\n# {}\n", base64(&pem));
    let path = "policies/keys/list.txt";
    stopped_by(hostile, path, list.as_bytes(), "ConfigInvalid");
}

/// A text that means nothing in a file of attributes.
fn commented(pem: &str) -> Vec<u8> {
    format!("# {}\n", pem.trim_end().replace('\n', "\n# ")).into_bytes()
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
        ("issued/_keys/README.md", &key),
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

/// A key that was committed and taken back is everybody's, until a run has seen it; what came before is searched as well.
fn withdrawn_key(hostile: &Hostile) {
    let pem = seeded_key("x").serialize_pem();
    let request = manifest("x");
    for path in [
        "docs/jane.pem",
        "requests/x.pem",
        "requests/README.md",
        "requests/Backup/jane.pem",
        "policies/README.md",
        "templates/old.yaml.j2",
        "issued/README.md",
    ] {
        for is_known in [false, true] {
            if is_known {
                assert_eq!(hostile.run().verdict("good"), Some("issued"));
            }
            hostile.commit(&[(path, pem.as_bytes())]);
            let brought = hostile.scratch.git(&["rev-parse", "HEAD"]).stdout;
            hostile.take_back(path);
            let plan = hostile
                .commit(&[("requests/x.yaml", request.as_bytes())])
                .plan();
            assert_eq!(plan.reasons("x"), ["KeyBlocked"], "{path}: {plan:?}");
            assert!(plan.has(path, LEAK), "{path}: {plan:?}");
            let shown = hostile.scratch.in_repo(&["plan"]);
            let (all, body) = (shown.stdout + &shown.stderr, pem.lines().nth(1));
            assert!(all.contains(brought.trim()), "{path}: {all}");
            assert!(!all.contains(body.expect("PEM has a body")), "{path}");
            if !is_known {
                good_is_approved(&plan);
            }
            let run = hostile.run();
            let (code, errors) = (run.code, run.errors());
            assert_eq!((code, errors), (Some(0), vec![]), "{path}: {run:?}");
            assert_eq!(run.reasons("x"), ["KeyBlocked"], "{path}: {run:?}");
            // Another run that signs something doesn't make it forgotten, as long as somebody asks.
            for name in ["more", "and-more"] {
                let file = format!("requests/{name}.yaml");
                hostile.commit(&[(&file, manifest(name).as_bytes())]);
                let run = hostile.run();
                assert_eq!(run.verdict(name), Some("issued"), "{path}: {run:?}");
                assert_eq!(run.reasons("x"), ["KeyBlocked"], "{path}: {run:?}");
            }
            hostile.reset();
        }
    }
}

/// A run has seen the key and refused its request; whoever takes the key away then takes nothing back.
fn key_that_a_run_has_seen(hostile: &Hostile) {
    let (pem, request) = (seeded_key("x").serialize_pem(), manifest("x"));
    let path = "docs/jane.pem";
    hostile.commit(&[
        (path, pem.as_bytes()),
        ("requests/x.yaml", request.as_bytes()),
    ]);
    let run = hostile.run();
    assert_eq!(run.verdict("good"), Some("issued"), "{run:?}");
    assert_eq!(run.reasons("x"), ["KeyBlocked"], "{run:?}");
    hostile.take_back(path);
    for report in [hostile.plan(), hostile.run(), hostile.plan()] {
        assert_eq!(report.reasons("x"), ["KeyBlocked"], "{report:?}");
    }
}

/// A CA's own key that is gone from the tip stops nothing any more, but it is said whose it was.
fn withdrawn_signer_key(hostile: &Hostile) {
    let key = hostile
        .scratch
        .read("home/.config/gitca/keys/cluster-ca.pem");
    hostile.commit(&[("docs/ca.pem", key.as_bytes())]);
    assert_eq!(hostile.plan().code, Some(2));
    hostile.take_back("docs/ca.pem");
    let plan = hostile.plan();
    good_is_approved(&plan);
    assert!(plan.has("docs/ca.pem", LEAK), "{plan:?}");
    let shown = hostile.scratch.in_repo(&["plan"]).stdout;
    let what = "the private key of the CA of signer";
    assert!(shown.contains(what), "{shown}");
}

/// What a pull request brings and takes back is in its commits all the same; those of the base are not its fault.
fn key_of_a_side_branch(hostile: &Hostile) {
    let pem = |seed| seeded_key(seed).serialize_pem().into_bytes();
    hostile.commit(&[("base.pem", &pem("y"))]);
    hostile.take_back("base.pem");
    hostile.scratch.git(&["switch", "-q", "-C", "side"]);
    hostile.commit(&[("docs/jane.pem", &pem("x"))]);
    hostile.take_back("docs/jane.pem");
    hostile.commit(&[
        ("requests/x.yaml", manifest("x").as_bytes()),
        ("requests/y.yaml", manifest("y").as_bytes()),
        ("requests/z.yaml", manifest("z").as_bytes()),
    ]);
    hostile.scratch.git(&["switch", "-q", "main"]);
    hostile.commit(&[("README.md", b"meanwhile")]);
    hostile.scratch.git(&["switch", "-q", "side"]);
    hostile.scratch.git(&["merge", "-q", "--no-edit", "main"]);
    let check = ["check", "--base", "main", "--head", "side", "-o", "json"];
    let report = Report::of(&hostile.scratch.in_repo(&check));
    assert_eq!(report.code, Some(1), "{report:?}");
    assert_eq!(report.reasons("x"), ["KeyBlocked"], "{report:?}");
    assert_eq!(report.reasons("y"), ["KeyBlocked"], "{report:?}");
    assert_eq!(report.verdict("z"), Some("approved"), "{report:?}");
    assert!(report.has("docs/jane.pem", LEAK), "{report:?}");
    assert!(!report.has("base.pem", LEAK), "{report:?}");
    hostile.scratch.git(&["switch", "-q", "main"]);
    // Everybody who has the merge has the key, whatever was said of it before, and with a run in between or without.
    for is_alone in [false, true] {
        if is_alone {
            hostile.scratch.git(&["reset", "-q", "--hard", "HEAD~1"]);
            assert_eq!(hostile.run().verdict("good"), Some("issued"));
        }
        let merge = ["merge", "-q", "--no-ff", "--no-edit", "side"];
        hostile.scratch.git(&merge);
        let plan = hostile.plan();
        assert_eq!(plan.reasons("x"), ["KeyBlocked"], "{is_alone}: {plan:?}");
        assert_eq!(plan.verdict("z"), Some("approved"), "{plan:?}");
        assert!(plan.has("docs/jane.pem", LEAK), "{plan:?}");
    }
}

/// A key where nobody looks: with the mode of a program, below a name that no directory may have, in a twin, in a link.
fn hidden_key(hostile: &Hostile) {
    let pem = seeded_key("x").serialize_pem();
    let blob = || hostile.object("blob", pem.as_bytes());
    let file = |mode, name: &[u8]| hostile.tree(&[(mode, name, blob())]);
    let folder = |name: &[u8], tree| hostile.tree(&[("40000", name, tree)]);
    let trees = [
        file("100755", b"jane.pem"),
        file("100664", b"jane.pem"),
        file("120000", b"jane.pem"),
        file("100644", b"a\nb.pem"),
        file("100644", "ä.pem".as_bytes()),
        hostile.tree(&[("100644", b"A.pem", blob()), ("100644", b"a.pem", blob())]),
        folder(b"BACKUP", file("100644", b"jane.pem")),
        folder(b"x.approvals", folder(b"y", file("100755", b"z"))),
    ];
    for (number, tree) in trees.iter().enumerate() {
        for place in ["docs", "requests/bad"] {
            hostile.commit(&[("requests/x.yaml", manifest("x").as_bytes())]);
            match place {
                "docs" => hostile.commit_top("docs", tree),
                _ => hostile.commit_beside(&["good.yaml", "x.yaml"], tree),
            };
            let plan = hostile.plan();
            good_is_approved(&plan);
            let told = [plan.all_reasons(), plan.notices()].concat();
            let what = format!("{place} {number}: {plan:?}");
            assert_eq!(plan.reasons("x"), ["KeyBlocked"], "{what}");
            assert!(told.contains(&LEAK), "{what}");
            hostile.reset();
        }
    }
}

/// What is said about a request that has its certificate is not read any more, but a key in it is found.
fn key_in_a_statement(hostile: &Hostile) {
    assert_eq!(hostile.run().verdict("good"), Some("issued"));
    let pem = seeded_key("x").serialize_pem();
    let path = "requests/good.approvals/bob-12345678.json";
    hostile.commit(&[(path, pem.as_bytes())]);
    let request = manifest("x");
    let plan = hostile
        .commit(&[("requests/x.yaml", request.as_bytes())])
        .plan();
    assert_eq!(plan.reasons("x"), ["KeyBlocked"], "{plan:?}");
    assert!(plan.has(path, LEAK), "{plan:?}");
    // Whoever begins with it has no run before it.
    for anchor in ["HEAD", "HEAD~1"] {
        let plan = ["plan", "--anchor", anchor, "-o", "json"];
        let plan = Report::of(&hostile.scratch.in_repo(&plan));
        assert_eq!(plan.reasons("x"), ["KeyBlocked"], "{anchor}: {plan:?}");
    }
}
