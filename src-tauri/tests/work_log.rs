//! At the end of the day the log is written already: from the day's own records, with and without a network, and the worker
//! stands by what is confirmed.

mod centre;

use centre::{PLAN, Weather, World, door, task};
use gridwalk::view::Receipt;
use gridwalk_core::{
    error::Code,
    household::VisitOutcome,
    work_log::{CaseDeed, LogLine},
};

#[tokio::test]
async fn the_log_tells_the_days_own_records_and_is_sent_once_confirmed() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    assert!(phone.work_log().unwrap().lines.is_empty());

    for (n, outcome) in [(1, VisitOutcome::Met), (2, VisitOutcome::NotHome)] {
        let mut visit = phone.begin_visit(door(n), None).unwrap();
        visit.outcome = outcome;
        visit.note = (n == 1).then(|| "燃气软管硬了".into());
        phone.save_visit(door(n), visit).unwrap();
    }
    let patrol = phone.patrol_start(PLAN).unwrap().id;
    phone.patrol_finish(patrol, false, None).unwrap();
    phone.complete_task(task(3), None).unwrap();

    let log = phone.work_log().unwrap();
    assert_eq!(log.worker, "林晓");
    let visits = log.lines.iter().find_map(|line| match line {
        LogLine::Visits {
            building,
            doors,
            notes,
            ..
        } => Some((building.clone(), *doors, notes.clone())),
        _ => None,
    });
    let (building, doors, notes) = visits.expect("a walk");
    assert_eq!((building.as_str(), doors), ("听雨苑 3幢", 2));
    assert_eq!(
        (notes[0].door.as_str(), notes[0].note.as_str()),
        ("2单元 502", "燃气软管硬了")
    );
    let of = |wanted: fn(&LogLine) -> bool| log.lines.iter().filter(|line| wanted(line)).count();
    assert_eq!(
        of(|line| matches!(line, LogLine::Patrol { until: Some(_), .. })),
        1
    );
    assert_eq!(of(|line| matches!(line, LogLine::Task { .. })), 1);
    assert_eq!(
        of(|line| matches!(
            line,
            LogLine::Case {
                deed: CaseDeed::Reported,
                ..
            }
        )),
        0
    );

    let refused = phone
        .confirm_work_log("电话 13800138000".into())
        .unwrap_err();
    assert_eq!(refused.code, Code::TextLooksLikePhone);
    let key = format!("work-log-{}", log.date);
    phone.draft_put(key.clone(), "{}".into()).unwrap();
    let confirmed = phone
        .confirm_work_log("走访 2 户，软管一处".into())
        .unwrap()
        .confirmed
        .unwrap();
    assert_eq!(
        (confirmed.text.as_str(), confirmed.receipt),
        ("走访 2 户，软管一处", Receipt::Local)
    );
    assert_eq!(phone.draft_get(key).unwrap(), None);
    drop(phone);

    world.centre.weather(Weather::Fine);
    let phone = world.open();
    let again = phone
        .confirm_work_log("走访 2 户，软管一处，明天再看".into())
        .unwrap();
    assert_eq!(
        again.confirmed.unwrap().text,
        "走访 2 户，软管一处，明天再看"
    );
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_records, state.stuck), (0, 0));
    let sent = phone.work_log().unwrap().confirmed.unwrap();
    assert_eq!(sent.receipt, Receipt::Centre);
    let kinds = phone.sync_page().unwrap().items;
    let logs = kinds
        .iter()
        .filter(|item| item.kind == gridwalk::view::SyncItemKind::WorkLog);
    assert_eq!(logs.count(), 2, "both wordings are records of their own");
}
