//! What people did, as values. The phone keeps each until the server accepted its change, so that a refused neighbour
//! costs nobody's work: what survives is applied again, to the server's document, by a new actor.

use gridwalk_core::{
    care::{self, CareEdit, CareLevel, CareType, NewCarePlan},
    document::{Author, Document, Edited, FeedOrder},
    error::{Code, Refusal},
    household::{self, Dwelling, FieldChange, HouseholdEdit, NewMember},
    ids::{DwellingEventId, Hash, HouseholdId},
    incident::{self, IncidentEvent, NewIncident},
    patrol::{self, NewPatrol, PatrolEdit},
    photo::Photo,
    place::{self, PlaceEdit},
    sync::message::DocumentKind,
    voice::VoiceNote,
    worker_day::{self, NewWorkerDay, WorkerDayEdit},
};
use serde::{Deserialize, Serialize};

/// One user-visible act on one document.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "edit", content = "of", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant)] // one at a time
pub(crate) enum Edit {
    /// 走访, or a correction of a household.
    Household(HouseholdEdit),
    /// A dwelling found at the door, or a piece of one that was split.
    AddDwelling {
        new: Dwelling,
        part_of: Option<(DwellingEventId, HouseholdId)>,
        fields: Vec<FieldChange>,
        members: Vec<NewMember>,
    },
    /// T1.
    CreateIncident {
        new: NewIncident,
        photos: Vec<Photo>,
    },
    /// Every later event.
    Incident(IncidentEvent),
    /// 开始巡查
    CreatePatrol(NewPatrol),
    /// 点位, 发现, 暂停, 继续, 结束
    Patrol(PatrolEdit),
    /// A care plan begins.
    CreateCarePlan {
        new: NewCarePlan,
        types: Vec<CareType>,
        level: CareLevel,
    },
    /// 同意, 定级, 需求, 帮扶 …
    Care(CareEdit),
    /// 场所走访, or words added to one.
    Place(PlaceEdit),
    /// The first act of a worker's day.
    CreateWorkerDay(NewWorkerDay),
    /// 任务完成
    WorkerDay(WorkerDayEdit),
}

impl Edit {
    pub fn kind(&self) -> DocumentKind {
        match self {
            Self::Household(_) | Self::AddDwelling { .. } => DocumentKind::HOUSEHOLD,
            Self::CreateIncident { .. } | Self::Incident(_) => DocumentKind::INCIDENT,
            Self::CreatePatrol(_) | Self::Patrol(_) => DocumentKind::PATROL,
            Self::CreateCarePlan { .. } | Self::Care(_) => DocumentKind::CARE_PLAN,
            Self::Place(_) => DocumentKind::PLACE,
            Self::CreateWorkerDay(_) | Self::WorkerDay(_) => DocumentKind::WORKER_DAY,
        }
    }

    /// The document's first edit; there is no document before it.
    pub fn creates(&self) -> bool {
        matches!(
            self,
            Self::AddDwelling { .. }
                | Self::CreateIncident { .. }
                | Self::CreatePatrol(_)
                | Self::CreateCarePlan { .. }
                | Self::CreateWorkerDay(_)
        )
    }

    /// What it is, and the id of it.
    pub fn noun_and_item(&self) -> (Noun, String) {
        match self {
            Self::Household(HouseholdEdit::RecordVisit(visit)) => {
                (Noun::Visit, visit.id.to_string())
            }
            Self::Household(HouseholdEdit::AmendVisit { visit, .. }) => {
                (Noun::HouseholdEdit, visit.to_string())
            }
            Self::Household(HouseholdEdit::AddMember(member)) => {
                (Noun::HouseholdEdit, member.id.to_string())
            }
            Self::Household(
                HouseholdEdit::CorrectMember { member, .. } | HouseholdEdit::MemberLeft { member },
            ) => (Noun::HouseholdEdit, member.to_string()),
            Self::Household(
                HouseholdEdit::ChangeField(field) | HouseholdEdit::ResolveConflict(field),
            ) => (Noun::HouseholdEdit, format!("{:?}", field.key())),
            Self::Household(
                HouseholdEdit::VoidDwelling { event, .. }
                | HouseholdEdit::SplitDwelling { event, .. }
                | HouseholdEdit::TakeBackDwelling { event, .. },
            ) => (Noun::HouseholdEdit, event.to_string()),
            Self::Household(HouseholdEdit::HandInForm(response)) => {
                (Noun::Form, response.id.to_string())
            }
            Self::AddDwelling { new, .. } => (Noun::HouseholdEdit, new.id.to_string()),
            Self::CreateIncident { new, .. } => (Noun::Incident, new.id.to_string()),
            Self::Incident(event) => (Noun::IncidentEvent, event.id.to_string()),
            Self::CreatePatrol(new) => (Noun::Patrol, new.id.to_string()),
            Self::Patrol(PatrolEdit::Hit(hit)) => (Noun::Hit, hit.id.to_string()),
            Self::Patrol(PatrolEdit::Finding(finding)) => (Noun::Finding, finding.id.to_string()),
            Self::Patrol(PatrolEdit::AmendFinding { finding, .. }) => {
                (Noun::PatrolEdit, finding.to_string())
            }
            Self::Patrol(_) => (Noun::PatrolEdit, String::new()),
            Self::CreateCarePlan { new, .. } => (Noun::CarePlan, new.id.to_string()),
            Self::Care(CareEdit::LogSupport(done)) => (Noun::Support, done.id.to_string()),
            Self::Care(_) => (Noun::CareEdit, self.care_word().to_owned()),
            Self::Place(PlaceEdit::RecordVisit(visit)) => (Noun::PlaceVisit, visit.id.to_string()),
            Self::Place(PlaceEdit::AmendVisit { visit, .. }) => {
                (Noun::PlaceEdit, visit.to_string())
            }
            Self::CreateWorkerDay(new) => (Noun::WorkerDay, new.id.to_string()),
            Self::WorkerDay(
                WorkerDayEdit::AcknowledgeTask { task, .. }
                | WorkerDayEdit::CompleteTask { task, .. },
            ) => (Noun::Task, task.to_string()),
            Self::WorkerDay(WorkerDayEdit::ReadAnnouncement { announcement, .. }) => {
                (Noun::Announcement, announcement.to_string())
            }
            Self::WorkerDay(WorkerDayEdit::WriteLog { entry, .. }) => {
                (Noun::WorkLog, entry.to_string())
            }
            Self::WorkerDay(WorkerDayEdit::WriteReport { report, .. }) => {
                (Noun::VisitReport, report.to_string())
            }
            Self::WorkerDay(WorkerDayEdit::Propose { proposal, .. }) => {
                (Noun::Proposal, proposal.id.to_string())
            }
        }
    }

    /// What an act on a care plan is called, without a word of what it says.
    pub fn care_word(&self) -> &'static str {
        match self {
            Self::CreateCarePlan { .. } => "begin",
            Self::Care(edit) => match edit {
                CareEdit::GiveConsent(_) => "give_consent",
                CareEdit::WithdrawConsent { .. } => "withdraw_consent",
                CareEdit::SetLevel { .. } => "set_level",
                CareEdit::AddType { .. } => "add_type",
                CareEdit::RemoveType { .. } => "remove_type",
                CareEdit::AddNeed(_) => "add_need",
                CareEdit::MarkNeed { .. } => "mark_need",
                CareEdit::LogSupport(_) => "log_support",
                CareEdit::SetContact(_) => "set_contact",
                CareEdit::SetSafetyNote { .. } => "set_safety_note",
                CareEdit::JoinTeam(_) => "join_team",
                CareEdit::LeaveTeam { .. } => "leave_team",
                CareEdit::Open { .. } => "open",
                CareEdit::Close { .. } => "close",
                CareEdit::Reopen { .. } => "reopen",
            },
            _ => "",
        }
    }

    /// Photos that it brings along.
    pub fn photos(&self) -> Vec<&Photo> {
        match self {
            Self::CreateIncident { photos, .. } => photos.iter().collect(),
            Self::Incident(IncidentEvent {
                action: incident::IncidentAction::AddPhoto { photo },
                ..
            }) => vec![photo],
            Self::Patrol(PatrolEdit::Hit(hit)) => hit.photo.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Voice notes that it brings along.
    pub fn voices(&self) -> Vec<&VoiceNote> {
        match self {
            Self::Incident(IncidentEvent {
                action: incident::IncidentAction::AddVoice { voice },
                ..
            }) => vec![voice],
            Self::Household(HouseholdEdit::RecordVisit(visit)) => visit.voice.iter().collect(),
            Self::Patrol(PatrolEdit::Finding(finding)) => finding.voice.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// What of it goes in the photos' lane.
    pub fn large_blobs(&self) -> Vec<Hash> {
        let photos = self.photos().into_iter().map(|photo| photo.hash);
        let voices = self.voices().into_iter().map(|voice| voice.hash);
        photos.chain(voices).collect()
    }

    /// Applies it to the document, or creates that.
    pub fn apply(
        &self,
        document: Option<Document>,
        author: &Author,
        feed: &dyn FeedOrder,
    ) -> Result<Edited, Refusal> {
        let there = |document: Option<Document>| {
            document.ok_or_else(|| Refusal::new(Code::NotFound, "no such document on this phone"))
        };
        if self.creates() && document.is_some() {
            return Err(Refusal::new(Code::AlreadyRecorded, "it was created before"));
        }
        match self {
            Self::Household(edit) => household::apply(there(document)?, edit, author),
            Self::AddDwelling {
                new,
                part_of,
                fields,
                members,
            } => household::add(new, *part_of, fields, members, author),
            Self::CreateIncident { new, photos } => incident::create(new, photos, author),
            Self::Incident(event) => incident::record(there(document)?, event, author, feed),
            Self::CreatePatrol(new) => patrol::create(new, author),
            Self::Patrol(edit) => patrol::apply(there(document)?, edit, author),
            Self::CreateCarePlan { new, types, level } => care::create(new, types, *level, author),
            Self::Care(edit) => care::apply(there(document)?, edit, author),
            Self::Place(edit) => place::apply(there(document)?, edit, author),
            Self::CreateWorkerDay(new) => worker_day::create(new, author),
            Self::WorkerDay(edit) => worker_day::apply(there(document)?, edit, author),
        }
    }
}

/// What an edit is called in the `edit` table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Noun {
    Visit,
    HouseholdEdit,
    Form,
    Incident,
    IncidentEvent,
    Patrol,
    Hit,
    Finding,
    PatrolEdit,
    CarePlan,
    Support,
    CareEdit,
    PlaceVisit,
    PlaceEdit,
    WorkerDay,
    Task,
    WorkLog,
    VisitReport,
    Proposal,
    Announcement,
}

impl Noun {
    pub fn word(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::HouseholdEdit => "household_edit",
            Self::Form => "form",
            Self::Incident => "incident",
            Self::IncidentEvent => "incident_event",
            Self::Patrol => "patrol",
            Self::Hit => "hit",
            Self::Finding => "finding",
            Self::PatrolEdit => "patrol_edit",
            Self::CarePlan => "care_plan",
            Self::Support => "support",
            Self::CareEdit => "care_edit",
            Self::PlaceVisit => "place_visit",
            Self::PlaceEdit => "place_edit",
            Self::WorkerDay => "worker_day",
            Self::Task => "task",
            Self::WorkLog => "work_log",
            Self::VisitReport => "visit_report",
            Self::Proposal => "proposal",
            Self::Announcement => "announcement",
        }
    }
}
