//! Names and subject values of requests: each is judged alone and has its own place in the findings.
//!
//! What goes in is DER that is made here octet by octet, since no library writes what is wrong. `S6`, `N24` and the like are
//! the numbers of the adversarial cases in the specification of policies.

use super::{codes, places};
use crate::finding::Code;
use crate::x509::csr::Csr;
use crate::x509::subject::Attribute;
use crate::x509::testing::{
    CN, Draft, O, SAN, cn, dns, extension, extension_request, pair, rdn, sequence, set, tlv, utf8,
};

/// S6, S9, S10, S11, S12, N24.
#[test]
fn names_are_read_one_by_one() {
    let dns = |name: &[u8]| tlv(0x82, &[name]);
    let mapped = [&[0; 10], [0xff, 0xff].as_slice(), &[10, 1, 1, 1]].concat();
    for (names, wanted) in [
        (vec![], vec![(Code::MalformedSan, "spec.request")]),
        (
            vec![tlv(0x89, &[b"a"])],
            vec![(Code::MalformedSan, "spec.request")],
        ),
        (
            vec![tlv(0xa2, &[b"a"])],
            vec![(Code::MalformedSan, "spec.request")],
        ),
        (
            vec![tlv(0x80, &[b"a"])],
            vec![(Code::MalformedSan, "spec.request")],
        ),
        (
            vec![utf8("a.example.com")],
            vec![(Code::MalformedSan, "spec.request")],
        ),
        (
            vec![
                dns(b"ok.example.com"),
                dns(b"a\0.example.com"),
                dns(b"\xff"),
                dns(b"a b"),
            ],
            vec![
                (Code::MalformedDnsName, "csr.dnsNames[1]"),
                (Code::MalformedDnsName, "csr.dnsNames[2]"),
                (Code::MalformedDnsName, "csr.dnsNames[3]"),
            ],
        ),
        (
            vec![tlv(0x81, &[b"a\0@example.com"])],
            vec![(Code::MalformedEmail, "csr.emailAddresses[0]")],
        ),
        (
            vec![tlv(0x86, &[b"urn:a\0b"])],
            vec![(Code::MalformedUri, "csr.uris[0]")],
        ),
        (
            vec![
                tlv(0x87, &[]),
                tlv(0x87, &[&[0; 5]]),
                tlv(0x87, &[&[0; 8]]),
                tlv(0x87, &[&[0; 32]]),
                tlv(0x87, &[&mapped]),
            ],
            vec![
                (Code::MalformedIp, "csr.ipAddresses[0]"),
                (Code::MalformedIp, "csr.ipAddresses[1]"),
                (Code::MalformedIp, "csr.ipAddresses[2]"),
                (Code::MalformedIp, "csr.ipAddresses[3]"),
                (Code::MalformedIp, "csr.ipAddresses[4]"),
            ],
        ),
        (
            vec![dns(b"A.example.com"), dns(b"a.example.com")],
            vec![(Code::DuplicateSan, "csr.dnsNames[1]")],
        ),
        (
            vec![tlv(0x81, &[b"a@B.example"]), tlv(0x81, &[b"a@b.example"])],
            vec![(Code::DuplicateSan, "csr.emailAddresses[1]")],
        ),
        (
            vec![
                tlv(0x86, &[b"https://a.example/"]),
                tlv(0x86, &[b"spiffe://td/a"]),
            ],
            vec![(Code::MalformedSpiffe, "csr.uris")],
        ),
    ] {
        let parts: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        let found = places(&Draft::of_names(&parts).pem());
        let wanted: Vec<(Code, String)> = wanted
            .into_iter()
            .map(|(code, field)| (code, field.to_owned()))
            .collect();
        assert_eq!(found, wanted, "{names:?}");
    }
    let undecodable = extension_request(&[&extension(SAN, &[0x30, 5, 0x82])]);
    assert_eq!(
        codes(&Draft::of_attributes(&[&undecodable]).pem()),
        [Code::MalformedSan]
    );
}

#[test]
fn a_common_name_may_equal_a_name() {
    assert_eq!(
        codes(
            &Draft {
                subject: sequence(&[&cn("a.example.com")]),
                ..Draft::of_names(&[&dns("a.example.com")])
            }
            .pem()
        ),
        []
    );
}

/// S13 to S19.
#[test]
fn subjects_are_read_value_by_value() {
    use Code::{MalformedSubject, MalformedSubjectString, MultiValuedRdn};
    let text = |tag, text: &[u8]| rdn(O, &tlv(tag, &[text]));
    let one = |field: &str, code| vec![(code, format!("csr.subject.{field}"))];
    let string = |rdn: Vec<u8>| (vec![rdn], one("organizations[0]", MalformedSubjectString));
    let serial = rdn("2.5.4.5", &utf8("1"));
    let country = |code: &str| rdn("2.5.4.6", &tlv(0x13, &[code.as_bytes()]));
    let whole = |code| vec![(code, "csr.subject".to_owned())];
    for (rdns, wanted) in [
        (
            vec![cn("root"), cn("jane")],
            one("commonName", MalformedSubject),
        ),
        (
            vec![serial, rdn("2.5.4.5", &utf8("2"))],
            one("serialNumber", MalformedSubject),
        ),
        (
            vec![country("DE"), country("FR")],
            one("countries", MalformedSubject),
        ),
        (
            vec![text(0x0c, b"a"), text(0x13, b"a")],
            one("organizations[1]", MalformedSubject),
        ),
        (
            vec![set(&[&pair(CN, &utf8("a")), &pair(CN, &utf8("b"))])],
            one("commonName", MalformedSubject),
        ),
        (
            vec![set(&[&pair(CN, &utf8("a")), &pair(O, &utf8("x"))])],
            whole(MultiValuedRdn),
        ),
        (vec![set(&[])], whole(MalformedSubject)),
        (vec![text(0x1c, b"\0\0\0a")], whole(MalformedSubjectString)),
        string(text(0x04, b"a")),
        string(text(0x1e, b"\0a")),
        string(text(0x14, b"a")),
        string(text(0x1b, b"a")),
        string(text(0x16, b"a")),
        string(text(0x13, b"a@b")),
        string(text(0x13, b"a_b")),
        string(text(0x13, b"a*b")),
        string(text(0x0c, b"a\xff")),
        string(text(0x0c, b"a\xc0\xaf")),
        string(text(0x0c, b"a\xed\xa0\x80")),
        string(text(0x0c, b"")),
        string(text(0x0c, "a\u{202e}b".as_bytes())),
        string(text(0x0c, "a\u{a0}b".as_bytes())),
        string(text(0x0c, b" system:masters")),
        string(text(0x0c, b"a\0")),
    ] {
        let parts: Vec<&[u8]> = rdns.iter().map(Vec::as_slice).collect();
        assert_eq!(places(&Draft::of_subject(&parts).pem()), wanted, "{rdns:?}");
    }
}

#[test]
fn several_organizations_may_share_an_rdn() {
    let together = set(&[&pair(O, &utf8("a")), &pair(O, &utf8("b"))]);
    let draft = Draft::of_subject(&[&together, &rdn(O, &utf8("c")), &cn("jane")]);
    let csr = Csr::read(&draft.pem()).unwrap();
    assert_eq!(csr.subject.organizations(), ["a", "b", "c"]);
    assert_eq!(
        csr.subject
            .values(Attribute::CommonName)
            .collect::<Vec<_>>(),
        ["jane"]
    );
}

/// S20.
#[test]
fn there_is_an_end_to_rdns_values_and_names() {
    let many: Vec<Vec<u8>> = (0..33).map(|n| rdn(O, &utf8(&n.to_string()))).collect();
    let parts: Vec<&[u8]> = many.iter().map(Vec::as_slice).collect();
    assert_eq!(codes(&Draft::of_subject(&parts[..32]).pem()), []);
    assert_eq!(
        codes(&Draft::of_subject(&parts).pem()),
        [Code::LimitExceeded]
    );
    let pairs: Vec<Vec<u8>> = (10..43).map(|n| pair(O, &utf8(&n.to_string()))).collect();
    let pairs: Vec<&[u8]> = pairs.iter().map(Vec::as_slice).collect();
    assert_eq!(
        codes(&Draft::of_subject(&[&set(&pairs)]).pem()),
        [Code::LimitExceeded]
    );
    let names: Vec<Vec<u8>> = (0..1001)
        .map(|n| dns(&format!("n{n}.example.com")))
        .collect();
    let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
    assert_eq!(codes(&Draft::of_names(&names[..1000]).pem()), []);
    assert_eq!(codes(&Draft::of_names(&names).pem()), [Code::LimitExceeded]);
}
