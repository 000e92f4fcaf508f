//! The cost of a callback, by which callbacks are limited.

/// The cost of a callback. Each is counted by itself: anybody can send a callback that is read, so those without a cookie must
/// use up neither the reads of the others nor the requests to Entra.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallbackCost {
    /// A read of its authorization, though it has no cookie of it.
    ReadWithoutCookie,
    /// A read that shows whether the cookie is the right one, or whether the `state` is spent.
    Read,
    /// A request to Entra, once the browser is known and the `state` is unspent.
    Redemption,
    /// The same request, among those of all addresses.
    AnyRedemption,
}
