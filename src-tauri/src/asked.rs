//! What a case asks of this worker, as a task of 今日: the centre assigns such a task by what it does to the case and by nothing
//! else, so the phone reads it there. Also: of which tasks this phone heard when.

use crate::{error::Answer, incidents, sync, view::News};
use gridwalk_core::{
    ids::{EventId, IncidentId, PersonId, TaskId},
    incident::{Applied, EventView, IncidentAction, IncidentState, IncidentView, role_may},
    reference::{Person, Task, TaskKind},
    time::Timestamp,
};
use rusqlite::Connection;
use std::collections::HashSet;
use uuid::Uuid;

/// Cases of this worker's grids that wait for an answer of theirs, without those that a task of the centre names already.
pub(crate) fn by_cases(
    db: &Connection,
    worker: &Person,
    now: Timestamp,
    assigned: &[Task],
) -> Answer<Vec<Task>> {
    let named: HashSet<IncidentId> = assigned.iter().filter_map(|task| task.incident).collect();
    let grids = worker.grids_on(now.local_date());
    let waiting = "state in ('verifying', 'checking', 'reported') or follow_up <= ?1";
    let waiting = incidents::views(db, waiting, [now.local_date().to_string()])?;
    Ok(waiting
        .iter()
        .filter(|view| grids.contains(&view.created.grid) && !named.contains(&view.created.id))
        .flat_map(|view| [of_case(view, worker), look_again(view, worker, now)])
        .flatten()
        .collect())
}

/// 再看: the day has come on which somebody looks at a quarrel again.
fn look_again(view: &IncidentView, worker: &Person, now: Timestamp) -> Option<Task> {
    let day = view.look_again().filter(|day| *day <= now.local_date())?;
    let fulfilled = IncidentAction::RecordFulfilment {
        fulfilled: true,
        note: String::new(),
    };
    let name = format!("look again {day}");
    let id = Uuid::new_v5(&view.created.id.0, name.as_bytes());
    role_may(worker.role, &fulfilled).then(|| Task {
        id: TaskId(id),
        kind: TaskKind::FollowUp,
        text: view.created.description.clone(),
        due: day,
        ..about(view, worker)
    })
}

fn of_case(view: &IncidentView, worker: &Person) -> Option<Task> {
    let (kind, event) = match view.state {
        IncidentState::Verifying => (TaskKind::Verify, asked(view, worker)?),
        IncidentState::Checking if view.checker == Some(worker.id) => {
            (TaskKind::Recheck, last(view, is_check)?)
        }
        IncidentState::Reported => (TaskKind::Returned, sent_back(view, worker.id)?),
        _ => return None,
    };
    let text = match &event.event.action {
        IncidentAction::AskVerify { question: words }
        | IncidentAction::RejectSelf { reason: words } => words.clone(),
        _ => view.created.description.clone(),
    };
    Some(Task {
        id: id(view.created.id, event.event.id),
        kind,
        text,
        due: event.event.act.recorded_at.local_date(),
        ..about(view, worker)
    })
}

/// What every such task says of its case; the rest is of what it asks.
fn about(view: &IncidentView, worker: &Person) -> Task {
    Task {
        id: TaskId(Uuid::nil()),
        grid: view.created.grid,
        assignee: Some(worker.id),
        kind: TaskKind::FollowUp,
        household: None,
        incident: Some(view.created.id),
        text: String::new(),
        place: Some(view.created.place.text.clone()),
        due: view.reported.recorded_at.local_date(),
        time_hint: None,
    }
}

/// The same on every phone, so that what is new is new once.
fn id(incident: IncidentId, event: EventId) -> TaskId {
    TaskId(Uuid::new_v5(&incident.0, event.0.as_bytes()))
}

/// The question that is open, for somebody who may answer it.
fn asked<'a>(view: &'a IncidentView, worker: &Person) -> Option<&'a EventView> {
    let answer = IncidentAction::VerifyResult {
        genuine: true,
        note: String::new(),
    };
    let may = role_may(worker.role, &answer);
    last(view, |action| {
        matches!(action, IncidentAction::AskVerify { .. })
    })
    .filter(|_| may)
}

fn is_check(action: &IncidentAction) -> bool {
    use IncidentAction as A;
    matches!(action, A::SendCheck { .. } | A::ChangeChecker { .. })
}

/// What the worker settled on the spot and the lead did not accept, until the worker has said or shown something more.
fn sent_back(view: &IncidentView, worker: PersonId) -> Option<&EventView> {
    if view.reported.by != worker {
        return None;
    }
    let taken = view.events.iter().rev().filter(|event| applied(event));
    let mut own = false;
    for event in taken {
        if matches!(event.event.action, IncidentAction::RejectSelf { .. }) {
            return (!own).then_some(event);
        }
        own |= event.event.act.by == worker;
    }
    None
}

fn last(view: &IncidentView, of: impl Fn(&IncidentAction) -> bool) -> Option<&EventView> {
    let mut events = view.events.iter().rev();
    events.find(|event| applied(event) && of(&event.event.action))
}

fn applied(event: &EventView) -> bool {
    !matches!(event.applied, Applied::No { .. })
}

/// Writes down which of these tasks this phone had not heard of.
pub(crate) fn hear(db: &Connection, tasks: &[Task], now: Timestamp) -> Answer<()> {
    let mut hear =
        db.prepare_cached("insert into heard (task, at) values (?1, ?2) on conflict do nothing")?;
    for task in tasks {
        hear.execute((task.id.to_string(), now.0))?;
    }
    Ok(())
}

/// What of these was first heard of on this day.
pub(crate) fn news(db: &Connection, tasks: &[Task], now: Timestamp) -> Answer<News> {
    let mut select = db.prepare_cached("select at from heard where task = ?1")?;
    let mut news = News {
        drafts_left: sync::drafts_left(db, now)?,
        ..News::default()
    };
    for task in tasks {
        let at: i64 = match select.query_row([task.id.to_string()], |row| row.get(0)) {
            Ok(at) => at,
            Err(rusqlite::Error::QueryReturnedNoRows) => continue,
            Err(error) => return Err(error.into()),
        };
        if Timestamp(at).local_date() == now.local_date() {
            match task.kind {
                TaskKind::Returned => news.returned += 1,
                _ => news.fresh += 1,
            }
        }
    }
    Ok(news)
}
