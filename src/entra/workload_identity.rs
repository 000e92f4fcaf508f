//! The workload identity, and how its tokens are fetched.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use azure_core::{
    Error,
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
    http::{ClientOptions, FixedRetryOptions, RetryOptions},
};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};

/// How long an attempt may take. The identity makes one at a time, so that one without an answer keeps the next one away.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(7);
/// The attempts of a fetch.
const ATTEMPTS: usize = 2;

/// The workload identity.
pub type Identity = Arc<dyn TokenCredential>;

/// A user-assigned managed identity.
pub fn managed_identity(client_id: &str) -> azure_core::Result<Identity> {
    let retry = RetryOptions::fixed(FixedRetryOptions {
        delay: time::Duration::milliseconds(300),
        max_retries: 2,
        max_total_elapsed: time::Duration::seconds(4),
    });
    let identity = ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
        user_assigned_id: Some(UserAssignedId::ClientId(client_id.to_owned())),
        client_options: ClientOptions { retry, ..ClientOptions::default() },
    }))?;
    Ok(Arc::new(SharedFetches::of(identity)))
}

type Fetch = Shared<BoxFuture<'static, Result<AccessToken, Arc<Error>>>>;

/// An identity whose fetches go on when nobody waits any more: a slow answer is for whoever asks next. The identity caches
/// tokens, but stores none whose fetch was dropped.
#[derive(Debug)]
pub(super) struct SharedFetches {
    identity: Identity,
    /// The last fetch, and its scopes.
    last: Mutex<Option<(Vec<String>, Fetch)>>,
}

impl SharedFetches {
    pub(super) fn of(identity: Identity) -> Self {
        Self { identity, last: Mutex::default() }
    }

    /// The fetch that is under way, or a new one.
    fn fetch(&self, scopes: &[&str]) -> Fetch {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, fetch)) = &*last
            && of == scopes
            && fetch.peek().is_none()
        {
            return fetch.clone();
        }
        let scopes: Vec<_> = scopes.iter().map(|&scope| scope.to_owned()).collect();
        // `Shared` would panic for everybody who asks after a panic.
        let fetched = AssertUnwindSafe(fetch(Arc::clone(&self.identity), scopes.clone())).catch_unwind();
        let fetch = fetched.map(|result| result.unwrap_or_else(|_| Err(failed("a panic")))).boxed().shared();
        tokio::spawn(fetch.clone());
        *last = Some((scopes, fetch.clone()));
        fetch
    }
}

#[async_trait]
impl TokenCredential for SharedFetches {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let failed = |error| Error::with_error(ErrorKind::Credential, error, "no token of the managed identity");
        self.fetch(scopes).await.map_err(failed)
    }
}

async fn fetch(identity: Identity, scopes: Vec<String>) -> Result<AccessToken, Arc<Error>> {
    let scopes: Vec<_> = scopes.iter().map(String::as_str).collect();
    for _ in 0..ATTEMPTS {
        if let Ok(answer) = tokio::time::timeout(ATTEMPT_TIMEOUT, identity.get_token(&scopes, None)).await {
            return answer.map_err(Arc::new);
        }
    }
    Err(failed("no answer in time"))
}

fn failed(reason: &'static str) -> Arc<Error> {
    Arc::new(Error::with_message(ErrorKind::Credential, reason))
}
