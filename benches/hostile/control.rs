//! Files of the control zone at their limits: 256 KiB each, and 16 MiB for a list of keys.

use gitca::control::ControlZone;
use gitca::render::template::Templates;

use crate::{Act, Case, filled, wide};

const LIMIT: usize = 256 * 1024;
const LIST: usize = 16 * 1024 * 1024;
const API: &str = "apiVersion: gitca.dev/v1alpha1\n";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = objects();
    cases.extend(patterns());
    cases.extend(lists());
    cases.extend(templates());
    cases
}

fn of(name: &str, path: &'static str, make: impl Fn() -> Vec<u8> + 'static) -> Case {
    Case::of_file(format!("{path}: {name}"), make, move |input| -> Act {
        let mut files = wide::files(&[]);
        files.insert(path.parse().unwrap(), wide::blob(&input));
        drop(input);
        Box::new(move || match ControlZone::load(&files) {
            Ok(zone) => Templates::compile(&zone).is_err(),
            Err(_) => true,
        })
    })
}

fn object(
    name: &str,
    kind: &'static str,
    head: &'static str,
    unit: fn(usize) -> String,
    tail: &'static str,
) -> Case {
    of(name, "policies/x.yaml", move || {
        let head = format!("{API}kind: {kind}\nmetadata: {{name: x}}\nspec:{head}");
        filled(LIMIT, &head, unit, tail)
    })
}

fn objects() -> Vec<Case> {
    vec![
        object(
            "unknown fields",
            "DenyPolicy",
            "\n",
            |n| format!("  k{n}: 1\n"),
            "",
        ),
        object(
            "a long key above maps",
            "DenyPolicy",
            "\n",
            |n| {
                if n == 0 {
                    format!("  {}: [", "k".repeat(LIMIT / 2))
                } else {
                    "{a: b},".into()
                }
            },
            "]\n",
        ),
        object(
            "wrong entries",
            "DenyPolicy",
            "\n  deny: [",
            |_| "{},".into(),
            "]\n",
        ),
        object(
            "entries",
            "DenyPolicy",
            "\n  deny:\n",
            |n| format!("  - {{name: n{n}, dnsNames: [a.b]}}\n"),
            "",
        ),
        object(
            "selectors",
            "ApprovalPolicy",
            "\n  selector: {paths: [",
            |n| format!("'a{n}/**/b*',"),
            "]}\n  approvals: none\n",
        ),
        object(
            "requirements",
            "ApprovalPolicy",
            "\n  selector: {everything: true}\n  approvals: {anyOf: [",
            |_| "{allOf: [{count: 9}]},".into(),
            "]}\n",
        ),
        object(
            "members",
            "Group",
            "\n  members: [",
            |n| format!("m{n},"),
            "]\n",
        ),
        object(
            "addresses of a Principal",
            "Principal",
            "\n  emails: [",
            |n| format!("a{n}@b.c,"),
            "]\n",
        ),
        object(
            "keys of a Principal",
            "Principal",
            "\n  sshKeys: [",
            |n| format!("ssh-ed25519 {n},"),
            "]\n",
        ),
        object("brackets", "DenyPolicy", " ", |_| "[".into(), ""),
        object("aliases", "DenyPolicy", " &a [", |_| "*a,".into(), "]"),
    ]
}

fn patterns() -> Vec<Case> {
    let deny =
        |name: &str, unit: fn(usize) -> String| object(name, "DenyPolicy", "\n  deny:\n", unit, "");
    vec![
        deny("regexes", |n| {
            format!("  - {{name: n{n}, dnsNames: [{{regex: '(a|b{{1,9}}){{1,99}}c'}}]}}\n")
        }),
        deny("regexes of words", |n| {
            format!(
                "  - {{name: n{n}, dnsNames: [{{regex: '{}'}}]}}\n",
                "\\w".repeat(450)
            )
        }),
        deny("regexes that are too large", |n| {
            format!("  - {{name: n{n}, dnsNames: [{{regex: '((\\w{{99}}){{99}}){{99}}'}}]}}\n")
        }),
        deny("globs", |n| {
            format!("  - {{name: n{n}, dnsNames: ['**.a*b*c{n}.example']}}\n")
        }),
        deny("networks", |n| {
            format!(
                "  - {{name: n{n}, ipAddresses: [10.{}.{}.0/24]}}\n",
                n / 256 % 256,
                n % 256
            )
        }),
        deny("rules", |n| {
            format!("  - {{name: n{n}, rule: 'cert.dnsNames.exists(a, a == \"x\")'}}\n")
        }),
        deny("rules of sums", |n| {
            format!(
                "  - {{name: n{n}, rule: '{} > 1'}}\n",
                "1+".repeat(400) + "1"
            )
        }),
        deny("rules of 4 KiB", |n| {
            format!(
                "  - {{name: n{n}, rule: 'cert.dnsNames.exists(a, a == \"{}\")'}}\n",
                "x".repeat(4000)
            )
        }),
        deny("rules that are too large", |n| {
            format!("  - {{name: n{n}, rule: '{}'}}\n", "(".repeat(4000))
        }),
        deny("rules with loops in loops", |n| {
            format!(
                "  - {{name: n{n}, rule: 'cert.dnsNames.all(a, cert.dnsNames.all(b, cert.uris.all(c, a == b)))'}}\n"
            )
        }),
        deny("rules that double", |n| {
            format!(
                "  - {{name: n{n}, rule: \"['a']{} == []\"}}\n",
                ".map(v, v+v)".repeat(40)
            )
        }),
        deny("rules with patterns", |n| {
            format!(
                "  - {{name: n{n}, rule: 'request.name.matches(\"(a|b{{1,9}}){{1,99}}c{}\")'}}\n",
                "\\\\w".repeat(100)
            )
        }),
    ]
}

fn lists() -> Vec<Case> {
    const KEYS: &str = "policies/keys/list.txt";
    const CA: &str = "policies/ca/cluster.pem";
    let list = |name: &str, head: &'static str, unit: fn(usize) -> String| {
        of(name, KEYS, move || filled(LIST, head, unit, ""))
    };
    let ca =
        |name: &str, unit: fn(usize) -> String| of(name, CA, move || filled(LIMIT, "", unit, ""));
    vec![
        list("keys", "# spki-sha256\n", |n| format!("{n:064x}\n")),
        list("Debian keys", "# openssl-blacklist\n", |n| {
            format!("{n:020x}\n")
        }),
        list("wrong lines", "# spki-sha256\n", |_| "x\n".into()),
        list("line ends", "# spki-sha256\n", |_| "\n".into()),
        list("one line", "# spki-sha256\n", |_| "a".into()),
        ca("certificates", |_| wide::ca(wide::now())),
        ca("beginnings", |_| "-----BEGIN ".into()),
        ca("boundaries", |_| "-----BEGIN CERTIFICATE-----\n".into()),
        ca("empty blocks", |_| {
            "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n".into()
        }),
        ca("zeros", |_| "\0".into()),
    ]
}

fn templates() -> Vec<Case> {
    let template =
        |name: &str, head: &'static str, unit: fn(usize) -> String, tail: &'static str| {
            of(name, "templates/x.yaml.j2", move || {
                filled(LIMIT, head, unit, tail)
            })
        };
    vec![
        template("text", "", |_| "x\n".into(), ""),
        template("tags", "", |_| "{{ x }}\n".into(), ""),
        template("one tag", "{{ x", |_| " ~ x".into(), " }}"),
        template(
            "lines of tags",
            "",
            |_| "{{ x ~ x ~ x }}\n{% if x %}{% endif %}\n".into(),
            "",
        ),
        template("nested ifs", "", |_| "{% if x %}\n".into(), ""),
        template(
            "elifs",
            "{% if x %}",
            |_| "{% elif x %}\n".into(),
            "{% endif %}",
        ),
        template("braces", "", |_| "{{\n".into(), ""),
        template("lists", "{{ [", |_| "[],\n".into(), "] }}"),
        template("calls", "", |_| "{{ x() }}\n".into(), ""),
    ]
}
