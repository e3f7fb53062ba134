//! What lies in the `.git` of a clone: hooks, filters and programs that its configuration names. Ours runs none of it; the
//! system's git, which fetches and pushes, asks the operator's ssh and runs no hook.

use crate::support::Scratch;

/// The hooks of githooks(5).
const HOOKS: &str = "applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg commit-msg \
    post-commit pre-rebase post-checkout post-merge pre-push pre-receive update proc-receive post-receive post-update \
    reference-transaction push-to-checkout pre-auto-gc post-rewrite fsmonitor-watchman post-index-change";

/// A repository with a request that waits, and a clone of it as its remote. Everything that git could be made to run from
/// the `.git` of the repository leaves a file in `markers` and fails.
fn place() -> Scratch {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("request");
    scratch.sh("git clone -q --bare repo remote.git; git -C repo remote add origin $PWD/remote.git; git -C repo branch side");
    scratch.sh(&format!(
        r#"mkdir markers evil; cd repo
        marker() {{ printf '#!/bin/sh\necho >> %s/markers/%s\nexit 1\n' "$PWD/.." $2 > $1; chmod +x $1; }}
        for hook in {HOOKS}; do marker .git/hooks/$hook hook; marker ../evil/$hook path; done
        for key in filter.evil.clean filter.evil.smudge filter.evil.process diff.evil.textconv diff.evil.command \
            diff.external merge.evil.driver core.fsmonitor core.editor core.pager core.askPass gpg.program gpg.ssh.program \
            gpg.ssh.defaultKeyCommand credential.helper core.sshCommand core.gitProxy sequence.editor; do
            marker ../evil/$key $key; git config $key $PWD/../evil/$key
        done
        git config filter.evil.required true
        git config alias.push '!touch ../markers/alias'; git config alias.fetch '!touch ../markers/alias'
        echo '* filter=evil diff=evil merge=evil' > .git/info/attributes"#
    ));
    scratch
}

fn markers(scratch: &Scratch) -> String {
    scratch.sh("ls markers").stdout
}

#[test]
fn nothing_of_a_clone_is_run() {
    for is_path_set in [false, true] {
        let scratch = place();
        if is_path_set {
            scratch.sh("cd repo; git config core.hooksPath $PWD/../evil");
        }
        scratch.sh("ssh-keygen -q -t ed25519 -N '' -C bob -f bob");
        for args in [
            &["check"][..],
            &["check", "--base", "main", "--head", "side"],
            &["plan"],
            &["get"],
            &["describe", "jane"],
            &["policy", "lint"],
            &["deny", "jane", "--as", "bob", "--signing-key", "../bob"],
            &["run"],
            &["new", "june", "--group", "dev"],
            &["revoke", "jane", "--reason", "superseded"],
            &["init"],
            &["run"],
        ] {
            let answer = scratch.in_repo(args);
            // Who bob is no policy says; everything else works.
            let is_deny = args[0] == "deny";
            assert_eq!(
                answer.code,
                Some(if is_deny { 2 } else { 0 }),
                "{args:?}: {}",
                answer.stderr
            );
            assert_eq!(markers(&scratch), "", "{args:?}");
        }
        scratch
            .sh("[ -e repo/issued/jane/certificate.pem ]; git -C repo fsck --strict --no-dangling");
    }
}

#[test]
fn a_push_runs_no_hook_of_the_clone_and_those_of_the_remote() {
    for is_path_set in [false, true] {
        let scratch = place();
        if is_path_set {
            scratch.sh("cd repo; git config core.hooksPath $PWD/../evil");
        }
        scratch.write(
            "remote.git/hooks/post-receive",
            "#!/bin/sh\necho >> received\n",
        );
        scratch.sh("chmod +x remote.git/hooks/post-receive");
        scratch.in_repo(&["run", "--push"]).success();
        assert_eq!(markers(&scratch), "");
        scratch.sh("[ -e remote.git/received -a -e repo/issued/jane/certificate.pem ]");
        scratch.sh("git -C repo fsck --strict --no-dangling; git -C remote.git fsck --strict --no-dangling");
        // Our own git has just run some of it.
        scratch.sh("rm -f markers/*");
        // The clone is the operator's, and so is the way to its remote.
        scratch.sh("git -C repo config remote.origin.url ssh://nowhere.example/remote.git");
        let report = scratch
            .in_repo(&["run", "--push", "-o", "json"])
            .code(2)
            .json();
        assert_eq!(report["errors"][0]["code"], "FetchFailed");
        assert_eq!(markers(&scratch), "core.sshCommand\n");
    }
}

#[test]
fn what_is_damaged_is_told_without_the_numbers_of_the_library() {
    let scratch = place();
    let damage = |script: &str, words: &str| {
        scratch.sh("cp -a repo whole");
        scratch.sh(&format!("cd repo; {script}"));
        let answer = scratch.in_repo(&["plan"]).code(2);
        scratch.sh("rm -rf repo; mv whole repo");
        assert!(answer.stderr.contains(words), "{script}: {}", answer.stderr);
        for raw in ["class=", "code=", "plan --help"] {
            assert!(!answer.stderr.contains(raw), "{script}: {}", answer.stderr);
        }
    };
    let object = "id=$(git rev-parse HEAD:requests/jane.yaml); rm -f .git/objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-)";
    damage(object, "git fsck");
    damage("echo garbage > .git/HEAD", "git ");
    damage("echo '[core' > .git/config", "--show-origin");
    damage(
        "git config core.repositoryformatversion 1; git config extensions.nobody knows",
        "git status",
    );
    damage("echo x > .git/packed-refs", "git fsck");
}
