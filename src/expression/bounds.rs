//! What a rule may name and how much it may cost, found before it ever runs.
//!
//! In comes a parsed rule; out comes nothing, or the first fault of it. Every name must be a variable of the table, a
//! variable of a macro around it, or a known function with as many arguments; steps and sizes are upper bounds that
//! multiply with each macro. A block in `cidr("…").containsIP(…)` is checked, and the two calls become one; loops, patterns
//! and long texts are put into calls that count.

use std::mem;

use cel::IdedExpr;
use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, SelectExpr, operators,
};

use crate::effort::Effort;
use crate::expression::facts::variables;
use crate::expression::fault::Fault;
use crate::expression::functions::{check_call, join_cidr, pattern, result};
use crate::expression::meter::{self, NODE};
use crate::expression::shape::Shape;
use crate::pattern::{MEMORY, Pattern};
use crate::yaml::suggest;

const NODES: usize = 1000;
const NESTED_MACROS: usize = 2;
const STEPS: u64 = 5_000_000;
const OCTETS: u64 = 1024 * 1024;

/// Checks the whole rule, rewrites what is counted when it runs, and gives its patterns.
pub(super) fn check(tree: &mut IdedExpr, compiling: &Effort) -> Result<Vec<Pattern>, Fault> {
    let mut walk = Walk {
        table: variables(),
        scope: Vec::new(),
        nodes: 0,
        macros: 0,
        round: 0,
        patterns: Vec::new(),
        compiling,
    };
    let cost = walk.walk(tree)?;
    if cost.steps > STEPS {
        let message = format!("may take {} steps, more than {STEPS}", cost.steps);
        return Err(Fault::new(message).help("loop over one list at a time"));
    }
    Ok(walk.patterns)
}

/// An upper bound of what a node costs and gives.
struct Cost {
    steps: u64,
    shape: Shape,
}

struct Walk<'e> {
    table: Vec<(&'static str, Shape, crate::expression::facts::Fact)>,
    /// The variables of the macros around, innermost last.
    scope: Vec<(String, Shape)>,
    nodes: usize,
    macros: usize,
    /// What a round of the innermost loop costs, but for the loops in it.
    round: u64,
    patterns: Vec<Pattern>,
    compiling: &'e Effort,
}

impl Walk<'_> {
    fn walk(&mut self, node: &mut IdedExpr) -> Result<Cost, Fault> {
        self.nodes += 1;
        self.round += NODE;
        if self.nodes > NODES {
            return Err(Fault::new(format!("has more than {NODES} parts")));
        }
        let cost = match &mut node.expr {
            Expr::Literal(literal) => Ok(Cost {
                steps: 1,
                shape: literal_shape(literal),
            }),
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::List(list) => {
                let mut total = Cost {
                    steps: 1,
                    shape: Shape::empty_list(),
                };
                for element in &mut list.elements {
                    let cost = self.walk(element)?;
                    total.steps = total.steps.saturating_add(cost.steps);
                    total.shape = total.shape.plus(&Shape::List(1, Box::new(cost.shape)));
                }
                Ok(total)
            }
            Expr::Map(map) => {
                for entry in &mut map.entries {
                    if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                        self.walk(&mut entry.key)?;
                        self.walk(&mut entry.value)?;
                    }
                }
                Err(Fault::new("mappings can't be written in a rule"))
            }
            Expr::Struct(_) | Expr::Unspecified => {
                Err(Fault::new("objects can't be written in a rule"))
            }
        }?;
        if cost.shape.size() > OCTETS {
            return Err(Fault::new(format!(
                "may make a value of more than {OCTETS} octets"
            )));
        }
        Ok(cost)
    }

    fn name(&self, name: &str) -> Result<Cost, Fault> {
        let found = self.scope.iter().rev().find(|(known, _)| known == name);
        let shape = found.map(|(_, shape)| shape.clone());
        let shape = shape.or_else(|| self.variable(name));
        let shape = shape.ok_or_else(|| self.unknown(name))?;
        Ok(Cost { steps: 1, shape })
    }

    fn variable(&self, path: &str) -> Option<Shape> {
        let mut rows = self.table.iter();
        rows.find(|(known, ..)| *known == path)
            .map(|(_, shape, _)| shape.clone())
    }

    fn unknown(&self, path: &str) -> Fault {
        let known: Vec<&str> = self.table.iter().map(|(known, ..)| *known).collect();
        let is_object = known
            .iter()
            .any(|known| known.starts_with(&format!("{path}.")));
        if is_object {
            let fields: Vec<&str> = known
                .iter()
                .filter_map(|known| known.strip_prefix(&format!("{path}.")))
                .collect();
            return Fault::new(format!("`{path}` is no value by itself"))
                .help(format!("name one of its fields: {}", fields.join(", ")));
        }
        Fault::new(format!("there is no variable `{path}`")).help(suggest(path, &known))
    }

    fn select(&mut self, select: &mut SelectExpr) -> Result<Cost, Fault> {
        let path = path_of(&select.operand.expr);
        let is_bound = |path: &str| {
            let root = path.split('.').next().unwrap_or_default();
            self.scope.iter().any(|(name, _)| name == root)
        };
        let path = path
            .filter(|path| !is_bound(path))
            .ok_or_else(|| Fault::new(format!("`.{}` is a field of no variable", select.field)))?;
        if self.variable(&path) == Some(Shape::Labels) {
            return Ok(Cost {
                steps: 2,
                shape: Shape::Text(63),
            });
        }
        let whole = format!("{path}.{}", select.field);
        let shape = self.variable(&whole).ok_or_else(|| self.unknown(&whole))?;
        let shape = if select.test { Shape::Small } else { shape };
        Ok(Cost { steps: 2, shape })
    }

    fn call(&mut self, call: &mut CallExpr) -> Result<Cost, Fault> {
        check_call(call)?;
        join_cidr(call)?;
        if call.func_name == "matches" {
            let place = self.pattern(pattern(call)?)?;
            meter::match_pattern(call, place);
        }
        let mut steps: u64 = 1;
        let mut shapes = Vec::new();
        for part in call
            .target
            .iter_mut()
            .map(AsMut::as_mut)
            .chain(&mut call.args)
        {
            let cost = self.walk(part)?;
            steps = steps.saturating_add(cost.steps);
            // Texts that are put together are priced below, so that a chain of them nests no deeper.
            match cost.shape {
                Shape::Text(octets) if call.func_name != operators::ADD => {
                    meter::count_long(part, octets);
                }
                _ => {}
            }
            shapes.push(cost.shape);
        }
        if let ("split", Some(text)) = (call.func_name.as_str(), &mut call.target) {
            // As many pieces as there are octets.
            meter::count(text, NODE);
        }
        let reads = shapes
            .iter()
            .fold(0_u64, |sum, shape| sum.saturating_add(shape.size()));
        let shape = result(&call.func_name, &shapes);
        if call.func_name == operators::ADD {
            self.round = self.round.saturating_add(shape.size() / 8);
        }
        // Operators on small values cost a step; what goes through text costs its octets.
        let work = match call.func_name.as_str() {
            operators::CONDITIONAL
            | operators::LOGICAL_AND
            | operators::LOGICAL_OR
            | operators::INDEX => 1,
            _ => reads.saturating_add(shape.size()) / 8 + 1,
        };
        Ok(Cost {
            steps: steps.saturating_add(work),
            shape,
        })
    }

    /// The place of a pattern, compiled when it is met first.
    fn pattern(&mut self, source: &str) -> Result<usize, Fault> {
        let known = |known: &Pattern| known.source() == source;
        if let Some(place) = self.patterns.iter().position(known) {
            return Ok(place);
        }
        let taken: usize = self.patterns.iter().map(Pattern::memory).sum();
        let left = MEMORY.saturating_sub(taken);
        let compiled = Pattern::anywhere(source, left, self.compiling).map_err(|error| {
            let message = format!("the pattern of `matches` can't be compiled: {error}");
            let help = "it matches anywhere in the text unless it begins with ^ and ends with $";
            Fault::new(message).help(help)
        })?;
        self.patterns.push(compiled);
        Ok(self.patterns.len() - 1)
    }

    fn comprehension(&mut self, node: &mut ComprehensionExpr) -> Result<Cost, Fault> {
        self.macros += 1;
        if self.macros > NESTED_MACROS {
            return Err(Fault::new(format!(
                "has more than {NESTED_MACROS} loops within each other"
            )));
        }
        if node.iter_var2.is_some() {
            return Err(Fault::new("a loop has one variable"));
        }
        self.check_loop_variable(&node.iter_var)?;
        let range = self.outside(&mut node.iter_range)?;
        let begin = self.walk(&mut node.accu_init)?;
        self.check_largest_piece(node, &range.shape, &begin.shape)?;
        self.scope
            .push((node.iter_var.clone(), range.shape.usual_item()));
        self.scope
            .push((node.accu_var.clone(), begin.shape.clone()));
        let around = mem::take(&mut self.round);
        let condition = self.walk(&mut node.loop_cond)?;
        let step = self.walk(&mut node.loop_step)?;
        meter::count(&mut node.iter_range, self.round);
        self.round = around;
        let shape = gathered(&range.shape, &step.shape);
        if let Some((_, accumulated)) = self.scope.last_mut() {
            accumulated.clone_from(&shape);
        }
        let end = self.walk(&mut node.result)?;
        self.scope.truncate(self.scope.len() - 2);
        self.macros -= 1;
        let each = condition.steps.saturating_add(step.steps);
        let all = each.saturating_mul(range.shape.items());
        let steps = range.steps.saturating_add(all);
        let shape = if end.shape == Shape::Small {
            Shape::Small
        } else {
            shape
        };
        Ok(Cost {
            steps: steps.saturating_add(end.steps),
            shape,
        })
    }

    /// One piece may be the whole text: no value made of it may be too large.
    fn check_largest_piece(
        &mut self,
        node: &ComprehensionExpr,
        range: &Shape,
        begin: &Shape,
    ) -> Result<(), Fault> {
        if matches!(range, Shape::Pieces(_)) {
            let (nodes, round, mut step) = (self.nodes, self.round, node.loop_step.clone());
            self.scope.push((node.iter_var.clone(), range.item()));
            self.scope.push((node.accu_var.clone(), begin.clone()));
            self.walk(&mut step)?;
            self.scope.truncate(self.scope.len() - 2);
            self.nodes = nodes;
            self.round = round;
        }
        Ok(())
    }

    /// The range of a loop is not within it.
    fn outside(&mut self, range: &mut IdedExpr) -> Result<Cost, Fault> {
        self.macros -= 1;
        let cost = self.walk(range);
        self.macros += 1;
        cost
    }

    fn check_loop_variable(&self, name: &str) -> Result<(), Fault> {
        let is_root = |path: &str| path.split('.').next() == Some(name);
        let is_taken = self.table.iter().any(|(path, ..)| is_root(path))
            || self.scope.iter().any(|(known, _)| known == name);
        if is_taken || name.starts_with('@') {
            return Err(
                Fault::new(format!("the loop variable `{name}` hides another one"))
                    .help("give it a name of its own"),
            );
        }
        Ok(())
    }
}

/// What a loop over such a range has gathered: each round adds as much to the result as the first one.
fn gathered(range: &Shape, step: &Shape) -> Shape {
    let rounds = range.items();
    match (range, step) {
        (Shape::Pieces(_), list @ Shape::List(..)) => {
            Shape::Pieces(list.size().saturating_mul(rounds))
        }
        (_, Shape::List(items, item)) => Shape::List(items.saturating_mul(rounds), item.clone()),
        (_, other) => other.clone(),
    }
}

fn literal_shape(literal: &LiteralValue) -> Shape {
    match literal {
        LiteralValue::String(text) => Shape::Text(text.inner().len() as u64),
        LiteralValue::Bytes(_)
        | LiteralValue::Boolean(_)
        | LiteralValue::Double(_)
        | LiteralValue::Int(_)
        | LiteralValue::Null
        | LiteralValue::UInt(_) => Shape::Small,
    }
}

/// `a.b.c`, when it is nothing but names.
fn path_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => Some(format!(
            "{}.{}",
            path_of(&select.operand.expr)?,
            select.field
        )),
        _ => None,
    }
}
