//! The authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, OIDC Core §3.1.2.1).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::sign_ins::{AuthorizeRequest, Prompt, ReturnTo};
use crate::aadsts::{MALFORMED, PARAMETER_MISSING, RESOURCE_PARAMETER, RESPONSE_TYPE_UNSUPPORTED, Refusal};
use crate::{claims::ClaimsRequest, clients, parameters::Parameters, scopes::Scopes, sts::Sts};

const IMPLEMENTED: [&str; 15] = [
    "client_id",
    "response_type",
    "redirect_uri",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "claims",
    "prompt",
    "login_hint",
    "domain_hint",
    "client_info",
    "resource",
];

/// Why there is nothing to show.
pub(crate) enum Refused {
    /// The app or where to return to is in doubt: told to the user, never redirected (RFC 6749 §4.1.2.1).
    Page(Refusal),
    /// Told to the app.
    Redirect(ReturnTo, Box<Refusal>),
}

impl AuthorizeRequest {
    /// Client and redirect URI first; everything after them is answered to the client.
    pub(crate) fn parse(sts: &Sts, query: &[u8]) -> Result<Self, Refused> {
        let parameters = Parameters::parse(query).map_err(Refused::Page)?;
        let client = parameters.require("client_id").and_then(clients::find).map_err(Refused::Page)?;
        let redirect_uri =
            parameters.require("redirect_uri").and_then(|uri| client.redirects_to(uri, &sts.redirect_uris));
        let redirect_uri = redirect_uri.map_err(Refused::Page)?;
        let return_to = ReturnTo { redirect_uri, state: parameters.get("state").map(str::to_owned) };
        match Details::parse(&parameters, sts) {
            Err(refusal) => Err(Refused::Redirect(return_to, Box::new(refusal))),
            Ok(Details { scopes, nonce, code_challenge, prompt, second_factor }) => {
                let login_hint = parameters.get("login_hint").map(str::to_owned);
                let asked = None;
                Ok(Self { client, return_to, scopes, nonce, code_challenge, prompt, login_hint, second_factor, asked })
            }
        }
    }
}

struct Details {
    scopes: Scopes,
    nonce: Option<String>,
    code_challenge: String,
    prompt: Prompt,
    second_factor: bool,
}

impl Details {
    fn parse(parameters: &Parameters, sts: &Sts) -> Result<Self, Refusal> {
        if parameters.get("resource").is_some() {
            return Err(RESOURCE_PARAMETER.with(&[]));
        }
        parameters.allow_only(&IMPLEMENTED)?;
        match parameters.require("response_type")? {
            "code" => {}
            other => return Err(RESPONSE_TYPE_UNSUPPORTED.with(&[other])),
        }
        match parameters.get("response_mode") {
            None | Some("query") => {}
            Some(other) => return Err(malformed(&format!("response_mode '{other}' is not implemented"))),
        }
        let scopes = Scopes::parse(parameters.require("scope")?)?;
        let nonce = parameters.get("nonce").map(str::to_owned);
        if scopes.has("openid") && nonce.is_none() {
            return Err(PARAMETER_MISSING.with(&["nonce"]));
        }
        // Checked here, honoured at the token endpoint, where it must be sent again.
        let second_factor = ClaimsRequest::parse(parameters.get("claims"), sts)?.second_factor;
        let (code_challenge, prompt) = (code_challenge(parameters)?, prompt(parameters)?);
        Ok(Self { scopes, nonce, code_challenge, prompt, second_factor })
    }
}

/// Entra allows `plain` and none; this tenant insists on S256 (RFC 9700 §2.1.1).
fn code_challenge(parameters: &Parameters) -> Result<String, Refusal> {
    let challenge = parameters.require("code_challenge")?;
    if parameters.require("code_challenge_method")? != "S256" {
        return Err(malformed("code_challenge_method must be S256"));
    }
    match URL_SAFE_NO_PAD.decode(challenge) {
        Ok(hash) if hash.len() == 32 => Ok(challenge.to_owned()),
        _ => Err(malformed("code_challenge is not the base64url of a SHA-256 hash")),
    }
}

fn prompt(parameters: &Parameters) -> Result<Prompt, Refusal> {
    match parameters.get("prompt") {
        Some("none") => Ok(Prompt::None),
        None | Some("login" | "select_account" | "consent") => Ok(Prompt::Page),
        Some(other) => Err(malformed(&format!("prompt '{other}' is not implemented"))),
    }
}

fn malformed(reason: &str) -> Refusal {
    MALFORMED.with(&[reason])
}
