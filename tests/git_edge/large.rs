//! Landings that nobody can look through: of too many commits, or of too large trees.

use crate::landings::{found, names};
use crate::repository::{Repo, git};

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
