//! Where rules are parsed and evaluated: one thread has a stack that no rule within the limits can exhaust, and shallow
//! rules, as nearly all are, run where they are asked for.
//!
//! In come parsed rules and facts; out come booleans. A panic in the library is an error of that evaluation alone. Facts
//! are bound once for all rules of a request.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use cel::objects::{Key, Map};
use cel::{Context, Env, ExecutionError, IdedExpr, Value};
use chrono::{DateTime, Duration, FixedOffset};

use crate::effort::Effort;
use crate::expression::facts::{Fact, Facts};
use crate::expression::fault::Fault;
use crate::expression::functions::CONTAINS_IP;
use crate::expression::meter;
use crate::names::Cidr;
use crate::pattern::Pattern;

const STACK: usize = 32 * 1024 * 1024;
// Brackets and operators within each other.
const DEPTH: u16 = 48;

/// A rule as it is evaluated.
pub(super) struct Program {
    /// The rule.
    pub(super) tree: IdedExpr,
    /// The patterns that it names by their places.
    pub(super) patterns: Arc<[Pattern]>,
    /// What it costs before any loop.
    pub(super) price: u64,
}

type Job = Box<dyn FnOnce() + Send>;

// The same for all rules, so that it is bound once.
static SAMPLE: OnceLock<Arc<Facts>> = OnceLock::new();
static ENGINE: OnceLock<Option<Mutex<Sender<Job>>>> = OnceLock::new();

fn start() -> Option<Mutex<Sender<Job>>> {
    let (sender, jobs) = channel::<Job>();
    let run = move || {
        for job in jobs {
            job();
        }
    };
    let engine = thread::Builder::new()
        .name("cel".to_owned())
        .stack_size(STACK);
    engine.spawn(run).ok()?;
    Some(Mutex::new(sender))
}

/// The operators and functions of the language, and those for text and addresses.
fn environment() -> Result<Context<'static, 'static>, ExecutionError> {
    let mut env = Env::default().with_optional_support(false).with_stdlib();
    let added = env.add_extension(cel::extensions::strings);
    debug_assert!(added.is_ok(), "nothing else has these names");
    meter::extend(&mut env);
    let mut context = Context::with_env(Arc::new(env));
    context
        .add_function(CONTAINS_IP, |block: Arc<String>, address: Arc<String>| {
            contains_ip(&block, &address)
        })
        .map_err(|error| ExecutionError::InternalError(error.to_string()))?;
    Ok(context)
}

/// Runs the job on the engine's thread; `None` when there is no such thread or the job panicked.
fn run<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (answer, answered) = channel();
    let job: Job = Box::new(move || {
        if let Ok(result) = catch_unwind(AssertUnwindSafe(job)) {
            // Whoever asked waits below.
            let _ = answer.send(result);
        }
    });
    let sender = ENGINE.get_or_init(start).as_ref()?;
    sender.lock().ok()?.send(job).ok()?;
    answered.recv().ok()
}

/// The tree of a rule.
pub(super) fn parse(source: &str) -> Result<IdedExpr, Fault> {
    let text = source.to_owned();
    let parsed = run(move || {
        let parser = LANGUAGE.with(Env::parser);
        let parser = parser.max_recursion_depth(DEPTH).error_recovery_limit(1);
        parser.parse(&text).map_err(|errors| {
            let first = errors.errors.first();
            first.map_or_else(String::new, |error| {
                format!(
                    "line {}, column {}: {}",
                    error.pos.0, error.pos.1, error.msg
                )
            })
        })
    });
    match parsed {
        Some(Ok(tree)) => Ok(tree),
        Some(Err(message)) => Err(Fault::new(format!("is no CEL expression: {message}"))),
        None => Err(Fault::new("can't be parsed")),
    }
}

/// A rule on real facts.
pub(super) fn evaluate(
    program: &Arc<Program>,
    facts: &Arc<Facts>,
    effort: &Effort,
) -> Result<bool, String> {
    truth(resolve(program, facts, effort.left()), effort)
}

/// A shallow rule on real facts, on the caller's own stack.
pub(super) fn evaluate_here(
    program: &Program,
    facts: &Arc<Facts>,
    effort: &Effort,
) -> Result<bool, String> {
    let here = AssertUnwindSafe(|| resolve_here(program, facts, effort.left()));
    truth(catch_unwind(here).ok(), effort)
}

/// What came out, and what it cost.
type Answer = (Result<Value, ExecutionError>, u64);

fn truth(answer: Option<Answer>, effort: &Effort) -> Result<bool, String> {
    let answer = answer.map(|(answer, units)| {
        // What it took is taken; it was given no more than there was.
        let _ = effort.spend(units);
        answer
    });
    match answer {
        Some(Ok(Value::Bool(truth))) => Ok(truth),
        Some(Ok(other)) => Err(format!(
            "gives a value of type {}, no boolean",
            other.type_of()
        )),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("can't be evaluated".to_owned()),
    }
}

/// A rule must give a boolean on a sample; what fails because of a value only may work on others.
pub(super) fn try_on_sample(program: &Arc<Program>) -> Result<(), Fault> {
    let sample = SAMPLE.get_or_init(|| Arc::new(Facts::sample()));
    let answer = resolve(program, sample, u64::MAX);
    match answer.map(|(answer, _)| answer) {
        Some(
            Ok(Value::Bool(_))
            | Err(
                ExecutionError::NoSuchKey(_)
                | ExecutionError::DivisionByZero(_)
                | ExecutionError::RemainderByZero(_)
                | ExecutionError::Overflow(..)
                | ExecutionError::IndexOutOfBounds(_)
                | ExecutionError::FunctionError { .. },
            ),
        ) => Ok(()),
        Some(Ok(other)) => Err(Fault::new(format!(
            "gives a value of type {}, and must give a boolean",
            other.type_of()
        ))),
        Some(Err(error)) => Err(Fault::new(format!("can't be evaluated: {error}"))),
        None => Err(Fault::new("can't be evaluated")),
    }
}

fn resolve(program: &Arc<Program>, facts: &Arc<Facts>, left: u64) -> Option<Answer> {
    let (program, facts) = (Arc::clone(program), Arc::clone(facts));
    run(move || resolve_here(&program, &facts, left))
}

thread_local! {
    /// What the parser expands.
    static LANGUAGE: Env = Env::stdlib().with_optional_support(false);
    /// The facts that this thread evaluated last, bound.
    static BOUND: RefCell<Option<Bound>> = const { RefCell::new(None) };
}

struct Bound {
    facts: Arc<Facts>,
    context: Context<'static, 'static>,
}

fn resolve_here(program: &Program, facts: &Arc<Facts>, left: u64) -> Answer {
    BOUND.with_borrow_mut(|bound| {
        let bound = match bound.take() {
            Some(same) if Arc::ptr_eq(&same.facts, facts) => bound.insert(same),
            before => match bind(before, facts) {
                Ok(context) => bound.insert(Bound {
                    context,
                    facts: Arc::clone(facts),
                }),
                Err(error) => return (Err(error), 0),
            },
        };
        meter::metered(&program.patterns, program.price, left, || {
            Value::resolve(&program.tree, &bound.context)
        })
    })
}

/// A context with these facts, and with the functions of the one before.
fn bind(before: Option<Bound>, facts: &Facts) -> Result<Context<'static, 'static>, ExecutionError> {
    let mut context = match before {
        Some(before) => before.context,
        None => environment()?,
    };
    for (name, value) in roots(facts) {
        context.add_variable_from_value(name, value);
    }
    Ok(context)
}

fn contains_ip(block: &str, address: &str) -> Result<bool, ExecutionError> {
    let block: Cidr = block
        .parse()
        .map_err(|error| ExecutionError::function_error("cidr", error))?;
    let address = address
        .parse()
        .map_err(|_| ExecutionError::function_error("containsIP", "is no IP address"))?;
    Ok(block.contains(address))
}

/// `cert.subject.commonName` as a field of a field of the variable `cert`.
fn roots(facts: &Facts) -> HashMap<String, Value> {
    let mut roots: HashMap<String, Value> = HashMap::new();
    for (path, fact) in &facts.0 {
        let pieces: Vec<&str> = path.split('.').collect();
        if let Some((root, fields)) = pieces.split_first() {
            let before = roots.remove(*root);
            roots.insert((*root).to_owned(), with(before, fields, fact));
        }
    }
    roots
}

/// The mapping with one more field, however deep.
fn with(before: Option<Value>, fields: &[&str], fact: &Fact) -> Value {
    let Some((field, deeper)) = fields.split_first() else {
        return value(fact);
    };
    let mut map = match before {
        Some(Value::Map(map)) => Arc::unwrap_or_clone(map.map),
        _ => HashMap::new(),
    };
    let key = Key::from((*field).to_owned());
    let inner = map.remove(&key);
    map.insert(key, with(inner, deeper, fact));
    Value::Map(Map { map: Arc::new(map) })
}

fn value(fact: &Fact) -> Value {
    match fact {
        Fact::Text(text) => Value::from(text.clone()),
        Fact::Number(number) => Value::Int(*number),
        Fact::Truth(truth) => Value::Bool(*truth),
        Fact::Texts(texts) => {
            let texts = texts.iter().map(|text| Value::from(text.clone()));
            Value::List(Arc::new(texts.collect()))
        }
        Fact::Labels(labels) => {
            let entry = |(key, text): (&String, &String)| {
                (Key::from(key.clone()), Value::from(text.clone()))
            };
            Value::Map(Map {
                map: Arc::new(labels.iter().map(entry).collect()),
            })
        }
        Fact::Time(time) => {
            let utc = DateTime::from_timestamp(time.unix(), 0).unwrap_or_default();
            Value::Timestamp(DateTime::<FixedOffset>::from(utc))
        }
        Fact::Span(span) => {
            let seconds = i64::try_from(span.seconds()).unwrap_or(i64::MAX);
            Value::Duration(Duration::try_seconds(seconds).unwrap_or(Duration::MAX))
        }
    }
}
