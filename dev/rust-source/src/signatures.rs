//! Signatures that pass a decision on: a `Result` as an argument, a `Result` inside another, a tuple of parameters.

use std::collections::BTreeSet;

use syn::{
    AngleBracketedGenericArguments, File, FnArg, GenericArgument, ImplItem, ImplItemFn, Item, ItemFn, ItemImpl,
    ItemType, PathArguments, PathSegment, ReturnType, Signature, TraitItemFn, Type, TypeParamBound, Visibility,
    visit::{self, Visit},
};

use crate::items::{attributes, impl_attributes, is_for_tests};

/// Why a signature is unclear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureFault {
    /// The caller has not decided on an error.
    ResultAsArgument,
    /// `Result<Result<…>, …>` or `Option<Result<…>>`: two questions in one answer.
    ResultInside,
    /// Parameters without names.
    TupleAsArgument,
}

/// The signatures of a file, and the aliases that it gives to `Result`.
#[derive(Default)]
pub(crate) struct Signatures {
    pub(crate) functions: Vec<Signature>,
    /// For this file.
    pub(crate) aliases: BTreeSet<String>,
    /// For the whole crate.
    pub(crate) shared_aliases: BTreeSet<String>,
}

impl Signatures {
    /// Those outside of tests. A method of a trait is one of the trait, not of those who implement it.
    pub(crate) fn of(file: &File) -> Self {
        let mut signatures = Self::default();
        signatures.visit_file(file);
        signatures
    }
}

impl<'ast> Visit<'ast> for Signatures {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        for item in item.items.iter().filter(|item| !is_for_tests(impl_attributes(item))) {
            match item {
                ImplItem::Fn(function) => self.visit_block(&function.block),
                other => self.visit_impl_item(other),
            }
        }
        if item.trait_.is_none() {
            let functions = item.items.iter().filter(|item| !is_for_tests(impl_attributes(item)));
            let signature = |item: &ImplItem| match item {
                ImplItem::Fn(ImplItemFn { sig, .. }) => Some(sig.clone()),
                _ => None,
            };
            self.functions.extend(functions.filter_map(signature));
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.functions.push(function.sig.clone());
        visit::visit_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        self.functions.push(function.sig.clone());
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_item_type(&mut self, item: &'ast ItemType) {
        if is_result(&item.ty, &BTreeSet::new()) {
            let is_shared = !matches!(item.vis, Visibility::Inherited);
            let aliases = if is_shared { &mut self.shared_aliases } else { &mut self.aliases };
            aliases.insert(item.ident.to_string());
        }
    }
}

/// The faults of a signature, where these aliases also mean `Result`.
pub(crate) fn faults(signature: &Signature, aliases: &BTreeSet<String>) -> Vec<SignatureFault> {
    let arguments = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed.ty.as_ref()),
        FnArg::Receiver(_) => None,
    });
    let mut faults = Vec::new();
    for argument in arguments {
        if has(argument, &|ty| is_result(ty, aliases)) {
            faults.push(SignatureFault::ResultAsArgument);
        }
        if matches!(bare(argument), Type::Tuple(tuple) if tuple.elems.len() > 1) {
            faults.push(SignatureFault::TupleAsArgument);
        }
    }
    let is_nested = |ty: &Type| {
        let is_outer = is_result(ty, aliases) || last(ty).is_some_and(|last| last.ident == "Option");
        is_outer && last(ty).and_then(|last| inner(last).next()).is_some_and(|inner| is_result(inner, aliases))
    };
    match &signature.output {
        ReturnType::Type(_, ty) if has(awaited(ty), &is_nested) => faults.push(SignatureFault::ResultInside),
        ReturnType::Type(..) | ReturnType::Default => {}
    }
    faults
}

/// Whether a type, or one that it owns or borrows, is of this kind. A closure or future that is given is not asked: its
/// outcome is still to come.
fn has(ty: &Type, kind: &impl Fn(&Type) -> bool) -> bool {
    let ty = bare(ty);
    kind(ty)
        || match ty {
            Type::Array(array) => has(&array.elem, kind),
            Type::Slice(slice) => has(&slice.elem, kind),
            Type::Tuple(tuple) => tuple.elems.iter().any(|element| has(element, kind)),
            Type::Path(_) => last(ty).is_some_and(|last| inner(last).any(|inner| has(inner, kind))),
            _ => false,
        }
}

/// The output, if the type is `impl Future`.
fn awaited(ty: &Type) -> &Type {
    match ty {
        Type::ImplTrait(of) => of.bounds.iter().find_map(output).unwrap_or(ty),
        other => other,
    }
}

fn output(bound: &TypeParamBound) -> Option<&Type> {
    let TypeParamBound::Trait(bound) = bound else { return None };
    let last = bound.path.segments.last().filter(|last| last.ident == "Future")?;
    let PathArguments::AngleBracketed(AngleBracketedGenericArguments { args, .. }) = &last.arguments else {
        return None;
    };
    args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(output) => Some(&output.ty),
        _ => None,
    })
}

fn is_result(ty: &Type, aliases: &BTreeSet<String>) -> bool {
    last(bare(ty)).is_some_and(|last| last.ident == "Result" || aliases.contains(&last.ident.to_string()))
}

/// Without references and parentheses.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Reference(reference) => bare(&reference.elem),
        Type::Paren(paren) => bare(&paren.elem),
        Type::Group(group) => bare(&group.elem),
        other => other,
    }
}

fn last(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn inner(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        PathArguments::None | PathArguments::Parenthesized(_) => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}
