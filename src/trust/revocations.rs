//! Which certificates are revoked: what revocations say, held against what was issued for the requests beside them.
//!
//! In come what the mainline knows of requests, the outputs being those of genuine runs; out come the certificates that a
//! revocation reaches. One of `all` certificates reaches those that were there when it came, and none that is made later.
//! What was revoked stays so, whatever becomes of the file. RFC 5280 5.3.1.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Code, Reason};
use crate::names::{ObjectId, RequestName, Sha256Digest};
use crate::revocation::{Revocation, Which};
use crate::snapshot::{Brought, RevocationHistory};
use crate::x509::crl::ReasonCode;
use crate::x509::leaf::Leaf;

/// A certificate that was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The request that it was issued for.
    pub request: RequestName,
    /// The very bytes of that, by their blob.
    pub content: ObjectId,
    /// `certificate.pem`.
    pub certificate: Vec<u8>,
    /// What it says.
    pub leaf: Leaf,
    /// Why.
    pub reason: ReasonCode,
}

/// All that is revoked, as far as it was looked for.
#[derive(Clone, Debug, Default)]
pub struct Revocations {
    revoked: BTreeMap<(RequestName, String), Revoked>,
    /// The newest commit that took back everything of a request.
    everything: BTreeMap<RequestName, ObjectId>,
    /// The requests of which everything was taken back before they had a certificate.
    forbidden: BTreeSet<RequestName>,
}

impl Revocations {
    /// Nothing is.
    pub const NONE: &'static Self = &Self {
        revoked: BTreeMap::new(),
        everything: BTreeMap::new(),
        forbidden: BTreeSet::new(),
    };

    /// What these histories come to.
    #[must_use]
    pub fn of(histories: &BTreeMap<RequestName, RevocationHistory>) -> Self {
        let (mut revoked, mut everything) = (BTreeMap::new(), BTreeMap::new());
        for (request, history) in histories {
            let told = told(request, history);
            let all = told.iter().find(|(_, told)| told.which == Which::All);
            everything.extend(all.map(|(brought, _)| (request.clone(), brought.commit)));
            for output in history.outputs.iter().filter(|_| !told.is_empty()) {
                let Some(leaf) = Leaf::read(&output.certificate) else {
                    continue;
                };
                let reaches = |(brought, revocation): &&(Brought, Revocation)| {
                    is_reached(revocation, *brought, &leaf, output.brought)
                };
                let Some(reason) = reason(told.iter().filter(reaches)) else {
                    continue;
                };
                let serial = leaf.serial_number.clone();
                let found = Revoked {
                    request: request.clone(),
                    content: output.request,
                    certificate: output.certificate.clone(),
                    leaf,
                    reason,
                };
                // Newest first, and a folder that was put back is the same certificate.
                revoked.entry((request.clone(), serial)).or_insert(found);
            }
        }
        Self {
            revoked,
            everything,
            forbidden: BTreeSet::new(),
        }
    }

    /// Notes that these requests, each with the commit that brought it, get no certificate if that came before everything of
    /// the request was taken back; `is_before` tells whether one commit of the mainline came before another.
    ///
    /// # Errors
    /// What `is_before` gives.
    pub fn forbid<'r, E>(
        &mut self,
        requests: impl Iterator<Item = (&'r RequestName, ObjectId)>,
        mut is_before: impl FnMut(ObjectId, ObjectId) -> Result<bool, E>,
    ) -> Result<(), E> {
        for (request, brought) in requests {
            let taken = self.everything.get(request);
            if let Some(taken) = taken.filter(|taken| **taken != brought)
                && is_before(brought, *taken)?
            {
                self.forbidden.insert(request.clone());
            }
        }
        Ok(())
    }

    /// Whether everything of a request was taken back before it had a certificate.
    #[must_use]
    pub fn is_forbidden(&self, request: &RequestName) -> bool {
        self.forbidden.contains(request)
    }

    /// A certificate that was issued for these very bytes and is revoked.
    #[must_use]
    pub fn content(&self, request: &RequestName, content: ObjectId) -> Option<&Revoked> {
        let all = self.all();
        all.filter(|revoked| revoked.request == *request)
            .find(|revoked| revoked.content == content)
    }

    /// What is revoked of one request.
    pub fn request<'r>(&'r self, request: &'r RequestName) -> impl Iterator<Item = &'r Revoked> {
        let from = (request.clone(), String::new());
        let all = self.revoked.range(from..).map(|(_, revoked)| revoked);
        all.take_while(move |revoked| revoked.request == *request)
    }

    /// A certificate of this key that was revoked since others have the key: it is blocked for good.
    #[must_use]
    pub fn compromised(&self, key: &Sha256Digest) -> Option<&Revoked> {
        self.all()
            .find(|revoked| revoked.leaf.key == *key && revoked.reason == ReasonCode::KeyCompromise)
    }

    /// All of them, by request.
    pub fn all(&self) -> impl Iterator<Item = &Revoked> {
        self.revoked.values()
    }
}

/// Each version of a revocation that can be read, newest first.
fn told(request: &RequestName, history: &RevocationHistory) -> Vec<(Brought, Revocation)> {
    let versions = history.revocations.iter();
    versions
        .filter_map(|(brought, blob)| {
            let read = Revocation::read(request, blob.as_ref()?);
            Some((*brought, read.ok()?))
        })
        .collect()
}

fn is_reached(revocation: &Revocation, at: Brought, leaf: &Leaf, issued: Brought) -> bool {
    match &revocation.which {
        Which::All => issued.position <= at.position,
        Which::Serials(serials) => serials
            .iter()
            .any(|serial| serial.to_string() == leaf.serial_number),
    }
}

/// The reason of the newest, unless one of them says that the key is in other hands.
fn reason<'r>(reaching: impl Iterator<Item = &'r (Brought, Revocation)>) -> Option<ReasonCode> {
    let reasons: Vec<ReasonCode> = reaching.map(|(_, revocation)| revocation.reason).collect();
    if reasons.contains(&ReasonCode::KeyCompromise) {
        return Some(ReasonCode::KeyCompromise);
    }
    reasons.first().copied()
}

/// A reason for each serial number in a revocation that no certificate of its request has had.
#[must_use]
pub fn unknown(revocation: &Revocation, history: Option<&RevocationHistory>) -> Vec<Reason> {
    let Which::Serials(serials) = &revocation.which else {
        return Vec::new();
    };
    let outputs = history.map_or(&[][..], |history| &history.outputs);
    let leaves = outputs
        .iter()
        .filter_map(|output| Leaf::read(&output.certificate));
    let known: Vec<String> = leaves.map(|leaf| leaf.serial_number).collect();
    let request = &revocation.request;
    let reason = |serial: String| {
        let message = format!("no certificate of request `{request}` has this serial number");
        let help = match known.first() {
            Some(newest) => format!("its newest certificate has `{newest}`"),
            None => "nothing was issued for it; remove the revocation".to_owned(),
        };
        let reason = Reason::new(Code::SerialUnknown, message)
            .field("spec.serialNumbers")
            .value(&serial)
            .help(help);
        match revocation.locate("spec.serialNumbers") {
            Some(place) => reason.at(place),
            None => reason,
        }
    };
    let serials = serials.iter().map(ToString::to_string);
    serials
        .filter(|serial| !known.contains(serial))
        .map(reason)
        .collect()
}
