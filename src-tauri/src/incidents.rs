//! 事件: a hazard in three taps, and what became of it.

mod verbs;

use self::verbs::{Verbs, verbs};
use crate::{
    Phone,
    delivery::{receipt_of, receipts_by_change, refused_edits, seen_or},
    documents::{self, Edit, Target},
    error::{Answer, Failure},
    households::{self, Lookups},
    photo::{original, queue},
    reference::{self, Clockwork},
    settings::drop_drafts,
    track::distance_m,
    view::{
        IncidentDetail, IncidentRow, IncidentStart, NearbyIncident, Receipt, RefusedEvent,
        ReportHow, WorkingClock,
    },
};
use gridwalk_core::{
    error::Code,
    ids::{DepartmentId, DocumentId, EventId, GridId, HouseholdId, IncidentId, PersonId},
    incident::{
        IncidentAction, IncidentEvent, IncidentPlace, IncidentView, NewIncident, Severity,
        same_case,
    },
    photo::{Photo, Position},
    reference::Department,
    time::Timestamp,
    voice::VoiceNote,
};
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, BTreeSet};

/// A building this close names the place.
const NEXT_TO_M: f64 = 60.0;

impl Phone {
    /// A hazard form with its id, local number and guessed place. Nothing is stored yet.
    pub fn begin_incident(&self, start: IncidentStart) -> Answer<NewIncident> {
        let who = self.who()?;
        let now = self.now();
        let id = IncidentId(self.new_id()?);
        let position = start.position.or_else(|| self.fix(now));
        self.database().read(|db| {
            let (grid, text) = guess(db, &start, position, who.identity.home(now), now)?;
            Ok(NewIncident {
                id,
                grid,
                local_no: local_no(db, grid, now)?,
                source: start.source,
                category: String::new(),
                severity: Severity::new(4).map_err(|code| Failure::new(code, "severity"))?,
                place: IncidentPlace {
                    text,
                    household: start.household,
                    position,
                },
                description: String::new(),
                finding: start.finding.map(|from| (from.patrol, from.finding)),
            })
        })
    }

    /// Saves the incident with its first event. Saving the same one again changes nothing.
    pub fn report_incident(
        &self,
        incident: NewIncident,
        photos: Vec<Photo>,
        how: ReportHow,
    ) -> Answer<IncidentDetail> {
        self.report_incident_with(incident, photos, Vec::new(), how)
    }

    /// The same with what was said about it.
    pub fn report_incident_with(
        &self,
        incident: NewIncident,
        photos: Vec<Photo>,
        voices: Vec<VoiceNote>,
        how: ReportHow,
    ) -> Answer<IncidentDetail> {
        let who = self.who()?;
        let now = self.now();
        let act = who.identity.act(now);
        let id = incident.id;
        let event = EventId(self.new_id()?);
        let mut photos = photos;
        // before the report itself, which they stand behind
        let mut said = Vec::with_capacity(voices.len());
        for voice in voices {
            let (event, action) = (EventId(self.new_id()?), IncidentAction::AddVoice { voice });
            said.push((event, action));
        }
        let saved = self.database().write(|db| {
            let category = reference::category(db, &incident.category)?
                .ok_or_else(|| Failure::new(Code::MissingCategory, "no such category"))?;
            let action = match how {
                ReportHow::Submit {
                    without_photo_because,
                } => IncidentAction::Submit {
                    without_photo_because,
                },
                ReportHow::SelfHandle { .. } if !category.on_site => {
                    return Err(Failure::new(
                        Code::CategoryNotOnSite,
                        format!("{} is not handled on site", category.code),
                    ));
                }
                ReportHow::SelfHandle { measure } => IncidentAction::SelfHandle { measure },
            };
            let target = Target {
                document: id.into(),
                grid: incident.grid,
                title: format!("{} {}", category.name_zh, incident.place.text),
                record: id.to_string(),
                severity: Some(incident.severity.level()),
            };
            for photo in &mut photos {
                original::named(db, photo, incident.severity)?;
            }
            said.push((event, action));
            let events = said.into_iter().map(|(id, action)| {
                Edit::Incident(IncidentEvent {
                    id,
                    act: act.clone(),
                    department: None,
                    action,
                })
            });
            let created = Edit::CreateIncident {
                new: incident,
                photos,
            };
            let edits: Vec<Edit> = std::iter::once(created).chain(events).collect();
            documents::record(db, &who.identity, &target, &edits, &act)?;
            drop_drafts(db, &[id.to_string(), "incident".to_owned()])
        });
        match saved {
            Err(failure) if failure.code == Code::AlreadyRecorded => {}
            other => other?,
        }
        self.sweep_pictures();
        self.wake(false);
        self.incident(id)
    }

    /// My incidents and those of my grids: what is open first, newest first.
    pub fn incidents(&self) -> Answer<Vec<IncidentRow>> {
        let (now, worker) = (self.now(), self.worker());
        self.database().read(|db| {
            let mut rows = rows(db, "true", [], now, worker)?;
            rows.sort_by_key(|row| {
                (
                    row.state.ended(),
                    !row.receipt.needs_a_person(),
                    !row.overdue,
                    -row.reported_at.0,
                )
            });
            Ok(rows)
        })
    }

    /// One incident with its timeline.
    pub fn incident(&self, id: IncidentId) -> Answer<IncidentDetail> {
        let (now, worker) = (self.now(), self.worker());
        let enrolment = self.enrolment();
        self.database().read(|db| {
            let view = view(db, id)?;
            let clockwork = Clockwork::read(db)?;
            let document = DocumentId::from(id);
            let mut event_receipts = receipts_by_change(db, document)?;
            for event in &view.events {
                // a colleague's event came from the centre
                event_receipts
                    .entry(event.change.to_string())
                    .or_insert(Receipt::Centre);
            }
            let verbs = match &enrolment {
                Some(who) => verbs(db, &view, &who.identity, now)?,
                None => Verbs::default(),
            };
            Ok(IncidentDetail {
                people: households::names(db, people(&view))?,
                departments: departments(&view)
                    .into_iter()
                    .filter_map(|id| reference::department(db, id).transpose())
                    .collect::<Answer<_>>()?,
                category: reference::category(db, &view.created.category)?,
                photo_states: queue::states(db, view.photos.iter().map(|p| &p.hash))?,
                voice_receipts: queue::receipts(db, view.voices.iter().map(|v| &v.hash))?,
                open_originals: open_originals(&view, worker, now),
                refused: refused_edits(db, document)?
                    .into_iter()
                    .map(|(edit, code)| RefusedEvent {
                        event: match edit {
                            Edit::Incident(event) => Some(event),
                            _ => None,
                        },
                        code,
                    })
                    .collect(),
                seen: reference::seen(db, id)?,
                possible: verbs.possible,
                withheld: verbs.withheld,
                alike: alike(db, &view, &clockwork, now, worker)?,
                clock: clock(&view, &clockwork, now),
                row: row(db, &view, &clockwork, now, worker)?,
                event_receipts,
                view,
            })
        })
    }

    /// Departments that can be called or told.
    pub fn departments(&self) -> Answer<Vec<Department>> {
        self.database().read(reference::departments)
    }

    /// One more event.
    pub fn act_on_incident(
        &self,
        id: IncidentId,
        action: IncidentAction,
    ) -> Answer<IncidentDetail> {
        let who = self.who()?;
        let act = who.identity.act(self.now());
        let event = EventId(self.new_id()?);
        let mut action = action;
        self.database().write(|db| {
            let view = view(db, id)?;
            if let IncidentAction::AddPhoto { photo } = &mut action {
                original::named(db, photo, view.severity)?;
            }
            let target = Target {
                document: id.into(),
                grid: view.created.grid,
                title: view.created.local_no,
                record: event.to_string(),
                severity: Some(view.severity.level()),
            };
            let edit = Edit::Incident(IncidentEvent {
                id: event,
                act: act.clone(),
                department: who.identity.worker.department,
                action,
            });
            documents::record(db, &who.identity, &target, &[edit], &act)?;
            drop_drafts(db, &[id.to_string()])
        })?;
        self.sweep_pictures();
        self.wake(false);
        self.incident(id)
    }

    /// Open cases of this kind close by, nearest first; none when the phone does not know where it is.
    pub fn nearby_incidents(
        &self,
        category: String,
        position: Option<Position>,
    ) -> Answer<Vec<NearbyIncident>> {
        let (now, worker) = (self.now(), self.worker());
        let Some(here) = position.or_else(|| self.fix(now)) else {
            return Ok(Vec::new());
        };
        self.database().read(|db| {
            let this = (category.as_str(), &here, now);
            near(db, this, &Clockwork::read(db)?, now, worker)
        })
    }

    fn worker(&self) -> Option<PersonId> {
        self.enrolment().map(|who| who.identity.worker.id)
    }
}

/// Originals that this worker gave a reason for, and until when each is open.
fn open_originals(
    view: &IncidentView,
    worker: Option<PersonId>,
    now: Timestamp,
) -> BTreeMap<String, Timestamp> {
    let named = view.photos.iter().filter_map(|photo| photo.original);
    let open = |hash| view.original_open_until(&hash, worker?, now);
    named
        .filter_map(|original| Some((original.hash.to_string(), open(original.hash)?)))
        .collect()
}

/// Open cases that may be the one of this kind, at this place and time; nearest first.
fn near(
    db: &Connection,
    this: (&str, &Position, Timestamp),
    clockwork: &Clockwork,
    now: Timestamp,
    worker: Option<PersonId>,
) -> Answer<Vec<NearbyIncident>> {
    let mut near = Vec::new();
    for view in views(db, "category = ?1 and lon is not null", [this.0])? {
        let reported_at = view.reported.recorded_at;
        let apart = same_case(this, (&view.created, reported_at));
        if let Some(metres) = apart.filter(|_| !view.state.ended()) {
            near.push(NearbyIncident {
                row: row(db, &view, clockwork, now, worker)?,
                distance_m: Some(metres.round() as u32),
                date: reported_at.local_date(),
            });
        }
    }
    near.sort_by_key(|near| near.distance_m);
    Ok(near)
}

/// Open cases that may be about the same thing as this one, while it is open itself.
fn alike(
    db: &Connection,
    view: &IncidentView,
    clockwork: &Clockwork,
    now: Timestamp,
    worker: Option<PersonId>,
) -> Answer<Vec<NearbyIncident>> {
    let created = &view.created;
    let Some(here) = created.place.position.filter(|_| !view.state.ended()) else {
        return Ok(Vec::new());
    };
    let this = (created.category.as_str(), &here, view.reported.recorded_at);
    let mut near = near(db, this, clockwork, now, worker)?;
    near.retain(|near| near.row.id != created.id);
    Ok(near)
}

fn clock(view: &IncidentView, clockwork: &Clockwork, now: Timestamp) -> Option<WorkingClock> {
    let clock = clockwork
        .handling(view, now)
        .filter(|_| !view.state.ended())?;
    Some(WorkingClock {
        left_ms: clock.left_ms as f64,
        used_ms: clock.used_ms as f64,
        stands_until: clock.stands_until,
        rule: clock.rule.clone(),
    })
}

/// Incidents that name a household.
pub(crate) fn of_household(
    db: &Connection,
    household: HouseholdId,
    now: Timestamp,
    worker: Option<PersonId>,
) -> Answer<Vec<IncidentRow>> {
    let mut rows = rows(db, "household = ?1", [household.0], now, worker)?;
    rows.sort_by_key(|row| -row.reported_at.0);
    Ok(rows)
}

pub(crate) fn view(db: &Connection, id: IncidentId) -> Answer<IncidentView> {
    views(db, "id = ?1", [id.0])?
        .pop()
        .ok_or_else(|| Failure::new(Code::NotFound, "no such incident on this phone"))
}

/// What was handed in from one instant on and before another.
pub(crate) fn reported(
    db: &Connection,
    (from, before): (Timestamp, Timestamp),
    now: Timestamp,
    worker: Option<PersonId>,
) -> Answer<Vec<IncidentRow>> {
    let which = "reported_at >= ?1 and reported_at < ?2 and state <> 'draft'";
    rows(db, which, (from.0, before.0), now, worker)
}

pub(crate) fn views(
    db: &Connection,
    which: &str,
    of: impl rusqlite::Params,
) -> Answer<Vec<IncidentView>> {
    let json: Vec<String> = db
        .prepare_cached(&format!("select view from incident where {which}"))?
        .query_map(of, |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(json
        .iter()
        .map(|json| serde_json::from_str(json))
        .collect::<Result<_, _>>()?)
}

/// What has not ended.
pub(crate) fn open(
    db: &Connection,
    now: Timestamp,
    worker: Option<PersonId>,
) -> Answer<Vec<IncidentRow>> {
    let mut rows = rows(db, "true", [], now, worker)?;
    rows.retain(|row| !row.state.ended());
    Ok(rows)
}

fn rows(
    db: &Connection,
    which: &str,
    of: impl rusqlite::Params,
    now: Timestamp,
    worker: Option<PersonId>,
) -> Answer<Vec<IncidentRow>> {
    let clockwork = Clockwork::read(db)?;
    views(db, which, of)?
        .iter()
        .map(|view| row(db, view, &clockwork, now, worker))
        .collect()
}

fn row(
    db: &Connection,
    view: &IncidentView,
    clockwork: &Clockwork,
    now: Timestamp,
    worker: Option<PersonId>,
) -> Answer<IncidentRow> {
    let created = &view.created;
    let category = reference::category(db, &created.category)?;
    let due = clockwork.handling(view, now).map(|clock| clock.due);
    let receipt = receipt_of(db, created.id.into(), &[], None)?.unwrap_or(Receipt::Centre);
    Ok(IncidentRow {
        id: created.id,
        local_no: created.local_no.clone(),
        category: created.category.clone(),
        category_zh: category
            .as_ref()
            .map_or(created.category.clone(), |category| {
                category.name_zh.clone()
            }),
        category_en: category.map_or(created.category.clone(), |category| category.name_en),
        severity: view.severity,
        state: view.state,
        place: created.place.text.clone(),
        grid: created.grid,
        reported_at: view.reported.recorded_at,
        mine: worker == Some(view.reported.by),
        thumbnail: view.photos.first().map(|photo| photo.thumbnail),
        photos: u32::try_from(view.photos.len()).unwrap_or(u32::MAX),
        overdue: due.is_some_and(|due| due < now) && !view.state.ended(),
        due,
        follow_day: view.follow_day(),
        receipt: seen_or(db, created.id, receipt)?,
    })
}

fn people(view: &IncidentView) -> BTreeSet<PersonId> {
    view.events
        .iter()
        .map(|event| event.event.act.by)
        .chain([view.reported.by])
        .chain(view.checker)
        .collect()
}

fn departments(view: &IncidentView) -> BTreeSet<DepartmentId> {
    view.owner
        .into_iter()
        .chain(view.departments())
        .chain(
            view.events
                .iter()
                .flat_map(|event| named(&event.event.action)),
        )
        .chain(
            view.events
                .iter()
                .filter_map(|event| event.event.department),
        )
        .collect()
}

/// Departments that an action names, also one that did not take effect.
fn named(action: &IncidentAction) -> Vec<DepartmentId> {
    match action {
        IncidentAction::Dispatch { owner, .. } | IncidentAction::Reassign { owner, .. } => {
            vec![*owner]
        }
        IncidentAction::Whistle { departments, .. }
        | IncidentAction::Notify { departments, .. } => departments.clone(),
        IncidentAction::RegisterFallback { unit, .. }
        | IncidentAction::MakeSafe {
            unit: Some(unit), ..
        } => vec![*unit],
        _ => Vec::new(),
    }
}

/// Grid and words of the place: the door, else the building next to the phone, else the grid.
fn guess(
    db: &Connection,
    start: &IncidentStart,
    position: Option<Position>,
    home: GridId,
    now: Timestamp,
) -> Answer<(GridId, String)> {
    if let Some(household) = start.household {
        let lookups = Lookups::read(db, now.local_date())?;
        if let Some(row) = households::rows(db, [household], &lookups)?.remove(&household) {
            let grid = reference::building(db, row.building)?.map_or(home, |b| b.grid);
            return Ok((grid, households::door(&row)));
        }
    }
    if let Some(here) = position {
        let nearest = reference::buildings(db)?
            .into_iter()
            .map(|b| (distance_m((here.lon, here.lat), (b.lon, b.lat)), b))
            .filter(|(distance, _)| *distance <= NEXT_TO_M)
            .min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, building)) = nearest {
            let text = format!("{} {}", building.estate, building.number);
            return Ok((building.grid, text.trim().to_owned()));
        }
    }
    let name = reference::grid(db, home)?.map(|grid| grid.name);
    Ok((home, name.unwrap_or_default()))
}

/// `梧桐-03-0914-002`: readable before the centre gives a case number.
fn local_no(db: &Connection, grid: GridId, now: Timestamp) -> Answer<String> {
    let name = reference::grid(db, grid)?.map(|grid| grid.name);
    let midnight = Timestamp::from_shanghai(now.local_date(), 0, 0).unwrap_or(now);
    let reported: u32 = db
        .prepare_cached("select count(*) from edit where noun = 'incident' and at >= ?1")?
        .query_row([midnight.0], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    Ok(format!(
        "{}-{}-{:03}",
        name.unwrap_or_else(|| "?".to_owned()),
        now.shanghai().format("%m%d"),
        reported + 1
    ))
}
