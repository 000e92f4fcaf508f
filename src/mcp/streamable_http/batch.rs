//! Batches of messages, which 2025-03-26 alone has. Their answers come as one array, in the order of the requests.

use std::collections::HashSet;

use authorization_server::resource::authenticate::Principal;
use futures_util::{StreamExt as _, TryStreamExt as _, stream::iter};
use http::{HeaderMap, Response, StatusCode};
use rmcp::model::{ProtocolVersion, RequestId, ServerJsonRpcMessage};
use tracing::Instrument as _;

use super::{
    headers,
    requests::{CancellableRequest, Requests},
    unserved::{CallError, Unserved},
};
use crate::mcp::{
    admission::admit_batch,
    batch::{BatchError, messages},
    envelope::Envelope,
    holder_report::HolderReport,
    json_rpc::{Refusal, ResponseBody, accepted, counted_json},
    outline::{self, Kind},
    step_up::ClaimsDemand,
};
use crate::{
    budget::{Exhausted, Permit},
    kept::Kept,
};

/// Requests of a batch that are served at once.
const REQUESTS_AT_ONCE: usize = 4;

/// The next step for a message of a batch.
enum Step {
    Serve(Box<CancellableRequest>),
    Refuse(Box<Refusal>, Option<RequestId>),
    /// The same without an answer: the message is one itself.
    Ignore(Box<Refusal>),
    Nothing,
}

/// Answers a batch. It goes on if the client disconnects, as any request of its revision does.
pub(super) async fn answer(
    requests: &Requests,
    headers: &HeaderMap,
    body: Kept,
    principal: &Principal,
) -> Result<Response<ResponseBody>, Unserved> {
    headers::check_content(headers)?;
    headers::check_has_batches(headers)?;
    let (text, permit) = admit_batch(body)?;
    let mut ids = HashSet::new();
    let steps: Vec<_> = messages(&text)
        .map_err(Refusal::from)?
        .into_iter()
        .map(|message| step(requests, message.get(), principal, &mut ids))
        .collect();
    let (serving, of_answers, report) = (requests.clone(), permit.another(), requests.report(principal.holder()));
    let serve = async move {
        check_claims(&serving, &steps).await?;
        let answers = iter(steps).map(|step| answer_text(&serving, step, &permit, &report)).buffered(REQUESTS_AT_ONCE);
        answers.try_filter_map(async |text| Ok(text)).try_collect::<Vec<_>>().await
    };
    let answers = tokio::spawn(serve.in_current_span()).await.map_err(|_| CallError::Stopping)??;
    if requests.is_stopping() {
        return Err(CallError::Stopping.into());
    }
    Ok(if answers.is_empty() { accepted() } else { counted_json(StatusCode::OK, array(answers, of_answers)) })
}

/// Texts as one array, which counts as they do.
fn array(texts: Vec<Kept>, mut permit: Permit) -> Kept {
    let mut array = Vec::with_capacity(texts.iter().map(|text| text.len() + 1).sum::<usize>() + 1);
    for text in texts {
        array.push(if array.is_empty() { b'[' } else { b',' });
        let (text, of_text) = text.into_parts();
        array.extend(text);
        permit.join(of_text);
    }
    array.push(b']');
    Kept::counted(array, permit)
}

/// Refuses the batch if one of its calls lacks claims.
async fn check_claims(requests: &Requests, steps: &[Step]) -> Result<(), CallError> {
    for step in steps {
        if let Step::Serve(request) = step
            && let Some(demand) = requests.demanded_claims(request).await
        {
            return Err(CallError::InsufficientClaims(ClaimsDemand { id: None, ..demand }));
        }
    }
    Ok(())
}

fn step(requests: &Requests, text: &str, principal: &Principal, ids: &mut HashSet<RequestId>) -> Step {
    let envelope = Envelope::of(text.as_bytes());
    match (outline::kind(text.as_bytes()), envelope.id.clone()) {
        (Err(invalid), id) => Step::Refuse(Box::new(invalid.into()), id),
        (Ok(Kind::Request), Some(id)) => match check(&envelope, ids.insert(id.clone())) {
            Ok(()) => {
                let (text, principal) = (text.as_bytes().to_vec(), principal.clone());
                Step::Serve(requests.add(text, envelope, id, principal, ProtocolVersion::V_2025_03_26))
            }
            Err(refusal) => Step::Refuse(Box::new(refusal), Some(id)),
        },
        (Ok(Kind::Notification), _) => {
            requests.notified(principal, &envelope);
            Step::Nothing
        }
        (Ok(_), _) => Step::Ignore(Box::new(Refusal::unexpected_response())),
    }
}

fn check(envelope: &Envelope, is_new: bool) -> Result<(), Refusal> {
    if envelope.method.as_deref() == Some("initialize") {
        return Err(BatchError::INITIALIZE.into());
    }
    if is_new {
        Ok(())
    } else {
        Err(Refusal::invalid("Invalid Request: another request of this batch has the same id"))
    }
}

/// The text of an answer, which waits for the rest of the batch. So it counts like the batch, beside it.
async fn answer_text(
    requests: &Requests,
    step: Step,
    of_batch: &Permit,
    report: &HolderReport,
) -> Result<Option<Kept>, CallError> {
    let Some(answer) = taken(requests, step, of_batch, report).await else { return Ok(None) };
    let text = serde_json::to_vec(&answer).unwrap_or_default();
    Kept::of(text, of_batch.another()).map(Some).map_err(|Exhausted| CallError::Exhausted)
}

async fn taken(
    requests: &Requests,
    step: Step,
    of_batch: &Permit,
    report: &HolderReport,
) -> Option<ServerJsonRpcMessage> {
    let refused = |Refusal { error, .. }, id| {
        report.refused(&error);
        Some(ServerJsonRpcMessage::error(error, id))
    };
    match step {
        Step::Nothing => None,
        Step::Ignore(refusal) => {
            report.refused(&refusal.error);
            None
        }
        Step::Refuse(refusal, id) => refused(*refusal, id),
        Step::Serve(request) if request.is_cancelled() => None,
        Step::Serve(request) => {
            let id = request.id.clone();
            match requests.begin(request, &HeaderMap::new(), of_batch.another()) {
                Ok(exchange) => exchange.answer().await,
                Err(refusal) => refused(refusal, Some(id)),
            }
        }
    }
}
