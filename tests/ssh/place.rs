//! Keys of every kind, and what `ssh-keygen` makes of them.

use std::fs;

use gitca::ssh::key::PublicKey;

use crate::support::{Answer, Scratch};

pub(crate) const NAMESPACE: &str = "approval@gitca.dev";
pub(crate) const MESSAGE: &str = "what is signed\n";
pub(crate) const TYPES: [(&str, &[&str]); 6] = [
    ("ed25519", &["-t", "ed25519"]),
    ("p256", &["-t", "ecdsa", "-b", "256"]),
    ("p384", &["-t", "ecdsa", "-b", "384"]),
    ("p521", &["-t", "ecdsa", "-b", "521"]),
    ("rsa2048", &["-t", "rsa", "-b", "2048"]),
    ("rsa3072", &["-t", "rsa", "-b", "3072"]),
];

pub(crate) fn ssh_keygen(scratch: &Scratch, args: &[&str]) -> Answer {
    scratch.run("ssh-keygen", args)
}

pub(crate) fn make(scratch: &Scratch, name: &str, options: &[&str], passphrase: &str) {
    let fixed = ["-q", "-C", "somebody", "-N", passphrase, "-f", name];
    ssh_keygen(scratch, &[options, &fixed].concat()).success();
}

pub(crate) fn public(scratch: &Scratch, name: &str) -> PublicKey {
    scratch
        .read(&format!("{name}.pub"))
        .parse()
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn sign(scratch: &Scratch, name: &str, namespace: &str) -> String {
    scratch.write("message", MESSAGE);
    let _ = fs::remove_file(scratch.path("message.sig"));
    ssh_keygen(
        scratch,
        &["-q", "-Y", "sign", "-n", namespace, "-f", name, "message"],
    )
    .success();
    scratch.read("message.sig")
}

/// Whether `ssh-keygen -Y verify` takes the signature over the message by this key.
pub(crate) fn stock_verifies(scratch: &Scratch, key: &PublicKey, signature: &str) -> bool {
    scratch.write(
        "signers",
        format!("somebody namespaces=\"{NAMESPACE}\" {}\n", key.to_openssh()),
    );
    scratch.write("theirs.sig", signature);
    scratch.write("message", MESSAGE);
    let args = [
        "-c",
        "ssh-keygen -Y verify -f signers -I somebody -n \"$0\" -s theirs.sig < message",
        NAMESPACE,
    ];
    scratch.run("sh", &args).code == Some(0)
}
