//! Requests that are read and requests that are refused, row by row of the policy's table of hostile structures.
//!
//! The requests in `accepted/` were made by OpenSSL 3.0 with
//! `openssl req -new -config request.cnf -nodes -keyout /dev/null` and, by file: `-newkey rsa:2048` (`rsa-pss` with
//! `-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest`, the refused one with `max`), `-newkey ed25519`,
//! `-newkey ec -pkeyopt ec_paramgen_curve:P-256`; the hash is in the file's name, or as long as the key.

use super::*;
use crate::x509::key::{Curve, KeyKind};
use crate::x509::testing::{
    Draft, O, SAN, cn, dns, extension, extension_request, oid, pair, pem, rdn, san, sequence, set,
    tlv, utf8,
};

mod values;

fn codes(pem: &[u8]) -> Vec<Code> {
    match Csr::read(pem) {
        Ok(_) => Vec::new(),
        Err(reasons) => reasons.iter().map(|reason| reason.code).collect(),
    }
}

fn places(pem: &[u8]) -> Vec<(Code, String)> {
    let reasons = Csr::read(pem).unwrap_err();
    let place = |reason: Reason| (reason.code, reason.field.unwrap());
    reasons.into_iter().map(place).collect()
}

#[test]
fn requests_of_openssl_are_read_whole() {
    let rsa = KeyKind::Rsa { bits: 2048 };
    let p256 = KeyKind::Ecdsa(Curve::P256);
    for (pem, kind, algorithm) in [
        (include_str!("accepted/rsa-sha256.pem"), rsa, "SHA256-RSA"),
        (include_str!("accepted/rsa-sha512.pem"), rsa, "SHA512-RSA"),
        (include_str!("accepted/rsa-pss.pem"), rsa, "SHA256-RSAPSS"),
        (include_str!("accepted/p256.pem"), p256, "ECDSA-SHA256"),
        (
            include_str!("accepted/p256-sha512.pem"),
            p256,
            "ECDSA-SHA512",
        ),
        (
            include_str!("accepted/p384.pem"),
            KeyKind::Ecdsa(Curve::P384),
            "ECDSA-SHA384",
        ),
        (
            include_str!("accepted/p521.pem"),
            KeyKind::Ecdsa(Curve::P521),
            "ECDSA-SHA512",
        ),
        (
            include_str!("accepted/ed25519.pem"),
            KeyKind::Ed25519,
            "Ed25519",
        ),
    ] {
        let csr = Csr::read(pem.as_bytes()).unwrap();
        assert_eq!((csr.key.kind(), csr.signature_algorithm), (kind, algorithm));
        assert_eq!(csr.subject.common_name(), Some("jane@example.com"));
        assert_eq!(csr.subject.organizations(), ["dev", "ops:prod"]);
        let names = SubjectAltNames {
            dns_names: vec!["web.example.com".to_owned(), "*.Example.org".to_owned()],
            email_addresses: vec!["Jane@Example.com".to_owned()],
            ip_addresses: vec!["10.0.0.1".parse().unwrap(), "fd00::1".parse().unwrap()],
            uris: vec!["spiffe://td.example/ns/a/sa/b".to_owned()],
        };
        assert_eq!(csr.sans, names);
        let asked = RequestedExtensions {
            key_usage: Some(0b101),
            extended_key_usage: vec![ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2")],
            ..RequestedExtensions::default()
        };
        assert_eq!(csr.extensions, asked);
        assert!(csr.other_attributes.is_empty() && csr.other_sans.is_empty());
    }
}

#[test]
fn a_salt_longer_than_the_hash_is_refused() {
    let pem = include_str!("accepted/rsa-pss-max.pem");
    assert_eq!(codes(pem.as_bytes()), [Code::WeakSignature]);
}

#[test]
fn a_plain_draft_is_accepted() {
    assert_eq!(codes(&Draft::default().pem()), []);
}

/// S1.
#[test]
fn a_signature_over_other_content_or_by_another_key_proves_nothing() {
    let der = Draft::default().der();
    let name = der.windows(4).position(|octets| octets == b"jane").unwrap();
    for place in [name, der.len() - 1] {
        let mut der = der.clone();
        der[place] ^= 1;
        assert_eq!(
            codes(&pem(&der)),
            [Code::ProofOfPossession],
            "octet {place}"
        );
    }
    let mut other = Draft::default();
    *other.key.last_mut().unwrap() ^= 2;
    assert_eq!(codes(&other.pem()), [Code::ProofOfPossession]);
}

/// S2, S3.
#[test]
fn what_is_not_exactly_one_der_value_is_refused() {
    let good = Draft::default();
    let mut trailing = good.der();
    trailing.push(0);
    assert_eq!(codes(&pem(&trailing)), [Code::MalformedDer]);
    assert_eq!(codes(&pem(&[])), [Code::MalformedDer]);
    assert_eq!(codes(&pem(&good.der()[1..])), [Code::MalformedDer]);

    let inner = cn("jane");
    let indefinite = [&[0x30, 0x80], inner.as_slice(), &[0, 0]].concat();
    let long_form = [
        &[0x30, 0x81, u8::try_from(inner.len()).unwrap()],
        inner.as_slice(),
    ]
    .concat();
    for subject in [indefinite, long_form] {
        let draft = Draft {
            subject,
            ..good.clone()
        };
        assert_eq!(codes(&draft.pem()), [Code::MalformedDer]);
    }
    let padded = Draft {
        version: vec![2, 2, 0, 0],
        ..good.clone()
    };
    assert_eq!(codes(&padded.pem()), [Code::MalformedDer]);
    let unordered = set(&[&pair(O, &utf8("b")), &pair(O, &utf8("a"))]);
    assert_eq!(
        codes(&Draft::of_subject(&[&unordered]).pem()),
        [Code::MalformedDer]
    );
    let absent = Draft {
        attributes: Vec::new(),
        ..good
    };
    assert_eq!(codes(&absent.pem()), [Code::MalformedDer]);
}

/// S3, inside of extensions.
#[test]
fn extensions_are_der_too() {
    let id = oid("2.5.29.19");
    let value = tlv(4, &[&sequence(&[])]);
    for critical in [[1, 1, 1], [1, 1, 0]] {
        let extension = sequence(&[&id, &critical, &value]);
        let draft = Draft::of_attributes(&[&extension_request(&[&extension])]);
        assert_eq!(codes(&draft.pem()), [Code::MalformedDer], "{critical:?}");
    }
    for (id, value, code) in [
        ("2.5.29.19", sequence(&[&[1, 1, 1]]), Code::MalformedDer),
        ("2.5.29.19", sequence(&[&[1, 1, 0]]), Code::MalformedDer),
        ("2.5.29.19", utf8("CA:FALSE"), Code::MalformedExtension),
        (
            "2.5.29.19",
            [sequence(&[]), vec![0]].concat(),
            Code::MalformedExtension,
        ),
        ("2.5.29.15", vec![3, 2, 0, 0xa0], Code::MalformedDer),
        ("2.5.29.15", vec![3, 2, 5, 0xa1], Code::MalformedDer),
        (
            "2.5.29.15",
            vec![3, 3, 6, 0, 0x40],
            Code::MalformedExtension,
        ),
        ("2.5.29.37", sequence(&[]), Code::MalformedExtension),
        (SAN, vec![0x30, 0x81, 3, 0x82, 1, 0x61], Code::MalformedDer),
    ] {
        let draft = Draft::of_attributes(&[&extension_request(&[&extension(id, &value)])]);
        assert_eq!(codes(&draft.pem()), [code], "{id} {value:?}");
    }
}

/// S4, S5, S23.
#[test]
fn attributes_and_extensions_stand_there_once() {
    let names = san(&[&dns("a.example.com")]);
    let list = sequence(&[&extension(SAN, &sequence(&[&dns("a.example.com")]))]);
    let other = sequence(&[&extension(SAN, &sequence(&[&dns("b.example.com")]))]);
    let id = oid("1.2.840.113549.1.9.14");
    let two_values = sequence(&[&id, &set(&[&list, &other])]);
    let no_value = sequence(&[&id, &set(&[])]);
    let mut two = [names.clone(), san(&[&dns("b.example.com")])];
    two.sort();
    for attributes in [vec![&two[0], &two[1]], vec![&two_values], vec![&no_value]] {
        let attributes: Vec<&[u8]> = attributes.into_iter().map(Vec::as_slice).collect();
        let draft = Draft::of_attributes(&attributes);
        assert_eq!(codes(&draft.pem()), [Code::MalformedAttribute]);
    }
    let san_twice = extension(SAN, &sequence(&[&dns("a.example.com")]));
    let constraints = extension("2.5.29.19", &sequence(&[]));
    for one in [san_twice, constraints] {
        let draft = Draft::of_attributes(&[&extension_request(&[&one, &one])]);
        assert_eq!(codes(&draft.pem()), [Code::DuplicateExtension]);
    }
    let password = sequence(&[&oid("1.2.840.113549.1.9.7"), &set(&[&utf8("hunter2")])]);
    let reasons = Csr::read(&Draft::of_attributes(&[&password]).pem()).unwrap_err();
    assert_eq!(reasons[0].code, Code::SecretInRequest);
    assert!(!format!("{reasons:?}").contains("hunter2"));
}

#[test]
fn attributes_that_ask_for_nothing_are_left_alone() {
    let unstructured = sequence(&[&oid("1.2.840.113549.1.9.2"), &set(&[&utf8("x")])]);
    assert_eq!(codes(&Draft::of_attributes(&[&unstructured]).pem()), []);
    // Types of UUIDs (ITU-T X.667) have an arc of 128 bits, and nothing bounds how many arcs there are.
    let large = [&[0x69, 0x83][..], &[0xff; 17], &[0x7f]].concat();
    for kind in [large, vec![0x2a; 200]] {
        let unknown = sequence(&[&tlv(6, &[&kind]), &set(&[&utf8("x")])]);
        assert_eq!(codes(&Draft::of_attributes(&[&unknown]).pem()), []);
    }
    for kind in [&oid("1.2.3.4")[2..], &oid("1.2.840.113549.1.9.7")[2..]] {
        let no_type = sequence(&[&tlv(13, &[kind]), &set(&[&utf8("x")])]);
        let codes = codes(&Draft::of_attributes(&[&no_type]).pem());
        assert_eq!(codes, [Code::MalformedDer]);
    }
    let microsoft = sequence(&[&oid("1.3.6.1.4.1.311.2.1.14"), &set(&[&sequence(&[])])]);
    assert_eq!(
        codes(&Draft::of_attributes(&[&microsoft]).pem()),
        [Code::MalformedAttribute]
    );
}

/// S7, S8, S21, X1, X9: legal, never issued, and so left to judgement.
#[test]
fn what_is_never_issued_stays_in_the_model() {
    let other_name = tlv(
        0xa0,
        &[&oid("1.3.6.1.4.1.311.20.2.3"), &tlv(0xa0, &[&utf8("root")])],
    );
    let directory = tlv(0xa4, &[&sequence(&[])]);
    let names = sequence(&[
        &other_name,
        &dns("a.example.com"),
        &directory,
        &[0x88, 1, 0x2a],
    ]);
    let unknown = extension("1.3.6.1.4.1.311.21.10", &[5, 0]);
    let ca = extension("2.5.29.19", &sequence(&[&[1, 1, 0xff], &[2, 1, 3]]));
    let request = extension_request(&[&extension(SAN, &names), &unknown, &ca]);
    let mail = rdn("1.2.840.113549.1.9.1", &tlv(0x16, &[b"root@example.com"]));
    let draft = Draft {
        subject: sequence(&[&mail]),
        ..Draft::of_attributes(&[&request])
    };
    let csr = Csr::read(&draft.pem()).unwrap();
    assert_eq!(
        csr.other_sans,
        ["otherName", "directoryName", "registeredID"]
    );
    assert_eq!(csr.sans.dns_names, ["a.example.com"]);
    assert!(csr.sans.email_addresses.is_empty() && csr.subject.is_empty());
    assert_eq!(csr.other_attributes[0].1, "root@example.com");
    assert_eq!(
        csr.extensions.others[0].to_string(),
        "1.3.6.1.4.1.311.21.10"
    );
    assert!(csr.extensions.ca && csr.extensions.path_length);
}

/// S21, S22.
#[test]
fn the_version_is_0_and_somebody_is_named() {
    let version = Draft {
        version: vec![2, 1, 1],
        ..Draft::default()
    };
    assert_eq!(codes(&version.pem()), [Code::MalformedVersion]);
    assert_eq!(codes(&Draft::of_subject(&[]).pem()), [Code::NoIdentity]);
}

/// S24.
#[test]
fn a_private_key_after_the_request_is_a_secret() {
    let mut text = Draft::default().pem();
    text.extend(b"-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n");
    assert_eq!(
        places(&text),
        [(Code::SecretInRequest, "spec.request".to_owned())]
    );
}

/// S27.
#[test]
fn weak_and_unknown_signature_algorithms_are_refused() {
    for algorithm in [
        sequence(&[&oid("1.2.840.113549.1.1.4"), &[5, 0]]),
        sequence(&[&oid("1.2.840.113549.1.1.5"), &[5, 0]]),
        sequence(&[&oid("1.2.840.10045.4.1")]),
        sequence(&[&oid("1.2.840.113549.1.1.10")]),
        sequence(&[&oid("1.3.101.113")]),
        sequence(&[&oid("1.3.101.112"), &[5, 0]]),
    ] {
        let draft = Draft {
            algorithm,
            ..Draft::default()
        };
        assert_eq!(codes(&draft.pem()), [Code::WeakSignature]);
    }
    let other_kind = sequence(&[&oid("1.2.840.10045.4.3.2")]);
    let draft = Draft {
        algorithm: other_kind,
        ..Draft::default()
    };
    assert_eq!(codes(&draft.pem()), [Code::ProofOfPossession]);
}

#[test]
fn all_reasons_come_at_once() {
    let draft = Draft {
        version: vec![2, 1, 5],
        subject: sequence(&[&cn("a  b"), &rdn(O, &utf8(" x"))]),
        key: sequence(&[&sequence(&[&oid("1.3.101.113")]), &[3, 2, 0, 1]]),
        ..Draft::of_names(&[&dns("*")])
    };
    let fields = [
        "spec.request",
        "csr.subject.commonName",
        "csr.subject.organizations[0]",
        "csr.dnsNames[0]",
        "csr.key",
    ];
    let found: Vec<String> = places(&draft.pem())
        .into_iter()
        .map(|(_, field)| field)
        .collect();
    assert_eq!(found, fields);
}

/// No octet of a request may bring the reader down, or pass unsigned.
#[test]
fn every_single_bit_is_signed_or_checked() {
    let der = Draft::of_names(&[&dns("a.example.com")]).der();
    for place in 0..der.len() {
        for bit in 0..8 {
            let mut der = der.clone();
            der[place] ^= 1 << bit;
            assert!(Csr::read(&pem(&der)).is_err(), "bit {bit} of octet {place}");
        }
    }
    for length in 0..der.len() {
        assert!(Csr::read(&pem(&der[..length])).is_err(), "{length} octets");
    }
}
