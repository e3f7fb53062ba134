//! Public keys: what `ssh-keygen` prints, what is no good key, and the one way to write each.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gitca::ssh::key::{KeyError, PublicKey};
use gitca::ssh::secret::{SecretError, SecretKey, public_half};

use crate::place::{TYPES, make, public, ssh_keygen};
use crate::sshsig::wire;
use crate::support::Scratch;

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
