//! A request in its making, and the starter policies that judge it.
//!
//! In comes what differs from a request that they admit; out come the verdict and the codes of its reasons.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use gitca::control::ControlZone;
use gitca::decision::{Case, decide};
use gitca::finding::Code;
use gitca::names::{ObjectId, RepoPath, RequestName, Serial};
use gitca::report::Verdict;
use gitca::request::Request;
use gitca::snapshot::Blob;
use gitca::starter;
use gitca::timestamp::Timestamp;
use gitca::trust::Testimony;
use gitca::trust::revocations::Revocations;
use gitca::x509::certification_request;
use gitca::x509::san::SubjectAltNames;
use gitca::x509::subject::{Attribute, Subject};

use crate::support::{NOW, files_below, seeded_key};

pub(crate) fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

pub(crate) fn blob(bytes: &[u8]) -> Blob {
    Blob {
        id: ObjectId([7; 20]),
        bytes: bytes.to_vec(),
    }
}

/// The starter policies with a CA made at `ca_begins`, after these replacements of text.
pub(crate) fn zone(ca_begins: Timestamp, replacements: &[(&str, &str)]) -> ControlZone {
    let serial = Serial::from_random([7; Serial::OCTETS]).expect("not zero");
    let ca = starter::ca_certificate("ca", &seeded_key("ca"), serial, ca_begins).expect("a CA");
    let mut files: BTreeMap<RepoPath, Blob> = BTreeMap::new();
    for top in ["policies", "templates"] {
        for (path, bytes) in files_below(Path::new(top)) {
            let mut text = String::from_utf8(bytes).expect("starter files are text");
            for (from, to) in replacements {
                text = text.replace(from, to);
            }
            files.insert(
                format!("{top}/{path}").parse().expect("a path"),
                blob(text.as_bytes()),
            );
        }
    }
    files.insert(
        starter::CA_FILE.parse().expect("a path"),
        blob(ca.as_bytes()),
    );
    ControlZone::load(&files).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

/// A request in its making.
pub(crate) struct Draft {
    pub(crate) subject: Vec<(Attribute, &'static str)>,
    pub(crate) sans: SubjectAltNames,
    pub(crate) signer: &'static str,
    pub(crate) usages: Vec<&'static str>,
    pub(crate) expiration: Option<u64>,
    pub(crate) key: &'static str,
}

impl Draft {
    pub(crate) fn jane() -> Self {
        Self {
            subject: vec![
                (Attribute::CommonName, "jane"),
                (Attribute::Organization, "dev"),
            ],
            sans: SubjectAltNames::default(),
            signer: "kubernetes.io/kube-apiserver-client",
            usages: vec!["client auth"],
            expiration: None,
            key: "jane",
        }
    }

    pub(crate) fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut draft = Self::jane();
        change(&mut draft);
        draft
    }

    pub(crate) fn request(&self) -> Request {
        let mut subject = Subject::default();
        for (attribute, value) in &self.subject {
            subject.push(*attribute, (*value).to_owned());
        }
        let pem = certification_request::build(&subject, &self.sans, &seeded_key(self.key))
            .expect("a request");
        let expiration = self
            .expiration
            .map(|seconds| format!("  expirationSeconds: {seconds}\n"))
            .unwrap_or_default();
        let manifest = format!(
            "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: jane}}\nspec:\n  \
             signerName: {}\n{expiration}  usages: [{}]\n  request: {}\n",
            self.signer,
            self.usages.join(", "),
            STANDARD.encode(pem),
        );
        let name: RequestName = "jane".parse().expect("a name");
        Request::read(&name, &blob(manifest.as_bytes()))
            .unwrap_or_else(|reasons| panic!("{reasons:#?}"))
    }

    /// The verdict, and the codes of its reasons or notices.
    pub(crate) fn judged(&self, zone: &ControlZone, now: Timestamp) -> (Verdict, Vec<Code>) {
        let request = self.request();
        let judgement = decide(&Case {
            request: &request,
            zone,
            testimony: &Testimony::default(),
            key_owner: None,
            revocations: Revocations::NONE,
            now,
        });
        match judgement.decision {
            Ok(_) => (
                Verdict::Approved,
                judgement.notices.iter().map(|notice| notice.code).collect(),
            ),
            Err(refusal) => (
                refusal.verdict,
                refusal.reasons.iter().map(|reason| reason.code).collect(),
            ),
        }
    }
}
