//! Reads Rust source: which modules a crate has, what each file names, and how long its files and functions are.
//!
//! A [`SourceTree`] is one crate. [`SourceTree::references`] are the paths that its files name, made absolute: imports
//! in groups, `super::super::`, renames, paths in expressions, and paths inside macros and attributes.
//! [`SourceTree::circles`] are its files that need each other; a call of a method counts for the file that defines it.
//! [`SourceTree::unclear_signatures`] are functions that pass a decision on. [`SourceTree::asynchronous`] is where it
//! waits.

mod asynchronous;
mod circles;
mod collect;
mod items;
mod methods;
mod path_in_tokens;
pub mod project;
mod references;
mod resolve;
mod signatures;
mod size;
mod tree;

pub use self::{
    references::Reference,
    signatures::SignatureFault,
    size::FunctionSize,
    tree::{SourceError, SourceFile, SourceTree, UnclearSignature},
};

#[cfg(test)]
mod tests;
