//! The parser: what is refused and where, what is read and as what, and that no bytes make it panic.
//!
//! Each row of a table is one file. Places are of the first reason; columns count characters.

use super::*;
use crate::finding::Code;

const MANIFEST: &str = "\
# jane's laptop
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: \"jane\", labels: {team: 'dev'}}
spec:
  request: |
    LS0tLS1CRUdJTiBD
    RVJUSUZJQ0FURQ==
  signerName: kubernetes.io/kube-apiserver-client
  expirationSeconds: 3600
  usages:
    - client auth
    - \"digital\\x20signature\"
  extra: [1, {a: b}, [é, ~]]
";

/// The first reason, as `line:column message`.
fn refusal(text: impl AsRef<[u8]>) -> String {
    let text = text.as_ref();
    let Err(reasons) = parse(text) else {
        return format!("read {:?}", String::from_utf8_lossy(text));
    };
    let first = reasons.first().expect("a refusal has a reason");
    assert_eq!(first.code, Code::MalformedFile);
    let (line, column) = (first.line.unwrap(), first.column.unwrap());
    format!("{line}:{column} {}", first.message)
}

fn read(text: &str) -> Node {
    parse(text.as_bytes()).unwrap_or_else(|reasons| panic!("{text:?}: {reasons:?}"))
}

fn node(line: u32, column: u32, value: Value) -> Node {
    let place = Place { line, column };
    Node { place, value }
}

/// The values of a document, without places.
fn shape(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".into(),
        Value::Plain(text) => text.clone(),
        Value::Text(text) => format!("{text:?}"),
        Value::List(nodes) => {
            let nodes: Vec<String> = nodes.iter().map(shape).collect();
            format!("[{}]", nodes.join(" "))
        }
        Value::Map(entries) => {
            let entry = |entry: &Entry| format!("{}:{}", entry.key, shape(&entry.node));
            let entries: Vec<String> = entries.iter().map(entry).collect();
            format!("{{{}}}", entries.join(" "))
        }
    }
}

#[test]
fn bytes_that_are_no_plain_text_are_refused_at_their_place() {
    for (bytes, expected) in [
        (&b"a: b\nc: \xff"[..], "2:4 the file is not UTF-8 text"),
        (b"\xff\xfea\0", "1:1 the file is not UTF-8 text"),
        ("\u{feff}a: b".as_bytes(), "1:1 a byte order mark, U+FEFF"),
        (b"a: b\n\n  \0", "3:3 a control character, U+0000"),
        (b"a: \x1b[31m", "1:4 a control character, U+001B"),
        (b"# \x7f", "1:3 a control character, U+007F"),
        (b"a: b\rc: d", "1:5 a CR must be followed by LF"),
        (b"a: b\r", "1:5 a CR must be followed by LF"),
        (b"a: b\r\r\n", "1:5 a CR must be followed by LF"),
        (
            "é: \u{85}".as_bytes(),
            "1:4 a line end that is not LF, U+0085",
        ),
        (
            "a: \u{2028}".as_bytes(),
            "1:4 a line end that is not LF, U+2028",
        ),
        (
            "a: \u{2029}".as_bytes(),
            "1:4 a line end that is not LF, U+2029",
        ),
        (
            "a: \u{202e}".as_bytes(),
            "1:4 a character that changes the direction of text, U+202E",
        ),
        (
            "a: \u{2066}".as_bytes(),
            "1:4 a character that changes the direction of text, U+2066",
        ),
        (
            "a: \u{200b}".as_bytes(),
            "1:4 a character of no width, U+200B",
        ),
        (
            "a: \u{200d}".as_bytes(),
            "1:4 a character of no width, U+200D",
        ),
        ("a: b\u{feff}".as_bytes(), "1:5 a byte order mark, U+FEFF"),
        (
            "a: \u{e0041}".as_bytes(),
            "1:4 a character of no width, U+E0041",
        ),
    ] {
        assert_eq!(refusal(bytes), expected, "{bytes:?}");
    }
}

#[test]
fn what_could_be_read_two_ways_is_refused_at_its_place() {
    for (text, expected) in [
        ("%YAML 1.2\n---\na: b\n", "1:1 a directive is not allowed"),
        ("%FOO\n---\na: b\n", "1:1 a directive is not allowed"),
        (
            "a: b\n---\nc: d\n",
            "2:1 only one document may be in a file",
        ),
        ("a: b\n...\n---\n", "3:1 only one document may be in a file"),
        ("a: &x b", "1:4 an anchor is not allowed"),
        ("a:\n  - &x\n    b: c", "2:5 an anchor is not allowed"),
        ("a: *x", "1:4 an alias is not allowed"),
        ("a: &x b\nc: *x", "1:4 an anchor is not allowed"),
        ("*x : a", "1:1 an alias is not allowed"),
        ("<<: {a: b}", "1:1 a merge key is not allowed"),
        ("a: !!str b", "1:4 a tag is not allowed"),
        ("a: !foo b", "1:4 a tag is not allowed"),
        ("a: ! b", "1:4 a tag is not allowed"),
        ("a: !x!y b", "1:4 a tag is not allowed"),
        ("a: !!map\n  b: c", "1:4 a tag is not allowed"),
        ("!!seq [a]", "1:1 a tag is not allowed"),
        ("a: b\nc: d\na: e", "3:1 the key `a` is written twice"),
        (
            "{\"a\": 1, \"\\u0061\": 2}",
            "1:10 the key `a` is written twice",
        ),
        ("x: {a: 1, 'a': 2}", "1:11 the key `a` is written twice"),
        ("? [a]\n: b", "1:3 a key must be a string"),
        ("{a: b}: c", "1:1 a key must be a string"),
        ("~: a", "1:1 a key must be a string"),
        (": a", "1:1 a key must be a string"),
        ("1: a", "1:1 a key must be a string: put it into quotes"),
        (
            "x:\n  true: a",
            "2:3 a key must be a string: put it into quotes",
        ),
        ("", "1:1 the file is empty"),
        ("# nothing\n", "1:1 the file is empty"),
        ("---\n", "1:1 the file is empty"),
        ("null", "1:1 the file is empty"),
    ] {
        assert_eq!(refusal(text), expected, "{text:?}");
    }
}

#[test]
fn escapes_may_not_stand_for_what_may_not_be_written() {
    for (text, expected) in [
        (
            r#"a: "\0""#,
            "1:4 an escape stands for a control character, U+0000",
        ),
        (
            r#"a: "x\r""#,
            "1:4 an escape stands for a control character, U+000D",
        ),
        (
            r#"a: "\e[0m""#,
            "1:4 an escape stands for a control character, U+001B",
        ),
        (
            r#"a: "\N""#,
            "1:4 an escape stands for a line end that is not LF, U+0085",
        ),
        (
            r#""\u202e": b"#,
            "1:1 an escape stands for a character that changes the direction of text, U+202E",
        ),
        (
            r#"a: "\uFEFF""#,
            "1:4 an escape stands for a byte order mark, U+FEFF",
        ),
        (
            r#"a: "\uD83D\ude00""#,
            "1:4 an escape stands for half a character",
        ),
    ] {
        assert_eq!(refusal(text), expected, "{text}");
    }
    for text in [
        r#"a: "\ud83d""#,
        r#"a: "\udc00""#,
        r#"a: "\U0000D800""#,
        r#"a: "\uD83Dx""#,
    ] {
        assert!(
            refusal(text).starts_with("1:4 not YAML: "),
            "{}",
            refusal(text)
        );
    }
}

#[test]
fn an_escaped_backslash_before_u_is_no_surrogate() {
    assert_eq!(
        shape(&read(r#"a: "\\ud83d \t\n\U0001F600""#)),
        "{a:\"\\\\ud83d \\t\\n😀\"}"
    );
}

#[test]
fn nesting_ends_at_sixteen_levels() {
    let flow = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let block = |depth: usize| format!("{}x", "- ".repeat(depth));
    let mixed = |outer: usize, inner: usize| format!("{}{}", "- ".repeat(outer), flow(inner));
    for text in [flow(16), block(16), mixed(8, 8)] {
        assert!(parse(text.as_bytes()).is_ok(), "{text}");
    }
    for (text, place) in [
        (flow(17), "1:17"),
        (block(17), "1:33"),
        (mixed(8, 9), "1:25"),
    ] {
        assert_eq!(
            refusal(&text),
            format!("{place} nesting is deeper than 16 levels")
        );
    }
    assert!(refusal("[".repeat(60_000)).contains("deeper than 16"));
    assert!(refusal("{a: ".repeat(16_000)).contains("deeper than 16"));
}

#[test]
fn an_lfs_pointer_is_not_read_as_text() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    assert_eq!(refusal(pointer), "1:1 a Git LFS pointer is not the file");
}

#[test]
fn every_fault_that_can_be_read_over_is_reported() {
    let reasons = parse(b"a: &x 1\nb: !t 2\na: \"\\0\"\n<<: 3\nc: [").unwrap_err();
    let lines: Vec<Option<u32>> = reasons.iter().map(|reason| reason.line).collect();
    assert_eq!(
        lines,
        [Some(1), Some(2), Some(3), Some(3), Some(4), Some(5)]
    );
    assert_eq!(parse(&[0; 1000]).unwrap_err().len(), REASONS);
    assert_eq!(
        parse("a: 1\n".repeat(1000).as_bytes()).unwrap_err().len(),
        REASONS
    );
}

#[test]
fn a_repeated_key_tells_where_the_first_is() {
    let reasons = parse(b"a: 1\nb: 2\na: 3\n").unwrap_err();
    assert_eq!(reasons[0].help.as_deref(), Some("the first is in line 1"));
}

#[test]
fn null_is_written_in_five_ways_and_never_in_quotes() {
    for text in [
        "a:",
        "a: ~",
        "a: null",
        "a: Null",
        "a: NULL",
        "{a: }",
        "{a}",
        "{\"a\": null}",
    ] {
        assert_eq!(shape(&read(text)), "{a:null}", "{text}");
    }
    for text in ["a: 'null'", "a: nUll", "a: \"\"", "a: \"~\""] {
        assert_ne!(shape(&read(text)), "{a:null}", "{text}");
    }
}

#[test]
fn only_plain_scalars_can_be_more_than_text() {
    for (text, expected) in [
        ("a: 0x10", "{a:0x10}"),
        ("a: yes", "{a:yes}"),
        ("a: '0x10'", "{a:\"0x10\"}"),
        ("a: \"yes\"", "{a:\"yes\"}"),
        ("a: |\n  1\n  2\n", "{a:\"1\\n2\\n\"}"),
        ("a: |-\r\n  1\r\n  2\r\n", "{a:\"1\\n2\"}"),
        ("a: >\n  1\n  2\n", "{a:\"1 2\\n\"}"),
        ("a: b\n  c\n\n  d", "{a:b c\nd}"),
        ("a: b # c", "{a:b}"),
        ("--- a\n...\n", "a"),
    ] {
        assert_eq!(shape(&read(text)), expected, "{text:?}");
    }
}

#[test]
fn json_is_read_as_well() {
    let text = "{\n\t\"a\": [1, \"x\", null, true, {}],\n\t\"b\": {\"c\": \"d\\/\"}\n}\n";
    assert_eq!(
        shape(&read(text)),
        "{a:[1 \"x\" null true {}] b:{c:\"d/\"}}"
    );
    let long = format!(
        "{{\"a\":\"{}\",\"b\":{}}}",
        "x".repeat(5000),
        "9".repeat(3000)
    );
    assert!(parse(long.as_bytes()).is_ok());
}

#[test]
fn every_value_knows_its_place_in_characters() {
    let document = read("é: x\nb:\n  - ü: 'y'\n  -\nc:\n");
    let entry = |key: &str, line, column, node| Entry {
        key: key.into(),
        place: Place { line, column },
        node,
    };
    let inner = Value::Map(vec![entry("ü", 3, 5, node(3, 8, Value::Text("y".into())))]);
    let list = Value::List(vec![node(3, 5, inner), node(4, 4, Value::Null)]);
    let expected = Value::Map(vec![
        entry("é", 1, 1, node(1, 4, Value::Plain("x".into()))),
        entry("b", 2, 1, node(3, 3, list)),
        entry("c", 5, 1, node(5, 1, Value::Null)),
    ]);
    assert_eq!(document, node(1, 1, expected));
}

#[test]
fn no_single_byte_that_is_changed_makes_it_panic() {
    assert!(parse(MANIFEST.as_bytes()).is_ok());
    let mut bytes = MANIFEST.as_bytes().to_vec();
    for index in 0..bytes.len() {
        let original = bytes[index];
        for byte in 0..=u8::MAX {
            bytes[index] = byte;
            drop(parse(&bytes));
        }
        bytes[index] = original;
    }
}

#[test]
fn no_byte_that_is_missing_or_too_many_makes_it_panic() {
    let bytes = MANIFEST.as_bytes();
    for index in 0..bytes.len() {
        drop(parse(&bytes[..index]));
        drop(parse(&bytes[index..]));
        drop(parse(&[&bytes[..index], &bytes[index + 1..]].concat()));
        for insert in [
            &b"\n"[..],
            b"\"",
            b"'",
            b"[",
            b"}",
            b": ",
            b"? ",
            b"|",
            b"\t",
            b"&",
            b"\\",
        ] {
            drop(parse(&[&bytes[..index], insert, &bytes[index..]].concat()));
        }
    }
}

#[test]
fn long_files_of_one_token_do_no_harm() {
    let tokens = [
        "- ", "[", "{", "a: ", "? ", "\"", "'", "*a ", "&a ", "!!(", "a\n ", "- -\n", "[a, ", "\\",
        "# ", "|\n", ",", "a: b\n", "x ", "\t", "%", "[],", "{? a ", ": ",
    ];
    for token in tokens {
        let long = token.repeat(32_768 / token.len());
        for text in [
            format!("[{long}"),
            format!("a: \"{long}"),
            format!("a: |\n  {long}"),
            long,
        ] {
            drop(parse(text.as_bytes()));
        }
    }
}
