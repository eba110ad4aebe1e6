//! What one caller may cost the others, over real sockets: time, places, requests a minute.

mod field;

use field::{
    Field,
    phone::Phone,
    tus::{append, ask, create, header, picture, upload},
};
use gridwalk_core::ids::Hash;
use gridwalk_server::callers::Courtesy;
use std::{future::Future, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Long enough for any machine, and never waited for when all is well.
const LONG: Duration = Duration::from_secs(90);
/// Short enough to be waited for.
const SHORT: Duration = Duration::from_secs(1);

async fn with(change: impl FnOnce(&mut Courtesy)) -> Field {
    Field::configured(|config| change(&mut config.courtesy)).await
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, what).await.expect("soon")
}

async fn call(field: &Field, words: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(field.server.address())
        .await
        .expect("a connection");
    stream.write_all(words).await.expect("words");
    stream
}

/// Everything that is said until the other side hangs up.
async fn rest(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let _ = soon(stream.read_to_end(&mut said)).await;
    String::from_utf8_lossy(&said).into_owned()
}

/// The status of the next answer.
async fn status(stream: &mut TcpStream) -> String {
    let mut line = [0; 12];
    soon(stream.read_exact(&mut line)).await.expect("an answer");
    String::from_utf8_lossy(&line[9..]).into_owned()
}

/// Until so many are connected.
async fn until(field: &Field, enough: impl Fn(usize) -> bool) {
    let mut connected = field.server.state().callers.follow();
    let there = connected.wait_for(|count| enough(*count));
    soon(there).await.expect("a server");
}

const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nhost: here\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_says_nothing_or_half_a_head_is_hung_up_on() {
    let field = with(|courtesy| courtesy.head = SHORT).await;
    let half: [&[u8]; 4] = [
        b"",
        b"PRI * HTT",
        b"GET /health HTTP/1.1\r\nhost: here\r\nx-slow: ",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    for words in half {
        let said = rest(&mut call(&field, words).await).await;
        assert!(!said.contains("200"), "{said}");
    }
    // A connection that rests after an answer is one that says nothing.
    let said = rest(&mut call(&field, HEALTH).await).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    assert_eq!(field.server.state().callers.connected(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_stops_or_trickles_is_cut_and_what_came_of_it_is_kept() {
    for trickles in [false, true] {
        let field = with(|courtesy| {
            courtesy.idle = SHORT;
            courtesy.rate = 1024 * 1024;
        })
        .await;
        let lin = field.phone("lin-xiao").await;
        let bytes = &picture().jpeg;
        let created = create(&lin, &Hash::of(bytes), bytes.len()).await;
        let location = header(&created, "location");
        let head = format!(
            "PATCH {location} HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {}\r\ntus-resumable: 1.0.0\r\nupload-offset: 0\r\n\
             content-type: application/offset+octet-stream\r\ncontent-length: {}\r\n\r\n",
            lin.token,
            bytes.len()
        );
        let mut stream = call(&field, head.as_bytes()).await;
        stream.write_all(&bytes[..1000]).await.expect("a piece");
        let (mut hears, mut says) = stream.split();
        let mut said = String::new();
        let trickle = async {
            for byte in bytes[1000..].chunks(1).filter(|_| trickles) {
                if says.write_all(byte).await.is_err() {
                    break;
                }
                tokio::time::sleep(SHORT / 20).await;
            }
            std::future::pending::<()>().await;
        };
        soon(async {
            tokio::select! {
                _ = hears.read_to_string(&mut said) => {}
                () = trickle => {}
            }
        })
        .await;
        assert!(said.starts_with("HTTP/1.1 400"), "{said}");
        let kept: usize = header(&ask(&lin, &location).await, "upload-offset")
            .parse()
            .expect("an offset");
        assert!((1000..bytes.len()).contains(&kept), "{kept}");
        let done = append(&lin, &location, kept, &bytes[kept..]).await;
        assert_eq!(done.status(), 204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_that_does_not_come_to_an_end_is_cut_before_anybody_works_for_it() {
    let field = with(|courtesy| courtesy.idle = SHORT).await;
    let words = b"POST /api/device/enrol HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"code\":";
    let said = rest(&mut call(&field, words).await).await;
    assert!(said.starts_with("HTTP/1.1 400"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_nobody_takes_are_given_up() {
    let field = with(|courtesy| courtesy.idle = SHORT).await;
    let mut lin = field.phone("lin-xiao").await;
    let bytes = &picture().jpeg;
    upload(&lin, bytes).await.expect("a photo");
    // lets go of its connections: one that ends while ours is read would pass for ours
    lin.http = reqwest::Client::new();
    until(&field, |connected| connected == 0).await;
    let ask = format!(
        "GET /blobs/{} HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {}\r\n\r\n",
        Hash::of(bytes),
        lin.token
    );
    let often = 64 * 1024 * 1024 / bytes.len();
    let mut stream = call(&field, b"").await;
    until(&field, |connected| connected == 1).await;
    // More than any socket holds; whatever it does not take any more is one request of many.
    let words = ask.repeat(often.min(500));
    let _ = soon(stream.write_all(words.as_bytes())).await;
    until(&field, |connected| connected == 0).await;
    let mut came = Vec::new();
    let _ = soon(stream.read_to_end(&mut came)).await;
    assert!(came.len() < often.min(500) * bytes.len(), "{}", came.len());
    assert_eq!(upload(&lin, &field::tus::pictures()[1].jpeg).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_beyond_the_last_place_waits_until_somebody_leaves() {
    let field = with(|courtesy| courtesy.strangers = 2).await;
    let first = call(&field, b"").await;
    let _second = call(&field, b"").await;
    until(&field, |connected| connected == 2).await;
    let mut third = call(&field, HEALTH).await;
    let at_once = tokio::time::timeout(SHORT, third.read_u8()).await;
    assert!(at_once.is_err(), "there was no place");
    drop(first);
    assert_eq!(soon(third.read_u8()).await.expect("an answer"), b'H');
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_of_one_office_take_no_places_of_strangers() {
    let field = with(|courtesy| courtesy.strangers = 1).await;
    let mut office = Vec::new();
    for login in ["lin-xiao", "ge-shuangjiang"] {
        let mut phone = soon(field.phone(login)).await;
        phone.sync().await.expect("an exchange");
        office.push(phone);
    }
    assert!(field.server.state().callers.connected() >= 2, "both rest");
    assert_eq!(status(&mut call(&field, HEALTH).await).await, "200");
}

fn as_phone(phone: &Phone) -> Vec<u8> {
    let id = "ab".repeat(16);
    let token = &phone.token;
    format!(
        "HEAD /blobs/uploads/{id} HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {token}\r\n\r\n"
    )
    .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_with_four_connections_is_asked_to_come_back_with_the_fifth() {
    let field = with(|_| ()).await;
    let lin = field.phone("lin-xiao").await;
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut stream = call(&field, &as_phone(&lin)).await;
        assert_eq!(status(&mut stream).await, "404");
        held.push(stream);
    }
    let mut fifth = call(&field, &as_phone(&lin)).await;
    let mut said = vec![0; 1024];
    let length = soon(fifth.read(&mut said)).await.expect("an answer");
    let said = String::from_utf8_lossy(&said[..length]).into_owned();
    assert!(said.starts_with("HTTP/1.1 429"), "{said}");
    assert!(said.contains("retry-after: "), "{said}");
    let before = field.server.state().callers.connected();
    held.pop();
    until(&field, |connected| connected < before).await;
    let mut again = call(&field, &as_phone(&lin)).await;
    assert_eq!(status(&mut again).await, "404");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_asks_without_end_is_asked_to_wait_and_nobody_else_is() {
    let field = with(|courtesy| courtesy.per_device_minute = 2).await;
    let lin = field.phone("lin-xiao").await;
    let ge = field.phone("ge-shuangjiang").await;
    let hash = Hash::of(b"a photo");
    for _ in 0..2 {
        assert_eq!(create(&lin, &hash, 1000).await.status(), 201);
    }
    let third = create(&lin, &hash, 1000).await;
    assert_eq!(third.status(), 429);
    assert!(third.headers().contains_key("retry-after"));
    assert_eq!(create(&ge, &hash, 1000).await.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_tries_codes_without_end_is_asked_to_wait() {
    let field = with(|courtesy| courtesy.knocks_minute = 1).await;
    let _lin = field.phone("lin-xiao").await;
    let words = b"POST /api/device/enrol HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    assert_eq!(status(&mut call(&field, words).await).await, "429");
    let words = b"POST /api/login HTTP/1.1\r\nhost: here\r\nx-gridwalk: 1\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    assert_eq!(status(&mut call(&field, words).await).await, "429");
    assert_eq!(status(&mut call(&field, HEALTH).await).await, "200");
}
