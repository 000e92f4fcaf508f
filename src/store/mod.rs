//! Storage: one `ItemStore` port, an adapter each for redb and Cosmos DB, and above it, once, the shapes and the `op` rule.

pub mod cosmos;
mod cosmos_client;
pub mod cosmos_events;
pub mod embedded;
mod repository;
mod shape;

pub use repository::ItemRepository;
