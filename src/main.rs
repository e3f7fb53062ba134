//! gitca.
fn main() {}
