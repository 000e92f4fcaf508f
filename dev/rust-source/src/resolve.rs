//! From a path as it is written to an absolute one, and from there to the file that defines its item.

use std::collections::BTreeMap;

use crate::{
    collect::{Named, Scope, below},
    tree::SourceTree,
};

/// Imports of imports are followed this far; more would be a circle of them.
const MAX_DEPTH: usize = 8;

pub(crate) struct Resolver<'a> {
    name: &'a str,
    scopes: BTreeMap<&'a [String], (&'a Scope, usize)>,
    /// The file that defines a method of a type.
    methods: BTreeMap<Method, usize>,
}

/// A path that an import or an alias of this crate leads to.
pub(crate) struct Followed {
    pub(crate) path: Vec<String>,
    /// How many of its segments the import or the alias names.
    pub(crate) through: usize,
}

/// A method of a type.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Method {
    /// The file that defines the type.
    file: usize,
    of: String,
    name: String,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(tree: &'a SourceTree) -> Self {
        let mut scopes = BTreeMap::new();
        for (index, file) in tree.files.iter().enumerate() {
            for (module, scope) in &file.scopes.0 {
                scopes.entry(module.as_slice()).or_insert((scope, index));
            }
        }
        let types = Self { name: &tree.name, scopes, methods: BTreeMap::new() };
        let files = tree.files.iter().enumerate().rev();
        let methods = files.flat_map(|(index, file)| file.methods.iter().map(move |method| (index, method)));
        let methods = methods.filter_map(|(index, method)| Some((types.method(method)?, index))).collect();
        Self { methods, ..types }
    }

    /// A method of a type of this crate.
    fn method(&self, defined: &Named) -> Option<Method> {
        let (name, of) = defined.segments.split_last()?;
        let of = Named { segments: of.to_vec(), ..defined.clone() };
        let mut types = self.absolute(&of).into_iter();
        types.find_map(|path| Some(Method { file: self.file(&path)?, of: path.last()?.clone(), name: name.clone() }))
    }

    /// Every path that this one may mean, beginning with `crate` or with another crate's name.
    pub(crate) fn absolute(&self, named: &Named) -> Vec<Vec<String>> {
        self.absolute_within(named, MAX_DEPTH)
    }

    fn absolute_within(&self, named: &Named, depth: usize) -> Vec<Vec<String>> {
        let Some((first, rest)) = named.segments.split_first() else { return Vec::new() };
        match first.as_str() {
            _ if named.is_global => vec![named.segments.clone()],
            "crate" => vec![named.segments.clone()],
            "self" | "super" => {
                let ups = named.segments.iter().take_while(|segment| *segment == "super" || *segment == "self");
                let supers = ups.clone().filter(|segment| *segment == "super").count();
                let kept = named.module.len().saturating_sub(supers);
                let rest = named.segments.iter().skip(ups.count());
                vec![in_crate(named.module.iter().take(kept).chain(rest))]
            }
            own if own == self.name => vec![in_crate(rest.iter())],
            name => self.relative(named, name, rest, depth),
        }
    }

    /// A path that begins with a name of its module, or else with another crate.
    fn relative(&self, named: &Named, name: &str, rest: &[String], depth: usize) -> Vec<Vec<String>> {
        let paths = self.names(&named.module, name, depth);
        if paths.is_empty() {
            return vec![named.segments.clone()];
        }
        paths.into_iter().map(|path| path.into_iter().chain(rest.iter().cloned()).collect()).collect()
    }

    /// The paths that a name stands for: a module or an item of this one, or an import, by its name or with everything
    /// else.
    fn names(&self, module: &[String], name: &str, depth: usize) -> Vec<Vec<String>> {
        let Some(((scope, _), depth)) = self.scopes.get(module).zip(depth.checked_sub(1)) else { return Vec::new() };
        if scope.modules.contains(name) {
            return vec![in_crate(below(module, name).iter())];
        }
        // `use warp;` imports the crate under its own name.
        let imports = scope.imports.get(name).into_iter().flatten();
        let direct: Vec<_> = imports
            .flat_map(|import| match import.segments.as_slice() {
                [only] if only == name => vec![vec![only.clone()]],
                _ => self.absolute_within(import, depth),
            })
            .collect();
        if !direct.is_empty() {
            return direct;
        }
        if scope.items.contains(name) {
            return vec![in_crate(below(module, name).iter())];
        }
        let globs = scope.globs.iter().flat_map(|glob| self.absolute_within(glob, depth));
        globs.flat_map(|path| own(&path).map(|module| self.names(module, name, depth)).unwrap_or_default()).collect()
    }

    /// The file that defines what an absolute path names; `None` for other crates.
    pub(crate) fn file(&self, path: &[String]) -> Option<usize> {
        self.file_within(own(path)?, MAX_DEPTH)
    }

    fn file_within(&self, path: &[String], depth: usize) -> Option<usize> {
        let (module, rest) = self.longest_module(path);
        let (scope, file) = self.scopes.get(module)?;
        let Some((name, rest)) = rest.split_first() else { return Some(*file) };
        if scope.items.contains(name) {
            let method = rest.first().map(|method| Method { file: *file, of: name.clone(), name: method.clone() });
            return method.and_then(|method| self.methods.get(&method).copied()).or(Some(*file));
        }
        let elsewhere = self.names(module, name, depth);
        let elsewhere = elsewhere.iter().find_map(|found| {
            let found: Vec<String> = own(found)?.iter().chain(rest).cloned().collect();
            self.file_within(&found, depth.checked_sub(1)?)
        });
        elsewhere.or(Some(*file))
    }

    /// The paths in other crates that an absolute path of this crate stands for, behind imports and aliases.
    pub(crate) fn in_other_crates(&self, path: &[String]) -> Vec<Followed> {
        let (mut found, mut open) = (Vec::new(), vec![Followed { path: path.to_vec(), through: 0 }]);
        for _ in 0..MAX_DEPTH {
            let next: Vec<_> = open.iter().flat_map(|from| self.followed(&from.path)).collect();
            let (here, elsewhere) = next.into_iter().partition(|to| own(&to.path).is_some());
            found.extend::<Vec<_>>(elsewhere);
            open = here;
        }
        found
    }

    fn followed(&self, path: &[String]) -> Vec<Followed> {
        let (module, rest) = self.longest_module(own(path).unwrap_or_default());
        let Some((name, rest)) = rest.split_first() else { return Vec::new() };
        let names = self.names(module, name, MAX_DEPTH).into_iter();
        let followed = |to: Vec<String>| Followed { through: to.len(), path: [to.as_slice(), rest].concat() };
        names.map(followed).collect()
    }

    fn longest_module<'p>(&self, path: &'p [String]) -> (&'p [String], &'p [String]) {
        let lengths = (0..=path.len()).rev();
        let mut splits = lengths.map(|length| path.split_at(length));
        splits.find(|(module, _)| self.scopes.contains_key(module)).unwrap_or((&[], path))
    }
}

/// The path below `crate`.
fn own(path: &[String]) -> Option<&[String]> {
    path.split_first().filter(|(first, _)| *first == "crate").map(|(_, rest)| rest)
}

fn in_crate<'s>(segments: impl Iterator<Item = &'s String>) -> Vec<String> {
    std::iter::once("crate".to_owned()).chain(segments.cloned()).collect()
}
