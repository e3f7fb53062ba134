//! How requests come into a repository: old manifests, what a cluster gave back, and requests made elsewhere.

mod support;

use support::Scratch;

/// A PKCS#10 request by openssl in base64, for this subject and these extensions.
fn request(scratch: &Scratch, subject: &str, more: &str) -> String {
    let script = format!(
        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj '{subject}' {more} \
         2>/dev/null | base64 -w0"
    );
    scratch.sh(&script).stdout
}

/// Adds a Signer of this name for the CA of the repository, and a policy that admits what it is asked.
fn add_signer(scratch: &Scratch, signer_name: &str, allowed: &str) {
    let file = signer_name.rsplit('/').next().expect("a name");
    scratch.write(
        &format!("repo/policies/{file}.yaml"),
        format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: Signer\nmetadata: {{name: {file}}}\nspec:\n  signerName: {signer_name}\n  \
             caCertificate: ca/cluster.pem\n  key: cluster-ca\n"
        ),
    );
    scratch.write(
        &format!("repo/policies/{file}-policy.yaml"),
        format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: ApprovalPolicy\nmetadata: {{name: {file}}}\nspec:\n  \
             selector: {{signerNames: [{signer_name}]}}\n  allowed: {allowed}\n  approvals: none\n"
        ),
    );
}

fn verdicts(scratch: &Scratch) -> Vec<String> {
    let report = scratch.in_repo(&["check", "-o", "json"]).json();
    let results = report["results"].as_array().expect("results").clone();
    let shown = |result: &serde_json::Value| {
        format!("{} {}", result["request"], result["verdict"]).replace('"', "")
    };
    results.iter().map(shown).collect()
}

#[test]
fn the_form_of_old_courses_works_with_a_signer_for_it() {
    let scratch = Scratch::with_repository();
    let base64 = request(
        &scratch,
        "/CN=my-svc",
        "-addext subjectAltName=DNS:my-svc.my-namespace.svc",
    );
    scratch.write(
        "repo/requests/my-svc.yaml",
        format!(
            "apiVersion: certificates.k8s.io/v1beta1\nkind: CertificateSigningRequest\nmetadata:\n  name: my-svc\nspec:\n  \
             groups:\n  - system:authenticated\n  request: {base64}\n  usages:\n  - digital signature\n  - key encipherment\n  \
             - server auth\n"
        ),
    );
    assert_eq!(
        verdicts(&scratch),
        ["my-svc ignored"],
        "nobody signs for it yet"
    );
    let allowed = "{subject: {commonName: {values: ['my-*']}}, dnsNames: {values: ['**.svc']}, \
                   usages: [digital signature, key encipherment, server auth]}";
    add_signer(&scratch, "kubernetes.io/legacy-unknown", allowed);
    assert_eq!(verdicts(&scratch), ["my-svc approved"]);
    // Rule 2: the policy lands first.
    scratch.git(&["add", "policies"]);
    scratch.git(&["commit", "-q", "-m", "policy"]);
    scratch.commit("request");
    let report = scratch.in_repo(&["run", "-o", "json"]).success().json();
    assert_eq!(report["results"][0]["verdict"], "issued");
    let codes: Vec<_> = report["notices"]
        .as_array()
        .expect("notices")
        .iter()
        .map(|notice| notice["code"].clone())
        .collect();
    for code in ["OldApiVersion", "LegacySigner", "IdentityFieldsIgnored"] {
        assert!(codes.iter().any(|found| found == code), "{code} {codes:?}");
    }
    let object = scratch.read("repo/issued/my-svc/csr.yaml");
    assert!(
        object.starts_with("apiVersion: certificates.k8s.io/v1\n"),
        "{object}"
    );
    assert!(!object.contains("system:authenticated"), "{object}");
}

#[test]
fn a_manifest_may_be_json() {
    let scratch = Scratch::with_repository();
    let base64 = request(&scratch, "/O=dev/CN=jane", "");
    scratch.write(
        "repo/requests/jane.yaml",
        format!(
            r#"{{"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {{"name": "jane"}},
               "spec": {{"request": "{base64}", "signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"]}}}}"#
        ),
    );
    assert_eq!(verdicts(&scratch), ["jane approved"]);
}

#[test]
fn what_a_cluster_gave_back_becomes_plain_manifests() {
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "jane", "--group", "dev"])
        .success();
    scratch
        .in_repo(&["new", "omar", "--group", "ops", "--duration", "24h"])
        .success();
    scratch.commit("request");
    scratch.in_repo(&["run"]).success();
    for format in ["yaml", "json"] {
        let exported = scratch.in_repo(&["get", "-o", format]).success().stdout;
        scratch.write("export", exported);
        let told = scratch
            .in_repo(&["new", "again", "--from", "../export"])
            .success()
            .stdout;
        assert!(told.contains("Wrote requests/again/jane.yaml.\n  Left out, since an API server fills it in: status, metadata.creationTimestamp\n"), "{told}");
        let original = scratch.read("repo/requests/omar.yaml");
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(
            sorted(&scratch.read("repo/requests/again/omar.yaml")),
            sorted(&original)
        );
        scratch.write("repo/requests/again/omar.yaml", "mine\n");
        let told = scratch
            .in_repo(&["new", "again", "--from", "../export"])
            .code(2)
            .stderr;
        assert!(told.contains("is already there"), "{told}");
        scratch.sh("rm -r repo/requests/again");
    }
}

#[test]
fn a_file_of_which_one_request_is_wrong_writes_none() {
    let scratch = Scratch::with_repository();
    let base64 = request(&scratch, "/O=dev/CN=jane", "");
    let manifest = |name: &str, request: &str| {
        format!(
            "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata:\n  name: {name}\nspec:\n  \
             signerName: kubernetes.io/kube-apiserver-client\n  usages: [client auth]\n  request: {request}\n"
        )
    };
    let good = manifest("jane", &base64);
    for (other, code) in [
        (manifest("omar", "AAAA"), "MalformedPEM"),
        (
            manifest("omar\n  labels: {a: true}", &base64),
            "two.yaml:14:15",
        ),
        (
            manifest("omar", &base64) + "  expirationSecond: 900\n",
            "did you mean `expirationSeconds`?",
        ),
        (
            manifest("omar\n  namespace: prod", &base64),
            "FieldValueForbidden",
        ),
        (manifest("Omar", &base64), "NameMismatch"),
        (manifest("jane", &base64), "NameMismatch"),
        ("kind: Pod\n".to_owned(), "MalformedSpec"),
        ("a: [\n".to_owned(), "MalformedFile"),
    ] {
        scratch.write("two.yaml", format!("{good}---\n{other}"));
        let told = scratch
            .in_repo(&["new", "--from", "../two.yaml"])
            .code(2)
            .stderr;
        assert!(told.contains(code), "{code}\n{told}");
        assert_eq!(scratch.git(&["status", "--porcelain"]).stdout, "", "{code}");
    }
    scratch.write("one.yaml", good);
    scratch.sh(&format!(
        "cd repo && {} new --from - < ../one.yaml",
        env!("CARGO_BIN_EXE_gitca")
    ));
    assert_eq!(verdicts(&scratch), ["jane approved"]);
}

#[test]
fn requests_for_kubelets_made_by_openssl_are_approved() {
    let scratch = Scratch::with_repository();
    let subject = "subject: {commonName: {values: ['system:node:*']}, organizations: {values: ['system:nodes']}}";
    let client =
        format!("{{{subject}, usages: [digital signature, client auth, key encipherment]}}");
    let serving = format!(
        "{{{subject}, dnsNames: {{values: ['*.example.com']}}, usages: [digital signature, server auth, key encipherment]}}"
    );
    add_signer(
        &scratch,
        "kubernetes.io/kube-apiserver-client-kubelet",
        &client,
    );
    add_signer(&scratch, "kubernetes.io/kubelet-serving", &serving);
    scratch.sh("rm repo/policies/privileged.yaml");
    for (signer, more) in [
        ("kube-apiserver-client-kubelet", ""),
        (
            "kubelet-serving",
            "-addext subjectAltName=DNS:a.example.com",
        ),
    ] {
        scratch.sh(&format!(
            "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj \
             '/O=system:nodes/CN=system:node:a' {more} -out {signer}.csr 2>/dev/null"
        ));
        let csr = format!("../{signer}.csr");
        let signer_name = format!("kubernetes.io/{signer}");
        scratch
            .in_repo(&["new", signer, "--csr", &csr, "--signer", &signer_name])
            .success();
    }
    assert_eq!(
        verdicts(&scratch),
        [
            "kube-apiserver-client-kubelet approved",
            "kubelet-serving approved"
        ]
    );
}

#[test]
fn what_the_api_and_jq_print_is_taken_too() {
    let scratch = Scratch::with_repository();
    let object = |name: &str, kind: &str| {
        let base64 = request(&scratch, &format!("/O=dev/CN={name}"), "");
        format!(
            "{{{kind} \"metadata\": {{\"name\": \"{name}\", \"generateName\": \"x-\"}}, \"spec\": {{\"request\": \"{base64}\",\n\
             \"signerName\": \"kubernetes.io/kube-apiserver-client\", \"usages\": [\"client auth\"], \"username\": \"eve\"}}}}\n"
        )
    };
    let version =
        "\"apiVersion\": \"certificates.k8s.io/v1\", \"kind\": \"CertificateSigningRequest\",";
    let list = format!(
        "{{\"apiVersion\": \"certificates.k8s.io/v1\", \"kind\": \"CertificateSigningRequestList\", \"items\": [{}, {}]}}",
        object("jane", ""),
        object("june", "")
    );
    let stream = object("jane", version) + &object("june", version);
    for text in [list, stream] {
        scratch.write("exported", text);
        let told = scratch
            .in_repo(&["new", "--from", "../exported"])
            .success()
            .stdout;
        let left_out =
            "Left out, since an API server fills it in: metadata.generateName, spec.username";
        assert_eq!(told.matches(left_out).count(), 2, "{told}");
        assert_eq!(verdicts(&scratch), ["jane approved", "june approved"]);
        scratch.sh("rm repo/requests/j*.yaml");
    }
}

#[test]
fn what_new_makes_is_approved_for_each_signer_that_it_is_made_for() {
    let scratch = Scratch::with_repository();
    let allowed = "{subject: {commonName: {any: true}}, dnsNames: {values: ['*.example.com']}, \
                   usages: [digital signature, server auth, client auth, key encipherment]}";
    add_signer(&scratch, "kubernetes.io/legacy-unknown", allowed);
    add_signer(&scratch, "example.com/tls", allowed);
    for key_type in ["ecdsa-p256", "ed25519", "rsa-2048"] {
        for (signer, more) in [
            ("kubernetes.io/kube-apiserver-client", ["--group", "dev"]),
            ("kubernetes.io/legacy-unknown", ["--usage", "server auth"]),
            ("example.com/tls", ["--dns", "a.example.com"]),
        ] {
            let profile = signer.rsplit('/').next().expect("a name");
            let name = format!("{profile}-{key_type}");
            let asked = ["new", &name, "--signer", signer, "--key-type", key_type];
            scratch.in_repo(&[&asked[..], &more].concat()).success();
        }
    }
    let verdicts = verdicts(&scratch);
    assert_eq!(verdicts.len(), 9);
    assert!(
        verdicts
            .iter()
            .all(|verdict| verdict.ends_with(" approved")),
        "{verdicts:?}"
    );
}
