//! CA certificates that openssl makes: which of them may certify leaves, and why the others may not.
#![expect(
    clippy::disallowed_methods,
    reason = "this test reads what openssl wrote"
)]

mod support;

use gitca::x509::ca::Authority;
use gitca::x509::san::SubjectAltNames;
use support::Scratch;

const CA: &str = "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign";

/// A self-signed certificate of a new P-256 key with these extensions, and its key beside it.
fn self_signed(scratch: &Scratch, name: &str, key: &str, extensions: &str) {
    // An empty configuration: openssl's own adds extensions.
    scratch.write("empty.cnf", "[req]\ndistinguished_name=dn\n[dn]\n");
    scratch.sh(&format!(
        "openssl {key} > {name}.key 2>/dev/null
         openssl req -x509 -config empty.cnf -key {name}.key -days 3000 -subj /CN={name} {extensions} -out {name}.crt"
    ));
}

/// A certificate of a new key, signed by another.
fn signed_by(scratch: &Scratch, name: &str, above: &str, extensions: &str, options: &str) {
    scratch.write("empty.cnf", "[req]\ndistinguished_name=dn\n[dn]\n");
    scratch.write("extensions", extensions);
    scratch.sh(&format!(
        "openssl ecparam -name prime256v1 -genkey -noout > {name}.key
         openssl req -new -config empty.cnf -key {name}.key -subj /CN={name} -out {name}.csr
         openssl x509 -req -in {name}.csr -CA {above}.crt -CAkey {above}.key -days 2000 {options} \
         -extfile extensions -out {name}.crt 2>/dev/null"
    ));
}

/// The problems of the chain in these files, the signing CA first.
fn problems(scratch: &Scratch, files: &[&str]) -> Vec<String> {
    let pem: Vec<u8> = files
        .iter()
        .flat_map(|name| {
            std::fs::read(scratch.path(&format!("{name}.crt"))).expect("openssl wrote it")
        })
        .collect();
    Authority::read(&pem).err().unwrap_or_default()
}

#[test]
fn a_ca_must_have_the_right_to_sign_certificates() {
    let scratch = Scratch::new();
    let p256 = "ecparam -name prime256v1 -genkey -noout";
    for (name, key, extensions, problem) in [
        ("good", p256, CA, None),
        ("leaf", p256, "", Some("is no CA")),
        (
            "false",
            p256,
            "-addext basicConstraints=CA:FALSE -addext keyUsage=keyCertSign",
            Some("is no CA"),
        ),
        (
            "nosign",
            p256,
            "-addext basicConstraints=CA:TRUE -addext keyUsage=cRLSign",
            Some("lacks keyCertSign"),
        ),
        (
            "weak",
            "genrsa 1024",
            CA,
            Some("has a key that may not sign"),
        ),
        (
            "odd",
            "ecparam -name secp256k1 -genkey -noout",
            CA,
            Some("has a key that may not sign"),
        ),
        (
            "critical",
            p256,
            "-addext 1.2.3.4=critical,ASN1:NULL -addext basicConstraints=CA:TRUE -addext keyUsage=keyCertSign",
            Some("critical extension 1.2.3.4"),
        ),
        (
            "directory",
            p256,
            "-addext basicConstraints=CA:TRUE -addext keyUsage=keyCertSign \
            -addext nameConstraints=critical,permitted;otherName:1.2.3;UTF8:x",
            Some("constrains names that gitca can't compare"),
        ),
    ] {
        self_signed(&scratch, name, key, &extensions.replace(';', "\\;"));
        let found = problems(&scratch, &[name]);
        match problem {
            None => assert_eq!(found, Vec::<String>::new(), "{name}"),
            Some(problem) => assert!(
                found.iter().any(|found| found.contains(problem)),
                "{name}: {found:?}"
            ),
        }
    }
}

/// With so many names and constraints OpenSSL gives up as well.
#[test]
fn a_ca_has_at_most_a_thousand_name_constraints_of_a_kind() {
    let scratch = Scratch::new();
    for (count, expected) in [
        (1_000, &[][..]),
        (1_001, &["has more than 1000 name constraints"]),
    ] {
        let constraints = (0..count).map(|number| format!("excluded;DNS:n{number}.example"));
        let constraints: Vec<String> = constraints.collect();
        let extensions = format!(
            "-addext basicConstraints=CA:TRUE -addext keyUsage=keyCertSign -addext nameConstraints=critical,{}",
            constraints.join(",")
        );
        let key = "ecparam -name prime256v1 -genkey -noout";
        self_signed(&scratch, "many", key, &extensions.replace(';', "\\;"));
        let found = problems(&scratch, &["many"]);
        let is_told = found
            .iter()
            .zip(expected)
            .all(|(found, expected)| found.contains(expected));
        assert!(
            found.len() == expected.len() && is_told,
            "{count}: {found:?}"
        );
    }
}

/// What gitca lets by must verify; beyond these, it goes on to refuse what Go would.
#[test]
fn a_name_outside_of_the_name_constraints_is_one_that_openssl_does_not_verify() {
    let scratch = Scratch::new();
    let p256 = "ecparam -name prime256v1 -genkey -noout";
    for (constraint, name, is_inside) in [
        ("permitted;email:a@example.com", "email:a@EXAMPLE.com", true),
        (
            "permitted;email:a@example.com",
            "email:A@example.com",
            false,
        ),
        ("permitted;email:.example.com", "email:a@example.com", false),
        ("excluded;email:example.com", "email:a@example.com", false),
        (
            "excluded;URI:example.com",
            "URI:https://example.net/a",
            true,
        ),
        ("excluded;URI:example.com", "URI:urn:a:b", false),
        (
            "permitted;URI:example.com",
            "URI:https://example.com/a",
            true,
        ),
        (
            "permitted;URI:example.com",
            "URI:https://example.com/a:b",
            false,
        ),
        (
            "permitted;URI:example.com",
            "URI:https://example.com?a",
            false,
        ),
        (
            "excluded;URI:.example.com",
            "URI:https://a.net/b.example.com:c",
            false,
        ),
    ] {
        let extensions = format!("{CA} -addext nameConstraints=critical,{constraint}");
        self_signed(&scratch, "ca", p256, &extensions.replace(';', "\\;"));
        signed_by(
            &scratch,
            "leaf",
            "ca",
            &format!("subjectAltName={name}"),
            "",
        );
        let verify =
            "openssl verify -CAfile ca.crt leaf.crt >/dev/null 2>&1 && echo yes || echo no";
        let verifies = scratch.sh(verify).stdout == "yes\n";
        let pem = std::fs::read(scratch.path("ca.crt")).expect("openssl wrote it");
        let authority = Authority::read(&pem).expect("a CA");
        let mut sans = SubjectAltNames::default();
        match name.split_once(':').expect("a kind") {
            ("email", address) => sans.email_addresses.push(address.to_owned()),
            (_, uri) => sans.uris.push(uri.to_owned()),
        }
        let constraints = &authority.signing_ca().constraints;
        let is_let_by = constraints.violations(&sans).is_empty();
        assert_eq!(
            (is_let_by, verifies),
            (is_inside, is_inside),
            "{constraint} {name}"
        );
    }
}

#[test]
fn each_certificate_of_a_chain_is_signed_by_the_next() {
    let scratch = Scratch::new();
    let extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n";
    self_signed(
        &scratch,
        "root",
        "ecparam -name prime256v1 -genkey -noout",
        CA,
    );
    signed_by(&scratch, "middle", "root", extensions, "");
    signed_by(&scratch, "low", "middle", extensions, "");
    assert_eq!(
        problems(&scratch, &["low", "middle", "root"]),
        Vec::<String>::new()
    );
    assert_eq!(problems(&scratch, &["low", "middle"]), Vec::<String>::new());
    let found = problems(&scratch, &["low", "root"]);
    assert!(
        found.contains(&"certificate 1 names another issuer than certificate 2".to_owned()),
        "{found:?}"
    );
    assert!(
        found.contains(&"certificate 1 was not signed by certificate 2".to_owned()),
        "{found:?}"
    );

    // A root of the same name with another key.
    std::fs::rename(scratch.path("root.crt"), scratch.path("first.crt"))
        .expect("the file is there");
    self_signed(
        &scratch,
        "root",
        "ecparam -name prime256v1 -genkey -noout",
        CA,
    );
    let found = problems(&scratch, &["middle", "root"]);
    assert!(
        found.contains(&"certificate 1 was not signed by certificate 2".to_owned()),
        "{found:?}"
    );
}

#[test]
fn weak_signatures_and_short_paths_are_refused_below_the_root() {
    let scratch = Scratch::new();
    let extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n";
    let short =
        "-addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign";
    self_signed(&scratch, "root", "genrsa 2048", CA);
    signed_by(&scratch, "sha1", "root", extensions, "-sha1");
    let found = problems(&scratch, &["sha1", "root"]);
    assert!(
        found
            .iter()
            .any(|found| found.contains("certificate 1 is signed with SHA-1")),
        "{found:?}"
    );

    self_signed(&scratch, "short", "genrsa 2048", short);
    assert_eq!(
        problems(&scratch, &["short"]),
        Vec::<String>::new(),
        "leaves are always allowed"
    );
    signed_by(&scratch, "below", "short", extensions, "");
    assert_eq!(
        problems(&scratch, &["below", "short"]),
        ["certificate 2 allows no CA chain as long as this below it"]
    );
}

#[test]
fn a_chain_holds_certificates_and_nothing_else() {
    let scratch = Scratch::new();
    self_signed(
        &scratch,
        "root",
        "ecparam -name prime256v1 -genkey -noout",
        CA,
    );
    let pem = std::fs::read(scratch.path("root.crt")).expect("openssl wrote it");
    let key = std::fs::read(scratch.path("root.key")).expect("openssl wrote it");
    let read = |pem: &[u8]| Authority::read(pem).err().unwrap_or_default().concat();
    assert!(read(b"").contains("holds no certificate"));
    assert!(read(b"nonsense").contains("holds no certificate"));
    assert!(read(&[&pem[..], &key].concat()).contains("holds a private key"));
    assert!(read(&pem.repeat(9)).contains("more than 8 certificates"));
    let text = scratch.sh("openssl x509 -in root.crt -text").stdout;
    assert_eq!(
        read(text.as_bytes()),
        "",
        "openssl's text around a certificate does no harm"
    );
}
