//! What goes wrong with one photo, on the phone or at the centre, is trouble of that photo: no other waits for it, nothing is
//! given up for a passing fault, and what nobody names does not lie about for ever.

mod centre;
mod shots;

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use centre::{Fate, NINE, World, refusal};
use gridwalk::view::{Receipt, SyncItemKind, SyncPhase, SyncState};
use gridwalk_core::{
    error::Code,
    ids::Hash,
    photo::{Photo, PhotoStage},
    sync::message::Watermark,
};
use gridwalk_fixtures::photos::{Variant, photo};
use shots::{large, receipt, report, report_as, report_at, taken};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

#[tokio::test]
async fn a_photo_that_was_damaged_on_the_phone_is_told_and_holds_up_nothing() {
    let world = World::new();
    let phone = world.enrolled().await;
    let (bad, good) = (
        taken(&phone, Variant::Black),
        taken(&phone, Variant::PngAlpha),
    );
    let incident = report(&phone, vec![bad.clone(), good.clone()]);
    let file = world.dir.path().join("photos").join(bad.hash.to_string());
    let mut sealed = std::fs::read(&file).unwrap();
    let middle = sealed.len() / 2;
    sealed[middle] ^= 1;
    std::fs::write(&file, sealed).unwrap();

    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.phase, state.waiting_records), (SyncPhase::Idle, 0));
    assert_eq!((state.waiting_photos, state.stuck), (0, 1));
    let code = Code::PhotoTruncated;
    assert_eq!(receipt(&phone, bad.hash), Receipt::Stuck { code });
    assert_eq!(receipt(&phone, good.hash), Receipt::Centre);
    let incident = phone.incident(incident).unwrap();
    assert_eq!(incident.row.receipt, Receipt::Centre);
    let page = phone.sync_page().unwrap();
    assert_eq!(page.items[0].kind, SyncItemKind::Photo, "it comes first");
    assert!(!world.centre.state().photos.whole.contains_key(&bad.hash));
}

#[tokio::test]
async fn what_could_not_be_read_is_looked_at_again_when_a_person_asks() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = taken(&phone, Variant::Black);
    report(&phone, vec![shot.clone()]);
    let file = world.dir.path().join("photos").join(shot.hash.to_string());
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_photos, state.stuck), (0, 1));

    std::fs::write(&file, whole).unwrap();
    assert_eq!(phone.sync_once().await.unwrap().stuck, 1, "nobody asked");
    let state = phone.sync_now().unwrap();
    assert_eq!((state.waiting_photos, state.stuck), (1, 0));
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_photos, state.stuck), (0, 0));
    assert_eq!(receipt(&phone, shot.hash), Receipt::Centre);
}

/// The centre fails whenever somebody brings one of these; how often that was.
fn fails_with(world: &World, these: Vec<Hash>, status: u16) -> Arc<AtomicUsize> {
    let failed = Arc::new(AtomicUsize::new(0));
    let fails = failed.clone();
    let names: Vec<String> = these
        .iter()
        .map(|hash| format!("hash {}", BASE64.encode(hash.to_string())))
        .collect();
    world.centre.fates(move |call| {
        let bad = call.headers.get("upload-metadata");
        match bad.is_some_and(|metadata| names.contains(metadata)) {
            true => {
                fails.fetch_add(1, Ordering::Relaxed);
                Fate::Instead(refusal(status, "SERVER_ERROR"))
            }
            false => Fate::Usual,
        }
    });
    failed
}

#[tokio::test]
async fn a_photo_with_which_the_centre_has_trouble_holds_up_no_other() {
    for status in [500, 507, 403] {
        let world = World::new();
        let phone = world.enrolled().await;
        let (bad, good) = (
            taken(&phone, Variant::Black),
            taken(&phone, Variant::PngAlpha),
        );
        report_at(&phone, vec![bad.clone()], 1);
        report(&phone, vec![good.clone()]);
        fails_with(&world, vec![bad.hash], status);
        let state = phone.sync_once().await.unwrap();
        assert_eq!((state.waiting_photos, state.stuck), (1, 0), "{status}");
        assert_eq!(receipt(&phone, good.hash), Receipt::Centre, "{status}");
        assert_eq!(receipt(&phone, bad.hash), Receipt::Local, "{status}");

        world.centre.fates(|_| Fate::Usual);
        let state = phone.sync_once().await.unwrap();
        assert_eq!((state.phase, state.waiting_photos), (SyncPhase::Idle, 0));
        assert_eq!(receipt(&phone, bad.hash), Receipt::Centre, "{status}");
    }
}

#[tokio::test]
async fn a_centre_that_fails_with_every_photo_is_not_asked_for_each_and_the_next_ones_go_first() {
    let world = World::new();
    let phone = world.enrolled().await;
    let urgent: Vec<Photo> = [
        Variant::Black,
        Variant::PngAlpha,
        Variant::Blurred,
        Variant::FaceAndPlate,
    ]
    .map(|variant| taken(&phone, variant))
    .into();
    let last = large(&phone);
    report_at(&phone, urgent.clone(), 1);
    report(&phone, vec![last.clone()]);
    let failed = fails_with(&world, urgent.iter().map(|shot| shot.hash).collect(), 500);
    waits_for(&phone.sync_once().await.unwrap(), 5);
    let asked = failed.load(Ordering::Relaxed);
    assert_eq!(asked, 3, "three in a row are no trouble of theirs");
    waits_for(&phone.sync_once().await.unwrap(), 4);
    assert_eq!(receipt(&phone, last.hash), Receipt::Centre);
}

fn waits_for(state: &SyncState, photos: u32) {
    assert_eq!(
        (state.phase, state.waiting_photos, state.stuck),
        (SyncPhase::Offline, photos, 0)
    );
}

#[tokio::test]
async fn photos_go_while_records_do_not_get_through() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = taken(&phone, Variant::Black);
    report(&phone, vec![shot.clone()]);
    world.ends(phone).await;
    let phone = world.open();
    world
        .centre
        .fates(|call| match call.url.ends_with("/sync") {
            true => Fate::Instead(refusal(500, "SERVER_ERROR")),
            false => Fate::Usual,
        });
    let mut moved = phone.delivery();
    let delivering = phone.clone();
    let delivery = tokio::spawn(async move { delivering.keep_in_sync().await });
    let arrives = async {
        while receipt(&phone, shot.hash) != Receipt::Centre {
            moved.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), arrives)
        .await
        .expect("the photo arrives");
    assert_eq!(phone.sync_state().unwrap().waiting_records, 1);
    delivery.abort();
}

#[tokio::test]
async fn a_picture_that_nothing_names_is_let_go_of_after_a_day_and_one_in_a_draft_is_not() {
    let world = World::new();
    let phone = world.enrolled().await;
    let (forsaken, drafted, sent) = (
        taken(&phone, Variant::Black),
        taken(&phone, Variant::PngAlpha),
        taken(&phone, Variant::Blurred),
    );
    report(&phone, vec![sent.clone()]);
    let form = serde_json::json!({ "photos": [drafted] }).to_string();
    phone.draft_put("report".into(), form).unwrap();
    world.ends(phone).await;
    let files = || {
        let folder = std::fs::read_dir(world.dir.path().join("photos")).unwrap();
        let mut names: Vec<String> = folder
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let sorted = |photos: &[&Photo]| {
        let mut names: Vec<String> = photos.iter().map(|shot| shot.hash.to_string()).collect();
        names.sort();
        names
    };
    let phone = world.open();
    assert_eq!(
        files(),
        sorted(&[&forsaken, &drafted, &sent]),
        "the same day"
    );
    world.ends(phone).await;
    *world.watch.0.lock().unwrap() = NINE.plus_ms(25 * 60 * 60 * 1000);
    let phone = world.open();
    assert_eq!(files(), sorted(&[&drafted, &sent]));
    assert!(phone.photo_bytes(drafted.hash).await.is_ok());
}

#[tokio::test]
async fn a_photo_says_in_its_record_where_it_was_taken_and_how_sure_that_is() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.stand_at(114.305, 30.59);
    let fix = *world.satellites.0.lock().unwrap();
    let shot = phone
        .add_photo(&photo(Variant::Black), PhotoStage::Before, NINE, fix)
        .unwrap();
    let id = report(&phone, vec![shot.clone()]);
    phone.sync_once().await.unwrap();
    let told = &phone.incident(id).unwrap().view.photos[0];
    assert_eq!(told.position, fix);
    assert_eq!(told.position.unwrap().accuracy_m, 8.0);
}

#[tokio::test]
async fn the_photos_of_a_case_stay_on_the_phone_for_as_long_as_its_category_states() {
    let world = World::new();
    let phone = world.enrolled().await;
    phone.sync_once().await.unwrap();
    let (usual, manhole) = (
        taken(&phone, Variant::Black),
        taken(&phone, Variant::PngAlpha),
    );
    report(&phone, vec![usual.clone()]);
    report_as(&phone, vec![manhole.clone()], 3, "E04005");
    phone.sync_once().await.unwrap();
    let day = 86_400_000;
    let position = world.centre.state().feed.len() as u64;
    world.centre.state().watermark = Some(Watermark {
        partition: centre::losing::general(centre::GRID),
        position,
        began_at: NINE.plus_ms(2 * day),
    });
    let later = |days: i64| {
        world.watch.0.lock().unwrap().0 += days * day;
        world.centre.state().clock.0 += days * day;
    };
    let here = |photo: &Photo| {
        let sealed = world.dir.path().join("photos");
        sealed.join(photo.hash.to_string()).exists()
    };
    later(8);
    phone.sync_once().await.unwrap();
    let page = phone.storage().unwrap();
    assert_eq!((page.stays.count, page.may_go.count), (1, 1));
    let from = NINE.plus_ms(45 * day).local_date();
    assert_eq!(page.stays_until, Some(from));
    assert_eq!(phone.free_storage().unwrap().count, 1);
    assert!(!here(&usual) && here(&manhole));
    later(36);
    phone.sync_once().await.unwrap();
    assert!(here(&manhole), "a month is not the 45 days of a manhole");
    assert_eq!(phone.free_storage().unwrap().count, 0);
    later(2);
    phone.sync_once().await.unwrap();
    assert!(!here(&manhole), "then it goes by itself");
}
