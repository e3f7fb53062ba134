//! The cursor: what it takes for text, number and boolean, and where it says that something is wrong.
//!
//! The values of a scalar stand at line 1, column 4; the code is always that of the collection.

use super::*;

fn problems() -> Problems {
    Problems::new(Code::ConfigInvalid)
}

fn read(text: &str) -> Node {
    parser::parse(text.as_bytes()).unwrap_or_else(|reasons| panic!("{text:?}: {reasons:?}"))
}

/// What `reader` says about the field `a` of a document: `field line:column message`, or nothing.
fn complaint(text: &str, reader: impl Fn(&Field<'_>, &mut Problems)) -> Vec<String> {
    let (document, mut problems) = (read(text), problems());
    let object = Field::root(&document).mapping(&mut problems).unwrap();
    reader(&object.get("a").unwrap(), &mut problems);
    problems.into_reasons().iter().map(said).collect()
}

fn said(reason: &Reason) -> String {
    assert_eq!(reason.code, Code::ConfigInvalid);
    let (line, column) = (reason.line.unwrap(), reason.column.unwrap());
    let field = reason.field.as_deref().unwrap_or_default();
    format!("{field} {line}:{column} {}", reason.message)
}

#[test]
fn text_is_whatever_no_reader_takes_for_something_else() {
    let text = |field: &Field<'_>, problems: &mut Problems| _ = field.text(problems);
    for fine in [
        "x",
        "no",
        "2026-01-01",
        "1.2.3",
        "'1'",
        "\"true\"",
        "on",
        "1e",
        "v1",
        "a:b",
        "0b84502d-b24a-4e81-96dd-9b97a5612173",
        "0o9",
        "0xz",
    ] {
        assert_eq!(complaint(&format!("a: {fine}"), text), [""; 0], "{fine}");
    }
    for wrong in [
        "1", "-1", "1.5", "1e4", "0x10", "0o7", "1_000", "12:30", "true", "False", ".inf",
    ] {
        let expected = "a 1:4 must be a string, not a number or boolean";
        assert_eq!(complaint(&format!("a: {wrong}"), text), [expected]);
    }
    assert_eq!(
        complaint("a: [x]", text),
        ["a 1:4 must be a string, not a list"]
    );
}

#[test]
fn an_integer_is_decimal_and_bare() {
    let document = read("[0, 600, -1, 9223372036854775807]");
    let mut problems = problems();
    let list = Field::root(&document).list(&mut problems);
    let numbers: Vec<i64> = list
        .iter()
        .filter_map(|field| field.integer(&mut problems))
        .collect();
    assert_eq!(numbers, [0, 600, -1, i64::MAX]);
    let integer = |field: &Field<'_>, problems: &mut Problems| _ = field.integer(problems);
    for wrong in [
        "'1'", "1.0", "1e4", "0x10", "010", "+1", "1_0", "x", "true", "[1]", "--1",
    ] {
        let expected = format!("a 1:4 {INTEGER}");
        assert_eq!(
            complaint(&format!("a: {wrong}"), integer),
            [expected],
            "{wrong}"
        );
    }
    assert_eq!(
        complaint("a: 9223372036854775808", integer),
        ["a 1:4 is too large"]
    );
}

#[test]
fn a_boolean_is_true_or_false_and_bare() {
    let boolean = |field: &Field<'_>, problems: &mut Problems| _ = field.boolean(problems);
    for fine in ["true", "false"] {
        assert_eq!(complaint(&format!("a: {fine}"), boolean), [""; 0]);
    }
    for wrong in ["True", "yes", "'true'", "1"] {
        assert_eq!(
            complaint(&format!("a: {wrong}"), boolean).len(),
            1,
            "{wrong}"
        );
    }
}

#[test]
fn an_unknown_key_names_the_nearest_known_one() {
    let document = read("dnsName: x\nzzz: y\n");
    let mut problems = problems();
    Field::root(&document).object(&["dnsNames", "uris"], &mut problems);
    let reasons = problems.into_reasons();
    let helps: Vec<&str> = reasons
        .iter()
        .filter_map(|reason| reason.help.as_deref())
        .collect();
    assert_eq!(
        helps,
        ["did you mean `dnsNames`?", "known here: dnsNames, uris"]
    );
    assert_eq!(said(&reasons[1]), "zzz 2:1 `zzz` is not a known field here");
}

#[test]
fn a_list_of_known_words_is_cut_where_it_is_long_and_left_out_where_it_is_empty() {
    let names: Vec<String> = (0..1_050).map(|number| format!("n{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(suggest("zzz", &names[..3]), "known here: n0, n1, n2");
    assert_eq!(suggest("zzz", &[]), "there are none here");
    let told = suggest("zzz", &names);
    assert!(told.ends_with(", n48, n49 and 1000 more"), "{told}");
    // Of so many those are compared that begin alike.
    let names = [&names[..], &["zebra"]].concat();
    assert_eq!(suggest("zebar", &names), "did you mean `zebra`?");
}

#[test]
fn a_missing_key_stands_where_its_mapping_does() {
    let document = read("spec:\n  b: ~\n");
    let mut problems = problems();
    let root = Field::root(&document).mapping(&mut problems).unwrap();
    let spec = root.section("spec", &["a", "b"], &mut problems).unwrap();
    let other = root.section("other", &["c"], &mut problems).unwrap();
    for (object, key) in [(&spec, "a"), (&spec, "b"), (&other, "c")] {
        assert!(object.require(key, &mut problems).is_none());
    }
    let said: Vec<String> = problems.into_reasons().iter().map(said).collect();
    assert_eq!(
        said,
        [
            "spec.a 2:3 `a` is required",
            "spec.b 2:3 `b` is required",
            "other.c 1:1 `c` is required"
        ]
    );
}

#[test]
fn what_a_stranger_wrote_has_a_thousand_keys_and_values_at_most() {
    let list = |number: usize| format!("a: [{}]", "b,".repeat(number));
    // The document, the key and the list are three of them.
    let most = list(997);
    assert!(parser::parse_small(most.as_bytes()).is_ok());
    let more = list(998);
    assert!(parser::parse(more.as_bytes()).is_ok());
    let reasons = parser::parse_small(more.as_bytes()).unwrap_err();
    let [reason] = &reasons[..] else {
        panic!("{reasons:?}");
    };
    assert!(
        reason.message.contains("more than 1000 keys and values"),
        "{reason:?}"
    );
}
