//! One hostile repository through every output: no text of a stranger moves the cursor, hides, becomes markup, or is a
//! command to the CI server that keeps the log.
//!
//! Every hostile value holds the word EVIL, so that what got out of its place can be found.

use serde_json::Value;

use gitca::x509::subject::Attribute;

use crate::forge::{Draft, O, cn, rdn, utf8};
use crate::repository::{Hostile, manifest, manifest_of};
use crate::wide;

/// The fixtures of git-trust's list that are tested here, and the row of table G.
pub(crate) const ROWS: [&str; 6] = [
    "G11",
    "inject-actions",
    "inject-ansi",
    "inject-markdown",
    "inject-html",
    "inject-trailer",
];

const USERS: &str = "kubernetes.io/kube-apiserver-client";
const FORMATS: [&str; 8] = [
    "text", "json", "yaml", "markdown", "junit", "github", "gitlab", "sarif",
];

/// Groups that are legal in a subject; a policy of the fixture admits them.
const GROUPS: [&str; 12] = [
    "::error file=x::EVIL",
    "##[error]EVIL",
    "##vso[task.complete]EVIL",
    "%0A::error::EVIL",
    "`EVIL` | *EVIL* | [EVIL](https://example.com)",
    "<script>EVIL</script>",
    "@EVIL/team #1 !EVIL",
    "</testcase>]]><EVIL/>",
    "Signed-off-by: EVIL",
    "${{ secrets.EVIL }} $(EVIL) {{ EVIL }}",
    "\"EVIL\": 'EVIL', \\u001b[31mEVIL \\n",
    "a very long group, so that its text is broken: ::error::EVIL ::warning::EVIL ::set-env name=PATH::EVIL",
];

/// Texts that no value may hold; they appear in reasons only.
const TEXTS: [&str; 9] = [
    "\u{1b}[31mEVIL\u{1b}[2J",
    "\u{9b}31mEVIL",
    "EVIL\r\n::error::EVIL",
    "\u{202e}EVIL\u{2066}",
    "EVIL\u{200b}\u{ad}\u{feff}",
    "EVIL\u{e0041}\u{fe0f}",
    "EVIL\u{2028}::error::EVIL",
    "EVIL\u{7}\u{8}\u{0}",
    "`EVIL` | EVIL\n\n# EVIL\n",
];

/// Everything at once: subjects that are legal and not, manifests with odd keys and values, a hostile author and tree.
fn hostile() -> Hostile {
    let hostile = Hostile::new();
    let policy = hostile.scratch.read("repo/policies/developers.yaml");
    let any = policy.replace(
        "organizations: {values: [\"dev\", \"dev:*\", \"ops\", \"ops:*\"], maxItems: 8}",
        "organizations: {any: true}",
    );
    assert_ne!(any, policy);
    let signer = hostile.scratch.read("repo/policies/signer.yaml");
    let long = signer.clone() + "  limits: {nameLength: 255}\n";
    hostile.commit(&[
        ("policies/developers.yaml", any.as_bytes()),
        ("policies/signer.yaml", long.as_bytes()),
    ]);
    let mut values = vec![(Attribute::CommonName, "groups")];
    values.extend(GROUPS.map(|group| (Attribute::Organization, group)));
    let good = manifest_of("groups", &values, "groups");
    hostile.scratch.write("repo/requests/groups.yaml", good);
    for (number, text) in TEXTS.iter().enumerate() {
        let draft = Draft::of_subject(&[&cn("x"), &rdn(O, &utf8(text))]);
        let text = wide::manifest("x", USERS, "client auth", &draft.pem());
        hostile
            .scratch
            .write(&format!("repo/requests/t{number}/x.yaml"), text);
    }
    for (number, text) in manifests().iter().enumerate() {
        hostile
            .scratch
            .write(&format!("repo/requests/m{number}/x.yaml"), text);
    }
    hostile.scratch.git(&["add", "-A"]);
    let author = "--author=\u{1b}[31m::error::EVIL\u{202e} | @EVIL`\u{9b}2J <EVIL\u{200b}::error::x@example.com>";
    hostile.scratch.git(&[
        "commit",
        "-q",
        author,
        "-m",
        "Gitca-Issued: EVIL\n\n::error::EVIL",
    ]);
    hostile
}

/// Manifests whose keys and values get into fields, values and messages.
fn manifests() -> Vec<String> {
    let good = manifest("x");
    vec![
        good.replace(
            "[client auth]",
            "[\"client\\n::error::EVIL\", \"##[error]EVIL\"]",
        ),
        good.replace("name: x", "name: \"x\\n\\n# `EVIL` <b>\""),
        good.replace("name: x", "name: x, \"EVIL\\n::error::EVIL\": a"),
        good.replace(
            "name: x",
            "name: x, annotations: {\"EVIL\\n<b>|`::error::EVIL\": a}",
        ),
        good.replace("name: x", "name: x, labels: {a: \"EVIL\\n::error::EVIL\"}"),
        good.replace("kind: C", "kind: \"EVIL\\n::error::EVIL\" # C"),
        good.replace(USERS, "\"EVIL\\n::error::EVIL\""),
        good.clone() + "  \"::error::EVIL`|<b>\": x\n",
        "\"EVIL\\n::error::EVIL".to_owned(),
    ]
}

/// What is on the screen, line by line, is what was meant to be there.
#[track_caller]
fn is_tame(what: &str, text: &str) {
    let hidden = |character: &char| {
        *character != '\n'
            && (character.is_control()
                || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}'))
    };
    let found = text.chars().find(hidden);
    assert_eq!(found, None, "{what}: {text}");
}

#[track_caller]
fn commands_nothing(what: &str, text: &str) {
    for line in text.lines() {
        let words = line.trim_start();
        let command = words
            .strip_prefix("::")
            .is_some_and(|rest| rest.contains("::"));
        assert!(!command, "{what}: {line}");
        for mark in ["##[", "##vso["] {
            assert!(!line.contains(mark), "{what}: {line}");
        }
    }
}

#[test]
fn reports_hold_no_text_of_a_stranger_unescaped() {
    let hostile = hostile();
    let commands = [
        &["check"][..],
        &["plan"],
        &["check", "--base", "HEAD~1", "--head", "HEAD"],
    ];
    for command in commands {
        let answer = |format| {
            let args = [command, &["-o", format]].concat();
            hostile.scratch.in_repo(&args)
        };
        let json = answer("json").json();
        assert!(json.to_string().contains("EVIL"));
        for format in FORMATS {
            let what = format!("{} -o {format}", command.join(" "));
            let answer = answer(format);
            is_tame(&what, &answer.stdout);
            is_tame(&what, &answer.stderr);
            assert!(answer.stdout.contains("EVIL"), "{what}: {}", answer.stdout);
            commands_nothing(&what, &answer.stderr);
            match format {
                "github" => is_annotations(&answer.stdout),
                _ => commands_nothing(&what, &answer.stdout),
            }
            match format {
                "yaml" => {
                    let read: Value = serde_yaml::from_str(&answer.stdout).expect("YAML");
                    assert_eq!(read, json, "{what}");
                }
                "markdown" => spans_hold_it(&without_blocks(&answer.stdout)),
                "junit" => is_xml(&answer.stdout),
                "gitlab" | "sarif" => drop(answer.json()),
                _ => {}
            }
        }
    }
}

/// The log of a job on GitHub, and the summary of its step, at once.
#[test]
fn the_log_and_the_summary_of_a_step_obey_nothing() {
    let hostile = hostile();
    let summary = hostile.scratch.path("summary.md");
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        (
            "GITHUB_STEP_SUMMARY",
            summary.to_str().expect("a plain path"),
        ),
    ];
    let check = ["check", "--base", "HEAD~1", "--head", "HEAD"];
    let told = hostile
        .scratch
        .gitca_with("repo", &check, &variables)
        .stdout;
    let (first, rest) = told.split_once('\n').expect("lines");
    let token = first
        .strip_prefix("::stop-commands::")
        .expect("it is first");
    let inside = rest
        .strip_suffix(&format!("::{token}::\n"))
        .expect("it is last");
    assert!(inside.contains("EVIL") && !inside.contains(token));
    commands_nothing("the log", inside);
    let github = [&check[..], &["-o", "github"]].concat();
    is_annotations(
        &hostile
            .scratch
            .gitca_with("repo", &github, &variables)
            .stdout,
    );
    let summary = hostile.scratch.read("summary.md");
    is_tame("the summary", &summary);
    spans_hold_it(&without_blocks(&summary));
}

/// The text without its fenced code blocks (section 4.5 of `CommonMark`), none of which its content can end.
#[track_caller]
fn without_blocks(text: &str) -> String {
    let (mut outside, mut fence) = (String::new(), None);
    for line in text.lines() {
        match &fence {
            None if line.starts_with("```") => {
                let end = line.strip_suffix("text").expect("a block of text");
                assert!(end.chars().all(|character| character == '`'), "{line}");
                fence = Some(end.to_owned());
            }
            None => outside.extend([line, "\n"]),
            Some(end) if line == end => fence = None,
            Some(end) => assert!(!line.trim_start().starts_with(end.as_str()), "{line}"),
        }
    }
    assert_eq!(fence, None, "an open block: {text}");
    let count = |tag: &str| outside.lines().filter(|line| line.starts_with(tag)).count();
    assert_eq!(count("<details>"), count("</details>"), "{text}");
    outside
}

/// Each line is one annotation that gitca meant.
#[track_caller]
fn is_annotations(text: &str) {
    for line in text.lines() {
        let kind = line
            .strip_prefix("::")
            .and_then(|rest| rest.split(' ').next());
        assert!(
            matches!(kind, Some("error" | "warning" | "notice")),
            "{line}"
        );
        let properties = line.split("::").nth(1).unwrap_or_default();
        assert!(!properties.contains("EVIL"), "{line}");
    }
}

/// Outside of code spans (section 6.1 of `CommonMark`) there is not one word of a stranger.
#[track_caller]
fn spans_hold_it(text: &str) {
    for line in text.lines() {
        let mut rest = line;
        let mut outside = String::new();
        while let Some(start) = rest.find('`') {
            outside.push_str(&rest[..start]);
            let fence = rest[start..].chars().take_while(|c| *c == '`').count();
            let fence_text = "`".repeat(fence);
            let inside = &rest[start + fence..];
            // The next run of as many backticks ends it.
            let mut runs = inside
                .match_indices(fence_text.as_str())
                .map(|(place, _)| place);
            let ends = runs.find(|place| {
                !inside[place + fence..].starts_with('`') && !inside[..*place].ends_with('`')
            });
            let end = ends.unwrap_or_else(|| panic!("an open code span: {line}"));
            rest = &inside[end + fence..];
        }
        outside.push_str(rest);
        assert!(!outside.contains("EVIL"), "{line}");
    }
}

/// Tags and entities of ours alone.
#[track_caller]
fn is_xml(text: &str) {
    const TAGS: [&str; 6] = [
        "?xml",
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "skipped",
    ];
    for part in text.split('<').skip(1) {
        let name = part.trim_start_matches('/');
        let name = name.split([' ', '>', '/']).next().unwrap_or_default();
        assert!(TAGS.contains(&name), "<{part}");
    }
    for part in text.split('&').skip(1) {
        let entity = part.split(';').next().unwrap_or_default();
        assert!(
            ["amp", "lt", "gt", "quot", "apos"].contains(&entity),
            "&{part}"
        );
    }
}

/// What is issued all the same, and what lists and descriptions say of it.
#[test]
fn what_was_issued_is_shown_without_effect() {
    let hostile = hostile();
    let run = hostile.scratch.in_repo(&["run"]);
    is_tame("run", &run.stdout);
    commands_nothing("run", &run.stdout);
    assert!(run.stdout.contains("groups: issued"), "{}", run.stdout);
    for args in [
        &["get"][..],
        &["get", "-o", "wide"],
        &["get", "-o", "json"],
        &["get", "-o", "yaml"],
        &["get", "-o", "name"],
        &["get", "-o", "prometheus"],
        &["describe", "groups"],
        &["describe", "good"],
        &["check", "--all"],
    ] {
        let answer = hostile.scratch.in_repo(args);
        let what = args.join(" ");
        is_tame(&what, &answer.stdout);
        commands_nothing(&what, &answer.stdout);
        commands_nothing(&what, &answer.stderr);
    }
    let shown = hostile.scratch.in_repo(&["describe", "groups"]).stdout;
    assert!(shown.contains("<script>EVIL</script>"), "{shown}");
    is_one_kubeconfig(&hostile);
}

/// The user name of the certificate, and nothing else of its subject.
fn is_one_kubeconfig(hostile: &Hostile) {
    let text = hostile.scratch.read("repo/issued/groups/kubeconfig.yaml");
    let kubeconfig: Value = serde_yaml::from_str(&text).expect("YAML");
    assert_eq!(kubeconfig["users"][0]["name"], "groups");
    assert!(!text.contains("EVIL"), "{text}");
    let csr = hostile.scratch.read("repo/issued/groups/csr.yaml");
    assert!(!csr.contains("EVIL"), "{csr}");
    let provenance = hostile.scratch.read("repo/issued/groups/provenance.json");
    is_tame("provenance.json", &provenance);
}

/// The message of the commit is ours from its first word to its last trailer.
#[test]
fn the_commit_message_holds_nothing_of_a_stranger() {
    let hostile = hostile();
    hostile.run();
    let message = hostile.scratch.git(&["log", "-1", "--format=%B"]).stdout;
    assert!(message.is_ascii() && !message.contains("EVIL"), "{message}");
    let script = "git -C repo log -1 --format=%B | git interpret-trailers --parse --only-trailers";
    for trailer in hostile.scratch.sh(script).stdout.lines() {
        assert!(trailer.starts_with("Gitca-"), "{message}");
    }
}

/// Names of a tree reach a report as escapes.
#[test]
fn names_of_entries_are_shown_as_escapes() {
    let hostile = Hostile::new();
    let blob = hostile.object("blob", b"x");
    for name in [
        &b"\x1b[31mEVIL.yaml"[..],
        b"a\n::error::EVIL.yaml",
        "\u{202e}EVIL.yaml".as_bytes(),
        b"`EVIL` | <b>.yaml",
        b"\xff\x9bEVIL.yaml",
    ] {
        let tree = hostile.tree(&[("100644", name, blob.clone())]);
        hostile.commit_bad(&tree);
        for format in FORMATS {
            let answer = hostile.scratch.in_repo(&["plan", "-o", format]);
            is_tame(format, &(answer.stdout.clone() + &answer.stderr));
            if format != "github" {
                commands_nothing(format, &answer.stdout);
            }
        }
    }
}
