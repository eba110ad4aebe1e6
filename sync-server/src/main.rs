//! `gridwalk-server`: one binary for the person who runs it.

mod cli;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    // The merging process of a server: no command of anybody's, no runtime, no log.
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [word, memory] = &words[..]
        && word == "merge-worker"
    {
        let served = memory
            .parse()
            .map_err(std::io::Error::other)
            .and_then(gridwalk_server::merge::serve);
        return served.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    command()
}

#[tokio::main]
async fn command() -> ExitCode {
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
