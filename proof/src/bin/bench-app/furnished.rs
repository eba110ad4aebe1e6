//! A centre that holds so much, and a phone that has read all of it.

use gridwalk::{Phone, ports::Ports};
use gridwalk_core::{
    ids::{HouseholdId, PlanId},
    patrol::PatrolKind,
    reference::{Plan, ReferenceKind},
    time::Timestamp,
};
use gridwalk_proof::{
    corner::closed,
    grid::{Size, World, world},
    process::{Outcome, Server, free_port, run},
    watch::Watch,
};
use gridwalk_server::{AppState, Config, packs, store::reference};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use uuid::Uuid;

/// The seed of every measured grid.
const SEED: u64 = 42;

/// Both, until this is dropped.
pub struct Furnished {
    /// Data folder of the phone.
    pub phone: PathBuf,
    /// The door that was visited often, if there is one.
    pub often: Option<HouseholdId>,
    /// The phone's address leads here.
    _server: Server,
}

impl Furnished {
    /// One grid of that size; at its first door somebody was so often besides.
    pub fn new(folder: &Path, today: Timestamp, size: Size, often: Option<usize>) -> Outcome<Self> {
        eprintln!(
            "{} households, {} cases, {} patrols …",
            size.households, size.incidents, size.patrols
        );
        let mut world = world(SEED, today, size)?;
        if let Some(times) = often {
            world.often_visited(0, times, today)?;
        }
        let centre = folder.join("centre");
        found(&centre, &mut world)?;
        let server = Server::start(&centre, free_port()?)?;
        let phone = folder.join("phone");
        let code = run(
            "gridwalk-server",
            &[
                "device",
                "code",
                "--data",
                &centre.to_string_lossy(),
                "--worker",
                &world.hands[0].login,
            ],
        )?;
        eprintln!("a phone reads all of it …");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        runtime.block_on(read(&phone, &server.address, code.trim(), today))?;
        Ok(Self {
            often: often.map(|_| world.households[0]),
            phone,
            _server: server,
        })
    }

    /// What the phone's database takes, once nobody has it open.
    pub fn database_bytes(&self) -> Outcome<u64> {
        let file = self.phone.join("gridwalk.db");
        closed(&file)?;
        Ok(std::fs::metadata(file)?.len())
    }
}

/// Everything into an empty centre, with a plan to walk by, and its pack.
fn found(centre: &Path, world: &mut World) -> Outcome<()> {
    let mut config = Config::new(centre);
    config.pack_least = 1;
    let state = AppState::open(config).map_err(|error| error.to_string())?;
    world.found(&state)?;
    let plan = Plan {
        id: PlanId(Uuid::from_u128(1)),
        grid: world.grid.id,
        name: "听雨苑早班".into(),
        kind: PatrolKind::Daily,
        checkpoints: world
            .grid
            .checkpoints
            .iter()
            .map(|point| point.id)
            .collect(),
        line_asked_because: None,
        line_may_be_refused: true,
        frequency: None,
        window: None,
    };
    let told = state.store.write_now(move |connection| {
        let id = plan.id.to_string();
        reference::put(connection, ReferenceKind::Plan, &id, Some(plan.grid), &plan)
    });
    told.map_err(|error| error.to_string())?;
    packs::build_due(&state).map_err(|error| error.to_string())?;
    Ok(())
}

async fn read(data: &Path, address: &str, code: &str, today: Timestamp) -> Outcome<()> {
    let ports = Ports {
        clock: Arc::new(Watch::at(today)),
        ..Ports::of_this_machine(data)
    };
    let phone = Phone::open(data, ports)?;
    phone.enrol(address.into(), code.into()).await?;
    let state = phone.sync_once().await?;
    match (state.waiting_records, state.error) {
        (0, None) => Ok(()),
        _ => Err(format!("the first sync: {state:?}").into()),
    }
}
