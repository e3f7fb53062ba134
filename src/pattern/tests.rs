//! What patterns match, and what it takes to compile and to walk them.

use super::*;

fn compiled(source: &str, is_folded: bool) -> Result<Pattern, String> {
    Pattern::whole(source, is_folded, &Effort::of_compiling())
}

fn whole(source: &str, is_folded: bool) -> Pattern {
    compiled(source, is_folded).unwrap()
}

fn fits(pattern: &Pattern, text: &str) -> bool {
    let effort = Effort::of_decision();
    pattern.is_match(text, &effort).expect("it costs little")
}

#[test]
fn the_library_gives_the_same_answers() {
    let texts = [
        "",
        "a",
        "b",
        "aa",
        "ab",
        "ba",
        "aab",
        "a.b",
        "A",
        "K",
        "k",
        "\u{212a}",
        "ä",
        "äa",
        "a ä",
        "a\nb",
        "-",
        "_",
        "web-1.svc.cluster.local",
        "web.svc.cluster.locals",
        "日本",
        "a日",
        "1",
        "٣",
    ];
    for source in [
        "",
        "a",
        "a*",
        "(a*)*b",
        "a|b",
        "a|ab",
        "ab|a",
        "[^a]",
        ".",
        ".*",
        r"\w+",
        r"\b",
        r"\B",
        r"a\b.*",
        r"(?-u:\b)a",
        "^a$",
        "(?m)^a$",
        r"\Aa",
        r"a\z",
        "(?i)k",
        "(?s).+",
        "a{2}",
        "a??b?",
        r"\d",
        r"\p{Greek}|ä",
        "()",
        "(?i:ÄA)",
        r"^[a-z0-9-]{1,63}\.svc\.cluster\.local$",
        "日",
        r"\b日",
    ] {
        let anywhere = Pattern::anywhere(source, MEMORY, &Effort::of_compiling()).unwrap();
        let (whole, folded) = (whole(source, false), whole(source, true));
        for text in texts {
            let library = |source: &str| regex::Regex::new(source).unwrap().is_match(text);
            assert_eq!(fits(&anywhere, text), library(source), "{source} {text}");
            let anchored = format!(r"\A(?:{source})\z");
            assert_eq!(fits(&whole, text), library(&anchored), "{anchored} {text}");
            let anchored = format!(r"(?i)\A(?:{source})\z");
            assert_eq!(fits(&folded, text), library(&anchored), "{anchored} {text}");
        }
    }
}

/// The units that a text takes.
fn units(source: &str, text: &str) -> u64 {
    let most = 1 << 40;
    let effort = Effort::of(most);
    let pattern = whole(source, false);
    assert!(pattern.is_match(text, &effort).is_some());
    most - effort.left()
}

#[test]
fn a_step_is_counted_for_each_state_that_is_visited() {
    let host = "web-17-shop.svc.cluster.local";
    for (source, text, most) in [
        (r"[a-z0-9-]{1,63}\.svc\.cluster\.local", host, 200),
        (r".*\.svc\.cluster\.local", host, 400),
        (r"(web|api)-\d+-[a-z]+\.svc\..*", host, 400),
        (r"(a*)*b", &"a".repeat(250), 2_500),
    ] {
        let units = units(source, text);
        assert!(units < most, "{source}: {units}");
    }
    let bomb = units(".*a.{200}z", &"ab".repeat(125));
    assert!(bomb > 10_000, "{bomb}");
}

#[test]
fn there_is_no_answer_beyond_what_is_left() {
    let pattern = whole(".*a.{200}z", false);
    let effort = Effort::of(5_000);
    assert_eq!(pattern.is_match(&"ab".repeat(125), &effort), None);
    assert!(effort.is_exhausted());
    assert_eq!(pattern.is_match("", &effort), None);
}

#[test]
fn what_can_not_be_compiled_says_why() {
    for (source, message) in [
        ("a)|(?:b", "unopened group"),
        ("(", "unclosed group"),
        (r"\w{63}", "it takes more than 64 KiB once it is compiled"),
        (
            "((a{50}){50}){50}",
            "it takes more than 64 KiB once it is compiled",
        ),
    ] {
        assert_eq!(compiled(source, false).unwrap_err(), message);
    }
    for source in [
        ".{200}",
        r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){2}",
        r"\w+@\w+",
    ] {
        assert!(compiled(source, false).is_ok(), "{source}");
    }
}

#[test]
fn what_it_takes_to_compile_is_counted_before_it_is_done() {
    // Of each so many as people may write, and never as many as take seconds.
    for (source, least, most) in [
        (
            r"[a-z0-9-]{1,63}\.svc\.cluster\.local".to_owned(),
            100,
            1_000,
        ),
        (r"\w+@\w+\.example".to_owned(), 50, 200),
        (r"[\w.-]+@example\.com".to_owned(), 50, 200),
        (".{200}".to_owned(), 30, 70),
        (r"\pL".repeat(340), 0, 1),
        (r"[^\w&&[^a]]".repeat(90), 0, 2),
    ] {
        let effort = Effort::of_compiling();
        let tries = (0..2_000).take_while(|_| {
            let _ = Pattern::whole(&source, true, &effort);
            !effort.is_exhausted()
        });
        let number = tries.count();
        assert!((least..=most).contains(&number), "{source}: {number}");
    }
}
