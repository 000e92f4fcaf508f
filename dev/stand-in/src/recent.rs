//! The log of requests.

use std::{collections::VecDeque, sync::Mutex};

use crate::lock;

/// The newest `N` values, oldest first.
#[derive(Debug)]
pub struct Recent<T, const N: usize>(Mutex<VecDeque<T>>);

impl<T, const N: usize> Default for Recent<T, N> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone, const N: usize> Recent<T, N> {
    /// Adds one. The oldest is forgotten when there are more than `N`.
    pub fn push(&self, value: T) {
        let mut values = lock(&self.0);
        values.push_back(value);
        if values.len() > N {
            values.pop_front();
        }
    }

    /// All that are remembered.
    #[must_use]
    pub fn all(&self) -> Vec<T> {
        lock(&self.0).iter().cloned().collect()
    }

    /// Forgets them, and tells what they were.
    pub fn clear(&self) -> Vec<T> {
        lock(&self.0).drain(..).collect()
    }
}
