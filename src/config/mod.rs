//! Settings from the environment. Every fault is reported at once, by name.

mod cloud;
mod environment;
mod faults;
mod limits;
mod reader;
mod setting;
mod settings;
mod table;
mod values;

pub use cloud::Cloud;
pub use environment::Environment;
pub use faults::{Fault, Faults};
pub use limits::{LARGEST_LIMIT, LIMITS, Limits, NamedLimit};
pub use setting::{Absent, Setting};
pub use settings::{AzureSettings, Settings, StoreSettings};
pub use table::SETTINGS;
pub use values::{ChosenTool, VaultKeyId};

#[cfg(test)]
mod documentation_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod values_tests;
