//! MP4 (ISO/IEC 14496-12) as far as one track of AAC or Opus needs it, whole or in fragments as a recorder writes it.

use super::{number, to_ms, truncated, unsupported};
use crate::error::Refusal;
use std::ops::Range;

/// What a coder says of itself; ours say 20 to 60 bytes.
const CODER: usize = 128;
const HEAD: usize = 8;

/// What is done with a box that is known.
enum Rule {
    /// Numbers.
    Plain,
    /// Numbers that begin with when it was made and changed.
    Dated,
    /// Whose track it is: sound, under no name.
    Handler,
    /// Where the sound lies: in this file.
    Here,
    /// By which coder.
    Coder,
    /// Boxes inside.
    Inside(&'static [(&'static [u8; 4], Rule)]),
}
use Rule::{Coder, Dated, Handler, Here, Inside, Plain};

type Rules = [(&'static [u8; 4], Rule)];

const FILE: &Rules = &[
    (b"ftyp", Plain),
    (b"styp", Plain),
    (b"sidx", Plain),
    (b"mdat", Plain),
    (b"moov", Inside(MOVIE)),
    (
        b"moof",
        Inside(&[
            (b"mfhd", Plain),
            (
                b"traf",
                Inside(&[(b"tfhd", Plain), (b"tfdt", Plain), (b"trun", Plain)]),
            ),
        ]),
    ),
    (b"mfra", Inside(&[(b"tfra", Plain), (b"mfro", Plain)])),
];
const MOVIE: &Rules = &[
    (b"mvhd", Dated),
    (b"mvex", Inside(&[(b"mehd", Plain), (b"trex", Plain)])),
    (
        b"trak",
        Inside(&[
            (b"tkhd", Dated),
            (b"edts", Inside(&[(b"elst", Plain)])),
            (
                b"mdia",
                Inside(&[
                    (b"mdhd", Dated),
                    (b"hdlr", Handler),
                    (
                        b"minf",
                        Inside(&[
                            (b"smhd", Plain),
                            (b"dinf", Inside(&[(b"dref", Here)])),
                            (b"stbl", Inside(SAMPLES)),
                        ]),
                    ),
                ]),
            ),
        ]),
    ),
];
const SAMPLES: &Rules = &[
    (b"stsd", Coder),
    (b"stts", Plain),
    (b"stsc", Plain),
    (b"stsz", Plain),
    (b"stco", Plain),
    (b"co64", Plain),
];
const OF_CODER: &Rules = &[(b"esds", Plain), (b"dOps", Plain), (b"btrt", Plain)];
/// One entry: the sound lies in this very file. Some write an empty address behind it.
const IN_THIS_FILE: [&[u8]; 2] = [
    b"\0\0\0\0\0\0\0\x01\0\0\0\x0curl \0\0\0\x01",
    b"\0\0\0\0\0\0\0\x01\0\0\0\x0durl \0\0\0\x01\0",
];

/// Overwrites what is not sound; how many milliseconds of sound there are.
pub(super) fn clean(bytes: &mut [u8]) -> Result<u64, Refusal> {
    let mut reading = Reading {
        bytes,
        tracks: 0,
        handlers: 0,
        coders: 0,
        sound: false,
        per_second: 0,
        whole: 0,
        each: 0,
        in_this: 0,
        fragments: 0,
    };
    let all = 0..reading.bytes.len();
    reading.inside(all, FILE, true)?;
    if reading.tracks == 0 || !reading.sound {
        return Err(truncated("there is no sound in it"));
    }
    if (reading.tracks, reading.handlers, reading.coders) != (1, 1, 1) {
        return Err(unsupported("not one track of sound"));
    }
    if reading.per_second == 0 {
        return Err(unsupported("it does not say how time is counted"));
    }
    let units = reading.whole.max(reading.fragments);
    Ok(to_ms(units, reading.per_second))
}

struct Reading<'a> {
    bytes: &'a mut [u8],
    tracks: u32,
    handlers: u32,
    coders: u32,
    /// There is a place where it lies.
    sound: bool,
    per_second: u64,
    /// Units of time, as the head says.
    whole: u64,
    /// Units of a sample, unless it says so itself.
    each: u64,
    /// The same within the present fragment.
    in_this: u64,
    /// Units of time, as the fragments say.
    fragments: u64,
}

impl Reading<'_> {
    fn inside(
        &mut self,
        within: Range<usize>,
        rules: &Rules,
        outermost: bool,
    ) -> Result<(), Refusal> {
        let mut at = within.start;
        while at < within.end {
            let (name, body) = self.one(at, within.end, outermost)?;
            if let Some((_, rule)) = rules.iter().find(|(known, _)| **known == name) {
                self.apply(name, rule, body.clone())?;
            } else {
                // free space of the same length; also what was free space before
                self.bytes[at + 4..at + HEAD].copy_from_slice(b"free");
                self.bytes[body.clone()].fill(0);
            }
            at = body.end;
        }
        Ok(())
    }

    fn apply(&mut self, name: [u8; 4], rule: &Rule, body: Range<usize>) -> Result<(), Refusal> {
        match rule {
            Inside(rules) => {
                self.tracks += u32::from(name == *b"trak");
                if name == *b"traf" {
                    self.in_this = self.each;
                }
                self.inside(body, rules, false)?;
            }
            Dated => self.dated(name, body)?,
            Handler => {
                let said = &mut self.bytes[body];
                if said.get(8..12) != Some(b"soun") {
                    return Err(unsupported("a track that is not sound"));
                }
                said[12..].fill(0);
                self.handlers += 1;
            }
            Here if IN_THIS_FILE.contains(&&self.bytes[body.clone()]) => {}
            Here => return Err(unsupported("the sound lies elsewhere")),
            Coder => self.coder(body)?,
            Plain => match &name {
                b"mdat" => self.sound |= !body.is_empty(),
                b"trex" => self.each = self.word(&body, 12).unwrap_or(0),
                b"tfhd" => self.in_this = self.of_fragment(&body).unwrap_or(self.in_this),
                b"trun" => {
                    let units = self.of_run(&body);
                    let units = units.ok_or_else(|| unsupported("a run that is cut"))?;
                    self.fragments = self.fragments.saturating_add(units);
                }
                b"esds" | b"dOps" | b"btrt" if body.len() > CODER => {
                    return Err(unsupported("a coder that says too much"));
                }
                _ => {}
            },
        }
        Ok(())
    }

    /// Nobody needs to know when the file was made: the record says when it was recorded.
    fn dated(&mut self, name: [u8; 4], body: Range<usize>) -> Result<(), Refusal> {
        let cut = || unsupported("a head that is cut");
        let said = &mut self.bytes[body];
        let wide = match said.first() {
            Some(0) => 4,
            Some(1) => 8,
            _ => return Err(cut()),
        };
        said.get_mut(4..4 + 2 * wide).ok_or_else(cut)?.fill(0);
        if name == *b"mdhd" {
            let at = 4 + 2 * wide;
            self.per_second = number(said.get(at..at + 4).ok_or_else(cut)?);
            let units = said.get(at + 4..at + 4 + wide).ok_or_else(cut)?;
            // all ones: it was not known when the head was written
            if units.iter().any(|byte| *byte != 0xff) {
                self.whole = number(units);
            }
        }
        Ok(())
    }

    /// One entry, of a coder that we know, in the plain form that has 28 bytes before its boxes.
    fn coder(&mut self, body: Range<usize>) -> Result<(), Refusal> {
        let said = &self.bytes[body.clone()];
        if said.get(4..8) != Some(&[0, 0, 0, 1]) {
            return Err(unsupported("not one coder"));
        }
        let (name, entry) = self.one(body.start + 8, body.end, false)?;
        let plain = self.bytes[entry.clone()].get(8..10) == Some(&[0, 0]);
        if !matches!(&name, b"mp4a" | b"Opus") || entry.len() < 28 || !plain {
            return Err(unsupported("neither AAC nor Opus"));
        }
        if entry.end != body.end {
            return Err(unsupported("not one coder"));
        }
        self.coders += 1;
        self.inside(entry.start + 28..entry.end, OF_CODER, false)
    }

    fn word(&self, body: &Range<usize>, at: usize) -> Option<u64> {
        let said = self.bytes.get(body.clone())?;
        Some(number(said.get(at..at + 4)?))
    }

    /// How long a sample of a fragment is, if its head says so.
    fn of_fragment(&self, body: &Range<usize>) -> Option<u64> {
        let flags = self.word(body, 0)?;
        let at = 8 + 8 * usize::from(flags & 1 != 0) + 4 * usize::from(flags & 2 != 0);
        (flags & 8 != 0).then(|| self.word(body, at)).flatten()
    }

    /// How long a run of samples is.
    fn of_run(&self, body: &Range<usize>) -> Option<u64> {
        let (flags, samples) = (self.word(body, 0)?, self.word(body, 4)?);
        let mut at = 8 + 4 * usize::from(flags & 1 != 0) + 4 * usize::from(flags & 4 != 0);
        let each = 4 * [0x100, 0x200, 0x400, 0x800]
            .into_iter()
            .filter(|field| flags & field != 0)
            .count();
        if flags & 0x100 == 0 {
            return Some(samples.saturating_mul(self.in_this));
        }
        let mut units = 0u64;
        for _ in 0..samples {
            units = units.saturating_add(self.word(body, at)?);
            at += each;
        }
        Some(units)
    }

    /// A box that begins here: its name and what is in it.
    fn one(
        &self,
        at: usize,
        limit: usize,
        outermost: bool,
    ) -> Result<([u8; 4], Range<usize>), Refusal> {
        let past = |outermost| match outermost {
            true => truncated("it ends within a box"),
            false => unsupported("a box outgrows what it is in"),
        };
        let past = past(outermost);
        let Some(head) = self
            .bytes
            .get(at..limit)
            .and_then(<[u8]>::first_chunk::<HEAD>)
        else {
            return Err(past);
        };
        let [s1, s2, s3, s4, name @ ..] = *head;
        let (size, body) = match u32::from_be_bytes([s1, s2, s3, s4]) {
            0 if outermost => ((limit - at) as u64, at + HEAD),
            1 => match self.bytes.get(at + HEAD..limit.min(at + HEAD + 8)) {
                Some(long) if long.len() == 8 => (number(long), at + HEAD + 8),
                _ => return Err(past),
            },
            size => (u64::from(size), at + HEAD),
        };
        let end = usize::try_from(size).ok();
        let end = end.and_then(|size| at.checked_add(size));
        match end.filter(|end| *end >= body && *end <= limit) {
            Some(end) => Ok((name, body..end)),
            None => Err(past),
        }
    }
}
