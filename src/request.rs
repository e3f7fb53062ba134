//! A request as it was written: one `CertificateSigningRequest` manifest, read strictly to values.
//!
//! In come the name that its path gives it and the bytes of the file; out comes a [`Request`] whose CSR proved
//! possession of its key, or every reason why it is none, with line and column, in the order of Kubernetes' create
//! validation. What only an API server may write is ignored with a notice. Nothing in here believes who asks, and
//! nothing decides; a private key anywhere in the file is reported without being shown, and then nothing else is.

mod encoding;
mod label;
mod legacy;
mod metadata;
mod notes;
mod secret;
mod signer_name;
mod spec;
pub mod split;

use std::collections::BTreeMap;

use crate::finding::{Code, Place, Reason};
use crate::names::{ObjectId, RequestName, Sha256Digest, SignerName};
use crate::request::notes::{Notes, says_something};
use crate::request::spec::Spec;
use crate::snapshot::Blob;
use crate::timestamp::Lifetime;
use crate::x509::csr::Csr;
use crate::x509::usage::Usage;
use crate::yaml::places::Places;
use crate::yaml::{Field, Object, Problems, parser};

pub use crate::request::metadata::Metadata;

const SPLIT: &str = "`gitca new --from FILE` splits it into one file for each request";
const KIND: &str = "CertificateSigningRequest";
const API_VERSION: &str = "certificates.k8s.io/v1";
const OLD_API_VERSION: &str = "certificates.k8s.io/v1beta1";

// Kubernetes validates in this order; what could not even be decoded (an unknown place here) comes first.
const ORDER: [&str; 6] = [
    "metadata",
    "spec.request",
    "csr",
    "spec.usages",
    "spec.signerName",
    "spec.expirationSeconds",
];

/// How the PKCS#10 of a manifest is read.
type ReadCsr = fn(&[u8]) -> Result<Csr, Vec<Reason>>;

/// A well-formed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What identifies it: its path.
    pub name: RequestName,
    /// The git object of the file.
    pub blob: ObjectId,
    /// SHA-256 of the file's bytes, which approvals bind to.
    pub sha256: Sha256Digest,
    /// The signer that it asks, or that `v1beta1` gives it.
    pub signer_name: SignerName,
    /// What the certificate shall be good for, in the order written; no two are equal.
    pub usages: Vec<Usage>,
    /// The lifetime that it asks for, `spec.expirationSeconds`.
    pub expiration: Option<Lifetime>,
    /// The labels that the requester chose.
    pub labels: BTreeMap<String, String>,
    /// What `csr.yaml` repeats.
    pub metadata: Metadata,
    /// `spec.request` in canonical base64, as `csr.yaml` repeats it.
    pub request_base64: String,
    /// What `spec.request` says.
    pub csr: Csr,
    /// What was ignored or tolerated.
    pub notices: Vec<Reason>,
    /// The file of the repository that holds the private half of its key.
    pub leaked_in: Option<String>,
    places: Places,
    is_supposed: bool,
}

impl Request {
    /// Reads one manifest.
    ///
    /// # Errors
    /// Every reason why it is no request: its form, Kubernetes' create validation and its CSR together.
    pub fn read(name: &RequestName, blob: &Blob) -> Result<Self, Vec<Reason>> {
        Self::parse(name, blob, Csr::read)
    }

    /// Reads one manifest whose CSR need not prove possession of its key: to be judged, and never to be signed.
    ///
    /// # Errors
    /// As [`Request::read`], but for the proof.
    pub fn suppose(name: &RequestName, blob: &Blob) -> Result<Self, Vec<Reason>> {
        let supposed = Self::parse(name, blob, Csr::suppose)?;
        Ok(Self {
            is_supposed: true,
            ..supposed
        })
    }

    /// Whether nothing proves that somebody has its key.
    #[must_use]
    pub fn is_supposed(&self) -> bool {
        self.is_supposed
    }

    fn parse(name: &RequestName, blob: &Blob, read: ReadCsr) -> Result<Self, Vec<Reason>> {
        let mut draft = Draft::read(name, &blob.bytes)?;
        let csr = draft.read_csr(read);
        let reasons = in_order(draft.notes.problems.into_reasons());
        let (Some(csr), Some(request), true) = (csr, draft.spec.request, reasons.is_empty()) else {
            return Err(reasons);
        };
        // Only `v1beta1` may lack a signer name; `v1` has had a reason for it.
        let signer_name = draft.spec.signer_name.unwrap_or_else(|| {
            legacy::default_signer_name(&csr.subject, &csr.sans, &draft.spec.usages)
        });
        Ok(Self {
            name: name.clone(),
            blob: blob.id,
            sha256: Sha256Digest::of(&blob.bytes),
            signer_name,
            usages: draft.spec.usages,
            expiration: draft.spec.expiration,
            labels: draft.metadata.labels.clone(),
            metadata: draft.metadata,
            request_base64: request.base64,
            csr,
            notices: draft.notes.notices,
            leaked_in: None,
            places: draft.places,
            is_supposed: false,
        })
    }

    /// Where a field such as `spec.usages[1]` stands, or the nearest around it; what the CSR says (`csr.…`) stands at
    /// `spec.request`. `None` when not even its first part is there.
    #[must_use]
    pub fn locate(&self, field: &str) -> Option<Place> {
        locate(&self.places, field)
    }
}

fn locate(places: &Places, field: &str) -> Option<Place> {
    let is_in_csr = field == "csr" || field.starts_with("csr.");
    places.locate(if is_in_csr { "spec.request" } else { field })
}

/// A manifest before its CSR is read; the values of a field that has a reason are missing.
#[derive(Debug)]
struct Draft {
    metadata: Metadata,
    spec: Spec,
    places: Places,
    notes: Notes,
}

impl Draft {
    /// Fails only for what is no request manifest at all.
    fn read(name: &RequestName, bytes: &[u8]) -> Result<Self, Vec<Reason>> {
        let parsed = parser::parse_small(bytes);
        let secrets = secret::find(bytes, parsed.as_ref().ok());
        if !secrets.is_empty() {
            return Err(secrets);
        }
        let tree = parsed.map_err(with_split)?;
        let mut notes = Notes {
            problems: Problems::new(Code::MalformedSpec),
            notices: Vec::new(),
        };
        let root = Field::root(&tree);
        let old = version(&root)?;
        notes.notices.extend(old.clone());
        let known = ["apiVersion", "kind", "metadata", "spec", "status"];
        let (metadata, spec) = match root.object(&known, &mut notes.problems) {
            Some(manifest) => manifest_of(&manifest, name, old.is_some(), &mut notes),
            None => (Metadata::default(), Spec::default()),
        };
        Ok(Self {
            metadata,
            spec,
            places: Places::of(&tree),
            notes,
        })
    }

    fn read_csr(&mut self, read: ReadCsr) -> Option<Csr> {
        let pem = &self.spec.request.as_ref()?.pem;
        let place = self.places.locate("spec.request")?;
        match read(pem) {
            Ok(csr) => Some(csr),
            Err(reasons) => {
                for mut reason in reasons {
                    reason.field.get_or_insert_with(|| "spec.request".into());
                    self.notes.problems.push(reason.at(place));
                }
                None
            }
        }
    }
}

fn manifest_of(
    manifest: &Object<'_>,
    name: &RequestName,
    old: bool,
    notes: &mut Notes,
) -> (Metadata, Spec) {
    if let Some(status) = manifest.get("status").filter(says_something) {
        let message = "`status` is ignored: only gitca writes what was decided";
        notes
            .notices
            .push(status.reason(Code::StatusIgnored, message));
    }
    let metadata = Metadata::read(manifest, name, notes);
    let spec = Spec::read(manifest, old, notes);
    (metadata, spec)
}

/// Checks that it is a request of a version that can be read; the notice is that of `v1beta1`.
fn version(root: &Field<'_>) -> Result<Option<Reason>, Vec<Reason>> {
    let mut problems = Problems::new(Code::MalformedSpec);
    let Some(header) = root.mapping(&mut problems) else {
        return Err(problems.into_reasons());
    };
    if let Some(kind) = header.require("kind", &mut problems) {
        check_kind(&kind, &mut problems)?;
    }
    let field = header.require("apiVersion", &mut problems);
    let notice = field.and_then(|field| check_version(&field, &mut problems));
    if problems.is_empty() {
        Ok(notice)
    } else {
        Err(problems.into_reasons())
    }
}

fn check_kind(kind: &Field<'_>, problems: &mut Problems) -> Result<(), Vec<Reason>> {
    match kind.text(problems) {
        Some(KIND) | None => {}
        Some("List" | "CertificateSigningRequestList") => {
            let message = "one request may be in a file, not a list";
            return Err(vec![kind.reason(problems.code(), message).help(SPLIT)]);
        }
        Some(other) => {
            let reason = kind.reason(problems.code(), format!("must be `{KIND}`"));
            problems.push(reason.value(other));
        }
    }
    Ok(())
}

fn check_version(field: &Field<'_>, problems: &mut Problems) -> Option<Reason> {
    match field.text(problems)? {
        API_VERSION => None,
        OLD_API_VERSION => {
            let message = "`v1beta1` is read as Kubernetes did, with its defaults";
            let reason = field.reason(Code::OldApiVersion, message);
            Some(reason.help(format!("write `apiVersion: {API_VERSION}`")))
        }
        other => {
            let reason = field.reason(problems.code(), format!("must be `{API_VERSION}`"));
            problems.push(reason.value(other));
            None
        }
    }
}

fn with_split(reasons: Vec<Reason>) -> Vec<Reason> {
    let explain = |reason: Reason| {
        if reason.message == parser::SECOND_DOCUMENT {
            reason.help(SPLIT)
        } else {
            reason
        }
    };
    reasons.into_iter().map(explain).collect()
}

fn in_order(mut reasons: Vec<Reason>) -> Vec<Reason> {
    reasons.sort_by_key(|reason| {
        let field = reason.field.as_deref().unwrap_or_default();
        let rank = ORDER.iter().position(|prefix| field.starts_with(prefix));
        rank.map_or(0, |rank| rank + 1)
    });
    reasons
}

#[cfg(test)]
mod tests;
