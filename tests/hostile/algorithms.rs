//! The last rows of table S: the algorithms of a request, that of its key and that of its signature.

use gitca::finding::Code;

use crate::forge::{Draft, oid, rsa_key, sequence, sound_number, tlv};
use crate::judge::{self, Case};

#[test]
fn hostile_algorithms_are_refused() {
    judge::judge(&cases());
}

pub(crate) fn rows() -> Vec<&'static str> {
    judge::rows(&cases())
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = keys();
    cases.extend(signatures());
    cases
}

fn draft(row: &'static str, what: &str, draft: &Draft) -> Case {
    Case::of_draft(row, what, draft)
}

/// S25, S26.
fn keys() -> Vec<Case> {
    let key = |row, what: &str, key: Vec<u8>, code| {
        let weak = Draft {
            key,
            ..Draft::default()
        };
        draft(row, what, &weak).invalid(&[code])
    };
    let info = |algorithm: &[&[u8]], bits: &[u8]| {
        sequence(&[&sequence(algorithm), &tlv(3, &[&[0], bits])])
    };
    let rsa = rsa_key(&sound_number(2048), &[1, 0, 1]);
    let plain = oid("1.2.840.113549.1.1.1");
    let exchanged = |with: &[u8]| {
        let place = rsa.windows(plain.len()).position(|octets| octets == plain);
        let place = place.expect("it names rsaEncryption");
        [&rsa[..place], with, &rsa[place + plain.len()..]].concat()
    };
    let numbers = sequence(&[
        &tlv(2, &[&[0], &sound_number(2048)]),
        &tlv(2, &[&[1, 0, 1]]),
    ]);
    let (ec, p256) = (oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"));
    let point = |first: u8, rest: u8| [&[first][..], &[rest; 64]].concat();
    let mut cases = vec![
        key(
            "S25",
            "RSASSA-PSS",
            exchanged(&oid("1.2.840.113549.1.1.10")),
            Code::MalformedKey,
        ),
        key(
            "S25",
            "RSAES-OAEP",
            exchanged(&oid("1.2.840.113549.1.1.7")),
            Code::MalformedKey,
        ),
        key(
            "S25",
            "RSA without NULL",
            info(&[&plain], &numbers),
            Code::MalformedKey,
        ),
        key(
            "S25",
            "explicit curve (CVE-2020-0601)",
            info(&[&ec, &explicit_curve(&point(4, 9))], &point(4, 9)),
            Code::MalformedKey,
        ),
        key(
            "S25",
            "no curve at all",
            info(&[&ec], &point(4, 9)),
            Code::MalformedKey,
        ),
        key(
            "S25",
            "infinity",
            info(&[&ec, &p256], &[0]),
            Code::KeyWeakPoint,
        ),
        key(
            "S25",
            "off the curve",
            info(&[&ec, &p256], &point(4, 9)),
            Code::KeyWeakPoint,
        ),
        key(
            "S25",
            "hybrid",
            info(&[&ec, &p256], &point(6, 9)),
            Code::KeyWeakPoint,
        ),
    ];
    let mut not_canonical = [0xff; 32];
    not_canonical[31] = 0x7f;
    let mut one = [0; 32];
    one[0] = 1;
    // -1, which has order 2, and a point of order 8 (RFC 7748 7; the list of libsodium).
    let mut minus_one = not_canonical;
    minus_one[0] = 0xec;
    let eighth = [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ];
    for (what, octets) in [
        ("all zero", [0; 32]),
        ("the neutral point", one),
        ("of order 2", minus_one),
        ("of order 8", eighth),
        ("not canonical", not_canonical),
    ] {
        let weak = info(&[&oid("1.3.101.112")], &octets);
        cases.push(key("S26", what, weak, Code::KeyWeakPoint));
    }
    cases
}

/// `ECParameters` of P-256 but for the base point, which is the attacked key: the attack of CVE-2020-0601.
fn explicit_curve(base: &[u8]) -> Vec<u8> {
    let number = |octets: &[u8]| tlv(2, &[&[0], octets]);
    let prime = [&[0xff; 4][..], &[0, 0, 0, 1], &[0; 12], &[0xff; 12]].concat();
    let field = sequence(&[&oid("1.2.840.10045.1.1"), &number(&prime)]);
    let curve = sequence(&[&tlv(4, &[&[0xff; 32]]), &tlv(4, &[&[0x5a; 32]])]);
    sequence(&[
        &[2, 1, 1],
        &field,
        &curve,
        &tlv(4, &[base]),
        &number(&[0xff; 32]),
        &[2, 1, 1],
    ])
}

/// S27.
fn signatures() -> Vec<Case> {
    let signed = |what: &str, algorithm: Vec<u8>| {
        let weak = Draft {
            algorithm,
            ..Draft::default()
        };
        draft("S27", what, &weak).invalid(&[Code::WeakSignature])
    };
    let null: &[u8] = &[5, 0];
    let mut cases = vec![
        signed("MD5", sequence(&[&oid("1.2.840.113549.1.1.4"), null])),
        signed("SHA-1", sequence(&[&oid("1.2.840.113549.1.1.5"), null])),
        signed("ECDSA with SHA-1", sequence(&[&oid("1.2.840.10045.4.1")])),
        signed("DSA", sequence(&[&oid("2.16.840.1.101.3.4.3.2")])),
        signed(
            "no algorithm at all",
            sequence(&[&oid("1.2.840.113549.1.1.1"), null]),
        ),
        signed(
            "parameters of Ed25519",
            sequence(&[&oid("1.3.101.112"), null]),
        ),
    ];
    cases.extend(pss_parameters().into_iter().map(|(what, parameters)| {
        signed(
            what,
            sequence(&[&oid("1.2.840.113549.1.1.10"), &parameters]),
        )
    }));
    cases
}

/// RSASSA-PSS-params (RFC 4055 3.1) that no signer of SHA-2 uses.
fn pss_parameters() -> Vec<(&'static str, Vec<u8>)> {
    let hash = |id: &str| sequence(&[&oid(id), &[5, 0]]);
    let (sha1, sha256, sha512) = (
        hash("1.3.14.3.2.26"),
        hash("2.16.840.1.101.3.4.2.1"),
        hash("2.16.840.1.101.3.4.2.3"),
    );
    let mask = |hash: &[u8]| sequence(&[&oid("1.2.840.113549.1.1.8"), hash]);
    let salt = |octets: u8| tlv(0xa2, &[&[2, 1, octets]]);
    let whole = |digest: &[u8], mask_digest: &[u8], salt: &[u8], more: &[u8]| {
        let mask = mask(mask_digest);
        sequence(&[&tlv(0xa0, &[digest]), &tlv(0xa1, &[&mask]), salt, more])
    };
    vec![
        ("PSS by default, which is SHA-1", sequence(&[])),
        ("PSS with SHA-1", whole(&sha1, &sha1, &salt(20), &[])),
        (
            "PSS with a mask of SHA-1",
            whole(&sha256, &sha1, &salt(32), &[]),
        ),
        (
            "PSS with two hashes",
            whole(&sha256, &sha512, &salt(32), &[]),
        ),
        ("PSS without salt", whole(&sha256, &sha256, &salt(0), &[])),
        (
            "PSS with the default salt",
            whole(&sha256, &sha256, &[], &[]),
        ),
        (
            "PSS with another trailer",
            whole(&sha256, &sha256, &salt(32), &tlv(0xa3, &[&[2, 1, 2]])),
        ),
        (
            "PSS with the trailer written out",
            whole(&sha256, &sha256, &salt(32), &tlv(0xa3, &[&[2, 1, 1]])),
        ),
    ]
}
