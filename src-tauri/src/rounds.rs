//! 巡: the plans of this worker's grids, when each was walked last, by whom, and which is due today. The rule is `core`'s; here it
//! meets the patrols on this phone, colleagues' among them, without a network.

use crate::{
    error::Answer,
    reference, snooze,
    view::{PlanDue, PlanSummary, PlanWalk},
};
use chrono::NaiveDate;
use gridwalk_core::{
    ids::{PersonId, PlanId},
    patrol::{self, PatrolDue, Walk},
    reference::{Person, Plan},
    snooze::Due,
    time::Timestamp,
};
use rusqlite::Connection;
use std::cmp::Reverse;

/// The plans of a worker's grids: first what is due, latest first, then by the hours of it; what waits or was walked comes last.
pub(crate) fn plans(
    db: &Connection,
    worker: Option<&Person>,
    now: Timestamp,
) -> Answer<Vec<PlanSummary>> {
    let grids = worker.map(|worker| worker.grids_on(now.local_date()));
    let grids = grids.unwrap_or_default();
    let mut plans = Vec::new();
    for plan in reference::plans(db)? {
        if grids.contains(&plan.grid) {
            plans.push(summary(db, plan, worker, now)?);
        }
    }
    plans.sort_by_key(|plan| {
        let due = plan.due.as_ref();
        let due = due.filter(|due| due.later.until.is_none());
        (
            due.is_none(),
            Reverse(due.map(|due| (due.overdue_days, due.late))),
            due.and(plan.window),
        )
    });
    Ok(plans)
}

/// What is due of a plan, and since which day.
pub(crate) fn due_of(
    db: &Connection,
    id: PlanId,
    now: Timestamp,
) -> Answer<Option<(Due, NaiveDate)>> {
    let Some(plan) = reference::plan(db, id)? else {
        return Ok(None);
    };
    let walks = walks(db, id)?;
    Ok(patrol::due(&plan, &walks, now).map(|due| (waits(&due), due.day)))
}

fn waits(due: &PatrolDue) -> Due {
    Due::Patrol { every: due.every }
}

fn summary(
    db: &Connection,
    plan: Plan,
    worker: Option<&Person>,
    now: Timestamp,
) -> Answer<PlanSummary> {
    let walks = walks(db, plan.id)?;
    let told = |walk: Option<&Walk>| -> Answer<Option<PlanWalk>> {
        let Some(walk) = walk else { return Ok(None) };
        Ok(Some(PlanWalk {
            at: walk.started_at,
            by: reference::person(db, walk.by)?.map(|person| person.name),
            myself: worker.is_some_and(|worker| worker.id == walk.by),
        }))
    };
    let today = now.local_date();
    let due = match patrol::due(&plan, &walks, now) {
        Some(due) => Some(PlanDue {
            day: due.day,
            overdue_days: due.overdue_days,
            late: due.late,
            done: due.done,
            asked: due.asked,
            later: snooze::later(db, plan.id.0, due.day, waits(&due), today)?,
        }),
        None => None,
    };
    let of_today = |walk: &&Walk| plan.day_of(walk.started_at) == plan.day_of(now);
    Ok(PlanSummary {
        last: told(walks.iter().find(|walk| walk.counts()))?,
        under_way: told(walks.iter().filter(of_today).find(|walk| !walk.ended))?,
        due,
        id: plan.id,
        name: plan.name,
        checkpoints: u32::try_from(plan.checkpoints.len()).unwrap_or(u32::MAX),
        frequency: plan.frequency,
        window: plan.window,
    })
}

/// The patrols of a plan, newest first.
fn walks(db: &Connection, plan: PlanId) -> Answer<Vec<Walk>> {
    let mut select = db.prepare_cached(
        "select started_at, ended_at is not null, hits, leader from patrol
         where plan = ?1 order by started_at desc",
    )?;
    let walks = select
        .query_map([plan.to_string()], |row| {
            Ok(Walk {
                started_at: Timestamp(row.get(0)?),
                ended: row.get(1)?,
                points: row.get(2)?,
                by: PersonId(row.get(3)?),
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(walks)
}
