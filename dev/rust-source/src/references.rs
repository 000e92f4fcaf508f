//! What the files of a crate name.

use crate::{
    collect::Named,
    resolve::Resolver,
    tree::{SourceFile, SourceTree},
};

/// A path that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The file that names it.
    pub file: String,
    /// The line.
    pub line: usize,
    /// Absolute: it begins with `crate`, or with the name of another crate.
    pub path: Vec<String>,
    /// The file of this crate that defines what is named, whatever module re-exports it; `None` for other crates.
    pub defined_in: Option<String>,
    /// Whether only a test names it.
    pub in_test: bool,
}

impl SourceTree {
    /// Every path that a file names.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        let resolver = Resolver::new(self);
        let named = self.files.iter().flat_map(|file| file.named.iter().map(move |named| (file, named)));
        let reference = |(file, named): (&SourceFile, &Named)| {
            let (line, in_test) = (named.line, named.in_test || file.is_test);
            let paths = resolver.absolute(named).into_iter();
            let reference = |path: Vec<String>| {
                let defined_in = resolver.file(&path).and_then(|index| self.files.get(index));
                let defined_in = defined_in.map(|file| file.path.clone());
                Reference { file: file.path.clone(), line, path, defined_in, in_test }
            };
            paths.map(reference).collect::<Vec<_>>()
        };
        named.flat_map(reference).collect()
    }
}
