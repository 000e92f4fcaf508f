//! The names of audit events, and how each is written.

use super::names::names;

/// How an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Often, and seldom of interest: DEBUG.
    Routine,
    /// An owner got or lost something: INFO.
    Change,
    /// Part of a sign-in, which anybody can begin without an account: INFO. As many as honest clients cause are a line each;
    /// beyond that they are counted.
    Open,
    /// An attack on an owner, or an error that looks like one: WARN. It is reported once.
    Alarm,
    /// Anybody can cause it as often as they like: INFO, one line a second for each reason, with a count.
    Refusal,
    /// Written like a refusal, but at WARN: a limit, or what may be an attack.
    Limit,
}

impl Severity {
    /// How many lines of such an event with one reason may come at once, before they are counted and one a second is written.
    /// `None`: each is a line.
    #[must_use]
    pub fn lines_at_once(self) -> Option<u32> {
        match self {
            Self::Routine | Self::Change | Self::Alarm => None,
            Self::Open => Some(100),
            Self::Refusal | Self::Limit => Some(1),
        }
    }
}

/// One row for each event: its name in the code, its name in the log, its severity, and its message.
macro_rules! events {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal, $severity:ident, $message:literal;)+) => {
        names! {
            /// The name of an event. The names in the log are stable: queries select by them.
            EventName { $($(#[$doc])+ $variant = $name;)+ }
        }

        impl EventName {
            /// The way in which it is written.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),+ }
            }

            /// Its name in words, for people.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message),+ }
            }
        }
    };
}

events! {
    /// A client registered, or the client of a metadata document was stored.
    ClientRegistered = "client_registered", Open, "client registered";
    /// A registration that was never used was ended, because too many wait for their first use.
    RegistrationDropped = "registration_dropped", Limit, "unused registration dropped";
    /// The owner, or an approval that is remembered, allowed an authorization request.
    ConsentAllowed = "consent_allowed", Open, "authorization request allowed";
    /// The owner denied an authorization request.
    ConsentDenied = "consent_denied", Refusal, "authorization request denied";
    /// The owner undid one denial, or all that the browser remembered.
    DenialUndone = "denial_undone", Refusal, "denial undone";
    /// The owner withdrew the consent to one client, or to all.
    ConsentWithdrawn = "consent_withdrawn", Change, "consent withdrawn by the owner";
    /// An application called with a token that Entra issued to it, for the first time on a day.
    EntraClientNoted = "entra_client_noted", Change, "application called with a token of Entra";
    /// The owner refused the tokens of such an application.
    EntraClientRefused = "entra_client_refused", Change, "tokens of an application refused by the owner";
    /// The owner accepts the tokens of such an application again.
    EntraClientAllowed = "entra_client_allowed", Change, "tokens of an application accepted again by the owner";
    /// Entra signed an owner in.
    SignedIn = "signed_in", Change, "owner signed in";
    /// An owner signed out of the page of connections, or an operator of the operator's page. Nothing is stored of it, so a click that
    /// comes twice counts twice.
    SignedOut = "signed_out", Open, "signed out of a page of our own";
    /// A sign-in did not complete. The reason is the error that the client hears, or why it hears none.
    SignInFailed = "sign_in_failed", Open, "sign-in did not complete";
    /// A client received the first tokens of a grant.
    GrantMade = "grant_made", Change, "grant made";
    /// A client refreshed its tokens.
    GrantRefreshed = "grant_refreshed", Routine, "grant refreshed";
    /// Entra wants the owner to sign in again before the grant works again.
    GrantMarked = "grant_marked", Change, "grant marked: the owner must sign in again";
    /// A grant ended; see [`Ended`](super::Ended).
    GrantEnded = "grant_ended", Change, "grant ended";
    /// An operator blocked applications, lifted a block, or ended grants; the reason says which.
    OperatorDecided = "operator_decided", Change, "operator decided";
    /// A code was presented again, after its grant had been made.
    CodeReplayed = "code_replayed", Alarm, "authorization code replayed";
    /// A refresh token was presented that had been replaced.
    RefreshTokenReplayed = "refresh_token_replayed", Alarm, "refresh token replayed";
    /// A callback came in another browser than the one that allowed the request, so the authorization ended.
    CallbackInOtherBrowser = "callback_in_other_browser", Limit, "callback in another browser: authorization ended";
    /// A request did not carry the gateway's token.
    PastTheGateway = "past_the_gateway", Limit, "request that bypassed the gateway refused";
    /// A limit refused requests.
    LimitReached = "limit_reached", Limit, "limit reached";
    /// A request named another host, or a path that does not exist, came from an origin that may not call, its body was not
    /// read, or its message was not served.
    RequestRefused = "request_refused", Refusal, "request refused";
    /// A registration was refused.
    RegistrationRefused = "registration_refused", Refusal, "registration refused";
    /// An authorization request was refused.
    AuthorizationRefused = "authorization_refused", Refusal, "authorization request refused";
    /// A decision at the consent page was refused.
    ConsentRefused = "consent_refused", Refusal, "consent request refused";
    /// A callback was refused.
    CallbackRefused = "callback_refused", Refusal, "callback refused";
    /// A click on the page of connections, or a sign-in for it, was refused.
    ConnectionsRefused = "connections_refused", Refusal, "connections request refused";
    /// A click on the operator's page, or a sign-in for it, was refused.
    OperatorRefused = "operator_refused", Refusal, "request of the operator's page refused";
    /// A token request was refused.
    TokenRefused = "token_refused", Refusal, "token request refused";
    /// A revocation was refused.
    RevocationRefused = "revocation_refused", Refusal, "revocation refused";
    /// The protected resource did not accept the caller.
    AccessRefused = "access_refused", Refusal, "request not authenticated";
    /// A message named an HTTP+SSE session that is not one of its sender's.
    SessionRefused = "session_refused", Refusal, "message for an unknown session refused";
    /// A tool refused a call.
    ToolRefused = "tool_refused", Refusal, "tool call refused";
}
