//! How long files and functions are.

use std::collections::BTreeSet;

use proc_macro2::Span;
use syn::{
    Block, File, ImplItem, ImplItemFn, Item, ItemFn, Signature, TraitItemFn,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use crate::items::{attributes, impl_attributes, is_for_tests};

/// One function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionSize {
    /// Its name.
    pub name: String,
    /// The line of its `fn`.
    pub line: usize,
    /// Lines from `fn` to the closing brace, both included.
    pub lines: usize,
}

/// The lines of items for tests only, with their attributes; the first line of a file is 1.
pub(crate) fn test_lines(file: &File) -> BTreeSet<usize> {
    let mut sizes = Sizes::default();
    sizes.visit_file(file);
    sizes.test_lines
}

/// The functions that are not for tests.
pub(crate) fn functions(file: &File) -> Vec<FunctionSize> {
    let mut sizes = Sizes::default();
    sizes.visit_file(file);
    sizes.functions
}

#[derive(Default)]
struct Sizes {
    functions: Vec<FunctionSize>,
    test_lines: BTreeSet<usize>,
}

impl Sizes {
    fn add(&mut self, signature: &Signature, block: &Block) {
        let line = signature.fn_token.span.start().line;
        let lines = block.brace_token.span.close().end().line - line + 1;
        self.functions.push(FunctionSize { name: signature.ident.to_string(), line, lines });
    }

    fn skip(&mut self, item: Span) {
        self.test_lines.extend(item.start().line..=item.end().line);
    }
}

impl<'ast> Visit<'ast> for Sizes {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_for_tests(attributes(item)) {
            self.skip(item.span());
        } else {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if is_for_tests(impl_attributes(item)) {
            self.skip(item.span());
        } else {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(block) = &function.default {
            self.add(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}
