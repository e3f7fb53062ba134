//! Who asked, however the request was landed, under each kind of proof; stock git is asked about every signature.

use serde_json::{Value, json};

use crate::house::{House, judged};

const ONE: &str = "{anyOf: [{groups: [platform]}]}";

type Landing = fn(&House);

fn git(house: &House, arguments: &str) {
    house.scratch.sh(&format!("git -C repo {arguments}"));
}

/// jane asks on a branch, in a commit that she signs.
fn on_a_side(house: &House) {
    git(house, "switch -qc side");
    house.ask("jane", "jane");
    git(house, "switch -q main");
}

fn meanwhile(house: &House) {
    house.scratch.write("repo/NOTES", "meanwhile");
    house.scratch.commit("meanwhile");
}

/// What a forge's button commits for an author, without a signature.
fn press(house: &House, author: &str) {
    let message = format!("-m landed --author='{author} <{author}@example.com>'");
    git(house, &format!("commit -q {message}"));
}

fn merge(house: &House) {
    on_a_side(house);
    meanwhile(house);
    git(house, "merge -q --no-ff --no-commit side");
    press(house, "bob");
}

fn squash(house: &House) {
    on_a_side(house);
    git(house, "merge -q --squash side");
    press(house, "jane");
}

fn rebase(house: &House) {
    on_a_side(house);
    meanwhile(house);
    git(
        house,
        "-c commit.gpgSign=false cherry-pick side > /dev/null",
    );
}

fn fast_forward(house: &House) {
    on_a_side(house);
    git(house, "merge -q --ff-only side");
}

fn direct_push(house: &House) {
    house.ask("jane", "jane");
}

fn octopus(house: &House) {
    on_a_side(house);
    git(house, "switch -qc other");
    meanwhile(house);
    git(house, "switch -q main");
    house.scratch.write("repo/README", "x");
    house.scratch.commit("more");
    git(house, "merge -q --no-ff --no-commit other side");
    press(house, "bob");
}

fn evil_merge(house: &House) {
    on_a_side(house);
    git(house, "merge -q --no-ff --no-commit side");
    house.scratch.sh("echo '# his' >> repo/requests/jane.yaml");
    house.commit_as("mallory", true, "landed");
}

fn there_and_back(house: &House) {
    house.ask("jane", "jane");
    house
        .scratch
        .sh("cp repo/requests/jane.yaml first; echo '# his' >> repo/requests/jane.yaml");
    house.commit_as("mallory", true, "edit");
    house.scratch.sh("cp first repo/requests/jane.yaml");
    house.commit_as("dave", true, "back");
}

fn merge_queue(house: &House) {
    on_a_side(house);
    git(house, "switch -qc queue");
    meanwhile(house);
    git(house, "merge -q --no-ff --no-commit side");
    press(house, "robot");
    git(house, "switch -q main");
    git(house, "merge -q --ff-only queue");
}

fn foxtrot(house: &House) {
    on_a_side(house);
    meanwhile(house);
    git(house, "switch -q side");
    git(house, "merge -q --no-ff --no-commit main");
    press(house, "bob");
    git(house, "switch -q main");
    git(house, "merge -q --ff-only side");
}

/// A merge of an older branch that brings back the bytes of jane over the edit of mallory.
fn back_by_a_merge(house: &House) {
    house.ask("jane", "jane");
    git(house, "switch -qc older");
    meanwhile(house);
    git(house, "switch -q main");
    house.scratch.sh("echo '# his' >> repo/requests/jane.yaml");
    house.commit_as("mallory", true, "edit");
    git(house, "merge -q --no-ff --no-commit older");
    git(house, "checkout older -- requests/jane.yaml");
}

fn revert_by_merge(house: &House) {
    back_by_a_merge(house);
    house.commit_as("dave", true, "back");
}

fn revert_by_button(house: &House) {
    back_by_a_merge(house);
    press(house, "dave");
}

#[test]
fn a_requester_is_known_by_what_the_landing_left_of_the_proof() {
    let proven = |person: &str| (json!(person), json!("signature"), json!(true));
    let believed = |person: &str| (json!(person), json!("author"), json!(false));
    let nobody = || (Value::Null, Value::Null, json!(false));
    for (name, land, signature, author) in [
        ("merge", merge as Landing, proven("jane"), proven("jane")),
        ("squash", squash, nobody(), believed("jane")),
        ("rebase", rebase, nobody(), believed("jane")),
        ("fast-forward", fast_forward, proven("jane"), proven("jane")),
        ("direct push", direct_push, proven("jane"), proven("jane")),
        ("octopus", octopus, proven("jane"), proven("jane")),
        (
            "evil merge",
            evil_merge,
            proven("mallory"),
            proven("mallory"),
        ),
        ("a, b, a", there_and_back, proven("dave"), proven("dave")),
        ("merge queue", merge_queue, proven("jane"), proven("jane")),
        ("foxtrot", foxtrot, proven("jane"), proven("jane")),
    ] {
        for (identity, expected) in [("signature", signature), ("author", author)] {
            let house = House::new(ONE, identity);
            land(&house);
            let requester = &house.plan()["results"][0]["requester"];
            let found = ["principal", "method", "verified"].map(|field| requester[field].clone());
            let found: (Value, Value, Value) = found.into();
            assert_eq!(found, expected, "{name}, {identity}");
        }
    }
}

#[test]
fn nobody_with_a_hand_in_a_landing_approves_it_and_whoever_pressed_the_button_does() {
    for (name, land, approver, verdict) in [
        // bob pressed the button of a clean merge.
        ("merge", merge as Landing, "bob", "approved"),
        ("octopus", octopus, "bob", "approved"),
        ("fast-forward", fast_forward, "bob", "approved"),
        ("direct push", direct_push, "bob", "approved"),
        ("merge queue", merge_queue, "bob", "approved"),
        ("foxtrot", foxtrot, "bob", "approved"),
        // mallory edited it in between, dave brought it back.
        ("a, b, a", there_and_back, "mallory", "pending"),
        ("a, b, a", there_and_back, "dave", "pending"),
        ("a, b, a", there_and_back, "bob", "approved"),
        ("evil merge", evil_merge, "mallory", "pending"),
        // Nothing is proven, so bob may be who asked.
        ("squash", squash, "bob", "pending"),
    ] {
        let house = House::new(
            "{anyOf: [{groups: [platform, security, others]}]}",
            "signature",
        );
        house.object("groups/others", "Group", "others", "{members: [mallory]}");
        house.scratch.commit("others");
        land(&house);
        house.state("jane", "approve", approver);
        house.scratch.commit("approve");
        assert_eq!(
            house.judged("jane").0,
            verdict,
            "{name}, approved by {approver}"
        );
    }
}

/// A squash is one commit of one author: its trailers are all that is left of the others.
#[test]
fn a_squash_whose_message_drops_the_trailers_needs_one_approval_more() {
    let trailer = "Co-authored-by: bob <bob@example.com>";
    for (message, approvers, verdict) in [
        (trailer, &["bob", "carol"][..], "pending"),
        (trailer, &["carol", "dave"], "approved"),
        // Who bob is, nobody knows any more; that he may have had a hand in it is counted in.
        ("landed", &["bob"], "pending"),
        ("landed", &["carol"], "pending"),
        ("landed", &["bob", "carol"], "approved"),
    ] {
        let house = House::new("{anyOf: [{groups: [platform, security]}]}", "signature");
        on_a_side(&house);
        git(&house, "switch -q side");
        house.scratch.sh("echo '# his' >> repo/requests/jane.yaml");
        house.commit_as("bob", true, "edit");
        git(&house, "switch -q main");
        git(&house, "merge -q --squash side");
        let author = "--author='jane <jane@example.com>'";
        git(
            &house,
            &format!("commit -q -m land -m '{message}' {author}"),
        );
        for approver in approvers {
            house.state("jane", "approve", approver);
        }
        house.scratch.commit("approve");
        assert_eq!(house.judged("jane").0, verdict, "{message}: {approvers:?}");
    }
}

/// A forge that rebases names whoever merged as the committer; that is no hand in it, and an author is.
#[test]
fn the_committer_of_a_rebase_approves_and_its_author_does_not() {
    for (author, verdict) in [("jane", "approved"), ("bob", "pending")] {
        let house = House::new(ONE, "author");
        house.scratch.git(&["switch", "-qc", "side"]);
        house.write_request("jane");
        house.commit_as(author, false, "ask");
        house.scratch.git(&["switch", "-q", "main"]);
        meanwhile(&house);
        house.scratch.sh(
            "GIT_COMMITTER_NAME=bob GIT_COMMITTER_EMAIL=bob@example.com git -C repo cherry-pick side > /dev/null",
        );
        house.state("jane", "approve", "bob");
        house.scratch.commit("approve");
        let report = house.plan();
        let requester = &report["results"][0]["requester"];
        assert_eq!(requester["principal"], author, "{requester:#}");
        assert_eq!(judged(&report, "jane").0, verdict, "asked for by {author}");
    }
}

/// Neither parent made those bytes anew, so whoever merged them did. `git log` would name the first who wrote them.
#[test]
fn old_bytes_that_a_merge_brings_back_are_asked_for_by_whoever_merged() {
    for (name, land, identity, requester) in [
        (
            "signed",
            revert_by_merge as Landing,
            "signature",
            json!({"principal": "dave", "method": "signature", "verified": true}),
        ),
        (
            "signed, believed",
            revert_by_merge,
            "author",
            json!({"principal": "dave", "method": "signature", "verified": true}),
        ),
        (
            "unsigned",
            revert_by_button,
            "signature",
            json!({"principal": null, "method": null, "verified": false}),
        ),
        (
            "unsigned, believed",
            revert_by_button,
            "author",
            json!({"principal": "dave", "method": "author", "verified": false}),
        ),
    ] {
        let groups = "{anyOf: [{groups: [platform, security, others]}]}";
        let house = House::new(groups, identity);
        house.object("groups/others", "Group", "others", "{members: [mallory]}");
        house.scratch.commit("others");
        land(&house);
        let plan = || {
            let answer = house.scratch.in_repo(&["plan", "-o", "json"]);
            answer.success().json()
        };
        let found = &plan()["results"][0]["requester"];
        for (field, value) in requester.as_object().expect("fields") {
            assert_eq!(found[field], *value, "{name}: {found:#}");
        }
        // Whoever edited in between, and whoever brought it back, had a hand in it.
        for (person, verdict) in [
            ("mallory", "pending"),
            ("dave", "pending"),
            ("bob", "approved"),
        ] {
            let file = house.state("jane", "approve", person);
            house.scratch.commit("approve");
            // Of an unknown requester each approval could be the own one, so that one more is needed.
            let wanted = if requester["principal"].is_null() {
                "pending"
            } else {
                verdict
            };
            let found = plan()["results"][0]["verdict"].clone();
            assert_eq!(found, wanted, "{name}, approved by {person}");
            house.scratch.sh(&format!("rm {file} {file}.sig"));
        }
    }
}

/// jane asked once, and it was taken away again. Her bytes come back by a merge on a branch, with what jane says to them.
#[test]
fn whoever_made_bytes_that_a_merge_brings_back_does_not_approve_them() {
    for (approver, verdict) in [("jane", "pending"), ("bob", "approved")] {
        let house = House::new("{anyOf: [{groups: [platform, developers]}]}", "signature");
        house.ask("laptop", "jane");
        git(&house, "branch asked");
        git(&house, "rm -q requests/laptop.yaml");
        house.scratch.commit("remove");
        git(&house, "switch -qc side");
        house.scratch.sh(
            "cd repo; git reset -q --hard $(git commit-tree -p HEAD -p asked -m back asked^{tree})",
        );
        house.state("laptop", "approve", approver);
        house.scratch.commit("approve");
        git(&house, "switch -q main");
        git(&house, "merge -q --no-ff --no-commit side");
        house.commit_as("carol", true, "landed");
        let answer = house.scratch.in_repo(&["plan", "-o", "json"]);
        let report = answer.success().json();
        let requester = &report["results"][0]["requester"];
        assert_eq!(requester["principal"], "carol", "{report:#}");
        assert_eq!(
            judged(&report, "laptop").0,
            verdict,
            "{approver}: {report:#}"
        );
    }
}

/// jane asks on a branch that has 10,000 commits, hers among them.
const MANY: &str = r"cd repo
    { echo 'reset refs/heads/side'; echo from $(git rev-parse side); echo
      for number in $(seq 9999); do
        printf 'commit refs/heads/side\ncommitter Test <test@example.com> 1893456000 +0000\ndata 0\n\n'
      done; } | git fast-import --quiet";

#[test]
fn a_landing_of_more_than_ten_thousand_commits_proves_nobody_until_somebody_says_so() {
    let house = House::new(ONE, "signature");
    on_a_side(&house);
    house.scratch.sh(MANY);
    // The merge is one of them.
    git(&house, "merge -q --no-ff -m 10,000 side~");
    let report = house.plan();
    assert_eq!(report["results"][0]["requester"]["principal"], "jane");
    git(&house, "reset -q --hard HEAD^");
    git(&house, "merge -q --no-ff -m 10,001 side");
    house.state("jane", "approve", "bob");
    house.scratch.commit("bob approves");

    let args = ["run", "-o", "json"];
    let report = house.scratch.in_repo(&args).success().json();
    let result = &report["results"][0];
    // The unknown may be the one who approved.
    assert_eq!(result["verdict"], "pending", "{report:#}");
    assert_eq!(result["requester"]["principal"], Value::Null);
    assert_eq!(report["issueCommit"], Value::Null);
    let mut notices = report["notices"].as_array().expect("a list").iter();
    let told = notices.find(|notice| notice["code"] == "LandingTooLarge");
    let help = told.expect("a notice")["help"].as_str().expect("a help");
    let command = help.split('`').nth(1).expect("a command");
    let command = command.replace("REQUEST", "jane --signing-key ../keys/jane");
    let gitca = env!("CARGO_BIN_EXE_gitca");
    let command = command.replace("gitca", gitca);
    house.scratch.sh(&format!("cd repo; {command}"));
    house.scratch.commit("jane says so");
    let report = house.run().json();
    assert_eq!(report["results"][0]["requester"]["principal"], "jane");
    assert_eq!(report["summary"]["issued"], 1, "{report:#}");
    git(&house, "fsck --strict --no-dangling");
}
