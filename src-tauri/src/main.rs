//! Starts the phone: a word on the command line for a phone without a window, else its window.

use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    if let Some(done) = gridwalk::cli::run(std::env::args().skip(1)) {
        return done;
    }
    #[cfg(feature = "window")]
    gridwalk::shell::run();
    #[cfg(not(feature = "window"))]
    eprintln!("this phone was built without a window; try `gridwalk holdings --data DIR`");
    ExitCode::SUCCESS
}
