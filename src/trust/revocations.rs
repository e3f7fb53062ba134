//! Which certificates are revoked: what revocations say, held against what was issued for the requests beside them.
//!
//! In come what the mainline knows of requests, the outputs being those of genuine runs; out come the certificates that a
//! revocation reaches. One of `all` certificates reaches those that were there when it came, and none that is made later.
//! What was revoked stays so, whatever becomes of the file. RFC 5280 5.3.1.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::finding::{Code, Reason};
use crate::names::{ObjectId, RequestName, Sha256Digest};
use crate::revocation::{Revocation, Which};
use crate::snapshot::{Brought, Output, RevocationHistory};
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
    /// The keys that others have, each with its first certificate in that map.
    compromised: BTreeMap<Sha256Digest, (RequestName, String)>,
    /// The requests of which everything was taken back.
    everything: BTreeMap<RequestName, TakenBack>,
    /// Those of which that was before they had a certificate, with what has one all the same.
    forbidden: BTreeMap<RequestName, BTreeSet<ObjectId>>,
}

/// The newest commit that took back everything of a request.
#[derive(Clone, Debug)]
struct TakenBack {
    /// Its place on the mainline.
    position: u64,
    /// What a certificate was issued for since.
    certified: BTreeSet<ObjectId>,
}

impl TakenBack {
    fn of(told: &[Told], outputs: &[Output]) -> Option<Self> {
        let all = told.iter().find(|told| told.serials.is_none())?;
        let position = all.brought.position;
        let later = outputs
            .iter()
            .filter(|output| output.brought.position > position);
        Some(Self {
            position,
            certified: later.map(|output| output.request).collect(),
        })
    }
}

impl Revocations {
    /// Nothing is.
    pub const NONE: &'static Self = &Self {
        revoked: BTreeMap::new(),
        compromised: BTreeMap::new(),
        everything: BTreeMap::new(),
        forbidden: BTreeMap::new(),
    };

    /// What these histories come to.
    #[must_use]
    pub fn of(histories: &BTreeMap<RequestName, RevocationHistory>) -> Self {
        let mut revoked: BTreeMap<(RequestName, String), Revoked> = BTreeMap::new();
        let mut everything = BTreeMap::new();
        for (request, history) in histories {
            let told = told(request, history);
            let taken = TakenBack::of(&told, &history.outputs);
            everything.extend(taken.map(|taken| (request.clone(), taken)));
            for output in history.outputs.iter().filter(|_| !told.is_empty()) {
                let Some(leaf) = Leaf::read(&output.certificate) else {
                    continue;
                };
                let reaches = |told: &&Told| told.reaches(&leaf, output.brought);
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
        let mut compromised = BTreeMap::new();
        for (place, found) in &revoked {
            if found.reason == ReasonCode::KeyCompromise {
                compromised
                    .entry(found.leaf.key)
                    .or_insert_with(|| place.clone());
            }
        }
        Self {
            revoked,
            compromised,
            everything,
            forbidden: BTreeMap::new(),
        }
    }

    /// Notes that these requests, each with the place on the mainline of the commit that brought it, get no certificate if
    /// that came before everything of the request was taken back. Where it is not known what came first, the bytes get one
    /// that have had one since.
    pub fn forbid<'r>(&mut self, requests: impl Iterator<Item = (&'r RequestName, Option<u64>)>) {
        for (request, brought) in requests {
            let Some(taken) = self.everything.get(request) else {
                continue;
            };
            let certified = match brought {
                Some(brought) if brought >= taken.position => continue,
                Some(_) => BTreeSet::new(),
                None => taken.certified.clone(),
            };
            self.forbidden.insert(request.clone(), certified);
        }
    }

    /// Whether everything of a request was taken back before these bytes of it had a certificate.
    #[must_use]
    pub fn is_forbidden(&self, request: &RequestName, content: ObjectId) -> bool {
        let certified = self.forbidden.get(request);
        certified.is_some_and(|certified| !certified.contains(&content))
    }

    /// A certificate that was issued for these very bytes and is revoked.
    #[must_use]
    pub fn content(&self, request: &RequestName, content: ObjectId) -> Option<&Revoked> {
        let from = (request.clone(), String::new());
        let all = self.revoked.range(from..).map(|(_, revoked)| revoked);
        all.take_while(|revoked| revoked.request == *request)
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
        self.revoked.get(self.compromised.get(key)?)
    }

    /// All of them, by request.
    pub fn all(&self) -> impl Iterator<Item = &Revoked> {
        self.revoked.values()
    }
}

/// A version of a revocation.
struct Told {
    brought: Brought,
    reason: ReasonCode,
    /// The serial numbers as certificates have them; `None` for all.
    serials: Option<HashSet<String>>,
}

impl Told {
    fn reaches(&self, leaf: &Leaf, issued: Brought) -> bool {
        match &self.serials {
            None => issued.position <= self.brought.position,
            Some(serials) => serials.contains(&leaf.serial_number),
        }
    }
}

/// Each version of a revocation that can be read, newest first.
fn told(request: &RequestName, history: &RevocationHistory) -> Vec<Told> {
    let versions = history.revocations.iter();
    versions
        .filter_map(|(brought, blob)| {
            let revocation = Revocation::read(request, blob.as_ref()?).ok()?;
            Some(Told {
                brought: *brought,
                reason: revocation.reason,
                serials: match &revocation.which {
                    Which::All => None,
                    Which::Serials(serials) => {
                        Some(serials.iter().map(ToString::to_string).collect())
                    }
                },
            })
        })
        .collect()
}

/// The reason of the newest, unless one of them says that the key is in other hands.
fn reason<'r>(reaching: impl Iterator<Item = &'r Told>) -> Option<ReasonCode> {
    let reasons: Vec<ReasonCode> = reaching.map(|told| told.reason).collect();
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
    let newest_first: Vec<String> = leaves.map(|leaf| leaf.serial_number).collect();
    let known: HashSet<&String> = newest_first.iter().collect();
    let request = &revocation.request;
    let reason = |serial: String| {
        let message = format!("no certificate of request `{request}` has this serial number");
        let help = match newest_first.first() {
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
