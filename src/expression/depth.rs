//! How deep a rule is nested, which tells whether any thread has the stack to evaluate it.

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr};

/// The longest way from the root to a leaf, counted in nodes.
pub(super) fn depth(node: &IdedExpr) -> usize {
    let below = |nodes: &mut dyn Iterator<Item = &IdedExpr>| nodes.map(depth).max().unwrap_or(0);
    1 + match &node.expr {
        Expr::Literal(_) | Expr::Ident(_) | Expr::Unspecified => 0,
        Expr::Select(select) => depth(&select.operand),
        Expr::Call(call) => {
            let target = call.target.as_deref().into_iter();
            below(&mut call.args.iter().chain(target))
        }
        Expr::List(list) => below(&mut list.elements.iter()),
        Expr::Comprehension(comprehension) => below(
            &mut [
                &comprehension.iter_range,
                &comprehension.accu_init,
                &comprehension.loop_cond,
                &comprehension.loop_step,
                &comprehension.result,
            ]
            .into_iter(),
        ),
        Expr::Map(map) => below(&mut map.entries.iter().flat_map(entry)),
        Expr::Struct(object) => below(&mut object.entries.iter().flat_map(entry)),
    }
}

fn entry(entry: &cel::common::ast::IdedEntryExpr) -> Vec<&IdedExpr> {
    match &entry.expr {
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
        EntryExpr::StructField(field) => vec![&field.value],
    }
}
