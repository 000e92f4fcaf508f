//! The names of lines about this server itself. Alerts and the workbook select by them, never by the message.

/// One row for each event: its name in the code and in the log.
macro_rules! events {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal;)+) => {
        /// The name of a line about this server itself, in the field `event`. The names in the log are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum OperationalEvent {
            $($(#[$doc])+ $variant,)+
        }

        impl OperationalEvent {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in the log.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

events! {
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
    /// Entra does not accept this server's credential or its app registration.
    EntraRefusesServer = "entra_refuses_server";
    /// A process has no data key.
    KeyRingNotLoaded = "key_ring_not_loaded";
    /// A process has a key ring, but one of its data keys cannot be unwrapped.
    DataKeyNotUnwrapped = "data_key_not_unwrapped";
}
