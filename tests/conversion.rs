//! `gitca policy convert` from outside: what it prints, what it says, how it exits.

mod support;

use support::Scratch;

const TEAM: &str = r#"apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata:
  name: team-a
  resourceVersion: "7"
spec:
  allowed:
    commonName: {value: "*.team-a.example.com", required: true}
    dnsNames:
      values: ["*.team-a.example.com"]
      validations:
      - {rule: "!self.contains('prod') || cr.groups.exists(g, g == 'ops')", message: "prod is for ops"}
    ipAddresses: {values: ["10.1.*"]}
    usages: [server auth, digital signature]
  constraints:
    maxDuration: 2160h
    privateKey: {algorithm: ECDSA, minSize: 256}
  selector:
    issuerRef: {name: ca, kind: ClusterIssuer}
status: {conditions: []}
"#;

#[test]
fn a_policy_is_converted_and_what_differs_is_said() {
    let scratch = Scratch::new();
    scratch.write("team-a.yaml", TEAM);
    let answer = scratch
        .gitca(&["policy", "convert", "team-a.yaml", "--group", "team"])
        .success();
    let body = answer.stdout.lines().filter(|line| !line.starts_with('#'));
    let expected = "\
apiVersion: gitca.dev/v1alpha1
kind: ApprovalPolicy
metadata:
  name: team-a
spec:
  description: converted from the CertificateRequestPolicy team-a
  selector:
    signerNames:
    - clusterissuers.cert-manager.io/ca
    requesters:
      groups:
      - team
  allowed:
    subject:
      commonName:
        values:
        - \"*.team-a.example.com\"
        crossing: true
        required: true
    dnsNames:
      values:
      - \"**.team-a.example.com\"
      wildcardCertificates: allow
    ipAddresses:
      cidrs:
      - 10.1.0.0/16
    usages:
    - server auth
    - digital signature
  constraints:
    duration:
      max: 7776000s
      required: true
    keys:
    - ecdsa:
        curves:
        - P-256
        - P-384
        - P-521
  validations:
";
    let body = body.collect::<Vec<_>>().join("\n") + "\n";
    assert!(body.starts_with(expected), "{body}");
    for text in [
        "requester.groups.exists(g",
        "request.expirationSeconds <= 7776000",
        "csr.dnsNames == cert.dnsNames",
        "approvals: none",
    ] {
        assert!(body.contains(text), "{text}\n{body}");
    }
    assert!(
        answer.stderr.contains("note[CompatDiffers]"),
        "{}",
        answer.stderr
    );
    assert!(
        answer.stdout.starts_with("# Converted from"),
        "{}",
        answer.stdout
    );
}

#[test]
fn what_can_not_be_expressed_is_said_and_exits_with_1() {
    for (from, to, left) in [
        ("10.1.*", "10.1.0.1*", true),
        (
            "status: {conditions: []}",
            "  plugins: {rego: {values: {a: b}}}",
            false,
        ),
        (
            "kind: ClusterIssuer}",
            "kind: ClusterIssuer, group: awspca.cert-manager.io}",
            false,
        ),
        (
            "    issuerRef:",
            "    namespace: {matchLabels: {a: b}}\n    issuerRef:",
            false,
        ),
        ("cr.groups", "cr.namespace", false),
        ("!self.contains('prod')", "!self.reverse('prod')", false),
    ] {
        let scratch = Scratch::new();
        let text = TEAM.replacen(from, to, 1);
        assert_ne!(text, TEAM, "{from}");
        scratch.write("x.yaml", text);
        let answer = scratch.gitca(&["policy", "convert", "x.yaml"]).code(1);
        assert!(
            answer.stderr.contains("warning[NotConvertible]"),
            "{to}: {}",
            answer.stderr
        );
        assert_eq!(answer.stdout.is_empty(), !left, "{to}: {}", answer.stdout);
    }
}

#[test]
fn what_is_no_such_policy_exits_with_2() {
    for (from, to) in [
        ("kind: CertificateRequestPolicy", "kind: CertificateRequest"),
        (
            "policy.cert-manager.io/v1alpha1",
            "policy.cert-manager.io/v1",
        ),
        ("  allowed:", "  alowed:"),
        ("maxDuration: 2160h", "maxDuration: 90d"),
        ("algorithm: ECDSA", "algorithm: DSA"),
        ("required: true", "required: yes"),
    ] {
        let scratch = Scratch::new();
        scratch.write("x.yaml", TEAM.replacen(from, to, 1));
        let answer = scratch.gitca(&["policy", "convert", "x.yaml"]).code(2);
        assert!(
            answer.stderr.contains("error[ConfigInvalid]"),
            "{to}: {}",
            answer.stderr
        );
        assert_eq!(answer.stdout, "", "{to}");
    }
    Scratch::new()
        .gitca(&["policy", "convert", "none.yaml"])
        .code(2);
}
