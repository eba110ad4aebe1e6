//! 晨会: what was found since the last working day, on patrols and otherwise, is on the phone before the stand-up, with no network.

mod centre;

use centre::{NINE, PLAN, Weather, World};
use gridwalk::{
    Phone,
    view::{FindingInput, FindingOrigin, FoundSince, IncidentStart, ReportHow},
};
use gridwalk_core::{
    ids::{FindingId, IncidentId, PatrolId},
    incident::{Severity, SourceChannel},
    patrol::FindingState,
    reference::Calendar,
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// On the phone and at the centre, whose clock is the one that counts.
fn it_is(world: &World, later: i64) {
    *world.watch.0.lock().unwrap() = NINE.plus_ms(later);
    world.centre.state().clock = NINE.plus_ms(later);
}

fn report(phone: &Phone, severity: u8, finding: Option<FindingOrigin>) -> IncidentId {
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding,
        position: None,
    };
    let mut new = phone.begin_incident(start).unwrap();
    (new.category, new.severity) = ("F01001".into(), Severity::new(severity).unwrap());
    let id = new.id;
    let how = ReportHow::Submit {
        without_photo_because: Some("镜头坏了".into()),
    };
    phone.report_incident(new, Vec::new(), how).unwrap();
    id
}

fn see(phone: &Phone, patrol: PatrolId, note: &str, state: FindingState) -> FindingId {
    let seen = FindingInput {
        category: "F01001".into(),
        state,
        incident: None,
        note: Some(note.into()),
        voice: None,
    };
    let screen = phone.patrol_finding(patrol, seen).unwrap();
    screen.view.findings.last().unwrap().finding.id
}

fn found(phone: &Phone) -> FoundSince {
    phone.today().unwrap().found
}
fn notes(found: &FoundSince) -> Vec<&str> {
    let notes = found.findings.iter();
    notes.filter_map(|found| found.note.as_deref()).collect()
}

#[tokio::test]
async fn yesterdays_reports_and_findings_are_told_once_each_and_todays_are_not() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    let patrol = phone.patrol_start(PLAN).unwrap().id;
    see(&phone, patrol, "楼道停了车", FindingState::Observed);
    it_is(&world, HOUR);
    see(&phone, patrol, "飞线已收起", FindingState::HandledOnSite);
    let reported = see(&phone, patrol, "灭火器空了", FindingState::Reported);
    let origin = FindingOrigin {
        patrol,
        finding: reported,
    };
    let usual = report(&phone, 3, Some(origin));
    let urgent = report(&phone, 2, None);
    phone.patrol_finish(patrol, false, None).unwrap();
    let told = found(&phone);
    assert_eq!((told.reports.len(), told.findings.len()), (0, 0), "today");

    it_is(&world, 15 * HOUR + HOUR / 6);
    let told = found(&phone);
    assert_eq!(
        told.since,
        NINE.local_date(),
        "ten past midnight is the next day"
    );
    let ids: Vec<_> = told.reports.iter().map(|row| row.id).collect();
    assert_eq!(ids, [urgent, usual], "the most urgent first");
    assert_eq!(notes(&told), ["飞线已收起", "楼道停了车"]);
    let first = &told.findings[0];
    assert_eq!((first.patrol, first.by.as_deref()), (patrol, Some("林晓")));
    assert_eq!(first.category_zh, "楼道堆物");

    it_is(&world, 2 * DAY);
    let told = found(&phone);
    assert_eq!(
        (told.reports.len(), told.findings.len()),
        (0, 0),
        "long said"
    );
}

#[tokio::test]
async fn on_a_monday_friday_and_the_weekend_are_told() {
    let world = World::new();
    let weekend = Calendar {
        windows: Vec::new(),
        days_off: Vec::new(),
        working_days: Vec::new(),
    };
    world.centre.say("calendar", "2026", &weekend);
    it_is(&world, -3 * DAY);
    let phone = world.enrolled().await;
    let friday = report(&phone, 3, None);
    it_is(&world, -DAY);
    let sunday = report(&phone, 3, None);
    it_is(&world, 0);
    let told = found(&phone);
    assert_eq!(told.since.to_string(), "2026-09-11");
    let ids: Vec<_> = told.reports.iter().map(|row| row.id).collect();
    assert_eq!(ids, [sunday, friday]);
}
