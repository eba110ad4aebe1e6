//! The command line. What is asked for goes to standard output, everything else to standard error.

use clap::{Args, Parser, Subcommand};
use gridwalk_core::ids::DeviceId;
use gridwalk_server::{
    AppState, Config,
    auth::enrol::{CODE_LIFE_MS, EnrolCode},
    error::{Error, Result},
    holdings, seed, serve,
    store::{device, person},
};
use std::{net::SocketAddr, path::PathBuf};

/// Merges what phones bring with the central registry.
#[derive(Parser)]
#[command(name = "gridwalk-server", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Listen for phones and consoles.
    Serve(Serve),
    /// Fill a fresh data folder with the demo street.
    Seed {
        #[command(flatten)]
        data: Data,
        /// The morning on which the demo begins; today unless said otherwise.
        #[arg(long)]
        today: Option<chrono::NaiveDate>,
    },
    /// Print what the registry and the blob folder hold, as JSON sets of ids and hashes.
    Holdings {
        #[command(flatten)]
        data: Data,
    },
    /// Enrol and revoke phones.
    Device {
        #[command(subcommand)]
        command: Device,
    },
}

/// Where everything is kept.
#[derive(Args)]
struct Data {
    /// The data folder; made on first start.
    #[arg(long, env = "GRIDWALK_SERVER_DATA")]
    data: PathBuf,
}

#[derive(Args)]
struct Serve {
    #[command(flatten)]
    data: Data,
    /// Address and port; beyond loopback a certificate or --behind-proxy is needed.
    #[arg(long, default_value = "127.0.0.1:8470")]
    listen: SocketAddr,
    /// A proxy in front of this server ends TLS.
    #[arg(long)]
    behind_proxy: bool,
    /// Folder of the built console.
    #[arg(long)]
    console: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Device {
    /// Print a one-time code for a worker's phone, good for ten minutes.
    Code {
        #[command(flatten)]
        data: Data,
        /// The worker's login name.
        #[arg(long)]
        worker: String,
    },
    /// List enrolled phones.
    List {
        #[command(flatten)]
        data: Data,
    },
    /// Revoke a lost phone: it reads nothing more, and what it still delivers goes to quarantine.
    Revoke {
        #[command(flatten)]
        data: Data,
        /// The phone's id, from the list.
        #[arg(long)]
        device: DeviceId,
    },
}

/// Does what was asked.
pub async fn run(arguments: Arguments) -> Result<()> {
    match arguments.command {
        Command::Serve(arguments) => run_server(arguments).await,
        Command::Device { command } => run_device(command).await,
        Command::Seed { data, today } => run_seed(data, today).await,
        Command::Holdings { data } => run_holdings(data).await,
    }
}

async fn run_server(arguments: Serve) -> Result<()> {
    let mut config = Config::new(arguments.data.data);
    config.listen = arguments.listen;
    config.behind_proxy = arguments.behind_proxy;
    config.console = arguments.console;
    let running = serve(config).await?;
    println!("listening on {}", running.url());
    wait_for_the_end().await;
    running.stop().await
}

async fn wait_for_the_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

async fn run_seed(data: Data, today: Option<chrono::NaiveDate>) -> Result<()> {
    let state = AppState::open(Config::new(data.data))?;
    let today = today.unwrap_or_else(|| state.now().local_date());
    let seeded = tokio::task::spawn_blocking(move || seed::seed(&state, today))
        .await
        .map_err(|error| Error::internal("seeding", error))??;
    eprintln!(
        "seeded the demo street for {today}: {} households, {} visits, {} patrols, {} incidents",
        seeded.households, seeded.visits, seeded.patrols, seeded.incidents
    );
    Ok(())
}

async fn run_holdings(data: Data) -> Result<()> {
    let state = AppState::open(Config::new(data.data))?;
    let holdings = holdings::read(&state).await?;
    let json =
        serde_json::to_string(&holdings).map_err(|error| Error::internal("holdings", error))?;
    println!("{json}");
    Ok(())
}

async fn run_device(command: Device) -> Result<()> {
    match command {
        Device::Code { data, worker } => {
            let state = AppState::open(Config::new(data.data))?;
            let now = state.now();
            let code = EnrolCode::new()?;
            let printed = code.to_string();
            state
                .store
                .write(move |connection| {
                    let worker = person::by_login(connection, &worker)?.ok_or(Error::NotFound)?;
                    device::add_code(connection, &code, worker, now, CODE_LIFE_MS)
                })
                .await?;
            println!("{printed}");
        }
        Device::List { data } => {
            let state = AppState::open(Config::new(data.data))?;
            for device in state.store.read(device::list).await? {
                let seen = device
                    .seen_at
                    .map_or_else(|| "never".into(), |at| at.to_string());
                let revoked = device
                    .revoked_at
                    .map_or_else(String::new, |at| format!("  revoked {at}"));
                println!(
                    "{}  {}  enrolled {}  seen {seen}{revoked}",
                    device.device, device.worker, device.enrolled_at
                );
            }
        }
        Device::Revoke { data, device } => {
            let state = AppState::open(Config::new(data.data))?;
            let now = state.now();
            let found = state
                .store
                .write(move |connection| device::revoke(connection, device, now))
                .await?;
            if !found {
                return Err(Error::NotFound);
            }
        }
    }
    Ok(())
}
