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
use crate::names::{ObjectName, RepoPath, SerialNumber, Sha256Digest};
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

/// A list that was published.
#[derive(Clone, Debug)]
pub struct PublishedList {
    /// What its file is called; `None` for one of the past.
    name: Option<ObjectName>,
    octets: Vec<u8>,
    /// What it says.
    pub list: RevocationList,
    ca: Issuer,
}

/// Whose list it is: the name and the key of a CA, which its certificates share.
type Issuer = (Vec<u8>, Sha256Digest);

fn issuer(ca: &CaCertificate) -> Issuer {
    (ca.subject.clone(), ca.key.digest())
}

/// The lists that CAs of publishing Signers have published, whatever became of the Signers that they were published for.
#[derive(Clone, Debug, Default)]
pub struct Published(Vec<PublishedList>);

impl Published {
    /// Adds the list that lies there under this name; what no such CA has signed is none.
    pub fn add(&mut self, zone: &ControlZone, name: ObjectName, octets: Vec<u8>) {
        if let Some((ca, list)) = read(zone, &octets) {
            self.0.push(PublishedList {
                name: Some(name),
                octets,
                list,
                ca,
            });
        }
    }

    /// Adds a list of the past, if it is newer than all that are known of its CA.
    pub fn recall(&mut self, zone: &ControlZone, octets: Vec<u8>) {
        let Some((ca, list)) = read(zone, &octets) else {
            return;
        };
        let newest = self.newest(&ca);
        if newest.is_none_or(|newest| newest.list.number < list.number) {
            self.0.retain(|old| old.name.is_some() || old.ca != ca);
            self.0.push(PublishedList {
                name: None,
                octets,
                list,
                ca,
            });
        }
    }

    /// The list that lies there for a Signer, if its CA has signed it.
    #[must_use]
    pub fn of(&self, signer: &Signer) -> Option<&PublishedList> {
        let ca = issuer(signer.authority.signing_ca());
        let is_it = |there: &&PublishedList| there.name.as_ref() == Some(&signer.name);
        self.0.iter().find(|there| is_it(there) && there.ca == ca)
    }

    fn newest(&self, ca: &Issuer) -> Option<&PublishedList> {
        let lists = self.0.iter().filter(|there| there.ca == *ca);
        lists.max_by_key(|there| there.list.number)
    }
}

/// What a list says, and whose it is.
fn read(zone: &ControlZone, octets: &[u8]) -> Option<(Issuer, RevocationList)> {
    by_ca(zone).iter().find_map(|signers| {
        let ca = signers[0].authority.signing_ca();
        let list = RevocationList::read(octets, ca).ok()?;
        Some((issuer(ca), list))
    })
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
        let ca = issuer(signer.authority.signing_ca());
        let is_same = |others: &&mut Vec<&Signer>| issuer(others[0].authority.signing_ca()) == ca;
        match found.iter_mut().find(is_same) {
            Some(others) => others.push(signer),
            None => found.push(vec![signer]),
        }
    }
    found
}

/// One CA and its newest list.
struct Publication<'a, 'p> {
    signers: Vec<&'a Signer>,
    ca: &'a CaCertificate,
    validity: Lifetime,
    last: Option<&'p RevocationList>,
    /// Whether every Signer has that very list.
    is_everywhere: bool,
}

impl<'a, 'p> Publication<'a, 'p> {
    /// `None` for a CA that can't sign now.
    fn of(signers: Vec<&'a Signer>, published: &'p Published, now: Timestamp) -> Option<Self> {
        let first = signers.first()?;
        let authority = &first.authority;
        if now < authority.not_before() || now >= authority.not_after() {
            return None;
        }
        let ca = authority.signing_ca();
        let last = published.newest(&issuer(ca));
        let octets = |list: Option<&'p PublishedList>| list.map(|list| &list.octets);
        let is_everywhere = signers
            .iter()
            .all(|signer| octets(published.of(signer)) == octets(last));
        let last = last.map(|last| &last.list);
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
        let earlier = self.last;
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
            number: self.last.map_or(1, |last| last.number.saturating_add(1)),
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
