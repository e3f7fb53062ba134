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
        "### `node` denied\n\n- **privileged: `system:nodes`**\n- subject: `CN=node, O=system:nodes`\n",
        "### `jane` approved\n",
    ]
    .iter()
    .map(|section| text.find(section).unwrap_or_else(|| panic!("{section}\n{text}")))
    .collect();
    assert!(places.is_sorted());
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
