//! Lists of tools as JSON. Callers with the same roles get the same list, and writing it took a third of the time for one.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use http::{Response, StatusCode};
use rmcp::model::{CacheScope, JsonRpcMessage, JsonRpcResponse, ListToolsResult, ServerJsonRpcMessage, ServerResult};
use serde_json::value::{RawValue, to_raw_value};

use crate::mcp::json_rpc::{ResponseBody, json};

/// Lists that are kept: of a few sets of roles, with what 2026-07-28 adds and without it.
const MAX_LISTS: usize = 4;

/// The lists that were written last, and their texts.
#[derive(Clone, Default)]
pub(super) struct ListTexts(Arc<Mutex<VecDeque<Written>>>);

struct Written {
    list: ListToolsResult,
    text: Arc<RawValue>,
}

impl ListTexts {
    /// An answer as JSON.
    pub(super) fn json(&self, status: StatusCode, answer: &ServerJsonRpcMessage) -> Response<ResponseBody> {
        if let JsonRpcMessage::Response(response) = answer
            && let ServerResult::ListToolsResult(list) = &response.result
            && let Some(result) = self.text(list)
        {
            return json(status, &JsonRpcResponse { jsonrpc: response.jsonrpc, id: response.id.clone(), result });
        }
        json(status, answer)
    }

    /// The text of a list; `None` if it differs with each request: it says how long the roles of its caller are believed.
    fn text(&self, list: &ListToolsResult) -> Option<Arc<RawValue>> {
        if list.cache_scope == Some(CacheScope::Private) {
            return None;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(written) = kept.iter().find(|written| written.list == *list) {
            return Some(Arc::clone(&written.text));
        }
        let text: Arc<RawValue> = to_raw_value(list).ok()?.into();
        kept.truncate(MAX_LISTS - 1);
        kept.push_front(Written { list: list.clone(), text: Arc::clone(&text) });
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use rmcp::{
        ErrorData,
        model::{JsonObject, RequestId, Tool},
    };

    use super::*;

    fn list(tool: &'static str) -> ListToolsResult {
        ListToolsResult::with_all_items(vec![Tool::new(tool, "It says “\n”.", JsonObject::new())])
    }

    #[tokio::test]
    async fn every_answer_is_written_as_rmcp_writes_it() {
        let texts = ListTexts::default();
        let public = list("a").with_ttl_ms(1).with_cache_scope(CacheScope::Public);
        let private = list("a").with_ttl_ms(2).with_cache_scope(CacheScope::Private);
        let results = [list("a"), list("b"), public, private].map(ServerResult::ListToolsResult);
        let ids = [RequestId::Number(-7), RequestId::String("\"".into())];
        let responses = results.into_iter().chain([ServerResult::empty(())]).flat_map(|result| {
            let response = |id: &RequestId| ServerJsonRpcMessage::response(result.clone(), id.clone());
            ids.each_ref().map(response)
        });
        let error = ServerJsonRpcMessage::error(ErrorData::internal_error("x", None), None);
        for answer in responses.chain([error]) {
            let response = texts.json(StatusCode::OK, &answer);
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body, serde_json::to_vec(&answer).unwrap());
        }
    }

    #[test]
    fn a_list_is_written_once_unless_it_is_for_one_caller() {
        let texts = ListTexts::default();
        let (first, again) = (texts.text(&list("a")).unwrap(), texts.clone().text(&list("a")).unwrap());
        assert!(Arc::ptr_eq(&first, &again));
        assert!(texts.text(&list("a").with_cache_scope(CacheScope::Private)).is_none());
    }

    #[test]
    fn only_the_lists_that_were_written_last_are_kept() {
        let texts = ListTexts::default();
        let written = ["a", "b", "c", "d", "e"].map(|tool| texts.text(&list(tool)).unwrap());
        let again = ["e", "d", "c", "b", "a"].map(|tool| texts.text(&list(tool)).unwrap());
        let kept = written.iter().rev().zip(&again).map(|(one, other)| Arc::ptr_eq(one, other));
        assert_eq!(kept.collect::<Vec<_>>(), [true, true, true, true, false]);
    }
}
