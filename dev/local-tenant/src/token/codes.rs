//! Authorization codes that were issued.

use std::collections::{BTreeSet, HashMap};

use stand_in::random;

use crate::aadsts::{CODE_EXPIRED, CODE_REDEEMED, GRANT_INVALID, Refusal};
use crate::{clients::Client, scopes::Permission, users::User};

/// Entra's codes live ten minutes.
const LIFETIME: i64 = 600;
/// They are remembered longer, to be refused by their own numbers.
const REMEMBERED: i64 = 86_400;

/// The bindings of a code.
#[derive(Clone)]
pub(crate) struct Code {
    pub(crate) client: &'static Client,
    pub(crate) user: &'static User,
    pub(crate) redirect_uri: String,
    /// `code_challenge`.
    pub(crate) challenge: String,
    pub(crate) nonce: Option<String>,
    pub(crate) permissions: BTreeSet<Permission>,
    /// The user brought the second factor.
    pub(crate) second_factor: bool,
}

/// Each code by its value, in memory: a restart ends every sign-in that is under way.
#[derive(Default)]
pub(crate) struct Codes(HashMap<String, Issued>);

struct Issued {
    code: Code,
    at: i64,
    redeemed: bool,
}

impl Codes {
    /// As long and opaque as Entra's.
    pub(crate) fn issue(&mut self, code: Code, now: i64) -> String {
        self.0.retain(|_, issued| issued.at + REMEMBERED > now);
        let value = format!("1.{}", random::opaque::<512>());
        self.0.insert(value.clone(), Issued { code, at: now, redeemed: false });
        value
    }

    /// Whose code this is.
    pub(crate) fn user_of(&self, value: &str) -> Option<&'static User> {
        self.0.get(value).map(|issued| issued.code.user)
    }

    /// Redeems a code if it passes the check, in one step: of two requests one gets it.
    pub(crate) fn redeem(
        &mut self,
        value: &str,
        now: i64,
        check: impl FnOnce(&Code) -> Result<(), Refusal>,
    ) -> Result<Code, Refusal> {
        let issued = self.0.get_mut(value).ok_or_else(|| GRANT_INVALID.with(&["code"]))?;
        if issued.redeemed {
            return Err(CODE_REDEEMED.with(&[]));
        }
        if now >= issued.at + LIFETIME {
            return Err(CODE_EXPIRED.with(&[]));
        }
        check(&issued.code)?;
        issued.redeemed = true;
        Ok(issued.code.clone())
    }
}
