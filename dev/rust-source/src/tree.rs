//! The files of a crate, and the module that each of them is.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    asynchronous,
    collect::{Named, Scopes, collect},
    methods::Methods,
    signatures::{SignatureFault, Signatures, faults},
    size::{FunctionSize, functions, test_lines},
};

/// One crate.
pub struct SourceTree {
    pub(crate) name: String,
    pub(crate) files: Vec<SourceFile>,
}

/// One file.
pub struct SourceFile {
    /// Relative to the workspace, with `/`.
    pub path: String,
    /// The module that it is, without `crate`.
    pub(crate) module: Vec<String>,
    /// Whether it is compiled for tests only.
    pub is_test: bool,
    /// All lines.
    pub lines: usize,
    /// Lines outside of `#[cfg(test)]` items; none in a file of tests.
    pub code_lines: usize,
    /// The text of these lines.
    pub code: String,
    /// Functions outside of tests.
    pub functions: Vec<FunctionSize>,
    asynchronous: BTreeSet<usize>,
    signatures: Signatures,
    pub(crate) scopes: Scopes,
    pub(crate) named: Vec<Named>,
    /// The methods that it defines, each below its type.
    pub(crate) methods: Vec<Named>,
}

/// A function outside of tests whose signature passes a decision on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnclearSignature {
    /// The file.
    pub file: String,
    /// The line of its `fn`.
    pub line: usize,
    /// The name of the function.
    pub function: String,
    /// Why.
    pub fault: SignatureFault,
}

/// Why source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file or folder cannot be read.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// A file is not Rust.
    #[error("{path}:{line}: {error}")]
    Syntax {
        /// Which file.
        path: String,
        /// Where.
        line: usize,
        /// The parser's error.
        error: syn::Error,
    },
}

impl SourceTree {
    /// Reads the crate `name`, whose modules are in `folder` of the workspace at `root`.
    pub fn read(root: &Path, folder: &str, name: &str) -> Result<Self, SourceError> {
        let mut paths = Vec::new();
        rust_files(&root.join(folder), &mut paths)?;
        paths.sort();
        let texts: Result<Vec<_>, _> = paths.iter().map(|path| text(root, path)).collect();
        let texts = texts?;
        Self::of(folder, name, texts.iter().map(|(path, text)| (path.as_str(), text.as_str())))
    }

    /// The crate that consists of these files.
    pub fn of<'a>(
        folder: &str,
        name: &str,
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SourceError> {
        let files: Result<Vec<_>, _> =
            files.into_iter().map(|(path, text)| SourceFile::parse(folder, path, text)).collect();
        let mut tree = Self { name: name.replace('-', "_"), files: files? };
        tree.mark_tests();
        Ok(tree)
    }

    /// The files.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Functions outside of tests whose signatures pass a decision on. A private alias of `Result` counts in its
    /// file, any other in the whole crate; an alias of an alias does not count.
    #[must_use]
    pub fn unclear_signatures(&self) -> Vec<UnclearSignature> {
        let shared = self.files.iter().flat_map(|file| &file.signatures.shared_aliases);
        let shared: BTreeSet<String> = shared.cloned().collect();
        let shipped = self.files.iter().filter(|file| !file.is_test);
        let signatures = shipped.flat_map(|file| file.signatures.functions.iter().map(move |of| (file, of)));
        let unclear = signatures.flat_map(|(file, of)| {
            let (line, function) = (of.fn_token.span.start().line, of.ident.to_string());
            let unclear =
                move |fault| UnclearSignature { file: file.path.clone(), line, function: function.clone(), fault };
            faults(of, &(&shared | &file.signatures.aliases)).into_iter().map(unclear)
        });
        unclear.collect()
    }

    /// The traits that are defined below a folder.
    pub fn traits<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        let files = self.files.iter().filter(move |file| file.path.starts_with(folder));
        files.flat_map(|file| file.scopes.0.values()).flat_map(|scope| scope.traits.iter().map(String::as_str))
    }

    /// Lines outside of tests that wait, or that name a future: the file and the line.
    pub fn asynchronous(&self) -> impl Iterator<Item = (&str, usize)> {
        let shipped = self.files.iter().filter(|file| !file.is_test);
        shipped.flat_map(|file| file.asynchronous.iter().map(|line| (file.path.as_str(), *line)))
    }

    /// A file is for tests if the line that declares it is, or the file that declares it.
    fn mark_tests(&mut self) {
        let declared: BTreeSet<Vec<String>> = self.files.iter().flat_map(|file| file.scopes.test_modules()).collect();
        for file in &mut self.files {
            let below = |test: &Vec<String>| file.module.starts_with(test);
            if declared.iter().any(below) {
                file.is_test = true;
            }
            if file.is_test {
                (file.code_lines, file.code, file.functions) = (0, String::new(), Vec::new());
            }
        }
    }
}

impl SourceFile {
    fn parse(folder: &str, path: &str, text: &str) -> Result<Self, SourceError> {
        let syntax = syn::parse_file(text).map_err(|error| SourceError::Syntax {
            path: path.to_owned(),
            line: error.span().start().line,
            error,
        })?;
        let module = module(path.strip_prefix(folder).unwrap_or(path));
        let (scopes, mut named) = collect(&module, &syntax);
        let Methods { defined: methods, named: called } = Methods::of(&module, &syntax);
        named.extend(called);
        let is_test = crate::items::is_for_tests(&syntax.attrs);
        let (lines, test_lines) = (text.lines().count(), test_lines(&syntax));
        let code_lines = lines - test_lines.len();
        let code = text.lines().zip(1..).filter(|(_, number)| !test_lines.contains(number)).map(|(line, _)| line);
        let code = code.collect::<Vec<_>>().join("\n");
        let (functions, signatures) = (functions(&syntax), Signatures::of(&syntax));
        let (path, asynchronous) = (path.to_owned(), asynchronous::lines(&syntax));
        Ok(Self {
            path,
            module,
            is_test,
            lines,
            code_lines,
            code,
            functions,
            asynchronous,
            signatures,
            scopes,
            named,
            methods,
        })
    }
}

/// `/a/b.rs` and `/a/b/mod.rs` are `a::b`.
fn module(path: &str) -> Vec<String> {
    let mut segments: Vec<String> =
        path.trim_start_matches('/').trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(segments.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        segments.pop();
    }
    segments
}

fn text(root: &Path, path: &Path) -> Result<(String, String), SourceError> {
    let text = fs::read_to_string(path).map_err(|error| SourceError::Io(path.to_owned(), error))?;
    let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    Ok((name, text))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), SourceError> {
    let failed = |error| SourceError::Io(folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            rust_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}
