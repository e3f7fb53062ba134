//! Hostile trees that are pushed to a server whose hook is `gitca check`: it sees them in quarantine and lets none in.

use crate::repository::Hostile;

const HOOK: &str = "#!/bin/sh\nset -e\nwhile read -r old new ref; do\n  GITCA check --base \"$old\" --head \"$new\" >&2\ndone\n";

/// A server that has what the repository begins with.
fn serve(hostile: &Hostile) {
    hostile.scratch.sh("git clone -q --bare repo remote.git");
    let hook = HOOK.replace("GITCA", env!("CARGO_BIN_EXE_gitca"));
    hostile.scratch.write("remote.git/hooks/pre-receive", hook);
    hostile.scratch.sh("chmod +x remote.git/hooks/pre-receive");
}

/// The push is refused for this, and nothing of it stays at the server.
#[track_caller]
fn refused(hostile: &Hostile, what: &str, code: &str) {
    let tip = "git -C remote.git rev-parse main; find remote.git/objects -type f | sort";
    let before = hostile.scratch.sh(tip).stdout;
    let push = ["-C", "repo", "push", "../remote.git", "main"];
    let answer = hostile.scratch.run("git", &push);
    let told = &answer.stderr;
    assert_eq!(answer.code, Some(1), "{what}: {told}");
    assert!(told.contains(&format!("[{code}]")), "{what}: {told}");
    assert!(told.contains("pre-receive hook declined"), "{what}: {told}");
    assert_eq!(hostile.scratch.sh(tip).stdout, before, "{what}");
    hostile.reset();
}

#[test]
fn no_hostile_tree_passes_the_hook_of_a_server() {
    let hostile = Hostile::new();
    serve(&hostile);
    let blob = hostile.object("blob", b"x");
    let head = hostile.scratch.git(&["rev-parse", "HEAD"]).stdout;
    let commit = head.trim().to_owned();
    for (entries, code) in [
        (vec![("100644", &b".."[..], &blob)], "TreeEntryName"),
        (vec![("100644", b"x/y.yaml", &blob)], "TreeEntryName"),
        (vec![("100644", b".GIT", &blob)], "TreeEntryName"),
        (vec![("120000", b"x.yaml", &blob)], "SymlinkInZone"),
        (vec![("160000", b"x", &commit)], "SubmoduleInZone"),
        (vec![("100755", b"x.yaml", &blob)], "FileMode"),
        (
            vec![("100644", b"x.yaml", &blob), ("100644", b"x.yaml", &blob)],
            "TreeDuplicate",
        ),
        (
            vec![("100644", b"y.yaml", &blob), ("100644", b"x.yaml", &blob)],
            "TreeOrder",
        ),
        (
            vec![("100644", b"X.yaml", &blob), ("100644", b"x.yaml", &blob)],
            "TreeDuplicate",
        ),
    ] {
        let own =
            |(mode, name, id): (&'static str, &'static [u8], &String)| (mode, name, id.clone());
        let tree = hostile.tree(&entries.into_iter().map(own).collect::<Vec<_>>());
        hostile.commit_bad(&tree);
        refused(&hostile, "requests/", code);
        hostile.commit_top("policies", &tree);
        refused(&hostile, "policies/", code);
    }
    for (path, bytes, code) in [
        ("requests/x.yaml", vec![b'x'; 64 * 1024 + 1], "FileTooLarge"),
        (".gitattributes", b"* -diff\n".to_vec(), "AttributeInZone"),
        ("policies/deny.yml", b"x".to_vec(), "UnexpectedFile"),
        ("issued/good/request.yaml", b"x".to_vec(), "ForeignOutput"),
    ] {
        hostile.commit(&[(path, &bytes)]);
        refused(&hostile, path, code);
    }
    hostile.commit(&[("notes.txt", b"harmless")]);
    let push = ["-C", "repo", "push", "-q", "../remote.git", "main"];
    hostile.scratch.run("git", &push).success();
}

/// What is pushed lands as it is: what goes and comes back in two commits of one push is not what it was.
#[test]
fn nothing_goes_and_comes_back_in_a_push() {
    let hostile = Hostile::new();
    serve(&hostile);
    hostile.take_back("requests/good.yaml");
    hostile.commit_tree("base^{tree}");
    refused(&hostile, "requests/good.yaml", "MergeConflict");
}
