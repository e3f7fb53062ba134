//! Table S: the structure of a request, from the manifest down to the point of its key.

use gitca::finding::Code;

use crate::forge::{
    CN, Draft, O, SAN, cn, dns, extension, extension_request, oid, pair, pem, rdn, san, sequence,
    set, tlv, utf8,
};
use crate::judge::{self, Case};
use crate::wide;

#[test]
fn hostile_structures_are_refused() {
    judge::judge(&cases());
}

pub(crate) fn rows() -> Vec<&'static str> {
    judge::rows(&cases())
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = envelope();
    cases.extend(attributes());
    cases.extend(names());
    cases.extend(subjects());
    cases.extend(limits());
    cases.extend(secrets());
    cases
}

fn draft(row: &'static str, what: &str, draft: &Draft) -> Case {
    Case::of_draft(row, what, draft)
}

/// S1 to S3.
fn envelope() -> Vec<Case> {
    let good = Draft::default();
    let der = good.der();
    let text = String::from_utf8(good.pem()).expect("PEM is text");
    let mut changed = der.clone();
    let name = der.windows(4).position(|octets| octets == b"jane");
    changed[name.expect("it names jane")] ^= 1;
    let mut other_key = good.clone();
    if let Some(octet) = other_key.key.last_mut() {
        *octet ^= 2;
    }
    let header = text.replace("REQUEST-----\n", "REQUEST-----\nProc-Type: 4\n\n");
    let subject = |subject: Vec<u8>| Draft {
        subject,
        ..Draft::default()
    };
    let jane = cn("jane");
    let length = u8::try_from(jane.len()).expect("a short name");
    let flag = sequence(&[&oid("2.5.29.19"), &[1, 1, 1], &tlv(4, &[&sequence(&[])])]);
    vec![
        draft("S1", "a plain request", &good).approved(&[]),
        Case::of_pem("S1", "another content was signed", &pem(&changed))
            .invalid(&[Code::ProofOfPossession]),
        draft("S1", "another key signed", &other_key).invalid(&[Code::ProofOfPossession]),
        Case::of_pem(
            "S2",
            "bytes after the DER",
            &pem(&[der.as_slice(), &[0]].concat()),
        )
        .invalid(&[Code::MalformedDer]),
        Case::of_pem("S2", "two blocks", text.repeat(2).as_bytes()).invalid(&[Code::MalformedPem]),
        Case::of_pem("S2", "text before", format!("hello\n{text}").as_bytes())
            .invalid(&[Code::MalformedPem]),
        Case::of_pem("S2", "text after", format!("{text}hello\n").as_bytes())
            .invalid(&[Code::MalformedPem]),
        Case::of_pem("S2", "headers", header.as_bytes()).invalid(&[Code::MalformedPem]),
        draft(
            "S3",
            "indefinite length",
            &subject([&[0x30, 0x80], jane.as_slice(), &[0, 0]].concat()),
        )
        .invalid(&[Code::MalformedDer]),
        draft(
            "S3",
            "long form of a short length",
            &subject([&[0x30, 0x81, length], jane.as_slice()].concat()),
        )
        .invalid(&[Code::MalformedDer]),
        draft(
            "S3",
            "padded INTEGER",
            &Draft {
                version: vec![2, 2, 0, 0],
                ..Draft::default()
            },
        )
        .invalid(&[Code::MalformedDer]),
        draft(
            "S3",
            "unordered SET",
            &Draft::of_subject(&[&set(&[&pair(O, &utf8("b")), &pair(O, &utf8("a"))])]),
        )
        .invalid(&[Code::MalformedDer]),
        draft(
            "S3",
            "TRUE that is not FF",
            &Draft::of_attributes(&[&extension_request(&[&flag])]),
        )
        .invalid(&[Code::MalformedDer]),
    ]
}

/// S4, S5, S21, S23.
fn attributes() -> Vec<Case> {
    let list = |name: &str| sequence(&[&extension(SAN, &sequence(&[&dns(name)]))]);
    let two_values = sequence(&[
        &oid("1.2.840.113549.1.9.14"),
        &set(&[&list("a.example.com"), &list("b.example.com")]),
    ]);
    let twice = |one: Vec<u8>| Draft::of_attributes(&[&extension_request(&[&one, &one])]);
    let critical = sequence(&[&oid("1.2.3.4"), &[1, 1, 0xff], &tlv(4, &[&[5, 0]])]);
    let unknown = extension("1.2.3.4", &[5, 0]);
    let password = sequence(&[&oid("1.2.840.113549.1.9.7"), &set(&[&utf8("hunter2")])]);
    vec![
        draft(
            "S4",
            "two extensionRequests",
            &Draft::of_attributes(&[
                &san(&[&dns("a.example.com")]),
                &san(&[&dns("b.example.com")]),
            ]),
        )
        .invalid(&[Code::MalformedAttribute]),
        draft(
            "S4",
            "one with two values",
            &Draft::of_attributes(&[&two_values]),
        )
        .invalid(&[Code::MalformedAttribute]),
        draft(
            "S5",
            "two subjectAltNames",
            &twice(extension(SAN, &sequence(&[&dns("a.example.com")]))),
        )
        .invalid(&[Code::DuplicateExtension]),
        draft(
            "S5",
            "two basicConstraints",
            &twice(extension("2.5.29.19", &sequence(&[]))),
        )
        .invalid(&[Code::DuplicateExtension]),
        draft(
            "S21",
            "version 1",
            &Draft {
                version: vec![2, 1, 1],
                ..Draft::default()
            },
        )
        .invalid(&[Code::MalformedVersion]),
        draft(
            "S21",
            "an unknown extension",
            &Draft::of_attributes(&[&extension_request(&[&unknown])]),
        )
        .denied(&[Code::ExtensionNotAllowed]),
        draft(
            "S21",
            "a critical one",
            &Draft::of_attributes(&[&extension_request(&[&critical])]),
        )
        .denied(&[Code::ExtensionNotAllowed]),
        draft("S22", "nobody is named", &Draft::of_subject(&[])).invalid(&[Code::NoIdentity]),
        draft(
            "S23",
            "a challenge password",
            &Draft::of_attributes(&[&password]),
        )
        .invalid(&[Code::SecretInRequest]),
    ]
}

/// S6 to S12.
fn names() -> Vec<Case> {
    let names = |row, what: &str, names: &[&[u8]]| draft(row, what, &Draft::of_names(names));
    let allowed = dns("a.example.com");
    let other_name = |kind: &str| {
        let value = tlv(0xa0, &[&utf8("root")]);
        tlv(0xa0, &[&oid(kind), &value])
    };
    let party = tlv(0xa5, &[&tlv(0xa1, &[&utf8("x")])]);
    let undecodable = extension_request(&[&extension(SAN, &[0x30, 5, 0x82])]);
    let mut cases = vec![
        names("S6", "no name", &[]).invalid(&[Code::MalformedSan]),
        draft("S6", "undecodable", &Draft::of_attributes(&[&undecodable]))
            .invalid(&[Code::MalformedSan]),
        names(
            "S7",
            "otherName beside an allowed name",
            &[&other_name("1.2.3"), &allowed],
        )
        .denied(&[Code::SanKindNotSupported]),
        names("S9", "tag 9", &[&allowed, &tlv(0x89, &[b"a"])]).invalid(&[Code::MalformedSan]),
        names("S9", "tag 30", &[&tlv(0x9e, &[b"a"])]).invalid(&[Code::MalformedSan]),
        names("S9", "constructed dNSName", &[&tlv(0xa2, &[b"a"])]).invalid(&[Code::MalformedSan]),
        names("S9", "primitive directoryName", &[&tlv(0x84, &[b"a"])])
            .invalid(&[Code::MalformedSan]),
        names("S12", "one name twice", &[&allowed, &allowed]).invalid(&[Code::DuplicateSan]),
        names("S12", "in another case", &[&dns("A.example.com"), &allowed])
            .invalid(&[Code::DuplicateSan]),
        draft(
            "S12",
            "the common name is a name too",
            &Draft {
                subject: sequence(&[&cn("a.example.com")]),
                ..Draft::of_names(&[&allowed])
            },
        )
        .approved(&[]),
    ];
    for (what, name) in [
        ("directoryName", tlv(0xa4, &[&sequence(&[&cn("x")])])),
        ("x400Address", tlv(0xa3, &[&sequence(&[])])),
        ("ediPartyName", party),
        ("registeredID", tlv(0x88, &[&[0x2a, 3]])),
    ] {
        cases.push(names("S8", what, &[&name, &allowed]).denied(&[Code::SanKindNotSupported]));
    }
    for octet in [0, 1, 9, 10, 13, 0x1b, b' ', 0x7f, 0x80, 0xff] {
        for (tag, before, after, code) in [
            (0x82, "www", ".example.com", Code::MalformedDnsName),
            (0x81, "a", "@example.com", Code::MalformedEmail),
            (0x86, "https://a.example/", "x", Code::MalformedUri),
        ] {
            let name = tlv(tag, &[before.as_bytes(), &[octet], after.as_bytes()]);
            cases.push(names("S10", &format!("octet {octet}"), &[&name]).invalid(&[code]));
        }
    }
    let mapped = [&[0; 10], [0xff, 0xff].as_slice(), &[10, 1, 1, 1]].concat();
    for octets in [vec![], vec![10; 5], vec![10; 8], vec![10; 32], mapped] {
        let what = format!("{} octets", octets.len());
        cases.push(names("S11", &what, &[&tlv(0x87, &[&octets])]).invalid(&[Code::MalformedIp]));
    }
    cases
}

/// S13 to S19.
fn subjects() -> Vec<Case> {
    let subject = |row, what: &str, rdns: &[&[u8]]| draft(row, what, &Draft::of_subject(rdns));
    let two = |row, what: &str, attribute: &str| {
        let one = rdn(attribute, &tlv(0x13, &[b"DE"]));
        let other = rdn(attribute, &tlv(0x13, &[b"FR"]));
        subject(row, what, &[&one, &other]).invalid(&[Code::MalformedSubject])
    };
    let in_one = |pairs: &[&[u8]]| set(pairs);
    let mut cases = vec![
        subject("S13", "two common names", &[&cn("root"), &cn("jane")])
            .invalid(&[Code::MalformedSubject]),
        two("S14", "two serial numbers", "2.5.4.5"),
        two("S14", "two countries", "2.5.4.6"),
        subject(
            "S14",
            "a UID",
            &[&cn("jane"), &rdn("0.9.2342.19200300.100.1.1", &utf8("x"))],
        )
        .denied(&[Code::SubjectAttributeNotSupported]),
        subject(
            "S15",
            "two common names in one RDN",
            &[&in_one(&[&pair(CN, &utf8("a")), &pair(CN, &utf8("b"))])],
        )
        .invalid(&[Code::MalformedSubject]),
        subject(
            "S15",
            "two types in one RDN",
            &[&in_one(&[&pair(CN, &utf8("a")), &pair(O, &utf8("x"))])],
        )
        .invalid(&[Code::MultiValuedRdn]),
        subject(
            "S15",
            "two organizations in one RDN",
            &[&in_one(&[&pair(O, &utf8("a")), &pair(O, &utf8("b"))])],
        )
        .approved(&[]),
    ];
    for (row, what, tag, octets) in [
        ("S16", "OCTET STRING", 0x04, &b"a"[..]),
        ("S17", "UniversalString", 0x1c, b"\0\0\0a"),
        ("S17", "BMPString", 0x1e, b"\0a"),
        ("S17", "TeletexString", 0x14, b"a"),
        ("S17", "GeneralString", 0x1b, b"a"),
        ("S18", "at in PrintableString", 0x13, b"a@b"),
        ("S18", "underscore in PrintableString", 0x13, b"a_b"),
        ("S18", "star in PrintableString", 0x13, b"a*b"),
        ("S18", "no UTF-8", 0x0c, b"a\xff"),
        ("S18", "overlong UTF-8", 0x0c, b"a\xc0\xaf"),
        ("S18", "a surrogate", 0x0c, b"a\xed\xa0\x80"),
    ] {
        for attribute in [CN, O] {
            let one = rdn(attribute, &tlv(tag, &[octets]));
            cases.push(subject(row, what, &[&one]).invalid(&[Code::MalformedSubjectString]));
        }
    }
    for (what, text) in [
        ("bidi override", "a\u{202e}b"),
        ("bidi isolate", "a\u{2066}b"),
        ("zero-width joiner", "a\u{200d}b"),
        ("zero-width space", "a\u{200b}b"),
        ("soft hyphen", "a\u{ad}b"),
        ("no-break space", "a\u{a0}b"),
        ("not NFC", "e\u{301}"),
        ("byte order mark", "\u{feff}a"),
        ("tag character", "a\u{e0041}"),
        ("variation selector", "a\u{fe0f}"),
        ("hangul filler", "a\u{3164}b"),
        ("line separator", "a\u{2028}b"),
        ("escape", "a\u{1b}[31m"),
        ("line feed", "a\nb"),
        ("leading space", " a"),
        ("trailing space", "a "),
    ] {
        for attribute in [CN, O] {
            let one = rdn(attribute, &utf8(text));
            cases.push(subject("S19", what, &[&one]).invalid(&[Code::MalformedSubjectString]));
        }
    }
    cases
}

/// S20.
fn limits() -> Vec<Case> {
    let tight = wide::signer("wide", wide::SIGNER, "");
    let long = "x".repeat(65);
    let rdns: Vec<Vec<u8>> = (0..33).map(|n| rdn(O, &utf8(&n.to_string()))).collect();
    let rdns: Vec<&[u8]> = rdns.iter().map(Vec::as_slice).collect();
    let names: Vec<Vec<u8>> = (0..251)
        .map(|n| dns(&format!("n{n}.example.com")))
        .collect();
    let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
    let path = "policies/signer.yaml";
    vec![
        draft(
            "S20",
            "a common name of 65",
            &Draft::of_subject(&[&cn(&long)]),
        )
        .with(path, &tight)
        .denied(&[Code::LimitExceeded]),
        draft(
            "S20",
            "an organization of 65",
            &Draft::of_subject(&[&rdn(O, &utf8(&long))]),
        )
        .with(path, &tight)
        .denied(&[Code::LimitExceeded]),
        draft("S20", "33 RDNs", &Draft::of_subject(&rdns)).invalid(&[Code::LimitExceeded]),
        draft("S20", "32 RDNs", &Draft::of_subject(&rdns[..32])).approved(&[]),
        draft("S20", "251 names", &Draft::of_names(&names))
            .with(path, &tight)
            .denied(&[Code::LimitExceeded]),
        draft("S20", "250 names", &Draft::of_names(&names[..250]))
            .with(path, &tight)
            .approved(&[]),
    ]
}

/// S24.
fn secrets() -> Vec<Case> {
    let label = "PRIVATE KEY-----";
    let key = format!("-----BEGIN {label}\nbm8ga2V5\n-----END {label}\n");
    let encoded = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    let manifest = wide::manifest("jane", wide::SIGNER, "client auth", &Draft::default().pem());
    let annotated = |value: &str| {
        let metadata = format!("metadata: {{name: jane, annotations: {{a: {value:?}}}}}");
        manifest.replace("metadata: {name: jane}", &metadata)
    };
    let after = [Draft::default().pem(), key.clone().into_bytes()].concat();
    [
        Case::of_manifest("S24", "plain in an annotation", annotated(&key)),
        Case::of_manifest("S24", "base64 in an annotation", annotated(&encoded(&key))),
        Case::of_manifest(
            "S24",
            "in a comment",
            format!("{manifest}# {}\n", encoded(&key)),
        ),
        Case::of_pem("S24", "after the request", &after),
    ]
    .into_iter()
    .map(|case| case.invalid(&[Code::SecretInRequest]))
    .collect()
}
