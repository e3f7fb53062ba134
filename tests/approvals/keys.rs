//! With whose key a statement is signed, and who may.

use std::fs;

use crate::place::{key, principal, read, refused, scratch, statements};

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
