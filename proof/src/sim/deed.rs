//! What people do on a phone, as values: the simulator's copy of the phone's own list of edits.

use super::street;
use gridwalk_core::{
    act::{Act, Role},
    document::{Author, Document, Edited, FeedOrder},
    error::{Code, Refusal},
    household::{
        self, Dwelling, FieldChange, HouseholdEdit, NewMember, NewVisit, VisitKind, VisitOutcome,
    },
    ids::*,
    incident::{
        self, IncidentAction, IncidentEvent, IncidentPlace, NewIncident, Severity, SourceChannel,
    },
    patrol::{self, HitMethod, HitState, NewHit, NewPatrol, PatrolEdit, PatrolKind},
    sync::message::DocumentKind,
    time::Timestamp,
};

/// One act on one document.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // a few hundred at a time, behind a pointer
pub enum Deed {
    /// A care plan begins; in its document it looks like a household.
    BeginCare(Dwelling),
    /// 走访, or a correction.
    Household(HouseholdEdit),
    BeginIncident(NewIncident),
    Incident(IncidentEvent),
    BeginPatrol(NewPatrol),
    Patrol(PatrolEdit),
}

impl Deed {
    pub fn begins(&self) -> bool {
        matches!(
            self,
            Self::BeginCare(_) | Self::BeginIncident(_) | Self::BeginPatrol(_)
        )
    }

    /// The kind of the document that it begins.
    pub fn kind(&self) -> DocumentKind {
        match self {
            Self::BeginCare(_) => DocumentKind::CARE_PLAN,
            Self::Household(_) => DocumentKind::HOUSEHOLD,
            Self::BeginIncident(_) | Self::Incident(_) => DocumentKind::INCIDENT,
            Self::BeginPatrol(_) | Self::Patrol(_) => DocumentKind::PATROL,
        }
    }

    /// Applies it to the document, or begins that: what the phone's `Edit::apply` does.
    pub fn apply(
        &self,
        document: Option<Document>,
        author: &Author,
        feed: &dyn FeedOrder,
    ) -> Result<Edited, Refusal> {
        let there = |document: Option<Document>| {
            document.ok_or_else(|| Refusal::new(Code::NotFound, "no such document on this phone"))
        };
        if self.begins() && document.is_some() {
            return Err(Refusal::new(Code::AlreadyRecorded, "it was begun before"));
        }
        match self {
            Self::BeginCare(dwelling) => household::create(dwelling, &[], &[], author),
            Self::Household(edit) => household::apply(there(document)?, edit, author),
            Self::BeginIncident(new) => incident::create(new, &[], author),
            Self::Incident(event) => incident::record(there(document)?, event, author, feed),
            Self::BeginPatrol(new) => patrol::create(new, author),
            Self::Patrol(edit) => patrol::apply(there(document)?, edit, author),
        }
    }
}

pub fn dwelling(id: DocumentId) -> Dwelling {
    Dwelling {
        id: id.into(),
        building: street::building(),
        unit: "2单元".into(),
        room: "502".into(),
    }
}

pub fn visit(number: u64, at: Timestamp, size: Option<u8>) -> HouseholdEdit {
    HouseholdEdit::RecordVisit(NewVisit {
        id: VisitId(street::uuid(2, number)),
        kind: VisitKind::Phone, // a call may be made at any hour, whatever the phone's clock says
        outcome: VisitOutcome::Phoned,
        started_at: at,
        ended_at: at.plus_ms(240_000),
        changes: size.map(FieldChange::HouseholdSize).into_iter().collect(),
        confirmed: Vec::new(),
        persons_met: Some(1),
        note: Some(format!("第{number}次")),
        voice: None,
        task: None,
        incidents: Vec::new(),
        next_due: None,
        care_emergency: false,
    })
}

pub fn member(number: u64) -> HouseholdEdit {
    HouseholdEdit::AddMember(NewMember {
        id: MemberId(street::uuid(11, number)),
        display_name: format!("住户{number}"),
        birth_year: Some(1950),
        relation: None,
    })
}

pub fn incident(id: DocumentId, grid: GridId) -> NewIncident {
    NewIncident {
        id: id.into(),
        grid,
        local_no: "梧桐-03-0914-002".into(),
        source: SourceChannel::Patrol,
        category: "F01001".into(),
        severity: Severity::new(3).unwrap_or_else(|_| unreachable!("1 to 4")),
        place: IncidentPlace {
            text: "3幢2单元楼道".into(),
            household: None,
            position: None,
        },
        description: String::new(),
        finding: None,
    }
}

pub fn event(number: u64, act: &Act, action: IncidentAction) -> IncidentEvent {
    IncidentEvent {
        id: EventId(street::uuid(12, number)),
        act: act.clone(),
        department: None,
        action,
    }
}

pub fn patrol(id: DocumentId, grid: GridId, at: Timestamp) -> NewPatrol {
    NewPatrol {
        id: id.into(),
        grid,
        kind: PatrolKind::Daily,
        plan: None,
        checkpoints: (1..=3).map(|n| CheckpointId(street::uuid(13, n))).collect(),
        started_at: at,
    }
}

pub fn hit(number: u64, checkpoint: u64, at: Timestamp) -> PatrolEdit {
    PatrolEdit::Hit(NewHit {
        id: HitId(street::uuid(14, number)),
        checkpoint: CheckpointId(street::uuid(13, checkpoint)),
        at,
        method: HitMethod::Qr,
        reason: None,
        state: HitState::Ok,
        position: None,
        photo: None,
    })
}

/// The frame of an act of worker `number` on a device.
pub fn act(number: u64, role: Role, device: DeviceId, at: Timestamp) -> Act {
    Act {
        by: street::person(number),
        role,
        device,
        recorded_at: at,
        observed_at: None,
    }
}
