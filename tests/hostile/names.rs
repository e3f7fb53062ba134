//! Table N: names that look like what a policy admits, and patterns that look as if they admitted less.

use std::time::{Duration, Instant};

use gitca::finding::Code;

use crate::forge::{Draft, cn, dns, oid, rdn, sequence, tlv, utf8};
use crate::judge::{self, Case};

const USAGES: &str = "usages: [client auth, server auth]";

#[test]
fn hostile_names_are_refused() {
    judge::judge(&cases());
}

/// N14: a pattern never takes longer than its text and the name together.
#[test]
fn patterns_are_matched_in_linear_time() {
    let label = "a".repeat(60);
    let long = [label.as_str(); 4].join(".");
    let bombs = [
        "'*a*a*a*a*a*a*a*a*a*b.example'",
        "{regex: '(a*)*(a|a)*(aa+)+b'}",
        "{regex: '((((a{1,20}){1,20}){1,2}))+[^a]b'}",
    ];
    for pattern in bombs {
        let allowed = format!("{{dnsNames: {{values: [{pattern}]}}, {USAGES}}}");
        let case = Case::of_draft("N14", pattern, &Draft::of_names(&[&dns(&long)]))
            .allowing(&allowed)
            .not_admitted(&[Code::FieldNotAllowed, Code::ValueNotAllowed]);
        let start = Instant::now();
        judge::judge(&[case]);
        // Far more than it takes, and far less than any backtracking would.
        assert!(start.elapsed() < Duration::from_secs(5), "{pattern}");
    }
}

pub(crate) fn rows() -> Vec<&'static str> {
    let mut rows = judge::rows(&cases());
    rows.push("N14");
    rows
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = wildcards();
    cases.extend(dns_syntax());
    cases.extend(patterns());
    cases.extend(addresses());
    cases.extend(other_names());
    cases.extend(uris());
    cases.extend(templates());
    cases
}

/// A request for names alone, under this `allowed`.
fn named(row: &'static str, what: &str, names: &[&[u8]], allowed: &str) -> Case {
    let draft = Draft {
        subject: sequence(&[]),
        ..Draft::of_names(names)
    };
    Case::of_draft(row, what, &draft).allowing(&format!("{{{allowed}, {USAGES}}}"))
}

fn host(row: &'static str, name: &str, allowed: &str) -> Case {
    named(row, name, &[&dns(name)], allowed)
}

/// N1 to N4.
fn wildcards() -> Vec<Case> {
    let star = "dnsNames: {values: ['*.example.com']}";
    let plain = "dnsNames: {values: [example.com]}";
    vec![
        host("N1", "a.example.com", star).approved(&[]),
        host("N1", "a.b.example.com", star).not_admitted(&[Code::ValueNotAllowed]),
        host("N2", "*.example.com", star).not_admitted(&[Code::WildcardCertificate]),
        host("N3", "example.com", star).not_admitted(&[Code::ValueNotAllowed]),
        host("N4", "EXAMPLE.com", plain).approved(&[Code::CaseFolded]),
    ]
}

/// N5 to N11.
fn dns_syntax() -> Vec<Case> {
    let any = "dnsNames: {any: true, wildcardCertificates: allow}";
    let long_label = format!("{}.example.com", "a".repeat(64));
    let long_name = |octets: usize| {
        let name = [&"a".repeat(60)[..]; 4].join(".") + ".example";
        format!("{}.{name}", "b".repeat(octets - 1 - name.len()))
    };
    let (whole, long_name) = (long_name(253), long_name(254));
    let mut cases = vec![
        host(
            "N9",
            "a_b.example.com",
            "dnsNames: {values: ['*.example.com']}",
        )
        .not_admitted(&[Code::ValueNotAllowed]),
        host(
            "N9",
            "a_b.example.com",
            "dnsNames: {values: ['*.example.com'], underscores: allow}",
        )
        .approved(&[]),
        host("N9", &whole, any).approved(&[]),
        host("N10", "xn--bcher-kva.example", any).approved(&[]),
        named("N10", "bytes of a U-label", &[&dns("bücher.example")], any)
            .invalid(&[Code::MalformedDnsName]),
    ];
    for (row, names) in [
        ("N5", &["example.com.", ".example.com", "a..b", "", "."][..]),
        (
            "N6",
            &[
                "*.*.example.com",
                "a.*.example.com",
                "*a.example.com",
                "a*.example.com",
                "*",
                "*.com",
                "*.",
            ],
        ),
        ("N7", &["**", "**.example.com", "a.**.example.com"]),
        (
            "N8",
            &[
                "10.0.0.1",
                "::1",
                "0x7f.1",
                "2130706433",
                "0177.0.0.1",
                "127.1",
                "0x7f000001",
            ],
        ),
        (
            "N9",
            &[
                "-a.example.com",
                "a-.example.com",
                long_label.as_str(),
                long_name.as_str(),
                "xn--a.example",
                "ab--cd.example.com",
                "xn--",
                "xn--zzzzzzzzzzzz.example",
            ],
        ),
        (
            "N11",
            &[
                "a.example.com:8443",
                "https://a",
                "a/b",
                "a b",
                "a@b",
                "a,b",
                "a;b",
                "a\\b",
            ],
        ),
    ] {
        for name in names {
            cases.push(host(row, name, any).invalid(&[Code::MalformedDnsName]));
        }
    }
    cases
}

/// N12, N13.
fn patterns() -> Vec<Case> {
    let regex = r"dnsNames: {values: [{regex: 'shop\.example\.com'}]}";
    let either = r"dnsNames: {values: [{regex: 'a\.example|b\.example'}]}";
    let lines = r"dnsNames: {values: [{regex: '(?m)^a$'}]}";
    vec![
        host("N12", "shop.example.com", regex).approved(&[]),
        host("N12", "shop.example.com.evil.net", regex).not_admitted(&[Code::ValueNotAllowed]),
        host("N12", "evil-shop.example.com", regex).not_admitted(&[Code::ValueNotAllowed]),
        host("N12", "shopXexample.com", regex).not_admitted(&[Code::ValueNotAllowed]),
        host("N12", "a.example.evil.net", either).not_admitted(&[Code::ValueNotAllowed]),
        host("N12", "evil.b.example", either).not_admitted(&[Code::ValueNotAllowed]),
        host("N13", "a\nb", lines).invalid(&[Code::MalformedDnsName]),
        Case::of_draft(
            "N13",
            "lines in a common name",
            &Draft::of_subject(&[&cn("a\nb")]),
        )
        .allowing("{subject: {commonName: {values: [{regex: '(?m)^a$'}]}}, usages: [client auth]}")
        .invalid(&[Code::MalformedSubjectString]),
    ]
}

/// N15, N16, N20, N21.
fn addresses() -> Vec<Case> {
    let mail = |text: &str| tlv(0x81, &[text.as_bytes()]);
    let ours = "emailAddresses: {values: ['*@example.com']}";
    let block = "ipAddresses: {cidrs: [10.0.0.0/8]}";
    let mapped = [&[0; 10], [0xff, 0xff].as_slice(), &[10, 1, 1, 1]].concat();
    let mut cases = vec![
        named("N15", "another case", &[&mail("A@EXAMPLE.com")], ours).approved(&[Code::CaseFolded]),
        named(
            "N16",
            "an address for a name",
            &[&mail("a@example.com")],
            "dnsNames: {values: [example.com]}",
        )
        .not_admitted(&[Code::FieldNotAllowed]),
        named(
            "N20",
            "an address outside",
            &[&tlv(0x87, &[&[192, 168, 0, 1]])],
            block,
        )
        .not_admitted(&[Code::ValueNotAllowed]),
        named(
            "N20",
            "an address inside",
            &[&tlv(0x87, &[&[10, 1, 1, 1]])],
            block,
        )
        .approved(&[]),
        named("N20", "an IPv6 address", &[&tlv(0x87, &[&[0; 16]])], block)
            .not_admitted(&[Code::ValueNotAllowed]),
        named("N21", "mapped into IPv6", &[&tlv(0x87, &[&mapped])], block)
            .invalid(&[Code::MalformedIp]),
    ];
    for text in [
        "\"a@b\"@example.com",
        "a@b@example.com",
        "a@[10.0.0.1]",
        "a@",
        "@example.com",
        "a",
        "a(c)@example.com",
        "a@example.com.",
        "a@*.example.com",
    ] {
        cases.push(named("N15", text, &[&mail(text)], ours).invalid(&[Code::MalformedEmail]));
    }
    cases
}

/// N17 to N19, N32.
fn other_names() -> Vec<Case> {
    let other = |kind: &str| {
        tlv(
            0xa0,
            &[&oid(kind), &tlv(0xa0, &[&utf8("root@example.com")])],
        )
    };
    let subject = |row, what: &str, attribute: &str, value: &[u8]| {
        let draft = Draft::of_subject(&[&cn("jane"), &rdn(attribute, value)]);
        Case::of_draft(row, what, &draft).denied(&[Code::SubjectAttributeNotSupported])
    };
    let names = |row, what: &str, name: Vec<u8>| {
        Case::of_draft(row, what, &Draft::of_names(&[&name])).denied(&[Code::SanKindNotSupported])
    };
    vec![
        subject(
            "N17",
            "emailAddress",
            "1.2.840.113549.1.9.1",
            &tlv(0x16, &[b"root@example.com"]),
        ),
        names("N18", "SmtpUTF8Mailbox", other("1.3.6.1.5.5.7.8.9")),
        names(
            "N19",
            "user principal name",
            other("1.3.6.1.4.1.311.20.2.3"),
        ),
        subject(
            "N32",
            "the UID of Kubernetes",
            "1.3.6.1.4.1.57683.2",
            &utf8("0"),
        ),
    ]
}

/// N22 to N25.
fn uris() -> Vec<Case> {
    let uri = |text: &str| tlv(0x86, &[text.as_bytes()]);
    let ours = "uris: {values: ['spiffe://td/ns/*/sa/*', 'https://a.example/**']}";
    let one = |row, text: &str| named(row, text, &[&uri(text)], ours);
    let mut cases = vec![
        one("N22", "spiffe://td/ns/a/sa/x").approved(&[]),
        one("N23", "spiffe://td/ns/a/sa/x/ns/prod/sa/admin").not_admitted(&[Code::ValueNotAllowed]),
        named(
            "N24",
            "two URIs",
            &[&uri("spiffe://td/ns/a/sa/x"), &uri("https://a.example/x")],
            ours,
        )
        .invalid(&[Code::MalformedSpiffe]),
        named(
            "N24",
            "two of SPIFFE",
            &[&uri("spiffe://td/ns/a/sa/x"), &uri("spiffe://td/ns/a/sa/y")],
            ours,
        )
        .invalid(&[Code::MalformedSpiffe]),
    ];
    for text in [
        "spiffe://td/ns/a/../b/sa/x",
        "spiffe://td/ns/./sa/x",
        "spiffe://td//ns/a/sa/x",
        "spiffe://td/ns/a/sa/x/",
        "spiffe://TD/ns/a/sa/x",
        "spiffe://td:8443/ns/a/sa/x",
        "spiffe://u@td/ns/a/sa/x",
        "spiffe://td/ns/a/sa/x?q",
        "spiffe://td/ns/a/sa/x#f",
        "spiffe://td/ns/a%2fb/sa/x",
        "spiffe://td/ns/%2e%2e/sa/x",
        "SPIFFE://td/ns/a/sa/x",
    ] {
        let code = if text.starts_with("SPIFFE") {
            Code::MalformedUri
        } else {
            Code::MalformedSpiffe
        };
        cases.push(one("N22", text).invalid(&[code]));
    }
    for text in [
        "https://a.example/%2e%2e/x",
        "https://a.example/a/../x",
        "https://a.example//x",
        "https://A.example/x",
        "https://a.example:443/x",
        "https://u:p@a.example/x",
        "https://a.example/x#f",
        "//a.example/x",
        "x",
        "",
    ] {
        cases.push(one("N22", text).invalid(&[Code::MalformedUri]));
    }
    cases
}

/// N25: a value that would be more than one piece of the pattern it is put into.
fn templates() -> Vec<Case> {
    let path = "{subject: {commonName: {values: ['{{ request.path }}']}}, usages: [client auth]}";
    let piece = "{subject: {commonName: {values: ['{{ request.name }}']}}, usages: [client auth]}";
    let user = |text: &str| Case::of_draft("N25", text, &Draft::of_subject(&[&cn(text)]));
    vec![
        user("dev/jane")
            .allowing(path)
            .not_admitted(&[Code::TemplateValueUnsafe]),
        user("jane").allowing(piece).approved(&[]),
        user("*")
            .allowing(piece)
            .not_admitted(&[Code::ValueNotAllowed]),
        user("jan*")
            .allowing(piece)
            .not_admitted(&[Code::ValueNotAllowed]),
        user("{{ request.name }}")
            .allowing(piece)
            .not_admitted(&[Code::ValueNotAllowed]),
    ]
}
