//! `issued/` is what runs left there: what people may do beside it, and what is refused with its repair.

use serde_json::Value;

use crate::house::House;

/// The notice or error of that code in a report.
pub(crate) fn of_code<'r>(report: &'r Value, list: &str, code: &str) -> Option<&'r Value> {
    let findings = report[list].as_array().expect("a list");
    findings.iter().find(|finding| finding["code"] == code)
}

/// What `plan` and `run` refuse alike.
#[track_caller]
pub(crate) fn refused(house: &House, code: &str) -> Value {
    let codes = ["plan", "run"].map(|command| {
        let answer = house.scratch.in_repo(&[command, "-o", "json"]).code(2);
        let report = answer.json();
        let found = of_code(&report, "errors", code).cloned();
        found.unwrap_or_else(|| panic!("{command}: {report:#}"))
    });
    assert_eq!(codes[0], codes[1]);
    codes[0].clone()
}

/// The first command of a help text that changes something, run in the repository.
pub(crate) fn obey(house: &House, finding: &Value) {
    let help = finding["help"].as_str().expect("a help");
    let commands = help.split('`').skip(1).step_by(2);
    let command = commands.last().expect("a command");
    house.scratch.sh(&format!("cd repo && {command}"));
}

pub(crate) fn head(house: &House) -> String {
    house
        .scratch
        .git(&["rev-parse", "HEAD"])
        .stdout
        .trim()
        .to_owned()
}

fn tamper(house: &House, message: &str) -> String {
    house
        .scratch
        .sh("echo tampered >> repo/issued/jane/kubeconfig.yaml");
    house.scratch.commit(message);
    head(house)
}

/// jane has her certificate.
pub(crate) fn issued() -> House {
    let house = House::with_request("none");
    house.run();
    house
}

#[test]
fn a_foreign_change_stops_everything_until_it_is_undone() {
    let house = issued();
    let run = head(&house);
    let foreign = tamper(&house, "by hand");
    house.scratch.write("repo/NOTES", "later");
    house.scratch.commit("later");
    house.ask("june", "jane");
    let error = refused(&house, "ForeignOutput");
    let message = error["message"].as_str().expect("a message");
    assert!(
        message.contains(&foreign) && message.contains(&run),
        "{message}"
    );
    obey(&house, &error);
    let report = house.plan();
    let notice = of_code(&report, "notices", "ForeignOutput").expect("a notice");
    let message = notice["message"].as_str().expect("a message");
    assert!(message.contains(&foreign), "{message}");
    assert_eq!(house.judged("june").0, "approved");
    house.run();
    assert_eq!(of_code(&house.plan(), "notices", "ForeignOutput"), None);
}

#[test]
fn whatever_is_done_to_what_was_issued_is_foreign_and_undone_by_the_help() {
    for script in [
        "git rm -q issued/jane/certificate.pem",
        "git rm -qr issued/jane",
        "git rm -qr issued/_keys",
        "sed -i '2s/./B/' issued/jane/certificate.pem",
        "sed -i 's/serialNumber/serialnumber/' issued/jane/provenance.json",
        "mkdir issued/june; cp issued/jane/* issued/june",
        "git mv issued/jane issued/june",
    ] {
        let house = issued();
        let before = house.scratch.git(&["rev-parse", "HEAD:issued"]).stdout;
        house.scratch.sh(&format!("cd repo; {script}"));
        house.scratch.commit("by hand");
        let error = refused(&house, "ForeignOutput");
        obey(&house, &error);
        let after = house.scratch.git(&["rev-parse", "HEAD:issued"]).stdout;
        assert_eq!(after, before, "{script}");
        let report = house.run().json();
        assert_eq!(report["summary"]["unchanged"], 1, "{script}");
        assert_eq!(report["issueCommit"], Value::Null, "{script}");
    }
}

#[test]
fn what_is_there_before_the_first_run_is_foreign_too() {
    let house = House::with_request("none");
    house.scratch.sh(
        "mkdir -p repo/issued/jane && cp repo/requests/jane.yaml repo/issued/jane/request.yaml",
    );
    house.scratch.commit("as if it was signed");
    let error = refused(&house, "ForeignOutput");
    obey(&house, &error);
    assert_eq!(house.judged("jane").0, "approved");
}

#[test]
fn what_was_there_before_the_anchor_stays() {
    let house = House::with_request("none");
    house
        .scratch
        .sh("mkdir -p repo/issued/old && cp repo/requests/jane.yaml repo/issued/old/request.yaml");
    house.scratch.commit("moved here from elsewhere");
    let anchor = head(&house);
    house.ask("june", "jane");
    let plan = ["--anchor", &anchor, "plan", "-o", "json"];
    let report = house.scratch.in_repo(&plan).success().json();
    assert_eq!(report["errors"], serde_json::json!([]));
    house
        .scratch
        .in_repo(&["--anchor", &anchor, "run"])
        .success();
    house.scratch.in_repo(&plan).success();
}

#[test]
fn what_people_do_beside_it_is_no_matter() {
    let house = issued();
    let scratch = &house.scratch;
    scratch.git(&["branch", "old", "HEAD~1"]);
    scratch.git(&["branch", "older", "HEAD~2"]);
    house.ask("june", "jane");
    house.run();
    // Branches that were cut before the last runs, landed in every way there is.
    scratch.git(&["switch", "-q", "old"]);
    house.ask("kim", "jane");
    scratch.git(&["switch", "-q", "older"]);
    scratch.write("repo/NOTES", "one");
    scratch.commit("notes");
    scratch.git(&["switch", "-q", "main"]);
    scratch.git(&["merge", "-q", "--no-ff", "-m", "merge", "old"]);
    scratch.git(&["merge", "-q", "--squash", "older"]);
    scratch.commit("squash");
    house.run();
    scratch.git(&["switch", "-q", "-c", "side", "HEAD~1"]);
    house.ask("lee", "jane");
    scratch.git(&["rebase", "-q", "main"]);
    scratch.git(&["switch", "-q", "main"]);
    scratch.git(&["merge", "-q", "--ff-only", "side"]);
    scratch.write("repo/NOTES", "two");
    scratch.commit("to be reverted");
    scratch.git(&["revert", "--no-edit", "HEAD"]);
    house.replace("developers.yaml", "max: 30d", "max: 20d");
    scratch.write("repo/issued/README.md", "written by gitca\n");
    scratch.commit("rules");
    let report = house.plan();
    assert_eq!(of_code(&report, "notices", "ForeignOutput"), None);
    assert_eq!(report["summary"]["approved"], 1);
    let report = house.run().json();
    assert_eq!(report["summary"]["unchanged"], 3);
    assert_eq!(report["summary"]["issued"], 1);
}

#[test]
fn a_run_that_was_moved_or_taken_into_another_commit_is_none_any_more() {
    for (why, script) in [
        (
            "Gitca-Base",
            "git switch -qc side HEAD~1; echo x > NOTES; git add NOTES; git commit -qm notes; \
             git cherry-pick -q main 2>/dev/null || git cherry-pick main; git branch -f main; git switch -q main",
        ),
        (
            "trailers",
            "git reset -q --soft HEAD~2; git commit -qm 'squashed by a force-push'",
        ),
        (
            "author",
            "git commit -q --amend --no-edit --author='eve <eve@example.com>'",
        ),
    ] {
        let house = issued();
        house.scratch.sh(&format!("cd repo; {script}"));
        let error = refused(&house, "ForeignOutput");
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains(why), "{why}: {message}");
    }
}

/// The bot's keys are listed, and jane has her certificate.
pub(crate) fn with_bot_key() -> House {
    let house = House::new("none", "signature");
    for name in ["gitca", "gitca2"] {
        house.key(name, "ed25519");
    }
    list_bot(&house, &["gitca"]);
    house.ask("jane", "jane");
    run_with(&house, "gitca").success();
    house
}

pub(crate) fn list_bot(house: &House, keys: &[&str]) {
    let read = |key: &&str| house.scratch.read(&format!("keys/{key}.pub"));
    let lines = keys.iter().map(read);
    let lines: Vec<String> = lines.map(|key| format!("\"{}\"", key.trim_end())).collect();
    house.principal("gitca", "bot", "[]", &lines);
    house.scratch.commit("the bot's keys");
}

pub(crate) fn run_with(house: &House, key: &str) -> crate::support::Answer {
    let key = house.scratch.path(&format!("keys/{key}"));
    let key = key.display().to_string();
    house
        .scratch
        .in_repo(&["run", "-o", "json", "--commit-key", &key])
}

/// Commits what is in the work tree as a run would, by hand.
pub(crate) fn fake(house: &House, time: &str, sign: &str) {
    let script = format!(
        "cd repo; git add -A; base=$(git rev-parse HEAD)
         git -c gpg.format=ssh -c user.signingKey=../keys/gitca commit -q {sign} --author='gitca <gitca@example.com>' \
         -m 'issue: 1 certificate' -m \"Gitca-Version: 0.1.0\nGitca-Base: $base\nGitca-Issued: 1\nGitca-Issued-At: {time}\""
    );
    house.scratch.sh(&script);
}

#[test]
fn a_fake_run_is_none_where_the_bot_has_a_key() {
    for (sign, time, why) in [
        ("--no-gpg-sign", "2030-01-01T00:00:00Z", "no key of the bot"),
        ("-S", "2029-12-31T00:00:00Z", "older than the run before"),
    ] {
        let house = with_bot_key();
        house
            .scratch
            .sh("echo tampered >> repo/issued/jane/kubeconfig.yaml");
        fake(&house, time, sign);
        let error = refused(&house, "ForeignOutput");
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains(why), "{sign}: {message}");
    }
}

#[test]
fn a_commit_that_changes_nothing_is_no_run() {
    let house = issued();
    house.scratch.sh(
        "cd repo; git commit -q --allow-empty --author='gitca <gitca@example.com>' -m 'issue: 1 certificate' \
         -m \"Gitca-Version: 0.1.0\nGitca-Base: $(git rev-parse HEAD)\nGitca-Issued: 1\nGitca-Issued-At: 2099-01-01T00:00:00Z\"",
    );
    house.ask("june", "jane");
    let report = house.run().json();
    assert_eq!(report["summary"]["issued"], 1);
}

#[test]
fn what_a_stolen_key_signs_is_taken_for_a_run() {
    // The run can't tell; whether each certificate proves itself is for the audit.
    let house = with_bot_key();
    house
        .scratch
        .sh("echo tampered >> repo/issued/jane/kubeconfig.yaml");
    fake(&house, "2030-01-01T00:00:00Z", "-S");
    house.plan();
}

#[test]
fn a_bot_may_get_a_new_key_and_its_old_runs_stay_its_own() {
    let house = with_bot_key();
    list_bot(&house, &["gitca2"]);
    house.plan();
    house.ask("june", "jane");
    let report = run_with(&house, "gitca").code(2).json();
    assert!(of_code(&report, "errors", "BotKeyUnknown").is_some());
    run_with(&house, "gitca2").success();
    house.ask("kim", "jane");
    run_with(&house, "gitca2").success();
    house.plan();
}

#[test]
fn a_branch_that_became_the_mainline_is_told_with_its_repair() {
    let house = issued();
    house.scratch.git(&["switch", "-q", "-c", "side", "HEAD~1"]);
    house.ask("june", "jane");
    house
        .scratch
        .git(&["merge", "-q", "-m", "bring up to date", "main"]);
    let old = house.scratch.git(&["rev-parse", "main"]).stdout;
    house.scratch.git(&["branch", "-q", "-f", "main"]);
    house.scratch.git(&["switch", "-q", "main"]);
    let error = refused(&house, "MainlineSwapped");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains(old.trim()), "{message}");
    obey(&house, &error);
    assert_eq!(house.plan()["notices"], serde_json::json!([]));
    let report = house.run().json();
    assert_eq!(report["summary"]["unchanged"], 1);
    assert_eq!(report["summary"]["issued"], 1);
}

/// Takes away what was issued for jane, in what only the rules' lack of a key makes a run.
fn take_away(house: &House) {
    house.scratch.git(&["rm", "-r", "-q", "issued/jane"]);
    fake(house, "2030-01-01T00:00:00Z", "--no-gpg-sign");
}

/// jane is told that her approval is spent.
#[track_caller]
fn is_spent(house: &House) {
    let (verdict, codes) = crate::house::judged(&house.plan(), "jane");
    assert_eq!(verdict, "pending");
    assert!(codes.contains(&"ApprovalSpent".to_owned()), "{codes:?}");
}

#[test]
fn an_approval_stays_spent_when_its_certificate_is_taken_away() {
    let house = House::with_request("{anyOf: [{groups: [platform]}]}");
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    house.run();
    take_away(&house);
    is_spent(&house);
    house.state("jane", "approve", "carol");
    house.scratch.commit("approve again");
    house.run();
    take_away(&house);
    is_spent(&house);
}

#[test]
fn an_approval_stays_spent_when_it_is_taken_away_and_brought_again() {
    let house = House::with_request("{anyOf: [{groups: [platform]}]}");
    house.state("jane", "approve", "bob");
    house.scratch.commit("approve");
    house.run();
    take_away(&house);
    house.scratch.sh("cp -r repo/requests kept");
    house.scratch.git(&["rm", "-r", "-q", "requests"]);
    house.scratch.commit("take away");
    house.scratch.sh("cp -r kept repo/requests");
    house.commit_as("jane", true, "bring again");
    is_spent(&house);
}
