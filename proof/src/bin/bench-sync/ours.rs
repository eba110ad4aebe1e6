//! Our own side: the phone's library without a window, the server as a process of its own, and the floors of the same
//! bytes. The three cases are one story of one phone and one server, each beginning where the one before it ended.

mod delta;
mod first;
mod noop;

use delta::deltas;
use first::first;
use gridwalk::{
    Phone,
    ports::{Call, Ports},
};
use gridwalk_core::time::Timestamp;
use gridwalk_proof::{
    cost::peak_mib,
    floor,
    grid::{Size, World, world},
    process::{Outcome, Server, free_port, run},
    radio::{PHONE, Passed, Radio},
    watch::Watch,
    wire::Warm,
};
use gridwalk_server::{AppState, Config, packs};
use noop::{noops, repeated};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use uuid::Uuid;

/// How often something is done; the middle one is reported.
#[derive(Clone, Copy)]
struct Turns {
    deltas: usize,
    noops: usize,
    /// No-ops without the link, for CPU that one of them is too short to show; a device may ask 600 times a minute.
    repeated: u32,
}

impl Turns {
    /// Few for a grid that is only to show that all this still runs.
    fn of(size: Size) -> Self {
        let (deltas, noops, repeated) = if size.households < 100 {
            (1, 3, 50)
        } else {
            (5, 7, 400)
        };
        Self {
            deltas,
            noops,
            repeated,
        }
    }
}

/// One case as it was measured.
#[derive(Clone, Default, Debug)]
pub struct Case {
    pub up: u64,
    pub down: u64,
    pub messages: usize,
    pub wall: Duration,
    pub cpu: Duration,
    /// Merging, which no acknowledgement waits for.
    pub merging: Duration,
    /// Server CPU of one that was not merged while it was measured.
    pub alone: Duration,
}

impl Case {
    fn of(passed: Passed, messages: usize, cpu: Duration) -> Self {
        Self {
            up: passed.up,
            down: passed.down,
            messages,
            wall: passed.wall(),
            cpu,
            merging: Duration::ZERO,
            alone: Duration::ZERO,
        }
    }
    pub fn bytes(&self) -> u64 {
        self.up + self.down
    }
}

/// What nobody goes below.
#[derive(Clone, Default, Debug)]
pub struct Floor {
    pub bytes: usize,
    pub wall: Duration,
}

/// Everything that was measured of ours, and the story for the peers.
pub struct Ours {
    pub documents: usize,
    pub first: Case,
    pub first_floor: Floor,
    /// The floor when every change is sent as it is, not folded into saved documents.
    pub first_changes_floor: usize,
    pub usable: Duration,
    pub delta: Case,
    pub delta_floor: Floor,
    pub noop: Case,
    pub noop_floor: Floor,
    /// Server CPU of one no-op with everything, and of one request that asks nothing of the store (no such page).
    pub noop_whole: Duration,
    pub noop_bare: Duration,
    pub peak_mib: f64,
    pub line_bytes: usize,
    pub story: Story,
}

/// The same documents for everybody: as they were, what the phone added, what the centre added.
#[derive(Default)]
pub struct Story {
    pub documents: Vec<Chapter>,
}

/// One document, as raw changes.
pub struct Chapter {
    pub id: Uuid,
    pub before: Vec<Vec<u8>>,
    pub up: Vec<Vec<u8>>,
    pub down: Vec<Vec<u8>>,
}

pub async fn measure(folder: &Path, seed: u64, today: Timestamp, size: Size) -> Outcome<Ours> {
    let centre = folder.join("centre");
    eprintln!(
        "a grid of {} households, {} incidents, {} patrols …",
        size.households, size.incidents, size.patrols
    );
    let mut world = world(seed, today, size)?;
    let (documents, turns) = (world.documents.len(), Turns::of(size));
    let saves: Vec<Vec<u8>> = world
        .documents
        .iter_mut()
        .map(|told| told.document.save())
        .collect();
    let state = AppState::open(Config::new(&centre)).map_err(|error| error.to_string())?;
    let world = tokio::task::spawn_blocking({
        let state = state.clone();
        move || world.found(&state).map(|()| world)
    })
    .await??;
    let before = log(&state)?;
    eprintln!("its pack …"); // in the background of a server; here it is ready before the clock starts
    let built = tokio::task::spawn_blocking({
        let state = state.clone();
        move || packs::build_due(&state)
    });
    let packs = built.await?.map_err(|error| error.to_string())?;
    eprintln!("{packs} built");

    let server = Server::start(&centre, free_port()?)?;
    let direct = server.address.trim_start_matches("http://").to_owned();
    let radio = Radio::to(&direct, PHONE).await?;
    let warm = Arc::new(Warm::new()?);
    let phone = enrolled(folder, &centre, &world, &radio, warm.clone(), today).await?;

    let (first, usable, first_floor) =
        first(&phone, &server, &world, &radio, &warm, &saves).await?;
    let first_changes_floor = floor::packed(before.iter().map(|(_, bytes)| bytes.as_slice()))?;

    let (delta, delta_floor, story) = deltas(
        &phone,
        &state,
        &server,
        &world,
        (&radio, &warm),
        before,
        turns,
    )
    .await?;
    let noop = noops(&phone, &server, &radio, &warm, turns).await?;
    let call = warm.take().pop().ok_or("no call was remembered")?;
    let noop_floor = Floor {
        bytes: 200,
        wall: floor::exchange(100, 100, PHONE, turns.noops).await?,
    };
    let noop_whole = repeated(&server, &direct, &call, 200, turns).await?;
    let bare = Call {
        method: "GET",
        url: format!("{}/nothing", server.address),
        body: Vec::new(),
        ..call.clone()
    };
    let noop_bare = repeated(&server, &direct, &bare, 404, turns).await?;
    Ok(Ours {
        documents,
        first,
        first_floor,
        first_changes_floor,
        usable,
        delta,
        delta_floor,
        noop,
        noop_floor,
        noop_whole,
        noop_bare,
        peak_mib: peak_mib(server.pid())?,
        line_bytes: world.line_bytes,
        story,
    })
}

/// Every change of the log, in its order.
fn log(state: &AppState) -> Outcome<Vec<(Uuid, Vec<u8>)>> {
    let rows = state.store.read_now(|connection| {
        let mut statement =
            connection.prepare_cached("select document, bytes from change order by sequence")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    Ok(rows.map_err(|error| error.to_string())?)
}

async fn enrolled(
    folder: &Path,
    centre: &Path,
    world: &World,
    radio: &Radio,
    warm: Arc<Warm>,
    today: Timestamp,
) -> Outcome<Phone> {
    let data: PathBuf = folder.join("phone");
    let centre = centre.to_string_lossy();
    let login = &world.hands[0].login;
    let code = run(
        "gridwalk-server",
        &["device", "code", "--data", &centre, "--worker", login],
    )?;
    let ports = Ports {
        clock: Arc::new(Watch::at(today)),
        exchange: warm,
        ..Ports::of_this_machine(&data)
    };
    let phone = Phone::open(&data, ports)?;
    phone
        .enrol(format!("http://{}", radio.address), code.trim().into())
        .await?;
    Ok(phone)
}

async fn rested(phone: &Phone) -> Outcome<()> {
    let state = phone.sync_once().await?;
    match (state.waiting_records, state.error) {
        (0, None) => Ok(()),
        _ => Err(format!("the phone does not rest: {state:?}").into()),
    }
}
