//! What a stranger can put into a pull request, row by row of the tables of adversarial cases.
//!
//! Every row of the tables S (structure), N (names), X (extensions, usages, CA), K (keys), G (git and process), P (policy
//! files) and of the hostile trees is a fixture that is made here from seeds, with the verdict and the code that must
//! come. The test at the end of this file fails when a row has no fixture.
#![expect(clippy::print_stdout, reason = "a panic must show its row")]

mod algorithms;
mod approvals;
mod attention;
mod checkout;
mod clone;
mod encodings;
mod extensions;
mod files;
mod floods;
mod foreign;
mod freed;
mod history;
mod identities;
mod judge;
mod keys;
mod leaks;
mod limits;
mod names;
mod outputs;
mod passing;
mod policies;
mod products;
mod pushed;
mod repository;
mod signer;
mod squatters;
mod structure;
mod template_names;
mod templates;
mod through;
mod trees;
mod turns;
mod unsearched;
mod zones;

#[expect(
    clippy::unwrap_used,
    reason = "a writer for tests, shared with unit tests"
)]
#[allow(dead_code, reason = "each table uses a part of it")]
#[path = "../../src/x509/testing.rs"]
mod forge;
#[allow(dead_code, reason = "one table has people in it")]
#[path = "../trust/house.rs"]
mod house;
#[path = "../support/stream.rs"]
mod stream;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/wide.rs"]
mod wide;

pub(crate) use support::seeds;

use std::collections::BTreeSet;

/// Rows that have no fixture yet, each with the reason.
const LATER: [(&str, &str); 1] = [(
    "K10",
    "shared primes over the inventory are found by `audit`",
)];

/// The rows of a table: its letter and how many there are.
const TABLES: [(&str, usize); 6] = [
    ("S", 27),
    ("N", 32),
    ("X", 14),
    ("K", 10),
    ("G", 17),
    ("P", 9),
];

#[test]
fn every_row_has_a_fixture() {
    let numbered = TABLES
        .iter()
        .flat_map(|(table, rows)| (1..=*rows).map(move |row| format!("{table}{row}")));
    let wanted: BTreeSet<String> = numbered
        .chain(trees::FIXTURES.iter().map(|name| (*name).to_owned()))
        .collect();
    let covered: BTreeSet<String> = [
        approvals::rows(),
        structure::rows(),
        encodings::rows(),
        algorithms::rows(),
        names::rows(),
        identities::rows(),
        extensions::rows(),
        keys::rows(),
        history::rows(),
        policies::rows(),
        trees::rows(),
        outputs::ROWS.to_vec(),
        LATER.iter().map(|(row, _)| *row).collect(),
    ]
    .concat()
    .into_iter()
    .map(str::to_owned)
    .collect();
    assert_eq!(covered, wanted);
}
