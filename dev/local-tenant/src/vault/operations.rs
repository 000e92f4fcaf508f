//! What was asked of the vault, for tests that count it.

use std::{collections::VecDeque, sync::Mutex};

use serde::Serialize;
use stand_in::lock;

/// The newest operations that are remembered.
const REMEMBERED: usize = 10_000;

/// One request, in the order in which they were answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Operation {
    /// As Key Vault's audit log names it: `KeyGet`, `KeyWrap`, `KeyUnwrap` and so on.
    pub operation: &'static str,
    /// The version that did it, or else the one that was asked for.
    pub version: Option<String>,
    /// HTTP status; `None` if the connection was closed instead.
    pub status: Option<u16>,
}

#[derive(Default)]
pub(super) struct Operations(Mutex<VecDeque<Operation>>);

impl Operations {
    pub(super) fn push(&self, operation: Operation) {
        let mut operations = lock(&self.0);
        operations.push_back(operation);
        if operations.len() > REMEMBERED {
            operations.pop_front();
        }
    }

    pub(super) fn all(&self) -> Vec<Operation> {
        lock(&self.0).iter().cloned().collect()
    }

    pub(super) fn clear(&self) {
        lock(&self.0).clear();
    }
}
