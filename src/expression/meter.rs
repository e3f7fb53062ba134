//! What a rule may still do while it runs: the language has no meter of its own, so rules are given one when they are read.
//!
//! In come parsed rules, in which the lists of loops and long texts are put into calls that count; out comes an error when
//! a rule has done too much. Patterns are compiled once, when the rule is read, and are priced by their size.

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;

use cel::common::ast::{CallExpr, Expr, LiteralValue};
use cel::common::types::{CelBool, CelInt, CelString, DYN_TYPE, INT_TYPE, STRING_TYPE};
use cel::common::value::CowVal;
use cel::{Env, ExecutionError, IdedExpr};
use regex::{Regex, RegexBuilder};

/// What a node of a rule costs each time; the unit is what one octet costs that is only copied or compared.
pub(super) const NODE: u64 = 64;
// Of one rule on one request, some milliseconds: 250 names of 30 octets take 60 nodes each, or a pattern of 250 states.
const WORK: u64 = 2_000_000;
// Names are shorter: what a request can ask for is not counted octet by octet.
const LONG: u64 = 8192;
// A compiled pattern of the `regex` crate.
const PATTERN_MEMORY: usize = 1 << 18;
const METERED: &str = "gitca_metered";
const MATCHES: &str = "gitca_matches";

/// A compiled pattern, and what an octet of text costs with it.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    regex: Regex,
    price: u64,
}

impl Pattern {
    /// Compiles it; `None` when it is no pattern or takes too much memory.
    pub(super) fn compile(source: &str) -> Option<Self> {
        let mut memory = 1 << 10;
        while memory <= PATTERN_MEMORY {
            let regex = RegexBuilder::new(source).size_limit(memory).build();
            match regex {
                // A state takes some 32 octets, and the slowest way through it visits each state for each octet.
                Ok(regex) => {
                    return Some(Self {
                        regex,
                        price: memory as u64 / 64,
                    });
                }
                Err(regex::Error::CompiledTooBig(_)) => memory *= 2,
                Err(_) => return None,
            }
        }
        None
    }

    pub(super) fn source(&self) -> &str {
        self.regex.as_str()
    }
}

/// What the rule may do that this thread evaluates.
struct Allowance {
    left: u64,
    patterns: Arc<[Pattern]>,
}

thread_local! {
    static ALLOWANCE: RefCell<Option<Allowance>> = const { RefCell::new(None) };
}

/// Runs an evaluation with these patterns and a full allowance.
///
/// # Errors
/// When it does more than it may, whatever it made of that.
pub(super) fn metered<T>(
    patterns: &Arc<[Pattern]>,
    evaluate: impl FnOnce() -> Result<T, ExecutionError>,
) -> Result<T, ExecutionError> {
    let allowance = Allowance {
        left: WORK,
        patterns: Arc::clone(patterns),
    };
    ALLOWANCE.set(Some(allowance));
    let answer = evaluate();
    match ALLOWANCE.take() {
        Some(Allowance { left: 0, .. }) | None => Err(exhausted()),
        Some(_) => answer,
    }
}

fn exhausted() -> ExecutionError {
    ExecutionError::InternalError("it takes more work than one rule may do".to_owned())
}

fn charge(units: u64) -> Result<(), ExecutionError> {
    ALLOWANCE.with_borrow_mut(|allowance| {
        let allowance = allowance.as_mut().ok_or_else(exhausted)?;
        // What is used up stays used up: an operator may swallow the error.
        allowance.left = allowance.left.saturating_sub(units);
        (allowance.left > 0).then_some(()).ok_or_else(exhausted)
    })
}

/// Adds the functions that [`count`] and [`match_pattern`] call.
pub(super) fn extend(env: &mut Env) {
    let args = || vec![DYN_TYPE, INT_TYPE];
    let added = env.add_overload(METERED, METERED, args(), call_metered);
    debug_assert!(added.is_ok(), "nothing else has this name");
    let args = vec![STRING_TYPE, INT_TYPE];
    let added = env.add_overload(MATCHES, MATCHES, args, call_matches);
    debug_assert!(added.is_ok(), "nothing else has this name");
}

/// Puts the node into a call that takes so much for each item or octet of its value.
pub(super) fn count(node: &mut IdedExpr, price: u64) {
    let inner = mem::take(node);
    node.id = inner.id;
    node.expr = Expr::Call(CallExpr {
        func_name: METERED.to_owned(),
        target: None,
        args: vec![inner, number(price)],
    });
}

/// Counts a long text.
pub(super) fn count_long(node: &mut IdedExpr, octets: u64) {
    if octets > LONG {
        count(node, 1);
    }
}

/// `text.matches("…")` and `matches(text, "…")` as a call that names a compiled pattern by its place.
pub(super) fn match_pattern(call: &mut CallExpr, place: usize) {
    MATCHES.clone_into(&mut call.func_name);
    call.args.pop();
    call.args.extend(call.target.take().map(|target| *target));
    call.args.push(number(place as u64));
}

fn number(number: u64) -> IdedExpr {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    IdedExpr {
        expr: Expr::Literal(LiteralValue::Int(CelInt::from(number))),
        ..IdedExpr::default()
    }
}

fn call_metered<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [value, price] = <[_; 2]>::try_from(args).map_err(|_| exhausted())?;
    let size = match value.downcast_ref::<CelString>() {
        Some(text) => text.inner().len() as u64,
        None => value.as_sizer().map_or(1, |sized| whole(sized.size())),
    };
    let price = price
        .downcast_ref::<CelInt>()
        .map_or(u64::MAX, |number| whole(*number));
    charge(size.saturating_mul(price))?;
    Ok(value)
}

fn call_matches<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [text, place] = <[_; 2]>::try_from(args).map_err(|_| exhausted())?;
    let text = text.downcast_ref::<CelString>().ok_or_else(exhausted)?;
    let place = place
        .downcast_ref::<CelInt>()
        .map_or(u64::MAX, |number| whole(*number));
    let patterns = ALLOWANCE.with_borrow(|it| it.as_ref().map(|it| Arc::clone(&it.patterns)));
    let patterns = patterns.ok_or_else(exhausted)?;
    let pattern = usize::try_from(place).ok().and_then(|at| patterns.get(at));
    let pattern = pattern.ok_or_else(exhausted)?;
    charge((text.inner().len() as u64).saturating_mul(pattern.price))?;
    let truth = pattern.regex.is_match(text.inner());
    Ok(CowVal::owned(CelBool::from(truth)))
}

fn whole(number: CelInt) -> u64 {
    u64::try_from(*number.inner()).unwrap_or(u64::MAX)
}
