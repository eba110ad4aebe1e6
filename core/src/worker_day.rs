//! One worker's day (工作日志): which tasks were acknowledged or done. One writer, one document a day.

use crate::{
    document::{self, Author, Document, Edited},
    error::{Code, Refusal},
    ids::{PersonId, TaskId, WorkerDayId},
    sync::message::DocumentKind,
    text,
    time::Timestamp,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use uuid::Uuid;

const ACKNOWLEDGED: &str = "acknowledged";
const COMPLETED: &str = "completed";

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
    let (container, task, note) = match edit {
        WorkerDayEdit::AcknowledgeTask { task, .. } => (ACKNOWLEDGED, task, None),
        WorkerDayEdit::CompleteTask { task, note, .. } => (COMPLETED, task, note.as_deref()),
    };
    text::note(note.unwrap_or_default(), 500)?;
    document.absent(container, task)?;
    document.edit(author, |draft| {
        draft.fact(container, task, &author.act, edit)
    })
}

/// The day as it is read, without failing, whatever the document holds. In the order of time.
pub fn view(document: &Document) -> WorkerDayView {
    let mut unreadable = 0;
    let mut read = |container: &str| {
        let mut tasks = Vec::new();
        for item in document.facts(container, WorkerDayEdit::task, &mut unreadable) {
            match item.value.item {
                WorkerDayEdit::AcknowledgeTask { task, at } if container == ACKNOWLEDGED => {
                    tasks.push((at, task));
                }
                WorkerDayEdit::CompleteTask { task, at, .. } if container == COMPLETED => {
                    tasks.push((at, task));
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
    WorkerDayView {
        created: document.created().unwrap_or_else(|| NewWorkerDay {
            id: document.id().into(),
            worker: PersonId(Uuid::nil()),
            date: NaiveDate::default(),
        }),
        acknowledged: acknowledged.into_iter().map(|(_, task)| task).collect(),
        completed: completed.into_iter().map(|(at, task)| (task, at)).collect(),
        unreadable,
    }
}

impl WorkerDayEdit {
    fn task(&self) -> Uuid {
        match self {
            Self::AcknowledgeTask { task, .. } | Self::CompleteTask { task, .. } => task.0,
        }
    }
}

fn own(worker: PersonId, author: &Author) -> Result<(), Refusal> {
    if worker == author.act.by {
        return Ok(());
    }
    Err(Refusal::new(Code::WrongRole, "somebody else's day"))
}
