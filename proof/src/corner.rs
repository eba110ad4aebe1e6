//! A corner of the demo street, small enough to be copied thousands of times: one grid, thirty doors with their ninety
//! days, the people who work there. Nothing is invented for it.

use crate::{process::Outcome, watch::Watch};
use gridwalk::{
    HttpExchange, Phone,
    ports::{Call, Exchange, Ports, Replied},
    view::{HouseholdRow, IncidentStart, ReportHow, SyncPhase, SyncState},
};
use gridwalk_core::{
    household::FieldChange,
    ids::{GridId, HouseholdId},
    incident::{Severity, SourceChannel},
    photo::PhotoStage,
    time::Timestamp,
};
use gridwalk_fixtures::{SEED, Street, demo_day, history, history::History, street};
use gridwalk_server::{
    AppState, Config, Running,
    auth::enrol::{CODE_LIFE_MS, EnrolCode},
    seed,
    store::{device, person},
};
use std::{
    collections::HashSet,
    io::Cursor,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

const GRID: &str = "梧桐-03";
const DOORS: usize = 30;

/// Who works there.
pub struct Corner {
    /// Login of the worker.
    pub worker: String,
    /// Login of the one who substitutes and helps.
    pub lead: String,
    /// The grid.
    pub grid: GridId,
}

/// So often may a phone try before it counts as one that does not get through.
const TRIES: usize = 6;

/// Ten in the morning of the demo's day.
pub fn morning() -> Outcome<Timestamp> {
    Ok(Timestamp::from_shanghai(demo_day(), 10, 0).ok_or("no such morning")?)
}

/// Seeds a fresh data folder.
pub fn seed_centre(config: Config) -> Outcome<Corner> {
    let mut street = street(SEED, demo_day());
    let mut past = history::history(&street);
    let grid = street
        .grid(GRID)
        .ok_or("the demo street has lost a grid")?
        .id;
    let of_grid = |role: &str| {
        let mut people = street.people.iter();
        let found = people.find(|person| person.role == role && person.grids.contains(&grid));
        found.map(|person| person.login.clone())
    };
    let corner = Corner {
        worker: of_grid("worker").ok_or("nobody works there")?,
        lead: of_grid("lead").ok_or("nobody leads there")?,
        grid: GridId(grid),
    };
    street.households.retain(|door| door.grid == grid);
    street.households.truncate(DOORS);
    let doors: HashSet<_> = street.households.iter().map(|door| door.id).collect();
    past.visits.retain(|visit| doors.contains(&visit.household));
    past.patrols.retain(|patrol| patrol.created.grid == grid);
    past.patrols.truncate(2);
    past.incidents.retain(|case| {
        let at = case.created.place.household;
        case.created.grid == grid && at.is_some_and(|door| doors.contains(&door))
    });
    past.incidents.truncate(2);
    street.tasks.retain(|task| {
        task.grid == grid && task.household.is_none_or(|door| doors.contains(&door))
    });
    let state = AppState::open(config).map_err(|error| error.to_string())?;
    seed::fill(&state, &street, &past).map_err(|error| error.to_string())?;
    Ok(corner)
}

/// A one-time code for a phone of this person.
pub async fn code(state: &AppState, login: &str) -> Outcome<String> {
    let code = EnrolCode::new().map_err(|error| error.to_string())?;
    let printed = code.to_string();
    let (login, now) = (login.to_owned(), state.now());
    let written = state.store.write(move |connection| {
        let worker = person::by_login(connection, &login)?.unwrap_or_else(|| panic!("{login}"));
        device::add_code(connection, &code, worker, now, CODE_LIFE_MS)
    });
    written.await.map_err(|error| error.to_string())?;
    Ok(printed)
}

/// A phone in `data` that has joined this centre as this person and reads its grid.
pub async fn enrolled_with(
    ports: Ports,
    server: &Running,
    data: &Path,
    login: &str,
) -> Outcome<Phone> {
    let printed = code(server.state(), login).await?;
    let phone = Phone::open(data, ports)?;
    phone.enrol(server.url(), printed).await?;
    phone.sync_once().await?;
    Ok(phone)
}

/// The same with this machine's own ports, in a folder that has the person's name.
pub async fn enrolled(server: &Running, folder: &Path, login: &str) -> Outcome<Phone> {
    let data = folder.join(login);
    enrolled_with(Ports::of_this_machine(&data), server, &data, login).await
}

/// The street on this day with the one staircase of the screens, where nobody has done anything yet.
pub fn stairs(now: Timestamp) -> Outcome<(Street, History)> {
    let mut street = street(SEED, now.local_date());
    let mut past = history::history(&street);
    let house = street
        .door(GRID, "3幢", "2单元", "502")
        .ok_or("no such door")?
        .building;
    street
        .households
        .retain(|door| door.building == house && door.unit == "2单元");
    past.visits.clear();
    past.patrols.clear();
    past.incidents.clear();
    Ok((street, past))
}

/// The phone's own network, on its way through whatever stands at another address at this moment; says how long the
/// bodies of exchanges were.
pub struct Through {
    network: Arc<HttpExchange>,
    to: Mutex<String>,
    exchanged: Mutex<(usize, usize)>,
}

impl Through {
    /// Towards `to` (`http://host:port`). Phones that share a network share its connections.
    pub fn new(network: Arc<HttpExchange>, to: &str) -> Arc<Self> {
        Arc::new(Self {
            network,
            to: Mutex::new(to.to_owned()),
            exchanged: Mutex::default(),
        })
    }

    /// The longest bodies of one `POST /sync`, up and down.
    pub fn exchanged(&self) -> (usize, usize) {
        *self
            .exchanged
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exchange for Through {
    fn call(&self, mut call: Call) -> Replied<'_> {
        let path = call
            .url
            .splitn(4, '/')
            .nth(3)
            .unwrap_or_default()
            .to_owned();
        let to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        call.url = format!("{to}/{path}");
        drop(to);
        Box::pin(async move {
            let up = call.body.len();
            let replied = self.network.call(call).await;
            if let (Ok(reply), "sync") = (&replied, &*path) {
                let mut most = self
                    .exchanged
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                *most = (most.0.max(up), most.1.max(reply.body.len()));
            }
            replied
        })
    }
}

/// Opens the phone in `data` with a clock that stands and a network of ours.
pub fn phone(data: &Path, clock: Arc<Watch>, exchange: Arc<dyn Exchange>) -> Outcome<Phone> {
    let ports = Ports {
        clock,
        exchange,
        ..Ports::of_this_machine(data)
    };
    Ok(Phone::open(data, ports)?)
}

/// Doors that may be knocked at.
pub fn doors(phone: &Phone) -> Outcome<Vec<HouseholdId>> {
    let doors = phone.households(String::new())?;
    let open = |row: &&HouseholdRow| !row.vacant && row.no_entry_until.is_none();
    Ok(doors.iter().filter(open).map(|row| row.id).collect())
}

/// A visit with a field changed and a note. `before` hears its id before it is saved; it is answered afterwards.
pub fn visit(
    phone: &Phone,
    door: HouseholdId,
    note: &str,
    before: impl Fn(&[String]),
) -> Outcome<Vec<String>> {
    let mut visit = phone.begin_visit(door, None)?;
    let ids = vec![visit.id.to_string()];
    visit.ended_at = visit.started_at.plus_ms(4 * 60_000);
    visit.changes = vec![FieldChange::HouseholdSize(3)];
    visit.note = Some(note.into());
    before(&ids);
    phone.save_visit(door, visit)?;
    Ok(ids)
}

/// A very small photo as a camera leaves it, another one for each `shade`.
pub fn picture(shade: u32) -> Outcome<Vec<u8>> {
    picture_of(shade, 48, 36)
}

/// The same of this size.
pub fn picture_of(shade: u32, width: u32, height: u32) -> Outcome<Vec<u8>> {
    // Noise, so that nothing packs it any smaller.
    let mut n = 0x9e37_79b9_u32 ^ shade;
    let picture = image::RgbImage::from_fn(width, height, |_, _| {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [r, g, b, _] = n.to_be_bytes();
        image::Rgb([r, g, b])
    });
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, image::ImageFormat::Jpeg)?;
    Ok(file.into_inner())
}

/// A hazard, reported with a very small photo, another one for each `shade`. Answers its events and the photo; `before` hears of the
/// photo before its record is saved.
pub fn hazard(phone: &Phone, shade: u8, before: impl Fn(&[String])) -> Outcome<Vec<String>> {
    hazard_with(phone, [u32::from(shade)], before)
}

/// The same with a photo for each of these shades.
pub fn hazard_with(
    phone: &Phone,
    shades: impl IntoIterator<Item = u32>,
    before: impl Fn(&[String]),
) -> Outcome<Vec<String>> {
    let mut photos = Vec::new();
    for shade in shades {
        let file = picture(shade)?;
        photos.push(phone.add_photo(&file, PhotoStage::Before, phone.now(), None)?);
    }
    let hashes: Vec<String> = photos.iter().map(|photo| photo.hash.to_string()).collect();
    let mut new = phone.begin_incident(IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    })?;
    new.category = "F01001".into();
    new.severity = Severity::new(3).map_err(|code| code.to_string())?;
    new.place.text = "3幢2单元三楼到四楼楼道".into();
    let how = ReportHow::Submit {
        without_photo_because: None,
    };
    before(&hashes);
    let told = phone.report_incident(new, photos, how)?;
    let events = told.view.events.iter();
    Ok(events
        .map(|event| event.event.id.to_string())
        .chain(hashes)
        .collect())
}

/// Delivers until nothing waits. A busy centre is waited for on the phone's own clock.
pub async fn settled(phone: &Phone, clock: &Watch) -> Outcome<SyncState> {
    let mut state = phone.sync_once().await?;
    for _ in 0..TRIES {
        let waiting = state.waiting_records + state.waiting_photos + state.waiting_voices;
        if state.phase == SyncPhase::Idle && waiting + state.stuck == 0 {
            return Ok(state);
        }
        clock.minutes_pass(1);
        state = phone.sync_once().await?;
    }
    Err(format!("the phone does not get through: {state:?}").into())
}

/// Waits until nobody has this SQLite file open any more. Threads that hold a connection end a moment after what they belong
/// to. Whoever closes it last takes its log away, but two that close it at once may each leave that to the other: then the
/// log stays, is whole, and belongs to a copy.
pub fn closed(database: &Path) -> Outcome<()> {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    for look in 1..=2_000 {
        if !Path::new(&log).exists() || look % 100 == 0 && !is_open(database)? {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err(format!("{} stays open", database.display()).into())
}

/// Whether a process of this machine has the file open.
fn is_open(file: &Path) -> Outcome<bool> {
    let file = file.canonicalize()?;
    for process in std::fs::read_dir("/proc")? {
        // a process that ended meanwhile, or that is somebody else's, has nothing to show
        let Ok(handles) = std::fs::read_dir(process?.path().join("fd")) else {
            continue;
        };
        let mut names = handles.filter_map(|handle| std::fs::read_link(handle.ok()?.path()).ok());
        if names.any(|name| name == file) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A copy of a data folder that nobody has open. Photos are never written to again, so a second name for them is a copy.
pub fn copy(from: &Path, to: &Path) -> Outcome<()> {
    std::fs::create_dir_all(to)?;
    std::fs::set_permissions(to, std::fs::metadata(from)?.permissions())?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if entry
            .path()
            .components()
            .any(|part| part.as_os_str() == "whole")
        {
            std::fs::hard_link(entry.path(), target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
