//! The answer's body on its way from the handler to the client.

use std::io;

use tokio::{io::AsyncWriteExt as _, net::tcp::OwnedWriteHalf};

use crate::{activity::Activity, answer::Answer, body, body::Body, connection::Reader, mcp_answers::McpExchange};

/// Passes each piece on as it comes, and shows it to the observer.
pub(crate) async fn run(
    answer: &Answer,
    handler: &mut Reader,
    client: &mut OwnedWriteHalf,
    activity: &Activity,
    observer: Option<&McpExchange>,
) -> io::Result<()> {
    let framing = answer.framing_for_client();
    let mut body = Body::new(answer.body);
    while let Some(piece) = body.next(handler).await? {
        activity.touch();
        if let Some(observer) = observer {
            observer.received(&piece);
        }
        client.write_all(&body::encode(framing, piece)).await?;
        activity.touch();
    }
    if let Some(observer) = observer {
        observer.ended();
    }
    client.write_all(&body::end(framing)).await
}
