//! `metadata` and everything that only an API server writes, as tables.
//!
//! The metadata are always line 3 of the manifest. Rules: policy.md 1.1 and Kubernetes' create validation.

use super::*;

#[test]
fn what_an_api_server_fills_is_ignored_with_a_notice() {
    let status = format!(
        "{}status: {{conditions: [{{type: Approved}}], certificate: eA==}}\n",
        with_spec(USAGES)
    );
    for (text, expected) in [
        (status, "StatusIgnored status 8:9"),
        (
            format!("{}status: [odd]\n", with_spec(USAGES)),
            "StatusIgnored status 8:9",
        ),
        (
            with_spec("username: admin"),
            "IdentityFieldsIgnored spec.username 5:13",
        ),
        (with_spec("uid: 12"), "IdentityFieldsIgnored spec.uid 5:8"),
        (
            with_spec("groups: [system:masters]"),
            "IdentityFieldsIgnored spec.groups 5:11",
        ),
        (
            with_spec("extra: {a: [b]}"),
            "IdentityFieldsIgnored spec.extra 5:10",
        ),
        (
            with_metadata("metadata: {name: jane, uid: x}"),
            "ServerFieldsIgnored metadata.uid 3:29",
        ),
        (
            with_metadata("metadata: {name: jane, resourceVersion: '1'}"),
            "ServerFieldsIgnored metadata.resourceVersion 3:41",
        ),
        (
            with_metadata("metadata: {name: jane, generation: 1}"),
            "ServerFieldsIgnored metadata.generation 3:36",
        ),
        (
            with_metadata("metadata: {name: jane, creationTimestamp: 2030-01-01T00:00:00Z}"),
            "ServerFieldsIgnored metadata.creationTimestamp 3:43",
        ),
        (
            with_metadata("metadata: {name: jane, managedFields: [{}]}"),
            "ServerFieldsIgnored metadata.managedFields 3:39",
        ),
        (
            with_metadata("metadata: {name: jane, selfLink: /x}"),
            "ServerFieldsIgnored metadata.selfLink 3:34",
        ),
    ] {
        assert_eq!(notices(&text), [expected], "{text}");
    }
}

#[test]
fn an_empty_field_of_the_api_server_is_no_notice() {
    let text = with_metadata(
        "metadata: {name: jane, creationTimestamp: null, managedFields: [], namespace: ''}",
    );
    assert_eq!(
        notices(&format!(
            "{text}  groups: []\n  extra: {{}}\nstatus: {{}}\n"
        )),
        [""; 0]
    );
}

#[test]
fn annotations_that_ask_for_something_get_a_notice() {
    for (key, asks) in [
        ("experimental.cert-manager.io/request-is-ca", true),
        ("experimental.cert-manager.io/request-duration", true),
        ("cert-manager.io/x", true),
        ("gitca.dev/approved", true),
        ("certificates.k8s.io/approve", true),
        ("not-cert-manager.io/x", false),
        ("kubectl.kubernetes.io/last-applied-configuration", false),
        ("team", false),
    ] {
        let text = with_metadata(&format!(
            "metadata: {{name: jane, annotations: {{{key}: \"true\"}}}}"
        ));
        let codes: Vec<Code> = good(&text)
            .notes
            .notices
            .iter()
            .map(|notice| notice.code)
            .collect();
        assert_eq!(
            codes,
            vec![Code::AnnotationIgnored; usize::from(asks)],
            "{key}"
        );
    }
}

#[test]
fn metadata_that_would_mean_something_elsewhere_are_forbidden() {
    for (field, expected) in [
        (
            "namespace: default",
            "FieldValueForbidden metadata.namespace 3:35",
        ),
        (
            "generateName: jane-",
            "FieldValueForbidden metadata.generateName 3:38",
        ),
        (
            "finalizers: [a/b]",
            "FieldValueForbidden metadata.finalizers 3:36",
        ),
        (
            "ownerReferences: [{}]",
            "FieldValueForbidden metadata.ownerReferences 3:41",
        ),
    ] {
        assert_eq!(
            faults(&with_metadata(&format!(
                "metadata: {{name: jane, {field}}}"
            ))),
            [expected]
        );
    }
}

#[test]
fn the_name_is_the_stem_of_the_file() {
    for (metadata, expected) in [
        ("metadata: {}", "FieldValueRequired metadata.name 3:11"),
        (
            "metadata: {name: ''}",
            "FieldValueRequired metadata.name 3:11",
        ),
        ("metadata:", "FieldValueRequired metadata.name 1:1"),
        ("# nothing", "FieldValueRequired metadata.name 1:1"),
        ("metadata: {name: 12}", "MalformedSpec metadata.name 3:18"),
        ("metadata: {name: john}", "NameMismatch metadata.name 3:18"),
        ("metadata: {name: Jane}", "NameMismatch metadata.name 3:18"),
        (
            "metadata: {name: dev/jane}",
            "NameMismatch metadata.name 3:18",
        ),
        (
            "metadata: {name: ../../x}",
            "NameMismatch metadata.name 3:18",
        ),
        ("metadata: {name: .git}", "NameMismatch metadata.name 3:18"),
        ("metadata: jane", "MalformedSpec metadata 3:11"),
    ] {
        assert_eq!(faults(&with_metadata(metadata)), [expected], "{metadata}");
    }
}

#[test]
fn labels_and_annotations_follow_the_syntax_of_kubernetes() {
    let long = "x".repeat(64);
    for (entries, expected) in [
        ("labels: {a: b, A_b.c-d: '', example.com/a: x_1}", ""),
        ("labels: {a: 1}", "MalformedSpec metadata.labels.a 3:36"),
        ("labels: {a: }", "MalformedSpec metadata.labels.a 3:33"),
        ("labels: [a]", "MalformedSpec metadata.labels 3:32"),
        ("labels: {-a: b}", "FieldValueInvalid metadata.labels 3:37"),
        (
            "labels: {a/b/c: d}",
            "FieldValueInvalid metadata.labels 3:40",
        ),
        (
            "labels: {A.b/c: d}",
            "FieldValueInvalid metadata.labels 3:40",
        ),
        ("labels: {/a: b}", "FieldValueInvalid metadata.labels 3:37"),
        ("labels: {'': b}", "FieldValueInvalid metadata.labels 3:37"),
        ("labels: {a: b c}", "FieldValueInvalid metadata.labels 3:36"),
        ("labels: {a: b-}", "FieldValueInvalid metadata.labels 3:36"),
        (
            &format!("labels: {{a: {long}}}"),
            "FieldValueInvalid metadata.labels 3:36",
        ),
        (
            &format!("labels: {{{long}: a}}"),
            "FieldValueInvalid metadata.labels 3:99",
        ),
        ("annotations: {Example.COM/A: any < text/é}", ""),
        (
            "annotations: {a b: c}",
            "FieldValueInvalid metadata.annotations 3:43",
        ),
        (
            "annotations: {a: true}",
            "MalformedSpec metadata.annotations.a 3:41",
        ),
    ] {
        let found = faults(&with_metadata(&format!(
            "metadata: {{name: jane, {entries}}}"
        )));
        assert_eq!(found.join(", "), expected, "{entries}");
    }
}
