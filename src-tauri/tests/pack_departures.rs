//! Documents that leave a feed while a phone fetches its pack, and documents that enter it in a pack.

mod centre;
mod street;

use centre::{Fate, GRID, NEXT_GRID, World, refusal};
use gridwalk::Phone;
use gridwalk_core::{
    ids::HouseholdId,
    sync::{message::DocumentKind, pack::build::Built},
};
use rusqlite::types::Value;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use street::{by_the_feed, enrolled, held, key, offer, packed, same, told, world};

fn first_household(of_each: usize) -> HouseholdId {
    let mut told = told(of_each).into_iter();
    let first = told.find(|told| told.kind() == DocumentKind::HOUSEHOLD);
    HouseholdId::from(first.expect("a household").id())
}

fn is_here(phone: &Phone, id: HouseholdId) -> bool {
    let listed = phone.households(String::new()).unwrap();
    listed.iter().any(|row| row.id == id)
}

/// The lists come and the first frame of households, then the centre is busy.
fn only_a_part(world: &World, built: &Built) {
    assert!(built.manifest.files[1].frames.len() > 1);
    let mut fates = vec![
        Fate::AnswerCut(built.manifest.files[1].offset(1) as usize + 10),
        Fate::Usual,
    ];
    world
        .centre
        .fates(move |call| match call.url.contains("/packs/") {
            true => fates
                .pop()
                .unwrap_or_else(|| Fate::Instead(refusal(503, "SERVER_BUSY"))),
            false => Fate::Usual,
        });
}

#[tokio::test]
async fn what_was_erased_while_its_pack_was_fetched_leaves_the_phone_with_the_next_pack() {
    let (world, built) = world(12, street::SMALL);
    offer(&world, &built, &key());
    let phone = enrolled(&world).await;
    only_a_part(&world, &built);
    phone.sync_once().await.unwrap();
    let before = held(&world);
    assert!(!before["frames"].is_empty() && !before["change"].is_empty());
    // one that came out of the pack already, and one that is only listed
    let out = format!("{:?}", before["change"]);
    let households = told(12)
        .into_iter()
        .filter(|told| told.kind() == DocumentKind::HOUSEHOLD);
    let (came, listed): (Vec<_>, Vec<_>) = households.partition(|told| {
        let id = Value::Blob(told.id().0.as_bytes().to_vec());
        out.contains(&format!("{id:?}"))
    });
    let leaving = [
        came.first().expect("one came").id(),
        listed.last().expect("one did not").id(),
    ];
    for id in leaving {
        assert!(is_here(&phone, id.into()));
        world.centre.erases(id);
    }
    // the old pack is withdrawn, the next one begins behind the erasures and says nothing of them
    offer(&world, &packed(&world, 12), &key());
    world.centre.fates(|_| Fate::Usual);
    phone.sync_once().await.unwrap();
    phone.sync_once().await.unwrap();
    for id in leaving {
        assert!(!is_here(&phone, id.into()));
    }
    let got = held(&world);
    for table in ["waiting", "early", "frames", "outbox"] {
        assert!(got[table].is_empty(), "{table}");
    }
    world.centre.state().pack = None;
    let other = world.another();
    let feed = enrolled(&other).await;
    feed.sync_once().await.unwrap();
    let meant = held(&other);
    for table in [
        "change",
        "household",
        "incident",
        "patrol",
        "task_done",
        "cursor",
    ] {
        assert_eq!(got[table].len(), meant[table].len(), "{table}");
        assert_eq!(got[table], meant[table], "{table}");
    }
}

#[tokio::test]
async fn a_pack_of_a_feed_that_documents_left_adds_up_and_the_feed_behind_it_is_read() {
    let (world, _) = world(8, street::SMALL);
    let id = first_household(8);
    world.centre.moves(id.into());
    let built = packed(&world, 8);
    offer(&world, &built, &key());
    let phone = enrolled(&world).await;
    phone.sync_once().await.unwrap();
    assert!(!is_here(&phone, id));
    let got = held(&world);
    assert!(got["waiting"].is_empty() && !got["household"].is_empty());
    // it comes back, and leaves again, behind the pack
    world.centre.comes_back(id.into());
    phone.sync_once().await.unwrap();
    assert!(is_here(&phone, id));
    world.centre.moves(id.into());
    phone.sync_once().await.unwrap();
    assert!(!is_here(&phone, id));
    let (cursors, wish) = world.centre.state().said.last().cloned().unwrap();
    assert!(cursors[0].position > built.manifest.cursor.position);
    assert_eq!(wish, Some(Default::default()), "nothing was refused");
}

#[tokio::test]
async fn a_document_that_moves_into_a_grid_whose_pack_is_coming_is_here_at_every_moment() {
    let (world, _) = world(8, street::SMALL);
    let id = first_household(8);
    world.centre.moves(id.into());
    world.centre.state().readable = vec![NEXT_GRID];
    let phone = enrolled(&world).await;
    phone.sync_once().await.unwrap();
    assert!(is_here(&phone, id));

    world.centre.comes_back(id.into());
    world.centre.state().readable = vec![GRID, NEXT_GRID];
    offer(&world, &packed(&world, 8), &key());
    let looks = Arc::new(AtomicUsize::new(0));
    let (seen, counted) = (phone.clone(), looks.clone());
    let mut busy = 3;
    world.centre.fates(move |call| {
        assert!(is_here(&seen, id), "it was gone for a moment");
        counted.fetch_add(1, Ordering::Relaxed);
        if call.url.contains("/packs/") && busy > 0 {
            busy -= 1;
            return Fate::Instead(refusal(503, "SERVER_BUSY"));
        }
        Fate::Usual
    });
    for _ in 0..6 {
        phone.sync_once().await.unwrap();
        assert!(is_here(&phone, id));
    }
    assert!(looks.load(Ordering::Relaxed) > 6);
    let got = held(&world);
    assert!(got["waiting"].is_empty() && got["frames"].is_empty());
    // the same hand goes on with it, in the grid where it lives now
    let visit = phone.begin_visit(id, None).unwrap();
    phone.save_visit(id, visit).unwrap();
    phone.sync_once().await.unwrap();
    let state = world.centre.state();
    let sent = state.uploads.last().expect("sent").last().expect("a group");
    assert_eq!((sent.partition.grid, sent.incarnation), (GRID, 1));
}

#[tokio::test]
async fn a_grid_that_is_lost_while_its_pack_is_coming_leaves_nothing_behind() {
    let (world, built) = world(12, street::SMALL);
    offer(&world, &built, &key());
    let phone = enrolled(&world).await;
    only_a_part(&world, &built);
    phone.sync_once().await.unwrap();
    assert!(!phone.households(String::new()).unwrap().is_empty());
    world.centre.state().readable = vec![NEXT_GRID];
    world.centre.fates(|_| Fate::Usual);
    world.centre.state().pack = None;
    phone.sync_once().await.unwrap();
    phone.sync_once().await.unwrap();
    let got = held(&world);
    for table in [
        "change",
        "placed",
        "household",
        "incident",
        "patrol",
        "waiting",
        "early",
        "frames",
    ] {
        assert_eq!(got[table], Vec::<String>::new(), "{table}");
    }
    // and the grid comes again, lists first
    world.centre.state().readable = vec![GRID];
    offer(&world, &built, &key());
    only_a_part(&world, &built);
    phone.sync_once().await.unwrap();
    assert!(!phone.households(String::new()).unwrap().is_empty());
    world.centre.fates(|_| Fate::Usual);
    phone.sync_once().await.unwrap();
    let (mut got, mut meant) = (held(&world), by_the_feed(12).await);
    // its actors are retired
    got.remove("document");
    meant.remove("document");
    got.remove("cursor");
    meant.remove("cursor");
    same(&got, &meant);
}
