//! Signatures over files: every field counts, and every octet.

use std::fs;

use gitca::ssh::armor;
use gitca::ssh::key::KeyError;
use gitca::ssh::secret::SecretKey;
use gitca::ssh::signature::{Signature, SignatureError};

use crate::place::{MESSAGE, NAMESPACE, TYPES, make, public, sign, ssh_keygen, stock_verifies};
use crate::sshsig::{TOKENS, Token, signed, wire};
use crate::support::Scratch;

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

#[test]
fn a_token_counts_when_somebody_touched_it() {
    let scratch = Scratch::new();
    for kind in TOKENS {
        for (flags, outcome) in [
            (1, Ok(())),
            (5, Ok(())),
            (0, Err(SignatureError::UserPresence)),
            (4, Err(SignatureError::UserPresence)),
        ] {
            let token = Token::new(kind);
            let key = token.line().parse().expect("a key");
            let text = token.sign(NAMESPACE, MESSAGE.as_bytes(), flags);
            let signature = Signature::parse_for(NAMESPACE, &text).unwrap();
            assert_eq!(signature.key(), &key, "{kind}");
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
