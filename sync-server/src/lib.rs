#![doc = include_str!("../README.md")]

pub mod arrival;
pub mod assignment;
pub mod attribution;
pub mod auth;
pub mod backup;
pub mod blobs;
pub mod callers;
pub mod clock;
pub mod config;
pub mod console;
pub mod departure;
pub mod edit;
pub mod error;
pub mod gate;
pub mod holdings;
pub mod ingest;
pub mod jpeg;
pub mod ledger;
pub mod listen;
pub mod merge;
pub mod packs;
pub mod pokes;
pub mod rebuild;
pub mod routes;
pub mod scrub;
pub mod seed;
mod seen;
pub mod server;
pub mod server_key;
pub mod state;
pub mod store;
pub mod sweep;
pub mod turns;

pub use config::Config;
pub use server::{Running, serve};
pub use state::AppState;
