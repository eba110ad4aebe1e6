//! A patrol as it is read. Reads any document without failing.

use super::{
    FindingView, HitView, NewFinding, NewHit, NewPatrol, PatrolEdit, PatrolKind, PatrolView, Pause,
    edit::{FINDINGS, HITS, LOG},
};
use crate::{
    amend::Amendment,
    document::{Document, Unordered},
    fact::Fact,
    field::Items,
    ids::{GridId, PersonId},
    time::Timestamp,
};
use std::collections::HashSet;
use uuid::Uuid;

/// Everything a screen or the registry needs. The same on every side that has the same changes.
pub fn view(document: &Document) -> PatrolView {
    let mut view = PatrolView {
        created: document.created().unwrap_or_else(|| NewPatrol {
            id: document.id().into(),
            grid: GridId(Uuid::nil()),
            kind: PatrolKind::Daily,
            plan: None,
            checkpoints: Vec::new(),
            started_at: Timestamp::default(),
        }),
        leader: document
            .created_act()
            .map_or(PersonId(Uuid::nil()), |act| act.by),
        hits: Vec::new(),
        findings: Vec::new(),
        pauses: Vec::new(),
        ended_at: None,
        distance_m: None,
        line: None,
        note: None,
        unreadable: 0,
    };
    read_hits(document, &mut view);
    read_findings(document, &mut view);
    read_log(document, &mut view);
    view
}

fn read_hits(document: &Document, view: &mut PatrolView) {
    let mut hits = document.facts::<NewHit>(HITS, |hit| hit.id.0, &mut view.unreadable);
    hits.sort_by_key(|item| (item.value.item.at, item.value.item.id, item.change));
    let mut reached = HashSet::new();
    view.hits = hits
        .into_iter()
        .map(|item| HitView {
            counts: reached.insert(item.value.item.checkpoint),
            by: item.value.act.by,
            hit: item.value.item,
        })
        .collect();
}

fn read_findings(document: &Document, view: &mut PatrolView) {
    let own = |finding: &NewFinding| finding.id.0;
    let mut findings = document.facts::<NewFinding>(FINDINGS, own, &mut view.unreadable);
    findings.sort_by_key(|item| (item.value.item.at, item.value.item.id, item.change));
    view.findings = findings
        .into_iter()
        .map(|item| FindingView {
            by: item.value.act.by,
            finding: item.value.item,
            amendments: Vec::new(),
        })
        .collect();
}

/// Pauses and the end in the order in which they were written, for a phone's clock may be set back in between.
fn read_log(document: &Document, view: &mut PatrolView) {
    let log: Items<Fact<PatrolEdit>> = document.items(LOG);
    view.unreadable += log.unreadable;
    let order = document.fold_order(&Unordered);
    let mut entries = log.read;
    entries.sort_by_key(|item| (order.get(&item.change).copied(), item.key.clone()));
    for entry in entries {
        let open = view.pauses.last_mut().filter(|pause| pause.to.is_none());
        let act = entry.value.act;
        match entry.value.item {
            PatrolEdit::AmendFinding { finding, note } => {
                let mut findings = view.findings.iter_mut();
                match findings.find(|known| known.finding.id == finding) {
                    Some(known) => known.amendments.push(Amendment {
                        note,
                        by: act.by,
                        at: act.recorded_at,
                    }),
                    None => view.unreadable += 1,
                }
            }
            // Two clones of one phone may both have ended it: the first counts.
            _ if view.ended_at.is_some() => {}
            PatrolEdit::Pause { at } => {
                if open.is_none() {
                    view.pauses.push(Pause { from: at, to: None });
                }
            }
            PatrolEdit::Resume { at } => close(open, at),
            PatrolEdit::Finish {
                at,
                distance_m,
                line,
                note,
            } => {
                close(open, at);
                view.ended_at = Some(at);
                view.distance_m = Some(distance_m);
                view.line = line;
                view.note = note;
            }
            PatrolEdit::Hit(_) | PatrolEdit::Finding(_) => view.unreadable += 1,
        }
    }
    for known in &mut view.findings {
        known.amendments.sort_by_key(|added| added.at);
    }
}

fn close(open: Option<&mut Pause>, at: Timestamp) {
    if let Some(pause) = open {
        pause.to = Some(at.max(pause.from));
    }
}
