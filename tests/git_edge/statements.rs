//! What the mainline knows of the statements about a request: where each was brought, which were deleted, which are
//! spent.

use gitca::names::{ObjectId, Sha256Digest};
use gitca::snapshot::StatementHistory;

use crate::repository::{Repo, proposed};

const APPROVALS: &str = "requests/dev/jane.approvals";

impl Repo {
    fn say(&self, name: &str, text: &str) {
        self.write(&format!("{APPROVALS}/{name}.json"), text);
        self.sign(name, text);
    }

    fn sign(&self, name: &str, text: &str) {
        let signature = format!("signature of {text}");
        self.write(&format!("{APPROVALS}/{name}.json.sig"), &signature);
    }

    fn unsay(&self, name: &str) {
        for end in ["json", "json.sig"] {
            let file = format!("{APPROVALS}/{name}.{end}");
            std::fs::remove_file(self.path().join(file)).expect("a file");
        }
    }

    fn issue(&self, manifest: &str, approvals: &[&str]) {
        self.write("issued/dev/jane/request.yaml", manifest);
        let digest = |text: &&str| format!("{{\"sha256\": \"{}\"}}", sha256(text));
        let approvals: Vec<String> = approvals.iter().map(digest).collect();
        let approvals = approvals.join(",");
        let provenance = format!("{{\"predicate\": {{\"approvals\": [{approvals}]}}}}\n");
        self.write("issued/dev/jane/provenance.json", &provenance);
    }
}

fn sha256(text: &str) -> Sha256Digest {
    Sha256Digest::of(text.as_bytes())
}

fn history(repo: &Repo, anchor: Option<ObjectId>) -> StatementHistory {
    let opened = repo.open();
    let snapshot = opened.snapshot(repo.head()).expect("a snapshot");
    let history = opened.history(repo.head(), anchor, &snapshot);
    let mut statements = history.expect("a history").statements;
    statements
        .remove(&"dev/jane".parse().expect("a name"))
        .expect("the request is open")
}

fn brought(history: &StatementHistory) -> Vec<(&str, ObjectId, u64, bool)> {
    let brought = history.brought.iter();
    brought
        .map(|(name, at)| (name.as_str(), at.commit, at.position, at.touches_control))
        .collect()
}

fn deleted(history: &StatementHistory) -> Vec<(&str, String, ObjectId)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    let deleted = history.deleted.iter();
    deleted
        .map(|deleted| {
            let statement = text(&deleted.statement.bytes);
            let signature = text(&deleted.signature.bytes);
            assert_eq!(signature, format!("signature of {statement}"));
            (deleted.name.as_str(), statement, deleted.brought.commit)
        })
        .collect()
}

#[test]
fn a_statement_was_brought_by_the_later_commit_of_its_two_files() {
    let repo = Repo::with_request();
    repo.say("ann", "early");
    let early = repo.commit("both at once");
    repo.write(&format!("{APPROVALS}/bob.json"), "late");
    repo.commit("statement");
    repo.sign("bob", "late");
    repo.write("templates/a.j2", "a\n");
    let signature = repo.commit("signature, and a template");
    repo.write(&format!("{APPROVALS}/cid.json"), "unsigned");
    repo.commit("unsigned");
    let found = history(&repo, None);
    assert_eq!(
        brought(&found),
        [
            ("ann.json", early, 1, false),
            ("bob.json", signature, 3, true)
        ]
    );
    assert_eq!(deleted(&found), []);
}

#[test]
fn a_merge_brings_the_statements_of_its_side_at_once() {
    let repo = Repo::with_request();
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.say("ann", "yes");
    repo.commit("approve");
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    let merge = repo.head();
    repo.commit("later");
    let found = history(&repo, None);
    assert_eq!(brought(&found), [("ann.json", merge, 1, false)]);
}

#[test]
fn a_statement_that_comes_again_was_brought_again() {
    let repo = Repo::with_request();
    repo.say("ann", "yes");
    repo.commit("approve");
    repo.unsay("ann");
    repo.commit("withdraw");
    repo.say("ann", "yes");
    let again = repo.commit("approve again");
    let found = history(&repo, None);
    assert_eq!(brought(&found), [("ann.json", again, 3, false)]);
    assert_eq!(deleted(&found), []);
}

#[test]
fn what_was_there_at_the_anchor_was_brought_by_it() {
    let repo = Repo::with_request();
    repo.say("ann", "gone before");
    repo.commit("approve");
    repo.unsay("ann");
    repo.say("bob", "yes");
    repo.commit("approve");
    repo.write("templates/a.j2", "a\n");
    let anchor = repo.commit("anchor");
    let found = history(&repo, Some(anchor));
    assert_eq!(brought(&found), [("bob.json", anchor, 0, false)]);
    assert_eq!(deleted(&found), []);
    let found = history(&repo, None);
    assert_eq!(deleted(&found).len(), 1, "the first commit has policies");
}

#[test]
fn a_statement_that_was_deleted_or_replaced_is_remembered() {
    let repo = Repo::with_request();
    repo.say("ann", "no");
    let denied = repo.commit("deny");
    repo.write("src/x", "inert");
    repo.commit("other");
    repo.unsay("ann");
    repo.commit("delete");
    repo.say("bob", "no");
    let other = repo.commit("deny");
    // The statement stays, but nobody could tell any more whose it is.
    repo.write(&format!("{APPROVALS}/bob.json.sig"), "garbage");
    repo.commit("spoil");
    repo.say("cid", "no");
    let third = repo.commit("deny");
    repo.say("cid", "yes");
    repo.commit("replace");
    let mut found = history(&repo, None);
    found
        .deleted
        .sort_by_key(|deleted| deleted.brought.position);
    assert_eq!(
        deleted(&found),
        [
            ("ann.json", "no".to_owned(), denied),
            ("bob.json", "no".to_owned(), other),
            ("cid.json", "no".to_owned(), third),
        ]
    );
    assert_eq!(found.brought.len(), 2);
}

#[test]
fn a_statement_that_never_reached_the_mainline_is_not_remembered() {
    let repo = Repo::with_request();
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.say("ann", "no");
    repo.commit("deny");
    repo.unsay("ann");
    repo.commit("delete");
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    assert_eq!(history(&repo, None), StatementHistory::default());
}

#[test]
fn what_was_said_and_taken_back_is_remembered_whenever_that_was() {
    let repo = Repo::with_request();
    repo.say("ann", "no");
    let first = repo.commit("deny");
    repo.write("requests/dev/jane.yaml", "jane 2\n");
    repo.unsay("ann");
    repo.commit("other bytes");
    let found = history(&repo, None);
    assert_eq!(deleted(&found), [("ann.json", "no".to_owned(), first)]);

    // The same statement once more was brought when it came last.
    repo.say("ann", "no");
    let last = repo.commit("deny");
    repo.write("requests/dev/jane.yaml", "jane 3\n");
    repo.commit("other bytes, and the denial of the old ones");
    repo.unsay("ann");
    repo.commit("delete");
    let found = history(&repo, None);
    assert_eq!(deleted(&found), [("ann.json", "no".to_owned(), last)]);
}

#[test]
fn what_a_certificate_rested_on_is_spent_for_ever() {
    let repo = Repo::with_request();
    repo.say("ann", "yes");
    repo.commit("approve");
    repo.issue("jane 1\n", &["yes"]);
    repo.commit("issue");
    repo.write("requests/dev/jane.yaml", "jane 2\n");
    repo.say("bob", "yes, too");
    repo.commit("other bytes");
    repo.issue("jane 2\n", &["yes, too"]);
    repo.commit("issue");
    repo.unsay("ann");
    repo.commit("delete");
    repo.write("requests/dev/jane.yaml", "jane 1\n");
    repo.say("ann", "yes");
    repo.commit("old bytes, and the old approval once more");
    let found = history(&repo, None);
    let spent: Vec<_> = found.spent.into_iter().collect();
    let mut expected = vec![sha256("yes"), sha256("yes, too")];
    expected.sort();
    assert_eq!(spent, expected);
}

#[test]
fn a_proposal_knows_the_statements_of_the_base_and_its_own() {
    let repo = Repo::with_request();
    repo.say("ann", "no");
    let denied = repo.commit("deny");
    repo.say("bob", "yes");
    let approved = repo.commit("approve");
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.unsay("ann");
    repo.say("cid", "yes");
    let head = repo.commit("approve, and delete the denial");
    repo.git(&["switch", "--quiet", "main"]);
    repo.write("src/x", "inert");
    let base = repo.commit("meanwhile");
    let opened = repo.open();
    let history = proposed(&opened, base, head);
    let found = &history.statements[&"dev/jane".parse().expect("a name")];
    assert_eq!(
        brought(found),
        [
            ("bob.json", approved, 2, false),
            ("cid.json", head, 4, false)
        ]
    );
    assert_eq!(deleted(found), [("ann.json", "no".to_owned(), denied)]);
    assert_eq!(history.introductions.len(), 1);
}
