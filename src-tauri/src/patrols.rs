//! 巡查: start, points, findings, pause, finish. A patrol that runs is a record like any other, so it is still there
//! after the app was killed.

use crate::{
    Phone,
    database::{fact, set_fact},
    delivery::receipt_of,
    documents::{self, Edit, Target},
    error::{Answer, Failure},
    households,
    photo::queue,
    ports, reference,
    settings::drop_drafts,
    track,
    view::{
        CheckpointState, FindingInput, FinishPreview, Fix, HitInput, LinePreview, PatrolRow,
        PatrolScreen, Receipt, Whereabouts,
    },
};
use gridwalk_core::{
    error::Code,
    ids::{FindingId, GridId, HitId, PatrolId, PersonId, PlanId},
    patrol::{
        HitMethod, HitState, NewFinding, NewHit, NewPatrol, PatrolEdit, PatrolKind, PatrolView,
        SharedLine,
    },
    photo::Position,
    reference::{Checkpoint, Plan},
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeSet;

/// A fix proves a point when it lies this close to it.
const REACHED_M: f64 = 60.0;
/// An older fix says where the phone was, not where it is.
const FRESH_MS: i64 = 60_000;

impl Phone {
    /// Where the phone is, if it knows.
    pub fn whereabouts(&self) -> Answer<Whereabouts> {
        Ok(Whereabouts {
            position: self.fix(self.now()),
        })
    }

    /// What the window's system says of where the phone is; nothing where it says nothing. How old a fix is counts by the
    /// window's own clock, which may be any.
    pub fn on_fix(&self, said: Option<Fix>) -> Answer<Whereabouts> {
        let now = self.now();
        self.ports().positions.told(said.map(|fix| Position {
            lon: fix.lon,
            lat: fix.lat,
            accuracy_m: fix.accuracy_m,
            fixed_at: now.plus_ms(-i64::from(fix.age_ms)),
            mock: false,
        }));
        self.whereabouts()
    }

    /// The last fix, unless it is old or cannot be one.
    pub(crate) fn fix(&self, now: Timestamp) -> Option<Position> {
        let fix = self.ports().positions.last_fix()?;
        let fresh = now.since(fix.fixed_at).abs() <= FRESH_MS;
        (fresh && ports::plausible(&fix)).then_some(fix)
    }

    /// Patrols of my grids, newest first.
    pub fn patrols(&self) -> Answer<Vec<PatrolRow>> {
        self.database().read(|db| {
            let ids: Vec<PatrolId> = db
                .prepare_cached("select id from patrol order by started_at desc")?
                .query_map([], |row| Ok(PatrolId(row.get(0)?)))?
                .collect::<Result<_, _>>()?;
            ids.into_iter().map(|id| row(db, id)).collect()
        })
    }

    /// One patrol.
    pub fn patrol(&self, id: PatrolId) -> Answer<PatrolScreen> {
        let now = self.now();
        let fix = self.fix(now);
        self.database().read(|db| screen(db, id, now, fix))
    }

    /// The patrol that is still running, also after the app was killed.
    pub fn patrol_running(&self) -> Answer<Option<PatrolScreen>> {
        let running = self.database().read(running)?;
        running.map(|id| self.patrol(id)).transpose()
    }

    /// 开始巡查. One at a time.
    pub fn patrol_start(&self, plan: PlanId) -> Answer<PatrolScreen> {
        self.begin_patrol(|db, id, now| {
            let plan = reference::plan(db, plan)?
                .ok_or_else(|| Failure::new(Code::NotFound, "no such plan on this phone"))?;
            let new = NewPatrol {
                id,
                grid: plan.grid,
                kind: plan.kind,
                plan: Some(plan.id),
                checkpoints: plan.checkpoints,
                started_at: now,
            };
            Ok((new, plan.name))
        })
    }

    /// 自由巡查: no plan, so no order; any point of the grid counts, and no line is asked for.
    pub fn patrol_start_free(&self, grid: GridId, kind: PatrolKind) -> Answer<PatrolScreen> {
        let who = self.who()?;
        self.begin_patrol(|_, id, now| {
            let theirs = who.identity.worker.grids_on(now.local_date());
            if !theirs.contains(&grid) {
                return Err(Failure::new(Code::OutOfScope, "another worker's grid"));
            }
            let new = NewPatrol {
                id,
                grid,
                kind,
                plan: None,
                checkpoints: Vec::new(),
                started_at: now,
            };
            Ok((new, String::new()))
        })
    }

    fn begin_patrol(
        &self,
        wished: impl FnOnce(&Connection, PatrolId, Timestamp) -> Answer<(NewPatrol, String)>,
    ) -> Answer<PatrolScreen> {
        let who = self.who()?;
        let now = self.now();
        let act = who.identity.act(now);
        let id = PatrolId(self.new_id()?);
        self.database().write(|db| {
            if let Some(running) = running(db)? {
                return Err(Failure::new(
                    Code::PatrolRunning,
                    format!("patrol {running} has not ended"),
                ));
            }
            let (new, title) = wished(db, id, now)?;
            let target = Target {
                document: id.into(),
                grid: new.grid,
                title,
                record: id.to_string(),
                severity: None,
            };
            documents::record(db, &who.identity, &target, &[Edit::CreatePatrol(new)], &act)?;
            set_fact(db, "running_patrol", &id)
        })?;
        self.wake(false);
        self.wake_track();
        self.patrol(id)
    }

    /// A point was reached. A QR plate or NFC tag must be that point's, a fix must lie within 60 m of it, a hand must say why.
    pub fn patrol_hit(&self, patrol: PatrolId, hit: HitInput) -> Answer<PatrolScreen> {
        let now = self.now();
        let fix = self.fix(now);
        let id = HitId(self.new_id()?);
        let new = NewHit {
            id,
            checkpoint: hit.checkpoint,
            at: now,
            method: hit.method,
            reason: hit
                .reason
                .clone()
                .filter(|reason| !reason.trim().is_empty()),
            state: hit.state,
            position: fix,
            photo: hit.photo.clone(),
        };
        self.edit_patrol(patrol, PatrolEdit::Hit(new), |db, view| {
            if !view.created.checkpoints.is_empty()
                && !view.created.checkpoints.contains(&hit.checkpoint)
            {
                return Err(Failure::new(Code::NotFound, "the plan has no such point"));
            }
            let point = reference::checkpoints(db)?
                .into_iter()
                .find(|point| point.id == hit.checkpoint)
                .ok_or_else(|| Failure::new(Code::NotFound, "no such point on this phone"))?;
            proven(&hit, &point, fix)?;
            if let Some(fix) = fix {
                track::keep(db, patrol, &fix)?;
            }
            Ok(())
        })
    }

    /// Something was found.
    pub fn patrol_finding(&self, patrol: PatrolId, finding: FindingInput) -> Answer<PatrolScreen> {
        let new = NewFinding {
            id: FindingId(self.new_id()?),
            category: finding.category,
            state: finding.state,
            incident: finding.incident,
            note: finding.note.filter(|note| !note.trim().is_empty()),
            voice: finding.voice,
            at: self.now(),
        };
        self.edit_patrol(patrol, PatrolEdit::Finding(new), |_, _| Ok(()))
    }

    /// 补一句 to a finding, while the patrol runs and after it.
    pub fn patrol_amend_finding(
        &self,
        patrol: PatrolId,
        finding: FindingId,
        note: String,
    ) -> Answer<PatrolScreen> {
        let edit = PatrolEdit::AmendFinding { finding, note };
        self.edit_patrol(patrol, edit, |_, _| Ok(()))
    }

    /// 暂停; nothing of the way is recorded until it goes on.
    pub fn patrol_pause(&self, patrol: PatrolId) -> Answer<PatrolScreen> {
        let at = self.now();
        self.edit_patrol(patrol, PatrolEdit::Pause { at }, |_, _| Ok(()))
    }

    /// 继续.
    pub fn patrol_resume(&self, patrol: PatrolId) -> Answer<PatrolScreen> {
        let at = self.now();
        let screen = self.edit_patrol(patrol, PatrolEdit::Resume { at }, |_, _| Ok(()))?;
        self.wake_track();
        Ok(screen)
    }

    /// What ending it will leave at the centre.
    pub fn patrol_preview_finish(&self, patrol: PatrolId) -> Answer<FinishPreview> {
        let now = self.now();
        self.take_in(patrol)?;
        self.database().read(|db| {
            let view = view(db, patrol)?;
            let points = track::points(db, patrol)?;
            let line = shared_line(db, &view, &points, now)?;
            let (hit, unreachable) = reached(&view);
            Ok(FinishPreview {
                distance_m: track::walked_m(&points),
                duration_s: duration_s(&view, now),
                checkpoints: count(view.created.checkpoints.len()),
                hit,
                unreachable,
                findings: count(view.findings.len()),
                line: line.map(|(line, plan, bytes)| LinePreview {
                    asked_because: plan.line_asked_because.unwrap_or_default(),
                    may_be_refused: plan.line_may_be_refused,
                    points: track::places(&bytes),
                    expires_at: line.expires_at,
                    blob: line.blob,
                }),
            })
        })
    }

    /// 结束. The line goes along only if the plan asks for it and the worker agrees.
    pub fn patrol_finish(
        &self,
        patrol: PatrolId,
        share_line: bool,
        note: Option<String>,
    ) -> Answer<PatrolScreen> {
        let who = self.who()?;
        let now = self.now();
        let act = who.identity.act(now);
        if let Err(failure) = self.take_in(patrol) {
            // a way that cannot be read is a gap, and no reason to walk on for ever
            tracing::error!(%failure, "the end of a way could not be read");
        }
        self.database().write(|db| {
            let view = view(db, patrol)?;
            let points = track::points(db, patrol)?;
            let mut line = None;
            if share_line && let Some((shared, _, bytes)) = shared_line(db, &view, &points, now)? {
                db.prepare_cached(
                    "insert into record_blob (hash, bytes, standing) values (?1, ?2, 'waiting')
                     on conflict do nothing",
                )?
                .execute((shared.blob.0, bytes))?;
                line = Some(shared);
            }
            let finish = PatrolEdit::Finish {
                at: now,
                distance_m: track::walked_m(&points).min(200_000),
                line,
                note: note.filter(|note| !note.trim().is_empty()),
            };
            let target = target(db, &view)?;
            documents::record(db, &who.identity, &target, &[Edit::Patrol(finish)], &act)?;
            set_fact(db, "running_patrol", &None::<PatrolId>)?;
            drop_drafts(db, &[patrol.to_string()])
        })?;
        self.forget_service_file(patrol);
        self.wake(false);
        self.wake_track();
        self.patrol(patrol)
    }

    fn edit_patrol(
        &self,
        patrol: PatrolId,
        edit: PatrolEdit,
        check: impl FnOnce(&Connection, &PatrolView) -> Answer<()>,
    ) -> Answer<PatrolScreen> {
        let who = self.who()?;
        let act = who.identity.act(self.now());
        self.database().write(|db| {
            let view = view(db, patrol)?;
            check(db, &view)?;
            let target = target(db, &view)?;
            documents::record(db, &who.identity, &target, &[Edit::Patrol(edit)], &act)?;
            drop_drafts(db, &[patrol.to_string()])
        })?;
        self.wake(false);
        self.patrol(patrol)
    }
}

/// The patrol that this phone started and has not ended.
pub(crate) fn running(db: &Connection) -> Answer<Option<PatrolId>> {
    let known: Option<PatrolId> = fact::<Option<PatrolId>>(db, "running_patrol")?.flatten();
    let Some(id) = known else { return Ok(None) };
    let open: bool = db
        .prepare_cached("select ended_at is null from patrol where id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?
        .unwrap_or(false);
    Ok(open.then_some(id))
}

/// Whether the method proves that somebody stood at the point.
fn proven(hit: &HitInput, point: &Checkpoint, fix: Option<Position>) -> Answer<()> {
    match hit.method {
        HitMethod::Qr | HitMethod::Nfc
            if hit.code.as_deref().map(str::trim) != Some(point.code.as_str()) =>
        {
            Err(Failure::new(
                Code::CheckpointMismatch,
                "the plate belongs to another point",
            ))
        }
        HitMethod::Position => {
            let fix = fix.ok_or_else(|| Failure::new(Code::NoPosition, "no fix of this minute"))?;
            let distance = track::distance_m((fix.lon, fix.lat), (point.lon, point.lat));
            if distance > REACHED_M {
                return Err(Failure::new(
                    Code::TooFarAway,
                    format!("{distance:.0} m from the point"),
                ));
            }
            Ok(())
        }
        HitMethod::Qr | HitMethod::Nfc | HitMethod::Manual => Ok(()),
    }
}

pub(crate) fn view(db: &Connection, id: PatrolId) -> Answer<PatrolView> {
    let json: Option<String> = db
        .prepare_cached("select view from patrol where id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    let json = json.ok_or_else(|| Failure::new(Code::NotFound, "no such patrol on this phone"))?;
    Ok(serde_json::from_str(&json)?)
}

fn target(db: &Connection, view: &PatrolView) -> Answer<Target> {
    Ok(Target {
        document: view.created.id.into(),
        grid: view.created.grid,
        title: plan(db, view)?.map(|plan| plan.name).unwrap_or_default(),
        record: view.created.id.to_string(),
        severity: None,
    })
}

fn plan(db: &Connection, view: &PatrolView) -> Answer<Option<Plan>> {
    match view.created.plan {
        Some(plan) => reference::plan(db, plan),
        None => Ok(None),
    }
}

fn row(db: &Connection, id: PatrolId) -> Answer<PatrolRow> {
    let view = view(db, id)?;
    Ok(PatrolRow {
        id,
        plan_name: plan(db, &view)?.map(|plan| plan.name).unwrap_or_default(),
        started_at: view.created.started_at,
        ended_at: view.ended_at,
        checkpoints: count(view.created.checkpoints.len()),
        hit: reached(&view).0,
        findings: count(view.findings.len()),
        receipt: receipt_of(db, id.into(), &[], None)?.unwrap_or(Receipt::Centre),
    })
}

fn screen(
    db: &Connection,
    id: PatrolId,
    now: Timestamp,
    fix: Option<Position>,
) -> Answer<PatrolScreen> {
    let view = view(db, id)?;
    let points = track::points(db, id)?;
    let checkpoints = points_of(db, &view)?
        .into_iter()
        .map(|point| CheckpointState {
            hit: view
                .hits
                .iter()
                .find(|hit| hit.counts && hit.hit.checkpoint == point.id)
                .cloned(),
            distance_m: fix.map(|fix| {
                track::distance_m((fix.lon, fix.lat), (point.lon, point.lat)).round() as u32
            }),
            checkpoint: point,
        })
        .collect();
    let said = view.findings.iter();
    let said = said.filter_map(|seen| seen.finding.voice.as_ref());
    let photos = view.hits.iter().filter_map(|hit| hit.hit.photo.as_ref());
    Ok(PatrolScreen {
        id,
        plan: plan(db, &view)?,
        checkpoints,
        people: households::names(db, people(&view))?,
        distance_m: view.distance_m.unwrap_or_else(|| track::walked_m(&points)),
        duration_s: duration_s(&view, now),
        paused: view.ended_at.is_none()
            && view.pauses.last().is_some_and(|pause| pause.to.is_none()),
        gaps: track::gaps(&points),
        track: points.iter().map(|point| [point.lon, point.lat]).collect(),
        receipt: receipt_of(db, id.into(), &[], None)?.unwrap_or(Receipt::Centre),
        voice_receipts: queue::receipts(db, said.map(|voice| &voice.hash))?,
        photo_states: queue::states(db, photos.map(|photo| &photo.hash))?,
        view,
    })
}

/// The plan's points in walking order. Without a plan those of the grid, and once it has ended those that were reached.
fn points_of(db: &Connection, view: &PatrolView) -> Answer<Vec<Checkpoint>> {
    let NewPatrol {
        grid, checkpoints, ..
    } = &view.created;
    if checkpoints.is_empty() {
        let mut points = reference::grid(db, *grid)?.map_or_else(Vec::new, |grid| grid.checkpoints);
        if view.ended_at.is_some() {
            points.retain(|point| view.hits.iter().any(|hit| hit.hit.checkpoint == point.id));
        }
        return Ok(points);
    }
    let known = reference::checkpoints(db)?;
    let planned = checkpoints.iter();
    Ok(planned
        .filter_map(|id| known.iter().find(|point| point.id == *id).cloned())
        .collect())
}

fn people(view: &PatrolView) -> BTreeSet<PersonId> {
    let amended = view.findings.iter().flat_map(|seen| &seen.amendments);
    view.hits
        .iter()
        .map(|hit| hit.by)
        .chain(view.findings.iter().map(|finding| finding.by))
        .chain(amended.map(|added| added.by))
        .chain([view.leader])
        .collect()
}

/// Points reached, and points that could not be.
fn reached(view: &PatrolView) -> (u32, u32) {
    let counting = || view.hits.iter().filter(|hit| hit.counts);
    let unreachable = counting()
        .filter(|hit| hit.hit.state == HitState::Unreachable)
        .count();
    (count(counting().count() - unreachable), count(unreachable))
}

/// Seconds from the start to the end (or now) without the pauses.
fn duration_s(view: &PatrolView, now: Timestamp) -> u32 {
    let end = view.ended_at.unwrap_or(now);
    let paused: i64 = view
        .pauses
        .iter()
        .map(|pause| pause.to.unwrap_or(end).since(pause.from).max(0))
        .sum();
    let ms = end.since(view.created.started_at) - paused;
    u32::try_from((ms / 1000).max(0)).unwrap_or(u32::MAX)
}

/// The line as it would be shared, when the plan asks for one and there is a way to show.
fn shared_line(
    db: &Connection,
    view: &PatrolView,
    points: &[Position],
    now: Timestamp,
) -> Answer<Option<(SharedLine, Plan, Vec<u8>)>> {
    let Some(plan) = plan(db, view)?.filter(|plan| plan.line_asked_because.is_some()) else {
        return Ok(None);
    };
    Ok(track::line(points, view.created.started_at, now)?.map(|(line, bytes)| (line, plan, bytes)))
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}
