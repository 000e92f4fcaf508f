//! The answer's body on its way from the handler to the client.

use std::io;

use tokio::{io::AsyncWriteExt as _, net::tcp::OwnedWriteHalf};

use crate::{activity::Activity, answer::Answer, body, body::Body, connection::Reader};

/// Passes each piece on as it comes.
pub(crate) async fn run(
    answer: &Answer,
    handler: &mut Reader,
    client: &mut OwnedWriteHalf,
    activity: &Activity,
) -> io::Result<()> {
    let framing = answer.framing_for_client();
    let mut body = Body::new(answer.body);
    while let Some(piece) = body.next(handler).await? {
        activity.touch();
        client.write_all(&body::encode(framing, piece)).await?;
        activity.touch();
    }
    client.write_all(&body::end(framing)).await
}
