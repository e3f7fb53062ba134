//! The last rows of table N: whom a certificate would speak for, by a common name, past a denial, or by a reserved name.

use gitca::finding::Code;

use crate::forge::{Draft, O, cn, dns, rdn, sequence, tlv, utf8};
use crate::judge::{self, Case};
use crate::wide;

#[test]
fn hostile_identities_are_refused() {
    judge::judge(&cases());
}

pub(crate) fn rows() -> Vec<&'static str> {
    judge::rows(&cases())
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = common_names();
    cases.extend(denials());
    cases.extend(reserved());
    cases
}

/// N26.
fn common_names() -> Vec<Case> {
    let server = |what: &str, common_name: &str, names: &[&[u8]]| {
        let draft = Draft {
            subject: sequence(&[&cn(common_name)]),
            ..Draft::of_names(names)
        };
        let manifest = wide::manifest("jane", wide::SIGNER, "server auth", &draft.pem());
        Case::of_manifest("N26", what, manifest)
    };
    let name = dns("a.example.com");
    let mut cases =
        vec![server("a common name that is a name", "a.example.com", &[&name]).approved(&[])];
    for text in [
        "b.example.com",
        "10.0.0.1",
        "a@example.com",
        "https://a.example/",
    ] {
        cases.push(server(text, text, &[&name]).denied(&[Code::CommonNameNotInSan]));
    }
    cases
}

/// N27 to N29.
fn denials() -> Vec<Case> {
    let named = |row, what: &str, name: &str| {
        Case::of_draft(row, what, &Draft::of_names(&[&dns(name)]))
            .denying("{name: a, dnsNames: [vault.example.com]}")
    };
    let common_name = Draft::of_subject(&[&cn("vault.example.com")]);
    let address = Draft::of_names(&[&tlv(0x87, &[&[10, 0, 0, 1]])]);
    vec![
        Case::of_draft("N27", "a denied name as common name", &common_name)
            .denying("{name: a, dnsNames: [vault.example.com]}")
            .denied(&[Code::DeniedBy]),
        Case::of_draft("N27", "a denied common name", &common_name)
            .denying("{name: a, subject: {commonName: ['vault*']}}")
            .denied(&[Code::DeniedBy]),
        named("N28", "a wildcard over it", "*.example.com").denied(&[Code::DeniedBy]),
        named("N28", "in another case", "VAULT.example.com").denied(&[Code::DeniedBy]),
        named("N28", "beside it", "other.example.com").approved(&[]),
        Case::of_draft("N29", "an address past a list of names", &address)
            .denying("{name: a, dnsNames: [vault.example.com]}")
            .allowing("{subject: {commonName: {any: true}}, dnsNames: {any: true}, usages: [client auth]}")
            .not_admitted(&[Code::FieldNotAllowed]),
    ]
}

/// N30, N31: no star, regular expression or template ever reaches a reserved name.
fn reserved() -> Vec<Case> {
    let group = |text: &str| {
        Case::of_draft(
            "N30",
            text,
            &Draft::of_subject(&[&cn("jane"), &rdn(O, &utf8(text))]),
        )
    };
    let user = |text: &str| Case::of_draft("N31", text, &Draft::of_subject(&[&cn(text)]));
    let mut cases = Vec::new();
    for text in [
        "system:masters",
        "System:Masters",
        "SYSTEM:MASTERS",
        "s\u{443}stem:masters",
        "\u{455}ystem:masters",
        "\u{ff53}ystem:masters",
        "sy\u{17f}tem:masters",
        "syst\u{435}m:masters",
        "system\u{ff1a}masters",
        "system\u{a789}masters",
        "kubeadm:cluster-admins",
        "kub\u{435}adm:cluster-admins",
        "KUBEADM:cluster-admins",
    ] {
        cases.push(group(text).not_admitted(&[Code::ReservedIdentity]));
        cases.push(
            group(text)
                .allowing("{subject: {commonName: {any: true}, organizations: {values: ['sys*', '*m*s*', 'k*', {regex: '.*'}, '{{ request.name }}*']}}, usages: [client auth]}")
                .not_admitted(&[Code::ReservedIdentity]),
        );
    }
    for text in [
        " system:masters",
        "system:masters ",
        "sys\u{200b}tem:masters",
        "system\u{a0}:masters",
        "\u{202e}system:masters",
        "sy\u{ad}stem:masters",
        "system:masters\u{0}",
    ] {
        cases.push(group(text).invalid(&[Code::MalformedSubjectString]));
    }
    for text in [
        "system:anonymous",
        "system:node:x",
        "kubernetes-admin",
        "Kubernetes-Admin",
        "kubernetes-super-admin",
        "kubern\u{435}tes-admin",
        "system:serviceaccount:ns:sa",
        "system:kube-controller-manager",
    ] {
        cases.push(user(text).not_admitted(&[Code::ReservedIdentity]));
    }
    let spelt = "{subject: {commonName: {values: ['system:node:*']}}, usages: [client auth]}";
    cases.push(user("system:node:x").allowing(spelt).approved(&[]));
    cases.push(
        user("System:node:x")
            .allowing(spelt)
            .not_admitted(&[Code::ReservedIdentity]),
    );
    cases
}
