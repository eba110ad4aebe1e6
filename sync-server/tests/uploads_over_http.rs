//! What tus promises beyond its core: checksums, termination, expiration, and that any process goes on with what another
//! began; and how much a phone and a grid may bring.

mod field;

use field::{
    Field, hazard, nine,
    phone::{Phone, refusal, refused},
    tus::{append, ask, base64, create, header, picture, pictures, tus, upload},
};
use gridwalk_core::{error::Code, ids::Hash, sync::limits};
use gridwalk_server::{
    store::blob::{self, Piece},
    sweep::sweep,
};
use reqwest::{Method, Response};
use std::time::{Duration, SystemTime};

const DAY_MS: i64 = 24 * 3_600_000;

/// How many pieces lie among the parts.
fn pieces(field: &Field) -> usize {
    let blobs = &field.server.state().blobs;
    let listed = blobs.parts_at_rest(SystemTime::now() + Duration::from_secs(3600));
    listed.expect("a list").len()
}

async fn summed(phone: &Phone, place: &str, offset: usize, bytes: &[u8], sum: &str) -> Response {
    let url = format!("{}{place}", phone.url);
    tus(phone, phone.http.patch(url))
        .header("content-type", "application/offset+octet-stream")
        .header("upload-offset", offset)
        .header("upload-checksum", sum)
        .body(bytes.to_vec())
        .send()
        .await
        .expect("an answer")
}

fn sha256(bytes: &[u8]) -> String {
    format!("sha256 {}", base64(&Hash::of(bytes).0))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_what_it_speaks() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let asked = lin
        .http
        .request(Method::OPTIONS, format!("{}/blobs", lin.url));
    let answer = asked.send().await.expect("an answer");
    assert_eq!(answer.status(), 204);
    assert_eq!(
        header(&answer, "tus-extension"),
        "creation,checksum,termination,expiration"
    );
    assert_eq!(header(&answer, "tus-checksum-algorithm"), "sha256,sha1");
    assert_eq!(
        header(&answer, "tus-max-size"),
        (15 * 1024 * 1024).to_string()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_whose_checksum_does_not_fit_is_nothing_and_the_next_one_goes_on_where_it_began() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    let place = header(
        &create(&lin, &Hash::of(bytes), bytes.len()).await,
        "location",
    );
    let wrong = summed(&lin, &place, 0, &bytes[..1000], &sha256(&bytes[1..1001])).await;
    assert_eq!(refused(wrong).await, refusal(460, Code::BlobHashMismatch));
    assert_eq!(header(&ask(&lin, &place).await, "upload-offset"), "0");
    assert_eq!(pieces(&field), 0, "nothing is left of it");
    // the algorithm that every server of tus has to know
    let hello = b"hello world";
    let other = header(
        &create(&lin, &Hash::of(hello), hello.len()).await,
        "location",
    );
    let right = summed(
        &lin,
        &other,
        0,
        &hello[..5],
        "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=",
    )
    .await;
    assert_eq!(right.status(), 204);
    for strange in [
        "md5 XUFAKrxLKna5cZ2REBfFkg==",
        "sha256 abc",
        "sha256",
        "sha1 ====",
        "",
    ] {
        let answer = summed(&lin, &place, 0, &bytes[..1000], strange).await;
        assert_eq!(
            refused(answer).await,
            refusal(400, Code::BodyMalformed),
            "{strange}"
        );
    }
    let right = summed(&lin, &place, 0, &bytes[..1000], &sha256(&bytes[..1000])).await;
    assert_eq!(header(&right, "upload-offset"), "1000");
    let last = summed(&lin, &place, 1000, &bytes[1000..], &sha256(&bytes[1000..])).await;
    assert_eq!(
        header(&last, "location"),
        format!("/blobs/{}", Hash::of(bytes))
    );
    assert_eq!(pieces(&field), 1, "what the other upload has");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_given_up_leaves_nothing_and_only_its_phone_gives_it_up() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let neighbour = field.phone("ge-shuangjiang").await;
    let bytes = &picture().jpeg;
    let place = header(
        &create(&lin, &Hash::of(bytes), bytes.len()).await,
        "location",
    );
    append(&lin, &place, 0, &bytes[..1000]).await;
    let give_up = async |phone: &Phone| {
        let asked = tus(phone, phone.http.delete(format!("{}{place}", phone.url)));
        asked.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(give_up(&neighbour).await, 404);
    assert_eq!(pieces(&field), 1);
    assert_eq!(give_up(&lin).await, 204);
    assert_eq!(pieces(&field), 0);
    assert_eq!(give_up(&lin).await, 404);
    assert_eq!(ask(&lin, &place).await.status(), 404);
    assert_eq!(
        append(&lin, &place, 1000, &bytes[1000..]).await.status(),
        404
    );
    assert_eq!(upload(&lin, bytes).await, Ok(()), "it may begin again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_says_when_it_ends_and_is_gone_then_before_anybody_swept() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    let created = create(&lin, &Hash::of(bytes), bytes.len()).await;
    // nine in the morning in Shanghai, a week later
    let day = nine()
        .plus_ms(7 * DAY_MS)
        .utc()
        .format("%a, %d %b %Y 01:00:00 GMT");
    assert_eq!(header(&created, "upload-expires"), day.to_string());
    let place = header(&created, "location");
    let piece = append(&lin, &place, 0, &bytes[..1000]).await;
    assert_eq!(header(&piece, "upload-expires"), day.to_string());
    assert_eq!(
        header(&ask(&lin, &place).await, "upload-expires"),
        day.to_string()
    );
    field.clock.advance_ms(7 * DAY_MS);
    lin.renew_token().await.expect("a token");
    assert_eq!(
        append(&lin, &place, 1000, &bytes[1000..]).await.status(),
        404
    );
    let again = create(&lin, &Hash::of(bytes), bytes.len()).await;
    assert_eq!(
        header(&again, "upload-offset"),
        "0",
        "the old pieces are gone"
    );
    assert_ne!(header(&again, "location"), place);
    sweep(field.server.state()).await.expect("a sweep");
    assert_eq!(pieces(&field), 0);
    assert_eq!(upload(&lin, bytes).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_process_began_another_ends() {
    let field = Field::open().await;
    let Some(second) = field.second_server().await else {
        return eprintln!("skipped: the store is a file, so there is one server");
    };
    let mut lin = field.phone("lin-xiao").await;
    let (here, there) = (field.server.url(), second.url());
    let bytes = &picture().jpeg;
    let hash = Hash::of(bytes);
    let place = header(&create(&lin, &hash, bytes.len()).await, "location");
    append(&lin, &place, 0, &bytes[..1000]).await;
    lin.url = there.clone();
    assert_eq!(header(&ask(&lin, &place).await, "upload-offset"), "1000");
    append(&lin, &place, 1000, &bytes[1000..2000]).await;
    lin.url = here.clone();
    let stale = append(&lin, &place, 1000, &bytes[1000..3000]).await;
    assert_eq!(refused(stale).await, refusal(409, Code::BlobOffsetMismatch));
    // both at once: one of them goes on, the other is told where
    let last = |server: &str| {
        tus(&lin, lin.http.patch(format!("{server}{place}")))
            .header("content-type", "application/offset+octet-stream")
            .header("upload-offset", 2000)
            .body(bytes[2000..].to_vec())
            .send()
    };
    let (one, two) = tokio::join!(last(&here), last(&there));
    let (one, two) = (one.expect("an answer"), two.expect("an answer"));
    let mut statuses = [one.status().as_u16(), two.status().as_u16()];
    statuses.sort();
    assert!(
        matches!(statuses, [204, 204 | 404 | 409 | 503]),
        "{statuses:?}"
    );
    for server in [&field.server, &second] {
        assert_eq!(server.state().blobs.get(&hash).expect("a photo"), bytes[..]);
    }
    lin.url = there;
    let again = create(&lin, &hash, bytes.len()).await;
    assert_eq!(header(&again, "location"), format!("/blobs/{hash}"));
    assert_eq!(field.count("select count(*) from upload_piece").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_keeps_to_the_letter_finds_out_that_a_photo_is_here() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    upload(&lin, bytes).await.expect("a photo");
    // it is told the photo's own address, and goes on there as with any upload
    let place = header(
        &create(&lin, &Hash::of(bytes), bytes.len()).await,
        "location",
    );
    let answer = append(&lin, &place, 0, bytes).await;
    assert_eq!(
        refused(answer).await,
        refusal(409, Code::BlobOffsetMismatch)
    );
    let asked = ask(&lin, &place).await;
    assert_eq!(header(&asked, "upload-offset"), bytes.len().to_string());
    assert_eq!(header(&asked, "upload-length"), bytes.len().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_has_so_many_uploads_under_way_and_one_that_it_has_is_always_found_again() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let name = |n: usize| Hash::of(format!("photo {n}").as_bytes());
    for n in 0..64 {
        assert_eq!(create(&lin, &name(n), 100).await.status(), 201, "{n}");
    }
    let more = refused(create(&lin, &name(64), 100).await).await;
    assert_eq!((more.status, more.code), (429, Code::QueueFull));
    assert_eq!(
        create(&lin, &name(7), 100).await.status(),
        201,
        "it is under way"
    );
    let neighbour = field.phone("ge-shuangjiang").await;
    assert_eq!(create(&neighbour, &name(64), 100).await.status(), 201);
    assert_eq!(field.count("select count(*) from upload").await, 65);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_phone_has_under_way_is_no_longer_than_its_share_and_what_it_gives_up_is_free_again()
{
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let name = |n: usize| Hash::of(format!("photo {n}").as_bytes());
    // seventeen of the largest are 255 MiB
    let mut places = Vec::new();
    for n in 0..17 {
        let begun = create(&lin, &name(n), limits::PHOTO).await;
        assert_eq!(begun.status(), 201, "{n}");
        places.push(header(&begun, "location"));
    }
    // neither at once nor by a small one that grows
    assert_eq!(create(&lin, &name(17), 1_000).await.status(), 201);
    for n in [17, 18] {
        let more = refused(create(&lin, &name(n), limits::PHOTO).await).await;
        assert_eq!((more.status, more.code), (429, Code::QueueFull), "{n}");
    }
    assert_eq!(field.count("select count(*) from upload").await, 18);
    let given_up = tus(&lin, lin.http.delete(format!("{}{}", lin.url, places[0])));
    let given_up = given_up.send().await.expect("an answer");
    assert_eq!(given_up.status(), 204);
    assert_eq!(create(&lin, &name(17), limits::PHOTO).await.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_brings_so_many_photos_a_day_and_more_the_day_after() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let name = |n: u32| Hash::of(format!("photo {n}").as_bytes());
    let (device, now) = (lin.device, field.clock.now());
    let brought = field.server.state().store.write(move |connection| {
        for n in 1..limits::PHOTOS_PER_DAY {
            blob::add(
                connection,
                &name(n),
                70_000,
                "image/jpeg",
                Some(device),
                now,
            )?;
        }
        Ok(())
    });
    brought.await.expect("rows");
    let last = create(&lin, &name(1_000), 70_000).await;
    assert_eq!(last.status(), 201);
    let more = refused(create(&lin, &name(1_001), 70_000).await).await;
    assert_eq!((more.status, more.code), (429, Code::QueueFull));
    let again = create(&lin, &name(1_000), 70_000).await;
    assert_eq!(
        header(&again, "location"),
        header(&last, "location"),
        "what is under way goes on"
    );
    let neighbour = field.phone("ge-shuangjiang").await;
    assert_eq!(create(&neighbour, &name(1_001), 100).await.status(), 201);
    field.clock.advance_ms(DAY_MS + 1);
    lin.renew_token().await.expect("a token");
    assert_eq!(create(&lin, &name(1_001), 70_000).await.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grid_that_has_its_fill_brings_records_and_no_more_photos() {
    let field = Field::configured(|config| config.grid_quota = 100_000).await;
    let mut lin = field.phone("lin-xiao").await;
    upload(&lin, &pictures()[0].jpeg)
        .await
        .expect("within the quota");
    hazard::report_with(&mut lin, 1, &pictures()[0]);
    lin.sync().await.expect("an exchange");
    let full = create(&lin, &Hash::of(&pictures()[1].jpeg), 1000).await;
    assert_eq!(refused(full).await, refusal(507, Code::StorageFull));
    hazard::report(&mut lin, 2);
    lin.sync().await.expect("a record is no photo");
    assert_eq!(field.count("select count(*) from incident").await, 2);
}

/// This phone brought so many of so many bytes today.
async fn brought(field: &Field, phone: &Phone, count: u32, bytes: usize) {
    let (device, now) = (phone.device, field.clock.now());
    let rows = field.server.state().store.write(move |connection| {
        for n in 0..count {
            let hash = Hash::of(format!("brought {n}").as_bytes());
            blob::add(connection, &hash, bytes, "image/jpeg", Some(device), now)?;
        }
        Ok(())
    });
    rows.await.expect("rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn small_photos_have_their_number_a_day_and_so_have_the_thumbnails_of_an_exchange() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let name = |n: u32| Hash::of(format!("small {n}").as_bytes());
    brought(&field, &lin, 1_999, 1_000).await;
    assert_eq!(create(&lin, &name(0), 1_000).await.status(), 201);
    let more = refused(create(&lin, &name(1), 1_000).await).await;
    assert_eq!((more.status, more.code), (429, Code::QueueFull));
    let large = create(&lin, &name(2), 70_000).await.status();
    assert_eq!(large, 201, "a photo is no small one");
    // a record arrives, and its thumbnail another day
    hazard::report_with(&mut lin, 1, picture());
    let (answer, _) = lin.exchange().await.expect("an exchange");
    assert!(answer.blobs.is_empty());
    assert_eq!(field.count("select count(*) from incident").await, 1);
    let thumbnail = Hash::of(&picture().thumbnail);
    assert!(!field.server.state().blobs.has(&thumbnail));
    field.clock.advance_ms(DAY_MS + 1);
    lin.renew_token().await.expect("a token");
    lin.blobs = vec![picture().thumbnail.clone()];
    hazard::report(&mut lin, 2);
    let (answer, _) = lin.exchange().await.expect("an exchange");
    assert_eq!(answer.blobs, [thumbnail]);
    assert_eq!(create(&lin, &name(1), 1_000).await.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_brings_so_many_bytes_a_day_and_more_the_day_after() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let name = Hash::of(b"one more");
    brought(&field, &lin, 100, 2 * 1024 * 1024 * 1024 / 100).await;
    let more = refused(create(&lin, &name, 1_000).await).await;
    assert_eq!((more.status, more.code), (429, Code::QueueFull));
    let neighbour = field.phone("ge-shuangjiang").await;
    assert_eq!(create(&neighbour, &name, 1_000).await.status(), 201);
    field.clock.advance_ms(DAY_MS + 1);
    lin.renew_token().await.expect("a token");
    assert_eq!(create(&lin, &name, 1_000).await.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_in_too_many_pieces_ends_and_is_begun_anew() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    let hash = Hash::of(bytes);
    let place = header(&create(&lin, &hash, bytes.len()).await, "location");
    let id = place.rsplit('/').next().expect("an id").to_owned();
    let crumbs = field.server.state().store.write(move |connection| {
        let upload = blob::upload(connection, &id)?.expect("an upload");
        let crumb = |at| Piece {
            at,
            bytes: 1,
            object: format!("{id}-{at:016x}"),
        };
        blob::add_pieces(
            connection,
            &upload,
            &(0..4_095).map(crumb).collect::<Vec<_>>(),
        )
    });
    assert!(crumbs.await.expect("crumbs"));
    let last = append(&lin, &place, 4_095, &bytes[4_095..4_096]).await;
    assert_eq!(last.status(), 204, "a cut may leave a short piece");
    let more = append(&lin, &place, 4_096, &bytes[4_096..]).await;
    assert_eq!(refused(more).await, refusal(409, Code::BlobOffsetMismatch));
    // whoever asks where it goes on hears that there is none
    assert_eq!(ask(&lin, &place).await.status(), 404);
    assert_eq!(field.count("select count(*) from upload_piece").await, 0);
    assert_eq!(upload(&lin, bytes).await, Ok(()));
}
