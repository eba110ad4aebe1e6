//! How photos are read, and what happens to one that a disk lost: it is never shown, it is asked for again from the phones
//! that still have it, the console says so, and what nobody's row or record names goes only when it is old. In a folder and in
//! a bucket alike (`scripts/bucket.sh`).

mod field;

use field::{
    Field, demo_street,
    desk::{Desk, somebody},
    hazard::{report_beside, report_with, submit},
    partition,
    phone::{Phone, refusal, refused},
    shelf::{damage, lose},
    tus::{append, create, header, picture, pictures, upload},
};
use gridwalk_core::{
    error::Code,
    ids::{EventId, Hash, IncidentId},
    incident::{self, IncidentAction, IncidentEvent},
};
use gridwalk_server::{
    rebuild::rebuild,
    scrub::scrub,
    store::{
        blob, device,
        loss::{self, Kind, Scrubbed},
        params, person, reference,
    },
};
use reqwest::Response;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};
use uuid::Uuid;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

async fn get(phone: &Phone, hash: &Hash, headers: &[(&str, &str)]) -> Response {
    let mut asked = phone.http.get(format!("{}/blobs/{hash}", phone.url));
    for (name, value) in headers {
        asked = asked.header(*name, *value);
    }
    asked
        .bearer_auth(&phone.token)
        .send()
        .await
        .expect("an answer")
}

/// A phone that reported a hazard with this photo, and brought it.
async fn reported(field: &Field) -> Phone {
    let mut lin = field.phone("lin-xiao").await;
    upload(&lin, &picture().jpeg).await.expect("a photo");
    report_with(&mut lin, 1, picture());
    lin.sync().await.expect("an exchange");
    lin
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_read_in_parts_and_not_again_by_whoever_has_it() {
    let field = Field::open().await;
    let lin = reported(&field).await;
    let (bytes, hash) = (&picture().jpeg, Hash::of(&picture().jpeg));
    let tag = format!("\"{hash}\"");
    let whole = get(&lin, &hash, &[]).await;
    assert_eq!(
        (whole.status().as_u16(), header(&whole, "etag")),
        (200, tag.clone())
    );
    assert_eq!(header(&whole, "accept-ranges"), "bytes");
    assert_eq!(header(&whole, "content-type"), "image/jpeg");
    assert_eq!(header(&whole, "x-content-type-options"), "nosniff");
    assert_eq!(
        header(&whole, "content-security-policy"),
        "default-src 'none'; frame-ancestors 'none'; sandbox"
    );
    assert_eq!(
        header(&whole, "cache-control"),
        "private, max-age=31536000, immutable"
    );
    let part = get(&lin, &hash, &[("range", "bytes=1000-1999")]).await;
    assert_eq!(part.status(), 206);
    assert_eq!(
        header(&part, "content-range"),
        format!("bytes 1000-1999/{}", bytes.len())
    );
    assert_eq!(part.bytes().await.expect("a part"), bytes[1000..2000]);
    let beyond = get(&lin, &hash, &[("range", "bytes=99999999-")]).await;
    assert_eq!(beyond.status(), 416);
    assert_eq!(
        header(&beyond, "content-range"),
        format!("bytes */{}", bytes.len())
    );
    let known = get(&lin, &hash, &[("if-none-match", &tag)]).await;
    assert_eq!(known.status(), 304);
    let other = get(
        &lin,
        &hash,
        &[("range", "bytes=0-1"), ("if-range", "\"other\"")],
    )
    .await;
    assert_eq!(other.status(), 200);
    // to a stranger it does not exist, whatever part he asks for and whatever he says he has
    let stranger = field.phone("ge-shuangjiang").await;
    let secret = Hash::of(&pictures()[3].jpeg);
    for asked in [("range", "bytes=0-1"), ("if-none-match", "*")] {
        assert_eq!(get(&stranger, &secret, &[asked]).await.status(), 404);
    }
}

/// How often the trail says that this subject opened this original.
async fn openings(field: &Field, subject: String, original: Hash) -> i64 {
    let object = format!("original {original}");
    let asked = field.ask(move |connection| {
        connection.query_row(
            "select count(*) from audit where action = 'open' and result = 'done' and subject = ?1 and object = ?2",
            params![subject, object],
            |row| row.get(0),
        )
    });
    asked.await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_original_is_sent_to_whoever_said_what_for_and_each_sending_is_written_down_before() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let (shown, camera) = (&picture().jpeg, &pictures()[2].jpeg);
    let (photo, original) = (Hash::of(shown), Hash::of(camera));
    for bytes in [shown, camera] {
        upload(&lin, bytes).await.expect("a photo");
    }
    let case = report_beside(&mut lin, 1, picture(), Some(camera));
    submit(&mut lin, case, partition("梧桐-03"));
    lin.sync().await.expect("an exchange");
    let opened = "select count(*) from audit where action = 'open' and result = 'done'";
    assert_eq!(get(&lin, &photo, &[]).await.status(), 200);
    assert_eq!(
        field.count(opened).await,
        0,
        "everybody who works on it sees a photo"
    );

    // the console and a colleague's phone have one door each, and each asks what for
    let lead = Desk::open(&field, somebody("lead", Some("梧桐-03"))).await;
    let asked = lead.get(&format!("/api/registry/photos/{original}"));
    let answer = asked.send().await.expect("an answer");
    assert_eq!(refused(answer).await, refusal(403, Code::Forbidden));
    let id = IncidentId(case.0);
    let acts = format!("/api/registry/incidents/{id}/actions");
    let why =
        |reason: &str| json!({"type": "open_original", "original": original, "reason": reason});
    let silent = lead.post(&acts, &why(" ")).send().await.expect("an answer");
    assert_eq!(refused(silent).await, refusal(422, Code::MissingReason));
    let said = lead.post(&acts, &why("群众投诉复核")).send().await;
    assert_eq!(said.expect("an answer").status(), 200);
    let told = "select action from incident_event where type = 'open_original' and applied = 1";
    let story: Value = serde_json::from_str(&field.text(told).await).expect("an action");
    assert_eq!(story, why("群众投诉复核"));
    let seen = lead.get(&format!("/api/registry/photos/{original}"));
    let seen = seen.send().await.expect("an answer");
    assert_eq!(
        (seen.status().as_u16(), header(&seen, "cache-control")),
        (200, "no-store".into())
    );
    assert_eq!(header(&seen, "content-type"), "image/jpeg");
    assert_eq!(header(&seen, "x-content-type-options"), "nosniff");
    assert_eq!(
        header(&seen, "content-security-policy"),
        "default-src 'none'; frame-ancestors 'none'; sandbox"
    );
    assert_eq!(seen.bytes().await.expect("an original"), camera[..]);
    let by_lead = openings(&field, lead.person.id.to_string(), original);
    assert_eq!(by_lead.await, 1);
    // what one person said opens nothing for another, also not for whoever took it
    let shut = get(&lin, &original, &[]).await;
    assert_eq!(refused(shut).await, refusal(403, Code::Forbidden));
    let home = partition("梧桐-03");
    let looked = lin.act(case, home, field.clock.now(), |document, author, order| {
        let event = IncidentEvent {
            id: EventId(Uuid::from_u128(case.0.as_u128() + 9)),
            act: author.act.clone(),
            department: None,
            action: IncidentAction::OpenOriginal {
                original,
                reason: "去现场前看一眼".into(),
            },
        };
        incident::record(document.expect("the case"), &event, author, order)
    });
    looked.expect("an opening");
    lin.sync().await.expect("an exchange");
    let tag = format!("\"{original}\"");
    for (headers, status) in [
        (&[][..], 200),
        (&[("range", "bytes=0-9")], 206),
        (&[("if-none-match", &*tag)], 304),
    ] {
        let answer = get(&lin, &original, headers).await;
        assert_eq!(
            (answer.status().as_u16(), header(&answer, "cache-control")),
            (status, "no-store".into())
        );
    }
    let by_phone = openings(&field, lin.device.to_string(), original);
    assert_eq!(by_phone.await, 3, "a part of it is a look at it");
    let refusals = "select count(*) from audit where action = 'open' and result = 'FORBIDDEN'";
    assert_eq!(field.count(refusals).await, 2, "so is a try");

    // outside the scope there is none, and nothing was opened
    let grid = lead.person.grids[0];
    let stranger = demo_street().people.iter();
    let mut stranger = stranger.filter(|p| p.role == "lead" && !p.grids.contains(&grid));
    let elsewhere = Desk::open(&field, stranger.next().expect("another lead")).await;
    let nothing = elsewhere.get(&format!("/api/registry/photos/{original}"));
    assert_eq!(nothing.send().await.expect("an answer").status(), 404);
    assert_eq!(field.count(opened).await, 4);
    // a session that somebody uses goes on, an opening does not
    field.clock.advance_ms(8 * 60_000);
    lead.json("/api/registry/incidents").await;
    field.clock.advance_ms(7 * 60_000);
    let later = lead.get(&format!("/api/registry/photos/{original}"));
    assert_eq!(later.send().await.expect("an answer").status(), 403);
    let listed = lead.json("/api/registry/incidents").await;
    let line = listed
        .as_array()
        .expect("lines")
        .iter()
        .find(|line| line["local_no"] == "梧桐-03-0914-001");
    assert_eq!(
        line.expect("the case")["photos"],
        1,
        "an original is no photo more"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_photo_is_never_shown_and_whoever_has_it_is_asked_until_somebody_brought_it() {
    let field = Field::open().await;
    let mut lin = reported(&field).await;
    let mut neighbour = field.phone("ge-shuangjiang").await;
    let (bytes, hash) = (&picture().jpeg, Hash::of(&picture().jpeg));
    neighbour.sync().await.expect("news");
    let (quiet, _) = neighbour.exchange().await.expect("an exchange");
    assert_eq!(quiet.wanted, None);

    let mut bad = bytes.clone();
    bad[5000] ^= 1;
    damage(&field, &hash, bad).await;
    let shown = get(&lin, &hash, &[("range", "bytes=0-99")]).await;
    assert_eq!(refused(shown).await, refusal(410, Code::PhotoDamaged));
    for phone in [&mut lin, &mut neighbour] {
        let (asking, _) = phone.exchange().await.expect("an exchange");
        assert_eq!(asking.wanted, Some(vec![hash]));
    }
    let lead = Desk::open(&field, somebody("lead", Some("梧桐-03"))).await;
    let keeping = lead.json("/api/registry/lost-photos").await;
    assert_eq!(keeping["lost"][0]["hash"], hash.to_string());
    assert_eq!(keeping["lost"][0]["kind"], "damaged");
    assert_eq!(keeping["lost"][0]["shown_as"], "incident");

    // a colleague who looked at it brings it as well as whoever took it
    let told = create(&neighbour, &hash, bytes.len()).await;
    assert_eq!(header(&told, "upload-offset"), "0", "it is not here");
    upload(&neighbour, bytes).await.expect("a photo");
    assert_eq!(
        get(&lin, &hash, &[]).await.bytes().await.expect("a photo"),
        bytes[..]
    );
    let (quiet, _) = lin.exchange().await.expect("an exchange");
    assert_eq!(quiet.wanted, None);
    assert_eq!(
        lead.json("/api/registry/lost-photos").await["lost"]
            .as_array()
            .map(Vec::len),
        Some(0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrub_finds_what_is_missing_or_damaged_and_removes_only_what_is_old_and_nobodys() {
    let field = Field::open().await;
    let lin = reported(&field).await;
    let state = field.server.state();
    let thumbnail = Hash::of(&picture().thumbnail);
    upload(&lin, &pictures()[1].jpeg).await.expect("a photo");
    let damaged = Hash::of(&pictures()[1].jpeg);
    let in_days = |days: u64| SystemTime::now() + Duration::from_secs(days * 24 * 3600);
    let whole = scrub(state, |_| true, in_days(0)).await.expect("a scrub");
    let clean = Scrubbed {
        blobs: 3,
        ..Scrubbed::default()
    };
    assert_eq!(whole, clean);

    lose(&field, &thumbnail).await;
    damage(&field, &damaged, b"\xff\xd8half".to_vec()).await;
    let stray = state.blobs.put(b"a stray").expect("a stray");
    let expected = |removed| Scrubbed {
        blobs: 3,
        losses: 2,
        strays: 1,
        removed,
    };
    // a folder and a bucket have a clock of their own, so the scrub comes later instead of the file earlier
    let seen = scrub(state, |_| true, in_days(29)).await.expect("a scrub");
    assert_eq!(seen, expected(0));
    assert!(state.blobs.has(&stray));
    let seen = scrub(state, |_| true, in_days(31)).await.expect("a scrub");
    assert_eq!(seen, expected(1));
    assert!(!state.blobs.has(&stray));
    assert!(
        state.blobs.has(&Hash::of(&picture().jpeg)),
        "it has its row"
    );
    let lead = Desk::open(&field, somebody("lead", Some("梧桐-03"))).await;
    let keeping = lead.json("/api/registry/lost-photos").await;
    assert_eq!(keeping["scrubbed"]["losses"], 2);
    let lost = keeping["lost"].as_array().expect("a list");
    let mut kinds: Vec<_> = lost.iter().map(|lost| lost["kind"].as_str()).collect();
    kinds.sort();
    assert_eq!(kinds, [Some("damaged"), Some("missing")]);
    // read without comparing, what is damaged is not seen; what is missing is
    upload(&lin, &picture().thumbnail)
        .await
        .expect("a thumbnail");
    let listed = scrub(state, |_| false, in_days(0)).await.expect("a scrub");
    assert_eq!((listed.blobs, listed.losses), (3, 0));
}

/// What of these is not here, and was brought by this phone: so the server asks it.
async fn lost(field: &Field, phone: &Phone, hashes: Vec<Hash>) {
    let (device, now) = (phone.device, field.clock.now());
    let written = field.server.state().store.write(move |connection| {
        for hash in &hashes {
            blob::add(connection, hash, 70_000, "image/jpeg", Some(device), now)?;
            loss::note(connection, hash, Kind::Missing, now)?;
        }
        Ok(())
    });
    written.await.expect("losses");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lost_photo_is_asked_for_in_turn_however_many_nobody_has_any_more() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let mut neighbour = field.phone("ge-shuangjiang").await;
    let hashes: Vec<Hash> = (0..200)
        .map(|n| Hash::of(format!("photo {n}").as_bytes()))
        .collect();
    lost(&field, &lin, hashes[..130].to_vec()).await;
    lost(&field, &neighbour, hashes[130..].to_vec()).await;
    let (mut of_lin, mut of_neighbour) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..3 {
        for (phone, asked) in [(&mut lin, &mut of_lin), (&mut neighbour, &mut of_neighbour)] {
            let (answer, _) = phone.exchange().await.expect("an exchange");
            let wanted = answer.wanted.expect("lost photos");
            assert_eq!(wanted.len(), 64, "as many as an answer holds");
            assert_eq!(wanted.iter().collect::<BTreeSet<_>>().len(), 64);
            asked.extend(wanted);
        }
    }
    assert_eq!(
        of_lin,
        hashes[..130].iter().copied().collect::<BTreeSet<_>>()
    );
    assert_eq!(
        of_neighbour,
        hashes[130..].iter().copied().collect::<BTreeSet<_>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_no_record_named_for_a_month_goes_and_one_that_a_record_named_late_stays() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let state = field.server.state();
    let late = Hash::of(&picture().jpeg);
    let nobodys = Hash::of(&pictures()[1].jpeg);
    for bytes in [
        &picture().jpeg,
        &pictures()[1].jpeg,
        &pictures()[1].thumbnail,
    ] {
        upload(&lin, bytes).await.expect("a photo");
    }
    let night = async || {
        let now = SystemTime::now();
        scrub(state, |_| false, now).await.expect("a scrub")
    };
    night().await;
    field.clock.advance_ms(29 * DAY_MS);
    night().await;
    for hash in [&late, &nobodys] {
        assert!(state.blobs.has(hash), "its record may be on the way");
    }
    lin.renew_token().await.expect("a token");
    report_with(&mut lin, 1, picture());
    lin.sync().await.expect("a late record");
    // whoever begins again what is here has a receipt for another month
    let again = create(
        &lin,
        &Hash::of(&pictures()[1].thumbnail),
        pictures()[1].thumbnail.len(),
    )
    .await;
    assert!(header(&again, "location").starts_with("/blobs/"));
    field.clock.advance_ms(2 * DAY_MS);
    let seen = night().await;
    assert_eq!((seen.losses, seen.blobs), (0, 4));
    assert!(state.blobs.has(&late));
    assert!(!state.blobs.has(&nobodys));
    assert!(state.blobs.has(&Hash::of(&pictures()[1].thumbnail)));
    assert_eq!(field.count("select count(*) from blob").await, 3);
    let after = night().await;
    assert_eq!((after.losses, after.blobs), (0, 3), "nobody misses it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_whose_record_waits_for_a_person_waits_with_it() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let state = field.server.state();
    let (device, now) = (lin.device, field.clock.now());
    let revoked = state
        .store
        .write(move |connection| device::revoke(connection, device, now));
    assert!(revoked.await.expect("a revocation"));
    lin.renew_token().await.expect("a token to deliver with");
    upload(&lin, &picture().jpeg).await.expect("a photo");
    report_with(&mut lin, 1, picture());
    let _ = lin.exchange().await.expect("an exchange");
    assert_eq!(field.count("select count(*) from evidence").await, 1);
    for _ in 0..3 {
        scrub(state, |_| false, SystemTime::now())
            .await
            .expect("a scrub");
        field.clock.advance_ms(31 * DAY_MS);
    }
    assert!(state.blobs.has(&Hash::of(&picture().jpeg)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_photo_that_nobody_noticed_gives_no_receipt_and_is_taken_again() {
    let field = Field::open().await;
    let lin = reported(&field).await;
    let (bytes, hash) = (&picture().jpeg, Hash::of(&picture().jpeg));
    let mut bad = bytes.clone();
    bad[5000] ^= 1;
    damage(&field, &hash, bad).await;
    let begun = create(&lin, &hash, bytes.len()).await;
    let place = header(&begun, "location");
    assert_ne!(place, format!("/blobs/{hash}"));
    assert_eq!(field.count("select count(*) from blob_loss").await, 1);
    let done = append(&lin, &place, 0, bytes).await;
    assert_eq!(header(&done, "location"), format!("/blobs/{hash}"));
    assert_eq!(field.count("select count(*) from blob_loss").await, 0);
    let kept = field.server.state().blobs.get(&hash);
    assert_eq!(kept.expect("a photo"), bytes[..]);
    let again = create(&lin, &hash, bytes.len()).await;
    assert_eq!(header(&again, "location"), format!("/blobs/{hash}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_reads_nothing_of_a_grid_that_it_lost_also_not_what_it_brought_itself() {
    let field = Field::open().await;
    let lin = reported(&field).await;
    let unnamed = Hash::of(&pictures()[1].jpeg);
    upload(&lin, &pictures()[1].jpeg).await.expect("a photo");
    let shown = [&picture().jpeg, &picture().thumbnail].map(|bytes| Hash::of(bytes));
    for hash in shown.iter().chain([&unnamed]) {
        assert_eq!(get(&lin, hash, &[]).await.status(), 200);
    }
    let (now, elsewhere) = (field.clock.now(), partition("白鹭-01").grid);
    let moved = field.server.state().store.write(move |connection| {
        let id = person::by_login(connection, "lin-xiao")?.expect("somebody");
        let mut person = person::by_id(connection, id)?.expect("somebody");
        person.grids = vec![elsewhere];
        reference::reassign(connection, &person, None, now)?;
        Ok(())
    });
    moved.await.expect("another grid");
    for hash in &shown {
        assert_eq!(get(&lin, hash, &[]).await.status(), 404);
    }
    let own = get(&lin, &unnamed, &[]).await.status();
    assert_eq!(own, 200, "its record is still on the phone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_a_record_named_a_day_ago_and_that_never_came_is_shown_where_its_grid_is() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    let case = report_with(&mut lin, 1, picture());
    lin.sync().await.expect("a record before its photo");
    let named_at = field.clock.now();
    let missed = async |grid: &str| {
        let desk = Desk::open(&field, somebody("lead", Some(grid))).await;
        desk.json("/api/registry/awaited-photos").await
    };
    let none = json!({"count": 0, "photos": []});
    assert_eq!(missed("梧桐-03").await, none, "it is on the way");
    // what is added to the record later does not begin the day again, nor does a rebuild
    field.clock.advance_ms(23 * HOUR_MS);
    lin.renew_token().await.expect("a token");
    submit(&mut lin, case, partition("梧桐-03"));
    lin.sync().await.expect("an exchange");
    rebuild(&field.server.state().store)
        .await
        .expect("a rebuild");
    assert_eq!(missed("梧桐-03").await, none);
    field.clock.advance_ms(2 * HOUR_MS);
    let told = missed("梧桐-03").await;
    assert_eq!(told["count"], 1);
    let photo = &told["photos"][0];
    assert_eq!(photo["hash"], Hash::of(bytes).to_string());
    assert_eq!(photo["document"], case.to_string());
    assert_eq!(photo["shown_as"], "incident");
    assert_eq!(photo["named_at"], json!(named_at));
    assert_eq!(missed("白鹭-01").await, none, "a grid elsewhere");
    lin.renew_token().await.expect("a token");
    upload(&lin, bytes).await.expect("a photo");
    assert_eq!(missed("梧桐-03").await, none);
    assert_eq!(field.count("select count(*) from photo_awaited").await, 0);
}
