//! Policies: each wrong spec and the field that it is reported at.
//!
//! One row breaks one thing. What a later release will have is an error of its own, and never ignored.

use super::*;

#[test]
fn a_rule_says_one_thing() {
    for (rule, valid) in [
        ("{values: [a.example.com]}", true),
        ("{any: true}", true),
        ("{absent: true}", true),
        (
            "{any: true, required: true, minItems: 1, maxItems: 2}",
            true,
        ),
        (
            "{values: [a.example.com], wildcardCertificates: allow, underscores: deny}",
            true,
        ),
        ("{values: [{regex: '.*'}]}", true),
        ("{values: [{exact: a.example.com}]}", true),
        ("{}", false),
        ("{values: ['*']}", false),
        ("{values: ['**']}", false),
        ("{values: []}", false),
        ("{required: true}", false),
        ("{required: true, absent: true}", false),
        ("{absent: true, values: [a.example.com]}", false),
        ("{absent: false}", false),
        ("{any: true, values: [a.example.com]}", false),
        ("{any: true, minItems: 3, maxItems: 2}", false),
        ("{any: true, maxItems: 0}", false),
        ("{values: [{regex: '('}]}", false),
        ("{values: [{regex: 'a)|(?:b'}]}", false),
        ("{values: [{regex: '((a{100}){100}){100}'}]}", false),
        ("{values: [{regex: a, exact: a}]}", false),
        ("{values: ['']}", false),
        ("{any: true, crossing: true}", false),
        ("{any: true, inSANs: true}", false),
        ("{values: ['{{ request.nam }}.example.com']}", false),
    ] {
        let spec = format!("{APPROVAL}\nallowed: {{dnsNames: {rule}}}");
        let found = findings("ApprovalPolicy", &spec);
        assert_eq!(found.len(), usize::from(!valid), "{rule} {found:?}");
    }
}

#[test]
fn a_long_regex_is_an_error() {
    let spec = format!(
        "{APPROVAL}\nallowed: {{dnsNames: {{values: [{{regex: {}}}]}}}}",
        "a".repeat(1025)
    );
    let found = fields("ApprovalPolicy", &spec, Code::ConfigInvalid);
    assert_eq!(found, ["spec.allowed.dnsNames.values[0].regex"]);
}

#[test]
fn a_wrong_approval_policy_names_the_field() {
    let with = |more: &str| format!("{APPROVAL}\n{more}");
    for (spec, field) in [
        ("approvals: none".into(), "spec.selector"),
        ("selector: {everything: true}".into(), "spec.approvals"),
        (APPROVAL.replace("none", "nobody"), "spec.approvals"),
        (
            APPROVAL.replace("true", "false"),
            "spec.selector.everything",
        ),
        (
            APPROVAL.replace("true", "true, paths: [a]"),
            "spec.selector.everything",
        ),
        (
            APPROVAL.replace("everything: true", "paths: [/a]"),
            "spec.selector.paths[0]",
        ),
        (
            APPROVAL.replace("everything: true", "paths: [a.yaml]"),
            "spec.selector.paths[0]",
        ),
        (
            APPROVAL.replace("everything: true", "paths: [a/../b]"),
            "spec.selector.paths[0]",
        ),
        (
            APPROVAL.replace("everything: true", "paths: []"),
            "spec.selector.paths",
        ),
        (
            APPROVAL.replace("everything: true", "signerNames: [x]"),
            "spec.selector.signerNames[0]",
        ),
        (
            APPROVAL.replace("everything: true", "labels: {matchLabels: {}}"),
            "spec.selector.labels.matchLabels",
        ),
        (
            with("allowed: {usages: [any, any]}"),
            "spec.allowed.usages[1]",
        ),
        (
            with("allowed: {subject: {dc: {any: true}}}"),
            "spec.allowed.subject.dc",
        ),
        (
            with("allowed: {ipAddresses: {cidrs: [10.0.0.1/8]}}"),
            "spec.allowed.ipAddresses.cidrs[0]",
        ),
        (
            with("allowed: {ipAddresses: {cidrs: [10.0.0.0/8], except: [11.0.0.0/32]}}"),
            "spec.allowed.ipAddresses.except[0]",
        ),
        (
            with("constraints: {duration: {min: 2d, max: 1d}}"),
            "spec.constraints.duration.min",
        ),
        (
            with("constraints: {duration: {max: 0s}}"),
            "spec.constraints.duration.max",
        ),
        (
            with("constraints: {keyReuse: maybe}"),
            "spec.constraints.keyReuse",
        ),
        (with("mode: dry"), "spec.mode"),
        (
            APPROVAL.replace("everything: true", "requesters: {groups: [a]}"),
            "spec.selector.requesters.groups[0]",
        ),
        (
            APPROVAL.replace("everything: true", "requesters: {principals: [a]}"),
            "spec.selector.requesters.principals[0]",
        ),
        (
            APPROVAL.replace("everything: true", "requesters: {}"),
            "spec.selector.requesters",
        ),
        (
            APPROVAL.replace("everything: true", "requesters: {groups: []}"),
            "spec.selector.requesters.groups",
        ),
    ] {
        assert_eq!(
            fields("ApprovalPolicy", &spec, Code::ConfigInvalid),
            [field],
            "{spec}"
        );
    }
}

#[test]
fn a_wrong_renewal_names_the_field() {
    for (renewal, wrong) in [
        ("{before: 8h, until: 30d}", None),
        ("{before: 8h}", None),
        ("{until: 30d}", Some("spec.renewal.before")),
        ("{before: 8h, until: 7h}", Some("spec.renewal.until")),
        ("{before: 10d}", Some("spec.renewal.before")),
        ("{before: soon}", Some("spec.renewal.before")),
        ("{before: 8h, after: 1h}", Some("spec.renewal.after")),
    ] {
        let spec =
            format!("{APPROVAL}\nconstraints: {{duration: {{max: 10d}}}}\nrenewal: {renewal}");
        let found = findings("ApprovalPolicy", &spec);
        let of = |code| {
            let fields = found.iter().filter(|(its, ..)| *its == code);
            fields
                .map(|(_, field, _)| field.as_str())
                .collect::<Vec<_>>()
        };
        let expected: Vec<&str> = wrong.into_iter().collect();
        assert_eq!(of(Code::ConfigInvalid), expected, "{renewal}");
    }
}

#[test]
fn approvals_name_groups_that_are_there() {
    let spec = APPROVAL.replace("none", "{anyOf: [{groups: [a]}]}");
    let found = findings("ApprovalPolicy", &spec);
    let brief: Vec<(Code, &str)> = found
        .iter()
        .map(|(code, field, _)| (*code, field.as_str()))
        .collect();
    let expected = [(Code::ConfigInvalid, "spec.approvals.anyOf[0].groups[0]")];
    assert_eq!(brief, expected);
}

#[test]
fn a_wrong_deny_policy_names_the_field() {
    for (deny, field) in [
        ("[]", "spec.deny"),
        ("[{name: a}]", "spec.deny[0]"),
        ("[{usages: [any]}]", "spec.deny[0].name"),
        (
            "[{name: a, usages: [any]}, {name: a, usages: [any]}]",
            "spec.deny[1]",
        ),
        (
            "[{name: a, usages: [any], unless: {}}]",
            "spec.deny[0].unless",
        ),
        (
            "[{name: a, usages: [any], unless: {everything: true}}]",
            "spec.deny[0].unless.everything",
        ),
        (
            "[{name: a, ipAddresses: [10.0.0.1/8]}]",
            "spec.deny[0].ipAddresses[0]",
        ),
        (
            "[{name: a, usages: [any], unless: {requesters: {groups: [b]}}}]",
            "spec.deny[0].unless.requesters.groups[0]",
        ),
        ("[{name: a, subject: {}}]", "spec.deny[0].subject"),
        ("[{name: a, keys: {}}]", "spec.deny[0].keys"),
        (
            "[{name: a, keys: {lists: [keys/x.txt]}}]",
            "spec.deny[0].keys.lists[0]",
        ),
        (
            "[{name: a, keys: {spkiSHA256: ['00']}}]",
            "spec.deny[0].keys.spkiSHA256[0]",
        ),
        ("[{name: a, dnsNames: ['*']}]", "spec.deny[0].dnsNames[0]"),
    ] {
        let spec = format!("deny: {deny}");
        assert_eq!(
            fields("DenyPolicy", &spec, Code::ConfigInvalid),
            [field],
            "{deny}"
        );
    }
}

#[test]
fn a_list_is_published_by_a_ca_that_may_and_lasts_for_a_reasonable_time() {
    let signer = |more: &str| format!("{SIGNER}\n{more}");
    for fine in [
        "crl: {publish: true}",
        "crl: {publish: true, validity: 1h}",
        "crl: {publish: true, validity: 366d}",
        "subjectKeyIdentifier: none\ncertificatePolicies: []\ncrl: {publish: false, validity: 1d, distributionPoints: []}",
    ] {
        assert!(findings("Signer", &signer(fine)).is_empty(), "{fine}");
    }
    for (crl, field) in [
        ("{publish: yes}", "spec.crl.publish"),
        ("{validity: 59m}", "spec.crl.validity"),
        ("{validity: 367d}", "spec.crl.validity"),
        ("{validity: soon}", "spec.crl.validity"),
        ("{url: x}", "spec.crl.url"),
    ] {
        let found = fields(
            "Signer",
            &signer(&format!("crl: {crl}")),
            Code::ConfigInvalid,
        );
        assert_eq!(found, [field], "{crl}");
    }
}

#[test]
fn what_compiling_takes_is_counted_over_all_files() {
    let files: Vec<(String, String)> = (0..3)
        .map(|number| {
            let entry = |n| {
                format!("\n  - {{name: n{n}, emailAddresses: [{{regex: '[\\w.]+@[\\w.]+{n}'}}]}}")
            };
            let entries: String = (0..20).map(entry).collect();
            let text = file("DenyPolicy", &format!("deny:{entries}"));
            let text = text.replace("name: x", &format!("name: f{number}"));
            (format!("policies/f{number}.yaml"), text)
        })
        .collect();
    let rule = file("DenyPolicy", "deny: [{name: n, rule: 'cert.uris == []'}]");
    let mut files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    assert!(load(&files[..2]).is_ok());
    files.push(("policies/rule.yaml", &rule));
    let found = load(&files).unwrap_err();
    for finding in &found {
        let message = &finding.reason.message;
        assert!(
            message.contains("all patterns and rules together take too much"),
            "{message}"
        );
    }
    let in_file = |path| {
        found
            .iter()
            .filter(|it| it.file.as_ref().unwrap().as_str() == path)
            .count()
    };
    assert_eq!(in_file("policies/rule.yaml"), 1);
    assert!((1..20).contains(&in_file("policies/f2.yaml")), "{found:?}");
    assert_eq!(found.len(), 1 + in_file("policies/f2.yaml"));
}
