//! How long a certificate is good for, whatever was asked.
//!
//! The rule is that of kube-controller-manager, within the policy, the Signer and the validity of the CA.

use gitca::decision::{Case, decide};
use gitca::finding::Code;
use gitca::report::Verdict;
use gitca::timestamp::Timestamp;
use gitca::trust::Testimony;
use gitca::trust::revocations::Revocations;

use crate::draft::{Draft, now, zone};

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
