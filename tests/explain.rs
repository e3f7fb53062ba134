//! `gitca policy explain`: every step, policy and value of a decision, each with the line that it rests on.

mod support;

use serde_json::Value;

use support::Scratch;

/// Two people's requests under the starter policies, and a signer that gives 60 days.
fn repository() -> Scratch {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "jane", "--group", "dev", "--group", "dev:web"])
        .success();
    scratch
        .in_repo(&["new", "bob", "--group", "finance", "--duration", "60d"])
        .success();
    scratch
        .in_repo(&["new", "node", "--group", "system:nodes"])
        .success();
    scratch
}

/// The line of a file as its `rule` names it.
fn line<'t>(scratch: &Scratch, rule: &Value, texts: &'t mut Vec<String>) -> &'t str {
    let file = rule["file"].as_str().unwrap_or_else(|| panic!("{rule}"));
    let number = rule["line"].as_u64().unwrap_or_else(|| panic!("{rule}"));
    texts.push(scratch.read(&format!("repo/{file}")));
    let text = texts.last().expect("it was just put there");
    let index = usize::try_from(number).expect("a line") - 1;
    text.lines().nth(index).unwrap_or_else(|| panic!("{rule}"))
}

fn part<'v>(told: &'v Value, policy: &str, field: &str, message: &str) -> &'v Value {
    let policies = told["policies"].as_array().expect("a list");
    let mut policies = policies.iter();
    let policy = policies.find(|told| told["name"] == policy);
    let policy = policy.unwrap_or_else(|| panic!("{told:#}"));
    let parts = policy["parts"].as_array().expect("a list");
    let is_it = |part: &&Value| {
        let found = part["message"].as_str().is_some_and(|it| it == message);
        part["field"] == field && found
    };
    let found = parts.iter().find(is_it);
    found.unwrap_or_else(|| panic!("{field}: {message}\n{policy:#}"))
}

#[test]
fn an_approved_request_shows_the_entry_that_allows_each_value() {
    let scratch = repository();
    let told = scratch.in_repo(&["policy", "explain", "jane", "-o", "json"]);
    let told = told.success().json();
    assert_eq!(told["verdict"], "approved");
    assert_eq!(told["policy"], "developers");
    for (field, message, rule, written) in [
        (
            "spec.signerName",
            "fits `kubernetes.io/kube-apiserver-client`",
            "spec.selector.signerNames[0]",
            "signerNames: [kubernetes.io/kube-apiserver-client]",
        ),
        (
            "csr.subject.commonName",
            "fits `{{ request.name }}`",
            "spec.allowed.subject.commonName.values[0]",
            "commonName: {values:",
        ),
        (
            "csr.subject.organizations[1]",
            "fits `dev:*`",
            "spec.allowed.subject.organizations.values[1]",
            "organizations: {values:",
        ),
        (
            "csr.subject.organizations",
            "2 of at most 8",
            "spec.allowed.subject.organizations.maxItems",
            "maxItems: 8",
        ),
        (
            "spec.usages[1]",
            "is allowed",
            "spec.allowed.usages[0]",
            "usages: [client auth",
        ),
        (
            "spec.expirationSeconds",
            "is granted, and at most 30d",
            "spec.constraints.duration.max",
            "duration: {max: 30d}",
        ),
    ] {
        let part = part(&told, "developers", field, message);
        assert_eq!(part["holds"], true, "{part}");
        assert_eq!(part["rule"]["field"], rule);
        let mut texts = Vec::new();
        let found = line(&scratch, &part["rule"], &mut texts);
        assert!(found.contains(written), "{found}");
    }
    let steps = told["steps"].as_array().expect("a list");
    assert_eq!(steps.len(), 10);
    assert!(steps.iter().all(|step| step["outcome"] == "passes"));
}

#[test]
fn a_denied_request_shows_the_nearest_entry_and_both_lines() {
    let scratch = repository();
    let told = scratch.in_repo(&["policy", "explain", "requests/bob.yaml", "-o", "json"]);
    let told = told.success().json();
    assert_eq!(told["verdict"], "denied");
    let field = "csr.subject.organizations[0]";
    let message = "`finance` fits no entry that is allowed";
    let group = part(&told, "developers", field, message);
    assert_eq!(group["code"], "ValueNotAllowed");
    assert_eq!(group["holds"], false);
    assert_eq!(group["help"], "the nearest that is allowed is `dev`");
    let rule = "spec.allowed.subject.organizations.values[0]";
    assert_eq!(group["rule"]["field"], rule);
    let message = "a lifetime of 60d is longer than 30d";
    let lifetime = part(&told, "developers", "spec.expirationSeconds", message);
    let manifest = scratch.read("repo/requests/bob.yaml");
    let number = lifetime["line"].as_u64().expect("a line");
    let index = usize::try_from(number).expect("a line") - 1;
    let written = manifest.lines().nth(index).expect("the line is there");
    assert_eq!(written.trim(), "expirationSeconds: 5184000");
    let outcomes: Vec<&str> = told["steps"].as_array().expect("a list")[5..9]
        .iter()
        .map(|step| step["outcome"].as_str().expect("a word"))
        .collect();
    assert_eq!(outcomes, ["passes", "refuses", "notReached", "notReached"]);
}

#[test]
fn a_hit_is_told_and_approval_policies_are_not_reached() {
    let scratch = repository();
    let told = scratch.in_repo(&["policy", "explain", "node", "-o", "json"]);
    let told = told.success().json();
    let policies = told["policies"].as_array().expect("a list");
    assert_eq!(policies.len(), 1, "{told:#}");
    assert_eq!(policies[0]["outcome"], "hits");
    let message =
        "denied by entry `cluster-admins`: these groups are bound to roles by Kubernetes itself";
    let hit = part(&told, "privileged", "csr.subject.organizations[0]", message);
    assert_eq!(
        hit["rule"]["field"],
        "spec.deny[0].subject.organizations[0]"
    );
    let mut texts = Vec::new();
    assert!(line(&scratch, &hit["rule"], &mut texts).contains("\"system:*\""));
}

#[test]
fn text_fits_into_80_columns_and_says_what_json_says() {
    let scratch = repository();
    for (request, words) in [
        (
            "jane",
            &[
                "jane: approved by policy developers\n",
                "  7 approval policies ok admitted by `developers`\n",
                "ApprovalPolicy developers (policies/developers.yaml:6): admits\n",
                "        policies/developers.yaml:16 spec.allowed.subject.organizations.values[1]\n",
            ][..],
        ),
        (
            "bob",
            &[
                "bob: denied\n",
                "  7 approval policies NO NoPolicyAdmits: ",
                "  8 approvals         -- not reached\n",
                "  NO  spec.expirationSeconds = 60d (line 7)\n",
                "        policies/developers.yaml:19 spec.constraints.duration.max\n",
            ],
        ),
        (
            "node",
            &[
                "  6 deny policies     NO 1 reason, see below\n",
                "DenyPolicy privileged (policies/privileged.yaml:6): hits\n",
            ],
        ),
    ] {
        let text = scratch.in_repo(&["policy", "explain", request]).success();
        assert_eq!(text.stderr, "");
        for expected in words {
            assert!(
                text.stdout.contains(expected),
                "{expected}\n{}",
                text.stdout
            );
        }
        let long = text.stdout.lines().find(|line| line.chars().count() > 80);
        assert_eq!(long, None, "{}", text.stdout);
    }
    let yaml = scratch.in_repo(&["policy", "explain", "bob", "-o", "yaml"]);
    assert!(yaml.success().stdout.contains("kind: Explanation\n"));
}

#[test]
fn what_was_issued_is_explained_too_from_the_mainline_and_from_the_work_tree() {
    let scratch = repository();
    scratch.commit("ask");
    scratch.in_repo(&["run"]).success();
    for args in [&["jane"][..], &["jane", "--mainline"]] {
        let args = [&["policy", "explain", "-o", "json"], args].concat();
        let told = scratch.in_repo(&args).success().json();
        assert_eq!(told["isIssued"], true);
        assert_eq!(told["verdict"], "approved");
        assert_eq!(told["commit"].is_null(), args.len() == 5, "{args:?}");
        let before = &told["steps"][9]["message"];
        let known = before == "no rule changed along with it";
        assert_eq!(known, args.len() == 6, "{before}");
    }
    let text = scratch.in_repo(&["policy", "explain", "jane"]).success();
    assert!(text.stdout.contains("holds these very bytes"));
}

#[test]
fn rules_that_came_along_are_told_by_the_mainline() {
    let scratch = Scratch::with_repository();
    let policy = scratch.read("repo/policies/developers.yaml");
    scratch.write(
        "repo/policies/developers.yaml",
        policy.replace("\"dev\",", "\"dev\", \"finance\","),
    );
    scratch
        .in_repo(&["new", "bob", "--group", "finance"])
        .success();
    scratch.commit("ask and widen the rules");
    let told = scratch.in_repo(&["policy", "explain", "bob", "--mainline", "-o", "json"]);
    let told = told.success().json();
    assert_eq!(told["verdict"], "denied");
    let last = &told["steps"][9];
    assert_eq!(last["outcome"], "refuses");
    assert_eq!(last["reasons"][0]["code"], "ControlChangedTogether");
    assert_eq!(last["reasons"][2]["code"], "ValueNotAllowed");
    // The policies are those of the tip, which do admit it.
    assert_eq!(told["policies"][1]["outcome"], "admits");
}

#[test]
fn who_has_to_approve_is_told_with_the_line_of_the_policy() {
    let scratch = Scratch::with_repository();
    let policy = scratch.read("repo/policies/developers.yaml");
    scratch.write(
        "repo/policies/developers.yaml",
        policy.replace(
            "approvals: none",
            "approvals: {anyOf: [{groups: [platform]}]}",
        ),
    );
    scratch.write(
        "repo/policies/platform.yaml",
        "apiVersion: gitca.dev/v1alpha1\nkind: Group\nmetadata: {name: platform}\nspec: {}\n",
    );
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    let told = scratch.in_repo(&["policy", "explain", "jane", "-o", "json"]);
    let told = told.success().json();
    assert_eq!(told["verdict"], "pending");
    let missing = &told["steps"][7]["reasons"][0];
    assert_eq!(missing["code"], "ApprovalMissing");
    assert_eq!(missing["rule"]["field"], "spec.approvals");
    let mut texts = Vec::new();
    let found = line(&scratch, &missing["rule"], &mut texts);
    assert!(found.contains("approvals: {anyOf"), "{found}");
    // What nobody could sign is not worth an approval, so that step is taken all the same.
    assert_eq!(told["steps"][8]["outcome"], "passes");
}

#[test]
fn a_file_that_is_no_request_is_explained_and_an_absent_one_is_an_error() {
    let scratch = repository();
    let jane = scratch.read("repo/requests/jane.yaml");
    let broken = jane.replace("client auth", "clientauth");
    scratch.write("repo/requests/jane.yaml", broken);
    let told = scratch.in_repo(&["policy", "explain", "jane", "-o", "json"]);
    let told = told.success().json();
    assert_eq!(told["verdict"], "invalid");
    let read = &told["steps"][0];
    assert_eq!(read["outcome"], "refuses");
    assert_eq!(read["reasons"][0]["field"], "spec.usages[1]");
    assert!(read["reasons"][0]["line"].is_u64(), "{read:#}");
    assert_eq!(told["policies"], serde_json::json!([]));
    let absent = scratch.in_repo(&["policy", "explain", "nobody"]).code(2);
    assert!(absent.stderr.contains("there is no request `nobody`"));
    scratch.write("repo/policies/privileged.yaml", "kind: DenyPolicy\n");
    scratch.in_repo(&["policy", "explain", "bob"]).code(2);
}

#[test]
fn what_a_stranger_wrote_can_not_pose_as_ours() {
    let scratch = Scratch::with_repository();
    let group = "\u{1b}[2Kdev";
    let name = scratch.in_repo(&["new", "eve", "--group", group]);
    // The reader of requests refuses it; so it can only come from another tool.
    name.code(2);
    scratch
        .in_repo(&["new", "eve", "--group", "`ok` ::error::x"])
        .success();
    let told = scratch.in_repo(&["policy", "explain", "eve"]).success();
    assert!(told.stdout.lines().all(|line| !line.starts_with("::")));
    assert!(!told.stdout.contains('\u{1b}'), "{}", told.stdout);
}

#[test]
fn samples_lie_just_inside_and_just_outside_each_entry() {
    let scratch = Scratch::with_repository();
    scratch.write(
        "repo/policies/web.yaml",
        "apiVersion: gitca.dev/v1alpha1\nkind: ApprovalPolicy\nmetadata: {name: web}\nspec:\n  \
         selector: {paths: ['shop/**']}\n  allowed:\n    \
         subject: {commonName: {values: [{regex: '(jane|bob)-[0-9]{2,4}'}]}}\n    \
         dnsNames: {values: ['*.shop.example.com', '**.svc.internal', '{{ request.name }}.example.com']}\n    \
         ipAddresses: {cidrs: ['10.20.0.0/16', 'fd00:20::/32']}\n    \
         uris: {values: ['spiffe://td/ns/*/sa/*']}\n    emailAddresses: {values: ['*@example.com']}\n    \
         usages: [client auth]\n  approvals: none\n",
    );
    let told = scratch.in_repo(&["policy", "explain", "--sample", "web", "-o", "json"]);
    let told = told.success().json();
    let entries = told["entries"].as_array().expect("a list");
    for (entry, inside, outside) in [
        (
            "shop/**",
            &["shop/x", "shop/x/y"][..],
            &["shop", "other/shop/x"][..],
        ),
        (
            "(jane|bob)-[0-9]{2,4}",
            &["jane-11", "jane-111", "bob-11", "bob-111"],
            &["jane-11x", "xjane-11", "JANE-11"],
        ),
        (
            "*.shop.example.com",
            &["web.shop.example.com", "*.shop.example.com"],
            &[
                "shop.example.com",
                "a.web.shop.example.com",
                "web.shop.example.com.evil.example",
            ],
        ),
        (
            "**.svc.internal",
            &["a.svc.internal", "b.a.svc.internal"],
            &["svc.internal", "a.svc.internal.evil.example"],
        ),
        (
            "{{ request.name }}.example.com",
            &["jane.example.com"],
            &["example.com", "eviljane.example.com"],
        ),
        (
            "10.20.0.0/16",
            &["10.20.0.0", "10.20.255.255"],
            &["10.19.255.255", "10.21.0.0"],
        ),
        (
            "fd00:20::/32",
            &["fd00:20::", "fd00:20:ffff:ffff:ffff:ffff:ffff:ffff"],
            &["fd00:1f:ffff:ffff:ffff:ffff:ffff:ffff", "fd00:21::"],
        ),
        (
            "spiffe://td/ns/*/sa/*",
            &["spiffe://td/ns/x/sa/x"],
            &["spiffe://td/ns/x/sa/x/more"],
        ),
        (
            "*@example.com",
            &["jane@example.com"],
            &["jane@a.example.com"],
        ),
    ] {
        let sample = entries.iter().find(|sample| sample["entry"] == entry);
        let sample = sample.unwrap_or_else(|| panic!("{entry}\n{told:#}"));
        assert_eq!(sample["inside"], serde_json::json!(inside), "{entry}");
        let found = sample["outside"].as_array().expect("a list");
        for name in outside {
            assert!(found.iter().any(|it| it == name), "{name}\n{sample:#}");
        }
        let mut texts = Vec::new();
        let written = line(&scratch, &sample["rule"], &mut texts);
        assert!(written.contains(entry), "{written}");
    }
}

#[test]
fn samples_of_a_deny_policy_are_tried_as_it_tries_them() {
    let scratch = Scratch::with_repository();
    let text = scratch.in_repo(&["policy", "explain", "--sample", "privileged"]);
    let text = text.success().stdout;
    let entry = "system:*\n  policies/privileged.yaml:13 spec.deny[0].subject.organizations[0]\n  \
                 + system:x\n  + system:\n  - xsystem:x\n\n";
    assert!(text.contains(entry), "{text}");
    let absent = scratch.in_repo(&["policy", "explain", "--sample", "privilege"]);
    assert!(absent.code(2).stderr.contains("did you mean `privileged`?"));
}
