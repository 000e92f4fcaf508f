//! Where a file waits for something: `async`, `.await`, and the types of futures.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    ExprAsync, ExprAwait, ExprClosure, File, ImplItem, Item, Macro, PathSegment, Signature,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use crate::items::{attributes, impl_attributes, is_for_tests};

/// Types and traits of what is still to come, by the last segment of their path.
const TYPES: [&str; 8] =
    ["Future", "FutureExt", "IntoFuture", "BoxFuture", "LocalBoxFuture", "Stream", "BoxStream", "async_trait"];

/// The lines outside of tests.
pub(crate) fn lines(file: &File) -> BTreeSet<usize> {
    let mut found = Lines::default();
    found.visit_file(file);
    found.0
}

#[derive(Default)]
struct Lines(BTreeSet<usize>);

impl Lines {
    fn found(&mut self, at: proc_macro2::Span) {
        self.0.insert(at.start().line);
    }

    /// A macro's own syntax is not parsed, so its words count.
    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(word) if word == "async" || word == "await" => self.found(word.span()),
                TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Lines {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !is_for_tests(impl_attributes(item)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_signature(&mut self, signature: &'ast Signature) {
        if let Some(word) = signature.asyncness {
            self.found(word.span());
        }
        visit::visit_signature(self, signature);
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.found(block.async_token.span());
        visit::visit_expr_async(self, block);
    }

    fn visit_expr_await(&mut self, expression: &'ast ExprAwait) {
        self.found(expression.await_token.span());
        visit::visit_expr_await(self, expression);
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        if let Some(word) = closure.asyncness {
            self.found(word.span());
        }
        visit::visit_expr_closure(self, closure);
    }

    fn visit_path_segment(&mut self, segment: &'ast PathSegment) {
        if TYPES.iter().any(|name| segment.ident == name) {
            self.found(segment.span());
        }
        visit::visit_path_segment(self, segment);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }
}
