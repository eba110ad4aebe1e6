//! 走访报告: a period's own visits are counted, with and without a network; the worker stands by the words, and the report is
//! sent like any other record.

mod centre;

use centre::{GU_YUANSHAN, NINE, Weather, World, author, door};
use chrono::NaiveDate;
use gridwalk::view::{Receipt, SyncItemKind};
use gridwalk_core::{
    document::Document,
    error::Code,
    household::{self, HouseholdEdit, NewVisit, VisitKind, VisitOutcome},
    ids::{DocumentId, VisitId},
    sync::message::DocumentKind,
    visit_report::Period,
};
use uuid::Uuid;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn date(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}
/// Of the Monday that these tests begin on.
fn week() -> (NaiveDate, NaiveDate) {
    (date(9, 14), date(9, 20))
}
fn days_later(world: &World, days: i64) {
    *world.watch.0.lock().unwrap() = NINE.plus_ms(days * DAY_MS);
}

fn visited(phone: &gridwalk::Phone, n: u128, outcome: VisitOutcome, note: Option<&str>) -> VisitId {
    let mut visit = phone.begin_visit(door(n), None).unwrap();
    (visit.outcome, visit.note) = (outcome, note.map(Into::into));
    let id = visit.id;
    phone.save_visit(door(n), visit).unwrap();
    id
}

/// 顾远山 was at this door too, and the centre has it already.
fn a_colleague_visits(world: &World, n: u128) {
    let id = DocumentId::from(door(n));
    let visit = NewVisit {
        id: VisitId(Uuid::from_u128(0x9000 + n)),
        kind: VisitKind::Routine,
        outcome: VisitOutcome::Met,
        started_at: NINE,
        ended_at: NINE,
        changes: Vec::new(),
        confirmed: Vec::new(),
        persons_met: Some(1),
        note: Some("见过了".into()),
        voice: None,
        task: None,
        incidents: Vec::new(),
        next_due: None,
        care_emergency: false,
    };
    let before =
        Document::from_changes(id, DocumentKind::HOUSEHOLD, world.centre.changes(id)).unwrap();
    let author = author(GU_YUANSHAN, Uuid::from_u128(0x77), NINE);
    let edited = household::apply(before, &HouseholdEdit::RecordVisit(visit), &author).unwrap();
    world
        .centre
        .publish(id, DocumentKind::HOUSEHOLD, edited.change.bytes);
}

#[tokio::test]
async fn a_week_is_counted_from_the_workers_own_visits_and_sent_once_confirmed() {
    let world = World::new();
    a_colleague_visits(&world, 3);
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    let (from, until) = week();
    let page = phone.visit_report(from, until).unwrap();
    assert_eq!(
        (page.worker.as_str(), page.material.figures.visits),
        ("林晓", 0)
    );

    let first = visited(&phone, 1, VisitOutcome::NotHome, None);
    visited(&phone, 2, VisitOutcome::NotHome, None);
    days_later(&world, 2);
    visited(&phone, 1, VisitOutcome::Met, Some("燃气软管硬了"));
    phone
        .amend_visit(door(1), first, "门上贴了条".into())
        .unwrap();

    let page = phone.visit_report(from, until).unwrap();
    let figures = &page.material.figures;
    assert_eq!(
        (figures.days, figures.visits, figures.doors, figures.reached),
        (2, 3, 2, 1)
    );
    assert_eq!(figures.buildings[0].building, "听雨苑 3幢");
    assert!(figures.ledger >= 3, "{}", figures.ledger);
    let noted: Vec<_> = page
        .material
        .noted
        .iter()
        .map(|noted| (noted.date, noted.place.as_str(), noted.note.as_str()))
        .collect();
    assert_eq!(
        noted,
        [
            (date(9, 14), "听雨苑 3幢 2单元 502", "门上贴了条"),
            (date(9, 16), "听雨苑 3幢 2单元 502", "燃气软管硬了"),
        ]
    );
    assert_eq!(page.material.unopened.len(), 1);

    let key = format!("visit-report-{from}-{until}");
    phone.draft_put(key.clone(), "{}".into()).unwrap();
    let refused = phone.confirm_visit_report(from, until, "电话 13800138000".into());
    assert_eq!(refused.unwrap_err().code, Code::TextLooksLikePhone);
    assert_eq!(phone.draft_get(key.clone()).unwrap().as_deref(), Some("{}"));
    let page = phone
        .confirm_visit_report(from, until, "软管已报，明天再看".into())
        .unwrap();
    let confirmed = page.confirmed.unwrap();
    assert_eq!(
        (confirmed.narrative.as_str(), confirmed.receipt),
        ("软管已报，明天再看", Receipt::Local)
    );
    assert_eq!(confirmed.figures, page.material.figures);
    assert_eq!(phone.draft_get(key).unwrap(), None);

    world.centre.weather(Weather::Fine);
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_records, state.stuck), (0, 0));
    let sent = phone.visit_report(from, until).unwrap().confirmed.unwrap();
    assert_eq!(sent.receipt, Receipt::Centre);
    let items = phone.sync_page().unwrap().items;
    let reports: Vec<_> = items
        .iter()
        .filter(|item| item.kind == SyncItemKind::VisitReport)
        .collect();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].title, "2026-09-14–2026-09-20");
}

#[tokio::test]
async fn what_was_confirmed_stands_when_more_is_done_and_on_the_next_day() {
    let world = World::new();
    let phone = world.enrolled().await;
    visited(&phone, 1, VisitOutcome::Met, None);
    let (from, until) = week();
    let month = (date(9, 1), date(9, 30));
    phone
        .confirm_visit_report(from, until, "一户".into())
        .unwrap();
    phone
        .confirm_visit_report(month.0, month.1, String::new())
        .unwrap();

    days_later(&world, 1);
    visited(&phone, 2, VisitOutcome::Met, None);
    let page = phone.visit_report(from, until).unwrap();
    let confirmed = page.confirmed.unwrap();
    assert_eq!(
        (confirmed.figures.doors, page.material.figures.doors),
        (1, 2)
    );
    let earlier: Vec<_> = page.earlier.iter().map(|report| report.period).collect();
    assert_eq!(
        earlier,
        [Period {
            from: month.0,
            until: month.1
        }]
    );
    phone
        .confirm_visit_report(from, until, "两户".into())
        .unwrap();
    world.ends(phone).await;

    let phone = world.open();
    let page = phone.visit_report(from, until).unwrap();
    assert_eq!(page.confirmed.unwrap().narrative, "两户");
    assert_eq!(page.earlier.len(), 1);
}

#[tokio::test]
async fn a_period_that_is_none_is_refused_and_writes_nothing() {
    let world = World::new();
    let phone = world.enrolled().await;
    let (from, until) = week();
    let code = |answer: Result<gridwalk::view::VisitReportPage, gridwalk::Failure>| {
        answer.err().map(|failure| failure.code)
    };
    assert_eq!(
        code(phone.visit_report(until, from)),
        Some(Code::ValueOutOfRange)
    );
    let far = date(9, 14) + chrono::Days::new(400);
    assert_eq!(
        code(phone.confirm_visit_report(from, far, "一年多".into())),
        Some(Code::ValueOutOfRange)
    );
    assert_eq!(phone.sync_state().unwrap().waiting_records, 0);
}
