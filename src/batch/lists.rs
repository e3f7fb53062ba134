//! Signing the revocation lists that are due.
//!
//! In come lists and the opened keys; out come the files of those that could be signed, and why others could not. One that
//! fails stands in nobody's way.

use std::collections::BTreeMap;

use crate::batch::Keys;
use crate::finding::{Code, Finding, Reason};
use crate::names::RepoPath;
use crate::plan::lists::{DueList, due_again, file};
use crate::snapshot::Changeset;
use crate::timestamp::Timestamp;
use crate::x509::crl::RevocationList;

/// The revocation lists of one run.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// Those that were made, each with its octets, by the file of the first Signer.
    made: BTreeMap<RepoPath, (RevocationList, Vec<u8>)>,
    /// Their files.
    pub changes: Changeset,
    /// What was made, as long as it has not landed.
    pub notices: Vec<Finding>,
    /// What could not be.
    pub errors: Vec<Finding>,
}

impl Lists {
    /// Signs what is due; what was signed for the same list before is taken as it is.
    #[must_use]
    pub fn make(due: &[DueList<'_>], keys: &Keys<'_>, before: &Self) -> Self {
        let mut lists = Self::default();
        for due in due {
            let path = file(&due.signers[0].name);
            let earlier = before.made.get(&path);
            let signed = match earlier.filter(|(list, _)| *list == due.list) {
                Some((_, octets)) => Ok(octets.clone()),
                None => sign(due, keys),
            };
            match signed {
                Ok(octets) => {
                    for signer in &due.signers {
                        lists
                            .changes
                            .files
                            .insert(file(&signer.name), octets.clone());
                    }
                    lists.notices.push(due.notice());
                    lists.made.insert(path, (due.list.clone(), octets));
                }
                Err(reason) => lists.errors.push(failed(due, reason)),
            }
        }
        lists
    }

    /// How many were made.
    #[must_use]
    pub fn number(&self) -> usize {
        self.made.len()
    }

    /// Says of each that it was made, once it has landed.
    pub fn landed(&mut self) {
        for notice in &mut self.notices {
            notice.reason.code = Code::RevocationListMade;
        }
    }

    /// When the clock alone makes the next of these due; at once where one could not be made.
    #[must_use]
    pub fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let failed = (!self.errors.is_empty()).then_some(now);
        let next = self.made.values().map(|(list, _)| due_again(list));
        next.chain(failed).min()
    }
}

fn sign(due: &DueList<'_>, keys: &Keys<'_>) -> Result<Vec<u8>, Reason> {
    // Signers that share a CA share its key, whatever they call it.
    let signers = due.signers.iter();
    let given: Vec<_> = signers
        .filter_map(|signer| keys.get(&signer.name))
        .collect();
    let mut good = given.iter().filter(|key| key.is_ok());
    let key = good.next().or(given.first()).map(|key| (*key).clone());
    let key = key.unwrap_or_else(|| {
        let message = "the key of the signer was not opened";
        Err(Reason::new(Code::SignerUnavailable, message))
    })?;
    let ca = due.signers[0].authority.signing_ca();
    due.list.clone().prepare(ca)?.sign(key)
}

fn failed(due: &DueList<'_>, reason: Reason) -> Finding {
    let signer = &due.signers[0].name;
    let message = format!(
        "the revocation list of signer `{signer}` could not be made: {}",
        reason.message
    );
    Finding::in_file(file(signer), Reason { message, ..reason })
}
