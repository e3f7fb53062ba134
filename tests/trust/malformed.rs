//! Statements that can't be read, or are about other bytes: each way to be wrong has its words and its way out.

use serde_json::{Value, json};

use crate::approvals::ONE;
use crate::house::{House, NAMESPACE, Signed};

type Change = fn(&mut Value);

/// Every file of this request with what is said of it.
fn objections(report: &Value, request: &str) -> Vec<Value> {
    let results = report["results"].as_array().expect("a list");
    let result = results.iter().find(|result| result["request"] == request);
    let reasons = result.expect("it is there")["reasons"].as_array();
    let notices = report["notices"].as_array();
    let reasons = [reasons, notices].map(|list| list.expect("a list").iter());
    let objections = reasons
        .into_iter()
        .flatten()
        .filter(|reason| reason["code"] != "ApprovalMissing");
    objections.cloned().collect()
}

/// Signs these octets as bob, puts them beside the request, and gives the name of the file.
fn put(house: &House, request: &str, octets: &[u8]) -> String {
    house.scratch.write("statement.json", octets);
    house.scratch.sh(&format!(
        "rm -f statement.json.sig; ssh-keygen -q -Y sign -n {NAMESPACE} -f keys/bob statement.json"
    ));
    let signed = Signed {
        statement: octets.to_vec(),
        signature: house.scratch.read("statement.json.sig").into_bytes(),
    };
    let path = house.put(request, "bob", &signed);
    path.trim_start_matches("repo/").to_owned()
}

/// Commits these statements of one request, and compares what is said of each with these words.
#[track_caller]
fn are_malformed(house: &House, cases: &[(&str, Vec<u8>)]) {
    let files: Vec<String> = cases
        .iter()
        .map(|(_, octets)| put(house, "jane", octets))
        .collect();
    house.scratch.commit("approve");
    let report = house.plan();
    assert_eq!(report["results"][0]["verdict"], "pending");
    let found = objections(&report, "jane");
    assert_eq!(found.len(), cases.len(), "{found:#?}");
    for ((words, _), file) in cases.iter().zip(&files) {
        let reason = found.iter().find(|reason| reason["value"] == **file);
        let reason = reason.unwrap_or_else(|| panic!("{words}: {found:#?}"));
        assert_eq!(reason["code"], "ApprovalMalformed", "{reason:#}");
        let message = reason["message"].as_str().expect("a message");
        assert!(message.starts_with(words), "{words}: {message}");
        assert_eq!(
            reason["help"],
            "remove it, and sign another: `gitca approve jane` or `gitca deny jane`"
        );
    }
}

/// An honest statement of bob about the request of jane, after this change.
fn changed(house: &House, change: Change) -> Vec<u8> {
    let mut statement = house.statement("jane", "approve", "bob");
    change(&mut statement);
    format!("{statement:#}\n").into_bytes()
}

#[test]
fn a_field_that_is_not_as_it_must_be_is_named() {
    let cases: [(&str, Change); 30] = [
        ("`_type` must be `https://in-toto.io/Statement/v1`", |s| {
            s["_type"] = json!("https://in-toto.io/Statement/v0.1");
        }),
        (
            "`predicateType` must be `https://gitca.dev/approval/v1`",
            |s| {
                s["predicateType"] = json!("https://gitca.dev/approval/v2");
            },
        ),
        ("`_type` is required", |s| remove(s, "", "_type")),
        ("`subject` is required", |s| remove(s, "", "subject")),
        ("`predicate` is required", |s| remove(s, "", "predicate")),
        ("`predicate` must be an object", |s| {
            s["predicate"] = json!([]);
        }),
        ("`x` is not a field of `the statement`", |s| {
            s["x"] = json!(1);
        }),
        ("`x` is not a field of `predicate`", |s| {
            s["predicate"]["x"] = json!(1);
        }),
        ("`uri` is not a field of `subject[0]`", |s| {
            s["subject"][0]["uri"] = json!("x");
        }),
        ("`sha1` is not a field of `digest`", |s| {
            s["subject"][0]["digest"]["sha1"] = json!("0".repeat(40));
        }),
        ("`subject` must have exactly one element", |s| {
            s["subject"] = json!([]);
        }),
        ("`subject` must have exactly one element", |s| {
            s["subject"] = json!([s["subject"][0], s["subject"][0]]);
        }),
        ("`name` is required", |s| remove(s, "/subject/0", "name")),
        ("`gitBlob` is required", |s| {
            remove(s, "/subject/0/digest", "gitBlob");
        }),
        ("`sha256` is required", |s| {
            remove(s, "/subject/0/digest", "sha256");
        }),
        ("`gitBlob` ", |s| {
            s["subject"][0]["digest"]["gitBlob"] = json!("A".repeat(40));
        }),
        ("`sha256` ", |s| {
            s["subject"][0]["digest"]["sha256"] = json!("a".repeat(63));
        }),
        ("`decision` is required", |s| {
            remove(s, "/predicate", "decision");
        }),
        ("`decision` must be `approve`, `deny` or `request`", |s| {
            s["predicate"]["decision"] = json!("Approve");
        }),
        ("`principal` is required", |s| {
            remove(s, "/predicate", "principal");
        }),
        ("`principal` ", |s| {
            s["predicate"]["principal"] = json!("../bob");
        }),
        ("`repository` must be a string", |s| {
            s["predicate"]["repository"] = Value::Null;
        }),
        ("`branch` is required", |s| {
            remove(s, "/predicate", "branch");
        }),
        ("`created` must be a time in UTC such as", |s| {
            s["predicate"]["created"] = json!("2030-01-01T00:00:00+00:00");
        }),
        ("`expires` must be a time in UTC such as", |s| {
            s["predicate"]["expires"] = json!("2030-01-15");
        }),
        ("`expires` is required to approve", |s| {
            remove(s, "/predicate", "expires");
        }),
        ("`nonce` is required", |s| remove(s, "/predicate", "nonce")),
        ("`nonce` must be 32 hexadecimal digits in lower case", |s| {
            s["predicate"]["nonce"] = json!("AA".repeat(16));
        }),
        ("`reason` must have at most 1000 characters", |s| {
            s["predicate"]["reason"] = json!("x".repeat(1001));
        }),
        ("`reason` must not have control characters", |s| {
            s["predicate"]["reason"] = json!("a\u{1b}[2Jb");
        }),
    ];
    let house = House::with_request(ONE);
    let cases: Vec<(&str, Vec<u8>)> = cases
        .into_iter()
        .map(|(words, change)| (words, changed(&house, change)))
        .collect();
    are_malformed(&house, &cases);
}

fn remove(statement: &mut Value, pointer: &str, key: &str) {
    let object = statement.pointer_mut(pointer).expect("it is there");
    object.as_object_mut().expect("an object").remove(key);
}

#[test]
fn what_can_be_read_two_ways_or_not_at_all_is_said() {
    let house = House::with_request(ONE);
    let honest = String::from_utf8(changed(&house, |_| {})).expect("text");
    let deep = format!("{}1{}", "[".repeat(9), "]".repeat(9));
    let twice = honest.replace("\"decision\"", "\"decision\": \"deny\", \"decision\"");
    let nested = honest.replace("\"nonce\"", &format!("\"x\": {deep}, \"nonce\""));
    are_malformed(
        &house,
        &[
            ("is not one JSON value", Vec::new()),
            ("is not one JSON value", b"approved by bob\n".to_vec()),
            (
                "is not one JSON value",
                format!("{honest}{{}}").into_bytes(),
            ),
            (
                "is not one JSON value",
                format!("\u{feff}{honest}").into_bytes(),
            ),
            (
                "is not one JSON value: the key `decision` is there twice",
                twice.into_bytes(),
            ),
            ("is nested deeper than 8 levels", nested.into_bytes()),
            ("`the statement` must be an object", b"[]\n".to_vec()),
            ("is not UTF-8", [honest.as_bytes(), b"\xff"].concat()),
        ],
    );
}

/// Bytes that were approved are others than those that lie there: shown with both, and how to say it again.
#[test]
fn a_statement_about_other_bytes_shows_which() {
    let house = House::with_request(ONE);
    let id = |house: &House| {
        let id = house.scratch.git(&["rev-parse", "HEAD:requests/jane.yaml"]);
        id.stdout.trim().to_owned()
    };
    let sha256 = |house: &House| {
        let text = house.scratch.read("repo/requests/jane.yaml");
        crate::house::sha256(text.as_bytes())
    };
    let (blob, digest) = (id(&house), sha256(&house));
    for (pointer, value, message) in [
        (
            "/subject/0/digest/gitBlob",
            "0".repeat(40),
            format!(
                "it is about the bytes {}, and the request has {blob} now",
                "0".repeat(40)
            ),
        ),
        (
            "/subject/0/digest/sha256",
            "0".repeat(64),
            format!(
                "it is about the bytes with the SHA-256 {}, and the request has {digest} now",
                "0".repeat(64)
            ),
        ),
    ] {
        let mut statement = house.statement("jane", "approve", "bob");
        *statement.pointer_mut(pointer).expect("the digest") = json!(value);
        let file = put(&house, "jane", format!("{statement:#}\n").as_bytes());
        house.scratch.commit("approve");
        is_stale(&house, &file, &message, "gitca approve jane");
        house.scratch.sh(&format!("rm repo/{file} repo/{file}.sig"));
    }
    for (decision, command) in [
        ("approve", "gitca approve jane"),
        ("deny", "gitca deny jane"),
        ("request", "gitca approve --as-requester jane"),
    ] {
        let before = id(&house);
        let file = house.state("jane", decision, "bob");
        house
            .scratch
            .sh("echo '# edited' >> repo/requests/jane.yaml");
        house.commit_as("jane", true, "edit");
        let message = format!(
            "it is about the bytes {before}, and the request has {} now",
            id(&house)
        );
        let file = file.trim_start_matches("repo/");
        is_stale(&house, file, &message, command);
        house.scratch.sh(&format!("rm repo/{file} repo/{file}.sig"));
    }
}

#[track_caller]
fn is_stale(house: &House, file: &str, message: &str, command: &str) {
    let found = objections(&house.plan(), "jane");
    let told = |key: &str| found[0][key].clone();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(told("code"), "ApprovalStale", "{found:#?}");
    assert_eq!(told("value"), file);
    assert_eq!(told("message"), message);
    assert_eq!(told("help"), command);
}

/// A statement that would be good, were it for this request, repository, branch, time, key or person.
#[test]
fn whatever_else_is_wrong_says_how_to_say_it_again() {
    let house = House::with_request(ONE);
    let said = |pointer: &str, value: &str, key: &str, namespace: &str| {
        let mut statement = house.statement("jane", "approve", "bob");
        *statement.pointer_mut(pointer).expect("the field") = json!(value);
        let signed = house.sign(&statement, key, namespace);
        let person = statement["predicate"]["principal"].clone();
        let file = house.put("jane", person.as_str().expect("a name"), &signed);
        house.scratch.commit("approve");
        let found = objections(&house.plan(), "jane");
        house.scratch.sh(&format!("rm {file} {file}.sig"));
        let [reason] = &found[..] else {
            panic!("{found:#?}");
        };
        assert_eq!(reason["value"], file.trim_start_matches("repo/"));
        let told = |key: &str| reason[key].as_str().expect("words").to_owned();
        (told("code"), told("message"), told("help"))
    };
    let right = ("/predicate/principal", "bob");
    for (field, key, namespace, code, message, help) in [
        (
            ("/subject/0/name", "requests/dev/jane.yaml"),
            "bob",
            NAMESPACE,
            "ApprovalPath",
            "it is about `dev/jane`",
            "gitca approve jane",
        ),
        (
            ("/subject/0/name", "policies/jane.yaml"),
            "bob",
            NAMESPACE,
            "ApprovalPath",
            "is about `policies/jane.yaml`, which is no request",
            "remove it, and sign another: `gitca approve jane` or `gitca deny jane`",
        ),
        (
            (
                "/predicate/repository",
                "00000000-0000-4000-8000-000000000000",
            ),
            "bob",
            NAMESPACE,
            "ApprovalRepository",
            "it is for the repository 00000000-0000-4000-8000-000000000000",
            "gitca approve jane",
        ),
        (
            ("/predicate/branch", "staging"),
            "bob",
            NAMESPACE,
            "ApprovalBranch",
            "it is for the branch `staging`",
            "gitca approve jane",
        ),
        (
            ("/predicate/expires", "2030-01-01T00:00:00Z"),
            "bob",
            NAMESPACE,
            "ApprovalExpired",
            "it ended at 2030-01-01T00:00:00Z",
            "gitca approve jane",
        ),
        (
            right,
            "bob",
            "git",
            "ApprovalNamespace",
            "the signature was made for the namespace `git`",
            "sign it again: gitca approve jane",
        ),
        (
            right,
            "carol",
            NAMESPACE,
            "ApprovalPrincipal",
            "it names `bob` and is signed by a key of `carol`",
            "sign it again: gitca approve jane",
        ),
        (
            ("/predicate/principal", "robot"),
            "robot",
            NAMESPACE,
            "ApprovalNotPerson",
            "`robot` is a bot, and only persons approve",
            "have a person say it: gitca approve jane",
        ),
    ] {
        let told = said(field.0, field.1, key, namespace);
        let wanted = [code, message, help].map(str::to_owned);
        assert_eq!(told, wanted.into(), "{code}");
    }
}

/// What lay there between two runs is looked at for denials, whatever it was called.
#[test]
fn a_statement_that_was_taken_away_may_have_had_any_name() {
    let house = House::with_request("{anyOf: [{groups: [platform]}]}");
    for name in ["a\\b", "a\u{7f}b", "\n", "%2e", "\u{202e}", "a b"] {
        for ending in [".json", ".json.sig"] {
            let path = format!("repo/requests/jane.approvals/{name}{ending}");
            house.scratch.write(&path, "x");
        }
        house.scratch.commit("come");
        house.scratch.sh("rm -r repo/requests/jane.approvals");
        house.scratch.commit("go");
        assert_eq!(house.judged("jane").0, "pending", "{name:?}");
    }
}
