//! The result of a deployment, evaluated beforehand: this program evaluates no template.

use serde_json::{Map, Value};

/// The tenant, the subscription in it, and the deployments that the subscription knows how to make.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Id of the tenant.
    pub tenant: String,
    /// Id of the subscription.
    pub subscription: String,
    /// The deployments that are known; every other one is refused.
    pub deployments: Vec<Deployment>,
}

/// A deployment with these parameters.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The parameters that are not left at their defaults.
    pub parameters: Map<String, Value>,
    /// The resources that `bicep snapshot` predicts.
    pub resources: Vec<Value>,
    /// Outputs, whose values may be expressions.
    pub outputs: Map<String, Value>,
}
