//! Table G, the rows of approvals: each as a small repository with people in it, which the binary judges.
//!
//! `tests/trust` has more of them, one for each field of a statement; these are the attacks.

use serde_json::{Value, json};

use crate::house::{House, NAMESPACE};

const ONE: &str = "{anyOf: [{groups: [platform], count: 1}]}";

/// The rows that have a test below.
const ROWS: [(&str, fn()); 6] = [
    ("G3", edited_after_approval),
    ("G4", own_approval),
    ("G5", joins_the_approvers),
    ("G6", trailers),
    ("G8", renamed_after_approval),
    ("G17", approvals_of_something_else),
];

pub(crate) fn rows() -> Vec<&'static str> {
    ROWS.iter().map(|(row, _)| *row).collect()
}

#[test]
fn approvals_are_for_one_thing_by_somebody_else() {
    for (row, run) in ROWS {
        println!("{row}");
        run();
    }
}

#[track_caller]
fn pending(house: &House, what: &str, code: &str) {
    let (verdict, codes) = house.judged("jane");
    assert_eq!(verdict, "pending", "{what}: {codes:?}");
    assert!(codes.iter().any(|found| found == code), "{what}: {codes:?}");
}

/// G3: every byte counts, also those that change no meaning.
fn edited_after_approval() {
    let house = House::with_request(ONE);
    house.state("jane", "approve", "bob");
    house.commit_as("bob", true, "approve");
    assert_eq!(house.judged("jane").0, "approved");
    for edit in [
        "$a # a comment",
        "s/$/\\r/",
        "s/^  usages:/  usages: /",
        "s/client auth/server auth/",
    ] {
        let before = house.scratch.read("repo/requests/jane.yaml");
        let script = format!("sed -i '{edit}' repo/requests/jane.yaml");
        house.scratch.sh(&script);
        assert_ne!(
            house.scratch.read("repo/requests/jane.yaml"),
            before,
            "{edit}"
        );
        house.commit_as("jane", true, "edit");
        pending_or_denied(&house, edit);
        house.scratch.write("repo/requests/jane.yaml", before);
        house.commit_as("jane", true, "back");
        assert_eq!(house.judged("jane").0, "approved", "{edit}");
    }
}

/// What the edit asks for may be refused for itself; it is never approved, and the approval is said to be stale.
#[track_caller]
fn pending_or_denied(house: &House, edit: &str) {
    let (verdict, codes) = house.judged("jane");
    let wanted = if edit.contains("server auth") {
        "denied"
    } else {
        "pending"
    };
    assert_eq!(verdict, wanted, "{edit}: {codes:?}");
    let is_stale = codes.iter().any(|code| code == "ApprovalStale");
    assert_eq!(is_stale, wanted == "pending", "{edit}: {codes:?}");
}

/// G4: a person is one, with however many keys and addresses; and whoever it is asked for is one of those who ask.
fn own_approval() {
    let second = House::with_request(ONE);
    let key = second.key("jane-2", "ed25519");
    let first = second.scratch.read("keys/jane.pub").trim_end().to_owned();
    let keys = [format!("\"{first}\""), format!("\"{key}\"")];
    second.principal("jane", "person", "[developers, platform]", &keys);
    second.scratch.commit("two keys");
    let statement = second.statement("jane", "approve", "jane");
    let signed = second.sign(&statement, "jane-2", NAMESPACE);
    second.put("jane", "jane", &signed);
    second.scratch.commit("approve with the other key");
    pending(&second, "a second key", "ApproverIsRequester");

    let address = House::new(ONE, "author");
    let mail = "emails: [bob@example.com]";
    let both = "emails: [bob@example.com, bobby@example.org]";
    address.replace("people/bob.yaml", mail, both);
    address.scratch.commit("two addresses");
    address.write_request("jane");
    address.scratch.git(&["add", "-A"]);
    let author = "--author=Bobby <bobby@EXAMPLE.org>";
    address.scratch.git(&["commit", "-q", author, "-m", "ask"]);
    address.state("jane", "approve", "bob");
    address.scratch.commit("approve");
    pending(&address, "a second address", "ApproverIsRequester");
}

/// G5: the groups before the change count as well.
fn joins_the_approvers() {
    let house = House::new(ONE, "signature");
    house.write_request("jane");
    house.replace("people/mallory.yaml", "groups: []", "groups: [platform]");
    house.state("jane", "approve", "mallory");
    house.commit_as("robot", true, "ask, join and approve");
    pending(&house, "one commit", "ControlChangedTogether");
    house.state("jane", "approve", "bob");
    house.commit_as("bob", true, "approve");
    assert_eq!(house.judged("jane").0, "approved");
}

/// G6: words in a commit are words, whoever signs it.
fn trailers() {
    let house = House::with_request(ONE);
    let words = "touch\n\nApproved-by: Bob <bob@example.com>\nReviewed-by: Bob <bob@example.com>\n\
                 Signed-off-by: Bob <bob@example.com>";
    for signs in [false, true] {
        let text = format!("{signs}\n");
        house.scratch.write("repo/notes.txt", text);
        house.commit_as("bob", signs, words);
        pending(&house, "a trailer", "ApprovalMissing");
    }
    house.scratch.git(&["switch", "-q", "-c", "side"]);
    house.scratch.write("repo/notes.txt", "side\n");
    house.commit_as("jane", false, "side");
    house.scratch.git(&["switch", "-q", "main"]);
    let merge = ["merge", "-q", "--no-ff", "-m", words, "side"];
    house.scratch.git(&merge);
    pending(&house, "a merge with a trailer", "ApprovalMissing");
}

/// G8: an approval that moves along with the file is about the old path.
fn renamed_after_approval() {
    let house = House::with_request(ONE);
    house.state("jane", "approve", "bob");
    house.commit_as("bob", true, "approve");
    assert_eq!(house.judged("jane").0, "approved");
    house.scratch.sh(
        "cd repo/requests; mkdir team; git mv jane.yaml team/jane.yaml; git mv jane.approvals team/jane.approvals",
    );
    house.commit_as("jane", true, "rename");
    let report = house.plan();
    let (verdict, codes) = crate::house::judged(&report, "team/jane");
    assert_eq!(verdict, "pending", "{codes:?}");
    assert_eq!(codes, ["ApprovalMissing", "ApprovalPath"]);
    let reason = &report["results"][0]["reasons"][1];
    assert_eq!(reason["message"], "it is about `jane`");
    assert_eq!(reason["help"], "gitca approve team/jane");
}

/// G17: an approval is for one repository, one branch and one path.
fn approvals_of_something_else() {
    let house = House::with_request(ONE);
    let other = "11111111-2222-4333-8444-555555555555";
    for (pointer, value, code) in [
        ("/predicate/repository", other, "ApprovalRepository"),
        ("/predicate/branch", "staging", "ApprovalBranch"),
        ("/subject/0/name", "requests/other.yaml", "ApprovalPath"),
    ] {
        let mut statement: Value = house.statement("jane", "approve", "bob");
        *statement.pointer_mut(pointer).expect("the field is there") = json!(value);
        let signed = house.sign(&statement, "bob", NAMESPACE);
        let path = house.put("jane", "bob", &signed);
        house.scratch.commit("copied");
        pending(&house, pointer, code);
        house.scratch.sh(&format!("rm {path} {path}.sig"));
    }
    // The same bytes under another path: the statement that lies beside them is about the first.
    house.state("jane", "approve", "bob");
    house.scratch.sh(
        "cd repo/requests; mkdir team; cp jane.yaml team/jane.yaml; cp -r jane.approvals team/jane.approvals",
    );
    house.commit_as("jane", true, "a copy");
    assert_eq!(house.judged("jane").0, "approved");
    let (verdict, codes) = house.judged("team/jane");
    assert_eq!(verdict, "pending", "{codes:?}");
    assert!(codes.contains(&"ApprovalPath".to_owned()), "{codes:?}");
    // However often: what stands where it belongs counts.
    house.scratch.sh(
        "cd repo/requests; for n in $(seq 100); do mkdir a$n; cp jane.yaml a$n; cp -r jane.approvals a$n; done",
    );
    house.commit_as("jane", true, "a hundred copies");
    assert_eq!(house.judged("jane").0, "approved");
}
