//! Table P: files of the control zone, which is whole or nothing.

use std::time::{Duration, Instant};

use gitca::control::ControlZone;
use gitca::finding::{Code, Finding};
use gitca::report::Verdict;

use crate::forge::{Draft, dns};
use crate::judge::{self, Case};
use crate::wide;

/// A file that makes the control zone invalid.
pub(crate) struct Broken {
    pub(crate) row: &'static str,
    pub(crate) path: &'static str,
    pub(crate) text: String,
    /// What the help must hold; empty where none is asked for.
    pub(crate) help: &'static str,
}

#[test]
fn one_bad_file_makes_the_control_zone_invalid() {
    for broken in broken() {
        let files = wide::files(&[(broken.path, broken.text.as_bytes())]);
        let findings = ControlZone::load(&files).expect_err(&broken.text);
        let is_it = |finding: &Finding| {
            let reason = &finding.reason;
            reason.code == Code::ConfigInvalid
                && reason
                    .help
                    .as_deref()
                    .unwrap_or_default()
                    .contains(broken.help)
        };
        assert!(
            findings.iter().any(is_it),
            "{} {}: {findings:#?}",
            broken.row,
            broken.text
        );
    }
}

/// P5: the Signer wins over a policy that is wider.
#[test]
fn the_signer_wins() {
    judge::judge(&wider());
}

/// P6: what only goes wrong with some values admits nothing, and denies.
#[test]
fn a_rule_that_fails_decides_against_the_request() {
    judge::judge(&failing_rules());
}

pub(crate) fn rows() -> Vec<&'static str> {
    let mut rows: Vec<&str> = broken().iter().map(|broken| broken.row).collect();
    rows.extend(judge::rows(&wider()));
    rows.extend(judge::rows(&failing_rules()));
    rows.extend(judge::rows(&work()));
    rows
}

fn policy(kind: &str, spec: &str) -> String {
    format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: hostile}}\nspec:\n{spec}"
    )
}

pub(crate) fn broken() -> Vec<Broken> {
    let mut broken = fields();
    broken.extend(objects());
    broken.extend(bombs());
    broken
}

/// P1 to P4, P9.
fn fields() -> Vec<Broken> {
    let approval = |row, allowed: &str, help| Broken {
        row,
        path: "policies/hostile.yaml",
        text: policy(
            "ApprovalPolicy",
            &format!("  selector: {{everything: true}}\n  allowed: {allowed}\n  approvals: none\n"),
        ),
        help,
    };
    let whole = |row, kind: &str, spec: &str, help| Broken {
        row,
        path: "policies/hostile.yaml",
        text: policy(kind, spec),
        help,
    };
    let rule = |row, rule: &str, help| Broken {
        row,
        path: "policies/hostile.yaml",
        text: policy(
            "ApprovalPolicy",
            &format!(
                "  selector: {{everything: true}}\n  allowed: {{}}\n  approvals: none\n  validations:\n    \
                 - {{name: a, message: m, rule: '{}'}}\n",
                rule.replace('\'', "''")
            ),
        ),
        help,
    };
    vec![
        approval("P1", "{dnsName: {any: true}}", "dnsNames"),
        whole(
            "P1",
            "DenyPolicy",
            "  deny:\n    - {name: a, dnsName: [x.example.com]}\n",
            "dnsNames",
        ),
        approval("P2", "{dnsNames: {values: ['*']}}", "any: true"),
        approval("P2", "{dnsNames: {values: ['**']}}", "any: true"),
        approval("P3", "{dnsNames: {required: true, absent: true}}", ""),
        approval("P3", "{dnsNames: {required: true}}", ""),
        whole(
            "P4",
            "ApprovalPolicy",
            "  selector: {}\n  allowed: {}\n  approvals: none\n",
            "everything: true",
        ),
        rule("P9", "cert.dnsName.size() == 0", "dnsNames"),
        rule("P9", "reqest.name == \"x\"", "request"),
        whole(
            "P9",
            "DenyPolicy",
            "  deny:\n    - {name: a, keys: {lists: [keys/lst.txt]}}\n",
            "",
        ),
        Broken {
            row: "P9",
            path: "policies/signer.yaml",
            text: wide::signer("wide", wide::SIGNER, "  clusters: [kubernets]\n"),
            help: "kubernetes",
        },
        Broken {
            row: "P9",
            path: "policies/signer.yaml",
            text: wide::signer("wide", wide::SIGNER, "  templates: [kubeconfg.yaml.j2]\n"),
            help: "kubeconfig.yaml.j2",
        },
        Broken {
            row: "P9",
            path: "policies/signer.yaml",
            text: wide::signer("wide", wide::SIGNER, "").replace("cluster.pem", "clutser.pem"),
            help: "cluster.pem",
        },
    ]
}

/// P7, P8.
fn objects() -> Vec<Broken> {
    let settings = "  repository: 7f0c2a94-6a3e-4d0b-9a51-0c8d5a1f2b77\n  branch: main\n  bot: {name: a, email: b@c}\n";
    let deny = policy("DenyPolicy", "  deny:\n    - {name: a, usages: [any]}\n");
    let at = |row, text: String| Broken {
        row,
        path: "policies/hostile.yaml",
        text,
        help: "",
    };
    vec![
        at("P7", wide::signer("wide", "example.com/second", "")),
        at("P7", wide::signer("second", wide::SIGNER, "")),
        at("P7", policy("Settings", settings)),
        Broken {
            row: "P7",
            path: "policies/settings.yaml",
            text: deny.clone(),
            help: "",
        },
        at("P8", deny.replace("v1alpha1", "v1alpha2")),
        Broken {
            help: "write `gitca.dev/v1alpha1`",
            ..at("P8", deny.replace("gitca.dev", "policy.cert-manager.io"))
        },
        at("P8", deny.replace("DenyPolicy", "DenyPolicies")),
        at("P8", deny.replace("DenyPolicy", "denypolicy")),
        at("P8", deny.replace("apiVersion: gitca.dev/v1alpha1\n", "")),
    ]
}

/// P6: what must be refused when it is loaded, and soon.
fn bombs() -> Vec<Broken> {
    let rule = |rule: String| Broken {
        row: "P6",
        path: "policies/hostile.yaml",
        text: policy(
            "DenyPolicy",
            &format!(
                "  deny:\n    - {{name: a, rule: '{}'}}\n",
                rule.replace('\'', "''")
            ),
        ),
        help: "",
    };
    let doubling = format!("['a']{}.size() == 1", ".map(v, v + v)".repeat(30));
    let loops =
        "request.usages.all(a, request.usages.all(b, request.usages.all(c, a == b && b == c)))";
    vec![
        rule("(".repeat(500) + "true" + &")".repeat(500)),
        rule("[".repeat(500)),
        rule(format!("'{}' == ''", "x".repeat(1_000_000))),
        rule("!!(".repeat(300) + "true" + &")".repeat(300)),
        rule("1".to_owned() + &"+1".repeat(2000) + " == 0"),
        rule("cert".to_owned() + &".a".repeat(2000)),
        rule(doubling),
        rule(loops.to_owned()),
        rule(r"'a'.matches('(((a{1,100}){1,100}){1,100}){1,100}')".to_owned()),
        rule(r"cert.subject.commonName.matches(cert.subject.commonName)".to_owned()),
        rule("true\u{0}".to_owned()),
        Broken {
            row: "P6",
            path: "policies/hostile.yaml",
            text: "[".repeat(80_000),
            help: "",
        },
    ]
}

/// P5.
pub(crate) fn wider() -> Vec<Case> {
    let tight = wide::signer(
        "wide",
        wide::SIGNER,
        "  usages: [client auth]\n  duration: {max: 1d}\n",
    );
    let asking = |usages: &str, more: &str| {
        let text = wide::manifest("jane", wide::SIGNER, usages, &Draft::default().pem());
        text.replace("  usages:", &format!("{more}  usages:"))
    };
    vec![
        Case::of_manifest("P5", "a usage", asking("client auth, server auth", ""))
            .with("policies/signer.yaml", &tight)
            .denied(&[Code::UsageNotAllowed]),
        Case::of_manifest(
            "P5",
            "a lifetime",
            asking("client auth", "  expirationSeconds: 864000\n"),
        )
        .with("policies/signer.yaml", &tight)
        .approved(&[Code::LifetimeCapped]),
    ]
}

/// P6.
pub(crate) fn failing_rules() -> Vec<Case> {
    let mut cases = Vec::new();
    for rule in [
        "1 / request.dirs.map(d, 0)[0] == 1",
        "request.labels[\"nothing\"] == \"x\"",
        "request.dirs[7] == \"x\"",
        "int(request.name) == 1",
        "request.expirationSeconds + 9223372036854775807 + 9223372036854775807 > 0",
    ] {
        let draft = Draft::default();
        let validations = format!(
            "{{subject: {{commonName: {{any: true}}}}, usages: [client auth]}}\n  validations:\n    \
             - {{name: a, message: m, rule: '{rule}'}}"
        );
        cases.push(
            Case::of_draft("P6", rule, &draft)
                .allowing(&validations)
                .expect(Verdict::Denied, &[Code::NoPolicyAdmits, Code::RuleError]),
        );
        cases.push(
            Case::of_draft("P6", format!("a deny rule: {rule}"), &draft)
                .denying(&format!("{{name: a, rule: '{rule}'}}"))
                .denied(&[Code::RuleError]),
        );
    }
    cases
}

/// A request for so many names under policies, and what comes of it.
fn crowd(what: &str, names: &[String], allowed: &str) -> Case {
    let names: Vec<Vec<u8>> = names.iter().map(|name| dns(name)).collect();
    let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
    Case::of_draft("P6", what, &Draft::of_names(&names)).allowing(allowed)
}

/// P6: what patterns and rules of all policies do for one request is counted, and there is an end to it.
pub(crate) fn work() -> Vec<Case> {
    let letters = |number: usize| format!("{number:03}{}", ".abaabbbaab".repeat(22));
    let long: Vec<String> = (0..100).map(letters).collect();
    let hosts: Vec<String> = (0..250)
        .map(|number| format!("web-{number}.shop.svc.cluster.local"))
        .collect();
    let patterns = |pattern: &str, more: &str| {
        let values: Vec<String> = (0..31)
            .map(|number| format!("{{regex: '{}'}}", pattern.replace('N', &number.to_string())))
            .collect();
        let values = values.join(", ");
        format!(
            "{{subject: {{commonName: {{any: true}}}}, dnsNames: {{values: [{values}, {more}]}}, usages: [client auth]}}"
        )
    };
    let rules: Vec<String> = (0..64)
        .map(|number| {
            format!("    - {{name: r{number}, rule: 'cert.dnsNames.all(n, n.size() > 1 && n.size() > 2 && n != \"{number}\")'}}\n")
        })
        .collect();
    let any = "{subject: {commonName: {any: true}}, dnsNames: {any: true}, usages: [client auth]}";
    let bomb = ".*a.{200}zN";
    let host = r"[a-z0-9-]{1,63}N?\.[a-z]+\.svc\.cluster\.local";
    let listed: Vec<String> = (0..8_000)
        .map(|number| format!("a{number}.example.com"))
        .collect();
    let starred: Vec<String> = listed
        .iter()
        .map(|name| {
            format!(
                "\"{}*.*.svc.cluster.local\"",
                name.trim_end_matches(".example.com")
            )
        })
        .collect();
    vec![
        crowd("patterns of hosts", &hosts, &patterns(host, "web-1")).approved(&[]),
        crowd("bombs that nothing fits", &long, &patterns(bomb, "a"))
            .not_admitted(&[Code::RuleError, Code::ValueNotAllowed]),
        crowd("bombs before what fits", &long, &patterns(bomb, "'*.**'"))
            .denied(&[Code::RuleError]),
        crowd(
            "as many rules",
            &hosts,
            &format!("{any}\n  validations:\n{}", rules.concat()),
        )
        .denied(&[Code::RuleError]),
        crowd("names on a long list", &hosts, any)
            .denying(&format!("{{name: a, dnsNames: [{}]}}", listed.join(", ")))
            .approved(&[]),
        crowd("names under a long list of stars", &hosts, any)
            .denying(&format!("{{name: a, dnsNames: [{}]}}", starred.join(", ")))
            .denied(&[Code::RuleError]),
    ]
}

/// P6: what policies say in good faith is within what one decision may do, and what takes more denies.
#[test]
fn what_takes_too_much_work_decides_against_the_request() {
    let start = Instant::now();
    judge::judge(&work());
    // Without an end to it the bombs alone took minutes.
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "{:?}",
        start.elapsed()
    );
}
