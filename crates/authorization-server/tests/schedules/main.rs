//! The services on a model of the shared store, under every schedule of their store operations: depth-first where the
//! schedules can be counted out, at random and by priorities (PCT) beyond.
//!
//! Each caller is a process of its own, with caches of its own. Any of its operations may fail before or after it
//! happens, may happen late, may be sent again by the store's client, or may be the caller's last. Of a scenario that
//! fails, the schedule is printed; `LONG=1` asks for all that there is to explore.
#![cfg(test)]

mod crowd;
mod explore;
mod invariants;
mod model;
mod scenarios;
mod start;
mod world;
