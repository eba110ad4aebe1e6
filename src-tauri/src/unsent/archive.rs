//! A zip as it is written to nobody in particular: every entry comes whole, with its size and sum in front, so that nothing
//! has to be sought back to and each piece can be given away as soon as it is made. Stored, not deflated: pictures and
//! recordings are packed already. What any office computer opens, and nothing else of APPNOTE.TXT.

use chrono::{Datelike, Timelike};
use gridwalk_core::time::Timestamp;

const ENTRY: u32 = 0x0403_4b50;
const LISTED: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// 2.0, the first that knows folders.
const VERSION: u16 = 20;
/// Bit 11: names are UTF-8.
const UTF8: u16 = 1 << 11;
const STORED: u16 = 0;

/// What has been written so far, for the list at the end.
#[derive(Default)]
pub(super) struct Archive {
    /// How long it is.
    at: u32,
    entries: Vec<Listed>,
}

struct Listed {
    name: String,
    /// Version, flags, method, time, sum and sizes: the same bytes at the entry and in the list.
    facts: Vec<u8>,
    at: u32,
}

impl Archive {
    /// One entry whole. Names are ours, and everything together stays far below 4 GB.
    pub fn entry(&mut self, name: String, made_at: Timestamp, bytes: &[u8]) -> Vec<u8> {
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let (date, time) = dos(made_at);
        let mut facts = Vec::with_capacity(26);
        for half in [VERSION, UTF8, STORED, time, date] {
            facts.extend(half.to_le_bytes());
        }
        for word in [crc32fast::hash(bytes), size, size] {
            facts.extend(word.to_le_bytes());
        }
        facts.extend(length(name.as_bytes()));
        facts.extend([0, 0]); // no extra field
        let mut piece = ENTRY.to_le_bytes().to_vec();
        piece.extend(&facts);
        piece.extend(name.as_bytes());
        piece.extend(bytes);
        let at = self.at;
        self.at += u32::try_from(piece.len()).unwrap_or(u32::MAX);
        self.entries.push(Listed { name, facts, at });
        piece
    }

    /// The list of all entries, with which it ends.
    pub fn end(self) -> Vec<u8> {
        let mut list = Vec::new();
        for entry in &self.entries {
            list.extend(LISTED.to_le_bytes());
            list.extend(VERSION.to_le_bytes()); // made by
            list.extend(&entry.facts);
            list.extend([0; 10]); // no comment, one disk, nothing said of the file's kind
            list.extend(entry.at.to_le_bytes());
            list.extend(entry.name.as_bytes());
        }
        let size = u32::try_from(list.len()).unwrap_or(u32::MAX);
        let count = u16::try_from(self.entries.len()).unwrap_or(u16::MAX);
        list.extend(END.to_le_bytes());
        list.extend([0; 4]); // one disk
        list.extend(count.to_le_bytes());
        list.extend(count.to_le_bytes());
        list.extend(size.to_le_bytes());
        list.extend(self.at.to_le_bytes());
        list.extend([0, 0]); // no comment
        list
    }
}

fn length(name: &[u8]) -> [u8; 2] {
    u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes()
}

/// Day and minute as a clock on the street shows them, to two seconds.
fn dos(at: Timestamp) -> (u16, u16) {
    let at = at.shanghai();
    let year = u16::try_from(at.year() - 1980).unwrap_or(0).min(127);
    let date = (year << 9) | ((at.month() as u16) << 5) | at.day() as u16;
    let seconds = at.second() as u16 / 2;
    let time = ((at.hour() as u16) << 11) | ((at.minute() as u16) << 5) | seconds;
    (date, time)
}
