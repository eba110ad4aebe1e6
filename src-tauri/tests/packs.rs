//! The first sync as a file: it leads where the feed leads, wherever it is cut, and whatever is wrong with it.

mod centre;
mod street;

use centre::{Fate, World, door, refusal};
use ed25519_dalek::SigningKey;
use gridwalk::{
    Phone,
    view::{IncidentStart, ReportHow, SyncPhase},
};
use gridwalk_core::{
    ids::HouseholdId,
    incident::SourceChannel,
    sync::{
        message::{Digest, DocumentKind},
        pack::{Content, Manifest, build::Press},
    },
};
use rusqlite::types::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use street::{PARTITION, SMALL, by_the_feed, enrolled, grid, held, key, offer, same, told, world};

#[tokio::test]
async fn a_grid_by_its_pack_is_the_grid_by_its_feed() {
    let (world, built) = world(
        usize::MAX,
        Press {
            level: 3,
            ..Press::default()
        },
    );
    offer(&world, &built, &key());
    let phone = enrolled(&world).await;
    assert_eq!(phone.sync_once().await.unwrap().phase, SyncPhase::Idle);
    let got = held(&world);
    assert!(got["change"].len() > 1_000, "{}", got["change"].len());
    same(&got, &by_the_feed(usize::MAX).await);
    // no change came by the feed, and the next exchange begins behind the pack
    phone.sync_once().await.unwrap();
    let (cursors, wish) = world.centre.state().said.last().cloned().unwrap();
    assert_eq!(cursors, [built.manifest.cursor]);
    assert_eq!(wish, Some(Default::default()));
}

/// Where the frames of a file end.
fn ends(manifest: &Manifest) -> Vec<usize> {
    let mut ends = Vec::new();
    for file in &manifest.files {
        ends.extend((1..=file.frames.len()).map(|n| file.offset(n) as usize));
    }
    ends
}

#[tokio::test]
async fn a_download_that_is_cut_anywhere_goes_on_at_the_frame() {
    let meant = by_the_feed(6).await;
    let (_, sample) = world(6, SMALL);
    let mut cuts: Vec<usize> = ends(&sample.manifest)
        .into_iter()
        .flat_map(|end| [end - 1, end, end + 1])
        .chain([0, 1, 1_000])
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    assert!(cuts.len() > 10, "{cuts:?}");
    for cut in cuts {
        let (world, built) = world(6, SMALL);
        offer(&world, &built, &key());
        let phone = enrolled(&world).await;
        let asked: Arc<Mutex<Vec<(String, usize)>>> = Arc::default();
        let seen = asked.clone();
        // every second answer of a pack is cut there
        world.centre.fates(move |call| {
            let Some(file) = call.url.split("/packs/").nth(1) else {
                return Fate::Usual;
            };
            let from = call.headers["range"][6..]
                .split('-')
                .next()
                .unwrap()
                .parse()
                .unwrap();
            let mut seen = seen.lock().unwrap();
            seen.push((file.to_owned(), from));
            if seen.len() % 2 == 1 {
                Fate::AnswerCut(cut)
            } else {
                Fate::Usual
            }
        });
        for _ in 0..20 {
            phone.sync_once().await.unwrap();
            let state = world.centre.state();
            if state
                .said
                .last()
                .unwrap()
                .0
                .contains(&built.manifest.cursor)
            {
                break; // it has asked what comes behind the pack
            }
        }
        same(&held(&world), &meant);
        // nothing that was whole before a cut is fetched again
        let asked = asked.lock().unwrap();
        for file in &built.manifest.files {
            let froms: Vec<usize> = asked
                .iter()
                .filter(|(name, _)| *name == file.hash.to_string())
                .map(|(_, from)| *from)
                .collect();
            let offsets: Vec<usize> = (0..file.frames.len())
                .map(|n| file.offset(n) as usize)
                .collect();
            assert!(froms.iter().all(|from| offsets.contains(from)), "{froms:?}");
            if froms.len() == 2 {
                let whole = offsets.iter().filter(|at| **at > 0 && **at <= cut).max();
                // (an answer that was whole may have been stored in part when the other line was cut)
                assert!(froms[1] >= whole.copied().unwrap_or(0), "cut at {cut}");
            }
        }
    }
}

#[tokio::test]
async fn the_lists_are_there_before_the_documents() {
    let (world, built) = world(30, SMALL);
    offer(&world, &built, &key());
    let index = built
        .manifest
        .files
        .iter()
        .find(|file| file.content == Content::INDEX)
        .unwrap()
        .hash
        .to_string();
    let phone = enrolled(&world).await;
    let only = index.clone();
    world
        .centre
        .fates(move |call| match call.url.split("/packs/").nth(1) {
            Some(file) if file != only => Fate::Instead(refusal(503, "SERVER_BUSY")),
            _ => Fate::Usual,
        });
    phone.sync_once().await.unwrap();
    let rows = phone.households(String::new()).unwrap();
    assert_eq!(rows.len(), 30);
    let named: Vec<_> = rows.iter().filter(|row| !row.name.is_empty()).collect();
    assert!(!named.is_empty());
    let found = phone.households(named[0].room.clone()).unwrap();
    assert!(found.iter().any(|row| row.id == named[0].id));
    phone.household(named[0].id).unwrap();
    let early = held(&world);
    assert!(early["change"].is_empty() && early["document"].is_empty());
    assert!(!early["early"].is_empty());

    world.centre.fates(|_| Fate::Usual);
    phone.sync_once().await.unwrap();
    same(&held(&world), &by_the_feed(30).await);
}

#[tokio::test]
async fn what_is_written_while_a_pack_comes_arrives_too() {
    let (world, built) = world(10, SMALL);
    offer(&world, &built, &key());
    let phone = enrolled(&world).await;
    world
        .centre
        .fates(|call| match call.url.contains("/packs/") {
            true => Fate::Instead(refusal(503, "SERVER_BUSY")),
            false => Fate::Usual,
        });
    phone.sync_once().await.unwrap();
    // somebody else goes on with a household of the pack, and this worker reports something new
    let told = told(10)
        .into_iter()
        .find(|told| told.kind() == DocumentKind::HOUSEHOLD)
        .unwrap();
    let (id, changes) = (told.id(), told.changes.len());
    let twin = grid::twin(told.document);
    world
        .centre
        .publish(id, DocumentKind::HOUSEHOLD, twin.bytes);
    let report = report(&phone);
    phone.sync_once().await.unwrap();
    assert_eq!(
        phone.sync_state().unwrap().waiting_records,
        0,
        "records do not wait for a pack"
    );

    world.centre.fates(|_| Fate::Usual);
    phone.sync_once().await.unwrap();
    let got = held(&world);
    let of = |id: uuid::Uuid| {
        let blob = format!("{:?}", Value::Blob(id.as_bytes().to_vec()));
        got["change"]
            .iter()
            .filter(|row| row.contains(&blob))
            .count()
    };
    assert_eq!(of(id.0), changes + 1);
    let own = of(report);
    assert!(own > 0);
    assert_eq!(
        got["placed"].len(),
        built.manifest.cursor.position as usize + 1 + own
    );
    assert!(got["waiting"].is_empty() && got["outbox"].is_empty());
    phone.sync_once().await.unwrap();
    let (cursors, _) = world.centre.state().said.last().cloned().unwrap();
    assert_eq!(
        cursors[0].position,
        built.manifest.cursor.position + 1 + own as u64
    );
}

/// A small report, on this phone only.
fn report(phone: &Phone) -> uuid::Uuid {
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = phone.begin_incident(start).unwrap();
    new.category = "F01001".into();
    new.place.text = "3幢楼道".into();
    new.description = "纸箱".into();
    let id = new.id.0;
    let how = ReportHow::Submit {
        without_photo_because: Some("没电了".into()),
    };
    phone.report_incident(new, Vec::new(), how).unwrap();
    id
}

#[tokio::test]
async fn work_from_before_the_first_sync_survives_it() {
    let (world, built) = world(10, SMALL);
    offer(&world, &built, &key());
    let phone = enrolled(&world).await;
    world.centre.fates(
        |call| match call.url.ends_with("/sync") || call.url.contains("/packs/") {
            true => Fate::AnswerLost,
            false => Fate::Usual,
        },
    );
    // the categories are not here yet either: nothing can be reported, but a household that is new can be kept
    let _ = phone.sync_once().await;
    world
        .centre
        .fates(|call| match call.url.contains("/packs/") {
            true => Fate::Instead(refusal(503, "SERVER_BUSY")),
            false => Fate::Usual,
        });
    phone.sync_once().await.unwrap();
    world.centre.fates(|_| Fate::AnswerLost);
    let report = report(&phone);
    let _ = phone.sync_once().await;
    assert_eq!(phone.sync_state().unwrap().waiting_records, 1);
    world.centre.fates(|_| Fate::Usual);
    phone.sync_once().await.unwrap();
    assert_eq!(phone.sync_state().unwrap().waiting_records, 0);
    assert!(phone.incident(report.into()).is_ok());
    let got = held(&world);
    assert!(got["placed"].len() > built.manifest.cursor.position as usize);
    assert!(got["outbox"].is_empty() && got["waiting"].is_empty());
}

/// The phone ends where the feed ends, and has said that it will not have this pack.
async fn falls_back(world: &World, phone: &Phone, meant: &BTreeMap<&'static str, Vec<String>>) {
    for _ in 0..6 {
        phone.sync_once().await.unwrap();
    }
    same(&held(world), meant);
    let (_, wish) = world.centre.state().said.last().cloned().unwrap();
    assert_eq!(wish.unwrap().refused, [PARTITION]);
}

#[tokio::test]
async fn a_pack_that_is_no_good_is_left_and_the_feed_is_read() {
    let meant = by_the_feed(8).await;

    // a bit falls over on the way
    let (bent, built) = world(8, SMALL);
    offer(&bent, &built, &key());
    let phone = enrolled(&bent).await;
    bent.centre
        .fates(|call| match call.url.contains("/packs/") {
            true => Fate::Changed(|reply| reply.body[30] ^= 1),
            false => Fate::Usual,
        });
    falls_back(&bent, &phone, &meant).await;

    // signed by somebody else than the centre of the enrolment
    let (forged, built) = world(8, SMALL);
    offer(&forged, &built, &SigningKey::from_bytes(&[6; 32]));
    forged.centre.state().server_key = Some(hex::encode(key().verifying_key().to_bytes()));
    let phone = enrolled(&forged).await;
    falls_back(&forged, &phone, &meant).await;
    assert!(
        forged
            .centre
            .state()
            .calls
            .iter()
            .all(|call| !call.starts_with("/packs/"))
    );

    // signed, but it does not add up
    let (wrong, mut built) = world(8, SMALL);
    built.manifest.rest = Digest([1; 32]);
    offer(&wrong, &built, &key());
    let phone = enrolled(&wrong).await;
    falls_back(&wrong, &phone, &meant).await;

    // offered, but not there
    let (empty, built) = world(8, SMALL);
    offer(&empty, &built, &key());
    empty.centre.state().pack.as_mut().unwrap().files.clear();
    let phone = enrolled(&empty).await;
    falls_back(&empty, &phone, &meant).await;

    // a frame that blows up
    let (bomb, mut built) = world(8, SMALL);
    let packed = zstd::bulk::compress(&vec![0; 64 << 20], 19).unwrap();
    let file = &mut built.manifest.files[1];
    file.frames.truncate(1);
    file.frames[0].packed = packed.len() as u32;
    file.frames[0].hash = gridwalk_core::ids::Hash::of(&packed);
    file.hash = file.frames[0].hash;
    built.files[1] = packed;
    offer(&bomb, &built, &key());
    let phone = enrolled(&bomb).await;
    falls_back(&bomb, &phone, &meant).await;
}

#[tokio::test]
async fn a_phone_that_ends_in_the_middle_goes_on_when_it_is_opened_again() {
    let meant = by_the_feed(12).await;
    let (world, built) = world(12, SMALL);
    offer(&world, &built, &key());
    let phone = enrolled(&world).await;
    let counted = Arc::new(Mutex::new(0));
    world.centre.fates(move |call| {
        if !call.url.contains("/packs/") {
            return Fate::Usual;
        }
        let mut counted = counted.lock().unwrap();
        *counted += 1;
        match *counted {
            1 => Fate::Usual,
            2 => Fate::AnswerCut(9_000),
            _ => Fate::Instead(refusal(503, "SERVER_BUSY")),
        }
    });
    phone.sync_once().await.unwrap();
    world.ends(phone).await;
    let before = held(&world);
    assert!(!before["frames"].is_empty());
    world.centre.fates(|_| Fate::Usual);
    let phone = world.open();
    phone.sync_once().await.unwrap();
    same(&held(&world), &meant);
}

#[tokio::test]
async fn a_door_is_not_lost_behind_an_early_row() {
    let (world, built) = world(6, SMALL);
    offer(&world, &built, &key());
    let phone = enrolled(&world).await;
    phone.sync_once().await.unwrap();
    let told = told(6)
        .into_iter()
        .find(|told| told.kind() == DocumentKind::HOUSEHOLD)
        .unwrap();
    let id = HouseholdId::from(told.id());
    let visit = phone.begin_visit(id, None).unwrap();
    phone.save_visit(id, visit).unwrap();
    assert_ne!(id, door(1));
    phone.sync_once().await.unwrap();
    assert_eq!(phone.sync_state().unwrap().waiting_records, 0);
}
