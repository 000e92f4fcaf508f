//! The Azure Developer CLI itself in a fresh clone, against a control plane on loopback. `cargo xtask test azd` runs these,
//! because they need `azd`, the Bicep CLI, and a package.
#![cfg(test)]
#![cfg(target_os = "linux")]

mod deploy;
mod down;
mod pipeline;
mod settings;
mod storage;
mod support;
