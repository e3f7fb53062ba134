//! `gitca revoke`: what it writes, whom it says that reaches, and what it refuses.

mod support;

use std::collections::BTreeSet;

use support::Scratch;

const FILE: &str = "repo/requests/jane.revocation.yaml";

/// A repository in which jane has a certificate.
fn issued() -> Scratch {
    let scratch = Scratch::with_repository();
    ask(&scratch, "jane");
    scratch
}

/// Asks with a new key, and has that signed.
fn ask(scratch: &Scratch, name: &str) {
    scratch.sh(&format!(
        "rm -f repo/requests/{name}.yaml home/.config/gitca/requests/{name}.key"
    ));
    scratch.in_repo(&["new", name, "--group", "dev"]).success();
    scratch.commit("request");
    scratch.in_repo(&["run"]).success();
}

/// The serial number of the newest certificate, as openssl prints it.
fn serial(scratch: &Scratch) -> String {
    let script = "openssl x509 -in repo/issued/jane/certificate.pem -noout -serial | cut -d= -f2";
    scratch.sh(script).stdout.trim().to_owned()
}

#[track_caller]
fn revoke(scratch: &Scratch, args: &[&str]) -> String {
    let args = [&["revoke", "jane"], args].concat();
    scratch.in_repo(&args).success().stdout
}

/// The codes of what the next run says.
fn codes(scratch: &Scratch) -> BTreeSet<String> {
    let report = scratch.in_repo(&["run", "-o", "json"]).success().json();
    let notices = report["notices"].as_array().expect("notices").iter();
    notices
        .map(|notice| notice["code"].as_str().expect("a code").to_owned())
        .collect()
}

#[test]
fn a_revocation_says_what_it_reaches_and_holds_after_the_merge() {
    let scratch = issued();
    let serial = serial(&scratch).to_lowercase();
    let args = [
        "--reason",
        "keyCompromise",
        "--comment",
        "a \"laptop\": stolen",
        "--by",
        "bob",
    ];
    let told = revoke(&scratch, &args);
    assert_eq!(
        told,
        format!(
            "Wrote requests/jane.revocation.yaml.\n\
             It takes back, as keyCompromise:\n  \
             {serial}, good until 2030-01-01T23:55:00Z\n  \
             what is issued for the same request before the merge\n\
             No certificate is issued for its key any more.\n\
             No Signer of its CA publishes a revocation list, so nobody else learns of it: `crl: {{publish: true}}` in policies/signer.yaml.\n\
             A Kubernetes API server reads no revocation list: take away what the user may do there, too.\n\
             Next:\n  gitca check\n  git switch -c revoke-jane\n  git add requests/jane.revocation.yaml\n  \
             git commit -m \"revoke certificates of jane\"\n  git push -u origin revoke-jane    # and open a pull request\n"
        )
    );
    assert_eq!(
        scratch.read(FILE),
        "# yaml-language-server: $schema=../.gitca/schema/revocation.json\n\
         apiVersion: gitca.dev/v1alpha1\nkind: Revocation\nmetadata:\n  name: jane\nspec:\n  all: true\n  \
         reason: keyCompromise\n  revokedBy: \"bob\"\n  comment: \"a \\\"laptop\\\": stolen\"\n"
    );
    // The same command again changes nothing.
    assert!(
        revoke(&scratch, &args).starts_with("There already is requests/jane.revocation.yaml.\n")
    );
    scratch.in_repo(&["check"]).success();
    scratch.commit("revoke");
    assert!(codes(&scratch).contains("CertificateRevoked"));
}

#[test]
fn one_certificate_is_named_as_any_tool_prints_it() {
    let scratch = issued();
    let old = serial(&scratch);
    ask(&scratch, "jane");
    let new = serial(&scratch).to_lowercase();
    let pairs: Vec<&str> = old
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).expect("digits"))
        .collect();
    let colons = pairs.join(":");
    for text in [&old, &old.to_lowercase(), &colons, &format!("00:{colons}")] {
        scratch.sh(&format!("rm -f {FILE}"));
        let told = revoke(&scratch, &["--reason", "superseded", "--serial", text]);
        assert!(told.contains(&old.to_lowercase()), "{told}");
        assert!(!told.contains(&new), "{told}");
        let file = scratch.read(FILE);
        let expected = format!("  serialNumbers:\n  - \"{}\"\n", old.to_lowercase());
        assert!(file.contains(&expected), "{file}");
    }
    scratch.commit("revoke");
    scratch.in_repo(&["check"]).success();
}

#[test]
fn a_serial_number_that_no_certificate_of_the_request_has_is_refused() {
    let scratch = issued();
    let of_jane = serial(&scratch).to_lowercase();
    for text in ["5a1c", "", "jane", "-1"] {
        let args = [
            "revoke",
            "jane",
            "--reason",
            "superseded",
            &format!("--serial={text}"),
        ];
        let told = scratch.in_repo(&args).code(2).stderr;
        assert!(told.starts_with("error[SerialUnknown]"), "{text}: {told}");
        assert!(told.contains(&format!("its newest: `{of_jane}`")), "{told}");
    }
    assert!(!scratch.path(FILE).exists());
}

#[test]
fn what_was_never_issued_is_not_revoked() {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("request");
    let told = scratch.in_repo(&["revoke", "jane", "--reason", "superseded"]);
    let told = told.code(2).stderr;
    assert!(
        told.contains("nothing was issued for request `jane`"),
        "{told}"
    );
    assert!(told.contains("gitca deny jane"), "{told}");
    let told = scratch.in_repo(&["revoke", "joan", "--reason", "superseded"]);
    assert!(told.code(2).stderr.contains("there is no request `joan`"));
    assert!(!scratch.path(FILE).exists());
}

#[test]
fn a_draft_is_never_written_over() {
    let scratch = issued();
    for text in [
        "mine\n",
        "apiVersion: gitca.dev/v1alpha1\nkind: Revocation\nmetadata: {name: jane}\nspec: {all: true}\n",
    ] {
        scratch.write(FILE, text);
        let told = scratch.in_repo(&["revoke", "jane", "--reason", "superseded"]);
        let told = told.code(2).stderr;
        assert!(
            told.contains("git rm -f requests/jane.revocation.yaml"),
            "{told}"
        );
        assert_eq!(scratch.read(FILE), text);
    }
    // What a person wrote in other words is the same.
    let told = revoke(&scratch, &["--reason", "unspecified"]);
    assert!(told.starts_with("There already is"), "{told}");
    // A commit on a branch of one's own is a draft, too.
    scratch.git(&["switch", "-q", "-c", "revoke"]);
    scratch.commit("revoke");
    scratch
        .in_repo(&["revoke", "jane", "--reason", "superseded"])
        .code(2);
}

#[test]
fn a_later_certificate_is_revoked_although_an_earlier_one_was() {
    let scratch = issued();
    revoke(&scratch, &["--reason", "superseded"]);
    scratch.commit("revoke");
    scratch.in_repo(&["run"]).success();
    let told = revoke(&scratch, &["--reason", "superseded"]);
    assert!(told.starts_with("There already is"), "{told}");
    assert!(
        told.contains("  and 1 that are revoked already\n"),
        "{told}"
    );

    ask(&scratch, "jane");
    let new = serial(&scratch).to_lowercase();
    let told = revoke(&scratch, &["--reason", "superseded"]);
    assert!(told.starts_with("Wrote"), "{told}");
    assert!(told.contains(&new), "{told}");
    assert!(
        scratch
            .read(FILE)
            .contains(&format!("  serialNumbers:\n  - \"{new}\"\n"))
    );
    scratch.commit("revoke again");
    assert!(codes(&scratch).contains("CertificateRevoked"));
    // A graver reason takes the place of the one that was merged.
    let told = revoke(&scratch, &["--reason", "keyCompromise"]);
    assert!(told.starts_with("Wrote"), "{told}");
}

#[test]
fn a_revocation_that_only_the_mainline_has_is_fetched_first() {
    let scratch = issued();
    scratch.git(&["branch", "old"]);
    revoke(&scratch, &["--reason", "superseded"]);
    scratch.commit("revoke");
    scratch.git(&["switch", "-q", "old"]);
    let args = ["revoke", "jane", "--reason", "keyCompromise"];
    let told = scratch.in_repo(&args).code(2).stderr;
    assert!(told.contains("git pull"), "{told}");
    assert!(!scratch.path(FILE).exists());
    scratch.git(&["merge", "-q", "--ff-only", "main"]);
    assert!(revoke(&scratch, &["--reason", "keyCompromise"]).starts_with("Wrote"));
}

#[test]
fn nothing_is_written_through_a_link() {
    let scratch = issued();
    scratch.write("elsewhere", "mine\n");
    let link = scratch.path(FILE);
    std::os::unix::fs::symlink("../../elsewhere", link).expect("a link can be made");
    let told = scratch.in_repo(&["revoke", "jane", "--reason", "superseded"]);
    assert!(told.code(2).stderr.contains("SymlinkInZone"));
    assert_eq!(scratch.read("elsewhere"), "mine\n");
}

#[test]
fn certificates_are_taken_back_while_a_policy_is_invalid() {
    let scratch = issued();
    scratch.write("repo/policies/broken.yaml", "kind: [\n");
    let told = revoke(&scratch, &["--reason", "keyCompromise"]);
    assert!(told.starts_with("Wrote"), "{told}");
}

#[test]
fn a_list_that_will_hold_it_is_named() {
    let scratch = Scratch::with_repository();
    let signer = scratch.read("repo/policies/signer.yaml");
    scratch.write(
        "repo/policies/signer.yaml",
        signer + "  crl: {publish: true}\n",
    );
    scratch.commit("publish");
    ask(&scratch, "jane");
    let told = revoke(&scratch, &["--reason", "superseded"]);
    assert!(
        told.contains("After the merge `gitca run` puts it on issued/_crl/cluster-users.pem.\n"),
        "{told}"
    );
}

#[test]
fn a_comment_stands_on_one_line() {
    let scratch = issued();
    for text in ["two\nlines", "a\u{1b}[2Jb", "a\u{202e}b", "a\tb"] {
        let args = [
            "revoke",
            "jane",
            "--reason",
            "superseded",
            "--comment",
            text,
        ];
        let told = scratch.in_repo(&args).code(2).stderr;
        assert!(told.starts_with("error[MalformedSpec]"), "{told}");
        assert!(!scratch.path(FILE).exists());
    }
}
