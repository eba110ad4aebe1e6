//! Opens the file that a worker hands over, as an office does: by the list at its end. Nothing of the app that wrote it is used.
#![allow(dead_code)] // every file of tests looks at another part of it

use gridwalk::Phone;
use std::collections::BTreeMap;

/// All pieces, one after the other.
pub fn taken_away(phone: &Phone) -> Vec<u8> {
    phone.begin_unsent().unwrap();
    let mut file = Vec::new();
    loop {
        let piece = phone.unsent_piece().unwrap();
        if piece.is_empty() {
            return file;
        }
        file.extend(piece);
    }
}

/// What lies in it, by name; every sum is checked.
pub fn opened(file: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let half = |at: usize| u16::from_le_bytes(file[at..at + 2].try_into().unwrap()) as usize;
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    let end = file.len() - 22;
    assert_eq!(word(end), 0x0605_4b50, "it ends with where its list is");
    let (count, mut at) = (half(end + 10), word(end + 16));
    assert_eq!(at + word(end + 12), end, "the list is as long as it says");
    let mut entries = BTreeMap::new();
    for _ in 0..count {
        assert_eq!(word(at), 0x0201_4b50);
        let (sum, size, begins) = (word(at + 16), word(at + 24), word(at + 42));
        let name = at + 46..at + 46 + half(at + 28);
        assert_eq!(
            file[begins + 30..][..name.len()],
            file[name.clone()],
            "the entry and the list call it the same"
        );
        let bytes = &file[begins + 30 + name.len() + half(begins + 28)..][..size];
        assert_eq!(crc32fast::hash(bytes) as usize, sum);
        at = name.end + half(at + 30) + half(at + 32);
        let name = String::from_utf8(file[name].to_vec()).unwrap();
        assert_eq!(entries.insert(name, bytes.to_vec()), None);
    }
    entries
}

/// `records.json` of what has not arrived.
pub fn records(phone: &Phone) -> serde_json::Value {
    let file = opened(&taken_away(phone));
    serde_json::from_slice(&file["records.json"]).unwrap()
}
