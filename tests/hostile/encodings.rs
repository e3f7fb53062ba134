//! Row S3: what is BER and no DER, at every depth of a request, in what is read and in what is not.

use gitca::finding::Code;

use crate::forge::{
    CN, Draft, cn, dns, extension, extension_request, oid, sequence, set, tlv, utf8,
};
use crate::judge::{self, Case};

const CHALLENGE_PASSWORD: &str = "1.2.840.113549.1.9.7";
const EXTENSION_REQUEST: &str = "1.2.840.113549.1.9.14";
const PURPOSES: &str = "2.5.29.37";
const SAN: &str = "2.5.29.17";

#[test]
fn ber_is_refused_at_every_depth() {
    judge::judge(&cases());
}

pub(crate) fn rows() -> Vec<&'static str> {
    judge::rows(&cases())
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = identifiers();
    cases.extend(unknown_attributes());
    cases
}

fn ber(what: &str, draft: &Draft) -> Case {
    Case::of_draft("S3", what, draft).invalid(&[Code::MalformedDer])
}

/// The same object identifier for BER: a zero digit stands before the one that begins at `place`.
fn padded(id: &str, place: usize) -> Vec<u8> {
    let id = oid(id);
    let (before, after) = id[2..].split_at(place);
    tlv(6, &[before, &[0x80], after])
}

/// Object identifiers of what is read, which in this form are equal to none that is known.
fn identifiers() -> Vec<Case> {
    let names = sequence(&[&dns("a.example.com")]);
    let wish = sequence(&[&extension(SAN, &names)]);
    let asking = |what: &str, extension: &[u8]| {
        ber(
            what,
            &Draft::of_attributes(&[&extension_request(&[extension])]),
        )
    };
    let of_attribute = |what: &str, id: &[u8], value: &[u8]| {
        ber(
            what,
            &Draft::of_attributes(&[&sequence(&[id, &set(&[value])])]),
        )
    };
    let name = sequence(&[&padded(CN, 1), &utf8("root")]);
    let other_name = tlv(0xa0, &[&padded("1.2.3", 1), &tlv(0xa0, &[&utf8("root")])]);
    let ed25519 = sequence(&[&padded("1.3.101.112", 1)]);
    let key = Draft::default();
    vec![
        of_attribute("extensionRequest", &padded(EXTENSION_REQUEST, 3), &wish),
        of_attribute(
            "challengePassword",
            &padded(CHALLENGE_PASSWORD, 3),
            &utf8("hunter2"),
        ),
        of_attribute("an unknown attribute", &padded("1.2.3.4", 2), &utf8("x")),
        asking(
            "an extension",
            &sequence(&[&padded(SAN, 2), &tlv(4, &[&names])]),
        ),
        asking(
            "a purpose",
            &extension(PURPOSES, &sequence(&[&padded("1.3.6.1.5.5.7.3.2", 4)])),
        ),
        ber("an otherName", &Draft::of_names(&[&other_name])),
        ber(
            "a registeredID",
            &Draft::of_names(&[&tlv(0x88, &[&[0x2a, 0x80, 3]])]),
        ),
        ber(
            "an attribute of the subject",
            &Draft::of_subject(&[&cn("jane"), &set(&[&name])]),
        ),
        ber(
            "the algorithm of the signature",
            &Draft {
                algorithm: ed25519.clone(),
                ..Draft::default()
            },
        ),
        ber(
            "the algorithm of the key",
            &Draft {
                key: sequence(&[&ed25519, &key.key[key.key.len() - 35..]]),
                ..key
            },
        ),
    ]
}

/// Values of an attribute that asks for nothing, bare and deep inside of others.
fn unknown_attributes() -> Vec<Case> {
    let of = |value: &[u8]| Draft::of_attributes(&[&sequence(&[&oid("1.2.3.4"), &set(&[value])])]);
    let deep = |value: &[u8]| of(&sequence(&[&[5, 0], &tlv(0xa3, &[&set(&[value])])]));
    let mut cases = Vec::new();
    let faults: &[(&str, &[u8])] = &[
        ("TRUE that is not FF", &[1, 1, 1]),
        ("BOOLEAN of two octets", &[1, 2, 0, 0]),
        ("padded INTEGER", &[2, 2, 0, 1]),
        ("padded negative INTEGER", &[2, 2, 0xff, 0x80]),
        ("INTEGER of no octets", &[2, 0]),
        ("padded ENUMERATED", &[10, 2, 0, 1]),
        ("BIT STRING with an unused bit that is set", &[3, 2, 1, 1]),
        ("BIT STRING in parts", &[0x23, 4, 3, 2, 0, 1]),
        ("OCTET STRING in parts", &[0x24, 3, 4, 1, 1]),
        ("UTF8String in parts", &[0x2c, 3, 12, 1, b'a']),
        ("NULL with content", &[5, 1, b'a']),
        ("padded OBJECT IDENTIFIER", &[6, 3, 0x2a, 0x80, 3]),
        ("OBJECT IDENTIFIER without an end", &[6, 2, 0x2a, 0x83]),
        ("padded RELATIVE-OID", &[13, 2, 0x80, 3]),
        ("primitive SEQUENCE", &[0x10, 0]),
        ("unordered SET", &[0x31, 6, 2, 1, 2, 2, 1, 1]),
        ("indefinite length", &[0x30, 0x80, 5, 0, 0, 0]),
        ("long form of a short length", &[4, 0x81, 1, b'a']),
        ("long form of a low tag", &[0x9f, 0x1e, 0]),
        ("UTCTime without seconds", b"\x17\x0b3001010000Z"),
        (
            "GeneralizedTime with a zone",
            b"\x18\x1320300101000000+0000",
        ),
        ("end of contents", &[0, 0]),
    ];
    for (what, value) in faults {
        cases.push(ber(what, &of(value)));
        cases.push(ber(&format!("{what}, deep"), &deep(value)));
    }
    let sound: &[&[u8]] = &[
        &[1, 1, 0xff],
        &[2, 2, 0, 0x80],
        &[3, 2, 1, 2],
        &[5, 0],
        &[6, 2, 0x2a, 3],
        b"\x17\x0d300101000000Z",
        &[0x31, 6, 2, 1, 1, 2, 1, 2],
        &[0x9f, 0x1f, 0],
        // What is not said to be an INTEGER is none.
        &[0x82, 2, 0, 1],
    ];
    for value in sound {
        for draft in [of(value), deep(value)] {
            let case = Case::of_draft("S3", format!("{value:x?} is DER"), &draft);
            cases.push(case.approved(&[]));
        }
    }
    cases
}
