//! local.
fn main() {}
