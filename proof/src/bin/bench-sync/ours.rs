//! Our own side: the phone's library without a window, the server as a process of its own, and the floors of the same
//! bytes. One long room, because the three cases are one story of one phone and one server, each beginning where the one
//! before it ended.

use gridwalk::{
    Phone,
    ports::{Call, Ports},
    view::HitInput,
};
use gridwalk_core::{
    act::Role,
    ids::{DocumentId, IncidentId, PersonId},
    incident::{self, IncidentAction, IncidentEvent},
    patrol::{HitMethod, HitState},
    time::Timestamp,
};
use gridwalk_proof::{
    cost::{Spent, children, peak_mib},
    floor,
    grid::{Size, World, world},
    process::{Outcome, Server, free_port, run},
    radio::{PHONE, Passed, Radio},
    watch::Watch,
    wire::Warm,
};
use gridwalk_server::{
    AppState, Config,
    edit::{Writer, edit_document},
};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
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

    let server = Server::start(&centre, free_port()?)?;
    let direct = server.address.trim_start_matches("http://").to_owned();
    let radio = Radio::to(&direct, PHONE).await?;
    let warm = Arc::new(Warm::new()?);
    let phone = enrolled(folder, &centre, &world, &radio, warm.clone(), today).await?;

    eprintln!("first sync …");
    radio.take();
    warm.take();
    let done = Arc::new(AtomicBool::new(false));
    let eye = watch_until_usable(phone.clone(), &world, done.clone());
    let spent = Spent::by(server.pid())?;
    rested(&phone).await?;
    let cpu = Spent::by(server.pid())?.since(&spent);
    done.store(true, Ordering::Release);
    let usable = eye.await??;
    let first = Case::of(radio.take(), warm.take().len(), cpu);
    let first_bytes = floor::packed(saves.iter().map(Vec::as_slice))? + reference_floor(&world)?;
    let first_changes_floor = floor::packed(before.iter().map(|(_, bytes)| bytes.as_slice()))?;
    let first_floor = Floor {
        bytes: first_bytes,
        wall: floor::exchange(200, first_bytes, PHONE, 1).await?,
    };

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

/// Thirty-two documents changed on the phone, eight at the centre, then one exchange; several times.
async fn deltas(
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

async fn noops(
    phone: &Phone,
    server: &Server,
    radio: &Radio,
    warm: &Warm,
    turns: Turns,
) -> Outcome<Case> {
    rested(phone).await?; // what it heard in the last answer moved its cursors; from here on nothing is new
    let mut cases = Vec::new();
    for _ in 0..turns.noops {
        radio.take();
        warm.take();
        let spent = Spent::by(server.pid())?;
        rested(phone).await?;
        let cpu = Spent::by(server.pid())?.since(&spent);
        let calls = warm.take();
        cases.push(Case::of(radio.take(), calls.len(), cpu));
        warm.remember(calls);
    }
    cases.sort_by_key(|case| case.wall);
    Ok(cases.swap_remove(turns.noops / 2))
}

/// Server CPU of one such request, over many on one connection.
async fn repeated(
    server: &Server,
    direct: &str,
    call: &Call,
    status: u16,
    turns: Turns,
) -> Outcome<Duration> {
    let again = Warm::new()?;
    let path = call.url.splitn(4, '/').nth(3).unwrap_or_default();
    let call = Call {
        url: format!("http://{direct}/{path}"),
        ..call.clone()
    };
    let ask = async || match again.send(call.clone()).await {
        Ok(reply) if reply.status == status => Ok(()),
        other => Err(format!("the same request again: {other:?}")),
    };
    for _ in 0..20 {
        ask().await?;
    }
    let spent = Spent::by(server.pid())?;
    for _ in 0..turns.repeated {
        ask().await?;
    }
    Ok(Spent::by(server.pid())?.since(&spent) / turns.repeated)
}
