//! Access tokens: who holds them, and for which service.

use serde_json::{Value, json};
use stand_in::{Clock, SigningKey, UnverifiedJwt, jwt};

use crate::asked::Asked;
use crate::json::merge;

/// The service that a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    ResourceManager,
    Graph,
}

/// The account that signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// A person, who owns the subscription.
    User,
    /// The identity of the pipeline.
    Pipeline,
}

/// The person's user principal name.
pub(crate) const USER: &str = "olive@contoso.example";
/// The pipeline's client id, as its workflow has it in `AZURE_CLIENT_ID`.
pub const PIPELINE_CLIENT_ID: &str = "00000000-0000-0000-0000-000000000013";

const LIFETIME_SECONDS: i64 = 3600;

/// Signs tokens, Entra's and GitHub's, and verifies them.
pub(crate) struct Tokens {
    key: SigningKey,
    clock: Clock,
}

impl Tokens {
    pub(crate) fn new() -> Self {
        Self { key: SigningKey::generate(), clock: Clock::default() }
    }

    /// An access token with what a token endpoint says about it.
    pub(crate) fn issue(&self, tenant: &str, audience: Audience, principal: Principal) -> Value {
        let mut claims = json!({
            "iss": format!("https://sts.windows.net/{tenant}/"), "aud": audience.claim(), "tid": tenant,
            "oid": principal.object_id(), "sub": principal.object_id(),
        });
        merge(&mut claims, principal.claims());
        json!({ "token_type": "Bearer", "access_token": self.sign(claims), "expires_in": LIFETIME_SECONDS })
    }

    /// Adds the times.
    pub(crate) fn sign(&self, mut claims: Value) -> String {
        let now = self.clock.unix();
        merge(&mut claims, json!({ "iat": now, "nbf": now, "exp": now + LIFETIME_SECONDS }));
        jwt::sign(&self.key, &claims)
    }

    /// The token, if it was signed here and is valid now.
    pub(crate) fn verified(&self, token: &str) -> Option<UnverifiedJwt> {
        let token = UnverifiedJwt::parse(token)?;
        (token.signed_by(self.key.public()).is_ok() && token.in_time(self.clock.unix(), 0)).then_some(token)
    }

    /// The account of the request's token, if that token is for this service.
    pub(crate) fn principal(&self, asked: &Asked, audience: Audience) -> Option<Principal> {
        let token = self.verified(asked.bearer.as_deref()?)?;
        let known = [Principal::User, Principal::Pipeline].into_iter();
        let mut holders = known.filter(|principal| token.text("oid") == principal.object_id());
        holders.next().filter(|_| token.text("aud") == audience.claim())
    }

    /// The time these minutes from now, by RFC 3339.
    pub(crate) fn timestamp(&self, minutes: i64) -> String {
        let time = self.clock.now() + time::Duration::minutes(minutes);
        time.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
    }
}

impl Audience {
    /// The service of a scope such as `https://management.azure.com//.default`.
    pub(crate) fn of_scope(scope: &str) -> Option<Self> {
        match scope.strip_suffix("/.default")?.trim_end_matches('/') {
            "https://management.azure.com" | "https://management.core.windows.net" => Some(Self::ResourceManager),
            "https://graph.microsoft.com" => Some(Self::Graph),
            _ => None,
        }
    }

    fn claim(self) -> &'static str {
        match self {
            Self::ResourceManager => "https://management.azure.com",
            Self::Graph => "https://graph.microsoft.com",
        }
    }
}

impl Principal {
    /// Object id in the tenant.
    pub(crate) fn object_id(self) -> &'static str {
        match self {
            Self::User => "00000000-0000-0000-0000-000000000011",
            Self::Pipeline => "00000000-0000-0000-0000-000000000012",
        }
    }

    fn claims(self) -> Value {
        match self {
            Self::User => json!({ "idtyp": "user", "upn": USER, "unique_name": USER, "name": "Olive Owner" }),
            Self::Pipeline => json!({ "idtyp": "app", "appid": PIPELINE_CLIENT_ID }),
        }
    }
}
