//! A dependency that can be down: the store, or the keyring.

use std::sync::Mutex;

use authorization_server::ground::{Dependency, Unavailable};

use crate::lock;

/// The failure of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing happens.
    Before,
    /// It happens, and its answer is lost.
    After,
    /// Nothing happens, and the dependency stays down.
    Down,
}

/// Counts the operations on a dependency and makes them fail.
pub struct Faults {
    dependency: Dependency,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    operations: usize,
    writes: usize,
    down: bool,
    fault: Option<(usize, Fault)>,
}

impl Faults {
    /// None yet: the dependency works.
    #[must_use]
    pub fn new(dependency: Dependency) -> Self {
        Self { dependency, state: Mutex::default() }
    }

    /// Operations so far, failed ones too.
    #[must_use]
    pub fn operations(&self) -> usize {
        lock(&self.state).operations
    }

    /// Writes so far, failed ones too.
    #[must_use]
    pub fn writes(&self) -> usize {
        lock(&self.state).writes
    }

    /// While it is down, every operation fails before it happens.
    pub fn set_down(&self, down: bool) {
        lock(&self.state).down = down;
    }

    /// One operation will fail: the one after the next `skipped`.
    pub fn fail_after(&self, skipped: usize, fault: Fault) {
        let mut state = lock(&self.state);
        state.fault = Some((state.operations + skipped, fault));
    }

    /// Whether a fault that was asked for is still to come.
    #[must_use]
    pub fn fault_is_due(&self) -> bool {
        let state = lock(&self.state);
        state.fault.is_some_and(|(at, _)| at >= state.operations)
    }

    pub(crate) fn read<T>(&self, operation: impl FnOnce() -> T) -> Result<T, Unavailable> {
        self.perform(self.count(false), operation)
    }

    pub(crate) fn write<T>(&self, operation: impl FnOnce() -> T) -> Result<T, Unavailable> {
        self.perform(self.count(true), operation)
    }

    fn count(&self, write: bool) -> Option<Fault> {
        let mut state = lock(&self.state);
        let operation = state.operations;
        state.operations += 1;
        state.writes += usize::from(write);
        let fault = state.fault.filter(|(at, _)| *at == operation).map(|(_, fault)| fault);
        state.down |= fault == Some(Fault::Down);
        if state.down { Some(Fault::Down) } else { fault }
    }

    fn perform<T>(&self, fault: Option<Fault>, operation: impl FnOnce() -> T) -> Result<T, Unavailable> {
        match fault {
            None => Ok(operation()),
            Some(Fault::Before | Fault::Down) => Err(self.unavailable("it is down")),
            Some(Fault::After) => {
                operation();
                Err(self.unavailable("its answer was lost"))
            }
        }
    }

    fn unavailable(&self, reason: &str) -> Unavailable {
        Unavailable { dependency: self.dependency, reason: reason.to_owned() }
    }
}
