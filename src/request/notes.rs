//! What the readers of a manifest note on their way: what is wrong, and what is ignored.
//!
//! Each reader puts in what it finds, with its field and place; out come all of it, since a manifest is read to its end
//! whatever is wrong with it.

use crate::finding::Reason;
use crate::yaml::{Field, Problems, Value};

/// Reasons against a request, and notices that change nothing.
#[derive(Debug)]
pub(super) struct Notes {
    pub(super) problems: Problems,
    pub(super) notices: Vec<Reason>,
}

/// Whether ignoring the field would ignore anything: exports hold `status: {}` and empty lists.
pub(super) fn says_something(field: &Field<'_>) -> bool {
    match &field.node.value {
        Value::Null => false,
        Value::Plain(text) | Value::Text(text) => !text.is_empty(),
        Value::List(nodes) => !nodes.is_empty(),
        Value::Map(entries) => !entries.is_empty(),
    }
}
