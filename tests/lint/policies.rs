//! Policies that are wider than they look, that do nothing, or that another one makes superfluous.
//!
//! Each row is what differs from a policy without flaws, and the codes that come of it; what comes near to a flaw and is
//! none stands beside it.

use gitca::finding::Code;

use crate::place::{flaws, found, group, judge, object, person, policy};

#[test]
fn a_policy_without_flaws_has_none() {
    judge(&[(&[], &[])], &vec![]);
}

#[test]
fn what_lets_in_everything_is_too_broad() {
    let text = |rule: &'static str| -> Box<[(&str, &str)]> { Box::new([("allowed", rule)]) };
    for (rule, expected) in [
        (
            "{subject: {commonName: {any: true}}, usages: [client auth]}",
            &["TooBroad spec.allowed.subject.commonName.any"][..],
        ),
        (
            "{subject: {organizations: {any: true}}, usages: [client auth]}",
            &["TooBroad spec.allowed.subject.organizations.any"],
        ),
        (
            "{subject: {localities: {any: true}}, usages: [client auth]}",
            &[],
        ),
        (
            "{subject: {commonName: {inSANs: true}}, dnsNames: {values: [a.b]}, usages: [client auth]}",
            &[],
        ),
        (
            "{dnsNames: {values: [{regex: '.*'}]}, usages: [client auth]}",
            &["TooBroad spec.allowed.dnsNames.values[0]"],
        ),
        (
            "{uris: {values: [{regex: '(?i)[a-z]+:.+'}]}, usages: [client auth]}",
            &["TooBroad spec.allowed.uris.values[0]"],
        ),
        (
            "{dnsNames: {values: [{regex: '.*[.]example[.]com'}]}, usages: [client auth]}",
            &[],
        ),
        (
            "{ipAddresses: {cidrs: [10.0.0.0/8, '::/0']}, usages: [client auth]}",
            &["TooBroad spec.allowed.ipAddresses.cidrs[1]"],
        ),
        (
            "{ipAddresses: {cidrs: [10.0.0.0/8]}, usages: [client auth]}",
            &[],
        ),
    ] {
        judge(&[(&text(rule), expected)], &vec![]);
    }
}

#[test]
fn what_no_signer_gives_is_too_much() {
    judge(
        &[
            (
                &[(
                    "allowed",
                    "{subject: {organizations: {values: [web]}}, usages: [client auth, server auth]}",
                )],
                &["ExceedsSigner spec.allowed.usages[1]"],
            ),
            (
                &[("constraints", "{duration: {max: 91d}}")],
                &["ExceedsSigner spec.constraints.duration.max"],
            ),
            (&[("constraints", "{duration: {max: 90d}}")], &[]),
            (
                &[("constraints", "{keys: [{rsa: {bits: [2048, 8192]}}]}")],
                &["ExceedsSigner spec.constraints.keys"],
            ),
            (&[("constraints", "{keys: [rsa, ed25519]}")], &[]),
        ],
        &vec![],
    );
}

#[test]
fn what_can_admit_nothing_is_told() {
    let signer = object(
        "Signer",
        "kubelets",
        "signerName: kubernetes.io/kubelet-serving\ncaCertificate: ca/cluster.pem\nkey: cluster-ca",
    );
    judge(
        &[
            (
                &[("allowed", "{subject: {organizations: {values: [web]}}}")],
                &["NeverAdmits spec.allowed.usages"],
            ),
            (
                &[("allowed", "{usages: [client auth]}")],
                &["NeverAdmits spec.allowed"],
            ),
            (
                &[("selector", "{signerNames: [kubernetes.io/kubelet-serving]}")],
                &[
                    "NeverAdmits spec.allowed.usages",
                    "ExceedsSigner spec.allowed.usages[0]",
                ],
            ),
            (
                &[("selector", "{signerNames: [example.com/nobody]}")],
                &[
                    "NeverAdmits spec.selector.signerNames",
                    "DeadEntry spec.selector.signerNames[0]",
                ],
            ),
            (
                &[("constraints", "{duration: {min: 91d}}")],
                &["NeverAdmits spec.constraints.duration.min"],
            ),
            (
                &[("constraints", "{keys: [{rsa: {bits: [8192]}}]}")],
                &[
                    "ExceedsSigner spec.constraints.keys",
                    "NeverAdmits spec.constraints.keys",
                ],
            ),
            (
                &[(
                    "allowed",
                    "{subject: {commonName: {inSANs: true, required: true}}, usages: [client auth]}",
                )],
                &["NeverAdmits spec.allowed.subject.commonName"],
            ),
            (
                &[("selector", "{requesters: {groups: [empty]}}")],
                &["NeverAdmits spec.selector.requesters"],
            ),
        ],
        &vec![
            ("kubelets.yaml", signer),
            ("empty.yaml", object("Group", "empty", "{}")),
        ],
    );
}

#[test]
fn entries_that_change_nothing_are_dead() {
    let denying = object(
        "DenyPolicy",
        "vault",
        "deny:\n  - {name: a, dnsNames: [vault.example.com]}\n  \
         - {name: b, dnsNames: [ops.example.com], unless: {paths: [ops/x]}}",
    );
    let names = |list: &str| format!("{{dnsNames: {{values: [{list}]}}, usages: [client auth]}}");
    for (list, expected) in [
        (
            "a.example.com, '*.example.com'",
            &["DeadEntry spec.allowed.dnsNames.values[0]"][..],
        ),
        (
            "'*.example.com', A.example.com",
            &["DeadEntry spec.allowed.dnsNames.values[1]"],
        ),
        (
            "a.example.com, a.example.com",
            &["DeadEntry spec.allowed.dnsNames.values[1]"],
        ),
        ("'*.example.com', a.b.example.com", &[]),
        ("a.example.com, 'a-*.example.com'", &[]),
        (
            "VAULT.example.com, b.example.com",
            &["DeadEntry spec.allowed.dnsNames.values[0]"],
        ),
        // The exception may let it through.
        ("ops.example.com", &[]),
        // It fits more than what is denied.
        ("'*.example.com'", &[]),
    ] {
        let others = vec![("vault.yaml", denying.clone())];
        judge(&[(&[("allowed", &names(list))], expected)], &others);
    }
    let groups = "{subject: {organizations: {values: ['a:*', {regex: '.+'}, 'system:x', 'a:b']}}, \
                  usages: [client auth]}";
    let found = found(&vec![("x.yaml", policy("x", &[("allowed", groups)]))]);
    let fields: Vec<&str> = found
        .iter()
        .filter(|(_, code, _)| code == "DeadEntry")
        .map(|(_, _, field)| field.as_str())
        .collect();
    // A reserved name is denied by the starter's own policy, and no star holds it; `a:b` is held by both.
    let values = "spec.allowed.subject.organizations.values";
    assert_eq!(fields, [format!("{values}[2]"), format!("{values}[3]")]);
    let blocks =
        "{ipAddresses: {cidrs: [10.0.0.0/8, 10.1.0.0/16, 11.0.0.0/8]}, usages: [client auth]}";
    let expected = &["DeadEntry spec.allowed.ipAddresses.cidrs[1]"][..];
    judge(&[(&[("allowed", blocks)], expected)], &vec![]);
}

#[test]
fn a_policy_is_shadowed_only_where_the_other_one_holds_all_of_it() {
    let asks = "{anyOf: [{groups: [ops], count: 2}]}";
    let narrow: &[(&str, &str)] = &[
        ("approvals", asks),
        (
            "allowed",
            "{subject: {organizations: {values: [web, 'web:*'], maxItems: 4}}, dnsNames: {values: [a.example.com]}, \
             ipAddresses: {cidrs: [10.1.0.0/16]}, usages: [client auth]}",
        ),
        ("constraints", "{duration: {max: 10d}, keys: [ed25519]}"),
        (
            "validations",
            "[{name: v, rule: 'size(cert.dnsNames) < 3'}]",
        ),
    ];
    let wide = "{subject: {organizations: {values: ['web:*', web, ops], maxItems: 8}}, \
                dnsNames: {values: ['*.example.com']}, ipAddresses: {cidrs: [10.0.0.0/8]}, \
                usages: [client auth, digital signature]}";
    let people = vec![
        ("a.yaml", person("alice", 1)),
        ("b.yaml", person("bob", 2)),
        ("c.yaml", person("carol", 3)),
        ("ops.yaml", group("ops", "alice, bob, carol")),
        ("narrow.yaml", policy("narrow", narrow)),
    ];
    for (changes, is_shadowed) in [
        (&[][..], true),
        (&[("approvals", asks)], true),
        (
            &[("approvals", "{anyOf: [{groups: [ops], count: 1}]}")],
            true,
        ),
        (
            &[("approvals", "{anyOf: [{groups: [ops], count: 3}]}")],
            false,
        ),
        (&[("mode", "audit")], false),
        (&[("selector", "{paths: ['web/a/**']}")], false),
        (&[("selector", "{everything: true}")], true),
        (&[("selector", "{paths: ['web/**', x]}")], true),
        (
            &[(
                "selector",
                "{paths: ['web/**'], labels: {matchLabels: {a: b}}}",
            )],
            false,
        ),
        (&[("selector", "{requesters: {groups: [ops]}}")], false),
        (&[("constraints", "{duration: {max: 10d}}")], true),
        (&[("constraints", "{duration: {max: 9d}}")], false),
        (&[("constraints", "{duration: {min: 1h}}")], false),
        (&[("constraints", "{keys: [rsa]}")], false),
        (&[("constraints", "{keys: [rsa, ed25519]}")], true),
        (
            &[(
                "validations",
                "[{name: other, rule: 'size(cert.dnsNames) < 3'}]",
            )],
            true,
        ),
        (
            &[(
                "validations",
                "[{name: v, rule: 'size(cert.dnsNames) < 2'}]",
            )],
            false,
        ),
    ] {
        let mut fields = vec![("allowed", wide), ("approvals", "none")];
        fields.extend(changes);
        let mut files = people.clone();
        files.push(("wide.yaml", policy("zz-wide", &fields)));
        let shadowed: Vec<_> = found(&files)
            .into_iter()
            .filter(|(_, code, _)| code == "Shadowed")
            .collect();
        // With the same approvals the first by name is the one that counts.
        let is_same = changes.contains(&("approvals", asks));
        assert_eq!(!shadowed.is_empty(), is_shadowed, "{changes:?} {is_same}");
        let files = flaws(&files).into_iter();
        let mut files = files.filter(|flaw| flaw.finding.reason.code == Code::Shadowed);
        let file = files.next().and_then(|flaw| flaw.finding.file);
        let narrow = "policies/narrow.yaml".parse().expect("a path");
        assert!(file.is_none_or(|file| file == narrow), "{changes:?}");
    }
    for (allowed, is_shadowed) in [
        (
            "{subject: {organizations: {any: true}}, dnsNames: {any: true}, ipAddresses: {any: true}, usages: [client auth]}",
            true,
        ),
        (
            "{subject: {organizations: {any: true, maxItems: 3}}, dnsNames: {any: true}, ipAddresses: {any: true}, usages: [client auth]}",
            false,
        ),
        (
            "{subject: {organizations: {any: true, required: true}}, dnsNames: {any: true}, ipAddresses: {any: true}, usages: [client auth]}",
            false,
        ),
        (
            "{subject: {organizations: {any: true}}, dnsNames: {any: true}, ipAddresses: {any: true}, usages: [server auth]}",
            false,
        ),
        (
            "{subject: {organizations: {any: true}}, dnsNames: {any: true}, usages: [client auth]}",
            false,
        ),
        (
            "{subject: {organizations: {any: true}}, dnsNames: {any: true}, ipAddresses: {cidrs: [10.0.0.0/8], except: [10.1.2.0/24]}, usages: [client auth]}",
            false,
        ),
        (
            "{subject: {organizations: {any: true}}, dnsNames: {any: true}, ipAddresses: {cidrs: [10.1.128.0/17]}, usages: [client auth]}",
            false,
        ),
        (
            "{subject: {organizations: {any: true}}, dnsNames: {values: [{regex: 'a[.].*'}]}, ipAddresses: {any: true}, usages: [client auth]}",
            true,
        ),
        (
            "{subject: {organizations: {any: true}}, dnsNames: {values: [b.example.com]}, ipAddresses: {any: true}, usages: [client auth]}",
            false,
        ),
    ] {
        let mut files = people.clone();
        files.push(("wide.yaml", policy("wide", &[("allowed", allowed)])));
        let found = found(&files);
        let shadowed = found.iter().any(|(_, code, _)| code == "Shadowed");
        assert_eq!(shadowed, is_shadowed, "{allowed}");
    }
}

#[test]
fn a_reserved_name_is_held_by_no_star() {
    let reserved = "{subject: {organizations: {values: ['system:web']}}, usages: [client auth]}";
    for (wide, is_shadowed) in [
        ("{any: true}", false),
        ("{values: [{regex: 'system:.*'}]}", false),
        ("{values: ['system:*']}", true),
    ] {
        let allowed = format!("{{subject: {{organizations: {wide}}}, usages: [client auth]}}");
        let files = vec![
            ("narrow.yaml", policy("narrow", &[("allowed", reserved)])),
            ("wide.yaml", policy("a-wide", &[("allowed", &allowed)])),
        ];
        let shadowed = found(&files).iter().any(|(_, code, _)| code == "Shadowed");
        assert_eq!(shadowed, is_shadowed, "{wide}");
    }
}
