//! Revocation lists under the eyes of openssl, for every kind of CA key; and which lists are taken back in.

#[path = "../support/mod.rs"]
mod support;

mod pem;

use std::collections::BTreeMap;
use std::time::Duration;

use gitca::names::SerialNumber;
use gitca::timestamp::Timestamp;
use gitca::x509::ca::Authority;
use gitca::x509::crl::{ReasonCode, RevocationList, RevokedCertificate};
use pem::Pem;
use rcgen::KeyPair;
use rustls_pki_types::{CertificateDer, UnixTime};
use support::Scratch;

const RSA: &str = "genrsa 2048";
const P256: &str = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256";
/// Each kind of key with how openssl calls its signatures.
const KINDS: [(&str, &str); 5] = [
    (RSA, "sha256WithRSAEncryption"),
    (P256, "ecdsa-with-SHA256"),
    (
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384",
        "ecdsa-with-SHA384",
    ),
    (
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521",
        "ecdsa-with-SHA512",
    ),
    ("genpkey -algorithm ed25519", "ED25519"),
];
/// 2030-01-01T12:00:00Z, for openssl.
const AT: &str = "1893499200";

/// A CA of openssl, in files of this name.
struct Ca {
    authority: Authority,
    key: KeyPair,
}

impl Ca {
    fn new(scratch: &Scratch, name: &str, key: &str, subject: &str) -> Self {
        scratch.sh(&format!("openssl {key} > {name}.key 2>/dev/null"));
        Self::again(scratch, name, name, subject)
    }

    /// Another certificate for a key that is there.
    fn again(scratch: &Scratch, name: &str, key: &str, subject: &str) -> Self {
        scratch.sh(&format!(
            "openssl req -x509 -new -key {key}.key -out {name}.crt -days 9000 -subj '{subject}' \
             -addext keyUsage=critical,keyCertSign,cRLSign"
        ));
        let pkcs8 = scratch.sh(&format!("openssl pkcs8 -topk8 -nocrypt -in {key}.key"));
        Self {
            authority: Authority::read(scratch.read(&format!("{name}.crt")).as_bytes())
                .expect("a CA certificate"),
            key: KeyPair::from_pem(&pkcs8.stdout).expect("a key"),
        }
    }

    fn publish(&self, list: &RevocationList) -> Vec<u8> {
        let prepared = list.clone().prepare(self.authority.signing_ca());
        let signed = prepared.map(|prepared| prepared.sign(&self.key));
        signed
            .and_then(|signed| signed)
            .unwrap_or_else(|reason| panic!("{reason:?}"))
    }

    fn read(&self, pem: &[u8]) -> Result<RevocationList, String> {
        RevocationList::read(pem, self.authority.signing_ca())
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn serial(text: &str) -> SerialNumber {
    text.parse().expect("a serial number")
}

fn list(entries: &[(&str, ReasonCode)]) -> RevocationList {
    let entry = |(text, reason): &(&str, ReasonCode)| {
        let entry = RevokedCertificate {
            revocation_date: time("2030-01-01T00:00:00Z"),
            reason: *reason,
        };
        (serial(text), entry)
    };
    RevocationList {
        number: 1,
        this_update: time("2030-01-01T00:00:00Z"),
        next_update: time("2030-01-08T00:00:00Z"),
        entries: entries.iter().map(entry).collect(),
    }
}

/// What openssl says of a list, once it has verified its signature.
#[track_caller]
fn text(scratch: &Scratch, pem: &[u8]) -> String {
    scratch.write("list.pem", pem);
    let said = scratch.sh("openssl crl -in list.pem -CAfile ca.crt -noout -text 2>&1");
    assert!(said.stdout.starts_with("verify OK\n"), "{}", said.stdout);
    said.stdout
}

/// A certificate by openssl that has this serial number, as a file.
fn certify(scratch: &Scratch, serial: &str) {
    scratch.sh(&format!(
        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=jane -out leaf.csr 2>/dev/null
         printf 'basicConstraints=CA:FALSE' > leaf.ext
         openssl x509 -req -in leaf.csr -extfile leaf.ext -CA ca.crt -CAkey ca.key -set_serial 0x{serial} -days 8000 -out {serial}.crt 2>/dev/null"
    ));
}

/// What openssl says of that certificate with the list at hand.
fn verify(scratch: &Scratch, serial: &str) -> String {
    let script = format!(
        "openssl verify -x509_strict -crl_check -attime {AT} -CAfile ca.crt -CRLfile list.pem {serial}.crt 2>&1 || :"
    );
    scratch.sh(&script).stdout
}

#[test]
fn openssl_takes_the_lists_of_every_kind_of_ca() {
    for (kind, algorithm) in KINDS {
        let scratch = Scratch::new();
        let ca = Ca::new(&scratch, "ca", kind, "/O=example/O=two/CN=root");
        certify(&scratch, "5a1c");
        certify(&scratch, "5a1d");

        let none = list(&[]);
        let pem = ca.publish(&none);
        let said = text(&scratch, &pem);
        for line in [
            "Version 2 (0x1)\n",
            &format!("Signature Algorithm: {algorithm}\n"),
            "Issuer: O = example, O = two, CN = root\n",
            "Last Update: Jan  1 00:00:00 2030 GMT\n",
            "Next Update: Jan  8 00:00:00 2030 GMT\n",
            "X509v3 Authority Key Identifier: \n",
            "X509v3 CRL Number: \n                1\n",
            "No Revoked Certificates.\n",
        ] {
            assert!(said.contains(line), "{line}\n{said}");
        }
        assert!(!said.contains("critical"), "{said}");
        assert_eq!(ca.read(&pem).as_ref(), Ok(&none));
        assert_eq!(verify(&scratch, "5a1c"), "5a1c.crt: OK\n");

        let some = list(&[("5a1c", ReasonCode::KeyCompromise)]);
        let pem = ca.publish(&some);
        text(&scratch, &pem);
        assert_eq!(ca.read(&pem).as_ref(), Ok(&some));
        let said = verify(&scratch, "5a1c");
        assert!(said.contains("certificate revoked"), "{said}");
        assert_eq!(verify(&scratch, "5a1d"), "5a1d.crt: OK\n");
    }
}

#[test]
fn webpki_takes_the_lists_of_every_kind_of_ca() {
    for (kind, _) in KINDS {
        let scratch = Scratch::new();
        let ca = Ca::new(&scratch, "ca", kind, "/CN=root");
        certify(&scratch, "5a1c");
        certify(&scratch, "5a1d");
        let list = ca.publish(&list(&[("5a1c", ReasonCode::KeyCompromise)]));
        let list = Pem::of(&String::from_utf8(list).expect("PEM is text"));
        let list = webpki::OwnedCertRevocationList::from_der(&list.0).expect("webpki reads it");
        let list = webpki::CertRevocationList::Owned(list);
        let lists = [&list];
        let der = |name: &str| CertificateDer::from(Pem::of(&scratch.read(name)).0);
        let root = der("ca.crt");
        let anchor = webpki::anchor_from_trusted_cert(&root).expect("the CA is an anchor");
        for (name, expected) in [
            ("5a1c.crt", Err(webpki::Error::CertRevoked)),
            ("5a1d.crt", Ok(())),
        ] {
            let leaf = der(name);
            let leaf = webpki::EndEntityCert::try_from(&leaf).expect("webpki reads the leaf");
            let revocation = webpki::RevocationOptionsBuilder::new(&lists).expect("there is one");
            let revocation = revocation
                .with_expiration_policy(webpki::ExpirationPolicy::Enforce)
                .build();
            let verified = leaf.verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                std::slice::from_ref(&anchor),
                &[],
                UnixTime::since_unix_epoch(Duration::from_secs(AT.parse().expect("a number"))),
                webpki::KeyUsage::client_auth(),
                Some(revocation),
                None,
            );
            assert_eq!(verified.map(|_| ()), expected, "{kind} {name}");
        }
    }
}

#[test]
fn entries_say_why_and_are_sorted_by_number() {
    let scratch = Scratch::new();
    let ca = Ca::new(&scratch, "ca", P256, "/CN=root");
    let longest = format!("7f{}", "ff".repeat(19));
    let all = list(&[
        ("80", ReasonCode::KeyCompromise),
        ("7f", ReasonCode::Unspecified),
        ("0100", ReasonCode::AffiliationChanged),
        (&longest, ReasonCode::Superseded),
        ("010000", ReasonCode::CessationOfOperation),
        ("0101", ReasonCode::PrivilegeWithdrawn),
    ]);
    let said = text(&scratch, &ca.publish(&all));
    let entries = said
        .split_once("Revoked Certificates:\n")
        .expect("entries")
        .1;
    let lines = entries.lines().map(str::trim);
    let shown: Vec<&str> = lines
        .take_while(|line| !line.starts_with("Signature Algorithm"))
        .filter(|line| !line.starts_with("Revocation Date"))
        .collect();
    let head = ["CRL entry extensions:", "X509v3 CRL Reason Code:"];
    let entry = |serial: &str, reason: &str| {
        [
            &format!("Serial Number: {serial}"),
            head[0],
            head[1],
            reason,
        ]
        .map(str::to_owned)
    };
    let mut expected = vec!["Serial Number: 7F".to_owned()];
    for (serial, reason) in [
        ("80", "Key Compromise"),
        ("0100", "Affiliation Changed"),
        ("0101", "Privilege Withdrawn"),
        ("010000", "Cessation Of Operation"),
        (&longest.to_uppercase(), "Superseded"),
    ] {
        expected.extend(entry(serial, reason));
    }
    assert_eq!(shown, expected, "{said}");
}

#[test]
fn times_after_2049_and_great_numbers_are_kept() {
    let scratch = Scratch::new();
    let ca = Ca::new(&scratch, "ca", P256, "/CN=root");
    let mut late = list(&[("5a1c", ReasonCode::Superseded)]);
    late.number = u64::MAX;
    late.this_update = time("2049-12-31T23:59:59Z");
    late.next_update = time("2050-01-01T00:00:00Z");
    let pem = ca.publish(&late);
    let said = text(&scratch, &pem);
    assert!(said.contains(&u64::MAX.to_string()), "{said}");
    // RFC 5280 5.1.2.4: UTCTime until 2049.
    let times = scratch.sh("openssl asn1parse -in list.pem | grep TIME");
    let times: Vec<&str> = times
        .stdout
        .lines()
        .filter_map(|line| line.split_once("prim: ").map(|(_, time)| time.trim()))
        .collect();
    let expected = [
        "UTCTIME           :491231235959Z",
        "GENERALIZEDTIME   :20500101000000Z",
        "UTCTIME           :300101000000Z",
    ];
    assert_eq!(times, expected);
    assert_eq!(ca.read(&pem), Ok(late));
}

#[test]
fn ten_thousand_entries_are_nothing_special() {
    let scratch = Scratch::new();
    let ca = Ca::new(&scratch, "ca", RSA, "/CN=root");
    certify(&scratch, "0bb8");
    certify(&scratch, "5a1c5a1c");
    let entries: BTreeMap<SerialNumber, RevokedCertificate> = (1..=10_000_u32)
        .map(|number| {
            let serial = SerialNumber::from_octets(&number.to_be_bytes()).expect("not zero");
            let reason = ReasonCode::ALL[number as usize % 6];
            let revocation_date = time("2030-01-01T00:00:00Z");
            (
                serial,
                RevokedCertificate {
                    revocation_date,
                    reason,
                },
            )
        })
        .collect();
    let many = RevocationList {
        entries,
        ..list(&[])
    };
    let pem = ca.publish(&many);
    let said = text(&scratch, &pem);
    assert_eq!(said.matches("Serial Number: ").count(), 10_000);
    assert!(verify(&scratch, "0bb8").contains("certificate revoked"));
    assert_eq!(verify(&scratch, "5a1c5a1c"), "5a1c5a1c.crt: OK\n");
    assert_eq!(ca.read(&pem), Ok(many));
}

#[test]
fn the_same_list_is_the_same_octets_where_the_signature_is() {
    let scratch = Scratch::new();
    for (kind, is_same) in [
        (RSA, true),
        ("genpkey -algorithm ed25519", true),
        (P256, false),
    ] {
        let ca = Ca::new(&scratch, "ca", kind, "/CN=root");
        let list = list(&[("5a1c", ReasonCode::Superseded)]);
        assert_eq!(ca.publish(&list) == ca.publish(&list), is_same, "{kind}");
    }
}

#[test]
fn only_a_list_of_this_very_ca_is_taken_back_in() {
    let scratch = Scratch::new();
    let ca = Ca::new(&scratch, "ca", P256, "/CN=root");
    let namesake = Ca::new(&scratch, "namesake", P256, "/CN=root");
    let renamed = Ca::again(&scratch, "renamed", "ca", "/CN=other");
    let pem = ca.publish(&list(&[("5a1c", ReasonCode::Superseded)]));
    assert!(ca.read(&pem).is_ok());
    let text = String::from_utf8(pem.clone()).expect("PEM is text");
    let der = Pem::of(&text);
    let cases: [(&str, Result<RevocationList, String>); 8] = [
        ("of a namesake", namesake.read(&pem)),
        ("of the key under another name", renamed.read(&pem)),
        (
            "another label",
            ca.read(text.replace("X509 CRL", "CRL").as_bytes()),
        ),
        ("cut off", ca.read(&pem[..pem.len() / 2])),
        ("empty", ca.read(b"")),
        ("a certificate", ca.read(scratch.read("ca.crt").as_bytes())),
        ("octets after it", ca.read(&der.with(|der| der.push(0)))),
        (
            "two lists",
            ca.read([text.as_str(), text.as_str()].concat().as_bytes()),
        ),
    ];
    for (case, read) in cases {
        assert!(read.is_err(), "{case}");
    }
    // Every octet counts.
    for place in 0..der.0.len() {
        assert!(
            ca.read(&der.with(|der| der[place] ^= 1)).is_err(),
            "octet {place}"
        );
    }
}

#[test]
fn a_list_that_openssl_made_otherwise_is_not_taken_for_ours() {
    let scratch = Scratch::new();
    let ca = Ca::new(&scratch, "ca", P256, "/CN=root");
    scratch.write("index.txt", "");
    scratch.write("number", "05\n");
    scratch.write(
        "ca.cnf",
        "[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt\ncrlnumber = number\ndefault_md = sha256\ndefault_crl_days = 7\n\
         [ours]\nauthorityKeyIdentifier = keyid\n[more]\nauthorityKeyIdentifier = keyid\nissuingDistributionPoint = critical, @p\n\
         [p]\nonlyuser = TRUE\n[none]\n",
    );
    for (section, is_ours) in [("ours", true), ("more", false), ("none", false)] {
        scratch.sh(&format!(
            "openssl ca -gencrl -config ca.cnf -crlexts {section} -keyfile ca.key -cert ca.crt -out {section}.pem 2>/dev/null"
        ));
        let read = ca.read(scratch.read(&format!("{section}.pem")).as_bytes());
        assert_eq!(read.is_ok(), is_ours, "{section}: {read:?}");
    }
}
