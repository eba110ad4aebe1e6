//! Photos on their way to the centre: whatever happens to the line, the token or the file, each photo arrives whole or
//! says why not, and no record waits for it.

mod centre;
mod handed;
mod shots;

use centre::{
    Fate, GRID, LIN_XIAO, NEXT_GRID, NINE, World, blobs::without_body, busy, door, refusal,
};
use gridwalk::{
    Phone, PhotoWishes, StampWish,
    photo::veil::Region,
    ports::{Call, Reply},
    view::{
        FindingInput, IncidentStart, PatrolScreen, PhotoState, Receipt, ReportHow, SyncItemKind,
        SyncPhase, SyncState,
    },
};
use gridwalk_core::{
    error::Code,
    household::NewVisit,
    ids::Hash,
    incident::{IncidentAction, IncidentState, SourceChannel},
    patrol::{FindingState, PatrolKind},
    photo::Photo,
    reference::Person,
    sync::message::Watermark,
    voice::VoiceNote,
};
use gridwalk_fixtures::{
    photos::{Variant, photo},
    voice::{Recorded, TELLTALES, webm},
};
use shots::{PIECE, large, receipt, report, report_at, taken};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Notify;

fn is_piece(call: &Call) -> bool {
    call.method == "PATCH"
}

fn waits(state: &SyncState, code: Code) {
    assert_eq!((state.phase, state.error), (SyncPhase::Offline, Some(code)));
    assert_eq!((state.waiting_photos, state.stuck), (1, 0), "{state:?}");
}

#[tokio::test]
async fn an_interrupted_upload_goes_on_where_the_centre_has_it() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = large(&phone);
    report(&phone, vec![shot.clone()]);
    let mut pieces = 0;
    world.centre.fates(move |call| {
        pieces += usize::from(is_piece(call));
        match (is_piece(call), pieces) {
            (true, 2) => Fate::CutAfter(50_000),
            _ => Fate::Usual,
        }
    });
    let state = phone.sync_once().await.unwrap();
    assert_eq!(state.waiting_records, 0, "the record went before");
    waits(&state, Code::ServerUnreachable);
    assert_eq!(receipt(&phone, shot.hash), Receipt::Local);
    drop(phone);

    let phone = world.open();
    let page = phone.sync_page().unwrap();
    assert_eq!(page.bytes_left, f64::from(shot.bytes) - PIECE as f64);
    world.centre.fates(|_| Fate::Usual);
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.phase, state.waiting_photos), (SyncPhase::Idle, 0));
    assert_eq!(receipt(&phone, shot.hash), Receipt::Centre);
    let state = world.centre.state();
    assert_eq!(Hash::of(&state.photos.whole[&shot.hash]), shot.hash);
    assert_eq!(
        state.photos.received, shot.bytes as usize,
        "no byte came twice"
    );
}

#[tokio::test]
async fn a_photo_whose_last_answer_was_lost_is_not_sent_again() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = large(&phone);
    report(&phone, vec![shot.clone()]);
    let last = shot.bytes as usize / PIECE + 1;
    let mut pieces = 0;
    world.centre.fates(move |call| {
        pieces += usize::from(is_piece(call));
        match is_piece(call) && pieces == last {
            true => Fate::AnswerLost,
            false => Fate::Usual,
        }
    });
    waits(&phone.sync_once().await.unwrap(), Code::ServerUnreachable);
    phone.sync_once().await.unwrap();
    assert_eq!(receipt(&phone, shot.hash), Receipt::Centre);
    assert_eq!(
        world.centre.state().photos.received,
        shot.bytes as usize,
        "no byte came twice"
    );
}

/// The last piece arrives, and the centre crashes before it has looked at the photo.
async fn crash_on_the_last_byte(world: &World, phone: &Phone, shot: &Photo) {
    world.centre.state().photos.crashing = true;
    let last = shot.bytes as usize / PIECE + 1;
    let mut pieces = 0;
    world.centre.fates(move |call| {
        pieces += usize::from(is_piece(call));
        match is_piece(call) && pieces == last {
            true => Fate::AnswerLost,
            false => Fate::Usual,
        }
    });
    waits(&phone.sync_once().await.unwrap(), Code::ServerUnreachable);
    world.centre.state().photos.crashing = false;
    world.centre.fates(|_| Fate::Usual);
}

#[tokio::test]
async fn a_photo_on_whose_last_byte_the_centre_crashed_has_arrived_when_the_centre_names_it() {
    for older in [true, false] {
        let world = World::new();
        let phone = world.enrolled().await;
        let shot = large(&phone);
        report(&phone, vec![shot.clone()]);
        world.centre.state().photos.older = older;
        crash_on_the_last_byte(&world, &phone, &shot).await;
        assert_eq!(receipt(&phone, shot.hash), Receipt::Local);

        let state = phone.sync_once().await.unwrap();
        assert_eq!((state.phase, state.waiting_photos), (SyncPhase::Idle, 0));
        assert_eq!(receipt(&phone, shot.hash), Receipt::Centre);
        let state = world.centre.state();
        assert_eq!(Hash::of(&state.photos.whole[&shot.hash]), shot.hash);
        assert_eq!(
            state.photos.received, shot.bytes as usize,
            "no byte came twice"
        );
    }
}

#[tokio::test]
async fn a_photo_is_not_at_the_centre_because_an_offset_says_so() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = taken(&phone, Variant::Black);
    report(&phone, vec![shot.clone()]);
    let (whole, mut asked) = (shot.bytes.to_string(), 0);
    world.centre.fates(move |call| {
        if !call.url.contains("/blobs") {
            return Fate::Usual;
        }
        asked += 1;
        assert!(asked < 20, "asked again and again");
        let headers = [("upload-offset", &*whole), ("location", "/blobs/uploads/1")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Fate::Instead(Reply {
            status: 204,
            headers: headers.into(),
            body: Vec::new(),
        })
    });
    waits(&phone.sync_once().await.unwrap(), Code::ServerError);
    assert_eq!(receipt(&phone, shot.hash), Receipt::Local);

    world.centre.fates(|_| Fate::Usual);
    phone.sync_once().await.unwrap();
    assert_eq!(receipt(&phone, shot.hash), Receipt::Centre);
    assert!(world.centre.state().photos.whole.contains_key(&shot.hash));
}

#[tokio::test]
async fn a_photo_of_which_the_centre_lost_a_piece_in_a_crash_is_sent_again_and_not_refused() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = large(&phone);
    report(&phone, vec![shot.clone()]);
    let mut pieces = 0;
    world.centre.fates(move |call| {
        pieces += usize::from(is_piece(call));
        match (is_piece(call), pieces) {
            (true, 2) => Fate::CutAfter(50_000),
            _ => Fate::Usual,
        }
    });
    waits(&phone.sync_once().await.unwrap(), Code::ServerUnreachable);
    world.centre.state().photos.tear();
    world.centre.fates(|_| Fate::Usual);
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_photos, state.stuck), (0, 0));
    assert_eq!(receipt(&phone, shot.hash), Receipt::Centre);
    assert!(world.centre.state().photos.whole.contains_key(&shot.hash));
}

#[tokio::test]
async fn a_full_queue_and_a_busy_centre_are_waited_for_as_long_as_they_ask() {
    for (status, code) in [(429, "QUEUE_FULL"), (503, "SERVER_BUSY")] {
        let world = World::new();
        let phone = world.enrolled().await;
        let shot = taken(&phone, Variant::Black);
        report(&phone, vec![shot.clone()]);
        world.centre.fates(move |call| match call.method {
            "POST" if call.url.ends_with("/blobs") => Fate::Instead(busy(status, code)),
            _ => Fate::Usual,
        });
        waits(&phone.sync_once().await.unwrap(), Code::ServerBusy);
        assert_eq!(receipt(&phone, shot.hash), Receipt::Local);

        world.centre.fates(|call| {
            assert!(!call.url.contains("/blobs"), "it was to be left alone");
            Fate::Usual
        });
        waits(&phone.sync_once().await.unwrap(), Code::ServerBusy);

        world.centre.fates(|_| Fate::Usual);
        *world.watch.0.lock().unwrap() = NINE.plus_ms(40_000);
        let state = phone.sync_once().await.unwrap();
        assert_eq!((state.phase, state.waiting_photos), (SyncPhase::Idle, 0));
        assert_eq!(receipt(&phone, shot.hash), Receipt::Centre);
    }
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_of_a_photo_is_renewed_in_silence() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = large(&phone);
    report(&phone, vec![shot.clone()]);
    // twice: once before the second piece, once before the third
    let mut pieces = 0;
    world.centre.fates(move |call| {
        pieces += usize::from(is_piece(call));
        match (is_piece(call), pieces) {
            (true, 2 | 4) => Fate::Instead(refusal(401, "TOKEN_EXPIRED")),
            _ => Fate::Usual,
        }
    });
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.phase, state.error), (SyncPhase::Idle, None));
    assert_eq!(receipt(&phone, shot.hash), Receipt::Centre);
    let state = world.centre.state();
    assert_eq!(state.photos.received, shot.bytes as usize);
    assert_eq!(
        state.token, 3,
        "one to begin with, and one for each that ended"
    );
}

#[tokio::test]
async fn a_token_that_ended_before_an_upload_goes_on_is_renewed_although_the_answer_has_no_words() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = large(&phone);
    report(&phone, vec![shot.clone()]);
    let mut pieces = 0;
    world.centre.fates(move |call| {
        pieces += usize::from(is_piece(call));
        match (is_piece(call), pieces) {
            (true, 2) => Fate::CutAfter(0),
            _ => Fate::Usual,
        }
    });
    waits(&phone.sync_once().await.unwrap(), Code::ServerUnreachable);
    let mut asked = 0;
    world.centre.fates(move |call| {
        asked += usize::from(call.method == "HEAD");
        match (call.method, asked) {
            ("HEAD", 1) => Fate::Instead(without_body(refusal(401, "TOKEN_EXPIRED"))),
            _ => Fate::Usual,
        }
    });
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.phase, state.waiting_photos), (SyncPhase::Idle, 0));
}

#[tokio::test]
async fn a_centre_that_ends_every_token_is_not_asked_for_ever() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = taken(&phone, Variant::Black);
    report(&phone, vec![shot.clone()]);
    let mut asked = 0;
    world.centre.fates(move |call| {
        if !call.url.contains("/blobs") {
            return Fate::Usual;
        }
        asked += 1;
        assert!(asked < 5, "asked again and again");
        Fate::Instead(refusal(401, "TOKEN_EXPIRED"))
    });
    waits(&phone.sync_once().await.unwrap(), Code::ServerError);
    assert_eq!(receipt(&phone, shot.hash), Receipt::Local);
}

#[tokio::test]
async fn a_record_that_is_saved_while_a_photo_is_under_way_does_not_wait_for_it() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = taken(&phone, Variant::Black);
    report(&phone, vec![shot.clone()]);
    let (reached, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (at_the_photo, held) = (reached.clone(), go.clone());
    world.centre.fates(move |call| match is_piece(call) {
        true => {
            at_the_photo.notify_one();
            Fate::Held(held.clone())
        }
        false => Fate::Usual,
    });
    let delivering = phone.clone();
    let delivery = tokio::spawn(async move { delivering.keep_in_sync().await });
    let soon = Duration::from_secs(30);
    let photo_is_under_way = tokio::time::timeout(soon, reached.notified());
    photo_is_under_way.await.expect("the photo sets out");

    let mut moved = phone.delivery();
    let visit = phone.begin_visit(door(1), None).unwrap();
    let id = visit.id.to_string();
    phone.save_visit(door(1), visit).unwrap();
    let until = async |done: &dyn Fn() -> bool, moved: &mut tokio::sync::watch::Receiver<()>| {
        while !done() {
            moved.changed().await.unwrap();
        }
    };
    let record_arrived = || {
        let household = phone.household(door(1)).unwrap();
        household.visit_receipts[&id] == Receipt::Centre
    };
    tokio::time::timeout(soon, until(&record_arrived, &mut moved))
        .await
        .expect("the record arrives");
    assert_eq!(receipt(&phone, shot.hash), Receipt::Local, "still held");

    go.notify_one();
    let photo_arrived = || receipt(&phone, shot.hash) == Receipt::Centre;
    tokio::time::timeout(soon, until(&photo_arrived, &mut moved))
        .await
        .expect("and the photo after it");
    delivery.abort();
}

#[tokio::test]
async fn a_photo_file_without_a_row_is_swept_when_the_phone_is_opened() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = taken(&phone, Variant::Black);
    drop(phone);
    let folder = world.dir.path().join("photos");
    for name in [&"ab".repeat(32), &format!("{}.part", shot.hash)] {
        std::fs::write(folder.join(name), b"half").unwrap();
    }
    let phone = world.open();
    let left: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left, [shot.hash.to_string()]);
    let bytes = phone.photo_bytes(shot.hash).await.unwrap();
    assert_eq!(Hash::of(&bytes), shot.hash);
}

#[tokio::test]
async fn the_most_urgent_goes_first_then_the_smallest_and_the_thumbnail_is_there_with_its_record() {
    let world = World::new();
    let phone = world.enrolled().await;
    let [calm_small, calm_large] = [taken(&phone, Variant::Black), large(&phone)];
    let [urgent, dire] = [Variant::Small, Variant::FaceAndPlate].map(|of| taken(&phone, of));
    assert!(calm_small.bytes < urgent.bytes && urgent.bytes < calm_large.bytes);
    report(&phone, vec![calm_large.clone(), calm_small.clone()]);
    report_at(&phone, vec![urgent.clone()], 2);
    report_at(&phone, vec![dire.clone()], 1);
    // the photos' lane is shut: what a dispatcher needs to see the hazard does not wait for it
    world
        .centre
        .fates(|call| match call.url.contains("/blobs") {
            true => Fate::CutAfter(0),
            false => Fate::Usual,
        });
    let state = phone.sync_once().await.unwrap();
    assert_eq!(state.waiting_records, 0);
    assert!(state.waiting_photos >= 4, "{state:?}");
    for shot in [&calm_small, &calm_large, &urgent, &dire] {
        let centre = world.centre.state();
        let mut seen = centre.blobs.iter();
        assert!(seen.any(|blob| Hash::of(blob) == shot.thumbnail));
        assert!(!centre.photos.whole.contains_key(&shot.hash));
    }
    let began = Arc::new(Mutex::new(Vec::new()));
    let order = began.clone();
    world.centre.fates(move |call| {
        if let Some(length) = call.headers.get("upload-length") {
            order.lock().unwrap().push(length.clone());
        }
        Fate::Usual
    });
    assert_eq!(phone.sync_once().await.unwrap().waiting_photos, 0);
    let expected = [&dire, &urgent, &calm_small, &calm_large].map(|shot| shot.bytes.to_string());
    assert_eq!(began.lock().unwrap()[..4], expected);
}

#[tokio::test]
async fn a_clock_that_is_set_back_or_forth_holds_up_no_photo() {
    for days in [-3_650, 3_650] {
        let world = World::new();
        let phone = world.enrolled().await;
        let shot = taken(&phone, Variant::Black);
        report(&phone, vec![shot.clone()]);
        world.centre.fates(|call| match call.method {
            "POST" if call.url.ends_with("/blobs") => Fate::Instead(busy(503, "SERVER_BUSY")),
            _ => Fate::Usual,
        });
        waits(&phone.sync_once().await.unwrap(), Code::ServerBusy);
        *world.watch.0.lock().unwrap() = NINE.plus_ms(days * 24 * 3_600_000);
        world.centre.fates(|_| Fate::Usual);
        let state = phone.sync_once().await.unwrap();
        assert_eq!(state.waiting_photos, 0, "{days} days: {state:?}");
        assert_eq!(receipt(&phone, shot.hash), Receipt::Centre);
    }
}

#[tokio::test]
async fn what_is_not_urgent_waits_for_a_line_that_costs_nothing_and_no_record_waits_with_it() {
    let world = World::new();
    let phone = world.enrolled().await;
    let mut settings = phone.settings().unwrap();
    settings.photos_on_wifi_only = true;
    phone.save_settings(settings.clone()).unwrap();
    phone.on_metered_line(true);
    let (calm, urgent) = (
        taken(&phone, Variant::Black),
        taken(&phone, Variant::PngAlpha),
    );
    report(&phone, vec![calm.clone()]);
    report_at(&phone, vec![urgent.clone()], 2);
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.phase, state.error), (SyncPhase::Idle, None));
    assert_eq!((state.waiting_records, state.waiting_photos), (0, 1));
    assert_eq!(receipt(&phone, urgent.hash), Receipt::Centre);
    assert_eq!(receipt(&phone, calm.hash), Receipt::Local);
    assert_eq!(phone.sync_page().unwrap().photos_for_wifi, 1);
    assert_eq!(state.all_delivered_at, None, "it has not arrived");
    // somebody who does not ask for Wi-Fi sends what is small over any line
    settings.photos_on_wifi_only = false;
    phone.save_settings(settings.clone()).unwrap();
    assert_eq!(phone.sync_page().unwrap().photos_for_wifi, 0);
    settings.photos_on_wifi_only = true;
    phone.save_settings(settings).unwrap();
    phone.on_metered_line(false);
    assert_eq!(phone.sync_once().await.unwrap().waiting_photos, 0);
    assert_eq!(receipt(&phone, calm.hash), Receipt::Centre);
    assert_eq!(phone.sync_page().unwrap().photos_for_wifi, 0);
}

#[tokio::test]
async fn a_photo_and_a_thumbnail_that_the_centre_lost_are_brought_again_and_only_what_is_here() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = taken(&phone, Variant::Black);
    report(&phone, vec![shot.clone()]);
    phone.sync_once().await.unwrap();
    assert_eq!(receipt(&phone, shot.hash), Receipt::Centre);
    {
        let mut centre = world.centre.state();
        centre.photos.whole.clear();
        centre.wanted = vec![shot.hash, shot.thumbnail, Hash::of(b"of a colleague")];
    }
    let again = world.centre.state().photos.received;
    phone.sync_once().await.unwrap();
    let brought = {
        let mut centre = world.centre.state();
        let names: Vec<Hash> = centre.photos.whole.keys().copied().collect();
        let mut expected = vec![shot.hash, shot.thumbnail];
        expected.sort();
        assert_eq!(names, expected);
        centre.wanted.clear();
        centre.photos.received - again
    };
    assert_eq!(receipt(&phone, shot.hash), Receipt::Centre);
    phone.sync_once().await.unwrap();
    assert_eq!(
        world.centre.state().photos.received - again,
        brought,
        "once"
    );
}

#[tokio::test]
async fn a_photo_says_where_it_is_in_the_words_of_its_queue() {
    let world = World::new();
    let phone = world.enrolled().await;
    let (shot, bad) = (large(&phone), taken(&phone, Variant::Black));
    let id = report_at(&phone, vec![shot.clone()], 1);
    report(&phone, vec![bad.clone()]);
    let state = |hash: Hash| {
        let items = phone.sync_page().unwrap().items;
        let item = items.into_iter().find(|item| item.id == hash.to_string());
        item.and_then(|item| item.photo_state).expect("a photo")
    };
    assert_eq!(state(shot.hash), PhotoState::Waiting);
    let sealed = world.dir.path().join("photos").join(bad.hash.to_string());
    std::fs::write(sealed, b"torn").unwrap();
    let mut pieces = 0;
    world.centre.fates(move |call| {
        pieces += u32::from(is_piece(call));
        match is_piece(call) && pieces > 1 {
            true => Fate::CutAfter(0),
            false => Fate::Usual,
        }
    });
    phone.sync_once().await.unwrap();
    let percent = (PIECE as u64 * 100 / u64::from(shot.bytes)) as u8;
    assert_eq!(state(shot.hash), PhotoState::Sending { percent });
    world.centre.fates(|_| Fate::Usual);
    phone.sync_once().await.unwrap();
    assert_eq!(state(shot.hash), PhotoState::Arrived);
    let code = Code::PhotoTruncated;
    assert_eq!(state(bad.hash), PhotoState::Failed { code });
    // a week later, and a verified backup has it
    let (day, position) = (86_400_000, world.centre.state().feed.len() as u64);
    world.centre.state().watermark = Some(Watermark {
        partition: centre::losing::general(centre::GRID),
        position,
        began_at: NINE.plus_ms(2 * day),
    });
    world.watch.0.lock().unwrap().0 += 8 * day;
    world.centre.state().clock.0 += 8 * day;
    phone.sync_once().await.unwrap();
    assert_eq!(phone.free_storage().unwrap().count, 1);
    let states = phone.incident(id).unwrap().photo_states;
    assert_eq!(states[&shot.hash.to_string()], PhotoState::Cleared);
    // and one that waits for its record
    let kept = taken(&phone, Variant::PngAlpha);
    let page = phone.sync_page().unwrap().items;
    assert!(page.iter().all(|item| item.id != kept.hash.to_string()));
}

#[tokio::test]
async fn a_bad_network_is_tried_again_by_itself_and_a_good_exchange_does_not_wait_for_that() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = taken(&phone, Variant::Black);
    report(&phone, vec![shot.clone()]);
    world.centre.fates(|call| match is_piece(call) {
        true => Fate::CutAfter(0),
        false => Fate::Usual,
    });
    waits(&phone.sync_once().await.unwrap(), Code::ServerUnreachable);
    world.centre.fates(|_| Fate::Usual);
    // no clock has moved: somebody heard that the network is back
    assert_eq!(phone.sync_once().await.unwrap().waiting_photos, 0);
    assert_eq!(receipt(&phone, shot.hash), Receipt::Centre);
}

/// How much neighbours differ at most, in the middle of a picture.
fn sharpest(jpeg: &[u8]) -> u8 {
    let picture = image::load_from_memory(jpeg).unwrap().into_rgb8();
    let (width, height) = picture.dimensions();
    let mut most = 0;
    for y in height * 2 / 5..height * 3 / 5 {
        for x in width * 2 / 5..width * 3 / 5 {
            let (here, next) = (picture.get_pixel(x, y).0, picture.get_pixel(x + 1, y).0);
            let off = here.iter().zip(next).map(|(a, b)| a.abs_diff(b)).max();
            most = most.max(off.unwrap_or(0));
        }
    }
    most
}

#[tokio::test]
async fn what_a_worker_covers_is_in_no_file_of_the_phone_and_in_nothing_that_leaves_it() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = taken(&phone, Variant::FaceAndPlate);
    let middle = Region {
        x: 0.3,
        y: 0.3,
        width: 0.4,
        height: 0.4,
    };
    let wishes = PhotoWishes {
        veils: vec![middle],
        stamp: Some(StampWish {
            grid: GRID,
            number: Some("梧桐-03-0914-001".into()),
        }),
    };
    let marked = phone.mark_photo(shot.hash, wishes.clone()).unwrap();
    assert_ne!((marked.hash, marked.thumbnail), (shot.hash, shot.thumbnail));
    assert_eq!((marked.stage, marked.taken_at), (shot.stage, shot.taken_at));
    // both are here until whoever shows the first lets go of it
    let before = sharpest(&phone.photo_bytes(shot.hash).await.unwrap());
    phone.forget_photo(shot.hash).unwrap();
    world.centre.fates(|call| match call.method {
        "GET" => Fate::Instead(refusal(404, "NOT_FOUND")),
        _ => Fate::Usual,
    });
    for gone in [shot.hash, shot.thumbnail] {
        let gone = phone.photo_bytes(gone).await;
        assert_eq!(gone.unwrap_err().code, Code::NotFound);
    }
    world.centre.fates(|_| Fate::Usual);
    let folder = world.dir.path().join("photos");
    let files = std::fs::read_dir(folder).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, [marked.hash.to_string().as_str()]);
    // neighbours below the veil differ by what a JPEG adds: no line of a face is left
    for (hash, most) in [(marked.hash, 12), (marked.thumbnail, 16)] {
        let left = sharpest(&phone.photo_bytes(hash).await.unwrap());
        assert!(left <= most && before > 2 * most, "{left} of {before}");
    }
    report(&phone, vec![marked.clone()]);
    let code = |answer: gridwalk::Answer<Photo>| answer.unwrap_err().code;
    assert_eq!(
        code(phone.mark_photo(marked.hash, wishes)),
        Code::NotFound,
        "its record has it"
    );
    phone.forget_photo(marked.hash).unwrap();
    phone.sync_once().await.unwrap();
    assert_eq!(
        receipt(&phone, marked.hash),
        Receipt::Centre,
        "it was not let go of"
    );
}

/// What a microphone recorded.
fn said(phone: &Phone, ms: u32, seed: u32) -> VoiceNote {
    let telltale = true;
    let file = webm(Recorded { ms, telltale, seed });
    phone.add_voice(&file, NINE).unwrap()
}

#[tokio::test]
async fn a_voice_note_stands_in_for_a_photo_and_arrives_bare_by_the_same_lane_with_the_same_receipt()
 {
    let world = World::new();
    let phone = world.enrolled().await;
    phone.sync_once().await.unwrap();
    let voice = said(&phone, 12_000, 1);
    assert!((11_900..12_100).contains(&voice.duration_ms), "{voice:?}");
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = phone.begin_incident(start).unwrap();
    new.category = "F01001".into();
    let how = ReportHow::Submit {
        without_photo_because: None,
    };
    let wordless = phone.report_incident(new.clone(), Vec::new(), how.clone());
    assert_eq!(wordless.unwrap_err().code, Code::MissingPhoto);
    let saved = phone.report_incident_with(new, Vec::new(), vec![voice.clone()], how);
    let saved = saved.unwrap();
    assert_eq!(saved.view.state, IncidentState::Reported);
    assert_eq!(saved.view.voices, std::slice::from_ref(&voice));
    assert_eq!(
        saved.voice_receipts[&voice.hash.to_string()],
        Receipt::Local
    );
    let id = saved.row.id;

    let detail = phone.begin_visit(door(1), None).unwrap();
    let spoken = said(&phone, 3_000, 2);
    let visit = NewVisit {
        voice: Some(spoken.clone()),
        care_emergency: true, // whatever the hour
        ..detail
    };
    let household = phone.save_visit(door(1), visit).unwrap();
    assert_eq!(
        household.voice_receipts[&spoken.hash.to_string()],
        Receipt::Local
    );
    // the process ends before anything left it
    drop(phone);
    let phone = world.open();
    // said apart from photos, wherever something is counted
    let state = phone.sync_state().unwrap();
    assert_eq!((state.waiting_photos, state.waiting_voices), (0, 2));
    let arrived = |phone: &Phone| {
        let page = phone.sync_page().unwrap();
        [page.photos, page.voices].map(|of| (of.done, of.total))
    };
    assert_eq!(arrived(&phone), [(0, 0), (0, 2)]);
    let only_here = phone.storage().unwrap().only_here;
    assert_eq!((only_here.count, only_here.voices), (0, 2));
    let unsent = handed::records(&phone);
    let listed = ["photos", "voices"].map(|list| unsent[list].as_array().map(Vec::len));
    assert_eq!(listed, [Some(0), Some(2)]);
    let mut settings = phone.settings().unwrap();
    settings.photos_on_wifi_only = true;
    phone.save_settings(settings).unwrap();
    phone.on_metered_line(true);
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_records, state.all_delivered_at), (0, None));
    let page = phone.sync_page().unwrap();
    let held = state.waiting_voices;
    assert_eq!((page.photos_for_wifi, page.voices_for_wifi), (0, held));
    assert!(held > 0, "one of them is not urgent");
    phone.on_metered_line(false);
    let state = phone.sync_once().await.unwrap();
    assert!(state.waiting_voices == 0 && state.all_delivered_at.is_some());
    assert_eq!(arrived(&phone), [(0, 0), (2, 2)]);
    let arrived = phone.storage().unwrap().awaiting_backup;
    assert_eq!((arrived.count, arrived.voices), (0, 2));

    let items = phone.sync_page().unwrap().items;
    let kinds = items.iter().filter(|item| item.kind == SyncItemKind::Voice);
    assert_eq!(kinds.count(), 2);
    for note in [&voice, &spoken] {
        assert_eq!(receipt(&phone, note.hash), Receipt::Centre);
        let kept = world.centre.state().photos.whole[&note.hash].clone();
        assert_eq!(Hash::of(&kept), note.hash);
        for words in TELLTALES {
            let found = kept
                .windows(words.len())
                .any(|window| window == words.as_bytes());
            assert!(!found, "{words} left this phone");
        }
        assert_eq!(phone.voice_bytes(note.hash).await.unwrap(), kept);
    }
    assert_eq!(
        phone.incident(id).unwrap().voice_receipts[&voice.hash.to_string()],
        Receipt::Centre
    );
    let household = phone.household(door(1)).unwrap();
    assert_eq!(
        household.voice_receipts[&spoken.hash.to_string()],
        Receipt::Centre
    );
}

#[tokio::test]
async fn what_was_said_of_a_finding_arrives_by_the_same_lane_with_the_same_receipt() {
    let world = World::new();
    let phone = world.enrolled().await;
    phone.sync_once().await.unwrap();
    let patrol = phone.patrol_start_free(GRID, PatrolKind::Daily).unwrap().id;
    let voice = said(&phone, 4_000, 1);
    let found = |voice: &VoiceNote| FindingInput {
        category: "F01001".into(),
        state: FindingState::Observed,
        incident: None,
        note: None,
        voice: Some(voice.clone()),
    };
    let unknown = VoiceNote {
        hash: Hash([9; 32]),
        ..voice.clone()
    };
    let refused = phone.patrol_finding(patrol, found(&unknown)).unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    let receipt = |screen: PatrolScreen| screen.voice_receipts[&voice.hash.to_string()].clone();
    let saved = phone.patrol_finding(patrol, found(&voice)).unwrap();
    assert_eq!(saved.view.findings[0].finding.voice, Some(voice.clone()));
    assert_eq!(receipt(saved), Receipt::Local);
    assert_eq!(phone.sync_state().unwrap().waiting_voices, 1);
    phone.sync_once().await.unwrap();
    assert_eq!(receipt(phone.patrol(patrol).unwrap()), Receipt::Centre);
    let kept = world.centre.state().photos.whole[&voice.hash].clone();
    assert_eq!(Hash::of(&kept), voice.hash);
}

#[tokio::test]
async fn a_recording_that_is_let_go_of_leaves_nothing_and_one_that_is_none_is_refused_by_name() {
    let world = World::new();
    let phone = world.enrolled().await;
    let voice = said(&phone, 1_000, 1);
    let sealed = world.dir.path().join("photos").join(voice.hash.to_string());
    let bytes = std::fs::read(&sealed).unwrap();
    assert!(
        !bytes.windows(8).any(|window| window == b"OpusHead"),
        "it is sealed"
    );
    let refused = phone.mark_photo(voice.hash, PhotoWishes::default());
    assert_eq!(refused.unwrap_err().code, Code::NotFound, "it is no photo");
    phone.forget_photo(voice.hash).unwrap();
    assert!(!sealed.exists());
    let unknown = IncidentAction::AddVoice { voice };
    let shot = taken(&phone, Variant::Small);
    let id = report(&phone, vec![shot.clone()]);
    assert_eq!(
        phone.act_on_incident(id, unknown).unwrap_err().code,
        Code::NotFound,
        "its bytes are not here any more"
    );
    assert_eq!(
        phone.voice_bytes(shot.hash).await.unwrap_err().code,
        Code::VoiceUnsupported,
        "a photo is not played"
    );
    let long = webm(Recorded {
        ms: 90_000,
        telltale: false,
        seed: 1,
    });
    for (file, code) in [
        (&b""[..], Code::VoiceTruncated),
        (b"<!doctype html>", Code::VoiceUnsupported),
        (&photo(Variant::Small), Code::VoiceUnsupported),
        (&long, Code::VoiceTooLong),
    ] {
        assert_eq!(phone.add_voice(file, NINE).unwrap_err().code, code);
    }
}

#[tokio::test]
async fn a_stamp_names_the_grid_of_its_record_wherever_its_worker_is_at_home() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = taken(&phone, Variant::Small);
    let stamped = |grid| {
        let stamp = Some(StampWish { grid, number: None });
        let veils = Vec::new();
        phone
            .mark_photo(shot.hash, PhotoWishes { veils, stamp })
            .unwrap()
            .hash
    };
    let here = stamped(GRID);
    assert_ne!(here, stamped(NEXT_GRID));
    let moved = Person {
        grids: vec![NEXT_GRID],
        ..centre::person(LIN_XIAO, "林晓")
    };
    world.centre.say("person", LIN_XIAO, &moved);
    phone.sync_once().await.unwrap();
    assert_eq!(stamped(GRID), here, "the same picture again");
}
