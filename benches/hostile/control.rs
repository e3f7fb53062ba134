//! Files of the control zone at their limits: 256 KiB each, and 16 MiB for a list of keys.

use std::fs;
use std::path::{Path, PathBuf};

use gitca::control::ControlZone;
use gitca::render::template::Templates;
use gitca::worktree;

use crate::proposals::{Brought, Change};
use crate::{Act, Case, filled, wide};

const LIMIT: usize = 256 * 1024;
const LIST: usize = 16 * 1024 * 1024;
const API: &str = "apiVersion: gitca.dev/v1alpha1\n";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = objects();
    cases.extend(patterns());
    cases.extend(lists());
    cases.extend(zones());
    cases.extend(compiled());
    cases.extend(templates());
    cases
}

fn of(name: &str, path: &'static str, make: impl Fn() -> Vec<u8> + 'static) -> Case {
    let ready = move |input: Vec<u8>| loaded(&[(path.to_owned(), input)]);
    let change = move |input| Change::of_file(path, input);
    Case::of_file(format!("{path}: {name}"), make, ready, change)
}

/// These files beside those of a zone that admits all.
fn write(root: &Path, files: &[(String, Vec<u8>)]) {
    let zone = wide::files(&[]);
    let zone = zone.iter().map(|(path, blob)| (path.as_str(), &blob.bytes));
    for (path, octets) in zone.chain(files.iter().map(|(path, octets)| (path.as_str(), octets))) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, octets).unwrap();
    }
}

fn loaded(files: &[(String, Vec<u8>)]) -> Act {
    let mut zone = wide::files(&[]);
    for (path, octets) in files {
        zone.insert(path.parse().unwrap(), wide::blob(octets));
    }
    Box::new(move || match ControlZone::load(&zone) {
        Ok(zone) => Templates::compile(&zone).is_err(),
        Err(_) => true,
    })
}

/// The files of a work tree as every command reads them: more than there may be are refused before they are loaded.
fn read(root: PathBuf) -> Act {
    Box::new(move || {
        let snapshot = worktree::control(&root).unwrap();
        let is_refused = !snapshot.errors.is_empty();
        is_refused || ControlZone::load(&snapshot.control).is_err()
    })
}

/// As many files as there may be, or as have as many octets as all may; the last of them is wrong.
fn many(name: &str, number: usize, text: impl Fn(usize) -> Vec<u8> + Copy + 'static) -> Case {
    in_tree(format!("policies/: {name}"), move || {
        let of = |n: usize| (format!("policies/x{n:04}.yaml"), text(n));
        let mut files: Vec<(String, Vec<u8>)> = (0..number).map(of).collect();
        files.push(("policies/y.yaml".to_owned(), b"x".to_vec()));
        files
    })
}

fn in_tree(name: String, files: impl Fn() -> Vec<(String, Vec<u8>)> + Copy + 'static) -> Case {
    Case {
        name,
        inputs: 1,
        make: Box::new(move |folder| write(&folder.join("tree"), &files())),
        ready: Box::new(|folder| read(folder.join("tree"))),
        change: Box::new(move |_| {
            let files = files().into_iter();
            let brings = files.map(|(path, octets)| (path, Brought::File(octets)));
            Change {
                brings: brings.collect(),
                ..Change::default()
            }
        }),
    }
}

/// Files of entries of a deny policy, as many of each file as there may be.
fn denials(name: &str, files: usize, entries: usize, entry: fn(usize) -> String) -> Case {
    many(name, files, move |number| {
        let head = head("DenyPolicy", number) + "\n  deny:\n";
        let entries =
            (0..entries).map(|n| format!("  - {{name: n{n}, {}}}\n", entry(number * 100 + n)));
        (head + &entries.collect::<String>()).into_bytes()
    })
}

fn compiled() -> Vec<Case> {
    vec![
        denials("regexes", 16, 32, |n| {
            format!("dnsNames: [{{regex: '[a-z0-9-]{{1,63}}\\.n{n}\\.example'}}]")
        }),
        denials("regexes of 64 KiB", 16, 32, |n| {
            format!("dnsNames: [{{regex: '.{{200}}{n}'}}]")
        }),
        denials("regexes of words", 16, 32, |n| {
            format!("dnsNames: [{{regex: '[\\w.-]+@\\w+{n}'}}]")
        }),
        denials("regexes of letters", 16, 32, |n| {
            format!("dnsNames: [{{regex: '{}{n}'}}]", "\\pL".repeat(330))
        }),
        denials("rules", 8, 64, |n| {
            format!("rule: 'cert.dnsNames.exists(a, a == \"x{n}\")'")
        }),
        denials("rules of sums", 8, 64, |n| {
            format!("rule: '{}{n} > 1'", "1+".repeat(400))
        }),
        denials("rules with patterns", 8, 64, |n| {
            let words = "\\\\w".repeat(3);
            format!("rule: 'request.name.matches(\"{words}{n}\")'")
        }),
    ]
}

fn head(kind: &str, number: usize) -> String {
    format!("{API}kind: {kind}\nmetadata: {{name: x{number}}}\nspec:")
}

fn zones() -> Vec<Case> {
    // Beside the files of the zone that admits all.
    const FILES: usize = 1_980;
    fn large(number: usize) -> Vec<u8> {
        let head = head("DenyPolicy", number) + "\n  deny:\n";
        let entry = |n| format!("  - {{name: n{n}, dnsNames: [a.b]}}\n");
        filled(LIMIT - 4096, &head, entry, "")
    }
    vec![
        many("Groups", FILES, |n| {
            (head("Group", n) + " {members: []}\n").into_bytes()
        }),
        many("Principals", FILES, |n| {
            (head("Principal", n) + &format!(" {{emails: [a{n}@b.c]}}\n")).into_bytes()
        }),
        many("Signers", FILES, |n| {
            let name = format!("x{n}");
            wide::signer(&name, &format!("example.com/{name}"), "").into_bytes()
        }),
        many("Clusters", FILES, |n| {
            wide::CLUSTER
                .replace("kubernetes}", &format!("x{n}}}"))
                .into_bytes()
        }),
        many("DenyPolicies", FILES, |n| {
            let entry = format!(" {{deny: [{{name: n, dnsNames: [a{n}.b]}}]}}\n");
            (head("DenyPolicy", n) + &entry).into_bytes()
        }),
        many("large DenyPolicies", 2, large),
        many("more large DenyPolicies", 20, large),
    ]
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
        in_tree(format!("{KEYS}: {name}"), move || {
            vec![(KEYS.to_owned(), filled(LIST, head, unit, ""))]
        })
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
        list("capitals", "# spki-sha256\n", |_| "LS".into()),
        list("dashes in base64", "# spki-sha256\n", |_| "LS0t".into()),
        list("beginnings", "# spki-sha256\n#", |_| "-----BEGIN ".into()),
        list("beginnings in base64", "# spki-sha256\n#", |_| {
            "LS0tLS1CRUdJTiAt".into()
        }),
        list("beginnings in lines", "# spki-sha256\n", |_| {
            format!("#{}\n", "LS0tLS1CRUdJTiAt".repeat(7))
        }),
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
