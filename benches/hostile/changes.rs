//! Changes of as many files as one may have, each with its own content and each wrong: no two are the same object.
//!
//! Once somebody has merged them they are as many inputs as there are files, and a run reads them all; here they are walked,
//! as part of a commit, and refused together, as part of a change.

use std::path::Path;

use gitca::git::Repository;

use crate::proposals::{Brought, Change, repository};
use crate::{Act, Case, filled};

// What a change may touch, but for the directories around it.
const CHANGED: usize = 10_960;
const REVOCATIONS: usize = 8_000;
const KIB: usize = 1024;
// What it may bring to `requests/`.
const OCTETS: usize = 8 * 1024 * KIB - 64 * KIB;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        of("manifests that are none", CHANGED, "yaml", |n| {
            n.to_string().into_bytes()
        }),
        of(
            "revocations that are none",
            REVOCATIONS,
            "revocation.yaml",
            |n| n.to_string().into_bytes(),
        ),
        of("manifests of 64 KiB", OCTETS / (64 * KIB), "yaml", |n| {
            let head =
                format!("kind: CertificateSigningRequest\nmetadata: {{name: u{n:06}}}\nspec:\n");
            filled(64 * KIB, &head, |n| format!("  k{n}: 1\n"), "")
        }),
        of(
            "revocations of 16 KiB",
            OCTETS / (16 * KIB),
            "revocation.yaml",
            |n| {
                let head = format!("kind: Revocation\nmetadata: {{name: u{n:06}}}\nspec:\n");
                filled(16 * KIB, &head, |n| format!("  k{n}: 1\n"), "")
            },
        ),
    ]
}

/// So many files of `requests/`, in directories of some hundred.
fn of(name: &str, number: usize, ending: &'static str, text: fn(usize) -> Vec<u8>) -> Case {
    let brings = move || {
        let path = |n: usize| format!("requests/d{:03}/u{n:06}.{ending}", n / 500);
        let file = |n: usize| (path(n), Brought::File(text(n)));
        (0..number).map(file).collect()
    };
    Case {
        name: format!("a change: {name}"),
        inputs: 1,
        make: Box::new(|_| ()),
        ready: Box::new(|folder| walked(folder)),
        change: Box::new(move |_| Change {
            brings: brings(),
            ..Change::default()
        }),
    }
}

/// The walk over the commit that brings it.
pub(crate) fn walked(folder: &Path) -> Act {
    let repository = Repository::open(&repository(folder)).unwrap();
    let commit = repository.resolve("refs/heads/change").unwrap();
    Box::new(move || {
        let snapshot = repository.snapshot(commit).unwrap();
        !snapshot.findings.is_empty() || !snapshot.errors.is_empty()
    })
}
