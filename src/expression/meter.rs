//! What a rule may still do while it runs: the language has no meter of its own, so rules are given one when they are read.
//!
//! In come parsed rules, in which the lists of loops and long texts are put into calls that count; out comes an error when
//! a rule has done too much, or all policies have. Patterns are compiled once, when the rule is read, and count their steps.

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;

use cel::common::ast::{CallExpr, Expr, LiteralValue};
use cel::common::types::{CelBool, CelInt, CelString, DYN_TYPE, INT_TYPE, STRING_TYPE};
use cel::common::value::CowVal;
use cel::{Env, ExecutionError, IdedExpr};

use crate::effort::Effort;
use crate::pattern::Pattern;

/// What a node of a rule costs each time.
pub(super) const NODE: u64 = 64;
// Of one rule on one request, some milliseconds: each of 250 names takes 60 nodes, or 8,000 steps through a pattern.
const WORK: u64 = 2_000_000;
// Names are shorter: what a request can ask for is not counted octet by octet.
const LONG: u64 = 8192;
const METERED: &str = "gitca_metered";
const MATCHES: &str = "gitca_matches";

/// What the rule may do that this thread evaluates.
struct Allowance {
    effort: Effort,
    patterns: Arc<[Pattern]>,
}

thread_local! {
    static ALLOWANCE: RefCell<Option<Allowance>> = const { RefCell::new(None) };
}

/// Runs an evaluation with these patterns and so much work, or what one rule may do; and tells how much it did.
///
/// # Errors
/// When it does more than it may, whatever it made of that.
pub(super) fn metered<T>(
    patterns: &Arc<[Pattern]>,
    price: u64,
    left: u64,
    evaluate: impl FnOnce() -> Result<T, ExecutionError>,
) -> (Result<T, ExecutionError>, u64) {
    let most = WORK.min(left);
    let allowance = Allowance {
        effort: Effort::of(most),
        patterns: Arc::clone(patterns),
    };
    let refuse = || Err(exhausted(left < WORK));
    if !allowance.effort.spend(price) {
        return (refuse(), most);
    }
    ALLOWANCE.set(Some(allowance));
    let answer = evaluate();
    let left = ALLOWANCE.take().map_or(0, |it| it.effort.left());
    let answer = if left == 0 { refuse() } else { answer };
    (answer, most - left)
}

fn exhausted(by_others: bool) -> ExecutionError {
    let message = if by_others {
        "all policies together take more work than one decision may do"
    } else {
        "it takes more work than one rule may do"
    };
    ExecutionError::InternalError(message.to_owned())
}

/// What an operator does with this error decides nothing: what is used up stays used up.
fn stop() -> ExecutionError {
    exhausted(false)
}

fn charge(units: u64) -> Result<(), ExecutionError> {
    ALLOWANCE.with_borrow(|allowance| {
        let allowed = allowance.as_ref().is_some_and(|it| it.effort.spend(units));
        allowed.then_some(()).ok_or_else(stop)
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
    let [value, price] = <[_; 2]>::try_from(args).map_err(|_| stop())?;
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
    let [text, place] = <[_; 2]>::try_from(args).map_err(|_| stop())?;
    let text = text.downcast_ref::<CelString>().ok_or_else(stop)?;
    let place = place
        .downcast_ref::<CelInt>()
        .map_or(u64::MAX, |number| whole(*number));
    let truth = ALLOWANCE.with_borrow(|allowance| {
        let allowance = allowance.as_ref()?;
        let pattern = allowance.patterns.get(usize::try_from(place).ok()?)?;
        pattern.is_match(text.inner(), &allowance.effort)
    });
    let truth = truth.ok_or_else(stop)?;
    Ok(CowVal::owned(CelBool::from(truth)))
}

fn whole(number: CelInt) -> u64 {
    u64::try_from(*number.inner()).unwrap_or(u64::MAX)
}
