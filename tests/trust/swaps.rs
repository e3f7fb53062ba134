//! Merges that make a branch the mainline, and merges that only look so.

use crate::house::House;
use crate::output::{fake, head, issued, list_bot, obey, of_code, refused, run_with, with_bot_key};

/// A branch `side`, cut before the last run, on which june is asked for.
fn cut(house: &House) {
    house.scratch.git(&["switch", "-q", "-c", "side", "HEAD~1"]);
    house.ask("june", "jane");
}

/// Merges `name` and leaves out what it did to `issued/`.
fn merge_without_output(house: &House, name: &str) {
    house.scratch.sh(&format!(
        "cd repo; git merge -q --no-ff --no-commit {name}; git rm -rqf issued; git checkout -q HEAD -- issued 2>/dev/null || :
         git commit -qm 'merge {name}'"
    ));
}

/// The branch becomes the mainline, as by a fast-forward.
fn advance(house: &House) {
    house
        .scratch
        .sh("cd repo; git branch -qf main; git switch -q main");
}

/// The finding names the old tip, and its help brings the old mainline back.
#[track_caller]
fn is_swapped(house: &House, old: &str) {
    let error = refused(house, "MainlineSwapped");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains(old), "{message}");
    obey(house, &error);
    assert_eq!(house.plan()["notices"], serde_json::json!([]));
}

#[test]
fn a_branch_that_became_the_mainline_is_told_whatever_it_did_to_what_was_issued() {
    let house = with_bot_key();
    let old = head(&house);
    cut(&house);
    merge_without_output(&house, "main");
    advance(&house);
    is_swapped(&house, &old);
    let report = run_with(&house, "gitca").success().json();
    assert_eq!(report["summary"]["unchanged"], 1);
}

#[test]
fn it_is_told_after_an_older_run_and_behind_another_merge() {
    let house = with_bot_key();
    house.ask("kim", "jane");
    run_with(&house, "gitca").success();
    let old = head(&house);
    cut(&house);
    // The old mainline comes by way of a branch that has merged it.
    house.scratch.git(&["switch", "-q", "-c", "detour"]);
    house.scratch.write("repo/NOTES", "a detour");
    house.scratch.commit("notes");
    merge_without_output(&house, "main");
    house.scratch.git(&["switch", "-q", "side"]);
    merge_without_output(&house, "detour");
    advance(&house);
    is_swapped(&house, &old);
}

#[test]
fn branches_that_have_merged_the_mainline_may_land() {
    let house = with_bot_key();
    cut(&house);
    house.scratch.git(&["branch", "older", "HEAD~1"]);
    house
        .scratch
        .git(&["merge", "-q", "-m", "up to date", "main"]);
    house.scratch.git(&["switch", "-q", "main"]);
    house
        .scratch
        .git(&["merge", "-q", "--no-ff", "-m", "land", "side"]);
    house.plan();
    run_with(&house, "gitca").success();
    house.scratch.git(&["switch", "-q", "older"]);
    house.scratch.write("repo/NOTES", "old");
    house.scratch.commit("notes");
    house.scratch.git(&["switch", "-q", "main"]);
    house
        .scratch
        .git(&["merge", "-q", "--no-ff", "-m", "land", "older"]);
    assert_eq!(house.plan()["notices"], serde_json::json!([]));
}

#[test]
fn a_merge_of_a_branch_with_a_fake_run_is_repaired_like_any_other() {
    let house = issued();
    let run = head(&house);
    house.scratch.git(&["switch", "-q", "-c", "side"]);
    house.scratch.git(&["rm", "-r", "-q", "issued/jane"]);
    fake(&house, "2030-01-01T00:05:00Z", "--no-gpg-sign");
    house.scratch.git(&["switch", "-q", "main"]);
    house
        .scratch
        .git(&["merge", "-q", "--no-ff", "-m", "land", "side"]);
    let error = refused(&house, "ForeignOutput");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains(&run), "{message}");
    obey(&house, &error);
    let report = house.run().json();
    assert!(of_code(&report, "notices", "ForeignOutput").is_some());
    assert_eq!(report["summary"]["unchanged"], 1);
}

#[test]
fn a_key_that_a_branch_lists_proves_no_run_where_the_mainline_lists_none() {
    let house = issued();
    house.scratch.git(&["switch", "-q", "-c", "side"]);
    let key = house.key("gitca", "ed25519");
    house.principal("gitca", "bot", "[]", &[format!("\"{key}\"")]);
    house.scratch.commit("a key of mallory");
    house.scratch.git(&["rm", "-r", "-q", "issued/jane"]);
    fake(&house, "2030-01-01T00:05:00Z", "-S");
    house.scratch.git(&["revert", "--no-edit", "HEAD~1"]);
    house.scratch.git(&["switch", "-q", "main"]);
    house
        .scratch
        .git(&["merge", "-q", "--no-ff", "-m", "land", "side"]);
    let error = refused(&house, "ForeignOutput");
    obey(&house, &error);
    house.run();
}

#[test]
fn a_key_that_a_branch_lists_proves_no_run_where_the_mainline_lists_another() {
    let house = with_bot_key();
    list_bot(&house, &["gitca2"]);
    house.ask("june", "jane");
    run_with(&house, "gitca2").success();
    let before = house.plan();
    house.scratch.git(&["switch", "-q", "-c", "side"]);
    // Whose key this is now, only the branch says.
    list_bot(&house, &["gitca"]);
    house.scratch.git(&["rm", "-r", "-q", "issued/jane"]);
    fake(&house, "2030-01-01T00:05:00Z", "-S");
    for _ in 0..2 {
        house.scratch.git(&["revert", "--no-edit", "HEAD~1"]);
    }
    house.scratch.git(&["switch", "-q", "main"]);
    house
        .scratch
        .git(&["merge", "-q", "--no-ff", "-m", "land", "side"]);
    let after = house.plan();
    assert_eq!(after["summary"], before["summary"]);
    assert_eq!(after["errors"], before["errors"]);
}

#[test]
fn the_mainline_that_was_is_told_by_a_key_that_it_got_after_the_branch_was_cut() {
    let house = with_bot_key();
    house.scratch.git(&["switch", "-q", "-c", "side"]);
    house.ask("kim", "jane");
    house.scratch.git(&["switch", "-q", "main"]);
    list_bot(&house, &["gitca2"]);
    house.ask("june", "jane");
    run_with(&house, "gitca2").success();
    let old = head(&house);
    house.scratch.git(&["switch", "-q", "side"]);
    merge_without_output(&house, "main");
    advance(&house);
    is_swapped(&house, &old);
}

/// The codes of what a check of the branch that is checked out tells about nothing in particular.
fn told(house: &House) -> Vec<String> {
    let check = ["check", "--base", "main", "--head", "HEAD", "-o", "json"];
    let report = house.scratch.in_repo(&check).success().json();
    let notices = report["notices"].as_array().expect("notices");
    let about_nothing = notices.iter().filter(|notice| notice["request"].is_null());
    let codes = about_nothing.filter_map(|notice| notice["code"].as_str());
    codes.map(str::to_owned).collect()
}

#[test]
fn a_check_tells_of_a_branch_that_a_fast_forward_would_make_the_mainline() {
    let house = with_bot_key();
    house.scratch.git(&["switch", "-q", "-c", "young"]);
    house.ask("kim", "jane");
    assert!(told(&house).is_empty(), "{:?}", told(&house));
    house.scratch.git(&["switch", "-q", "main"]);
    cut(&house);
    house.scratch.git(&["merge", "-q", "-m", "update", "main"]);
    assert_eq!(told(&house), ["MainlineSwapped"]);
    // What was merged before the newest run is on the mainline's own way.
    let merge = ["merge", "-q", "--no-ff", "-m", "land", "side"];
    house.scratch.git(&["switch", "-q", "main"]);
    house.scratch.git(&merge);
    run_with(&house, "gitca").success();
    house.scratch.git(&["switch", "-q", "-c", "next"]);
    house.ask("lea", "jane");
    assert!(told(&house).is_empty(), "{:?}", told(&house));
}
