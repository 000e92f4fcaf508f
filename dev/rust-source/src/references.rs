//! The paths that the files of a crate name.

use crate::{
    collect::Named,
    resolve::{Followed, Resolver},
    tree::{SourceFile, SourceTree},
};

/// A path that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The file that names it.
    pub file: String,
    /// The line.
    pub line: usize,
    /// Absolute: it begins with `crate`, or with the name of another crate. A path of this crate that leads to another
    /// one, by an import or by an alias of a type, is given in both forms.
    pub path: Vec<String>,
    /// How many segments at its beginning an import or an alias stands for that a name of this crate was followed
    /// through; none, if the file names the path itself.
    pub followed: usize,
    /// The file of this crate that defines what is named, whatever module re-exports it; `None` for other crates.
    pub defined_in: Option<String>,
    /// Whether everything in it is imported.
    pub is_glob: bool,
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
            let (line, is_glob, in_test) = (named.line, named.is_glob, named.in_test || file.is_test);
            let written = resolver.absolute(named);
            let elsewhere: Vec<_> = written.iter().flat_map(|path| resolver.in_other_crates(path)).collect();
            let paths = written.into_iter().map(|path| Followed { path, through: 0 }).chain(elsewhere);
            let reference = |Followed { path, through: followed }| {
                let defined_in = resolver.file(&path).and_then(|index| self.files.get(index));
                let defined_in = defined_in.map(|file| file.path.clone());
                Reference { file: file.path.clone(), line, path, followed, defined_in, is_glob, in_test }
            };
            paths.map(reference).collect::<Vec<_>>()
        };
        named.flat_map(reference).collect()
    }
}
