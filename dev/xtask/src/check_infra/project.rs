//! What the rules judge, and judging it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::bicep;
use super::deployment::Deployment;
use super::document;
use super::files::Files;
use super::golden;
use super::report::{Report, Verdict};
use super::rule;
use super::rules::{self, Judged, Rule};

/// The checkout's files and the deployments that its parameter sets make.
#[derive(Debug)]
pub(super) struct Project {
    pub files: Files,
    pub deployments: Vec<Deployment>,
    /// What main.bicep compiles to, where there is a CLI.
    pub template: Option<Value>,
    /// Folder of the published schemas.
    pub schemas: Option<PathBuf>,
    /// The files by path, or why one cannot be read.
    documents: BTreeMap<String, Result<Value, String>>,
    unread: Vec<String>,
}

impl Project {
    /// Reads the deployments from the snapshots among the files.
    pub(super) fn of(files: Files, template: Option<Value>, schemas: Option<PathBuf>) -> Self {
        let read = |set: String| Deployment::parse(&set, files.required(&golden::path(&set))?);
        let (read, unread): (Vec<_>, Vec<_>) =
            bicep::parameter_sets(&files).into_iter().map(read).partition(Result::is_ok);
        let deployments = read.into_iter().filter_map(Result::ok).collect();
        let unread = unread.into_iter().filter_map(Result::err).collect();
        let parsed = files.under("", "").map(|(path, text)| (path.to_owned(), document::parse(path, text)));
        let compiled = template.clone().map(|template| (rule::TEMPLATE.to_owned(), Ok(template)));
        let documents = parsed.chain(compiled).collect();
        Self { files, deployments, template, schemas, documents, unread }
    }

    /// Whether there is this file.
    pub(super) fn has(&self, path: &str) -> bool {
        self.documents.contains_key(path)
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

    pub(super) fn judge(&self, report: &mut Report) {
        report.judge("snapshots-read", self.unread.clone());
        for (name, rule) in rules::all() {
            report.add(name, self.verdict(rule));
        }
        match rule::all() {
            Ok(rules) => rules.iter().for_each(|rule| report.add(&*rule.name, rule.judge(self))),
            Err(fault) => report.judge("rules", vec![fault]),
        }
    }

    fn verdict(&self, rule: &Rule) -> Verdict {
        match rule {
            Rule::Project(judge) => Verdict::Judged(faults(judge(self))),
            Rule::Deployment(judge) => self.each(judge),
            Rule::Template(judge) => match &self.template {
                Some(template) => Verdict::Judged(faults(judge(template))),
                None => Verdict::Skipped(super::NO_CLI),
            },
            Rule::Schema(judge) => match &self.schemas {
                Some(folder) => Verdict::Judged(faults(judge(self, folder))),
                None => Verdict::Skipped(
                    "SCHEMAS is not set: set it to a folder with azure.yaml.json, host.json and function.json",
                ),
            },
        }
    }

    fn each(&self, judge: &dyn Fn(&Deployment) -> Judged) -> Verdict {
        if self.deployments.is_empty() {
            return Verdict::Judged(vec!["there is no deployment to judge".to_owned()]);
        }
        let of_set = |deployment: &Deployment| {
            let faults = faults(judge(deployment)).into_iter();
            faults.map(|fault| format!("{}: {fault}", deployment.set)).collect::<Vec<_>>()
        };
        Verdict::Judged(self.deployments.iter().flat_map(of_set).collect())
    }
}

fn faults(judged: Judged) -> Vec<String> {
    judged.unwrap_or_else(|nothing_to_see| vec![nothing_to_see])
}
