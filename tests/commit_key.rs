//! Commits of runs, signed with SSH keys that the real ssh-keygen made, and verified by the real git.

mod support;

use serde_json::Value;
use support::Scratch;

/// A repository with the request `jane`, and the keys `bot` and `other` beside it.
fn place() -> Scratch {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("request");
    scratch.sh(
        "for key in bot other; do ssh-keygen -q -t ed25519 -N '' -C $key -f $key; done
         echo \"gitca@example.com namespaces=\\\"git\\\" $(cat bot.pub)\" > signers",
    );
    scratch
}

/// Lists a key as one of a Principal of the control zone.
fn list(scratch: &Scratch, name: &str, kind: &str, email: &str, key: &str) {
    let key = key.to_owned() + &scratch.read("bot.pub");
    let key = key.trim();
    let object = format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {{name: {name}}}\nspec:\n  kind: {kind}\n  \
         emails: [{email}]\n  sshKeys:\n  - {key}\n"
    );
    scratch.write(&format!("repo/policies/{name}.yaml"), object);
    scratch.commit("list the key");
}

fn run(scratch: &Scratch, key: &str) -> support::Answer {
    scratch.in_repo(&["run", "-o", "json", "--commit-key", key])
}

fn code(report: &Value) -> Option<&str> {
    report["errors"][0]["code"].as_str()
}

fn verified(scratch: &Scratch) -> String {
    let answer = scratch.run(
        "git",
        &[
            "-C",
            "repo",
            "-c",
            "gpg.ssh.allowedSignersFile=../signers",
            "verify-commit",
            "main",
        ],
    );
    answer.success().stderr
}

#[test]
fn git_verifies_the_commit_of_a_run() {
    for kind in ["ed25519", "ecdsa -b 256", "ecdsa -b 521", "rsa -b 2048"] {
        let scratch = place();
        scratch.sh(&format!(
            "rm bot bot.pub; ssh-keygen -q -t {kind} -N '' -f bot
             echo \"gitca@example.com namespaces=\\\"git\\\" $(cat bot.pub)\" > signers"
        ));
        let report = run(&scratch, "../bot").success().json();
        assert_eq!(report["summary"]["issued"], 1, "{kind}");
        let text = verified(&scratch);
        assert!(
            text.contains("Good \"git\" signature for gitca@example.com"),
            "{text}"
        );
        scratch.git(&["fsck", "--strict"]);
        let trailers =
            scratch.sh("git -C repo log -1 --format=%B | git interpret-trailers --parse");
        assert!(trailers.stdout.contains("Gitca-Issued: 1\n"), "{kind}");
    }
}

#[test]
fn a_key_that_is_encrypted_or_in_the_agent_signs_too() {
    let scratch = place();
    let script = format!(
        "eval $(ssh-agent -s) > agent.log; trap 'kill $SSH_AGENT_PID' EXIT
         ssh-add -q bot; rm bot; GITCA_COMMIT_KEY=../bot.pub {} -C repo run",
        env!("CARGO_BIN_EXE_gitca")
    );
    scratch.sh(&script);
    verified(&scratch);
}

#[test]
fn where_the_bot_has_keys_one_of_them_signs_and_it_is_found_out_first() {
    let scratch = place();
    list(&scratch, "robot", "bot", "gitca@example.com", "");
    let tip = scratch.git(&["rev-parse", "main"]).stdout;
    let nowhere = ["run", "-o", "json", "--key", "cluster-ca=file:/nowhere"];
    let report = scratch.in_repo(&nowhere).code(2).json();
    assert_eq!(code(&report), Some("CommitKeyRequired"));
    let report = scratch
        .in_repo(&[&nowhere[..], &["--commit-key", "../other"]].concat())
        .code(2)
        .json();
    assert_eq!(code(&report), Some("BotKeyUnknown"));
    assert_eq!(scratch.git(&["rev-parse", "main"]).stdout, tip);
    run(&scratch, "../bot").success();
    verified(&scratch);
    // Nothing to do needs no key.
    scratch.in_repo(&["run"]).success();
}

/// Else the next run of everybody stops, and nobody knows why.
#[test]
fn a_change_of_what_runs_must_sign_with_is_told_before_it_is_merged() {
    let scratch = place();
    let change = |name: &str, kind: &str, email: &str, entry: &str| {
        scratch.git(&["switch", "-q", "-C", "side", "main"]);
        list(&scratch, name, kind, email, entry);
        told(&scratch)
    };
    let none: Vec<(String, Value)> = Vec::new();
    assert_eq!(change("gitca", "person", "gitca@example.com", ""), none);
    assert_eq!(change("helper", "bot", "helper@example.com", ""), none);
    let file = Value::from("policies/robot.yaml");
    assert_eq!(
        change("robot", "bot", "gitca@example.com", ""),
        [("CommitKeyRequired".to_owned(), file.clone())]
    );
    scratch.git(&["branch", "-q", "-f", "main", "side"]);
    let retired = "notAfter: 2029-12-31T00:00:00Z\n    key: ";
    assert_eq!(
        change("robot", "bot", "gitca@example.com", retired),
        [("BotKeyUnknown".to_owned(), file)]
    );
    scratch.sh("git -C repo switch -q -C side main; git -C repo rm -q policies/robot.yaml");
    scratch.commit("no key");
    assert_eq!(told(&scratch), [("NoBotKey".to_owned(), Value::Null)]);
}

/// What a check of `side` says of the key of the bot: code and file.
fn told(scratch: &Scratch) -> Vec<(String, Value)> {
    let check = ["check", "--base", "main", "--head", "side", "-o", "json"];
    let report = scratch.in_repo(&check).success().json();
    let notices = report["notices"].as_array().expect("a list").iter();
    let told = notices.filter_map(|notice| {
        let code = notice["code"].as_str()?;
        let is_about = code.contains("BotKey") || code == "CommitKeyRequired";
        is_about.then(|| (code.to_owned(), notice["file"].clone()))
    });
    told.collect()
}

#[test]
fn the_keys_of_others_and_keys_that_do_not_count_are_unknown() {
    for (name, kind, email, entry, expected) in [
        // Another bot may ask, and not issue; a person is no bot.
        ("helper", "bot", "helper@example.com", "", None),
        ("gitca", "person", "gitca@example.com", "", None),
        (
            "robot",
            "bot",
            "gitca@example.com",
            "notAfter: 2029-12-31T00:00:00Z\n    key: ",
            Some("BotKeyUnknown"),
        ),
        (
            "robot",
            "bot",
            "gitca@example.com",
            "notBefore: 2030-01-02T00:00:00Z\n    key: ",
            Some("BotKeyUnknown"),
        ),
    ] {
        let scratch = place();
        list(&scratch, name, kind, email, entry);
        let answer = run(&scratch, "../bot");
        let answer = answer.code(if expected.is_some() { 2 } else { 0 });
        assert_eq!(code(&answer.json()), expected, "{name} {entry}");
        if expected.is_none() {
            verified(&scratch);
        }
    }
}

#[test]
fn a_commit_key_is_nobody_elses_to_read_and_lies_outside() {
    let scratch = place();
    scratch.sh("cp bot open; chmod 640 open; cp bot repo/inside; ln -s repo/inside link; echo x > text; chmod 600 text");
    for key in ["../open", "inside", "../link", "../text", "../nowhere"] {
        let report = run(&scratch, key).code(2).json();
        assert_eq!(code(&report), Some("CommitKeyUnavailable"), "{key}");
        assert_eq!(report["summary"]["issued"], 0);
    }
    let report = run(&scratch, "../open").code(2).json();
    let help = report["errors"][0]["help"].as_str();
    assert!(
        help.is_some_and(|help| help.starts_with("chmod 600 ")),
        "{help:?}"
    );
}

#[test]
fn a_commit_that_is_put_on_a_new_tip_is_signed_anew() {
    let scratch = place();
    list(&scratch, "robot", "bot", "gitca@example.com", "");
    scratch.sh(
        "git clone -q --bare repo remote.git; git -C repo remote add origin $PWD/remote.git
         git clone -q remote.git theirs",
    );
    let variables = [
        ("GITCA_TEST_HURRY", "1"),
        ("GITCA_TEST_POINT", "pending"),
        (
            "GITCA_TEST_COMMAND",
            "cd theirs; echo > notes; git add notes; git commit -qm notes; git push -q",
        ),
    ];
    let args = ["run", "--push", "--commit-key", "../bot", "-o", "json"];
    let report = scratch
        .gitca_with("repo", &args, &variables)
        .success()
        .json();
    assert_eq!(report["summary"]["issued"], 1);
    scratch.sh("git -C remote.git -c gpg.ssh.allowedSignersFile=$PWD/signers verify-commit main");
    assert_eq!(
        scratch
            .sh("git -C remote.git log --format=%s --first-parent -2 main")
            .stdout,
        "issue: 1 certificate (jane 1)\nnotes\n"
    );
}

/// The usual secret of a CI system is the key itself, and the usual mistake to give it where its file is wanted.
#[test]
fn a_key_in_the_place_of_its_path_is_not_shown() {
    let scratch = place();
    let pem = scratch.read("home/.config/gitca/keys/cluster-ca.pem");
    let openssh = scratch.read("bot");
    for key in [&pem, &openssh] {
        let body = key.lines().nth(1).expect("it has a body");
        for format in ["text", "json", "markdown", "github"] {
            for given in [
                "export GITCA_COMMIT_KEY=\"$KEY\"; run",
                "run --commit-key \"$KEY\"",
                "run \"--commit-key=$KEY\"",
                "run --key \"$KEY\"",
                "run --key \"cluster-ca=file:$KEY\"",
                "export GITCA_KEY_CLUSTER_CA=\"file:$KEY\"; run",
                "export GITCA_KEY_CLUSTER_CA=\"env:$KEY\"; run",
            ] {
                scratch.write("key", key);
                let run = format!("{} -C repo run", env!("CARGO_BIN_EXE_gitca"));
                let script =
                    given
                        .replace("run", &run)
                        .replacen(" run ", &format!(" run -o {format} "), 1);
                let script = format!("KEY=$(cat key); {script} 2>&1");
                let shown = scratch.run("bash", &["-c", &script]).stdout;
                assert!(!shown.contains(body), "{given} {format}");
                assert!(shown.contains("a private"), "{given} {format}: {shown}");
            }
        }
    }
}

#[test]
fn a_key_in_the_place_of_its_path_is_said_to_be_no_path() {
    let scratch = place();
    // Whoever cuts a key gives one all the same.
    for key in [
        scratch.read("bot"),
        "-----BEGIN PRIVATE KEY-----".to_owned(),
    ] {
        for (args, words) in [
            (["run", "--commit-key", &key], "'(a private key)"),
            (
                ["run", "-q", &format!("--commit-key={key}")],
                "`--commit-key <FILE>` (or `GITCA_COMMIT_KEY`) is given a private key, which is no path",
            ),
            (
                ["approve", "jane", &format!("--signing-key={key}")],
                "`--signing-key <FILE>` (or `GITCA_SIGNING_KEY`) is given a private key",
            ),
            (
                ["new", "pat", &format!("--csr={key}")],
                "`--csr <FILE>` is given a private key",
            ),
            (
                ["init", "--ca-cert=ca.pem", &format!("--ca-key={key}")],
                "`--ca-key <FILE>` is given a private key",
            ),
        ] {
            let answer = scratch.in_repo(&args).code(2);
            assert!(answer.stderr.contains(words), "{}", answer.stderr);
            assert!(
                answer.stderr.contains("help: write the key to a file"),
                "{}",
                answer.stderr
            );
        }
    }
    let key = scratch.read("home/.config/gitca/keys/cluster-ca.pem");
    let source = format!("cluster-ca=file:{key}");
    let answer = scratch.in_repo(&["run", "--key", &source]).code(2);
    assert!(answer.stderr.contains("is the key itself"), "{answer:?}");
}
