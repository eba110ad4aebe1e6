//! The centre goes back to an older copy of itself, and the phone brings what is missing: its own acts, a colleague's, and
//! photos. What was there already does not travel again.

mod centre;

use centre::{Fate, NINE, World, door, losing::COLLEAGUE};
use gridwalk::{
    Phone,
    view::{IncidentStart, Receipt, ReportHow, SyncPhase},
};
use gridwalk_core::{
    document::Document,
    error::Code,
    household::{self, FieldChange, HouseholdEdit, NewVisit, VisitKind, VisitOutcome},
    ids::{Hash, VisitId},
    incident::{Severity, SourceChannel},
    photo::PhotoStage,
    sync::{
        envelope::change_hash,
        message::{DocumentKind, Watermark},
    },
};
use gridwalk_fixtures::photos::{Variant, photo};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};
use uuid::Uuid;

fn visit(phone: &Phone, n: u128) -> VisitId {
    let visit = phone.begin_visit(door(n), None).unwrap();
    let id = visit.id;
    phone.save_visit(door(n), visit).unwrap();
    id
}

fn receipt(phone: &Phone, n: u128, visit: VisitId) -> Receipt {
    phone.household(door(n)).unwrap().visit_receipts[&visit.to_string()].clone()
}

fn colleagues_visit() -> HouseholdEdit {
    visit_number(0x9001)
}

fn visit_number(number: u128) -> HouseholdEdit {
    HouseholdEdit::RecordVisit(NewVisit {
        id: VisitId(Uuid::from_u128(number)),
        kind: VisitKind::Routine,
        outcome: VisitOutcome::Met,
        started_at: NINE,
        ended_at: NINE.plus_ms(240_000),
        changes: vec![FieldChange::HouseholdSize(3)],
        confirmed: Vec::new(),
        persons_met: Some(1),
        note: None,
        voice: None,
        task: None,
        incidents: Vec::new(),
        next_due: None,
        care_emergency: false,
    })
}

#[tokio::test]
async fn what_a_restored_centre_lost_comes_back_from_the_phone_and_nothing_else_travels() {
    let world = World::new();
    let phone = world.enrolled().await;
    let early = visit(&phone, 1);
    phone.sync_once().await.unwrap();
    let in_backup = world.centre.state().feed.len();
    let late = [visit(&phone, 1), visit(&phone, 2)];
    phone.sync_once().await.unwrap();
    let colleagues = world.centre.colleague_edits(door(3), &colleagues_visit());
    phone.sync_once().await.unwrap();
    let whole = world.centre.names();
    assert!(whole.contains(&colleagues));

    world.centre.goes_back_to(in_backup, 2);
    world.centre.state().uploads.clear();
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.phase, state.error), (SyncPhase::Idle, None));
    assert_eq!(world.centre.names(), whole, "everything is back");
    let uploads = world.centre.state().uploads.clone();
    let groups: Vec<_> = uploads.iter().flatten().collect();
    let brought: usize = groups.iter().map(|group| group.changes.len()).sum();
    assert_eq!(
        brought,
        whole.len() - in_backup,
        "and only what was missing travelled"
    );
    let authors: Vec<_> = groups.iter().filter_map(|group| group.author).collect();
    assert_eq!(
        authors,
        [COLLEAGUE],
        "under the name of the device that wrote it"
    );
    let of_colleague = groups.iter().find(|group| group.author.is_some()).unwrap();
    assert_eq!(
        of_colleague.incarnation, 3,
        "the incarnation was found by trying"
    );
    assert!(
        world.centre.state().certificates > 0,
        "with what the centre signed about it"
    );
    assert_eq!(world.centre.state().compared, 1);
    assert_eq!(receipt(&phone, 1, early), Receipt::Centre);
    assert_eq!(receipt(&phone, 1, late[0]), Receipt::Centre);
    assert_eq!(receipt(&phone, 2, late[1]), Receipt::Centre);

    // the next exchange is as quiet as ever
    world.centre.state().uploads.clear();
    phone.sync_once().await.unwrap();
    assert!(world.centre.state().uploads.is_empty());
    assert_eq!(world.centre.state().compared, 1);
}

/// Everybody's visits in this household, by the phone.
fn visits(phone: &Phone, n: u128) -> BTreeSet<VisitId> {
    let held = phone.household(door(n)).unwrap();
    held.view
        .visits
        .iter()
        .map(|visit| visit.visit.id)
        .collect()
}

#[tokio::test]
async fn a_phone_lets_go_of_what_the_feed_has_another_of_and_applies_again_what_it_built_on_it() {
    let world = World::new();
    let phone = world.enrolled().await;
    let kept = world.centre.state().feed.len();
    // a colleague's phone was copied; this is what the one copy wrote
    let first = world.centre.colleague_edits(door(3), &visit_number(0x9001));
    phone.sync_once().await.unwrap();
    let delivered = visit(&phone, 3);
    phone.sync_once().await.unwrap();
    assert_eq!(receipt(&phone, 3, delivered), Receipt::Centre);
    let built_on = world.centre.state().feed.last().unwrap().hash;
    let unsent = visit(&phone, 3);
    let bytes = world.centre.changes(door(3).into());
    let bytes = bytes.into_iter().find(|bytes| change_hash(bytes) == first);
    let bytes = bytes.expect("the first one");

    world.centre.goes_back_to(kept, 2);
    let second = world.centre.colleague_edits(door(3), &visit_number(0x9002));
    assert_ne!(first, second);
    // what the copies wrote has one number, and the centre takes the first no more, nor what was built on it
    world.centre.state().forked = BTreeSet::from([first]);
    world
        .centre
        .state()
        .refused
        .extend([(first, Code::ActorForked), (built_on, Code::ActorForked)]);
    world.centre.state().uploads.clear();
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.phase, state.error), (SyncPhase::Idle, None));
    assert_eq!((state.waiting_records, state.stuck), (0, 0), "{state:?}");
    for mine in [delivered, unsent] {
        assert_eq!(receipt(&phone, 3, mine), Receipt::Centre);
    }
    let theirs = VisitId(Uuid::from_u128(0x9002));
    let expected = BTreeSet::from([theirs, delivered, unsent]);
    assert_eq!(visits(&phone, 3), expected);
    let centre = Document::from_changes(
        door(3).into(),
        DocumentKind::HOUSEHOLD,
        world.centre.changes(door(3).into()),
    );
    let at_centre = household::view(&centre.expect("the centre can open it")).visits;
    let at_centre: BTreeSet<VisitId> = at_centre.iter().map(|visit| visit.visit.id).collect();
    assert_eq!(at_centre, expected, "and so has the centre");
    assert!(!world.centre.names().contains(&first));
    let uploads = world.centre.state().uploads.clone();
    let mut groups = uploads.iter().flatten();
    let handed_in = groups.find(|group| group.author == Some(COLLEAGUE));
    assert_eq!(
        change_hash(&handed_in.expect("the colleague's act").changes[0]),
        first,
        "nobody else may have it any more: the centre keeps it as evidence"
    );
    // the next act goes on from there, also after a start
    drop(phone);
    let phone = world.open();
    let later = visit(&phone, 3);
    phone.sync_once().await.unwrap();
    assert_eq!(receipt(&phone, 3, later), Receipt::Centre);

    // back once more, to a backup that has the first one: the same rule the other way round
    world.centre.state().refused.clear();
    world.centre.state().forked = BTreeSet::from([second]);
    world.centre.goes_back_to(kept, 3);
    world
        .centre
        .publish(door(3).into(), DocumentKind::HOUSEHOLD, bytes);
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_records, state.stuck), (0, 0), "{state:?}");
    let theirs = VisitId(Uuid::from_u128(0x9001));
    let expected = BTreeSet::from([theirs, delivered, unsent, later]);
    assert_eq!(visits(&phone, 3), expected);
}

#[tokio::test]
async fn a_copied_phone_lets_go_of_what_a_colleague_built_on_the_copy_that_lost() {
    let world = World::new();
    let phone = world.enrolled().await;
    let kept = world.centre.state().feed.len();
    let mine = visit(&phone, 3);
    phone.sync_once().await.unwrap();
    let upon_it = world.centre.colleague_edits(door(3), &visit_number(0x9001));
    phone.sync_once().await.unwrap();
    assert_eq!(visits(&phone, 3).len(), 2);
    // the other copy's act has the number now, so what was built on this one's is refused with it
    world.centre.goes_back_to(kept, 2);
    world
        .centre
        .state()
        .refusing
        .insert(door(3).into(), (Code::ActorForked, 1));
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.phase, state.error), (SyncPhase::Idle, None));
    assert_eq!((state.waiting_records, state.stuck), (0, 0), "{state:?}");
    assert_eq!(receipt(&phone, 3, mine), Receipt::Centre);
    assert_eq!(visits(&phone, 3), BTreeSet::from([mine]));
    assert!(!world.centre.names().contains(&upon_it));
    let later = visit(&phone, 3);
    phone.sync_once().await.unwrap();
    assert_eq!(receipt(&phone, 3, later), Receipt::Centre);
}

#[tokio::test]
async fn no_receipt_counts_while_it_is_not_known_what_the_centre_lost() {
    let world = World::new();
    let phone = world.enrolled().await;
    let kept = world.centre.state().feed.len();
    let id = visit(&phone, 1);
    let state = phone.sync_once().await.unwrap();
    assert!(state.all_delivered_at.is_some());
    world.centre.goes_back_to(kept, 2);
    // it hears of the new epoch, and then the line is gone
    let mut exchanges = 0;
    world.centre.fates(move |call| {
        exchanges += i32::from(call.url.ends_with("/sync"));
        match exchanges {
            0 | 1 => centre::Fate::Usual,
            _ => centre::Fate::Instead(centre::busy(503, "SERVER_BUSY")),
        }
    });
    let state = phone.sync_once().await.unwrap();
    assert_eq!(state.all_delivered_at, None, "{state:?}");
    world.centre.fates(|_| centre::Fate::Usual);
    world.watch.0.lock().unwrap().0 += 3_600_000;
    let state = phone.sync_once().await.unwrap();
    assert!(state.all_delivered_at.is_some(), "{state:?}");
    assert_eq!(receipt(&phone, 1, id), Receipt::Centre);
}

#[tokio::test]
async fn a_centre_that_is_older_than_the_one_known_gets_nothing_and_an_alarm() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.centre.goes_back_to(3, 5);
    phone.sync_once().await.unwrap();
    let id = visit(&phone, 1);
    world.centre.goes_back_to(3, 4);
    let state = phone.sync_once().await.unwrap();
    assert_eq!(state.error, Some(Code::ServerRolledBack), "{state:?}");
    assert_eq!(state.waiting_records, 1);
    assert_eq!(receipt(&phone, 1, id), Receipt::Local);
    world.centre.goes_back_to(3, 5);
    world.watch.0.lock().unwrap().0 += 3_600_000;
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.phase, state.error), (SyncPhase::Idle, None));
    assert_eq!(receipt(&phone, 1, id), Receipt::Centre);
}

#[tokio::test]
async fn an_act_that_a_restored_centre_refuses_is_applied_again_from_what_the_phone_kept() {
    let world = World::new();
    let phone = world.enrolled().await;
    let kept = world.centre.state().feed.len();
    let id = visit(&phone, 1);
    phone.sync_once().await.unwrap();
    world.centre.goes_back_to(kept, 2);
    let refusing = (Code::ActorForked, 1);
    world
        .centre
        .state()
        .refusing
        .insert(door(1).into(), refusing);
    let state = phone.sync_once().await.unwrap();
    assert_eq!(state.stuck, 0, "{state:?}");
    assert_eq!(receipt(&phone, 1, id), Receipt::Centre);
    let held = world.centre.changes(door(1).into());
    assert_eq!(held.len(), 2, "under another actor");
}

#[tokio::test]
async fn an_act_that_a_verified_backup_has_is_not_kept_as_a_value_any_longer() {
    let world = World::new();
    let phone = world.enrolled().await;
    let kept = world.centre.state().feed.len();
    let id = visit(&phone, 1);
    phone.sync_once().await.unwrap();
    let tip = world.centre.state().feed.len() as u64;
    world.centre.state().watermark = Some(Watermark {
        partition: centre::losing::general(centre::GRID),
        position: tip,
        began_at: NINE,
    });
    phone.sync_once().await.unwrap();
    // an older backup than the verified one: nothing can be applied again, and the refusal is shown, not hidden
    world.centre.goes_back_to(kept, 2);
    let refusing = (Code::ActorForked, 9);
    world
        .centre
        .state()
        .refusing
        .insert(door(1).into(), refusing);
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_records, state.stuck), (0, 1), "{state:?}");
    let item = phone.sync_page().unwrap().items.remove(0);
    assert_eq!(item.id, id.to_string());
    let code = Code::ActorForked;
    assert_eq!(item.receipt, Receipt::Refused { code });
    assert_eq!(world.centre.changes(door(1).into()).len(), 1);
}

#[tokio::test]
async fn the_bytes_of_a_photo_stay_until_a_verified_backup_has_them_and_a_month_has_gone() {
    let world = World::new();
    let phone = world.enrolled().await;
    phone.sync_once().await.unwrap();
    let before = files(world.dir.path());
    report_with_photo(&phone);
    let sealed: Vec<PathBuf> = files(world.dir.path())
        .difference(&before)
        .cloned()
        .collect();
    assert_eq!(sealed.len(), 1, "{sealed:?}");
    let state = phone.sync_once().await.unwrap();
    assert_eq!(state.waiting_photos, 0);
    let (day, tip) = (86_400_000, world.centre.state().feed.len() as u64);
    let backup_of = |began_at| {
        world.centre.state().watermark = Some(Watermark {
            partition: centre::losing::general(centre::GRID),
            position: tip,
            began_at,
        });
    };
    let later = |days: i64| {
        world.watch.0.lock().unwrap().0 += days * day;
        world.centre.state().clock.0 += days * day;
    };
    backup_of(NINE.plus_ms(2 * day));
    later(3);
    phone.sync_once().await.unwrap();
    assert!(
        sealed[0].exists(),
        "it is shown from this phone for a month"
    );
    world.centre.goes_back_to(tip as usize, 2);
    world.centre.state().watermark = None;
    later(30);
    phone.sync_once().await.unwrap();
    assert!(
        sealed[0].exists(),
        "a new life of the centre has no backup yet, and what another had is void"
    );
    let arrived = NINE.plus_ms(33 * day);
    backup_of(arrived);
    later(40);
    phone.sync_once().await.unwrap();
    assert!(sealed[0].exists(), "that backup may have been too early");
    backup_of(arrived.plus_ms(2 * day));
    phone.sync_once().await.unwrap();
    assert!(!sealed[0].exists());
}

#[tokio::test]
async fn a_worker_frees_only_what_the_centre_and_its_backup_have() {
    let world = World::new();
    let phone = world.enrolled().await;
    phone.sync_once().await.unwrap();
    let day = 86_400_000;
    let piles = || {
        let page = phone.storage().unwrap();
        [
            page.only_here,
            page.awaiting_backup,
            page.stays,
            page.may_go,
        ]
        .map(|pile| pile.count)
    };
    let before = files(world.dir.path());
    report_with_photo(&phone);
    let sealed: Vec<PathBuf> = files(world.dir.path())
        .difference(&before)
        .cloned()
        .collect();
    assert_eq!(piles(), [1, 0, 0, 0], "without a receipt it is only here");
    assert_eq!(phone.free_storage().unwrap().count, 0);
    phone.sync_once().await.unwrap();
    assert_eq!(piles(), [0, 1, 0, 0], "at the centre, in no backup yet");
    assert_eq!(phone.free_storage().unwrap().count, 0);
    assert!(sealed[0].exists());

    let tip = world.centre.state().feed.len() as u64;
    world.centre.state().watermark = Some(Watermark {
        partition: centre::losing::general(centre::GRID),
        position: tip,
        began_at: NINE.plus_ms(2 * day),
    });
    let later = |days: i64| {
        world.watch.0.lock().unwrap().0 += days * day;
        world.centre.state().clock.0 += days * day;
    };
    later(3);
    phone.sync_once().await.unwrap();
    assert_eq!(
        piles(),
        [0, 0, 1, 0],
        "its task wants it at hand for a week"
    );
    let from = phone.storage().unwrap().stays_until;
    assert_eq!(from, Some(NINE.plus_ms(7 * day).local_date()));
    assert_eq!(phone.free_storage().unwrap().count, 0);
    later(4);
    phone.sync_once().await.unwrap();
    assert!(sealed[0].exists(), "nobody asked for it to go");
    assert_eq!(piles(), [0, 0, 0, 1]);
    let gone = phone.free_storage().unwrap();
    assert_eq!(gone.count, 1);
    assert!(gone.bytes > 1_000.0, "{gone:?}");
    assert!(!sealed[0].exists());
    assert_eq!(piles(), [0, 0, 0, 0]);
    assert_eq!(
        phone.storage().unwrap().records,
        std::fs::read_dir(world.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                name.ends_with(".db") || name.ends_with(".db-wal")
            })
            .map(|entry| entry.metadata().unwrap().len() as f64)
            .sum::<f64>()
    );
}

#[tokio::test]
async fn a_photo_without_a_receipt_stays_whatever_the_calendar_says_and_one_with_it_until_a_later_backup()
 {
    let world = World::new();
    let phone = world.enrolled().await;
    phone.sync_once().await.unwrap();
    let before = files(world.dir.path());
    report_with_photo(&phone);
    let sealed: Vec<PathBuf> = files(world.dir.path())
        .difference(&before)
        .cloned()
        .collect();
    // the record goes, and the photo does not
    world
        .centre
        .fates(|call| match call.url.contains("/blobs") {
            true => Fate::CutAfter(0),
            false => Fate::Usual,
        });
    assert_eq!(phone.sync_once().await.unwrap().waiting_records, 0);
    let day = 86_400_000;
    let tip = world.centre.state().feed.len() as u64;
    let backup_of = |day_of: i64| {
        world.centre.state().watermark = Some(Watermark {
            partition: centre::losing::general(centre::GRID),
            position: tip,
            began_at: NINE.plus_ms(day_of * day),
        });
    };
    let later = |days: i64| {
        world.watch.0.lock().unwrap().0 += days * day;
        world.centre.state().clock.0 += days * day;
    };
    let piles = || {
        let page = phone.storage().unwrap();
        [
            page.only_here,
            page.awaiting_backup,
            page.stays,
            page.may_go,
        ]
        .map(|pile| pile.count)
    };
    backup_of(40);
    later(41);
    phone.sync_once().await.unwrap();
    assert_eq!(piles(), [1, 0, 0, 0], "the backup has its record alone");
    assert_eq!(phone.free_storage().unwrap().count, 0);
    assert!(sealed[0].exists());

    world.centre.fates(|_| Fate::Usual);
    assert_eq!(phone.sync_once().await.unwrap().waiting_photos, 0);
    assert_eq!(piles(), [0, 1, 0, 0], "that backup began before it came");
    assert_eq!(phone.free_storage().unwrap().count, 0);
    assert!(sealed[0].exists());
    backup_of(43);
    later(7);
    phone.sync_once().await.unwrap();
    assert_eq!(piles(), [0, 0, 0, 1]);
    assert_eq!(phone.free_storage().unwrap().count, 1);
    assert!(!sealed[0].exists());
}

/// Every file of a phone that is not its database.
fn files(dir: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path));
        } else if !name.contains(".db") {
            found.insert(path);
        }
    }
    found
}

fn report_with_photo(phone: &Phone) -> Hash {
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
    let hash = shot.hash;
    phone.report_incident(new, vec![shot], how).unwrap();
    hash
}

#[tokio::test]
async fn photos_are_offered_again_to_a_centre_that_lost_them() {
    let world = World::new();
    let phone = world.enrolled().await;
    let kept = world.centre.state().feed.len();
    let shot = report_with_photo(&phone);
    let state = phone.sync_once().await.unwrap();
    assert_eq!(state.waiting_photos, 0);
    let small = world.centre.state().blobs.clone();
    {
        let mut state = world.centre.state();
        assert!(state.photos.whole.remove(&shot).is_some());
        state.blobs.clear();
    }
    world.centre.goes_back_to(kept, 2);
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_photos, state.stuck), (0, 0), "{state:?}");
    let state = world.centre.state();
    assert!(state.photos.whole.contains_key(&shot));
    let names =
        |blobs: &[Vec<u8>]| -> Vec<Hash> { blobs.iter().map(|blob| Hash::of(blob)).collect() };
    assert_eq!(names(&state.blobs), names(&small), "the thumbnail too");
}
