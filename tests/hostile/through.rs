//! The cases of the tables S, N, X, K and P once more, as files of real repositories: `check` judges them as a pull
//! request, `run` signs what is approved of them once they are merged, and openssl has the last word on what was signed.

use std::collections::BTreeMap;

use gitca::names::RepoPath;
use gitca::report::Verdict;
use gitca::snapshot::Blob;
use gitca::timestamp::Timestamp;
use serde_json::Value;

use crate::judge::Case;
use crate::policies::Broken;
use crate::seeds::seeded_key;
use crate::stream::Stream;
use crate::support::Scratch;
use crate::{algorithms, extensions, identities, keys, names, policies, structure, wide};

/// What all requests of one repository have in common: the clock and the files of the control zone.
type Ground = (Timestamp, Vec<(&'static str, String)>);

/// What is told of requests that have one name and one key and that nobody signed.
const SHARED: [&str; 3] = ["SameName", "KeyReused", "RequesterUnverified"];

/// The cases, by their ground. Those that rest on a key of another path have a test of their own among the rows G.
fn grounds() -> BTreeMap<Ground, Vec<Case>> {
    let tables = [
        structure::cases(),
        algorithms::cases(),
        names::cases(),
        identities::cases(),
        extensions::cases(),
        keys::cases(),
        policies::wider(),
        policies::failing_rules(),
    ];
    let mut grounds: BTreeMap<Ground, Vec<Case>> = BTreeMap::new();
    let cases = tables.into_iter().flatten();
    for case in cases.filter(|case| case.key_owner.is_none()) {
        let ground = (case.now, case.zone.clone());
        grounds.entry(ground).or_default().push(case);
    }
    grounds
}

/// A repository without files whose first commit is the wide control zone with these files; the second brings others.
fn repository(zone: &[(&'static str, String)], brought: Vec<(String, Vec<u8>)>) -> Scratch {
    let zone: Vec<(&str, &[u8])> = zone
        .iter()
        .map(|(path, text)| (*path, text.as_bytes()))
        .collect();
    let shared = |(path, blob): (RepoPath, Blob)| {
        // All cases have one key.
        let text = String::from_utf8(blob.bytes).expect("files of the control zone are text");
        let none = "  approvals: none\n";
        let shared = format!("  constraints: {{keyReuse: allow}}\n{none}");
        (path.to_string(), text.replace(none, &shared))
    };
    let (scratch, mut stream) = (Scratch::new(), Stream::new());
    let who = "Test <test@example.com>";
    stream.commit(
        who,
        "rules",
        &[],
        wide::files(&zone).into_iter().map(shared),
    );
    stream.commit(who, "requests", &[":1"], brought);
    scratch.sh("git init -q --bare -b main repo");
    stream.import(&scratch, "repo");
    scratch
}

fn file(number: usize) -> String {
    format!("requests/c{number}/jane.yaml")
}

/// The cases of which the report says something else than the table.
fn differing(report: &Value, cases: &[Case], approved: &str) -> Vec<String> {
    let list = |list: &Value| list.as_array().cloned().expect("a list");
    let (results, notices) = (list(&report["results"]), list(&report["notices"]));
    let differs = |(number, case): (usize, &Case)| {
        let file = file(number);
        let result = results.iter().find(|result| result["file"] == file);
        let verdict = result.and_then(|result| result["verdict"].as_str());
        let wanted = match case.verdict {
            Verdict::Approved => approved.to_owned(),
            other => other.to_string(),
        };
        let told = match case.verdict {
            Verdict::Approved => notices
                .iter()
                .filter(|notice| notice["file"] == file)
                .cloned()
                .collect(),
            _ => result.map_or_else(Vec::new, |result| list(&result["reasons"])),
        };
        let mut codes: Vec<&str> = told
            .iter()
            .filter_map(|told| told["code"].as_str())
            .filter(|code| !SHARED.contains(code))
            .collect();
        codes.sort_unstable();
        codes.dedup();
        let mut listed: Vec<String> = case.codes.iter().map(ToString::to_string).collect();
        listed.sort();
        let is_same = verdict == Some(&wanted) && codes == listed;
        (!is_same).then(|| {
            let (row, what) = (case.row, &case.what);
            format!("{row} {what}: {verdict:?} {codes:?} instead of {wanted} {listed:?}")
        })
    };
    cases.iter().enumerate().filter_map(differs).collect()
}

/// openssl takes the certificates, and there are no others.
#[track_caller]
fn certified(scratch: &Scratch, now: Timestamp, cases: &[Case]) {
    let numbered = cases.iter().enumerate();
    let approved = numbered.filter(|(_, case)| case.verdict == Verdict::Approved);
    let mut wanted: Vec<String> = approved
        .map(|(number, _)| format!("c{number}/jane/certificate.pem"))
        .collect();
    wanted.sort();
    let listed = scratch.git(&["ls-tree", "-r", "--name-only", "main:issued"]);
    let found: Vec<&str> = listed
        .stdout
        .lines()
        .filter(|path| path.ends_with("/certificate.pem"))
        .collect();
    assert_eq!(found, wanted);
    scratch.sh(&format!(
        "git -C repo archive main policies issued | tar xm
         openssl verify -x509_strict -attime {} -CAfile policies/ca/cluster.pem $(find issued -name certificate.pem)",
        now.unix() + 1
    ));
}

#[test]
fn a_pull_request_is_judged_as_the_tables_say_and_nothing_else_of_it_is_signed() {
    let mut wrong = Vec::new();
    for (ground, cases) in grounds() {
        let numbered = cases.iter().enumerate();
        let requests = numbered.map(|(number, case)| (file(number), case.manifest.clone()));
        let scratch = repository(&ground.1, requests.collect());
        let now = ground.0.to_string();
        let base = ["--base", "main~", "--head", "main"];
        let check = [&["--now", &now, "check", "-o", "json"][..], &base].concat();
        let answer = scratch.in_repo(&check);
        let are_good = cases.iter().all(|case| case.verdict == Verdict::Approved);
        assert_eq!(answer.code, Some(i32::from(!are_good)), "{answer:?}");
        wrong.extend(differing(&answer.json(), &cases, "approved"));
        scratch.write("ca.pem", seeded_key("ca").serialize_pem());
        scratch.sh("chmod 600 ca.pem");
        let key = format!("cluster-ca=file:{}", scratch.path("ca.pem").display());
        let run = ["--now", &now, "run", "--key", &key, "-o", "json"];
        let answer = scratch.in_repo(&run);
        let is_failing = cases.iter().any(|case| case.verdict == Verdict::Failed);
        assert_eq!(answer.code, Some(i32::from(is_failing)), "{answer:?}");
        wrong.extend(differing(&answer.json(), &cases, "issued"));
        if cases.iter().any(|case| case.verdict == Verdict::Approved) {
            certified(&scratch, ground.0, &cases);
        } else {
            assert_eq!(answer.json()["issueCommit"], Value::Null);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All of them at once, each with its own place and its own way out. What is only wrong beside another file (P7) is tried
/// alone elsewhere, and what is too large for its place.
#[test]
fn every_bad_file_of_the_rules_is_named_by_the_binary() {
    let mut wrong = Vec::new();
    for is_sound in [false, true] {
        let all = policies::broken().into_iter();
        let files: Vec<Broken> = all
            .filter(|broken| broken.row != "P7" && broken.text.len() < 256 * 1024)
            .filter(|broken| is_sound_alone(broken) == is_sound)
            .collect();
        let path = |number: usize| format!("policies/hostile-{number}.yaml");
        let own = |(number, broken): (usize, &Broken)| {
            let own = format!("name: hostile-{number}");
            let text = broken.text.replace("name: hostile", &own);
            (path(number), text.into_bytes())
        };
        let scratch = repository(&[], files.iter().enumerate().map(own).collect());
        let check = ["check", "--base", "main~", "--head", "main", "-o", "json"];
        let report = scratch.in_repo(&check).code(2).json();
        let errors = report["errors"].as_array().expect("a list");
        for (number, broken) in files.iter().enumerate() {
            let is_it = |error: &Value| {
                let help = error["help"].as_str().unwrap_or_default();
                error["code"] == "ConfigInvalid"
                    && error["file"] == path(number)
                    && help.contains(broken.help)
            };
            if !errors.iter().any(is_it) {
                let text: String = broken.text.chars().take(300).collect();
                wrong.push(format!("{} {text}", broken.row));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the file can be read, and only names what is not there; that is looked at once all can be read.
fn is_sound_alone(broken: &Broken) -> bool {
    broken.text.contains("kind: Signer") || broken.text.contains("lists:")
}
