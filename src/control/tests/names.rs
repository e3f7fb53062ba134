//! Names of objects that become names of files, which file systems bound.

use super::*;

/// The sample with one object of this kind whose name has so many letters.
fn named(kind: &str, spec: &str, letters: usize) -> Result<ControlZone, Vec<Finding>> {
    let name = "a".repeat(letters);
    let text = file(kind, spec).replace("{name: x}", &format!("{{name: {name}}}"));
    load(&[("policies/x.yaml", &text)])
}

#[test]
fn a_name_that_becomes_that_of_a_file_leaves_room_for_its_ending() {
    let publishing = format!("{SIGNER}\ncrl: {{publish: true}}");
    for (kind, spec) in [
        ("Signer", publishing.as_str()),
        ("Principal", "kind: person"),
        ("Principal", "kind: bot"),
    ] {
        assert!(named(kind, spec, 237).is_ok(), "{kind} {spec}");
        for letters in [238, 253] {
            let found = named(kind, spec, letters).err().unwrap_or_default();
            let brief = |found: &Finding| {
                let reason = found.reason.clone();
                (reason.code, reason.field.unwrap(), reason.help.is_some())
            };
            let found: Vec<_> = found.iter().map(brief).collect();
            let expected = (Code::ConfigInvalid, "metadata.name".to_owned(), true);
            assert_eq!(found, [expected], "{kind} {spec} of {letters}");
        }
    }
}

#[test]
fn a_name_that_is_in_no_name_of_a_file_may_be_as_long_as_in_kubernetes() {
    for (kind, spec) in [
        ("Signer", SIGNER),
        ("ApprovalPolicy", APPROVAL),
        ("Cluster", "server: https://a"),
        ("Group", "description: all"),
    ] {
        assert!(named(kind, spec, 253).is_ok(), "{kind}");
    }
}
