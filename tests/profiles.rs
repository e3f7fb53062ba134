//! The rules of kube-controller-manager's four signers, one row each, in the order in which they are judged.
#![expect(
    clippy::disallowed_methods,
    reason = "this test reads the starter files"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use gitca::control::ControlZone;
use gitca::decision::{Case, decide};
use gitca::finding::{Code, Reason};
use gitca::names::{ObjectId, RepoPath, Serial};
use gitca::report::Verdict;
use gitca::request::Request;
use gitca::snapshot::Blob;
use gitca::starter;
use gitca::trust::Testimony;
use gitca::trust::revocations::Revocations;
use gitca::x509::certification_request;
use gitca::x509::san::SubjectAltNames;
use gitca::x509::subject::{Attribute, Subject};

use support::{NOW, seeded_key};

const CLIENT: &str = "kubernetes.io/kube-apiserver-client";
const KUBELET_CLIENT: &str = "kubernetes.io/kube-apiserver-client-kubelet";
const KUBELET_SERVING: &str = "kubernetes.io/kubelet-serving";
const LEGACY: &str = "kubernetes.io/legacy-unknown";
const OWN: &str = "example.com/nodes";

/// A policy that refuses nothing that a policy can allow.
const EVERYTHING: &str = "apiVersion: gitca.dev/v1alpha1
kind: ApprovalPolicy
metadata: {name: everything}
spec:
  selector: {everything: true}
  allowed:
    subject:
      commonName: {any: true}
      organizations: {any: true}
      organizationalUnits: {any: true}
    dnsNames: {any: true}
    ipAddresses: {any: true}
    emailAddresses: {any: true}
    uris: {any: true}
    usages: [client auth, server auth, digital signature, key encipherment, signing, code signing]
  approvals: none
";

fn signer(name: &str, signer_name: &str, more: &str) -> String {
    format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: Signer\nmetadata: {{name: {name}}}\nspec:\n  signerName: {signer_name}\n  \
         caCertificate: ca/cluster.pem\n  key: cluster-ca\n{more}"
    )
}

fn blob(bytes: &[u8]) -> Blob {
    Blob {
        id: ObjectId([7; 20]),
        bytes: bytes.to_vec(),
    }
}

fn zone() -> ControlZone {
    let serial = Serial::from_random([7; Serial::OCTETS]).expect("not zero");
    let now = NOW.parse().expect("a time");
    let ca = starter::ca_certificate("ca", &seeded_key("ca"), serial, now).expect("a CA");
    let settings = fs::read_to_string("policies/settings.yaml").expect("the starter file");
    let files = [
        ("settings.yaml", settings),
        (starter::CA_FILE.trim_start_matches("policies/"), ca),
        ("everything.yaml", EVERYTHING.into()),
        ("client.yaml", signer("client", CLIENT, "")),
        ("kubelet.yaml", signer("kubelet", KUBELET_CLIENT, "")),
        ("serving.yaml", signer("serving", KUBELET_SERVING, "")),
        ("legacy.yaml", signer("legacy", LEGACY, "")),
        (
            "own.yaml",
            signer("own", OWN, &format!("  profile: {KUBELET_SERVING}\n")),
        ),
    ];
    let files: BTreeMap<RepoPath, Blob> = files
        .into_iter()
        .map(|(name, text)| {
            let path = format!("policies/{name}").parse().expect("a path");
            (path, blob(text.as_bytes()))
        })
        .collect();
    ControlZone::load(&files).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

/// What one row asks for: a subject as `CN=a,O=b`, names as `DNS:a,IP:10.0.0.1,email:a@b.org,URI:https://c.org/`, usages.
struct Row {
    signer: &'static str,
    subject: &'static str,
    names: &'static str,
    usages: &'static str,
}

impl Row {
    fn request(&self) -> Request {
        let mut subject = Subject::default();
        for (kind, value) in pairs(self.subject, '=') {
            let attribute = match kind {
                "CN" => Attribute::CommonName,
                "O" => Attribute::Organization,
                "OU" => Attribute::OrganizationalUnit,
                other => panic!("{other}"),
            };
            subject.push(attribute, value.to_owned());
        }
        let mut sans = SubjectAltNames::default();
        for (kind, value) in pairs(self.names, ':') {
            match kind {
                "DNS" => sans.dns_names.push(value.to_owned()),
                "IP" => sans.ip_addresses.push(value.parse().expect("an address")),
                "email" => sans.email_addresses.push(value.to_owned()),
                "URI" => sans.uris.push(value.to_owned()),
                other => panic!("{other}"),
            }
        }
        let pem =
            certification_request::build(&subject, &sans, &seeded_key("node")).expect("a CSR");
        let manifest = format!(
            "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: node}}\nspec:\n  \
             signerName: {}\n  usages: [{}]\n  request: {}\n",
            self.signer,
            self.usages,
            STANDARD.encode(pem),
        );
        let name = "node".parse().expect("a name");
        Request::read(&name, &blob(manifest.as_bytes()))
            .unwrap_or_else(|reasons| panic!("{reasons:#?}"))
    }

    fn refusal(&self, zone: &ControlZone) -> Option<(Verdict, Vec<Reason>)> {
        let request = self.request();
        let case = Case {
            request: &request,
            zone,
            testimony: &Testimony::default(),
            key_owner: None,
            revocations: Revocations::NONE,
            now: NOW.parse().expect("a time"),
        };
        let refusal = decide(&case).decision.err();
        refusal.map(|refusal| (refusal.verdict, refusal.reasons))
    }
}

fn pairs(text: &str, separator: char) -> Vec<(&str, &str)> {
    text.split(',')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once(separator).expect("a pair"))
        .collect()
}

const NODE: &str = "CN=system:node:a,O=system:nodes";
const SERVING: &str = "digital signature, key encipherment, server auth";
const LOGIN: &str = "digital signature, key encipherment, client auth";

#[test]
fn what_the_rules_let_through_is_approved() {
    let zone = zone();
    for (signer, subject, names, usages) in [
        (CLIENT, "CN=jane,O=dev", "", "client auth"),
        (CLIENT, "CN=jane", "DNS:a.example.com,IP:10.0.0.1", LOGIN),
        (KUBELET_CLIENT, NODE, "", LOGIN),
        (KUBELET_CLIENT, NODE, "", "digital signature, client auth"),
        (KUBELET_CLIENT, "CN=system:node:,O=system:nodes", "", LOGIN),
        (
            KUBELET_CLIENT,
            "CN=system:node:a,O=system:nodes,OU=x",
            "",
            LOGIN,
        ),
        (KUBELET_SERVING, NODE, "DNS:a.example.com", SERVING),
        (
            KUBELET_SERVING,
            NODE,
            "IP:10.0.0.1",
            "digital signature, server auth",
        ),
        (LEGACY, "CN=anybody", "DNS:a.example.com", "code signing"),
        (OWN, NODE, "DNS:a.example.com", SERVING),
    ] {
        let row = Row {
            signer,
            subject,
            names,
            usages,
        };
        let found = row.refusal(&zone);
        assert!(
            found.is_none(),
            "{signer} {subject} {names} {usages}: {found:#?}"
        );
    }
}

/// Signer, subject, names, usages, and the field of the first rule that fails.
const FAILING: &[(&str, &str, &str, &str, &str)] = &[
    // kube-apiserver-client: the first usage that is not one of the three, then client auth.
    (
        CLIENT,
        "CN=a",
        "",
        "server auth, code signing",
        "spec.usages[0]",
    ),
    (CLIENT, "CN=a", "", "client auth, signing", "spec.usages[1]"),
    (CLIENT, "CN=a", "", "digital signature", "spec.usages"),
    // kube-apiserver-client-kubelet: group, DNS, e-mail, IP, URI, common name, usages.
    (
        KUBELET_CLIENT,
        "CN=a",
        "DNS:a.example.com",
        "server auth",
        "csr.subject.organizations",
    ),
    (
        KUBELET_CLIENT,
        "CN=a,O=system:nodes,O=dev",
        "",
        LOGIN,
        "csr.subject.organizations",
    ),
    (
        KUBELET_CLIENT,
        "CN=a,O=system:nodes",
        "DNS:a.example.com,email:a@example.com",
        LOGIN,
        "csr.dnsNames",
    ),
    (
        KUBELET_CLIENT,
        "CN=a,O=system:nodes",
        "email:a@example.com,IP:10.0.0.1",
        LOGIN,
        "csr.emailAddresses",
    ),
    (
        KUBELET_CLIENT,
        "CN=a,O=system:nodes",
        "IP:10.0.0.1,URI:https://a.example.com/b",
        LOGIN,
        "csr.ipAddresses",
    ),
    (
        KUBELET_CLIENT,
        "CN=a,O=system:nodes",
        "URI:https://a.example.com/b",
        LOGIN,
        "csr.uris",
    ),
    (
        KUBELET_CLIENT,
        "CN=a,O=system:nodes",
        "",
        "server auth",
        "csr.subject.commonName",
    ),
    (KUBELET_CLIENT, NODE, "", SERVING, "spec.usages"),
    (KUBELET_CLIENT, NODE, "", "client auth", "spec.usages"),
    (
        KUBELET_CLIENT,
        NODE,
        "",
        "signing, client auth",
        "spec.usages",
    ),
    // kubelet-serving: group, a name, e-mail, URI, usages, common name.
    (
        KUBELET_SERVING,
        "CN=a",
        "",
        LOGIN,
        "csr.subject.organizations",
    ),
    (
        KUBELET_SERVING,
        "CN=a,O=system:nodes",
        "email:a@example.com",
        LOGIN,
        "csr.dnsNames",
    ),
    (
        KUBELET_SERVING,
        "CN=a,O=system:nodes",
        "DNS:a.example.com,email:a@example.com",
        LOGIN,
        "csr.emailAddresses",
    ),
    (
        KUBELET_SERVING,
        "CN=a,O=system:nodes",
        "DNS:a.example.com,URI:https://a.example.com/b",
        LOGIN,
        "csr.uris",
    ),
    (
        KUBELET_SERVING,
        "CN=a,O=system:nodes",
        "DNS:a.example.com",
        LOGIN,
        "spec.usages",
    ),
    (
        KUBELET_SERVING,
        "CN=a,O=system:nodes",
        "DNS:a.example.com",
        SERVING,
        "csr.subject.commonName",
    ),
    (
        OWN,
        "CN=a,O=system:nodes",
        "DNS:a.example.com",
        SERVING,
        "csr.subject.commonName",
    ),
];

#[test]
fn the_first_rule_that_fails_decides() {
    let zone = zone();
    for &(signer, subject, names, usages, field) in FAILING {
        let row = Row {
            signer,
            subject,
            names,
            usages,
        };
        let (verdict, reasons) = row.refusal(&zone).expect("a refusal");
        let fields: Vec<_> = reasons
            .iter()
            .filter(|reason| reason.code == Code::SignerValidationFailure)
            .map(|reason| reason.field.as_deref())
            .collect();
        assert_eq!(verdict, Verdict::Denied);
        assert_eq!(
            fields,
            [Some(field)],
            "{signer} {subject} {names} {usages}: {reasons:#?}"
        );
    }
}

#[test]
fn reserved_identities_need_an_entry_that_spells_them_out() {
    let zone = zone();
    for (signer, subject) in [
        (CLIENT, "CN=a,O=system:masters"),
        (CLIENT, "CN=a,O=System:Masters"),
        (CLIENT, "CN=a,O=kubeadm:cluster-admins"),
        (CLIENT, "CN=kubernetes-admin"),
        (CLIENT, "CN=system:anonymous"),
        (LEGACY, "CN=a,O=system:masters"),
    ] {
        let row = Row {
            signer,
            subject,
            names: "",
            usages: "client auth",
        };
        let (verdict, reasons) = row.refusal(&zone).expect("a refusal");
        assert_eq!(verdict, Verdict::Denied, "{subject}");
        assert!(
            reasons
                .iter()
                .any(|reason| reason.code == Code::ReservedIdentity),
            "{subject}: {reasons:#?}"
        );
    }
}
