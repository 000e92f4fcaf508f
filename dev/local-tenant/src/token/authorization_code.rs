//! `grant_type=authorization_code` (RFC 6749 §4.1.3, RFC 7636 §4.6).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use stand_in::lock;

use super::{TokenAnswer, allow_only, codes::Code, issue::Grant, scopes};
use crate::aadsts::{MALFORMED, REDIRECT_URI_OF_CODE, Refusal, SCOPE_NOT_AUTHORIZED, VERIFIER_MISMATCH};
use crate::{claims::ClaimsRequest, clients::Client, parameters::Parameters, scopes::Scopes, sts::Sts};

pub(super) fn redeem(sts: &Sts, client: &'static Client, parameters: &Parameters) -> Result<TokenAnswer, Refusal> {
    allow_only(parameters, &["code", "redirect_uri", "code_verifier"])?;
    let now = sts.clock.unix();
    let scopes = scopes(parameters)?;
    client.may_ask_for(scopes.resource()?)?;
    let claims = ClaimsRequest::parse(parameters.get("claims"), sts)?;
    let redirect_uri = parameters.require("redirect_uri")?;
    let verifier = parameters.require("code_verifier")?;
    let code = lock(&sts.codes).redeem(parameters.require("code")?, now, |code| {
        client.check(code.client)?;
        check_redirect_uri(code, redirect_uri)?;
        check_verifier(code, verifier)?;
        check_scopes(code, &scopes)
    })?;
    let Code { user, nonce, second_factor, .. } = code;
    Grant { client, user, scopes, nonce, claims, second_factor }.answer(sts, parameters)
}

fn check_redirect_uri(code: &Code, redirect_uri: &str) -> Result<(), Refusal> {
    if code.redirect_uri == redirect_uri {
        Ok(())
    } else {
        Err(REDIRECT_URI_OF_CODE.with(&[redirect_uri, &code.redirect_uri]))
    }
}

fn check_verifier(code: &Code, verifier: &str) -> Result<(), Refusal> {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
        return Err(MALFORMED.with(&["code_verifier must be 43 to 128 unreserved characters (RFC 7636 §4.1)"]));
    }
    if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == code.challenge {
        Ok(())
    } else {
        Err(VERIFIER_MISMATCH.with(&[]))
    }
}

/// Nothing beyond what was asked for at the authorization endpoint.
fn check_scopes(code: &Code, scopes: &Scopes) -> Result<(), Refusal> {
    if scopes.permissions().is_subset(&code.permissions) {
        Ok(())
    } else {
        Err(SCOPE_NOT_AUTHORIZED.with(&[scopes.text()]))
    }
}
