//! Approvals from outside: what `approve` and `deny` write, and that stock OpenSSH agrees with it, both ways.
#![expect(clippy::disallowed_methods, reason = "tests run tools and write files")]

mod support;

use std::fs;

use gitca::names::Sha256Digest;
use gitca::ssh::signature::Signature;
use gitca::statement::{NAMESPACE, Statement, StatementDecision};

use support::{Answer, Scratch};

/// A repository with the request `dev/jane`, and Bob, whose key is `bob`.
fn scratch() -> Scratch {
    let scratch = Scratch::with_repository();
    key(&scratch, "bob", &["-t", "ed25519"], "");
    principal(&scratch, "bob", "person", "bob");
    let policy = scratch.read("repo/policies/developers.yaml");
    let asked = policy.replace(
        "approvals: none",
        "approvals: {anyOf: [{principals: [bob]}]}",
    );
    assert_ne!(asked, policy);
    scratch.write("repo/policies/developers.yaml", asked);
    scratch
        .in_repo(&["new", "dev/jane", "--group", "dev"])
        .success();
    scratch.commit("a request");
    scratch
}

fn key(scratch: &Scratch, name: &str, options: &[&str], passphrase: &str) {
    let fixed = ["-q", "-C", name, "-N", passphrase, "-f", name];
    scratch
        .run("ssh-keygen", &[options, &fixed].concat())
        .success();
}

fn principal(scratch: &Scratch, name: &str, kind: &str, key: &str) {
    let line = scratch.read(&format!("{key}.pub"));
    scratch.write(
        &format!("repo/policies/{name}.yaml"),
        format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {{name: {name}}}\nspec:\n  kind: {kind}\n  \
             emails: [{name}@example.com]\n  sshKeys:\n    - {line}"
        ),
    );
}

/// The statement files of `dev/jane`, without the folder.
fn statements(scratch: &Scratch) -> Vec<String> {
    let folder = fs::read_dir(scratch.path("repo/requests/dev/jane.approvals"));
    let mut names: Vec<String> = folder
        .into_iter()
        .flatten()
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

fn read(scratch: &Scratch, name: &str) -> (String, Statement, Signature) {
    let text = scratch.read(&format!("repo/requests/dev/jane.approvals/{name}"));
    let signature = scratch.read(&format!("repo/requests/dev/jane.approvals/{name}.sig"));
    let statement = Statement::read(text.as_bytes()).expect("it is a statement");
    let signature = Signature::parse_for(NAMESPACE, &signature).expect("it is a signature");
    signature
        .verify(NAMESPACE, text.as_bytes())
        .expect("it holds");
    (text, statement, signature)
}

fn refused(answer: Answer, code: &str) -> String {
    let answer = answer.code(2);
    assert!(
        answer.stderr.starts_with(&format!("error[{code}]")),
        "{}",
        answer.stderr
    );
    answer.stderr
}

#[test]
fn an_approval_is_a_statement_and_its_signature() {
    let scratch = scratch();
    let answer = scratch
        .in_repo(&[
            "approve",
            "dev/jane",
            "--signing-key",
            "../bob",
            "--reason",
            "CHG-1234",
        ])
        .success();
    let names = statements(&scratch);
    let (text, statement, signature) = read(&scratch, &names[0]);
    let digest = Sha256Digest::of(text.as_bytes()).to_string();
    let json = format!("bob-{}.json", &digest[..8]);
    assert_eq!(names, [json.clone(), format!("{json}.sig")]);
    let manifest = fs::read(scratch.path("repo/requests/dev/jane.yaml")).expect("the manifest");
    let blob = scratch
        .git(&["rev-parse", "HEAD:requests/dev/jane.yaml"])
        .stdout;
    assert_eq!(statement.git_blob.to_string(), blob.trim());
    assert_eq!(statement.sha256, Sha256Digest::of(&manifest));
    assert_eq!(statement.request.as_str(), "dev/jane");
    assert_eq!(statement.decision, StatementDecision::Approve);
    assert_eq!(
        (statement.principal.as_str(), statement.branch.as_str()),
        ("bob", "main")
    );
    assert_eq!(statement.created.to_string(), "2030-01-01T00:00:00Z");
    let expires = statement.expires.map(|time| time.to_string());
    assert_eq!(expires.as_deref(), Some("2030-01-15T00:00:00Z"));
    assert_eq!(statement.reason.as_deref(), Some("CHG-1234"));
    assert!(
        scratch
            .read("repo/policies/settings.yaml")
            .contains(&statement.repository)
    );
    let shown = format!(
        "Approved dev/jane as bob with {}:\n  for      branch main of repository {}\n  content  {} (git blob)\n  user     jane\n  groups   dev\n  \
         usages   digital signature, client auth\n  signer   kubernetes.io/kube-apiserver-client\n  key      ECDSA P-256\n  \
         until    2030-01-15T00:00:00Z\nWrote requests/dev/jane.approvals/{json}\n  and requests/dev/jane.approvals/{json}.sig\n\
         Next:\n  git add requests/dev/jane.approvals\n  git commit -m \"approve dev/jane\"\n  \
         git push    # it counts when it is merged, with the request or after it\n",
        signature.key(),
        statement.repository,
        &blob[..8],
    );
    assert_eq!(answer.stdout, shown);
    assert_eq!(answer.stderr, "");
}

#[test]
fn stock_ssh_keygen_accepts_an_approval() {
    let scratch = scratch();
    scratch
        .in_repo(&["approve", "dev/jane", "--signing-key", "../bob"])
        .success();
    let file = format!("requests/dev/jane.approvals/{}", statements(&scratch)[0]);
    scratch.write(
        "signers",
        format!("bob namespaces=\"{NAMESPACE}\" {}", scratch.read("bob.pub")),
    );
    let verify = |namespace: &str| {
        let script = format!(
            "ssh-keygen -Y verify -f signers -I bob -n {namespace} -s repo/{file}.sig < repo/{file}"
        );
        scratch.run("bash", &["-c", &script])
    };
    assert!(verify(NAMESPACE).success().stdout.starts_with("Good "));
    assert_ne!(verify("git").code, Some(0));
}

#[test]
fn an_approval_made_by_hand_is_the_same() {
    let scratch = scratch();
    let printed = scratch
        .in_repo(&["approve", "--print", "--as", "bob", "dev/jane"])
        .success();
    assert!(statements(&scratch).is_empty());
    scratch.write("s.json", &printed.stdout);
    scratch
        .run(
            "ssh-keygen",
            &["-q", "-Y", "sign", "-n", NAMESPACE, "-f", "bob", "s.json"],
        )
        .success();
    scratch.sh(
        "d=repo/requests/dev/jane.approvals/bob-$(sha256sum s.json | cut -c1-8).json; mkdir -p \"${d%/*}\"; \
         mv s.json $d; mv s.json.sig $d.sig",
    );
    let (text, statement, _) = read(&scratch, &statements(&scratch)[0]);
    assert_eq!(text, printed.stdout);
    assert_eq!(statement.principal.as_str(), "bob");
    // The two digests are those that stock tools print.
    let blob = scratch
        .git(&["hash-object", "--no-filters", "requests/dev/jane.yaml"])
        .stdout;
    assert_eq!(statement.git_blob.to_string(), blob.trim());
    let sha = scratch.sh("sha256sum < repo/requests/dev/jane.yaml").stdout;
    assert_eq!(
        statement.sha256.to_string(),
        sha.split(' ').next().unwrap_or_default()
    );
}

#[test]
fn a_denial_and_a_claim_need_not_end() {
    let scratch = scratch();
    for (args, decision) in [
        (&["deny"][..], StatementDecision::Deny),
        (&["approve", "--as-requester"], StatementDecision::Request),
    ] {
        let more = ["dev/jane", "--signing-key", "../bob"];
        scratch.in_repo(&[args, &more].concat()).success();
        let (_, statement, _) = read(&scratch, &statements(&scratch)[0]);
        assert_eq!((statement.decision, statement.expires), (decision, None));
        fs::remove_dir_all(scratch.path("repo/requests/dev/jane.approvals")).expect("a folder");
    }
    scratch
        .in_repo(&[
            "deny",
            "requests/dev/jane.yaml",
            "--signing-key",
            "../bob",
            "--expires",
            "7d",
        ])
        .success();
    let (_, statement, _) = read(&scratch, &statements(&scratch)[0]);
    let expires = statement.expires.map(|time| time.to_string());
    assert_eq!(expires.as_deref(), Some("2030-01-08T00:00:00Z"));
}

#[test]
fn the_key_is_found_as_git_finds_it() {
    let scratch = scratch();
    let approve = || scratch.in_repo(&["approve", "dev/jane"]);
    let start_over = || {
        let _ = fs::remove_dir_all(scratch.path("repo/requests/dev/jane.approvals"));
    };
    // Without any key, and with one that is not SSH.
    assert!(refused(approve(), "OperationFailed").contains("git config gpg.format ssh"));
    scratch.git(&["config", "user.signingKey", "~/id"]);
    refused(approve(), "OperationFailed");
    scratch.git(&["config", "gpg.format", "ssh"]);
    assert!(
        refused(approve(), "OperationFailed").contains("id"),
        "the file is not there"
    );
    scratch.sh("cp bob home/id; cp bob.pub home/id.pub");
    approve().success();
    start_over();
    // The public key beside the private one, which ssh-keygen finds.
    scratch.git(&["config", "user.signingKey", "~/id.pub"]);
    approve().success();
    start_over();
    scratch.sh("chmod 640 home/id");
    scratch.git(&["config", "user.signingKey", "~/id"]);
    assert!(refused(approve(), "OperationFailed").contains("chmod 600"));
}

#[test]
fn the_agent_signs_with_a_key_that_a_principal_has() {
    let scratch = scratch();
    key(&scratch, "stranger", &["-t", "ed25519"], "");
    let gitca = env!("CARGO_BIN_EXE_gitca");
    let with_agent = |keys: &str, command: &str| {
        let script = format!(
            "eval $(ssh-agent -s) > /dev/null; trap 'ssh-agent -k > /dev/null' EXIT; ssh-add -q {keys}; cd repo; {command}"
        );
        scratch.run("bash", &["-c", &script])
    };
    with_agent("stranger bob", &format!("{gitca} approve dev/jane")).success();
    let (_, statement, _) = read(&scratch, &statements(&scratch)[0]);
    assert_eq!(statement.principal.as_str(), "bob");
    let literal = format!(
        "git config gpg.format ssh; git config user.signingKey \"key::$(cat ../bob.pub)\"; {gitca} deny dev/jane"
    );
    with_agent("bob", &literal).success();
    assert_eq!(statements(&scratch).len(), 4);
    scratch.git(&["config", "--unset", "gpg.format"]);
    refused(
        with_agent("stranger", &format!("{gitca} approve dev/jane")),
        "ApprovalKeyUnknown",
    );
}

#[test]
fn an_encrypted_key_is_asked_about_by_ssh_keygen() {
    let scratch = scratch();
    key(&scratch, "carol", &["-t", "ecdsa"], "open sesame");
    principal(&scratch, "carol", "person", "carol");
    scratch.write("ask", "#!/bin/sh\necho open sesame\n");
    let gitca = env!("CARGO_BIN_EXE_gitca");
    scratch.sh(&format!(
        "chmod +x ask; export SSH_ASKPASS=$PWD/ask SSH_ASKPASS_REQUIRE=force; cd repo; {gitca} approve dev/jane --signing-key ../carol"
    ));
    let (_, statement, _) = read(&scratch, &statements(&scratch)[0]);
    assert_eq!(statement.principal.as_str(), "carol");
}

#[test]
fn only_those_who_may_sign_do() {
    let scratch = scratch();
    key(&scratch, "robot", &["-t", "ed25519"], "");
    key(&scratch, "stranger", &["-t", "ed25519"], "");
    principal(&scratch, "robot", "bot", "robot");
    let run = |args: &[&str]| scratch.in_repo(args);
    let unknown = refused(
        run(&["approve", "dev/jane", "--signing-key", "../stranger"]),
        "ApprovalKeyUnknown",
    );
    assert!(unknown.contains("`sshKeys` of a Principal"), "{unknown}");
    refused(
        run(&["approve", "dev/jane", "--signing-key", "../robot"]),
        "ApprovalNotPerson",
    );
    refused(
        run(&["deny", "dev/jane", "--signing-key", "../robot"]),
        "ApprovalNotPerson",
    );
    run(&[
        "approve",
        "--as-requester",
        "dev/jane",
        "--signing-key",
        "../robot",
    ])
    .success();
    refused(
        run(&[
            "approve",
            "dev/jane",
            "--signing-key",
            "../bob",
            "--as",
            "robot",
        ]),
        "ApprovalPrincipal",
    );
    refused(
        run(&["approve", "dev/jane", "--print", "--as", "nobody"]),
        "ApprovalPrincipal",
    );
    let spec = scratch.read("repo/policies/bob.yaml").replace(
        &format!("- {}", scratch.read("bob.pub")),
        &format!(
            "- {{key: '{}', notAfter: 2029-01-01T00:00:00Z}}\n",
            scratch.read("bob.pub").trim()
        ),
    );
    scratch.write("repo/policies/bob.yaml", spec);
    refused(
        run(&["approve", "dev/jane", "--signing-key", "../bob"]),
        "ApprovalKeyUnknown",
    );
}

#[test]
fn whoever_says_to_have_asked_is_told_at_once() {
    let scratch = scratch();
    let with_key =
        |args: &[&str]| scratch.in_repo(&[args, &["dev/jane", "--signing-key", "../bob"]].concat());
    with_key(&["approve", "--as-requester"]).success();
    refused(with_key(&["approve"]), "ApproverIsRequester");
    // One may deny one's own, and other bytes are another request.
    with_key(&["deny"]).success();
    let manifest = scratch.read("repo/requests/dev/jane.yaml");
    scratch.write(
        "repo/requests/dev/jane.yaml",
        format!("{manifest}# again\n"),
    );
    scratch.commit("change it");
    with_key(&["approve"]).success();
}

#[test]
fn what_is_signed_is_what_is_committed() {
    let scratch = scratch();
    let manifest = scratch.read("repo/requests/dev/jane.yaml");
    let approve = |request: &str| scratch.in_repo(&["approve", request, "--signing-key", "../bob"]);
    // git may check out with carriage returns; the commit counts.
    scratch.write(
        "repo/requests/dev/jane.yaml",
        manifest.replace('\n', "\r\n"),
    );
    approve("dev/jane").success();
    let (_, statement, _) = read(&scratch, &statements(&scratch)[0]);
    assert_eq!(statement.sha256, Sha256Digest::of(manifest.as_bytes()));
    scratch.write(
        "repo/requests/dev/jane.yaml",
        format!("{manifest}# edited\n"),
    );
    refused(approve("dev/jane"), "ApprovalStale");
    refused(approve("dev/john"), "PathNotAllowed");
    scratch.write("repo/requests/dev/mary.yaml", "kind: Nothing\n");
    refused(approve("dev/mary"), "MalformedSpec");
    // A denial may be about anything that lies there.
    scratch
        .in_repo(&["deny", "dev/mary", "--signing-key", "../bob"])
        .success();
    refused(
        scratch.in_repo(&["approve", "dev/jane", "--reason", "a\nb"]),
        "OperationFailed",
    );
    refused(
        scratch.in_repo(&["approve", "--print", "a", "b"]),
        "OperationFailed",
    );
}

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

/// The Settings' repository and branch, changed as a pull request could.
fn change_settings(scratch: &Scratch, from: &str, to: &str) {
    let settings = scratch.read("repo/policies/settings.yaml");
    assert!(settings.contains(from), "{settings}");
    scratch.write("repo/policies/settings.yaml", settings.replace(from, to));
}

fn repository_id(scratch: &Scratch) -> String {
    let settings = scratch.read("repo/policies/settings.yaml");
    let id = settings
        .lines()
        .find_map(|line| line.trim().strip_prefix("repository: "));
    id.expect("Settings name the repository").to_owned()
}

const FOREIGN: &str = "7f0c2c1e-5a0b-4b53-9a0d-1f6f3a0c9d11";

#[test]
fn a_checked_out_pull_request_does_not_choose_the_repository_that_is_signed_for() {
    let scratch = scratch();
    let own = repository_id(&scratch);
    scratch.git(&["checkout", "-q", "-b", "pr"]);
    change_settings(&scratch, &own, FOREIGN);
    scratch.commit("a typo");
    for command in [
        &["approve"][..],
        &["deny"],
        &["approve", "--as-requester"],
        &["approve", "--print"],
    ] {
        let more = ["dev/jane", "--signing-key", "../bob"];
        let told = refused(
            scratch.in_repo(&[command, &more].concat()),
            "BranchMismatch",
        );
        for part in [own.as_str(), FOREIGN, "--branch main approve", "git fetch"] {
            assert!(told.contains(part), "{command:?}: no `{part}` in {told}");
        }
        assert!(statements(&scratch).is_empty(), "{command:?}");
        // The branch that was named has the last word, not what is checked out.
        let pinned = ["--branch", "main"];
        let answer = scratch
            .in_repo(&[&pinned, command, &more].concat())
            .success();
        let signed = format!("for branch main of repository {own}\n");
        if command.contains(&"--print") {
            assert_eq!(answer.stderr, format!("note: this statement is {signed}"));
            assert!(answer.stdout.contains(&own), "{}", answer.stdout);
            continue;
        }
        let (_, statement, _) = read(&scratch, &statements(&scratch)[0]);
        assert_eq!((&statement.repository, &*statement.branch), (&own, "main"));
        let shown = format!("  for      branch main of repository {own}\n");
        assert!(answer.stdout.contains(&shown), "{}", answer.stdout);
        fs::remove_dir_all(scratch.path("repo/requests/dev/jane.approvals")).expect("a folder");
    }
}

#[test]
fn a_checked_out_pull_request_does_not_choose_the_branch_that_is_signed_for() {
    let scratch = scratch();
    let deny = |global: &[&str]| {
        let command = ["deny", "dev/jane", "--signing-key", "../bob"];
        scratch.in_repo(&[global, &command].concat())
    };
    scratch.git(&["checkout", "-q", "-b", "next"]);
    // The branch that the Settings name is not here.
    change_settings(&scratch, "branch: main", "branch: gone");
    let told = refused(deny(&[]), "BranchMismatch");
    assert!(told.contains("`gone`"), "{told}");
    // It is here and agrees, but a clone knows what the remote takes for its main branch.
    change_settings(&scratch, "branch: gone", "branch: next");
    scratch.commit("settings");
    scratch.git(&["update-ref", "refs/remotes/origin/main", "main"]);
    scratch.git(&[
        "symbolic-ref",
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/main",
    ]);
    let told = refused(deny(&[]), "BranchMismatch");
    for part in ["branch next of", "branch main of", "`origin/HEAD`"] {
        assert!(told.contains(part), "no `{part}` in {told}");
    }
    // A branch that anybody may push is not taken for the remote's own.
    scratch.git(&["update-ref", "refs/remotes/origin/x/main", "next"]);
    scratch.git(&["update-ref", "-d", "refs/heads/main"]);
    deny(&["--branch", "main"]).success();
    let (_, statement, _) = read(&scratch, &statements(&scratch)[0]);
    assert_eq!(statement.branch, "main");
    // The branch that is named must be there and name itself.
    refused(deny(&["--branch", "nowhere"]), "BranchMismatch");
    scratch.git(&["branch", "other", "next"]);
    let told = refused(deny(&["--branch", "other"]), "BranchMismatch");
    assert!(
        told.contains("`next`") && told.contains("`other`"),
        "{told}"
    );
    let answer = scratch
        .command(env!("CARGO_BIN_EXE_gitca"))
        .args(["-C", "repo", "deny", "dev/jane", "--signing-key", "../bob"])
        .env("GITCA_BRANCH", "nowhere")
        .output()
        .expect("gitca runs");
    refused(Answer::of(&answer), "BranchMismatch");
}

#[test]
fn a_claim_with_a_new_request_is_bound_as_an_approval_is() {
    let scratch = scratch();
    scratch.git(&["checkout", "-q", "-b", "pr"]);
    let own = repository_id(&scratch);
    change_settings(&scratch, &own, FOREIGN);
    let new = [
        "new",
        "dev/mary",
        "--group",
        "dev",
        "--signing-key",
        "../bob",
    ];
    refused(scratch.in_repo(&new), "BranchMismatch");
    assert!(!scratch.path("repo/requests/dev/mary.yaml").exists());
    let answer = scratch
        .in_repo(&[&["--branch", "main"][..], &new].concat())
        .success();
    let shown = format!("for branch main of repository {own}, so that");
    assert!(answer.stdout.contains(&shown), "{}", answer.stdout);
}

#[test]
fn a_repository_that_was_just_made_has_nothing_that_disagrees() {
    let scratch = scratch();
    scratch.sh("rm -rf repo/.git");
    let deny = || scratch.in_repo(&["deny", "dev/jane", "--signing-key", "../bob"]);
    deny().success();
    scratch.git(&["init", "-q", "-b", "trunk"]);
    deny().success();
    scratch.commit("all of it");
    refused(deny(), "BranchMismatch");
}

#[test]
fn whoever_is_not_asked_is_told_what_becomes_of_it() {
    let scratch = scratch();
    key(&scratch, "alice", &["-t", "ed25519"], "");
    principal(&scratch, "alice", "person", "alice");
    scratch.commit("alice");
    let as_alice = |args: &[&str]| {
        let more = ["dev/jane", "--signing-key", "../alice"];
        scratch.in_repo(&[args, &more].concat()).success()
    };
    for (command, says) in [
        ("approve", "this approval does not count"),
        (
            "deny",
            "this denial counts only if `alice` is who asked for it",
        ),
    ] {
        let answer = as_alice(&[command]);
        let note = format!(
            "note[ApproverNotEligible]: no policy asks `alice` to approve `dev/jane`: {says} --> "
        );
        let words: Vec<&str> = answer.stderr.split_whitespace().collect();
        assert!(words.join(" ").starts_with(&note), "{}", answer.stderr);
        let plainly = answer.stdout.contains("it counts when it is merged");
        assert!(!plainly, "{}", answer.stdout);
        assert_eq!(statements(&scratch).len(), 2, "{command}");
        fs::remove_dir_all(scratch.path("repo/requests/dev/jane.approvals")).expect("a folder");
    }
    // A denial of one's own counts, and so does one by whom a policy asks.
    as_alice(&["approve", "--as-requester"]);
    let own = as_alice(&["deny"]);
    let asked = scratch.in_repo(&["deny", "dev/jane", "--signing-key", "../bob"]);
    for answer in [own, asked.success()] {
        assert_eq!(answer.stderr, "");
        let plainly = answer.stdout.contains("it counts when it is merged");
        assert!(plainly, "{}", answer.stdout);
    }
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link_that_somebody_put_there() {
    let scratch = scratch();
    scratch.sh("mkdir outside; ln -s ../../../outside repo/requests/dev/jane.approvals; ln -s ../../outside repo/requests/sub");
    let key = ["--signing-key", "../bob"];
    let manifest = scratch.read("repo/requests/dev/jane.yaml");
    scratch.write("all.yaml", manifest);
    for command in [
        &["approve", "dev/jane"][..],
        &["deny", "dev/jane"],
        &["approve", "--as-requester", "dev/jane"],
        &["new", "sub/mary", "--group", "dev"],
        &["new", "sub", "--from", "../all.yaml"],
    ] {
        let answer = scratch.in_repo(&[command, &key].concat());
        let told = refused(answer, "SymlinkInZone");
        assert!(told.contains("is a symbolic link"), "{told}");
        let outside = scratch.sh("ls -A outside").stdout;
        assert_eq!(outside, "", "{command:?}");
    }
    // What is missing in a repository is not added through one, either.
    scratch.sh("rm -r repo/templates repo/requests/README.md; ln -s ../outside repo/templates");
    refused(scratch.in_repo(&["init", "--no-commit"]), "SymlinkInZone");
    scratch.sh("rm repo/templates repo/.gitignore; ln -s ../outside/ignored repo/.gitignore");
    refused(scratch.in_repo(&["init", "--no-commit"]), "SymlinkInZone");
    assert_eq!(scratch.sh("ls -A outside").stdout, "");
}
