//! Pending commits that no run of this mainline would make: each is left alone and named, and the run does its own work.

use serde_json::Value;

use crate::place::{
    HURRY, codes, issuances, only_pending, others, pending, place, push, refuse, refused_once, rev,
    serial, serial_at_remote, sound, told_serial,
};
use crate::support::Scratch;

/// Puts another commit in the place of the pending one: that one, with what a script does to its files in the work tree `t`.
/// Out comes the serial number that it has for jane.
fn forge(scratch: &Scratch, script: &str, amend: &str) -> String {
    let reference = only_pending(scratch);
    scratch.sh(&format!(
        "git -C repo worktree add -q --detach ../t {reference}; cd t
         {script}
         git add -A; git {amend}; git -C ../repo update-ref {reference} $(git rev-parse HEAD)
         git -C ../repo worktree remove --force ../t"
    ));
    serial(scratch, "repo", &reference, "jane")
}

const AMEND: &str = "commit -q --amend --no-edit";

/// The codes of the notices about what earlier runs have left.
fn about_the_pending(report: &Value) -> Vec<String> {
    let mut notices = codes(report, "notices");
    notices.retain(|code| code != "RequesterUnverified");
    notices
}

/// What the next run says and does about a forged commit; the help that it gives is obeyed.
#[track_caller]
fn is_left_alone(scratch: &Scratch, forged: &str, args: &[&str]) {
    let reference = only_pending(scratch);
    let commit = rev(scratch, "repo", &reference);
    let run = [&["run", "--push", "-o", "json"], args].concat();
    let answer = scratch.gitca_with("repo", &run, &HURRY);
    let report = answer.success().json();
    assert_eq!(
        about_the_pending(&report),
        ["PendingNotAdopted"],
        "{report:#}"
    );
    let notice = &report["notices"][0];
    let message = notice["message"].as_str().expect("a message");
    assert!(message.contains(&commit), "{message}");
    // The run goes on, with a certificate of its own.
    let signed = told_serial(&report, "jane");
    assert_ne!(signed, forged);
    assert_eq!(serial_at_remote(scratch, "jane"), signed);
    assert_eq!(issuances(scratch), 1);
    scratch.sh("openssl verify -attime 1893459600 -CAfile repo/policies/ca/cluster.pem repo/issued/jane/certificate.pem");
    assert_eq!(scratch.git(&["status", "--porcelain"]).stdout, "");
    assert_eq!(
        (only_pending(scratch), rev(scratch, "repo", &reference)),
        (reference, commit)
    );
    let help = notice["help"].as_str().expect("a help");
    let (_, command) = help.split_once("then ").expect("a command");
    scratch.sh(&format!("cd repo; {command}"));
    let report = scratch.gitca_with("repo", &run, &HURRY).success().json();
    assert_eq!(about_the_pending(&report), [""; 0], "{report:#}");
    assert_eq!(
        (&report["issueCommit"], pending(scratch)),
        (&Value::Null, String::new())
    );
    sound(scratch);
}

#[test]
fn a_pending_commit_that_forgets_a_key_or_invents_one_is_left_alone() {
    for edit in [
        "git rm -rq issued/_keys",
        "mkdir -p issued/_keys/00; echo jane > issued/_keys/00/11; git add issued",
    ] {
        let scratch = refused_once(&["jane"]);
        forge(&scratch, edit, AMEND);
        let report = push(&scratch).success().json();
        assert_eq!(codes(&report, "notices"), ["PendingNotAdopted"], "{edit}");
        assert_eq!(report["summary"]["issued"], 1);
        let keys = scratch
            .sh("git -C remote.git ls-tree -r --name-only main issued/_keys")
            .stdout;
        assert_eq!(keys.lines().count(), 1, "{edit}: {keys}");
    }
}

/// Flips a bit of the signature, which DER does not mind, and tells the new octets everywhere, as the work of somebody who
/// knows all of it would be.
const FLIP: &str = r#"
    cd issued/jane; mkdir ../../../old; cp * ../../../old
    size=$(openssl x509 -in certificate.pem -outform DER | wc -c)
    last=$(openssl x509 -in certificate.pem -outform DER | tail -c 1 | od -An -tu1)
    { openssl x509 -in certificate.pem -outform DER | head -c $((size - 1)); printf "\\$(printf %03o $((last ^ 1)))"; } |
        openssl x509 -inform DER -out ../../../flipped.pem
    for file in csr.yaml kubeconfig.yaml; do
        sed -i "s|$(base64 -w0 certificate.pem)|$(base64 -w0 ../../../flipped.pem)|" $file
        if cmp -s $file ../../../old/$file; then exit 1; fi
    done
    cp ../../../flipped.pem certificate.pem
    for file in certificate.pem csr.yaml kubeconfig.yaml; do
        old=$(sha256sum < ../../../old/$file | cut -c1-64); new=$(sha256sum < $file | cut -c1-64)
        grep -q $old provenance.json
        sed -i s/$old/$new/ provenance.json
    done
    der() { openssl x509 -in $1 -outform DER | sha256sum | cut -c1-64; }
    grep -q $(der ../../../old/certificate.pem) provenance.json
    sed -i s/$(der ../../../old/certificate.pem)/$(der certificate.pem)/ provenance.json
    cd ../.."#;

#[test]
fn a_certificate_with_a_flipped_bit_is_not_taken_over() {
    let scratch = refused_once(&["jane"]);
    let forged = forge(&scratch, FLIP, AMEND);
    let verify = "openssl verify -attime 1893459600 -CAfile repo/policies/ca/cluster.pem flipped.pem 2>&1 || :";
    let said = scratch.sh(verify).stdout;
    assert!(said.contains("signature failure"), "{said}");
    is_left_alone(&scratch, &forged, &[]);
}

#[test]
fn a_certificate_of_another_ca_is_not_taken_over() {
    let scratch = place(&["jane"]);
    // The same repository with a CA of the same name and another key signs, and its certificate is put here.
    scratch.sh(
        "cp -a repo evil; cp -a remote.git evil.git; cd evil; git remote set-url origin $PWD/../evil.git
         openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ../evil.key -days 3650 \
           -subj '/CN=repo CA' -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
           -addext keyUsage=critical,keyCertSign,cRLSign -out policies/ca/cluster.pem 2> ../req.log
         chmod 600 ../evil.key; git commit -qam evil; git push -q origin main",
    );
    let evil = ["run", "--push", "--key", "cluster-ca=file:evil.key"];
    scratch.gitca_with("evil", &evil, &HURRY).success();
    refuse(&scratch, &[]);
    let take = "rm -r issued; cp -a ../evil/issued .
         ca() { openssl x509 -in $1/policies/ca/cluster.pem -outform DER | sha256sum | cut -c1-64; }
         grep -q $(ca ../evil) issued/jane/provenance.json
         sed -i s/$(ca ../evil)/$(ca .)/ issued/jane/provenance.json
         sed -i s/$(git -C ../evil rev-parse HEAD~)/$(git rev-parse HEAD~)/ issued/jane/provenance.json";
    let forged = forge(&scratch, take, AMEND);
    is_left_alone(&scratch, &forged, &[]);
}

#[test]
fn what_was_signed_on_a_mainline_that_is_no_more_is_not_taken_over() {
    let scratch = refused_once(&["jane"]);
    let signed = serial(&scratch, "repo", &only_pending(&scratch), "jane");
    scratch.sh("cd other; git commit -q --amend -m 'the same, told otherwise'; git push -q --force origin main");
    let report = push(&scratch).code(2).json();
    assert_eq!(codes(&report, "errors"), ["MainlineRewritten"]);
    scratch.sh("git -C repo update-ref -d refs/gitca/remote/main; git -C repo fetch -q; git -C repo reset -q --hard origin/main");
    is_left_alone(&scratch, &signed, &[]);
}

#[test]
fn where_the_bot_has_a_key_a_commit_without_its_signature_is_not_taken_over() {
    let by_another = format!("-c gpg.format=ssh -c user.signingKey=$PWD/../another {AMEND} -S");
    for amend in [AMEND, &by_another] {
        let scratch = place(&["jane"]);
        scratch
            .sh("for key in bot another; do ssh-keygen -q -t ed25519 -N '' -C $key -f $key; done");
        let bot = scratch.read("bot.pub");
        let listed = format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata: {{name: robot}}\nspec:\n  kind: bot\n  \
             emails: [gitca@example.com]\n  sshKeys:\n  - {bot}"
        );
        scratch.write("other/policies/robot.yaml", listed);
        scratch.sh(&others("true"));
        scratch.git(&["pull", "-q", "origin", "main"]);
        let key = ["--commit-key", "../bot"];
        refuse(&scratch, &key);
        let forged = forge(&scratch, "true", amend);
        is_left_alone(&scratch, &forged, &key);
    }
}
