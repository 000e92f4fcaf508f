//! The names of lines about this server itself. Alerts and the workbook select by them, never by the message.

use super::names::names;

names! {
    /// The name of a line about this server itself, in the field `event`. The names in the log are stable.
    OperationalEvent {
        /// A process is ready.
        ProcessStarted = "process_started";
        /// A request was answered.
        RequestAnswered = "request_answered";
        /// A tool was called.
        ToolCalled = "tool_called";
        /// A stream of HTTP+SSE was opened.
        StreamOpened = "stream_opened";
        /// A stream of HTTP+SSE was closed.
        StreamClosed = "stream_closed";
        /// Calls to a service behind this server, counted.
        ServiceCalls = "service_calls";
        /// The code panicked.
        Panicked = "panicked";
        /// Entra does not accept this server's credential or its app registration.
        EntraRefusesServer = "entra_refuses_server";
        /// A process has no data key.
        KeyRingNotLoaded = "key_ring_not_loaded";
        /// A process has a key ring, but one of its data keys cannot be unwrapped.
        DataKeyNotUnwrapped = "data_key_not_unwrapped";
    }
}
