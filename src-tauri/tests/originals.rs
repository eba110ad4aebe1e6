//! 原图: what the camera made goes with the photos of an urgent case, behind all of them, with nothing in it but its pixels.
//! Cases that are not urgent keep none, and whoever opens one says what for.

mod centre;

use centre::{Fate, GRID, LIN_XIAO, NINE, Weather, World, refusal};
use gridwalk::{
    Phone, PhotoWishes, StampWish,
    photo::veil::Region,
    ports::Reply,
    view::{IncidentStart, Receipt, ReportHow, SyncItemKind},
};
use gridwalk_core::{
    error::Code,
    ids::{Hash, IncidentId},
    incident::{IncidentAction, Severity, SourceChannel},
    jpeg,
    photo::{Original, Photo, PhotoStage},
    sync::message::Watermark,
};
use gridwalk_fixtures::photos::{PLACE, exif};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use std::{
    collections::BTreeMap,
    io::Cursor,
    path::Path,
    sync::{Arc, Mutex},
};

const DAY: i64 = 86_400_000;
const SECRET: &str = "OWNER-7F3A-GRIDWALK";
const MIDDLE: Region = Region {
    x: 0.3,
    y: 0.3,
    width: 0.4,
    height: 0.4,
};

/// Fine stripes over a slope, larger than what a photo keeps; another one for each `shade`.
fn picture(shade: u8) -> RgbImage {
    RgbImage::from_fn(2000, 1500, |x, y| {
        let line = if (x + y) % 4 < 2 { 90 } else { 0 };
        Rgb([(x / 16) as u8 + line, (y / 12) as u8 + line, shade])
    })
}

fn encoded(picture: RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgb8(picture);
    picture.write_to(&mut file, format).expect("it encodes");
    file.into_inner()
}

/// As a phone's camera leaves it: lying down, with place, maker and owner, with more of the same behind the picture.
fn camera_file(shade: u8) -> Vec<u8> {
    let plain = encoded(picture(shade), ImageFormat::Jpeg);
    let mut file = exif::insert(&plain, &exif::segment(6, Some(PLACE)));
    let words = format!("http://ns.adobe.com/xap/1.0/\0{SECRET}");
    let length = u16::try_from(words.len() + 2).expect("short").to_be_bytes();
    let segment = [&[0xFF, 0xE1][..], &length, words.as_bytes()].concat();
    file = exif::insert(&file, &segment);
    file.extend(SECRET.as_bytes());
    file
}

fn taken(phone: &Phone, file: &[u8]) -> Photo {
    let added = phone.add_photo(file, PhotoStage::Before, NINE, None);
    added.expect("a photo")
}

fn report(phone: &Phone, severity: u8, photos: Vec<Photo>) -> IncidentId {
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = phone.begin_incident(start).unwrap();
    new.category = "F01001".into();
    new.severity = Severity::new(severity).unwrap();
    let how = ReportHow::Submit {
        without_photo_because: None,
    };
    phone.report_incident(new, photos, how).unwrap().row.id
}

fn originals(phone: &Phone, id: IncidentId) -> Vec<Option<Original>> {
    let photos = phone.incident(id).unwrap().view.photos;
    photos.iter().map(|photo| photo.original).collect()
}

fn files(dir: &Path) -> Vec<String> {
    let folder = std::fs::read_dir(dir.join("photos")).unwrap();
    let names = folder.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn names(hashes: &[Hash]) -> Vec<String> {
    let mut names: Vec<String> = hashes.iter().map(Hash::to_string).collect();
    names.sort();
    names
}

fn receipt(phone: &Phone, hash: Hash) -> (SyncItemKind, Receipt) {
    let items = phone.sync_page().unwrap().items;
    let item = items.into_iter().find(|item| item.id == hash.to_string());
    let item = item.expect("it is on the page");
    (item.kind, item.receipt)
}

/// Writes down in which order uploads begin.
fn order(world: &World) -> Arc<Mutex<Vec<usize>>> {
    let order = Arc::new(Mutex::new(Vec::new()));
    let seen = order.clone();
    world.centre.fates(move |call| {
        if call.method == "POST" && call.headers.contains_key("upload-length") {
            let length = call.headers["upload-length"].parse().unwrap();
            seen.lock().unwrap().push(length);
        }
        Fate::Usual
    });
    order
}

#[tokio::test]
async fn an_urgent_case_brings_its_originals_behind_every_photo_and_a_calm_one_keeps_none() {
    let world = World::new();
    let phone = world.enrolled().await;
    let (urgent, calm) = (camera_file(1), camera_file(2));
    let (first, second) = (taken(&phone, &urgent), taken(&phone, &calm));
    assert_eq!(
        (first.original, files(world.dir.path()).len()),
        (None, 4),
        "nobody knows yet"
    );
    let (hot, cold) = (
        report(&phone, 1, vec![first.clone()]),
        report(&phone, 3, vec![second.clone()]),
    );
    let original = originals(&phone, hot)[0].expect("an original");
    assert_eq!(original.turn, 6);
    assert_eq!(originals(&phone, cold), [None]);
    assert_eq!(phone.sync_state().unwrap().waiting_photos, 3);
    assert_eq!(
        receipt(&phone, original.hash),
        (SyncItemKind::Original, Receipt::Local)
    );

    let order = order(&world);
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_photos, state.stuck), (0, 0));
    let expected = [first.bytes, second.bytes, original.bytes].map(|bytes| bytes as usize);
    assert_eq!(*order.lock().unwrap(), expected, "however urgent its case");
    assert_eq!(
        receipt(&phone, original.hash),
        (SyncItemKind::Original, Receipt::Centre)
    );
    assert_eq!(
        files(world.dir.path()),
        names(&[first.hash, second.hash, original.hash])
    );

    // every pixel as the camera had it, and not a word
    let arrived = world.centre.state().photos.whole[&original.hash].clone();
    let pixels = |file: &[u8]| image::load_from_memory(file).unwrap().into_rgb8();
    assert_eq!(pixels(&arrived), pixels(&urgent));
    assert_eq!(pixels(&arrived).dimensions(), (2000, 1500));
    assert!(!jpeg::inspect(&arrived).unwrap().metadata);
    for trace in exif::TRACES.into_iter().chain([SECRET, "Exif"]) {
        let holds = |bytes: &[u8]| {
            bytes
                .windows(trace.len())
                .any(|part| part == trace.as_bytes())
        };
        assert!(!holds(&arrived), "{trace}");
        assert!(holds(&urgent), "the camera wrote {trace}");
    }
    // nobody looks at it without a reason, also not whoever took it
    let opened = phone.photo_bytes(original.hash).await;
    assert_eq!(opened.unwrap_err().code, Code::Forbidden);
    assert!(phone.photo_bytes(first.hash).await.is_ok());
}

#[tokio::test]
async fn the_severity_at_which_a_photo_is_attached_decides_and_what_was_named_stays() {
    let world = World::new();
    let phone = world.enrolled().await;
    let id = report(&phone, 3, vec![taken(&phone, &camera_file(1))]);
    let raise = IncidentAction::SetSeverity {
        severity: Severity::new(2).unwrap(),
        reason: None,
    };
    phone.act_on_incident(id, raise).unwrap();
    let mut later = taken(&phone, &camera_file(2));
    // a screen does not decide about it
    later.original = Some(Original {
        hash: Hash([9; 32]),
        bytes: 1,
        turn: 1,
    });
    let add = IncidentAction::AddPhoto {
        photo: later.clone(),
    };
    phone.act_on_incident(id, add).unwrap();
    let named = originals(&phone, id);
    assert_eq!(named[0], None);
    let original = named[1].expect("the one that was added when it was urgent");
    assert_ne!(original.hash, Hash([9; 32]));
    assert_eq!(files(world.dir.path()).len(), 3);
    assert_eq!(phone.sync_once().await.unwrap().waiting_photos, 0);
    let centre = world.centre.state();
    assert!(centre.photos.whole.contains_key(&original.hash));
}

#[tokio::test]
async fn a_large_original_waits_for_a_line_that_costs_nothing_while_its_photo_goes() {
    let world = World::new();
    let phone = world.enrolled().await;
    let mut settings = phone.settings().unwrap();
    settings.photos_on_wifi_only = true;
    phone.save_settings(settings).unwrap();
    phone.on_metered_line(true);
    let shot = taken(&phone, &camera_file(1));
    let id = report(&phone, 1, vec![shot.clone()]);
    let original = originals(&phone, id)[0].expect("an original");
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_photos, state.all_delivered_at), (1, None));
    assert_eq!(receipt(&phone, shot.hash).1, Receipt::Centre);
    assert_eq!(receipt(&phone, original.hash).1, Receipt::Local);
    assert_eq!(phone.sync_page().unwrap().photos_for_wifi, 1);
    phone.on_metered_line(false);
    assert_eq!(phone.sync_once().await.unwrap().waiting_photos, 0);
    assert_eq!(receipt(&phone, original.hash).1, Receipt::Centre);
}

#[tokio::test]
async fn more_than_a_megabyte_waits_for_wifi_without_anybody_having_asked_for_that() {
    let world = World::new();
    let phone = world.enrolled().await;
    let mut n = 0x9e37_79b9_u32;
    let noise = RgbImage::from_fn(2000, 1500, |_, _| {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [r, g, b, _] = n.to_be_bytes();
        Rgb([r, g, b])
    });
    let shot = taken(&phone, &encoded(noise, ImageFormat::Jpeg));
    let id = report(&phone, 1, vec![shot.clone()]);
    let original = originals(&phone, id)[0].expect("an original");
    assert!(original.bytes > 1_000_000 && shot.bytes <= 1_000_000);
    phone.on_metered_line(true);
    assert_eq!(phone.sync_once().await.unwrap().waiting_photos, 1);
    assert_eq!(receipt(&phone, shot.hash).1, Receipt::Centre);
    assert_eq!(phone.sync_page().unwrap().photos_for_wifi, 1);
    phone.on_metered_line(false);
    assert_eq!(phone.sync_once().await.unwrap().waiting_photos, 0);
    assert_eq!(receipt(&phone, original.hash).1, Receipt::Centre);
}

#[tokio::test]
async fn what_a_worker_covers_is_covered_in_the_original_and_a_stamp_is_not_on_it() {
    let world = World::new();
    let phone = world.enrolled().await;
    let shot = taken(&phone, &camera_file(1));
    let before = files(world.dir.path());
    let stamp = Some(StampWish {
        grid: GRID,
        number: None,
    });
    let stamped = PhotoWishes {
        veils: Vec::new(),
        stamp: stamp.clone(),
    };
    let marked = phone.mark_photo(shot.hash, stamped).unwrap();
    phone.forget_photo(shot.hash).unwrap();
    let original: Vec<String> = files(world.dir.path())
        .into_iter()
        .filter(|name| before.contains(name))
        .collect();
    assert_eq!(original.len(), 1, "the one original is that of both");
    let covered = PhotoWishes {
        veils: vec![MIDDLE],
        stamp,
    };
    let veiled = phone.mark_photo(marked.hash, covered).unwrap();
    phone.forget_photo(marked.hash).unwrap();
    assert!(
        !files(world.dir.path()).contains(&original[0]),
        "nothing is left of it"
    );
    let id = report(&phone, 2, vec![veiled.clone()]);
    let named = originals(&phone, id)[0].expect("an original");
    assert_eq!(named.turn, 6);
    assert_eq!(files(world.dir.path()), names(&[veiled.hash, named.hash]));
    phone.sync_once().await.unwrap();
    let arrived = world.centre.state().photos.whole[&named.hash].clone();
    assert!(!jpeg::inspect(&arrived).unwrap().metadata);
    let arrived = image::load_from_memory(&arrived).unwrap().into_rgb8();
    let sharpest = |picture: &RgbImage, across: std::ops::Range<u32>| {
        let rows = 700..800;
        let steps = rows.flat_map(|y| across.clone().map(move |x| (x, y)));
        let off = steps.map(|(x, y)| {
            let (here, next) = (picture.get_pixel(x, y).0, picture.get_pixel(x + 2, y).0);
            here[0].abs_diff(next[0])
        });
        off.max().unwrap_or(0)
    };
    let (below, beside) = (sharpest(&arrived, 900..1100), sharpest(&arrived, 100..300));
    assert!(
        below < 16 && beside > 60,
        "{below} below the veil, {beside} beside it"
    );
}

#[tokio::test]
async fn an_original_is_cleared_by_the_same_rule_as_its_photo() {
    let world = World::new();
    let phone = world.enrolled().await;
    phone.sync_once().await.unwrap();
    let shot = taken(&phone, &camera_file(1));
    report(&phone, 1, vec![shot]);
    phone.sync_once().await.unwrap();
    assert_eq!(phone.free_storage().unwrap().count, 0, "in no backup yet");
    let tip = world.centre.state().feed.len() as u64;
    world.centre.state().watermark = Some(Watermark {
        partition: centre::losing::general(centre::GRID),
        position: tip,
        began_at: NINE.plus_ms(2 * DAY),
    });
    world.watch.0.lock().unwrap().0 += 8 * DAY;
    world.centre.state().clock.0 += 8 * DAY;
    phone.sync_once().await.unwrap();
    assert_eq!(files(world.dir.path()).len(), 2);
    assert_eq!(phone.free_storage().unwrap().count, 2);
    assert!(files(world.dir.path()).is_empty());
}

#[tokio::test]
async fn a_small_picture_has_no_original_and_a_png_has_one_that_is_a_jpeg() {
    let world = World::new();
    let phone = world.enrolled().await;
    let small = image::imageops::thumbnail(&picture(1), 1600, 1200);
    let small = taken(&phone, &encoded(small, ImageFormat::Png));
    let large = taken(&phone, &encoded(picture(2), ImageFormat::Png));
    let id = report(&phone, 1, vec![small.clone(), large]);
    let named: Vec<Original> = originals(&phone, id).into_iter().flatten().collect();
    let [original] = named[..] else {
        panic!("one has more pixels than its photo: {named:?}");
    };
    phone.sync_once().await.unwrap();
    let arrived = world.centre.state().photos.whole[&original.hash].clone();
    let seen = jpeg::inspect(&arrived).unwrap();
    assert_eq!(
        (seen.width, seen.height, seen.metadata),
        (2000, 1500, false)
    );
    assert_eq!(original.turn, 1);
}

fn look(original: Hash, reason: &str) -> IncidentAction {
    IncidentAction::OpenOriginal {
        original,
        reason: reason.into(),
    }
}

/// Openings in the case, as this phone reads it: what for, and how far it has come.
fn openings(phone: &Phone, case: IncidentId) -> Vec<(String, Receipt)> {
    let detail = phone.incident(case).unwrap();
    let events = detail
        .view
        .events
        .iter()
        .filter_map(|seen| match &seen.event.action {
            IncidentAction::OpenOriginal { reason, .. } => {
                assert_eq!(seen.event.act.by, LIN_XIAO);
                let receipt = detail.event_receipts[&seen.change.to_string()].clone();
                Some((reason.clone(), receipt))
            }
            _ => None,
        });
    events.collect()
}

async fn is_closed(phone: &Phone, case: IncidentId, original: Hash) {
    for opened in [
        phone.original_bytes(case, original).await,
        phone.photo_bytes(original).await,
    ] {
        assert_eq!(opened.unwrap_err().code, Code::Forbidden);
    }
    assert!(phone.incident(case).unwrap().open_originals.is_empty());
}

#[tokio::test]
async fn an_original_is_opened_with_a_reason_without_a_network_for_a_quarter_of_an_hour_and_the_case_says_so()
 {
    let world = World::new();
    let phone = world.enrolled().await;
    phone.sync_once().await.unwrap();
    world.centre.state().weather = Weather::Offline;
    let case = report(&phone, 1, vec![taken(&phone, &camera_file(1))]);
    let original = originals(&phone, case)[0].expect("an original").hash;
    is_closed(&phone, case, original).await;
    let code = |action| phone.act_on_incident(case, action).unwrap_err().code;
    assert_eq!(code(look(original, " ")), Code::MissingReason);
    assert_eq!(code(look(Hash([9; 32]), "核对门牌")), Code::NotFound);
    is_closed(&phone, case, original).await;
    assert_eq!(openings(&phone, case), []);

    let opened = phone
        .act_on_incident(case, look(original, "核对门牌"))
        .unwrap();
    let said_at = opened.view.events.last().unwrap().event.act.recorded_at;
    let open = BTreeMap::from([(original.to_string(), said_at.plus_ms(15 * 60_000))]);
    assert_eq!(opened.open_originals, open);
    assert_eq!(
        openings(&phone, case),
        [("核对门牌".into(), Receipt::Local)]
    );
    let seen = phone.original_bytes(case, original).await.unwrap();
    let seen = image::load_from_memory(&seen).unwrap();
    assert_eq!((seen.width(), seen.height()), (2000, 1500));
    // the one door that asks no reason stays shut, and another case is no way round
    let code = |answer: gridwalk::Answer<Vec<u8>>| answer.unwrap_err().code;
    assert_eq!(code(phone.photo_bytes(original).await), Code::Forbidden);
    let calm = report(&phone, 3, vec![taken(&phone, &camera_file(2))]);
    assert_eq!(
        code(phone.original_bytes(calm, original).await),
        Code::Forbidden
    );

    // the process ends, and what was said is still said
    drop(phone);
    let phone = world.open();
    assert!(phone.original_bytes(case, original).await.is_ok());
    world.watch.0.lock().unwrap().0 += 15 * 60_000;
    is_closed(&phone, case, original).await;
    world.centre.state().weather = Weather::Fine;
    world.centre.state().clock.0 += 15 * 60_000;
    phone.sync_once().await.unwrap();
    assert_eq!(
        openings(&phone, case),
        [("核对门牌".into(), Receipt::Centre)]
    );
    let day = phone.work_log().unwrap();
    assert!(
        !format!("{day:?}").contains("FollowedUp"),
        "to look is no work on it"
    );
}

#[tokio::test]
async fn an_original_that_has_left_the_phone_comes_from_the_centre_which_knows_of_the_opening_before()
 {
    let world = World::new();
    let phone = world.enrolled().await;
    phone.sync_once().await.unwrap();
    let case = report(&phone, 1, vec![taken(&phone, &camera_file(1))]);
    let original = originals(&phone, case)[0].expect("an original").hash;
    phone.sync_once().await.unwrap();
    let bytes = phone
        .act_on_incident(case, look(original, "核对门牌"))
        .map(|_| world.centre.state().photos.whole[&original].clone())
        .unwrap();
    let tip = world.centre.state().feed.len() as u64;
    world.centre.state().watermark = Some(Watermark {
        partition: centre::losing::general(centre::GRID),
        position: tip,
        began_at: NINE.plus_ms(2 * DAY),
    });
    world.watch.0.lock().unwrap().0 += 8 * DAY;
    world.centre.state().clock.0 += 8 * DAY;
    phone.sync_once().await.unwrap();
    phone.free_storage().unwrap();
    assert!(files(world.dir.path()).is_empty());

    let calls = Arc::new(Mutex::new(Vec::new()));
    let (seen, served) = (calls.clone(), bytes.clone());
    world.centre.fates(move |call| {
        seen.lock().unwrap().push(call.url.clone());
        match call.method {
            "GET" => Fate::Instead(Reply {
                status: 200,
                headers: BTreeMap::from([("cache-control".into(), "no-store".into())]),
                body: served.clone(),
            }),
            _ => Fate::Usual,
        }
    });
    let opened = phone.original_bytes(case, original).await;
    assert_eq!(opened.unwrap_err().code, Code::Forbidden);
    assert_eq!(
        *calls.lock().unwrap(),
        Vec::<String>::new(),
        "nobody asked the centre"
    );
    phone
        .act_on_incident(case, look(original, "移交材料"))
        .unwrap();
    assert_eq!(phone.original_bytes(case, original).await.unwrap(), bytes);
    let calls = std::mem::take(&mut *calls.lock().unwrap());
    let (first, last) = (calls.first().unwrap(), calls.last().unwrap());
    assert!(first.contains("/sync"), "{calls:?}");
    assert!(last.ends_with(&format!("/blobs/{original}")), "{calls:?}");
    let told = openings(&phone, case);
    assert_eq!(told[1], ("移交材料".into(), Receipt::Centre));
    assert!(
        files(world.dir.path()).is_empty(),
        "it is looked at and not kept"
    );
    // what the centre has open for this worker does not come in by the door that asks no reason
    let opened = phone.photo_bytes(original).await;
    assert_eq!(opened.unwrap_err().code, Code::Forbidden);
}

#[tokio::test]
async fn a_colleagues_photo_is_fetched_once_while_it_is_looked_at_and_no_disk_has_it() {
    let world = World::new();
    let phone = world.enrolled().await;
    phone.sync_once().await.unwrap();
    let mut n = 0x9e37_79b9_u32;
    let noise = RgbImage::from_fn(500, 400, |_, _| {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [r, g, b, _] = n.to_be_bytes();
        Rgb([r, g, b])
    });
    let bytes = encoded(noise, ImageFormat::Jpeg);
    assert!(bytes.len() > 64 * 1024, "no thumbnail: {}", bytes.len());
    let hash = Hash::of(&bytes);
    let fetched = Arc::new(Mutex::new(0));
    let (count, served) = (fetched.clone(), bytes.clone());
    let mut ended = true;
    world.centre.fates(move |call| match call.method {
        "GET" if std::mem::take(&mut ended) => Fate::Instead(refusal(401, "TOKEN_EXPIRED")),
        "GET" if call.url.ends_with(&hash.to_string()) => {
            *count.lock().unwrap() += 1;
            Fate::Instead(Reply {
                status: 200,
                headers: BTreeMap::new(),
                body: served.clone(),
            })
        }
        _ => Fate::Usual,
    });
    for _ in 0..2 {
        assert_eq!(phone.photo_bytes(hash).await.unwrap(), bytes);
    }
    assert_eq!(*fetched.lock().unwrap(), 1);
    assert_eq!(world.centre.state().token, 2, "the first one had ended");
    let piles = phone.storage().unwrap();
    assert_eq!(piles.only_here.count + piles.awaiting_backup.count, 0);
    assert!(!world.dir.path().join("photos").exists());
    // what the centre says next may take it away, and so may the end of the process
    phone.sync_once().await.unwrap();
    assert_eq!(phone.photo_bytes(hash).await.unwrap(), bytes);
    assert_eq!(*fetched.lock().unwrap(), 2);
    drop(phone);
    assert_eq!(world.open().photo_bytes(hash).await.unwrap(), bytes);
    assert_eq!(*fetched.lock().unwrap(), 3);
}
