//! Bytes that a merge brings back were made by somebody, who keeps a hand in them.

use std::time::{Duration, Instant};

use crate::landings::{REQUEST, Row, found, names};
use crate::repository::{Repo, git};

impl Repo {
    fn remove(&self) {
        self.git(&["rm", "--quiet", REQUEST]);
        self.by("sam", "remove");
    }

    /// Makes the branch `side`: one merge of these commits into `main`, which has the request as the first of them had it.
    fn bring_back(&self, from: &[String]) {
        self.branch("side");
        self.git(&["checkout", "--quiet", &from[0], "--", REQUEST]);
        let tree = self.git(&["write-tree"]);
        let mut arguments = vec!["commit-tree", &tree, "-m", "back", "-p", "HEAD"];
        for commit in from {
            arguments.extend(["-p", commit]);
        }
        let merge = self.git(&arguments);
        self.git(&["reset", "--quiet", "--hard", &merge]);
    }

    /// Merges `side`, behind which the bytes are brought back.
    fn take_back(&self) {
        self.on("main");
        self.merge("eve", &["side"]);
    }
}

fn head(repo: &Repo) -> String {
    repo.head().to_string()
}

fn once(repo: &Repo) {
    repo.ask("joe", "joe 1\n");
    let asked = head(repo);
    repo.remove();
    repo.bring_back(&[asked]);
    repo.take_back();
}

/// Others have changed other files before it was removed.
fn after_a_while(repo: &Repo) {
    repo.ask("joe", "joe 1\n");
    for _ in 0..3 {
        repo.meanwhile();
    }
    let asked = head(repo);
    repo.remove();
    repo.bring_back(&[asked]);
    repo.meanwhile();
    repo.take_back();
}

/// It was merged by ann.
fn from_behind_a_merge(repo: &Repo) {
    repo.branch("first");
    repo.ask("bea", "joe 0\n");
    repo.ask("joe", "joe 1\n");
    repo.on("main");
    repo.meanwhile();
    repo.merge("ann", &["first"]);
    let asked = head(repo);
    repo.remove();
    repo.bring_back(&[asked]);
    repo.take_back();
}

fn made_twice(repo: &Repo) {
    repo.ask("joe", "joe 1\n");
    let first = head(repo);
    repo.remove();
    repo.ask("ann", "joe 1\n");
    let second = head(repo);
    repo.remove();
    repo.bring_back(&[first, second]);
    repo.take_back();
}

fn edited_on_the_mainline(repo: &Repo) {
    once(repo);
    repo.ask("ann", "joe 2\n");
}

/// One that had other bytes is not asked who made these.
fn edited_at_first(repo: &Repo) {
    repo.ask("bea", "joe 0\n");
    let other = head(repo);
    repo.ask("joe", "joe 1\n");
    let asked = head(repo);
    repo.remove();
    repo.bring_back(&[asked, other]);
    repo.take_back();
}

#[test]
fn whoever_made_bytes_that_a_merge_brings_back_has_a_hand_in_them() {
    let rows: [Row<()>; 6] = [
        ("once", once, "eve", &["eve", "joe"]),
        ("after a while", after_a_while, "eve", &["eve", "joe"]),
        (
            "from behind a merge",
            from_behind_a_merge,
            "eve",
            &["eve", "joe"],
        ),
        ("made twice", made_twice, "eve", &["ann", "eve", "joe"]),
        (
            "edited on the mainline",
            edited_on_the_mainline,
            "ann",
            &["ann", "joe"],
        ),
        ("edited at first", edited_at_first, "eve", &["eve", "joe"]),
    ];
    for (name, land, maker, contributors) in rows {
        let repo = Repo::with_request();
        land(&repo);
        let found = found(&repo);
        assert_eq!(names(found.maker.as_slice()), [maker], "{name}");
        assert_eq!(names(&found.contributors), contributors, "{name}");
    }
}

/// How many commits lie between the one that asks and the one that takes it away, until the landing is not searched.
#[test]
fn who_made_bytes_that_come_from_too_far_back_is_unknown() {
    for (commits, is_known) in [(1_000, true), (2_500, false)] {
        let repo = Repo::with_request();
        repo.ask("joe", "joe 1\n");
        let reset = format!("reset refs/heads/main\nfrom {}\n\n", repo.head());
        let commit =
            "commit refs/heads/main\ncommitter T <t@example.com> 1893456000 +0000\ndata 0\n\n";
        let input = reset + &commit.repeat(commits);
        git(repo.path(), &["fast-import", "--quiet"], input.as_bytes());
        let asked = head(&repo);
        repo.remove();
        repo.bring_back(&[asked]);
        repo.take_back();
        let found = found(&repo);
        let maker = found.maker.as_slice();
        let wanted: &[&str] = if is_known { &["eve"] } else { &[] };
        assert_eq!(names(maker), wanted, "{commits}");
    }
}

/// Each brings back another request from the same old commit.
#[test]
fn what_many_landings_lead_back_to_is_compared_once() {
    const LANDINGS: usize = 60;
    let repo = Repo::with_request();
    let commit = |branch: &str, person: &str| {
        format!(
            "commit refs/heads/{branch}\ncommitter {person} <x@example.com> 1890000000 +0000\ndata 1\nx\n"
        )
    };
    let file = |n: usize| format!("M 100644 inline requests/dev/r{n:03}.yaml\ndata 3\n{n:03}\n");
    let mut stream = format!("{}from {}\n", commit("main", "Joe"), repo.head());
    stream.extend((0..LANDINGS).map(file));
    for number in 0..1_900 {
        let readme = format!("M 100644 inline requests/dev/README.md\ndata 4\n{number:04}\n");
        stream.extend([commit("main", "Mia"), readme]);
    }
    let removed = commit("main", "Sam") + "D requests/dev\n";
    stream.extend(["reset refs/heads/old\nfrom refs/heads/main\n", &removed]);
    for number in 0..LANDINGS {
        let side = commit("side", "Ann") + "from refs/heads/main\nmerge refs/heads/old\n";
        let landing = commit("main", "Eve") + "merge refs/heads/side\n";
        // The tree of a merge is that of its first parent here, with what is written.
        stream.extend([side, file(number), landing, file(number)]);
    }
    let import = ["fast-import", "--quiet", "--force"];
    git(repo.path(), &import, stream.as_bytes());
    let repository = repo.open();
    let head = repo.head();
    let snapshot = repository.snapshot(head).expect("a snapshot");
    let start = Instant::now();
    let history = repository.history(head, None, &snapshot);
    let taken = start.elapsed();
    let introductions = history.expect("a history").introductions;
    assert_eq!(introductions.len(), LANDINGS);
    for (name, brought) in &introductions {
        assert_eq!(names(&brought.contributors), ["Eve", "Joe"], "{name}");
    }
    assert!(taken < Duration::from_secs(10), "{taken:?}");
}
