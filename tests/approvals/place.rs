//! A repository with a request and an approver, and what is written there.

use std::fs;

use gitca::ssh::signature::Signature;
use gitca::statement::{NAMESPACE, Statement};

use crate::support::{Answer, Scratch};

/// A repository with the request `dev/jane`, and Bob, whose key is `bob`.
pub(crate) fn scratch() -> Scratch {
    let scratch = Scratch::with_repository();
    key(&scratch, "bob", &["-t", "ed25519"], "");
    principal(&scratch, "bob", "person", "bob");
    scratch.replace(
        "repo/policies/developers.yaml",
        "approvals: none",
        "approvals: {anyOf: [{principals: [bob]}]}",
    );
    scratch
        .in_repo(&["new", "dev/jane", "--group", "dev"])
        .success();
    scratch.commit("a request");
    scratch
}

pub(crate) fn key(scratch: &Scratch, name: &str, options: &[&str], passphrase: &str) {
    let fixed = ["-q", "-C", name, "-N", passphrase, "-f", name];
    scratch
        .run("ssh-keygen", &[options, &fixed].concat())
        .success();
}

pub(crate) fn principal(scratch: &Scratch, name: &str, kind: &str, key: &str) {
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
pub(crate) fn statements(scratch: &Scratch) -> Vec<String> {
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

pub(crate) fn read(scratch: &Scratch, name: &str) -> (String, Statement, Signature) {
    let text = scratch.read(&format!("repo/requests/dev/jane.approvals/{name}"));
    let signature = scratch.read(&format!("repo/requests/dev/jane.approvals/{name}.sig"));
    let statement = Statement::read(text.as_bytes()).expect("it is a statement");
    let signature = Signature::parse_for(NAMESPACE, &signature).expect("it is a signature");
    signature
        .verify(NAMESPACE, text.as_bytes())
        .expect("it holds");
    (text, statement, signature)
}

#[track_caller]
pub(crate) fn refused(answer: Answer, code: &str) -> String {
    let answer = answer.code(2);
    assert!(
        answer.stderr.starts_with(&format!("error[{code}]")),
        "{}",
        answer.stderr
    );
    answer.stderr
}
