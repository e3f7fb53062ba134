//! Private keys: those that open, those that do not, and that none is shown.

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
