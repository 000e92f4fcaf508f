//! Entra's error catalogue, as far as this tenant uses it, and the JSON in which the token endpoint sends it.
//!
//! Numbers, words and statuses are Entra's. <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use stand_in::random;
use time::{OffsetDateTime, macros::format_description};

/// One line of the catalogue; `{}` in the text are filled in order.
pub(crate) struct Entry {
    number: u32,
    status: StatusCode,
    error: &'static str,
    text: &'static str,
}

const BAD: StatusCode = StatusCode::BAD_REQUEST;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;

macro_rules! catalogue {
    ($($name:ident = $number:literal, $status:expr, $error:literal, $text:literal;)*) => {
        $(#[doc = concat!("AADSTS", stringify!($number))]
        pub(crate) const $name: Entry = Entry { number: $number, status: $status, error: $error, text: $text };)*
        const ALL: &[Entry] = &[$($name),*];
    };
}

catalogue! {
    SCOPES_OF_TWO_RESOURCES = 28000, BAD, "invalid_request", "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope {} is not valid.";
    SCOPE_NOT_AUTHORIZED = 28002, BAD, "invalid_scope", "Provided value for the input parameter scope '{}' is not valid when requesting an access token. Please specify a valid scope.";
    SCOPE_EMPTY = 28003, BAD, "invalid_request", "Provided value for the input parameter scope cannot be empty when requesting an access token. Please specify a valid scope.";
    REDIRECT_URI_MISMATCH = 50011, BAD, "invalid_request", "The redirect URI '{}' specified in the request does not match the redirect URIs configured for the application '{}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to troubleshoot this error.";
    USER_ASSERTION_INVALID = 50013, BAD, "invalid_grant", "Assertion failed signature validation. [Reason - {}]";
    JWT_MALFORMED = 50027, BAD, "invalid_request", "JWT token is invalid or malformed.";
    ACCOUNT_DISABLED = 50057, BAD, "invalid_grant", "The user account is disabled.";
    NO_USER_SIGNED_IN = 50058, BAD, "login_required", "A silent sign-in request was sent but no user is signed in.";
    MFA_REQUIRED = 50076, BAD, "invalid_grant", "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '{}'.";
    MFA_ENROLLMENT = 50079, BAD, "interaction_required", "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access '{}'.";
    NOT_ASSIGNED = 50105, BAD, "invalid_grant", "Your administrator has configured the application {} ('{}') to block users unless they are specifically granted ('assigned') access to the application. The signed in user '{}' is blocked because they are not a direct member of a group with access, nor had access directly assigned by an administrator. Please contact your administrator to assign access to this application.";
    GRANT_REVOKED = 50173, BAD, "invalid_grant", "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password. The grant was issued on '{}' and the TokensValidFrom date (before which tokens are not valid) for this user is '{}'.";
    REDIRECT_URI_OF_CODE = 500_112, UNAUTHORIZED, "invalid_client", "The reply address '{}' does not match the reply address '{}' provided when requesting Authorization code.";
    RESOURCE_UNKNOWN = 500_011, BAD, "invalid_resource", "The resource principal named {} was not found in the tenant named {}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.";
    USER_ASSERTION_AUDIENCE = 500_131, BAD, "invalid_grant", "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was '{}' and the expected audience is '{}' or one of the Application Uris of this application.";
    USER_ASSERTION_TIME = 500_133, BAD, "invalid_grant", "Assertion is not within its valid time range. Ensure that the access token is not expired before using it for user assertion, or request a new token. Current time: {}, expiry time of assertion {}.";
    VERIFIER_MISMATCH = 501_481, BAD, "invalid_grant", "The Code_Verifier does not match the code_challenge supplied in the authorization request.";
    CODE_REDEEMED = 54005, BAD, "invalid_grant", "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.";
    CONSENT_REQUIRED = 65001, BAD, "invalid_grant", "The user or administrator has not consented to use the application with ID '{}' named '{}'. Send an interactive authorization request for this user and resource.";
    CONSENT_DECLINED = 65004, BAD, "access_denied", "User declined to consent to access the app.";
    SCOPE_UNKNOWN = 650_053, BAD, "invalid_client", "The application '{}' asked for scope '{}' that doesn't exist on the resource '{}'. Contact the app vendor.";
    GRANT_INVALID = 70000, BAD, "invalid_grant", "The provided value for the '{}' parameter is not valid.";
    GRANT_TYPE_UNSUPPORTED = 70003, BAD, "unsupported_grant_type", "The app requested an unsupported grant type '{}'.";
    CODE_EXPIRED = 70008, BAD, "invalid_grant", "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.";
    SCOPE_INVALID = 70011, BAD, "invalid_scope", "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope '{}' is not valid. {}";
    APP_UNKNOWN = 700_016, BAD, "unauthorized_client", "Application with identifier '{}' was not found in the directory '{}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.";
    CLIENT_ASSERTION_TIME = 700_024, UNAUTHORIZED, "invalid_client", "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of assertion {}.";
    CLIENT_ASSERTION_SIGNATURE = 700_027, UNAUTHORIZED, "invalid_client", "Client assertion failed signature validation. [Reason - {}]";
    RESPONSE_TYPE_UNSUPPORTED = 700_054, BAD, "unsupported_response_type", "response_type '{}' is not enabled for the application.";
    REFRESH_TOKEN_EXPIRED = 700_082, BAD, "invalid_grant", "The refresh token has expired due to inactivity. The token was issued on {} and was inactive for 90.00:00:00.";
    FEDERATED_ISSUER = 700_211, UNAUTHORIZED, "invalid_client", "No matching federated identity record found for presented assertion issuer '{}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.";
    FEDERATED_AUDIENCE = 700_212, UNAUTHORIZED, "invalid_client", "No matching federated identity record found for presented assertion audience '{}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.";
    FEDERATED_SUBJECT = 700_213, UNAUTHORIZED, "invalid_client", "No matching federated identity record found for presented assertion subject '{}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.";
    APP_ONLY_ON_BEHALF_OF = 7_000_114, BAD, "invalid_grant", "Application '{}' is not allowed to make application on-behalf-of calls.";
    CLIENT_SECRET = 7_000_215, UNAUTHORIZED, "invalid_client", "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{}'.";
    CREDENTIAL_MISSING = 7_000_218, UNAUTHORIZED, "invalid_client", "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
    TENANT_UNKNOWN = 90002, BAD, "invalid_request", "Tenant '{}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.";
    TOKEN_FOR_ITSELF = 90009, BAD, "invalid_request", "Application '{}'({}) is requesting a token for itself. This scenario is supported only if resource is specified using the GUID based App Identifier.";
    FIELD_MISSING = 90014, BAD, "invalid_request", "The required field '{}' is missing from the credential. Ensure that you have all the necessary parameters for the login request.";
    TRANSIENT = 90033, StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "A transient error has occurred. Please try again. {}";
    THROTTLED = 90055, StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", "There are too many incoming requests. Try again later.";
    PARAMETER_MISSING = 900_144, BAD, "invalid_request", "The request body must contain the following parameter: '{}'.";
    POST_ONLY = 900_561, BAD, "invalid_request", "The endpoint only accepts POST requests. Received a {} request.";
    PARAMETER_REPEATED = 9_000_411, BAD, "invalid_request", "The request is not properly formatted. The parameter '{}' is duplicated.";
    // Entra has one sentence for what it does not understand; ours says what it is.
    MALFORMED = 9_002_313, BAD, "invalid_request", "Invalid request. Request is malformed or invalid. Local tenant: {}";
    RESOURCE_PARAMETER = 9_010_010, BAD, "invalid_target", "The resource parameter provided in the request doesn't match with the requested scopes.";
}

/// Entra's text for this number.
pub(crate) fn by_number(number: u32) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.number == number)
}

impl Entry {
    /// The refusal, with these values in its text.
    pub(crate) fn with(&self, values: &[&str]) -> Refusal {
        let mut values = values.iter();
        let mut parts = self.text.split("{}");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            text.push_str(values.next().copied().unwrap_or("{}"));
            text.push_str(part);
        }
        let suberror = self.suberror().map(str::to_owned);
        Refusal { number: self.number, status: self.status, error: self.error, suberror, claims: None, text }
    }

    fn suberror(&self) -> Option<&'static str> {
        const MFA: [u32; 2] = [MFA_REQUIRED.number, MFA_ENROLLMENT.number];
        match self.number {
            number if number == CONSENT_REQUIRED.number => Some("consent_required"),
            number if MFA.contains(&number) => Some("basic_action"),
            _ => None,
        }
    }
}

/// A request refused in Entra's words.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    /// AADSTS number.
    pub(crate) number: u32,
    /// Of the token endpoint.
    pub(crate) status: StatusCode,
    /// OAuth error code.
    pub(crate) error: &'static str,
    /// The action that the user can take.
    pub(crate) suberror: Option<String>,
    /// The claims that the client must request.
    pub(crate) claims: Option<String>,
    text: String,
}

/// The ids and the time that Entra gives each request.
pub(crate) struct Correlation {
    trace_id: String,
    id: String,
    timestamp: String,
}

impl Correlation {
    /// Of the request with these headers: the caller may choose the correlation id.
    pub(crate) fn of(headers: &HeaderMap, now: OffsetDateTime) -> Self {
        let asked = headers.get("client-request-id").and_then(|value| value.to_str().ok());
        let id = asked.filter(|id| is_guid(id)).map_or_else(random::uuid, str::to_owned);
        Self { trace_id: random::uuid(), id, timestamp: timestamp(now) }
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && text.chars().all(|character| character == '-' || character.is_ascii_hexdigit())
}

/// `2016-01-09 02:02:12Z`, as Entra writes it.
pub(crate) fn timestamp(at: OffsetDateTime) -> String {
    at.format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z")).unwrap_or_default()
}

impl Refusal {
    /// The one text with everything a report to support needs.
    pub(crate) fn description(&self, correlation: &Correlation) -> String {
        let Correlation { trace_id, id, timestamp } = correlation;
        let Self { number, text, .. } = self;
        format!("AADSTS{number}: {text} Trace ID: {trace_id} Correlation ID: {id} Timestamp: {timestamp}")
    }

    /// The URL of Entra's explanation.
    pub(crate) fn uri(&self) -> String {
        format!("https://login.microsoftonline.com/error?code={}", self.number)
    }

    /// The token endpoint's answer.
    pub(crate) fn json(&self, correlation: &Correlation) -> Response {
        let mut body = json!({
            "error": self.error,
            "error_description": self.description(correlation),
            "error_codes": [self.number],
            "timestamp": correlation.timestamp,
            "trace_id": correlation.trace_id,
            "correlation_id": correlation.id,
            "error_uri": self.uri(),
        });
        for (name, value) in [("suberror", &self.suberror), ("claims", &self.claims)] {
            if let (Some(value), Some(members)) = (value, body.as_object_mut()) {
                members.insert(name.into(), Value::from(value.as_str()));
            }
        }
        (self.status, axum::Json(body)).into_response()
    }
}
