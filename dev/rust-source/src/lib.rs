//! Reads Rust source: which modules a crate has, what each file names, and how long its files and functions are.
//!
//! A [`SourceTree`] is one crate. [`SourceTree::references`] are the paths that its files name, made absolute: imports
//! in groups, `super::super::`, renames, paths in expressions, and paths inside macros and attributes.
//! [`SourceTree::circles`] are its files that need each other.

mod circles;
mod collect;
mod items;
pub mod project;
mod resolve;
mod size;
mod tree;

pub use self::{
    size::FunctionSize,
    tree::{Reference, SourceError, SourceFile, SourceTree},
};

#[cfg(test)]
mod tests;
