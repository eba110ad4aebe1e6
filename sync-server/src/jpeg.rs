//! Looks at a JPEG's headers without decoding it: is it one, is it whole, is it modest, and does it say where it was
//! taken? The phone has re-encoded every photo, so whatever fails here was not made by our app.

use gridwalk_core::{error::Code, sync::limits};

/// What the header says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Jpeg {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// The bytes begin like a JPEG; says nothing about the rest.
pub fn begins_like_one(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8, 0xff])
}

/// Reads the segments up to the picture itself.
pub fn inspect(bytes: &[u8]) -> Result<Jpeg, Code> {
    if !begins_like_one(bytes) {
        return Err(Code::PhotoUnsupported);
    }
    if !bytes.ends_with(&[0xff, 0xd9]) {
        return Err(Code::PhotoTruncated);
    }
    let mut size = None;
    let mut at = 2;
    loop {
        let [0xff, marker] = *bytes.get(at..at + 2).ok_or(Code::PhotoTruncated)? else {
            return Err(Code::PhotoUnsupported);
        };
        match marker {
            0xff => {
                at += 1; // padding
                continue;
            }
            0x01 | 0xd0..=0xd8 => {
                at += 2; // no length follows
                continue;
            }
            0xd9 => return Err(Code::PhotoTruncated), // ended before the picture began
            _ => {}
        }
        let length = be16(bytes, at + 2).ok_or(Code::PhotoTruncated)?;
        let segment = bytes
            .get(at + 4..at + 2 + length)
            .ok_or(Code::PhotoTruncated)?;
        match marker {
            0xda => break,
            0xe1 if tells_a_place(segment) => return Err(Code::PhotoUnsupported),
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let height = be16(segment, 1).ok_or(Code::PhotoTruncated)?;
                let width = be16(segment, 3).ok_or(Code::PhotoTruncated)?;
                size = Some((width as u32, height as u32));
            }
            _ => {}
        }
        at += 2 + length;
    }
    let (width, height) = size.ok_or(Code::PhotoUnsupported)?;
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(Code::PhotoUnsupported);
    }
    if pixels > limits::PHOTO_PIXELS || width.max(height) > limits::PHOTO_SIDE {
        return Err(Code::PhotoTooBig);
    }
    Ok(Jpeg { width, height })
}

fn be16(bytes: &[u8], at: usize) -> Option<usize> {
    let pair = bytes.get(at..at + 2)?;
    Some(usize::from(u16::from_be_bytes([pair[0], pair[1]])))
}

/// EXIF with a GPS directory, or XMP with a latitude.
fn tells_a_place(segment: &[u8]) -> bool {
    let Some(tiff) = segment.strip_prefix(b"Exif\0\0") else {
        return segment
            .windows(b"GPSLatitude".len())
            .any(|window| window == b"GPSLatitude");
    };
    let little = tiff.starts_with(b"II");
    let short = |at: usize| {
        let pair: [u8; 2] = tiff.get(at..at + 2)?.try_into().ok()?;
        Some(if little {
            u16::from_le_bytes(pair)
        } else {
            u16::from_be_bytes(pair)
        })
    };
    let long = |at: usize| {
        let four: [u8; 4] = tiff.get(at..at + 4)?.try_into().ok()?;
        Some(if little {
            u32::from_le_bytes(four)
        } else {
            u32::from_be_bytes(four)
        })
    };
    let Some(directory) = long(4).and_then(|at| usize::try_from(at).ok()) else {
        return false;
    };
    let entries = usize::from(short(directory).unwrap_or(0));
    const GPS: u16 = 0x8825;
    (0..entries).any(|entry| short(directory + 2 + entry * 12) == Some(GPS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(segments: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8];
        for segment in segments {
            bytes.extend_from_slice(segment);
        }
        // a frame of 3 × 2 pixels, then the picture, then its end
        bytes.extend_from_slice(&[0xff, 0xc0, 0, 11, 8, 0, 2, 0, 3, 1, 1, 0x11, 0]);
        bytes.extend_from_slice(&[0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9]);
        bytes
    }

    fn exif(tag: u16) -> Vec<u8> {
        let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01".to_vec();
        tiff.extend_from_slice(&tag.to_be_bytes());
        tiff.extend_from_slice(&[0; 10]);
        let mut segment = vec![0xff, 0xe1, 0, (8 + tiff.len()) as u8];
        segment.extend_from_slice(b"Exif\0\0");
        segment.extend_from_slice(&tiff);
        segment
    }

    #[test]
    fn a_whole_picture_says_its_size() {
        let size = Jpeg {
            width: 3,
            height: 2,
        };
        assert_eq!(inspect(&picture(&[])), Ok(size));
        assert_eq!(
            inspect(&picture(&[&exif(0x0112)])),
            Ok(size),
            "an orientation is no place"
        );
    }

    #[test]
    fn a_picture_that_tells_where_it_was_taken_is_refused() {
        assert_eq!(
            inspect(&picture(&[&exif(0x8825)])),
            Err(Code::PhotoUnsupported)
        );
        let xmp = b"\xff\xe1\0\x1fxmp exif:GPSLatitude=\"29,30N\"";
        assert_eq!(inspect(&picture(&[xmp])), Err(Code::PhotoUnsupported));
    }

    #[test]
    fn every_cut_of_a_picture_is_refused() {
        let whole = picture(&[&exif(0x0112)]);
        for end in 0..whole.len() {
            assert!(inspect(&whole[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn other_files_and_huge_claims_are_refused() {
        assert_eq!(inspect(b"<html>"), Err(Code::PhotoUnsupported));
        assert_eq!(inspect(b""), Err(Code::PhotoUnsupported));
        let mut huge = picture(&[]);
        huge[7..11].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
        assert_eq!(inspect(&huge), Err(Code::PhotoTooBig));
    }
}
