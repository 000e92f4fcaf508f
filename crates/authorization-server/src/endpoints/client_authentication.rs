//! Which client asks, and whether it proves it (RFC 6749 §2.3; RFC 7523 §3).

use oauth_protocol::{client_assertion::ClientAssertion, json_web_key::PublicKey, token_request::ClientCredentials};

use crate::{
    client_documents::{FetchError, FetchedFor},
    ground::{Created, Id, Network, TooMany, Unavailable},
    server::AuthorizationServer,
    state::{client::Client, client_keys::ClientKeys, spent_assertion::SpentAssertion},
};

/// A client at the token or revocation endpoint. Its record, which may have 64 KiB, is kept over no further read.
pub(crate) struct KnownClient {
    pub(crate) id: Id,
    /// Whether it has proved its key. A public client proves nothing.
    pub(crate) authenticated: bool,
    /// Whether the operator has blocked it.
    pub(crate) is_blocked: bool,
    /// Whether a use of it now is noted already.
    pub(crate) use_is_noted: bool,
}

/// Why a client may not ask.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is no such client.
    #[error("the client is not registered")]
    Unknown,
    /// It did not authenticate as its metadata document declares.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The client's keys would have to be fetched, and too many were in the last minute.
    #[error("too many metadata documents were fetched")]
    TooManyDocuments(TooMany),
    /// A service is down, or the host of the client's keys.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl AuthorizationServer {
    /// The client that these credentials name. It must authenticate if its document declares that it always does.
    pub(crate) async fn authenticate_client(
        &self,
        credentials: &ClientCredentials,
        from: Network,
    ) -> Result<KnownClient, ClientError> {
        // Read first, so that the client is not kept meanwhile.
        let blocks = self.blocks().await?;
        let client = self.find_client(&credentials.client_id).await?.ok_or(ClientError::Unknown)?.value;
        let client = match &credentials.assertion {
            Some(assertion) => self.check_assertion(client, assertion, from).await?,
            None if client.keys().is_some_and(|keys| keys.declared.required) => {
                return Err(ClientError::Unauthenticated("the client must send a client_assertion"));
            }
            None => client,
        };
        let now = self.now();
        Ok(KnownClient {
            id: client.id,
            authenticated: credentials.assertion.is_some(),
            is_blocked: blocks.block_client(&client, now),
            use_is_noted: client.use_is_noted(now),
        })
    }

    /// Only the client of a document has keys, and its record is small. The assertion is spent last, so that nothing is stored of
    /// one that is wrong.
    async fn check_assertion(
        &self,
        client: Client,
        assertion: &ClientAssertion,
        from: Network,
    ) -> Result<Client, ClientError> {
        let keys = client.keys().ok_or(ClientError::Unauthenticated("the client publishes no key"))?;
        if keys.declared.algorithm.is_some_and(|own| own != assertion.algorithm()) {
            return Err(ClientError::Unauthenticated("alg of the assertion is not the one that the client declares"));
        }
        let checked = assertion.check(self.base().issuer(), self.now().unix_timestamp());
        checked.map_err(|error| ClientError::Unauthenticated(error.0))?;
        let (client, key) = self.key_of(client, assertion, from).await?;
        if !self.ports.client_signatures.verifies(&key, &assertion.signed()) {
            return Err(ClientError::Unauthenticated("the signature of the assertion is wrong"));
        }
        let spent = SpentAssertion::new(client.id, assertion.jti(), self.now());
        match self.ports.spent_assertions.create(spent).await? {
            Created::Done(_) => Ok(client),
            Created::Exists(_) => Err(ClientError::Unauthenticated("the assertion was used before")),
        }
    }

    /// The key that an assertion names: what is stored, and only if that does not have it, what is published now. For a client that
    /// the operator has blocked nothing is fetched.
    async fn key_of(
        &self,
        client: Client,
        assertion: &ClientAssertion,
        from: Network,
    ) -> Result<(Client, PublicKey), ClientError> {
        let known = |client: &Client| client.keys().and_then(|keys| keys.known(assertion)).cloned();
        if let Some(key) = known(&client) {
            return Ok((client, key));
        }
        let unknown = ClientError::Unauthenticated("the key of the assertion is not one that the client publishes");
        let may_fetch = client.keys().and_then(|keys| keys.to_fetch(self.now())).is_some();
        if !may_fetch || self.blocks().await?.block_client(&client, self.now()) {
            return Err(unknown);
        }
        let client = self.with_fetched_keys(client, from).await?;
        let key = known(&client).ok_or(unknown)?;
        Ok((client, key))
    }

    /// Fetches the keys, and keeps them.
    async fn with_fetched_keys(&self, client: Client, from: Network) -> Result<Client, ClientError> {
        let Some(url) = client.keys().and_then(ClientKeys::url) else { return Ok(client) };
        let fetched_for = FetchedFor::of(Some(&client), from);
        let fetched = self.fetch_keys(url, fetched_for).await.map_err(|error| match error {
            FetchError::Invalid(reason) => ClientError::Unauthenticated(reason),
            FetchError::TooMany(too_many) => ClientError::TooManyDocuments(too_many),
            FetchError::Failed(_) => Unavailable::client_keys(error.to_string()).into(),
        })?;
        let kept = self.keep_keys(&client, fetched).await?;
        Ok(kept.ok_or(ClientError::Unknown)?.value)
    }
}
