//! What a run and a check do not read: objects that are taken out of the database are not missed. So it is no matter how
//! many requests have been issued in directories that nothing touches, or how long the history is.

use crate::house::House;
use crate::support::Scratch;

/// Three directories with three certificates each, brought by three commits, and a branch `side` on which one more is asked
/// for in the last of them.
fn issued() -> House {
    let house = House::new("none", "signature");
    for number in 0..5 {
        house.scratch.write("repo/NOTES", number.to_string());
        house.scratch.commit("history");
    }
    for shard in ["a", "b", "c"] {
        for number in 0..3 {
            house.write_request(&format!("{shard}/{shard}{number}"));
        }
        house.commit_as("jane", true, shard);
    }
    house.run();
    let scratch = &house.scratch;
    scratch.git(&["switch", "-q", "-c", "side"]);
    house.ask("c/new", "jane");
    scratch.git(&["switch", "-q", "main"]);
    house
}

/// The directories with all that is below them, for `git ls-tree`.
fn below(directories: &str) -> String {
    format!(
        "for d in {directories}; do git rev-parse main:$d; git ls-tree -rt main:$d | cut -c13-52; done"
    )
}

/// Runs gitca while these objects are not there, and puts them back.
#[track_caller]
fn without(scratch: &Scratch, objects: &str, args: &[&str], is_missed: bool) {
    let take = "while read -r id; do mv .git/objects/${id:0:2}/${id:2} ../taken/$id; done";
    let give = "while read -r id; do mv taken/$id repo/.git/objects/${id:0:2}/${id:2}; done";
    scratch.sh(&format!(
        "mkdir -p taken; cd repo; {{ {objects}; }} | sort -u | {take}"
    ));
    scratch.sh("[ -n \"$(ls taken)\" ]");
    let answer = scratch.in_repo(args);
    scratch.sh(&format!("ls taken > ids; {give} < ids"));
    let code = if is_missed { 2 } else { 0 };
    assert_eq!(
        answer.code,
        Some(code),
        "{args:?} without {objects}: {}",
        answer.stderr
    );
    assert_eq!(
        answer.stderr.contains("not found"),
        is_missed,
        "{}",
        answer.stderr
    );
}

/// The trees of all commits but the last few, which are compared with each other.
const OLD: &str = "git log --format=%T main~6 | grep -v $(git rev-parse main^{tree})";

#[test]
fn a_run_with_nothing_to_do_reads_nothing_below_the_zones_and_no_older_tree() {
    let house = issued();
    let all = below("requests/a requests/b requests/c issued/a issued/b issued/c");
    for command in ["plan", "run"] {
        for objects in [&all, OLD] {
            without(&house.scratch, objects, &[command], false);
        }
        // What it reads is missed, so the test would tell.
        without(
            &house.scratch,
            "git rev-parse main^{tree}",
            &[command],
            true,
        );
    }
    house.scratch.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn one_change_reads_nothing_of_the_directories_of_others() {
    let house = issued();
    let scratch = &house.scratch;
    let others = below("requests/a requests/b issued/a issued/b");
    // The names of all requests are looked at, for one that has the same, and the content of none.
    let blobs = "git ls-tree -r main requests/ issued/a issued/b issued/c | cut -c13-52";
    let check = ["check", "--base", "main", "--head", "side"];
    // Denials that were taken away are looked for a while back, so older trees on the way to this request are there.
    without(scratch, blobs, &check, false);
    without(
        scratch,
        "git rev-parse side:requests/c/new.yaml",
        &check,
        true,
    );
    scratch.git(&["merge", "-q", "--no-ff", "-m", "land", "side"]);
    // What was said about it, and taken away again, is looked for in all of history; so that is there.
    without(scratch, &others, &["plan"], false);
    without(
        scratch,
        "git rev-parse main:requests/c/new.yaml",
        &["plan"],
        true,
    );
    without(scratch, &others, &["run"], false);
    scratch.sh("[ -e repo/issued/c/new/certificate.pem ]");
    scratch.git(&["fsck", "--strict", "--no-dangling"]);
}
