//! Disks without space, and repositories that can't be written.

use crate::steps::traced;
use crate::support::{Answer, Scratch, has_strace, untested};
use crate::{LOCAL, REMOTE, Way, copy, finishes, intact, place, tried};

const NAMES: &str = "rename,renameat,renameat2,link,linkat,unlink,unlinkat";

/// Has one call after the other fail, every `step`th of them; out comes how many.
fn fail(way: Way, calls: &str, step: usize) -> usize {
    let template = place();
    let mut number_tried = 0;
    for number in (1..).step_by(step) {
        let scratch = copy(&template);
        let inject = format!("{calls}:error=ENOSPC:when={number}");
        let answer = traced(&scratch, way, &inject);
        if answer.code == Some(0) && !scratch.read("strace.log").contains("INJECTED") {
            break;
        }
        let what = format!("{}, {inject}: {}", way.args.join(" "), answer.stderr);
        assert!(answer.code.is_some(), "{what}: no crash");
        intact(&scratch, way, &what);
        scratch.sh("find repo/.git -name '*.lock' -delete");
        finishes(&scratch, way, &what);
        number_tried += 1;
    }
    number_tried
}

#[test]
fn a_write_that_fails_for_want_of_space_loses_nothing() {
    if !has_strace() {
        return;
    }
    let number_tried = fail(LOCAL, "write", 1);
    assert!(number_tried > 20, "{number_tried}");
    tried(number_tried, "by a write that found no space");
}

/// Each of these is two more runs and what openssl says of them, so not every call fails.
#[test]
fn a_push_without_space_or_that_can_change_no_name_loses_nothing() {
    if !has_strace() {
        return;
    }
    for (calls, step, least) in [("write", 5, 6), (NAMES, 4, 6)] {
        let number_tried = fail(REMOTE, calls, step);
        assert!(number_tried >= least, "{calls}: {number_tried}");
        tried(
            number_tried,
            &format!("in a push, by a {calls} that found no space"),
        );
    }
}

/// Runs a script in a mount namespace of its own, if this user may.
fn in_namespace(scratch: &Scratch, script: &str) -> Option<Answer> {
    // Root may mount; others may in a user namespace of their own.
    let ways: [&[&str]; 2] = [&["-m"], &["-r", "-m"]];
    let may =
        |way: &&[&str]| scratch.run("unshare", &[way, &["true"][..]].concat()).code == Some(0);
    let Some(way) = ways.into_iter().find(may) else {
        untested("this user may not mount, so no disk was full or read-only");
        return None;
    };
    let shell: &[&str] = &["bash", "-euo", "pipefail", "-c", script];
    Some(scratch.run("unshare", &[way, shell].concat()))
}

#[test]
fn a_disk_that_is_full_stops_the_run_and_loses_nothing() {
    let scratch = place();
    let mut number_tried = 0;
    for free in [0, 4, 8, 16, 24, 32, 48, 64] {
        let script = format!(
            "mount -t tmpfs -o size=4m tmpfs $PWD/repo.full
             cp -a repo/. repo.full/; git -C repo.full gc -q
             dd if=/dev/zero of=repo.full/.git/filler bs=4096 2>/dev/null || :
             truncate -s -{free}K repo.full/.git/filler
             code=0; {gitca} -C repo.full run -o json > full.json 2> full.log || code=$?
             test $code = 0 -o $code = 2
             echo $code >> codes
             rm repo.full/.git/filler; git -C repo.full fsck --strict --no-dangling
             git -C repo.full log --first-parent --format= --name-only main -- 'issued/*/certificate.pem' > before
             {gitca} -C repo.full run
             git -C repo.full log --first-parent --format= --name-only --diff-filter=AM main -- 'issued/*/certificate.pem' | sort -u > paths
             git -C repo.full log --first-parent --format=%s main -- issued > commits
             test $(wc -l < paths) = 2 -a $(wc -l < commits) = 1
             git -C repo.full status --porcelain > status; test ! -s status
             git -C repo.full fsck --strict --no-dangling",
            gitca = env!("CARGO_BIN_EXE_gitca")
        );
        scratch.sh("rm -rf repo.full; mkdir repo.full");
        let Some(answer) = in_namespace(&scratch, &script) else {
            return;
        };
        assert_eq!(
            answer.code,
            Some(0),
            "{free} KiB: {answer:?} {}",
            scratch.read("full.log")
        );
        number_tried += 1;
    }
    let codes = scratch.read("codes");
    assert!(
        codes.contains('2'),
        "the disk was full at least once: {codes}"
    );
    tried(
        number_tried,
        "by a file system with little or no space left",
    );
}

#[test]
fn a_repository_that_is_read_only_is_said_and_left_as_it_is() {
    let scratch = place();
    let script = format!(
        "mount --bind repo repo; mount -o remount,ro,bind repo
         for push in '' --push; do
             code=0; {} -C repo run $push 2>> log || code=$?
             test $code = 2
         done",
        env!("CARGO_BIN_EXE_gitca")
    );
    let Some(answer) = in_namespace(&scratch, &script) else {
        return;
    };
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let log = scratch.read("log").to_lowercase();
    assert!(log.contains("read-only"), "{log}");
    intact(&scratch, LOCAL, "read-only");
    finishes(&scratch, LOCAL, "read-only");
    tried(2, "by a repository that is read-only");
}
