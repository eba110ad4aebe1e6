//! 更正建议: what workers found wrong about buildings, plates and boundaries, and the answer of somebody who may change them.
//! Where the registry's row holds the field, accepting changes it; the phones get row and answer with their next exchange.

use super::{Result, id, people, range, reference_row};
use crate::{
    auth::scope::{Scope, Wish, authorise},
    error::Error,
    store::{
        Connection, OptionalExtension, Row, params,
        person::{parse, word},
        reference,
    },
};
use gridwalk_core::{
    error::Code,
    ids::{GridId, ProposalId},
    proposal::{NewProposal, ProposalAnswer, ProposalOutcome, ProposalSubject, ProposedField},
    reference::{Building, Person, ReferenceKind},
    text,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Most of them in one list: those that wait, then the newest of the others.
const MOST: u32 = 1_000;
const LONGEST_NOTE: usize = 300;

/// What was answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ProposalAnswered {
    /// 已采纳 or 未采纳
    pub outcome: ProposalOutcome,
    /// The building's row was changed with it.
    pub applied: bool,
    /// In the words of whoever answered.
    pub note: Option<String>,
    /// Who answered.
    pub by_name: String,
    /// When.
    pub at: Timestamp,
}

/// One proposal of the list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ProposalLine {
    /// Which.
    pub id: ProposalId,
    /// Of which grid.
    pub grid: GridId,
    /// `梧桐-03`
    pub grid_name: String,
    /// What it is about.
    pub subject: ProposalSubject,
    /// `听雨苑 3幢`; none when the registry has no such thing in the asker's grids.
    pub title: Option<String>,
    /// What of it.
    pub field: ProposedField,
    /// What the worker's phone said then; empty when it held nothing of it.
    pub says: String,
    /// What the registry says now; none when it does not hold the field.
    pub says_now: Option<String>,
    /// What it should be.
    pub should: String,
    /// How the worker knows.
    pub because: String,
    /// Who proposed it.
    pub worker: String,
    /// When it was written down.
    pub at: Timestamp,
    /// What was said to it.
    pub answer: Option<ProposalAnswered>,
    /// The asker may answer it.
    pub may_answer: bool,
    /// Accepting it changes the building's row.
    pub changes_row: bool,
}

/// What somebody says to a proposal.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct ProposalDecision {
    /// 采纳; otherwise it is declined, and `note` says why.
    pub accept: bool,
    /// For the worker who proposed it.
    pub note: Option<String>,
}

/// Those that wait first, then the newest.
pub fn list(connection: &Connection, asker: &Person, scope: &Scope) -> Result<Vec<ProposalLine>> {
    let people = people(connection)?;
    let grids = range::grids(scope, None)?;
    // whoever only reads is shown none of the two buttons
    let answers = authorise(asker, Wish::AnswerProposals).is_ok();
    let mut statement = connection.prepare_cached(format!(
        "select p.id, p.grid, grid.name, p.subject_kind, p.subject, p.field, p.says, p.should, p.because, p.worker, p.at,
           a.outcome, a.applied, a.note, a.by_person, a.at
         from proposal p join grid on grid.id = p.grid left join proposal_answer a on a.proposal = p.id
         where {} order by case when a.proposal is null then 0 else 1 end, p.at desc, p.id limit ?1",
        grids.hold("p.grid")
    ))?;
    let named = |id: String| people.get(&id).cloned().unwrap_or_default();
    let read = |row: &Row<'_>| {
        let kind: String = row.get(3)?;
        let answer = match row.get::<_, Option<String>>(11)? {
            None => None,
            Some(outcome) => Some(ProposalAnswered {
                outcome: parse(&outcome)?,
                applied: row.get(12)?,
                note: row.get(13)?,
                by_name: named(row.get(14)?),
                at: instant(&row.get::<_, String>(15)?)?,
            }),
        };
        Ok(ProposalLine {
            id: id(&row.get::<_, String>(0)?)?,
            grid: id(&row.get::<_, String>(1)?)?,
            grid_name: row.get(2)?,
            subject: subject(&kind, &row.get::<_, String>(4)?)?,
            title: None,
            field: parse(&row.get::<_, String>(5)?)?,
            says: row.get(6)?,
            says_now: None,
            should: row.get(7)?,
            because: row.get(8)?,
            worker: named(row.get(9)?),
            at: instant(&row.get::<_, String>(10)?)?,
            may_answer: answer.is_none() && answers,
            answer,
            changes_row: false,
        })
    };
    let mut lines: Vec<ProposalLine> = statement
        .query_and_then(params![MOST], read)?
        .collect::<Result<_>>()?;
    for line in &mut lines {
        let about = about(connection, line.subject)?.filter(|about| scope.holds(&about.grid));
        line.may_answer &= about.is_some();
        if let Some(about) = about {
            line.title = Some(about.title);
            if let Some(building) = about.building {
                line.says_now = line.field.of(&building);
                line.changes_row = line.says_now.is_some();
            }
        }
    }
    Ok(lines)
}

/// Accepts or declines it, once. Two people who answer at once are served one after the other, and the second is told.
pub fn answer(
    connection: &Connection,
    asker: &Person,
    scope: &Scope,
    which: ProposalId,
    decision: &ProposalDecision,
    now: Timestamp,
) -> Result<()> {
    let (grid, proposal) = one(connection, scope, which)?;
    let note = decision.note.as_deref().unwrap_or_default().trim();
    if !decision.accept {
        text::required(note, LONGEST_NOTE, Code::MissingReason)?;
    }
    text::plain(note, LONGEST_NOTE)?;
    let about = about(connection, proposal.subject)?
        .filter(|about| scope.holds(&about.grid))
        .ok_or(Error::NotFound)?;
    let right = match &about.building {
        Some(building) if decision.accept => proposal.put_right(building)?,
        _ => None,
    };
    let outcome = match decision.accept {
        true => ProposalOutcome::Accepted,
        false => ProposalOutcome::Declined,
    };
    let answer = ProposalAnswer {
        proposal: which,
        outcome,
        applied: right.is_some(),
        note: Some(note.to_owned()).filter(|note| !note.is_empty()),
        office: office(connection, scope, grid)?,
        at: now,
    };
    let first = connection
        .prepare_cached(
            "insert into proposal_answer (proposal, outcome, applied, note, by_person, at) values (?1, ?2, ?3, ?4, ?5, ?6)
             on conflict (proposal) do nothing",
        )?
        .execute(params![
            which.to_string(),
            word(&outcome)?,
            answer.applied,
            answer.note,
            asker.id.to_string(),
            now.to_string()
        ])?;
    if first == 0 {
        return Err(Error::Conflict(
            Code::AlreadyDecided,
            "somebody answered it before".into(),
        ));
    }
    if let Some(building) = right {
        reference::put_building(connection, &building)?;
    }
    reference::put(
        connection,
        ReferenceKind::ProposalAnswer,
        &which.to_string(),
        Some(grid),
        &answer,
    )
}

/// One of the asker's grids, with the grid whose people answer it.
fn one(connection: &Connection, scope: &Scope, which: ProposalId) -> Result<(GridId, NewProposal)> {
    type Kept = (String, String, String, String, String, String, String);
    let kept: Option<Kept> = connection
        .prepare_cached(
            "select grid, subject_kind, subject, field, says, should, because from proposal where id = ?1",
        )?
        .query_row([which.to_string()], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
            ))
        })
        .optional()?;
    let (grid, kind, of, field, says, should, because) = kept.ok_or(Error::NotFound)?;
    let grid: GridId = id(&grid)?;
    if !scope.holds(&grid) {
        return Err(Error::NotFound);
    }
    let proposal = NewProposal {
        id: which,
        subject: subject(&kind, &of)?,
        field: parse(&field)?,
        says,
        should,
        because,
    };
    Ok((grid, proposal))
}

/// What a proposal is about, as the registry has it.
struct About {
    grid: GridId,
    title: String,
    building: Option<Building>,
}

fn about(connection: &Connection, subject: ProposalSubject) -> Result<Option<About>> {
    let of = subject.id();
    Ok(match subject {
        ProposalSubject::Building { .. } => {
            reference_row::<Building>(connection, "building", &of)?.map(|building| About {
                grid: building.grid,
                title: format!("{} {}", building.estate, building.number),
                building: Some(building),
            })
        }
        ProposalSubject::Door { .. } => named(
            connection,
            "select h.grid, coalesce(b.estate, '') || ' ' || coalesce(b.number, '') || h.unit || h.room
             from household h left join building b on b.id = h.building where h.id = ?1",
            &of,
        )?,
        ProposalSubject::Grid { .. } => {
            named(connection, "select id, name from grid where id = ?1", &of)?
        }
    })
}

fn named(connection: &Connection, query: &'static str, of: &str) -> Result<Option<About>> {
    let found: Option<(String, String)> = connection
        .prepare_cached(query)?
        .query_row([of], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found
        .map(|(grid, title)| {
            Ok(About {
                grid: id(&grid)?,
                title,
                building: None,
            })
        })
        .transpose()
}

/// The community's people answer as the community, the street's as the street.
fn office(connection: &Connection, scope: &Scope, grid: GridId) -> Result<String> {
    match scope {
        Scope::Street => Ok("街道".into()),
        Scope::Grids(_) => Ok(connection
            .prepare_cached("select community_name from grid where id = ?1")?
            .query_row([grid.to_string()], |row| row.get(0))
            .optional()?
            .unwrap_or_default()),
    }
}

fn subject(kind: &str, of: &str) -> Result<ProposalSubject> {
    Ok(match kind {
        "building" => ProposalSubject::Building { id: id(of)? },
        "door" => ProposalSubject::Door { id: id(of)? },
        "grid" => ProposalSubject::Grid { id: id(of)? },
        other => return Err(Error::internal("a proposal's subject", other)),
    })
}

fn instant(text: &str) -> Result<Timestamp> {
    text.parse()
        .map_err(|error| Error::internal("a stored instant", error))
}
