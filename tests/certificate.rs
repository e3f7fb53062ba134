//! To-be-signed certificates against DER that this test writes by hand, octet by octet, as kube-controller-manager would.
//!
//! The writer below knows nothing of the code under test: tags, lengths and orders come from X.690 and from what Go's
//! `crypto/x509` makes of the same contents.

use std::net::IpAddr;

use gitca::names::Serial;
use gitca::x509::additions::Additions;
use gitca::x509::certificate::Contents;
use gitca::x509::key::{Curve, KeyKind};
use gitca::x509::san::SubjectAltNames;
use gitca::x509::subject::{Attribute, Subject};

/// One DER value.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    match content.len() {
        length @ 0..0x80 => der.push(u8::try_from(length).expect("it is short")),
        length @ 0x80..0x100 => der.extend([0x81, u8::try_from(length).expect("it is short")]),
        length => der.extend(
            [
                &[0x82][..],
                &u16::try_from(length).expect("it is short").to_be_bytes(),
            ]
            .concat(),
        ),
    }
    der.extend(content);
    der
}

fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x31, &parts.concat())
}

fn utc(text: &str) -> Vec<u8> {
    tlv(0x17, text.as_bytes())
}

fn generalized(text: &str) -> Vec<u8> {
    tlv(0x18, text.as_bytes())
}

/// An attribute of 2.5.4 in a PrintableString (0x13) or a UTF8String (0x0c).
fn attribute(arc: u8, tag: u8, text: &str) -> Vec<u8> {
    seq(&[tlv(0x06, &[0x55, 0x04, arc]), tlv(tag, text.as_bytes())])
}

fn extension(arc: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical {
        tlv(0x01, &[0xff])
    } else {
        Vec::new()
    };
    seq(&[tlv(0x06, &[0x55, 0x1d, arc]), critical, tlv(0x04, value)])
}

const ECDSA_SHA256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const ID_KP: [u8; 7] = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03];

fn purpose(arc: u8) -> Vec<u8> {
    tlv(0x06, &[&ID_KP[..], &[arc]].concat())
}

fn ca_name() -> Vec<u8> {
    seq(&[set(&[attribute(3, 0x0c, "ca")])])
}

/// Stands for a SubjectPublicKeyInfo: it must come out as it went in.
fn spki() -> Vec<u8> {
    seq(&[seq(&[tlv(0x06, &[0x2b, 0x65, 0x70])]), tlv(0x03, &[0; 33])])
}

fn subject(values: &[(Attribute, &str)]) -> Subject {
    let mut subject = Subject::default();
    for (attribute, value) in values {
        subject.push(*attribute, (*value).to_owned());
    }
    subject
}

fn contents(values: &[(Attribute, &str)], usages: &[&str]) -> Contents {
    Contents {
        serial: Serial::from_random([0x11; Serial::OCTETS]).expect("not zero"),
        issuer_key: KeyKind::Ecdsa(Curve::P256),
        issuer: ca_name(),
        not_before: "2029-12-31T23:55:00Z".parse().expect("a time"),
        not_after: "2030-01-01T23:55:00Z".parse().expect("a time"),
        subject: subject(values),
        spki: spki(),
        usages: usages
            .iter()
            .map(|usage| usage.parse().expect("a usage"))
            .collect(),
        authority_key_id: Some(vec![1, 2, 3]),
        sans: SubjectAltNames::default(),
        additions: Additions::default(),
    }
}

/// The whole TBSCertificate around a subject and its extensions.
fn tbs(
    serial: &[u8],
    validity: &[Vec<u8>],
    subject: &[Vec<u8>],
    extensions: &[Vec<u8>],
) -> Vec<u8> {
    seq(&[
        tlv(0xa0, &tlv(0x02, &[2])),
        tlv(0x02, serial),
        seq(&[tlv(0x06, &ECDSA_SHA256)]),
        ca_name(),
        seq(validity),
        seq(subject),
        spki(),
        tlv(0xa3, &seq(extensions)),
    ])
}

fn usual_validity() -> [Vec<u8>; 2] {
    [utc("291231235500Z"), utc("300101235500Z")]
}

fn key_usage(bits: &[u8]) -> Vec<u8> {
    extension(15, true, &tlv(0x03, bits))
}

fn not_a_ca() -> Vec<u8> {
    extension(19, true, &[0x30, 0x00])
}

fn authority() -> Vec<u8> {
    extension(35, false, &seq(&[tlv(0x80, &[1, 2, 3])]))
}

#[test]
fn the_subject_has_one_rdn_for_each_type_in_the_order_of_go() {
    use Attribute::{
        CommonName, Country, Locality, Organization, OrganizationalUnit, Province, SerialNumber,
    };
    let asked = [
        (CommonName, "jane"),
        (Organization, "zz"),
        (Organization, "a"),
        (SerialNumber, "7"),
        (Organization, "mm"),
        (OrganizationalUnit, "team_1"),
        (Locality, "Köln"),
        (Province, "NRW"),
        (Country, "DE"),
    ];
    let expected = [
        set(&[attribute(6, 0x13, "DE")]),
        set(&[attribute(8, 0x13, "NRW")]),
        set(&[attribute(7, 0x0c, "Köln")]),
        // DER sorts a SET by its octets: the shorter value first, since its length comes first.
        set(&[
            attribute(10, 0x13, "a"),
            attribute(10, 0x13, "mm"),
            attribute(10, 0x13, "zz"),
        ]),
        // An underscore is no PrintableString.
        set(&[attribute(11, 0x0c, "team_1")]),
        set(&[attribute(3, 0x13, "jane")]),
        set(&[attribute(5, 0x13, "7")]),
    ];
    let extensions = [
        extension(37, false, &seq(&[purpose(2)])),
        not_a_ca(),
        authority(),
    ];
    let made = contents(&asked, &["client auth"])
        .to_tbs()
        .expect("it can be built");
    assert_eq!(
        made,
        tbs(&[0x11; 16], &usual_validity(), &expected, &extensions)
    );
}

#[test]
fn usages_become_bits_and_purposes_in_rank_order() {
    let jane = [(Attribute::CommonName, "jane")];
    let name = [set(&[attribute(3, 0x13, "jane")])];
    let purposes = |arcs: &[u8]| {
        extension(
            37,
            false,
            &seq(&arcs.iter().map(|arc| purpose(*arc)).collect::<Vec<_>>()),
        )
    };
    for (usages, extensions) in [
        (
            &["digital signature", "key encipherment"][..],
            vec![key_usage(&[5, 0xa0])],
        ),
        (&["signing"], vec![key_usage(&[7, 0x80])]),
        (&["decipher only"], vec![key_usage(&[7, 0x00, 0x80])]),
        (&["client auth", "server auth"], vec![purposes(&[1, 2])]),
        (
            &["s/mime", "email protection", "code signing"],
            vec![purposes(&[3, 4])],
        ),
        (
            &["client auth", "key agreement"],
            vec![key_usage(&[3, 0x08]), purposes(&[2])],
        ),
    ] {
        let extensions = [extensions, vec![not_a_ca(), authority()]].concat();
        let made = contents(&jane, usages).to_tbs().expect("it can be built");
        assert_eq!(
            made,
            tbs(&[0x11; 16], &usual_validity(), &name, &extensions),
            "{usages:?}"
        );
    }
}

#[test]
fn names_stand_kind_by_kind_and_are_critical_without_a_subject() {
    let mut contents = contents(&[], &["server auth"]);
    contents.sans = SubjectAltNames {
        dns_names: vec!["B.example.com".into(), "a.example.com".into()],
        email_addresses: vec!["a@example.com".into()],
        ip_addresses: vec![
            IpAddr::from([10, 0, 0, 1]),
            "fd00::1".parse().expect("an address"),
        ],
        uris: vec!["spiffe://example.com/x".into()],
    };
    let ip6 = [&[0xfd][..], &[0; 14], &[1]].concat();
    let names = seq(&[
        tlv(0x82, b"B.example.com"),
        tlv(0x82, b"a.example.com"),
        tlv(0x81, b"a@example.com"),
        tlv(0x87, &[10, 0, 0, 1]),
        tlv(0x87, &ip6),
        tlv(0x86, b"spiffe://example.com/x"),
    ]);
    let extensions = |critical| {
        [
            extension(37, false, &seq(&[purpose(1)])),
            not_a_ca(),
            authority(),
            extension(17, critical, &names),
        ]
    };
    let made = contents.to_tbs().expect("it can be built");
    assert_eq!(
        made,
        tbs(&[0x11; 16], &usual_validity(), &[], &extensions(true))
    );

    contents.subject = subject(&[(Attribute::CommonName, "x")]);
    let made = contents.to_tbs().expect("it can be built");
    assert_eq!(
        made,
        tbs(
            &[0x11; 16],
            &usual_validity(),
            &[set(&[attribute(3, 0x13, "x")])],
            &extensions(false)
        )
    );
}

#[test]
fn the_authority_key_identifier_is_left_out_where_go_leaves_it_out() {
    let client = extension(37, false, &seq(&[purpose(2)]));
    let mut without = contents(&[(Attribute::CommonName, "x")], &["client auth"]);
    without.authority_key_id = None;
    let name = [set(&[attribute(3, 0x13, "x")])];
    let made = without.to_tbs().expect("it can be built");
    assert_eq!(
        made,
        tbs(
            &[0x11; 16],
            &usual_validity(),
            &name,
            &[client.clone(), not_a_ca()]
        )
    );

    // A subject that encodes as the issuer's name looks self-issued.
    let mut same = contents(&[(Attribute::CommonName, "ca")], &["client auth"]);
    same.issuer = seq(&[set(&[attribute(3, 0x13, "ca")])]);
    let made = same.to_tbs().expect("it can be built");
    assert!(
        !made.windows(3).any(|octets| octets == [1, 2, 3]),
        "no key identifier is there"
    );
}

#[test]
fn serial_numbers_are_minimal_positive_integers() {
    let jane = [(Attribute::CommonName, "jane")];
    let name = [set(&[attribute(3, 0x13, "jane")])];
    let extensions = [
        extension(37, false, &seq(&[purpose(2)])),
        not_a_ca(),
        authority(),
    ];
    for (random, octets) in [
        (
            [&[0xff][..], &[0xaa; 15]].concat(),
            [&[0x7f][..], &[0xaa; 15]].concat(),
        ),
        (
            [&[0x80][..], &[0xaa; 15]].concat(),
            [&[0x00][..], &[0xaa; 15]].concat(),
        ),
        ([&[0x00, 0x00][..], &[0x11; 14]].concat(), vec![0x11; 14]),
    ] {
        let mut contents = contents(&jane, &["client auth"]);
        contents.serial =
            Serial::from_random(random.try_into().expect("sixteen octets")).expect("not zero");
        let made = contents.to_tbs().expect("it can be built");
        assert_eq!(made, tbs(&octets, &usual_validity(), &name, &extensions));
    }
}

#[test]
fn times_are_utctime_through_2049_and_generalizedtime_after() {
    let name = [set(&[attribute(3, 0x13, "jane")])];
    let extensions = [
        extension(37, false, &seq(&[purpose(2)])),
        not_a_ca(),
        authority(),
    ];
    for (end, encoded) in [
        ("2049-12-31T23:59:59Z", utc("491231235959Z")),
        ("2050-01-01T00:00:00Z", generalized("20500101000000Z")),
        ("9999-12-31T23:59:59Z", generalized("99991231235959Z")),
    ] {
        let mut contents = contents(&[(Attribute::CommonName, "jane")], &["client auth"]);
        contents.not_after = end.parse().expect("a time");
        let made = contents.to_tbs().expect("it can be built");
        assert_eq!(
            made,
            tbs(
                &[0x11; 16],
                &[utc("291231235500Z"), encoded],
                &name,
                &extensions
            ),
            "{end}"
        );
    }
}

#[test]
fn the_signature_algorithm_is_the_one_that_go_chooses_for_the_ca_key() {
    let rsa = seq(&[
        tlv(
            0x06,
            &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
        ),
        tlv(0x05, &[]),
    ]);
    let ecdsa = |arc: u8| seq(&[tlv(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, arc])]);
    for (key, algorithm) in [
        (KeyKind::Rsa { bits: 4096 }, rsa),
        (KeyKind::Ecdsa(Curve::P256), ecdsa(2)),
        (KeyKind::Ecdsa(Curve::P384), ecdsa(3)),
        (KeyKind::Ecdsa(Curve::P521), ecdsa(4)),
        (KeyKind::Ed25519, seq(&[tlv(0x06, &[0x2b, 0x65, 0x70])])),
    ] {
        let mut contents = contents(&[(Attribute::CommonName, "jane")], &["client auth"]);
        contents.issuer_key = key;
        let made = contents.to_tbs().expect("it can be built");
        let found = made
            .windows(algorithm.len())
            .position(|octets| octets == algorithm);
        let before = tlv(0xa0, &tlv(0x02, &[2])).len() + tlv(0x02, &[0x11; 16]).len();
        let header = made.len() - content_length(&made);
        assert_eq!(found, Some(header + before), "{key}");
    }
}

/// The length of what the outer SEQUENCE holds.
fn content_length(der: &[u8]) -> usize {
    match der[1] {
        0x82 => usize::from(der[2]) << 8 | usize::from(der[3]),
        0x81 => usize::from(der[2]),
        length => usize::from(length),
    }
}
