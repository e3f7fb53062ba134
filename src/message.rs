//! The message of the commit that brings certificates back.
//!
//! In come the requests that got one and the clock; out comes the message: a subject that counts certificates by the first
//! piece of their paths, and trailers that `git interpret-trailers` reads. Only printable ASCII goes in. The trailers are
//! read back here as well; they save later runs time and prove nothing by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use crate::names::{ObjectId, RequestName, Sha256Digest};
use crate::timestamp::Timestamp;

// More would not fit into one line of `git log --oneline`.
const LARGEST_GROUPS: usize = 5;
// RFC 5280 4.1.2.5: the time that stands for none, as certificates without an end have it.
const NEVER: &str = "9999-12-31T23:59:59Z";

const LEAKED: &str = "Gitca-Leaked: ";
const LEFT: &str = "Gitca-Left: ";
const UNSEARCHED: &str = "Gitca-Unsearched: ";
// Where people approve, some are always open; of more than this the next run looks for them.
const MOST_LEFT: usize = 1_000;
// Requests that are refused stay open until somebody takes them away; more of them than this are no accident.
const MOST_LEAKED: usize = 100;

/// What a commit of a run says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailers {
    /// The commit that was judged, which is the parent.
    pub base: ObjectId,
    /// How many certificates it brings.
    pub issued: usize,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Whether this very version of gitca made it.
    pub is_current: bool,
    /// How many requests at the base were left without their certificate; a sharded run does not know.
    pub open: Option<usize>,
    /// How many requests there are at the base in all, where every file is one.
    pub requests: Option<u32>,
    /// The first moment at which the clock alone makes work. Where there is none, that is written as the end of the year
    /// 9999, so that later runs know that nothing is due.
    pub due: Option<Timestamp>,
}

impl Trailers {
    /// Those of a run that issued so many certificates, left so many requests of so many open if it knows of all, and knows
    /// when the clock makes the next work, if it ever does.
    #[must_use]
    pub fn of(
        base: ObjectId,
        issued: usize,
        (open, requests): (Option<usize>, Option<u32>),
        issued_at: Timestamp,
        due: Option<Timestamp>,
    ) -> Self {
        Self {
            base,
            issued,
            issued_at,
            is_current: true,
            open,
            requests,
            due: due.or_else(|| NEVER.parse().ok()),
        }
    }

    /// Those of a commit; `None` when one that every run writes is missing, is there twice or is malformed.
    #[must_use]
    pub fn read(message: &str) -> Option<Self> {
        let (_, last) = message.trim_end().rsplit_once("\n\n")?;
        let mut found: BTreeMap<&str, &str> = BTreeMap::new();
        for line in last.lines() {
            let (key, value) = line.split_once(": ")?;
            if found.insert(key, value).is_some() {
                return None;
            }
        }
        let version = found.get("Gitca-Version")?;
        Some(Self {
            is_current: *version == env!("CARGO_PKG_VERSION"),
            base: required(&found, "Gitca-Base")?,
            issued: required(&found, "Gitca-Issued")?,
            issued_at: required(&found, "Gitca-Issued-At")?,
            open: optional(&found, "Gitca-Open").ok()?,
            requests: optional(&found, "Gitca-Requests").ok()?,
            due: optional(&found, "Gitca-Due").ok()?,
        })
    }
}

/// The keys that were everybody's when a run left requests with them open, each with a commit that has its private half:
/// the next run looks no further back than that.
#[must_use]
pub fn leaked(message: &str) -> Vec<(Sha256Digest, ObjectId)> {
    let pairs = last(message, LEAKED).unwrap_or_default();
    let pairs = pairs.split_ascii_whitespace();
    let pair = |pair: &str| {
        let (key, commit) = pair.split_once('@')?;
        Some((key.parse().ok()?, commit.parse().ok()?))
    };
    pairs.take(MOST_LEAKED).filter_map(pair).collect()
}

/// Whether a run could search everything that lay there for private keys.
#[must_use]
pub fn is_searched(message: &str) -> bool {
    last(message, UNSEARCHED).is_none()
}

/// The requests that a run left without their certificate, where it names them.
#[must_use]
pub fn left(message: &str) -> Option<BTreeSet<RequestName>> {
    let names = last(message, LEFT)?.split_ascii_whitespace();
    names.map(|name| name.parse().ok()).collect()
}

fn last<'m>(message: &'m str, key: &str) -> Option<&'m str> {
    let mut lines = message.lines().rev();
    lines.find_map(|line| line.strip_prefix(key))
}

fn required<T: FromStr>(found: &BTreeMap<&str, &str>, key: &str) -> Option<T> {
    found.get(key)?.parse().ok()
}

fn optional<T: FromStr>(found: &BTreeMap<&str, &str>, key: &str) -> Result<Option<T>, T::Err> {
    found.get(key).map(|value| value.parse()).transpose()
}

/// What a run leaves for the next one to look at.
#[derive(Debug, Default)]
pub struct Left {
    /// The requests that are without their certificate; `None` where it does not know.
    pub requests: Option<BTreeSet<RequestName>>,
    /// The keys of open requests that are everybody's, each with a commit that has its private half.
    pub leaked: BTreeMap<Sha256Digest, ObjectId>,
    /// Whether there was more than could be searched for private keys.
    pub is_unsearched: bool,
}

/// Subject and trailers of the commit that brings certificates for these requests, and so many revocation lists.
#[must_use]
pub fn commit_message<'n>(
    made: impl IntoIterator<Item = &'n RequestName>,
    lists: usize,
    trailers: &Trailers,
    left: &Left,
) -> String {
    let Trailers {
        base,
        issued: number,
        issued_at,
        open,
        requests,
        due,
        ..
    } = trailers;
    let line = |key: &str, value: String| format!("Gitca-{key}: {value}\n");
    let lines = [
        Some(line("Version", env!("CARGO_PKG_VERSION").to_owned())),
        Some(line("Base", base.to_string())),
        Some(line("Issued", number.to_string())),
        Some(line("Issued-At", issued_at.to_string())),
        open.map(|open| line("Open", open.to_string())),
        requests.map(|requests| line("Requests", requests.to_string())),
        due.map(|due| line("Due", due.to_string())),
    ];
    let names = left.requests.iter().flatten();
    let names: Vec<&str> = names.map(RequestName::as_str).collect();
    let is_named = (1..=MOST_LEFT).contains(&names.len());
    let names = is_named.then(|| format!("{LEFT}{}\n", names.join(" ")));
    let keys = left.leaked.iter().take(MOST_LEAKED);
    let keys: Vec<String> = keys
        .map(|(key, commit)| format!("{key}@{commit}"))
        .collect();
    let keys = (!keys.is_empty()).then(|| format!("{LEAKED}{}\n", keys.join(" ")));
    let unsearched = left.is_unsearched.then(|| format!("{UNSEARCHED}some\n"));
    let lines: String = lines
        .into_iter()
        .flatten()
        .chain(names)
        .chain(keys)
        .chain(unsearched)
        .collect();
    format!("{}{}\n\n{lines}", subject(made), listed(lists))
}

fn listed(lists: usize) -> String {
    match lists {
        0 => String::new(),
        1 => ", 1 revocation list".to_owned(),
        number => format!(", {number} revocation lists"),
    }
}

fn subject<'n>(requests: impl IntoIterator<Item = &'n RequestName>) -> String {
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for name in requests {
        let first = name.as_str().split('/').next().unwrap_or_default();
        *groups.entry(first).or_default() += 1;
    }
    let number: usize = groups.values().sum();
    let noun = if number == 1 {
        "certificate"
    } else {
        "certificates"
    };
    let mut groups: Vec<(&str, usize)> = groups.into_iter().collect();
    groups.sort_by(|(a, one), (b, other)| other.cmp(one).then_with(|| a.cmp(b)));
    let mut parts: Vec<String> = groups
        .iter()
        .take(LARGEST_GROUPS)
        .map(|(name, number)| format!("{name} {number}"))
        .collect();
    if groups.len() > LARGEST_GROUPS {
        parts.push("...".to_owned());
    }
    if parts.is_empty() {
        return format!("issue: {number} {noun}");
    }
    format!("issue: {number} {noun} ({})", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trailers() -> Trailers {
        let issued_at = "2030-01-01T00:00:00Z".parse().expect("a time");
        Trailers::of(ObjectId([0xab; 20]), 0, (Some(2), Some(5)), issued_at, None)
    }

    #[test]
    fn what_was_written_is_read_back() {
        let message = commit_message(&[], 0, &trailers(), &Left::default());
        assert_eq!(Trailers::read(&message), Some(trailers()));
        assert!(
            message
                .ends_with("Gitca-Open: 2\nGitca-Requests: 5\nGitca-Due: 9999-12-31T23:59:59Z\n")
        );
        let sharded = Trailers {
            open: None,
            requests: None,
            ..trailers()
        };
        let message = commit_message(&[], 2, &sharded, &Left::default());
        assert_eq!(Trailers::read(&message), Some(sharded));
    }

    #[test]
    fn keys_that_were_everybodys_are_remembered() {
        let keys: BTreeMap<_, _> = (0..=255)
            .map(|number| (Sha256Digest([number; 32]), ObjectId([number; 20])))
            .collect();
        let left = Left {
            leaked: keys,
            ..Left::default()
        };
        let message = commit_message(&[], 0, &trailers(), &left);
        assert_eq!(Trailers::read(&message), Some(trailers()));
        let first: Vec<_> = left.leaked.into_iter().take(MOST_LEAKED).collect();
        assert_eq!(leaked(&message), first);
        let message = commit_message(&[], 0, &trailers(), &Left::default());
        assert!(leaked(&message).is_empty(), "{message}");
        assert!(leaked("x\n\nGitca-Leaked: @ a@b c\n").is_empty());
    }

    #[test]
    fn what_was_not_searched_is_remembered() {
        for is_unsearched in [false, true] {
            let left = Left {
                is_unsearched,
                ..Left::default()
            };
            let message = commit_message(&[], 0, &trailers(), &left);
            assert_eq!(Trailers::read(&message), Some(trailers()));
            assert_eq!(is_searched(&message), !is_unsearched);
        }
    }

    #[test]
    fn requests_that_stay_open_are_named_unless_they_are_many() {
        let names = |number: usize| -> BTreeSet<RequestName> {
            let names = (0..number).map(|number| format!("dev/n{number}").parse());
            names.collect::<Result<_, _>>().expect("names")
        };
        for (number, is_named) in [
            (0, false),
            (1, true),
            (MOST_LEFT, true),
            (MOST_LEFT + 1, false),
        ] {
            let names = names(number);
            let there = Left {
                requests: Some(names.clone()),
                ..Left::default()
            };
            let message = commit_message(&[], 0, &trailers(), &there);
            assert_eq!(Trailers::read(&message), Some(trailers()));
            assert_eq!(left(&message), is_named.then_some(names), "{number}");
        }
        assert_eq!(left("x\n\nGitca-Left: dev/jane ../joe\n"), None);
    }

    #[test]
    fn a_message_that_no_run_wrote_has_no_trailers() {
        let whole = commit_message(&[], 1, &trailers(), &Left::default());
        let base = format!("Gitca-Base: {}", ObjectId([0xab; 20]));
        for (from, to) in [
            ("Gitca-Version", "Version"),
            (base.as_str(), "Gitca-Base: HEAD"),
            ("Gitca-Issued: 0", "Gitca-Issued: -1"),
            ("Gitca-Issued: 0", "Gitca-Issued: 0\nGitca-Issued: 1"),
            ("2030-01-01T00:00:00Z", "yesterday"),
            ("Gitca-Open: 2", "Gitca-Open: two"),
            ("Gitca-Requests: 5", "Gitca-Requests: -5"),
            ("Gitca-Due: 9999", "Gitca-Due: 99990"),
            ("Gitca-Issued: 0", "some prose"),
            ("\n\n", "\n"),
        ] {
            let message = whole.replacen(from, to, 1);
            assert_ne!(message, whole, "{from}");
            assert_eq!(Trailers::read(&message), None, "{message}");
        }
    }
}
