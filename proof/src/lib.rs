//! Tools that prove the product and are never part of it: they start the real binaries on loopback, let them work,
//! and compare what each side holds. (The simulator needs none of this: `bin/sim.rs`.)
#![cfg(feature = "product")]

pub mod cluster;
pub mod corner;
pub mod cost;
pub mod crash;
pub mod cut;
pub mod doors;
pub mod ear;
pub mod floor;
pub mod fuzz;
pub mod grid;
pub mod holdings;
pub mod keeps;
pub mod measure;
pub mod monkey;
pub mod process;
pub mod radio;
pub mod restless;
pub mod save;
pub mod shift;
pub mod tables;
pub mod watch;
pub mod wire;

/// A plain HTTP client for loopback.
pub fn browser() -> process::Outcome<reqwest::Client> {
    // Several proofs in one process install it once.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder().tls_certs_only([]).build()?)
}
