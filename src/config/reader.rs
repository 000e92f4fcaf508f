//! Reads settings one by one and notes every fault.

use std::fmt::Display;

use super::{
    environment::Environment,
    faults::Faults,
    setting::{Absent, Setting},
};

pub(super) struct SettingsReader<'a> {
    pub(super) environment: &'a Environment,
    /// The names of the tools that there are; only the MCP server knows them.
    pub(super) tools: &'a [&'a str],
    pub(super) faults: Faults,
    /// Whether clients elsewhere are meant to come here.
    pub(super) production: bool,
}

impl<'a> SettingsReader<'a> {
    /// The value that is set.
    pub(super) fn text(&self, setting: &Setting) -> Option<&'a str> {
        self.environment.get(setting.name)
    }

    /// The value that is set, or its default. Without either there is a fault.
    pub(super) fn required(&mut self, setting: &Setting) -> Option<&'a str> {
        match (self.text(setting), &setting.absent) {
            (Some(value), _) => Some(value),
            (None, Absent::Default(value)) => Some(value),
            (None, Absent::Refused | Absent::Nothing(_)) => self.refused(setting, "is not set"),
        }
    }

    /// The same, parsed.
    pub(super) fn parsed<T, E: Display>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let parsed = parse(self.required(setting)?);
        parsed.map_err(|error| self.faults.add(setting.name, error.to_string())).ok()
    }

    pub(super) fn refused<T>(&mut self, setting: &Setting, problem: &str) -> Option<T> {
        self.faults.add(setting.name, problem);
        None
    }
}
