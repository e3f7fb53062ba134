//! Reads what is asked: the open requests of a snapshot, on all cores.
//!
//! In comes a snapshot; out comes each request, or every reason why it is none. A run and a plan read all of them, since one
//! that is wrong stops no other. Of what a change brings no more is read once so much is wrong that nobody would mend it at
//! once; the caller says so and lets none of it pass.

use std::collections::BTreeSet;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use crate::finding::Reason;
use crate::names::RequestName;
use crate::plan::evidence::Requests;
use crate::request::Request;
use crate::snapshot::{Blob, Snapshot};

// Some hundred files, or two of the largest manifests, which take longest to refuse.
const WRONG: usize = 128 * 1024;
// A small file is a path with a finding, too.
const LEAST: usize = 256;
// What all cores read before what is wrong is counted.
const BATCH: usize = 64 * 1024;

/// How many octets of what a change brings of one kind may still be wrong before no more of it is read.
#[derive(Debug)]
pub struct Patience {
    left: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self { left: WRONG }
    }
}

impl Patience {
    /// Whether no more is read.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.left == 0
    }

    /// Counts a file that was read and is wrong.
    pub fn bear(&mut self, wrong: &Blob) {
        self.left = self.left.saturating_sub(weight(wrong));
    }
}

/// How much of what a change brings of one kind is read before it is known what is wrong with that: so many octets, from the
/// first by path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn(usize);

impl Turn {
    /// What may be wrong as a whole without being too much.
    pub const FIRST: Self = Self(WRONG);

    /// The turn after this one, when so much patience is left: what is wrong in it takes no more than that, and three times
    /// what was right before it.
    #[must_use]
    pub fn next(self, patience: &Patience) -> Self {
        let wrong = WRONG - patience.left;
        let right = self.0.saturating_sub(wrong);
        Self(self.0 + 3 * right + patience.left)
    }

    /// The turn in which these were read.
    pub fn of<'b>(files: impl Iterator<Item = &'b Blob>) -> Self {
        Self(files.map(weight).sum())
    }

    /// How many of these files are read in it: one that begins within it is.
    pub fn files<'b>(self, files: impl Iterator<Item = &'b Blob>) -> usize {
        let mut octets = 0;
        let begins = |file: &&Blob| {
            let begins = octets < self.0;
            octets += weight(file);
            begins
        };
        files.take_while(begins).count()
    }
}

/// Reads every open request of the snapshot.
#[must_use]
pub fn read(snapshot: &Snapshot) -> Requests {
    let open: Vec<Open<'_>> = snapshot.open.iter().collect();
    read_all(snapshot, &open).collect()
}

/// The same, but for requests of those that are brought: past so many octets that are wrong, they are not read but named.
#[must_use]
pub fn read_proposed(
    snapshot: &Snapshot,
    brought: &BTreeSet<RequestName>,
) -> (Requests, BTreeSet<RequestName>) {
    let open = snapshot.open.iter();
    let (brought, others): (Vec<Open<'_>>, Vec<Open<'_>>) =
        open.partition(|(name, _)| brought.contains(*name));
    let mut requests: Requests = read_all(snapshot, &others).collect();
    let mut patience = Patience::default();
    let mut rest = &brought[..];
    while !rest.is_empty() && !patience.is_lost() {
        let (batch, after) = rest.split_at(batch(rest));
        for (read, (_, blob)) in read_all(snapshot, batch).zip(batch) {
            if read.1.is_err() {
                patience.bear(blob);
            }
            requests.extend([read]);
        }
        rest = after;
    }
    let unread = rest.iter().map(|(name, _)| (*name).clone());
    (requests, unread.collect())
}

fn weight(blob: &Blob) -> usize {
    blob.bytes.len().max(LEAST)
}

/// How many of the next ones are read together, one at least.
fn batch(open: &[Open<'_>]) -> usize {
    let mut octets = 0;
    let fits = |(_, blob): &&Open<'_>| {
        octets += weight(blob);
        octets <= BATCH
    };
    open.iter().take_while(fits).count().max(1)
}

type Open<'s> = (&'s RequestName, &'s Blob);
type Read = (RequestName, Result<Request, Vec<Reason>>);

/// In the order given. Most of it is the verification of signatures.
fn read_all(snapshot: &Snapshot, open: &[Open<'_>]) -> impl Iterator<Item = Read> {
    let read = |(name, blob): &Open<'_>| {
        let mut request = Request::read(name, blob);
        if let Ok(request) = &mut request {
            let leaked = snapshot.leaked.get(&request.csr.key.digest());
            request.leaked_in = leaked.cloned();
        }
        ((*name).clone(), request)
    };
    open.par_iter().map(read).collect::<Vec<_>>().into_iter()
}
