//! A shift on the demo street, worked by the phone's own library: visits, hazards with real photo files, a patrol. The
//! phone has no network; what it hands back as saved is what it recorded.

use crate::{holdings::Holdings, process::Outcome, watch::Watch};
use gridwalk::{
    Phone,
    ports::Ports,
    view::{HitInput, IncidentDetail, IncidentStart, ProposalInput, ReportHow},
};
use gridwalk_core::{
    household::{FieldChange, SafetyState, VisitOutcome},
    ids::{HouseholdId, IncidentId},
    incident::{IncidentAction, Severity, SourceChannel},
    patrol::{HitMethod, HitState},
    photo::{Photo, PhotoStage},
    proposal::{ProposalSubject, ProposedField},
    reference::Checkpoint,
    time::Timestamp,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// One worker at work.
struct Shift {
    phone: Phone,
    watch: Arc<Watch>,
    photos: Vec<PathBuf>,
    recorded: Holdings,
}

/// Works the whole shift on the phone in `data`; `doors` says which doors are this worker's, `photos` which files.
pub fn work(
    data: &Path,
    morning: Timestamp,
    doors: usize,
    photos: Vec<PathBuf>,
) -> Outcome<Holdings> {
    let watch = Arc::new(Watch::at(morning));
    let ports = Ports {
        clock: watch.clone(),
        ..Ports::of_this_machine(data)
    };
    let mut shift = Shift {
        phone: Phone::open(data, ports)?,
        watch,
        photos,
        recorded: Holdings::default(),
    };
    shift.visits(doors)?;
    shift.hazards()?;
    shift.patrol()?;
    Ok(shift.recorded)
}

/// One more hazard, as urgent as can be: shown by one photo, whose original comes along, and told in recordings that a browser
/// made. Its case.
pub fn urgent(
    data: &Path,
    at: Timestamp,
    photo: PathBuf,
    recordings: &[PathBuf],
) -> Outcome<IncidentId> {
    let watch = Arc::new(Watch::at(at));
    let ports = Ports {
        clock: watch.clone(),
        ..Ports::of_this_machine(data)
    };
    let mut shift = Shift {
        phone: Phone::open(data, ports)?,
        watch,
        photos: vec![photo],
        recorded: Holdings::default(),
    };
    let shown = vec![shift.take_photo(PhotoStage::Before)?];
    let report = ReportHow::Submit {
        without_photo_because: None,
    };
    let told = shift.hazard("F01001", 1, "3幢2单元一楼楼道", shown, report)?;
    let case = told.view.created.id;
    for recording in recordings {
        let phone = &shift.phone;
        let voice = phone.add_voice(&std::fs::read(recording)?, phone.now())?;
        phone.act_on_incident(case, IncidentAction::AddVoice { voice })?;
    }
    Ok(case)
}

/// Says of the first door's building that it has a storey more than the centre has it, and how one gets in.
pub fn proposes(data: &Path, at: Timestamp) -> Outcome<()> {
    let watch = Arc::new(Watch::at(at));
    let ports = Ports {
        clock: watch,
        ..Ports::of_this_machine(data)
    };
    let phone = Phone::open(data, ports)?;
    let doors = phone.households(String::new())?;
    let door = doors.first().ok_or("no door")?.id;
    let id = phone.household(door)?.view.building;
    let subject = ProposalSubject::Building { id };
    let known = phone.correctable(subject)?.fields;
    let says = known
        .iter()
        .find(|known| known.field == ProposedField::Storeys)
        .ok_or("no storeys")?;
    let storeys = says.says.parse::<u16>()? + 1;
    for (field, should, because) in [
        (
            ProposedField::Storeys,
            storeys.to_string(),
            "顶上加盖了一层，数过",
        ),
        (
            ProposedField::EntranceNote,
            "北门从外面推不开，走东侧".to_owned(),
            "今天走了一遍",
        ),
    ] {
        phone.propose(ProposalInput {
            subject,
            field,
            should,
            because: because.to_owned(),
        })?;
    }
    Ok(())
}

impl Shift {
    fn minutes_pass(&self, minutes: i64) {
        self.watch.minutes_pass(minutes);
    }

    /// Eight doors, every second one of the list, so that two workers of one grid meet at half of them.
    fn visits(&mut self, first: usize) -> Outcome<()> {
        let doors: Vec<HouseholdId> = self
            .phone
            .households(String::new())?
            .iter()
            .filter(|row| !row.vacant && row.no_entry_until.is_none())
            .map(|row| row.id)
            .skip(first)
            .take(8)
            .collect();
        for (n, door) in doors.into_iter().enumerate() {
            let mut visit = self.phone.begin_visit(door, None)?;
            self.minutes_pass(4);
            visit.ended_at = visit.started_at.plus_ms(4 * 60_000);
            match n {
                0..=3 => {}
                4 => visit.outcome = VisitOutcome::NotHome,
                5 => visit.outcome = VisitOutcome::Refused,
                6 => visit.outcome = VisitOutcome::Phoned,
                _ => {
                    visit.changes = vec![
                        FieldChange::HouseholdSize(3),
                        FieldChange::GasHose(SafetyState::Hazard),
                    ];
                    visit.note = Some("燃气软管硬了，约了周三换管，我陪同。".into());
                }
            }
            if n >= 4 {
                visit.confirmed = Vec::new();
            }
            let id = visit.id;
            let saved = self.phone.save_visit(door, visit)?;
            if !saved.view.visits.iter().any(|seen| seen.visit.id == id) {
                return Err(format!("the visit {id} was saved and cannot be read").into());
            }
            self.recorded.visits.insert(id.to_string());
            self.minutes_pass(2);
        }
        Ok(())
    }

    /// One reported, one handled on site with a pair of photos, one reported and withdrawn again.
    fn hazards(&mut self) -> Outcome<()> {
        let report = ReportHow::Submit {
            without_photo_because: None,
        };
        let before = self.take_photo(PhotoStage::Before)?;
        self.hazard(
            "F01001",
            3,
            "3幢2单元三楼到四楼楼道",
            vec![before],
            report.clone(),
        )?;

        let pair = vec![
            self.take_photo(PhotoStage::Before)?,
            self.take_photo(PhotoStage::After)?,
        ];
        let handled = ReportHow::SelfHandle {
            measure: "已和住户说好，当场清走。".into(),
        };
        self.hazard("F01001", 4, "3幢1单元一楼门口", pair, handled)?;

        let before = self.take_photo(PhotoStage::Before)?;
        let told = self.hazard("E01002", 4, "听雨苑东门外", vec![before], report)?;
        let reason = "环卫已经来清了。".to_owned();
        let told = self
            .phone
            .act_on_incident(told.view.created.id, IncidentAction::Cancel { reason })?;
        self.record_events(&told);
        Ok(())
    }

    fn hazard(
        &mut self,
        category: &str,
        severity: u8,
        place: &str,
        photos: Vec<Photo>,
        how: ReportHow,
    ) -> Outcome<IncidentDetail> {
        let start = IncidentStart {
            source: SourceChannel::Patrol,
            household: None,
            finding: None,
            position: None,
        };
        let mut new = self.phone.begin_incident(start)?;
        self.minutes_pass(1);
        new.category = category.into();
        new.severity = Severity::new(severity).map_err(|code| code.to_string())?;
        new.place.text = place.into();
        let detail = self.phone.report_incident(new, photos, how)?;
        self.record_events(&detail);
        Ok(detail)
    }

    fn record_events(&mut self, detail: &IncidentDetail) {
        self.recorded.incident_events.extend(
            detail
                .view
                .events
                .iter()
                .map(|event| event.event.id.to_string()),
        );
        self.recorded.photos.extend(
            detail
                .view
                .photos
                .iter()
                .flat_map(|photo| {
                    [
                        Some(photo.hash),
                        photo.original.map(|original| original.hash),
                    ]
                })
                .flatten()
                .map(|hash| hash.to_string()),
        );
    }

    fn take_photo(&mut self, stage: PhotoStage) -> Outcome<Photo> {
        self.minutes_pass(1);
        let file = std::fs::read(self.photos.pop().ok_or("no photo file left")?)?;
        Ok(self.phone.add_photo(&file, stage, self.phone.now(), None)?)
    }

    /// The first plan of the grid: scanned, by hand with a reason, unreachable; a scene photo at the first point.
    fn patrol(&mut self) -> Outcome<()> {
        let plan = self
            .phone
            .today()?
            .plans
            .first()
            .ok_or("no patrol plan")?
            .id;
        let screen = self.phone.patrol_start(plan)?;
        let id = screen.id;
        let points: Vec<Checkpoint> = self
            .phone
            .status()?
            .grids
            .into_iter()
            .flat_map(|grid| grid.checkpoints)
            .collect();
        let point = |n: usize| {
            let wanted = screen.view.created.checkpoints.get(n)?;
            points.iter().find(|point| point.id == *wanted)
        };
        let photo = self.take_photo(PhotoStage::Checkpoint)?;
        let visits = [
            (0, HitMethod::Qr, None, HitState::Ok, Some(photo)),
            (
                1,
                HitMethod::Manual,
                Some("二维码牌掉了"),
                HitState::Ok,
                None,
            ),
            (
                2,
                HitMethod::Manual,
                Some("地库积水进不去"),
                HitState::Unreachable,
                None,
            ),
        ];
        for (n, method, reason, state, photo) in visits {
            self.minutes_pass(5);
            let point = point(n).ok_or("a planned checkpoint that the phone does not know")?;
            let code = (method == HitMethod::Qr).then(|| point.code.clone());
            let reason = reason.map(str::to_owned);
            self.phone.patrol_hit(
                id,
                HitInput {
                    checkpoint: point.id,
                    method,
                    code,
                    reason,
                    state,
                    photo,
                },
            )?;
        }
        let done = self
            .phone
            .patrol_finish(id, false, Some("楼道堆物一处，已报。".into()))?;
        self.recorded.patrols.insert(id.to_string());
        self.recorded
            .checkpoint_hits
            .extend(done.view.hits.iter().map(|hit| hit.hit.id.to_string()));
        self.recorded.photos.extend(
            done.view
                .hits
                .iter()
                .filter_map(|hit| Some(hit.hit.photo.as_ref()?.hash.to_string())),
        );
        Ok(())
    }
}
