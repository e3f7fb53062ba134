//! Changes that are small where each file is looked at alone: what they cost is a product of two numbers.
//!
//! Once somebody has merged them a run decides each of their requests; here the commit is walked, as in `changes`, and the
//! change is refused.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, GeneralSubtree, IsCa, KeyPair,
    KeyUsagePurpose, NameConstraints, PKCS_ECDSA_P521_SHA512, date_time_ymd,
};

use gitca::x509::certification_request;
use gitca::x509::san::SubjectAltNames;
use gitca::x509::subject::{Attribute, Subject};

use crate::changes::walked;
use crate::forge::{Draft, cn, dns, sequence};
use crate::proposals::{Brought, Change};
use crate::seeds::seeded_key;
use crate::wide::{self, SIGNER};
use crate::{Case, filled};

// What a change may touch, but for the directories around it.
const FILES: u32 = 10_900;
const REVOCATIONS: u32 = 8_000;
// What it may bring of these, whose curve has the signatures that take longest.
const P521: u32 = 6_000;
// No Signer has it.
const NOBODY: &str = "example.com/nobody";
const REQUESTS: usize = 100;
const NAMES: usize = 250;
const POLICIES: usize = 100;
const CONSTRAINTS: usize = 1_000;
const LIMIT: usize = 64 * 1024;
const MIB: usize = 1024 * 1024;

type Files = Vec<(String, Vec<u8>)>;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        of("requests under policies", || Change {
            rules: (0..POLICIES).map(policy).collect(),
            ..requests(REQUESTS, NAMES)
        }),
        of("requests under constraints", || Change {
            rules: vec![("policies/ca/cluster.pem".to_owned(), constrained_ca())],
            ..requests(40, NAMES)
        }),
        of("requests of unknown usages", || {
            let usages: Vec<String> = (0..100).map(|n| format!("u{n}")).collect();
            let pem = Draft::default().pem();
            let manifest = |n: usize| {
                let name = format!("u{n:04}");
                let text = wide::manifest(&name, SIGNER, &usages.join(", "), &pem);
                (format!("requests/{name}.yaml"), text.into_bytes())
            };
            bringing((0..500).map(manifest).collect())
        }),
        each("requests that are all denied", FILES, || {
            bringing(small(FILES, SIGNER, &Draft::default().pem()))
        }),
        each("requests that nobody serves", FILES, || {
            bringing(small(FILES, NOBODY, &Draft::default().pem()))
        }),
        each("requests of P-521 that nobody serves", P521, || {
            bringing(small(P521, NOBODY, &of_p521()))
        }),
        of("revocations of unknown serial numbers", || {
            let text = |n: u32| {
                let name = format!("r{n:04}");
                let head = format!(
                    "apiVersion: gitca.dev/v1alpha1\nkind: Revocation\nmetadata: {{name: {name}}}\n"
                );
                let text = head
                    + "spec: {serialNumbers: ['71717171717171717171717171717171'], reason: superseded}\n";
                (
                    format!("{}/{name}.revocation.yaml", folder(n)),
                    text.into_bytes(),
                )
            };
            bringing((0..REVOCATIONS).map(text).collect())
        }),
        of("private keys beside the zones", || {
            let pem = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512)
                .unwrap()
                .serialize_pem();
            let key = |n: usize| {
                let path = format!("keys/{}/{n}.pem", n / 99);
                (path, format!("{pem}# {n}\n").into_bytes())
            };
            let mut change = bringing((0..9_900).map(key).collect());
            change.brings.extend(requests(1, 1).brings);
            change
        }),
        of("requests with long lists that mean nothing", || {
            let manifest = |n: usize| {
                let name = format!("u{n:04}");
                let pem = Draft::default().pem();
                let head = wide::manifest(&name, NOBODY, "client auth", &pem);
                let text = filled(LIMIT, &(head + "  groups: ["), |_| "a,".to_owned(), "]\n");
                (format!("requests/{name}.yaml"), text)
            };
            bringing((0..120).map(manifest).collect())
        }),
        of("requests by a crowd of authors", || {
            let trailer = |n: usize| format!("Co-authored-by: x <a{n}@example.com>\n");
            let trailers: String = (0..27_000).map(trailer).collect();
            Change {
                message: format!("x\n\n{trailers}"),
                ..requests(REQUESTS, 1)
            }
        }),
        of("archives beside the zones", || {
            let zeros = |n: usize| {
                (
                    format!("archives/{n}"),
                    vec![b'0' + u8::try_from(n).unwrap(); 16 * MIB],
                )
            };
            let mut change = bringing((0..8).map(zeros).collect());
            change.brings.extend(requests(1, 1).brings);
            change
        }),
    ]
}

/// So many requests, each no larger than it must be.
fn small(number: u32, signer: &str, pem: &[u8]) -> Files {
    let request = |n: u32| {
        let name = format!("r{n:04}");
        let text = wide::manifest(&name, signer, "client auth", pem);
        (format!("{}/{name}.yaml", folder(n)), text.into_bytes())
    };
    (0..number).map(request).collect()
}

fn folder(number: u32) -> String {
    format!("requests/d{}", number / 500)
}

fn of_p521() -> Vec<u8> {
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
    let mut subject = Subject::default();
    subject.push(Attribute::CommonName, "x".to_owned());
    let pem = certification_request::build(&subject, &SubjectAltNames::default(), &pair);
    pem.unwrap().into_bytes()
}

fn of(name: &str, change: fn() -> Change) -> Case {
    Case {
        name: format!("a change: {name}"),
        inputs: 1,
        make: Box::new(|_| ()),
        ready: Box::new(walked),
        change: Box::new(move |_| change()),
    }
}

/// As many inputs as files.
fn each(name: &str, inputs: u32, change: fn() -> Change) -> Case {
    Case {
        inputs,
        ..of(name, change)
    }
}

fn bringing(files: Files) -> Change {
    let files = files.into_iter();
    Change {
        brings: files
            .map(|(path, octets)| (path, Brought::File(octets)))
            .collect(),
        ..Change::default()
    }
}

/// So many requests for so many names; all are by one key, so only the first can be approved.
fn requests(number: usize, names: usize) -> Change {
    let request = |n: usize| {
        let names: Vec<Vec<u8>> = (0..names)
            .map(|name| dns(&format!("host-{name}.r{n}.example.com")))
            .collect();
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        let draft = Draft {
            subject: sequence(&[&cn(&format!("host-0.r{n}.example.com"))]),
            ..Draft::of_names(&names)
        };
        let name = format!("r{n:04}");
        let text = wide::manifest(&name, SIGNER, "client auth", &draft.pem());
        (format!("requests/{name}.yaml"), text.into_bytes())
    };
    bringing((0..number).map(request).collect())
}

/// A policy that admits none of them; the one that admits everything is named here as well, and so taken away.
fn policy(number: usize) -> (String, Vec<u8>) {
    let name = format!("p{number:03}");
    let text = format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: ApprovalPolicy\nmetadata: {{name: {name}}}\nspec:\n  \
         selector: {{signerNames: [{SIGNER}]}}\n  allowed:\n    subject: {{commonName: {{any: true}}}}\n    \
         dnsNames: {{values: ['*.{name}.example.com', '*.{name}.example.net']}}\n    usages: [client auth]\n  \
         approvals: none\n"
    );
    let path = if number == 0 { "wide" } else { &name };
    (format!("policies/{path}.yaml"), text.into_bytes())
}

fn constrained_ca() -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "ca");
    params.not_before = date_time_ymd(2029, 1, 1);
    params.not_after = date_time_ymd(2049, 1, 1);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let excluded = (0..CONSTRAINTS).map(|n| GeneralSubtree::DnsName(format!("n{n}.example.net")));
    let mut excluded: Vec<GeneralSubtree> = excluded.collect();
    excluded.pop();
    excluded.push(GeneralSubtree::DnsName("example.com".to_owned()));
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: Vec::new(),
        excluded_subtrees: excluded,
    });
    params
        .self_signed(&seeded_key("ca"))
        .unwrap()
        .pem()
        .into_bytes()
}
