//! The hooks: the one for pre-commit, run by pre-commit itself, and the one that a git server runs before it takes a push.

use std::path::Path;

use crate::linters::linter;
use crate::runner::yaml;
use crate::support::{Answer, Scratch};

/// The hooks that this repository publishes.
fn published() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
    std::fs::read_to_string(file).expect("the hooks are there")
}

/// Runs a git command of a person who has gitca on the `PATH`.
fn person(scratch: &Scratch, script: &str) -> Answer {
    let bin = Path::new(env!("CARGO_BIN_EXE_gitca"));
    let directory = bin.parent().expect("the program has a directory");
    let path = format!(
        "{}:{}",
        directory.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut command = scratch.command("bash");
    let output = command
        .env("PATH", path)
        .args(["-euo", "pipefail", "-c", script]);
    Answer::of(&output.output().expect("bash can be run"))
}

#[test]
fn the_hooks_run_check_on_staged_files_in_one_process() {
    let hooks = yaml(&published());
    let hooks = hooks.as_array().expect("a list of hooks");
    let languages: Vec<_> = hooks.iter().map(|hook| hook["language"].clone()).collect();
    assert_eq!(languages, ["rust", "system"]);
    for hook in hooks {
        assert_eq!(hook["entry"], "gitca check");
        assert_eq!(hook["files"], "^(requests|policies|templates)/");
        assert_eq!(hook["require_serial"], true);
    }
}

/// A repository whose commits go through pre-commit, which takes the hooks from a repository beside it.
fn hooked(pre_commit: &str) -> Scratch {
    let scratch = Scratch::with_repository();
    scratch.write("hooks/.pre-commit-hooks.yaml", published());
    scratch.sh("cd hooks && git init -q && git add -A && git commit -q -m hooks");
    let revision = scratch.sh("git -C hooks rev-parse HEAD").stdout;
    scratch.write(
        "repo/.pre-commit-config.yaml",
        format!(
            "repos:\n- repo: {}\n  rev: {}\n  hooks: [{{id: gitca-system}}]\n",
            scratch.path("hooks").display(),
            revision.trim()
        ),
    );
    scratch.commit("hooks");
    person(&scratch, &format!("cd repo && {pre_commit} install")).success();
    scratch
}

#[test]
fn pre_commit_judges_what_is_staged_and_nothing_else() {
    let Some(pre_commit) = linter("pre-commit", "python3") else {
        return;
    };
    let scratch = hooked(&pre_commit);
    let commit = |script: &str| {
        person(
            &scratch,
            &format!("cd repo && {script} && git commit -q -m change"),
        )
    };
    // Bad, but not staged: it stands in nobody's way.
    scratch
        .in_repo(&["new", "eve", "--group", "nobody"])
        .success();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    commit("git add requests/jane.yaml").success();
    // A change that is not staged is not judged either.
    scratch
        .in_repo(&["new", "mary", "--group", "dev"])
        .success();
    let good = scratch.read("repo/requests/mary.yaml");
    scratch.git(&["add", "requests/mary.yaml"]);
    scratch.write(
        "repo/requests/mary.yaml",
        good.replace("client auth", "server auth"),
    );
    commit("true").success();
    assert!(
        scratch
            .read("repo/requests/mary.yaml")
            .contains("server auth")
    );
    scratch.write("repo/requests/mary.yaml", good);

    let refused = commit("git add requests/eve.yaml").code(1);
    let told = refused.stdout + &refused.stderr;
    assert!(
        told.contains("eve: denied") && told.contains("ValueNotAllowed"),
        "{told}"
    );
    assert!(!told.contains("jane:"), "{told}");
    scratch.git(&["rm", "-q", "--cached", "requests/eve.yaml"]);

    scratch.write("repo/requests/notes.yml", "x: 1\n");
    let refused = commit("git add requests/notes.yml").code(1);
    assert!((refused.stdout + &refused.stderr).contains("UnexpectedFile"));
    scratch.git(&["rm", "-q", "-f", "requests/notes.yml"]);

    scratch.write("repo/policies/typo.yaml", "kind: DenyPolicy\n");
    let refused = commit("git add policies/typo.yaml").code(1);
    assert!((refused.stdout + &refused.stderr).contains("policies/typo.yaml:"));
    scratch.git(&["rm", "-q", "-f", "policies/typo.yaml"]);

    // What decides and is well is no reason to judge everything.
    scratch.write("repo/policies/README.md", "ours\n");
    let policy = scratch.read("repo/policies/developers.yaml");
    scratch.write("repo/policies/developers.yaml", format!("{policy}# more\n"));
    commit("git add policies").success();
}

#[test]
fn statements_are_judged_with_their_request() {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch
        .in_repo(&["new", "eve", "--group", "nobody"])
        .success();
    scratch.commit("ask");
    scratch.sh("ssh-keygen -q -t ed25519 -N '' -C bob -f bob");
    scratch.write(
        "repo/policies/bob.yaml",
        format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {{name: bob}}\nspec:\n  emails: [bob@example.com]\n  \
             sshKeys: [\"{}\"]\n",
            scratch.read("bob.pub").trim_end()
        ),
    );
    scratch.commit("bob");
    scratch
        .in_repo(&["approve", "jane", "--signing-key", "../bob"])
        .success();
    let files = scratch.sh("cd repo && ls requests/jane.approvals/*").stdout;
    let mut args = vec!["check", "policies/bob.yaml", "templates/kubeconfig.yaml.j2"];
    args.extend(files.lines());
    let text = scratch.in_repo(&args).success().stdout;
    assert!(text.starts_with("check: 1 approved\n"), "{text}");
    let told = scratch
        .in_repo(&["check", "policies/nobody.yaml"])
        .code(2)
        .stderr;
    assert!(
        told.contains("there is no request `policies/nobody.yaml`"),
        "{told}"
    );
}

#[test]
fn what_is_not_named_is_not_looked_at() {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "dev/jane", "--group", "dev"])
        .success();
    // Neither what other requests say nor what they are, and not what was issued to them.
    scratch.write("repo/requests/other.yaml", "x: [\n");
    scratch.write("repo/requests/dev/other.yml", "x\n");
    scratch.write("repo/issued/other/request.yaml", "x\n");
    let unreadable = "chmod 000 repo/requests/other.yaml repo/issued/other/request.yaml";
    scratch.sh(unreadable);
    for name in ["dev/jane", "requests/dev/jane.yaml"] {
        let text = scratch.in_repo(&["check", name]).success().stdout;
        assert!(text.starts_with("check: 1 approved\n"), "{text}");
    }
    // What was certified for others is still known, and so is a name that cannot be.
    scratch.sh("chmod 600 repo/requests/other.yaml repo/issued/other/request.yaml; rm -r repo/issued repo/requests/other.yaml \
        repo/requests/dev/other.yml");
    scratch.commit("ask");
    scratch.in_repo(&["run"]).success();
    scratch.sh("sed 's/^# .*//' repo/requests/dev/jane.yaml > repo/requests/jane.yaml; cp repo/requests/jane.yaml repo/requests/dev.yaml");
    let text = scratch.in_repo(&["check", "jane"]).code(1).stdout;
    assert!(text.contains("error[KeyReused]"), "{text}");
    let text = scratch.in_repo(&["check", "dev"]).code(1).stdout;
    assert!(text.contains("error[PathNotAllowed]"), "{text}");
}

/// The recipe in the README.
fn recipe() -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).expect("the README can be read");
    let (_, rest) = readme.split_once("<<'HOOK'\n").expect("a script");
    let (script, _) = rest.split_once("> HOOK\n").expect("its end");
    let lines: Vec<&str> = script.lines().map(|line| &line[2..]).collect();
    lines.join("\n") + "\n"
}

#[test]
fn a_server_takes_what_check_lets_through_and_nothing_else() {
    let scratch = Scratch::with_repository();
    scratch.sh("git init -q --bare -b main remote.git");
    scratch.write("remote.git/hooks/pre-receive", recipe());
    scratch.sh("chmod +x remote.git/hooks/pre-receive");
    let push = |what: &str| {
        person(
            &scratch,
            &format!("cd repo && git push ../remote.git {what}"),
        )
    };
    // The first push is the anchor, trusted by decree.
    push("main").success();
    scratch.git(&["switch", "-q", "-c", "side"]);
    scratch
        .in_repo(&["new", "eve", "--group", "nobody"])
        .success();
    scratch.commit("bad");
    let refused = push("side:main").code(1);
    assert!(
        refused.stderr.contains("remote: eve: denied"),
        "{}",
        refused.stderr
    );
    // Other branches are nobody's concern.
    push("side").success();
    let objects = scratch
        .sh("find remote.git/objects -name 'tmp_objdir-*'")
        .stdout;
    assert_eq!(objects, "", "the quarantine is gone");
    scratch.git(&["reset", "-q", "--hard", "main"]);
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("good");
    push("side:main").success();
    for (what, told) in [
        ("+side~:main", "is never rewound"),
        (":main", "is never deleted"),
    ] {
        let refused = push(what).code(1);
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
    }
    // A merge that makes a branch the mainline keeps all that was there, and undoes what came in between.
    scratch.git(&["switch", "-q", "-c", "foxtrot", "side~"]);
    scratch.sh(
        "cd repo && git commit -q --allow-empty -m mine && git merge -q --no-ff -m foxtrot side",
    );
    let refused = push("foxtrot:main").code(1);
    assert!(refused.stderr.contains("comes first"), "{}", refused.stderr);
    scratch.git(&["switch", "-q", "side"]);
    // A run goes through the same hook.
    scratch.sh("git clone -q remote.git bot");
    let run = person(&scratch, "cd bot && gitca run --push").code(0);
    assert!(run.stdout.contains("jane: issued"), "{run:?}");
    scratch
        .sh("cd bot && echo '# tampered' >> issued/jane/kubeconfig.yaml && git commit -qam tamper");
    let refused = person(&scratch, "cd bot && git push origin main").code(1);
    assert!(
        refused.stderr.contains("error[ForeignOutput]"),
        "{}",
        refused.stderr
    );
}
