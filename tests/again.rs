//! `gitca new` once more: what was interrupted is finished, what is done is left alone, and no key is lost or leaked.

mod support;

use support::{Answer, Scratch, files_below};

const KEY: &str = "home/.config/gitca/requests/jane.key";
const REQUEST: &str = "repo/requests/jane.yaml";

fn new(scratch: &Scratch, more: &[&str]) -> Answer {
    scratch.in_repo(&[&["new", "jane", "--group", "dev"], more].concat())
}

fn remove(scratch: &Scratch, file: &str) {
    scratch.sh(&format!("rm {file}"));
}

/// Every file of the person and of the repository.
fn everything(scratch: &Scratch) -> Vec<(String, Vec<u8>)> {
    files_below(&scratch.path(""))
}

fn public_key(scratch: &Scratch) -> String {
    scratch
        .sh(&format!("openssl pkey -in {KEY} -pubout"))
        .stdout
}

#[test]
fn a_second_run_changes_nothing_and_says_what_comes_next() {
    let scratch = Scratch::with_repository();
    let first = new(&scratch, &[]).success().stdout;
    let next = "Next:\n  gitca check requests/jane.yaml\n  git switch -c request-jane\n  git add requests/jane.yaml\n  \
                git commit -m \"request a certificate for jane\"\n  git push -u origin request-jane    # and open a pull request\n\
                After the merge, `git pull` brings issued/jane/kubeconfig.yaml; put the key beside it as jane.key.\n";
    let key = scratch.path(KEY);
    assert_eq!(
        first,
        format!(
            "Wrote requests/jane.yaml.\nWrote the private key, which never leaves this machine, to\n  {}\n{next}",
            key.display()
        )
    );
    let before = everything(&scratch);
    let second = new(&scratch, &[]).success().stdout;
    assert_eq!(
        second,
        format!(
            "There already is requests/jane.yaml.\nIt is for the private key that was there already; for a new one move it away \
             first:\n  {}\n{next}",
            key.display()
        )
    );
    assert_eq!(everything(&scratch), before);
}

#[test]
fn a_key_that_was_left_gets_its_request() {
    let scratch = Scratch::with_repository();
    new(&scratch, &[]).success();
    let key = public_key(&scratch);
    remove(&scratch, REQUEST);
    let told = new(&scratch, &[]).success().stdout;
    assert!(
        told.starts_with(
            "Wrote requests/jane.yaml.\nIt is for the private key that was there already"
        ),
        "{told}"
    );
    assert_eq!(public_key(&scratch), key);
    scratch.sh(&format!(
        "sed -n 's/^  request: //p' {REQUEST} | base64 -d | openssl req -noout -pubkey > asked; openssl pkey -in {KEY} -pubout | \
         cmp - asked"
    ));
    scratch.in_repo(&["check"]).success();
}

#[test]
fn a_request_whose_key_is_gone_gets_no_other_key() {
    let scratch = Scratch::with_repository();
    new(&scratch, &[]).success();
    remove(&scratch, KEY);
    let before = everything(&scratch);
    let told = new(&scratch, &[]).code(2).stderr;
    assert!(
        told.contains("its private\n  key is not at") || told.contains("private key is not at"),
        "{told}"
    );
    assert!(told.contains("`git rm -f requests/jane.yaml`"), "{told}");
    assert_eq!(everything(&scratch), before);
}

#[test]
fn another_request_of_the_name_and_another_kind_of_key_are_refused() {
    let scratch = Scratch::with_repository();
    new(&scratch, &[]).success();
    for (more, told) in [
        (["--group", "ops"], "asks for something else"),
        (["--duration", "2h"], "asks for something else"),
        (["--usage", "client auth"], "asks for something else"),
        (["--key-type", "ed25519"], "is ECDSA P-256, not Ed25519"),
    ] {
        let before = everything(&scratch);
        let answer = new(&scratch, &more).code(2).stderr.replace("\n  ", " ");
        assert!(answer.contains(told), "{told}\n{answer}");
        assert!(answer.contains(" help: "), "{answer}");
        assert_eq!(everything(&scratch), before, "{more:?}");
    }
}

#[test]
fn no_key_is_written_into_the_repository_or_over_anything() {
    let scratch = Scratch::with_repository();
    scratch.sh("ln -s repo elsewhere; ln -s $PWD/repo/.git hidden");
    for place in [
        "jane.key",
        "requests/jane.key",
        "../elsewhere/jane.key",
        "../hidden/jane.key",
        ".git/jane.key",
    ] {
        let before = everything(&scratch);
        let told = new(&scratch, &["--key-out", place]).code(2).stderr;
        assert!(told.starts_with("error[SecretInRequest]"), "{told}");
        assert!(
            told.contains("`gitca new jane --key-out ~/jane.key`"),
            "{told}"
        );
        assert_eq!(everything(&scratch), before, "{place}");
    }
    scratch.write("notes", "mine\n");
    scratch.sh("umask 077; echo mine > secret; ln -s nowhere dangling");
    for place in ["../notes", "../secret", "../dangling", "../home"] {
        let before = everything(&scratch);
        let told = new(&scratch, &["--key-out", place]).code(2).stderr;
        assert!(told.contains(" help: "), "{told}");
        assert_eq!(everything(&scratch), before, "{place}");
    }
}

#[test]
fn requests_from_elsewhere_may_be_taken_twice_too() {
    let scratch = Scratch::with_repository();
    scratch.sh(
        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout jane.key -subj /CN=jane/O=dev -out jane.csr \
         2>/dev/null",
    );
    let take = || scratch.in_repo(&["new", "jane", "--csr", "../jane.csr"]);
    take().success();
    let before = everything(&scratch);
    let told = take().success().stdout;
    assert!(
        told.starts_with("There already is requests/jane.yaml.\n"),
        "{told}"
    );
    assert_eq!(everything(&scratch), before);

    let manifests = scratch.read(REQUEST);
    let second = manifests.replace("name: jane", "name: mary");
    scratch.write("both.yaml", format!("{manifests}---\n{second}"));
    let take = || scratch.in_repo(&["new", "team", "--from", "../both.yaml"]);
    take().success();
    scratch.sh("rm repo/requests/team/mary.yaml");
    let told = take().success().stdout;
    let expected = "There already is requests/team/jane.yaml.\nWrote requests/team/mary.yaml.\n";
    assert!(told.starts_with(expected), "{told}");
    scratch.write("repo/requests/team/mary.yaml", "mine\n");
    let told = take().code(2).stderr;
    assert!(told.contains("with other content"), "{told}");
    assert_eq!(scratch.read("repo/requests/team/mary.yaml"), "mine\n");
}

#[test]
fn a_statement_that_was_not_written_yet_is_and_no_second_one() {
    let scratch = Scratch::with_repository();
    scratch.sh("ssh-keygen -q -t ed25519 -N '' -C jane -f jane");
    scratch.write(
        "repo/policies/jane.yaml",
        format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {{name: jane}}\nspec:\n  emails: [jane@example.com]\n  \
             sshKeys: [\"{}\"]\n",
            scratch.read("jane.pub").trim_end()
        ),
    );
    let sign = || {
        new(&scratch, &["--signing-key", "../jane"])
            .success()
            .stdout
    };
    new(&scratch, &[]).success();
    let told = sign();
    assert!(told.contains("Signed as a request of jane with"), "{told}");
    let before = everything(&scratch);
    let told = sign();
    assert!(!told.contains("Signed as"), "{told}");
    assert!(
        told.contains("git add requests/jane.yaml requests/jane.approvals\n"),
        "{told}"
    );
    assert_eq!(everything(&scratch), before);
}
