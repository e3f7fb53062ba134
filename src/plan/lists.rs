//! Which revocation lists are to be made anew, and what goes into them (RFC 5280 section 5).
//!
//! In come the Signers that publish one, what they published last, what is revoked, and now; out comes the next list of
//! each CA whose entries change, whose list is half through its life, or that has none. A list is the CA's: Signers that
//! share one publish the same octets. An entry stays until a list has shown it after the certificate's end.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::control::ControlZone;
use crate::control::signer::Signer;
use crate::finding::{Code, Finding, Reason};
use crate::names::{ObjectName, RepoPath, SerialNumber};
use crate::timestamp::{Lifetime, Timestamp};
use crate::trust::revocations::{Revocations, Revoked};
use crate::x509::ca::CaCertificate;
use crate::x509::crl::{ReasonCode, RevocationList, RevokedCertificate};
use crate::x509::leaf::Leaf;

/// Why a list is made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The CA has none.
    First,
    /// So many certificates were revoked, or for another reason, since the last one.
    Entries(usize),
    /// Less than half of its life is left.
    Age,
    /// A Signer does not have the newest one.
    Missing,
}

/// The lists that were published, whatever became of the Signers that they were published for.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// Those that lie there, by the names of their files.
    pub files: BTreeMap<ObjectName, Vec<u8>>,
    /// Those of the past with the greatest number for each CA; looked up once a list is due.
    pub past: Vec<Vec<u8>>,
}

/// A list that is to be made.
#[derive(Clone, Debug)]
pub struct DueList<'a> {
    /// The Signers that publish it, which share a CA.
    pub signers: Vec<&'a Signer>,
    /// What goes into it.
    pub list: RevocationList,
    /// Why it is made.
    pub why: Why,
}

/// Where the list of a Signer goes.
#[must_use]
pub fn file(signer: &ObjectName) -> RepoPath {
    format!("issued/_crl/{signer}.pem")
        .parse()
        .expect("the name of an object is a valid piece")
}

/// The lists that are due, and when the clock alone makes the next one so.
#[must_use]
pub fn due<'a>(
    zone: &'a ControlZone,
    published: &Published,
    revocations: &Revocations,
    now: Timestamp,
) -> (Vec<DueList<'a>>, Option<Timestamp>) {
    let mut due = Vec::new();
    let mut next = None;
    for signers in by_ca(zone) {
        let publication = Publication::of(signers, published, now);
        let Some(publication) = publication else {
            continue;
        };
        match publication.next(revocations, now) {
            Ok(list) => due.push(list),
            Err(begins) => next = next.into_iter().chain([begins]).min(),
        }
    }
    (due, next)
}

/// When a list that is made now is due again.
#[must_use]
pub fn due_again(list: &RevocationList) -> Timestamp {
    half(list.this_update, list.next_update)
}

fn half(this_update: Timestamp, next_update: Timestamp) -> Timestamp {
    let life = next_update.unix() - this_update.unix();
    Timestamp::from_unix(this_update.unix() + life / 2).unwrap_or(next_update)
}

/// The Signers that publish a list, those that share a CA together.
fn by_ca(zone: &ControlZone) -> Vec<Vec<&Signer>> {
    let mut found: Vec<Vec<&Signer>> = Vec::new();
    for signer in zone.signers.iter().filter(|signer| signer.crl.publish) {
        let ca = signer.authority.signing_ca();
        let is_same = |others: &&mut Vec<&Signer>| {
            let other = others[0].authority.signing_ca();
            other.key.spki() == ca.key.spki() && other.subject == ca.subject
        };
        match found.iter_mut().find(is_same) {
            Some(others) => others.push(signer),
            None => found.push(vec![signer]),
        }
    }
    found
}

/// One CA and its newest list.
struct Publication<'a> {
    signers: Vec<&'a Signer>,
    ca: &'a CaCertificate,
    validity: Lifetime,
    last: Option<RevocationList>,
    /// Whether every Signer has that very list.
    is_everywhere: bool,
}

impl<'a> Publication<'a> {
    /// `None` for a CA that can't sign now.
    fn of(signers: Vec<&'a Signer>, published: &Published, now: Timestamp) -> Option<Self> {
        let first = signers.first()?;
        let authority = &first.authority;
        if now < authority.not_before() || now >= authority.not_after() {
            return None;
        }
        let ca = authority.signing_ca();
        let all = published.files.values().chain(&published.past);
        let lists = all.filter_map(|octets| Some((RevocationList::read(octets, ca).ok()?, octets)));
        let newest = lists.max_by_key(|(list, _)| list.number);
        let octets = newest.as_ref().map(|(_, octets)| *octets);
        let is_everywhere = signers
            .iter()
            .all(|signer| published.files.get(&signer.name) == octets);
        let last = newest.map(|(list, _)| list);
        let validity = signers.iter().map(|signer| signer.crl.validity).min()?;
        Some(Self {
            signers,
            ca,
            validity,
            last,
            is_everywhere,
        })
    }

    /// Whether this CA has signed a certificate; what is on its list, it has.
    fn has_issued(&self, revoked: &Revoked) -> bool {
        Leaf::proven(&revoked.certificate, [self.ca]).is_some()
    }

    /// The list that is due, or when it will be.
    fn next(self, revocations: &Revocations, now: Timestamp) -> Result<DueList<'a>, Timestamp> {
        let earlier = self.last.as_ref();
        let mut entries = earlier.map_or_else(BTreeMap::new, |last| last.entries.clone());
        let mut come = 0;
        for revoked in revocations.all() {
            let leaf = &revoked.leaf;
            let Ok(serial) = leaf.serial_number.parse() else {
                continue;
            };
            // RFC 5280 3.3: not before one list has shown it that was made after its end.
            if earlier.is_some_and(|last| leaf.not_after < last.this_update) {
                entries.remove(&serial);
            } else if entries.contains_key(&serial) || self.has_issued(revoked) {
                come += usize::from(enter(&mut entries, serial, revoked.reason, now));
            }
        }
        let begins = earlier.map(|last| half(last.this_update, last.next_update));
        let why = match begins {
            None => Why::First,
            Some(_) if come > 0 => Why::Entries(come),
            Some(begins) if now < begins && self.is_everywhere => return Err(begins),
            Some(begins) if now < begins => Why::Missing,
            Some(_) => Why::Age,
        };
        let end = self.ca.not_after;
        let list = RevocationList {
            number: self.last.map_or(1, |last| last.number + 1),
            this_update: now,
            next_update: now.plus(self.validity).min(end),
            entries,
        };
        Ok(DueList {
            signers: self.signers,
            list,
            why,
        })
    }
}

/// Whether that is new.
fn enter(
    entries: &mut BTreeMap<SerialNumber, RevokedCertificate>,
    serial: SerialNumber,
    reason: ReasonCode,
    now: Timestamp,
) -> bool {
    let entry = entries.entry(serial);
    let is_new = match &entry {
        Entry::Vacant(_) => true,
        Entry::Occupied(there) => there.get().reason != reason,
    };
    entry
        .or_insert(RevokedCertificate {
            revocation_date: now,
            reason,
        })
        .reason = reason;
    is_new
}

impl DueList<'_> {
    /// Says what is made.
    #[must_use]
    pub fn notice(&self) -> Finding {
        let signer = &self.signers[0].name;
        let list = &self.list;
        let why = match self.why {
            Why::First => "the first one".to_owned(),
            Why::Entries(come) => format!("{come} revoked since the last one"),
            Why::Missing => "not every signer of the CA has the last one".to_owned(),
            Why::Age => "half of the life of the last one is over".to_owned(),
        };
        let entries = match list.entries.len() {
            1 => "1 certificate".to_owned(),
            entries => format!("{entries} certificates"),
        };
        let message = format!(
            "revocation list {} of signer `{signer}`: {entries}, good until {}; {why}",
            list.number, list.next_update
        );
        Finding::in_file(file(signer), Reason::new(Code::RevocationListDue, message))
    }
}
