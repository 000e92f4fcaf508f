//! The answer of another server, which is not read beyond a limit.

use reqwest::Response;

use crate::{
    budget::{Exhausted, Permit},
    kept::Kept,
};

/// The longest answer that is read, unless its reader says otherwise. A token response and a user's details have a few KiB.
pub const MAX_ANSWER: usize = 64 * 1024;
/// The limit of all answers of Entra together while they are read.
pub const ANSWERS_BYTES: usize = 8 * 1024 * 1024;

/// Why an answer was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// It is longer than its limit, in bytes.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    /// Other answers take the memory.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// The connection broke, or took too long.
    #[error(transparent)]
    BrokenOff(#[from] reqwest::Error),
}

/// Reads a body of at most `most` bytes.
pub async fn read(mut response: Response, most: usize, permit: Permit) -> Result<Kept, AnswerError> {
    let mut body = Kept::new(permit);
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > most {
            return Err(AnswerError::TooLarge(most));
        }
        body.extend(&chunk)?;
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;

    fn answer(length: usize) -> Response {
        http::Response::new(vec![b'x'; length]).into()
    }

    #[tokio::test]
    async fn an_answer_at_its_limit_is_read_and_one_byte_more_is_not() {
        let budget = Budget::new(100);
        assert_eq!(read(answer(10), 10, budget.permit()).await.unwrap().len(), 10);
        assert!(matches!(read(answer(11), 10, budget.permit()).await, Err(AnswerError::TooLarge(10))));
        assert_eq!(budget.available(), 100);
    }

    #[tokio::test]
    async fn answers_together_take_no_more_than_their_budget() {
        let budget = Budget::new(15);
        let first = read(answer(10), 10, budget.permit()).await.unwrap();
        assert!(matches!(read(answer(10), 10, budget.permit()).await, Err(AnswerError::Exhausted(_))));
        drop(first);
        assert!(read(answer(10), 10, budget.permit()).await.is_ok());
    }
}
