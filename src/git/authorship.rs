//! Who made a commit, as the commit itself says, with the signature that may prove it.
//!
//! In comes a commit; out goes an [`Authorship`]. Nothing is verified here: the octets that were signed and the signature
//! over them go to the core, which knows whose key is whose.

use std::collections::BTreeSet;

use anyhow::Context as _;
use git2::ErrorCode;

use crate::control::allowed_signers::GIT_NAMESPACE;
use crate::git::commit::Commit;
use crate::git::ids::id;
use crate::git::repository::Repository;
use crate::snapshot::Authorship;
use crate::ssh::signed::Signed;
use crate::timestamp::Timestamp;

// RFC 5280 4.1.2.5.2: GeneralizedTime ends with the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;
// A squash names those who had a hand in its branch, some dozens at most.
const CO_AUTHORS: usize = 100;

pub(super) fn authorship(repository: &Repository, commit: &Commit) -> anyhow::Result<Authorship> {
    Ok(Authorship {
        commit: id(commit.id()),
        author: commit.author().cloned(),
        co_authors: co_authors(commit.message()),
        signature: signature(repository, commit)?,
    })
}

/// The committer's date, within what can be expressed; the first one, where it says none.
pub(super) fn committed(commit: &Commit) -> Timestamp {
    let seconds = commit.seconds().unwrap_or(0).clamp(0, LAST_SECOND);
    Timestamp::from_unix(seconds).expect("the seconds were bounded")
}

fn signature(repository: &Repository, commit: &Commit) -> anyhow::Result<Option<Signed>> {
    match repository.inner.extract_signature(&commit.id(), None) {
        Ok((armor, octets)) => Ok(Some(Signed::new(GIT_NAMESPACE, &armor, &octets))),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => {
            Err(error).with_context(|| format!("reading the signature of commit {}", commit.id()))
        }
    }
}

/// The addresses of all `Co-authored-by` lines, wherever they stand: they only ever exclude somebody. `None` where there
/// are too many.
fn co_authors(message: &[u8]) -> Option<Vec<String>> {
    const KEY: &str = "co-authored-by:";
    let message = String::from_utf8_lossy(message);
    let address = |line: &str| {
        let line = line.trim();
        let is_trailer = line.get(..KEY.len())?.eq_ignore_ascii_case(KEY);
        let (_, address) = line.rsplit_once('<').filter(|_| is_trailer)?;
        Some(address.split('>').next()?.trim().to_owned())
    };
    let mut known = BTreeSet::new();
    for address in message.lines().filter_map(address) {
        known.insert(address);
        if known.len() > CO_AUTHORS {
            return None;
        }
    }
    Some(known.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_once_and_more_than_a_hundred_are_not_read() {
        let line = |number: usize| format!("Co-authored-by: A <a{number}@example.com>\n");
        let of = |number: usize| (0..number).map(line).collect::<String>();
        assert_eq!(co_authors(b"ask"), Some(Vec::new()));
        let twice = of(1).repeat(1000);
        let one = Some(vec!["a0@example.com".to_owned()]);
        assert_eq!(co_authors(twice.as_bytes()), one);
        for (number, read) in [(100, Some(100)), (101, None)] {
            let found = co_authors(of(number).as_bytes());
            assert_eq!(found.map(|found| found.len()), read, "{number}");
        }
    }
}
