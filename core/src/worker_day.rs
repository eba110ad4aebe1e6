//! One worker's day (工作日志): which tasks were acknowledged or done, the log that the worker stands by, the visit reports
//! (走访报告) that were confirmed on it, and what the worker proposed to put right (更正建议). One writer, one document a day.

use crate::{
    document::{self, Author, Document, Edited},
    error::{Code, Refusal},
    ids::{AnnouncementId, LogEntryId, PersonId, TaskId, VisitReportId, WorkerDayId},
    proposal::{NewProposal, Proposal},
    sync::message::DocumentKind,
    text,
    time::Timestamp,
    visit_report::VisitFigures,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use uuid::Uuid;

const ACKNOWLEDGED: &str = "acknowledged";
/// Logs, reports and proposals stand here too: only a document's first change makes containers, and days begun by an older app have these two.
const COMPLETED: &str = "completed";
/// 工作日志 is a page, not a book.
const LONGEST_LOG: usize = 2_000;
/// The words of a report; the longest street has a row for each of its buildings besides.
const LONGEST_NARRATIVE: usize = 4_000;
const MOST_BUILDINGS: usize = 500;

/// What a worker day is created with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct NewWorkerDay {
    /// The document.
    pub id: WorkerDayId,
    /// Whose.
    pub worker: PersonId,
    /// Which day, in Shanghai.
    pub date: NaiveDate,
}

/// What a worker does to the list of today.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum WorkerDayEdit {
    /// The task was seen.
    AcknowledgeTask {
        /// Which.
        task: TaskId,
        /// When.
        at: Timestamp,
    },
    /// The task is done (a visit or a result settles it by itself; this is for the rest).
    CompleteTask {
        /// Which.
        task: TaskId,
        /// When.
        at: Timestamp,
        /// At most 500 characters.
        note: Option<String>,
    },
    /// The announcement was read: one receipt, and no other.
    ReadAnnouncement {
        /// Which.
        announcement: AnnouncementId,
        /// When.
        at: Timestamp,
    },
    /// 工作日志, confirmed. Written again it is another entry: the last one counts, the earlier ones stay.
    WriteLog {
        /// Its key.
        entry: LogEntryId,
        /// When.
        at: Timestamp,
        /// 1 to 2,000 characters, no citizen or phone numbers.
        text: String,
    },
    /// 走访报告, confirmed. Written again for the same period it is another wording: the last one counts, the earlier ones stay.
    WriteReport {
        /// Its key.
        report: VisitReportId,
        /// When.
        at: Timestamp,
        /// As they were counted then.
        figures: VisitFigures,
        /// At most 4,000 characters, no citizen or phone numbers; may be empty, the figures speak.
        narrative: String,
    },
    /// 更正建议: what the worker may not change, and should be changed.
    Propose {
        /// When.
        at: Timestamp,
        /// What.
        proposal: NewProposal,
    },
}

/// 工作日志 as its worker confirmed it last.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Log {
    /// Which entry.
    pub entry: LogEntryId,
    /// In the worker's words.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// How many wordings there were before.
    pub earlier: u32,
}

/// 走访报告 as its worker confirmed it last on one day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct VisitReport {
    /// Which wording.
    pub report: VisitReportId,
    /// When.
    pub at: Timestamp,
    /// As they were counted then.
    pub figures: VisitFigures,
    /// In the worker's words.
    pub narrative: String,
}

/// A worker's day as read back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct WorkerDayView {
    /// What it was created with.
    pub created: NewWorkerDay,
    /// Tasks seen.
    pub acknowledged: Vec<TaskId>,
    /// Tasks done, with the time.
    pub completed: Vec<(TaskId, Timestamp)>,
    /// Announcements read, with the time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<(AnnouncementId, Timestamp)>,
    /// The log, once confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Log>,
    /// Reports confirmed on this day, the last wording of each period. In the order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<VisitReport>,
    /// What was proposed on this day, in the order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<Proposal>,
    /// Items written by a newer app.
    pub unreadable: u32,
}

/// The day begins. Only the worker whose day it is writes in it (`OWN`).
pub fn create(new: &NewWorkerDay, author: &Author) -> Result<Edited, Refusal> {
    own(new.worker, author)?;
    document::create(
        new.id.into(),
        DocumentKind::WORKER_DAY,
        new,
        &[ACKNOWLEDGED, COMPLETED],
        author,
        |_| Ok(()),
    )
}

/// Applies one edit. What was acknowledged or completed already is refused `ALREADY_RECORDED`.
pub fn apply(document: Document, edit: &WorkerDayEdit, author: &Author) -> Result<Edited, Refusal> {
    own(view(&document).created.worker, author)?;
    let container = match edit {
        WorkerDayEdit::AcknowledgeTask { .. } | WorkerDayEdit::ReadAnnouncement { .. } => {
            ACKNOWLEDGED
        }
        WorkerDayEdit::CompleteTask { note, .. } => {
            text::note(note.as_deref().unwrap_or_default(), 500)?;
            COMPLETED
        }
        WorkerDayEdit::WriteLog { text: log, .. } => {
            text::required(log, LONGEST_LOG, Code::MissingReason)?;
            text::note(log, LONGEST_LOG)?;
            COMPLETED
        }
        WorkerDayEdit::WriteReport {
            figures, narrative, ..
        } => {
            text::note(narrative, LONGEST_NARRATIVE)?;
            figures.period.checked()?;
            if figures.buildings.len() > MOST_BUILDINGS {
                return Err(Refusal::new(Code::ValueOutOfRange, "too many buildings"));
            }
            COMPLETED
        }
        WorkerDayEdit::Propose { proposal, .. } => {
            proposal.checked()?;
            COMPLETED
        }
    };
    document.absent(container, &edit.key())?;
    document.edit(author, |draft| {
        draft.fact(container, &edit.key(), &author.act, edit)
    })
}

/// The day as it is read, without failing, whatever the document holds. In the order of time.
pub fn view(document: &Document) -> WorkerDayView {
    let mut unreadable = 0;
    let (mut logs, mut announcements, mut reports) = (Vec::new(), Vec::new(), Vec::new());
    let mut proposals = Vec::new();
    let mut read = |container: &str| {
        let mut tasks = Vec::new();
        for item in document.facts(container, WorkerDayEdit::key, &mut unreadable) {
            match item.value.item {
                WorkerDayEdit::AcknowledgeTask { task, at } if container == ACKNOWLEDGED => {
                    tasks.push((at, task));
                }
                WorkerDayEdit::CompleteTask { task, at, .. } if container == COMPLETED => {
                    tasks.push((at, task));
                }
                WorkerDayEdit::ReadAnnouncement { announcement, at }
                    if container == ACKNOWLEDGED =>
                {
                    announcements.push((announcement, at));
                }
                WorkerDayEdit::WriteLog { entry, at, text } if container == COMPLETED => {
                    logs.push((at, entry, text));
                }
                WorkerDayEdit::WriteReport {
                    report,
                    at,
                    figures,
                    narrative,
                } if container == COMPLETED => reports.push(VisitReport {
                    report,
                    at,
                    figures,
                    narrative,
                }),
                WorkerDayEdit::Propose { at, proposal } if container == COMPLETED => {
                    proposals.push(Proposal { proposal, at });
                }
                _ => {}
            }
        }
        tasks.sort_unstable();
        // Two clones of one phone may both have done it: the first time counts.
        let mut seen = HashSet::new();
        tasks.retain(|(_, task)| seen.insert(*task));
        tasks
    };
    let (acknowledged, completed) = (read(ACKNOWLEDGED), read(COMPLETED));
    proposals.sort_by_key(|said: &Proposal| (said.at, said.proposal.id));
    WorkerDayView {
        created: document.created().unwrap_or_else(|| NewWorkerDay {
            id: document.id().into(),
            worker: PersonId(Uuid::nil()),
            date: NaiveDate::default(),
        }),
        acknowledged: acknowledged.into_iter().map(|(_, task)| task).collect(),
        completed: completed.into_iter().map(|(at, task)| (task, at)).collect(),
        read: announcements,
        log: last(logs),
        reports: last_wordings(reports),
        proposals,
        unreadable,
    }
}

/// The latest wording; of two at one moment the one with the greater id, on every side the same.
fn last(mut logs: Vec<(Timestamp, LogEntryId, String)>) -> Option<Log> {
    logs.sort();
    let (at, entry, text) = logs.pop()?;
    Some(Log {
        entry,
        text,
        at,
        earlier: u32::try_from(logs.len()).unwrap_or(u32::MAX),
    })
}

/// The latest wording of each period, by the same rule.
fn last_wordings(mut reports: Vec<VisitReport>) -> Vec<VisitReport> {
    reports.sort_by_key(|report| (report.at, report.report));
    let mut seen = HashSet::new();
    let mut last: Vec<_> = reports
        .into_iter()
        .rev()
        .filter(|report| seen.insert(report.figures.period))
        .collect();
    last.reverse();
    last
}

impl WorkerDayEdit {
    fn key(&self) -> Uuid {
        match self {
            Self::AcknowledgeTask { task, .. } | Self::CompleteTask { task, .. } => task.0,
            Self::ReadAnnouncement { announcement, .. } => announcement.0,
            Self::WriteLog { entry, .. } => entry.0,
            Self::WriteReport { report, .. } => report.0,
            Self::Propose { proposal, .. } => proposal.id.0,
        }
    }
}

fn own(worker: PersonId, author: &Author) -> Result<(), Refusal> {
    if worker == author.act.by {
        return Ok(());
    }
    Err(Refusal::new(Code::WrongRole, "somebody else's day"))
}
