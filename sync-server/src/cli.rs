//! The command line. What is asked for goes to standard output, everything else to standard error.

mod backup;
mod scope;

use clap::{Args, Parser, Subcommand};
use gridwalk_core::{
    act::Role,
    ids::{DeviceId, GridId, PersonId},
    reference::Person,
};
use gridwalk_server::{
    AppState, Config,
    auth::{
        enrol::{CODE_LIFE_MS, EnrolCode},
        password,
        scope::Scope,
    },
    clock::Clock,
    config::Tls,
    console::{
        self,
        export::{self, Format},
        range::Range,
    },
    error::{Error, Result},
    holdings, ledger, rebuild, seed, serve,
    state::new_id,
    store::{
        account,
        audit::{self, Entry},
        device, person, reference,
    },
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
    /// Make every row of the registry and every snapshot again from the log of changes.
    Rebuild {
        #[command(flatten)]
        data: Data,
    },
    /// Write everything that is true into a folder, sealed to a key that this server does not have; it may be running.
    Backup(backup::Backup),
    /// Make a pair of keys for backups: the private one goes into a new file, the public one is printed.
    BackupKey(backup::Key),
    /// Open a backup and hold everything in it against its hashes.
    Verify(backup::Verify),
    /// Fill an empty data folder from a backup, and begin a new epoch.
    Restore(backup::Restore),
    /// Print what the registry and the blob folder hold, as JSON sets of ids and hashes.
    Holdings {
        #[command(flatten)]
        data: Data,
    },
    /// Give people a login for the console.
    User {
        #[command(subcommand)]
        command: User,
    },
    /// Write patrol data to a file.
    Export {
        #[command(flatten)]
        data: Data,
        /// What: patrols.
        #[arg(value_parser = ["patrols"])]
        what: String,
        /// In which format.
        #[arg(long)]
        format: Format,
        /// First day.
        #[arg(long)]
        from: chrono::NaiveDate,
        /// Last day.
        #[arg(long)]
        to: chrono::NaiveDate,
        /// Only this grid.
        #[arg(long)]
        grid: Option<GridId>,
        /// Where to; an existing file is replaced.
        #[arg(long)]
        out: PathBuf,
    },
    /// Print the shapes of the console's answers as OpenAPI.
    Openapi,
    /// Move or erase documents.
    Document {
        #[command(subcommand)]
        command: scope::Document,
    },
    /// Say who works in which grid.
    Worker {
        #[command(subcommand)]
        command: scope::Worker,
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
    /// A PostgreSQL database, postgres://user@host/name, which several servers may share; otherwise a file in the data
    /// folder. Give it to every command.
    #[arg(long, env = "GRIDWALK_SERVER_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Photos lie in this bucket, s3://bucket/prefix, instead of the data folder; several servers may share it. Keys and endpoint
    /// as every S3 program reads them: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT, AWS_ALLOW_HTTP. Give
    /// it to every command.
    #[arg(long, env = "GRIDWALK_SERVER_BUCKET")]
    bucket: Option<String>,
    /// What must not come back with an old backup is also written to this file. Put it on another disk than the data.
    #[arg(long, env = "GRIDWALK_LEDGER")]
    ledger: Option<PathBuf>,
}

impl Data {
    /// A server for that folder, on the clock of this process.
    fn config(self) -> Result<Config> {
        let clock =
            Clock::from_environment().map_err(|words| Error::internal("the clock", words))?;
        Ok(Config {
            clock,
            postgres: self.database,
            bucket: self.bucket,
            ledger: self.ledger,
            ..Config::new(self.data)
        })
    }
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
    /// Certificate chain (PEM), to speak TLS.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Folder of the built console.
    #[arg(long)]
    console: Option<PathBuf>,
}

#[derive(Subcommand)]
enum User {
    /// Give a person of the registry a login; prints the generated password, once.
    Add(Login),
    /// Print a new password for a person, unlock, and end all sessions.
    Reset(Login),
    /// List who has a login.
    List {
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Args)]
struct Login {
    #[command(flatten)]
    data: Data,
    /// The person's login name.
    #[arg(long)]
    name: String,
    /// Make the person too, with this role, when the registry has no such name.
    #[arg(long)]
    role: Option<String>,
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
        Command::User { command } => run_user(command).await,
        Command::Export {
            data,
            what: _,
            format,
            from,
            to,
            grid,
            out,
        } => run_export(data, format, Range { from, to, grid }, &out).await,
        Command::Openapi => {
            println!("{}", console::openapi::document()?);
            Ok(())
        }
        Command::Document { command } => scope::run_document(command).await,
        Command::Worker { command } => scope::run_worker(command).await,
        Command::Device { command } => run_device(command).await,
        Command::Seed { data, today } => run_seed(data, today).await,
        Command::Rebuild { data } => run_rebuild(data).await,
        Command::Backup(arguments) => backup::make(arguments).await,
        Command::BackupKey(arguments) => backup::key(arguments),
        Command::Verify(arguments) => backup::verify(arguments).await,
        Command::Restore(arguments) => backup::restore(arguments).await,
        Command::Holdings { data } => run_holdings(data).await,
    }
}

async fn run_server(arguments: Serve) -> Result<()> {
    let mut config = arguments.data.config()?;
    config.listen = arguments.listen;
    config.behind_proxy = arguments.behind_proxy;
    config.tls = arguments
        .tls_cert
        .zip(arguments.tls_key)
        .map(|(certificate, key)| Tls { certificate, key });
    config.console = arguments.console;
    config.merge_program = Some(std::env::current_exe()?);
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

async fn run_user(command: User) -> Result<()> {
    match command {
        User::List { data } => {
            let state = AppState::open(data.config()?)?;
            for (login, name, role) in state.store.read(account::list).await? {
                println!("{login}\t{name}\t{role}");
            }
            Ok(())
        }
        User::Add(login) => set_password(login, "user_add").await,
        User::Reset(login) => set_password(login, "user_reset").await,
    }
}

async fn set_password(login: Login, action: &'static str) -> Result<()> {
    let state = AppState::open(login.data.config()?)?;
    let password = password::generate()?;
    let hash = password::hash(&password)?;
    let (now, new) = (state.now(), PersonId(new_id(state.now())?));
    let role = login
        .role
        .as_deref()
        .map(person::parse::<Role>)
        .transpose()?;
    state
        .store
        .write(move |connection| {
            let who = match (person::by_login(connection, &login.name)?, role) {
                (Some(person), _) => person,
                (None, Some(role)) => {
                    let made = Person {
                        id: new,
                        name: login.name.clone(),
                        role,
                        grids: Vec::new(),
                        department: None,
                        covers: Vec::new(),
                    };
                    reference::put_person(connection, &made, Some(&login.name))?;
                    new
                }
                (None, None) => return Err(Error::NotFound),
            };
            account::set_password(connection, who, &hash, now)?;
            audit::add(connection, &by_operator(action, who.to_string()), now)
        })
        .await?;
    println!("{password}");
    Ok(())
}

/// Whoever has the command line has the machine; the trail says at least that it was there.
fn by_operator(action: &'static str, object: String) -> Entry {
    Entry {
        subject: "operator".into(),
        action,
        object,
        result: "done".into(),
        address: "command line".into(),
    }
}

async fn run_export(data: Data, format: Format, range: Range, out: &std::path::Path) -> Result<()> {
    let state = AppState::open(data.config()?)?;
    let window = range.within(&Scope::Street)?;
    let (blobs, now) = (state.blobs.clone(), state.now());
    let entry = by_operator("export", format!("patrols {} – {}", range.from, range.to));
    state
        .store
        .write(move |connection| audit::add(connection, &entry, now))
        .await?;
    let bytes = state
        .store
        .read(move |connection| {
            export::patrols(connection, &blobs, &Scope::Street, &window, format, now)
        })
        .await?;
    std::fs::write(out, bytes)?;
    Ok(())
}

async fn run_seed(data: Data, today: Option<chrono::NaiveDate>) -> Result<()> {
    let state = AppState::open(data.config()?)?;
    let today = today.unwrap_or_else(|| state.now().local_date());
    let seeded = tokio::task::spawn_blocking(move || seed::seed(&state, today))
        .await
        .map_err(|error| Error::internal("seeding", error))??;
    eprintln!(
        "seeded the demo street for {today}: {} households, {} visits, {} patrols, {} incidents, {} care plans, {} places",
        seeded.households,
        seeded.visits,
        seeded.patrols,
        seeded.incidents,
        seeded.care_plans,
        seeded.places
    );
    Ok(())
}

async fn run_rebuild(data: Data) -> Result<()> {
    let state = AppState::open(data.config()?)?;
    let rebuilt = rebuild::rebuild(&state.store).await?;
    for (document, reason) in &rebuilt.failed {
        eprintln!("{document}: {reason}");
    }
    println!(
        "{} documents made again, {} failed",
        rebuilt.documents,
        rebuilt.failed.len()
    );
    Ok(())
}

async fn run_holdings(data: Data) -> Result<()> {
    let state = AppState::open(data.config()?)?;
    let holdings = holdings::read(&state).await?;
    let json =
        serde_json::to_string(&holdings).map_err(|error| Error::internal("holdings", error))?;
    println!("{json}");
    Ok(())
}

async fn run_device(command: Device) -> Result<()> {
    match command {
        Device::Code { data, worker } => {
            let state = AppState::open(data.config()?)?;
            let now = state.now();
            let code = EnrolCode::new()?;
            let printed = code.to_string();
            state
                .store
                .write(move |connection| {
                    let worker = person::by_login(connection, &worker)?.ok_or(Error::NotFound)?;
                    device::add_code(connection, &code, worker, now, CODE_LIFE_MS)?;
                    audit::add(
                        connection,
                        &by_operator("enrol_code", worker.to_string()),
                        now,
                    )
                })
                .await?;
            println!("{printed}");
        }
        Device::List { data } => {
            let state = AppState::open(data.config()?)?;
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
            let state = AppState::open(data.config()?)?;
            let now = state.now();
            // before it is done: a restore must not bring a lost phone back
            ledger::remember(&state, ledger::Entry::Revoked { device }).await?;
            let found = state
                .store
                .write(move |connection| {
                    let found = device::revoke(connection, device, now)?;
                    let entry = by_operator("device_revoke", device.to_string());
                    audit::add(connection, &entry, now)?;
                    Ok(found)
                })
                .await?;
            if !found {
                return Err(Error::NotFound);
            }
        }
    }
    Ok(())
}
