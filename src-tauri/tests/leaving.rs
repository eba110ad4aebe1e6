//! Documents leave a phone: they moved, were erased, or lie in a grid that the worker no longer has. Nothing that somebody
//! saved leaves before the centre has judged it, and nothing that has to leave stays.

mod centre;

use centre::{Fate, GRID, LIN_XIAO, NEXT_GRID, NINE, World, door};
use gridwalk::{
    Phone,
    view::{IncidentStart, Receipt, ReportHow, SyncPhase},
};
use gridwalk_core::{
    error::Code,
    household::FieldChange,
    ids::{GridId, HouseholdId, VisitId},
    incident::{Severity, SourceChannel},
    photo::PhotoStage,
    reference::{Cover, Person},
};
use gridwalk_fixtures::photos::{Variant, photo};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

fn visit(phone: &Phone, n: u128) -> VisitId {
    let visit = phone.begin_visit(door(n), None).unwrap();
    let id = visit.id;
    phone.save_visit(door(n), visit).unwrap();
    id
}

fn is_here(phone: &Phone, n: u128) -> bool {
    let listed = phone.households(String::new()).unwrap();
    let listed = listed.iter().any(|row| row.id == door(n));
    let opened = phone.household(door(n)).map(drop);
    assert_eq!(opened.is_ok(), listed, "{opened:?}");
    listed
}

fn refusals(phone: &Phone) -> Vec<Code> {
    let items = phone.sync_page().unwrap().items;
    items
        .iter()
        .filter_map(|item| match item.receipt {
            Receipt::Refused { code } => Some(code),
            _ => None,
        })
        .collect()
}

/// Incarnation of the last upload of a document.
fn incarnation(world: &World, id: HouseholdId) -> u64 {
    let state = world.centre.state();
    let groups = state.uploads.iter().flatten();
    let of = groups.filter(|group| group.document == id.into());
    of.map(|group| group.incarnation).next_back().expect("sent")
}

#[tokio::test]
async fn a_phone_that_has_both_grids_keeps_a_moved_document_at_every_moment() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.centre.state().readable = vec![GRID, NEXT_GRID];
    let mine = visit(&phone, 1);
    phone.sync_once().await.unwrap();
    // the move, and two rows before it in the new feed: the old feed is read to its end first
    for n in [2, 3, 1] {
        world.centre.moves(door(n).into());
    }
    world.centre.state().rows_at_once = 1;
    let looks = Arc::new(AtomicUsize::new(0));
    let (seen, counted) = (phone.clone(), looks.clone());
    world.centre.fates(move |_| {
        assert!(is_here(&seen, 1), "it was gone for a moment");
        counted.fetch_add(1, Ordering::Relaxed);
        Fate::Usual
    });
    phone.sync_once().await.unwrap();
    assert!(looks.load(Ordering::Relaxed) > 3, "in several answers");
    let detail = phone.household(door(1)).unwrap();
    assert_eq!(detail.visit_receipts[&mine.to_string()], Receipt::Centre);
    // it is the same document, written by the same hand
    visit(&phone, 1);
    phone.sync_once().await.unwrap();
    assert_eq!(incarnation(&world, door(1)), 1);
    assert_eq!(phone.sync_state().unwrap().stuck, 0);
}

#[tokio::test]
async fn a_document_that_moved_out_of_reach_is_purged_and_comes_back_to_a_new_hand() {
    let world = World::new();
    let phone = world.enrolled().await;
    let mine = visit(&phone, 1);
    phone.sync_once().await.unwrap();
    world.centre.moves(door(1).into());
    phone.sync_once().await.unwrap();
    assert!(!is_here(&phone, 1));
    assert!(is_here(&phone, 2));
    assert!(phone.households("李阿姨".into()).unwrap().is_empty());

    world.centre.comes_back(door(1).into());
    phone.sync_once().await.unwrap();
    // also what this very phone had written, whose bytes it had let go of
    let detail = phone.household(door(1)).unwrap();
    assert!(detail.view.visits.iter().any(|seen| seen.visit.id == mine));
    visit(&phone, 1);
    phone.sync_once().await.unwrap();
    assert_eq!(incarnation(&world, door(1)), 2);
}

#[tokio::test]
async fn a_document_with_unsent_work_stays_until_the_centre_has_judged_it() {
    let world = World::new();
    let phone = world.enrolled().await;
    visit(&phone, 1);
    world.centre.moves(door(1).into());
    // no room: that is no judgement
    world
        .centre
        .fates(|call| match call.url.ends_with("/sync") {
            true => Fate::Instead(centre::busy(503, "SERVER_BUSY")),
            false => Fate::Usual,
        });
    phone.sync_once().await.unwrap();
    assert!(is_here(&phone, 1));
    world.centre.fates(|_| Fate::Usual);
    *world.watch.0.lock().unwrap() = centre::NINE.plus_ms(120_000);
    phone.sync_once().await.unwrap();
    assert!(!is_here(&phone, 1));
    assert_eq!(refusals(&phone), [Code::OutOfScope], "and its words stay");
    phone.sync_once().await.unwrap();
    assert_eq!(refusals(&phone), [Code::OutOfScope]);
}

#[tokio::test]
async fn a_late_edit_of_an_erased_document_is_shown_as_erased_and_brings_nothing_back() {
    let world = World::new();
    let phone = world.enrolled().await;
    visit(&phone, 1);
    phone.sync_once().await.unwrap();
    visit(&phone, 1);
    phone
        .change_field(door(1), FieldChange::HouseholdSize(5))
        .unwrap();
    world.centre.erases(door(1).into());
    phone.sync_once().await.unwrap();
    assert!(!is_here(&phone, 1));
    assert_eq!(refusals(&phone), [Code::Erased, Code::Erased]);
    drop(phone);
    let phone = world.open();
    phone.sync_once().await.unwrap();
    assert!(!is_here(&phone, 1));
    assert!(is_here(&phone, 2));
}

#[tokio::test]
async fn a_lost_grid_is_named_until_its_last_act_has_arrived_and_is_then_gone() {
    let world = World::new();
    let phone = world.enrolled().await;
    let mine = visit(&phone, 1);
    {
        let mut state = world.centre.state();
        state.readable.clear();
        // the centre has no room for it at first
        state.refusing.insert(door(1).into(), (Code::QueueFull, 1));
    }
    phone.sync_once().await.unwrap();
    assert!(is_here(&phone, 1), "it holds an act that nobody has");
    assert!(!is_here(&phone, 2));
    let detail = phone.household(door(1)).unwrap();
    assert_eq!(detail.visit_receipts[&mine.to_string()], Receipt::Local);

    *world.watch.0.lock().unwrap() = centre::NINE.plus_ms(3_600_000);
    phone.sync_once().await.unwrap();
    let uploads = world.centre.state().uploads.len();
    assert_eq!(uploads, 2);
    assert!(!is_here(&phone, 1));
    assert_eq!(phone.sync_state().unwrap().stuck, 0);
    phone.sync_once().await.unwrap();
    let named = world.centre.state().named.clone();
    let last = named.len() - 1;
    assert_eq!(named[last - 1], [GRID], "it still stood for that act");
    assert!(named[last].is_empty());
    assert!(
        phone
            .today()
            .unwrap()
            .groups
            .iter()
            .all(|group| group.rows.is_empty()),
        "tasks of the grid went with it"
    );
}

#[tokio::test]
async fn a_grid_that_comes_back_while_work_in_it_is_unsent_brings_everything_again() {
    let world = World::new();
    let phone = world.enrolled().await;
    visit(&phone, 2);
    phone.sync_once().await.unwrap();
    let mine = visit(&phone, 1);
    {
        let mut state = world.centre.state();
        state.readable.clear();
        state.refusing.insert(door(1).into(), (Code::QueueFull, 1));
    }
    phone.sync_once().await.unwrap();
    assert!(is_here(&phone, 1), "it holds an act that nobody has");
    assert!(!is_here(&phone, 2));

    world.centre.state().readable = vec![GRID];
    *world.watch.0.lock().unwrap() = centre::NINE.plus_ms(3_600_000);
    phone.sync_once().await.unwrap();
    assert!(is_here(&phone, 2), "also what had left meanwhile");
    let detail = phone.household(door(1)).unwrap();
    assert_eq!(detail.visit_receipts[&mine.to_string()], Receipt::Centre);
    assert_eq!(phone.household(door(2)).unwrap().view.visits.len(), 1);
}

#[tokio::test]
async fn what_was_half_written_at_a_door_leaves_with_its_grid_and_the_worker_is_told() {
    let world = World::new();
    let phone = world.enrolled().await;
    phone.sync_once().await.unwrap();
    let news = |phone: &Phone| phone.sync_page().unwrap().news.drafts_left;
    let half = |n| format!("visit:{}", door(n));
    for n in [1, 2] {
        phone
            .draft_put(half(n), "{\"note\":\"半句\"}".into())
            .unwrap();
    }
    phone.draft_put("report".into(), "{}".into()).unwrap();
    phone.sync_once().await.unwrap();
    assert!(
        phone.draft_get(half(1)).unwrap().is_some(),
        "it is still theirs"
    );
    assert_eq!(news(&phone), 0);

    world.centre.state().readable.clear();
    phone.sync_once().await.unwrap();
    assert_eq!(phone.draft_get(half(1)).unwrap(), None);
    assert_eq!(phone.draft_get(half(2)).unwrap(), None);
    assert!(
        phone.draft_get("report".into()).unwrap().is_some(),
        "a hazard that was seen is their own"
    );
    assert_eq!(news(&phone), 2);

    // the screen was open meanwhile, and keeps its words once more
    phone.draft_put(half(1), "{}".into()).unwrap();
    phone.sync_once().await.unwrap();
    assert_eq!(phone.draft_get(half(1)).unwrap(), None);
    assert_eq!(news(&phone), 3);
    *world.watch.0.lock().unwrap() = NINE.plus_ms(24 * 3_600_000);
    assert_eq!(news(&phone), 0, "news of yesterday are none");
}

/// What this phone says of itself.
fn themselves(grids: &[GridId], covers: &[Cover]) -> Person {
    Person {
        grids: grids.to_vec(),
        covers: covers.to_vec(),
        ..centre::person(LIN_XIAO, "林晓")
    }
}

fn home(phone: &Phone) -> GridId {
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    phone.begin_incident(start).unwrap().grid
}

#[tokio::test]
async fn whoever_moves_to_another_grid_reports_there_from_the_next_sync_on() {
    let world = World::new();
    let phone = world.enrolled().await;
    assert_eq!(
        (home(&phone), phone.today().unwrap().plans.len()),
        (GRID, 1)
    );
    world
        .centre
        .say("person", LIN_XIAO, &themselves(&[NEXT_GRID], &[]));
    phone.sync_once().await.unwrap();
    assert_eq!(home(&phone), NEXT_GRID);
    assert!(phone.today().unwrap().plans.is_empty(), "the other grid's");
    world.ends(phone).await;
    assert_eq!(home(&world.open()), NEXT_GRID, "also after the app ended");
}

#[tokio::test]
async fn a_substitute_has_the_grid_until_its_last_day_ends_also_without_a_network() {
    let world = World::new();
    let phone = world.enrolled().await;
    let cover = Cover {
        grid: GRID,
        from: None,
        to: Some(NINE.local_date()),
    };
    world.centre.say(
        "person",
        LIN_XIAO,
        &themselves(&[GRID, NEXT_GRID], &[cover]),
    );
    phone.sync_once().await.unwrap();
    assert_eq!(home(&phone), NEXT_GRID, "their own comes first");
    assert_eq!(phone.today().unwrap().plans.len(), 1, "but they walk both");
    let worker = phone.status().unwrap().worker.unwrap();
    assert_eq!(worker.covers, [cover]);
    *world.watch.0.lock().unwrap() = NINE.plus_ms(24 * 3_600_000);
    assert!(phone.today().unwrap().plans.is_empty());
    assert!(
        phone
            .status()
            .unwrap()
            .grids
            .iter()
            .all(|grid| grid.id != GRID)
    );
}

#[tokio::test]
async fn a_grid_with_refused_work_is_let_go_of_and_the_words_stay() {
    let world = World::new();
    let phone = world.enrolled().await;
    visit(&phone, 1);
    world
        .centre
        .state()
        .refusing
        .insert(door(1).into(), (Code::OutOfScope, 1));
    phone.sync_once().await.unwrap();
    assert_eq!(refusals(&phone), [Code::OutOfScope]);
    assert!(is_here(&phone, 1));
    world.centre.state().readable.clear();
    phone.sync_once().await.unwrap();
    assert!(!is_here(&phone, 1));
    assert_eq!(refusals(&phone), [Code::OutOfScope]);
}

#[tokio::test]
async fn a_grid_that_comes_back_brings_what_this_phone_once_wrote_there() {
    let world = World::new();
    let phone = world.enrolled().await;
    let mine = visit(&phone, 1);
    phone.sync_once().await.unwrap();
    world.centre.state().readable.clear();
    phone.sync_once().await.unwrap();
    assert!(!is_here(&phone, 1));
    world.centre.state().readable = vec![GRID];
    phone.sync_once().await.unwrap();
    let detail = phone.household(door(1)).unwrap();
    assert!(detail.view.visits.iter().any(|seen| seen.visit.id == mine));
    assert_eq!(detail.visit_receipts[&mine.to_string()], Receipt::Centre);
}

#[tokio::test]
async fn a_revoked_phone_delivers_everything_it_has_and_keeps_nothing() {
    let world = World::new();
    let phone = world.enrolled().await;
    for n in 0..160 {
        visit(&phone, 1 + n % 3);
    }
    world.centre.state().revoked = true;
    let state = phone.sync_once().await.unwrap();
    assert_eq!(state.phase, SyncPhase::Refused);
    assert_eq!(state.error, Some(Code::DeviceRevoked));
    assert_eq!(state.waiting_records, 0);
    let delivered: usize = {
        let state = world.centre.state();
        assert!(state.uploads.len() > 1, "more than one page");
        let groups = state.uploads.iter().flatten();
        groups.map(|group| group.changes.len()).sum()
    };
    assert_eq!(delivered, 160);
    assert!(phone.households(String::new()).unwrap().is_empty());
    assert!(
        phone
            .today()
            .unwrap()
            .groups
            .iter()
            .all(|group| group.rows.is_empty())
    );
    assert!(
        refusals(&phone)
            .iter()
            .all(|code| *code == Code::DeviceRevoked)
    );
    drop(phone);
    assert!(world.open().households(String::new()).unwrap().is_empty());
}

#[tokio::test]
async fn the_photos_of_a_revoked_phone_follow_their_records_and_leave_with_them() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = phone
        .add_photo(&photo(Variant::Small), PhotoStage::Before, NINE, None)
        .unwrap();
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = phone.begin_incident(start).unwrap();
    new.category = "F01001".into();
    new.severity = Severity::new(3).unwrap();
    let how = ReportHow::Submit {
        without_photo_because: None,
    };
    phone.report_incident(new, vec![shot.clone()], how).unwrap();
    world.centre.state().revoked = true;
    // the records are through before the line drops, and that alone lets no photo go
    world.centre.fates(|call| match call.method {
        "PATCH" => Fate::CutAfter(1_000),
        _ => Fate::Usual,
    });
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_records, state.waiting_photos), (0, 1));
    world.centre.fates(|_| Fate::Usual);
    let state = phone.sync_once().await.unwrap();
    assert_eq!(state.error, Some(Code::DeviceRevoked));
    assert_eq!(state.waiting_photos, 0);
    assert!(world.centre.state().photos.whole.contains_key(&shot.hash));
    let waiting = phone.sync_page().unwrap().items;
    assert!(waiting.iter().all(|item| item.id != shot.hash.to_string()));
    let sealed = std::fs::read_dir(world.dir.path().join("photos")).unwrap();
    assert_eq!(sealed.count(), 0, "no file either");
}
