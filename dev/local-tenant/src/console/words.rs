//! A request and its answer in plain words.

use axum::http::StatusCode;

use crate::{clients, recorded::Recorded, users::User};

/// The errors that the switches of the console cause, for people who have not learned the numbers.
const NUMBERS: [(&str, &str); 8] = [
    ("50057", "the account is disabled"),
    ("50076", "Conditional Access asks for a second factor"),
    ("50079", "more is demanded of the user"),
    ("50105", "the user is not assigned to the app"),
    ("50173", "the sessions of the user were revoked"),
    ("65001", "nobody has consented to what the app asks for"),
    ("65004", "the user declined"),
    ("70008", "the code or token has expired"),
];

/// A request in words: by whom, and for whom.
pub(super) fn asked(request: &Recorded, user: Option<&User>) -> String {
    let name = user.map_or("somebody", |user| user.display_name);
    let path = request.path.as_str();
    let last = path.rsplit('/').next().unwrap_or_default();
    match (request.method.as_str(), last) {
        ("GET", "authorize") => format!("A browser opened the sign-in page of {}.", client(request)),
        ("POST", "login") => login(request, name),
        ("POST", "token") => grant(request, name),
        ("GET", "keys") if path.contains("/discovery/") => "The server read the signing keys of Entra.".to_owned(),
        ("GET", "openid-configuration") => "The server read the discovery document of Entra.".to_owned(),
        ("GET", "token") => {
            let resource = value(&request.query, "resource").unwrap_or("no resource");
            format!("The server asked the identity endpoint for a token for {resource}.")
        }
        ("GET", "me") => format!("The server asked Graph for the profile of {name}."),
        ("GET", "calendarView") => format!("The server asked Graph for the calendar of {name}."),
        ("GET", "messages") => format!("The server asked Graph for the mail of {name}."),
        ("GET", "contacts") => format!("The server asked Graph for the contacts of {name}."),
        ("GET", "orders") => format!("The server asked Contoso Orders for the orders of {name}."),
        ("POST", "wrapkey") => "The server asked Key Vault to wrap a data key.".to_owned(),
        ("POST", "unwrapkey") => "The server asked Key Vault to unwrap a data key.".to_owned(),
        (method, _) => format!("{method} {path}"),
    }
}

fn login(request: &Recorded, name: &str) -> String {
    let has = |wanted: &str| request.form.iter().any(|member| member.name == wanted);
    match () {
        () if has("cancel") => "Somebody pressed Cancel on the sign-in page.".to_owned(),
        () if has("second_factor") => format!("{name} approved the sign-in with a second factor."),
        () => format!("{name} was chosen on the sign-in page."),
    }
}

fn grant(request: &Recorded, name: &str) -> String {
    let scope = request.form_value("scope").unwrap_or_default();
    match request.form_value("grant_type") {
        Some("authorization_code") => format!("The server redeemed the code of the sign-in of {name}."),
        Some("refresh_token") => format!("The server asked for new tokens of {name} with a refresh token."),
        Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => {
            format!("The server asked for a token for {} on behalf of {name}.", scope.replace(' ', " and "))
        }
        _ => "Somebody sent a token request of another kind.".to_owned(),
    }
}

fn client(request: &Recorded) -> &'static str {
    let client = value(&request.query, "client_id").and_then(|id| clients::find(id).ok());
    client.map_or("an unknown app", |client| client.name)
}

fn value<'a>(members: &'a [crate::Member], name: &str) -> Option<&'a str> {
    members.iter().find(|member| member.name == name)?.value.as_deref()
}

/// Whether a redirect tells the app of an error.
pub(super) fn is_error(location: &str) -> bool {
    location.contains("?error=") || location.contains("&error=")
}

/// How it was answered. `error` is the body of an error.
pub(super) fn answered(status: StatusCode, location: Option<&str>, error: &str) -> String {
    match (location, number(error)) {
        (Some(location), _) if is_error(location) => "The browser went back to the app, with an error.".to_owned(),
        (Some(_), _) => "The browser went back to the app, with a code.".to_owned(),
        (None, Some(number)) => {
            let known = NUMBERS.iter().find(|(known, _)| *known == number);
            known.map_or_else(
                || format!("Refused: AADSTS{number}."),
                |(_, why)| format!("Refused: {why} (AADSTS{number})."),
            )
        }
        (None, None) if is_good(status) => "Answered.".to_owned(),
        (None, None) => format!("Refused: {}.", status.to_string().to_lowercase()),
    }
}

/// The number after the first `AADSTS`.
fn number(error: &str) -> Option<&str> {
    let (_, rest) = error.split_once("AADSTS")?;
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end).filter(|number| !number.is_empty())
}

/// Whether a status is that of an answer that helped.
fn is_good(status: StatusCode) -> bool {
    status.is_success() || status.is_redirection()
}
