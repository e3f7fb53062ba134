//! What the commits of a branch bring and its head does not have: a rebase and a fast-forward land it all the same.

use crate::repository::{Hostile, Report, manifest};

const POLICY: &str = "apiVersion: gitca.dev/v1alpha1\nkind: ApprovalPolicy\nmetadata: {name: lax}\nspec:\n  \
     selector: {signerNames: [kubernetes.io/kube-apiserver-client]}\n  allowed:\n    \
     subject: {commonName: {any: true}}\n    usages: [client auth]\n  approvals: none\n";
const DENY: &str = "apiVersion: gitca.dev/v1alpha1\nkind: DenyPolicy\nmetadata: {name: deny}\nspec: {selector: {everything: true}, \
     deny: [{name: admins, subject: {organizations: [admins]}}]}\n";
const LAX: &str = "policies/lax.yaml";

/// Commits these files to the branch `side`, which may be new, or takes them away.
fn commit(hostile: &Hostile, files: &[(&str, &str)]) {
    for (path, text) in files {
        match *text {
            "" => hostile.scratch.sh(&format!("rm repo/{path}")),
            text => {
                hostile.scratch.write(&format!("repo/{path}"), text);
                continue;
            }
        };
    }
    hostile.scratch.commit("a commit");
}

fn switch(hostile: &Hostile, branch: &str) {
    hostile.scratch.git(&["switch", "-q", branch]);
}

fn branch(hostile: &Hostile) {
    hostile.scratch.git(&["switch", "-q", "-c", "side"]);
}

fn check(hostile: &Hostile) -> Report {
    hostile.checked("main", "side")
}

/// Merges a main that has moved on into the branch, but for the commit.
fn begin_merge(hostile: &Hostile) {
    switch(hostile, "main");
    commit(hostile, &[("docs/x", "x")]);
    switch(hostile, "side");
    let merge = ["merge", "-q", "--no-commit", "--no-ff", "main"];
    hostile.scratch.git(&merge);
}

#[track_caller]
fn told(hostile: &Hostile, path: &str, why: &str) {
    let check = check(hostile);
    let found = (check.code, check.errors());
    assert_eq!(found, (Some(2), vec!["MergeConflict"]), "{check:?}");
    let error = check.error();
    assert!(error.contains(path) && error.contains(why), "{error}");
}

#[track_caller]
fn passes(hostile: &Hostile) {
    let check = check(hostile);
    assert_eq!((check.code, check.errors()), (Some(0), vec![]), "{check:?}");
}

#[test]
fn a_merge_takes_nothing_away_that_a_rebase_would_land() {
    for is_evil in [false, true] {
        let hostile = Hostile::new();
        branch(&hostile);
        commit(&hostile, &[(LAX, POLICY)]);
        begin_merge(&hostile);
        if is_evil {
            hostile.scratch.sh(&format!("rm repo/{LAX}"));
        }
        hostile.scratch.commit("merge");
        commit(&hostile, &[("docs/y", "y")]);
        if is_evil {
            told(&hostile, LAX, "a merge after it changed that");
            switch(&hostile, "side");
            hostile.scratch.git(&["rebase", "-q", "main"]);
            let names = hostile.scratch.git(&["ls-files", "policies"]).stdout;
            assert!(names.contains(LAX), "{names}");
        } else {
            passes(&hostile);
        }
    }
}

#[test]
fn a_rebase_leaves_nothing_out_that_takes_something_away() {
    for is_there in [false, true] {
        let hostile = Hostile::new();
        branch(&hostile);
        commit(&hostile, &[(LAX, POLICY), ("docs/x", "x")]);
        commit(&hostile, &[(LAX, "")]);
        switch(&hostile, "main");
        let other = if is_there { LAX } else { "docs/z" };
        commit(&hostile, &[(other, POLICY)]);
        commit(&hostile, &[(other, "")]);
        if is_there {
            told(&hostile, LAX, "the base changed it, too");
            switch(&hostile, "side");
            hostile.scratch.git(&["rebase", "-q", "main"]);
            let names = hostile.scratch.git(&["ls-files", "policies"]).stdout;
            assert!(names.contains(LAX), "{names}");
            // Where the base is in the branch, nothing is left out.
            hostile.scratch.git(&["reset", "-q", "--hard", "ORIG_HEAD"]);
            hostile.scratch.git(&["merge", "-q", "--no-edit", "main"]);
        }
        passes(&hostile);
    }
}

#[test]
fn what_was_stated_or_revoked_once_stays_so() {
    let revocation = "apiVersion: gitca.dev/v1alpha1\nkind: Revocation\nmetadata: {name: good}\n\
                      spec: {all: true, reason: keyCompromise}\n";
    for (path, text) in [
        ("requests/good.revocation.yaml", revocation),
        ("issued/good/provenance.json", "{}"),
        ("requests/good.approvals/a\\b.json", "{}"),
        ("requests/good.approvals/bob-12345678.json.sig", "x"),
    ] {
        let hostile = Hostile::new();
        branch(&hostile);
        commit(&hostile, &[(path, text)]);
        let file = format!("'{path}'");
        commit(&hostile, &[("docs/x", "x"), (&file, "")]);
        let why = "the mainline would remember that";
        let shown = path.split('\\').next().unwrap_or(path);
        told(&hostile, shown, why);
    }
}

#[test]
fn a_request_of_somebody_else_does_not_go_and_come_back() {
    let hostile = Hostile::new();
    branch(&hostile);
    for text in ["", "x", &manifest("good")] {
        commit(&hostile, &[("requests/good.yaml", text)]);
    }
    let why = "the mainline would remember that";
    told(&hostile, "requests/good.yaml", why);
}

#[test]
fn what_nobody_can_read_does_not_come_and_go() {
    let hostile = Hostile::new();
    let blob = hostile.object("blob", b"x");
    let unsorted = ["b.yaml", "a.yaml"].map(|name| ("100644", name.as_bytes(), blob.clone()));
    hostile.commit_bad(&hostile.tree(&unsorted));
    hostile.commit_tree("base^{tree}");
    let check = hostile.proposed();
    let found = (check.code, check.errors());
    assert_eq!(found, (Some(2), vec!["MergeConflict"]), "{check:?}");
    assert!(check.error().contains("requests/bad/"), "{check:?}");
}

/// People commit as they work.
#[test]
fn a_request_that_was_mended_in_its_branch_is_taken() {
    let hostile = Hostile::new();
    branch(&hostile);
    commit(&hostile, &[("requests/x.yaml", &manifest("y"))]);
    commit(&hostile, &[("requests/x.yaml", &manifest("x"))]);
    commit(&hostile, &[("requests/wrong.yml", "x")]);
    commit(&hostile, &[("requests/wrong.yml", "")]);
    switch(&hostile, "main");
    commit(&hostile, &[("requests/z.yaml", &manifest("z"))]);
    passes(&hostile);
    switch(&hostile, "side");
    hostile.scratch.git(&["merge", "-q", "--no-edit", "main"]);
    passes(&hostile);
}

/// What only a merge brought is not there after a rebase, and neither is what the base had once.
#[test]
fn a_rebase_leaves_out_no_rule_that_was_judged() {
    for is_evil in [false, true] {
        let hostile = Hostile::new();
        let deny = ("policies/deny.yaml", DENY);
        branch(&hostile);
        if is_evil {
            commit(&hostile, &[(LAX, POLICY)]);
            begin_merge(&hostile);
            commit(&hostile, &[deny]);
            told(
                &hostile,
                deny.0,
                "it is a merge, which a rebase would leave out",
            );
        } else {
            commit(&hostile, &[deny]);
            commit(&hostile, &[(LAX, POLICY)]);
            switch(&hostile, "main");
            commit(&hostile, &[("docs/z", "z")]);
            commit(&hostile, &[deny]);
            commit(&hostile, &[(deny.0, "")]);
            told(&hostile, deny.0, "the base changed it, too");
        }
        switch(&hostile, "side");
        hostile.scratch.git(&["rebase", "-q", "main"]);
        let names = hostile.scratch.git(&["ls-files", "policies"]).stdout;
        assert!(names.contains(LAX) && !names.contains(deny.0), "{names}");
    }
}

/// A file of another mode is another file.
#[test]
fn no_mode_goes_and_comes_back() {
    let hostile = Hostile::new();
    let path = "requests/good.yaml";
    branch(&hostile);
    for (mode, note) in [("+x", "1"), ("-x", "2")] {
        let change = format!("--chmod={mode}");
        hostile.scratch.git(&["update-index", &change, path]);
        hostile.scratch.sh(&format!("chmod {mode} repo/{path}"));
        commit(&hostile, &[("docs/note", note)]);
    }
    told(&hostile, path, "the mainline would remember that");
}

/// Beside the zones, too, a file can be one that nobody may bring.
#[test]
fn a_merge_takes_nothing_away_that_stops_every_run() {
    for path in [
        ".gitattributes",
        "policies/.gitattributes",
        "issued/.gitattributes",
        "Policies/x",
        "docs/git~1",
    ] {
        let hostile = Hostile::new();
        branch(&hostile);
        hostile
            .scratch
            .git(&["config", "core.protectNTFS", "false"]);
        commit(&hostile, &[(path, "* filter=x\n")]);
        begin_merge(&hostile);
        commit(&hostile, &[(path, "")]);
        told(&hostile, path, "rebase");
    }
}

/// Where the base has moved a file into a zone, a change of the old one lands there: after a merge of the base, which a rebase
/// leaves out, and after the first of two commits that the base has already.
#[test]
fn a_rebase_carries_no_change_into_a_zone() {
    let loose = POLICY.replace("client auth", "client auth, server auth");
    for is_old in [false, true] {
        let hostile = Hostile::new();
        if is_old {
            commit(&hostile, &[("docs/lax.yaml", POLICY)]);
        }
        branch(&hostile);
        if !is_old {
            commit(&hostile, &[("docs/lax.yaml", POLICY)]);
        }
        commit(&hostile, &[("docs/lax.yaml", &loose)]);
        switch(&hostile, "main");
        commit(&hostile, &[("docs/z", "z")]);
        if !is_old {
            commit(&hostile, &[("docs/lax.yaml", POLICY)]);
        }
        commit(&hostile, &[("docs/lax.yaml", ""), (LAX, POLICY)]);
        switch(&hostile, "side");
        if is_old {
            hostile.scratch.sh("cd repo; git merge -q --no-commit main 2>/dev/null || :; git checkout -q main -- policies; git commit -q -m merge");
        }
        told(&hostile, "docs/lax.yaml", "a rebase ");
        switch(&hostile, "side");
        hostile.scratch.git(&["rebase", "-q", "main"]);
        let landed = hostile
            .scratch
            .git(&["show", &format!("HEAD:{LAX}")])
            .stdout;
        assert!(landed.contains("server auth"), "{landed}");
    }
}

/// Whether what a check of the branch refuses is let pass once the base is merged into it.
fn passes_up_to_date(hostile: &Hostile) {
    switch(hostile, "side");
    hostile.scratch.git(&["merge", "-q", "--no-edit", "main"]);
    passes(hostile);
}

/// Git carries the edit of a file that the base has moved along, which concerns nobody beside the zones.
#[test]
fn a_branch_that_edits_what_the_base_has_moved_is_brought_up_to_date() {
    let hostile = Hostile::new();
    let guide = "a guide\n".repeat(20);
    commit(&hostile, &[("docs/guide.md", &guide)]);
    branch(&hostile);
    commit(&hostile, &[("docs/guide.md", &format!("{guide}more\n"))]);
    commit(&hostile, &[("requests/x.yaml", &manifest("x"))]);
    switch(&hostile, "main");
    commit(
        &hostile,
        &[("docs/guide.md", ""), ("handbook/guide.md", &guide)],
    );
    passes_up_to_date(&hostile);
}

/// What has landed already, in one commit, with what was mended in the branch.
#[test]
fn a_branch_on_top_of_one_that_was_squashed_is_brought_up_to_date() {
    let hostile = Hostile::new();
    branch(&hostile);
    commit(&hostile, &[("requests/a.yaml", &manifest("b"))]);
    commit(&hostile, &[("requests/a.yaml", &manifest("a"))]);
    commit(&hostile, &[("requests/x.yaml", &manifest("x"))]);
    switch(&hostile, "main");
    commit(&hostile, &[("requests/a.yaml", &manifest("a"))]);
    told(
        &hostile,
        "requests/a.yaml",
        "merge the base into the branch",
    );
    passes_up_to_date(&hostile);
}
