//! However a request was landed, its mainline commit, its maker and everybody with a hand in it are found.

use std::sync::Arc;

use gitca::names::{ObjectId, RequestName};
use gitca::snapshot::{Authorship, Introduction};

use crate::repository::{Repo, proposed};

pub(crate) const REQUEST: &str = "requests/dev/joe.yaml";

fn joe() -> RequestName {
    "dev/joe".parse().expect("a name")
}

impl Repo {
    /// Commits the work tree as this person.
    pub(crate) fn by(&self, person: &str, message: &str) -> ObjectId {
        self.git(&["add", "--all"]);
        self.commit_as(person, message)
    }

    pub(crate) fn commit_as(&self, person: &str, message: &str) -> ObjectId {
        let author = format!("--author={person} <{person}@example.com>");
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message, &author]);
        self.head()
    }

    /// Writes the request as this person would.
    pub(crate) fn ask(&self, person: &str, bytes: &str) -> ObjectId {
        self.write(REQUEST, bytes);
        self.by(person, "ask")
    }

    pub(crate) fn on(&self, branch: &str) {
        self.git(&["switch", "--quiet", branch]);
    }

    pub(crate) fn branch(&self, branch: &str) {
        self.git(&["switch", "--quiet", "-c", branch]);
    }

    pub(crate) fn merge(&self, person: &str, branches: &[&str]) -> ObjectId {
        self.git(&[&["merge", "--quiet", "--no-ff", "--no-commit"], branches].concat());
        self.commit_as(person, "merge")
    }

    pub(crate) fn meanwhile(&self) {
        self.write("src/other", &self.head().to_string());
        self.by("mia", "meanwhile");
    }
}

fn merge(repo: &Repo) -> ObjectId {
    repo.branch("side");
    repo.ask("joe", "joe 1\n");
    repo.on("main");
    repo.meanwhile();
    repo.merge("eve", &["side"])
}

fn merge_of_two(repo: &Repo) -> ObjectId {
    repo.branch("side");
    repo.ask("sam", "joe 1\n");
    repo.ask("joe", "joe 2\n");
    repo.write("src/x", "inert");
    repo.by("ann", "help");
    repo.on("main");
    repo.meanwhile();
    repo.merge("eve", &["side"])
}

fn merge_of_a_branch_that_merged_main(repo: &Repo) -> ObjectId {
    repo.branch("side");
    repo.ask("joe", "joe 1\n");
    repo.on("main");
    repo.meanwhile();
    repo.on("side");
    repo.merge("joe", &["main"]);
    repo.on("main");
    repo.merge("eve", &["side"])
}

fn squash(repo: &Repo) -> ObjectId {
    repo.branch("side");
    repo.ask("joe", "joe 1\n");
    repo.on("main");
    repo.git(&["merge", "--quiet", "--squash", "side"]);
    let message = "squash\n\nCo-authored-by: Sam <sam@example.com>";
    repo.commit_as("eve", message)
}

fn rebase(repo: &Repo) -> ObjectId {
    repo.branch("side");
    repo.ask("sam", "joe 1\n");
    repo.ask("joe", "joe 2\n");
    repo.on("main");
    repo.meanwhile();
    repo.on("side");
    repo.git(&["rebase", "--quiet", "main"]);
    repo.on("main");
    repo.git(&["merge", "--quiet", "--ff-only", "side"]);
    repo.head()
}

fn fast_forward(repo: &Repo) -> ObjectId {
    repo.branch("side");
    let made = repo.ask("joe", "joe 1\n");
    repo.write("src/x", "inert");
    repo.by("sam", "more");
    repo.on("main");
    repo.git(&["merge", "--quiet", "--ff-only", "side"]);
    made
}

fn direct_push(repo: &Repo) -> ObjectId {
    let made = repo.ask("joe", "joe 1\n");
    repo.meanwhile();
    made
}

fn octopus(repo: &Repo) -> ObjectId {
    repo.branch("other");
    repo.meanwhile();
    repo.on("main");
    repo.branch("side");
    repo.ask("joe", "joe 1\n");
    repo.on("main");
    repo.write("README", "x");
    repo.by("mia", "readme");
    repo.merge("eve", &["other", "side"])
}

fn evil_merge(repo: &Repo) -> ObjectId {
    repo.branch("side");
    repo.ask("joe", "joe 1\n");
    repo.on("main");
    repo.git(&["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
    repo.ask("eve", "joe 2\n")
}

fn there_and_back(repo: &Repo) -> ObjectId {
    repo.ask("joe", "joe 1\n");
    repo.ask("sam", "joe 2\n");
    let made = repo.ask("ann", "joe 1\n");
    repo.meanwhile();
    made
}

fn deleted_and_added(repo: &Repo) -> ObjectId {
    repo.ask("joe", "joe 1\n");
    repo.git(&["rm", "--quiet", REQUEST]);
    repo.by("sam", "remove");
    repo.ask("ann", "joe 1\n")
}

fn moved(repo: &Repo) -> ObjectId {
    repo.write("requests/old.yaml", "joe 1\n");
    repo.by("joe", "ask");
    std::fs::create_dir_all(repo.path().join("requests/dev")).expect("a directory");
    repo.git(&["mv", "requests/old.yaml", REQUEST]);
    repo.by("sam", "move")
}

fn revert_by_merge(repo: &Repo) -> ObjectId {
    repo.ask("joe", "joe 1\n");
    repo.git(&["branch", "old"]);
    repo.ask("sam", "joe 2\n");
    repo.on("old");
    repo.meanwhile();
    repo.on("main");
    repo.git(&["merge", "--quiet", "--no-ff", "--no-commit", "old"]);
    repo.ask("eve", "joe 1\n")
}

fn edited_after(repo: &Repo) -> ObjectId {
    merge(repo);
    repo.branch("edit");
    repo.ask("sam", "joe 2\n");
    repo.on("main");
    repo.meanwhile();
    repo.merge("ann", &["edit"])
}

fn merge_queue(repo: &Repo) -> ObjectId {
    repo.branch("side");
    repo.ask("joe", "joe 1\n");
    repo.on("main");
    repo.branch("queue");
    repo.meanwhile();
    let landed = repo.merge("bot", &["side"]);
    repo.on("main");
    repo.git(&["merge", "--quiet", "--ff-only", "queue"]);
    landed
}

fn foxtrot(repo: &Repo) -> ObjectId {
    repo.branch("side");
    repo.ask("joe", "joe 1\n");
    repo.on("main");
    repo.meanwhile();
    repo.on("side");
    repo.merge("eve", &["main"]);
    repo.on("main");
    repo.git(&["merge", "--quiet", "--ff-only", "side"]);
    // The side is now the mainline.
    repo.open()
        .resolve("HEAD^1")
        .expect("the commit of the side")
}

fn unrelated(repo: &Repo) -> ObjectId {
    repo.git(&["switch", "--quiet", "--orphan", "side"]);
    repo.ask("joe", "joe 1\n");
    repo.on("main");
    repo.git(&[
        "merge",
        "--quiet",
        "--no-ff",
        "--no-commit",
        "--allow-unrelated-histories",
        "side",
    ]);
    repo.commit_as("eve", "merge")
}

pub(crate) fn names(people: &[Arc<Authorship>]) -> Vec<&str> {
    let mut names: Vec<&str> = people
        .iter()
        .filter_map(|person| Some(person.author.as_ref()?.name.as_str()))
        .collect();
    names.sort_unstable();
    names
}

pub(crate) fn found(repo: &Repo) -> Introduction {
    let opened = repo.open();
    let snapshot = opened.snapshot(repo.head()).expect("a snapshot");
    let history = opened.history(repo.head(), None, &snapshot);
    let mut history = history.expect("a history");
    history
        .introductions
        .remove(&joe())
        .expect("it is on the mainline")
}

/// A name, what lands the request and says which commit brought it, its maker, everybody with a hand in it.
pub(crate) type Row<T> = (
    &'static str,
    fn(&Repo) -> T,
    &'static str,
    &'static [&'static str],
);

#[test]
fn a_landing_tells_who_made_a_request_and_who_had_a_hand_in_it() {
    let rows: [Row<ObjectId>; 17] = [
        // Whoever presses the button, an approver perhaps, has no hand in it.
        ("merge", merge, "joe", &["joe"]),
        ("merge of two", merge_of_two, "joe", &["joe", "sam"]),
        (
            "merge of a branch that merged main",
            merge_of_a_branch_that_merged_main,
            "joe",
            &["joe"],
        ),
        ("squash", squash, "eve", &["eve"]),
        ("rebase", rebase, "joe", &["joe", "sam"]),
        ("fast forward", fast_forward, "joe", &["joe"]),
        ("direct push", direct_push, "joe", &["joe"]),
        ("octopus", octopus, "joe", &["joe"]),
        ("evil merge", evil_merge, "eve", &["eve", "joe"]),
        ("a, b, a", there_and_back, "ann", &["ann", "joe", "sam"]),
        ("deleted and added", deleted_and_added, "ann", &["ann"]),
        ("moved", moved, "sam", &["sam"]),
        (
            "revert by merge",
            revert_by_merge,
            "eve",
            &["eve", "joe", "sam"],
        ),
        ("edited after", edited_after, "sam", &["joe", "sam"]),
        ("merge queue", merge_queue, "joe", &["joe"]),
        ("foxtrot", foxtrot, "joe", &["joe"]),
        ("unrelated", unrelated, "joe", &["joe"]),
    ];
    for (name, land, maker, contributors) in rows {
        let repo = Repo::with_request();
        let landed = land(&repo);
        let found = found(&repo);
        assert_eq!(found.commit, landed, "{name}");
        let made = found.maker.as_slice();
        assert_eq!(names(made), [maker], "{name}");
        assert_eq!(names(&found.contributors), contributors, "{name}");
        // All at once until here; rising, falling, and as they come.
        for date in ["1893456000 + n", "1893456000 - n", "1893456000 + n * 7 % 5"] {
            repo.redate(date);
            let found = self::found(&repo);
            assert_eq!(names(found.maker.as_slice()), [maker], "{name}: {date}");
            assert_eq!(names(&found.contributors), contributors, "{name}: {date}");
        }
    }
}

#[test]
fn a_proposal_tells_the_same_before_the_merge_as_after_it() {
    let rows: [Row<()>; 3] = [
        (
            "new",
            |repo| {
                repo.branch("side");
                repo.ask("sam", "joe 1\n");
                repo.ask("joe", "joe 2\n");
            },
            "joe",
            &["joe", "sam"],
        ),
        (
            "edited",
            |repo| {
                repo.ask("ann", "joe 0\n");
                repo.branch("side");
                repo.ask("joe", "joe 1\n");
            },
            "joe",
            &["ann", "joe"],
        ),
        (
            "brought up to date",
            |repo| {
                repo.branch("side");
                repo.ask("joe", "joe 1\n");
                repo.on("main");
                repo.meanwhile();
                repo.on("side");
                repo.merge("joe", &["main"]);
            },
            "joe",
            &["joe"],
        ),
    ];
    for (name, propose, maker, contributors) in rows {
        let repo = Repo::with_request();
        propose(&repo);
        repo.on("main");
        repo.meanwhile();
        let opened = repo.open();
        let commit = |name: &str| opened.resolve(name).expect("a commit");
        let history = proposed(&opened, commit("main"), commit("side"));
        assert_eq!(history.introductions.len(), 1, "{name}");
        let before = &history.introductions[&joe()];
        repo.merge("eve", &["side"]);
        let after = found(&repo);
        for found in [before, &after] {
            assert_eq!(names(found.maker.as_slice()), [maker], "{name}");
            assert_eq!(names(&found.contributors), contributors, "{name}");
        }
    }
}

#[test]
fn a_squash_keeps_its_co_authors() {
    let repo = Repo::with_request();
    squash(&repo);
    let maker = found(&repo).maker.expect("the maker is known");
    let sam = vec!["sam@example.com".to_owned()];
    assert_eq!(maker.co_authors, Some(sam));
}
