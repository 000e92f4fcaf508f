//! Issues tokens: access token, refresh token, ID token.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use stand_in::{jwt, random};

use crate::aadsts::{CONSENT_REQUIRED, Refusal, TRANSIENT};
use crate::registration::{APP_NAME, CLIENT_ID, GRAPH_APP_ID, GRAPH_URI, ORDERS_CLIENT_ID, TENANT_ID};
use crate::scopes::{Permission, Resource, Scopes};
use crate::{
    accounts, claims::ClaimsRequest, clients::Client, parameters::Parameters, state::RefreshToken, sts::Sts,
    users::User,
};

const ID_TOKEN_SECONDS: i64 = 3600;

/// A grant that was verified.
pub(super) struct Grant {
    pub(super) client: &'static Client,
    pub(super) user: &'static User,
    pub(super) scopes: Scopes,
    /// Of the authorization request, on redemption only.
    pub(super) nonce: Option<String>,
    pub(super) claims: ClaimsRequest,
    /// The user signed in with the second factor.
    pub(super) second_factor: bool,
}

/// RFC 6749 §5.1 with Entra's members.
#[derive(Serialize)]
pub(super) struct TokenAnswer {
    token_type: &'static str,
    scope: String,
    expires_in: i64,
    ext_expires_in: i64,
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_info: Option<String>,
}

impl Grant {
    /// Everything asked for must have been consented to.
    pub(super) fn answer(self, sts: &Sts, parameters: &Parameters) -> Result<TokenAnswer, Refusal> {
        let resource = self.scopes.resource()?;
        let granted = self.granted(sts, resource)?;
        accounts::check(sts, self.user)?;
        sts.conditional_access.check(resource, self.second_factor)?;
        let refresh_token = self.scopes.has("offline_access").then(|| self.refresh_token(sts)).transpose()?;
        let expires_in = sts.token_lifetime.seconds(resource);
        Ok(TokenAnswer {
            token_type: "Bearer",
            scope: self.answered_scope(&granted),
            expires_in,
            ext_expires_in: expires_in,
            access_token: self.access_token(sts, resource, &granted),
            refresh_token,
            id_token: self.scopes.has("openid").then(|| self.id_token(sts)),
            client_info: parameters.get("client_info").map(|_| self.client_info()),
        })
    }

    /// An access token carries all of the resource's permissions that the user consented to, not only those asked for.
    fn granted(&self, sts: &Sts, resource: Resource) -> Result<BTreeSet<Permission>, Refusal> {
        let consented = sts.state.consented(self.client, self.user.oid);
        let mut granted = consented.clone();
        granted.retain(|permission| permission.resource() == resource && permission.name() != "offline_access");
        let missing = !self.scopes.permissions().is_subset(&consented);
        let nothing = granted.iter().all(|permission| permission.is_openid()) && self.scopes.is_graph_default();
        let Client { client_id, name, .. } = self.client;
        if missing || nothing { Err(CONSENT_REQUIRED.with(&[client_id, name])) } else { Ok(granted) }
    }

    /// The `scope` of the answer: the permissions of the access token, and the requested OIDC scopes.
    fn answered_scope(&self, granted: &BTreeSet<Permission>) -> String {
        let asked = self.scopes.permissions().iter().filter(|permission| permission.name() != "offline_access");
        let all: BTreeSet<&Permission> = granted.iter().chain(asked).collect();
        all.iter().map(|permission| permission.full_name()).collect::<Vec<_>>().join(" ")
    }

    fn refresh_token(&self, sts: &Sts) -> Result<String, Refusal> {
        let (oid, client_id) = (self.user.oid.to_owned(), self.client.client_id.to_owned());
        let issued_at = accounts::issue_time(sts, self.user, sts.clock.unix());
        let record = RefreshToken { oid, client_id, issued_at, second_factor: self.second_factor };
        sts.state.issue_refresh_token(record).map_err(|error| TRANSIENT.with(&[&error.to_string()]))
    }

    fn access_token(&self, sts: &Sts, resource: Resource, granted: &BTreeSet<Permission>) -> String {
        let mut claims = match resource {
            Resource::App => {
                [self.claims_for(sts, CLIENT_ID), sts.app_roles.claim(self.user)].into_iter().flatten().collect()
            }
            Resource::Graph => self.graph_claims(sts),
            Resource::Orders => self.claims_for(sts, ORDERS_CLIENT_ID),
        };
        let scp = granted.iter().map(|permission| permission.name()).collect::<Vec<_>>().join(" ");
        claims.insert("scp".into(), scp.into());
        claims.extend(self.lifetime(sts, sts.token_lifetime.seconds(resource)));
        if !self.claims.capabilities.is_empty() {
            claims.insert("xms_cc".into(), json!(self.claims.capabilities));
        }
        jwt::sign(&sts.key, &Value::Object(claims))
    }

    /// Version 2.0, as the registrations of our app and of the second API ask for. The audience is then the client id.
    /// <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>. Entra's tokens of version 2.0 have no
    /// `amr`; here it carries the factor from the sign-in to the exchange.
    fn claims_for(&self, sts: &Sts, audience: &str) -> Map<String, Value> {
        members(json!({
            "amr": if self.second_factor { &["pwd", "mfa"][..] } else { &["pwd"] },
            "aud": audience,
            "iss": sts.issuer(),
            "azp": self.client.client_id,
            "azpacr": self.client.authentication(),
            "name": self.user.display_name,
            "oid": self.user.oid,
            "preferred_username": self.user.user_principal_name,
            "sub": self.subject(audience),
            "tid": TENANT_ID,
            "uti": random::opaque::<16>(),
            "ver": "2.0",
        }))
    }

    /// Graph's tokens are of version 1.0.
    fn graph_claims(&self, sts: &Sts) -> Map<String, Value> {
        members(json!({
            "aud": GRAPH_APP_ID,
            "iss": sts.issuer_v1(),
            "app_displayname": APP_NAME,
            "appid": CLIENT_ID,
            "appidacr": "2",
            "idtyp": "user",
            "name": self.user.display_name,
            "oid": self.user.oid,
            "sub": self.subject(GRAPH_URI),
            "tid": TENANT_ID,
            "upn": self.user.user_principal_name,
            "uti": random::opaque::<16>(),
            "ver": "1.0",
        }))
    }

    /// OIDC Core §2.
    fn id_token(&self, sts: &Sts) -> String {
        let mut claims = members(json!({
            "aud": self.client.client_id,
            "iss": sts.issuer(),
            "oid": self.user.oid,
            "sub": self.subject(self.client.client_id),
            "tid": TENANT_ID,
            "uti": random::opaque::<16>(),
            "ver": "2.0",
        }));
        claims.extend(self.lifetime(sts, ID_TOKEN_SECONDS));
        claims.extend(sts.app_roles.claim(self.user));
        claims.extend(self.nonce.clone().map(|nonce| ("nonce".into(), nonce.into())));
        if self.scopes.has("profile") {
            claims.insert("name".into(), self.user.display_name.into());
            claims.insert("preferred_username".into(), self.user.user_principal_name.into());
        }
        if self.scopes.has("email") {
            claims.insert("email".into(), self.user.user_principal_name.into());
        }
        jwt::sign(&sts.key, &Value::Object(claims))
    }

    /// Pairwise: another one for each resource (OIDC Core §8.1).
    fn subject(&self, audience: &str) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{TENANT_ID} {audience} {}", self.user.oid)))
    }

    fn lifetime(&self, sts: &Sts, seconds: i64) -> [(String, Value); 3] {
        let (now, dated) = (sts.clock.unix(), sts.clock.unix() - accounts::DATED_BACK);
        let times = [("iat", accounts::issue_time(sts, self.user, dated)), ("nbf", dated), ("exp", now + seconds)];
        times.map(|(name, time)| (name.into(), time.into()))
    }

    /// The key of the caches of Microsoft's libraries.
    fn client_info(&self) -> String {
        URL_SAFE_NO_PAD.encode(json!({ "uid": self.user.oid, "utid": TENANT_ID }).to_string())
    }
}

fn members(object: Value) -> Map<String, Value> {
    if let Value::Object(members) = object { members } else { Map::new() }
}
