//! 更正建议: a building, a plate or a boundary is not as the centre has it. Said at the door, kept in the worker's day like a log,
//! answered by a reference row.

use crate::{
    Phone,
    database::{fact, set_fact},
    delivery::receipt_of,
    documents::{self, Edit, Noun, Target},
    error::{Answer, Failure},
    households, reference, today,
    view::{Correctable, CorrectableField, ProposalInput, ProposalRow, Receipt},
};
use gridwalk_core::{
    error::{Code, Refusal},
    ids::{BuildingId, DocumentId, PersonId, ProposalId, WorkerDayId},
    proposal::{NewProposal, ProposalSubject, ProposedField},
    time::Timestamp,
    worker_day::WorkerDayEdit,
};
use rusqlite::Connection;

/// When the worker last looked at the answers.
const LOOKED: &str = "proposals_looked";

impl Phone {
    /// What can be proposed about it, what the phone knows of that, and what was proposed already.
    pub fn correctable(&self, subject: ProposalSubject) -> Answer<Correctable> {
        let who = self.who()?;
        let now = self.now();
        self.database().read(|db| {
            let fields = fields(db, subject, now)?;
            let mut proposals = own(db, who.identity.worker.id, now)?;
            proposals.retain(|row| {
                fields
                    .iter()
                    .any(|field| field.subject == row.proposal.subject)
            });
            Ok(Correctable {
                title: title(db, subject, now)?,
                fields,
                proposals,
            })
        })
    }

    /// Own proposals, newest first.
    pub fn proposals(&self) -> Answer<Vec<ProposalRow>> {
        let who = self.who()?;
        let now = self.now();
        self.database()
            .read(|db| own(db, who.identity.worker.id, now))
    }

    /// The same; the answers that came are looked at.
    pub fn look_at_proposals(&self) -> Answer<Vec<ProposalRow>> {
        let rows = self.proposals()?;
        let answers = rows.iter().filter_map(|row| row.answer.as_ref());
        if let Some(latest) = answers.map(|answer| answer.at).max()
            && rows.iter().any(|row| row.fresh)
        {
            self.database().write(|db| set_fact(db, LOOKED, &latest))?;
        }
        Ok(rows)
    }

    /// Kept like every record. `ALREADY_ASKED` while the same one waits for an answer.
    pub fn propose(&self, input: ProposalInput) -> Answer<Vec<ProposalRow>> {
        let who = self.who()?;
        let now = self.now();
        let act = who.identity.act(now);
        let (fresh, id) = (WorkerDayId(self.new_id()?), ProposalId(self.new_id()?));
        self.database().write(|db| {
            let field = fields(db, input.subject, now)?
                .into_iter()
                .find(|field| field.subject == input.subject && field.field == input.field)
                .ok_or_else(|| Failure::new(Code::ValueOutOfRange, "no such field of it"))?;
            let proposal = NewProposal {
                id,
                subject: input.subject,
                field: input.field,
                says: field.says,
                should: input.should.trim().to_owned(),
                because: input.because.trim().to_owned(),
            };
            let same = |row: &ProposalRow| {
                let other = &row.proposal;
                (other.subject, other.field, &other.should)
                    == (proposal.subject, proposal.field, &proposal.should)
            };
            let waits = |row: &ProposalRow| row.answer.is_none();
            let before = own(db, who.identity.worker.id, now)?;
            if before.iter().any(|row| same(row) && waits(row)) {
                return Err(Refusal::new(Code::AlreadyAsked, "it waits for an answer").into());
            }
            let (day, mut edits) = today::own_day(db, &who.identity, now.local_date(), fresh)?;
            let title = title(db, input.subject, now)?;
            edits.push(Edit::WorkerDay(WorkerDayEdit::Propose {
                at: now,
                proposal,
            }));
            let target = Target {
                document: day.into(),
                grid: who.identity.home(now),
                title,
                record: id.to_string(),
                severity: None,
            };
            documents::record(db, &who.identity, &target, &edits, &act)
        })?;
        self.wake(false);
        self.proposals()
    }
}

/// What can be proposed about it. `NOT_FOUND` when the phone does not have it.
fn fields(
    db: &Connection,
    subject: ProposalSubject,
    now: Timestamp,
) -> Answer<Vec<CorrectableField>> {
    match subject {
        ProposalSubject::Building { id } => of_building(db, id),
        ProposalSubject::Door { id } => {
            let view = households::view(db, id)?;
            let door = [view.unit.as_str(), view.room.as_str()].join(" ");
            let plate = CorrectableField {
                subject,
                field: ProposedField::Plate,
                says: door.trim().to_owned(),
            };
            let building = of_building(db, view.building)?;
            Ok([plate].into_iter().chain(building).collect())
        }
        ProposalSubject::Grid { .. } => {
            if title(db, subject, now)?.is_empty() {
                return Err(Failure::new(Code::NotFound, "no such grid on this phone"));
            }
            Ok(vec![CorrectableField {
                subject,
                field: ProposedField::Boundary,
                says: String::new(),
            }])
        }
    }
}

fn of_building(db: &Connection, id: BuildingId) -> Answer<Vec<CorrectableField>> {
    let building = reference::building(db, id)?
        .ok_or_else(|| Failure::new(Code::NotFound, "no such building on this phone"))?;
    let field = |field: ProposedField| CorrectableField {
        subject: ProposalSubject::Building { id },
        field,
        says: field.of(&building).unwrap_or_default(),
    };
    Ok(ProposedField::OF_BUILDING.map(field).into())
}

/// What a worker calls it; empty when the phone does not have it.
fn title(db: &Connection, subject: ProposalSubject, now: Timestamp) -> Answer<String> {
    Ok(match subject {
        ProposalSubject::Building { id } => reference::building(db, id)?
            .as_ref()
            .map(households::building_words)
            .unwrap_or_default(),
        ProposalSubject::Door { id } => households::title(db, id, now)?,
        ProposalSubject::Grid { id } => reference::grid(db, id)?
            .map(|grid| grid.name)
            .unwrap_or_default(),
    })
}

/// Those of this worker, newest first, each with its receipt and its answer.
fn own(db: &Connection, worker: PersonId, now: Timestamp) -> Answer<Vec<ProposalRow>> {
    let looked = fact::<Timestamp>(db, LOOKED)?;
    let mut select = db.prepare_cached(
        "select document, at, view from proposal where worker = ?1 order by at desc, id desc",
    )?;
    let mut rows = select.query([worker.0])?;
    let mut own = Vec::new();
    while let Some(row) = rows.next()? {
        let document = DocumentId(row.get(0)?);
        let json: String = row.get(2)?;
        let proposal: NewProposal = serde_json::from_str(&json)?;
        let id = proposal.id.to_string();
        let answer = reference::proposal_answer(db, proposal.id)?;
        own.push(ProposalRow {
            title: title(db, proposal.subject, now)?,
            at: Timestamp(row.get(1)?),
            receipt: receipt_of(db, document, &[Noun::Proposal], Some(&id))?
                .unwrap_or(Receipt::Centre),
            fresh: answer
                .as_ref()
                .is_some_and(|answer| looked.is_none_or(|looked| answer.at > looked)),
            answer,
            proposal,
        });
    }
    Ok(own)
}
