//! A shift's delta: thirty-two documents up, eight down, in one exchange.

use super::{Case, Chapter, Floor, Outcome, Story, Turns, rested};
use gridwalk::{Phone, view::HitInput};
use gridwalk_core::{
    act::Role,
    ids::{DocumentId, PersonId},
    incident::{self, IncidentAction, IncidentEvent},
    patrol::{HitMethod, HitState},
};
use gridwalk_proof::{
    cost::{Spent, children},
    floor,
    grid::World,
    process::Server,
    radio::{PHONE, Radio},
    wire::Warm,
};
use gridwalk_server::{
    AppState,
    edit::{Writer, edit_document},
};
use std::{collections::HashMap, time::Duration};
use uuid::Uuid;

/// Thirty-two documents changed on the phone, eight at the centre, then one exchange; several times.
pub async fn deltas(
    phone: &Phone,
    state: &AppState,
    server: &Server,
    world: &World,
    (radio, warm): (&Radio, &Warm),
    before: Vec<(Uuid, Vec<u8>)>,
    turns: Turns,
) -> Outcome<(Case, Floor, Story)> {
    let process = state.process;
    let mut cases = Vec::new();
    let (mut floor_bytes, mut story) = (None, Story::default());
    let mut known = before.len();
    let rounds = turns
        .deltas
        .min(world.filed.len() / 8)
        .min(world.households.len() / 24)
        .max(1);
    for round in 0..rounds {
        eprintln!("delta {} of {rounds} …", round + 1);
        change_on_phone(phone, world, round)?;
        dispatch(state, world, round).await?;
        radio.take();
        warm.take();
        let spent = Spent::by(server.pid())?;
        rested(phone).await?;
        let now = Spent::by(server.pid())?;
        let merging = now.of_threads(&spent, |name| name == "merger");
        cases.push(Case {
            merging,
            ..Case::of(
                radio.take(),
                warm.take().len(),
                now.since(&spent).saturating_sub(merging),
            )
        });
        let news = later(state, known, process.0)?;
        known += news.len();
        if round == 0 {
            let of = |own: bool| {
                news.iter()
                    .filter(move |(_, _, here)| *here == own)
                    .map(|(_, bytes, _)| bytes.as_slice())
            };
            floor_bytes = Some((floor::packed(of(false))?, floor::packed(of(true))?));
            story = told(&before, &news);
        }
    }
    let (up, down) = floor_bytes.ok_or("no delta")?;
    cases.sort_by_key(|case| case.wall);
    let mut delta = cases.swap_remove(cases.len() / 2);
    delta.alone = without_merging(phone, state, server, world, rounds).await?;
    let floor = Floor {
        bytes: up + down,
        wall: floor::exchange(up, down, PHONE, turns.deltas).await?,
    };
    Ok((delta, floor, story))
}

/// One more delta while the merging process stands still, so that nothing but the exchange itself is counted: the answer
/// comes when the server has waited for merging long enough.
async fn without_merging(
    phone: &Phone,
    state: &AppState,
    server: &Server,
    world: &World,
    round: usize,
) -> Outcome<Duration> {
    eprintln!("one more, while merging stands still …");
    change_on_phone(phone, world, round)?;
    dispatch(state, world, round).await?;
    let mergers = children(server.pid())?;
    signal("-STOP", &mergers)?;
    let spent = Spent::by(server.pid())?;
    let outcome = rested(phone).await;
    let now = Spent::by(server.pid())?;
    signal("-CONT", &mergers)?;
    outcome?;
    let merger = now.of_threads(&spent, |name| name == "merger");
    Ok(now.since(&spent).saturating_sub(merger))
}

fn signal(which: &str, processes: &[u32]) -> Outcome<()> {
    let ids = processes.iter().map(ToString::to_string);
    let done = std::process::Command::new("kill")
        .arg(which)
        .args(ids)
        .status()?;
    if done.success() {
        Ok(())
    } else {
        Err("no merging process to stop".into())
    }
}

fn change_on_phone(phone: &Phone, world: &World, round: usize) -> Outcome<()> {
    let some = |of: usize, n: usize| (0..n.min(of)).map(move |k| (round * n + k) % of);
    let notes = [
        "没变化，聊了几句。",
        "换了新的软管，当场试过不漏。",
        "老人精神不错，下周再来看。",
        "约了周末带资料来办手续。",
    ];
    for at in some(world.households.len(), 24) {
        let door = world.households[at];
        let mut visit = phone.begin_visit(door, None)?;
        visit.ended_at = visit.started_at.plus_ms(240_000);
        visit.note = Some(notes[at % notes.len()].into());
        phone.save_visit(door, visit)?;
    }
    for at in some(world.filed.len(), 6) {
        let text = format!("现场又看了一次，情况没有变，第{}次提醒。", at + 1);
        phone.act_on_incident(
            world.filed[world.filed.len() - 1 - at],
            IncidentAction::Comment { text },
        )?;
    }
    for (n, patrol) in world.running.iter().enumerate() {
        let point = &world.grid.checkpoints[5 + (round + n) % 5];
        let hit = HitInput {
            checkpoint: point.id,
            method: HitMethod::Qr,
            code: Some(point.code.clone()),
            reason: None,
            state: HitState::Ok,
            photo: None,
        };
        phone.patrol_hit(*patrol, hit)?;
    }
    Ok(())
}

async fn dispatch(state: &AppState, world: &World, round: usize) -> Outcome<()> {
    let dispatcher = world
        .hands
        .iter()
        .find(|hand| hand.person.role == Role::Dispatcher);
    let by: PersonId = dispatcher.ok_or("no dispatcher")?.person.id;
    let owner = world.department.id;
    for case in world.filed.iter().skip(round * 8).take(8) {
        let writer = Writer {
            by,
            role: Role::Dispatcher,
        };
        let done = edit_document(
            state,
            DocumentId(case.0),
            writer,
            move |document, author, feed| {
                let event = IncidentEvent {
                    id: gridwalk_core::ids::EventId(Uuid::new_v5(&document.id().0, b"dispatched")),
                    act: author.act.clone(),
                    department: None,
                    action: IncidentAction::Dispatch {
                        owner,
                        co_departments: Vec::new(),
                    },
                };
                incident::record(document, &event, author, feed)
            },
        );
        done.await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

type News = Vec<(Uuid, Vec<u8>, bool)>;

/// Changes that came into the log behind the first `known`, and whether the centre wrote them itself.
fn later(state: &AppState, known: usize, process: Uuid) -> Outcome<News> {
    let skip = i64::try_from(known)?;
    let rows = state.store.read_now(move |connection| {
        let mut statement = connection.prepare_cached(
            "select document, bytes, device from change order by sequence limit 100000 offset ?1",
        )?;
        let rows = statement.query_map([skip], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, Uuid>(2)? == process))
        })?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    Ok(rows.map_err(|error| error.to_string())?)
}

fn told(before: &[(Uuid, Vec<u8>)], news: &News) -> Story {
    let mut place = HashMap::new();
    let mut story = Story::default();
    for (id, bytes) in before {
        let at = *place.entry(*id).or_insert_with(|| {
            story.documents.push(Chapter {
                id: *id,
                before: Vec::new(),
                up: Vec::new(),
                down: Vec::new(),
            });
            story.documents.len() - 1
        });
        story.documents[at].before.push(bytes.clone());
    }
    for (id, bytes, own) in news {
        if let Some(at) = place.get(id) {
            let chapter = &mut story.documents[*at];
            if *own {
                &mut chapter.down
            } else {
                &mut chapter.up
            }
            .push(bytes.clone());
        }
    }
    story
}
