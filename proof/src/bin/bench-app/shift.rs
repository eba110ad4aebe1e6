//! Eight hours of one worker in one process, in five-minute steps of the phone's own clock: lists, searches, visits, cases with
//! photos, two patrols with a fix every five seconds, an exchange with a real centre every ten minutes. What the process
//! holds is asked of the kernel after every quarter of an hour.

use gridwalk::{
    Phone,
    ports::{Ports, Positions},
    view::{FindingInput, HitInput, IncidentStart, PatrolScreen, ReportHow},
};
use gridwalk_core::{
    ids::HouseholdId,
    incident::{Severity, SourceChannel},
    patrol::{FindingState, HitMethod, HitState},
    photo::{PhotoStage, Position},
    time::Timestamp,
};
use gridwalk_fixtures::photos::{self, Picture};
use gridwalk_proof::{
    corner::{self, settled},
    process::Outcome,
    watch::Watch,
};
use serde::{Deserialize, Serialize};
use std::{
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

const STEP_MINUTES: i64 = 5;
/// Of a shift's beginning nothing is growth yet: caches fill, each kind of work is done once.
const SETTLED_MINUTES: i64 = 45;

/// What the process holds at a time of the shift.
#[derive(Serialize, Deserialize)]
pub struct Held {
    minutes: i64,
    bytes: u64,
}

/// A shift in a process of its own.
pub fn measure(phone: &Path, hours: i64) -> Outcome<Vec<Held>> {
    eprintln!("a shift of {hours} hours …");
    let worked = Command::new(std::env::current_exe()?)
        .arg("shift")
        .arg(phone)
        .arg(hours.to_string())
        .stderr(Stdio::inherit())
        .output()?;
    if !worked.status.success() {
        return Err(format!("the shift: {}", worked.status).into());
    }
    let held: Vec<Held> = serde_json::from_slice(&worked.stdout)?;
    println!("{:<44}{:>9}", "minutes of a shift", "MB held");
    for held in held.iter().filter(|held| held.minutes % 60 == 45) {
        println!("{:<44}{:>9.2}", held.minutes, held.bytes as f64 / 1e6);
    }
    println!();
    Ok(held)
}

/// MB that it holds at the end and did not hold once the shift had settled.
pub fn growth(held: &[Held]) -> Outcome<f64> {
    let settled = held.iter().find(|held| held.minutes >= SETTLED_MINUTES);
    let (Some(first), Some(last)) = (settled, held.last()) else {
        return Err("the shift was too short".into());
    };
    Ok((last.bytes as f64 - first.bytes as f64) / 1e6)
}

/// The child: works, and prints what it held as JSON.
pub fn work(data: &Path, morning: Timestamp, hours: i64) -> Outcome<()> {
    let watch = Arc::new(Watch::at(morning));
    let way = Arc::new(Way::default());
    let ports = Ports {
        clock: watch.clone(),
        positions: way.clone(),
        ..Ports::of_this_machine(data)
    };
    let phone = Phone::open(data, ports)?;
    let doors = corner::doors(&phone)?;
    let mut shift = Shift {
        phone,
        watch,
        way,
        doors,
        camera: photos::gallery(),
        visited: 0,
        reported: 0,
        patrol: None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let mut held = Vec::new();
    for step in 0..hours * 60 / STEP_MINUTES {
        shift.step(step)?;
        if step % 2 == 1 {
            shift.delivers(&runtime)?;
        }
        let minutes = (step + 1) * STEP_MINUTES;
        if minutes % 15 == 0 {
            held.push(Held {
                minutes,
                bytes: resident()?,
            });
        }
    }
    runtime.block_on(settled(&shift.phone, &shift.watch))?;
    if shift.visited == 0 || shift.reported == 0 || shift.way.fixes() == 0 {
        return Err("nothing was done".into());
    }
    println!("{}", serde_json::to_string(&held)?);
    Ok(())
}

struct Shift {
    phone: Phone,
    watch: Arc<Watch>,
    way: Arc<Way>,
    doors: Vec<HouseholdId>,
    camera: Vec<Picture>,
    visited: usize,
    reported: usize,
    patrol: Option<PatrolScreen>,
}

impl Shift {
    /// Five minutes: what somebody looks at, and one thing that they do.
    fn step(&mut self, step: i64) -> Outcome<()> {
        let (today, list) = (self.phone.today()?, self.phone.households(String::new())?);
        serde_json::to_string(&(today, list))?;
        for words in ["李", "wang", "楼道", "3幢"] {
            serde_json::to_string(&self.phone.search(words.into())?)?;
        }
        serde_json::to_string(&self.phone.incidents()?)?;
        match step % 48 {
            0 => self.patrol_begins()?,
            1..=11 => self.patrol_goes_on(step)?,
            12 => self.patrol_ends()?,
            n if n % 6 == 3 => self.case()?,
            _ => self.visit()?,
        }
        if step == 2 {
            // once before the shift has settled, so that nothing is done for the first time after it
            self.case()?;
            self.visit()?;
        }
        self.watch.minutes_pass(STEP_MINUTES);
        Ok(())
    }

    fn visit(&mut self) -> Outcome<()> {
        let door = self.doors[self.visited % self.doors.len()];
        serde_json::to_string(&self.phone.household(door)?)?;
        corner::visit(&self.phone, door, "燃气软管硬了，约了周三换管。", |_| ())?;
        self.visited += 1;
        Ok(())
    }

    /// A hazard with a photo as a camera leaves it: decoded, made small, sealed.
    fn case(&mut self) -> Outcome<()> {
        let file = &self.camera[self.reported % self.camera.len()].jpeg;
        let taken = self.phone.now();
        let photo = self
            .phone
            .add_photo(file, PhotoStage::Before, taken, None)?;
        let mut new = self.phone.begin_incident(IncidentStart {
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
        let told = self.phone.report_incident(new, vec![photo], how)?;
        serde_json::to_string(&told)?;
        self.reported += 1;
        Ok(())
    }

    fn patrol_begins(&mut self) -> Outcome<()> {
        let today = self.phone.today()?;
        let plan = today.plans.first().ok_or("no plan")?.id;
        self.patrol = Some(self.phone.patrol_start(plan)?);
        Ok(())
    }

    /// Sixty fixes, looked at as the screen does, then the next point.
    fn patrol_goes_on(&mut self, step: i64) -> Outcome<()> {
        let Some(patrol) = &self.patrol else {
            return Ok(());
        };
        for _ in 0..60 {
            self.way.walks(self.phone.now());
            self.phone.whereabouts()?;
        }
        let points = &patrol.view.created.checkpoints;
        let reached = patrol.view.hits.len();
        if let Some(point) = points.get(reached) {
            let hit = HitInput {
                checkpoint: *point,
                method: HitMethod::Manual,
                code: None,
                reason: Some("二维码牌掉了".into()),
                state: HitState::Ok,
                photo: None,
            };
            self.patrol = Some(self.phone.patrol_hit(patrol.id, hit)?);
        } else if step % 3 == 0 {
            let finding = FindingInput {
                category: "F01001".into(),
                state: FindingState::HandledOnSite,
                incident: None,
                voice: None,
                note: None,
            };
            self.patrol = Some(self.phone.patrol_finding(patrol.id, finding)?);
        }
        Ok(())
    }

    fn patrol_ends(&mut self) -> Outcome<()> {
        if let Some(patrol) = self.patrol.take() {
            self.phone.patrol_preview_finish(patrol.id)?;
            self.phone.patrol_finish(patrol.id, false, None)?;
        }
        Ok(())
    }

    fn delivers(&self, runtime: &tokio::runtime::Runtime) -> Outcome<()> {
        // a centre that is busy is met again ten minutes later
        runtime.block_on(self.phone.sync_once())?;
        serde_json::to_string(&self.phone.sync_page()?)?;
        Ok(())
    }
}

/// Where the phone is: a step further with every fix.
#[derive(Default)]
struct Way(Mutex<(u32, Option<Position>)>);

impl Way {
    fn walks(&self, now: Timestamp) {
        let mut way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        way.0 += 1;
        way.1 = Some(Position {
            lon: 120.155 + f64::from(way.0 % 500) * 1e-5,
            lat: 30.274,
            accuracy_m: 8.0,
            fixed_at: now,
            mock: false,
        });
    }
    fn fixes(&self) -> u32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Positions for Way {
    fn last_fix(&self) -> Option<Position> {
        let way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        way.1
    }
}

/// What this process holds in memory.
fn resident() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kib.ok_or("no VmRSS")? * 1024)
}
