//! What is too large to be looked through: landings of too many commits or of too large trees, and files of a work tree.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use gitca::finding::{Code, Finding};
use gitca::names::ObjectId;
use gitca::worktree;

use crate::landings::{found, names};
use crate::repository::{Repo, git, object};

#[test]
fn a_landing_that_is_too_large_has_no_maker() {
    let repo = Repo::with_request();
    let mut stream = String::new();
    for number in 0..=10_000 {
        stream +=
            "commit refs/heads/side\ncommitter Joe <joe@example.com> 1890000000 +0000\ndata 1\nx\n";
        if number == 0 {
            let file = "M 100644 inline requests/dev/joe.yaml\ndata 6\njoe 1\n";
            stream = [stream, format!("from {}\n", repo.head()), file.to_owned()].concat();
        }
    }
    git(
        repo.path(),
        &["fast-import", "--quiet", "--force"],
        stream.as_bytes(),
    );
    let merge = repo.merge("eve", &["side"]);
    let found = found(&repo);
    assert_eq!((found.commit, found.maker), (merge, None));
    assert_eq!(found.contributors, []);
}

/// However short they are, each is read at every push.
#[test]
fn a_change_has_some_2500_commits_at_most() {
    let repo = Repo::with_request();
    let base = repo.head();
    let commit =
        "commit refs/heads/side\ncommitter Joe <joe@example.com> 1890000000 +0000\ndata 1\nx\n";
    let stream = format!("{commit}from {base}\n{}", commit.repeat(2_500));
    git(repo.path(), &["fast-import", "--quiet"], stream.as_bytes());
    let repository = repo.open();
    let refused = |head: &str| {
        let head = repository.resolve(head).expect("a commit");
        let proposal = repository.propose(base, head);
        proposal.err().map(|error| error.to_string())
    };
    assert_eq!(refused("side~1"), None);
    let told = refused("side").unwrap_or_default();
    assert!(told.contains("each counted as 3355 at least"), "{told}");
}

/// The clock of whoever made one commit of the mainline was wrong.
#[test]
fn what_the_mainline_has_is_brought_by_nobody_whatever_its_dates() {
    for commits in [2, 11_000] {
        let repo = Repo::with_request();
        let commit = |branch: &str, person: &str, seconds: u32| {
            format!(
                "commit refs/heads/{branch}\ncommitter {person} <x@example.com> {seconds} +0000\ndata 1\nx\n"
            )
        };
        let later = commit("main", "Sam", 1_893_456_000);
        let ask = "M 100644 inline requests/dev/joe.yaml\ndata 1\n";
        let stream = [
            commit("main", "Mal", 1_893_456_000),
            format!("from {}\n{ask}m\n", repo.head()),
            format!("{later}D requests/dev/joe.yaml\n"),
            later.repeat(commits),
            commit("side", "Joe", 1_893_456_000),
            format!("from refs/heads/main\n{ask}j\n"),
            commit("main", "Sam", 1_000_000_000),
            later,
        ];
        let stream = stream.concat();
        git(
            repo.path(),
            &["fast-import", "--quiet", "--force"],
            stream.as_bytes(),
        );
        repo.git(&["reset", "--quiet", "--hard"]);
        let repository = repo.open();
        let commit = |name: &str| repository.resolve(name).expect("a commit");
        let proposal = repository.propose(commit("main"), commit("side"));
        let proposal = proposal.expect("it has one commit");
        assert_eq!(proposal.ancestor(), commit("main~2"), "{commits}");
        repo.merge("eve", &["side"]);
        let found = found(&repo);
        assert_eq!(names(found.maker.as_slice()), ["Joe"], "{commits}");
        assert_eq!(names(&found.contributors), ["Joe"], "{commits}");
    }
}

/// Thousands of small commits follow the one that asks.
#[test]
fn a_commit_costs_what_it_changes_however_many_requests_land_with_it() {
    let repo = Repo::with_request();
    let commit =
        "commit refs/heads/side\ncommitter Joe <joe@example.com> 1890000000 +0000\ndata 1\nx\n";
    let mut stream = format!("{commit}from {}\n", repo.head());
    let file = |n| {
        format!(
            "M 100644 inline requests/d{}/r{n}.yaml\ndata 5\n{n:05}\n",
            n % 100
        )
    };
    stream.extend((0..4_000).map(file));
    let stream = stream + &commit.repeat(2_400);
    git(repo.path(), &["fast-import", "--quiet"], stream.as_bytes());
    let head = repo.merge("eve", &["side"]);
    let repository = repo.open();
    let snapshot = repository.snapshot(head).expect("a snapshot");
    let start = Instant::now();
    let history = repository.history(head, None, &snapshot);
    let taken = start.elapsed();
    let introductions = history.expect("a history").introductions;
    let of_joe = introductions.values().filter(|brought| {
        names(brought.maker.as_slice()) == ["Joe"] && names(&brought.contributors) == ["Joe"]
    });
    assert_eq!(of_joe.count(), 4_000);
    assert!(taken < Duration::from_secs(5), "{taken:?}");
}

/// Each of its commits writes a large directory anew, which weighs nothing in a pack.
#[test]
fn a_landing_of_too_large_trees_has_no_maker() {
    for (commits, maker) in [(100, Some("Joe")), (200, None)] {
        let repo = Repo::with_request();
        let person = "Joe <joe@example.com> 1890000000 +0000";
        let mut stream = String::new();
        for number in 0..commits {
            let commit = format!("commit refs/heads/side\ncommitter {person}\ndata 1\nx\n");
            stream += &commit;
            if number == 0 {
                stream.extend(["from ", &repo.head().to_string(), "\n"]);
                let other = |n| format!("M 100644 inline requests/dev/x{n}.yaml\ndata 0\n");
                stream.extend((0..5_000).map(other));
            }
            let file = format!("M 100644 inline requests/dev/joe.yaml\ndata 8\njoe {number:04}\n");
            stream += &file;
        }
        git(
            repo.path(),
            &["fast-import", "--quiet", "--force"],
            stream.as_bytes(),
        );
        repo.merge("eve", &["side"]);
        let found = found(&repo).maker;
        assert_eq!(
            names(found.as_slice()),
            maker.as_slice(),
            "{commits} commits"
        );
    }
}

/// Makes a commit of a tree that names these parents, as often as one likes.
fn octopus(repo: &Repo, tree: &str, parents: &[String]) -> ObjectId {
    let mut octets = format!("tree {}\n", repo.git(&["rev-parse", tree]));
    for parent in parents {
        octets.extend(["parent ", parent, "\n"]);
    }
    for role in ["author", "committer"] {
        octets.extend([role, " Eve <eve@example.com> 1890000001 +0000\n"]);
    }
    let write = ["hash-object", "-w", "-t", "commit", "--stdin"];
    object(&git(repo.path(), &write, (octets + "\nx\n").as_bytes()))
}

#[test]
fn a_landing_with_a_commit_of_too_many_parents_has_no_maker() {
    for (parents, has_maker) in [(64, true), (65, false)] {
        let repo = Repo::with_request();
        let base = repo.head().to_string();
        repo.write("requests/dev/joe.yaml", "joe 1\n");
        let side = repo.commit("ask");
        let mut parents = vec![side.to_string(); parents];
        parents[0] = base;
        let merge = octopus(&repo, "HEAD^{tree}", &parents);
        repo.git(&["reset", "--quiet", "--hard", &merge.to_string()]);
        let found = found(&repo);
        assert_eq!(found.commit, merge);
        assert_eq!(found.maker.is_some(), has_maker, "{}", parents.len());
    }
}

/// Every name in every parent is a product that a commit of 960 kB makes as large as it likes.
#[test]
fn a_commit_of_twenty_thousand_parents_is_searched_soon() {
    let repo = Repo::with_request();
    let base = repo.head().to_string();
    let mut stream = String::new();
    for branch in ["one", "other"] {
        let person = "Joe <joe@example.com> 1890000000 +0000";
        let commit = format!("commit refs/heads/{branch}\ncommitter {person}\ndata 1\nx\n");
        stream.extend([&commit, "from ", &base, "\n"]);
        let file = |n| format!("M 100644 inline docs/{n:04}-{branch}\ndata 1\nx\n");
        stream.extend((0..5_000).map(file));
    }
    git(repo.path(), &["fast-import", "--quiet"], stream.as_bytes());
    let mut parents = vec![repo.git(&["rev-parse", "one"]); 20_000];
    parents[0].clone_from(&base);
    let head = octopus(&repo, "other^{tree}", &parents);
    let repository = repo.open();
    let proposal = repository.propose(repo.head(), head).expect("a merge");
    let start = Instant::now();
    let found = proposal.withdrawn_keys().expect("it is searched");
    assert!(found.is_whole && found.keys.is_empty(), "{found:?}");
    let taken = start.elapsed();
    assert!(taken < Duration::from_secs(5), "{taken:?}");
}

/// What is past the names that are looked at is not searched, and told.
#[test]
fn of_a_change_with_very_many_files_beside_the_zones_the_rest_is_not_looked_at() {
    let repo = Repo::with_request();
    let base = repo.head();
    let blobs = (0..30_001).map(|n| format!("blob\nmark :{}\ndata 5\n{n:05}\n", n + 1));
    let commit =
        "commit refs/heads/side\ncommitter Joe <joe@example.com> 1890000000 +0000\ndata 1\nx\n";
    let files = (0..30_001).map(|n| format!("M 100644 :{} docs/z/{n:05}\n", n + 1));
    let from = [commit.to_owned(), format!("from {base}\n")];
    let stream: String = blobs.chain(from).chain(files).collect();
    git(repo.path(), &["fast-import", "--quiet"], stream.as_bytes());
    let repository = repo.open();
    let head = repository.resolve("side").expect("a commit");
    let proposal = repository.propose(base, head).expect("a proposal");
    let snapshot = proposal.snapshot(&BTreeSet::new()).expect("a snapshot");
    let notices: Vec<Code> = snapshot
        .notices
        .iter()
        .map(|found| found.reason.code)
        .collect();
    assert_eq!(notices, [Code::TooManyFiles]);
    assert!(!proposal.withdrawn_keys().expect("the keys").is_whole);
}

/// Holes cost nothing to make, and hours to read.
#[test]
fn a_file_of_a_tebibyte_in_a_work_tree_is_not_read() {
    let repo = Repo::with_request();
    fs::create_dir_all(repo.path().join("issued/x")).expect("a directory");
    for path in [
        "issued/x/request.yaml",
        "policies/x.yaml",
        "requests/x.bin",
        "requests/x.yaml",
    ] {
        let file = fs::File::create(repo.path().join(path)).expect("a file");
        file.set_len(1 << 40).expect("a hole");
    }
    let snapshot = worktree::snapshot(repo.path()).expect("a snapshot");
    let told = |findings: &[Finding]| -> Vec<(Code, String)> {
        let file = |finding: &Finding| finding.file.as_ref().map(ToString::to_string);
        let told = findings.iter();
        told.map(|found| (found.reason.code, file(found).unwrap_or_default()))
            .collect()
    };
    assert_eq!(
        told(&snapshot.errors),
        [
            (Code::ForeignOutput, "issued/x/request.yaml".to_owned()),
            (Code::FileTooLarge, "policies/x.yaml".to_owned()),
        ]
    );
    assert_eq!(
        told(&snapshot.findings),
        [
            (Code::UnexpectedFile, "requests/x.bin".to_owned()),
            (Code::FileTooLarge, "requests/x.yaml".to_owned()),
        ]
    );
    let name = "x".parse().expect("a name");
    assert!(!snapshot.issued.contains_key(&name) && !snapshot.requests.contains_key(&name));
}
