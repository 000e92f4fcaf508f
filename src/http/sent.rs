//! The memory of an answer, until it was sent.

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use super::reply::Response;
use crate::{
    budget::{Exhausted, Permit},
    kept::Counted,
};

/// The text of an answer. hyper drops it when it has written it.
struct BudgetedBody {
    text: Bytes,
    _permit: Permit,
}

impl AsRef<[u8]> for BudgetedBody {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

/// Turns the permit of a request into that of its answer. A stream, whose length is not known, counts for itself what waits, and
/// so does an answer that waited as text.
///
/// An answer that must arrive is sent even if it is larger than the rest of the budget: the change that it reports has happened.
pub(super) async fn until_sent(
    response: Response,
    mut permit: Permit,
    must_arrive: bool,
) -> Result<Response, Exhausted> {
    let (mut parts, body) = response.into_parts();
    let counts_itself = parts.extensions.remove::<Counted>().is_some();
    let Some(length) = body.size_hint().exact().filter(|_| !counts_itself) else {
        return Ok(Response::from_parts(parts, body));
    };
    if usize::try_from(length).map(|length| permit.resize(length)) != Ok(Ok(())) {
        if !must_arrive {
            return Err(Exhausted);
        }
        tracing::debug!(counted = true, length, "answer exceeds the memory budget: sending it anyway");
    }
    let text = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Ok(Response::from_parts(parts, Bytes::from_owner(BudgetedBody { text, _permit: permit }).into()))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::{budget::Budget, http::reply::answer, kept::Kept};

    fn permit(budget: &Budget, bytes: usize) -> Permit {
        let mut permit = budget.permit();
        permit.grow(bytes).unwrap();
        permit
    }

    #[tokio::test]
    async fn an_answer_counts_its_own_length_until_it_is_written() {
        for (length, left) in [(10, 90), (70, 30)] {
            let budget = Budget::new(100);
            let answer = answer(StatusCode::OK, "text/plain", "x".repeat(length));
            let answer = until_sent(answer, permit(&budget, 40), false).await.unwrap();
            assert_eq!(budget.available(), left);
            let text = answer.into_body().collect().await.unwrap().to_bytes();
            assert_eq!((text.len(), budget.available()), (length, left));
            drop(text);
            assert_eq!(budget.available(), 100);
        }
    }

    #[tokio::test]
    async fn an_answer_that_is_larger_than_what_is_left_is_sent_only_if_it_must_arrive() {
        let (budget, larger) = (Budget::new(50), || answer(StatusCode::OK, "text/plain", "x".repeat(60)));
        assert_eq!(until_sent(larger(), permit(&budget, 40), false).await.map(drop), Err(Exhausted));
        assert_eq!(budget.available(), 50);
        let answer = until_sent(larger(), permit(&budget, 40), true).await.unwrap();
        assert_eq!(budget.available(), 10);
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes().len(), 60);
        assert_eq!(budget.available(), 50);
    }

    #[tokio::test]
    async fn an_answer_that_carries_its_own_permit_counts_once() {
        let budget = Budget::new(100);
        let text = Kept::of(vec![b'x'; 70], budget.permit()).unwrap();
        let mut answer = answer(StatusCode::OK, "text/plain", Bytes::from_owner(text));
        answer.extensions_mut().insert(Counted);
        let answer = until_sent(answer, permit(&budget, 20), true).await.unwrap();
        assert_eq!(budget.available(), 30);
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes().len(), 70);
        assert_eq!(budget.available(), 100);
    }

    #[tokio::test]
    async fn a_stream_holds_nothing_of_its_request() {
        let budget = Budget::new(50);
        let stream = warp::reply::stream(futures_util::stream::pending::<Result<Bytes, std::convert::Infallible>>());
        let _stream = until_sent(warp::Reply::into_response(stream), permit(&budget, 40), false).await.unwrap();
        assert_eq!(budget.available(), 50);
    }
}
