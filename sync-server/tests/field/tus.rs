//! A phone's photo lane: tus 1.0, one request after the other.

use super::phone::{Phone, Refused, refused};
use gridwalk_core::ids::Hash;
use gridwalk_fixtures::photos::{Picture, gallery};
use reqwest::{RequestBuilder, Response};
use std::sync::OnceLock;

/// The scenes of the demo street, as photos that the app has made small.
pub fn pictures() -> &'static [Picture] {
    static GALLERY: OnceLock<Vec<Picture>> = OnceLock::new();
    GALLERY.get_or_init(gallery)
}

pub fn picture() -> &'static Picture {
    pictures().first().expect("a picture")
}

/// Standard base64, as tus wants its metadata.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .fold(0u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= chunk.len() {
                digit as char
            } else {
                '='
            });
        }
    }
    text
}

pub fn tus(phone: &Phone, request: RequestBuilder) -> RequestBuilder {
    request
        .bearer_auth(&phone.token)
        .header("tus-resumable", "1.0.0")
}

pub async fn create(phone: &Phone, hash: &Hash, length: usize) -> Response {
    let url = format!("{}/blobs", phone.url);
    tus(phone, phone.http.post(url))
        .header("upload-length", length)
        .header(
            "upload-metadata",
            format!("hash {}", base64(hash.to_string().as_bytes())),
        )
        .send()
        .await
        .expect("an answer")
}

pub async fn append(phone: &Phone, location: &str, offset: usize, bytes: &[u8]) -> Response {
    let url = format!("{}{location}", phone.url);
    tus(phone, phone.http.patch(url))
        .header("content-type", "application/offset+octet-stream")
        .header("upload-offset", offset)
        .body(bytes.to_vec())
        .send()
        .await
        .expect("an answer")
}

pub async fn ask(phone: &Phone, location: &str) -> Response {
    let url = format!("{}{location}", phone.url);
    let asked = tus(phone, phone.http.head(url)).send();
    asked.await.expect("an answer")
}

pub fn header(answer: &Response, name: &str) -> String {
    let value = answer.headers().get(name).expect(name);
    value.to_str().expect("text").to_owned()
}

pub async fn upload(phone: &Phone, bytes: &[u8]) -> Result<(), Refused> {
    let created = create(phone, &Hash::of(bytes), bytes.len()).await;
    assert_eq!(created.status(), 201);
    let answer = append(phone, &header(&created, "location"), 0, bytes).await;
    if answer.status() == 204 {
        Ok(())
    } else {
        Err(refused(answer).await)
    }
}
