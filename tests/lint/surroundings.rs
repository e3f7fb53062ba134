//! What policies rest on: people and their keys, the bot, CAs and their lists, tests.
//!
//! Each row changes one of these files, or leaves it out, and names what is found because of it.

use gitca::finding::Code;
use gitca::inspection::{Flaw, Weight, inspect};
use rcgen::{CertificateParams, GeneralSubtree, IsCa, KeyUsagePurpose};

use crate::place::{Files, found, group, judge, object, person, policy, zone};
use crate::support::{NOW, seeded_key};

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
