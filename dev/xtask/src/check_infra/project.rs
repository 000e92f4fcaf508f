//! The files and deployments that the rules judge.

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::Value;

use super::{bicep, deployment::Deployment, document, files::Files, golden};

/// The file name of what main.bicep compiles to.
pub(super) const TEMPLATE: &str = "infra/main.json";

/// The checkout's files and the deployments that its parameter sets make.
#[derive(Debug)]
pub(super) struct Project {
    pub deployments: Vec<Deployment>,
    /// Folder of the published schemas.
    pub schemas: Option<PathBuf>,
    /// The files by path, or why one cannot be read; and, where there is a CLI, what main.bicep compiles to.
    documents: BTreeMap<String, Result<Value, String>>,
    /// Why a snapshot cannot be read.
    pub unread: Vec<String>,
}

impl Project {
    /// Reads the deployments from the snapshots among the files.
    pub(super) fn of(files: &Files, template: Option<Value>, schemas: Option<PathBuf>) -> Self {
        let parsed = files.under("", "").map(|(path, text)| (path.to_owned(), document::parse(path, text)));
        let compiled = template.map(|template| (TEMPLATE.to_owned(), Ok(template)));
        let documents = parsed.chain(compiled).collect();
        let mut project = Self { deployments: vec![], schemas, documents, unread: vec![] };
        for set in bicep::parameter_sets(files) {
            let snapshot = project.document(&golden::path(&set));
            match snapshot.and_then(|snapshot| Deployment::of(&set, snapshot)) {
                Ok(deployment) => project.deployments.push(deployment),
                Err(fault) => project.unread.push(fault),
            }
        }
        project
    }

    /// One file, which must be there.
    pub(super) fn document(&self, path: &str) -> Result<&Value, String> {
        let document = self.documents.get(path).ok_or_else(|| format!("{path} is missing"))?;
        document.as_ref().map_err(Clone::clone)
    }

    /// The files at a path in which `*` stands for any text, with their paths.
    pub(super) fn documents<'a>(&'a self, path: &str) -> Result<Vec<(&'a str, &'a Value)>, String> {
        let (start, end) = path.split_once('*').unwrap_or((path, ""));
        let is_meant =
            |other: &str| other == path || path.contains('*') && other.starts_with(start) && other.ends_with(end);
        let paths = self.documents.keys().filter(|path| is_meant(path));
        paths.map(|path| Ok((path.as_str(), self.document(path)?))).collect()
    }
}
