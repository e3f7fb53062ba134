use super::*;
use crate::expression::facts::Fact;

fn compile(source: &str) -> Result<Expression, Fault> {
    Expression::compile(source, &Effort::of_compiling())
}

fn fault(source: &str) -> String {
    let fault = compile(source).expect_err(source);
    format!("{} {}", fault.message, fault.help.unwrap_or_default())
}

fn rule(source: &str) -> Expression {
    compile(source).unwrap_or_else(|fault| panic!("{source}: {fault:?}"))
}

fn answer(rule: &Expression, facts: &Arc<Facts>) -> Result<bool, String> {
    rule.evaluate(facts, &Effort::of_decision())
}

fn truth(source: &str) -> Result<bool, String> {
    answer(&rule(source), &Arc::new(Facts::sample()))
}

#[test]
fn every_variable_can_be_read() {
    for (path, _, fact) in facts::variables() {
        let rule = match fact {
            Fact::Text(_) => format!("{path}.size() >= 0 && {path} + 'a' != ''"),
            Fact::Number(_) => format!("{path} + 1 > 0"),
            Fact::Truth(_) => path.to_owned(),
            Fact::Texts(_) => {
                format!("{path}.exists(value, value.size() > 0) && {path}[0] in {path}")
            }
            Fact::Labels(_) => {
                format!("'team' in {path} && {path}.team == 'shop' && {path}['team'] == 'shop'")
            }
            Fact::Time(_) => format!(
                "{path} == timestamp('2030-01-01T00:00:00Z') && {path}.getFullYear() == 2030"
            ),
            Fact::Span(_) => format!("{path} <= duration('1h')"),
        };
        assert_eq!(truth(&rule), Ok(true), "{rule}");
    }
    assert!(Facts::sample().missing().is_empty());
    assert!(!Facts::default().missing().is_empty());
}

#[test]
fn the_functions_of_kubernetes_are_there() {
    for (rule, expected) in [
        (
            "'AbC'.lowerAscii() == 'abc' && 'AbC'.upperAscii() == 'ABC'",
            true,
        ),
        ("'a,b'.split(',').join('-') == 'a-b'", true),
        (
            "'abc'.startsWith('a') && 'abc'.endsWith('c') && 'abc'.contains('b')",
            true,
        ),
        ("'shop.example.com'.matches('^shop[.]')", true),
        ("matches('x', '^y$')", false),
        ("cidr('10.0.0.0/8').containsIP('10.1.2.3')", true),
        (
            "cert.ipAddresses.all(ip, cidr('192.168.0.0/16').containsIP(ip))",
            false,
        ),
        (
            "[1, 2].map(n, n * 2) == [2, 4] && [1, 2].filter(n, n > 1) == [2]",
            true,
        ),
        ("[1, 2].exists_one(n, n == 1) ? true : false", true),
        (
            "has(request.labels.team) && !has(request.labels.other)",
            true,
        ),
        ("int('4') == 4 && string(4) == '4' && bool('true')", true),
        (
            "size(cert.dnsNames) == 1 && -1 < 0 && 7 % 2 == 1 && 6 / 2 == 3",
            true,
        ),
    ] {
        assert_eq!(truth(rule), Ok(expected), "{rule}");
    }
}

#[test]
fn what_is_not_there_is_named_with_the_nearest() {
    for (source, words) in [
        (
            "cert.subjct.commonName == 'a'",
            "no variable `cert.subjct.commonName`",
        ),
        ("cert.dnsName.size() > 0", "`cert.dnsNames`"),
        (
            "cert == cert",
            "`cert` is no value by itself name one of its fields: ",
        ),
        (
            "request.username == 'admin'",
            "no variable `request.username`",
        ),
        (".request.name == 'a'", "no variable"),
        ("foo", "no variable `foo`"),
        (
            "request.name.startWith('a')",
            "no function `startWith` here",
        ),
        (
            "request.name.startsWith()",
            "`startsWith` does not take 0 arguments",
        ),
        ("type(1) == int", "no function `type` here"),
        (
            "request.name.matches(request.path)",
            "must be written in the rule",
        ),
        ("request.name.matches('(')", "can't be compiled"),
        (
            "request.name.matches('((a{100}){100}){100}')",
            "can't be compiled",
        ),
        (
            "cidr(request.name).containsIP('10.0.0.1')",
            "must be written in the rule",
        ),
        (
            "cidr('10.0.0.1/8').containsIP('10.0.0.1')",
            "the block of `cidr` must not have bits set",
        ),
        (
            "'10.0.0.0/8'.containsIP('10.0.0.1')",
            "`containsIP` follows",
        ),
        ("cidr('10.0.0.0/8') == 'a'", "is followed by"),
        ("[1].exists(request, true)", "hides another one"),
        ("[1].exists(a, [1].exists(a, true))", "hides another one"),
        ("{'a': 1} == {}", "mappings can't be written"),
        ("a.?b", "is no CEL expression"),
        ("1 +", "is no CEL expression"),
        ("", "is no CEL expression"),
        (
            "request.name",
            "gives a value of type string, and must give a boolean",
        ),
        ("request.name + 1 == 'a'", "can't be evaluated"),
        ("1 + 'a' == 2", "can't be evaluated"),
    ] {
        let found = fault(source);
        assert!(found.contains(words), "{source}: {found}");
    }
}

#[test]
fn no_rule_takes_the_program_down_or_holds_it_up() {
    let chain = |part: &str, times: usize| vec![part; times].join("+");
    for (source, words) in [
        (
            format!("{} > 0", chain("1", 2100)),
            "must be at most 4096 octets",
        ),
        (format!("{} > 0", chain("1", 1000)), "words and signs"),
        (
            vec!["[1].exists_one(a, true)"; 80].join("||"),
            "more than 1000 parts",
        ),
        (format!("{} > 0", chain("1", 499)), ""),
        (
            "cert.dnsNames.all(n, n.split('.').all(p, ([p] + [p]).size() > 0 && p + p != 'a'))"
                .to_owned(),
            "",
        ),
        (
            format!(
                "request.path.split('/').all(p, [p]{}[0] != 'a')",
                ".map(v, v + v)".repeat(10)
            ),
            "more than 1048576 octets",
        ),
        (format!("{}true", "!".repeat(999)), ""),
        (
            "!!(".repeat(100) + "true" + &")".repeat(100),
            "is no CEL expression",
        ),
        ("[".repeat(400) + &"]".repeat(400), "is no CEL expression"),
        (
            format!("'{}' == ''", "a".repeat(1_000_000)),
            "must be at most 4096 octets",
        ),
        (
            format!("['a']{} == []", ".map(v, v + v)".repeat(30)),
            "more than 1048576 octets",
        ),
        (
            "cert.dnsNames.all(a, cert.dnsNames.all(b, cert.dnsNames.all(c, a + b == c)))"
                .to_owned(),
            "more than 2 loops within each other",
        ),
        (
            "cert.uris.all(a, csr.uris.all(b, a + b != 'c'))".to_owned(),
            "more than 5000000",
        ),
        ("a\0b".to_owned(), "octets of text"),
        (format!("request{}", ".a".repeat(490)), "is no variable"),
    ] {
        let start: String = source.chars().take(60).collect();
        match compile(&source) {
            Ok(_) => assert_eq!(words, "", "{start}"),
            Err(fault) => assert!(fault.message.contains(words), "{start}: {}", fault.message),
        }
    }
}

#[test]
fn loops_over_the_names_of_a_request_are_within_the_limits() {
    for source in [
        "cert.dnsNames.all(n, n.endsWith('.example.com') && !n.startsWith('*'))",
        "cert.dnsNames.all(n, n.split('.').exists(label, label == 'svc'))",
        "cert.subject.organizations.all(o, requester.groups.exists(g, o == g || o.startsWith(g + ':')))",
    ] {
        rule(source);
    }
}

/// A request with as many names as one may have, each as long as that.
fn crowd() -> Arc<Facts> {
    let name = |number| format!("{number:03}{}", ".aaaaaaaaa".repeat(25));
    let names: Vec<String> = (0..250).map(name).collect();
    let mut facts = Facts::sample();
    facts.set("cert.dnsNames", Fact::Texts(names.clone()));
    facts.set("csr.dnsNames", Fact::Texts(names));
    Arc::new(facts)
}

#[test]
fn a_rule_does_no_more_than_it_may_whatever_the_request() {
    let facts = crowd();
    let started = std::time::Instant::now();
    for (source, is_done) in [
        (
            "cert.dnsNames.all(n, n.endsWith('a') && !n.startsWith('*') && n in csr.dnsNames)",
            true,
        ),
        (
            "cert.dnsNames.all(n, n.size() < 254 && n.matches('^[0-9]'))",
            true,
        ),
        (
            "cert.dnsNames.all(n, n.matches('(a|b|c|d){1,500}') || true)",
            true,
        ),
        (
            "true || cert.dnsNames.all(n, n.matches('.*a.{200}z'))",
            true,
        ),
        (
            "cert.dnsNames.all(n, !n.matches('.*a.{200}z')) || true",
            false,
        ),
        (
            "!cert.dnsNames.exists(n, n.matches('.*a.{200}z') && false)",
            false,
        ),
        (
            "cert.dnsNames.all(n, n.split('').map(c, c + c).join('').size() > 3)",
            false,
        ),
        ("cert.dnsNames.all(n, n.split('').size() > 3)", false),
        (
            "cert.dnsNames.exists(n, csr.usages.exists(u, u == n)) || true",
            true,
        ),
        (
            "[['a']].map(l, l.map(v, v + v).map(v, v + v)).size() == 1 && ['aaaaaaaa'].map(v, v+v+v+v+v+v+v+v).map(v, v+v+v+v+v+v+v+v).map(v, v+v+v+v+v+v+v+v).map(v, v+v+v+v).all(b, cert.dnsNames.all(n, !b.contains(n)))",
            false,
        ),
    ] {
        let source = source.replace("csr.usages", "cert.usages");
        let rule = rule(&source);
        for _ in 0..16 {
            match answer(&rule, &facts) {
                Ok(truth) => assert!(is_done && truth, "{source}: {truth}"),
                Err(error) => {
                    assert!(!is_done, "{source}: {error}");
                    assert!(
                        error.contains("more work than one rule may do"),
                        "{source}: {error}"
                    );
                }
            }
        }
    }
    // A pattern compiled at each call, and loops without an end to them, took minutes.
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    // What one rule has used up is not missing to the next.
    let rule = rule("cert.dnsNames.all(n, n.size() > 3)");
    assert_eq!(answer(&rule, &facts), Ok(true));
}

#[test]
fn a_rule_that_does_too_much_for_any_request_is_no_rule() {
    let numbers: Vec<String> = (0..400).map(|number| number.to_string()).collect();
    let numbers = numbers.join(",");
    let found = fault(&format!(
        "[{numbers}].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [a].size() + b + b + b + b + b + b + b + b + b > 0))"
    ));
    assert!(found.contains("more work than one rule may do"), "{found}");
}

#[test]
fn each_call_of_matches_has_its_own_pattern() {
    for (rule, expected) in [
        (
            "'ab'.matches('^a') && matches('ab', 'b$') && !'ab'.matches('^b')",
            true,
        ),
        (
            "['a', 'b'].all(v, v.matches('^[ab]$') && !matches(v, '^[cd]$'))",
            true,
        ),
        ("'a' == 'b' || 'x'.matches('^a$')", false),
    ] {
        assert_eq!(truth(rule), Ok(expected), "{rule}");
    }
    assert!(fault("'a'.matches('[a-z]{9000}')").contains("can't be compiled"));
}

#[test]
fn what_fails_for_a_value_is_no_error_of_the_rule() {
    for source in [
        "request.labels['other'] == 'a'",
        "1 / (request.expirationSeconds - 3600) > 0",
        "cert.dnsNames[7] == 'a'",
        "int(request.name) > 0",
    ] {
        assert!(truth(source).is_err(), "{source}");
    }
    assert_eq!(truth("request.labels['other'] == 'a' || true"), Ok(true));
}

#[test]
fn words_and_signs_are_counted_as_a_reader_would() {
    for (source, count) in [
        ("a.b == 'c d' && 12 > 1", 11),
        ("\"a\\\"b\"", 1),
        ("", 0),
        ("'a", 1),
    ] {
        assert_eq!(tokens(source), count, "{source}");
    }
}

#[test]
fn shallow_rules_need_little_stack() {
    // As deep as rules may be that run where they are asked for: operators, calls, choices and loops.
    let chain = |open: &str, inner: &str, close: &str, levels: usize| {
        format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
    };
    let rules = [
        chain("true == (", "true", ")", SHALLOW - 1),
        chain("request.name + (", "request.name", ")", SHALLOW - 3) + " == 'x'",
        chain("(now == now ? ", "true", " : false)", SHALLOW - 2),
        format!(
            "request.dirs.all(n, request.dirs.exists(m, {} == n))",
            chain("m + (", "m", ")", SHALLOW - 6)
        ),
    ];
    for source in rules {
        let rule = rule(&source);
        let levels = depth::depth(&rule.program.tree);
        assert!(
            rule.is_shallow && levels > SHALLOW - 3,
            "{source}: {levels}"
        );
        let small = std::thread::Builder::new().stack_size(512 * 1024);
        let facts = Arc::new(Facts::sample());
        let run = small.spawn(move || answer(&rule, &facts)).unwrap();
        assert!(run.join().unwrap().is_ok(), "{source}");
    }
}

#[test]
fn facts_of_one_request_never_answer_for_another() {
    let rule = rule("request.name == 'web'");
    let mut other = Facts::sample();
    other.set("request.name", facts::Fact::Text("mail".to_owned()));
    let (web, mail) = (Arc::new(Facts::sample()), Arc::new(other));
    for _ in 0..3 {
        assert_eq!(answer(&rule, &web), Ok(true));
        assert_eq!(answer(&rule, &mail), Ok(false));
    }
    // A new set of facts may come to lie where an old one was.
    for name in ["web", "mail", "web"] {
        let mut facts = Facts::sample();
        facts.set("request.name", facts::Fact::Text(name.to_owned()));
        assert_eq!(answer(&rule, &Arc::new(facts)), Ok(name == "web"));
    }
}
