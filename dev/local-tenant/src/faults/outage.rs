//! A fault that stands until it is ended, as an outage does.

use stand_in::lock;

use super::{Endpoint, Fault, FaultError, Faults};

impl Endpoint {
    /// Whether a fault of this one befalls requests to that one.
    pub(super) fn covers(self, other: Self) -> bool {
        match self {
            Self::Entra => other == self || other.is_oauth() || other == Self::Keys,
            Self::Graph => other.is_graph(),
            _ => other == self,
        }
    }

    pub(super) fn is_oauth(self) -> bool {
        matches!(self, Self::AuthorizationCode | Self::RefreshToken | Self::OnBehalfOf)
    }

    pub(super) fn is_graph(self) -> bool {
        matches!(self, Self::Graph | Self::GraphMe)
    }
}

impl Faults {
    /// Every request to an endpoint meets this fault from now on, or none; what was planned for it is forgotten.
    pub(crate) fn stand(&self, endpoint: Endpoint, fault: Option<Fault>) -> Result<(), FaultError> {
        fault.iter().try_for_each(|fault| fault.check(endpoint))?;
        lock(&self.planned).retain(|planned| planned.endpoint != endpoint);
        self.release();
        fault.map_or(Ok(()), |fault| self.plan(endpoint, usize::MAX, fault))
    }

    /// The fault that the next request to this endpoint meets because of itself.
    pub(crate) fn next(&self, endpoint: Endpoint) -> Option<Fault> {
        let planned = lock(&self.planned);
        planned.iter().find(|next| next.times > 0 && next.endpoint == endpoint).map(|next| next.fault.clone())
    }
}
