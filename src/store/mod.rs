//! Storage: one `ItemStore` port, an adapter each for redb and Cosmos DB, and above it, once, the shapes and the `op` rule.

pub mod cosmos;
mod cosmos_client;
pub mod cosmos_events;
mod cosmos_list;
pub mod embedded;
mod embedded_list;
mod embedded_sweep;
mod lists;
mod repository;
mod shape;

pub use repository::ItemRepository;
