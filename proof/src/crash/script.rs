//! One session: a worker's acts in an order that the seed decides, some exchanges with the centre, the app closed and opened
//! again. Whatever returns `Ok` is a promise, written into the phone's trace at that moment.

use super::stage::{self, Centre, Line, Stage};
use crate::{holdings::Holdings, process::Outcome, watch::Watch};
use gridwalk::{
    Answer, Phone,
    view::{CareInput, CareStart, HitInput, IncidentStart, ReportHow},
};
use gridwalk_core::{
    care::{CareLevel, CareType, ConsentHow, ConsentScope, ConsentStanding},
    household::{FieldChange, NewMember, SafetyState, VisitOutcome},
    ids::{CarePlanId, Hash, HouseholdId, IncidentId, MemberId, PatrolId},
    incident::{IncidentAction, Severity, SourceChannel},
    patrol::{HitMethod, HitState},
    photo::{Photo, PhotoStage},
    reference::Checkpoint,
};
use gridwalk_crashvfs::{Disk, Fault, Image, Level, Trace, mount};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use std::sync::{Arc, PoisonError};
use tempfile::TempDir;
use uuid::Uuid;

/// Acts per session, between these.
const ACTS: std::ops::Range<u32> = 24..40;

/// The act after which the app is opened again.
const CLOSED: &str = "closed";

/// What the phone said is saved.
#[derive(Clone, Debug)]
pub enum Promise {
    /// 走访
    Visit(HouseholdId, String),
    /// 成员
    Member(HouseholdId, MemberId),
    /// 帮扶
    Support(CarePlanId, String),
    /// 流转记录 of one incident
    Events(IncidentId, Vec<String>),
    /// 巡查, with its points so far
    Patrol(PatrolId, Vec<String>),
    /// A half-written form.
    Draft(String, String),
    /// A photo whose record is not made yet.
    Photo(Hash),
    /// 已到中心
    Delivered(Box<Holdings>),
}

/// A session that is over.
pub struct Worked {
    /// The phone's key and sealed photos.
    pub folder: TempDir,
    /// The phone's disk.
    pub phone: Trace,
    /// Acknowledgement `n` of the phone's trace is `saved[n]`.
    pub saved: Vec<Promise>,
    /// The server's disk.
    pub server: Trace,
    /// What lay on it in the end.
    pub server_image: Image,
    /// Acknowledgement `n` of the server's trace are these changes.
    pub acknowledged: Vec<Vec<Hash>>,
}

struct Session<'a> {
    phone: Option<Phone>,
    disk: Arc<Disk>,
    watch: Arc<Watch>,
    dice: ChaCha8Rng,
    stage: &'a Stage,
    saved: Vec<Promise>,
    doors: Vec<HouseholdId>,
    incidents: Vec<IncidentId>,
    patrol: Option<(PatrolId, Vec<Checkpoint>)>,
    photos: u32,
}

/// Works the whole session.
pub fn work(stage: &Stage, seed: u64, level: Level) -> Outcome<Worked> {
    Ok(work_with(stage, seed, level, None)?.0)
}

/// Whose disk has a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Acts may fail and are then no promise; the app is started again after one that did.
    Phone,
    /// Exchanges may fail; the server goes on as it is.
    Server,
}

/// The same with a fault; also how often it struck.
pub fn work_with(
    stage: &Stage,
    seed: u64,
    level: Level,
    fault: Option<(Side, Fault)>,
) -> Outcome<(Worked, u32)> {
    let centre = Centre::open(&stage.runtime, stage.server_image(), level)?;
    let folder = stage.phone_folder()?;
    let mounted = mount(folder.path(), stage.phone_image(), level);
    let heard = stage::Acknowledged::default();
    let watch = Arc::new(Watch::at(stage::morning()?));
    let open = |start: u64| {
        let line = Line::to(&centre, heard.clone());
        stage::open(folder.path(), watch.clone(), seed ^ (start << 32), line)
    };
    let mut session = Session {
        phone: Some(open(0)?),
        disk: mounted.disk(),
        watch: watch.clone(),
        dice: ChaCha8Rng::seed_from_u64(seed),
        stage,
        saved: Vec::new(),
        doors: Vec::new(),
        incidents: Vec::new(),
        patrol: None,
        photos: 0,
    };
    let doors = session.phone()?.households(String::new())?;
    session.doors = doors
        .iter()
        .filter(|row| !row.vacant && row.no_entry_until.is_none())
        .map(|row| row.id)
        .collect();
    let mut starts = 0;
    match fault {
        Some((Side::Phone, fault)) => mounted.fault(Some(fault)),
        Some((Side::Server, fault)) => centre.disk.fault(Some(fault)),
        None => {}
    }
    for _ in 0..session.dice.random_range(ACTS) {
        session.watch.minutes_pass(3);
        let done = match session.dice.random_range(0..22) {
            0..6 => session.visit(),
            6..8 => session.member(),
            8..10 => session.incident(),
            10..12 => session.comment(),
            12..15 => session.patrol(),
            15 => session.draft(),
            16 => session.photo().map(drop),
            17 | 18 => session.deliver(),
            20 | 21 => session.care(),
            // the last connection writes the log back into the file and removes it
            _ => Err(CLOSED.into()),
        };
        let Err(error) = done else { continue };
        if fault.is_none() && error.to_string() != CLOSED {
            return Err(error);
        }
        // A fault ends here: a person frees space or starts the app again.
        if mounted.fired() > 0 {
            mounted.fault_ends();
        }
        session.phone = None;
        starts += 1;
        session.phone = Some(match open(starts) {
            // it struck the start itself, which says so and changes nothing: somebody starts the app once more
            Err(_) if mounted.fired() > 0 => {
                mounted.fault_ends();
                starts += 1;
                open(starts)?
            }
            started => started?,
        });
    }
    let fired = mounted.fired() + centre.disk.fired();
    mounted.fault_ends();
    centre.disk.fault_ends();
    match session.deliver() {
        Err(error) if fault.is_none() => return Err(error),
        _ => {}
    }
    let saved = session.saved;
    drop(session.phone);
    let acknowledged = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Centre { disk, running, .. } = centre;
    stage
        .runtime
        .block_on(running.stop())
        .map_err(|error| error.to_string())?;
    let worked = Worked {
        folder,
        phone: mounted.trace(),
        saved,
        server: disk.trace(),
        server_image: disk.image(),
        acknowledged,
    };
    Ok((worked, fired))
}

impl Session<'_> {
    fn phone(&self) -> Outcome<&Phone> {
        Ok(self.phone.as_ref().ok_or("the phone is closed")?)
    }

    fn promise(&mut self, promise: Promise) {
        let number = self.saved.len() as u64;
        self.saved.push(promise);
        self.disk.acknowledge(number);
    }

    fn door(&mut self) -> Outcome<HouseholdId> {
        Ok(*self.doors.choose(&mut self.dice).ok_or("no doors")?)
    }

    fn visit(&mut self) -> Outcome<()> {
        let door = self.door()?;
        let mut visit = self.phone()?.begin_visit(door, None)?;
        visit.ended_at = visit.started_at.plus_ms(60_000);
        match self.dice.random_range(0..4) {
            0 => visit.outcome = VisitOutcome::NotHome,
            1 => {
                let people = self.dice.random_range(1..6);
                visit.changes = vec![
                    FieldChange::HouseholdSize(people),
                    FieldChange::GasHose(SafetyState::Hazard),
                ];
                visit.note = Some("燃气软管硬了，约了周三换管。".repeat(people.into()));
            }
            _ => {}
        }
        let id = visit.id.to_string();
        self.phone()?.save_visit(door, visit)?;
        self.promise(Promise::Visit(door, id));
        Ok(())
    }

    fn member(&mut self) -> Outcome<()> {
        let door = self.door()?;
        let id = MemberId(Uuid::from_u128(self.dice.random()));
        let member = NewMember {
            id,
            display_name: "新来的租客".into(),
            birth_year: Some(1990),
            relation: None,
        };
        self.phone()?.add_member(door, member)?;
        self.promise(Promise::Member(door, id));
        Ok(())
    }

    /// Somebody in care agreed once, and is looked in on.
    fn care(&mut self) -> Outcome<()> {
        let start = CareStart {
            household: self.door()?,
            person: None,
            types: vec![CareType::LivingAlone],
            level: CareLevel::Second,
        };
        let phone = self.phone()?;
        let plan = phone.begin_care(start)?;
        let id = plan.row.id;
        if plan.row.standing != ConsentStanding::Given {
            let consent = CareInput::GiveConsent {
                scope: vec![ConsentScope::Visits, ConsentScope::Help],
                how: ConsentHow::Spoken,
                witness: "隔壁邻居".into(),
                expires: phone.now().plus_ms(90 * 86_400_000).local_date(),
            };
            phone.act_on_care(id, consent)?;
        }
        let mut support = phone.begin_support(id)?;
        support.note = Some("说最近睡不好，劝去卫生站看看".into());
        let done = support.id.to_string();
        phone.save_support(id, support)?;
        self.promise(Promise::Support(id, done));
        Ok(())
    }

    fn incident(&mut self) -> Outcome<()> {
        let mut photos = Vec::new();
        if self.dice.random() {
            photos.push(self.photo()?);
        }
        let start = IncidentStart {
            source: SourceChannel::Patrol,
            household: None,
            finding: None,
            position: None,
        };
        let mut new = self.phone()?.begin_incident(start)?;
        new.category = "F01001".into();
        new.severity = Severity::new(3).map_err(|code| code.to_string())?;
        new.description = "三楼到四楼堆了两辆旧童车".into();
        new.place.text = "3幢2单元三楼到四楼楼道".into();
        let how = ReportHow::Submit {
            without_photo_because: photos.is_empty().then(|| "镜头坏了".into()),
        };
        let told = self.phone()?.report_incident(new, photos, how)?;
        let id = told.view.created.id;
        self.incidents.push(id);
        self.events(id, &told);
        Ok(())
    }

    fn comment(&mut self) -> Outcome<()> {
        let Some(id) = self.incidents.choose(&mut self.dice).copied() else {
            return self.visit();
        };
        let text = "物业说明天来清。".to_owned();
        let told = self
            .phone()?
            .act_on_incident(id, IncidentAction::Comment { text })?;
        self.events(id, &told);
        Ok(())
    }

    fn events(&mut self, id: IncidentId, told: &gridwalk::view::IncidentDetail) {
        let events = told.view.events.iter();
        let events = events.map(|event| event.event.id.to_string()).collect();
        self.promise(Promise::Events(id, events));
    }

    /// Begins one, reaches the next point of it, or ends it.
    fn patrol(&mut self) -> Outcome<()> {
        let Some((id, mut points)) = self.patrol.take() else {
            return self.patrol_start();
        };
        let done = match points.pop() {
            Some(point) => {
                let hit = HitInput {
                    checkpoint: point.id,
                    method: HitMethod::Manual,
                    code: None,
                    reason: Some("二维码牌掉了".into()),
                    state: HitState::Ok,
                    photo: None,
                };
                let screen = self.phone()?.patrol_hit(id, hit)?;
                self.patrol = Some((id, points));
                screen
            }
            None => self.phone()?.patrol_finish(id, false, None)?,
        };
        let hits = done.view.hits.iter();
        let hits = hits.map(|hit| hit.hit.id.to_string()).collect();
        self.promise(Promise::Patrol(id, hits));
        Ok(())
    }

    fn patrol_start(&mut self) -> Outcome<()> {
        let plan = self.phone()?.today()?.plans;
        let plan = plan.choose(&mut self.dice).ok_or("no patrol plan")?.id;
        let screen = self.phone()?.patrol_start(plan)?;
        let of_plan = &screen.view.created.checkpoints;
        let points = self
            .phone()?
            .status()?
            .grids
            .into_iter()
            .flat_map(|grid| grid.checkpoints)
            .filter(|point| of_plan.contains(&point.id))
            .take(3)
            .collect();
        self.patrol = Some((screen.id, points));
        self.promise(Promise::Patrol(screen.id, Vec::new()));
        Ok(())
    }

    fn draft(&mut self) -> Outcome<()> {
        // a key of its own: no saved record takes it away again
        let key = format!("note:{}", self.saved.len());
        let json = format!("\"{}\"", "写了一半".repeat(self.dice.random_range(1..400)));
        self.phone()?.draft_put(key.clone(), json.clone())?;
        self.promise(Promise::Draft(key, json));
        Ok(())
    }

    fn photo(&mut self) -> Outcome<Photo> {
        self.photos += 1;
        let (width, height) = (96, 64);
        let mut pixels = vec![0; usize::from(width) * usize::from(height) * 3];
        self.dice.fill(&mut pixels[..]);
        let mut jpeg = Vec::new();
        jpeg_encoder::Encoder::new(&mut jpeg, 80).encode(
            &pixels,
            width,
            height,
            jpeg_encoder::ColorType::Rgb,
        )?;
        let phone = self.phone()?;
        let photo = phone.add_photo(&jpeg, PhotoStage::Before, phone.now(), None)?;
        self.promise(Promise::Photo(photo.hash));
        Ok(photo)
    }

    /// What the phone shows as 已到中心 afterwards is a promise too.
    fn deliver(&mut self) -> Outcome<()> {
        let phone = self.phone()?.clone();
        self.stage.runtime.block_on(phone.sync_once())?;
        let acknowledged = recorded(&phone)?.1;
        self.promise(Promise::Delivered(Box::new(acknowledged)));
        Ok(())
    }
}

/// What the phone says it recorded, and what of that the centre has.
pub fn recorded(phone: &Phone) -> Answer<(Holdings, Holdings)> {
    let all = phone.holdings()?;
    Ok((of(&all.recorded), of(&all.acknowledged)))
}

fn of(held: &gridwalk::Holdings) -> Holdings {
    Holdings {
        visits: held.visits.clone(),
        incident_events: held.incident_events.clone(),
        patrols: held.patrols.clone(),
        checkpoint_hits: held.checkpoint_hits.clone(),
        photos: held.photos.clone(),
    }
}
