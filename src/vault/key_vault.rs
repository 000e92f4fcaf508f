//! Wrapping by an RSA key in Key Vault, which never leaves it.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use authorization_server::ground::Unavailable;
use azure_core::{
    credentials::TokenCredential,
    error::ErrorKind,
    http::{ClientOptions, FixedRetryOptions, RequestContent, RetryOptions},
};
use azure_security_keyvault_keys::{
    KeyClient, KeyClientOptions, ResourceExt as _, ResourceId,
    models::{EncryptionAlgorithm, KeyClientGetKeyOptions, KeyOperationParameters, KeyOperationResult},
};
use zeroize::Zeroizing;

use super::wrap::{KeyBytes, KeyWrap, Wrapped};
use crate::{
    config::VaultKeyId,
    telemetry::{CallOutcome, Service, ServiceCalls, chain},
};

/// A call with its retries; the SDK's default is over 80 s.
const CALL_TIMEOUT: Duration = Duration::from_secs(4);
const RETRIES: u32 = 2;

/// A key in a vault.
pub struct KeyVault {
    client: KeyClient,
    name: String,
    calls: ServiceCalls,
}

impl KeyVault {
    /// The client connects when it is first used.
    pub fn new(key: &VaultKeyId, identity: Arc<dyn TokenCredential>) -> azure_core::Result<Self> {
        let retry = RetryOptions::fixed(FixedRetryOptions {
            delay: time::Duration::milliseconds(200),
            max_retries: RETRIES,
            max_total_elapsed: time::Duration::seconds(3),
        });
        let client_options = ClientOptions { retry, ..ClientOptions::default() };
        let options = KeyClientOptions { client_options, ..KeyClientOptions::default() };
        let client = KeyClient::new(&key.vault, identity, Some(options))?;
        Ok(Self { client, name: key.name.clone(), calls: ServiceCalls::new(Service::Vault) })
    }

    async fn call<T>(&self, call: impl Future<Output = azure_core::Result<T>>) -> Result<T, Unavailable> {
        self.calls.count(within_limit(call), |failed| failed.outcome).await.map_err(|failed| failed.reason)
    }
}

#[async_trait]
impl KeyWrap for KeyVault {
    async fn current(&self) -> Result<String, Unavailable> {
        let key = self
            .call(async {
                let options: Option<KeyClientGetKeyOptions<'_>> = None;
                self.client.get_key(&self.name, options).await?.into_model()
            })
            .await?;
        version(key.resource_id().map_err(of_sdk)?)
    }

    async fn wrap(&self, key: &KeyBytes) -> Result<Wrapped, Unavailable> {
        let result = self
            .call(async {
                let parameters = parameters(key.as_slice()).try_into()?;
                self.client.wrap_key(&self.name, parameters, None).await?.into_model()
            })
            .await?;
        Ok(Wrapped { by: version(result.resource_id().map_err(of_sdk)?)?, bytes: value(result)? })
    }

    async fn unwrap(&self, wrapped: &Wrapped) -> Result<KeyBytes, Unavailable> {
        let result = self
            .call(async {
                let parameters: RequestContent<KeyOperationParameters> = parameters(&wrapped.bytes).try_into()?;
                self.client.unwrap_key(&self.name, &wrapped.by, parameters, None).await?.into_model()
            })
            .await?;
        let bytes = Zeroizing::new(value(result)?);
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| down("the unwrapped key has not 32 bytes"))?;
        Ok(Zeroizing::new(key))
    }
}

fn parameters(bytes: &[u8]) -> KeyOperationParameters {
    let (algorithm, value) = (Some(EncryptionAlgorithm::RsaOaep256), Some(bytes.to_vec()));
    KeyOperationParameters { algorithm, value, ..KeyOperationParameters::default() }
}

/// Why a call has no result.
struct FailedCall {
    outcome: CallOutcome,
    reason: Unavailable,
}

async fn within_limit<T>(call: impl Future<Output = azure_core::Result<T>>) -> Result<T, FailedCall> {
    let failed = |outcome, reason| FailedCall { outcome, reason };
    match tokio::time::timeout(CALL_TIMEOUT, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(failed(outcome(error.kind()), of_sdk(error))),
        Err(_) => Err(failed(CallOutcome::Failed, down(format!("no answer within {} s", CALL_TIMEOUT.as_secs())))),
    }
}

/// The vault refuses a key that is disabled or gone, and an identity without the role.
fn outcome(kind: &ErrorKind) -> CallOutcome {
    const REFUSALS: [u16; 4] = [400, 401, 403, 404];
    match kind {
        ErrorKind::HttpResponse { status, .. } if REFUSALS.contains(&u16::from(*status)) => CallOutcome::Refused,
        _ => CallOutcome::Failed,
    }
}

/// A wrapped key must keep this version; the latest version is not always the one that wrapped it.
fn version(id: ResourceId) -> Result<String, Unavailable> {
    id.version.ok_or_else(|| down("the key id has no version"))
}

fn value(result: KeyOperationResult) -> Result<Vec<u8>, Unavailable> {
    result.result.ok_or_else(|| down("the answer has no value"))
}

#[expect(clippy::needless_pass_by_value, reason = "it is for map_err")]
fn of_sdk(error: azure_core::Error) -> Unavailable {
    down(chain(&error))
}

fn down(reason: impl fmt::Display) -> Unavailable {
    Unavailable::keyring(format!("Key Vault: {reason}"))
}

#[cfg(test)]
mod tests {
    use azure_core::http::StatusCode;

    use super::*;

    const ID: &str = "https://v.vault.azure.net/keys/data-key-wrap";

    fn key(id: &str) -> ResourceId {
        id.parse().unwrap()
    }

    #[test]
    fn a_wrapped_key_remembers_the_version_that_wrapped_it() {
        assert_eq!(version(key(&format!("{ID}/0123abcd"))).unwrap(), "0123abcd");
        let without = version(key(ID)).unwrap_err();
        assert_eq!(without.reason, "Key Vault: the key id has no version");
    }

    #[test]
    fn an_answer_without_a_value_is_an_outage_and_no_empty_key() {
        let result = |value| {
            let mut result = KeyOperationResult::default();
            result.result = value;
            result
        };
        assert_eq!(value(result(None)).unwrap_err().reason, "Key Vault: the answer has no value");
        assert_eq!(value(result(Some(vec![1, 2]))).unwrap(), [1, 2]);
    }

    #[test]
    fn keys_are_wrapped_by_rsa_oaep_256() {
        let parameters = serde_json::to_value(parameters(&[0xfb, 0xff])).unwrap();
        assert_eq!(parameters, serde_json::json!({ "alg": "RSA-OAEP-256", "value": "-_8" }));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_key_vault_longer_than_four_seconds() {
        let began = tokio::time::Instant::now();
        let late = within_limit(std::future::pending::<azure_core::Result<()>>()).await.err().unwrap().reason;
        assert_eq!(late.reason, "Key Vault: no answer within 4 s");
        assert!(began.elapsed() >= CALL_TIMEOUT && began.elapsed() < CALL_TIMEOUT + Duration::from_millis(10));
    }

    #[test]
    fn a_vault_that_says_no_is_not_down() {
        let kind = |status| ErrorKind::HttpResponse { status, error_code: None, raw_response: None };
        assert_eq!(outcome(&kind(StatusCode::Forbidden)), CallOutcome::Refused);
        for status in [StatusCode::TooManyRequests, StatusCode::ServiceUnavailable] {
            assert_eq!(outcome(&kind(status)), CallOutcome::Failed);
        }
        assert_eq!(outcome(&ErrorKind::Credential), CallOutcome::Failed);
    }

    #[tokio::test]
    async fn an_error_says_what_was_behind_it() {
        let cause = std::io::Error::other("connection refused");
        let error = azure_core::Error::with_error(azure_core::error::ErrorKind::Io, cause, "cannot send");
        let failed = within_limit(async { Err::<(), _>(error) }).await.err().unwrap().reason;
        assert!(failed.reason.starts_with("Key Vault: cannot send") && failed.reason.contains("connection refused"));
        assert_eq!(within_limit(async { Ok(7) }).await.ok(), Some(7));
    }
}
