//! Streams, Lists and what `kubectl` prints, split into requests.
//!
//! What goes in is text as people have it; what has to come out is one manifest for each request that reads back as the same
//! one, with a word on every field that was left out, or every reason why nothing came out.

use super::*;

#[test]
fn streams_and_lists_become_one_plain_manifest_for_each_request() {
    let one = "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata:\n  name: jane\n  \
                   uid: abc\nspec:\n  request: AA==\n  expirationSeconds: 3600\n  username: eve\nstatus: {}\n";
    let other = r#"{"kind": "CertificateSigningRequest", "metadata": {"name": "1e3"}, "spec": {"usages": ["any"]}}"#;
    let plain = "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata:\n  name: jane\nspec:\n  \
                     expirationSeconds: 3600\n  request: AA==\n";
    let indented = one.replace('\n', "\n  ");
    for text in [
        format!("{one}---\n{other}\n"),
        format!("# notes\n---\n{one}...\n---\n{other}\n"),
        format!("kind: List\nitems:\n- {indented}\n- {other}\n"),
        format!("--- # first\n{one}--- # second\n{other}\n"),
    ] {
        let pieces = split(&text).unwrap_or_else(|reasons| panic!("{text}\n{reasons:?}"));
        let names: Vec<&str> = pieces.iter().map(|piece| piece.name.as_str()).collect();
        assert_eq!(names, ["jane", "1e3"], "{text}");
        assert_eq!(pieces[0].text, plain, "{text}");
        assert_eq!(
            pieces[0].left_out,
            ["status", "metadata.uid", "spec.username"]
        );
        assert!(
            pieces[1].text.contains("name: \"1e3\""),
            "{}",
            pieces[1].text
        );
    }
}

#[test]
fn what_is_no_request_is_told_with_its_line_in_the_file() {
    for (text, expected) in [
        ("", (None, "there is no request in it")),
        ("kind: List\n", (Some(1), "the list has no `items`")),
        ("kind: Pod\n", (Some(1), "is no CertificateSigningRequest")),
        (
            "# a\n---\n---\nkind: Pod\n",
            (Some(4), "is no CertificateSigningRequest"),
        ),
        (
            "kind: CertificateSigningRequest\n",
            (Some(1), "the request has no name"),
        ),
        (
            "{\"kind\": \"List\", \"items\": []}\n\n{\"kind\": \"Pod\"}\n",
            (Some(3), "is no CertificateSigningRequest"),
        ),
        (
            "kind: CertificateSigningRequest\nmetadata:\n  name: jane\n  labels: {a: true}\n",
            (Some(4), "is neither text nor a decimal integer"),
        ),
        (
            "kind: CertificateSigningRequest\nmetadata:\n  name: 1.50\n",
            (Some(3), "is neither text nor a decimal integer"),
        ),
    ] {
        let reasons = split(text).expect_err("it is no request");
        let found = (reasons[0].line, reasons[0].message.as_str());
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn json_texts_one_after_the_other_are_documents() {
    let text = |name: &str| {
        format!(
            "{{\n  \"kind\": \"CertificateSigningRequest\",\n  \"metadata\": {{\"name\": \"{name}\"}}\n}}"
        )
    };
    for between in ["\n", "", "\n\n", "\n---\n"] {
        let pieces = split(&(text("jane") + between + &text("omar") + "\n"));
        let names: Vec<String> = pieces
            .unwrap_or_else(|reasons| panic!("{between:?} {reasons:?}"))
            .into_iter()
            .map(|piece| piece.name)
            .collect();
        assert_eq!(names, ["jane", "omar"], "{between:?}");
    }
}

#[test]
fn the_items_of_a_typed_list_take_version_and_kind_from_it() {
    let list = r#"{"kind": "CertificateSigningRequestList", "apiVersion": "certificates.k8s.io/v1beta1", "items": [
            {"metadata": {"name": "jane"}}, {"apiVersion": "certificates.k8s.io/v1", "metadata": {"name": "omar"}}]}"#;
    let pieces = split(list).unwrap_or_else(|reasons| panic!("{reasons:?}"));
    let beginning = |version: &str, name: &str| {
        format!(
            "apiVersion: certificates.k8s.io/{version}\nkind: CertificateSigningRequest\nmetadata:\n  name: {name}\n"
        )
    };
    let texts: Vec<&str> = pieces.iter().map(|piece| piece.text.as_str()).collect();
    assert_eq!(
        texts,
        [beginning("v1beta1", "jane"), beginning("v1", "omar")]
    );
    assert!(split(&list.replace("CertificateSigningRequestList", "List")).is_err());
}

#[test]
fn only_what_an_api_server_fills_in_is_left_out() {
    let text = "apiVersion: a\nkind: CertificateSigningRequest\nstat: {}\nmetadata:\n  namespace: prod\n  \
                    name: csr-x7k2p\n  generateName: csr-\n  deletionTimestamp: x\nspec:\n  expirationSecond: 3600\n  \
                    groups: [a]\n  request: AA==\n";
    let pieces = split(text).unwrap_or_else(|reasons| panic!("{reasons:?}"));
    assert_eq!(
        pieces[0].left_out,
        [
            "metadata.generateName",
            "metadata.deletionTimestamp",
            "spec.groups"
        ]
    );
    assert_eq!(
        pieces[0].text,
        "apiVersion: a\nkind: CertificateSigningRequest\nmetadata:\n  name: csr-x7k2p\n  namespace: prod\nspec:\n  \
             request: AA==\n  expirationSecond: 3600\nstat: {}\n"
    );
}
