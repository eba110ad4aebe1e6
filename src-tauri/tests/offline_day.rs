//! 林晓's Monday without a network: what she saves is on the phone, stays there through everything, and arrives whole.

mod centre;

use centre::{
    DEVICE, EAST_GATE, GU_YUANSHAN, NINE, PLAN, PUMP_ROOM, Weather, World, author, door,
    everything_in, task,
};
use gridwalk::{
    Phone,
    view::{
        FindingInput, GroupHint, HitInput, IncidentStart, Receipt, ReportHow, SyncItemKind,
        SyncPhase,
    },
};
use gridwalk_core::{
    document::Document,
    error::Code,
    household::{self, FieldChange, FieldKey, HouseholdEdit, VisitOutcome},
    ids::VisitId,
    incident::{IncidentAction, IncidentState, Severity, SourceChannel},
    patrol::{FindingState, HitMethod, HitState, PatrolKind},
    sync::message::DocumentKind,
};

fn visit(phone: &Phone, n: u128, note: &str) -> VisitId {
    let mut visit = phone.begin_visit(door(n), None).unwrap();
    visit.note = Some(note.into());
    let id = visit.id;
    phone.save_visit(door(n), visit).unwrap();
    id
}

fn receipt(phone: &Phone, n: u128, visit: VisitId) -> Receipt {
    phone.household(door(n)).unwrap().visit_receipts[&visit.to_string()].clone()
}

fn report(phone: &Phone) -> gridwalk::view::IncidentDetail {
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = phone.begin_incident(start).unwrap();
    new.category = "F01001".into();
    new.severity = Severity::new(3).unwrap();
    new.description = "三楼到四楼堆了两辆旧童车".into();
    let how = ReportHow::Submit {
        without_photo_because: Some("镜头坏了".into()),
    };
    phone.report_incident(new, Vec::new(), how).unwrap()
}

fn hit(checkpoint: gridwalk_core::ids::CheckpointId, method: HitMethod) -> HitInput {
    HitInput {
        checkpoint,
        method,
        code: None,
        reason: None,
        state: HitState::Ok,
        photo: None,
    }
}

#[tokio::test]
async fn a_day_without_network_survives_the_end_of_the_process_and_arrives_whole() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);

    let visited = visit(&phone, 1, "燃气软管硬了");
    let incident = report(&phone);
    assert_eq!(incident.view.state, IncidentState::Reported);
    assert_eq!(incident.row.local_no, "梧桐-03-0914-001");
    let patrol = phone.patrol_start(PLAN).unwrap().id;
    let plate = HitInput {
        code: Some("GW-EAST".into()),
        ..hit(EAST_GATE, HitMethod::Qr)
    };
    phone.patrol_hit(patrol, plate).unwrap();
    phone
        .patrol_finding(
            patrol,
            FindingInput {
                category: "F01001".into(),
                state: FindingState::Reported,
                incident: Some(incident.row.id),
                voice: None,
                note: None,
            },
        )
        .unwrap();
    let state = phone.sync_once().await.unwrap();
    assert_eq!(
        (state.phase, state.error),
        (SyncPhase::Offline, Some(Code::ServerUnreachable))
    );
    assert_eq!((state.waiting_records, state.all_delivered_at), (3, None));
    let recorded = phone.holdings().unwrap();
    assert_eq!(recorded.acknowledged, Default::default());
    drop(phone);

    let phone = world.open();
    assert_eq!(phone.holdings().unwrap(), recorded);
    let running = phone.patrol_running().unwrap().unwrap();
    assert_eq!((running.id, running.view.hits.len()), (patrol, 1));
    world.stand_at(123.51, 29.5);
    phone
        .patrol_hit(patrol, hit(PUMP_ROOM, HitMethod::Position))
        .unwrap();
    let over = phone.patrol_finish(patrol, false, None).unwrap();
    assert!(over.view.ended_at.is_some() && over.view.line.is_none());
    assert_eq!(phone.patrol_running().unwrap(), None);
    assert_eq!(receipt(&phone, 1, visited), Receipt::Local);

    world.centre.weather(Weather::Fine);
    let state = phone.sync_once().await.unwrap();
    assert_eq!(
        (state.phase, state.waiting_records, state.stuck),
        (SyncPhase::Idle, 0, 0)
    );
    assert!(state.all_delivered_at.is_some());
    assert_eq!(receipt(&phone, 1, visited), Receipt::Centre);
    let held = phone.holdings().unwrap();
    assert_eq!(held.acknowledged, held.recorded);
    assert_eq!(held.recorded.checkpoint_hits.len(), 2);
    // what the centre holds is what the phone shows
    let there = Document::from_changes(
        door(1).into(),
        DocumentKind::HOUSEHOLD,
        world.centre.changes(door(1).into()),
    )
    .unwrap();
    assert_eq!(
        household::view(&there),
        phone.household(door(1)).unwrap().view
    );
    let page = phone.sync_page().unwrap();
    assert_eq!((page.records.done, page.records.total), (3, 3));
    assert_eq!(page.bytes_left, 0.0);
}

#[tokio::test]
async fn words_to_a_finding_are_saved_after_the_end_without_a_network_and_reach_the_centre() {
    let world = World::new();
    let phone = world.enrolled().await;
    let patrol = phone.patrol_start(PLAN).unwrap().id;
    let found = FindingInput {
        category: "F01001".into(),
        state: FindingState::Observed,
        incident: None,
        voice: None,
        note: Some("楼道堆物".into()),
    };
    let seen = phone.patrol_finding(patrol, found).unwrap();
    let finding = seen.view.findings[0].finding.id;
    phone.patrol_finish(patrol, false, None).unwrap();
    phone.sync_once().await.unwrap();
    world.centre.weather(Weather::Offline);
    let words = "傍晚已经清走".to_owned();
    phone
        .patrol_amend_finding(patrol, finding, words.clone())
        .unwrap();
    drop(phone);

    let phone = world.open();
    let shown = phone.patrol(patrol).unwrap();
    assert_eq!(shown.view.findings[0].amendments[0].note, words);
    assert_eq!(shown.receipt, Receipt::Local);
    world.centre.weather(Weather::Fine);
    phone.sync_once().await.unwrap();
    assert_eq!(phone.patrol(patrol).unwrap().receipt, Receipt::Centre);
    let changes = world.centre.changes(patrol.into());
    let there = Document::from_changes(patrol.into(), DocumentKind::PATROL, changes).unwrap();
    assert_eq!(gridwalk_core::patrol::view(&there), shown.view);
}

#[tokio::test]
async fn saving_the_same_visit_twice_is_one_visit() {
    let world = World::new();
    let phone = world.enrolled().await;
    let draft = phone.begin_visit(door(1), Some(task(2))).unwrap();
    phone
        .draft_put(format!("visit:{}", door(1)), "{}".into())
        .unwrap();
    let once = phone.save_visit(door(1), draft.clone()).unwrap();
    let twice = phone.save_visit(door(1), draft).unwrap();
    assert_eq!(once, twice);
    assert_eq!(once.view.visits.len(), 1);
    assert!(once.visited_today.unwrap().myself);
    let draft = phone.draft_get(format!("visit:{}", door(1))).unwrap();
    assert_eq!(draft, None, "the saved record took its draft with it");
}

#[tokio::test]
async fn only_a_refused_visit_stays_behind_and_what_came_after_it_arrives() {
    let world = World::new();
    let phone = world.enrolled().await;
    let first = visit(&phone, 1, "第一次");
    let second = visit(&phone, 1, "第二次");
    let elsewhere = visit(&phone, 2, "隔壁");
    world
        .centre
        .state()
        .refusing
        .insert(door(1).into(), (Code::OutOfScope, 1));
    let state = phone.sync_once().await.unwrap();

    let code = Code::OutOfScope;
    assert_eq!((state.waiting_records, state.stuck), (0, 1), "{state:?}");
    let household = phone.household(door(1)).unwrap();
    assert_eq!(household.refused.len(), 1);
    assert_eq!(household.refused[0].visit.id, first);
    assert_eq!(household.refused[0].visit.note.as_deref(), Some("第一次"));
    assert_eq!(household.refused[0].code, code);
    let kept: Vec<_> = household.view.visits.iter().map(|v| v.visit.id).collect();
    assert_eq!(kept, [second]);
    assert_eq!(receipt(&phone, 1, second), Receipt::Centre);
    assert_eq!(receipt(&phone, 2, elsewhere), Receipt::Centre);
    let page = phone.sync_page().unwrap();
    assert_eq!(page.items[0].id, first.to_string());
    assert_eq!(page.items[0].receipt, Receipt::Refused { code });
    // the surviving visit came from another actor than the refused one
    let state = world.centre.state();
    let last = state.uploads.last().unwrap();
    assert_eq!(last[0].incarnation, 2);
    assert_eq!(state.uploads[0][0].incarnation, 1);
    drop(state);
    drop(phone);
    let again = world.open();
    assert_eq!(again.household(door(1)).unwrap(), household);
}

#[tokio::test]
async fn a_forked_actor_costs_no_record() {
    let world = World::new();
    let phone = world.enrolled().await;
    let visited = visit(&phone, 1, "在家");
    world
        .centre
        .state()
        .refusing
        .insert(door(1).into(), (Code::ActorForked, 1));
    phone.sync_once().await.unwrap();
    assert_eq!(receipt(&phone, 1, visited), Receipt::Centre);
    assert!(phone.household(door(1)).unwrap().refused.is_empty());
}

#[tokio::test]
async fn a_refused_report_stays_on_the_phone_with_its_reason() {
    let world = World::new();
    let phone = world.enrolled().await;
    let incident = report(&phone).row.id;
    let code = Code::OutOfScope;
    world
        .centre
        .state()
        .refusing
        .insert(incident.into(), (code, 9));
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_records, state.stuck), (0, 1));
    let shown = phone.incident(incident).unwrap();
    assert_eq!(shown.row.receipt, Receipt::Refused { code });
    assert_eq!(shown.view.created.description, "三楼到四楼堆了两辆旧童车");
    assert!(shown.refused.iter().all(|refused| refused.code == code));
}

#[tokio::test]
async fn network_trouble_has_its_own_name_and_never_blocks_a_save() {
    let world = World::new();
    let phone = world.enrolled().await;
    for (n, weather, code) in [
        (1, Weather::Offline, Code::ServerUnreachable),
        (2, Weather::SignInPage, Code::NotOurServer),
        (3, Weather::Busy, Code::ServerBusy),
    ] {
        world.centre.weather(weather);
        visit(&phone, n, "在家");
        let state = phone.sync_once().await.unwrap();
        assert_eq!(state.phase, SyncPhase::Offline);
        assert_eq!(state.error, Some(code), "{weather:?}");
        assert_eq!(state.waiting_records, n as u32);
    }
    // the busy centre asked for half a minute; a person's impatience does not change that
    world.centre.weather(Weather::Fine);
    assert_eq!(phone.sync_once().await.unwrap().waiting_records, 3);
    *world.watch.0.lock().unwrap() = NINE.plus_ms(120_000);
    assert_eq!(phone.sync_once().await.unwrap().waiting_records, 0);
}

#[tokio::test]
async fn a_lost_answer_costs_nothing_and_the_same_envelope_is_sent_again() {
    let world = World::new();
    let phone = world.enrolled().await;
    let visited = visit(&phone, 1, "在家");
    world.centre.weather(Weather::AnswersLost);
    phone.sync_once().await.unwrap();
    assert_eq!(receipt(&phone, 1, visited), Receipt::Local);
    drop(phone);
    let phone = world.open();
    world.centre.weather(Weather::Fine);
    phone.sync_once().await.unwrap();
    assert_eq!(receipt(&phone, 1, visited), Receipt::Centre);
    let envelopes = &world.centre.state().envelopes;
    assert_eq!(envelopes.len(), 2);
    assert_eq!(envelopes[0], envelopes[1]);
}

#[tokio::test]
async fn a_token_that_ended_is_renewed_in_silence() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.centre.state().token += 1;
    visit(&phone, 1, "在家");
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.phase, state.waiting_records), (SyncPhase::Idle, 0));
}

#[tokio::test]
async fn a_wrong_code_enrols_nobody_and_says_so() {
    let world = World::new();
    let phone = world.open();
    let enrol = |code: &str| phone.enrol("https://centre.example".into(), code.into());
    assert_eq!(enrol("nope").await.unwrap_err().code, Code::CodeWrong);
    world.centre.weather(Weather::Offline);
    assert_eq!(
        enrol("K7Q-2M").await.unwrap_err().code,
        Code::ServerUnreachable
    );
    world.centre.weather(Weather::SignInPage);
    assert_eq!(enrol("K7Q-2M").await.unwrap_err().code, Code::NotOurServer);
    assert!(!phone.status().unwrap().enrolled);
    assert_eq!(
        phone.begin_visit(door(1), None).unwrap_err().code,
        Code::NotEnrolled
    );
    world.centre.weather(Weather::Fine);
    let status = enrol("K7Q-2M").await.unwrap();
    assert!(status.enrolled);
    assert_eq!(status.worker.unwrap().name, "林晓");
    assert_eq!(
        enrol("K7Q-2M").await.unwrap_err().code,
        Code::AlreadyRecorded
    );
}

#[tokio::test]
async fn a_clock_that_runs_ahead_is_measured_and_records_are_corrected() {
    let world = World::new();
    let three_hours = 3 * 3_600_000;
    *world.watch.0.lock().unwrap() = NINE.plus_ms(three_hours);
    let phone = world.enrolled().await;
    let state = phone.sync_state().unwrap();
    assert!(
        (state.clock_ahead_ms - three_hours as f64).abs() < 1_000.0,
        "{state:?}"
    );
    visit(&phone, 1, "在家");
    let recorded = phone.household(door(1)).unwrap().view.visits[0].recorded_at;
    assert!(recorded.since(NINE).abs() < 1_000, "{recorded}");
}

#[tokio::test]
async fn two_values_are_shown_until_a_person_settles_them() {
    let world = World::new();
    let phone = world.enrolled().await;
    let mine = FieldChange::ContactPhone("14200000001".into());
    phone.change_field(door(1), mine.clone()).unwrap();
    // a colleague wrote another number on the state before that
    let before = Document::from_changes(
        door(1).into(),
        DocumentKind::HOUSEHOLD,
        world.centre.changes(door(1).into()),
    )
    .unwrap();
    let theirs = FieldChange::ContactPhone("14200000002".into());
    let edited = household::apply(
        before,
        &HouseholdEdit::ChangeField(theirs.clone()),
        &author(GU_YUANSHAN, uuid::Uuid::from_u128(77), NINE),
    )
    .unwrap();
    world
        .centre
        .publish(door(1).into(), DocumentKind::HOUSEHOLD, edited.change.bytes);
    phone.sync_once().await.unwrap();

    let shown = phone.household(door(1)).unwrap();
    assert_eq!(shown.row.conflicts, 1);
    let phones = shown
        .view
        .fields
        .iter()
        .find(|f| f.field == FieldKey::ContactPhone);
    let values: Vec<_> = phones.unwrap().values.iter().map(|v| &v.value).collect();
    assert!(
        values.contains(&&mine) && values.contains(&&theirs),
        "{values:?}"
    );
    let settled = phone.resolve_conflict(door(1), theirs).unwrap();
    assert_eq!(settled.row.conflicts, 0);
    assert_eq!(settled.row.phone_masked, "142****0002");
}

#[tokio::test]
async fn today_lists_the_overdue_first_then_the_house_from_top_to_bottom() {
    let world = World::new();
    let phone = world.enrolled().await;
    let today = phone.today().unwrap();
    assert_eq!(today.grid_name, "梧桐-03");
    assert_eq!((today.overdue, today.due_today), (1, 2));
    let plates = |today: &gridwalk::view::Today, group: usize| -> Vec<String> {
        let rows = &today.groups[group].rows;
        rows.iter().map(|row| row.plate.clone()).collect()
    };
    assert_eq!(today.groups[0].hint, GroupHint::Overdue);
    assert_eq!(plates(&today, 0), ["101"]);
    assert_eq!(today.groups[1].title, "听雨苑 3幢");
    assert_eq!(plates(&today, 1), ["502", "301"]);
    assert_eq!(today.plans[0].checkpoints, 2);

    let visit = phone.begin_visit(door(1), Some(task(2))).unwrap();
    phone.save_visit(door(1), visit).unwrap();
    let today = phone.complete_task(task(3), None).unwrap();
    assert_eq!((today.overdue, today.due_today), (0, 1));
    assert_eq!(plates(&today, 1), ["301", "502"], "done rows come last");
    assert!(today.groups[1].rows[1].done);
    assert!(phone.household(door(1)).unwrap().tasks.is_empty());
    phone.sync_once().await.unwrap();
    assert_eq!(phone.sync_state().unwrap().waiting_records, 0);
}

#[tokio::test]
async fn a_door_is_found_by_name_pinyin_initials_room_and_phone_tail() {
    let world = World::new();
    let phone = world.enrolled().await;
    let rooms = |query: &str| -> Vec<String> {
        let rows = phone.households(query.into()).unwrap();
        rows.into_iter().map(|row| row.room).collect()
    };
    assert_eq!(rows_of(&rooms("")), ["502", "301", "101"]);
    for (query, room) in [
        ("李", "502"),
        ("liay", "502"),
        ("ssf", "301"),
        ("shan", "301"),
        ("yuchi", "101"),
        ("3幢2单元101", "101"),
        ("0456", "301"),
    ] {
        assert_eq!(rooms(query), [room], "{query}");
    }
    assert!(rooms("%").is_empty());
    let row = &phone.households("502".into()).unwrap()[0];
    assert_eq!(
        (row.floor, row.phone_masked.as_str()),
        (Some(5), "142****0123")
    );
    assert!(row.due);
}

fn rows_of(rooms: &[String]) -> Vec<&str> {
    rooms.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn a_point_is_reached_by_its_own_plate_or_close_by_or_with_a_reason() {
    let world = World::new();
    let phone = world.enrolled().await;
    let patrol = phone.patrol_start(PLAN).unwrap().id;
    assert_eq!(
        phone.patrol_start(PLAN).unwrap_err().code,
        Code::PatrolRunning
    );
    let refused = |input: HitInput| phone.patrol_hit(patrol, input).unwrap_err().code;
    let wrong_plate = HitInput {
        code: Some("GW-PUMP".into()),
        ..hit(EAST_GATE, HitMethod::Qr)
    };
    assert_eq!(refused(wrong_plate), Code::CheckpointMismatch);
    let no_tag = hit(EAST_GATE, HitMethod::Nfc);
    assert_eq!(refused(no_tag), Code::CheckpointMismatch);
    assert_eq!(
        refused(hit(EAST_GATE, HitMethod::Position)),
        Code::NoPosition
    );
    world.stand_at(123.501, 29.5); // 97 m east of the gate
    assert_eq!(
        refused(hit(EAST_GATE, HitMethod::Position)),
        Code::TooFarAway
    );
    assert_eq!(
        refused(hit(EAST_GATE, HitMethod::Manual)),
        Code::MissingReason
    );
    world.stand_at(123.5004, 29.5); // 39 m
    let screen = phone
        .patrol_hit(patrol, hit(EAST_GATE, HitMethod::Position))
        .unwrap();
    assert!(screen.checkpoints[0].hit.is_some() && screen.checkpoints[1].hit.is_none());
    let unreachable = HitInput {
        reason: Some("门锁着".into()),
        state: HitState::Unreachable,
        ..hit(PUMP_ROOM, HitMethod::Manual)
    };
    phone.patrol_hit(patrol, unreachable).unwrap();
    let preview = phone.patrol_preview_finish(patrol).unwrap();
    assert_eq!(
        (preview.checkpoints, preview.hit, preview.unreachable),
        (2, 1, 1)
    );
    phone
        .patrol_finish(patrol, true, Some("都好".into()))
        .unwrap();
    assert_eq!(
        phone.patrol_pause(patrol).unwrap_err().code,
        Code::PatrolEnded
    );
}

#[tokio::test]
async fn an_incident_can_be_withdrawn_before_it_is_accepted() {
    let world = World::new();
    let phone = world.enrolled().await;
    let id = report(&phone).row.id;
    let reason = "已经清走了".to_owned();
    let shown = phone
        .act_on_incident(id, IncidentAction::Cancel { reason })
        .unwrap();
    assert_eq!(shown.view.state, IncidentState::Cancelled);
    let again = phone.act_on_incident(
        id,
        IncidentAction::Comment {
            text: "谢谢".into(),
        },
    );
    assert!(again.is_ok(), "words may always be added");
    phone.sync_once().await.unwrap();
    assert_eq!(phone.incident(id).unwrap().row.receipt, Receipt::Centre);
    let page = phone.sync_page().unwrap();
    let kinds: Vec<_> = page.items.iter().map(|item| item.kind).collect();
    assert_eq!(
        kinds,
        [
            SyncItemKind::IncidentEvent,
            SyncItemKind::IncidentEvent,
            SyncItemKind::Incident
        ]
    );
}

#[tokio::test]
async fn nobody_knocks_at_night() {
    let world = World::new();
    let phone = world.enrolled().await;
    *world.watch.0.lock().unwrap() = NINE.plus_ms(12 * 3_600_000);
    let warnings = phone.household(door(1)).unwrap().warnings;
    assert_eq!(warnings, [Code::QuietHours]);
    let mut visit = phone.begin_visit(door(1), None).unwrap();
    let refused = phone.save_visit(door(1), visit.clone());
    assert_eq!(refused.unwrap_err().code, Code::QuietHours);
    visit.outcome = VisitOutcome::Phoned;
    phone.save_visit(door(1), visit).unwrap();
}

#[tokio::test]
async fn a_second_process_is_told_that_the_data_are_open() {
    let world = World::new();
    let phone = world.open();
    let second = Phone::open(world.dir.path(), world.ports());
    assert_eq!(second.err().unwrap().code, Code::AlreadyOpen);
    drop(phone);
    world.open();
}

#[tokio::test]
async fn nothing_that_was_written_can_be_read_in_the_data_directory() {
    let world = World::new();
    let phone = world.enrolled().await;
    visit(&phone, 1, "燃气软管硬了");
    report(&phone);
    phone
        .draft_put("visit:x".into(), "写了一半的话".into())
        .unwrap();
    let look = |what: &[u8]| {
        let all = everything_in(world.dir.path());
        all.windows(what.len()).any(|window| window == what)
    };
    let hidden = || {
        for word in [
            "燃气软管",
            "童车",
            "李阿姨",
            "14200000123",
            "写了一半",
            "create table",
            "SQLite format 3",
        ] {
            assert!(!look(word.as_bytes()), "{word}");
        }
        assert!(!look(DEVICE.as_bytes()));
    };
    hidden();
    drop(phone);
    hidden();
}

#[tokio::test]
async fn a_patrol_without_a_plan_counts_any_point_of_the_grid_and_no_other() {
    let world = World::new();
    let phone = world.enrolled().await;
    let elsewhere = phone.patrol_start_free(centre::NEXT_GRID, PatrolKind::Night);
    assert_eq!(elsewhere.unwrap_err().code, Code::OutOfScope);
    let started = phone
        .patrol_start_free(centre::GRID, PatrolKind::Night)
        .unwrap();
    assert_eq!((started.plan, started.checkpoints.len()), (None, 2));
    assert_eq!(
        phone.patrol_start(PLAN).unwrap_err().code,
        Code::PatrolRunning
    );
    let patrol = started.id;
    let tag = HitInput {
        code: Some("GW-PUMP".into()),
        ..hit(PUMP_ROOM, HitMethod::Nfc)
    };
    phone.patrol_hit(patrol, tag).unwrap();
    let preview = phone.patrol_preview_finish(patrol).unwrap();
    assert_eq!(
        (preview.checkpoints, preview.hit, preview.line),
        (0, 1, None)
    );
    let over = phone.patrol_finish(patrol, true, None).unwrap();
    assert_eq!(over.view.created.kind, PatrolKind::Night);
    let reached: Vec<_> = over
        .checkpoints
        .iter()
        .map(|point| point.checkpoint.id)
        .collect();
    assert_eq!(
        reached,
        [PUMP_ROOM],
        "what was not reached was not asked for"
    );
    phone.sync_once().await.unwrap();
    assert_eq!(phone.patrol(patrol).unwrap().receipt, Receipt::Centre);
}

#[tokio::test]
async fn the_map_shows_buildings_with_what_is_due_and_open_cases_where_they_are() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    let map = phone.grid_map().unwrap();
    assert_eq!(map.grids.len(), 1, "the worker's own");
    let [house] = map.buildings.as_slice() else {
        panic!("{:?}", map.buildings)
    };
    let listed = phone.households(String::new()).unwrap();
    let due = listed.iter().filter(|row| row.due).count();
    assert!(due > 1);
    assert_eq!(
        (house.doors as usize, house.due as usize),
        (listed.len(), due)
    );
    let saved = phone.begin_visit(door(1), Some(task(2))).unwrap();
    phone.save_visit(door(1), saved).unwrap();
    let after = phone.grid_map().unwrap().buildings;
    assert_eq!(after[0].due as usize, due - 1);
    assert!(map.cases.is_empty() && map.position.is_none());

    report(&phone); // nobody knows where
    world.stand_at(123.51, 29.5);
    let there = report(&phone).row;
    let map = phone.grid_map().unwrap();
    let [case] = map.cases.as_slice() else {
        panic!("{:?}", map.cases)
    };
    assert_eq!((case.id, case.lon, case.lat), (there.id, 123.51, 29.5));
    assert!(map.position.is_some());
    let cancel = IncidentAction::Cancel {
        reason: "看错了".into(),
    };
    phone.act_on_incident(there.id, cancel).unwrap();
    assert!(
        phone.grid_map().unwrap().cases.is_empty(),
        "what has ended is no errand"
    );
}
