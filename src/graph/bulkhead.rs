//! Limits the requests to one API that are under way at a time. Further ones wait for their turn, in the order in which they came.
//! So an API that answers slowly takes neither the memory of this process nor the turns of other APIs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use authorization_server::state::api::Api;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::error::ApiError;

/// A call that waits for its turn takes half of the memory of one whose request is under way.
const MAX_CONCURRENT_REQUESTS: usize = 128;
/// The longest wait for a turn.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A bulkhead for each API (<https://learn.microsoft.com/azure/architecture/patterns/bulkhead>).
#[derive(Default)]
pub(super) struct Bulkheads(Mutex<HashMap<Api, Arc<Semaphore>>>);

impl Bulkheads {
    /// Waits for a turn, which lasts until it is dropped.
    pub(super) async fn turn(&self, api: Api) -> Result<OwnedSemaphorePermit, ApiError> {
        let turn = timeout(LONGEST_WAIT, self.of(api).acquire_owned()).await;
        turn.ok().and_then(Result::ok).ok_or(ApiError::Limit("requests to one API at once"))
    }

    fn of(&self, api: Api) -> Arc<Semaphore> {
        let mut bulkheads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(bulkheads.entry(api).or_insert_with(|| Arc::new(Semaphore::new(MAX_CONCURRENT_REQUESTS))))
    }
}

#[cfg(test)]
mod tests {
    use authorization_server::state::api::RegisteredApi;

    use super::*;

    static ORDERS: RegisteredApi = RegisteredApi {
        name: "Orders",
        application_id_uri: "api://orders",
        client_id: "id",
        origin: "https://o.example",
    };

    #[tokio::test(start_paused = true)]
    async fn a_request_that_gets_no_turn_in_time_is_told_why_and_other_apis_go_on() {
        let bulkheads = Bulkheads::default();
        let mut turns = Vec::new();
        for _ in 0..MAX_CONCURRENT_REQUESTS {
            turns.push(bulkheads.turn(Api::Graph).await.unwrap());
        }
        assert!(bulkheads.turn(Api::Registered(&ORDERS)).await.is_ok());
        let refused = bulkheads.turn(Api::Graph).await.unwrap_err();
        assert!(matches!(refused, ApiError::Limit("requests to one API at once")), "{refused}");
        turns.pop();
        assert!(bulkheads.turn(Api::Graph).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn turns_come_in_the_order_of_the_requests() {
        let bulkheads = Bulkheads::default();
        let mut turns = Vec::new();
        for _ in 0..MAX_CONCURRENT_REQUESTS {
            turns.push(bulkheads.turn(Api::Graph).await.unwrap());
        }
        // This many turns use up the budget that tokio gives a task; after that everything is pending.
        tokio::task::yield_now().await;
        let (mut first, mut second) = (Box::pin(bulkheads.turn(Api::Graph)), Box::pin(bulkheads.turn(Api::Graph)));
        assert!(futures_util::poll!(&mut first).is_pending() && futures_util::poll!(&mut second).is_pending());
        turns.pop();
        assert!(futures_util::poll!(&mut second).is_pending());
        assert!(futures_util::poll!(&mut first).is_ready());
    }
}
