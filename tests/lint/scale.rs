//! Long lists: they are compared whole where that is quick, and what was not compared is told.
//!
//! Each list is as long as a file that decides may be, and none of these tests takes longer than reading it.

use gitca::inspection::Weight;

use crate::place::{found, object};

/// A policy that denies so many of these names.
fn denial(name: &str, number: usize, text: fn(usize) -> String) -> String {
    let names: Vec<String> = (0..number).map(text).collect();
    let spec = format!("deny: [{{name: x, dnsNames: [{}]}}]", names.join(", "));
    object("DenyPolicy", name, &spec)
}

#[test]
fn a_long_list_of_names_is_compared_whole() {
    // Pair by pair that would be a hundred million comparisons.
    let host = |number| format!("Host-{}.example", number % 9_999);
    let files = vec![("x.yaml", denial("x", 10_000, host))];
    let last = "spec.deny[0].dnsNames[9999]".to_owned();
    let warned = (Weight::Warning, "DeadEntry".to_owned(), last);
    assert_eq!(found(&files), [warned]);
}

#[test]
fn what_was_not_compared_is_told() {
    let entry = |number: usize| match number % 2 {
        0 => format!("'*.{number}.example'"),
        _ => format!("x.{number}.example"),
    };
    for (number, expected) in [(1_000, 0), (10_000, 1)] {
        let found = found(&vec![("x.yaml", denial("x", number, entry))]);
        let told = found.iter().filter(|(_, code, _)| code == "NotCompared");
        assert_eq!((found.len(), told.count()), (expected, expected));
    }
}

#[test]
fn policies_are_compared_each_with_each_as_far_as_that_is_quick() {
    let policy = |number: usize| {
        let allowed =
            format!("{{dnsNames: {{values: ['*.{number}.example']}}, usages: [server auth]}}");
        let spec = format!("selector: {{everything: true}}\nallowed: {allowed}\napprovals: none");
        object("ApprovalPolicy", &format!("p{number}"), &spec)
    };
    for (number, expected) in [(200, 0), (800, 1)] {
        let names = (0..number).map(|number| &*format!("p{number}.yaml").leak());
        let files = names.zip((0..number).map(policy)).collect();
        let found = found(&files);
        let told = found.iter().filter(|(_, code, _)| code == "NotCompared");
        assert_eq!(told.count(), expected, "{number}");
    }
}
