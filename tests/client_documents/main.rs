//! The documents that clients publish, fetched from a host on loopback that is a stranger on the internet to the product.
#![cfg(test)]

mod guards;
mod rig;
mod sharing;
mod signatures;
