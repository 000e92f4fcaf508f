//! Faults: each strikes one operation of one caller.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use shuttle::rand::{Rng as _, thread_rng};

/// The longest of the requests, a whole sign-in, has about as many.
const OPERATIONS: usize = 24;

/// The fault of one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The operation does nothing and returns an error.
    Before,
    /// The operation succeeds and returns an error.
    After,
    /// The operation returns an error and succeeds after the caller is done.
    Late,
    /// It happens, its answer is lost, and the store's client sends it again.
    SentAgain,
    /// The caller dies before it.
    Death,
}

impl Fault {
    const ALL: [Self; 5] = [Self::Before, Self::After, Self::Late, Self::SentAgain, Self::Death];
}

/// The kinds of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
}

/// Everything that goes wrong in one schedule: caller, operation and fault.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    faults: Vec<(usize, usize, Fault)>,
    reached: Arc<Reached>,
}

/// Whether the operation of a fault came about, in any schedule.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    read: AtomicBool,
    write: AtomicBool,
}

impl Plan {
    /// Nothing goes wrong.
    pub(crate) fn calm() -> Self {
        Self::default()
    }

    /// One operation goes wrong.
    pub(crate) fn one(caller: usize, operation: usize, fault: Fault) -> Self {
        Self { faults: vec![(caller, operation, fault)], reached: Arc::default() }
    }

    /// In about half of the schedules nothing goes wrong, in the others up to three operations do, the first more often.
    pub(crate) fn at_random(callers: usize) -> Self {
        let mut random = thread_rng();
        let count = random.gen_range(0..=3) * random.gen_range(0..=1);
        let mut fault = || {
            let operations = random.gen_range(1..=OPERATIONS);
            let fault = Fault::ALL[random.gen_range(0..Fault::ALL.len())];
            (random.gen_range(0..callers), random.gen_range(0..operations), fault)
        };
        Self { faults: (0..count).map(|_| fault()).collect(), reached: Arc::default() }
    }

    /// The fault of this operation.
    pub(crate) fn fault(&self, caller: usize, operation: usize) -> Option<Fault> {
        let planned = self.faults.iter().find(|(by, at, _)| (*by, *at) == (caller, operation));
        planned.map(|(_, _, fault)| *fault)
    }

    pub(crate) fn note(&self, kind: Kind) {
        match kind {
            Kind::Read => self.reached.read.store(true, Ordering::Relaxed),
            Kind::Write => self.reached.write.store(true, Ordering::Relaxed),
        }
    }

    /// Whether the operation was a read or a write in any schedule; neither, if no caller came that far.
    pub(crate) fn reached(&self) -> (bool, bool) {
        (self.reached.read.load(Ordering::Relaxed), self.reached.write.load(Ordering::Relaxed))
    }
}
