//! Photos and voice notes over real HTTP: resumed where they were cut, named by what they are, refused with a code when damaged.

mod field;

use field::{
    Field,
    desk::{self, Desk, somebody},
    door,
    hazard::report,
    nine, partition,
    phone::{Phone, refusal, refused},
    tus::{append, ask, create, header, picture, upload},
};
use gridwalk_core::{
    error::Code,
    household::{self, HouseholdEdit, NewVisit, VisitKind, VisitOutcome},
    ids::{DocumentId, EventId, Hash, IncidentId, VisitId},
    incident::{
        self, IncidentAction, IncidentEvent, IncidentPlace, NewIncident, Severity, SourceChannel,
    },
    patrol::{self, NewPatrol, PatrolEdit, PatrolKind, SharedLine},
    photo::{Photo, PhotoStage},
    voice::{self, VoiceNote},
};
use gridwalk_fixtures::{
    photos::{Variant, photo},
    voice::{Recorded, mp4, webm},
};
use gridwalk_server::{
    store::{
        blob::{self, Piece},
        device,
    },
    sweep::sweep,
};
use reqwest::Response;
use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};
use uuid::Uuid;

async fn get(phone: &Phone, name: &str) -> Response {
    let url = format!("{}/blobs/{name}", phone.url);
    phone
        .http
        .get(url)
        .bearer_auth(&phone.token)
        .send()
        .await
        .expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_cut_on_the_way_continues_where_it_was() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    let hash = Hash::of(bytes);
    let created = create(&lin, &hash, bytes.len()).await;
    assert_eq!(
        (created.status().as_u16(), header(&created, "upload-offset")),
        (201, "0".into())
    );
    let location = header(&created, "location");
    assert_eq!(
        append(&lin, &location, 0, &bytes[..1000]).await.status(),
        204
    );
    // The phone starts again and asks where it was.
    let resumed = create(&lin, &hash, bytes.len()).await;
    assert_eq!(header(&resumed, "location"), location);
    assert_eq!(header(&resumed, "upload-offset"), "1000");
    let asked = ask(&lin, &location).await;
    assert_eq!(header(&asked, "upload-offset"), "1000");
    assert!(asked.headers().get("location").is_none());
    // A piece that was sent already is told where to go on; nothing is written twice.
    let twice = append(&lin, &location, 0, &bytes[..1000]).await;
    assert_eq!(refused(twice).await, refusal(409, Code::BlobOffsetMismatch));
    let done = append(&lin, &location, 1000, &bytes[1000..]).await;
    assert_eq!(
        (done.status().as_u16(), header(&done, "upload-offset")),
        (204, bytes.len().to_string())
    );
    let name = format!("/blobs/{hash}");
    assert_eq!(header(&done, "location"), name, "the receipt");
    let again = create(&lin, &hash, bytes.len()).await;
    assert_eq!(header(&again, "location"), name);
    assert_eq!(
        header(&again, "upload-offset"),
        bytes.len().to_string(),
        "the same again is done at once"
    );
    let read = get(&lin, &hash.to_string()).await;
    assert_eq!(header(&read, "content-type"), "image/jpeg");
    assert_eq!(header(&read, "x-content-type-options"), "nosniff");
    assert!(header(&read, "content-security-policy").contains("sandbox"));
    assert!(header(&read, "cache-control").starts_with("private"));
    assert_eq!(read.bytes().await.expect("a photo"), bytes[..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_whole_photo_or_tells_a_place_is_refused_by_name() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    for (variant, code) in [
        (Variant::Truncated, Code::PhotoTruncated),
        (Variant::Located, Code::PhotoUnsupported),
        (Variant::PngAlpha, Code::PhotoUnsupported),
        (Variant::Heic, Code::PhotoUnsupported),
    ] {
        let answer = upload(&lin, &photo(variant)).await;
        assert_eq!(answer, Err(refusal(422, code)), "{variant:?}");
    }
    assert_eq!(field.count("select count(*) from blob").await, 0);
    assert_eq!(field.count("select count(*) from upload").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_larger_than_said_or_allowed_is_refused() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let huge = create(&lin, &Hash::of(b"huge"), 15 * 1024 * 1024 + 1).await;
    assert_eq!(refused(huge).await, refusal(413, Code::PhotoTooBig));
    let created = create(&lin, &Hash::of(b"small"), 5).await;
    let more = append(&lin, &header(&created, "location"), 0, b"small and more").await;
    assert_eq!(refused(more).await, refusal(413, Code::BodyTooBig));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_continues_or_reads_what_another_phone_brought_unless_a_record_of_the_grid_shows_it()
{
    let field = Field::open().await;
    let (mut lin, mut neighbour) = (
        field.phone("lin-xiao").await,
        field.phone("ge-shuangjiang").await,
    );
    let stranger = field.phone(&worker_elsewhere(&lin, &neighbour)).await;
    let bytes = &picture().jpeg;
    let hash = Hash::of(bytes);
    let created = create(&lin, &hash, bytes.len()).await;
    let theirs = append(&neighbour, &header(&created, "location"), 0, bytes).await;
    assert_eq!(theirs.status(), 404);
    upload(&lin, bytes).await.expect("a photo");
    let name = hash.to_string();
    assert_eq!(
        get(&neighbour, &name).await.status(),
        404,
        "no record shows it yet"
    );
    lin.blobs.push(picture().thumbnail.clone());
    report_with_photo(&mut lin);
    lin.sync().await.expect("an exchange");
    assert!(
        lin.blobs.is_empty(),
        "the thumbnail is acknowledged by its hash"
    );
    neighbour.sync().await.expect("news");
    assert_eq!(get(&neighbour, &name).await.status(), 200);
    let thumbnail = Hash::of(&picture().thumbnail).to_string();
    assert_eq!(get(&neighbour, &thumbnail).await.status(), 200);
    assert_eq!(
        get(&stranger, &name).await.status(),
        404,
        "of a grid elsewhere"
    );
}

fn worker_elsewhere(lin: &Phone, neighbour: &Phone) -> String {
    let near =
        |grid: &Uuid| lin.carrier.grids.contains(grid) || neighbour.carrier.grids.contains(grid);
    let mut people = field::demo_street().people.iter();
    let found = people.find(|person| person.role == "worker" && !person.grids.iter().any(near));
    found.expect("a worker elsewhere").login.clone()
}

fn report_with_photo(phone: &mut Phone) {
    let shown = Photo {
        hash: Hash::of(&picture().jpeg),
        thumbnail: Hash::of(&picture().thumbnail),
        stage: PhotoStage::Before,
        taken_at: nine(),
        width: picture().width,
        height: picture().height,
        bytes: picture().jpeg.len() as u32,
        position: None,
        original: None,
    };
    let home = partition("梧桐-03");
    let new = NewIncident {
        id: IncidentId(Uuid::from_u128(0x0199_4000_0000_7000_8000_0000_0000_0001)),
        grid: home.grid,
        local_no: "梧桐-03-0914-001".into(),
        source: SourceChannel::Patrol,
        category: "F01001".into(),
        severity: Severity::new(3).expect("a level"),
        place: IncidentPlace {
            text: "3幢2单元三楼楼道".into(),
            household: None,
            position: None,
        },
        description: String::new(),
        finding: None,
    };
    phone
        .act(new.id.into(), home, nine(), |_, author, _| {
            incident::create(&new, &[shown], author)
        })
        .expect("an incident");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thumbnail_that_is_no_picture_is_not_acknowledged_and_blocks_nothing() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    lin.blobs.push(b"<script>".to_vec());
    report_with_photo(&mut lin);
    let (response, _) = lin.exchange().await.expect("an exchange");
    assert!(response.blobs.is_empty());
    assert_eq!(lin.acknowledged.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_no_hash_reaches_no_file() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let upper = "A".repeat(64);
    for name in [
        "..%2f..%2fregistry.db",
        "..%5cregistry.db",
        &upper,
        "0",
        "%00",
    ] {
        let answer = refused(get(&lin, name).await).await;
        assert_eq!(answer, refusal(400, Code::BodyMalformed), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_upload_survives_a_restart() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    let created = create(&lin, &Hash::of(bytes), bytes.len()).await;
    let location = header(&created, "location");
    append(&lin, &location, 0, &bytes[..777]).await;
    let field = field.restart().await;
    lin.url = field.server.url();
    let resumed = create(&lin, &Hash::of(bytes), bytes.len()).await;
    assert_eq!(header(&resumed, "upload-offset"), "777");
    assert_eq!(
        append(&lin, &location, 777, &bytes[777..]).await.status(),
        204
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_line_goes_on_its_day_and_an_upload_that_nobody_finished_after_a_week() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let line = b"[[123.5,29.5,0],[123.501,29.5,60000]]".to_vec();
    let home = partition("梧桐-03");
    let id = DocumentId(Uuid::from_u128(0x0199_4000_0000_7000_8000_0000_0000_0002));
    let walk = NewPatrol {
        id: id.into(),
        grid: home.grid,
        kind: PatrolKind::Daily,
        plan: None,
        checkpoints: Vec::new(),
        started_at: nine(),
    };
    lin.act(id, home, nine(), |_, author, _| {
        patrol::create(&walk, author)
    })
    .expect("a patrol");
    let end = nine().plus_ms(3_600_000);
    let finish = PatrolEdit::Finish {
        at: end,
        distance_m: 97,
        line: Some(SharedLine {
            blob: Hash::of(&line),
            points: 2,
            expires_at: end.plus_ms(30 * DAY_MS),
        }),
        note: None,
    };
    lin.act(id, home, end, |document, author, _| {
        patrol::apply(document.expect("a patrol"), &finish, author)
    })
    .expect("its end");
    lin.blobs.push(line.clone());
    lin.sync().await.expect("an exchange");
    let created = create(&lin, &Hash::of(b"left behind"), 1000).await;
    append(&lin, &header(&created, "location"), 0, &[0; 10]).await;
    let name = Hash::of(&line).to_string();
    let read = get(&lin, &name).await;
    assert_eq!(header(&read, "content-type"), "application/json");

    field.clock.advance_ms(7 * DAY_MS + 1);
    sweep(field.server.state()).await.expect("a sweep");
    assert_eq!(field.count("select count(*) from upload").await, 0);
    assert!(field.server.state().blobs.has(&Hash::of(&line)));
    field.clock.advance_ms(24 * DAY_MS);
    sweep(field.server.state()).await.expect("a sweep");
    assert!(!field.server.state().blobs.has(&Hash::of(&line)));
    lin.renew_token().await.expect("a token");
    assert_eq!(get(&lin, &name).await.status(), 404);
    assert_eq!(field.count("select count(*) from patrol").await, 1);
}

/// What a crash leaves behind the last byte, before anybody looked at it: a part as long as promised, of these bytes.
async fn crashed_behind(field: &Field, phone: &Phone, promised: &[u8], arrived: &[u8]) -> String {
    let created = create(phone, &Hash::of(promised), promised.len()).await;
    let location = header(&created, "location");
    let piece = append(phone, &location, 0, &promised[..1000]).await;
    assert_eq!(piece.status(), 204);
    assert!(
        piece.headers().get("location").is_none(),
        "no photo yet, so no name"
    );
    lay(field, &location, 1000, &arrived[1000..]).await;
    location
}

/// A piece that a process kept and counted before it died.
async fn lay(field: &Field, location: &str, at: u64, bytes: &[u8]) {
    let id = location.rsplit('/').next().expect("an id").to_owned();
    let state = field.server.state().clone();
    let piece = Piece {
        at,
        bytes: bytes.len() as u64,
        object: state.blobs.put_piece(&id, bytes).expect("a piece"),
    };
    let counted = state.store.write(move |connection| {
        let upload = blob::upload(connection, &id)?.expect("an upload");
        blob::add_pieces(connection, &upload, std::slice::from_ref(&piece))
    });
    assert!(counted.await.expect("a row"));
}

fn parts(field: &Field) -> PathBuf {
    field.server.state().config.blobs().join("parts")
}

/// How many pieces lie among the parts.
fn pieces(field: &Field) -> usize {
    let blobs = &field.server.state().blobs;
    let listed = blobs.parts_at_rest(SystemTime::now() + Duration::from_secs(3600));
    listed.expect("a list").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_whose_last_byte_arrived_before_a_crash_is_recorded_before_its_phone_hears_of_it() {
    for asks_by_name in [true, false] {
        let field = Field::open().await;
        let lin = field.phone("lin-xiao").await;
        let bytes = &picture().jpeg;
        let hash = Hash::of(bytes);
        let location = crashed_behind(&field, &lin, bytes, bytes).await;
        let told = match asks_by_name {
            true => create(&lin, &hash, bytes.len()).await,
            false => ask(&lin, &location).await,
        };
        assert_eq!(header(&told, "upload-offset"), bytes.len().to_string());
        assert_eq!(header(&told, "location"), format!("/blobs/{hash}"));
        assert_eq!(field.count("select count(*) from blob").await, 1);
        assert_eq!(field.count("select count(*) from upload").await, 0);
        assert_eq!(pieces(&field), 0);
        let read = get(&lin, &hash.to_string()).await;
        assert_eq!(read.bytes().await.expect("a photo"), bytes[..]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_the_disk_does_not_take_is_not_acknowledged_until_it_does() {
    let field = Field::open().await;
    if field.server.state().config.bucket.is_some() {
        return; // its folder is what breaks here
    }
    let lin = field.phone("lin-xiao").await;
    let (bytes, hash) = (&picture().jpeg, Hash::of(&picture().jpeg));
    let shelf = field
        .server
        .state()
        .config
        .blobs()
        .join("whole")
        .join(&hash.to_string()[..2]);
    std::fs::remove_dir(&shelf).expect("an empty shelf");
    std::fs::write(&shelf, b"no shelf").expect("something in its place");
    let begun = create(&lin, &hash, bytes.len()).await;
    let place = header(&begun, "location");
    let sent = append(&lin, &place, 0, bytes).await;
    assert!(sent.status().is_server_error(), "{}", sent.status());
    assert!(!sent.headers().contains_key("location"));
    let rows = "select count(*) from blob";
    assert_eq!(
        field.count(rows).await,
        0,
        "no row promises what no disk has"
    );
    assert_eq!(get(&lin, &hash.to_string()).await.status(), 404);
    std::fs::remove_file(&shelf).expect("the shelf can be mended");
    std::fs::create_dir(&shelf).expect("a shelf");
    // whoever begins again has nothing to send again
    let again = create(&lin, &hash, bytes.len()).await;
    assert_eq!(header(&again, "location"), format!("/blobs/{hash}"));
    assert_eq!(field.count(rows).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_as_long_as_promised_that_is_not_the_photo_is_thrown_away_and_begun_again() {
    for asks_by_name in [true, false] {
        let field = Field::open().await;
        let lin = field.phone("lin-xiao").await;
        let bytes = &picture().jpeg;
        let mut torn = bytes.clone();
        torn[1000..5000].fill(0);
        let location = crashed_behind(&field, &lin, bytes, &torn).await;
        if !asks_by_name {
            assert_eq!(ask(&lin, &location).await.status(), 404);
        }
        let told = create(&lin, &Hash::of(bytes), bytes.len()).await;
        assert_eq!(header(&told, "upload-offset"), "0");
        assert_eq!(field.count("select count(*) from blob").await, 0);
        assert_eq!(upload(&lin, bytes).await, Ok(()));
        assert_eq!(field.count("select count(*) from blob").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_all_here_becomes_a_photo_although_its_phone_never_comes_back() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    crashed_behind(&field, &lin, bytes, bytes).await;
    let field = field.restart().await;
    field.clock.advance_ms(8 * DAY_MS);
    // The server sweeps at its start too: whoever has the upload's turn ends it, and the other leaves it alone.
    while field.count("select count(*) from upload").await > 0 {
        sweep(field.server.state()).await.expect("a sweep");
    }
    assert_eq!(field.count("select count(*) from blob").await, 1);
    assert!(field.server.state().blobs.has(&Hash::of(bytes)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_is_written_down_and_whose_file_is_gone_is_asked_for_again() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    let hash = Hash::of(bytes);
    upload(&lin, bytes).await.expect("a photo");
    field.server.state().blobs.forget(&hash).expect("lost");
    let told = create(&lin, &hash, bytes.len()).await;
    assert_eq!(header(&told, "upload-offset"), "0");
    assert_eq!(upload(&lin, bytes).await, Ok(()));
    assert_eq!(get(&lin, &hash.to_string()).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_length_that_is_said_otherwise_or_is_nothing_ends_no_upload_early() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    let hash = Hash::of(bytes);
    let nothing = create(&lin, &hash, 0).await;
    assert_eq!(refused(nothing).await, refusal(422, Code::PhotoTruncated));
    let created = create(&lin, &hash, bytes.len()).await;
    append(&lin, &header(&created, "location"), 0, &bytes[..1000]).await;
    let shorter = create(&lin, &hash, 1000).await;
    assert_eq!(header(&shorter, "upload-offset"), "0");
    assert_eq!(upload(&lin, bytes).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_among_the_parts_goes_after_a_day_and_an_upload_that_rests_stays() {
    let field = Field::open().await;
    if field.server.state().config.bucket.is_some() {
        return eprintln!("a bucket's clock is its own: nothing in it can be made older");
    }
    let lin = field.phone("lin-xiao").await;
    let created = create(&lin, &Hash::of(b"goes on tomorrow"), 1000).await;
    let location = header(&created, "location");
    append(&lin, &location, 0, &[0; 10]).await;
    let rests = std::fs::read_dir(parts(&field)).expect("the folder").next();
    let rests = rests.expect("a piece").expect("a piece").path();
    let crash = [
        "in-0199a000-0000-7000-8000-000000000001".to_owned(),
        format!("{}-{}", "ab".repeat(16), "cd".repeat(8)),
    ];
    let fresh = "in-0199a000-0000-7000-8000-000000000002".to_owned();
    for name in crash.iter().chain([&fresh]) {
        std::fs::write(parts(&field).join(name), b"half a thumbnail").expect("a file");
    }
    let yesterday = SystemTime::now() - Duration::from_secs(25 * 3600);
    let old = crash.iter().map(|name| parts(&field).join(name));
    for old in old.chain([rests.clone()]) {
        let file = std::fs::File::options().write(true).open(old);
        let file = file.expect("a file");
        file.set_modified(yesterday).expect("an older file");
    }
    sweep(field.server.state()).await.expect("a sweep");
    let left = std::fs::read_dir(parts(&field)).expect("the folder");
    let mut left: Vec<_> = left.map(|file| file.expect("a file").path()).collect();
    left.sort();
    let mut stays = [rests, parts(&field).join(fresh)];
    stays.sort();
    assert_eq!(left, stays);
}

const DAY_MS: i64 = 24 * 3_600_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_phone_brings_its_photos_and_reads_none() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    upload(&lin, &picture().thumbnail).await.expect("a photo");
    let (device, now) = (lin.device, field.clock.now());
    let store = &field.server.state().store;
    let revoked = store.write(move |connection| device::revoke(connection, device, now));
    assert!(revoked.await.expect("a revocation"));
    lin.renew_token().await.expect("a token to deliver with");

    let created = create(&lin, &Hash::of(bytes), bytes.len()).await;
    let place = header(&created, "location");
    assert_eq!(append(&lin, &place, 0, &bytes[..1000]).await.status(), 204);
    assert_eq!(header(&ask(&lin, &place).await, "upload-offset"), "1000");
    let whole = append(&lin, &place, 1000, &bytes[1000..]).await;
    assert_eq!(
        header(&whole, "location"),
        format!("/blobs/{}", Hash::of(bytes))
    );
    for brought in [bytes, &picture().thumbnail] {
        let read = get(&lin, &Hash::of(brought).to_string()).await;
        assert_eq!(refused(read).await, refusal(403, Code::DeviceRevoked));
    }

    // what it may still leave here has an end
    let full = "update blob set bytes = 64 * 1024 * 1024 where device = ?1";
    let store = &field.server.state().store;
    let filled = store.write(move |connection| Ok(connection.execute(full, [device.0])?));
    assert_eq!(filled.await.expect("a full quarantine"), 2);
    let more = create(&lin, &Hash::of(b"more"), 4).await;
    let more = refused(more).await;
    assert_eq!((more.status, more.code), (429, Code::QueueFull));
}

/// A recording as it leaves our phone.
fn recording(ms: u32, seed: u32) -> Vec<u8> {
    let telltale = false;
    let how = Recorded { ms, telltale, seed };
    voice::bare(&webm(how)).expect("a recording").0
}

fn note(bytes: &[u8]) -> VoiceNote {
    let recording = voice::inspect(bytes).expect("a recording");
    VoiceNote {
        hash: Hash::of(bytes),
        media: recording.media,
        recorded_at: nine(),
        duration_ms: recording.duration_ms,
        bytes: bytes.len() as u32,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_is_too_long_cut_or_telltale_is_refused_by_name() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let of = |ms, telltale| Recorded {
        ms,
        telltale,
        seed: 3,
    };
    let mut cut = recording(1_200, 3);
    cut.truncate(cut.len() - 1);
    for (file, code) in [
        (webm(of(1_200, false)), Code::VoiceUnsupported), // it names the browser
        (webm(of(1_200, true)), Code::VoiceUnsupported),
        (mp4(of(1_200, true)), Code::VoiceUnsupported),
        (recording(1_200, 3)[..40].to_vec(), Code::VoiceTruncated),
        (cut, Code::VoiceTruncated),
        (webm(of(90_000, false)), Code::VoiceTooLong),
    ] {
        let answer = upload(&lin, &file).await;
        assert_eq!(answer, Err(refusal(422, code)), "{} bytes", file.len());
    }
    let mut large = recording(1_200, 3);
    large.resize(2 * 1024 * 1024, 0);
    let answer = upload(&lin, &large).await;
    assert_eq!(
        answer,
        Err(refusal(422, Code::VoiceTooLong)),
        "not so large as a photo may be"
    );
    assert_eq!(field.count("select count(*) from blob").await, 0);
    assert_eq!(field.count("select count(*) from upload").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_note_is_served_as_what_it_is_and_only_where_its_record_is_read() {
    let field = Field::open().await;
    let (mut lin, mut neighbour) = (
        field.phone("lin-xiao").await,
        field.phone("ge-shuangjiang").await,
    );
    let stranger = field.phone(&worker_elsewhere(&lin, &neighbour)).await;
    let (said, at_the_door) = (recording(2_400, 1), recording(1_200, 2));
    for bytes in [&said, &at_the_door] {
        upload(&lin, bytes).await.expect("a voice note");
    }
    let name = Hash::of(&said).to_string();
    assert_eq!(
        get(&neighbour, &name).await.status(),
        404,
        "no record has it yet"
    );

    let home = partition("梧桐-03");
    let case = report(&mut lin, 7);
    let voice = note(&said);
    lin.act(case, home, nine(), |document, author, order| {
        let event = IncidentEvent {
            id: EventId(Uuid::from_u128(0x0199_4000_0000_7000_8000_0000_0000_0070)),
            act: author.act.clone(),
            department: None,
            action: IncidentAction::AddVoice { voice },
        };
        incident::record(document.expect("a case"), &event, author, order)
    })
    .expect("a voice note");
    let household = field.furnish(door("502")).await;
    lin.sync().await.expect("an exchange");
    let visit = spoken_visit(note(&at_the_door));
    lin.act(household, home, nine(), |document, author, _| {
        household::apply(document.expect("a door"), &visit, author)
    })
    .expect("a visit");
    lin.sync().await.expect("an exchange");
    neighbour.sync().await.expect("news");

    let read = get(&neighbour, &name).await;
    assert_eq!(read.status(), 200);
    assert_eq!(header(&read, "content-type"), "audio/webm");
    assert_eq!(header(&read, "x-content-type-options"), "nosniff");
    assert!(header(&read, "content-security-policy").contains("sandbox"));
    assert!(header(&read, "content-disposition").contains("voice.webm"));
    assert_eq!(read.bytes().await.expect("a recording"), said[..]);
    let door_name = Hash::of(&at_the_door).to_string();
    assert_eq!(get(&neighbour, &door_name).await.status(), 200);
    for name in [&name, &door_name] {
        assert_eq!(get(&stranger, name).await.status(), 404, "a grid elsewhere");
    }

    let desk = Desk::open(&field, somebody("dispatcher", None)).await;
    let case = case.to_string();
    let detail = desk.json(&format!("/api/registry/incidents/{case}")).await;
    assert_eq!(detail["view"]["voices"][0]["hash"], name);
    assert_eq!(detail["line"]["photos"], 0, "a voice note is no photo");
    let heard = async |kind: &str, name: &str| {
        let asked = desk.get(&format!("/api/registry/{kind}/{name}")).send();
        asked.await.expect("an answer")
    };
    let played = heard("voices", &name).await;
    assert_eq!(header(&played, "content-type"), "audio/webm");
    assert_eq!(header(&played, "accept-ranges"), "bytes");
    assert_eq!(played.bytes().await.expect("a recording"), said[..]);
    assert_eq!(heard("photos", &name).await.status(), 404);
    assert_eq!(
        heard("voices", &door_name).await.status(),
        404,
        "what was said at a door stays with the phones of its grid"
    );
    let elsewhere = desk::somebody("lead", Some("梧桐-01"));
    let elsewhere = Desk::open(&field, elsewhere).await;
    let asked = elsewhere
        .get(&format!("/api/registry/voices/{name}"))
        .send();
    assert_eq!(asked.await.expect("an answer").status(), 404);
}

fn spoken_visit(voice: VoiceNote) -> HouseholdEdit {
    HouseholdEdit::RecordVisit(NewVisit {
        id: VisitId(Uuid::from_u128(0x0199_4000_0000_7000_8000_0000_0000_0071)),
        kind: VisitKind::Routine,
        outcome: VisitOutcome::Met,
        started_at: nine(),
        ended_at: nine().plus_ms(60_000),
        changes: Vec::new(),
        confirmed: Vec::new(),
        persons_met: Some(1),
        note: None,
        voice: Some(voice),
        task: None,
        incidents: Vec::new(),
        next_due: None,
        care_emergency: false,
    })
}
