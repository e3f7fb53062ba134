//! `gitca policy lint`: each kind of flaw, what comes near to it and is none, and the formats.

#![expect(clippy::disallowed_methods, reason = "this test reads a starter file")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gitca::control::ControlZone;
use gitca::finding::Code;
use gitca::inspection::{Flaw, Weight, inspect};
use gitca::names::{ObjectId, RepoPath};
use gitca::snapshot::Blob;
use rcgen::{CertificateParams, GeneralSubtree, IsCa, KeyUsagePurpose};

use support::{NOW, Scratch, files_below, seeded_key};

type Files = Vec<(&'static str, String)>;

fn object(kind: &str, name: &str, spec: &str) -> String {
    let spec = spec.replace('\n', "\n  ");
    format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n  {spec}\n"
    )
}

/// An approval policy of one field a line, which has no flaw but that nobody approves.
fn policy(name: &str, changes: &[(&str, &str)]) -> String {
    let mut fields = BTreeMap::from([
        ("selector", "{paths: ['web/**']}"),
        ("approvals", "none"),
        (
            "allowed",
            "{subject: {organizations: {values: [web]}}, usages: [client auth]}",
        ),
    ]);
    fields.extend(changes.iter().copied());
    let lines: Vec<String> = fields
        .iter()
        .map(|(field, value)| format!("{field}: {value}"))
        .collect();
    object("ApprovalPolicy", name, &lines.join("\n"))
}

fn person(name: &str, number: u8) -> String {
    let mut blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20".to_vec();
    let key = seeded_key(&format!("person-{number}"));
    blob.extend(key.public_key_raw());
    let blob = STANDARD.encode(blob);
    object("Principal", name, &format!("sshKeys: [ssh-ed25519 {blob}]"))
}

fn group(name: &str, members: &str) -> String {
    object("Group", name, &format!("members: [{members}]"))
}

/// The starter policies without their approval policy, and these files.
fn zone(files: &Files) -> ControlZone {
    let mut all: BTreeMap<RepoPath, Blob> = BTreeMap::new();
    let mut add = |path: String, bytes: Vec<u8>| {
        let id = ObjectId([7; 20]);
        all.insert(path.parse().expect("a path"), Blob { id, bytes });
    };
    for top in ["policies", "templates"] {
        for (path, bytes) in files_below(Path::new(top)) {
            if !path.ends_with("developers.yaml") {
                add(format!("{top}/{path}"), bytes);
            }
        }
    }
    for (path, text) in files {
        add(format!("policies/{path}"), text.clone().into_bytes());
    }
    ControlZone::load(&all).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

fn flaws(files: &Files) -> Vec<Flaw> {
    let found = inspect(&zone(files), NOW.parse().expect("a time"));
    let mut flaws = found.findings;
    let meant = [Code::ApprovalsNone, Code::NoTests, Code::NoBotKey];
    flaws.retain(|flaw| !meant.contains(&flaw.finding.reason.code));
    for flaw in &flaws {
        let reason = &flaw.finding.reason;
        assert!(reason.line.is_some() && reason.column.is_some(), "{flaw:?}");
        assert!(flaw.finding.file.is_some(), "{flaw:?}");
        assert!(reason.help.is_some(), "{flaw:?}");
        assert!(!reason.message.ends_with('.'), "{flaw:?}");
    }
    flaws
}

/// The warnings and notes of these files, each as code and field.
fn found(files: &Files) -> Vec<(Weight, String, String)> {
    let told = |flaw: &Flaw| {
        let reason = &flaw.finding.reason;
        let field = reason.field.clone().unwrap_or_default();
        (flaw.severity, reason.code.to_string(), field)
    };
    flaws(files).iter().map(told).collect()
}

/// The fields of a policy that differ, and the codes and fields that are found.
type Row<'r> = (&'r [(&'r str, &'r str)], &'r [&'r str]);

/// Judges one policy of these fields, among other files.
#[track_caller]
fn judge(rows: &[Row<'_>], others: &Files) {
    for (changes, expected) in rows {
        let mut files = others.clone();
        files.push(("x.yaml", policy("x", changes)));
        let found: Vec<String> = found(&files)
            .into_iter()
            .map(|(_, code, field)| format!("{code} {field}"))
            .collect();
        assert_eq!(found, *expected, "{changes:?}");
    }
}

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

#[test]
fn approvals_hang_on_people_with_keys() {
    let mut people = vec![
        ("a.yaml", person("alice", 1)),
        ("b.yaml", person("bob", 2)),
        (
            "c.yaml",
            object("Principal", "carol", "emails: [carol@example.com]"),
        ),
        ("d.yaml", object("Principal", "dave", "kind: bot")),
        ("ops.yaml", group("ops", "alice, bob, carol, dave")),
        ("one.yaml", group("one", "alice")),
    ];
    people.push(("zed.yaml", person("zed", 4)));
    for (approvals, expected) in [
        ("{anyOf: [{groups: [ops], count: 1}]}", &[][..]),
        (
            "{anyOf: [{groups: [ops], count: 2}]}",
            &[(Weight::Note, "SoleApprover")],
        ),
        (
            "{anyOf: [{groups: [ops], count: 3}]}",
            &[(Weight::Warning, "NeverComplete")],
        ),
        (
            "{anyOf: [{groups: [one]}]}",
            &[(Weight::Note, "SoleApprover")],
        ),
        ("{anyOf: [{groups: [one]}, {principals: [bob]}]}", &[]),
        (
            "{allOf: [{groups: [one]}, {principals: [alice]}]}",
            &[(Weight::Warning, "NeverComplete")],
        ),
        ("{anyOf: [{principals: [zed]}, {groups: [ops]}]}", &[]),
    ] {
        let mut files = people.clone();
        files.push(("x.yaml", policy("x", &[("approvals", approvals)])));
        let mut found: Vec<(Weight, String)> = found(&files)
            .into_iter()
            .map(|(weight, code, _)| (weight, code))
            .collect();
        // Whoever is named in no group and no policy is told apart.
        let unused = (Weight::Note, "UnusedPrincipal".to_owned());
        let is_unused = found.contains(&unused);
        assert_eq!(is_unused, !approvals.contains("zed"), "{approvals}");
        found.retain(|one| *one != unused);
        let expected: Vec<(Weight, String)> = expected
            .iter()
            .map(|(weight, code)| (*weight, (*code).to_owned()))
            .collect();
        assert_eq!(found, expected, "{approvals}");
    }
}

#[test]
fn what_a_requester_writes_grants_nothing() {
    let chosen = "{subject: {commonName: {values: ['{{ request.name }}']}}, usages: [client auth]}";
    let fixed = "{subject: {commonName: {values: ['{{ request.name }}']}, organizations: {values: [web]}}, \
                 usages: [client auth]}";
    let proven =
        "{subject: {commonName: {values: ['{{ requester.name }}']}}, usages: [client auth]}";
    let labels = "{labels: {matchLabels: {team: web}}}";
    let bound = "{labels: {matchLabels: {team: web}}, paths: ['web/**']}";
    judge(
        &[
            (
                &[("allowed", chosen)],
                &["RequesterChosenName spec.allowed"],
            ),
            (&[("allowed", fixed)], &[]),
            (&[("allowed", proven)], &[]),
            (
                &[("selector", labels)],
                &["LabelsGrant spec.selector.labels"],
            ),
            (&[("selector", bound)], &[]),
        ],
        &vec![],
    );
    let group = vec![
        ("a.yaml", person("alice", 1)),
        ("g.yaml", group("g", "alice")),
    ];
    let selector = ("selector", "{requesters: {groups: [g]}}");
    judge(&[(&[selector], &[])], &group);
    let settings = std::fs::read_to_string("policies/settings.yaml").expect("a starter file");
    let settings = settings.replace("spec:\n", "spec:\n  requesterIdentity: author\n");
    let mut author = group;
    author.push(("settings.yaml", settings));
    let expected = &["UnprovenRequester spec.selector.requesters"][..];
    judge(&[(&[selector], expected), (&[], &[])], &author);
}

#[test]
fn a_ca_that_ends_too_soon_and_missing_tests_are_told() {
    let test = object(
        "PolicyTest",
        "x",
        "cases: [{name: a, request: {path: a/b, signerName: example.com/x}, expect: {verdict: ignored}}]",
    );
    for (now, tests, expected) in [
        ("2039-09-30T00:00:00Z", true, &[][..]),
        ("2039-10-02T00:00:00Z", true, &[Code::CaExpiresSoon]),
        ("2039-09-30T00:00:00Z", false, &[Code::NoTests]),
    ] {
        let mut files = vec![("x.yaml", policy("x", &[]))];
        files.extend(tests.then(|| ("tests/x.yaml", test.clone())));
        let found = inspect(&zone(&files), now.parse().expect("a time")).findings;
        let mut codes: Vec<Code> = found.iter().map(|flaw| flaw.finding.reason.code).collect();
        let meant = [Code::ApprovalsNone, Code::NoBotKey];
        codes.retain(|code| !meant.contains(code));
        assert_eq!(codes, expected, "{now}");
    }
}

#[test]
fn it_is_noted_as_long_as_no_key_proves_the_commits_of_runs() {
    let bot = |kind: &str, email: &str, key: &str| {
        let (head, line) = person("robot", 1).split_once("sshKeys: ").map_or_else(
            Default::default,
            |(head, line)| {
                (
                    head.to_owned(),
                    line.trim().trim_matches(['[', ']']).to_owned(),
                )
            },
        );
        format!(
            "{head}kind: {kind}\n  emails: [{email}]\n  sshKeys: {}\n",
            key.replace("KEY", &line)
        )
    };
    let address = "gitca@example.com";
    let ended = "[{key: KEY, notAfter: \"2029-12-31T00:00:00Z\"}]";
    for (robot, is_told) in [
        (None, true),
        (Some(bot("bot", address, "[KEY]")), false),
        (Some(bot("bot", address, "[]")), true),
        (Some(bot("bot", address, ended)), true),
        (Some(bot("bot", "other@example.com", "[KEY]")), true),
        (Some(bot("person", address, "[KEY]")), true),
    ] {
        let files: Files = robot
            .iter()
            .map(|robot| ("robot.yaml", robot.clone()))
            .collect();
        let inspection = inspect(&zone(&files), NOW.parse().expect("a time"));
        let told: Vec<&Flaw> = inspection
            .findings
            .iter()
            .filter(|flaw| flaw.finding.reason.code == Code::NoBotKey)
            .collect();
        assert_eq!(told.len(), usize::from(is_told), "{robot:?}");
        for flaw in &told {
            assert_eq!(flaw.severity, Weight::Note);
            let reason = &flaw.finding.reason;
            assert_eq!(reason.field.as_deref(), Some("spec.bot"));
            assert!(reason.line.is_some(), "{flaw:?}");
            let help = reason.help.as_deref().unwrap_or_default();
            assert!(help.contains(address), "{help}");
        }
        // The bot of the Settings is of use although it is in no group.
        let unused = inspection.findings.iter();
        let mut unused = unused.filter(|flaw| flaw.finding.reason.code == Code::UnusedPrincipal);
        assert_eq!(
            unused.next().is_some(),
            robot.is_some() && is_unused(robot.as_deref()),
            "{robot:?}"
        );
    }
}

fn is_unused(robot: Option<&str>) -> bool {
    let robot = robot.unwrap_or_default();
    !(robot.contains("kind: bot") && robot.contains("[gitca@example.com]"))
}

#[test]
fn signers_that_want_different_lists_of_one_ca_are_told() {
    let ca = |seed: &str| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = rcgen::date_time_ymd(2029, 1, 1);
        params.not_after = rcgen::date_time_ymd(2040, 1, 1);
        params.self_signed(&seeded_key(seed)).expect("a CA").pem()
    };
    let signer = |name: &str, ca: &str, crl: &str| {
        let spec = format!(
            "signerName: example.com/{name}\ncaCertificate: ca/{ca}.pem\nkey: x\ncrl: {crl}"
        );
        object("Signer", name, &spec)
    };
    let longer = Some((Weight::Warning, "spec.crl.validity"));
    let silent = Some((Weight::Note, "spec.crl.publish"));
    for (other, crl, expected) in [
        ("one", "{publish: true, validity: 2d}", None),
        ("one", "{publish: true}", longer),
        ("one", "{}", silent),
        (
            "one",
            "{distributionPoints: ['http://crl.example.com/a']}",
            silent,
        ),
        ("two", "{publish: true}", None),
        ("two", "{}", None),
    ] {
        let files = vec![
            ("ca/one.pem", ca("one")),
            ("ca/two.pem", ca("two")),
            (
                "a.yaml",
                signer("a", "one", "{publish: true, validity: 2d}"),
            ),
            ("b.yaml", signer("b", other, crl)),
        ];
        let found = inspect(&zone(&files), NOW.parse().expect("a time")).findings;
        let is_meant = |flaw: &&Flaw| flaw.finding.reason.code == Code::ListsDiffer;
        let found: Vec<_> = found.iter().filter(is_meant).collect();
        let shown: Vec<_> = found
            .iter()
            .map(|flaw| {
                (
                    flaw.severity,
                    flaw.finding.reason.field.as_deref().unwrap_or(""),
                )
            })
            .collect();
        assert_eq!(shown, Vec::from_iter(expected), "{other} {crl}");
        assert!(found.iter().all(|flaw| {
            flaw.finding
                .file
                .as_ref()
                .is_some_and(|file| file.as_str() == "policies/b.yaml")
        }));
    }
}

#[test]
fn names_that_the_ca_may_not_certify_are_told_with_an_example() {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_before = rcgen::date_time_ymd(2029, 1, 1);
    params.not_after = rcgen::date_time_ymd(2040, 1, 1);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "constrained");
    params.name_constraints = Some(rcgen::NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("example.com".to_owned())],
        excluded_subtrees: Vec::new(),
    });
    let ca = params.self_signed(&seeded_key("ca")).expect("a CA").pem();
    let signer = object(
        "Signer",
        "constrained",
        "signerName: example.com/x\ncaCertificate: ca/constrained.pem\nkey: x",
    );
    let files = vec![("ca/constrained.pem", ca), ("constrained.yaml", signer)];
    let names = |list: &str| format!("{{dnsNames: {{values: [{list}]}}, usages: [server auth]}}");
    let selector = ("selector", "{signerNames: [example.com/x]}");
    for (list, expected) in [
        ("'*.example.com'", &[][..]),
        (
            "a.example.com, '*.example.org'",
            &["ExceedsNameConstraints spec.allowed.dnsNames.values[1]"],
        ),
    ] {
        judge(
            &[(&[selector, ("allowed", &names(list))], expected)],
            &files,
        );
    }
}

#[test]
fn what_init_writes_has_no_warnings() {
    let scratch = Scratch::with_repository();
    let told = scratch.in_repo(&["policy", "lint", "-o", "json"]);
    let told = told.success().json();
    assert_eq!(told["kind"], "LintReport");
    assert_eq!(told["summary"]["warnings"], 0, "{told:#}");
    scratch.sh("ssh-keygen -q -t ed25519 -N '' -C test -f home/id");
    let key = scratch.path("home/id");
    let key = key.to_string_lossy();
    let args = ["init", "other", "--require-approval", "--signing-key", &key];
    scratch.gitca(&args).success();
    let told = scratch.gitca(&["-C", "other", "policy", "lint", "-o", "json"]);
    let told = told.success().json();
    assert_eq!(told["summary"]["warnings"], 0, "{told:#}");
}

#[test]
fn each_format_says_the_same_and_a_warning_sets_the_exit_code() {
    let scratch = Scratch::with_repository();
    let broad = "{subject: {organizations: {any: true}}, usages: [client auth]}";
    let text = policy("broad", &[("allowed", broad)]);
    scratch.write("repo/policies/broad.yaml", &text);
    let lint = |format: &str| scratch.in_repo(&["policy", "lint", "-o", format]).code(1);
    let text = lint("text").stdout;
    let words = "warning[TooBroad]: every value of `organizations` is admitted, except reserved\n  ones\n  \
                 --> policies/broad.yaml:5:44\n  field: spec.allowed.subject.organizations.any\n  help: ";
    assert!(text.contains(words), "{text}");
    assert!(
        text.ends_with("policy lint: 1 warning, 3 notes\n"),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    let json = lint("json").json();
    let finding = json["findings"].as_array().expect("a list");
    let finding = finding.iter().find(|it| it["code"] == "TooBroad");
    let finding = finding.expect("it is there");
    assert_eq!(finding["severity"], "warning");
    assert_eq!(finding["file"], "policies/broad.yaml");
    assert_eq!(finding["line"], 5);
    let log = lint("sarif").json();
    let run = &log["runs"][0];
    assert_eq!(run["automationDetails"]["id"], "gitca/policy lint");
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "TooBroad");
    assert_eq!(result["level"], "warning");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "policies/broad.yaml");
    assert_eq!(place["region"]["startLine"], 5);
    let notes = run["results"].as_array().expect("a list")[1..].iter();
    assert!(notes.into_iter().all(|note| note["level"] == "note"));
    let github = lint("github").stdout;
    let command = "::warning title=TooBroad,file=policies/broad.yaml,line=5,col=44::";
    assert!(github.starts_with(command), "{github}");
    let issues = lint("gitlab").json();
    assert_eq!(issues[0]["check_name"], "TooBroad");
    assert_eq!(issues[0]["severity"], "minor");
    assert!(lint("yaml").stdout.contains("kind: LintReport\n"));
    // The commit has not got it.
    scratch
        .in_repo(&["policy", "lint", "--head", "HEAD"])
        .success();
    scratch.write("repo/policies/broad.yaml", "kind: ApprovalPolicy\n");
    let broken = scratch.in_repo(&["policy", "lint"]).code(2);
    assert!(
        broken.stderr.contains("error[ConfigInvalid]"),
        "{}",
        broken.stderr
    );
}

/// A policy that denies so many of these names.
fn denial(name: &str, number: usize, text: fn(usize) -> String) -> String {
    let names: Vec<String> = (0..number).map(text).collect();
    let spec = format!("deny: [{{name: x, dnsNames: [{}]}}]", names.join(", "));
    object("DenyPolicy", name, &spec)
}

#[test]
fn a_long_list_of_names_is_compared_whole() {
    // Pair by pair that would be a hundred million comparisons.
    let host = |number| format!("Host-{}.example", number % 9_999);
    let files = vec![("x.yaml", denial("x", 10_000, host))];
    let last = "spec.deny[0].dnsNames[9999]".to_owned();
    let warned = (Weight::Warning, "DeadEntry".to_owned(), last);
    assert_eq!(found(&files), [warned]);
}

#[test]
fn what_was_not_compared_is_told() {
    let entry = |number: usize| match number % 2 {
        0 => format!("'*.{number}.example'"),
        _ => format!("x.{number}.example"),
    };
    for (number, expected) in [(1_000, 0), (10_000, 1)] {
        let found = found(&vec![("x.yaml", denial("x", number, entry))]);
        let told = found.iter().filter(|(_, code, _)| code == "NotCompared");
        assert_eq!((found.len(), told.count()), (expected, expected));
    }
}
