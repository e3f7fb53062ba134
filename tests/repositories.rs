//! Kinds of repositories, made by real git: those that are refused say what to do, the others work as every clone does.

mod support;

use serde_json::Value;
use support::{Answer, Scratch, untested};

/// A repository with a request, and a change of it on the branch `side`.
fn place() -> Scratch {
    let scratch = Scratch::with_repository();
    for name in ["jane", "omar"] {
        scratch.in_repo(&["new", name, "--group", "dev"]).success();
        scratch.commit("request");
    }
    scratch.git(&["switch", "-qc", "side"]);
    scratch.in_repo(&["new", "pat", "--group", "dev"]).success();
    scratch.commit("request");
    scratch.git(&["switch", "-q", "main"]);
    scratch
}

/// What `plan`, `run` and a check of a pull request say to a clone that history can't be read from.
#[track_caller]
fn refused(scratch: &Scratch, directory: &str, code: &str, fix: &str) {
    let commands: [&[&str]; 3] = [
        &["plan"],
        &["run"],
        &["check", "--base", "HEAD", "--head", "HEAD"],
    ];
    for command in commands {
        let args = [&["-C", directory], command, &["-o", "json"]].concat();
        let answer = scratch.gitca(&args).code(2);
        let errors = answer.json()["errors"].clone();
        let found = errors
            .as_array()
            .expect("a list")
            .iter()
            .find(|error| error["code"] == code);
        let found = found.unwrap_or_else(|| panic!("{command:?}: no {code} in {errors:#}"));
        let help = found["help"].as_str().expect("a way out");
        assert!(help.contains(fix), "{command:?}: {help}");
        assert!(
            !answer.stdout.contains("libgit2") && !answer.stderr.contains("libgit2"),
            "{answer:?}"
        );
    }
    assert_eq!(
        scratch
            .sh(&format!("git -C {directory} for-each-ref refs/gitca"))
            .stdout,
        ""
    );
}

/// A clone that works: both requests are issued.
#[track_caller]
fn issues(scratch: &Scratch, directory: &str, args: &[&str]) {
    let args = [args, &["-C", directory, "run", "-o", "json"]].concat();
    let report = scratch.gitca(&args).success().json();
    assert_eq!(report["summary"]["issued"], 2, "{report:#}");
    assert_ne!(report["issueCommit"], Value::Null);
    scratch.sh(&format!(
        "git -C {directory} fsck --strict --no-dangling 2>&1"
    ));
}

#[test]
fn clones_without_their_whole_history_are_refused_with_the_fix() {
    let scratch = place();
    scratch.sh("git clone -q --depth=1 file://$PWD/repo shallow-1
         git clone -q --depth=2 file://$PWD/repo shallow-n
         git -C repo config uploadpack.allowFilter true
         git clone -q --filter=blob:none file://$PWD/repo partial
         git clone -q repo grafts; git -C grafts rev-parse HEAD > grafts/.git/info/grafts");
    for (directory, code, fix) in [
        ("shallow-1", "ShallowClone", "git fetch --unshallow"),
        ("shallow-n", "ShallowClone", "fetch-depth: 0"),
        ("shallow-n", "ShallowClone", "GIT_DEPTH: 0"),
        ("partial", "PartialClone", "without `--filter`"),
        ("grafts", "GraftedHistory", "info/grafts"),
    ] {
        refused(&scratch, directory, code, fix);
    }
    // The fix is one.
    scratch.sh("git -C shallow-n fetch -q --unshallow");
    issues(&scratch, "shallow-n", &[]);
}

#[test]
fn formats_of_a_later_release_are_refused_by_name() {
    let scratch = Scratch::new();
    scratch.sh(
        "git init -q --object-format=sha256 sha256; git init -q --ref-format=reftable reftable
         for name in sha256 reftable; do git -C $name commit -q --allow-empty -m first; done",
    );
    refused(&scratch, "sha256", "UnsupportedObjectFormat", "SHA-1");
    refused(
        &scratch,
        "reftable",
        "UnsupportedRefFormat",
        "git refs migrate --ref-format=files",
    );
}

#[test]
fn a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_at() {
    let scratch = Scratch::with_repository();
    let gitca = |args: &str| format!("timeout 20 {} -C repo {args}", env!("CARGO_BIN_EXE_gitca"));
    for (file, args) in [
        (".git/HEAD", "plan"),
        (".git/commondir", "plan"),
        (".git/config", "check"),
        (".git/gitca/run", "plan"),
        (".git/gitca/following", "run"),
        (".git/info/grafts", "plan"),
        (".git/packed-refs", "plan"),
        (".git/refs/heads/main", "plan"),
        (".git/shallow", "plan"),
    ] {
        scratch.sh(&format!(
            "mv repo/{file} kept 2> /dev/null || true; mkdir -p $(dirname repo/{file}); mkfifo repo/{file}"
        ));
        let answer = scratch.run("bash", &["-c", &gitca(args)]);
        assert_eq!(answer.code, Some(2), "{file}: {answer:?}");
        assert!(answer.stderr.contains(file), "{file}: {answer:?}");
        assert!(answer.stderr.contains("  help: "), "{file}: {answer:?}");
        scratch.sh(&format!(
            "rm repo/{file}; mv kept repo/{file} 2> /dev/null || true"
        ));
    }
    scratch.in_repo(&["plan"]).success();
    scratch.sh("rm repo/requests/README.md repo/.gitignore; mkfifo repo/.gitignore");
    let answer = scratch.run("bash", &["-c", &gitca("init --ci none --no-commit")]);
    assert_eq!(answer.code, Some(2), "{answer:?}");
    assert!(answer.stderr.contains("--> .gitignore"), "{answer:?}");
    assert!(!scratch.path("repo/requests/README.md").exists());
}

#[test]
fn a_repository_of_somebody_else_is_refused_until_its_user_trusts_it() {
    let scratch = place();
    let sudo: [&[&str]; 2] = [&[], &["sudo", "-n"]];
    let own = |sudo: &&[&str], whose: &str| {
        let chown = ["chown", "-R", whose, "repo"];
        let command = [*sudo, &chown].concat();
        scratch.run("env", &command).code == Some(0)
    };
    let Some(sudo) = sudo.into_iter().find(|sudo| own(sudo, "12345:12345")) else {
        untested("only root can give a repository to somebody else");
        return;
    };
    let args = ["-C", "repo", "plan", "-o", "json"];
    let answer = scratch.gitca(&args).code(2);
    let error = answer.json()["errors"][0].clone();
    assert_eq!(error["code"], "RepositoryOwner", "{error:#}");
    let help = error["help"].as_str().expect("a way out");
    assert!(
        help.contains("git config --global --add safe.directory"),
        "{help}"
    );
    assert!(!error.to_string().contains("libgit2") && !error.to_string().contains("-36"));
    // What the message says helps.
    let command = help
        .split('`')
        .find(|part| part.starts_with("git config"))
        .unwrap_or(help);
    let command = command.lines().next().expect("a line");
    let command = command.split(", or").next().expect("a part");
    scratch.sh(command);
    scratch.gitca(&args).success();
    // Whoever made it can remove it again.
    let me = scratch.sh("echo $(id -u):$(id -g)").stdout;
    assert!(own(&sudo, me.trim()));
}

#[test]
fn an_empty_repository_and_a_mainline_that_is_not_there_say_how_to_begin() {
    let scratch = place();
    scratch.sh("git init -q empty");
    let answer = scratch
        .gitca(&["-C", "empty", "plan", "-o", "json"])
        .code(2);
    let error = answer.json()["errors"][0].clone();
    assert_eq!(error["code"], "NoMainline");
    assert!(
        error["help"]
            .as_str()
            .is_some_and(|help| help.contains("gitca init")),
        "{error:#}"
    );
    let answer = scratch
        .in_repo(&["--branch", "trunk", "plan", "-o", "json"])
        .code(2);
    assert_eq!(answer.json()["errors"][0]["code"], "NoMainline");
    let answer = scratch
        .in_repo(&["--branch", "side", "plan", "-o", "json"])
        .code(2);
    assert_eq!(answer.json()["errors"][0]["code"], "BranchMismatch");
}

#[test]
fn bare_detached_linked_borrowing_and_replaced_clones_work() {
    let scratch = place();
    scratch.sh(
        "git clone -q --bare repo bare
         git clone -q repo detached; git -C detached checkout -q --detach; git -C detached branch -q main -f
         git clone -q --shared repo alternates
         git clone -q repo whole; git -C whole switch -qc other; git -C whole worktree add -q $PWD/linked main
         git clone -q repo replace; git -C replace replace HEAD HEAD~1",
    );
    issues(&scratch, "bare", &[]);
    issues(&scratch, "detached", &["--branch", "main"]);
    issues(&scratch, "alternates", &[]);
    issues(&scratch, "linked", &[]);
    scratch.sh("test -f linked/issued/jane/certificate.pem");
    let report = scratch
        .gitca(&["-C", "replace", "plan", "-o", "json"])
        .success()
        .json();
    assert_eq!(
        report["summary"]["approved"], 2,
        "the real commit is judged: {report:#}"
    );
    assert_eq!(report["notices"][0]["code"], "ReplaceRefs");
}

#[test]
fn a_pre_receive_hook_checks_what_is_in_quarantine() {
    let scratch = place();
    scratch.sh("git clone -q --bare repo server; git -C repo remote add server $PWD/server");
    let hook = format!(
        "#!/bin/sh\nwhile read old new ref; do\n    GITCA_NOW={} {} check --base $old --head $new || exit 1\ndone\n",
        support::NOW,
        env!("CARGO_BIN_EXE_gitca"),
    );
    scratch.write("server/hooks/pre-receive", &hook);
    scratch.sh("chmod +x server/hooks/pre-receive");
    let push = |branch: &str| {
        let target = format!("{branch}:main");
        scratch.run("git", &["-C", "repo", "push", "-q", "server", &target])
    };
    let before = scratch.sh("git -C server rev-parse main").stdout;
    scratch.git(&["switch", "-q", "side"]);
    scratch.sh("sed -i 's/client auth/server auth/' repo/requests/pat.yaml");
    scratch.commit("worse");
    let answer = push("side");
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(
        answer.stderr.contains("remote: ") && answer.stderr.contains("pat"),
        "{}",
        answer.stderr
    );
    assert_eq!(scratch.sh("git -C server rev-parse main").stdout, before);
    push("side~1").success();
    assert_ne!(scratch.sh("git -C server rev-parse main").stdout, before);
    scratch.sh("git -C server fsck --strict --no-dangling 2>&1");
}

/// Where the files of a work tree lie is nobody's business, and whose a key is only a run may say.
#[test]
fn a_work_tree_is_read_wherever_it_lies_and_no_link_in_it_is_followed() {
    let scratch = Scratch::with_repository();
    scratch.in_repo(&["new", "jane"]).success();
    scratch.sh("mkdir -p srv/issued; mv repo srv/issued/repo; echo secret > secret");
    scratch.write("srv/issued/repo/requests/jane.key", "mine\n");
    let check = |args: &[&str]| {
        let args = [&["-C", "srv/issued/repo", "check", "-o", "json"], args].concat();
        scratch.gitca(&args)
    };
    let report = check(&[]).code(1).json();
    let file = &report["results"][0]["file"];
    assert_eq!(file, "requests/jane.key", "{report:#}");
    let key = scratch.sh(
        "cd srv/issued/repo/requests; rm jane.key; sed -n 's/^  request: *//p' jane.yaml | base64 -d > ../../jane.csr
         openssl req -in ../../jane.csr -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -c1-64",
    );
    let (first, rest) = key.stdout.trim().split_at(2);
    for (owner, codes) in [
        (
            "ln -s ../../../../../../secret",
            ["ForeignOutput", "SymlinkInZone"],
        ),
        ("echo ../../../secret >", ["ForeignOutput"; 2]),
        ("echo other >", ["KeyReused"; 2]),
    ] {
        scratch.sh(&format!(
            "cd srv/issued/repo; mkdir -p issued/_keys/{first}; rm -f issued/_keys/{first}/{rest}; {owner} issued/_keys/{first}/{rest}"
        ));
        for (named, code) in [&[][..], &["jane"]].into_iter().zip(codes) {
            let answer = check(named);
            assert!(answer.stdout.contains(code), "{owner}: {}", answer.stdout);
            assert!(!answer.stdout.contains("secret"), "{}", answer.stdout);
        }
    }
}

#[test]
fn a_variable_that_is_set_and_empty_counts_as_none_and_an_anchor_is_missed() {
    let scratch = Scratch::with_repository();
    let run = |name: &str, value: &str| {
        let mut command = scratch.command(env!("CARGO_BIN_EXE_gitca"));
        let output = command
            .args(["-C", "repo", "run"])
            .env(name, value)
            .output();
        Answer::of(&output.expect("gitca runs"))
    };
    for name in ["GITCA_BRANCH", "GITCA_ANCHOR", "GITCA_PUSH"] {
        // But it is told where it means that all of history counts.
        let told = run(name, "").success().stderr;
        let is_told = told.contains("AnchorImplicit");
        assert_eq!(is_told, name == "GITCA_ANCHOR", "{told}");
        run(name, "nowhere").code(2);
    }
}
