//! Decisions as tables: each row changes one thing of a request that the starter policies admit, or of those policies.

#[path = "../support/mod.rs"]
mod support;

mod draft;
mod lifetime;
mod order;
