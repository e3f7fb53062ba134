//! Runs that are killed: at each step that has a name, and at each system call that changes a name on the disk.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::{Answer, Scratch, files_below, has_strace, untested};
use crate::{LOCAL, REMOTE, Way, copy, finishes, intact, place, tried};

const HERE: [&str; 12] = [
    "keys-opened",
    "signed",
    "file-stored",
    "files-stored",
    "trees-stored",
    "committed",
    "marked",
    "landed",
    "branch-moved",
    "file-written",
    "files-written",
    "followed",
];
const AT_A_REMOTE: [&str; 15] = [
    "fetched",
    "keys-opened",
    "signed",
    "file-stored",
    "files-stored",
    "trees-stored",
    "committed",
    "pending",
    "pushed",
    "landed",
    "branch-moved",
    "file-written",
    "files-written",
    "followed",
    "done",
];

/// What was issued for each of the two requests, byte for byte: the ids of their directories.
fn folders(scratch: &Scratch, directory: &str, commit: &str) -> String {
    let script =
        format!("git -C {directory} rev-parse {commit}:issued/jane {commit}:issued/ops/omar");
    scratch.sh(&script).stdout
}

/// The same for the commit that a killed run has left, if there is one.
fn waiting(scratch: &Scratch) -> Option<String> {
    let refs = [
        "for-each-ref",
        "--format=%(objectname)",
        "refs/gitca/pending",
    ];
    let commit = scratch.git(&refs).stdout;
    let commit = commit.trim();
    (!commit.is_empty()).then(|| folders(scratch, "repo", commit))
}

#[test]
fn a_run_that_is_killed_at_any_step_is_finished_by_the_next() {
    if !cfg!(debug_assertions) {
        untested("only a debug build has the places where a run can be killed");
        return;
    }
    let template = place();
    let (mut number_tried, mut number_kept) = (0, 0);
    let ways = HERE.iter().map(|point| (LOCAL, point));
    for (way, point) in ways.chain(AT_A_REMOTE.iter().map(|point| (REMOTE, point))) {
        let scratch = copy(&template);
        let what = format!("{} killed at {point}", way.args.join(" "));
        let kill = [
            ("GITCA_TEST_POINT", *point),
            ("GITCA_TEST_COMMAND", "kill -9 $PPID"),
        ];
        let killed = scratch.gitca_with("repo", way.args, &kill);
        assert_eq!(killed.code, None, "{what}: it was not: {}", killed.stdout);
        assert_eq!(
            killed.stdout, "",
            "{what}: nothing is said before it is true"
        );
        intact(&scratch, way, &what);
        let signed = waiting(&scratch);
        finishes(&scratch, way, &what);
        if let Some(signed) = signed {
            assert_eq!(folders(&scratch, "remote.git", "main"), signed, "{what}");
            number_kept += 1;
        }
        number_tried += 1;
    }
    tried(number_tried, "by kill -9 at a step");
    // Pending, pushed and landed.
    assert_eq!(number_kept, 3);
}

/// Runs gitca under strace, which does something at a system call; what git itself does is left alone.
pub(crate) fn traced(scratch: &Scratch, way: Way, inject: &str) -> Answer {
    let (calls, _) = inject
        .split_once(':')
        .expect("an injection names its calls");
    let (trace, inject) = (format!("trace={calls}"), format!("inject={inject}"));
    let strace = ["-qq", "-o", "strace.log", "-e", &trace, "-e", &inject];
    let gitca = [env!("CARGO_BIN_EXE_gitca"), "-C", "repo"];
    scratch.run("strace", &[&strace[..], &gitca, way.args].concat())
}

#[test]
fn a_run_that_is_killed_at_any_change_of_a_name_is_finished_by_the_next() {
    if !has_strace() {
        return;
    }
    let template = place();
    let mut number_tried = 0;
    for number in 1.. {
        let scratch = copy(&template);
        let calls = "rename,renameat,renameat2,link,linkat,unlink,unlinkat";
        let answer = traced(
            &scratch,
            LOCAL,
            &format!("{calls}:signal=KILL:when={number}"),
        );
        if answer.code == Some(0) {
            break;
        }
        let what = format!("killed at change {number} of a name");
        intact(&scratch, LOCAL, &what);
        // What git itself would ask for after a crash of its own.
        scratch.sh("find repo/.git -name '*.lock' -delete");
        finishes(&scratch, LOCAL, &what);
        number_tried += 1;
    }
    assert!(number_tried > 20, "{number_tried}");
    tried(
        number_tried,
        "by kill -9 at a system call that changes a name",
    );
}

#[test]
fn every_step_that_has_a_name_is_in_the_matrix() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let named: BTreeSet<String> = files_below(&source)
        .iter()
        .flat_map(|(_, text)| {
            let text = String::from_utf8_lossy(text);
            let points = text.split("fault::point(\"").skip(1);
            let name = |rest: &str| rest.split('"').next().unwrap_or_default().to_owned();
            points.map(name).collect::<Vec<_>>()
        })
        .collect();
    let tried: BTreeSet<String> = HERE
        .iter()
        .chain(&AT_A_REMOTE)
        .map(|&name| name.to_owned())
        .collect();
    assert_eq!(tried, named);
}
