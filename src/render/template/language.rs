//! The part of minijinja's language that a template may use: what can be seen to end soon and to make little.
//!
//! In comes the source of a template; out come the places where it says more than that. Nothing that is let through makes
//! a new list, calls anything or repeats itself, so no value grows but by joining texts, which fuel pays for; and nothing
//! turns the escaping off. The size of every tag is bounded before it is parsed, since the parser and all that walks its
//! tree recurse with the length of an expression.

use minijinja::machinery::ast::{BinOpKind, Expr, Filter, ForLoop, Set, Stmt, UnaryOpKind};
use minijinja::machinery::{Span, Token, parse, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Error, Value};

use crate::finding::{Code, Place, Reason};
use crate::render::template::names;
use crate::render::template::operands::operands;
use crate::render::template::refusals::Refusals;

/// The filters that a template may use.
pub(super) const FILTERS: [&str; 2] = ["b64encode", "tojson"];

// `a ~ b ~ c` is one level of recursion for each name. The kubeconfig's longest tag has eleven words.
const LONGEST_TAG: usize = 200;
// minijinja counts columns in sixteen bits, and overflows when something is wrong behind them.
const LONGEST_LINE: usize = 60_000;
// Each `elif` stands inside the one before it.
const MOST_ELIFS: usize = 50;

/// What the source says that no template may, and what it names that is not among the names that templates see.
///
/// # Errors
/// What minijinja says when it is no template at all.
pub(super) fn check(source: &str, seen: &Value) -> Result<Vec<Reason>, Error> {
    let long = too_long(source)?;
    if !long.is_empty() {
        return Ok(long);
    }
    let mut found = Refusals::of(source);
    let template = parse(source, "template", SyntaxConfig::default())?;
    Walk { found: &mut found }.statement(&template);
    if found.is_empty() {
        names::check(&template, seen, &mut found);
    }
    Ok(found.into_reasons())
}

fn too_long(source: &str) -> Result<Vec<Reason>, Error> {
    if let Some(line) = source.lines().position(|line| line.len() > LONGEST_LINE) {
        let message = format!("this line has more than {LONGEST_LINE} octets");
        let place = Place {
            line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            column: 1,
        };
        let reason = Reason::new(Code::ConfigInvalid, message).at(place);
        return Ok(vec![reason.help("break it into several lines")]);
    }
    let mut found = Refusals::of(source);
    let mut words = 0;
    let mut elifs = 0;
    for token in tokenize(source, false, SyntaxConfig::default()) {
        let (token, span) = token?;
        match token {
            Token::VariableStart | Token::BlockStart => words = 0,
            Token::Ident("elif") => elifs += 1,
            _ => words += 1,
        }
        if words == LONGEST_TAG {
            let message = format!("this tag has more than {LONGEST_TAG} words");
            found.add(span, &message, "split it with `{% set name = … %}` tags");
        }
        if elifs > MOST_ELIFS {
            let message = format!("there are more than {MOST_ELIFS} `elif`s");
            found.add(span, &message, "write some of them as an `if` each");
            break;
        }
    }
    Ok(found.into_reasons())
}

struct Walk<'w, 's> {
    found: &'w mut Refusals<'s>,
}

impl Walk<'_, '_> {
    fn refuse(&mut self, span: Span, what: &str, help: &str) {
        let message = format!("{what} may not stand in a template");
        self.found.add(span, &message, help);
    }

    fn tag(&mut self, span: Span, name: &str) {
        let help =
            "a template has text, `{{ … }}`, `{% if %}`, `{% for %}` and `{% set name = … %}`";
        self.refuse(span, &format!("the tag `{name}`"), help);
    }

    fn body(&mut self, statements: &[Stmt<'_>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::Template(template) => self.body(&template.children),
            Stmt::EmitRaw(_) => {}
            Stmt::EmitExpr(emitted) => self.expression(&emitted.expr),
            Stmt::ForLoop(repeated) => self.repeated(repeated, repeated.span()),
            Stmt::IfCond(condition) => {
                self.expression(&condition.expr);
                self.body(&condition.true_body);
                self.body(&condition.false_body);
            }
            Stmt::Set(set) => self.set(set),
            Stmt::WithBlock(block) => self.tag(block.span(), "with"),
            Stmt::SetBlock(block) => self.tag(block.span(), "set … endset"),
            Stmt::AutoEscape(block) => self.tag(block.span(), "autoescape"),
            Stmt::FilterBlock(block) => self.tag(block.span(), "filter"),
            Stmt::Do(block) => self.tag(block.span(), "do"),
        }
    }

    fn repeated(&mut self, repeated: &ForLoop<'_>, span: Span) {
        if repeated.recursive {
            self.refuse(span, "a recursive loop", "leave the word `recursive` out");
        }
        self.name(&repeated.target);
        self.expression(&repeated.iter);
        if let Some(filter) = &repeated.filter_expr {
            self.expression(filter);
        }
        self.body(&repeated.body);
        self.body(&repeated.else_body);
    }

    fn set(&mut self, set: &Set<'_>) {
        self.name(&set.target);
        self.expression(&set.expr);
    }

    fn name(&mut self, target: &Expr<'_>) {
        if !matches!(target, Expr::Var(_)) {
            let help = "name one thing at a time, such as `{% for cluster in clusters %}`";
            self.refuse(target.span(), "several names at once", help);
        }
    }

    fn expression(&mut self, expression: &Expr<'_>) {
        let plain = "write what you mean with names, texts, `~`, comparisons, `and`, `or`, `not` and `a if b else c`";
        match expression {
            Expr::Var(_)
            | Expr::Const(_)
            | Expr::Compare(_)
            | Expr::IfExpr(_)
            | Expr::GetAttr(_)
            | Expr::GetItem(_) => {}
            Expr::UnaryOp(operation) => match operation.op {
                UnaryOpKind::Not | UnaryOpKind::Neg => {}
            },
            Expr::BinOp(operation) => {
                if is_arithmetic(operation.op) {
                    let help = "a template doesn't calculate; join texts with `~`";
                    self.refuse(operation.span(), "an operator of arithmetic", help);
                }
            }
            Expr::Filter(filter) => self.filter(filter, filter.span()),
            Expr::Slice(slice) => self.refuse(slice.span(), "a slice", plain),
            Expr::Test(test) => self.refuse(test.span(), "a test with `is`", plain),
            Expr::Call(call) => self.refuse(call.span(), "a call", plain),
            Expr::List(list) => self.refuse(list.span(), "a list of its own", plain),
            Expr::Tuple(tuple) => self.refuse(tuple.span(), "a list of its own", plain),
            Expr::Map(map) => self.refuse(map.span(), "a map of its own", plain),
        }
        for operand in operands(expression) {
            self.expression(operand);
        }
    }

    fn filter(&mut self, filter: &Filter<'_>, span: Span) {
        let help = "a template has the filters `b64encode` and `tojson`, without arguments";
        if !FILTERS.contains(&filter.name) || !filter.args.is_empty() {
            self.refuse(span, &format!("this use of `| {}`", filter.name), help);
        }
    }
}

fn is_arithmetic(operator: BinOpKind) -> bool {
    match operator {
        BinOpKind::Add
        | BinOpKind::Sub
        | BinOpKind::Mul
        | BinOpKind::Div
        | BinOpKind::FloorDiv
        | BinOpKind::Rem
        | BinOpKind::Pow => true,
        BinOpKind::Eq
        | BinOpKind::Ne
        | BinOpKind::Lt
        | BinOpKind::Lte
        | BinOpKind::Gt
        | BinOpKind::Gte
        | BinOpKind::ScAnd
        | BinOpKind::ScOr
        | BinOpKind::Concat
        | BinOpKind::In => false,
    }
}
