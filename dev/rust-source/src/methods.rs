//! The methods of types. One type may have its methods in many files, and a call names none of them: so the type of the
//! receiver tells which method is called. It is known for `self`, `Self`, parameters, and variables whose type is written or
//! that are one of these, such as `let server = self;`. The results of calls, fields and other patterns are not followed.

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Block, Expr, ExprClosure, ExprMethodCall, ExprPath, ExprUnary, File, FnArg, ImplItem, ImplItemFn, Item, ItemFn,
    ItemImpl, ItemMod, Local, Macro, Pat, PatType, Path, PathSegment, Signature, Type, TypePath, UnOp,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use crate::{
    collect::Named,
    items::{attributes, impl_attributes, is_for_tests},
};

/// The methods of a file.
#[derive(Default)]
pub(crate) struct Methods {
    /// Those that it defines, each as a path below its type. A method of a trait is not among them.
    pub(crate) defined: Vec<Named>,
    /// Those that it calls, or names by `Self::`, in the same form.
    pub(crate) named: Vec<Named>,
}

impl Methods {
    pub(crate) fn of(module: &[String], file: &File) -> Self {
        let mut visitor = Visitor { module: module.to_vec(), ..Visitor::default() };
        visitor.visit_file(file);
        visitor.methods
    }
}

/// A value and the path of its type.
struct Receiver {
    name: String,
    /// `None` for a variable that hides another value of its name.
    of: Option<Vec<String>>,
}

#[derive(Default)]
struct Visitor {
    module: Vec<String>,
    /// How many items for tests the visit is inside of.
    tests: usize,
    /// The type of the `impl` block around.
    own: Option<Vec<String>>,
    receivers: Vec<Receiver>,
    methods: Methods,
}

impl Visitor {
    fn test(&mut self, is_test: bool, visit: impl FnOnce(&mut Self)) {
        self.tests += usize::from(is_test);
        visit(self);
        self.tests -= usize::from(is_test);
    }

    /// A path below a type.
    fn below(&self, of: &[String], rest: impl IntoIterator<Item = String>, line: usize) -> Named {
        let segments = of.iter().cloned().chain(rest).collect();
        let (module, in_test) = (self.module.clone(), self.tests > 0);
        Named { segments, is_global: false, is_glob: false, module, line, in_test }
    }

    fn call(&mut self, receiver: &str, method: &syn::Ident) {
        if let Some(of) = self.type_of_value(receiver) {
            let named = self.below(of, [method.to_string()], method.span().start().line);
            self.methods.named.push(named);
        }
    }

    fn type_of_value(&self, name: &str) -> Option<&[String]> {
        self.receivers.iter().rev().find(|known| known.name == name)?.of.as_deref()
    }

    /// The type of a value that is named, or of its clone, behind references.
    fn type_of(&self, value: &Expr) -> Option<&[String]> {
        match value {
            Expr::Path(path) => self.type_of_value(&path.path.get_ident()?.to_string()),
            Expr::Reference(reference) => self.type_of(&reference.expr),
            Expr::Paren(paren) => self.type_of(&paren.expr),
            Expr::Unary(ExprUnary { op: UnOp::Deref(_), expr, .. }) => self.type_of(expr),
            Expr::MethodCall(call) if call.method == "clone" => self.type_of(&call.receiver),
            _ => None,
        }
    }

    /// A path that begins with `Self`.
    fn of_own(&mut self, rest: Vec<String>, line: usize) {
        if let Some(own) = &self.own {
            let named = self.below(own, rest, line);
            self.methods.named.push(named);
        }
    }

    /// Visits what may use these parameters.
    fn with(&mut self, parameters: Vec<Receiver>, visit: impl FnOnce(&mut Self)) {
        let before = self.receivers.len();
        self.receivers.extend(parameters);
        visit(self);
        self.receivers.truncate(before);
    }

    fn function(&mut self, signature: &Signature, visit: impl FnOnce(&mut Self)) {
        let typed = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => self.receiver(typed),
            FnArg::Receiver(_) => None,
        });
        let typed = typed.collect();
        self.with(typed, visit);
    }

    fn receiver(&self, PatType { pat, ty, .. }: &PatType) -> Option<Receiver> {
        let Pat::Ident(name) = pat.as_ref() else { return None };
        Some(Receiver { name: name.ident.to_string(), of: Some(self.segments(ty)?) })
    }

    /// The names of a type's path, behind references. `Self` is the type of the `impl` block.
    fn segments(&self, of: &Type) -> Option<Vec<String>> {
        match of {
            Type::Path(path) if path.path.is_ident("Self") => self.own.clone(),
            Type::Path(TypePath { qself: None, path }) => Some(path.segments.iter().map(segment).collect()),
            Type::Reference(reference) => self.segments(&reference.elem),
            Type::Paren(paren) => self.segments(&paren.elem),
            _ => None,
        }
    }

    /// In the arguments of a macro, `self.name(…)` and `Self::name`.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for window in tokens.windows(4) {
            match window {
                [TokenTree::Ident(receiver), TokenTree::Punct(dot), TokenTree::Ident(method), TokenTree::Group(_)]
                    if dot.as_char() == '.' =>
                {
                    self.call(&receiver.to_string(), method);
                }
                [TokenTree::Ident(own), TokenTree::Punct(_), TokenTree::Punct(colon), TokenTree::Ident(name)]
                    if own == "Self" && colon.as_char() == ':' =>
                {
                    self.of_own(vec![name.to_string()], name.span().start().line);
                }
                _ => {}
            }
        }
        for token in tokens {
            if let TokenTree::Group(group) = token {
                self.tokens(group.stream());
            }
        }
    }
}

impl<'ast> Visit<'ast> for Visitor {
    fn visit_item(&mut self, item: &'ast Item) {
        self.test(is_for_tests(attributes(item)), |this| visit::visit_item(this, item));
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let own = self.segments(&item.self_ty);
        let outer = std::mem::replace(&mut self.own, own);
        if let Some(own) = self.own.clone() {
            let functions = item.items.iter().filter_map(|item| match item {
                ImplItem::Fn(function) if !is_for_tests(&function.attrs) => Some(&function.sig.ident),
                _ => None,
            });
            let inherent = functions.filter(|_| item.trait_.is_none());
            let defined = inherent.map(|name| self.below(&own, [name.to_string()], name.span().start().line));
            let defined: Vec<Named> = defined.collect();
            self.methods.defined.extend(defined);
            self.with(vec![Receiver { name: "self".to_owned(), of: Some(own) }], |this| {
                visit::visit_item_impl(this, item);
            });
        } else {
            visit::visit_item_impl(self, item);
        }
        self.own = outer;
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        self.test(is_for_tests(impl_attributes(item)), |this| visit::visit_impl_item(this, item));
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.function(&function.sig, |this| visit::visit_impl_item_fn(this, function));
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.function(&function.sig, |this| visit::visit_item_fn(this, function));
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.with(Vec::new(), |this| visit::visit_block(this, block));
    }

    fn visit_local(&mut self, local: &'ast Local) {
        visit::visit_local(self, local);
        let (pattern, of) = match &local.pat {
            Pat::Type(typed) => (typed.pat.as_ref(), self.segments(&typed.ty)),
            pattern => {
                let value = local.init.as_ref().map(|init| init.expr.as_ref());
                (pattern, value.and_then(|value| self.type_of(value)).map(<[String]>::to_vec))
            }
        };
        if let Pat::Ident(name) = pattern {
            self.receivers.push(Receiver { name: name.ident.to_string(), of });
        }
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        let typed = closure.inputs.iter().filter_map(|input| match input {
            Pat::Type(typed) => self.receiver(typed),
            _ => None,
        });
        let typed = typed.collect();
        self.with(typed, |this| visit::visit_expr_closure(this, closure));
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if let Expr::Path(receiver) = call.receiver.as_ref()
            && let Some(name) = receiver.path.get_ident()
        {
            self.call(&name.to_string(), &call.method);
        }
        visit::visit_expr_method_call(self, call);
    }

    /// `<a::B>::c` is `a::B::c`.
    fn visit_expr_path(&mut self, of: &'ast ExprPath) {
        let own = of.qself.as_ref().filter(|own| own.position == 0);
        if let Some(own) = own.and_then(|own| self.segments(&own.ty)) {
            let named = self.below(&own, of.path.segments.iter().map(segment), of.path.span().start().line);
            self.methods.named.push(named);
        }
        visit::visit_expr_path(self, of);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let mut names = path.segments.iter().map(segment);
        if names.next().is_some_and(|first| first == "Self") {
            self.of_own(names.collect(), path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.tokens(call.tokens.clone());
    }
}

fn segment(segment: &PathSegment) -> String {
    segment.ident.to_string()
}
