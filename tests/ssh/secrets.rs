//! Private keys: those that open, those that do not, and that none is shown.

use gitca::effort::Effort;
use gitca::secrets::{self, Leak};
use gitca::ssh::armor;
use gitca::ssh::key_file;
use gitca::ssh::secret::{SecretError, SecretKey, public_half};
use gitca::ssh::signature::Signature;

use crate::place::{MESSAGE, NAMESPACE, make, public, sign, ssh_keygen};
use crate::support::Scratch;

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

#[test]
fn a_private_key_is_that_of_a_certificate_if_it_makes_its_public_half() {
    let scratch = Scratch::new();
    for (name, options) in [
        ("rsa", ["-t", "rsa", "-b", "2048"]),
        ("p256", ["-t", "ecdsa", "-b", "256"]),
        ("p384", ["-t", "ecdsa", "-b", "384"]),
        ("p521", ["-t", "ecdsa", "-b", "521"]),
    ] {
        make(&scratch, name, &options, "");
        let info = format!("ssh-keygen -e -m PKCS8 -f {name} | openssl pkey -pubin -outform DER");
        let digest = scratch.sh(&format!("{info} | sha256sum | cut -d' ' -f1"));
        let found = secrets::find(scratch.read(name).as_bytes(), &Effort::of(secrets::OPENED));
        let [Leak { key: Some(key), .. }] = found[..] else {
            panic!("{name}: {found:?}");
        };
        assert_eq!(key.to_string(), digest.stdout.trim(), "{name}");

        make(&scratch, &format!("{name}-other"), &options, "");
        let forged = with_public_half_of(&scratch, name, &format!("{name}-other"));
        assert_is_nobodys(&forged, name);
    }
    make(&scratch, "ed25519", &["-t", "ed25519"], "");
    make(&scratch, "ed25519-other", &["-t", "ed25519"], "");
    let forged = with_public_half_of(&scratch, "ed25519", "ed25519-other");
    assert_is_nobodys(&forged, "ed25519");
    // Whether an encrypted one is that of the public half before it, only its owner can tell.
    make(&scratch, "encrypted", &["-t", "ed25519"], "open sesame");
    assert_is_nobodys(&scratch.read("encrypted"), "encrypted");
}

/// It is a private key where none belongs, and nobody's.
fn assert_is_nobodys(text: &str, name: &str) {
    let found = secrets::find(text.as_bytes(), &Effort::of(secrets::OPENED));
    assert!(matches!(found[..], [Leak { key: None, .. }]), "{name}");
}

/// The private key, with the other's public half wherever it stands.
fn with_public_half_of(scratch: &Scratch, key: &str, other: &str) -> String {
    let label = "OPENSSH PRIVATE KEY";
    let mut octets = armor::read(&scratch.read(key), label)
        .expect("it is in armor")
        .to_vec();
    let (own, new) = (public(scratch, key), public(scratch, other));
    // What comes before differs in no two keys of a kind; modulus, point and key stand at the end of the octets.
    let length = own.blob().len() - 32;
    let (own, new) = (&own.blob()[length..], &new.blob()[length..]);
    let places: Vec<usize> = (0..octets.len() - own.len())
        .filter(|place| octets[*place..].starts_with(own))
        .collect();
    assert!(places.len() > 1, "{key}: it stands before and within");
    for place in places {
        octets[place..place + own.len()].copy_from_slice(new);
    }
    armor::write(&octets, label)
}
