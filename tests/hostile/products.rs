//! Two changes of which a merge would be far larger than both: every directory of one meets every directory of the other.

use crate::repository::{Entry, Hostile};

const NAMES: usize = 5_000;

/// A directory of very many names, with this file beside them.
fn folder(hostile: &Hostile, last: &[u8], text: &str) -> String {
    let [same, other] = ["same", text].map(|text| hostile.object("blob", text.as_bytes()));
    let names: Vec<String> = (0..NAMES).map(|number| format!("{number:05}")).collect();
    let entry = |name| ("100644", name, same.clone());
    let names = names.iter().map(String::as_bytes).chain([&b"x"[..], b"y"]);
    let mut entries: Vec<Entry<'_>> = names.map(entry).collect();
    for (_, name, id) in &mut entries {
        if *name == last {
            id.clone_from(&other);
        }
    }
    hostile.tree(&entries)
}

/// Has `docs/` on the mainline and on a branch, of so many directories times so many.
fn meet(hostile: &Hostile, sides: usize) {
    let folders = |last: &[u8]| -> Vec<String> {
        let text = |number: usize| format!("{last:?} {number}");
        let folder = |number| folder(hostile, last, &text(number));
        (0..sides).map(folder).collect()
    };
    let (before, ours, theirs) = (folder(hostile, b"", ""), folders(b"x"), folders(b"y"));
    let commit = |of: &dyn Fn(usize) -> String| {
        let places = 0..sides * sides;
        let names: Vec<String> = places.map(|place| format!("{place:03}")).collect();
        let entry = |(place, name)| ("40000", String::as_bytes(name), of(place));
        let entries: Vec<Entry<'_>> = names.iter().enumerate().map(entry).collect();
        hostile.commit_top("docs", &hostile.tree(&entries));
    };
    commit(&|_| before.clone());
    hostile.scratch.git(&["tag", "-f", "fork"]);
    commit(&|place| theirs[place % sides].clone());
    hostile.scratch.git(&["branch", "-f", "theirs"]);
    hostile
        .scratch
        .git(&["update-ref", "refs/heads/main", "fork"]);
    commit(&|place| ours[place / sides].clone());
}

#[test]
fn a_merge_that_is_larger_than_both_sides_is_refused() {
    let hostile = Hostile::new();
    for (sides, code, errors) in [(3, 0, vec![]), (12, 2, vec!["TooManyFiles"])] {
        meet(&hostile, sides);
        let check = hostile.checked("main", "theirs");
        assert_eq!(
            (check.code, check.errors()),
            (Some(code), errors),
            "{check:?}"
        );
        let error = check.error();
        assert_eq!(
            error.contains("merge the base into the branch"),
            code == 2,
            "{error}"
        );
    }
}
