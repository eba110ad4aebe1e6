//! What every session begins with: a server with a small part of the demo street, and a phone that is enrolled there and
//! has read it. Made once; sessions copy it.

use crate::{process::Outcome, watch::Watch};
use gridwalk::{
    Answer, HttpExchange, Phone,
    ports::{Call, Dice, Exchange, Ports, Replied},
};
use gridwalk_core::{
    ids::Hash,
    sync::{
        envelope::change_hash,
        frame,
        message::{ChangeResult, DocumentKind, Request, Response},
    },
    time::Timestamp,
};
use gridwalk_crashvfs::{Disk, Image, Level, Mounted, install, mount};
use gridwalk_fixtures::{
    SEED, Street, demo_day,
    history::{self, History},
    street,
};
use gridwalk_server::{
    AppState, Config, Running,
    auth::enrol::{CODE_LIFE_MS, EnrolCode},
    clock::Clock,
    error::Error,
    seed, serve,
    store::{device, person},
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{
    collections::HashSet,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The grid with a plan and checkpoints.
const GRID: &str = "梧桐-03";
/// So few that a session's own work is most of what lies on the disk.
const DOORS: usize = 12;

/// Both sides, ready to work.
pub struct Stage {
    /// Where requests are served.
    pub runtime: Runtime,
    /// The phone's key and photos; its database is in `phone_image`.
    phone: TempDir,
    phone_image: Image,
    server_image: Image,
}

/// Nine o'clock of the demo day.
pub fn morning() -> Outcome<Timestamp> {
    Ok(Timestamp::from_shanghai(demo_day(), 9, 0).ok_or("no such morning")?)
}

/// A server over a disk of its own.
pub struct Centre {
    /// Its blobs lie here as long as it lives.
    pub _folder: TempDir,
    /// Its database.
    pub disk: Mounted,
    /// Listening.
    pub running: Running,
}

impl Centre {
    /// Starts with these files.
    pub fn open(runtime: &Runtime, image: Image, level: Level) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let disk = mount(folder.path(), image, level);
        let running = runtime
            .block_on(serve(config(folder.path())?))
            .map_err(|error| error.to_string())?;
        Ok(Self {
            _folder: folder,
            disk,
            running,
        })
    }
}

/// As every server here runs.
pub fn config(data: &Path) -> Outcome<Config> {
    let mut config = Config::new(data);
    config.clock = Clock::standing_at(morning()?);
    Ok(config)
}

impl Stage {
    /// Seeds the street and enrols the phone.
    pub fn new() -> Outcome<Self> {
        install();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let (street, _) = part(DOORS)?;
        let login = street.people.iter().find(|person| person.role == "worker");
        let login = login.ok_or("no worker")?.login.clone();
        let past = History {
            from: demo_day(),
            to: demo_day(),
            visits: Vec::new(),
            patrols: Vec::new(),
            incidents: Vec::new(),
        };

        let centre = Centre::open(&runtime, Image::new(), Level::AsAsked)?;
        let state: &AppState = centre.running.state();
        seed::fill(state, &street, &past).map_err(|error| error.to_string())?;
        let code = EnrolCode::new().map_err(|error| error.to_string())?;
        let printed = code.to_string();
        let now = state.now();
        state
            .store
            .write_now(move |connection| {
                let worker = person::by_login(connection, &login)?.ok_or(Error::NotFound)?;
                device::add_code(connection, &code, worker, now, CODE_LIFE_MS)
            })
            .map_err(|error| error.to_string())?;

        let phone = tempfile::tempdir()?;
        let disk = mount(phone.path(), Image::new(), Level::AsAsked);
        let line = Line::to(&centre, Arc::default());
        let opened = open(phone.path(), Arc::new(Watch::at(morning()?)), 0, line)?;
        runtime.block_on(async {
            // the port is another one in every session: the line knows it
            opened.enrol("http://127.0.0.1:1".into(), printed).await?;
            opened.sync_once().await
        })?;
        let plans = opened.today()?.plans.len();
        let doors = opened.households(String::new())?.len();
        if (plans, doors) == (0, 0) {
            return Err("the phone did not read its street".into());
        }
        drop(opened);
        let Centre {
            disk: served,
            running,
            ..
        } = centre;
        runtime
            .block_on(running.stop())
            .map_err(|error| error.to_string())?;
        Ok(Self {
            phone_image: disk.image(),
            server_image: served.image(),
            runtime,
            phone,
        })
    }

    /// A folder with the phone's key in it.
    pub fn phone_folder(&self) -> Outcome<TempDir> {
        let folder = tempfile::tempdir()?;
        copy(&self.phone.path().join("keys"), &folder.path().join("keys"))?;
        Ok(folder)
    }

    /// The phone's database as the session finds it.
    pub fn phone_image(&self) -> Image {
        self.phone_image.clone()
    }

    /// The server's.
    pub fn server_image(&self) -> Image {
        self.server_image.clone()
    }
}

/// One grid of the demo street, its first doors and what happened behind them; workers of other grids are left out.
fn part(doors: usize) -> Outcome<(Street, History)> {
    let mut street = street(SEED, demo_day());
    let mut past = history::history(&street);
    let grid = street
        .grid(GRID)
        .ok_or("the demo street has lost a grid")?
        .id;
    street
        .people
        .retain(|person| person.role != "worker" || person.grids.contains(&grid));
    street.households.retain(|door| door.grid == grid);
    street.households.truncate(doors);
    let doors: HashSet<_> = street.households.iter().map(|door| door.id).collect();
    let here = |door: Option<_>| door.is_none_or(|door| doors.contains(&door));
    street
        .tasks
        .retain(|task| task.grid == grid && here(task.household));
    past.visits.retain(|visit| doors.contains(&visit.household));
    past.patrols.retain(|patrol| patrol.created.grid == grid);
    past.incidents
        .retain(|case| case.created.grid == grid && here(case.created.place.household));
    Ok((street, past))
}

/// The log of a server that was seeded with so many doors and their ninety days: each document's kind and its changes.
pub fn log_of_a_street(doors: usize) -> Outcome<Vec<(DocumentKind, Vec<Vec<u8>>)>> {
    install();
    let folder = tempfile::tempdir()?;
    let _disk = mount(folder.path(), Image::new(), Level::AsAsked);
    let config = config(folder.path())?;
    let state = AppState::open(config.clone()).map_err(|error| error.to_string())?;
    let (street, past) = part(doors)?;
    seed::fill(&state, &street, &past).map_err(|error| error.to_string())?;
    read_log(&config.database())
}

/// The log of the server with which a session ended.
pub fn log_of_a_session(seed: u64) -> Outcome<Vec<(DocumentKind, Vec<Vec<u8>>)>> {
    let worked = super::script::work(&Stage::new()?, seed, Level::AsAsked)?;
    let folder = tempfile::tempdir()?;
    let _disk = mount(folder.path(), worked.server_image, Level::AsAsked);
    read_log(&config(folder.path())?.database())
}

fn read_log(file: &Path) -> Outcome<Vec<(DocumentKind, Vec<Vec<u8>>)>> {
    let db = rusqlite::Connection::open(file)?;
    let mut select = db.prepare(
        "select document.id, document.kind, change.bytes from change
         join document on document.id = change.document order by document.id, change.sequence",
    )?;
    let mut rows = select.query([])?;
    let mut log: Vec<(DocumentKind, Vec<Vec<u8>>)> = Vec::new();
    let mut last: Option<Vec<u8>> = None;
    while let Some(row) = rows.next()? {
        let document: Vec<u8> = row.get(0)?;
        if last.as_ref() != Some(&document) {
            log.push((DocumentKind(row.get(1)?), Vec::new()));
            last = Some(document);
        }
        if let Some((_, changes)) = log.last_mut() {
            changes.push(row.get(2)?);
        }
    }
    Ok(log)
}

/// A phone that has read its street and does nothing.
pub struct Resting {
    /// The phone.
    pub phone: Phone,
    _disk: Mounted,
    _folder: TempDir,
}

impl Resting {
    /// On a stage of its own.
    pub fn new() -> Outcome<Self> {
        let stage = Stage::new()?;
        let folder = stage.phone_folder()?;
        let disk = mount(folder.path(), stage.phone_image(), Level::AsAsked);
        let watch = Arc::new(Watch::at(morning()?));
        Ok(Self {
            phone: open(folder.path(), watch, 0, NoLine)?,
            _disk: disk,
            _folder: folder,
        })
    }
}

/// Opens the phone of that folder.
pub fn open(
    folder: &Path,
    watch: Arc<Watch>,
    seed: u64,
    exchange: impl Exchange + 'static,
) -> Answer<Phone> {
    let ports = Ports {
        clock: watch,
        dice: Arc::new(Rolled(Mutex::new(ChaCha8Rng::seed_from_u64(seed)))),
        exchange: Arc::new(exchange),
        ..Ports::of_this_machine(folder)
    };
    Phone::open(folder, ports)
}

/// Copies a flat folder, with its modes.
pub fn copy(from: &Path, to: &Path) -> Outcome<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(to)?;
    for file in std::fs::read_dir(from)? {
        let file = file?;
        std::fs::copy(file.path(), to.join(file.file_name()))?;
    }
    Ok(())
}

/// Dice that fall the same way for the same session.
struct Rolled(Mutex<ChaCha8Rng>);

impl Dice for Rolled {
    fn fill(&self, bytes: &mut [u8]) -> Answer<()> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill(bytes);
        Ok(())
    }
}

/// What a server's answers have acknowledged, in their order.
pub type Acknowledged = Arc<Mutex<Vec<Vec<Hash>>>>;

/// The phone's way to one server; it hears which changes the answers acknowledge.
pub struct Line {
    network: HttpExchange,
    url: String,
    disk: Arc<Disk>,
    acknowledged: Acknowledged,
}

impl Line {
    /// To that server.
    pub fn to(centre: &Centre, acknowledged: Acknowledged) -> Self {
        Self {
            network: HttpExchange::default(),
            url: centre.running.url(),
            disk: centre.disk.disk(),
            acknowledged,
        }
    }

    fn hear(&self, asked: &Call, reply: &gridwalk::ports::Reply) -> Option<()> {
        if !asked.url.ends_with("/sync") || reply.status != 200 {
            return None;
        }
        let upload = frame::decode::<Request>(&asked.body).ok()?.upload?;
        let results = frame::decode::<Response>(&reply.body).ok()?.results;
        let changes = upload.documents.iter().flat_map(|group| &group.changes);
        let durable = changes.zip(results).filter_map(|(bytes, result)| {
            let durable = matches!(
                result,
                ChangeResult::Stored | ChangeResult::Had | ChangeResult::Held { .. }
            );
            durable.then(|| change_hash(bytes))
        });
        let mut all = self
            .acknowledged
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.push(durable.collect());
        self.disk.acknowledge(all.len() as u64 - 1);
        Some(())
    }
}

impl Exchange for Line {
    fn call(&self, mut call: Call) -> Replied<'_> {
        let path = call.url.splitn(4, '/').nth(3).unwrap_or_default();
        call.url = format!("{}/{path}", self.url);
        Box::pin(async move {
            let reply = self.network.call(call.clone()).await?;
            self.hear(&call, &reply);
            Ok(reply)
        })
    }
}

/// No network: whoever looks at what survived asks nobody.
pub struct NoLine;

impl Exchange for NoLine {
    fn call(&self, _: Call) -> Replied<'_> {
        Box::pin(async { Err(gridwalk::ports::NoReply::Unreachable) })
    }
}
