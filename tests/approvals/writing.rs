//! What `approve` and `deny` write, and that stock OpenSSH agrees with it, both ways.

use std::fs;

use gitca::names::Sha256Digest;
use gitca::statement::{NAMESPACE, StatementDecision};

use crate::place::{key, principal, read, refused, scratch, statements};

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

#[test]
fn an_approval_that_is_no_later_than_a_denial_is_said_to_count_for_nothing() {
    let scratch = scratch();
    let by_bob = |now: &str, command: &str| {
        let args = ["--now", now, command, "dev/jane", "--signing-key", "../bob"];
        scratch.in_repo(&args).success()
    };
    by_bob("2030-01-01T00:00:10Z", "deny");
    for (now, counts) in [
        ("2030-01-01T00:00:09Z", false),
        ("2030-01-01T00:00:10Z", false),
        ("2030-01-01T00:00:11Z", true),
    ] {
        let answer = by_bob(now, "approve");
        let plainly = answer.stdout.contains("it counts when it is merged");
        assert_eq!(plainly, counts, "{now}: {}", answer.stdout);
        let words: Vec<&str> = answer.stderr.split_whitespace().collect();
        let is_told = words
            .join(" ")
            .starts_with("note[Rejected]: `bob` denied these bytes no earlier");
        assert_eq!(is_told, !counts, "{now}: {}", answer.stderr);
    }
}

#[cfg(unix)]
#[test]
fn nothing_is_signed_before_everything_is_known_about_all_requests() {
    let scratch = scratch();
    key(&scratch, "eve", &["-t", "ed25519"], "");
    principal(&scratch, "eve", "person", "eve");
    scratch
        .in_repo(&["new", "dev/omar", "--group", "dev"])
        .success();
    scratch.commit("another person and another request");
    // Whether the second denial would count depends on a file that can't be read.
    let large = "{".repeat(1024 * 1024);
    scratch.write("repo/requests/dev/omar.approvals/eve-1.json", large);
    let args = ["deny", "dev/jane", "dev/omar", "--signing-key", "../eve"];
    let answer = scratch.in_repo(&args).code(2);
    assert!(answer.stderr.contains("dev/omar"), "{answer:?}");
    assert_eq!(statements(&scratch), [""; 0]);
}

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
