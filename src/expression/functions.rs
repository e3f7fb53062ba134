//! The functions that rules may call, and what they give at most.
//!
//! In come calls; out come faults of those that there are not, and shapes. A pattern is compiled and a block of addresses
//! read when the rule is, since neither may come from a request.

use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

use crate::expression::fault::Fault;
use crate::expression::shape::Shape;
use crate::names::Cidr;
use crate::yaml::suggest;

/// What `cidr(BLOCK).containsIP(ADDRESS)` becomes.
pub(super) const CONTAINS_IP: &str = "gitca_cidr_contains_ip";
const PATTERN_OCTETS: usize = 1024;

/// Functions and methods with the numbers of arguments they take, the target not counted.
const METHODS: [(&str, &[usize]); 20] = [
    ("size", &[0]),
    ("startsWith", &[1]),
    ("endsWith", &[1]),
    ("contains", &[1]),
    ("matches", &[1]),
    ("lowerAscii", &[0]),
    ("upperAscii", &[0]),
    ("split", &[1]),
    ("join", &[0, 1]),
    ("containsIP", &[1]),
    ("getFullYear", &[0]),
    ("getMonth", &[0]),
    ("getDayOfYear", &[0]),
    ("getDayOfMonth", &[0]),
    ("getDate", &[0]),
    ("getDayOfWeek", &[0]),
    ("getHours", &[0]),
    ("getMinutes", &[0]),
    ("getSeconds", &[0]),
    ("getMilliseconds", &[0]),
];
const FUNCTIONS: [&str; 7] = [
    "size",
    "int",
    "string",
    "bool",
    "duration",
    "timestamp",
    "matches",
];
const MACROS: [&str; 6] = ["has", "all", "exists", "exists_one", "map", "filter"];
const OPERATORS: [&str; 17] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::NOT_STRICTLY_FALSE,
];

/// Whether the rule may call this, with so many arguments.
pub(super) fn check_call(call: &CallExpr) -> Result<(), Fault> {
    let name = call.func_name.as_str();
    if OPERATORS.contains(&name) || [operators::IN, operators::INDEX].contains(&name) {
        return Ok(());
    }
    let known = match &call.target {
        Some(_) => METHODS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, counts)| *counts),
        None if name == "cidr" => {
            return Err(Fault::new("`cidr(…)` is followed by `.containsIP(…)`"));
        }
        None if name == "matches" => Some(&[2][..]),
        None => FUNCTIONS.contains(&name).then_some(&[1][..]),
    };
    let Some(counts) = known else {
        let names = METHODS
            .iter()
            .map(|(known, _)| *known)
            .chain(FUNCTIONS)
            .chain(MACROS);
        let names: Vec<&str> = names.collect();
        return Err(
            Fault::new(format!("there is no function `{name}` here")).help(suggest(name, &names))
        );
    };
    if !counts.contains(&call.args.len()) {
        return Err(Fault::new(format!(
            "`{name}` does not take {} arguments",
            call.args.len()
        )));
    }
    Ok(())
}

/// The pattern of `matches` is text in the rule itself: one that a request brings could be a bomb.
pub(super) fn pattern(call: &CallExpr) -> Result<&str, Fault> {
    let pattern = call.args.last();
    let Some(Expr::Literal(LiteralValue::String(text))) = pattern.map(|pattern| &pattern.expr)
    else {
        return Err(Fault::new(
            "the pattern of `matches` must be written in the rule",
        ));
    };
    if text.inner().len() > PATTERN_OCTETS {
        return Err(Fault::new(format!(
            "a pattern has at most {PATTERN_OCTETS} octets"
        )));
    }
    Ok(text.inner())
}

/// `cidr("10.0.0.0/8").containsIP(x)` as one call with a block that was checked.
pub(super) fn join_cidr(call: &mut CallExpr) -> Result<(), Fault> {
    if call.func_name != "containsIP" {
        return Ok(());
    }
    let block = call.target.take().map(|target| target.expr);
    let Some(Expr::Call(CallExpr {
        func_name,
        target: None,
        mut args,
    })) = block
    else {
        return Err(Fault::new("`containsIP` follows `cidr(\"10.0.0.0/8\")`"));
    };
    let (Some(block), "cidr", 0) = (args.pop(), func_name.as_str(), args.len()) else {
        return Err(Fault::new("`containsIP` follows `cidr(\"10.0.0.0/8\")`"));
    };
    let Expr::Literal(LiteralValue::String(text)) = &block.expr else {
        return Err(Fault::new(
            "the block of `cidr` must be written in the rule",
        ));
    };
    text.inner()
        .parse::<Cidr>()
        .map_err(|error| Fault::new(format!("the block of `cidr` {error}")))?;
    CONTAINS_IP.clone_into(&mut call.func_name);
    call.args.insert(0, block);
    Ok(())
}

/// What a call gives at most.
pub(super) fn result(name: &str, shapes: &[Shape]) -> Shape {
    let first = || shapes.first().cloned().unwrap_or(Shape::Small);
    match name {
        operators::ADD => shapes
            .iter()
            .skip(1)
            .fold(first(), |sum, shape| sum.plus(shape)),
        operators::CONDITIONAL => match shapes {
            [_, one, other] => one.or(other),
            _ => first(),
        },
        operators::INDEX => first().item(),
        "lowerAscii" | "upperAscii" => first(),
        "string" => Shape::Text(first().size().max(32)),
        "split" => Shape::Pieces(first().size()),
        "join" => {
            let between = shapes.get(1).map_or(0, Shape::size);
            let list = first();
            Shape::Text(
                list.size()
                    .saturating_add(list.items().saturating_mul(between)),
            )
        }
        _ => Shape::Small,
    }
}
