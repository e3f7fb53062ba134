//! Requests that say whose they are, and who the first approver of a repository is.

use std::fs;

use gitca::names::Sha256Digest;
use gitca::statement::{NAMESPACE, StatementDecision};

use crate::place::{key, principal, read, refused, scratch, statements};
use crate::support::{Answer, Scratch};

#[test]
fn a_new_request_is_claimed_where_there_is_a_key() {
    let scratch = scratch();
    key(&scratch, "stranger", &["-t", "ed25519"], "");
    let start_over = || {
        fs::remove_dir_all(scratch.path("repo/requests/dev")).expect("the requests");
        fs::remove_dir_all(scratch.path("home/.config/gitca/requests/dev")).expect("the keys");
    };
    let new =
        |more: &[&str]| scratch.in_repo(&[&["new", "dev/jane", "--group", "dev"], more].concat());
    let claimed = |answer: Answer| {
        let (text, names) = (answer.success().stdout, statements(&scratch));
        let Some(name) = names.first() else {
            assert!(!text.contains(".approvals"), "{text}");
            return None;
        };
        let (_, statement, _) = read(&scratch, name);
        assert!(
            text.contains(&format!("requests/dev/jane.approvals/{name}\n")),
            "{text}"
        );
        assert!(
            text.contains("git add requests/dev/jane.yaml requests/dev/jane.approvals\n"),
            "{text}"
        );
        let manifest = fs::read(scratch.path("repo/requests/dev/jane.yaml")).expect("the manifest");
        assert_eq!(statement.sha256, Sha256Digest::of(&manifest));
        Some((statement.principal.to_string(), statement.decision))
    };
    let bobs = Some(("bob".to_owned(), StatementDecision::Request));
    start_over();
    assert_eq!(claimed(new(&[])), None);
    start_over();
    assert_eq!(claimed(new(&["--signing-key", "../bob"])), bobs);
    start_over();
    scratch.git(&["config", "gpg.format", "ssh"]);
    scratch.git(&["config", "user.signingKey", "../bob"]);
    assert_eq!(claimed(new(&[])), bobs);
    // A key of nobody here: whoever names it is refused before anything is written, otherwise it is only told.
    fs::remove_dir_all(scratch.path("repo/requests/dev")).expect("the requests");
    fs::remove_dir_all(scratch.path("home/.config/gitca/requests/dev")).expect("the keys");
    refused(new(&["--signing-key", "../stranger"]), "ApprovalKeyUnknown");
    assert!(!scratch.path("repo/requests/dev/jane.yaml").exists());
    scratch.git(&["config", "user.signingKey", "../stranger"]);
    let answer = new(&[]).success();
    assert!(
        answer
            .stdout
            .contains("Not signed as yours: the key ssh-ed25519 SHA256:"),
        "{answer:?}"
    );
    assert_eq!(claimed(answer), None);
    // Where nobody is known, git's key is nobody's business.
    start_over();
    fs::remove_file(scratch.path("repo/policies/bob.yaml")).expect("Bob");
    let policy = scratch.read("repo/policies/developers.yaml");
    let nobody = policy.replace("{anyOf: [{principals: [bob]}]}", "none");
    scratch.write("repo/policies/developers.yaml", nobody);
    let answer = new(&[]).success();
    assert!(!answer.stdout.contains("Not signed"), "{answer:?}");
}

#[test]
fn requests_from_a_file_are_claimed_too() {
    let scratch = scratch();
    let manifest = scratch.read("repo/requests/dev/jane.yaml");
    scratch.write(
        "all.yaml",
        format!(
            "{manifest}---\n{}",
            manifest.replace("name: jane", "name: john")
        ),
    );
    let args = [
        "new",
        "team",
        "--from",
        "../all.yaml",
        "--signing-key",
        "../bob",
    ];
    let text = scratch.in_repo(&args).success().stdout;
    assert_eq!(text.matches(".approvals/bob-").count(), 2, "{text}");
    for name in ["jane", "john"] {
        let folder = scratch.path(&format!("repo/requests/team/{name}.approvals"));
        assert_eq!(fs::read_dir(folder).expect("a folder").count(), 2, "{name}");
    }
}

#[test]
fn openssh_and_git_know_who_signed_what() {
    let scratch = scratch();
    key(&scratch, "robot", &["-t", "ed25519"], "");
    key(&scratch, "old", &["-t", "ed25519"], "");
    principal(&scratch, "robot", "bot", "robot");
    let line = |name: &str| {
        scratch
            .read(&format!("{name}.pub"))
            .trim()
            .rsplit_once(' ')
            .map(|(key, _)| key.to_owned())
    };
    let (bob, robot, old) = (
        line("bob").expect("a key"),
        line("robot").expect("a key"),
        line("old").expect("a key"),
    );
    let keys = format!(
        "  groups: []\n  sshKeys:\n    - {{key: {bob}, notBefore: 2020-01-01T00:00:00Z, notAfter: 2040-01-01T00:00:00Z}}\n    \
         - {{key: {old}, compromisedFrom: 1b4b0f43a1d57d0a2d9a4c5d1e2f3a4b5c6d7e8f}}\n"
    );
    let file = scratch.read("repo/policies/bob.yaml");
    let (head, _) = file.split_once("  sshKeys").expect("the keys");
    scratch.write("repo/policies/bob.yaml", format!("{head}{keys}"));
    let signers = scratch
        .in_repo(&["policy", "allowed-signers"])
        .success()
        .stdout;
    let expected = format!(
        "bob namespaces=\"{NAMESPACE},git\",valid-after=\"20200101000000Z\",valid-before=\"20400101000000Z\" {bob}\n\
         robot namespaces=\"git\" {robot}\n"
    );
    assert_eq!(signers, expected);
    // git takes both for commits, OpenSSH only Bob for approvals.
    scratch.write("signers", &signers);
    scratch
        .in_repo(&["approve", "dev/jane", "--signing-key", "../bob"])
        .success();
    for key in ["bob", "robot"] {
        let key_file = format!("user.signingKey=../{key}");
        scratch.git(&[
            "-c",
            "gpg.format=ssh",
            "-c",
            &key_file,
            "commit",
            "-q",
            "-S",
            "--allow-empty",
            "-m",
            key,
        ]);
        let shown = scratch.git(&[
            "-c",
            "gpg.ssh.allowedSignersFile=../signers",
            "log",
            "-1",
            "--show-signature",
            "--format=%G? %GS",
        ]);
        assert!(shown.stdout.contains(&format!("G {key}\n")), "{shown:?}");
    }
    let file = format!(
        "repo/requests/dev/jane.approvals/{}",
        statements(&scratch)[0]
    );
    let verify = |name: &str| {
        let script = format!(
            "ssh-keygen -Y verify -f signers -I {name} -n {NAMESPACE} -s {file}.sig < {file}"
        );
        scratch.run("bash", &["-c", &script]).code
    };
    assert_eq!(verify("bob"), Some(0));
    assert_ne!(verify("robot"), Some(0));
    scratch.commit("policies");
    scratch.sh("git clone -q --bare repo bare");
    let bare = scratch
        .gitca(&["-C", "bare", "policy", "allowed-signers"])
        .success();
    assert_eq!(bare.stdout, expected);
}

#[test]
fn a_repository_that_asks_for_approvals_knows_who_made_it() {
    let scratch = Scratch::new();
    key(&scratch, "alice", &["-t", "ed25519"], "");
    let init =
        |more: &[&str]| scratch.gitca(&[&["init", "repo", "--require-approval"], more].concat());
    let without = refused(init(&[]), "OperationFailed");
    assert!(without.contains("needs the SSH key"), "{without}");
    assert!(!scratch.path("repo/policies").exists());
    assert!(
        !scratch.path("home/.config/gitca/keys").exists(),
        "no key was made"
    );
    let told = init(&["--signing-key", "alice.pub"]).success().stdout;
    assert!(told.contains("You (test) are the first who may"), "{told}");
    let policy = scratch.read("repo/policies/developers.yaml");
    assert!(
        policy.contains("  approvals: {anyOf: [{groups: [approvers], count: 1}]}\n"),
        "{policy}"
    );
    assert!(!policy.contains("approvals: none"));
    let principal = scratch.read("repo/policies/principals/test.yaml");
    let key = scratch.read("alice.pub").replace(" alice\n", "");
    assert!(principal.contains(&key), "{principal}");
    assert!(
        principal.contains("emails: [\"test@example.com\"]"),
        "{principal}"
    );
    // It loads, and the key signs.
    let signers = scratch
        .in_repo(&["policy", "allowed-signers"])
        .success()
        .stdout;
    assert_eq!(
        signers,
        format!("test namespaces=\"{NAMESPACE},git\" {key}\n")
    );
    assert_eq!(scratch.git(&["status", "--porcelain"]).stdout, "");
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("a request");
    scratch
        .in_repo(&["approve", "jane", "--signing-key", "../alice"])
        .success();
    let again = refused(init(&["--signing-key", "alice.pub"]), "OperationFailed");
    assert!(again.contains("there are policies already"), "{again}");
}

#[test]
fn the_first_approver_is_who_git_says_signs() {
    let scratch = Scratch::new();
    key(&scratch, "alice", &["-t", "ed25519"], "");
    scratch.sh("git config --global gpg.format ssh; git config --global user.signingKey \"key::$(cat alice.pub)\"");
    scratch
        .gitca(&["init", "repo", "--require-approval"])
        .success();
    let key = scratch.read("alice.pub").replace(" alice\n", "");
    assert!(
        scratch
            .read("repo/policies/principals/test.yaml")
            .contains(&key)
    );
}
