//! Templates: they read no file, end soon, make little, and no value breaks out of the YAML it is put into.

use gitca::decision::{Case, decide};
use gitca::issuance::{Issued, prepare};
use gitca::names::Serial;
use gitca::render::template::Templates;
use gitca::request::Request;
use gitca::trust::Testimony;

use crate::forge::{Draft, O, cn, rdn, utf8};
use crate::seeds::seeded_key;
use crate::wide;

/// Values that would end a string, begin a key, a comment or a tag, were they put there as they are.
const HOSTILE: [&str; 8] = [
    "a\": {admin: true}",
    "a' #",
    "- x: y",
    "{{ 7 * 7 }}",
    "&a *a !!str",
    "null",
    "\\\\u0022",
    "a: b, c: [d]",
];

/// What a template makes of a certificate for this user and group.
fn render(template: &str, user: &str, group: &str) -> Result<String, String> {
    let signer = wide::signer("wide", wide::SIGNER, "  templates: [x.yaml.j2]\n");
    let zone = wide::zone(&[
        ("templates/x.yaml.j2", template.as_bytes()),
        ("policies/signer.yaml", signer.as_bytes()),
    ]);
    let templates = Templates::compile(&zone).map_err(|findings| format!("{findings:?}"))?;
    let draft = Draft::of_subject(&[&rdn(O, &utf8(group)), &cn(user)]);
    let manifest = wide::manifest("jane", wide::SIGNER, "client auth", &draft.pem());
    let name = "dev/jane".parse().expect("a name");
    let request = Request::read(&name, &wide::blob(manifest.as_bytes())).expect("a request");
    let case = Case {
        request: &request,
        zone: &zone,
        testimony: &Testimony::default(),
        key_owner: None,
        now: wide::now(),
    };
    let approved = decide(&case).decision.expect("it is admitted");
    let serial = Serial::from_random([7; Serial::OCTETS]).expect("not zero");
    let issued: Issued<'_> = prepare(approved, serial)
        .expect("it is sound")
        .sign(&seeded_key("ca"))
        .expect("it can be signed");
    let text = templates.render("x.yaml.j2", &issued, ("leaf", "chain"), &zone);
    text.map_err(|reason| reason.message)
}

#[test]
fn a_value_stays_a_value() {
    let template = "user: {{ cert.subject.commonName }}\ngroups: {{ cert.subject.organizations }}\n\
                    nested: {name: {{ cert.subject.commonName }}, end: 1}\n";
    for hostile in HOSTILE {
        let text = render(template, hostile, hostile).expect("it renders");
        let read: serde_json::Value = serde_yaml::from_str(&text).expect("YAML");
        let wanted = serde_json::json!({
            "user": hostile,
            "groups": [hostile],
            "nested": {"name": hostile, "end": 1},
        });
        assert_eq!(read, wanted, "{text}");
    }
}

#[test]
fn a_template_reads_nothing_but_its_values() {
    for template in [
        "{% include '/etc/passwd' %}",
        "{% include '../policies/settings.yaml' %}",
        "{% include 'x.yaml' %}",
        "{% import '/etc/passwd' as x %}{{ x }}",
        "{% extends '/etc/passwd' %}",
        "{{ open('/etc/passwd') }}",
        "{{ request.__class__ }}",
        "{{ env.HOME }}",
        "{{ self.x() }}",
        "{{ signer.key }}",
        "{{ nothing }}",
        "{% if nothing %}x{% endif %}",
        "{{ cert.subject.nothing }}",
    ] {
        let found = render(template, "jane", "dev");
        assert!(found.is_err(), "{template}: {found:?}");
    }
}
