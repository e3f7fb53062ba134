//! Which mainline commit brought a request, and who wrote it.

use std::collections::BTreeMap;

use gitca::finding::{Code, Stop};
use gitca::git::History;
use gitca::names::{ObjectId, RequestName};
use gitca::snapshot::{Author, Blob, Introduction, Snapshot};

use crate::repository::Repo;

fn jane() -> RequestName {
    "dev/jane".parse().expect("a name")
}

fn introduced(repo: &Repo, anchor: Option<ObjectId>) -> BTreeMap<RequestName, Introduction> {
    let opened = repo.open();
    let tip = repo.head();
    let snapshot = opened.snapshot(tip).expect("a snapshot");
    let history = opened.history(tip, anchor, &snapshot);
    history.expect("a history").introductions
}

fn by(repo: &Repo, person: &str, message: &str) -> ObjectId {
    let author = format!("--author={person} <{person}@example.com>");
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "-m", message, &author]);
    repo.head()
}

fn author(introduction: &Introduction) -> &Author {
    let maker = introduction.maker.as_ref();
    let author = maker.expect("the maker is known").author.as_ref();
    author.expect("it has an author")
}

#[test]
fn a_return_to_old_bytes_is_a_new_introduction() {
    let repo = Repo::with_request();
    repo.write("requests/dev/jane.yaml", "jane 2\n");
    repo.commit("b");
    repo.write("requests/dev/jane.yaml", "jane 1\n");
    let again = repo.commit("a again");
    repo.write("src/x", "inert");
    repo.commit("other");
    let found = &introduced(&repo, None)[&jane()];
    assert_eq!((found.commit, found.position), (again, 2));
    assert_eq!(found.committed.to_string(), "2029-12-01T00:00:00Z");
    assert_eq!(author(found).email, "ann@example.com");
    assert!(!found.touches_control);
}

#[test]
fn a_merge_brings_what_its_side_made() {
    let repo = Repo::with_request();
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.write("requests/dev/joe.yaml", "joe\n");
    by(&repo, "joe", "ask");
    repo.write("src/x", "inert");
    by(&repo, "sam", "help");
    repo.git(&["switch", "--quiet", "main"]);
    repo.write("README", "x");
    repo.commit("meanwhile");
    repo.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    let merge = repo.head();
    repo.commit("later");
    let found = introduced(&repo, None);
    let joe = &found[&"dev/joe".parse().expect("a name")];
    assert_eq!((joe.commit, joe.position), (merge, 2));
    assert_eq!(author(joe).name, "joe");
    assert_eq!(found[&jane()].position, 0);
}

#[test]
fn an_evil_merge_is_written_by_who_merged() {
    let repo = Repo::with_request();
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.write("requests/dev/joe.yaml", "joe\n");
    by(&repo, "joe", "ask");
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
    repo.write("requests/dev/joe.yaml", "changed\n");
    let merge = by(&repo, "eve", "merge");
    let joe = &introduced(&repo, None)[&"dev/joe".parse().expect("a name")];
    assert_eq!((joe.commit, author(joe).name.as_str()), (merge, "eve"));
}

#[test]
fn a_merge_that_brings_back_old_bytes_is_who_did_it() {
    let repo = Repo::with_request();
    repo.git(&["branch", "old"]);
    repo.write("requests/dev/jane.yaml", "jane 2\n");
    repo.commit("b");
    repo.git(&["switch", "--quiet", "old"]);
    repo.write("src/x", "inert");
    by(&repo, "joe", "more");
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--no-ff", "--no-commit", "old"]);
    repo.write("requests/dev/jane.yaml", "jane 1\n");
    let merge = by(&repo, "eve", "merge");
    let found = &introduced(&repo, None)[&jane()];
    assert_eq!((found.commit, found.position), (merge, 2));
    assert_eq!(author(found).name, "eve");
}

#[test]
fn a_squash_brings_what_it_holds() {
    let repo = Repo::with_request();
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.write("requests/dev/joe.yaml", "joe\n");
    by(&repo, "joe", "ask");
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--squash", "side"]);
    let squash = by(&repo, "eve", "squash");
    let joe = &introduced(&repo, None)[&"dev/joe".parse().expect("a name")];
    assert_eq!((joe.commit, author(joe).name.as_str()), (squash, "eve"));
}

#[test]
fn a_change_of_the_control_zone_is_told_but_not_of_the_anchor() {
    let repo = Repo::new();
    repo.write("requests/early.yaml", "early\n");
    repo.commit("before the anchor");
    repo.write("policies/a.yaml", "a\n");
    repo.write("requests/first.yaml", "first\n");
    let anchor = repo.commit("anchor");
    repo.write("templates/a.j2", "a\n");
    repo.write("requests/second.yaml", "second\n");
    let second = repo.commit("both");
    for given in [None, Some(anchor)] {
        let found = introduced(&repo, given);
        let told: Vec<_> = found
            .values()
            .map(|found| (found.commit, found.position, found.touches_control))
            .collect();
        assert_eq!(
            told,
            [(anchor, 0, false), (anchor, 0, false), (second, 1, true)]
        );
    }
}

#[test]
fn an_anchor_off_the_mainline_stops() {
    let repo = Repo::with_request();
    repo.git(&["switch", "--quiet", "-c", "side"]);
    let side = repo.commit("side");
    repo.git(&["switch", "--quiet", "main"]);
    repo.commit("main");
    repo.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    let opened = repo.open();
    for snapshot in [
        Snapshot::default(),
        opened.snapshot(repo.head()).expect("a snapshot"),
    ] {
        let error = opened
            .history(repo.head(), Some(side), &snapshot)
            .expect_err("it is beside");
        let stop = error.downcast_ref::<Stop>().expect("a stop");
        assert_eq!(stop.0[0].reason.code, Code::AnchorNotOnMainline);
    }
}

#[test]
fn an_anchor_that_was_found_once_is_remembered_as_far_as_that() {
    let repo = Repo::with_request();
    let anchor = repo.head();
    repo.write("src/x", "one");
    let tip = repo.commit("one");
    let opened = repo.open();
    let snapshot = opened.snapshot(tip).expect("a snapshot");
    let is_there = |anchor, tip| opened.history(tip, Some(anchor), &snapshot).is_ok();
    repo.git(&["switch", "--quiet", "--orphan", "other"]);
    repo.write("policies/settings.yaml", "kind: Settings\n");
    let other = repo.commit("other");
    opened.remember_anchor(anchor, tip);
    assert_eq!(repo.read(".git/gitca/anchor"), format!("{anchor} {tip}\n"));
    assert!(is_there(anchor, tip) && is_there(tip, tip));
    assert!(!is_there(other, tip) && !is_there(anchor, other));
    // What is no note, or cut off, is none.
    for note in ["", "x", &format!("{other} {}", &tip.to_string()[..39])] {
        repo.write(".git/gitca/anchor", note);
        assert!(is_there(anchor, tip) && !is_there(other, tip), "{note}");
    }
}

#[test]
fn a_request_that_the_tip_does_not_have_is_left_out() {
    let repo = Repo::with_request();
    let mut snapshot = repo.open().snapshot(repo.head()).expect("a snapshot");
    let other = Blob {
        id: repo.blob(b"other"),
        bytes: b"other".to_vec(),
    };
    for name in ["dev/jane", "dev/joe", "x/y", "z"] {
        let name = name.parse().expect("a name");
        snapshot.open.insert(name, other.clone());
    }
    let found = repo.open().history(repo.head(), None, &snapshot);
    assert_eq!(found.expect("a history"), History::default());
}

#[test]
fn each_request_of_many_directories_finds_its_commit() {
    let repo = Repo::with_request();
    let mut commits = BTreeMap::new();
    for name in ["a", "a-b", "a/b", "a/c/d", "a.b/c", "b/c", "a/b-c", "a/c/e"] {
        // `a` and `a/` may not be together, as outputs would collide.
        let name = if name == "a" { "z" } else { name };
        repo.write(&format!("requests/{name}.yaml"), name);
        let commit = repo.commit(name);
        commits.insert(name.parse().expect("a name"), commit);
    }
    commits.insert(
        jane(),
        super::repository::object(&repo.git(&["rev-list", "--max-parents=0", "HEAD"])),
    );
    let found = introduced(&repo, None);
    let found: BTreeMap<_, _> = found
        .into_iter()
        .map(|(name, found)| (name, found.commit))
        .collect();
    assert_eq!(found, commits);
}
