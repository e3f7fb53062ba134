//! Decisions as tables: each row changes one thing of a request that the starter policies admit, or of those policies.

mod support;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use gitca::control::ControlZone;
use gitca::decision::{Case, decide};
use gitca::finding::Code;
use gitca::names::{ObjectId, RepoPath, RequestName, Serial};
use gitca::report::Verdict;
use gitca::request::Request;
use gitca::snapshot::{Blob, KeyOwner};
use gitca::starter;
use gitca::timestamp::Timestamp;
use gitca::trust::Testimony;
use gitca::trust::revocations::Revocations;
use gitca::x509::certification_request;
use gitca::x509::san::SubjectAltNames;
use gitca::x509::subject::{Attribute, Subject};

use support::{NOW, files_below, seeded_key};

fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

fn blob(bytes: &[u8]) -> Blob {
    Blob {
        id: ObjectId([7; 20]),
        bytes: bytes.to_vec(),
    }
}

/// The starter policies with a CA made at `ca_begins`, after these replacements of text.
fn zone(ca_begins: Timestamp, replacements: &[(&str, &str)]) -> ControlZone {
    let serial = Serial::from_random([7; Serial::OCTETS]).expect("not zero");
    let ca = starter::ca_certificate("ca", &seeded_key("ca"), serial, ca_begins).expect("a CA");
    let mut files: BTreeMap<RepoPath, Blob> = BTreeMap::new();
    for top in ["policies", "templates"] {
        for (path, bytes) in files_below(Path::new(top)) {
            let mut text = String::from_utf8(bytes).expect("starter files are text");
            for (from, to) in replacements {
                text = text.replace(from, to);
            }
            files.insert(
                format!("{top}/{path}").parse().expect("a path"),
                blob(text.as_bytes()),
            );
        }
    }
    files.insert(
        starter::CA_FILE.parse().expect("a path"),
        blob(ca.as_bytes()),
    );
    ControlZone::load(&files).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

/// A request in its making.
struct Draft {
    subject: Vec<(Attribute, &'static str)>,
    sans: SubjectAltNames,
    signer: &'static str,
    usages: Vec<&'static str>,
    expiration: Option<u64>,
    key: &'static str,
}

impl Draft {
    fn jane() -> Self {
        Self {
            subject: vec![
                (Attribute::CommonName, "jane"),
                (Attribute::Organization, "dev"),
            ],
            sans: SubjectAltNames::default(),
            signer: "kubernetes.io/kube-apiserver-client",
            usages: vec!["client auth"],
            expiration: None,
            key: "jane",
        }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut draft = Self::jane();
        change(&mut draft);
        draft
    }

    fn request(&self) -> Request {
        let mut subject = Subject::default();
        for (attribute, value) in &self.subject {
            subject.push(*attribute, (*value).to_owned());
        }
        let pem = certification_request::build(&subject, &self.sans, &seeded_key(self.key))
            .expect("a request");
        let expiration = self
            .expiration
            .map(|seconds| format!("  expirationSeconds: {seconds}\n"))
            .unwrap_or_default();
        let manifest = format!(
            "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: jane}}\nspec:\n  \
             signerName: {}\n{expiration}  usages: [{}]\n  request: {}\n",
            self.signer,
            self.usages.join(", "),
            STANDARD.encode(pem),
        );
        let name: RequestName = "jane".parse().expect("a name");
        Request::read(&name, &blob(manifest.as_bytes()))
            .unwrap_or_else(|reasons| panic!("{reasons:#?}"))
    }

    /// The verdict, and the codes of its reasons or notices.
    fn judged(&self, zone: &ControlZone, now: Timestamp) -> (Verdict, Vec<Code>) {
        let request = self.request();
        let judgement = decide(&Case {
            request: &request,
            zone,
            testimony: &Testimony::default(),
            key_owner: None,
            revocations: Revocations::NONE,
            now,
        });
        match judgement.decision {
            Ok(_) => (
                Verdict::Approved,
                judgement.notices.iter().map(|notice| notice.code).collect(),
            ),
            Err(refusal) => (
                refusal.verdict,
                refusal.reasons.iter().map(|reason| reason.code).collect(),
            ),
        }
    }
}

#[test]
fn a_request_is_judged_by_the_signer_then_by_deny_policies_then_by_approval_policies() {
    use Verdict::{Approved, Denied, Ignored, Invalid};
    let zone = zone(now(), &[]);
    for (draft, verdict, codes) in [
        (Draft::jane(), Approved, vec![]),
        (
            Draft::with(|d| d.signer = "example.com/nobody"),
            Ignored,
            vec![Code::NoSigner],
        ),
        (Draft::with(|d| d.key = "ca"), Invalid, vec![Code::KeyIsCa]),
        (
            Draft::with(|d| d.subject.push((Attribute::Organization, "system:masters"))),
            Denied,
            vec![Code::ReservedIdentity],
        ),
        (
            Draft::with(|d| d.usages = vec!["server auth"]),
            Denied,
            vec![Code::SignerValidationFailure, Code::UsageNotAllowed],
        ),
        (
            Draft::with(|d| d.usages = vec!["digital signature"]),
            Denied,
            vec![Code::SignerValidationFailure],
        ),
        (
            Draft::with(|d| d.subject.push((Attribute::Organization, "system:nodes"))),
            Denied,
            vec![Code::DeniedBy],
        ),
        (
            Draft::with(|d| d.subject[0].1 = "bob"),
            Denied,
            vec![Code::NoPolicyAdmits, Code::ValueNotAllowed],
        ),
        (
            Draft::with(|d| d.subject.push((Attribute::Organization, "finance"))),
            Denied,
            vec![Code::NoPolicyAdmits, Code::ValueNotAllowed],
        ),
        (
            Draft::with(|d| d.sans.dns_names.push("a.example.com".into())),
            Denied,
            vec![Code::NoPolicyAdmits, Code::FieldNotAllowed],
        ),
        (
            Draft::with(|d| d.sans.ip_addresses.push(IpAddr::from([10, 0, 0, 1]))),
            Denied,
            vec![Code::NoPolicyAdmits, Code::FieldNotAllowed],
        ),
        (
            Draft::with(|d| d.subject.push((Attribute::Country, "DE"))),
            Denied,
            vec![Code::NoPolicyAdmits, Code::FieldNotAllowed],
        ),
        (
            Draft::with(|d| d.expiration = Some(31 * 86400)),
            Denied,
            vec![Code::NoPolicyAdmits, Code::LifetimeTooLong],
        ),
        (
            Draft::with(|d| d.subject.clear()),
            Denied,
            vec![Code::NoPolicyAdmits],
        ),
    ] {
        let (found, found_codes) = draft_or_nameless(&draft, &zone);
        assert_eq!(found, verdict, "{:?} {:?}", draft.subject, draft.usages);
        for code in codes {
            assert!(
                found_codes.contains(&code),
                "{code} is not among {found_codes:?} for {:?}",
                draft.subject
            );
        }
    }
}

/// A request without subject needs a name to be one at all.
fn draft_or_nameless(draft: &Draft, zone: &ControlZone) -> (Verdict, Vec<Code>) {
    if draft.subject.is_empty() {
        let nameless = Draft::with(|d| {
            d.subject.clear();
            d.sans.dns_names.push("a.example.com".into());
        });
        return nameless.judged(zone, now());
    }
    draft.judged(zone, now())
}

#[test]
fn the_lifetime_is_kube_controller_managers() {
    let zone = zone(
        "2029-01-01T00:00:00Z".parse().expect("a time"),
        &[("duration: {max: 30d}", "duration: {max: 90d}")],
    );
    for (asked, not_after, notices) in [
        // Short: backdated at the beginning alone.
        (Some(600), "2030-01-01T00:10:00Z", vec![]),
        (Some(8 * 3600 - 1), "2030-01-01T07:59:59Z", vec![]),
        // From 8 hours on the backdating is part of the lifetime.
        (Some(8 * 3600), "2030-01-01T07:55:00Z", vec![]),
        (None, "2030-01-01T23:55:00Z", vec![]),
        (Some(90 * 86400), "2030-03-31T23:55:00Z", vec![]),
        (
            Some(i64::from(i32::MAX).unsigned_abs()),
            "2030-03-31T23:55:00Z",
            vec![Code::LifetimeCapped],
        ),
    ] {
        let draft = Draft::with(|d| d.expiration = asked);
        let request = draft.request();
        let judgement = decide(&Case {
            request: &request,
            zone: &zone,
            testimony: &Testimony::default(),
            key_owner: None,
            revocations: Revocations::NONE,
            now: now(),
        });
        let approved = judgement
            .decision
            .unwrap_or_else(|refusal| panic!("{refusal:?}"));
        assert_eq!(
            approved.candidate().not_before.to_string(),
            "2029-12-31T23:55:00Z"
        );
        assert_eq!(
            approved.candidate().not_after.to_string(),
            not_after,
            "asked for {asked:?}"
        );
        let codes: Vec<Code> = judgement.notices.iter().map(|notice| notice.code).collect();
        assert_eq!(codes, notices, "asked for {asked:?}");
    }
}

#[test]
fn a_certificate_lies_within_the_validity_of_its_ca() {
    use Verdict::{Approved, Denied, Failed};
    // The CA of ten years ends 365 * 10 days after its beginning.
    let begin: Timestamp = "2020-01-04T00:00:00Z".parse().expect("a time");
    let end: Timestamp = "2030-01-01T00:00:00Z".parse().expect("a time");
    let strict = zone(begin, &[]);
    let truncating = zone(begin, &[("max: 90d", "max: 90d\n    beyondCA: truncate")]);
    let before = |seconds: i64| Timestamp::from_unix(end.unix() - seconds).expect("a time");
    for (zone, now, verdict, code) in [
        (&strict, before(2 * 86400), Approved, None),
        (&strict, before(3600), Denied, Some(Code::BeyondCa)),
        (
            &truncating,
            before(3600),
            Approved,
            Some(Code::TruncatedToCa),
        ),
        (&strict, before(0), Failed, Some(Code::SignerExpired)),
        (&truncating, before(-60), Failed, Some(Code::SignerExpired)),
        (
            &strict,
            Timestamp::from_unix(begin.unix() - 86400).expect("a time"),
            Failed,
            Some(Code::SignerNotYetValid),
        ),
        // A leaf may begin up to five minutes before its CA.
        (&strict, begin, Approved, None),
    ] {
        let (found, codes) = Draft::jane().judged(zone, now);
        assert_eq!((found, codes.first().copied()), (verdict, code), "at {now}");
    }
}

#[test]
fn no_certificate_outlives_the_year_9999() {
    let time = |text: &str| text.parse::<Timestamp>().expect("a time");
    let zone = zone(time("9995-01-01T00:00:00Z"), &[]);
    for (now, verdict, code) in [
        ("9999-12-30T00:00:00Z", Verdict::Approved, None),
        (
            "9999-12-31T12:00:00Z",
            Verdict::Denied,
            Some(Code::BeyondCa),
        ),
    ] {
        let (found, codes) = Draft::jane().judged(&zone, time(now));
        assert_eq!((found, codes.first().copied()), (verdict, code), "at {now}");
    }
}

#[test]
fn capital_letters_that_policies_do_not_see_are_told() {
    let allowing = "    dnsNames: {any: true}\n    usages: [client auth, digital";
    let zone = zone(now(), &[("    usages: [client auth, digital", allowing)]);
    for (name, notices) in [
        ("a.example.com", vec![]),
        ("A.example.com", vec![Code::CaseFolded]),
    ] {
        let draft = Draft::with(|d| d.sans.dns_names.push(name.into()));
        assert_eq!(draft.judged(&zone, now()), (Verdict::Approved, notices));
    }
}

#[test]
fn a_key_that_another_request_has_is_refused_unless_the_policy_allows_it() {
    for (reuse, verdict) in [
        ("deny", Verdict::Denied),
        // Who asked is unknown, and nobody is not the same as nobody.
        ("sameRequester", Verdict::Denied),
        ("allow", Verdict::Approved),
    ] {
        let zone = zone(now(), &[("keyReuse: deny", &format!("keyReuse: {reuse}"))]);
        let request = Draft::jane().request();
        let owner = KeyOwner::certified("ops/omar".parse().expect("a name"), None);
        let case = Case {
            request: &request,
            zone: &zone,
            testimony: &Testimony::default(),
            key_owner: Some(&owner),
            revocations: Revocations::NONE,
            now: now(),
        };
        let found = decide(&case)
            .decision
            .map_or_else(|refusal| refusal.verdict, |_| Verdict::Approved);
        assert_eq!(found, verdict, "{reuse}");
    }
}

#[test]
fn a_policy_in_audit_mode_is_reported_and_decides_nothing() {
    let audited = zone(
        now(),
        &[(
            "selector: {everything: true}",
            "mode: audit\n  selector: {everything: true}",
        )],
    );
    let nodes = Draft::with(|d| d.subject.push((Attribute::Organization, "system:nodes")));
    let request = nodes.request();
    let judgement = decide(&Case {
        request: &request,
        zone: &audited,
        testimony: &Testimony::default(),
        key_owner: None,
        revocations: Revocations::NONE,
        now: now(),
    });
    assert!(
        judgement
            .notices
            .iter()
            .any(|notice| notice.code == Code::AuditDenies)
    );
    let admitting = zone(
        now(),
        &[("approvals: none", "approvals: none\n  mode: audit")],
    );
    let (verdict, codes) = Draft::jane().judged(&admitting, now());
    assert_eq!(
        (verdict, codes.first()),
        (Verdict::Denied, Some(&Code::NoApplicablePolicy))
    );
}
