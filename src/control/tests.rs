//! Whole control zones: what is valid, what is not, and where that is said.
//!
//! In come files as text; out come findings. The rows of policies are in the file below.

mod names;
mod people;
mod policies;
mod policy_tests;

use super::*;
use crate::control::profile::Profile;
use crate::control::sample::{file, load};
use crate::control::signer::BeyondCa;
use crate::finding::Code;
use crate::x509::usage::Usage;

const APPROVAL: &str = "selector: {everything: true}\napprovals: none";
const SIGNER: &str = "signerName: example.com/x\ncaCertificate: ca/tls.pem\nkey: x";

/// The code, field and help of each finding of the sample with one object of this kind.
fn findings(kind: &str, spec: &str) -> Vec<(Code, String, String)> {
    let text = file(kind, spec);
    let found = load(&[("policies/x.yaml", &text)])
        .err()
        .unwrap_or_default();
    let brief = |finding: Finding| {
        assert_eq!(finding.file.unwrap().as_str(), "policies/x.yaml");
        assert!(finding.reason.line.is_some(), "{:?}", finding.reason);
        let reason = finding.reason;
        let (field, help) = (reason.field.unwrap(), reason.help.unwrap_or_default());
        (reason.code, field, help)
    };
    found.into_iter().map(brief).collect()
}

fn fields(kind: &str, spec: &str, code: Code) -> Vec<String> {
    let of_code = |(its, field, _)| (its == code).then_some(field);
    let found = findings(kind, spec);
    let all = found.len();
    let fields: Vec<String> = found.into_iter().filter_map(of_code).collect();
    assert_eq!(fields.len(), all, "{spec}");
    fields
}

#[test]
fn the_smallest_zone_has_the_documented_defaults() {
    let zone = load(&[]).unwrap();
    let signer = &zone.signers[0];
    assert_eq!(zone.settings.max_issue_per_run, 1000);
    assert_eq!(signer.profile, None);
    assert_eq!(signer.duration_max.to_string(), "365d");
    assert_eq!(signer.duration_default, signer.duration_max);
    assert_eq!(signer.beyond_ca, BeyondCa::Refuse);
    assert_eq!(signer.usages.len(), 20);
    assert!(!signer.usages.contains(&Usage::Any));
    assert_eq!(
        signer.keys.to_string(),
        "RSA 2048, RSA 3072, RSA 4096, ECDSA P-256, ECDSA P-384, ECDSA P-521, Ed25519"
    );
    assert_eq!((signer.limit_sans, signer.limit_name_length), (250, 64));
    assert_eq!(signer.crl.validity.to_string(), "7d");
    assert_eq!(signer.ca_file.as_str(), "policies/ca/tls.pem");
    assert_eq!(zone.templates.len(), 1);
    assert!(zone.signer(&"example.com/tls".parse().unwrap()).is_some());
}

#[test]
fn a_kubernetes_signer_name_brings_its_profile() {
    let spec = SIGNER.replace("example.com/x", "kubernetes.io/kubelet-serving");
    let text = file("Signer", &spec);
    let zone = load(&[("policies/x.yaml", &text)]).unwrap();
    let signer = &zone.signers[1];
    assert_eq!(signer.profile, Some(Profile::KubeletServing));
    let usages: Vec<&str> = signer.usages.iter().map(|usage| usage.as_str()).collect();
    assert_eq!(
        usages,
        ["digital signature", "key encipherment", "server auth"]
    );
}

#[test]
fn a_wrong_signer_names_the_field() {
    let with = |more: &str| format!("{SIGNER}\n{more}");
    for (spec, field) in [
        (
            "signerName: example.com/x\ncaCertificate: ca/tls.pem".into(),
            "spec.key",
        ),
        (SIGNER.replace("tls.pem", "tsl.pem"), "spec.caCertificate"),
        (
            SIGNER.replace("ca/tls.pem", "../x.pem"),
            "spec.caCertificate",
        ),
        (
            SIGNER.replace("ca/tls.pem", "signer.yaml"),
            "spec.caCertificate",
        ),
        (
            SIGNER.replace("example.com/x", "example.com/tls"),
            "spec.signerName",
        ),
        (
            SIGNER.replace("example.com/x", "kubernetes.io/nothing"),
            "spec.signerName",
        ),
        (
            SIGNER.replace("example.com/x", "example.com"),
            "spec.signerName",
        ),
        (with("profile: kubernetes.io/nothing"), "spec.profile"),
        (
            with("duration: {default: 2d, max: 1d}"),
            "spec.duration.default",
        ),
        (
            with("duration: {beyondCA: ignore}"),
            "spec.duration.beyondCA",
        ),
        (with("usages: [client auth, client auth]"), "spec.usages[1]"),
        (with("usages: [clientauth]"), "spec.usages[0]"),
        (with("usages: [cert sign]"), "spec.usages"),
        (with("usages: []"), "spec.usages"),
        (with("keys: []"), "spec.keys"),
        (
            with("keys: [{rsa: {bits: [1024]}}]"),
            "spec.keys[0].rsa.bits[0]",
        ),
        (
            with("keys: [{rsa: {bits: [16384]}}]"),
            "spec.keys[0].rsa.bits[0]",
        ),
        (
            with("keys: [{ecdsa: {curves: [P-224]}}]"),
            "spec.keys[0].ecdsa.curves[0]",
        ),
        (with("keys: [dsa]"), "spec.keys[0]"),
        (with("limits: {sans: 1001}"), "spec.limits.sans"),
        (with("limits: {nameLength: 256}"), "spec.limits.nameLength"),
        (with("templates: [kubecfg.yaml.j2]"), "spec.templates[0]"),
        (with("clusters: [prd]"), "spec.clusters[0]"),
        (with("durations: {}"), "spec.durations"),
    ] {
        assert_eq!(
            fields("Signer", &spec, Code::ConfigInvalid),
            [field],
            "{spec}"
        );
    }
}

#[test]
fn a_usage_outside_the_profile_is_an_error() {
    let spec = SIGNER.replace("example.com/x", "kubernetes.io/kube-apiserver-client");
    let spec = format!("{spec}\nusages: [server auth]\nprofile: kubernetes.io/legacy-unknown");
    let found = fields("Signer", &spec, Code::ConfigInvalid);
    assert_eq!(found, ["spec.usages", "spec.profile"]);
}

#[test]
fn an_unknown_name_gets_the_nearest_as_help() {
    for (kind, spec, help) in [
        (
            "Signer",
            format!("{SIGNER}\nclusters: [prd]"),
            "did you mean `prod`?",
        ),
        (
            "Signer",
            format!("{SIGNER}\ntemplates: [kubecfg.yaml.j2]"),
            "did you mean `kubeconfig.yaml.j2`?",
        ),
        (
            "Signer",
            SIGNER.replace("tls.pem", "tsl.pem"),
            "did you mean `ca/tls.pem`?",
        ),
        (
            "ApprovalPolicy",
            format!("{APPROVAL}\nallowed: {{dnsName: {{any: true}}}}"),
            "did you mean `dnsNames`?",
        ),
        (
            "ApprovalPolicy",
            format!("{APPROVAL}\nallowed: {{usages: [server aut]}}"),
            "did you mean `server auth`?",
        ),
        (
            "ApprovalPolicy",
            "selector: {}\napprovals: none".into(),
            "if it is meant for every request write `everything: true`",
        ),
        (
            "DenyPolice",
            "deny: []".into(),
            "did you mean `DenyPolicy`?",
        ),
    ] {
        let found = findings(kind, &spec);
        assert_eq!(found.len(), 1, "{spec}");
        assert_eq!(
            (found[0].0, found[0].2.as_str()),
            (Code::ConfigInvalid, help)
        );
    }
}

#[test]
fn settings_are_there_once_and_valid() {
    let settings =
        "repository: 7f0c2a94-6a3e-4d0b-9a51-0c8d5a1f2b77\nbranch: main\nbot: {name: a, email: b}";
    for (spec, code, field) in [
        (
            settings.replace("7f", "zz"),
            Code::ConfigInvalid,
            "spec.repository",
        ),
        (
            settings.replace("main", "refs/heads/main"),
            Code::ConfigInvalid,
            "spec.branch",
        ),
        (
            settings.replace("name: a", "name: <a"),
            Code::ConfigInvalid,
            "spec.bot.name",
        ),
        (
            format!("{settings}\nlimits: {{maxIssuePerRun: 0}}"),
            Code::ConfigInvalid,
            "spec.limits.maxIssuePerRun",
        ),
        (
            format!("{settings}\nrequesterIdentity: forge"),
            Code::NotImplemented,
            "spec.requesterIdentity",
        ),
        (
            format!("{settings}\ncertManager: {{}}"),
            Code::NotImplemented,
            "spec.certManager",
        ),
    ] {
        let text = file("Settings", &spec);
        let found = load(&[("policies/settings.yaml", &text)]).unwrap_err();
        assert_eq!(found.len(), 1, "{spec} {found:?}");
        let reason = &found[0].reason;
        assert_eq!((reason.code, reason.field.as_deref()), (code, Some(field)));
    }
    let missing = load(&[("policies/settings.yaml", "")]).unwrap_err();
    assert_eq!(
        missing[0].reason.message,
        "the control zone has no Settings"
    );
    assert_eq!(fields("Settings", settings, Code::ConfigInvalid), ["kind"]);
}

#[test]
fn heads_are_never_skipped() {
    for (text, field) in [
        (
            file("DenyPolicy", "deny: []").replace("v1alpha1", "v1"),
            "apiVersion",
        ),
        (
            file("DenyPolicy", "deny: []").replace("gitca.dev", "policy.cert-manager.io"),
            "apiVersion",
        ),
        (
            file("Cluster", "server: https://a") + "status: {}\n",
            "status",
        ),
        (file("Revocation", "all: true"), "kind"),
        (
            file("Cluster", "server: https://a").replace("name: x", "name: prod"),
            "metadata.name",
        ),
        (
            file("Cluster", "server: https://a").replace("name: x", "name: X"),
            "metadata.name",
        ),
        (file("Cluster", "server: http://a"), "spec.server"),
        (file("Cluster", "server: https://u@a"), "spec.server"),
        (
            file("Cluster", "server: https://a\nnamespace: a.b"),
            "spec.namespace",
        ),
    ] {
        let found = load(&[("policies/x.yaml", &text)]).unwrap_err();
        let first = &found[0].reason;
        assert_eq!(first.field.as_deref(), Some(field), "{text} {found:?}");
        assert_eq!(first.code, Code::ConfigInvalid);
    }
    let upstream = file("CertificateRequestPolicy", "{}");
    let upstream = upstream.replace("gitca.dev", "policy.cert-manager.io");
    let found = load(&[("policies/x.yaml", &upstream)]).unwrap_err();
    assert_eq!(found[0].reason.code, Code::NotImplemented);
}

#[test]
fn all_findings_of_all_files_are_collected() {
    let signer = file("Signer", "signerName: x\nkey: X\nkeys: []");
    let cluster = file("Cluster", "server: x");
    let found = load(&[
        ("policies/a.yaml", signer.as_str()),
        ("policies/b.yaml", cluster.as_str()),
        ("policies/c.yaml", ": ["),
        ("policies/deny.yml", "x"),
        ("policies/ca/k.pem", "-----BEGIN PRIVATE KEY-----"),
        ("policies/keys/k.txt", "x"),
    ])
    .unwrap_err();
    let brief = |finding: &Finding| {
        (
            finding.file.clone().unwrap().to_string(),
            finding.reason.code,
        )
    };
    let found: Vec<(String, Code)> = found.iter().map(brief).collect();
    let expected = [
        ("policies/a.yaml", Code::ConfigInvalid),
        ("policies/a.yaml", Code::ConfigInvalid),
        ("policies/a.yaml", Code::ConfigInvalid),
        ("policies/a.yaml", Code::ConfigInvalid),
        ("policies/b.yaml", Code::ConfigInvalid),
        ("policies/c.yaml", Code::ConfigInvalid),
        ("policies/ca/k.pem", Code::ConfigInvalid),
        ("policies/ca/k.pem", Code::ConfigInvalid),
        ("policies/deny.yml", Code::UnexpectedFile),
        ("policies/keys/k.txt", Code::ConfigInvalid),
    ];
    assert_eq!(found, expected.map(|(file, code)| (file.to_owned(), code)));
}

#[test]
fn objects_are_sorted_by_name_whatever_their_files_are_called() {
    let policy =
        |name: &str| file("ApprovalPolicy", APPROVAL).replace("name: x", &format!("name: {name}"));
    let (a, b) = (policy("a"), policy("b"));
    for files in [
        [("policies/1.yaml", &a), ("policies/2.yaml", &b)],
        [("policies/1.yaml", &b), ("policies/2.yaml", &a)],
    ] {
        let zone = load(&files.map(|(path, text)| (path, text.as_str()))).unwrap();
        let names: Vec<&str> = zone
            .approval_policies
            .iter()
            .map(|policy| policy.name.as_str())
            .collect();
        assert_eq!(names, ["a", "b"]);
    }
}

#[test]
fn all_files_have_a_bounded_number_of_things_to_compile() {
    let entries = |count: usize, criterion: &str| {
        let entries = (0..count).map(|number| format!("\n  - {{name: n{number}, {criterion}}}"));
        file(
            "DenyPolicy",
            &format!("deny:{}", entries.collect::<String>()),
        )
    };
    for (each, criterion, name) in [
        (32, "dnsNames: [{regex: 'a+'}]", "regular expressions"),
        (64, "rule: 'cert.dnsNames == []'", "rules"),
    ] {
        let full = entries(each, criterion).replace("name: x", "name: NAME");
        let files: Vec<(String, String)> = (0..512 / each)
            .map(|number| {
                (
                    format!("policies/f{number:02}.yaml"),
                    full.replace("NAME", &format!("f{number}")),
                )
            })
            .collect();
        let mut files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        assert!(load(&files).is_ok(), "{name}");
        let one = entries(1, criterion);
        files.push(("policies/last.yaml", &one));
        let found = load(&files).expect_err(name);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0].file.as_ref().unwrap().as_str(),
            "policies/last.yaml"
        );
        let message = format!("all files of the control zone have at most 512 {name}");
        assert_eq!(found[0].reason.message, message);
        assert!(found[0].reason.line.is_some() && found[0].reason.help.is_some());
    }
}
