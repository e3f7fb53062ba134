//! Table K: keys that are weak, blocked, those of a CA, or somebody else's.

use gitca::finding::Code;
use gitca::names::Sha256Digest;

use crate::forge::{
    Draft, has_large_divisors_only, oid, plus, product, rsa_key, sequence, sound_number,
};
use crate::judge::{self, Case};
use crate::seeds::seeded_key;
use crate::support::Scratch;
use crate::wide;

const F4: [u8; 3] = [1, 0, 1];

#[test]
fn weak_and_foreign_keys_are_refused() {
    judge::judge(&cases());
}

pub(crate) fn rows() -> Vec<&'static str> {
    let mut rows = judge::rows(&cases());
    rows.push("K6");
    rows
}

/// K6: a key on a list in the form in which Debian published those of CVE-2008-0166; openssl makes the entry.
#[test]
fn listed_debian_keys_are_refused() {
    let scratch = Scratch::new();
    let entry = scratch.sh(
        "openssl req -new -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=jane -out jane.pem 2>/dev/null
         openssl req -in jane.pem -noout -modulus | openssl sha1 | sed 's/.*\\(.\\{20\\}\\)$/\\1/'",
    );
    let list = format!("# openssl-blacklist\n# RSA 2048\n{}", entry.stdout);
    let other = list.replace(entry.stdout.trim(), "0123456789abcdef0123");
    let pem = scratch.read("jane.pem");
    let case = |list: &str| {
        Case::of_pem("K6", list, pem.as_bytes())
            .with("policies/keys/debian.txt", list)
            .denying("{name: a, keys: {lists: [keys/debian.txt]}}")
    };
    judge::judge(&[
        case(&list).denied(&[Code::KeyWeakDebian]),
        case(&other).approved(&[]),
    ]);
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = sizes();
    cases.extend(exponents());
    cases.extend(moduli());
    cases.extend(lists());
    cases.extend(owners());
    cases
}

/// K1: a size between those that Signers list, with a signature that holds; openssl makes it.
#[test]
fn a_size_that_no_signer_lists_is_refused_by_the_signer() {
    let scratch = Scratch::new();
    let case = |bits: u32| {
        scratch.sh(&format!(
            "openssl req -new -newkey rsa:{bits} -nodes -keyout /dev/null -subj /CN=jane -out jane.pem 2>/dev/null"
        ));
        let pem = scratch.read("jane.pem");
        Case::of_pem("K1", format!("{bits} bits, signed"), pem.as_bytes())
    };
    judge::judge(&[
        case(2048).approved(&[]),
        case(2050).denied(&[Code::KeyTypeNotAllowed]),
    ]);
}

/// A request with an RSA key that nobody has the private half of; what is wrong with it must show first.
fn rsa(row: &'static str, what: &str, modulus: &[u8], exponent: &[u8]) -> Case {
    let draft = Draft {
        key: rsa_key(modulus, exponent),
        algorithm: sequence(&[&oid("1.2.840.113549.1.1.11"), &[5, 0]]),
        ..Draft::default()
    };
    Case::of_draft(row, what, &draft)
}

/// K1.
fn sizes() -> Vec<Case> {
    let of = |bits: u32| rsa("K1", &format!("{bits} bits"), &sound_number(bits), &F4);
    vec![
        of(512).invalid(&[Code::KeyTooSmall]),
        of(1024).invalid(&[Code::KeyTooSmall]),
        of(2047).invalid(&[Code::KeyTooSmall]),
        of(8193).invalid(&[Code::KeyTooLarge]),
        of(16384).invalid(&[Code::KeyTooLarge]),
        // Strong enough to be read, so that its signature is looked at; that it is of no listed size is the Signer's.
        of(2050).invalid(&[Code::ProofOfPossession]),
    ]
}

/// K2.
fn exponents() -> Vec<Case> {
    let modulus = sound_number(2048);
    let of = |what: &str, exponent: &[u8]| {
        rsa("K2", what, &modulus, exponent).invalid(&[Code::KeyWeakExponent])
    };
    vec![
        of("1", &[1]),
        of("3", &[3]),
        of("17", &[17]),
        of("even", &[1, 0, 0]),
        of("2^64 + 1", &[1, 0, 0, 0, 0, 0, 0, 0, 1]),
        of("as long as the modulus", &modulus),
    ]
}

/// K3 to K5.
fn moduli() -> Vec<Case> {
    let large = sound_number(2048);
    let of = |row, what: &str, modulus: &[u8], code| rsa(row, what, modulus, &F4).invalid(&[code]);
    let small = |prime: u16| product(&large, &prime.to_be_bytes());
    let cube = product(
        &product(&sound_number(700), &sound_number(700)),
        &sound_number(700),
    );
    let half = sound_number(1025);
    vec![
        of("K3", "even", &small(2), Code::KeyWeakSmallPrime),
        of("K3", "divisible by 3", &small(3), Code::KeyWeakSmallPrime),
        of(
            "K3",
            "divisible by 997",
            &small(997),
            Code::KeyWeakSmallPrime,
        ),
        of("K3", "a cube", &cube, Code::KeyWeakSmallPrime),
        of(
            "K3",
            "a square",
            &product(&half, &half),
            Code::KeyWeakSmallPrime,
        ),
        of(
            "K4",
            "close primes",
            &close_primes(&half),
            Code::KeyWeakFermat,
        ),
        of("K5", "of a faulty chip", &roca(), Code::KeyWeakRoca),
        of(
            "K5",
            "of a faulty chip, and a cube modulo each prime of its base",
            &roca_of_cubes(),
            Code::KeyWeakRoca,
        ),
    ]
}

/// The product of two numbers without small divisors, so close that Fermat's method finds them.
fn close_primes(p: &[u8]) -> Vec<u8> {
    let near = (2..10_000).step_by(2).map(|by| plus(p, by));
    let q = near
        .into_iter()
        .find(|number| has_large_divisors_only(number));
    product(p, &q.expect("some number near it has no small divisor"))
}

/// A modulus with the structure of CVE-2017-15361: both factors are k * M + 65537^a.
fn roca() -> Vec<u8> {
    product(&roca_factor(167, 808, 3), &roca_factor(167, 816, 2))
}

/// The same with the 126 primes of real keys of 2048 bits, and exponents that make it a cube modulo each of them.
fn roca_of_cubes() -> Vec<u8> {
    product(&roca_factor(701, 54, 3), &roca_factor(701, 62, 3))
}

fn roca_factor(last: u16, bits: u32, exponent: u32) -> Vec<u8> {
    let is_prime = |number: &u16| (2..*number).all(|divisor| !number.is_multiple_of(divisor));
    let base = (2..=last)
        .filter(is_prime)
        .fold(vec![1], |base, prime| product(&base, &prime.to_be_bytes()));
    let power = 65537_u64.pow(exponent);
    let candidates =
        (0..10_000).map(|by| plus(&product(&plus(&sound_number(bits), by), &base), power));
    let found = candidates
        .into_iter()
        .find(|number| has_large_divisors_only(number));
    found.expect("some multiple of the base has no small divisor")
}

/// K7; the keys that lie in a repository are among the trees.
fn lists() -> Vec<Case> {
    let draft = Draft::default();
    let listed = format!("# spki-sha256\n{}\n", Sha256Digest::of(&draft.key));
    vec![
        Case::of_draft("K7", "a listed key", &draft)
            .with("policies/keys/list.txt", &listed)
            .denying("{name: a, keys: {lists: [keys/list.txt]}}")
            .denied(&[Code::KeyBlocked]),
        Case::of_draft("K7", "a key that an entry names", &draft)
            .denying(&format!(
                "{{name: a, keys: {{spkiSHA256: ['{}']}}}}",
                Sha256Digest::of(&draft.key)
            ))
            .denied(&[Code::KeyBlocked]),
    ]
}

/// K8, K9.
fn owners() -> Vec<Case> {
    use gitca::x509::certification_request;
    use gitca::x509::san::SubjectAltNames;
    use gitca::x509::subject::{Attribute, Subject};
    let of_key = |seed: &str| {
        let mut subject = Subject::default();
        subject.push(Attribute::CommonName, "jane".to_owned());
        let sans = SubjectAltNames::default();
        let pem = certification_request::build(&subject, &sans, &seeded_key(seed));
        pem.expect("a request")
    };
    let ca_of = |seed: &str| {
        use gitca::names::Serial;
        let serial = Serial::from_random([8; Serial::OCTETS]).expect("not zero");
        gitca::starter::ca_certificate(seed, &seeded_key(seed), serial, wide::now()).expect("a CA")
    };
    // Nobody names this file, and only one of its certificates is that of a CA.
    let leaf = rcgen::CertificateParams::default().self_signed(&seeded_key("leaf"));
    let unnamed = [
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        &leaf.expect("a certificate").pem(),
        &ca_of("unnamed"),
    ]
    .concat();
    let beside = |what: &str, seed: &str| {
        Case::of_pem("K8", what, of_key(seed).as_bytes())
            .with("policies/ca/unnamed.pem", &unnamed)
            .with("policies/ca/server.pem", ca_of("server"))
            .with(
                "policies/cluster.yaml",
                wide::CLUSTER.replace("ca/cluster.pem", "ca/server.pem"),
            )
    };
    // Words behind the beginning of a block, which the reader of chains does not mind.
    let words = crate::extensions::constrained_above().replacen("-----\n", "----- a CA\n", 1);
    let other =
        wide::signer("other", "example.com/other", "").replace("ca/cluster.pem", "ca/other.pem");
    let mut reused =
        Case::of_draft("K9", "a key of another path", &Draft::default()).denied(&[Code::KeyReused]);
    reused.key_owner = Some("ops/omar");
    let mut own = Case::of_draft("K9", "its own key", &Draft::default()).approved(&[]);
    own.key_owner = Some("dev/jane");
    vec![
        Case::of_pem("K8", "the key of the CA", of_key("ca").as_bytes()).invalid(&[Code::KeyIsCa]),
        Case::of_pem("K8", "the key of another CA", of_key("other").as_bytes())
            .with("policies/ca/other.pem", ca_of("other"))
            .with("policies/other.yaml", other)
            .invalid(&[Code::KeyIsCa]),
        Case::of_pem(
            "K8",
            "the key of the CA of an unusual file",
            of_key("ca").as_bytes(),
        )
        .with("policies/ca/cluster.pem", words)
        .invalid(&[Code::KeyIsCa]),
        beside("the key of the CA of a cluster", "server").invalid(&[Code::KeyIsCa]),
        beside("the key of a CA that nobody names", "unnamed").invalid(&[Code::KeyIsCa]),
        beside("the key of a leaf among CAs", "leaf").approved(&[]),
        reused,
        own,
    ]
}
