//! Trees below `issued/` that no run wrote and git would not make: all of them are foreign, and stop everything.

use crate::repository::{Entry, Hostile};

#[test]
fn a_tree_of_outputs_that_git_would_not_make_is_foreign() {
    let hostile = Hostile::new();
    assert_eq!(hostile.run().verdict("good"), Some("issued"));
    let run = hostile.scratch.git(&["rev-parse", "HEAD"]).stdout;
    let good = hostile.scratch.git(&["rev-parse", "HEAD:issued/good"]);
    let good = good.stdout.trim().to_owned();
    let file = hostile.object("blob", b"x");
    let link = hostile.object("blob", b"../../policies");
    let commit = run.trim().to_owned();
    let entry = |mode: &'static str, name: &'static [u8], id: &str| (mode, name, id.to_owned());
    let issued = entry("40000", b"good", &good);
    for (what, entries) in [
        (
            "a symbolic link",
            vec![entry("120000", b"a", &link), issued.clone()],
        ),
        (
            "a link for a directory",
            vec![entry("120000", b"good", &link)],
        ),
        (
            "a submodule",
            vec![entry("160000", b"a", &commit), issued.clone()],
        ),
        (
            "an executable",
            vec![entry("100755", b"a.pem", &file), issued.clone()],
        ),
        (
            "not in order",
            vec![issued.clone(), entry("100644", b"a.pem", &file)],
        ),
        ("one name twice", vec![issued.clone(), issued.clone()]),
        (
            "a file and a directory",
            vec![entry("100644", b"good", &file), issued.clone()],
        ),
        (
            "another case",
            vec![entry("40000", b"GOOD", &good), issued.clone()],
        ),
        (
            "the directory above",
            vec![entry("40000", b"..", &good), issued.clone()],
        ),
        (
            "git's own directory",
            vec![entry("40000", b".git", &good), issued.clone()],
        ),
    ] {
        let entries: Vec<Entry<'_>> = entries;
        let tree = hostile.tree(&entries);
        hostile.commit_top("issued", &tree);
        let tip = hostile.scratch.git(&["rev-parse", "main"]).stdout;
        for report in [hostile.plan(), hostile.run()] {
            assert_eq!(report.code, Some(2), "{what}: {report:?}");
            let errors = report.errors();
            assert!(!errors.is_empty(), "{what}");
            assert!(
                errors.iter().all(|code| *code == "ForeignOutput"),
                "{what}: {errors:?}"
            );
            let told = report.error();
            assert!(told.contains("\"help\":\""), "{what}: {told}");
        }
        assert_eq!(
            hostile.scratch.git(&["rev-parse", "main"]).stdout,
            tip,
            "{what}"
        );
        let back = ["update-ref", "refs/heads/main", commit.as_str()];
        hostile.scratch.git(&back);
        assert_eq!(hostile.plan().code, Some(0), "{what}");
    }
}
