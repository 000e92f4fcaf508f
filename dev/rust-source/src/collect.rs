//! The names in the syntax of one file: modules, items and imports of each scope, and every path that is named.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, File, ImplItem, Item, ItemExternCrate, ItemMod, ItemTrait, ItemType, ItemUse, Macro, Meta, Path, Type,
    TypePath, UseTree, VisRestricted,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use crate::{
    items::{attributes, impl_attributes, is_for_tests, name},
    path_in_tokens::PathInTokens,
};

/// A path as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) segments: Vec<String>,
    /// Whether it begins with `::`, and so with another crate.
    pub(crate) is_global: bool,
    /// Whether everything in it is imported.
    pub(crate) is_glob: bool,
    /// The module that it is written in.
    pub(crate) module: Vec<String>,
    pub(crate) line: usize,
    pub(crate) in_test: bool,
}

/// The names of one module.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) modules: BTreeSet<String>,
    pub(crate) items: BTreeSet<String>,
    pub(crate) traits: BTreeSet<String>,
    /// Imported names and aliases of types, and what they stand for; several, where functions import for themselves.
    pub(crate) imports: BTreeMap<String, Vec<Named>>,
    /// Imports of everything.
    pub(crate) globs: Vec<Named>,
    test_modules: BTreeSet<String>,
}

/// The modules of one file: its own, and those written inside it.
#[derive(Default)]
pub(crate) struct Scopes(pub(crate) BTreeMap<Vec<String>, Scope>);

impl Scopes {
    /// The modules that are declared for tests only.
    pub(crate) fn test_modules(&self) -> impl Iterator<Item = Vec<String>> {
        self.0.iter().flat_map(|(module, scope)| scope.test_modules.iter().map(|name| below(module, name)))
    }
}

pub(crate) fn below(module: &[String], name: &str) -> Vec<String> {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

pub(crate) fn collect(module: &[String], file: &File) -> (Scopes, Vec<Named>) {
    let mut collector = Collector { module: module.to_vec(), tests: 0, scopes: Scopes::default(), named: Vec::new() };
    collector.scopes.0.insert(module.to_vec(), Scope::default());
    collector.visit_file(file);
    (collector.scopes, collector.named)
}

struct Collector {
    module: Vec<String>,
    /// How many items for tests the visit is inside of.
    tests: usize,
    scopes: Scopes,
    named: Vec<Named>,
}

impl Collector {
    fn scope(&mut self) -> &mut Scope {
        self.scopes.0.entry(self.module.clone()).or_default()
    }

    fn named(&self, segments: Vec<String>, is_global: bool, line: usize) -> Named {
        let (module, in_test) = (self.module.clone(), self.tests > 0);
        Named { segments, is_global, is_glob: false, module, line, in_test }
    }

    fn path(&self, path: &Path, line: usize) -> Named {
        let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.named(segments, path.leading_colon.is_some(), line)
    }

    fn import(&mut self, tree: &UseTree, prefix: &[String], is_global: bool) {
        let line = tree.span().start().line;
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &below(prefix, &path.ident.to_string()), is_global),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, prefix, is_global)),
            UseTree::Name(leaf) => {
                let name = leaf.ident.to_string();
                self.bind(prefix, &name, &name, (is_global, line));
            }
            UseTree::Rename(leaf) => {
                self.bind(prefix, &leaf.ident.to_string(), &leaf.rename.to_string(), (is_global, line));
            }
            UseTree::Glob(_) => {
                let named = Named { is_glob: true, ..self.named(prefix.to_vec(), is_global, line) };
                self.named.push(named.clone());
                self.scope().globs.push(named);
            }
        }
    }

    /// `use prefix::name as alias`; `self` names the prefix.
    fn bind(&mut self, prefix: &[String], name: &str, alias: &str, (is_global, line): (bool, usize)) {
        let segments = if name == "self" { prefix.to_vec() } else { below(prefix, name) };
        let alias = if alias == "self" { prefix.last().cloned().unwrap_or_default() } else { alias.to_owned() };
        let named = self.named(segments, is_global, line);
        self.named.push(named.clone());
        self.scope().imports.entry(alias).or_default().push(named);
    }

    fn test<T>(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self) -> T) {
        let tests = usize::from(is_for_tests(attributes));
        self.tests += tests;
        visit(self);
        self.tests -= tests;
    }

    /// Paths in the arguments of a macro or an attribute: identifiers joined by `::`, and text that is such a path.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = PathInTokens::default();
        for token in tokens {
            if let Some(found) = path.take(&token) {
                self.found(found);
            }
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => self.literal(&literal),
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
        if let Some(found) = path.end() {
            self.found(found);
        }
    }

    fn found(&mut self, PathInTokens { segments, is_global, line, .. }: PathInTokens) {
        let named = self.named(segments, is_global, line);
        self.named.push(named);
    }

    /// `#[serde(with = "crate::time")]` names a path.
    fn literal(&mut self, literal: &proc_macro2::Literal) {
        let text = literal.to_string();
        let text = text.trim_matches('"');
        if text.contains("::")
            && let Ok(path) = syn::parse_str::<Path>(text)
        {
            let named = self.path(&path, literal.span().start().line);
            self.named.push(named);
        }
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast Item) {
        self.test(attributes(item), |this| {
            if let Some(name) = name(item) {
                this.scope().items.insert(name);
            }
            visit::visit_item(this, item);
        });
    }

    fn visit_item_type(&mut self, item: &'ast ItemType) {
        if let Type::Path(TypePath { qself: None, path }) = item.ty.as_ref() {
            let named = self.path(path, path.span().start().line);
            self.scope().imports.entry(item.ident.to_string()).or_default().push(named);
        }
        visit::visit_item_type(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        self.scope().traits.insert(item.ident.to_string());
        visit::visit_item_trait(self, item);
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        self.test(impl_attributes(item), |this| visit::visit_impl_item(this, item));
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let name = item.ident.to_string();
        let for_tests = self.tests > 0;
        let scope = self.scope();
        scope.modules.insert(name.clone());
        if for_tests {
            scope.test_modules.insert(name.clone());
        }
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        if let Some((_, items)) = &item.content {
            self.module.push(name);
            self.scope();
            for item in items {
                self.visit_item(item);
            }
            self.module.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.import(&item.tree, &[], item.leading_colon.is_some());
    }

    fn visit_item_extern_crate(&mut self, item: &'ast ItemExternCrate) {
        let name = item.ident.to_string();
        let alias = item.rename.as_ref().map_or(name.clone(), |(_, alias)| alias.to_string());
        self.bind(&[], &name, &alias, (true, item.ident.span().start().line));
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.segments.len() > 1 || path.leading_colon.is_some() {
            let named = self.path(path, path.span().start().line);
            self.named.push(named);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.visit_path(attribute.path());
        match &attribute.meta {
            Meta::List(list) => self.tokens(list.tokens.clone()),
            Meta::NameValue(pair) => self.visit_expr(&pair.value),
            Meta::Path(_) => {}
        }
    }

    /// `pub(in crate::a)` depends on nothing.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}
}
