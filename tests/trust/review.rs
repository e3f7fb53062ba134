//! What `check --base --head` tells the people who review a change, at 80 columns and as a comment.

use serde_json::json;
use snapbox::assert_data_eq;

use crate::house::{House, judged};

const TWO: &str = "{anyOf: [{groups: [platform], count: 2}]}";
const CHECK: [&str; 5] = ["check", "--base", "main", "--head", "side"];

/// jane has a certificate; on the branch `side` she asks for `ops/jane` as well, in a signed commit, and bob approves it.
fn proposed() -> House {
    let house = House::new(TWO, "signature");
    house.replace("developers.yaml", "keyReuse: deny", "keyReuse: allow");
    house.replace("developers.yaml", "\"dev\", ", "\"dev\", \"system:dev\", ");
    house.scratch.commit("allow more");
    house.ask("jane", "jane");
    for person in ["bob", "carol"] {
        house.state("jane", "approve", person);
    }
    house.scratch.commit("approve");
    house.run();
    house.scratch.git(&["switch", "-q", "-c", "side"]);
    house.scratch.sh(
        "mkdir -p repo/requests/ops; sed 's/^spec:/  labels: {team: dev}\\nspec:\\n  expirationSeconds: 7200/' \
         repo/requests/jane.yaml > repo/requests/ops/jane.yaml",
    );
    house.commit_as("jane", true, "ask for ops/jane");
    house.state("ops/jane", "approve", "bob");
    house.scratch.commit("approve ops/jane");
    house
}

#[test]
fn a_reviewer_sees_who_asks_for_what_and_who_is_still_to_agree() {
    let house = proposed();
    let text = house.scratch.in_repo(&CHECK).success().stdout;
    assert_data_eq!(
        &text,
        "check: 1 unchanged, 1 pending

ops/jane: pending
  asked by  jane, by signature; git says jane <jane@example.com>
  subject   CN=jane, O=dev
  usages    digital signature, client auth
  key       ECDSA P-256
  lifetime  2h (asked for: 2h)
  signer    kubernetes.io/kube-apiserver-client
  approvals 1 of 2 (bob); 1 more of group platform: carol; policy developers,
            policies/developers.yaml:6
  approve   gitca approve ops/jane  # [..]
note[SameName]: `jane` has a certificate and the same name
  --> requests/ops/jane.yaml
note[KeyReused]: its key is that of request `jane` as well
  --> requests/ops/jane.yaml
  field: csr.key = jane
note[SignatureLostBySquash]: only the signature of a commit proves who asked,
  and a squash or rebase of the forge drops it
  --> requests/ops/jane.yaml
  help: land it with a merge commit, or sign it as yours:
        `gitca approve --as-requester ops/jane`
"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    let blob = house
        .scratch
        .git(&["rev-parse", "side:requests/ops/jane.yaml"])
        .stdout;
    let command = format!("gitca approve ops/jane  # {}\n", &blob[..8]);
    assert!(text.contains(&command), "{text}");
}

#[test]
fn the_comment_says_the_same_and_what_it_rests_on() {
    let house = proposed();
    let args = [&CHECK[..], &["-o", "markdown"]].concat();
    let text = house.scratch.in_repo(&args).success().stdout;
    assert_data_eq!(
        &text,
        "<!-- gitca:check -->
**gitca check: 1 pending, 1 unchanged**

### `ops/jane` pending

- asked by: `jane, by signature; git says jane <jane@example.com>`
- subject: `CN=jane, O=dev`
- usages: `digital signature, client auth`
- key: `ECDSA P-256`
- lifetime: `2h (asked for: 2h)`
- signer: `kubernetes.io/kube-apiserver-client`
- approvals: `1 of 2 (bob); 1 more of group platform: carol; policy developers, policies/developers.yaml:6`
- approve: `gitca approve ops/jane  # [..]`
- note **SameName** `` `jane` has a certificate and the same name ``
  - at `requests/ops/jane.yaml`
- note **KeyReused** `` its key is that of request `jane` as well ``
  - at `requests/ops/jane.yaml`
  - field `csr.key`
  - value `jane`
- note **SignatureLostBySquash** `only the signature of a commit proves who asked, and a squash or rebase of the forge drops it`
  - at `requests/ops/jane.yaml`
  - help `` land it with a merge commit, or sign it as yours: `gitca approve --as-requester ops/jane` ``

<details><summary>decision trace</summary>

```text
DenyPolicy privileged: no hit
ApprovalPolicy developers: admits
```

</details>

<details><summary>decoded CSR</summary>

```text
signerName: kubernetes.io/kube-apiserver-client
subject.organizations: dev
subject.commonName: jane
spec.usages: digital signature
spec.usages: client auth
key: ECDSA P-256
key, SHA-256: [..]
signature: ECDSA-SHA256
manifest, git blob: [..]
manifest, SHA-256: [..]
```

</details>

---
<sub>base `[..]`, control `[..]` `[..]`, commit `[..]`, plan digest `[..]`, gitca [..]. This comment is not evidence.</sub>
"
    );
    let id = |revision: &str| house.scratch.git(&["rev-parse", revision]).stdout;
    let foot = format!(
        "<sub>base `{}`, control `{}` `{}`, commit `{}`, ",
        id("main").trim(),
        id("main:policies").trim(),
        id("main:templates").trim(),
        id("side").trim()
    );
    assert!(text.contains(&foot), "{foot}\n{text}");
}

#[test]
fn a_request_statement_keeps_who_asked_through_a_squash() {
    let house = proposed();
    house.state("ops/jane", "request", "jane");
    house.scratch.commit("sign as mine");
    let args = [&CHECK[..], &["-o", "json"]].concat();
    let report = house.scratch.in_repo(&args).success().json();
    assert_eq!(
        report["results"][0]["requester"]["principal"],
        json!("jane")
    );
    let (_, codes) = judged(&report, "ops/jane");
    assert!(
        !codes.contains(&"SignatureLostBySquash".to_owned()),
        "{codes:?}"
    );
    // With it, a squash is as good as a merge.
    house.scratch.git(&["switch", "-q", "main"]);
    house.scratch.git(&["merge", "-q", "--squash", "side"]);
    house.commit_as("bob", false, "squashed");
    let report = house.plan();
    assert_eq!(
        report["results"][0]["requester"]["principal"],
        json!("jane")
    );
}

#[test]
fn what_is_approved_names_its_approvers_and_what_is_denied_its_policy() {
    let house = proposed();
    house.state("ops/jane", "approve", "carol");
    house
        .scratch
        .sh("sed 's/name: jane/name: eve/' repo/requests/jane.yaml > repo/requests/eve.yaml");
    house.write_request("ops/node");
    house.replace("developers.yaml", "\"system:dev\", ", "");
    house.scratch.commit("more, and a rule");
    let text = house.scratch.in_repo(&CHECK).code(1).stdout;
    for expected in [
        "check: 1 unchanged, 1 approved, 1 pending, 1 denied; the rules change too\n",
        "ops/jane: approved by policy developers\n",
        "  approvals 2 of 2 (bob, carol)\n",
        "  policy    developers (policies/developers.yaml:6)\n",
        "eve: denied\n",
        "  policy    developers (policies/developers.yaml:6) comes nearest\n",
        "ops/node: pending\n",
        "  asked by  nobody proven; git says Test <test@example.com>\n",
        "  approvals 0 of 3; 3 more of group platform: only bob and carol may; policy\n",
        "note[RequesterUnverified]",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

/// jane's request waits, and somebody's copy of it was refused, since the key is hers. Whatever takes the key away from the
/// place that has it lets the copy in.
#[test]
fn a_copy_that_nothing_keeps_out_any_more_is_shown() {
    let house = House::new("none", "author");
    let own = "commonName: {values: [\"{{ request.name }}\"], required: true}";
    house.replace("developers.yaml", own, "commonName: {any: true}");
    house.scratch.commit("any name");
    house.ask("jane", "jane");
    let copy = "sed 's/name: jane/name: copy/' repo/requests/jane.yaml > repo/requests/copy.yaml";
    house.scratch.sh(copy);
    house.commit_as("mallory", false, "copy");
    let plan = house.scratch.in_repo(&["plan", "-o", "json"]).json();
    assert_eq!(judged(&plan, "copy").1, ["KeyReused"], "{plan:#}");
    for (change, of_jane) in [
        ("git rm -q requests/jane.yaml", None),
        (
            "sed -i 's/^spec:/  labels: {team: dev}\\nspec:/' requests/jane.yaml",
            Some("denied"),
        ),
        (
            "sed -i 's/request: .*/request: AAAA/' requests/jane.yaml",
            Some("invalid"),
        ),
    ] {
        house.scratch.git(&["switch", "-q", "-C", "side", "main"]);
        house.scratch.sh(&format!("cd repo; {change}"));
        house.commit_as("jane", false, "change");
        house.scratch.git(&["switch", "-q", "main"]);
        let args = [&CHECK[..], &["-o", "json"]].concat();
        let report = house.scratch.in_repo(&args).json();
        assert_eq!(
            judged(&report, "copy").0,
            "approved",
            "{change}: {report:#}"
        );
        let results = report["results"].as_array().expect("results");
        let jane = results.iter().find(|result| result["request"] == "jane");
        let jane = jane.and_then(|jane| jane["verdict"].as_str());
        assert_eq!(jane, of_jane, "{change}: {report:#}");
        let text = house.scratch.in_repo(&CHECK).stdout;
        assert!(
            text.contains("leaves this request alone"),
            "{change}: {text}"
        );

        house.scratch.git(&["merge", "-q", "side"]);
        let plan = house.scratch.in_repo(&["plan", "-o", "json"]).json();
        assert_eq!(judged(&plan, "copy").0, "approved", "{change}: {plan:#}");
        house.scratch.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }
}

/// A policy that renews what it did not renew before brings back what has ended: whoever reviews it is told what.
#[test]
fn a_change_that_makes_certificates_due_says_which() {
    let house = House::with_request("none");
    house.run();
    house.scratch.git(&["switch", "-q", "-c", "side"]);
    let renewal = "  renewal: {before: 8h, until: 9d}\n  approvals:";
    house.replace("developers.yaml", "  approvals:", renewal);
    house.scratch.commit("renew");
    house.scratch.git(&["switch", "-q", "main"]);
    let check = ["check", "--base", "main", "--head", "side", "-o", "json"];
    for (now, ended) in [
        ("2030-01-01T12:00:00Z", None),
        (
            "2030-01-01T16:30:00Z",
            Some("1, of them of certificates that have ended 0: jane"),
        ),
        (
            "2030-01-05T00:00:00Z",
            Some("1, of them of certificates that have ended 1: jane"),
        ),
    ] {
        let report = house
            .scratch
            .in_repo(&[&["--now", now], &check[..]].concat());
        let report = report.success().json();
        let notices = report["notices"].as_array().expect("a list");
        let begins = notices
            .iter()
            .find(|notice| notice["code"] == "RenewalsBegin");
        let message = begins.map(|notice| notice["message"].as_str().expect("a text"));
        let is_told = message.map(|message| {
            message.trim_start_matches("renewals that these policies make due at once: ")
        });
        assert_eq!(is_told, ended, "{now}: {report:#}");
    }
    house.scratch.git(&["merge", "-q", "side"]);
    let plan = house
        .scratch
        .in_repo(&["--now", "2030-01-05T00:00:00Z", "plan", "-o", "json"]);
    assert_eq!(judged(&plan.json(), "jane").0, "approved");
}
