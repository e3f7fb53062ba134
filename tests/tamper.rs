//! The lint against octets that somebody changed on their way from the builder to the key.
//!
//! Every bit of several certificates is flipped, every octet taken out and doubled; whatever comes out is refused. It may
//! pass only when it says the very same, and so far nothing does.

use gitca::lint::differences;
use gitca::names::Serial;
use gitca::x509::additions::Additions;
use gitca::x509::certificate::Contents;
use gitca::x509::key::{Curve, KeyKind};
use gitca::x509::san::SubjectAltNames;
use gitca::x509::subject::{Attribute, Subject};

/// The DER of a Name with one common name, in a UTF8String as CAs of OpenSSL have it.
const ISSUER: [u8; 17] = [
    0x30, 15, 0x31, 13, 0x30, 11, 6, 3, 0x55, 4, 3, 0x0c, 4, b'c', b'a', b' ', b'_',
];

fn subject(values: &[(Attribute, &str)]) -> Subject {
    let mut subject = Subject::default();
    for (attribute, value) in values {
        subject.push(*attribute, (*value).to_owned());
    }
    subject
}

/// An Ed25519 key that nobody has.
fn spki() -> Vec<u8> {
    let head = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
    [&head[..], &[0x5a; 32]].concat()
}

fn plain() -> Contents {
    Contents {
        serial: Serial::from_random([0x71; Serial::OCTETS]).expect("not zero"),
        issuer_key: KeyKind::Ecdsa(Curve::P256),
        issuer: ISSUER.to_vec(),
        not_before: "2029-12-31T23:55:00Z".parse().expect("a time"),
        not_after: "2030-01-01T23:55:00Z".parse().expect("a time"),
        subject: subject(&[(Attribute::CommonName, "jane")]),
        spki: spki(),
        usages: vec!["client auth".parse().expect("a usage")],
        authority_key_id: Some(vec![1, 2, 3]),
        sans: SubjectAltNames::default(),
        additions: Additions::default(),
    }
}

/// Everything that a certificate from here may hold.
fn rich() -> Contents {
    use Attribute::{CommonName, Country, Organization, SerialNumber};
    let values = [
        (Country, "DE"),
        (Organization, "dev"),
        (Organization, "ops:prod_1"),
        (CommonName, "Jürgen"),
        (SerialNumber, "7"),
    ];
    let usages = [
        "digital signature",
        "key encipherment",
        "server auth",
        "client auth",
    ];
    Contents {
        issuer_key: KeyKind::Rsa { bits: 2048 },
        not_after: "2051-01-01T00:00:00Z".parse().expect("a time"),
        subject: subject(&values),
        usages: usages.map(|usage| usage.parse().expect("a usage")).to_vec(),
        sans: SubjectAltNames {
            dns_names: vec!["a.example.com".into(), "*.b.example.com".into()],
            email_addresses: vec!["jane@example.com".into()],
            ip_addresses: vec![
                "10.0.0.1".parse().expect("an address"),
                "fd00::1".parse().expect("an address"),
            ],
            uris: vec!["https://a.example/x".into()],
        },
        additions: Additions {
            subject_key_id: Some(vec![9; 20]),
            policies: vec!["1.2.3.4".parse().expect("an OID")],
            distribution_points: vec!["http://crl.example.com/a.crl".into()],
        },
        ..plain()
    }
}

/// No subject: then the names are critical.
fn nameless() -> Contents {
    Contents {
        issuer_key: KeyKind::Ed25519,
        subject: Subject::default(),
        authority_key_id: None,
        sans: rich().sans,
        ..plain()
    }
}

#[test]
fn no_changed_octet_passes_the_lint() {
    for contents in [plain(), rich(), nameless()] {
        let tbs = contents.to_tbs().expect("it can be built");
        assert_eq!(differences(&tbs, &contents), [""; 0]);
        for place in 0..tbs.len() {
            for bit in 0..8 {
                let mut other = tbs.clone();
                other[place] ^= 1 << bit;
                let found = differences(&other, &contents);
                assert!(
                    !found.is_empty(),
                    "bit {bit} of octet {place}: {:02x?}",
                    around(&tbs, place)
                );
            }
            let mut shorter = tbs.clone();
            shorter.remove(place);
            assert!(
                !differences(&shorter, &contents).is_empty(),
                "without octet {place}"
            );
            let mut longer = tbs.clone();
            longer.insert(place, tbs[place]);
            assert!(
                !differences(&longer, &contents).is_empty(),
                "with octet {place} twice"
            );
        }
        for length in 0..tbs.len() {
            assert!(!differences(&tbs[..length], &contents).is_empty());
        }
        let trailing = [tbs.as_slice(), &[0]].concat();
        assert!(!differences(&trailing, &contents).is_empty());
    }
}

fn around(tbs: &[u8], place: usize) -> &[u8] {
    &tbs[place.saturating_sub(8)..tbs.len().min(place + 8)]
}

/// A certificate that is whole, but of other contents.
#[test]
fn no_other_certificate_passes_the_lint() {
    let wanted = rich();
    let change = |change: &dyn Fn(&mut Contents)| {
        let mut other = rich();
        change(&mut other);
        let tbs = other.to_tbs().expect("it can be built");
        assert_eq!(differences(&tbs, &other), [""; 0]);
        assert!(!differences(&tbs, &wanted).is_empty(), "{other:?}");
    };
    change(&|it| it.serial = Serial::from_random([3; Serial::OCTETS]).expect("not zero"));
    change(&|it| it.issuer[15] = b'x');
    change(&|it| it.issuer_key = KeyKind::Ecdsa(Curve::P384));
    change(&|it| it.issuer_key = KeyKind::Ed25519);
    change(&|it| it.not_before = "2029-12-31T23:54:59Z".parse().expect("a time"));
    change(&|it| it.not_after = "2049-12-31T23:59:59Z".parse().expect("a time"));
    change(&|it| {
        it.subject
            .push(Attribute::Organization, "system:masters".into());
    });
    change(&|it| it.subject = subject(&[(Attribute::CommonName, "Jürgen")]));
    change(&|it| it.spki[20] ^= 1);
    change(&|it| it.usages.truncate(3));
    change(&|it| it.usages.push("any".parse().expect("a usage")));
    change(&|it| it.authority_key_id = None);
    change(&|it| it.authority_key_id = Some(vec![1, 2, 4]));
    change(&|it| it.sans.dns_names.swap(0, 1));
    change(&|it| it.sans.dns_names.push("c.example.com".into()));
    change(&|it| it.sans.ip_addresses.truncate(1));
    change(&|it| it.sans.email_addresses.clear());
    change(&|it| it.sans.uris[0].push('y'));
    change(&|it| it.additions.subject_key_id = None);
    change(&|it| it.additions.policies.clear());
    change(&|it| it.additions.distribution_points.clear());
}
