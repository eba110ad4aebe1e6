//! Whatever a camera hands over becomes a small, bare, upright photo, or is refused by name. Nothing here panics.

use gridwalk::photo::process::{FILE_BYTES, LONG_EDGE, Processed, THUMBNAIL_BYTES, process};
use gridwalk_core::{error::Code, jpeg};
use gridwalk_fixtures::photos::{PLACE, Variant, camera, exif, gallery, photo};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, imageops};
use proptest::prelude::*;
use std::io::Cursor;

fn code(file: &[u8]) -> Option<Code> {
    process(file).err().map(|failure| failure.code)
}

fn decoded(jpeg: &[u8]) -> RgbImage {
    let decoded = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg);
    decoded.expect("our own JPEG decodes").into_rgb8()
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgb8(picture.clone());
    picture.write_to(&mut bytes, format).expect("it encodes");
    bytes.into_inner()
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// Noise without a pattern that an encoder could use.
fn noise(width: u32, height: u32) -> RgbImage {
    let mut n = 0x9e37_79b9_u32;
    RgbImage::from_fn(width, height, |_, _| {
        n ^= n << 13;
        n ^= n >> 17;
        n ^= n << 5;
        let [_, r, g, b] = n.to_be_bytes();
        Rgb([r, g, b])
    })
}

/// What holds of everything that is kept.
fn within_limits(made: &Processed) {
    let picture = decoded(&made.jpeg);
    assert_eq!(picture.dimensions(), (made.width, made.height));
    assert!(made.width.max(made.height) <= LONG_EDGE);
    assert!(
        made.thumbnail.len() <= THUMBNAIL_BYTES,
        "{} bytes",
        made.thumbnail.len()
    );
    let small = decoded(&made.thumbnail);
    assert!(small.width() <= made.width && small.height() <= made.height);
    for jpeg in [&made.jpeg, &made.thumbnail] {
        let inspected = jpeg::inspect(jpeg).expect("whole");
        assert!(!inspected.metadata, "it says more than its pixels");
        assert!(jpeg.ends_with(&[0xFF, 0xD9]), "something follows its end");
    }
}

#[test]
fn every_kind_of_file_is_kept_within_the_limits_or_refused_by_name() {
    use Variant as V;
    for (variant, name) in V::ALL {
        let made = process(&photo(variant));
        let expected = match variant {
            V::Large | V::Small | V::Located | V::Blurred | V::Black | V::Duplicate => {
                Ok((1600, 1200))
            }
            V::FaceAndPlate => Ok((1600, 1200)),
            V::Portrait => Ok((1200, 1600)),
            V::PngAlpha => Ok((800, 600)),
            V::Truncated | V::Empty => Err(Code::PhotoTruncated),
            V::Heic => Err(Code::PhotoUnsupported),
        };
        let size = made.as_ref().map(|made| (made.width, made.height));
        assert_eq!(size.map_err(|failure| failure.code), expected, "{name}");
        if let Ok(made) = made {
            within_limits(&made);
        }
    }
}

#[test]
fn the_same_file_makes_the_same_photo() {
    let (one, other) = (photo(Variant::Small), photo(Variant::Duplicate));
    let (one, other) = (process(&one).unwrap(), process(&other).unwrap());
    assert_eq!((one.jpeg, one.thumbnail), (other.jpeg, other.thumbnail));
}

#[test]
fn nothing_that_a_file_says_of_its_owner_or_place_is_kept() {
    let located = photo(Variant::Located);
    for trace in exif::TRACES {
        assert!(contains(&located, trace.as_bytes()), "the file has {trace}");
    }
    // what other cameras add: XMP, a comment, a profile, and a film behind the end of the picture
    let secret = format!("Fixture Owner {} {}", PLACE.0, PLACE.1);
    let segment = |marker: u8, head: &[u8]| {
        let body = [head, secret.as_bytes()].concat();
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker][..], &length, &body].concat()
    };
    let mut talkative = located.clone();
    for segment in [
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0"),
        segment(0xFE, b""),
        segment(0xED, b"Photoshop 3.0\0"),
    ] {
        talkative = exif::insert(&talkative, &segment);
    }
    talkative.extend(secret.as_bytes());
    for file in [located, photo(Variant::Portrait), talkative] {
        let made = process(&file).unwrap();
        within_limits(&made);
        for bytes in [&made.jpeg, &made.thumbnail] {
            let said = exif::TRACES.map(str::as_bytes);
            for trace in said
                .into_iter()
                .chain([secret.as_bytes(), b"Exif", b"2026:09:14"])
            {
                assert!(
                    !contains(bytes, trace),
                    "{}",
                    String::from_utf8_lossy(trace)
                );
            }
        }
    }
}

#[test]
fn a_picture_stands_upright_however_the_phone_was_held() {
    const RED: Rgb<u8> = Rgb([220, 30, 30]);
    const GREEN: Rgb<u8> = Rgb([30, 200, 30]);
    const BLUE: Rgb<u8> = Rgb([30, 30, 220]);
    const GREY: Rgb<u8> = Rgb([128, 128, 128]);
    let upright = RgbImage::from_fn(120, 160, |x, y| match (x < 60, y < 80) {
        (true, true) => RED,
        (false, true) => GREEN,
        (true, false) => BLUE,
        (false, false) => GREY,
    });
    let mirrored = imageops::flip_horizontal(&upright);
    let stored = [
        upright.clone(),
        mirrored.clone(),
        imageops::rotate180(&upright),
        imageops::flip_vertical(&upright),
        imageops::rotate270(&mirrored),
        imageops::rotate270(&upright),
        imageops::rotate90(&mirrored),
        imageops::rotate90(&upright),
    ];
    for (orientation, stored) in (1..).zip(stored) {
        let file = encoded(&stored, ImageFormat::Jpeg);
        let file = exif::insert(&file, &exif::segment(orientation, None));
        let made = process(&file).unwrap();
        assert_eq!((made.width, made.height), (120, 160), "{orientation}");
        for picture in [decoded(&made.jpeg), decoded(&made.thumbnail)] {
            let (right, low) = (picture.width() * 3 / 4, picture.height() * 3 / 4);
            let (left, high) = (picture.width() / 4, picture.height() / 4);
            for (x, y, wanted) in [
                (left, high, RED),
                (right, high, GREEN),
                (left, low, BLUE),
                (right, low, GREY),
            ] {
                let found = picture.get_pixel(x, y);
                let off = found.0.iter().zip(wanted.0).map(|(a, b)| a.abs_diff(b));
                assert!(off.max() < Some(25), "{orientation}: {found:?} at {x}, {y}");
            }
        }
    }
}

#[test]
fn transparent_corners_become_white() {
    let made = process(&photo(Variant::PngAlpha)).unwrap();
    let corner = *decoded(&made.jpeg).get_pixel(1, 1);
    assert!(corner.0.iter().all(|part| *part > 240), "{corner:?}");
}

/// A small JPEG that says it is so large.
fn claiming(width: u16, height: u16) -> Vec<u8> {
    let mut bomb = encoded(&RgbImage::new(16, 16), ImageFormat::Jpeg);
    let frame = bomb.windows(2).position(|pair| pair == [0xFF, 0xC0]);
    let size = frame.expect("a frame header") + 5;
    bomb[size..size + 2].copy_from_slice(&height.to_be_bytes());
    bomb[size + 2..size + 4].copy_from_slice(&width.to_be_bytes());
    bomb
}

#[test]
fn a_file_that_claims_too_many_pixels_is_refused_before_it_is_decoded() {
    // the first would fit into memory, were it decoded
    for (width, height) in [(7_200, 7_000), (12_000, 12_000)] {
        let bomb = claiming(width, height);
        assert_eq!(code(&bomb), Some(Code::PhotoTooBig), "{width} × {height}");
    }
    assert_ne!(code(&claiming(7_100, 7_000)), Some(Code::PhotoTooBig));
}

#[test]
fn a_file_that_claims_too_long_a_side_is_refused_before_it_is_decoded() {
    assert_eq!(code(&claiming(12_001, 16)), Some(Code::PhotoTooBig));
    assert_eq!(code(&claiming(16, 12_001)), Some(Code::PhotoTooBig));
}

#[test]
fn a_file_heavier_than_is_taken_is_refused_unread() {
    let mut heavy = photo(Variant::Small);
    heavy.resize(FILE_BYTES + 1, 0);
    assert_eq!(code(&heavy), Some(Code::PhotoTooBig));
}

#[test]
fn noise_and_odd_shapes_fit_as_well() {
    for (width, height) in [(1600, 1200), (5000, 3), (1, 1), (2, 1700)] {
        let made = process(&encoded(&noise(width, height), ImageFormat::Jpeg)).unwrap();
        within_limits(&made);
        assert!(made.width <= width && made.height <= height, "enlarged");
    }
    within_limits(&process(&encoded(&noise(300, 200), ImageFormat::WebP)).unwrap());
}

#[test]
fn what_a_camera_sees_weighs_400_kilobytes_at_most_and_its_thumbnail_12() {
    let scenes = gallery().into_iter().map(|picture| picture.jpeg);
    for file in scenes.chain([camera(4_000, 3_000)]) {
        let made = process(&file).expect("a camera's file");
        assert!(made.jpeg.len() <= 400 * 1024, "{} bytes", made.jpeg.len());
        assert!(made.thumbnail.len() <= 12 * 1024);
    }
}

#[test]
fn a_file_without_its_last_byte_is_refused_whatever_its_decoder_says() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let whole = encoded(&noise(40, 30), format);
        assert_eq!(code(&whole), None, "{format:?}");
        let short = &whole[..whole.len() - 1];
        assert_eq!(code(short), Some(Code::PhotoTruncated), "{format:?}");
    }
}

/// A refusal that a screen has words for.
fn about_the_file(code: Code) -> bool {
    matches!(
        code,
        Code::PhotoTruncated | Code::PhotoUnsupported | Code::PhotoTooBig
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_bytes_behind_any_beginning_get_a_code(
        beginning in prop::sample::select(vec![
            &b""[..], b"\xFF\xD8\xFF\xE0", b"\xFF\xD8\xFF\xDB", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            b"RIFF\xFF\0\0\0WEBPVP8 ", b"RIFF\xFF\0\0\0WEBPVP8L", b"\0\0\0\x18ftypheic", b"GIF89a", b"BM",
        ]),
        bytes: Vec<u8>,
    ) {
        let file = [beginning, &bytes].concat();
        let refused = code(&file);
        prop_assert!(refused.is_some_and(about_the_file), "{refused:?}");
    }

    #[test]
    fn a_cut_file_is_never_kept(format in prop::sample::select(vec![ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP]),
                                 kept in 0.0..1.0) {
        let whole = encoded(&noise(40, 30), format);
        let length = (whole.len() as f64 * kept) as usize;
        let refused = code(&whole[..length]);
        prop_assert!(refused.is_some_and(about_the_file), "{length} of {}: {refused:?}", whole.len());
    }

    #[test]
    fn a_damaged_file_is_kept_within_the_limits_or_refused_by_name(
        format in prop::sample::select(vec![ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut file = encoded(&noise(40, 30), format);
        for (place, byte) in damage {
            let at = place.index(file.len());
            file[at] = byte;
        }
        match process(&file) {
            Ok(made) => within_limits(&made),
            Err(failure) => prop_assert!(about_the_file(failure.code), "{failure}"),
        }
    }
}
