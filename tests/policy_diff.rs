//! `gitca policy diff` from outside: which decisions a change of the policies changes, of today and of then.

mod support;

use serde_json::{Value, json};

use support::Scratch;

const DEVELOPERS: &str = "repo/policies/developers.yaml";
const OPS: &str = "\"ops\", \"ops:*\"";

/// A repository where jane and omar have certificates, and carl is denied.
fn repository() -> Scratch {
    let scratch = Scratch::with_repository();
    for (name, group) in [("jane", "dev"), ("ops/omar", "ops")] {
        scratch.in_repo(&["new", name, "--group", group]).success();
    }
    scratch.commit("two requests");
    scratch.in_repo(&["run"]).success();
    scratch
        .in_repo(&["new", "carl", "--group", "web"])
        .success();
    scratch.commit("one more");
    scratch
}

fn edit(scratch: &Scratch, old: &str, new: &str) {
    let text = scratch.read(DEVELOPERS);
    assert!(text.contains(old), "{text}");
    scratch.write(DEVELOPERS, text.replace(old, new));
}

/// Each change in brief: request, whether it was issued, direction, the two verdicts.
fn brief(json: &Value) -> Vec<Value> {
    let changes = json["changes"].as_array().expect("a list");
    let brief = |change: &Value| {
        json!([
            change["request"],
            !change["issued"].is_null(),
            change["direction"],
            change["base"]["verdict"],
            change["head"]["verdict"],
        ])
    };
    changes.iter().map(brief).collect()
}

#[test]
fn what_becomes_looser_comes_first() {
    let scratch = repository();
    let told = scratch
        .in_repo(&["policy", "diff", "--exit-code"])
        .success();
    assert_eq!(told.stdout, "policy diff: none of 3 decisions changes\n");
    edit(&scratch, OPS, "\"web\"");
    let told = scratch.in_repo(&["policy", "diff"]).success();
    assert_eq!(
        told.stdout,
        "\
policy diff: 2 of 3 decisions change: 1 loosened, 1 tightened

carl: loosened
  base  denied: NoPolicyAdmits, ValueNotAllowed
        `web` fits no entry that is allowed
  head  approved by policy developers

ops/omar: tightened, issued 2030-01-01T00:00:00Z
  base  approved by policy developers
  head  denied: NoPolicyAdmits, ValueNotAllowed
        `ops` fits no entry that is allowed
"
    );
    scratch.in_repo(&["policy", "diff", "--exit-code"]).code(1);
    let markdown = scratch
        .in_repo(&["policy", "diff", "-o", "markdown"])
        .success()
        .stdout;
    assert!(
        markdown.starts_with(
            "<!-- gitca:policy-diff -->\n**gitca policy diff: 2 of 3 decisions change: "
        ),
        "{markdown}"
    );
    assert!(
        markdown.contains(
            "- **loosened** `carl`\n  - base: `denied: NoPolicyAdmits, ValueNotAllowed`\n"
        ),
        "{markdown}"
    );

    // Of commits, the same.
    scratch.git(&["switch", "-q", "-c", "change"]);
    scratch.commit("other groups");
    let json = scratch
        .in_repo(&[
            "policy", "diff", "--base", "main", "--head", "HEAD", "-o", "json",
        ])
        .success()
        .json();
    assert_eq!(
        brief(&json),
        [
            json!(["carl", false, "loosened", "denied", "approved"]),
            json!(["ops/omar", true, "tightened", "approved", "denied"]),
        ]
    );
    assert_eq!(
        json["summary"],
        json!({"loosened": 1, "tightened": 1, "changed": 0})
    );
    assert_eq!(json["changes"][1]["file"], "issued/ops/omar/request.yaml");
    let back = scratch.in_repo(&[
        "policy", "diff", "--base", "HEAD", "--head", "main", "-o", "json",
    ]);
    let back = back.success().json();
    assert_eq!(back["changes"][0]["direction"], "loosened");
    assert_eq!(back["changes"][0]["request"], "ops/omar");
}

#[test]
fn another_policy_or_code_is_a_change_though_the_verdict_is_the_same() {
    let scratch = repository();
    let developers = scratch.read(DEVELOPERS);
    scratch.write(
        DEVELOPERS,
        developers.replace("name: developers", "name: everybody"),
    );
    scratch.sh("rm repo/policies/tests/developers.yaml");
    let json = scratch
        .in_repo(&["policy", "diff", "-o", "json"])
        .success()
        .json();
    assert_eq!(
        brief(&json),
        [
            json!(["jane", true, "changed", "approved", "approved"]),
            json!(["ops/omar", true, "changed", "approved", "approved"]),
        ]
    );
    assert_eq!(json["changes"][0]["head"]["policy"], "everybody");
}

#[test]
fn what_was_issued_is_judged_as_of_then() {
    let scratch = Scratch::with_repository();
    scratch.sh(
        "cd repo/policies
         head() { printf 'apiVersion: gitca.dev/v1alpha1\\nkind: %s\\nmetadata: {name: %s}\\nspec: %s\\n' \"$@\"; }
         for who in john bob; do
           ssh-keygen -q -t ed25519 -N '' -C $who -f ../../$who
           head Principal $who \"{emails: [$who@example.com], sshKeys: ['$(cat ../../$who.pub)']}\" > $who.yaml
         done
         head Group platform '{members: [bob]}' > platform.yaml
         sed -i 's/  approvals: none/  approvals: {anyOf: [{groups: [platform], count: 1}]}/' developers.yaml
         rm tests/developers.yaml",
    );
    scratch.commit("the platform team approves");
    scratch
        .in_repo(&["new", "john", "--group", "dev", "--signing-key", "../john"])
        .success();
    scratch.commit("john asks");
    scratch
        .in_repo(&["approve", "john", "--signing-key", "../bob"])
        .success();
    scratch.commit("bob approves");
    scratch.in_repo(&["run"]).success();

    // A year later the certificate and the approval have ended; neither matters for what was right then.
    let later = [("GITCA_NOW", "2031-01-01T00:00:00Z")];
    let diff = |scratch: &Scratch| {
        let told = scratch.gitca_with("repo", &["policy", "diff", "-o", "json"], &later);
        brief(&told.success().json())
    };
    assert_eq!(diff(&scratch), Vec::<Value>::new());
    // Who asked and who approved are those of then, with the groups that the rules who judge give them.
    let tightened = |verdict: &str| vec![json!(["john", true, "tightened", "approved", verdict])];
    let platform = scratch.read("repo/policies/platform.yaml");
    scratch.write(
        "repo/policies/platform.yaml",
        platform.replace("bob", "john"),
    );
    assert_eq!(diff(&scratch), tightened("pending"));
    scratch.write("repo/policies/platform.yaml", platform);
    let selector = "    signerNames: [kubernetes.io/kube-apiserver-client]\n";
    let developers = scratch.read(DEVELOPERS);
    for (who, changed) in [("john", Vec::new()), ("bob", tightened("denied"))] {
        let named = format!("{selector}    requesters: {{principals: [{who}]}}\n");
        scratch.write(DEVELOPERS, developers.replace(selector, &named));
        assert_eq!(diff(&scratch), changed, "{who}");
    }
    // A CA that is newer than the certificate does not make it another decision.
    scratch.write(DEVELOPERS, developers);
    scratch
        .gitca_with(".", &["init", "other"], &later)
        .success();
    scratch.sh("cp other/policies/ca/cluster.pem repo/policies/ca/cluster.pem");
    assert_eq!(diff(&scratch), Vec::<Value>::new());
}

#[test]
fn a_check_of_a_change_of_policies_lists_the_decisions_that_it_changes() {
    let scratch = repository();
    let check = |more: &[&str]| {
        let check = ["check", "--base", "main", "--head", "change"];
        scratch.in_repo(&[&check, more].concat())
    };
    scratch.git(&["switch", "-q", "-c", "change"]);
    scratch.write("repo/policies/README.md", "nothing");
    scratch.commit("words");
    let told = check(&[]).success();
    assert!(
        told.stdout
            .ends_with("\nThe policies change, and none of 3 other decisions with them.\n"),
        "{}",
        told.stdout
    );
    assert_eq!(told.stderr, "");

    edit(&scratch, OPS, "\"web\"");
    scratch
        .in_repo(&["new", "mary", "--group", "web"])
        .success();
    scratch.commit("other groups, and a request for one");
    let told = check(&[]).code(1);
    let section = "
The policies change, and with them 2 of 3 other decisions: 1 loosened, 1
  tightened.

carl: loosened
  base  denied: NoPolicyAdmits, ValueNotAllowed
        `web` fits no entry that is allowed
  head  approved by policy developers

ops/omar: tightened, issued 2030-01-01T00:00:00Z
  base  approved by policy developers
";
    assert!(told.stdout.contains(section), "{}", told.stdout);
    let first = told.stdout.lines().next().unwrap_or_default();
    assert!(first.ends_with("; 2 other decisions change"), "{first}");
    let notices = check(&["-o", "json"]).code(1).json()["notices"].clone();
    let notices = notices.as_array().expect("a list").clone();
    let notice = notices
        .iter()
        .find(|notice| notice["code"] == "DecisionsChange");
    let notice = notice.expect("it is there");
    let help = notice["help"].as_str().expect("a help").to_owned();
    // The help is a command that works.
    let words: Vec<&str> = help.split(' ').skip(1).collect();
    let all = scratch.in_repo(&words).success();
    assert!(
        all.stdout
            .starts_with("policy diff: 2 of 3 decisions change"),
        "{}",
        all.stdout
    );
    let markdown = check(&["-o", "markdown"]).code(1).stdout;
    assert!(markdown.contains("### The policies change, and with them 2 of 3 other decisions: 1 loosened, 1 tightened.\n\n- **loosened** `carl`\n"), "{markdown}");
    let summary = scratch.path("summary").display().to_string();
    let variables = [("GITHUB_STEP_SUMMARY", summary.as_str())];
    let args = [
        "check", "--base", "main", "--head", "change", "-o", "github",
    ];
    scratch.gitca_with("repo", &args, &variables).code(1);
    assert!(
        scratch
            .read("summary")
            .contains("- **tightened** `ops/omar`, issued "),
        "{}",
        scratch.read("summary")
    );

    // Without a change of the policies there is nothing about it.
    scratch.git(&["switch", "-q", "-c", "plain", "main"]);
    scratch
        .in_repo(&["new", "anna", "--group", "dev"])
        .success();
    scratch.commit("a request");
    let told = scratch
        .in_repo(&["check", "--base", "main", "--head", "plain"])
        .success();
    assert!(!told.stdout.contains("policies change"), "{}", told.stdout);
}

/// What has ended would come back, although no decision changes.
#[test]
fn renewals_that_a_change_makes_due_are_told_in_every_format() {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch.commit("a request");
    scratch.in_repo(&["run"]).success();
    let diff = |now: &str, format: &str| {
        let args = ["--now", now, "policy", "diff", "--exit-code", "-o", format];
        scratch.in_repo(&args).success()
    };
    let words = "renewals that these policies make due at once: 1, of them of certificates that have ended 1: jane";
    edit(
        &scratch,
        "  approvals:",
        "  renewal: {before: 8h, until: 9d}\n  approvals:",
    );
    let late = "2030-01-05T00:00:00Z";
    let json = diff(late, "json").json();
    assert_eq!(json["notices"][0]["code"], "RenewalsBegin", "{json:#}");
    assert_eq!(json["notices"][0]["message"], words);
    assert_eq!(json["changes"], json!([]));
    let markdown = diff(late, "markdown").stdout;
    assert!(markdown.contains("make due at once"), "{markdown}");
    let text = diff(late, "text");
    assert_eq!(text.stdout, "policy diff: none of 1 decisions changes\n");
    let told: Vec<&str> = text.stderr.split_whitespace().collect();
    let told = told.join(" ");
    assert!(
        told.starts_with(&format!("note[RenewalsBegin]: {words}")),
        "{told}"
    );
    let early = diff("2030-01-01T12:00:00Z", "json").json();
    assert_eq!(early["notices"], json!([]));
}

#[test]
fn a_long_list_is_cut() {
    let scratch = Scratch::with_repository();
    let manifest = |name: &str, text: &str| text.replace("name: seed", &format!("name: {name}"));
    scratch
        .in_repo(&["new", "seed", "--group", "web"])
        .success();
    let seed = scratch.read("repo/requests/seed.yaml");
    for number in 0..30 {
        let name = format!("r{number:02}");
        scratch.write(
            &format!("repo/requests/{name}.yaml"),
            manifest(&name, &seed),
        );
    }
    scratch.commit("many");
    scratch.git(&["switch", "-q", "-c", "change"]);
    edit(
        &scratch,
        "  selector:\n",
        "  selector:\n    paths: [\"x/**\"]\n",
    );
    scratch.commit("other paths");
    let told = scratch
        .in_repo(&["check", "--base", "main", "--head", "change"])
        .success();
    let words: Vec<&str> = told.stdout.split_whitespace().collect();
    let told = words.join(" ");
    assert_eq!(
        told.matches("11 more change; `gitca policy diff --base ")
            .count(),
        1,
        "{told}"
    );
    assert_eq!(told.matches(" base denied: ").count(), 20, "{told}");
}
