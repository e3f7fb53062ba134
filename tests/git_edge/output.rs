//! What became of `issued/` since the last run, whoever touched it.

use gitca::git::{Condition, OutputZone, RunCommit};
use gitca::names::ObjectId;
use gitca::trust::{Flaw, Proof};

use crate::repository::Repo;

const CERTIFICATE: &str = "issued/dev/jane/certificate.pem";

impl Repo {
    /// Commits the work tree as a run would, with this commit as its base.
    fn run_on(&self, base: ObjectId, time: &str) -> ObjectId {
        let message = format!(
            "issue: 1 certificate\n\nGitca-Version: 0.1.0\nGitca-Base: {base}\nGitca-Issued: 1\nGitca-Issued-At: {time}\n"
        );
        self.git(&["add", "--all"]);
        let author = "--author=gitca <gitca@example.com>";
        self.git(&["commit", "--quiet", "-m", &message, author]);
        self.head()
    }

    fn run(&self, certificate: &str) -> ObjectId {
        self.write(CERTIFICATE, certificate);
        self.run_on(self.head(), "2030-01-01T00:00:00Z")
    }

    fn zone(&self, anchor: Option<ObjectId>) -> OutputZone {
        self.zone_by(Proof::Signature, anchor)
    }

    fn zone_by(&self, proof: Proof, anchor: Option<ObjectId>) -> OutputZone {
        let mut judge = |run: &RunCommit, _| {
            let author = run.authorship.author.as_ref();
            let is_bot = author.is_some_and(|author| author.email == "gitca@example.com");
            Ok(is_bot.then_some(proof).ok_or(Flaw::Stranger))
        };
        let zone = self.open().output_zone(self.head(), anchor, &mut judge);
        zone.expect("the history can be read")
    }

    fn condition(&self) -> (ObjectId, Condition) {
        let zone = self.zone(None);
        (zone.source, zone.condition)
    }
}

#[test]
fn what_a_run_left_is_intact_until_somebody_touches_it() {
    let repo = Repo::with_request();
    let begin = repo.head();
    assert_eq!(repo.condition(), (begin, Condition::Intact));
    repo.run("one");
    let run = repo.run("two");
    assert_eq!(repo.condition(), (run, Condition::Intact));
    repo.write("requests/dev/joe.yaml", "joe\n");
    repo.commit("ask");
    let zone = repo.zone(None);
    assert_eq!((zone.source, zone.condition), (run, Condition::Intact));
    assert_eq!(zone.run.map(|run| run.issued), Some(1));

    repo.write(CERTIFICATE, "three");
    let first = repo.commit("forge");
    repo.commit("later");
    let foreign = |commit| (run, Condition::Foreign(commit, Flaw::Unmarked));
    assert_eq!(repo.condition(), foreign(first));
    repo.write(CERTIFICATE, "four");
    repo.commit("forge more");
    assert_eq!(repo.condition(), foreign(first));

    repo.write(CERTIFICATE, "two");
    repo.commit("restore");
    let restored = Condition::Restored(first, Flaw::Unmarked);
    assert_eq!(repo.condition(), (run, restored));
    repo.write(CERTIFICATE, "five");
    let again = repo.commit("forge again");
    assert_eq!(repo.condition(), foreign(again));
    repo.write(CERTIFICATE, "two");
    repo.commit("restore again");
    let next = repo.run("three");
    assert_eq!(repo.condition(), (next, Condition::Intact));
}

#[test]
fn what_was_there_at_the_anchor_is_the_beginning() {
    let repo = Repo::new();
    repo.write("issued/early/certificate.pem", "early");
    repo.commit("before");
    repo.write("policies/settings.yaml", "kind: Settings\n");
    let first = repo.commit("policies");
    repo.write(CERTIFICATE, "one");
    let second = repo.commit("by hand");
    let foreign = Condition::Foreign(second, Flaw::Unmarked);
    assert_eq!(repo.condition(), (first, foreign));
    let zone = repo.zone(Some(second));
    assert_eq!((zone.source, zone.run), (second, None));
    assert_eq!(zone.condition, Condition::Intact);
    let run = repo.run("two");
    let zone = repo.zone(Some(run));
    assert_eq!((zone.source, zone.run), (run, None));
}

#[test]
fn files_that_nobody_reads_may_come_and_go_but_not_beside_a_certificate() {
    let repo = Repo::with_request();
    repo.write("issued/dev/jane/request.yaml", "jane 1\n");
    let run = repo.run("one");
    for path in [
        "issued/README.md",
        "issued/dev/.gitattributes",
        "issued/dev/OWNERS",
    ] {
        repo.write(path, "hello\n");
        repo.commit(path);
        assert_eq!(repo.condition(), (run, Condition::Intact), "{path}");
    }
    repo.write("issued/dev/jane/README.md", "hello\n");
    let foreign = repo.commit("beside");
    let condition = Condition::Foreign(foreign, Flaw::Unmarked);
    assert_eq!(repo.condition(), (run, condition));
}

#[test]
fn a_commit_that_has_not_the_form_of_a_run_is_none() {
    type Row = (Flaw, fn(&Repo) -> ObjectId);
    let rows: [Row; 5] = [
        (Flaw::Moved, |repo| {
            let base = repo.head();
            repo.commit("between");
            repo.write(CERTIFICATE, "two");
            repo.run_on(base, "2030-01-01T00:00:00Z")
        }),
        (Flaw::Wider, |repo| {
            repo.write("policies/more.yaml", "x\n");
            repo.run("two")
        }),
        (Flaw::Merge, |repo| {
            repo.git(&["switch", "--quiet", "-c", "side"]);
            repo.commit("side");
            repo.git(&["switch", "--quiet", "main"]);
            let base = repo.head();
            repo.git(&["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
            repo.write(CERTIFICATE, "two");
            repo.run_on(base, "2030-01-01T00:00:00Z")
        }),
        (Flaw::Stranger, |repo| {
            repo.run("two");
            let author = "--author=eve <eve@example.com>";
            repo.git(&["commit", "--quiet", "--amend", "--no-edit", author]);
            repo.head()
        }),
        (Flaw::Backdated, |repo| {
            repo.write(CERTIFICATE, "two");
            repo.run_on(repo.head(), "2029-12-31T23:59:59Z")
        }),
    ];
    for (flaw, make) in rows {
        let repo = Repo::with_request();
        let run = repo.run("one");
        let fake = make(&repo);
        let foreign = Condition::Foreign(fake, flaw);
        assert_eq!(repo.condition(), (run, foreign), "{flaw:?}");
    }
}

#[test]
fn a_commit_of_files_that_nobody_reads_is_no_run() {
    let repo = Repo::with_request();
    let run = repo.run("one");
    for path in ["issued/README.md", "issued/_crl/OWNERS"] {
        repo.write(path, "forged\n");
        let forged = repo.run_on(repo.head(), "2099-12-31T23:59:59Z");
        assert_eq!(repo.open().run_commit(forged).ok(), Some(Err(Flaw::Empty)));
        assert_eq!(repo.condition(), (run, Condition::Intact), "{path}");
    }
}

#[test]
fn a_run_is_proven_by_its_key_or_by_the_clone_that_made_it() {
    let repo = Repo::with_request();
    let first = repo.run("one");
    repo.open().remember_run(first);
    let zone = repo.zone_by(Proof::AuthorLine, None);
    assert_eq!((zone.source, zone.is_proven), (first, true));
    // Whoever writes the bot's name can write any time.
    repo.write(CERTIFICATE, "two");
    let later = repo.run_on(repo.head(), "9998-01-01T00:00:00Z");
    for (proof, is_proven) in [(Proof::Signature, true), (Proof::AuthorLine, false)] {
        let zone = repo.zone_by(proof, None);
        assert_eq!((zone.source, zone.is_proven), (later, is_proven));
    }
    let next = repo.run("three");
    let zone = repo.zone_by(Proof::AuthorLine, None);
    assert_eq!((zone.source, zone.is_proven), (next, false));
    assert_eq!(zone.condition, Condition::Intact);
}

#[test]
fn a_merge_that_makes_a_branch_the_mainline_is_told_from_a_foreign_change() {
    let repo = Repo::with_request();
    let begin = repo.head();
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.write("requests/dev/joe.yaml", "joe\n");
    repo.commit("ask");
    repo.git(&["switch", "--quiet", "main"]);
    repo.run("one");
    repo.write("src/x", "inert");
    let old = repo.commit("more");
    repo.git(&["switch", "--quiet", "side"]);
    repo.git(&[
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "bring up to date",
        "main",
    ]);
    let merge = repo.head();
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--ff-only", "side"]);
    repo.commit("later");
    let swapped = Condition::Swapped { merge, old };
    assert_eq!(repo.condition(), (begin, swapped));

    // What was lost with the old mainline is not back when `issued/` is as it was before it.
    let bad = repo.head().to_string();
    repo.git(&["rm", "--quiet", "-r", "issued"]);
    repo.commit("no repair");
    assert_eq!(repo.condition(), (begin, swapped));
    repo.git(&["reset", "--quiet", "--hard", &old.to_string()]);
    repo.git(&["merge", "--quiet", "--no-ff", "-m", "repair", &bad]);
    assert_eq!(repo.condition().1, Condition::Intact);
}

#[test]
fn an_evil_merge_that_brings_back_an_old_state_is_a_foreign_change() {
    let repo = Repo::with_request();
    repo.run("one");
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.commit("side");
    repo.git(&["switch", "--quiet", "main"]);
    let run = repo.run("two");
    repo.git(&["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
    repo.write(CERTIFICATE, "one");
    let evil = repo.commit("merge");
    let foreign = Condition::Foreign(evil, Flaw::Unmarked);
    assert_eq!(repo.condition(), (run, foreign));
}
