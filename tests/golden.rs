//! The example at the top of this repository: what `run` makes of `requests/` under `policies/` is `issued/`, bit for bit.
//!
//! The clock, the randomness and every key are fixed, so the commit has always the same id. `GOLDEN=overwrite` writes what
//! comes out into the repository, for a change that is meant.
#![expect(clippy::disallowed_methods, reason = "this test copies files")]

mod support;

use std::fs;
use std::path::Path;

use gitca::cli::{Cli, Command};
use gitca::commands::run;
use gitca::names::Serial;
use gitca::report::Report;
use gitca::starter;
use gitca::timestamp::Timestamp;
use gitca::world::World;
use gitca::x509::certification_request;
use gitca::x509::san::SubjectAltNames;
use gitca::x509::subject::{Attribute, Subject};

use base64::Engine as _;
use clap::Parser as _;
use support::{NOW, Scratch, files_below, seeded_key, seeded_octets};

fn now() -> Timestamp {
    NOW.parse().expect("the clock of the tests is a time")
}

fn overwrite() -> bool {
    std::env::var("GOLDEN").is_ok_and(|value| value == "overwrite")
}

/// Compares a file of the repository with what it should be, or makes it so.
#[track_caller]
fn same(path: &str, expected: &[u8]) {
    if overwrite() {
        fs::create_dir_all(Path::new(path).parent().expect("a file has a directory"))
            .expect("directories can be made");
        fs::write(path, expected).expect("the file can be written");
    }
    let found = fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(
        String::from_utf8_lossy(&found),
        String::from_utf8_lossy(expected),
        "{path}"
    );
}

fn manifest(name: &str, groups: &[&str]) -> String {
    let mut subject = Subject::default();
    subject.push(Attribute::CommonName, name.to_owned());
    for group in groups {
        subject.push(Attribute::Organization, (*group).to_owned());
    }
    let pem =
        certification_request::build(&subject, &SubjectAltNames::default(), &seeded_key(name))
            .expect("a request");
    let base64 = base64::engine::general_purpose::STANDARD.encode(pem);
    format!(
        "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata:\n  name: {name}\nspec:\n  \
         signerName: kubernetes.io/kube-apiserver-client\n  expirationSeconds: 86400\n  usages:\n  - digital signature\n  \
         - client auth\n  request: {base64}\n"
    )
}

#[test]
fn the_example_comes_from_its_seeds() {
    let serial = Serial::from_random([7; Serial::OCTETS]).expect("not zero");
    let ca = starter::ca_certificate("gitca example CA", &seeded_key("ca"), serial, now())
        .expect("a CA");
    same("policies/ca/cluster.pem", ca.as_bytes());
    same(
        "requests/jane.yaml",
        manifest("jane", &["dev", "ops"]).as_bytes(),
    );
    same(
        "requests/ops/omar.yaml",
        manifest("omar", &["ops"]).as_bytes(),
    );
}

#[test]
fn the_example_is_issued_bit_for_bit() {
    let scratch = Scratch::new();
    scratch.sh("git init -q -b main repo");
    for zone in ["policies", "templates", "requests"] {
        for (path, bytes) in files_below(Path::new(zone)) {
            scratch.write(&format!("repo/{zone}/{path}"), bytes);
        }
    }
    scratch.commit("The example");
    scratch.write("ca.key", seeded_key("ca").serialize_pem());
    scratch.sh("chmod 600 ca.key");
    let key = format!("cluster-ca=file:{}", scratch.path("ca.key").display());
    let cli =
        Cli::try_parse_from(["gitca", "run", "--key", &key]).expect("the arguments are right");
    let Command::Run(args) = cli.command else {
        panic!("it is a run")
    };
    let random = Box::new(seeded_octets("golden"));
    let mut world = World {
        directory: scratch.path("repo"),
        branch: None,
        anchor: None,
        variable: |_| None,
        now: now(),
        random,
        talk: Box::new(|_| ()),
    };
    let mut report = Report::new("run");
    run::run(&args, &mut world, &mut report).expect("the run works");
    assert_eq!(report.summary.issued, 2, "{report:?}");

    let made = files_below(&scratch.path("repo/issued"));
    for (path, bytes) in &made {
        same(&format!("issued/{path}"), bytes);
    }
    let names = |files: &[(String, Vec<u8>)]| {
        files
            .iter()
            .map(|(path, _)| path.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&files_below(Path::new("issued"))), names(&made));
    scratch.git(&["fsck", "--strict"]);

    let mut again = Report::new("run");
    run::run(&args, &mut world, &mut again).expect("the second run works");
    assert_eq!(
        (again.issue_commit, again.summary.unchanged),
        (None, 2),
        "a second run makes no commit"
    );
}
