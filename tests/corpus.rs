//! Replays the corpus of the fuzz targets in `tests/fuzz`, without a fuzzer.
//!
//! Each file there is octets that a stranger might send, some of them found by the fuzzer. A target panics when
//! something is wrong.
#![expect(clippy::disallowed_methods, reason = "this test reads the corpus")]
#![expect(clippy::print_stdout, reason = "a panic must show its file")]

use std::fs;
use std::path::Path;

#[path = "support/seeds.rs"]
mod seeds;
#[path = "fuzz/targets.rs"]
mod targets;
#[path = "support/wide.rs"]
mod wide;

/// What is done with the octets of one file.
type Target = fn(&[u8]);

/// Each target with the name of its folder.
const TARGETS: [(&str, Target); 7] = [
    ("manifest", targets::manifest),
    ("pkcs10", targets::pkcs10),
    ("policy", targets::policy),
    ("revocations", targets::revocations),
    ("signers", targets::signers),
    ("statements", targets::statements),
    ("template", targets::template),
];
/// How many files a target has at least.
const FEWEST: usize = 20;

#[test]
fn the_corpus_of_every_target_passes() {
    for (target, run) in TARGETS {
        let folder = Path::new("tests/fuzz/corpus").join(target);
        let mut files: Vec<_> = fs::read_dir(&folder)
            .expect("the target has a corpus")
            .map(|entry| entry.expect("the entry can be read").path())
            .collect();
        files.sort();
        assert!(files.len() >= FEWEST, "{target} has {} files", files.len());
        for file in files {
            println!("{}", file.display());
            run(&fs::read(&file).expect("the file can be read"));
        }
    }
}

/// Every target of the fuzzer is replayed, and none is forgotten here.
#[test]
fn every_fuzz_target_is_replayed() {
    let mut targets: Vec<String> = fs::read_dir("tests/fuzz/fuzz_targets")
        .expect("there are targets")
        .map(|entry| entry.expect("the entry can be read").path())
        .filter_map(|path| {
            path.file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
        })
        .collect();
    targets.sort();
    assert_eq!(targets, TARGETS.map(|(target, _)| target));
}
