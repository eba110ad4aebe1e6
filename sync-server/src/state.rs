//! What every handler shares. Cheap to clone.

use crate::{
    asking::Asking,
    auth::enrol::Challenges,
    blobs::Blobs,
    callers::Callers,
    clock::Clock,
    config::Config,
    error::{Error, Result},
    gate::Gate,
    merge::Merger,
    packs::Folder,
    pokes::Pokes,
    server_key::ServerKey,
    store::Store,
    turns::Turns,
};
use gridwalk_core::{ids::DeviceId, time::Timestamp};
use std::{ops::Deref, sync::Arc};
use uuid::Uuid;

/// Handle to the running server's parts.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// The parts. Reached through [`AppState`].
pub struct Parts {
    /// The database.
    pub store: Store,
    /// Photos, thumbnails, lines.
    pub blobs: Blobs,
    /// How many uploads may be under way at once.
    pub gate: Gate,
    /// Files of packs.
    pub packs: Folder,
    /// What makes durable changes visible.
    pub merger: Merger,
    /// The only clock.
    pub clock: Clock,
    /// What this server signs with.
    pub key: ServerKey,
    /// This process as a writer of documents. New at every start, so that its actors are never used twice.
    pub process: DeviceId,
    /// Nonces that phones are about to sign.
    pub challenges: Challenges,
    /// Everybody who calls.
    pub callers: Callers,
    /// Uploads that a request is writing to at this moment.
    pub uploads: Turns,
    /// Which lost photos each phone is asked for next.
    pub asking: Asking,
    /// Who has to hear that something is new.
    pub pokes: Pokes,
    /// How it was started.
    pub config: Config,
}

impl AppState {
    /// Opens the data folder, making it on first start.
    pub fn open(config: Config) -> Result<Self> {
        make_private_folder(&config.data)?;
        let store = match &config.postgres {
            Some(url) => Store::connect(url, config.queue)?,
            None => Store::open(&config.database(), config.queue)?,
        };
        let blobs = Blobs::of(&config)?;
        let key = store
            .read_now(ServerKey::of)?
            .ok_or_else(|| Error::Internal("the server has no key".into()))?;
        let packs = Folder::open(&config.packs())?;
        let now = config.clock.now();
        let gate = Gate::new(config.queue);
        Ok(Self(Arc::new(Parts {
            merger: Merger::start(
                store.clone(),
                gate.clone(),
                config.merge_program.clone(),
                config.merge_memory,
            )?,
            gate,
            store,
            blobs,
            key,
            packs,
            process: DeviceId(new_id(now)?),
            challenges: Challenges::default(),
            callers: Callers::new(config.courtesy, config.behind_proxy),
            uploads: Turns::default(),
            asking: Asking::default(),
            pokes: Pokes::default(),
            clock: config.clock.clone(),
            config,
        })))
    }
    /// The server's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Deref for AppState {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// A UUIDv7 of this moment.
pub fn new_id(now: Timestamp) -> Result<Uuid> {
    let random = random::<10>()?;
    let ms = u64::try_from(now.0).unwrap_or_default();
    Ok(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
}

/// Bytes from the operating system's generator, the only source of randomness here.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal("randomness", error))?;
    Ok(bytes)
}

fn make_private_folder(folder: &std::path::Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}
