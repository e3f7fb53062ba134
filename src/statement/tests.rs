//! Statements: the layout that is written, and everything that is not read.
//!
//! The layout is compared octet by octet, as a signature covers all of them and people write statements by hand. What is
//! read is what is written: anything else is malformed, with the field that is.

use super::*;

fn statement() -> Statement {
    Statement {
        request: "dev/jane".parse().unwrap(),
        git_blob: ObjectId([0xab; 20]),
        sha256: Sha256Digest([0xcd; 32]),
        decision: StatementDecision::Approve,
        principal: "bob".parse().unwrap(),
        repository: "7f0c2c1e-5a0b-4b53-9a0d-1f6f3a0c9d11".into(),
        branch: "main".into(),
        created: "2026-11-23T10:00:00Z".parse().unwrap(),
        expires: Some("2026-12-07T10:00:00Z".parse().unwrap()),
        nonce: [0x0f; 16],
        reason: Some("CHG-1234 \"quoted\"".into()),
    }
}

fn text() -> String {
    String::from_utf8(statement().to_bytes()).unwrap()
}

#[test]
fn a_statement_is_written_in_the_layout_that_people_can_copy() {
    let expected = format!(
        r#"{{
  "_type": "https://in-toto.io/Statement/v1",
  "subject": [{{"name": "requests/dev/jane.yaml",
               "digest": {{"gitBlob": "{}", "sha256": "{}"}}}}],
  "predicateType": "https://gitca.dev/approval/v1",
  "predicate": {{
    "decision": "approve",
    "principal": "bob",
    "repository": "7f0c2c1e-5a0b-4b53-9a0d-1f6f3a0c9d11",
    "branch": "main",
    "created": "2026-11-23T10:00:00Z",
    "expires": "2026-12-07T10:00:00Z",
    "nonce": "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
    "reason": "CHG-1234 \"quoted\""
  }}
}}
"#,
        "ab".repeat(20),
        "cd".repeat(32)
    );
    assert_eq!(text(), expected);
}

#[test]
fn what_is_written_is_read() {
    for decision in StatementDecision::ALL {
        for (reason, expires) in [(true, true), (false, true), (true, false), (false, false)] {
            let mut statement = Statement {
                decision,
                ..statement()
            };
            if !reason {
                statement.reason = None;
            }
            if !expires {
                statement.expires = None;
            }
            let read = Statement::read(&statement.to_bytes());
            if decision == StatementDecision::Approve && !expires {
                assert_eq!(
                    read.unwrap_err().message,
                    "`expires` is required to approve"
                );
            } else {
                assert_eq!(read, Ok(statement));
            }
        }
    }
}

#[test]
fn the_order_and_the_spaces_are_free() {
    let value: serde_json::Value = serde_json::from_str(&text()).unwrap();
    assert_eq!(
        Statement::read(value.to_string().as_bytes()),
        Ok(statement())
    );
    let spaced = format!("\r\n\t {} \n\n", text());
    assert_eq!(Statement::read(spaced.as_bytes()), Ok(statement()));
}

#[test]
fn anything_else_is_malformed() {
    let nested = format!("\"reason\": {}1{}", "[".repeat(9), "]".repeat(9));
    let long = format!("\"reason\": \"{}\"", "ä".repeat(1001));
    for (from, to) in [
        ("in-toto.io/Statement/v1", "in-toto.io/Statement/v0.1"),
        ("gitca.dev/approval/v1", "gitca.dev/approval/v2"),
        ("\"subject\": [{", "\"subject\": [{}, {"),
        ("\"decision\": \"approve\"", "\"decision\": \"Approve\""),
        ("\"decision\": \"approve\"", "\"decision\": [\"approve\"]"),
        ("\"decision\": \"approve\",", ""),
        (
            "\"decision\": \"approve\",",
            "\"decision\": \"deny\", \"decision\": \"approve\",",
        ),
        (
            "\"decision\": \"approve\",",
            "\"decision\": \"approve\", \"x\": 1,",
        ),
        ("\"principal\": \"bob\"", "\"principal\": \"Bob\""),
        ("\"principal\": \"bob\"", "\"principal\": null"),
        ("\"branch\": \"main\"", "\"branch\": true"),
        (
            "\"created\": \"2026-11-23T10:00:00Z\"",
            "\"created\": \"2026-11-23T10:00:00+00:00\"",
        ),
        (
            "\"created\": \"2026-11-23T10:00:00Z\"",
            "\"created\": \"2026-11-23\"",
        ),
        ("\"created\": \"2026-11-23T10:00:00Z\",", ""),
        ("\"expires\": \"2026-12-07T10:00:00Z\"", "\"expires\": null"),
        ("\"expires\": \"2026-12-07T10:00:00Z\",", ""),
        (
            "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
            "0F0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
        ),
        ("0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f", "0f"),
        (
            "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
            "+f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
        ),
        ("CHG-1234", "CHG\\u0007"),
        ("CHG-1234", "CHG\\ud800"),
        ("\"reason\": \"CHG-1234 \\\"quoted\\\"\"", nested.as_str()),
        ("\"reason\": \"CHG-1234 \\\"quoted\\\"\"", long.as_str()),
        ("abab", "ABab"),
        ("abab", "ab"),
        ("cdcd", "cd"),
        ("\"gitBlob\"", "\"sha1\""),
        ("}\n}\n", "}\n}\n{}"),
        ("}\n}\n", "}\n"),
        ("{\n  \"_type\"", "\u{feff}{\n  \"_type\""),
    ] {
        let changed = text().replacen(from, to, 1);
        assert_ne!(changed, text(), "{from}");
        let reason = Statement::read(changed.as_bytes()).expect_err(to);
        assert_eq!(reason.code, Code::ApprovalMalformed, "{to}: {reason:?}");
    }
    for bytes in [&b""[..], b"[]", b"null", b"\xff", b"[\"a\", [], \"b\", {}]"] {
        assert_eq!(
            Statement::read(bytes).unwrap_err().code,
            Code::ApprovalMalformed
        );
    }
    let large = text().replacen("{\n", &format!("{{{}\n", " ".repeat(OCTETS)), 1);
    assert!(Statement::read(large.as_bytes()).is_err());
    let deep = "[".repeat(200) + &"]".repeat(200);
    assert!(Statement::read(deep.as_bytes()).is_err());
}

#[test]
fn a_statement_about_no_request_says_so() {
    for path in [
        "requests/dev/Jane.yaml",
        "issued/dev/jane.yaml",
        "requests/../x.yaml",
        "requests/dev/jane",
        "dev/jane",
    ] {
        let changed = text().replace("requests/dev/jane.yaml", path);
        let reason = Statement::read(changed.as_bytes()).expect_err(path);
        assert_eq!(reason.code, Code::ApprovalPath, "{path}");
    }
}

#[test]
fn a_file_is_named_after_its_signer_and_its_bytes() {
    let bytes = statement().to_bytes();
    let name = file_name(&"bob".parse().unwrap(), &bytes);
    assert_eq!(
        name,
        format!("bob-{}.json", &Sha256Digest::of(&bytes).to_string()[..8])
    );
}
