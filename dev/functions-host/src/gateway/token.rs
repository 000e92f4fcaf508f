//! The token of the gateway's managed identity: kept, and fetched again before it ends.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use stand_in::UnverifiedJwt;
use time::OffsetDateTime;
use tokio::sync::Mutex;

/// Why the gateway has no token.
#[derive(Debug, thiserror::Error)]
#[error("the gateway has no token: {0}")]
pub struct NoToken(pub String);

/// Where tokens come from.
pub(super) type Source = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<String, NoToken>> + Send>> + Send + Sync>;

/// The token that is sent now.
pub(super) struct Token {
    source: Source,
    kept: Mutex<Option<(String, OffsetDateTime)>>,
}

impl Token {
    pub(super) fn new(source: Source) -> Self {
        Self { source, kept: Mutex::default() }
    }

    /// One that is good for five minutes more.
    pub(super) async fn get(&self, now: OffsetDateTime) -> Result<String, NoToken> {
        const BEFORE_ITS_END: Duration = Duration::from_mins(5);
        let mut kept = self.kept.lock().await;
        if let Some((token, expires)) = kept.as_ref()
            && now + BEFORE_ITS_END < *expires
        {
            return Ok(token.clone());
        }
        let token = (self.source)().await?;
        let expires = expires(&token).ok_or_else(|| NoToken("what came is no token".to_owned()))?;
        *kept = Some((token.clone(), expires));
        Ok(token)
    }
}

/// RFC 7519 section 4.1.4. Its signature is the handler's to check.
fn expires(token: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(UnverifiedJwt::parse(token)?.time("exp")?).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use serde_json::json;
    use stand_in::{SigningKey, jwt};

    use super::*;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    /// Each token lives an hour longer than the one before.
    fn hourly() -> Token {
        let (fetched, key) = (Arc::new(AtomicI64::new(0)), SigningKey::generate());
        Token::new(Arc::new(move || {
            let hours = fetched.fetch_add(1, Ordering::Relaxed) + 1;
            let token = jwt::sign(&key, &json!({ "exp": hours * 3600 }));
            Box::pin(async move { Ok(token) })
        }))
    }

    #[tokio::test]
    async fn a_token_is_kept_until_five_minutes_before_its_end() {
        let token = hourly();
        let first = token.get(START).await.unwrap();
        assert_eq!(token.get(START + Duration::from_mins(54)).await.unwrap(), first);
        assert_ne!(token.get(START + Duration::from_mins(55)).await.unwrap(), first);
    }

    #[tokio::test]
    async fn what_is_no_token_is_said_to_be_none() {
        let token = Token::new(Arc::new(|| Box::pin(async { Ok("nonsense".to_owned()) })));
        assert!(token.get(START).await.unwrap_err().to_string().contains("no token"));
    }
}
