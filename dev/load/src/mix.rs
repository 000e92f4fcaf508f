//! The mix of the users' acts.

use std::time::Duration;

/// How many users, and what each of them does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mix {
    /// Signed-in users.
    pub users: usize,
    /// How many of them hold an HTTP+SSE stream and call over it; the others call over Streamable HTTP.
    pub streams: usize,
    /// How long they work.
    pub duration: Duration,
    /// From one call of a user to the next.
    pub between_calls: Duration,
    /// From one refresh of a user to the next.
    pub between_refreshes: Duration,
}

impl Mix {
    /// Whether this user holds a stream.
    #[must_use]
    pub fn streams(&self, user: usize) -> bool {
        user < self.streams
    }

    /// When this user acts, from the start of the work: the users are spread evenly over the time between two acts.
    pub fn times(&self, user: usize, between: Duration) -> impl Iterator<Item = Duration> + use<> {
        let users = u32::try_from(self.users.max(1)).unwrap_or(u32::MAX);
        let place = u32::try_from(user).unwrap_or(u32::MAX);
        let (first, end) = (between * place / users, self.duration);
        (0..).map(move |number| first + between * number).take_while(move |time| *time < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_act_at_even_distances_until_the_end() {
        let mix = Mix {
            users: 2,
            streams: 1,
            duration: Duration::from_secs(10),
            between_calls: Duration::from_secs(4),
            between_refreshes: Duration::from_mins(1),
        };
        let seconds = |user| mix.times(user, mix.between_calls).map(|time| time.as_secs()).collect::<Vec<_>>();
        assert_eq!((seconds(0), seconds(1)), (vec![0, 4, 8], vec![2, 6]));
        assert_eq!(mix.times(1, mix.between_refreshes).count(), 0);
        assert!(mix.streams(0) && !mix.streams(1));
    }
}
