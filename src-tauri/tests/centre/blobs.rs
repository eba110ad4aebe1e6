//! The centre's half of a resumable upload, as `sync-server` answers it: a finished upload is gone, and whoever begins it
//! again is told that everything is here.

use super::{kind, refusal};
use gridwalk::ports::{Call, Reply};
use gridwalk_core::ids::Hash;
use std::collections::BTreeMap;

/// What has come of photos.
#[derive(Default)]
pub struct Photos {
    /// Those that are whole.
    pub whole: BTreeMap<Hash, Vec<u8>>,
    /// Those under way, by the address of their upload.
    parts: BTreeMap<String, Part>,
    begun: u32,
    /// Bytes of bodies, each time that they came.
    pub received: usize,
    /// It crashes on the last byte of a photo, before it has looked at it.
    pub crashing: bool,
    /// It is as centres were before they named what arrived: an offset is told as the part lies, checked or not.
    pub older: bool,
}

struct Part {
    hash: Hash,
    length: usize,
    bytes: Vec<u8>,
}

impl Photos {
    pub fn answer(&mut self, call: &Call, path: &str) -> Reply {
        assert_eq!(call.headers["tus-resumable"], "1.0.0");
        match (call.method, path) {
            ("POST", "/blobs") => self.begin(call),
            ("HEAD", place) => {
                let told = self.told(200, place, None);
                // HEAD has no body to say a code in
                told.unwrap_or_else(|| without_body(refusal(404, "NOT_FOUND")))
            }
            ("PATCH", place) => self.append(call, place),
            (method, path) => panic!("the phone called {method} {path}"),
        }
    }

    fn begin(&mut self, call: &Call) -> Reply {
        let length: usize = call.headers["upload-length"].parse().unwrap();
        let name = call.headers["upload-metadata"].strip_prefix("hash ");
        let hash: Hash = base64(name.unwrap()).parse().unwrap();
        if self.whole.contains_key(&hash) {
            return at(201, Some(&format!("/blobs/{hash}")), length);
        }
        let mut begun = self.parts.iter().filter(|(_, part)| part.hash == hash);
        if let Some(place) = begun.next().map(|(place, _)| place.clone())
            && let Some(told) = self.told(201, &place, Some(&place))
        {
            return told;
        }
        self.begun += 1;
        let place = format!("/blobs/uploads/{}", self.begun);
        let bytes = Vec::new();
        self.parts.insert(
            place.clone(),
            Part {
                hash,
                length,
                bytes,
            },
        );
        at(201, Some(&place), 0)
    }

    fn append(&mut self, call: &Call, place: &str) -> Reply {
        let Some(part) = self.parts.get_mut(place) else {
            return refusal(404, "NOT_FOUND");
        };
        let offset: usize = call.headers["upload-offset"].parse().unwrap();
        if offset != part.bytes.len() {
            return refusal(409, "BLOB_OFFSET_MISMATCH");
        }
        self.received += call.body.len();
        part.bytes.extend(&call.body);
        let length = part.bytes.len();
        assert!(length <= part.length, "more than was promised");
        match self.crashing || length < part.length {
            true => at(204, None, length),
            false => match self.finish(place) {
                Some(_) if self.older => at(204, None, length),
                Some(hash) => at(204, Some(&format!("/blobs/{hash}")), length),
                None => refusal(460, "BLOB_HASH_MISMATCH"),
            },
        }
    }

    /// Where an upload stands, unless there is none; what is all here is looked at before.
    fn told(&mut self, status: u16, place: &str, more: Option<&str>) -> Option<Reply> {
        let part = self.parts.get(place)?;
        let length = part.bytes.len();
        if length < part.length || self.older {
            return Some(at(status, more, length));
        }
        let hash = self.finish(place)?;
        Some(at(status, Some(&format!("/blobs/{hash}")), length))
    }

    /// Names the photo, or throws away what is not what was promised.
    fn finish(&mut self, place: &str) -> Option<Hash> {
        let part = self.parts.remove(place).unwrap();
        let hash = Hash::of(&part.bytes);
        let right = hash == part.hash;
        right.then(|| {
            self.whole.insert(hash, part.bytes);
            hash
        })
    }

    /// A disk forgets a piece in the middle of what has come so far.
    pub fn tear(&mut self) {
        for part in self.parts.values_mut() {
            let middle = part.bytes.len() / 2;
            part.bytes[middle..middle + 512].fill(0);
        }
    }
}

fn at(status: u16, place: Option<&str>, offset: usize) -> Reply {
    let mut headers = BTreeMap::from([("upload-offset".to_owned(), offset.to_string())]);
    headers.extend(place.map(|place| ("location".to_owned(), place.to_owned())));
    Reply {
        status,
        headers,
        body: Vec::new(),
    }
}

pub fn without_body(reply: Reply) -> Reply {
    Reply {
        headers: kind("application/json"),
        body: Vec::new(),
        ..reply
    }
}

fn base64(text: &str) -> String {
    let mut bits = 0_u32;
    let mut bytes = Vec::new();
    for (place, letter) in text.trim_end_matches('=').bytes().enumerate() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            _ => panic!("hex needs no other letter"),
        };
        bits = bits << 6 | u32::from(value);
        if place % 4 != 0 {
            bytes.push((bits >> (6 - 2 * (place % 4))) as u8);
        }
    }
    String::from_utf8(bytes).unwrap()
}
