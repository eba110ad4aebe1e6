//! 晨会: what was found since the last working day, in the grids of this worker and by whomever: to be said at the stand-up,
//! without a network.

use crate::{
    error::{Answer, Failure},
    incidents,
    reference::{self, Clockwork},
    view::{FoundOnPatrol, FoundSince},
};
use gridwalk_core::{ids::FindingId, patrol::PatrolView, reference::Person, time::Timestamp};
use rusqlite::Connection;
use std::{cmp::Reverse, collections::HashSet};

/// Nobody is out for longer.
const LONGEST_PATROL_MS: i64 = 24 * 3_600_000;

/// Reports, the most urgent first, and what was seen on patrols and not reported, the newest first.
pub(crate) fn found(
    db: &Connection,
    worker: Option<&Person>,
    now: Timestamp,
) -> Answer<FoundSince> {
    let today = now.local_date();
    let since = Clockwork::read(db)?.working_day_before(today);
    let midnight = |day| {
        Timestamp::from_shanghai(day, 0, 0).ok_or_else(|| Failure::internal("no such midnight"))
    };
    let (from, before) = (midnight(since)?, midnight(today)?);
    let grids = worker.map(|worker| worker.grids_on(today));
    let grids = grids.unwrap_or_default();
    let mut reports = incidents::reported(db, (from, before), now, worker.map(|who| who.id))?;
    reports.retain(|row| grids.contains(&row.grid));
    reports.sort_by_key(|row| (row.severity, Reverse(row.reported_at), row.id));
    let went_on = went_on(db, from)?;
    let mut findings = Vec::new();
    for view in patrols(db, from.plus_ms(-LONGEST_PATROL_MS), before)? {
        if !grids.contains(&view.created.grid) {
            continue;
        }
        for found in view.findings {
            let finding = found.finding;
            let of_those_days = (from..before).contains(&finding.at);
            if !of_those_days || finding.incident.is_some() || went_on.contains(&finding.id) {
                continue;
            }
            let category = reference::category(db, &finding.category)?;
            let (zh, en) = category.map_or_else(
                || (finding.category.clone(), finding.category.clone()),
                |category| (category.name_zh, category.name_en),
            );
            findings.push(FoundOnPatrol {
                id: finding.id,
                patrol: view.created.id,
                category_zh: zh,
                category_en: en,
                state: finding.state,
                note: finding.note,
                at: finding.at,
                by: reference::person(db, found.by)?.map(|person| person.name),
            });
        }
    }
    findings.sort_by_key(|found| (Reverse(found.at), found.id));
    Ok(FoundSince {
        since,
        reports,
        findings,
    })
}

/// Findings that became a case of their own, which is told instead.
fn went_on(db: &Connection, from: Timestamp) -> Answer<HashSet<FindingId>> {
    let views = incidents::views(db, "reported_at >= ?1", [from.0])?;
    let of = views.into_iter().filter_map(|view| view.created.finding);
    Ok(of.map(|(_, finding)| finding).collect())
}

fn patrols(db: &Connection, from: Timestamp, before: Timestamp) -> Answer<Vec<PatrolView>> {
    let json: Vec<String> = db
        .prepare_cached("select view from patrol where started_at >= ?1 and started_at < ?2")?
        .query_map([from.0, before.0], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(json
        .iter()
        .map(|json| serde_json::from_str(json))
        .collect::<Result<_, _>>()?)
}
