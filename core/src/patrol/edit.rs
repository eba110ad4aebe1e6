//! What people do on a patrol becomes one change, or a refusal.

use super::{
    HitMethod, HitState, NewFinding, NewHit, NewPatrol, PatrolEdit, PatrolView, SharedLine, view,
};
use crate::{
    act::{Act, Role},
    document::{self, Author, Document, Edited},
    error::{Code, Refusal},
    ids::FindingId,
    photo::Position,
    sync::message::DocumentKind,
    text,
    time::Timestamp,
};
use std::collections::HashSet;
use uuid::Uuid;

pub(super) const HITS: &str = "hits";
pub(super) const FINDINGS: &str = "findings";
pub(super) const LOG: &str = "log";

const DAY_MS: i64 = 86_400_000;
/// The centre deletes a shared line after thirty days; one more allows for clocks.
const LINE_LIVES_DAYS: i64 = 31;

/// A patrol that begins. Whoever creates it leads it.
pub fn create(new: &NewPatrol, author: &Author) -> Result<Edited, Refusal> {
    may_patrol(&author.act)?;
    let distinct: HashSet<_> = new.checkpoints.iter().collect();
    if distinct.len() != new.checkpoints.len() || distinct.len() > 200 {
        return Err(out_of_range("checkpoints twice, or more than 200"));
    }
    document::create(
        new.id.into(),
        DocumentKind::PATROL,
        new,
        &[HITS, FINDINGS, LOG],
        author,
        |_| Ok(()),
    )
}

/// Applies one edit. A hit or finding that is there already is refused `ALREADY_RECORDED`. Only the leader pauses,
/// resumes and ends. Words to a finding are added after the end too. A hit that somebody else made before hearing of the end is kept by the merge.
pub fn apply(document: Document, edit: &PatrolEdit, author: &Author) -> Result<Edited, Refusal> {
    let act = &author.act;
    may_patrol(act)?;
    let now = view(&document);
    match edit {
        PatrolEdit::Hit(hit) => document.absent(HITS, &hit.id)?,
        PatrolEdit::Finding(finding) => document.absent(FINDINGS, &finding.id)?,
        _ => {}
    }
    let words_only = matches!(edit, PatrolEdit::AmendFinding { .. });
    if now.ended_at.is_some() && !words_only {
        return Err(Refusal::new(Code::PatrolEnded, "the patrol has ended"));
    }
    let paused = now.pauses.last().is_some_and(|pause| pause.to.is_none());
    match edit {
        PatrolEdit::Hit(hit) => {
            hit_fits(hit)?;
            document.edit(author, |draft| draft.fact(HITS, &hit.id, act, hit))
        }
        PatrolEdit::Finding(finding) => {
            finding_fits(finding)?;
            document.edit(author, |draft| {
                draft.fact(FINDINGS, &finding.id, act, finding)
            })
        }
        PatrolEdit::Pause { at } => {
            leads(now.leader == act.by)?;
            if paused {
                return Err(Refusal::new(Code::WrongState, "paused already"));
            }
            log(document, edit, &stopped("pause", *at, act), author)
        }
        PatrolEdit::Resume { at } => {
            leads(now.leader == act.by)?;
            if !paused {
                return Err(Refusal::new(Code::WrongState, "not paused"));
            }
            log(document, edit, &stopped("resume", *at, act), author)
        }
        PatrolEdit::AmendFinding { finding, note } => {
            amends(&now, *finding, act)?;
            text::required(note, 500, Code::MissingWords)?;
            text::note(note, 500)?;
            // among the log: only a document's first change makes containers, and older patrols have these three
            let name = format!("amend {finding} {} {} {note}", act.by, act.recorded_at);
            log(document, edit, &name, author)
        }
        PatrolEdit::Finish {
            at,
            distance_m,
            line,
            note,
        } => {
            leads(now.leader == act.by)?;
            text::note(note.as_deref().unwrap_or_default(), 1000)?;
            if *distance_m > 200_000 {
                return Err(out_of_range("more than 200 km on foot"));
            }
            line.as_ref().map_or(Ok(()), |line| line_fits(line, *at))?;
            log(document, edit, &stopped("finish", *at, act), author)
        }
    }
}

fn log(
    document: Document,
    entry: &PatrolEdit,
    name: &str,
    author: &Author,
) -> Result<Edited, Refusal> {
    let id = Uuid::new_v5(&document.id().0, name.as_bytes());
    document.absent(LOG, &id)?;
    document.edit(author, |draft| draft.fact(LOG, &id, &author.act, entry))
}

/// The name of an entry that pauses, resumes or ends.
fn stopped(verb: &str, at: Timestamp, act: &Act) -> String {
    format!("{verb} {at} {} {}", act.by, act.recorded_at)
}

/// Whoever wrote a finding adds to it, and whoever leads the patrol.
fn amends(now: &PatrolView, finding: FindingId, act: &Act) -> Result<(), Refusal> {
    let mut findings = now.findings.iter();
    let found = findings
        .find(|known| known.finding.id == finding)
        .ok_or_else(|| Refusal::new(Code::NotFound, "no such finding"))?;
    if act.by == found.by || act.by == now.leader {
        return Ok(());
    }
    Err(Refusal::new(Code::WrongRole, "somebody else's finding"))
}

fn may_patrol(act: &Act) -> Result<(), Refusal> {
    match act.role {
        Role::Worker | Role::Helper | Role::Lead | Role::Guide | Role::Secretary => Ok(()),
        other => Err(Refusal::new(
            Code::WrongRole,
            format!("{other:?} does not patrol"),
        )),
    }
}

fn leads(leader: bool) -> Result<(), Refusal> {
    if leader {
        return Ok(());
    }
    Err(Refusal::new(Code::WrongRole, "the leader does this"))
}

fn hit_fits(hit: &NewHit) -> Result<(), Refusal> {
    let reason = hit.reason.as_deref().unwrap_or_default();
    if hit.method == HitMethod::Manual || hit.state == HitState::Unreachable {
        text::required(reason, 200, Code::MissingReason)?;
    }
    text::note(reason, 200)?;
    hit.position.as_ref().map_or(Ok(()), position_fits)
}

fn finding_fits(finding: &NewFinding) -> Result<(), Refusal> {
    text::required(&finding.category, 16, Code::MissingCategory)?;
    text::note(finding.note.as_deref().unwrap_or_default(), 500)
}

fn position_fits(position: &Position) -> Result<(), Refusal> {
    let on_earth = (-180.0..=180.0).contains(&position.lon)
        && (-90.0..=90.0).contains(&position.lat)
        && (0.0..=1e7).contains(&position.accuracy_m);
    if on_earth {
        return Ok(());
    }
    Err(out_of_range("a position that is nowhere"))
}

fn line_fits(line: &SharedLine, ended_at: Timestamp) -> Result<(), Refusal> {
    if line.points > 20_000 || line.expires_at.since(ended_at) > LINE_LIVES_DAYS * DAY_MS {
        return Err(out_of_range("a line too long, or kept too long"));
    }
    Ok(())
}

fn out_of_range(what: &str) -> Refusal {
    Refusal::new(Code::ValueOutOfRange, what)
}
