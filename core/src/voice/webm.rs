//! WebM (Matroska, EBML: RFC 8794 and RFC 9559) as far as one track of Opus needs it. A recorder writes as it hears: the segment
//! and its clusters may have no known length, and end where the file or the next of them begins.

use super::{number, to_ms, truncated, unsupported};
use crate::error::Refusal;

pub(super) const MAGIC: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];
const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;
const FILLER: u32 = 0xec;
/// What Opus says of itself (RFC 7845): 19 bytes and a map of at most 255 channels, of which we take few.
const OPUS_HEAD: usize = 64;
const SOUND: u64 = 2;
const BLOCK_HEAD: usize = 4;

/// What is done with an element that is known.
enum Rule {
    /// A number of at most eight bytes.
    Number,
    /// It must say exactly this.
    Says(&'static [u8]),
    /// It must begin so, and be short.
    Begins(&'static [u8]),
    /// Elements inside.
    Inside(&'static [(u32, Rule)]),
    /// A piece of sound.
    Sound,
}
use Rule::{Begins, Inside, Number, Says, Sound};

const HEAD: &[(u32, Rule)] = &[
    (0x4286, Number),
    (0x42f7, Number),
    (0x42f2, Number),
    (0x42f3, Number),
    (0x4282, Says(b"webm")),
    (0x4287, Number),
    (0x4285, Number),
];
const TIMESTAMP_SCALE: u32 = 0x002a_d7b1;
const TRACK: u32 = 0xae;
const TRACK_TYPE: u32 = 0x83;
const CODEC: u32 = 0x86;
const CLUSTER_TIME: u32 = 0xe7;
/// What stands in a segment and in its clusters, which have no ids in common.
const BODY: &[(u32, Rule)] = &[
    // Info, without its title, its dates and the programs that wrote it
    (
        0x1549_a966,
        Inside(&[(TIMESTAMP_SCALE, Number), (0x4489, Number)]),
    ),
    (0x1654_ae6b, Inside(&[(TRACK, Inside(OF_TRACK))])),
    (CLUSTER_TIME, Number),
    (0xa7, Number),
    (0xab, Number),
    (0xa3, Sound),
    (
        0xa0,
        Inside(&[
            (0xa1, Sound),
            (0x9b, Number),
            (0x75a2, Number),
            (0xfb, Number),
        ]),
    ),
];
/// Numbers, the codec, and no names. The track's id is drawn anew for every recording.
const OF_TRACK: &[(u32, Rule)] = &[
    (0xd7, Number),
    (0x73c5, Number),
    (TRACK_TYPE, Number),
    (0x56aa, Number),
    (0x56bb, Number),
    (0x0023_e383, Number),
    (0xb9, Number),
    (0x88, Number),
    (0x55aa, Number),
    (0x9c, Number),
    (CODEC, Says(b"A_OPUS")),
    (0x63a2, Begins(b"OpusHead")),
    (
        0xe1,
        Inside(&[
            (0xb5, Number),
            (0x78b5, Number),
            (0x9f, Number),
            (0x6264, Number),
        ]),
    ),
];

/// Overwrites what is not sound; how many milliseconds of sound there are.
pub(super) fn clean(bytes: &mut [u8]) -> Result<u64, Refusal> {
    let mut reading = Reading {
        end: bytes.len(),
        bytes,
        nanoseconds: 1_000_000,
        tracks: 0,
        codecs: 0,
        cluster: None,
        first: None,
        last: 0,
    };
    reading.all()?;
    let first = reading
        .first
        .ok_or_else(|| truncated("there is no sound in it"))?;
    if (reading.tracks, reading.codecs) != (1, 1) {
        return Err(unsupported("not one track of Opus"));
    }
    let units = reading.last.saturating_sub(first);
    Ok(to_ms(
        units.saturating_mul(reading.nanoseconds),
        1_000_000_000,
    ))
}

struct Element {
    id: u32,
    body: usize,
    /// None: it goes on until its like begins, or the file ends.
    end: Option<usize>,
}

struct Reading<'a> {
    bytes: &'a mut [u8],
    /// Of the segment.
    end: usize,
    /// In one unit of time.
    nanoseconds: u64,
    tracks: u32,
    codecs: u32,
    /// When the present cluster begins.
    cluster: Option<u64>,
    first: Option<u64>,
    last: u64,
}

impl Reading<'_> {
    fn all(&mut self) -> Result<(), Refusal> {
        let head = self.element(0)?;
        let end = head.end.ok_or_else(|| unsupported("a head without end"))?;
        self.inside(head.body, end, HEAD)?;
        let segment = self.element(end)?;
        if segment.id != SEGMENT {
            return Err(unsupported("no segment follows the head"));
        }
        if segment.end.is_some_and(|end| end != self.end) {
            return Err(unsupported("something follows the recording"));
        }
        let mut at = segment.body;
        while at < self.end {
            let element = self.element(at)?;
            if element.id == CLUSTER {
                // what is in it is read like what follows it
                self.cluster = Some(0);
                at = element.body;
                continue;
            }
            let end = element
                .end
                .ok_or_else(|| unsupported("an element without end"))?;
            self.one(at, &element, end, BODY)?;
            at = end;
        }
        Ok(())
    }

    fn inside(&mut self, from: usize, to: usize, rules: &[(u32, Rule)]) -> Result<(), Refusal> {
        let mut at = from;
        while at < to {
            let element = self.element(at)?;
            let end = element.end.filter(|end| *end <= to);
            let end = end.ok_or_else(|| unsupported("an element outgrows what it is in"))?;
            self.one(at, &element, end, rules)?;
            at = end;
        }
        Ok(())
    }

    fn one(
        &mut self,
        at: usize,
        element: &Element,
        end: usize,
        rules: &[(u32, Rule)],
    ) -> Result<(), Refusal> {
        let body = element.body..end;
        if element.id == FILLER {
            self.bytes[body].fill(0);
            return Ok(());
        }
        let rule = rules.iter().find(|(id, _)| *id == element.id);
        let said = &self.bytes[body.clone()];
        match rule.map(|(_, rule)| rule) {
            None => self.fill(at, end),
            Some(Inside(rules)) => {
                self.tracks += u32::from(element.id == TRACK);
                self.inside(body.start, end, rules)?;
            }
            Some(Number) if said.len() <= 8 => {
                let value = number(said);
                match element.id {
                    TIMESTAMP_SCALE => self.nanoseconds = value,
                    CLUSTER_TIME => self.cluster = self.cluster.map(|_| value),
                    TRACK_TYPE if value != SOUND => {
                        return Err(unsupported("a track that is not sound"));
                    }
                    _ => {}
                }
            }
            Some(Says(words)) if said == *words => self.codecs += u32::from(element.id == CODEC),
            Some(Begins(words)) if said.starts_with(words) && said.len() <= OPUS_HEAD => {}
            Some(Sound) => self.sound(body.start, end)?,
            Some(Number | Says(_) | Begins(_)) => {
                return Err(unsupported("an element says what no recorder of ours says"));
            }
        }
        Ok(())
    }

    /// Track, time beside the cluster's, flags; then the packet.
    fn sound(&mut self, from: usize, to: usize) -> Result<(), Refusal> {
        let head = self.bytes[from..to].first_chunk::<BLOCK_HEAD>();
        let (Some([track, high, low, _]), Some(cluster)) = (head, self.cluster) else {
            return Err(unsupported("a piece of sound outside any cluster"));
        };
        if *track < 0x80 {
            return Err(unsupported("more than 126 tracks"));
        }
        let beside = i16::from_be_bytes([*high, *low]);
        let time = cluster.saturating_add_signed(i64::from(beside));
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = self.last.max(time);
        Ok(())
    }

    /// An element that says nothing, of the same length.
    fn fill(&mut self, from: usize, to: usize) {
        let element = &mut self.bytes[from..to];
        element.fill(0);
        let length = element.len() as u64;
        element[0] = FILLER as u8;
        if length < 9 {
            element[1] = 0x80 | (length - 2) as u8;
        } else {
            element[1..9].copy_from_slice(&(length - 9).to_be_bytes());
            element[1] = 0x01;
        }
    }

    fn element(&self, at: usize) -> Result<Element, Refusal> {
        let ended = || truncated("it ends within an element");
        let first = *self.bytes.get(at).ok_or_else(ended)?;
        let width = first.leading_zeros() as usize + 1;
        if width > 4 {
            return Err(unsupported("no element begins so"));
        }
        let id = number(self.bytes.get(at..at + width).ok_or_else(ended)?) as u32;
        let at = at + width;
        let first = *self.bytes.get(at).ok_or_else(ended)?;
        let width = first.leading_zeros() as usize + 1;
        if width > 8 {
            return Err(unsupported("no length begins so"));
        }
        let size = number(self.bytes.get(at..at + width).ok_or_else(ended)?);
        let all = (1u64 << (7 * width)) - 1;
        let (size, body) = (size & all, at + width);
        let end = match size == all {
            true => None,
            false => {
                let end = usize::try_from(size).ok();
                let end = end.and_then(|size| body.checked_add(size));
                Some(end.filter(|end| *end <= self.end).ok_or_else(ended)?)
            }
        };
        Ok(Element { id, body, end })
    }
}
