//! Counting against a table, and against a judge who tries every seating.
//!
//! In come requirements and voters as a line of text has them; what has to come out is who is still missing, and that nobody
//! is counted twice. The judge is slow and simple, so that it can be believed.

use super::*;

fn name(text: &str) -> ObjectName {
    text.parse().unwrap()
}

fn slot(groups: &[&str], principals: &[&str], count: usize) -> Requirement {
    Requirement::Slot {
        groups: groups.iter().copied().map(name).collect(),
        principals: principals.iter().copied().map(name).collect(),
        count,
    }
}

/// Such as `alice:platform,security bob:`.
fn voters(text: &str) -> Voters {
    let voter = |word: &str| {
        let (person, groups) = word.split_once(':').unwrap();
        let groups = groups.split(',').filter(|group| !group.is_empty());
        (name(person), groups.map(name).collect())
    };
    text.split_whitespace().map(voter).collect()
}

fn missing(requirement: &Requirement, voters: &Voters, raise: usize) -> Vec<Missing> {
    count(requirement, voters, raise).missing
}

fn brief(missing: &[Missing]) -> String {
    let words = missing.iter().map(|slot| {
        let who: Vec<&str> = slot
            .groups
            .iter()
            .chain(&slot.principals)
            .map(ObjectName::as_str)
            .collect();
        format!("{}x{}", who.join("|"), slot.count)
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_needed_is_told_for_the_way_that_is_nearest() {
    let both = Requirement::AllOf(vec![slot(&["a"], &[], 1), slot(&["b"], &[], 2)]);
    let choice = Requirement::AnyOf(vec![slot(&["c"], &[], 5), both]);
    for (people, raise, needed, open) in [
        ("", 0, 3, 3),
        ("x:a", 0, 3, 2),
        ("x:a", 1, 5, 4),
        ("x:a y:b z:b", 0, 3, 0),
        ("v:c w:c x:c y:c", 0, 5, 1),
    ] {
        let count = count(&choice, &voters(people), raise);
        let left: usize = count.missing.iter().map(|slot| slot.count).sum();
        assert_eq!((count.needed, left), (needed, open), "{people}");
    }
}

#[test]
fn persons_fill_slots() {
    let one = slot(&["a"], &[], 1);
    let two = slot(&["a"], &[], 2);
    let both = Requirement::AllOf(vec![slot(&["a"], &[], 1), slot(&["b"], &[], 1)]);
    let choice = Requirement::AnyOf(vec![slot(&["c"], &[], 2), both.clone()]);
    let named = slot(&["a"], &["dora"], 1);
    let twice = Requirement::AllOf(vec![one.clone(), one.clone()]);
    let nested = Requirement::AllOf(vec![one.clone(), both.clone()]);
    for (requirement, people, raise, expected) in [
        (&one, "", 0, "ax1"),
        (&one, "x:a", 0, ""),
        (&one, "x:b", 0, "ax1"),
        (&one, "x:a", 1, "ax1"),
        (&one, "x:a y:a", 1, ""),
        (&two, "x:a", 0, "ax1"),
        (&two, "x:a y:a", 0, ""),
        (&two, "", 1, "ax3"),
        (&both, "x:a,b", 0, "bx1"),
        (&both, "x:a,b y:a", 0, ""),
        (&both, "x:a y:a", 0, "bx1"),
        (&both, "x:a,b y:b", 0, ""),
        (&both, "x:a,b y:b", 1, "ax1 bx1"),
        (&choice, "x:a", 0, "bx1"),
        (&choice, "x:c", 0, "cx1"),
        (&choice, "x:c y:c", 0, ""),
        (&choice, "x:a y:b", 0, ""),
        (&named, "dora:", 0, ""),
        (&named, "x:", 0, "a|dorax1"),
        (&twice, "x:a", 0, "ax1"),
        (&twice, "", 0, "ax2"),
        (&nested, "x:a,b y:a", 0, "bx1"),
        (&nested, "x:a,b y:a z:a", 0, ""),
    ] {
        let found = missing(requirement, &voters(people), raise);
        assert_eq!(brief(&found), expected, "{requirement:?} {people} {raise}");
    }
}

#[test]
fn a_choice_of_nothing_is_never_complete() {
    let nothing = Requirement::AnyOf(Vec::new());
    assert!(!missing(&nothing, &voters("x:a"), 0).is_empty());
    let within = Requirement::AllOf(vec![slot(&["a"], &[], 1), nothing]);
    assert!(!missing(&within, &voters("x:a"), 0).is_empty());
}

#[test]
fn numbers_beyond_all_persons_are_no_trouble() {
    let requirement = slot(&["a"], &[], usize::MAX);
    let found = missing(&requirement, &voters("x:a y:a"), 1);
    assert_eq!(found[0].count, usize::MAX - 2);
}

/// `SplitMix64`: the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    fn requirement(&mut self, depth: usize) -> Requirement {
        let groups = ["a", "b", "c"];
        match self.roll(if depth == 0 { 1 } else { 3 }) {
            0 => {
                let first = groups[self.roll(3)];
                let second = groups[self.roll(3)];
                let person = ["p0", "p1", "p2"][self.roll(3)];
                let persons = &[person][..self.roll(2)];
                slot(&[first, second][..=self.roll(2)], persons, 1 + self.roll(2))
            }
            kind => {
                let parts = (0..=self.roll(3)).map(|_| self.requirement(depth - 1));
                let parts = parts.collect();
                if kind == 1 {
                    Requirement::AnyOf(parts)
                } else {
                    Requirement::AllOf(parts)
                }
            }
        }
    }

    fn voters(&mut self) -> Voters {
        let mut voters = Voters::new();
        for person in ["p0", "p1", "p2", "p3", "p4"] {
            if self.roll(3) > 0 {
                let groups = ["a", "b", "c"].into_iter().filter(|_| self.roll(2) == 0);
                voters.insert(name(person), groups.map(name).collect());
            }
        }
        voters
    }
}

/// One chair for each person that a slot needs.
fn chairs(requirement: &Requirement, raise: usize) -> Vec<Vec<&Requirement>> {
    match requirement {
        Requirement::Slot { count, .. } => vec![vec![requirement; count + raise]],
        Requirement::AnyOf(parts) => parts.iter().flat_map(|part| chairs(part, raise)).collect(),
        Requirement::AllOf(parts) => parts.iter().fold(vec![Vec::new()], |before, part| {
            let mut rows = Vec::new();
            for row in &before {
                for more in chairs(part, raise) {
                    rows.push(row.iter().copied().chain(more).collect());
                }
            }
            rows
        }),
    }
}

/// Tries every person on the first chair, and the others on the rest.
fn all_sit(chairs: &[&Requirement], standing: &Voters) -> bool {
    let Some((first, rest)) = chairs.split_first() else {
        return true;
    };
    standing.iter().any(|(person, groups)| {
        let mut others = standing.clone();
        others.remove(person);
        first.names(person, groups) && all_sit(rest, &others)
    })
}

#[test]
fn counting_agrees_with_trying_every_seating() {
    let mut dice = Dice(1);
    let (mut complete, mut open) = (0, 0);
    for round in 0..3000 {
        let (requirement, voters, raise) = (dice.requirement(2), dice.voters(), dice.roll(2));
        let rows = chairs(&requirement, raise);
        let short = |row: &Vec<&Requirement>| row.len() <= 6;
        let expected = rows
            .iter()
            .filter(|row| short(row))
            .any(|row| all_sit(row, &voters));
        let found = missing(&requirement, &voters, raise);
        assert_eq!(
            found.is_empty(),
            expected,
            "round {round}: {requirement:?} {voters:?}"
        );
        *(if expected { &mut complete } else { &mut open }) += 1;
    }
    assert!(complete > 300 && open > 300, "{complete} {open}");
}

#[test]
fn the_persons_who_are_missing_complete_it_and_fewer_do_not() {
    let mut dice = Dice(2);
    for round in 0..2000 {
        let (requirement, mut voters, raise) = (dice.requirement(2), dice.voters(), dice.roll(2));
        let found = missing(&requirement, &voters, raise);
        let mut last = None;
        for (number, slot) in found.iter().enumerate() {
            for person in 0..slot.count {
                let newcomer = name(&format!("n{number}-{person}"));
                let groups = slot.groups.iter().cloned().collect();
                voters.insert(newcomer.clone(), groups);
                last = Some(newcomer);
            }
        }
        let now = missing(&requirement, &voters, raise);
        // A slot of names alone has nobody new to take.
        if found.iter().all(|slot| !slot.groups.is_empty()) {
            assert!(now.is_empty(), "round {round}: {requirement:?} {found:?}");
        }
        if let Some(last) = last {
            voters.remove(&last);
            assert!(
                !missing(&requirement, &voters, raise).is_empty(),
                "round {round}"
            );
        }
    }
}

#[test]
fn the_order_of_entries_changes_nothing() {
    fn reversed(requirement: &Requirement) -> Requirement {
        let back = |parts: &[Requirement]| parts.iter().rev().map(reversed).collect();
        match requirement {
            Requirement::Slot {
                groups,
                principals,
                count,
            } => Requirement::Slot {
                groups: groups.iter().rev().cloned().collect(),
                principals: principals.iter().rev().cloned().collect(),
                count: *count,
            },
            Requirement::AnyOf(parts) => Requirement::AnyOf(back(parts)),
            Requirement::AllOf(parts) => Requirement::AllOf(back(parts)),
        }
    }
    let mut dice = Dice(3);
    for _ in 0..2000 {
        let (requirement, voters, raise) = (dice.requirement(3), dice.voters(), dice.roll(2));
        let found = missing(&requirement, &voters, raise);
        assert_eq!(missing(&reversed(&requirement), &voters, raise), found);
    }
}
