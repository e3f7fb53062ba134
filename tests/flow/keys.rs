//! Where the key of a CA may lie, and what becomes of requests when it can't be used.
//!
//! A key that is missing, open to others or of another CA fails the requests of its Signer alone.

use std::fs;

use serde_json::Value;

use crate::place::{result, run, with_requests};
use crate::support::Answer;

#[test]
fn a_missing_open_or_foreign_key_fails_the_requests_of_its_signer() {
    let scratch = with_requests(&["jane"]);
    let key = scratch.path("home/.config/gitca/keys/cluster-ca.pem");
    let codes = |report: &Value| {
        result(report, "jane")["reasons"][0]["code"]
            .as_str()
            .map(str::to_owned)
    };
    let fail = |args: &[&str]| -> Answer {
        scratch
            .in_repo(&[&["run", "-o", "json"], args].concat())
            .code(1)
    };

    let report = fail(&["--key", "cluster-ca=file:/nowhere"]).json();
    assert_eq!(codes(&report).as_deref(), Some("SignerUnavailable"));

    scratch
        .sh("openssl ecparam -name prime256v1 -genkey -noout -out other.pem; chmod 600 other.pem");
    let other = format!("cluster-ca=file:{}", scratch.path("other.pem").display());
    assert_eq!(
        codes(&fail(&["--key", &other]).json()).as_deref(),
        Some("SignerKeyMismatch")
    );

    scratch.sh(&format!("chmod 640 {}", key.display()));
    let answer = fail(&[]);
    assert_eq!(codes(&answer.json()).as_deref(), Some("SignerUnavailable"));
    assert!(answer.stdout.contains("chmod 600"), "{}", answer.stdout);
    scratch.sh(&format!(
        "chmod 600 {}; cp -p {} repo/",
        key.display(),
        key.display()
    ));
    assert_eq!(
        codes(&fail(&["--key", "cluster-ca=file:repo/cluster-ca.pem"]).json()).as_deref(),
        Some("SignerUnavailable")
    );
    fs::remove_file(scratch.path("repo/cluster-ca.pem")).expect("the copy was there");
    assert_eq!(
        run(&scratch)["summary"]["issued"],
        1,
        "nothing of it was remembered"
    );
}

#[test]
fn a_key_may_come_from_a_variable() {
    let scratch = with_requests(&["jane"]);
    let key = scratch.path("home/.config/gitca/keys/cluster-ca.pem");
    let pem = fs::read_to_string(&key).expect("init wrote the key");
    fs::remove_file(&key).expect("the key was there");
    let mut command = scratch.command(env!("CARGO_BIN_EXE_gitca"));
    command
        .env("SECRET", &pem)
        .env("GITCA_KEY_CLUSTER_CA", "env:SECRET")
        .args(["-C", "repo", "run"]);
    let output = command.output().expect("gitca can be run");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = [output.stdout, output.stderr].concat();
    let body = pem.lines().nth(1).expect("a PEM has a body");
    assert!(
        !String::from_utf8_lossy(&printed).contains(body),
        "a key is never printed"
    );
}

#[test]
fn an_encrypted_key_is_opened_with_its_passphrase() {
    let scratch = with_requests(&["jane"]);
    let key = scratch.path("home/.config/gitca/keys/cluster-ca.pem");
    scratch.sh(&format!(
        "openssl pkcs8 -topk8 -in {0} -v2 aes-256-cbc -v2prf hmacWithSHA256 -passout pass:secret -out locked.pem
         chmod 600 locked.pem; rm {0}",
        key.display()
    ));
    let source = format!("cluster-ca=file:{}", scratch.path("locked.pem").display());
    let run = |passphrase: Option<&str>| {
        let mut command = scratch.command(env!("CARGO_BIN_EXE_gitca"));
        command.envs(passphrase.map(|passphrase| ("GITCA_PASSPHRASE_CLUSTER_CA", passphrase)));
        let output = command
            .args(["-C", "repo", "run", "--key", &source])
            .output()
            .expect("gitca can be run");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (code, text) = run(None);
    assert_eq!(code, Some(1));
    assert!(text.contains("GITCA_PASSPHRASE_CLUSTER_CA"), "{text}");
    let (code, text) = run(Some("wrong"));
    assert_eq!(code, Some(1));
    assert!(
        text.contains("is wrong") && !text.contains("`wrong`"),
        "{text}"
    );
    assert_eq!(run(Some("secret")).0, Some(0));
}
