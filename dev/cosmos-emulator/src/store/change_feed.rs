//! The change feed from a point in time, which the driver's emulator takes for "from the beginning".

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use serde_json::Value;
use time::{OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem, macros::format_description};

use crate::{account::Account, answer, answer::Refusal};

const A_IM: HeaderName = HeaderName::from_static("a-im");
const RFC_1123: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// Reads items, or the change feed. Changes before `If-Modified-Since` are left out, page by page, until a page has
/// something or there is nothing more.
pub(super) async fn read(account: &Account, request: &Request<Bytes>) -> Response<Bytes> {
    let since = match since(request.headers()) {
        Ok(None) => return account.execute(request).await,
        Ok(Some(since)) => since,
        Err(refusal) => return *refusal,
    };
    let mut request = request.clone();
    loop {
        let response = account.execute(&request).await;
        if response.status() != StatusCode::OK {
            return response;
        }
        let Some(page) = without_older(&response, since) else { return response };
        if !page.is_empty() {
            let (parts, _) = response.into_parts();
            return Response::from_parts(parts, page);
        }
        let Some(checkpoint) = response.headers().get(header::ETAG) else { return response };
        request.headers_mut().insert(header::IF_NONE_MATCH, checkpoint.clone());
    }
}

/// The start of a change feed, if it is a point in time.
fn since(headers: &HeaderMap) -> Result<Option<OffsetDateTime>, Refusal> {
    let Some(since) = headers.get(header::IF_MODIFIED_SINCE).filter(|_| headers.contains_key(A_IM)) else {
        return Ok(None);
    };
    let malformed = || Box::new(answer::bad_request("If-Modified-Since is not a date of RFC 1123."));
    let text = HeaderValue::to_str(since).map_err(|_| malformed())?;
    let date = PrimitiveDateTime::parse(text, RFC_1123).map_err(|_| malformed())?;
    Ok(Some(date.assume_utc()))
}

/// The page without older changes; empty if nothing is left; `None` if it is no page.
fn without_older(response: &Response<Bytes>, since: OffsetDateTime) -> Option<Bytes> {
    let mut page: Value = serde_json::from_slice(response.body()).ok()?;
    let documents = page.get_mut("Documents")?.as_array_mut()?;
    documents.retain(|document| changed_at(document).is_none_or(|at| at >= since.unix_timestamp()));
    let count = documents.len();
    if count == 0 {
        return Some(Bytes::new());
    }
    page.as_object_mut()?.insert("_count".to_owned(), count.into());
    Some(Bytes::from(page.to_string()))
}

/// `_ts`, of the item itself or in the envelope of a change.
fn changed_at(document: &Value) -> Option<i64> {
    document.get("current").unwrap_or(document).get("_ts")?.as_i64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn older_changes_are_left_out() {
        let since = OffsetDateTime::from_unix_timestamp(100).unwrap();
        let page = |times: &[i64]| {
            let documents: Vec<_> = times.iter().map(|ts| json!({ "current": { "_ts": ts } })).collect();
            Response::new(Bytes::from(json!({ "Documents": documents, "_count": times.len() }).to_string()))
        };
        let left: Value = serde_json::from_slice(&without_older(&page(&[99, 100, 101]), since).unwrap()).unwrap();
        let expected = json!({ "Documents": [{"current": {"_ts": 100}}, {"current": {"_ts": 101}}], "_count": 2 });
        assert_eq!(left, expected);
        assert_eq!(without_older(&page(&[99]), since), Some(Bytes::new()));
        assert_eq!(without_older(&Response::new(Bytes::from("[]")), since), None);
    }
}
