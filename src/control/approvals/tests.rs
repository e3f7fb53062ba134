//! Requirement trees as text: what is read, and where a wrong one is reported.

use std::collections::BTreeMap;

use super::*;
use crate::control::surroundings::Cas;
use crate::effort::Effort;
use crate::finding::{Code, Reason};
use crate::yaml::parser;

fn read(text: &str) -> Result<Approvals, Vec<Reason>> {
    let files = BTreeMap::new();
    let names = |names: [&str; 3]| names.map(|name| name.parse().unwrap()).to_vec();
    let around = Surroundings {
        files: &files,
        clusters: Vec::new(),
        groups: names(["platform", "security", "dev-leads"]),
        principals: names(["alice", "bob", "carol"]),
        key_lists: BTreeMap::new(),
        compiling: Effort::of_compiling(),
        cas: Cas::default(),
    };
    let node = parser::parse(text.as_bytes()).unwrap();
    let mut problems = Problems::new(Code::ConfigInvalid);
    let approvals = Approvals::read(&Field::root(&node), &around, &mut problems);
    let reasons = problems.into_reasons();
    match approvals {
        Some(approvals) if reasons.is_empty() => Ok(approvals),
        _ => Err(reasons),
    }
}

fn names(names: &[&str]) -> Vec<ObjectName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn slot(groups: &[&str], principals: &[&str], count: usize) -> Requirement {
    Requirement::Slot {
        groups: names(groups),
        principals: names(principals),
        count,
    }
}

#[test]
fn none_a_choice_and_a_list_are_read() {
    assert_eq!(read("none"), Ok(Approvals::None));
    let text = "anyOf:\n- {groups: [platform], count: 2}\n- allOf: [{groups: [dev-leads]}, {principals: [bob]}]";
    let both = Requirement::AllOf(vec![slot(&["dev-leads"], &[], 1), slot(&[], &["bob"], 1)]);
    let tree = Requirement::AnyOf(vec![slot(&["platform"], &[], 2), both]);
    assert_eq!(read(text), Ok(Approvals::Required(tree)));
}

#[test]
fn a_wrong_tree_names_the_field() {
    let many = ["{groups: [platform]}"; 65].join(", ");
    let choice = ["{anyOf: [{groups: [platform]}, {groups: [security]}]}"; 9].join(", ");
    let wide = format!("allOf: [{many}]");
    let ways = format!("allOf: [{choice}]");
    for (text, field, help) in [
        ("nobody", "", "write `approvals: none`"),
        ("[]", "", "write `approvals: none`"),
        ("{}", "", "{anyOf:"),
        ("{groups: [platform]}", "", "{anyOf:"),
        ("{anyOf: []}", "anyOf", ""),
        ("{anyOf: [{}]}", "anyOf[0]", "name `groups`"),
        ("{anyOf: [{count: 1}]}", "anyOf[0]", "name `groups`"),
        ("{anyOf: [{groups: []}]}", "anyOf[0].groups", ""),
        (
            "{anyOf: [{groups: [platfrom]}]}",
            "anyOf[0].groups[0]",
            "did you mean `platform`?",
        ),
        (
            "{anyOf: [{principals: [alcie]}]}",
            "anyOf[0].principals[0]",
            "did you mean `alice`?",
        ),
        (
            "{anyOf: [{groups: [platform, platform]}]}",
            "anyOf[0].groups[1]",
            "",
        ),
        (
            "{anyOf: [{groups: [platform], count: 0}]}",
            "anyOf[0].count",
            "write `approvals: none`",
        ),
        (
            "{anyOf: [{groups: [platform], count: -1}]}",
            "anyOf[0].count",
            "",
        ),
        (
            "{anyOf: [{groups: [platform], count: '1'}]}",
            "anyOf[0].count",
            "",
        ),
        (
            "{anyOf: [{group: [platform]}]}",
            "anyOf[0].group",
            "did you mean `groups`?",
        ),
        (
            "{anyOf: [{groups: [platform]}], allOf: [{groups: [platform]}]}",
            "",
            "under `allOf`",
        ),
        (
            "{anyOf: [{allOf: [{groups: [platform]}], count: 1}]}",
            "anyOf[0]",
            "under `allOf`",
        ),
        (
            "{anyOf: [{allOf: [{anyOf: [{allOf: [{anyOf: [{groups: [platform]}]}]}]}]}]}",
            "anyOf[0].allOf[0].anyOf[0].allOf[0].anyOf",
            "",
        ),
        (&wide, "", "fewer `anyOf`"),
        (&ways, "", "fewer `anyOf`"),
    ] {
        let reasons = read(text).expect_err(text);
        let known = "{group: [platform]}";
        let expected = if text.contains(known) { 2 } else { 1 };
        assert_eq!(reasons.len(), expected, "{text}: {reasons:?}");
        assert_eq!(reasons[0].code, Code::ConfigInvalid, "{text}");
        assert_eq!(reasons[0].field.as_deref(), Some(field), "{text}");
        let found = reasons[0].help.clone().unwrap_or_default();
        assert!(found.contains(help), "{text}: {found}");
    }
}

#[test]
fn four_levels_are_read() {
    assert!(read("{anyOf: [{allOf: [{anyOf: [{allOf: [{groups: [platform]}]}]}]}]}").is_ok());
}

#[test]
fn who_is_named_anywhere_is_named() {
    let approvals =
        read("{anyOf: [{groups: [platform]}, {allOf: [{groups: [security], principals: [bob]}]}]}")
            .unwrap();
    for (principal, groups, named) in [
        ("alice", &["platform"][..], true),
        ("alice", &["dev-leads", "security"], true),
        ("alice", &["dev-leads"], false),
        ("bob", &[], true),
        ("platform", &[], false),
    ] {
        let groups = names(groups).into_iter().collect();
        let principal = principal.parse().unwrap();
        assert_eq!(
            approvals.names(&principal, &groups),
            named,
            "{principal} {groups:?}"
        );
        assert!(!Approvals::None.names(&principal, &groups));
    }
}
