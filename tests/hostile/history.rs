//! Table G: git and process, each row as a small repository that the binary judges.

use gitca::x509::subject::Attribute;

use crate::repository::{Hostile, Report, manifest, manifest_of};

/// The rows that have a test below.
const ROWS: [(&str, fn()); 11] = [
    ("G1", policy_and_request),
    ("G2", prefilled_status),
    ("G7", forged_author),
    ("G8", one_request_under_two_paths),
    ("G9", run_twice),
    ("G10", files_that_are_no_requests),
    ("G12", shallow_clone),
    ("G13", tightened_policy),
    ("G14", deleted_request),
    ("G15", names_that_are_paths),
    ("G16", kubeconfig_values),
];

pub(crate) fn rows() -> Vec<&'static str> {
    ROWS.iter().map(|(row, _)| *row).collect()
}

#[test]
fn git_gives_nobody_authority() {
    for (row, run) in ROWS {
        println!("{row}");
        run();
    }
}

/// A change can't widen the rules that it is judged by.
fn policy_and_request() {
    let hostile = Hostile::new();
    let policy = hostile.scratch.read("repo/policies/developers.yaml");
    let wider = policy.replace("\"dev\", ", "\"dev\", \"finance\", ");
    assert_ne!(policy, wider);
    let values = [
        (Attribute::CommonName, "x"),
        (Attribute::Organization, "finance"),
    ];
    let request = manifest_of("x", &values, "x");
    let files = [
        ("policies/developers.yaml", wider.as_bytes()),
        ("requests/x.yaml", request.as_bytes()),
    ];
    let plan = hostile.commit(&files).plan();
    assert_eq!(plan.verdict("x"), Some("denied"), "{plan:?}");
    assert_eq!(
        plan.reasons("x").first(),
        Some(&"ControlChangedTogether"),
        "{plan:?}"
    );
    assert_eq!(plan.verdict("good"), Some("approved"), "{plan:?}");
}

fn prefilled_status() {
    let hostile = Hostile::new();
    let values = [
        (Attribute::CommonName, "x"),
        (Attribute::Organization, "finance"),
    ];
    let text = manifest_of("x", &values, "x")
        + "  username: admin\n  groups: [system:masters]\nstatus: {conditions: [{type: Approved, status: 'True'}], certificate: eA==}\n";
    let plan = hostile
        .commit(&[("requests/x.yaml", text.as_bytes())])
        .plan();
    assert_eq!(plan.verdict("x"), Some("denied"), "{plan:?}");
    for notice in ["StatusIgnored", "IdentityFieldsIgnored"] {
        assert!(plan.notices().contains(&notice), "{plan:?}");
    }
}

/// An author is a claim, and time decides nothing.
fn forged_author() {
    let hostile = Hostile::new();
    hostile.scratch.write("repo/requests/x.yaml", manifest("x"));
    hostile.scratch.git(&["add", "-A"]);
    let author = "--author=Root <root@example.com>";
    let args = [
        "commit",
        "-q",
        author,
        "--date=2001-01-01T00:00:00Z",
        "-m",
        "x",
    ];
    hostile.scratch.git(&args);
    let plan = hostile.plan();
    let requester = plan.requester("x");
    assert_eq!(requester["verified"], false, "{plan:?}");
    assert!(requester["principal"].is_null(), "{plan:?}");
}

fn one_request_under_two_paths() {
    let hostile = Hostile::new();
    let text = manifest("x");
    hostile.commit(&[("requests/b/x.yaml", text.as_bytes())]);
    // It sorts before the other, and came later.
    let plan = hostile
        .commit(&[("requests/a/x.yaml", text.as_bytes())])
        .plan();
    assert_eq!(plan.verdict("b/x"), Some("approved"), "{plan:?}");
    assert_eq!(plan.reasons("a/x"), ["KeyReused"], "{plan:?}");
}

fn run_twice() {
    let hostile = Hostile::new();
    let run = hostile.run();
    assert_eq!(run.verdict("good"), Some("issued"), "{run:?}");
    let head = hostile.scratch.git(&["rev-parse", "HEAD"]).stdout;
    let again = hostile.run();
    assert_eq!(
        (again.code, again.verdict("good")),
        (Some(0), None),
        "{again:?}"
    );
    assert_eq!(hostile.scratch.git(&["rev-parse", "HEAD"]).stdout, head);
    // The same request in a new place has the key of a certificate.
    let text = manifest("good");
    let plan = hostile
        .commit(&[("requests/a/good.yaml", text.as_bytes())])
        .plan();
    assert_eq!(plan.reasons("a/good"), ["KeyReused"], "{plan:?}");
}

/// All in one repository, and the good request in their midst.
fn files_that_are_no_requests() {
    let hostile = Hostile::new();
    let good = manifest("x");
    let lfs = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 1\n",
        "0".repeat(64)
    );
    let files = [
        (
            "duplicate",
            good.clone() + "kind: CertificateSigningRequest\n",
            "MalformedFile",
        ),
        (
            "alias",
            "a: &a [x, x]\nb: [*a, *a]\n".to_owned(),
            "MalformedFile",
        ),
        (
            "merge",
            "a: &a {x: y}\nb: {<<: *a}\n".to_owned(),
            "MalformedFile",
        ),
        (
            "tag",
            good.replace("kind: C", "kind: !!str C"),
            "MalformedFile",
        ),
        ("second", format!("{good}---\n{good}"), "MalformedFile"),
        ("lfs", lfs, "MalformedFile"),
        (
            "zero",
            good.replace("[client auth]", "[\"client auth\0\"]"),
            "MalformedFile",
        ),
        ("tab", good.replace("  usages", "\tusages"), "MalformedFile"),
        ("bom", format!("\u{feff}{good}"), "MalformedFile"),
        (
            "directive",
            format!("%YAML 1.1\n---\n{good}"),
            "MalformedFile",
        ),
        (
            "oversize",
            format!("{good}#{}\n", "x".repeat(65_536)),
            "FileTooLarge",
        ),
        ("binary", "\u{0}\u{1}\u{2}".to_owned(), "MalformedFile"),
        ("empty", String::new(), "MalformedFile"),
        (
            "boolean",
            good.replace("name: x", "name: no"),
            "NameMismatch",
        ),
        (
            "unknown",
            good.replace("  usages", "  usage: x\n  usages"),
            "MalformedSpec",
        ),
        (
            "list",
            "apiVersion: v1\nkind: List\nitems: []\n".to_owned(),
            "MalformedSpec",
        ),
    ];
    for (name, text, _) in &files {
        hostile
            .scratch
            .write(&format!("repo/requests/bad/{name}.yaml"), text);
    }
    hostile.scratch.commit("bad");
    let plan = hostile.plan();
    assert_eq!(plan.verdict("good"), Some("approved"), "{plan:?}");
    for (name, _, code) in &files {
        let request = format!("requests/bad/{name}.yaml");
        let reasons = plan.reasons(&request);
        assert!(reasons.contains(code), "{name}: {reasons:?}");
        assert_eq!(plan.verdict(&request), Some("invalid"), "{name}");
    }
}

fn shallow_clone() {
    let hostile = Hostile::new();
    let script = "git clone -q --depth 1 \"file://$PWD/repo\" clone";
    hostile.scratch.sh(script);
    for command in ["plan", "run"] {
        let report = Report::of(
            &hostile
                .scratch
                .gitca(&["-C", "clone", command, "-o", "json"]),
        );
        assert_eq!(
            (report.code, report.errors()),
            (Some(2), vec!["ShallowClone"]),
            "{report:?}"
        );
    }
}

/// What was allowed when it was merged is decided by the rules of today.
fn tightened_policy() {
    let hostile = Hostile::new();
    assert_eq!(hostile.plan().verdict("good"), Some("approved"));
    let policy = hostile.scratch.read("repo/policies/developers.yaml");
    let tight = policy.replace("\"dev\", \"dev:*\", ", "");
    assert_ne!(policy, tight);
    let plan = hostile
        .commit(&[("policies/developers.yaml", tight.as_bytes())])
        .plan();
    assert_eq!(plan.verdict("good"), Some("denied"), "{plan:?}");
}

fn deleted_request() {
    let hostile = Hostile::new();
    assert_eq!(hostile.run().verdict("good"), Some("issued"));
    let certificate = hostile.scratch.read("repo/issued/good/certificate.pem");
    hostile.scratch.git(&["rm", "-q", "requests/good.yaml"]);
    hostile.scratch.commit("delete");
    let run = hostile.run();
    assert_eq!((run.code, run.errors()), (Some(0), vec![]), "{run:?}");
    assert_eq!(
        hostile.scratch.read("repo/issued/good/certificate.pem"),
        certificate
    );
}

fn names_that_are_paths() {
    let hostile = Hostile::new();
    let good = manifest("x");
    let long = "x".repeat(300);
    for (file, name) in [
        ("a", "../../x"),
        ("b", ".git"),
        ("c", long.as_str()),
        ("d", "/etc/passwd"),
        ("e", "X"),
        ("f", "\u{445}"),
        ("g", "'x '"),
    ] {
        let text = good.replace("name: x", &format!("name: {name}"));
        hostile
            .scratch
            .write(&format!("repo/requests/bad/{file}.yaml"), text);
    }
    hostile.scratch.write("repo/requests/bad/con.yaml", &good);
    hostile.scratch.commit("bad");
    let plan = hostile.plan();
    assert_eq!(plan.verdict("good"), Some("approved"), "{plan:?}");
    for file in ["a", "b", "c", "d", "e", "f", "g"] {
        assert_eq!(
            plan.reasons(&format!("bad/{file}")),
            ["NameMismatch"],
            "{plan:?}"
        );
    }
    assert_eq!(
        plan.reasons("requests/bad/con.yaml"),
        ["PathNotAllowed"],
        "{plan:?}"
    );
}

/// Nothing in a kubeconfig comes from the text of the request.
fn kubeconfig_values() {
    let hostile = Hostile::new();
    let text = manifest("x").replace(
        "metadata: {name: x}",
        "metadata: {name: x, labels: {server: evil}, annotations: {server: 'https://evil.example:6443'}}",
    );
    hostile.commit(&[("requests/x.yaml", text.as_bytes())]);
    assert_eq!(hostile.run().verdict("x"), Some("issued"));
    let kubeconfig = hostile.scratch.read("repo/issued/x/kubeconfig.yaml");
    assert!(!kubeconfig.contains("evil"), "{kubeconfig}");
    assert!(
        kubeconfig.contains("https://kubernetes.example.com:6443"),
        "{kubeconfig}"
    );
}

/// Merges that cross, with the old policy put back: git lands it, which a merge over the newer commit of the two would not.
const CROSSED: &str = "cd repo
at() { export GIT_AUTHOR_DATE=\"@$1 +0000\" GIT_COMMITTER_DATE=\"@$1 +0000\"; }
git switch -q -c other; at 1900000020; git commit -q --allow-empty -m harmless
git switch -q main; echo '# tightened' >> policies/developers.yaml; at 1900000010; git commit -q -a -m tighten
git branch tightened; at 1900000030; git merge -q -m merge other
git switch -q -c evil other; at 1900000040; git merge -q -m merge tightened
git checkout -q base -- policies; at 1900000050; git commit -q -m loosen
test $(git merge-base --all main evil | wc -l) = 2
git diff --quiet base $(git merge-tree --write-tree main evil) -- policies";

#[test]
fn a_branch_that_crossed_the_mainline_is_judged_when_the_base_is_in_it() {
    let hostile = Hostile::new();
    hostile.scratch.sh(CROSSED);
    let check = ["check", "--base", "main", "--head", "evil"];
    let told = hostile.scratch.in_repo(&check).code(2).stderr;
    assert!(told.contains("error[MergeConflict]"), "{told}");
    assert!(told.contains("merge the base into the branch"), "{told}");
    let merge = ["merge", "-q", "-m", "bring up to date", "main"];
    hostile.scratch.git(&merge);
    let told = hostile.scratch.in_repo(&check).code(0);
    let all = told.stdout + &told.stderr;
    assert!(all.contains("The policies change"), "{all}");
}
