//! What holds for every control zone and every request: tried on some hundred made-up ones, the same in every run.
//!
//! Order decides nothing; a deny policy only takes away; a wider policy only adds.

#[path = "../support/dice.rs"]
mod dice;
#[path = "../support/seeds.rs"]
mod seeds;
#[path = "../support/wide.rs"]
mod wide;

mod asked;
mod policies;
mod rule;

use std::collections::BTreeMap;

use gitca::report::Verdict;

use asked::{Asked, Judged};
use dice::Dice;
use policies::{Denial, World};

const ZONES: u64 = 90;
const REQUESTS: u64 = 60;
const USAGES: [&str; 4] = [
    "client auth",
    "server auth",
    "digital signature",
    "key encipherment",
];
const SIGNERS: [&str; 2] = [wide::SIGNER, "kubernetes.io/kube-apiserver-client"];

fn requests() -> Vec<Asked> {
    (0..REQUESTS)
        .map(|seed| Asked::of(&mut Dice::of(1_000 + seed)))
        .collect()
}

/// How often each verdict came, so that no property holds for want of cases.
#[derive(Default)]
struct Seen(BTreeMap<Verdict, usize>);

impl Seen {
    fn note(&mut self, verdict: Verdict) {
        *self.0.entry(verdict).or_default() += 1;
    }

    fn require(&self, verdicts: &[Verdict]) {
        for verdict in verdicts {
            let number = self.0.get(verdict).copied().unwrap_or_default();
            assert!(
                number >= 100,
                "{verdict} came only {number} times: {:?}",
                self.0
            );
        }
    }
}

#[test]
fn the_order_of_files_and_entries_decides_nothing() {
    let (requests, mut seen) = (requests(), Seen::default());
    for seed in 0..ZONES {
        let dice = &mut Dice::of(seed);
        let world = World::of(dice);
        let mut other = world.clone();
        for policy in &mut other.approvals {
            policy.shuffle(dice);
        }
        for policy in &mut other.denials {
            policy.shuffle(dice);
        }
        let (one, other) = (
            world.zone(&mut Dice::of(1)),
            other.zone(&mut Dice::of(seed + 2)),
        );
        for asked in &requests {
            let judged = asked.judged(&one);
            seen.note(judged.verdict);
            assert_eq!(
                judged,
                asked.judged(&other),
                "zone {seed}, {}",
                asked.request.name
            );
        }
    }
    seen.require(&[Verdict::Approved, Verdict::Pending, Verdict::Denied]);
}

#[test]
fn more_deny_policies_never_make_an_approval() {
    let (requests, mut seen) = (requests(), Seen::default());
    let mut denied = 0;
    for seed in 0..ZONES {
        let dice = &mut Dice::of(seed);
        let world = World::of(dice);
        let mut stricter = world.clone();
        for _ in 0..2 {
            let number = stricter.denials.len();
            stricter.denials.push(Denial::of(dice, number));
        }
        let (before, after) = (
            world.zone(&mut Dice::of(1)),
            stricter.zone(&mut Dice::of(2)),
        );
        for asked in &requests {
            let (before, after) = (asked.judged(&before), asked.judged(&after));
            seen.note(before.verdict);
            let is_open =
                |judged: &Judged| matches!(judged.verdict, Verdict::Approved | Verdict::Pending);
            denied += usize::from(is_open(&before) && !is_open(&after));
            if is_open(&after) {
                let same = (before.verdict, &before.policy) == (after.verdict, &after.policy);
                assert!(
                    same,
                    "zone {seed}, {}: {before:?} {after:?}",
                    asked.request.name
                );
            }
        }
    }
    seen.require(&[Verdict::Approved, Verdict::Pending, Verdict::Denied]);
    assert!(denied >= 100, "the new policies denied only {denied}");
}

#[test]
fn a_wider_policy_never_takes_an_approval_away() {
    let (requests, mut seen) = (requests(), Seen::default());
    let mut won = 0;
    for seed in 0..ZONES {
        let dice = &mut Dice::of(seed);
        let world = World::of(dice);
        let mut wider = world.clone();
        for _ in 0..15 {
            let policy = dice.below(wider.approvals.len());
            wider.approvals[policy].widen(dice);
        }
        let (before, after) = (world.zone(&mut Dice::of(1)), wider.zone(&mut Dice::of(2)));
        for asked in &requests {
            let (before, after) = (asked.judged(&before), asked.judged(&after));
            seen.note(before.verdict);
            let is_kept = match before.verdict {
                Verdict::Approved => after.verdict == Verdict::Approved,
                // With an obstacle it would never be signed.
                Verdict::Pending if !before.has("KeyReused") => {
                    matches!(after.verdict, Verdict::Approved | Verdict::Pending)
                }
                _ => true,
            };
            assert!(
                is_kept,
                "zone {seed}, {}: {before:?} {after:?}",
                asked.request.name
            );
            won += usize::from(
                before.verdict == Verdict::Denied && after.verdict == Verdict::Approved,
            );
        }
    }
    seen.require(&[Verdict::Approved, Verdict::Pending, Verdict::Denied]);
    assert!(won >= 100, "the wider policies admitted only {won} more");
}
