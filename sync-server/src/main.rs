//! `gridwalk-server`: one binary for the person who runs it.

mod cli;

use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                // Automerge opens a span for every commit and column: a twentieth of all merging, and nobody reads it.
                .unwrap_or_else(|_| "info,refinery_core=warn,automerge=warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    match cli::run(cli::Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gridwalk-server: {error}");
            ExitCode::FAILURE
        }
    }
}
