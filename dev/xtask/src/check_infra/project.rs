//! What the rules judge, and judging it.

use std::path::PathBuf;

use serde_json::Value;

use super::bicep;
use super::deployment::Deployment;
use super::files::Files;
use super::golden;
use super::report::{Report, Verdict};
use super::rules::table::{self, Row};
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
        Self { files, deployments, template, schemas, unread }
    }

    pub(super) fn judge(&self, report: &mut Report) {
        report.judge("snapshots-read", self.unread.clone());
        for (name, rule) in rules::all() {
            report.add(name, self.verdict(rule));
        }
        match table::rows() {
            Ok(rows) => self.judge_rows(&rows, report),
            Err(fault) => report.judge("rules.yaml", vec![fault]),
        }
    }

    fn judge_rows(&self, rows: &[Row], report: &mut Report) {
        for rows in rows.chunk_by(|one, next| one.rule == next.rule) {
            let of_rows = |deployment: &Deployment| {
                let faults = rows.iter().map(|row| faults(table::judge(row, deployment)));
                Ok(faults.collect::<Vec<_>>().concat())
            };
            let Some(row) = rows.first() else { continue };
            report.add(&*row.rule, self.each(&of_rows));
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
