//! The memory of an answer, until it was sent.

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use super::{head::headers_cost, reply::Response};
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

/// Turns the permit of a request into that of its answer, with its head. A stream, whose length is not known, counts for itself
/// what waits, and so does an answer that waited as text; their heads are small.
///
/// An answer that finds no room there counts in the reserve, if it has one.
pub(super) async fn until_sent(
    response: Response,
    mut permit: Permit,
    reserve: impl FnOnce() -> Option<Permit>,
) -> Result<Response, Exhausted> {
    let (mut parts, body) = response.into_parts();
    let counts_itself = parts.extensions.remove::<Counted>().is_some();
    let Some(length) = body.size_hint().exact().filter(|_| !counts_itself) else {
        return Ok(Response::from_parts(parts, body));
    };
    let length = usize::try_from(length).map_err(|_| Exhausted)?.saturating_add(headers_cost(&parts.headers));
    if permit.resize(length).is_err() {
        permit = reserve().ok_or(Exhausted)?;
        permit.grow(length)?;
        tracing::debug!(counted = true, length, "answer exceeds the memory budget: sending it from the reserve");
    }
    let text = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Ok(Response::from_parts(parts, Bytes::from_owner(BudgetedBody { text, _permit: permit }).into()))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::{
        budget::Budget,
        http::{pages::redirect, reply::answer},
        kept::Kept,
    };

    fn permit(budget: &Budget, bytes: usize) -> Permit {
        let mut permit = budget.permit();
        permit.grow(bytes).unwrap();
        permit
    }

    fn text(length: usize) -> Response {
        answer(StatusCode::OK, "text/plain", "x".repeat(length))
    }

    /// What an answer of that kind takes besides its text.
    fn head() -> usize {
        headers_cost(text(0).headers())
    }

    #[tokio::test]
    async fn an_answer_counts_its_own_length_until_it_is_written() {
        for length in [10, 7_000] {
            let budget = Budget::new(10_000);
            let answer = until_sent(text(length), permit(&budget, 4_000), || None).await.unwrap();
            let left = 10_000 - length - head();
            assert_eq!(budget.available(), left);
            let text = answer.into_body().collect().await.unwrap().to_bytes();
            assert_eq!((text.len(), budget.available()), (length, left));
            drop(text);
            assert_eq!(budget.available(), 10_000);
        }
    }

    #[tokio::test]
    async fn the_head_of_a_redirect_counts_until_it_is_written() {
        let budget = Budget::new(20_000);
        let redirect = redirect(&format!("https://client.example/{}", "x".repeat(14_000)));
        let (head, body) = until_sent(redirect, permit(&budget, 100), || None).await.unwrap().into_parts();
        drop(head);
        assert!(budget.available() < 6_000);
        assert!(!body.is_end_stream(), "hyper drops an empty body before it has written the head");
    }

    #[tokio::test]
    async fn an_answer_that_is_larger_than_what_is_left_counts_in_the_reserve_if_it_has_one() {
        let (budget, reserve) = (Budget::new(50), Budget::new(10_000));
        let send = async |reserve: Option<Permit>| until_sent(text(6_000), permit(&budget, 40), || reserve).await;
        assert_eq!(send(None).await.map(drop), Err(Exhausted));
        let sent = send(Some(reserve.permit())).await.unwrap();
        assert_eq!((budget.available(), reserve.available()), (50, 4_000 - head()));
        assert_eq!(send(Some(reserve.permit())).await.map(drop), Err(Exhausted));
        assert_eq!(sent.into_body().collect().await.unwrap().to_bytes().len(), 6_000);
        assert_eq!((budget.available(), reserve.available()), (50, 10_000));
    }

    #[tokio::test]
    async fn an_answer_that_carries_its_own_permit_counts_once() {
        let budget = Budget::new(100);
        let text = Kept::of(vec![b'x'; 70], budget.permit()).unwrap();
        let mut answer = answer(StatusCode::OK, "text/plain", Bytes::from_owner(text));
        answer.extensions_mut().insert(Counted);
        let answer = until_sent(answer, permit(&budget, 20), || None).await.unwrap();
        assert_eq!(budget.available(), 30);
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes().len(), 70);
        assert_eq!(budget.available(), 100);
    }

    #[tokio::test]
    async fn a_stream_holds_nothing_of_its_request() {
        let budget = Budget::new(50);
        let stream = warp::reply::stream(futures_util::stream::pending::<Result<Bytes, std::convert::Infallible>>());
        let _stream = until_sent(warp::Reply::into_response(stream), permit(&budget, 40), || None).await.unwrap();
        assert_eq!(budget.available(), 50);
    }
}
