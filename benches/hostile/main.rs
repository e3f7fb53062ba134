//! What the worst inputs cost to refuse, each as large as its limit allows, against the bound of 100 ms and 64 MiB.
//!
//! `cargo bench --bench hostile` makes each input and judges it three times in a process of its own: by itself, once it is
//! read, as `plan` does, and as a pull request with all that `check` does. It prints the worst five of each; `cargo bench
//! --bench hostile -- all` prints all of them. Time is what all threads spent on a processor in the best of the three, or of
//! nine where that was over the bound, since machines are shared and others only make it longer; memory is what the process
//! grew by at its peak. It ends with 1 when something that is refused is over the bound; what is taken has none, and is shown
//! beside it. A change of ten thousand requests that are each judged to the end, since one that is denied stops no other, is
//! as many inputs: each of them has the bound.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark runs processes and reads the clock"
)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints what it found, and where it is"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark ends where it can't go on, as tests do"
)]

mod changes;
mod control;
mod crowds;
mod proposals;
mod requests;
mod statements;
mod trees;

#[allow(dead_code, reason = "a writer for tests, of which this uses a part")]
#[path = "../../src/x509/testing.rs"]
mod forge;
#[path = "../../tests/support/seeds.rs"]
mod seeds;
#[path = "../../tests/support/wide.rs"]
mod wide;

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use tempfile::TempDir;

use crate::proposals::Change;

/// The part of a case that is measured; it says whether the input was refused.
type Act = Box<dyn FnOnce() -> bool>;

/// One input, or so many: how it is made, how it is judged once everything else is ready, and what it is as a pull request.
struct Case {
    name: String,
    inputs: u32,
    make: Box<dyn Fn(&Path)>,
    ready: Box<dyn Fn(&Path) -> Act>,
    change: Box<dyn Fn(&Path) -> Change>,
}

impl Case {
    /// A case whose input is one file.
    fn of_file(
        name: impl Into<String>,
        make: impl Fn() -> Vec<u8> + 'static,
        ready: impl Fn(Vec<u8>) -> Act + 'static,
        change: impl Fn(Vec<u8>) -> Change + 'static,
    ) -> Self {
        let input = |folder: &Path| fs::read(folder.join("input")).unwrap();
        Self {
            name: name.into(),
            inputs: 1,
            make: Box::new(move |folder| fs::write(folder.join("input"), make()).unwrap()),
            ready: Box::new(move |folder| ready(input(folder))),
            change: Box::new(move |folder| change(input(folder))),
        }
    }
}

/// Who judges.
const JUDGES: [&str; 2] = ["plan", "check"];

/// What one case cost.
struct Cost {
    name: String,
    inputs: u32,
    octets: u64,
    millis: f64,
    mebibytes: f64,
    is_refused: bool,
}

const MILLIS: f64 = 100.0;
const MEBIBYTES: f64 = 64.0;
const CHILD: &str = "GITCA_HOSTILE_CASE";
const JUDGE: &str = "GITCA_HOSTILE_JUDGE";
const WORST: usize = 5;
const RUNS: usize = 3;
const RUNS_OVER: usize = 9;

impl Cost {
    /// 1 is at the bound.
    fn share(&self) -> f64 {
        (self.millis / MILLIS).max(self.mebibytes / MEBIBYTES) / f64::from(self.inputs)
    }
}

fn cases() -> Vec<Case> {
    let mut cases = requests::cases();
    cases.extend(statements::cases());
    cases.extend(control::cases());
    cases.extend(trees::cases());
    cases.extend(changes::cases());
    cases.extend(crowds::cases());
    cases
}

fn main() -> ExitCode {
    if let Ok(name) = env::var(CHILD) {
        let folder = env::var("GITCA_HOSTILE_FOLDER").unwrap();
        let case = cases().into_iter().find(|case| case.name == name).unwrap();
        measure(&case, &env::var(JUDGE).unwrap(), Path::new(&folder));
        return ExitCode::SUCCESS;
    }
    let words: Vec<String> = env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let wanted = |case: &Case| {
        words
            .iter()
            .all(|word| word == "all" || case.name.contains(word))
    };
    let mut costs = [Vec::new(), Vec::new()];
    for case in cases().iter().filter(|case| wanted(case)) {
        for (costs, cost) in costs.iter_mut().zip(both(case)) {
            costs.push(cost);
        }
    }
    let mut over = 0;
    for (judge, mut costs) in JUDGES.into_iter().zip(costs) {
        costs.sort_by(|a, b| b.share().total_cmp(&a.share()));
        let shown = if words.is_empty() { WORST } else { costs.len() };
        show(judge, &costs[..shown.min(costs.len())]);
        let is_over = |cost: &&Cost| cost.share() > 1.0;
        let (refused, taken): (Vec<&Cost>, Vec<&Cost>) = costs
            .iter()
            .filter(is_over)
            .partition(|cost| cost.is_refused);
        println!(
            "{} inputs; over {MILLIS} ms or {MEBIBYTES} MiB are {} that are refused and {} that are taken\n",
            costs.len(),
            refused.len(),
            taken.len()
        );
        over += refused.len();
    }
    ExitCode::from(u8::from(over > 0))
}

fn show(judge: &str, costs: &[Cost]) {
    println!(
        "{:44} {:>9}  {:>8}  {:>9}  ",
        format!("{judge}: input"),
        "octets",
        "ms",
        "MiB"
    );
    for cost in costs {
        let verdict = if cost.is_refused { "refused" } else { "taken" };
        let each = match cost.inputs {
            1 => String::new(),
            inputs => format!(
                ", {:.2} ms each of {inputs}",
                cost.millis / f64::from(inputs)
            ),
        };
        println!(
            "{:44} {:9}  {:8.1}  {:9.1}  {verdict}{each}",
            cost.name, cost.octets, cost.millis, cost.mebibytes
        );
    }
}

/// What a case costs, whoever judges it.
fn both(case: &Case) -> [Cost; 2] {
    let folder = TempDir::new().unwrap();
    (case.make)(folder.path());
    proposals::make(folder.path(), &(case.change)(folder.path()));
    JUDGES.map(|judge| cost(case, judge, folder.path()))
}

fn cost(case: &Case, judge: &str, folder: &Path) -> Cost {
    let mut cost = Cost {
        name: case.name.clone(),
        inputs: case.inputs,
        octets: fs::metadata(folder.join("input")).map_or(0, |metadata| metadata.len()),
        millis: f64::INFINITY,
        mebibytes: f64::INFINITY,
        is_refused: true,
    };
    for number in 0..RUNS_OVER {
        if number >= RUNS && cost.share() <= 1.0 {
            break;
        }
        let [millis, mebibytes, is_refused] = run(&case.name, judge, folder);
        cost.millis = cost.millis.min(millis);
        cost.mebibytes = cost.mebibytes.min(mebibytes);
        cost.is_refused &= is_refused > 0.0;
    }
    eprintln!(
        "{:44} {judge:5} {:8.1} {:8.1}",
        cost.name, cost.millis, cost.mebibytes
    );
    cost
}

fn run(name: &str, judge: &str, folder: &Path) -> [f64; 3] {
    let child = Command::new(env::current_exe().unwrap())
        .env(CHILD, name)
        .env(JUDGE, judge)
        .env("GITCA_HOSTILE_FOLDER", folder)
        .output()
        .unwrap();
    let text = String::from_utf8(child.stdout).unwrap();
    let numbers: Vec<f64> = text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let said = String::from_utf8_lossy(&child.stderr);
    numbers
        .try_into()
        .unwrap_or_else(|_| panic!("{name}: {} {said}", child.status))
}

fn measure(case: &Case, judge: &str, folder: &Path) {
    let act = match judge {
        "check" => proposals::ready(folder),
        _ => (case.ready)(folder),
    };
    // proc(5): forgets the peak so far.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = kibibytes("VmRSS");
    let start = millis();
    let is_refused = act();
    let millis = millis() - start;
    let grown = kibibytes("VmHWM") - before;
    println!("{millis} {} {}", grown / 1024.0, u8::from(is_refused));
}

/// What all threads have spent on a processor.
fn millis() -> f64 {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let nanos = tasks.map(|task| {
        let text = fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
        let first = text.split(' ').next().map(str::parse::<f64>);
        first.unwrap().unwrap()
    });
    nanos.sum::<f64>() / 1e6
}

fn kibibytes(field: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// As many octets as the limit: the units between the two ends.
fn filled(limit: usize, head: &str, unit: impl Fn(usize) -> String, tail: &str) -> Vec<u8> {
    let mut text = head.to_owned();
    for number in 0.. {
        let next = unit(number);
        if text.len() + next.len() + tail.len() > limit {
            break;
        }
        text.push_str(&next);
    }
    (text + tail).into_bytes()
}
