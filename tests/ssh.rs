//! OpenSSH's keys and signatures, against OpenSSH itself: what it makes we read, what we make it reads.
//!
//! Keys are made by `ssh-keygen` for each test and go with it. Tokens can't be had here, so their signatures are made as
//! PROTOCOL.u2f says from keys in software; `ssh-keygen` then judges them, too.
#![expect(clippy::disallowed_methods, reason = "tests run tools and write files")]

mod support;

use std::fs;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gitca::ssh::armor;
use gitca::ssh::key::{KeyError, PublicKey};
use gitca::ssh::key_file;
use gitca::ssh::secret::{SecretError, SecretKey, public_half};
use gitca::ssh::signature::{Signature, SignatureError};
use sha2::{Digest as _, Sha256, Sha512};

use support::{Answer, Scratch};

const NAMESPACE: &str = "approval@gitca.dev";
const MESSAGE: &str = "what is signed\n";
const TYPES: [(&str, &[&str]); 6] = [
    ("ed25519", &["-t", "ed25519"]),
    ("p256", &["-t", "ecdsa", "-b", "256"]),
    ("p384", &["-t", "ecdsa", "-b", "384"]),
    ("p521", &["-t", "ecdsa", "-b", "521"]),
    ("rsa2048", &["-t", "rsa", "-b", "2048"]),
    ("rsa3072", &["-t", "rsa", "-b", "3072"]),
];

fn ssh_keygen(scratch: &Scratch, args: &[&str]) -> Answer {
    scratch.run("ssh-keygen", args)
}

fn make(scratch: &Scratch, name: &str, options: &[&str], passphrase: &str) {
    let fixed = ["-q", "-C", "somebody", "-N", passphrase, "-f", name];
    ssh_keygen(scratch, &[options, &fixed].concat()).success();
}

fn public(scratch: &Scratch, name: &str) -> PublicKey {
    scratch
        .read(&format!("{name}.pub"))
        .parse()
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn sign(scratch: &Scratch, name: &str, namespace: &str) -> String {
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
fn stock_verifies(scratch: &Scratch, key: &PublicKey, signature: &str) -> bool {
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

#[test]
fn keys_of_every_kind_are_read_and_printed_as_ssh_keygen_does() {
    let scratch = Scratch::new();
    for (name, options) in TYPES {
        make(&scratch, name, options, "");
        let key = public(&scratch, name);
        let listed = ssh_keygen(&scratch, &["-l", "-f", &format!("{name}.pub")])
            .success()
            .stdout;
        assert_eq!(
            listed.split(' ').nth(1),
            Some(key.fingerprint().as_str()),
            "{name}"
        );
        let line = scratch.read(&format!("{name}.pub"));
        assert_eq!(format!("{} somebody\n", key.to_openssh()), line, "{name}");
        assert_eq!(public_half(&scratch.read(name)), Ok(key), "{name}");
    }
}

#[test]
fn ssh_keygen_and_gitca_verify_each_others_signatures() {
    let scratch = Scratch::new();
    for (name, options) in TYPES {
        make(&scratch, name, options, "");
        let key = public(&scratch, name);
        let theirs = Signature::parse_for(NAMESPACE, &sign(&scratch, name, NAMESPACE)).unwrap();
        assert_eq!(
            (theirs.key(), theirs.namespace()),
            (&key, NAMESPACE),
            "{name}"
        );
        assert_eq!(
            theirs.verify(NAMESPACE, MESSAGE.as_bytes()),
            Ok(()),
            "{name}"
        );
        assert_eq!(
            theirs.verify(NAMESPACE, b"else"),
            Err(SignatureError::Mismatch),
            "{name}"
        );
        let secret = SecretKey::read(&scratch.read(name), None).unwrap();
        let ours = secret.sign(NAMESPACE, MESSAGE.as_bytes()).unwrap();
        assert!(stock_verifies(&scratch, &key, &ours), "{name}");
        let ours = Signature::parse(&ours).unwrap();
        assert_eq!(ours.verify(NAMESPACE, MESSAGE.as_bytes()), Ok(()), "{name}");
    }
}

#[test]
fn numbers_that_begin_with_zeros_are_read_and_written() {
    let scratch = Scratch::new();
    make(&scratch, "p521", &["-t", "ecdsa", "-b", "521"], "");
    let secret = SecretKey::read(&scratch.read("p521"), None).unwrap();
    // The topmost of 66 octets is 0 or 1, and below a zero a top bit wants another zero: each way comes often.
    for round in 0..64_u32 {
        let message = round.to_be_bytes();
        let signature = Signature::parse(&secret.sign("x", &message).unwrap()).unwrap();
        assert_eq!(signature.verify("x", &message), Ok(()), "{round}");
    }
}

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

#[test]
fn both_hashes_of_a_message_count() {
    let scratch = Scratch::new();
    make(&scratch, "key", &["-t", "ed25519"], "");
    scratch.write("message", MESSAGE);
    for hash in ["sha256", "sha512"] {
        let _ = fs::remove_file(scratch.path("message.sig"));
        let option = format!("hashalg={hash}");
        let args = [
            "-q", "-Y", "sign", "-O", &option, "-n", NAMESPACE, "-f", "key", "message",
        ];
        ssh_keygen(&scratch, &args).success();
        let signature = Signature::parse(&scratch.read("message.sig")).unwrap();
        assert_eq!(
            signature.verify(NAMESPACE, MESSAGE.as_bytes()),
            Ok(()),
            "{hash}"
        );
    }
}

#[test]
fn the_namespace_is_looked_at_before_the_key() {
    let scratch = Scratch::new();
    make(&scratch, "key", &["-t", "ed25519"], "");
    let text = sign(&scratch, "key", "git");
    let wrong = Err(SignatureError::Namespace("git".into()));
    assert_eq!(Signature::parse_for(NAMESPACE, &text), wrong.clone());
    let signature = Signature::parse(&text).unwrap();
    assert_eq!(
        signature.verify(NAMESPACE, b"else"),
        wrong.map(|_: Signature| ())
    );
    // Even when the key is one that never counts.
    let dsa = signed(&wire(&[b"ssh-dss"]), "git", &[]);
    assert_eq!(
        Signature::parse_for(NAMESPACE, &dsa),
        Err(SignatureError::Namespace("git".into()))
    );
    assert_eq!(
        Signature::parse(&dsa),
        Err(SignatureError::Key(KeyError::Dsa))
    );
}

#[test]
fn an_encrypted_key_opens_with_its_passphrase_alone() {
    let scratch = Scratch::new();
    for cipher in ["aes256-ctr", "aes192-ctr", "aes128-ctr"] {
        make(
            &scratch,
            cipher,
            &["-t", "ed25519", "-Z", cipher],
            "open sesame",
        );
        let text = scratch.read(cipher);
        let failure = |passphrase| SecretKey::read(&text, passphrase).err();
        assert_eq!(failure(None), Some(SecretError::Encrypted));
        assert_eq!(failure(Some("open")), Some(SecretError::Passphrase));
        assert_eq!(failure(Some("open sesame")), None);
        assert_eq!(public_half(&text), Ok(public(&scratch, cipher)));
    }
    make(
        &scratch,
        "cbc",
        &["-t", "ed25519", "-Z", "aes256-cbc"],
        "open sesame",
    );
    let cbc = SecretKey::read(&scratch.read("cbc"), Some("open sesame"));
    assert_eq!(cbc.err(), Some(SecretError::Cipher));
}

#[test]
fn a_key_in_another_form_is_refused_with_the_way_out() {
    let scratch = Scratch::new();
    make(&scratch, "pem", &["-t", "rsa", "-m", "PEM"], "");
    let error = SecretKey::read(&scratch.read("pem"), None).unwrap_err();
    assert_eq!(error, SecretError::NotOpenSsh);
    assert!(error.to_string().contains("ssh-keygen -p -f"));
    // And it is the way out.
    ssh_keygen(&scratch, &["-q", "-p", "-N", "", "-f", "pem"]).success();
    assert!(SecretKey::read(&scratch.read("pem"), None).is_ok());
}

#[test]
fn a_private_key_is_never_shown() {
    let scratch = Scratch::new();
    make(&scratch, "key", &["-t", "ed25519"], "");
    let secret = SecretKey::read(&scratch.read("key"), None).unwrap();
    let expected = format!("SecretKey({})", secret.public());
    assert_eq!(format!("{secret:?}"), expected);
}

#[test]
fn what_is_no_good_key_says_why() {
    let scratch = Scratch::new();
    make(&scratch, "small", &["-t", "rsa", "-b", "1024"], "");
    make(&scratch, "good", &["-t", "ed25519"], "");
    let read = |name: &str| scratch.read(name);
    ssh_keygen(
        &scratch,
        &["-q", "-s", "good", "-I", "id", "-n", "somebody", "good.pub"],
    )
    .success();
    let good = public(&scratch, "good").to_openssh();
    let base64 = good.split(' ').nth(1).unwrap();
    let dsa = STANDARD.encode(wire(&[b"ssh-dss"]));
    let off_curve = [&[4][..], &[1; 64]].concat();
    let off_curve = STANDARD.encode(wire(&[b"ecdsa-sha2-nistp256", b"nistp256", &off_curve]));
    let trailing = STANDARD.encode([STANDARD.decode(base64).unwrap(), vec![0]].concat());
    for (text, error) in [
        (read("small.pub"), KeyError::RsaTooSmall(1024)),
        (read("good"), KeyError::PrivateKey),
        (read("good-cert.pub"), KeyError::Certificate),
        (format!("ssh-dss {dsa}"), KeyError::Dsa),
        (
            format!("ssh-xmss@openssh.com {base64}"),
            KeyError::UnknownType("ssh-xmss@openssh.com".into()),
        ),
        (format!("ssh-rsa {base64}"), KeyError::Malformed),
        (
            format!("ecdsa-sha2-nistp256 {off_curve}"),
            KeyError::Malformed,
        ),
        (format!("ssh-ed25519 {trailing}"), KeyError::Malformed),
        (format!("ssh-ed25519 {}", &base64[4..]), KeyError::Malformed),
        (format!("ssh-ed25519 {base64}="), KeyError::Malformed),
        (format!("{good}\n{good}"), KeyError::NotALine),
        (format!("no-pty,{good}"), KeyError::NotALine),
        (format!(" {good}"), KeyError::NotALine),
        ("ssh-ed25519".into(), KeyError::NotALine),
        (String::new(), KeyError::NotALine),
    ] {
        assert_eq!(text.parse::<PublicKey>(), Err(error), "{text}");
    }
    let small = SecretKey::read(&read("small"), None).err();
    assert!(matches!(small, Some(SecretError::Weak(_))), "{small:?}");
}

#[test]
fn a_key_has_one_way_to_be_written() {
    let scratch = Scratch::new();
    for (name, options) in TYPES {
        make(&scratch, name, options, "");
        let key = public(&scratch, name);
        for place in 0..key.blob().len() {
            for bit in [1, 0x80] {
                let mut changed = key.blob().to_vec();
                changed[place] ^= bit;
                if let Ok(other) = PublicKey::from_blob(&changed) {
                    assert_ne!(other, key, "{name} octet {place}");
                    assert_eq!(
                        other.to_openssh().parse(),
                        Ok(other),
                        "{name} octet {place}"
                    );
                }
            }
            assert!(
                PublicKey::from_blob(&key.blob()[..place]).is_err(),
                "{name} cut at {place}"
            );
        }
    }
}

#[test]
fn every_changed_octet_of_a_signature_breaks_it() {
    let scratch = Scratch::new();
    make(&scratch, "key", &["-t", "ecdsa", "-b", "256"], "");
    let text = sign(&scratch, "key", NAMESPACE);
    let octets = armor::read(&text, "SSH SIGNATURE").unwrap();
    let key = public(&scratch, "key");
    for place in 0..octets.len() {
        for bit in [1, 0x80] {
            let mut changed = octets.to_vec();
            changed[place] ^= bit;
            let changed = armor::write(&changed, "SSH SIGNATURE");
            let holds = Signature::parse_for(NAMESPACE, &changed).is_ok_and(|signature| {
                *signature.key() == key && signature.verify(NAMESPACE, MESSAGE.as_bytes()).is_ok()
            });
            assert!(!holds, "octet {place}");
        }
    }
    for end in 0..octets.len() {
        let cut = armor::write(&octets[..end], "SSH SIGNATURE");
        assert!(Signature::parse(&cut).is_err(), "cut at {end}");
    }
}

#[test]
fn the_fields_of_a_signature_are_read_strictly() {
    let scratch = Scratch::new();
    make(&scratch, "key", &["-t", "ed25519"], "");
    let octets = armor::read(&sign(&scratch, "key", NAMESPACE), "SSH SIGNATURE")
        .unwrap()
        .to_vec();
    let again = |octets: &[u8]| Signature::parse(&armor::write(octets, "SSH SIGNATURE")).err();
    assert_eq!(again(&octets), None);
    let mut version = octets.clone();
    version[9] = 2;
    assert_eq!(again(&version), Some(SignatureError::Version(2)));
    version[9] = 0;
    assert_eq!(again(&version), Some(SignatureError::Version(0)));
    let trailing = [octets.as_slice(), &[0]].concat();
    assert_eq!(again(&trailing), Some(SignatureError::Malformed));
    let key = public(&scratch, "key");
    let with = |namespace: &[u8], reserved: &[u8], hash: &[u8]| {
        let tail = wire(&[
            key.blob(),
            namespace,
            reserved,
            hash,
            &wire(&[b"ssh-ed25519", &[0; 64]]),
        ]);
        again(&[b"SSHSIG\0\0\0\x01", tail.as_slice()].concat())
    };
    assert_eq!(with(b"x", b"", b"sha512"), None);
    assert_eq!(with(b"", b"", b"sha512"), Some(SignatureError::Malformed));
    assert_eq!(with(b"x", b"y", b"sha512"), Some(SignatureError::Malformed));
    assert_eq!(with(b"x", b"", b"sha1"), Some(SignatureError::Hash));
    assert_eq!(
        with(b"\xff", b"", b"sha512"),
        Some(SignatureError::Malformed)
    );
}

#[test]
fn an_algorithm_of_another_key_is_refused() {
    let scratch = Scratch::new();
    make(&scratch, "rsa", &["-t", "rsa", "-b", "2048"], "");
    make(&scratch, "key", &["-t", "ed25519"], "");
    for (name, algorithm) in [
        ("rsa", "ssh-rsa"),
        ("rsa", "ssh-ed25519"),
        ("key", "rsa-sha2-512"),
        ("key", "sk-ssh-ed25519@openssh.com"),
    ] {
        let key = public(&scratch, name);
        let text = signed(
            key.blob(),
            NAMESPACE,
            &wire(&[algorithm.as_bytes(), &[1; 256]]),
        );
        let signature = Signature::parse(&text).unwrap();
        assert_eq!(
            signature.verify(NAMESPACE, b""),
            Err(SignatureError::Algorithm),
            "{name} {algorithm}"
        );
    }
}

/// Signs as a token does that knows the key as `ssh:`, with these flags.
fn token(kind: &str, flags: u8) -> (PublicKey, String) {
    let mut message = Sha256::digest("ssh:").to_vec();
    message.push(flags);
    message.extend(7_u32.to_be_bytes());
    message.extend(Sha256::digest(signed_data()));
    let trailer = [&[flags][..], &7_u32.to_be_bytes()].concat();
    let (blob, value) = if kind == "sk-ssh-ed25519@openssh.com" {
        let pair = Ed25519KeyPair::generate().expect("a key");
        let blob = wire(&[kind.as_bytes(), pair.public_key().as_ref(), b"ssh:"]);
        (blob, pair.sign(&message).as_ref().to_vec())
    } else {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let blob = wire(&[
            kind.as_bytes(),
            b"nistp256",
            pair.public_key().as_ref(),
            b"ssh:",
        ]);
        let fixed = pair
            .sign(&SystemRandom::new(), &message)
            .expect("a signature");
        let (r, s) = fixed.as_ref().split_at(32);
        (blob, wire(&[&integer(r), &integer(s)]))
    };
    let value = [wire(&[kind.as_bytes(), &value]), trailer].concat();
    let line = format!("{kind} {}", STANDARD.encode(&blob));
    (
        line.parse().expect("a key"),
        signed(&blob, NAMESPACE, &value),
    )
}

#[test]
fn a_token_counts_when_somebody_touched_it() {
    let scratch = Scratch::new();
    for kind in [
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    ] {
        for (flags, outcome) in [
            (1, Ok(())),
            (5, Ok(())),
            (0, Err(SignatureError::UserPresence)),
        ] {
            let (key, text) = token(kind, flags);
            let signature = Signature::parse_for(NAMESPACE, &text).unwrap();
            assert_eq!(
                signature.verify(NAMESPACE, MESSAGE.as_bytes()),
                outcome,
                "{kind} {flags}"
            );
            // `ssh-keygen -Y verify` leaves it to its caller to ask for the touch.
            assert!(stock_verifies(&scratch, &key, &text), "{kind} {flags}");
            let other = signature.verify(NAMESPACE, b"else");
            assert_ne!(other, Ok(()), "{kind}");
        }
    }
}

#[test]
fn a_new_key_file_is_one_of_openssh() {
    let scratch = Scratch::new();
    for comment in ["", "a", "somebody", "somebody@example.com"] {
        let text = key_file::ed25519(&[7; 32], comment);
        scratch.write("new", text.as_bytes());
        scratch.sh("chmod 600 new; ssh-keygen -y -f new > new.pub; ssh-keygen -l -f new.pub");
        let secret = SecretKey::read(&text, None).unwrap();
        assert_eq!(*secret.public(), public(&scratch, "new"), "{comment}");
        let theirs = Signature::parse_for(NAMESPACE, &sign(&scratch, "new", NAMESPACE)).unwrap();
        assert_eq!(
            theirs.verify(NAMESPACE, MESSAGE.as_bytes()),
            Ok(()),
            "{comment}"
        );
    }
}

#[test]
fn a_key_file_that_was_cut_or_changed_is_refused() {
    let scratch = Scratch::new();
    for (name, options) in [("ed25519", ["-t", "ed25519"]), ("p256", ["-t", "ecdsa"])] {
        make(&scratch, name, &options, "");
        let octets = armor::read(&scratch.read(name), "OPENSSH PRIVATE KEY").unwrap();
        let read =
            |octets: &[u8]| SecretKey::read(&armor::write(octets, "OPENSSH PRIVATE KEY"), None);
        assert!(read(&octets).is_ok());
        for end in 0..octets.len() {
            let cut = read(&octets[..end]);
            assert!(cut.is_err(), "{name} cut at {end}");
        }
        // A key that was changed anywhere but in its comment is another one, or none.
        let comment = octets.len() - 32;
        for place in 0..comment {
            let mut changed = octets.to_vec();
            changed[place] ^= 4;
            let changed = read(&changed);
            let sound = changed.map_or(true, |key| {
                let text = key.sign("x", b"y").unwrap();
                Signature::parse(&text).unwrap().verify("x", b"y").is_ok()
            });
            assert!(sound, "{name} octet {place}");
        }
    }
}

/// RFC 4251 5: strings, one after the other.
fn wire(strings: &[&[u8]]) -> Vec<u8> {
    let string = |content: &&[u8]| {
        let length = u32::try_from(content.len()).expect("short").to_be_bytes();
        [&length[..], content].concat()
    };
    strings.iter().flat_map(string).collect()
}

fn integer(digits: &[u8]) -> Vec<u8> {
    let zeros = digits.iter().take_while(|octet| **octet == 0).count();
    let sign: &[u8] = if digits[zeros] >= 0x80 { &[0] } else { &[] };
    [sign, &digits[zeros..]].concat()
}

/// PROTOCOL.sshsig: what a key signs.
fn signed_data() -> Vec<u8> {
    let hash = Sha512::digest(MESSAGE);
    [
        b"SSHSIG".to_vec(),
        wire(&[NAMESPACE.as_bytes(), b"", b"sha512", &hash]),
    ]
    .concat()
}

fn signed(key: &[u8], namespace: &str, value: &[u8]) -> String {
    let tail = wire(&[key, namespace.as_bytes(), b"", b"sha512", value]);
    let octets = [b"SSHSIG\0\0\0\x01", tail.as_slice()].concat();
    armor::write(&octets, "SSH SIGNATURE")
}
