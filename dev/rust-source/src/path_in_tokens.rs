//! A path in the arguments of a macro, where nothing is parsed.

use proc_macro2::TokenTree;

/// A path that is being read from tokens.
#[derive(Default)]
pub(crate) struct PathInTokens {
    pub(crate) segments: Vec<String>,
    pub(crate) is_global: bool,
    pub(crate) line: usize,
    /// Colons since the last identifier.
    colons: usize,
}

impl PathInTokens {
    /// Reads on. The path that this token ends, if it has two segments or begins with `::`.
    pub(crate) fn take(&mut self, token: &TokenTree) -> Option<Self> {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ':' => {
                self.colons += 1;
                None
            }
            // `<a::B>::c` is `a::B::c`.
            TokenTree::Punct(punct) if punct.as_char() == '>' => None,
            TokenTree::Ident(ident) if self.colons == 2 => {
                if self.segments.is_empty() {
                    (self.is_global, self.line) = (true, ident.span().start().line);
                }
                self.segments.push(ident.to_string());
                self.colons = 0;
                None
            }
            TokenTree::Ident(ident) => {
                let next =
                    Self { segments: vec![ident.to_string()], line: ident.span().start().line, ..Self::default() };
                std::mem::replace(self, next).end()
            }
            TokenTree::Group(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => std::mem::take(self).end(),
        }
    }

    pub(crate) fn end(self) -> Option<Self> {
        (self.segments.len() > 1 || self.is_global).then_some(self)
    }
}
