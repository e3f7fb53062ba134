//! Templates: they read no file, end soon, make little, and no value breaks out of the YAML it is put into.

use std::time::{Duration, Instant};

use gitca::decision::{Case, decide};
use gitca::finding::Code;
use gitca::issuance::{Issued, prepare};
use gitca::names::Serial;
use gitca::render::template::Templates;
use gitca::request::Request;
use gitca::trust::Testimony;
use gitca::trust::revocations::Revocations;

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
        revocations: Revocations::NONE,
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

/// Places where a careless author puts a value, and values that would leave some of them.
#[test]
fn a_value_stays_one_in_careless_places() {
    for template in [
        "name: {{ cert.subject.commonName }}\nend: 1\n",
        "name: pre-{{ cert.subject.commonName }}\nend: 1\n",
        "name: pre-{{ cert.subject.commonName }}-post\nend: 1\n",
        "name: {{ cert.subject.commonName }} and more\nend: 1\n",
        "name: 'pre {{ cert.subject.commonName }}'\nend: 1\n",
        "name: \"pre {{ cert.subject.commonName }}\"\nend: 1\n",
        "{name: {{ cert.subject.commonName }}, end: 1}\n",
        "{name: pre-{{ cert.subject.commonName }}, end: 1}\n",
        "{name: 'pre {{ cert.subject.commonName }}', end: 1}\n",
        "{name: \"{{ cert.subject.commonName }}\", end: 1}\n",
        "{name: \"pre {{ cert.subject.commonName }}\", end: 1}\n",
        "name: x # {{ cert.subject.commonName }}\nend: 1\n",
        "{# {{ cert.subject.commonName }} #}name: x\nend: 1\n",
        "name: {{ 'a' ~ cert.subject.commonName }}\nend: 1\n",
        "name: {{ cert.subject.commonName | tojson }}\nend: 1\n",
        "name: {{ cert.subject.commonName | tojson ~ 'b' }}\nend: 1\n",
        "name: {{ cert.subject.commonName | b64encode }}\nend: 1\n",
        "name: |\n  {{ cert.subject.commonName }}\nend: 1\n",
        "name: {{ cert.subject }}\nend: 1\n",
        "name: {{ cert.subject.organizations }}\nend: 1\n",
    ] {
        let mut hostile = HOSTILE.to_vec();
        hostile.extend([
            "x', admin: true, y: 'z",
            "x\", admin: true, y: \"z",
            ", admin: true, y: z",
            "}, admin: true, y: {z",
            "x # y",
            "# y",
            "admin: true",
            ": true",
            "x:",
        ]);
        for value in hostile {
            let text = render(template, value, value).expect("it renders");
            // What is no YAML at all is nobody's object.
            let Ok(read) = serde_yaml::from_str::<serde_json::Value>(&text) else {
                continue;
            };
            let keys: Vec<&String> = read.as_object().expect("a map").keys().collect();
            assert_eq!(keys, ["end", "name"], "{template}: {text}");
            let name = read["name"].as_str().unwrap_or_default();
            let is_comment = template.contains("name: x");
            assert!(
                !name.ends_with("pre-\"x") || is_comment,
                "{template}: {text}"
            );
        }
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

/// What could grow or repeat itself is refused when the template is loaded, with its place and what to do instead.
#[test]
fn a_template_cannot_say_what_could_grow() {
    for (tag, column) in [
        ("{% set x = clusters + clusters %}", 12),
        ("{{ 'a' * 1000000000 }}", 4),
        ("{{ 2 ** 1000000000 }}", 4),
        ("{{ 1 - 1 }}", 4),
        ("{% set x = [clusters, clusters] %}", 12),
        ("{% set x = (clusters, clusters) %}", 12),
        ("{% set x = {'a': clusters} %}", 12),
        ("{% set x = clusters[0:] %}", 12),
        ("{% set a, b = clusters %}", 8),
        ("{% for a, b in clusters %}{% endfor %}", 8),
        ("{{ range(1000000000) }}", 4),
        ("{{ clusters.append(1) }}", 12),
        ("{% if clusters is defined %}{% endif %}", 19),
        ("{{ 'a' | indent(1000000000) }}", 10),
        ("{{ clusters | tojson(indent=1000000000) }}", 15),
        ("{{ clusters | safe }}", 15),
        ("{{ clusters | join('x') }}", 15),
        (
            "{% for x in clusters recursive %}{{ loop(x) }}{% endfor %}",
            4,
        ),
        ("{% set x %}{{ clusters }}{% endset %}", 4),
        ("{% filter tojson %}x{% endfilter %}", 4),
        ("{% with x = 1 %}{% endwith %}", 4),
        ("{% do clusters.clear() %}", 4),
        (
            "{% autoescape false %}{{ cert.subject.commonName }}{% endautoescape %}",
            4,
        ),
        ("{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}", 0),
        ("{% include 'x.yaml.j2' %}", 0),
        ("{% block x %}{% endblock %}", 0),
    ] {
        let zone = wide::zone(&[("templates/x.yaml.j2", format!("a: 1\n{tag}").as_bytes())]);
        let findings = Templates::compile(&zone).expect_err(tag);
        let finding = findings.first().expect("a finding");
        let file = finding.file.as_ref().map(ToString::to_string);
        assert_eq!(file.as_deref(), Some("templates/x.yaml.j2"), "{tag}");
        assert_eq!(finding.reason.code.to_string(), "ConfigInvalid", "{tag}");
        assert_eq!(finding.reason.line, Some(2), "{tag}: {finding:?}");
        // A word that is no tag of ours is the parser's to refuse; it knows the line alone.
        assert_eq!(
            finding.reason.help.is_some(),
            column > 0,
            "{tag}: {finding:?}"
        );
        if column > 0 {
            assert_eq!(finding.reason.column, Some(column), "{tag}: {finding:?}");
        }
    }
}

/// Before anything is signed for it: whoever reviews the template is told.
#[test]
fn a_template_that_makes_too_much_of_any_certificate_is_none() {
    let compile = |template: &str| {
        let signer = wide::signer("wide", wide::SIGNER, "  templates: [x.yaml.j2]\n");
        let zone = wide::zone(&[
            ("templates/x.yaml.j2", template.as_bytes()),
            ("policies/signer.yaml", signer.as_bytes()),
        ]);
        Templates::compile(&zone).map(drop)
    };
    let loops = "{% for a in cert.pem %}".repeat(3) + "x" + &"{% endfor %}".repeat(3);
    let encoded = format!("{{{{ cert.pem{} }}}}", " | b64encode".repeat(60));
    for (template, why) in [
        (&loops, "engine ran out of fuel"),
        (&encoded, "engine ran out of fuel"),
    ] {
        let findings = compile(template).expect_err(template);
        let [found] = &findings[..] else {
            panic!("{findings:?}");
        };
        let file = found.file.as_ref().map(ToString::to_string);
        assert_eq!(file.as_deref(), Some("templates/x.yaml.j2"));
        assert_eq!(found.reason.code, Code::ConfigInvalid);
        let message = &found.reason.message;
        assert!(
            message.contains(why) && message.ends_with("few names already"),
            "{message}"
        );
    }
    // What fails for some certificates only is a template.
    assert_eq!(compile("{{ cert.dnsNames[3] }}"), Ok(()));
}

#[test]
fn a_template_ends_soon_and_makes_little() {
    let long = ("x".repeat(99) + "\n").repeat(2000);
    let usages = "{% for i in cert.usages %}".repeat(40) + "x" + &"{% endfor %}".repeat(40);
    let letters = format!("{{% set l = '{}' %}}", "a".repeat(2000));
    let nested = "{% for i in l %}".repeat(30);
    for template in [
        format!("{letters}{nested}x{}", "{% endfor %}".repeat(30)),
        format!("{letters}{nested}{long}{}", "{% endfor %}".repeat(30)),
        format!(
            "{letters}{nested}{{{{ cert }}}}{}",
            "{% endfor %}".repeat(30)
        ),
        format!("{letters}{}{{{{ l }}}}", "{% set l = l ~ l %}".repeat(40)),
        format!(
            "{letters}{}{{% if l == l %}}x{{% endif %}}",
            "{% set l = l ~ l %}".repeat(40)
        ),
        format!(
            "{letters}{}{{{{ l }}}}",
            "{% set l = l | tojson | tojson %}".repeat(40)
        ),
        format!(
            "{letters}{}{{{{ l }}}}",
            "{% set l = l | b64encode %}".repeat(60)
        ),
        format!(
            "{letters}{}{{{{ l }}}}",
            "{% set l = l ~ cert ~ cert %}".repeat(10_000)
        ),
        format!(
            "{{% set x = '{long}' %}}{letters}{nested}{{{{ x }}}}{}",
            "{% endfor %}".repeat(30)
        ),
        format!("{{{{ 1 {} }}}}", "~ 1".repeat(60_000)),
        format!("{{{{ x{} }}}}", ".a".repeat(100_000)),
        format!("{{{{ 1{} }}}}", "|tojson".repeat(30_000)),
        format!("{{{{ {}1 }}}}", "not ".repeat(60_000)),
        format!("{{{{ {}1 }}}}", "-".repeat(200_000)),
        format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("{{{{ {}1{} }}}}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("{{{{ 1{} }}}}", " if 1 else 1".repeat(20_000)),
        format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(20_000)),
        format!(
            "{}{}",
            "{% if 1 %}".repeat(15_000),
            "{% endif %}".repeat(10_000)
        ),
        (0..5000).fold(String::new(), |text, n| {
            text + &format!("{{% set a{n} = 1 %}}")
        }) + &"{{ b }}".repeat(20_000),
        "{% for i in cert.usages %}".repeat(10_000),
        "{{".repeat(130_000),
        "{%".repeat(130_000),
        "{{ '".to_owned() + &long,
        "{# ".to_owned() + &long,
        "{% raw %}".to_owned() + &long,
        "{{ 1".to_owned() + &"0".repeat(50_000) + " }}",
        "{{ '".to_owned() + &"x".repeat(200_000),
        "x".repeat(70_000) + "{{ ' }}",
    ] {
        let shown: String = template.chars().take(60).collect();
        println!("{shown}");
        let start = Instant::now();
        let found = render(&template, "jane", "dev");
        let octets = found.as_ref().map(String::len).unwrap_or_default();
        assert!(found.is_err(), "{shown}: {octets} octets");
        assert!(start.elapsed() < Duration::from_secs(5), "{shown}");
    }
    // A single usage, forty times over, is one line of text.
    assert_eq!(render(&usages, "jane", "dev").as_deref(), Ok("x\n"));
}
