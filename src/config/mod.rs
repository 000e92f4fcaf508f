//! Settings from the environment. Every fault is reported at once, by name.

mod cloud;
mod environment;
mod faults;
mod settings;

pub use cloud::Cloud;
pub use environment::Environment;
pub use faults::{Fault, Faults};
pub use settings::{AzureSettings, Settings, StoreSettings, VaultKeyId};

#[cfg(test)]
mod tests;
