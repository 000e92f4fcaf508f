//! Registrations, and clients of metadata documents, that wait for their first use. Anybody may register or name a document, so
//! their number of places is limited. When all are taken, the network with the most of them loses its oldest, and everybody
//! else goes on.
//!
//! Each process counts what it stored itself, since it started. A client that was used through another process counts here
//! until it would be dropped.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::ground::{Id, Network};

/// The waiting registrations of this process. Every operation takes logarithmic time, and memory is bounded by the places.
pub(crate) struct WaitingRegistrations {
    places: usize,
    state: Mutex<WaitingList>,
}

#[derive(Default)]
struct WaitingList {
    /// By network, the oldest first.
    of: HashMap<Network, BTreeMap<u64, Id>>,
    /// Where each registration is.
    places: HashMap<Id, (Network, u64)>,
    /// How many registrations a network has, and the number of its oldest. The last has the most.
    ranking: BTreeSet<(usize, Reverse<u64>, Network)>,
    next: u64,
}

/// The outcome for a new registration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It has a place.
    Free,
    /// It has the place of this one, which must be dropped.
    InsteadOf(Id),
    /// It is refused, because its own network has the most. This one must be dropped all the same.
    Refused(Id),
}

impl WaitingRegistrations {
    /// An empty list with this many places.
    pub(crate) fn new(places: NonZeroU32) -> Self {
        Self { places: usize::try_from(places.get()).unwrap_or(usize::MAX), state: Mutex::default() }
    }

    /// Takes a place for a client that is stored now, or again after it had expired.
    pub(crate) fn admit(&self, id: Id, from: Network) -> Admission {
        let mut state = self.state();
        state.remove(id);
        let loser = if state.places.len() < self.places { None } else { state.remove_from_largest() };
        match loser {
            Some((lost, network)) if network == from => Admission::Refused(lost),
            Some((lost, _)) => {
                state.add(id, from);
                Admission::InsteadOf(lost)
            }
            None => {
                state.add(id, from);
                Admission::Free
            }
        }
    }

    /// Releases the place of a registration that was used, or was not made.
    pub(crate) fn forget(&self, id: Id) {
        self.state().remove(id);
    }

    fn state(&self) -> MutexGuard<'_, WaitingList> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WaitingList {
    fn add(&mut self, id: Id, from: Network) {
        let number = self.next;
        self.next += 1;
        self.places.insert(id, (from, number));
        self.change(from, |registrations| {
            registrations.insert(number, id);
        });
    }

    fn remove(&mut self, id: Id) {
        if let Some((from, number)) = self.places.remove(&id) {
            self.change(from, |registrations| {
                registrations.remove(&number);
            });
        }
    }

    /// Removes the oldest registration of the network that has the most.
    fn remove_from_largest(&mut self) -> Option<(Id, Network)> {
        let (_, Reverse(oldest), network) = *self.ranking.last()?;
        let id = *self.of.get(&network)?.get(&oldest)?;
        self.remove(id);
        Some((id, network))
    }

    /// Changes the registrations of a network, and its rank with them.
    fn change(&mut self, network: Network, change: impl FnOnce(&mut BTreeMap<u64, Id>)) {
        let registrations = self.of.entry(network).or_default();
        if let Some(rank) = rank(registrations, network) {
            self.ranking.remove(&rank);
        }
        change(registrations);
        match rank(registrations, network) {
            Some(rank) => {
                self.ranking.insert(rank);
            }
            None => {
                self.of.remove(&network);
            }
        }
    }
}

fn rank(registrations: &BTreeMap<u64, Id>, network: Network) -> Option<(usize, Reverse<u64>, Network)> {
    let (oldest, _) = registrations.first_key_value()?;
    Some((registrations.len(), Reverse(*oldest), network))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> Id {
        Id::from_bytes([number; 16])
    }

    fn network(last: u8) -> Network {
        Network::of([20, 1, 2, last].into())
    }

    fn waiting(places: u32, taken: &[(u8, u8)]) -> WaitingRegistrations {
        let waiting = WaitingRegistrations::new(NonZeroU32::new(places).unwrap());
        for (number, from) in taken {
            assert_eq!(waiting.admit(id(*number), network(*from)), Admission::Free);
        }
        waiting
    }

    #[test]
    fn the_network_with_the_most_is_refused_and_loses_its_oldest() {
        let waiting = waiting(3, &[(1, 7), (2, 7), (3, 8)]);
        assert_eq!(waiting.admit(id(4), network(7)), Admission::Refused(id(1)));
        assert_eq!(waiting.admit(id(5), network(7)), Admission::Free, "the place that was lost");
    }

    #[test]
    fn another_network_takes_the_place_of_its_oldest() {
        let waiting = waiting(3, &[(1, 7), (2, 7), (3, 8)]);
        assert_eq!(waiting.admit(id(4), network(9)), Admission::InsteadOf(id(1)));
        assert_eq!(waiting.admit(id(5), network(10)), Admission::InsteadOf(id(2)), "all have one: the oldest of all");
    }

    /// A document that was never used expires, and can be fetched again.
    #[test]
    fn a_client_has_one_place_however_often_it_comes() {
        let waiting = waiting(2, &[(1, 7), (1, 8), (1, 7), (2, 8)]);
        assert_eq!(waiting.admit(id(3), network(9)), Admission::InsteadOf(id(1)));
        for number in 1..=3 {
            waiting.forget(id(number));
        }
        let state = waiting.state();
        assert!(state.of.is_empty() && state.places.is_empty() && state.ranking.is_empty());
    }

    #[test]
    fn a_registration_that_was_used_or_not_made_leaves_its_place_and_nothing_else() {
        let waiting = waiting(2, &[(1, 7), (2, 7)]);
        waiting.forget(id(1));
        waiting.forget(id(1));
        waiting.forget(id(9));
        assert_eq!(waiting.admit(id(3), network(7)), Admission::Free);
        waiting.forget(id(2));
        waiting.forget(id(3));
        let state = waiting.state();
        assert!(state.of.is_empty() && state.places.is_empty() && state.ranking.is_empty());
    }
}
