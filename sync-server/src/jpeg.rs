//! Looks at a JPEG without decoding it: is it one, is it whole, is it modest, and does it say anything besides its pixels? The
//! phone has encoded every photo and bared every original, so whatever fails here was not made by our app: no place, no name
//! and no second file behind the picture is kept, whoever sends it.

use gridwalk_core::{
    error::Code,
    jpeg::{self, JpegFault},
    sync::limits,
};

/// What the header says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Jpeg {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// Walks the markers to the end of the file.
pub fn inspect(bytes: &[u8]) -> Result<Jpeg, Code> {
    let seen = jpeg::inspect(bytes).map_err(|fault| match fault {
        JpegFault::Truncated if !bytes.is_empty() => Code::PhotoTruncated,
        _ => Code::PhotoUnsupported,
    })?;
    if seen.metadata || seen.length != bytes.len() {
        return Err(Code::PhotoUnsupported);
    }
    let (width, height) = (u32::from(seen.width), u32::from(seen.height));
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits::PHOTO_PIXELS || width.max(height) > limits::PHOTO_SIDE {
        return Err(Code::PhotoTooBig);
    }
    Ok(Jpeg { width, height })
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

    #[test]
    fn a_whole_picture_says_its_size() {
        let size = Jpeg {
            width: 3,
            height: 2,
        };
        assert_eq!(inspect(&picture(&[])), Ok(size));
    }

    #[test]
    fn a_picture_that_says_more_than_its_pixels_is_refused_wherever_it_says_it() {
        let refused = Err(Code::PhotoUnsupported);
        let exif = b"\xff\xe1\0\x1cExif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\0\0\0\0\0\0\0";
        let xmp = b"\xff\xe1\0\x1fxmp exif:GPSLatitude=\"29,30N\"";
        let comment = b"\xff\xfe\0\x07owner";
        for segment in [&exif[..], xmp, comment] {
            assert_eq!(inspect(&picture(&[segment])), refused);
            let mut behind_the_scan = picture(&[]);
            let end = behind_the_scan.len() - 2;
            behind_the_scan.splice(end..end, segment.iter().copied());
            assert_eq!(inspect(&behind_the_scan), refused);
        }
        // a film, a page, and another picture as cameras put them behind the first
        for more in [&b"ftypmp42"[..], b"<script>", &picture(&[exif])] {
            assert_eq!(inspect(&[&picture(&[]), more].concat()), refused);
        }
    }

    #[test]
    fn every_cut_of_a_picture_is_refused() {
        let whole = picture(&[]);
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
