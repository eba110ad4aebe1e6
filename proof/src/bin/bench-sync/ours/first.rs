//! The first sync: everything of one grid, and how long until the phone is of use.

use super::{Case, Floor, Outcome, rested};
use gridwalk::Phone;
use gridwalk_core::ids::IncidentId;
use gridwalk_proof::{
    cost::Spent,
    floor,
    grid::World,
    process::Server,
    radio::{PHONE, Radio},
    wire::Warm,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// One first sync, when the phone was usable, and the floor.
pub async fn first(
    phone: &Phone,
    server: &Server,
    world: &World,
    radio: &Radio,
    warm: &Warm,
    saves: &[Vec<u8>],
) -> Outcome<(Case, Duration, Floor)> {
    eprintln!("first sync …");
    radio.take();
    warm.take();
    let done = Arc::new(AtomicBool::new(false));
    let eye = watch_until_usable(phone.clone(), world, done.clone());
    let spent = Spent::by(server.pid())?;
    rested(phone).await?;
    let cpu = Spent::by(server.pid())?.since(&spent);
    done.store(true, Ordering::Release);
    let usable = eye.await??;
    let case = Case::of(radio.take(), warm.take().len(), cpu);
    let bytes = floor::packed(saves.iter().map(Vec::as_slice))? + reference_floor(world)?;
    let floor = Floor {
        bytes,
        wall: floor::exchange(200, bytes, PHONE, 1).await?,
    };
    Ok((case, usable, floor))
}

/// What a phone must learn besides documents.
fn reference_floor(world: &World) -> Outcome<usize> {
    let rows = serde_json::to_vec(&(
        &world.grid,
        &world.buildings,
        &world.department,
        &world.categories,
        &world.tasks,
    ))?;
    floor::packed([rows.as_slice()])
}

/// How long until the phone shows its tasks, every open incident and every door.
fn watch_until_usable(
    phone: Phone,
    world: &World,
    done: Arc<AtomicBool>,
) -> tokio::task::JoinHandle<Outcome<Duration>> {
    let (doors, tasks, open) = (
        world.households.len(),
        world.tasks.len(),
        world.filed.clone(),
    );
    tokio::task::spawn_blocking(move || {
        let began = Instant::now();
        loop {
            let over = done.load(Ordering::Acquire);
            let shown: usize = phone
                .today()?
                .groups
                .iter()
                .map(|group| group.rows.len())
                .sum();
            if shown >= tasks && phone.households(String::new())?.len() >= doors {
                let cases: Vec<IncidentId> = phone.incidents()?.iter().map(|row| row.id).collect();
                if open.iter().all(|id| cases.contains(id)) {
                    return Ok(began.elapsed());
                }
            }
            if over {
                return Err("the phone never became usable".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    })
}
