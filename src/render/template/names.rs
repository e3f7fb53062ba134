//! The names in a template: whether there can be what they stand for.
//!
//! In come the syntax tree of a template and an example of all that templates see; out come the places that name what is in
//! no certificate, whichever way the template takes. How many values a list has is up to the certificate, so of each the
//! first stands for any. What was set in several ways is not followed.

use std::collections::BTreeMap;

use minijinja::Value;
use minijinja::machinery::Span;
use minijinja::machinery::ast::{Expr, ForLoop, Stmt};
use minijinja::value::ValueKind;

use crate::render::template::operands::operands;
use crate::render::template::refusals::Refusals;
use crate::yaml::suggest;

// What minijinja's loops tell of themselves, without the methods, which nobody may call.
const LOOP: [&str; 9] = [
    "depth",
    "depth0",
    "first",
    "index",
    "index0",
    "last",
    "length",
    "revindex",
    "revindex0",
];

/// Finds the names of nothing.
pub(super) fn check(template: &Stmt<'_>, seen: &Value, found: &mut Refusals<'_>) {
    let mut walk = Walk {
        seen,
        scopes: vec![Scope::new()],
        found,
    };
    walk.statement(template);
}

/// The names that a template makes itself.
type Scope<'t> = BTreeMap<&'t str, Meaning>;

/// What a name stands for.
#[derive(Clone)]
enum Meaning {
    /// Something like this.
    This(Value),
    /// One thing or another.
    Anything,
}

impl Meaning {
    fn of(value: Option<Value>) -> Self {
        value.map_or(Self::Anything, Self::This)
    }

    fn value(self) -> Option<Value> {
        match self {
            Self::This(value) => Some(value),
            Self::Anything => None,
        }
    }
}

struct Walk<'w, 's, 't> {
    seen: &'w Value,
    // The template itself, and the loops around this place.
    scopes: Vec<Scope<'t>>,
    found: &'w mut Refusals<'s>,
}

impl<'t> Walk<'_, '_, 't> {
    fn body(&mut self, statements: &[Stmt<'t>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'t>) {
        match statement {
            Stmt::Template(template) => self.body(&template.children),
            Stmt::EmitExpr(emitted) => drop(self.expression(&emitted.expr)),
            Stmt::ForLoop(repeated) => self.repeated(repeated),
            Stmt::IfCond(condition) => {
                self.expression(&condition.expr);
                self.body(&condition.true_body);
                self.body(&condition.false_body);
            }
            Stmt::Set(set) => {
                let value = self.expression(&set.expr);
                if let Expr::Var(target) = &set.target {
                    let is_new = self.meaning(target.id).is_none();
                    let value = value.filter(|_| is_new);
                    self.declare(target.id, Meaning::of(value));
                }
            }
            // No template has another.
            _ => {}
        }
    }

    fn repeated(&mut self, repeated: &ForLoop<'t>) {
        let list = self.expression(&repeated.iter);
        self.scopes.push(Scope::new());
        if let Expr::Var(target) = &repeated.target {
            let value = list.as_ref().and_then(first);
            self.declare(target.id, Meaning::of(value));
        }
        if let Some(filter) = &repeated.filter_expr {
            self.expression(filter);
        }
        let about = LOOP.map(|name| (name, Value::from(1)));
        self.declare("loop", Meaning::This(Value::from_pairs(about)));
        // What one turn sets is there in the next one.
        for name in set_in(&repeated.body) {
            self.declare(name, Meaning::Anything);
        }
        self.body(&repeated.body);
        self.scopes.pop();
        self.body(&repeated.else_body);
    }

    fn declare(&mut self, name: &'t str, meaning: Meaning) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name, meaning);
        }
    }

    /// What a name stands for; `None` when there is nothing that is called so.
    fn meaning(&self, name: &str) -> Option<Meaning> {
        let mut scopes = self.scopes.iter().rev();
        let own = scopes.find_map(|scope| scope.get(name).cloned());
        let seen = || self.seen.get_attr(name).ok().filter(is_there);
        own.or_else(|| seen().map(Meaning::This))
    }

    /// What an expression gives, as far as that is known.
    fn expression(&mut self, expression: &Expr<'t>) -> Option<Value> {
        match expression {
            Expr::Var(variable) => self.variable(variable.id, variable.span()),
            Expr::Const(constant) => Some(constant.value.clone()),
            Expr::GetAttr(attribute) => {
                let whole = self.expression(&attribute.expr)?;
                let key = Value::from(attribute.name);
                self.part((&attribute.expr, &whole), &key, attribute.span())
            }
            Expr::GetItem(item) => {
                self.expression(&item.subscript_expr);
                let whole = self.expression(&item.expr)?;
                let key = item.subscript_expr.as_const()?;
                self.part((&item.expr, &whole), &key, item.span())
            }
            // It is not known what they give.
            other => {
                for operand in operands(other) {
                    self.expression(operand);
                }
                None
            }
        }
    }

    fn variable(&mut self, name: &str, span: Span) -> Option<Value> {
        let meaning = self.meaning(name);
        if meaning.is_none() && !self.found.is_full() {
            let mut known = keys(self.seen);
            let own = self.scopes.iter().flat_map(BTreeMap::keys);
            known.extend(own.map(ToString::to_string));
            self.refuse(span, &format!("there is no `{name}`"), name, &known);
        }
        meaning?.value()
    }

    fn part(
        &mut self,
        (expression, whole): (&Expr<'_>, &Value),
        key: &Value,
        span: Span,
    ) -> Option<Value> {
        if whole.kind() == ValueKind::Seq && key.kind() == ValueKind::Number {
            return first(whole);
        }
        let part = whole.get_item(key).ok().filter(is_there);
        if part.is_none() && !self.found.is_full() {
            let message = format!("`{}` has no `{key}`", shown(expression));
            self.refuse(span, &message, &key.to_string(), &keys(whole));
        }
        part
    }

    fn refuse(&mut self, span: Span, message: &str, name: &str, known: &[String]) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let help = if known.is_empty() {
            "it is a list, which `{% for … %}` takes apart, or one value without parts".to_owned()
        } else {
            suggest(name, &known)
        };
        self.found.add(span, message, &help);
    }
}

/// The names that statements set for those around them.
fn set_in<'t>(statements: &[Stmt<'t>]) -> Vec<&'t str> {
    let mut names = Vec::new();
    for statement in statements {
        match statement {
            Stmt::Set(set) => {
                if let Expr::Var(target) = &set.target {
                    names.push(target.id);
                }
            }
            Stmt::IfCond(condition) => {
                names.extend(set_in(&condition.true_body));
                names.extend(set_in(&condition.false_body));
            }
            // A loop forgets what its turns set.
            Stmt::ForLoop(repeated) => names.extend(set_in(&repeated.else_body)),
            _ => {}
        }
    }
    names
}

fn is_there(value: &Value) -> bool {
    !value.is_undefined()
}

fn first(list: &Value) -> Option<Value> {
    let is_list = list.kind() == ValueKind::Seq;
    let first = is_list.then(|| list.get_item_by_index(0).ok());
    first.flatten().filter(is_there)
}

/// The names of the parts of a map.
fn keys(map: &Value) -> Vec<String> {
    let is_map = map.kind() == ValueKind::Map;
    let keys = is_map.then(|| map.try_iter().ok()).flatten();
    let keys = keys.into_iter().flatten();
    keys.map(|key| key.to_string()).collect()
}

fn shown(expression: &Expr<'_>) -> String {
    match expression {
        Expr::Var(variable) => variable.id.to_owned(),
        Expr::GetAttr(attribute) => format!("{}.{}", shown(&attribute.expr), attribute.name),
        Expr::GetItem(item) => format!("{}[…]", shown(&item.expr)),
        _ => "this".to_owned(),
    }
}
