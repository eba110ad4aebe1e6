//! Packs over HTTP: built in the background, offered to whoever has nothing yet, fetched by range by whoever may read
//! the grid, and never in the way of a phone that does not speak of them.

mod field;

use ed25519_dalek::VerifyingKey;
use field::{Field, demo_street, door, hazard::report, partition, phone::Phone};
use gridwalk_core::{
    ids::Hash,
    sync::{
        frame::{self, Effort},
        message::{Digest, DocumentKind, PackNews, PackWish, Request, Response},
        pack::{
            self, Content, Manifest,
            build::{self, Press},
            read,
        },
    },
};
use gridwalk_server::{
    departure::erase_document,
    packs,
    store::{audit::Entry, pack as packs_of},
};
use reqwest::{StatusCode, header};

/// A grid with forty doors, a report, and its pack.
async fn furnished() -> (Field, Phone) {
    let field = Field::configured(|config| config.pack_least = 10).await;
    let home = partition("梧桐-03").grid.0;
    let doors = demo_street().households.iter();
    for door in doors
        .filter(|door| door.grid == home && !door.contact_phone.is_empty())
        .take(40)
    {
        field.furnish(door).await;
    }
    let mut lin = field.phone("lin-xiao").await;
    report(&mut lin, 1);
    lin.sync().await.expect("an exchange");
    build(&field).await;
    (field, lin)
}

async fn build(field: &Field) -> usize {
    let state = field.server.state().clone();
    tokio::task::spawn_blocking(move || packs::build_due(&state))
        .await
        .expect("built")
        .expect("built")
}

/// What a phone with nothing says; with a word of packs or without.
async fn first(phone: &Phone, wish: Option<PackWish>) -> Response {
    let request = Request {
        cursors: Vec::new(),
        reference: u64::MAX,
        packs: wish,
        ..phone.prepare().request
    };
    let answer = phone
        .post(frame::encode(&request, Effort::Small).expect("a body"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    frame::decode(&answer.bytes().await.expect("a body")).expect("a response")
}

fn manifest(news: &PackNews) -> Manifest {
    let key: [u8; 32] = news.key[..].try_into().expect("32 bytes");
    let key = VerifyingKey::from_bytes(&key).expect("a key");
    assert_eq!(news.offers.len(), 1);
    pack::verify(&key, &news.offers[0]).expect("signed by the server")
}

async fn fetch(
    phone: &Phone,
    file: &Hash,
    range: Option<&str>,
) -> (StatusCode, Option<String>, Vec<u8>) {
    let mut request = phone
        .http
        .get(format!("{}/packs/{file}", phone.url))
        .bearer_auth(&phone.token);
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    let said = answer.headers().get(header::CONTENT_RANGE);
    let said = said.map(|value| value.to_str().expect("text").to_owned());
    (status, said, answer.bytes().await.expect("a body").to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_with_nothing_is_offered_the_grid_as_a_file_and_reads_on_behind_it() {
    let (field, mut lin) = furnished().await;
    let news = first(&lin, Some(PackWish::default())).await;
    assert!(
        news.partitions
            .iter()
            .all(|news| news.partition != partition("梧桐-03"))
    );
    let manifest = manifest(news.packs.as_ref().expect("an offer"));
    assert_eq!(manifest.cursor.partition, partition("梧桐-03"));
    assert_eq!(
        Some(&manifest.cursor),
        lin.cursors.get(&partition("梧桐-03"))
    );

    let (mut sum, mut documents, mut doors) = (Digest::EMPTY, 0, 0);
    for file in &manifest.files {
        for (number, frame) in file.frames.iter().enumerate() {
            let from = file.offset(number);
            let to = from + u64::from(frame.packed) - 1;
            let (status, said, bytes) =
                fetch(&lin, &file.hash, Some(&format!("bytes={from}-{to}"))).await;
            assert_eq!(status, StatusCode::PARTIAL_CONTENT);
            assert_eq!(said, Some(format!("bytes {from}-{to}/{}", file.bytes())));
            if file.content == Content::INDEX {
                doors += read::index(frame, &bytes).expect("an index").len();
                continue;
            }
            for packed in read::documents(&manifest, file, frame, &bytes).expect("documents") {
                let unpacked = read::unpack(&packed).expect("a document");
                assert_eq!(
                    unpacked.document.heads(),
                    lin.documents[&packed.document].heads()
                );
                for (position, change) in &unpacked.changes {
                    assert_eq!(lin.positions.get(&change.hash), Some(position));
                    sum.add(&change.hash);
                }
                documents += 1;
            }
        }
        let (status, _, whole) = fetch(&lin, &file.hash, None).await;
        assert_eq!((status, Hash::of(&whole)), (StatusCode::OK, file.hash));
    }
    assert!(read::adds_up(&manifest, &sum));
    assert_eq!((documents, doors), (41, 41));

    // what comes afterwards is in the feed behind it
    report(&mut lin, 16);
    lin.sync().await.expect("an exchange");
    let request = Request {
        cursors: vec![manifest.cursor],
        ..lin.prepare().request
    };
    let answer = lin
        .post(frame::encode(&request, Effort::Small).expect("a body"))
        .send()
        .await;
    let bytes = answer.expect("an answer").bytes().await.expect("a body");
    let behind: Response = frame::decode(&bytes).expect("a response");
    assert_eq!(
        behind.partitions[0].rows[0].position,
        manifest.cursor.position + 1
    );
    assert!(behind.packs.is_none());
    drop(field);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_speak_of_packs_or_will_not_have_this_one_reads_the_feed() {
    let (_field, lin) = furnished().await;
    let here = partition("梧桐-03");
    let rows = |response: &Response| {
        let news = response
            .partitions
            .iter()
            .find(|news| news.partition == here);
        news.map_or(0, |news| news.rows.len())
    };
    let older = first(&lin, None).await;
    assert!(rows(&older) > 40 && older.packs.is_none());
    let refused = PackWish {
        refused: vec![here],
        ..PackWish::default()
    };
    let refused = first(&lin, Some(refused)).await;
    assert!(rows(&refused) > 40 && refused.packs.is_none());

    let offered = first(&lin, Some(PackWish::default())).await;
    let name = pack::name(&offered.packs.as_ref().expect("an offer").offers[0]);
    let under_way = |name| PackWish {
        under_way: vec![name],
        ..PackWish::default()
    };
    let quiet = first(&lin, Some(under_way(name))).await;
    assert_eq!((rows(&quiet), &quiet.packs), (0, &None));
    // one that nobody here knows: another offer
    let lost = first(&lin, Some(under_way(Hash([1; 32])))).await;
    assert!(lost.packs.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_a_grid_does_not_learn_that_it_has_a_pack() {
    let (field, lin) = furnished().await;
    let news = first(&lin, Some(PackWish::default())).await;
    let manifest = manifest(news.packs.as_ref().expect("an offer"));
    let file = manifest.files[0].hash;
    let home = partition("梧桐-03").grid.0;
    let stranger = demo_street()
        .people
        .iter()
        .find(|person| person.role == "worker" && !person.grids.contains(&home))
        .expect("a colleague elsewhere");
    let stranger = field.phone(&stranger.login).await;
    let (status, _, body) = fetch(&stranger, &file, Some("bytes=0-9")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (none, _, nothing) = fetch(&stranger, &Hash([3; 32]), Some("bytes=0-9")).await;
    assert_eq!((none, nothing), (status, body), "as if there were none");
    assert!(
        first(&stranger, Some(PackWish::default()))
            .await
            .packs
            .is_none()
    );

    let anonymous = lin
        .http
        .get(format!("{}/packs/{file}", lin.url))
        .send()
        .await;
    assert_eq!(
        anonymous.expect("an answer").status(),
        StatusCode::UNAUTHORIZED
    );
    for (name, range, status) in [
        (
            file.to_string(),
            "bytes=99999999-",
            StatusCode::RANGE_NOT_SATISFIABLE,
        ),
        (
            file.to_string(),
            "bytes=-5",
            StatusCode::RANGE_NOT_SATISFIABLE,
        ),
        (
            "..%2f..%2fregistry.db".into(),
            "bytes=0-9",
            StatusCode::NOT_FOUND,
        ),
        ("x".into(), "bytes=0-9", StatusCode::NOT_FOUND),
    ] {
        let request = lin.http.get(format!("{}/packs/{name}", lin.url));
        let answer = request
            .bearer_auth(&lin.token)
            .header(header::RANGE, range)
            .send()
            .await;
        assert_eq!(
            answer.expect("an answer").status(),
            status,
            "{name} {range}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_is_built_again_when_a_fifth_lies_behind_it_and_the_old_one_is_kept_for_a_day() {
    let (field, mut lin) = furnished().await;
    let offer = |response: Response| response.packs.expect("an offer").offers.remove(0);
    let old = offer(first(&lin, Some(PackWish::default())).await);
    assert_eq!(build(&field).await, 0, "nothing new");
    report(&mut lin, 16);
    lin.sync().await.expect("an exchange");
    assert_eq!(build(&field).await, 0, "two of forty-two");
    for minute in 17..24 {
        report(&mut lin, minute);
    }
    lin.sync().await.expect("an exchange");
    assert_eq!(build(&field).await, 1);
    let new = offer(first(&lin, Some(PackWish::default())).await);
    assert_ne!(pack::name(&new), pack::name(&old));
    // somebody in the middle of the old one is left in peace
    let wish = PackWish {
        under_way: vec![pack::name(&old)],
        ..PackWish::default()
    };
    assert!(first(&lin, Some(wish.clone())).await.packs.is_none());
    let old: Manifest = minicbor::decode(&old.manifest).expect("a manifest");
    let file = old.files.last().expect("a file").hash;
    assert_eq!(
        fetch(&lin, &file, Some("bytes=0-0")).await.0,
        StatusCode::PARTIAL_CONTENT
    );

    field.clock.advance_ms(25 * 3_600_000);
    build(&field).await;
    lin.renew_token().await.expect("a token");
    assert_eq!(
        fetch(&lin, &file, Some("bytes=0-0")).await.0,
        StatusCode::NOT_FOUND
    );
    assert!(first(&lin, Some(wish)).await.packs.is_some());
    assert!(
        !field.server.state().packs.has(&file),
        "the file is gone too"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_server_is_writing_is_not_swept_and_what_it_left_when_it_died_is() {
    let (field, lin) = furnished().await;
    let offered = first(&lin, Some(PackWish::default())).await;
    let named = manifest(&offered.packs.expect("an offer")).files[0].hash;
    let folder = field.server.state().config.packs();
    let (half, whole) = (folder.join("in-half"), Hash::of(b"a pack"));
    {
        // a server beside this one, between its files and its rows
        let beside = packs::Folder::open(&folder).expect("the same folder");
        let building = beside.building().expect("nobody sweeps");
        building.put(&whole, b"a pack").expect("durable");
        std::fs::write(&half, b"a pa").expect("half of one");
        build(&field).await;
        assert!(beside.has(&whole) && half.exists(), "somebody owns them");
    }
    build(&field).await;
    let packs = &field.server.state().packs;
    assert!(!packs.has(&whole) && !half.exists(), "nobody does any more");
    assert!(packs.has(&named));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_snapshot_makes_no_pack() {
    let field = Field::configured(|config| config.pack_least = 1).await;
    field.furnish(door("502")).await;
    field.furnish(door("301")).await;
    let store = &field.server.state().store;
    let damage = store.write(|connection| {
        connection.execute(
            "update document set snapshot = ?1 where id = (select id from document order by id limit 1)",
            [vec![0x85, 0x6f, 0x4a, 0x83]],
        )?;
        Ok(())
    });
    damage.await.expect("damaged");
    assert_eq!(build(&field).await, 0);
    let lin = field.phone("lin-xiao").await;
    let news = first(&lin, Some(PackWish::default())).await;
    assert!(
        news.packs.is_none() && !news.partitions.is_empty(),
        "the feed, then"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_door_is_in_no_pack_from_that_moment_on_and_the_next_one_adds_up() {
    let (field, mut lin) = furnished().await;
    let here = partition("梧桐-03");
    let old = manifest(
        &first(&lin, Some(PackWish::default()))
            .await
            .packs
            .expect("an offer"),
    );
    let mut documents = lin.documents.values();
    let door = documents.find(|held| held.kind() == DocumentKind::HOUSEHOLD);
    let id = door.expect("a door").id();
    let state = field.server.state().clone();
    // one that is being built at this very moment
    let material = state
        .store
        .read(move |connection| packs_of::material(connection, here));
    let material = material.await.expect("read").expect("something to pack");
    let by = Entry {
        subject: "operator".into(),
        action: "document_erase",
        object: String::new(),
        result: "done".into(),
        address: "test".into(),
    };
    erase_document(&state, id, "户主书面申请".into(), by)
        .await
        .expect("an erasure");
    for file in &old.files {
        assert_eq!(fetch(&lin, &file.hash, None).await.0, StatusCode::NOT_FOUND);
    }
    let quick = Press {
        level: 3,
        ..Press::default()
    };
    let late = build::build(material, quick).expect("a pack").manifest;
    let offer = pack::offer(&late, |purpose, bytes| state.key.sign(purpose, bytes));
    let (name, now) = (pack::name(&offer), field.clock.now());
    let added = state
        .store
        .write(move |connection| packs_of::add(connection, &late, &name, &offer, now));
    assert!(!added.await.expect("written"), "it is in there");
    assert!(first(&lin, Some(PackWish::default())).await.packs.is_none());

    assert_eq!(build(&field).await, 1);
    let new = manifest(
        &first(&lin, Some(PackWish::default()))
            .await
            .packs
            .expect("an offer"),
    );
    let (mut sum, mut kept) = (Digest::EMPTY, 0);
    for file in &new.files {
        let (_, _, bytes) = fetch(&lin, &file.hash, None).await;
        for (number, frame) in file.frames.iter().enumerate() {
            let from = file.offset(number) as usize;
            let packed = &bytes[from..from + frame.packed as usize];
            if file.content == Content::INDEX {
                let mut items = read::index(frame, packed).expect("an index").into_iter();
                assert!(items.all(|item| !item.view.contains(&id.to_string())));
                continue;
            }
            for document in read::documents(&new, file, frame, packed).expect("documents") {
                assert_ne!(document.document, id);
                let unpacked = read::unpack(&document).expect("a document");
                unpacked
                    .changes
                    .iter()
                    .for_each(|(_, change)| sum.add(&change.hash));
                kept += 1;
            }
        }
    }
    assert_ne!(new.rest, Digest::EMPTY, "the names of what was erased");
    assert!(read::adds_up(&new, &sum));
    assert_eq!(kept, 40);
    lin.sync().await.expect("an exchange");
    assert_eq!(lin.cursors[&here], new.cursor, "as by the feed");
}
