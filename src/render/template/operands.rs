//! The expressions that an expression of a template is made of.

use minijinja::machinery::ast::Expr;

/// The expressions that one of those that templates may have is made of.
pub(super) fn operands<'e, 't>(expression: &'e Expr<'t>) -> Vec<&'e Expr<'t>> {
    match expression {
        Expr::UnaryOp(operation) => vec![&operation.expr],
        Expr::BinOp(operation) => vec![&operation.left, &operation.right],
        Expr::Compare(comparison) => {
            let others = comparison.ops.iter().map(|part| &part.expr);
            [&comparison.expr].into_iter().chain(others).collect()
        }
        Expr::IfExpr(choice) => {
            let both = [&choice.test_expr, &choice.true_expr];
            both.into_iter().chain(&choice.false_expr).collect()
        }
        Expr::Filter(filter) => filter.expr.iter().collect(),
        Expr::GetAttr(attribute) => vec![&attribute.expr],
        Expr::GetItem(item) => vec![&item.expr, &item.subscript_expr],
        _ => Vec::new(),
    }
}
