//! Signatures over commits, made and verified by git.

use gitca::ssh::secret::SecretKey;
use gitca::ssh::signature::Signature;

use crate::place::{TYPES, make, public};
use crate::support::Scratch;

#[test]
fn git_and_gitca_verify_each_others_commits() {
    let scratch = Scratch::new();
    scratch.sh("git init -q -b main repo");
    scratch.git(&["config", "gpg.ssh.allowedSignersFile", "../signers"]);
    scratch.git(&["config", "gpg.format", "ssh"]);
    for (name, options) in TYPES {
        make(&scratch, name, options, "");
        let key = public(&scratch, name);
        scratch.write(
            "signers",
            format!("somebody namespaces=\"git\" {}\n", key.to_openssh()),
        );
        // git's commit: what was signed is the object without the header that holds the signature.
        let signing_key = format!("user.signingKey=../{name}");
        scratch.git(&[
            "-c",
            &signing_key,
            "commit",
            "-q",
            "-S",
            "--allow-empty",
            "-m",
            name,
        ]);
        let commit = scratch.git(&["cat-file", "commit", "HEAD"]).stdout;
        let (head, rest) = commit.split_once("gpgsig ").expect("it is signed");
        let (signature, message) = rest.split_once("\n\n").expect("a message");
        let signature = signature.replace("\n ", "\n");
        let payload = format!("{head}\n{message}");
        let signature = Signature::parse_for("git", &signature)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(signature.key(), &key, "{name}");
        assert_eq!(
            signature.verify("git", payload.as_bytes()),
            Ok(()),
            "{name}"
        );
        // And ours.
        let secret = SecretKey::read(&scratch.read(name), None).unwrap();
        let payload = format!("{head}\nours\n");
        let signature = secret.sign("git", payload.as_bytes()).unwrap();
        let header = signature.trim_end().replace('\n', "\n ");
        scratch.write("commit", format!("{head}gpgsig {header}\n\nours\n"));
        let id = scratch
            .git(&["hash-object", "-t", "commit", "-w", "../commit"])
            .stdout;
        let verified = scratch.git(&["verify-commit", id.trim()]);
        assert!(
            verified.stderr.contains("for somebody"),
            "{name}: {verified:?}"
        );
    }
}
