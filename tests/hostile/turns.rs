//! Of a change no more is read than somebody mends: it is judged in turns, and what is wrong is counted.

use crate::repository::{Hostile, Report, manifest};

/// Refused, since so many files are wrong before these that were not read.
#[track_caller]
fn ended_early(check: &Report, unread: usize) {
    let found = (check.code, check.errors());
    assert_eq!(found, (Some(2), vec!["TooManyFiles"]), "{check:?}");
    let told =
        format!("so many files before this one are wrong that {unread} of its kind were not read");
    assert!(check.error().contains(&told), "{}", check.error());
}

/// A path with a finding is no less than some hundred octets.
#[test]
fn a_change_of_small_files_that_are_wrong_is_read_no_further_either() {
    let hostile = Hostile::new();
    for number in 0..1_600 {
        let path = format!("repo/requests/bad/n{number:04}.yaml");
        hostile.scratch.write(&path, number.to_string());
    }
    hostile.scratch.commit("small files");
    let check = hostile.proposed();
    ended_early(&check, 1_088);
}

/// A change of which so much is wrong is mended first; on the mainline all is read, and what is wrong there already is not
/// the fault of a change.
#[test]
fn a_change_is_read_no_further_than_somebody_mends_it() {
    let hostile = Hostile::new();
    for number in 10..50 {
        let text = format!("#{number}").repeat(64 * 1024 / 3);
        let path = format!("repo/requests/bad/n{number}.yaml");
        hostile.scratch.write(&path, text);
    }
    let jane = manifest("jane");
    hostile.commit(&[("requests/bad/z/jane.yaml", jane.as_bytes())]);
    let check = hostile.proposed();
    ended_early(&check, 38);
    assert!(check.error().contains("requests/bad/n13.yaml"), "{check:?}");
    assert_eq!(check.verdict("bad/n12"), Some("invalid"), "{check:?}");
    assert_eq!(check.verdict("bad/n13"), None, "{check:?}");
    assert_eq!(check.verdict("bad/z/jane"), None, "{check:?}");
    let plan = hostile.plan();
    assert_eq!(plan.verdict("bad/n49"), Some("invalid"), "{plan:?}");
    assert_eq!(plan.verdict("bad/z/jane"), Some("approved"), "{plan:?}");
    hostile.scratch.git(&["tag", "-f", "base"]);
    hostile.commit(&[("requests/joe.yaml", manifest("joe").as_bytes())]);
    let check = hostile.proposed();
    assert_eq!((check.code, check.errors()), (Some(0), vec![]), "{check:?}");
}

/// Of Revocations there may be fewer than of other files, for none is read where there are more.
#[test]
fn a_change_brings_at_most_8_000_revocations() {
    let hostile = Hostile::new();
    let names = |number: usize| (0..number).map(|n| format!("r{n:05}.revocation.yaml"));
    let fits = hostile.commit_files(names(8_000)).proposed();
    ended_early(&fits, 7_488);
    hostile.reset();
    let many = hostile.commit_files(names(8_001)).proposed();
    assert_eq!(
        (many.code, many.errors()),
        (Some(2), vec!["TooManyFiles"]),
        "{many:?}"
    );
    let told = many.error();
    assert!(told.contains("more than 8000 Revocations"), "{told}");
    assert!(told.contains("split it"), "{told}");
}

/// One that can be read and names no certificate is as wrong.
#[test]
fn revocations_of_nothing_are_read_no_further_either() {
    let hostile = Hostile::new();
    let serial = "71".repeat(16);
    for number in 10..60 {
        let text = format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: Revocation\nmetadata: {{name: n{number}}}\n\
             spec: {{serialNumbers: ['{serial}'], reason: superseded}}\n"
        );
        let text = text + &"#".repeat(8 * 1024 - 140);
        let path = format!("repo/requests/bad/n{number}.revocation.yaml");
        hostile.scratch.write(&path, text);
    }
    hostile.scratch.commit("revocations of nothing");
    let check = hostile.proposed();
    assert!(check.all_reasons().contains(&"SerialUnknown"), "{check:?}");
    ended_early(&check, 34);
}

#[test]
fn revocations_of_a_change_are_read_no_further_either() {
    let hostile = Hostile::new();
    for number in 10..40 {
        let text = format!("#{number}").repeat(16 * 1024 / 3);
        let path = format!("repo/requests/bad/n{number}.revocation.yaml");
        hostile.scratch.write(&path, text);
    }
    hostile.scratch.commit("thirty");
    let check = hostile.proposed();
    ended_early(&check, 21);
    let file = |number| format!("requests/bad/n{number}.revocation.yaml");
    assert!(check.error().contains(&file(19)), "{check:?}");
    assert!(check.told(&file(18)).contains("MalformedFile"), "{check:?}");
    assert_eq!(check.told(&file(19)), "", "{check:?}");
    let plan = hostile.plan();
    assert!(plan.told(&file(39)).contains("MalformedFile"), "{plan:?}");
}

/// Nobody would see them otherwise, and each ends a request that is still open.
#[test]
fn revocations_of_requests_that_have_no_certificate_are_told() {
    let hostile = Hostile::new();
    let revocation = |name: &str| {
        format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: Revocation\nmetadata: {{name: {name}}}\n\
             spec: {{all: true, reason: superseded}}\n"
        )
    };
    for name in ["bad/x", "good"] {
        let path = format!("requests/{name}.revocation.yaml");
        let text = revocation(name.trim_start_matches("bad/"));
        hostile.commit(&[(&path, text.as_bytes())]);
    }
    let check = hostile.proposed();
    assert_eq!(check.notices(), ["CertificateRevoked"; 2], "{check:?}");
    for name in ["bad/x", "good"] {
        let told = check.told(&format!("requests/{name}.revocation.yaml"));
        assert!(told.contains("it revokes nothing"), "{name}: {told}");
    }
    for number in 0..130 {
        let name = format!("n{number}");
        let path = format!("repo/requests/bad/{name}.revocation.yaml");
        hostile.scratch.write(&path, revocation(&name));
    }
    hostile.scratch.commit("many");
    let check = hostile.proposed();
    assert_eq!(check.notices().len(), 101, "{check:?}");
}

/// Whoever asks by that name later finds them there, with no room for others.
#[test]
fn statements_beside_requests_that_are_not_there_are_told() {
    let hostile = Hostile::new();
    let approvals = |name: &str| format!("requests/{name}.approvals");
    let statement = |name: &str| format!("{}/bob-01234567.json", approvals(name));
    for name in ["bad/x", "gone", "asked"] {
        hostile.commit(&[(&statement(name), b"{}")]);
    }
    let asked = manifest("asked");
    hostile.commit(&[("requests/asked.yaml", asked.as_bytes())]);
    let check = hostile.proposed();
    for name in ["bad/x", "gone"] {
        let told = check.told(&approvals(name));
        assert!(told.contains("no request"), "{name}: {told}");
    }
    assert_eq!(check.told(&approvals("asked")), "", "{check:?}");
    let is_told = |code: &&&str| **code == "UnexpectedFile";
    assert_eq!(
        check.notices().iter().filter(is_told).count(),
        2,
        "{check:?}"
    );
    for number in 0..130 {
        let path = format!("repo/{}", statement(&format!("bad/n{number}")));
        hostile.scratch.write(&path, "{}");
    }
    hostile.scratch.commit("many");
    let check = hostile.proposed();
    assert_eq!(
        check.notices().iter().filter(is_told).count(),
        101,
        "{check:?}"
    );
}
