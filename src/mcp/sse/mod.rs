//! HTTP+SSE, the transport of MCP 2024-11-05: a stream of events, and an endpoint for the client's messages.
//!
//! The stream's first event names the endpoint; answers come on the stream. A stream belongs to one owner and one client, and
//! only they can post to it. Tools act as the principal of each POST, whose access token may be newer than the stream's.
//!
//! A POST may reach another instance than the one that holds the stream. The session id names that instance, so the other
//! one appends the message to that instance's log ([`crate::ports::event_log`]), which only that instance reads. Before an
//! instance accepts a message that was posted to itself, it reads its log to the end. So it delivers every message that was
//! answered with 202 earlier, on any instance, first.
//!
//! | files, each importing only from those below it | |
//! |---|---|
//! | `sessions` | opens streams and takes posts |
//! | `follower`, `reader` | read this instance's log |
//! | `delivery` | brings a message to its session, here or on another instance |
//! | `admitted` | a message or a batch that was let in |
//! | `stream` | one stream, and the MCP session that it carries |
//! | `registry` | the streams that are open |
//! | `session`, `inbox` | an open session, and the messages that wait for it |
//! | `outbox` | the answers that wait for the client |
//! | `instance`, `log_progress` | the identity of this instance, and its position in its log |
//! | the others | messages, ids, and small parts |

mod admitted;
mod delivery;
mod failure;
mod follower;
mod in_flight;
mod in_turn;
mod inbox;
mod instance;
mod log_progress;
mod outage;
mod outbox;
mod polling;
mod post_error;
mod posted;
mod reader;
mod registry;
mod request_ids;
mod sealed_credential;
mod seen;
mod service_loop;
mod session;
mod session_end;
mod session_id;
mod sessions;
mod stream;
mod stream_event;
mod stream_owner;
mod transport_ports;
mod waiting_message;

pub use in_flight::MAX_IN_FLIGHT;
pub use inbox::TOTAL_BYTES;
pub use post_error::PostError;
pub use posted::Posted;
pub use session_id::SessionId;
pub use sessions::{OpenStreamError, Sessions};
pub use stream::EventStream;
pub use stream_event::StreamEvent;
pub use transport_ports::TransportPorts;
