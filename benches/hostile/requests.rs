//! Manifests of 64 KiB, and what can be in the PKCS#10 inside: read, judged by a policy that admits all, and reported.

use gitca::control::ControlZone;
use gitca::names::RequestName;
use gitca::output::{markdown, text};
use gitca::plan::{Attention, Evidence, Requests, plan};
use gitca::report::{Report, Verdict};
use gitca::request::Request;

use crate::forge::{
    Draft, O, cn, dns, extension, extension_request, oid, pair, plus, product, rdn, rsa_key,
    sequence, set, sound_number, tlv, utf8,
};
use crate::proposals::Change;
use crate::{Act, Case, filled, wide};

const LIMIT: usize = 64 * 1024;
const HEAD: &str = "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata:\n  name: jane\n";
// A PEM in base64 of a DER that just fits.
const DER: usize = 35_500;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = texts();
    cases.extend(long_keys());
    cases.extend(secrets());
    cases.extend(names());
    cases.extend(structures());
    cases.extend(keys());
    cases.extend(rules());
    cases
}

fn judged(zone: ControlZone, manifest: Vec<u8>) -> Act {
    Box::new(move || {
        let name: RequestName = "dev/jane".parse().unwrap();
        let blob = wide::blob(&manifest);
        let requests = Requests::from([(name.clone(), Request::read(&name, &blob))]);
        let evidence = Evidence {
            attention: Attention::to(std::slice::from_ref(&name)),
            ..Evidence::alone(&requests, &zone)
        };
        let plan = plan(&evidence, wide::now());
        let mut report = Report::new("check");
        report.notices = plan.notices();
        report.results = plan.into_results();
        let shown =
            text::report(&report, &text::Style::default()).len() + markdown::report(&report).len();
        assert!(shown > 0);
        report.results[0].verdict != Verdict::Approved
    })
}

fn change(manifest: Vec<u8>) -> Change {
    Change::of_file("requests/dev/jane.yaml", manifest)
}

/// A manifest as octets.
fn manifest(name: &str, make: impl Fn() -> Vec<u8> + 'static) -> Case {
    let ready = |input| judged(wide::zone(&[]), input);
    Case::of_file(format!("manifest: {name}"), make, ready, change)
}

/// A manifest of units that repeat.
fn units(name: &str, head: &'static str, unit: fn(usize) -> String) -> Case {
    manifest(name, move || {
        filled(LIMIT, &format!("{HEAD}{head}"), unit, "")
    })
}

fn draft(name: &str, draft: impl Fn() -> Draft + 'static) -> Case {
    Case::of_file(
        format!("PKCS#10: {name}"),
        move || wide::manifest("jane", wide::SIGNER, "client auth", &draft().pem()).into_bytes(),
        |input| judged(wide::zone(&[]), input),
        change,
    )
}

fn texts() -> Vec<Case> {
    let whole =
        |name: &str, unit: fn(usize) -> String| manifest(name, move || filled(LIMIT, "", unit, ""));
    vec![
        units("unknown keys", "spec:\n", |n| format!("  k{n}: 1\n")),
        units("annotations", "  annotations:\n", |n| {
            format!("    k{n}: v\n")
        }),
        units("labels", "  labels:\n", |n| format!("    k{n}: v\n")),
        units("labels that are none", "  labels:\n", |n| {
            format!("    '-{n}': ':'\n")
        }),
        units("usages", "spec:\n  usages:\n", |n| format!("  - u{n}\n")),
        units("one usage again and again", "spec:\n  usages:\n", |_| {
            "  - any\n".into()
        }),
        units("duplicate keys", "spec:\n", |_| "  a: 1\n".into()),
        units("empty lists", "  annotations: [", |_| "[],".into()),
        units("managed fields", "  managedFields: [", |_| "{a: b},".into()),
        units("aliases", "  annotations: &a [", |_| "*a,".into()),
        units("anchors", "  annotations: [", |n| format!("&a{n} b,")),
        units("tags", "spec: ", |_| "!!(!!(".into()),
        units("escapes", "spec: \"", |_| "\\x41\\u0041".into()),
        units("merge keys", "  annotations:\n", |_| {
            "    <<: {a: b}\n".into()
        }),
        units("documents", "", |_| "---\na: b\n".into()),
        units("directives", "", |_| "%YAML 1.2\n".into()),
        units("comments", "", |_| "# a\n".into()),
        whole("brackets", |_| "[".into()),
        whole("braces", |_| "{a: ".into()),
        whole("dashes", |_| "- ".into()),
        whole("questions", |_| "? ".into()),
        whole("colons", |_| ": ".into()),
        whole("tabs", |_| "\t".into()),
        whole("line ends", |_| "\n".into()),
        whole("blanks", |_| " ".into()),
        whole("bidi", |_| "\u{202e}".into()),
        whole("quotes", |_| "'".into()),
        whole("steps", |n| format!("{}a:\n", " ".repeat(n))),
        manifest("no UTF-8", || vec![0xff; LIMIT]),
        manifest("NUL", || vec![0; LIMIT]),
    ]
}

/// The path of a field holds the names of all keys above it.
fn long_keys() -> Vec<Case> {
    let below = |open: &'static str, unit: fn(usize) -> String| {
        move || {
            let key = "k".repeat(LIMIT / 2);
            filled(LIMIT, &format!("{HEAD}  {open}: {{{key}: ["), unit, "]}\n")
        }
    };
    vec![
        manifest(
            "a long key above a list",
            below("annotations", |_| "1,".into()),
        ),
        manifest(
            "a long key above lists",
            below("managedFields", |_| "[a],".into()),
        ),
        manifest(
            "a long key above maps",
            below("annotations", |_| "{a: b},".into()),
        ),
        manifest(
            "a long unknown key above maps",
            below("unknown", |_| "{a: b},".into()),
        ),
        units("long keys", "spec:\n", |n| {
            format!("  {}{n}: 1\n", "k".repeat(1000))
        }),
    ]
}

fn secrets() -> Vec<Case> {
    vec![
        units("boundaries", "", |_| {
            "# -----BEGIN PRIVATE KEY-----\n".into()
        }),
        units("boundaries in one line", "# ", |_| {
            "-----BEGIN PRIVATE KEY-----".into()
        }),
        units("beginnings in one line", "# ", |_| "-----BEGIN ".into()),
        units("base64 in lines", "", |_| "# LS0tLS1CRUdJTi\n".into()),
        units("base64 in one line", "# ", |_| "LS0tLS1CRUdJTi".into()),
        units("base64 in runs", "", |_| {
            format!("# {}!\n", "LS0tLS1CRUdJTi".repeat(8))
        }),
        units("base64 in values", "  annotations:\n", |n| {
            format!("    k{n}: {}\n", "LS0tLS1CRUdJTi".repeat(8))
        }),
    ]
}

/// Names in the alternative names, as many octets as fit.
fn fitting(unit: impl Fn(usize) -> Vec<u8>) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    let mut left = DER;
    for number in 0.. {
        let name = unit(number);
        let Some(rest) = left.checked_sub(name.len() + 8) else {
            break;
        };
        left = rest;
        names.push(name);
    }
    names
}

fn of_names(name: &str, unit: fn(usize) -> Vec<u8>) -> Case {
    draft(name, move || {
        let names = fitting(unit);
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        Draft::of_names(&names)
    })
}

fn long_name(number: usize) -> String {
    let label = "a".repeat(59);
    format!(
        "{label}.{label}.{label}.{number:05}{}.example",
        "b".repeat(40)
    )
}

fn names() -> Vec<Case> {
    vec![
        of_names("short DNS names", |n| dns(&format!("a{n}.b"))),
        of_names("one DNS name again and again", |_| dns("a.b")),
        of_names("long DNS names", |n| dns(&long_name(n))),
        of_names("dots", |n| dns(&".".repeat(200 + n % 50))),
        of_names("A-labels", |n| {
            dns(&format!("xn--{n:a<55}.xn--mnchen-3ya.de"))
        }),
        of_names("long A-labels", |n| {
            dns(&format!("xn--{}-{n}kva.de", "a".repeat(50)))
        }),
        of_names("long DNS name of 30 KiB", |_| dns(&"a.".repeat(15_000))),
        of_names("addresses", |n| {
            tlv(0x87, &[&u32::try_from(n).unwrap().to_be_bytes()])
        }),
        of_names("e-mail addresses", |n| {
            tlv(0x81, &[format!("a{n}@b.c").as_bytes()])
        }),
        of_names("URIs", |n| {
            tlv(0x86, &[format!("https://a/{n}").as_bytes()])
        }),
        of_names("long URIs", |n| {
            tlv(
                0x86,
                &[format!("https://a/{}{n}", "%41/../".repeat(280)).as_bytes()],
            )
        }),
        of_names("other kinds", |_| {
            tlv(0xa0, &[&oid("1.2.3"), &tlv(0xa0, &[&[5, 0]])])
        }),
    ]
}

fn structures() -> Vec<Case> {
    let subject = |unit: fn(usize) -> Vec<u8>| {
        move || {
            let parts = fitting(unit);
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            Draft::of_subject(&parts)
        }
    };
    vec![
        draft("RDNs", subject(|n| rdn(O, &utf8(&n.to_string())))),
        draft("one RDN of many values", || {
            let pairs = fitting(|n| pair(O, &utf8(&format!("{n:05}"))));
            let pairs: Vec<&[u8]> = pairs.iter().map(Vec::as_slice).collect();
            Draft::of_subject(&[&set(&pairs)])
        }),
        draft("marks on a letter", || {
            Draft::of_subject(&[&cn(&"e\u{301}".repeat(DER / 3))])
        }),
        draft("marks without order", || {
            Draft::of_subject(&[&cn(&format!("e{}", "\u{301}\u{323}".repeat(DER / 4)))])
        }),
        draft("a ligature that grows", || {
            Draft::of_subject(&[&cn(&"\u{fdfa}".repeat(DER / 3))])
        }),
        draft("extensions", || {
            let all = fitting(|n| extension(&format!("1.2.3.{n}"), &[5, 0]));
            let all: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
            Draft::of_attributes(&[&extension_request(&all)])
        }),
        draft("one extension again and again", || {
            let all = fitting(|_| extension("2.5.29.19", &[0x30, 0]));
            let all: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
            Draft::of_attributes(&[&extension_request(&all)])
        }),
        draft("purposes", || {
            let all = fitting(|n| oid(&format!("1.3.6.1.5.5.7.3.{n}")));
            let all: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
            Draft::of_attributes(&[&extension_request(&[&extension(
                "2.5.29.37",
                &sequence(&all),
            )])])
        }),
        draft("attributes", || {
            let all = fitting(|n| sequence(&[&oid(&format!("1.2.3.{n}")), &set(&[&[5, 0]])]));
            let all: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
            Draft::of_attributes(&all)
        }),
        draft("nested sequences", || {
            let nested = (0..8000).fold(Vec::new(), |inner: Vec<u8>, _| sequence(&[&inner]));
            Draft::of_attributes(&[&nested])
        }),
        draft("a subject of nested sequences", || {
            let nested = (0..8000).fold(Vec::new(), |inner: Vec<u8>, _| sequence(&[&inner]));
            Draft {
                subject: nested,
                ..Draft::default()
            }
        }),
    ]
}

fn rsa(name: &str, modulus: fn() -> Vec<u8>, exponent: fn() -> Vec<u8>) -> Case {
    draft(name, move || Draft {
        key: rsa_key(&modulus(), &exponent()),
        algorithm: sequence(&[&oid("1.2.840.113549.1.1.11"), &[5, 0]]),
        ..Draft::default()
    })
}

fn keys() -> Vec<Case> {
    let f4 = || vec![1, 0, 1];
    vec![
        rsa("RSA of 8192 bits", || sound_number(8192), f4),
        rsa(
            "RSA of 8192 bits, a square",
            || product(&sound_number(4096), &sound_number(4096)),
            f4,
        ),
        rsa(
            "RSA of 8192 bits, close primes",
            || {
                let p = sound_number(4096);
                product(&p, &plus(&p, 2))
            },
            f4,
        ),
        rsa(
            "RSA of 8192 bits, a cube",
            || {
                let root = sound_number(2730);
                product(&product(&root, &root), &root)
            },
            f4,
        ),
        rsa("RSA of 8192 bits, even", || vec![0xfe; 1024], f4),
        rsa("RSA of 16384 bits", || sound_number(16384), f4),
        rsa("RSA of 270,000 bits", || vec![0xff; 34_000], f4),
        rsa(
            "an exponent of 8192 bits",
            || sound_number(8192),
            || sound_number(8191),
        ),
        rsa(
            "an exponent of 260,000 bits",
            || sound_number(2048),
            || vec![0xff; 33_000],
        ),
    ]
}

const DENY: &str = "policies/deny.yaml";

fn deny(entries: fn() -> String) -> String {
    let head = "apiVersion: gitca.dev/v1alpha1\nkind: DenyPolicy\nmetadata: {name: deny}\nspec:\n  deny:\n";
    format!("{head}{}", entries())
}

/// Names at their limit against rules at theirs.
fn rules() -> Vec<Case> {
    let against = |name: &str, spec: fn() -> String| {
        Case::of_file(
            format!("judged by {name}"),
            || {
                let names: Vec<Vec<u8>> = (0..130).map(|n| dns(&long_name(n))).collect();
                let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
                let pem = Draft::of_names(&names).pem();
                wide::manifest("jane", wide::SIGNER, "client auth", &pem).into_bytes()
            },
            move |input| judged(wide::zone(&[(DENY, deny(spec).as_bytes())]), input),
            move |input| Change {
                rules: vec![(DENY.to_owned(), deny(spec).into_bytes())],
                ..change(input)
            },
        )
    };
    vec![
        against("a rule at its limit", || {
            let rule = "cert.dnsNames.exists(a, a.matches(\"(x*)*y\") && a.contains(\"q\"))";
            format!("    - {{name: a, rule: '{rule}'}}\n")
        }),
        against("a rule of two loops", || {
            let rule = "cert.usages.exists(a, cert.dnsNames.exists(b, a == b))";
            format!("    - {{name: a, rule: '{rule}'}}\n")
        }),
        against("a regex of 1 KiB", || {
            let regex = "(a|b|[a-z0-9.]{1,9}){1,20}x".to_owned();
            format!("    - {{name: a, dnsNames: [{{regex: '{regex}'}}]}}\n")
        }),
        against("two hundred globs", || {
            let entry = |n| {
                format!(
                    "    - {{name: n{n}, dnsNames: ['**.a*b*{n}.example', '**.**.x{n}.example']}}\n"
                )
            };
            (0..200).map(entry).collect::<Vec<_>>().concat()
        }),
    ]
}
