//! Callers together: each is a task, and the scheduler chooses between them at every operation.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    rc::Rc,
    sync::Arc,
    task::{Poll, Waker},
};

use shuttle::future::{block_on, spawn_local};
use testkit::Rig;
use time::Duration;

use crate::{
    model::{Caller, Plan},
    world::{Process, World},
};

/// Callers that are under way.
pub(crate) struct Crowd<'a> {
    world: &'a World,
    plan: &'a Plan,
    processes: Vec<Arc<Process>>,
    under_way: Rc<UnderWay>,
}

#[derive(Default)]
struct UnderWay {
    callers: Cell<usize>,
    waits: RefCell<Option<Waker>>,
}

/// A request, in a process of its own, and its answer.
pub(crate) struct Asked<T> {
    pub(crate) process: Arc<Process>,
    answer: Rc<RefCell<Option<T>>>,
}

impl<'a> Crowd<'a> {
    pub(crate) fn new(world: &'a World, plan: &'a Plan) -> Self {
        Self { world, plan, processes: Vec::new(), under_way: Rc::default() }
    }

    /// Starts a process and asks it. Callers are numbered in this order.
    pub(crate) fn ask<T: 'static>(&mut self, request: impl AsyncFnOnce(&Rig) -> T + 'static) -> Asked<T> {
        let process = self.world.process(&Caller::new(self.processes.len(), self.plan));
        let asked = Asked { process: Arc::clone(&process), answer: Rc::default() };
        let (answer, under_way) = (Rc::clone(&asked.answer), Rc::clone(&self.under_way));
        self.processes.push(Arc::clone(&process));
        under_way.callers.update(|callers| callers + 1);
        drop(spawn_local(async move {
            let told = process.caller.live(request(&process.rig)).await;
            *answer.borrow_mut() = told;
            process.caller.late_operations().await;
            under_way.leave();
        }));
        asked
    }

    /// Time passes whenever this caller has its turn.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.ask(async move |rig: &Rig| rig.clock.advance(time));
    }

    /// Waits until every caller has its answer or is dead. The processes stay, with what they remember.
    pub(crate) fn wait(self) -> Vec<Arc<Process>> {
        block_on(poll_fn(|context| {
            *self.under_way.waits.borrow_mut() = Some(context.waker().clone());
            if self.under_way.callers.get() == 0 { Poll::Ready(()) } else { Poll::Pending }
        }));
        for process in &self.processes {
            process.caller.stay_alone();
        }
        self.processes
    }
}

impl UnderWay {
    /// Only the last one wakes the waiting task.
    fn leave(&self) {
        self.callers.update(|callers| callers - 1);
        if self.callers.get() == 0
            && let Some(waker) = self.waits.take()
        {
            waker.wake();
        }
    }
}

impl<T> Asked<T> {
    /// The answer; `None` if the caller died.
    pub(crate) fn answer(&self) -> Option<T> {
        self.answer.take()
    }

    /// Whether the caller was told of a failure, or died.
    pub(crate) fn disturbed(&self) -> bool {
        self.process.caller.disturbed()
    }
}
