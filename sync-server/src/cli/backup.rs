//! `backup`, `backup-key`, `verify` and `restore`: the figures go to standard output as one line of JSON, everything else to standard
//! error.

use super::{Data, by_operator};
use clap::Args;
use gridwalk_core::ids::Hash;
use gridwalk_server::{
    AppState,
    backup::{
        self,
        seal::{Identity, Recipient},
    },
    error::{Error, Result},
    store::{audit, life},
};
use serde::Serialize;
use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};

#[derive(Args)]
pub(super) struct Backup {
    #[command(flatten)]
    data: Data,
    /// The folder of backups; this one is added to it.
    #[arg(long)]
    to: PathBuf,
    /// Whose private key opens it: what `backup-key` printed.
    #[arg(long)]
    recipient: Recipient,
}

#[derive(Args)]
pub(super) struct Key {
    /// The new file. Move it away from this machine.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct Verify {
    /// The folder of backups.
    #[arg(long)]
    from: PathBuf,
    /// File with the private key.
    #[arg(long)]
    identity: PathBuf,
    /// Which backup; the newest unless said otherwise.
    #[arg(long)]
    number: Option<u64>,
    /// Tell the server with this data folder, so that phones may let go of what is in the backup.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Its database, if that is not a file in the data folder.
    #[arg(long, env = "GRIDWALK_SERVER_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// An empty folder on a disk with room for the whole backup; it is emptied afterwards.
    #[arg(long)]
    scratch: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Restore {
    /// The new data folder; it must hold nothing.
    #[command(flatten)]
    data: Data,
    /// The folder of backups.
    #[arg(long)]
    from: PathBuf,
    /// File with the private key.
    #[arg(long)]
    identity: PathBuf,
    /// Which backup; the newest unless said otherwise.
    #[arg(long)]
    number: Option<u64>,
}

pub(super) async fn make(arguments: Backup) -> Result<()> {
    let state = AppState::open(arguments.data.config()?)?;
    let made = backup::make(&state, &arguments.to, arguments.recipient).await?;
    let entry = by_operator("backup", format!("number {}", made.number));
    let now = state.now();
    state
        .store
        .write(move |connection| audit::add(connection, &entry, now))
        .await?;
    for hash in &made.missing {
        eprintln!("the blob {hash} is damaged or missing on this server and not in the backup");
    }
    print(&made)
}

pub(super) fn key(Key { out }: Key) -> Result<()> {
    let identity = Identity::new()?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(out)?;
    let text = format!(
        "# Gridwalk backups open with this. Keep it away from the server.\n# {}\n{}\n",
        identity.recipient(),
        identity.secret_text()
    );
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    println!("{}", identity.recipient());
    Ok(())
}

fn identity(file: &Path) -> Result<Identity> {
    std::fs::read_to_string(file)?
        .parse()
        .map_err(|words| Error::internal("the identity", words))
}

pub(super) async fn verify(arguments: Verify) -> Result<()> {
    let identity = identity(&arguments.identity)?;
    let scratch = Scratch::new(arguments.scratch)?;
    let verified = backup::verify(&arguments.from, arguments.number, &identity, &scratch.0).await?;
    print(&verified)?;
    if !verified.wrong.is_empty() {
        for wrong in &verified.wrong {
            eprintln!("{wrong}");
        }
        return Err(Error::Internal("the backup is not good".into()));
    }
    if let Some(data) = arguments.data {
        let place = Data {
            data,
            database: arguments.database,
            bucket: None, // nothing of it is looked at
            ledger: None,
        };
        let state = AppState::open(place.config()?)?;
        let (number, now) = (verified.number, state.now());
        let manifest: Hash = verified
            .manifest
            .parse()
            .map_err(|_| Error::Internal("the manifest has no hash".into()))?;
        let known = state
            .store
            .write(move |connection| {
                let known = life::verify_backup(connection, number, &manifest, now)?;
                let entry = by_operator("backup_verified", format!("number {number}"));
                audit::add(connection, &entry, now)?;
                Ok(known)
            })
            .await?;
        if !known {
            return Err(Error::Internal(
                "it is good, and not a backup of this server's present life".into(),
            ));
        }
    }
    Ok(())
}

pub(super) async fn restore(arguments: Restore) -> Result<()> {
    let identity = identity(&arguments.identity)?;
    let state = AppState::open(arguments.data.config()?)?;
    let restored = backup::restore(&state, &arguments.from, arguments.number, &identity).await?;
    for hash in &restored.missing {
        eprintln!("the blob {hash} could not be read; a phone that still has it will bring it");
    }
    for failed in &restored.failed {
        eprintln!("{failed}");
    }
    print(&restored)
}

fn print(figures: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string(figures).map_err(|error| Error::internal("figures", error))?;
    println!("{json}");
    Ok(())
}

/// A folder that is emptied when it is no longer needed: what lies there is readable.
struct Scratch(PathBuf);

impl Scratch {
    fn new(folder: Option<PathBuf>) -> Result<Self> {
        let parent = folder.unwrap_or_else(std::env::temp_dir);
        let name: [u8; 8] = gridwalk_server::state::random()?;
        let own = parent.join(format!("gridwalk-verify-{}", hex::encode(name)));
        std::fs::create_dir_all(&own)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o700))?;
        }
        Ok(Self(own))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{} could not be removed: {error}", self.0.display());
        }
    }
}
