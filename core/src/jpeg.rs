//! What a JPEG says of itself without decoding it (ITU T.81 Annex B): whether it is whole, how large it claims to be,
//! and whether it carries metadata. The phone asks before it decodes, the server before it keeps.

/// What the markers say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Jpeg {
    /// Pixels across, as claimed.
    pub width: u16,
    /// Pixels down, as claimed.
    pub height: u16,
    /// It holds a segment besides the picture itself: EXIF, XMP, MPF, an ICC profile, a comment.
    pub metadata: bool,
    /// Coded as cameras and browsers do: eight bits, Huffman, sequential or progressive.
    pub common: bool,
    /// Bytes up to and with its end marker; whatever follows is no part of it.
    pub length: usize,
    /// Bytes that a decoder has to hold beside the picture because it comes in several scans: two for every coefficient.
    pub held: u64,
}

/// Why it is not a JPEG that can be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JpegFault {
    /// It does not begin like one.
    #[error("not a JPEG")]
    NotJpeg,
    /// It ends before its end marker.
    #[error("the JPEG ends early")]
    Truncated,
}

const START: u8 = 0xD8;
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;

/// Walks the markers of the first picture in `bytes`; whatever follows its end marker is not looked at.
pub fn inspect(bytes: &[u8]) -> Result<Jpeg, JpegFault> {
    if bytes.get(..2) != Some(&[0xFF, START]) {
        return Err(if bytes.is_empty() {
            JpegFault::Truncated
        } else {
            JpegFault::NotJpeg
        });
    }
    let mut jpeg = Jpeg {
        width: 0,
        height: 0,
        metadata: false,
        common: true,
        length: 0,
        held: 0,
    };
    let (mut at, mut frame, mut scans) = (2, Frame::default(), 0u32);
    loop {
        let (marker, body) = next_marker(bytes, at)?;
        at = body;
        match marker {
            END if jpeg.width == 0 || jpeg.height == 0 => return Err(JpegFault::Truncated),
            END => {
                if frame.progressive || scans > 1 {
                    jpeg.held = frame.coefficients(&jpeg) * 2;
                }
                jpeg.length = at;
                return Ok(jpeg);
            }
            START | 0x01 | 0xD0..=0xD7 => {}
            _ => {
                let segment = segment(bytes, at)?;
                match marker {
                    // a longer JFIF has a picture in it, a longer Adobe words
                    0xE0 if segment.starts_with(b"JFIF\0") && segment.len() <= 14 => {}
                    0xEE if segment.starts_with(ADOBE) && segment.len() <= 12 => {}
                    0xE0..=0xFE => jpeg.metadata = true,
                    // one picture has one frame; whoever reads up to the picture alone sees the first
                    0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF if scans > 0 => {
                        jpeg.common = false;
                    }
                    0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                        let &[bits, h1, h0, w1, w0, ..] = segment else {
                            return Err(JpegFault::Truncated);
                        };
                        frame = Frame::of(marker, segment);
                        jpeg.common &= bits == 8 && matches!(marker, 0xC0..=0xC2);
                        jpeg.height = u16::from_be_bytes([h1, h0]);
                        jpeg.width = u16::from_be_bytes([w1, w0]);
                    }
                    _ => {}
                }
                at += 2 + segment.len();
                if marker == SCAN {
                    scans = scans.saturating_add(1);
                    at = end_of_entropy(bytes, at)?;
                }
            }
        }
    }
}

/// Of these two segments only what a decoder has to know of the colours is left.
const JFIF: &[u8] = b"\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
const ADOBE: &[u8] = b"Adobe";

/// The same picture, not a coefficient changed, with nothing else in the file: only frames, tables and scans are copied, each
/// no longer than it has to be, so that there is no place left for a word. What says how colours are coded is written anew.
/// Orientation goes with the rest; whoever needs it asks before. A file that has anything unusual in it has no bare form.
pub fn bare(bytes: &[u8]) -> Option<Vec<u8>> {
    if !inspect(bytes).ok()?.common {
        return None;
    }
    let mut bare = vec![0xFF, START];
    let (mut at, mut begun) = (2, false);
    loop {
        let (marker, body) = next_marker(bytes, at).ok()?;
        at = body;
        match marker {
            END => {
                bare.extend([0xFF, END]);
                return Some(bare);
            }
            START | 0x01 | 0xD0..=0xD7 => {}
            _ => {
                let segment = segment(bytes, at).ok()?;
                let from = at;
                at += 2 + segment.len();
                match marker {
                    0xE0 if segment.starts_with(b"JFIF\0") && !begun => bare.extend(JFIF),
                    0xEE if segment.starts_with(ADOBE) && segment.len() >= 12 && !begun => {
                        bare.extend([0xFF, 0xEE, 0, 14]);
                        bare.extend(ADOBE);
                        bare.extend([0, 100, 0, 0, 0, 0, segment[11]]);
                    }
                    0xE0..=0xEF | 0xFE => {}
                    _ => {
                        if !is_nothing_more(marker, segment) {
                            return None;
                        }
                        bare.extend([0xFF, marker]);
                        bare.extend(bytes.get(from..at)?);
                    }
                }
                if marker == SCAN {
                    begun = true;
                    let end = end_of_entropy(bytes, at).ok()?;
                    bare.extend(bytes.get(at..end)?);
                    at = end;
                }
            }
        }
    }
}

/// Whether a segment is one that a picture needs and ends where it has to.
fn is_nothing_more(marker: u8, segment: &[u8]) -> bool {
    let parts = |size: fn(&[u8]) -> Option<usize>| {
        let mut rest = segment;
        while !rest.is_empty() {
            match size(rest).and_then(|size| rest.get(size..)) {
                Some(next) => rest = next,
                None => return false,
            }
        }
        !segment.is_empty()
    };
    match marker {
        // quantisation: 64 numbers of one byte or two
        0xDB => parts(|rest| match rest[0] >> 4 {
            0 => Some(65),
            1 => Some(129),
            _ => None,
        }),
        // Huffman: how many codes of each length, and then their symbols
        0xC4 => parts(|rest| {
            let counts = rest.get(1..17)?;
            Some(
                17 + counts
                    .iter()
                    .map(|count| usize::from(*count))
                    .sum::<usize>(),
            )
        }),
        0xC0..=0xC2 => segment
            .get(5)
            .is_some_and(|n| segment.len() == 6 + 3 * usize::from(*n)),
        SCAN => segment
            .first()
            .is_some_and(|n| segment.len() == 4 + 2 * usize::from(*n)),
        0xDD => segment.len() == 2,
        _ => false,
    }
}

/// How the picture is divided.
#[derive(Default)]
struct Frame {
    progressive: bool,
    /// Of each component how often it is sampled, across and down.
    sampled: Vec<(u64, u64)>,
}

impl Frame {
    fn of(marker: u8, segment: &[u8]) -> Self {
        let components = segment.get(6..).unwrap_or_default().chunks_exact(3);
        Self {
            progressive: marker == 0xC2,
            sampled: components
                .take(4)
                .map(|component| (u64::from(component[1] >> 4), u64::from(component[1] & 0x0F)))
                .collect(),
        }
    }

    /// In whole units of 8 × 8, as many as the coarsest component needs.
    fn coefficients(&self, jpeg: &Jpeg) -> u64 {
        let most =
            |pick: fn(&(u64, u64)) -> u64| self.sampled.iter().map(pick).max().unwrap_or(1).max(1);
        let (across, down) = (most(|s| s.0), most(|s| s.1));
        let units =
            u64::from(jpeg.width).div_ceil(8 * across) * u64::from(jpeg.height).div_ceil(8 * down);
        let blocks: u64 = self.sampled.iter().map(|(h, v)| h * v).sum();
        units * blocks * 64
    }
}

/// The marker at `at` and where its body begins; fill bytes 0xFF may stand before it.
fn next_marker(bytes: &[u8], mut at: usize) -> Result<(u8, usize), JpegFault> {
    if bytes.get(at).ok_or(JpegFault::Truncated)? != &0xFF {
        return Err(JpegFault::Truncated);
    }
    while bytes.get(at) == Some(&0xFF) {
        at += 1;
    }
    bytes
        .get(at)
        .map(|marker| (*marker, at + 1))
        .ok_or(JpegFault::Truncated)
}

/// The body of a segment whose two length bytes stand at `at` (and count themselves).
fn segment(bytes: &[u8], at: usize) -> Result<&[u8], JpegFault> {
    let length = bytes
        .get(at..at + 2)
        .map(|b| usize::from(u16::from_be_bytes([b[0], b[1]])));
    let length = length
        .filter(|length| *length >= 2)
        .ok_or(JpegFault::Truncated)?;
    bytes.get(at + 2..at + length).ok_or(JpegFault::Truncated)
}

/// Where the entropy-coded data ends: at a 0xFF that is neither stuffed nor a restart.
fn end_of_entropy(bytes: &[u8], from: usize) -> Result<usize, JpegFault> {
    let rest = bytes.get(from..).ok_or(JpegFault::Truncated)?;
    rest.windows(2)
        .position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xD0..=0xD7 | 0xFF))
        .map(|found| from + found)
        .ok_or(JpegFault::Truncated)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest thing with the right markers: 1×2 pixels and two bytes of entropy.
    fn tiny(more: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8];
        bytes.extend(more);
        bytes.extend([0xFF, 0xC0, 0, 11, 8, 0, 2, 0, 1, 1, 1, 0x11, 0]);
        bytes.extend([
            0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD9,
        ]);
        bytes
    }

    #[test]
    fn a_whole_picture_tells_its_size() {
        assert_eq!(
            inspect(&tiny(&[])),
            Ok(Jpeg {
                width: 1,
                height: 2,
                metadata: false,
                common: true,
                length: tiny(&[]).len(),
                held: 0
            })
        );
    }

    /// A frame of 100 × 50 with three components, the first sampled twice as often, coded as the marker says.
    fn frame(marker: u8, bits: u8) -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, marker, 0, 17, bits, 0, 50, 0, 100, 3];
        bytes.extend([1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]);
        bytes.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0xFF, 0xD9]);
        bytes
    }

    #[test]
    fn what_a_decoder_has_to_hold_is_known_before_it_is_held() {
        // 7 × 4 units of 16 × 16, six blocks each
        let held = 7 * 4 * 6 * 64 * 2;
        assert_eq!(inspect(&frame(0xC2, 8)).unwrap().held, held);
        assert_eq!(
            inspect(&frame(0xC0, 8)).unwrap().held,
            0,
            "one scan goes by"
        );
        let mut twice = frame(0xC0, 8);
        let again = [0xFF, 0xDA, 0, 8, 1, 2, 0, 0, 63, 0, 0x12];
        twice.splice(twice.len() - 2..twice.len() - 2, again);
        assert_eq!(inspect(&twice).unwrap().held, held);
    }

    #[test]
    fn a_second_frame_behind_the_first_scan_changes_no_size_and_is_not_common() {
        let mut two = frame(0xC0, 8);
        let another = [0xFF, 0xC0, 0, 11, 8, 0, 9, 0, 9, 1, 1, 0x11, 0];
        two.splice(two.len() - 2..two.len() - 2, another);
        let seen = inspect(&two).unwrap();
        assert_eq!((seen.width, seen.height, seen.common), (100, 50, false));
    }

    #[test]
    fn twelve_bits_lossless_and_arithmetic_coding_are_not_common() {
        assert!(inspect(&frame(0xC1, 8)).unwrap().common);
        for (marker, bits) in [(0xC1, 12), (0xC3, 8), (0xC9, 8), (0xCA, 8)] {
            assert!(!inspect(&frame(marker, bits)).unwrap().common, "{marker:x}");
        }
    }

    #[test]
    fn every_cut_is_seen() {
        let whole = tiny(&[0xFF, 0xE1, 0, 4, 1, 2]);
        for length in 0..whole.len() {
            assert!(inspect(&whole[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn exif_and_comments_count_as_metadata_and_jfif_does_not() {
        let jfif = [0xFF, 0xE0, 0, 7, b'J', b'F', b'I', b'F', 0];
        assert!(!inspect(&tiny(&jfif)).unwrap().metadata);
        let adobe = |more: &[u8]| {
            let mut segment = vec![0xFF, 0xEE, 0, 14 + more.len() as u8];
            segment.extend(b"Adobe\0\x64\0\0\0\0\x01");
            segment.extend(more);
            segment
        };
        assert!(!inspect(&tiny(&adobe(&[]))).unwrap().metadata);
        let with_a_picture = [
            0xFF, 0xE0, 0, 19, b'J', b'F', b'I', b'F', 0, 1, 2, 0, 0, 1, 0, 1, 1, 1, 9, 9, 9,
        ];
        assert!(inspect(&tiny(&with_a_picture)).unwrap().metadata);
        assert!(inspect(&tiny(&adobe(b"me"))).unwrap().metadata);
        for marker in [0xE0, 0xE1, 0xE2, 0xEE, 0xF3, 0xFE] {
            let seen = inspect(&tiny(&[0xFF, marker, 0, 4, 1, 2]));
            assert!(seen.unwrap().metadata, "{marker:x}");
        }
    }

    #[test]
    fn what_follows_the_end_is_not_looked_at() {
        let mut bytes = tiny(&[]);
        bytes.extend(b"<script>");
        assert_eq!(inspect(&bytes).unwrap().length, tiny(&[]).len());
    }

    #[test]
    fn a_bare_picture_has_its_frame_and_scan_and_nothing_else() {
        assert_eq!(bare(&tiny(&[])).as_deref(), Some(&tiny(&[])[..]));
        let mut told = tiny(&[0xFF, 0xE1, 0, 6, b'G', b'P', b'S', b'!']);
        let comment = [0xFF, 0xFE, 0, 5, b'm', b'i', b'n'];
        told.splice(told.len() - 2..told.len() - 2, comment);
        told.extend(b"a film behind it");
        assert_eq!(bare(&told).as_deref(), Some(&tiny(&[])[..]));
    }

    #[test]
    fn what_says_how_colours_are_coded_is_written_anew() {
        let adobe = |version: u8, transform: u8| {
            let mut segment = vec![0xFF, 0xEE, 0, 14];
            segment.extend(b"Adobe");
            segment.extend([0, version, b'm', b'e', b'!', b'!', transform]);
            segment
        };
        let bared = bare(&tiny(&adobe(7, 1))).unwrap();
        assert_eq!(bared[6..18], *b"Adobe\0\x64\0\0\0\0\x01");
        let with_words = [
            0xFF, 0xE0, 0, 20, b'J', b'F', b'I', b'F', 0, 1, 2, 1, 9, 9, 9, 9, 0, 0, 1, 1, 1, 1,
        ];
        assert_eq!(bare(&tiny(&with_words)).unwrap()[2..20], *JFIF);
    }

    #[test]
    fn a_segment_that_is_longer_than_it_has_to_be_leaves_no_bare_picture() {
        let table = |more: usize| {
            let mut segment = vec![0xFF, 0xDB, 0, 67 + more as u8, 0];
            segment.extend(vec![1; 64 + more]);
            segment
        };
        assert_eq!(bare(&tiny(&table(0))), Some(tiny(&table(0))));
        for strange in [
            table(3),
            vec![0xFF, 0xF3, 0, 4, 1, 2],
            vec![0xFF, 0xDD, 0, 5, 0, 1, 2],
            vec![0xFF, 0xC4, 0, 3, 0],
        ] {
            assert_eq!(bare(&tiny(&strange)), None, "{strange:x?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_get_an_answer(bytes: Vec<u8>) {
            if let Some(bared) = bare(&tiny(&bytes)) {
                proptest::prop_assert!(inspect(&bared).is_ok_and(|seen| !seen.metadata));
            }
            let _ = inspect(&bytes);
            let _ = inspect(&tiny(&bytes));
        }
    }
}
