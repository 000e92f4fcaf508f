//! One caller: its turns among the others, and what befalls it.

use std::{
    future::{pending, poll_fn},
    mem,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use authorization_server::ground::Unavailable;

use super::{Fault, Kind, Plan, lock};

/// A caller of the store and Entra. Every operation is a turn.
pub(crate) struct Caller {
    pub(crate) id: usize,
    plan: Plan,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    alone: bool,
    operations: usize,
    dead: bool,
    failed: bool,
    late: Vec<Box<dyn Fn() + Send>>,
}

impl Caller {
    /// A caller among others, with whom things go wrong by this plan.
    pub(crate) fn new(id: usize, plan: &Plan) -> Arc<Self> {
        Arc::new(Self { id, plan: plan.clone(), state: Mutex::default() })
    }

    /// A caller that waits for nobody and for whom nothing fails: before and after the others.
    pub(crate) fn alone() -> Arc<Self> {
        let state = State { alone: true, ..State::default() };
        Arc::new(Self { id: usize::MAX, plan: Plan::calm(), state: Mutex::new(state) })
    }

    /// From now on it is alone.
    pub(crate) fn stay_alone(&self) {
        lock(&self.state).alone = true;
    }

    /// Whether it was told of a failure, or died.
    pub(crate) fn disturbed(&self) -> bool {
        let state = lock(&self.state);
        state.failed || state.dead
    }

    /// Tells it of a failure.
    pub(crate) fn fail(&self, reason: &str) -> Unavailable {
        lock(&self.state).failed = true;
        Unavailable::store(reason.to_owned())
    }

    /// Performs an operation when its turn comes, and again if the store's client sends it again.
    pub(crate) async fn turn<T>(
        &self,
        kind: Kind,
        operation: impl Fn() -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        let fault = loop {
            match self.next_fault(kind).await {
                None => return Ok(operation()),
                Some(Fault::SentAgain) => drop(operation()),
                Some(fault) => break fault,
            }
        };
        match fault {
            Fault::After => drop(operation()),
            Fault::Late => lock(&self.state).late.push(Box::new(move || drop(operation()))),
            Fault::Before | Fault::SentAgain | Fault::Death => {}
        }
        Err(self.fail(&format!("{fault:?}")))
    }

    /// The operations that had not finished when the caller was done.
    pub(crate) async fn late_operations(&self) {
        let late = mem::take(&mut lock(&self.state).late);
        for operation in late {
            others_first().await;
            operation();
        }
    }

    /// The first operation needs no turn, since the scheduler starts the caller.
    async fn next_fault(&self, kind: Kind) -> Option<Fault> {
        let operation = {
            let mut state = lock(&self.state);
            if state.alone {
                return None;
            }
            state.operations += 1;
            state.operations - 1
        };
        if operation > 0 {
            others_first().await;
        }
        let fault = self.plan.fault(self.id, operation)?;
        self.plan.note(kind);
        match fault {
            Fault::Death => {
                lock(&self.state).dead = true;
                pending().await
            }
            Fault::Before => Some(fault),
            Fault::After | Fault::Late | Fault::SentAgain => (kind == Kind::Write).then_some(fault),
        }
    }

    /// Runs a request; `None` if the caller dies over it, or with the answer in its hands.
    pub(crate) async fn live<T>(&self, request: impl Future<Output = T>) -> Option<T> {
        let mut request = pin!(request);
        poll_fn(|context| match request.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(self.answers().then_some(answer)),
            Poll::Pending if lock(&self.state).dead => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    fn answers(&self) -> bool {
        let mut state = lock(&self.state);
        state.dead = self.plan.fault(self.id, state.operations) == Some(Fault::Death);
        !state.dead
    }
}

/// Lets the scheduler choose who goes on. It is no yield, by which a scheduler would take the caller to be idle.
async fn others_first() {
    let mut chosen = false;
    poll_fn(|context| {
        if chosen {
            return Poll::Ready(());
        }
        chosen = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Runs the request of a single caller, which never waits.
pub(crate) fn at_once<T>(request: impl Future<Output = T>) -> T {
    match pin!(request).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("a single caller never waits"),
    }
}
