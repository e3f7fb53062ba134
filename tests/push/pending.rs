//! What a run signed and could not push, and commits that only look like that.

use crate::place::{
    HURRY, codes, issuances, only_pending, pending, place, push, refuse, refused_once, serial,
    serial_at_remote, sound, told_serial,
};

#[test]
fn a_pending_commit_of_somebody_else_is_left_alone_and_named() {
    let scratch = place(&["jane"]);
    scratch.sh(
        "cd repo; mkdir -p issued/jane; cp requests/jane.yaml issued/jane/request.yaml
         git add issued; git commit -qm forged; git update-ref refs/gitca/pending/forged HEAD; git reset -q --hard HEAD^",
    );
    let report = push(&scratch).success().json();
    assert_eq!(codes(&report, "notices"), ["PendingNotAdopted"]);
    assert_eq!(report["summary"]["issued"], 1);
    assert_eq!(pending(&scratch), "refs/gitca/pending/forged\n");
}

#[test]
fn a_pending_certificate_that_has_ended_is_dropped_and_made_anew() {
    let scratch = refused_once(&["jane"]);
    let later = [
        "run",
        "--push",
        "-o",
        "json",
        "--now",
        "2031-06-01T00:00:00Z",
    ];
    let report = scratch.gitca_with("repo", &later, &HURRY).success().json();
    assert_eq!(
        codes(&report, "notices"),
        ["SignedNotPublished"],
        "{report:#}"
    );
    assert_eq!(report["summary"]["issued"], 1);
    assert_eq!((issuances(&scratch), pending(&scratch)), (1, String::new()));
}

#[test]
fn two_commits_that_hold_the_same_certificate_land_it_once_and_nothing_is_said_to_be_lost() {
    let scratch = refused_once(&["jane"]);
    let signed = serial(&scratch, "repo", &only_pending(&scratch), "jane");
    // A second run takes it over, and is killed before it can say so.
    let kill = [
        ("GITCA_TEST_POINT", "pending"),
        ("GITCA_TEST_COMMAND", "kill -9 $PPID"),
    ];
    let killed = scratch.gitca_with("repo", &["run", "--push"], &kill);
    assert_eq!(killed.code, None);
    assert_eq!(pending(&scratch).lines().count(), 2);
    let report = push(&scratch).success().json();
    assert_eq!(codes(&report, "notices"), [""; 0], "{report:#}");
    assert_eq!(told_serial(&report, "jane"), signed);
    assert_eq!(serial_at_remote(&scratch, "jane"), signed);
    assert_eq!((issuances(&scratch), pending(&scratch)), (1, String::new()));
    sound(&scratch);
}

#[test]
fn what_an_earlier_run_has_signed_is_not_landed_by_an_earlier_clock() {
    let scratch = place(&["jane"]);
    refuse(&scratch, &["--now", "2030-01-01T02:00:00Z"]);
    let at = |now: &str| {
        let args = ["run", "--push", "-o", "json", "--now", now];
        scratch.gitca_with("repo", &args, &HURRY)
    };
    let report = at("2030-01-01T01:00:00Z").code(2).json();
    assert_eq!(codes(&report, "errors"), ["ClockWentBack"], "{report:#}");
    assert_eq!(issuances(&scratch), 0);
    // Of clocks that differ by a minute the later one counts.
    at("2030-01-01T01:59:00Z").success();
    let message = scratch
        .sh("git -C remote.git log -1 --format=%B main")
        .stdout;
    assert!(
        message.contains("Gitca-Issued-At: 2030-01-01T02:00:00Z"),
        "{message}"
    );
}
