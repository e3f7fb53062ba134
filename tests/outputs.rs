//! Reports in the formats of other programs, read by other programs.

mod support;

use support::Scratch;

/// One request that is approved and one that is denied, for a group whose name is markup.
fn repository() -> Scratch {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch
        .in_repo(&["new", "eve", "--group", "</failure>`@team`<b>\"&"])
        .success();
    scratch
        .in_repo(&["new", "node", "--group", "system:nodes"])
        .success();
    scratch
}

#[test]
fn junit_is_xml_with_one_case_for_each_request() {
    let scratch = repository();
    let xml = scratch.in_repo(&["check", "-o", "junit"]).code(1).stdout;
    scratch.write("report.xml", xml);
    let read = "import xml.etree.ElementTree as e\n\
                suite = e.parse('report.xml').getroot()[0]\n\
                print(suite.attrib)\n\
                for case in suite:\n    print(case.attrib['name'], [(x.tag, x.attrib['type']) for x in case])\n\
                \n    print(''.join(x.text for x in case))";
    scratch.write("read.py", read);
    let told = scratch.sh("python3 read.py").stdout;
    for expected in [
        "{'name': 'gitca check', 'tests': '3', 'failures': '2', 'errors': '0', 'skipped': '0'}",
        "jane []",
        "eve [('failure', 'NoPolicyAdmits')]",
        "node [('failure', 'DeniedBy')]",
        "ValueNotAllowed: ",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
}

#[test]
fn the_comment_shows_the_worst_first_and_obeys_nobody() {
    let scratch = repository();
    let text = scratch.in_repo(&["check", "-o", "markdown"]).code(1).stdout;
    assert!(
        text.starts_with("<!-- gitca:check -->\n**gitca check: 2 denied, 1 approved**\n"),
        "{text}"
    );
    let places: Vec<_> = [
        "### `eve` denied\n",
        "### `node` denied\n\n- **privileged: `system:nodes`**\n- asked by: `nobody proven; git says Test <test@example.com>`\n\
         - subject: `CN=node, O=system:nodes`\n",
        "### `jane` approved\n",
    ]
    .iter()
    .map(|section| text.find(section).unwrap_or_else(|| panic!("{section}\n{text}")))
    .collect();
    assert!(places.is_sorted());
    let none = "- approvals: `none needed: the merge is the approval`\n";
    assert_eq!(text.matches(none).count(), 1, "{text}");
    assert!(
        text.contains("- subject: `` CN=eve, O=</failure>`@team`<b>\"& ``\n"),
        "{text}"
    );
}

#[test]
fn annotations_point_at_the_line_of_the_field() {
    let scratch = repository();
    let text = scratch.in_repo(&["check", "-o", "github"]).code(1).stdout;
    let line = "::error title=DeniedBy,file=requests/node.yaml,line=";
    assert!(text.lines().any(|found| found.starts_with(line)), "{text}");
    assert!(text.lines().all(|found| found.starts_with("::")), "{text}");
    let issues = scratch.in_repo(&["check", "-o", "gitlab"]).code(1).json();
    let issues = issues.as_array().expect("a list");
    let node = issues
        .iter()
        .find(|issue| issue["location"]["path"] == "requests/node.yaml");
    let node = node.unwrap_or_else(|| panic!("{issues:?}"));
    assert_eq!(node["check_name"], "DeniedBy");
    assert_eq!(node["severity"], "major");
    assert!(
        node["location"]["lines"]["begin"].as_u64() > Some(1),
        "{node}"
    );
    assert_eq!(node["fingerprint"].as_str().map(str::len), Some(64));
}

/// SARIF that the published schema takes; tests/sarif/README.md says where it is from.
#[track_caller]
fn sarif(text: &str) -> serde_json::Value {
    let schema = serde_json::from_str(include_str!("sarif/schema-2.1.0.json")).expect("it is JSON");
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect("it is a schema");
    let log: serde_json::Value =
        serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let errors: Vec<String> = validator.iter_errors(&log).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{text}");
    log["runs"][0].clone()
}

#[test]
fn sarif_is_what_its_schema_says() {
    let scratch = repository();
    let check = |code| sarif(&scratch.in_repo(&["check", "-o", "sarif"]).code(code).stdout);
    let run = check(1);
    assert_eq!(run["automationDetails"]["id"], "gitca/check");
    let results = run["results"].as_array().expect("a list").clone();
    let of = |file: &str| {
        let is_of = |result: &&serde_json::Value| {
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == file
        };
        results
            .iter()
            .find(is_of)
            .cloned()
            .unwrap_or_else(|| panic!("{file}: {results:?}"))
    };
    let node = of("requests/node.yaml");
    assert_eq!(node["ruleId"], "DeniedBy");
    assert_eq!(node["level"], "error");
    let region = &node["locations"][0]["physicalLocation"]["region"];
    assert!(region["startLine"].as_u64() > Some(1), "{node}");
    for result in &results {
        let index =
            usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("small");
        let rule = &run["tool"]["driver"]["rules"][index];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(
            rule["help"]["text"]
                .as_str()
                .is_some_and(|help| help.len() > 40),
            "{rule}"
        );
    }
    // The lines move and the fingerprints stay.
    let manifest = scratch.read("repo/requests/node.yaml");
    scratch.write(
        "repo/requests/node.yaml",
        format!("# one line more\n{manifest}"),
    );
    let moved = check(1)["results"].as_array().expect("a list").clone();
    let prints = |results: &[serde_json::Value]| {
        let print = |result: &serde_json::Value| result["partialFingerprints"].to_string();
        results.iter().map(print).collect::<Vec<_>>()
    };
    assert_eq!(prints(&moved), prints(&results));
    assert_ne!(moved, results);
    // What could not be read is said in a notification, or at its file.
    scratch.write("repo/policies/deny.yaml", "kind: DenyPolicy\n");
    let broken = check(2);
    assert_eq!(broken["invocations"][0]["executionSuccessful"], false);
    assert_eq!(broken["results"][0]["level"], "error");
    scratch.write("elsewhere/a", "");
    let nowhere = scratch
        .gitca(&["-C", "elsewhere", "check", "-o", "sarif"])
        .code(2);
    let told = &sarif(&nowhere.stdout)["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(told["level"], "error");
}

#[test]
fn the_summary_of_a_step_goes_to_its_file() {
    let scratch = repository();
    scratch.write("summary.md", "before\n");
    let mut command = scratch.command(env!("CARGO_BIN_EXE_gitca"));
    command.env("GITHUB_STEP_SUMMARY", scratch.path("summary.md"));
    let check = ["-C", "repo", "check", "-o", "github"];
    let output = command.args(check).output().expect("gitca can be run");
    assert_eq!(output.status.code(), Some(1));
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(stdout, scratch.in_repo(&["check", "-o", "github"]).stdout);
    let summary = scratch.read("summary.md");
    assert!(
        summary.starts_with("before\n**gitca check: 2 denied, 1 approved**\n\n### `eve` denied\n"),
        "{summary}"
    );
}

#[test]
fn a_log_of_github_obeys_nothing_between_our_words() {
    let scratch = repository();
    let check = |args: &[&str]| scratch.gitca_with("repo", args, &[("GITHUB_ACTIONS", "true")]);
    let tokens: Vec<String> = (0..2)
        .map(|_| {
            let text = check(&["check"]).code(1).stdout;
            let first = text.lines().next().expect("a line");
            let token = first
                .strip_prefix("::stop-commands::")
                .expect("it is first");
            assert_eq!(token.len(), 32, "{token}");
            assert!(text.ends_with(&format!("\n::{token}::\n")), "{text}");
            assert_eq!(text.matches(token).count(), 2, "{text}");
            token.to_owned()
        })
        .collect();
    assert_ne!(tokens[0], tokens[1]);
    // What programs read stays as it is, and so does what the runner shall obey.
    for format in ["json", "markdown", "github"] {
        let args = ["check", "-o", format];
        let plain = scratch.in_repo(&args).code(1).stdout;
        assert_eq!(check(&args).code(1).stdout, plain, "{format}");
    }
    scratch.write("repo/policies/deny.yaml", "kind: DenyPolicy\n");
    let told = check(&["check"]).code(2).stderr;
    assert!(told.starts_with("::stop-commands::"), "{told}");
}

#[test]
fn an_error_is_in_every_format() {
    let scratch = Scratch::with_repository();
    scratch.write("repo/policies/deny.yaml", "kind: DenyPolicy\n");
    let xml = scratch.in_repo(&["check", "-o", "junit"]).code(2).stdout;
    assert!(
        xml.contains("errors=\"") && xml.contains("<error type="),
        "{xml}"
    );
    let text = scratch.in_repo(&["check", "-o", "markdown"]).code(2).stdout;
    assert!(text.contains("**gitca check: could not work**"), "{text}");
    assert!(text.contains("  - at `policies/deny.yaml:"), "{text}");
}
