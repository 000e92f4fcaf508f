//! What an API answers, and the memory for it.

use authorization_server::ground::Id;
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{challenge, error::ApiError};
use crate::{
    budget::{Permit, SharedBudget},
    json_cost::tree_cost,
    limited_answer::{self, AnswerError},
};

/// The longest answer. Twenty messages have 80 KiB at most.
const LONGEST_ANSWER: usize = 128 * 1024;
/// The memory for one answer once it is parsed.
const MAX_PARSED: usize = 1024 * 1024;
/// For the answers of all owners' calls.
const ANSWERS_BYTES: usize = 12 * 1024 * 1024;
/// The part of that for those of one owner.
const OWNER_BYTES: usize = ANSWERS_BYTES / 3;

/// The memory for answers, and the share of an owner.
pub(super) fn budget() -> SharedBudget<Id> {
    SharedBudget::new(ANSWERS_BYTES, OWNER_BYTES)
}

/// The answer of an API. Its bytes count until its permit is dropped.
pub struct Answer {
    value: Value,
    /// Of its text.
    length: usize,
    memory: Permit,
}

impl Answer {
    /// The answer, and the permit for what it takes as a tree.
    #[must_use]
    pub fn into_parts(self) -> (Value, Permit) {
        (self.value, self.memory)
    }

    /// The answer as this type, and the permit for its texts: nothing else of the tree is left.
    pub fn read_as<T: DeserializeOwned>(mut self) -> Result<(T, Permit), ApiError> {
        let texts = self.memory.split(self.length);
        T::deserialize(self.value).map(|read| (read, texts)).map_err(|_| ApiError::Unexpected)
    }
}

/// Reads a response.
pub(super) async fn read(response: Response, memory: Permit) -> Result<Answer, ApiError> {
    match response.status() {
        StatusCode::OK => read_json(response, memory).await,
        StatusCode::BAD_REQUEST => Err(refusal(&read_json(response, memory).await?.value)),
        StatusCode::UNAUTHORIZED => Err(ApiError::Unauthorized(challenge::claims(response.headers()))),
        StatusCode::FORBIDDEN => Err(ApiError::Forbidden),
        StatusCode::NOT_FOUND => Err(not_found(read_json(response, memory).await.ok().as_ref())),
        _ => Err(ApiError::Unexpected),
    }
}

/// Exchange has a 404 of its own for a user without a mailbox in the cloud.
fn not_found(answer: Option<&Answer>) -> ApiError {
    match answer.and_then(|answer| answer.value.pointer("/error/code")).and_then(Value::as_str) {
        Some("MailboxNotEnabledForRESTAPI") => ApiError::NoMailbox,
        _ => ApiError::NotFound,
    }
}

/// The code of an error, if it has the form of one: it is logged.
fn refusal(answer: &Value) -> ApiError {
    let is_code = |code: &&str| {
        code.len() <= 100 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let code = answer.pointer("/error/code").and_then(Value::as_str).filter(is_code);
    code.map_or(ApiError::Unexpected, |code| ApiError::Refused(code.to_owned()))
}

/// Reads an answer whose length and tree are limited.
async fn read_json(response: Response, memory: Permit) -> Result<Answer, ApiError> {
    let (text, mut memory) = limited_answer::read(response, LONGEST_ANSWER, memory).await?.into_parts();
    let cost = tree_cost(&text);
    if cost > MAX_PARSED {
        return Err(ApiError::TooLarge);
    }
    memory.resize(cost).map_err(AnswerError::from)?;
    let value = serde_json::from_slice(&text).map_err(|_| ApiError::Unexpected)?;
    Ok(Answer { value, length: text.len(), memory })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = r#"{"a":"bcd"}"#;

    async fn answer(budget: &SharedBudget<Id>) -> Answer {
        let memory = budget.permit(Id::from_bytes([7; 16]));
        read(http::Response::new(TEXT).into(), memory).await.unwrap()
    }

    #[tokio::test]
    async fn a_tree_counts_until_its_permit_is_dropped_and_of_a_type_its_texts() {
        let budget = budget();
        let taken = || ANSWERS_BYTES - budget.available();
        let (value, memory) = answer(&budget).await.into_parts();
        assert_eq!((value, taken()), (json!({ "a": "bcd" }), tree_cost(TEXT.as_bytes())));
        drop(memory);
        assert_eq!(taken(), 0);
        let (read, memory) = answer(&budget).await.read_as::<std::collections::BTreeMap<String, String>>().unwrap();
        assert_eq!((&*read["a"], taken()), ("bcd", TEXT.len()));
        drop(memory);
        assert_eq!(taken(), 0);
        assert!(matches!(answer(&budget).await.read_as::<Vec<String>>(), Err(ApiError::Unexpected)));
        assert_eq!(taken(), 0);
    }
}
