//! What is turned away at the door, with which code, and that nothing is lost by it: codes, tokens, cut bodies, damaged
//! photos, a full queue. Foreign grids are in `foreign_grid_over_http.rs`, passwords in `console_security_over_http.rs`.

mod field;

use field::{
    Field,
    hazard::report,
    phone::{Phone, Refused, refusal, refused},
    slow_disk::SlowDisk,
    tus::{append, create, header, picture, tus, upload},
};
use gridwalk_core::{
    error::Code,
    ids::Hash,
    sync::frame::{self, CONTENT_TYPE, Effort},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How a body on the wire says that it is zstd, or not packed.
const ZSTD: u8 = 1;
const PLAIN: u8 = 0;

async fn enrolled(field: &Field, code: &str) -> Result<(), Refused> {
    let phone = Phone::enrol(&field.server.url(), code, "lin-xiao", &field.clock).await;
    phone.map(drop)
}

/// Phones that were enrolled here; the ones that wrote the history are not counted.
async fn phones(field: &Field) -> i64 {
    let query = "select count(*) from device where app <> 'history'";
    field.count(query).await
}

/// Busy, with the moment to come back.
fn is_busy(refused: &Refused) -> bool {
    let soon = |seconds| (2..12).contains(&seconds);
    (refused.status, refused.code) == (503, Code::ServerBusy)
        && refused.retry_after.is_some_and(soon)
}

/// Sends a head that promises `length` bytes, then fewer, then hangs up. Whatever the server still says is not read by
/// anybody; it has let go of the request when this returns.
async fn hang_up(phone: &Phone, to: &str, headers: &str, length: usize, sent: &[u8]) {
    let address = phone.url.strip_prefix("http://").expect("plain http");
    let mut line = TcpStream::connect(address).await.expect("a connection");
    let token = &phone.token;
    let head = format!(
        "{to} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n{headers}\r\ncontent-length: {length}\r\n\r\n"
    );
    line.write_all(head.as_bytes()).await.expect("a head");
    line.write_all(sent).await.expect("a part of the body");
    line.shutdown().await.expect("an end");
    let _ = line.read_to_end(&mut Vec::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_is_refused_and_five_wrong_ones_burn_it_alone() {
    let field = Field::open().await;
    let (code, other) = (field.code("lin-xiao").await, field.code("lin-xiao").await);
    let guess = format!("{}{}", &code[..9], &other[9..]);
    for typed in ["nonsense", "", &guess, &guess, &guess, &guess, &guess] {
        let refused = enrolled(&field, typed).await;
        assert_eq!(refused, Err(refusal(422, Code::CodeWrong)), "{typed}");
    }
    let burnt = enrolled(&field, &code).await;
    assert_eq!(burnt, Err(refusal(422, Code::CodeExpired)));
    assert_eq!(phones(&field).await, 0);
    // Tries are counted by code: nobody can shut out a worker who has another.
    assert_eq!(enrolled(&field, &other).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_code_enrols_nobody_else() {
    let field = Field::open().await;
    let code = field.code("lin-xiao").await;
    assert_eq!(enrolled(&field, &code).await, Ok(()));
    let second = enrolled(&field, &code).await;
    assert_eq!(second, Err(refusal(422, Code::CodeUsed)));
    let audited =
        "select string_agg(result, ' ' order by sequence) from audit where action = 'enrol'";
    assert_eq!(field.text(audited).await, "done CODE_USED");
    assert_eq!(phones(&field).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_ends_after_ten_minutes() {
    let field = Field::open().await;
    let code = field.code("lin-xiao").await;
    field.clock.advance_ms(10 * 60_000);
    let late = enrolled(&field, &code).await;
    assert_eq!(late, Err(refusal(422, Code::CodeExpired)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_survives_a_request_that_was_cut() {
    let field = Field::open().await;
    let code = field.code("lin-xiao").await;
    let whole = format!(
        r#"{{"code":"{code}","public_key":"{}","app":"test"}}"#,
        "0".repeat(64)
    );
    for cut in ["", &whole[..1], &whole[..50], &whole[..whole.len() - 1]] {
        let request = reqwest::Client::new()
            .post(format!("{}/api/device/enrol", field.server.url()))
            .header("content-type", "application/json")
            .body(cut.to_owned());
        let answer = refused(request.send().await.expect("an answer")).await;
        assert_eq!(answer, refusal(400, Code::BodyMalformed), "{cut}");
    }
    assert_eq!(enrolled(&field, &code).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_renewed_by_a_signature_and_nothing_is_lost() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    report(&mut lin, 1);
    field.clock.advance_ms(15 * 60_000);
    let refused = lin.exchange().await.map(drop);
    assert_eq!(refused, Err(refusal(401, Code::TokenExpired)));
    assert_eq!(lin.unsent.len(), 2);
    lin.renew_token().await.expect("a new token");
    lin.sync().await.expect("an exchange");
    assert_eq!(lin.acknowledged.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_between_two_pieces_of_a_photo_costs_no_byte() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    let created = create(&lin, &Hash::of(bytes), bytes.len()).await;
    let location = header(&created, "location");
    append(&lin, &location, 0, &bytes[..1000]).await;
    field.clock.advance_ms(15 * 60_000);
    let late = append(&lin, &location, 1000, &bytes[1000..]).await;
    assert_eq!(refused(late).await, refusal(401, Code::TokenExpired));
    lin.renew_token().await.expect("a new token");
    let rest = append(&lin, &location, 1000, &bytes[1000..]).await;
    assert_eq!(rest.status(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_nobody_gave_is_refused_like_an_old_one() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    report(&mut lin, 1);
    let own = std::mem::take(&mut lin.token);
    let other_end = if own.ends_with('0') { "1" } else { "0" };
    let almost = format!("{}{other_end}", &own[..63]);
    for strange in ["", "0", &"0".repeat(64), &almost, &own[..63]] {
        lin.token = strange.to_owned();
        let answer = lin.exchange().await.map(drop);
        assert_eq!(answer, Err(refusal(401, Code::TokenExpired)), "{strange:?}");
    }
    lin.token = own;
    lin.sync().await.expect("an exchange");
    assert_eq!(lin.acknowledged.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_body_is_refused_whole_and_sent_again() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    report(&mut lin, 1);
    let prepared = lin.prepare();
    for end in [0, 1, prepared.bytes.len() / 2, prepared.bytes.len() - 1] {
        let answer = lin
            .post(prepared.bytes[..end].to_vec())
            .send()
            .await
            .expect("an answer");
        assert_eq!(
            refused(answer).await,
            refusal(400, Code::BodyMalformed),
            "cut at {end}"
        );
    }
    assert_eq!(field.count("select count(*) from change").await, 0);
    lin.sync().await.expect("the whole body");
    assert_eq!(lin.acknowledged.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_a_mebibyte_is_refused_while_it_arrives() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let answer = lin
        .post(vec![0; 1024 * 1024 + 1])
        .send()
        .await
        .expect("an answer");
    assert_eq!(refused(answer).await, refusal(413, Code::BodyTooBig));
    report(&mut lin, 1);
    lin.sync().await.expect("a smaller page");
    assert_eq!(lin.acknowledged.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_in_another_encoding_is_not_unpacked() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let body = lin.prepare().bytes;
    let answer = lin
        .post(body)
        .header("content-encoding", "gzip")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_whose_inside_was_cut_is_refused_whole_and_sent_again() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    report(&mut lin, 1);
    let prepared = lin.prepare();
    let cbor = minicbor::to_vec(&prepared.request).expect("a message");
    let zstd = |plain: &[u8]| zstd::bulk::compress(plain, 3).expect("a frame");
    let packed = zstd(&cbor);
    let framed = |kind: u8, inside: &[u8]| [&[kind][..], inside].concat();
    let whole = framed(ZSTD, &packed);
    frame::decode::<gridwalk_core::sync::message::Request>(&whole).expect("the whole one reads");
    let half = cbor.len() / 2;
    let cut = [
        (
            "zstd in the middle",
            framed(ZSTD, &packed[..packed.len() / 2]),
        ),
        (
            "the last byte of zstd",
            framed(ZSTD, &packed[..packed.len() - 1]),
        ),
        (
            "CBOR inside of whole zstd",
            framed(ZSTD, &zstd(&cbor[..half])),
        ),
        (
            "the last byte of CBOR",
            framed(ZSTD, &zstd(&cbor[..cbor.len() - 1])),
        ),
        ("CBOR that is not packed", framed(PLAIN, &cbor[..half])),
        ("nothing but the kind", framed(ZSTD, &[])),
        ("a kind from the future", framed(9, &packed)),
        ("bytes after the end", [&whole[..], b"more"].concat()),
    ];
    for (what, body) in cut {
        let answer = refused(lin.post(body).send().await.expect("an answer")).await;
        assert_eq!(answer, refusal(400, Code::BodyMalformed), "{what}");
    }
    assert_eq!(field.count("select count(*) from change").await, 0);
    assert_eq!(field.count("select count(*) from envelope").await, 0);
    lin.sync().await.expect("the whole body");
    assert_eq!(lin.acknowledged.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_hangs_up_before_the_declared_end_leaves_nothing_half_done() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    report(&mut lin, 1);
    let body = frame::encode(&lin.prepare().request, Effort::Small).expect("a body");
    let headers = format!("content-type: {CONTENT_TYPE}");
    for (declared, sent) in [
        (body.len(), body.len() - 1),
        // Everything arrived and more was promised: it might be the beginning of something else.
        (body.len() + 1, body.len()),
        (body.len(), 0),
    ] {
        hang_up(&lin, "POST /sync", &headers, declared, &body[..sent]).await;
        assert_eq!(field.count("select count(*) from change").await, 0);
    }
    lin.sync().await.expect("the whole body");
    assert_eq!(lin.acknowledged.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrived_of_a_photo_before_the_phone_hung_up_is_kept_and_not_yet_a_photo() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    let created = create(&lin, &Hash::of(bytes), bytes.len()).await;
    let location = header(&created, "location");
    let headers =
        "tus-resumable: 1.0.0\r\nupload-offset: 0\r\ncontent-type: application/offset+octet-stream";
    let to = format!("PATCH {location}");
    hang_up(&lin, &to, headers, bytes.len(), &bytes[..1000]).await;
    assert_eq!(field.count("select count(*) from blob").await, 0);
    let url = format!("{}{location}", lin.url);
    let asked = tus(&lin, lin.http.head(url)).send().await;
    assert_eq!(header(&asked.expect("an answer"), "upload-offset"), "1000");
    let rest = append(&lin, &location, 1000, &bytes[1000..]).await;
    assert_eq!(rest.status(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_does_not_have_its_hash_is_refused_and_can_be_sent_again() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    let hash = Hash::of(bytes);
    let created = create(&lin, &hash, bytes.len()).await;
    let mut corrupt = bytes.clone();
    corrupt[5000] ^= 1;
    let answer = append(&lin, &header(&created, "location"), 0, &corrupt).await;
    assert_eq!(refused(answer).await, refusal(460, Code::BlobHashMismatch));
    assert_eq!(field.count("select count(*) from blob").await, 0);
    assert_eq!(upload(&lin, bytes).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_when_to_come_back_and_nothing_is_lost() {
    let field = Field::with_queue(4).await;
    let mut lin = field.phone("lin-xiao").await;
    report(&mut lin, 1);
    let disk = SlowDisk::under(&field);
    let refused = lin.exchange().await.map(drop);
    assert!(is_busy(&refused.expect_err("no room")));
    assert_eq!(lin.unsent.len(), 2);
    assert_eq!(field.count("select count(*) from change").await, 0);
    disk.recover();
    lin.sync().await.expect("later");
    assert_eq!(lin.acknowledged.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_whose_last_piece_meets_a_full_queue_is_not_promised_and_can_be_sent_again() {
    let field = Field::with_queue(4).await;
    let lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    let created = create(&lin, &Hash::of(bytes), bytes.len()).await;
    let location = header(&created, "location");
    let disk = SlowDisk::under(&field);
    let answer = append(&lin, &location, 0, bytes).await;
    assert!(is_busy(&refused(answer).await));
    let other = create(&lin, &Hash::of(b"the next photo"), 1000).await;
    assert!(is_busy(&refused(other).await));
    assert_eq!(field.count("select count(*) from blob").await, 0);
    disk.recover();
    assert_eq!(upload(&lin, bytes).await, Ok(()));
    assert_eq!(field.count("select count(*) from blob").await, 1);
    assert_eq!(field.count("select count(*) from upload").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_burns_no_code_and_ends_no_enrolment() {
    let field = Field::with_queue(4).await;
    let mut ge = field.phone("ge-shuangjiang").await;
    let code = field.code("lin-xiao").await;
    let disk = SlowDisk::under(&field);
    let refused = enrolled(&field, &code).await;
    assert!(is_busy(&refused.expect_err("no room")));
    let refused = ge.renew_token().await;
    assert!(is_busy(&refused.expect_err("no room")));
    disk.recover();
    assert_eq!(enrolled(&field, &code).await, Ok(()));
    ge.renew_token().await.expect("a token");
}
