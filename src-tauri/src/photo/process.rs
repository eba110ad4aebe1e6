//! From a camera's file to what is kept: decode within limits, shrink, turn upright, veil, stamp, encode, draw a thumbnail.
//! One pure function per step; nothing of the original file but its pixels survives. Whatever is large exists once: what
//! decoding will take is reckoned from the headers before a byte of it is allocated.

use super::{
    scaled,
    stamp::Stamp,
    veil::{self, Region},
};
use crate::error::{Answer, Failure};
use fast_image_resize as fir;
use gridwalk_core::{error::Code, jpeg};
use image::{
    ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage,
    metadata::Orientation,
};
use std::io::Cursor;

/// Largest file taken.
pub const FILE_BYTES: usize = 15 * 1024 * 1024;
/// Most pixels a file may claim.
const PIXELS: u64 = 50_000_000;
/// Longest side a file may claim.
const SIDE: u32 = 12_000;
/// Most bytes that decoding may take. The file, which the decoder copies, and the smaller picture stand beside it, so that
/// all of it stays below 256 MiB.
const DECODED_BYTES: u64 = 190 * 1024 * 1024;
/// Longest side kept.
pub const LONG_EDGE: u32 = 1600;
/// What a kept photo should weigh at most; a very noisy one may be heavier at the lowest quality.
const KEPT_BYTES: usize = 400 * 1024;
/// What a thumbnail weighs at most, always.
pub const THUMBNAIL_BYTES: usize = 12 * 1024;

/// A photo as it is kept and sent.
#[derive(Clone, Debug)]
pub struct Processed {
    /// JPEG, upright, long edge at most [`LONG_EDGE`], no metadata.
    pub jpeg: Vec<u8>,
    /// JPEG of at most [`THUMBNAIL_BYTES`].
    pub thumbnail: Vec<u8>,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// What the worker wants done to the picture before it is kept.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Marks {
    /// Regions that nobody is to see.
    pub veils: Vec<Region>,
    /// What is printed on it.
    pub stamp: Option<Stamp>,
}

/// How large the picture says it is, as it lies, and how to turn it; nothing is decoded.
pub(super) fn measured(file: &[u8]) -> Answer<(u32, u32, Orientation)> {
    let (format, _) = format_of(file)?;
    let reader = ImageReader::with_format(Cursor::new(file), format);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    let orientation = decoder.orientation().map_err(refused)?;
    Ok((width, height, orientation))
}

/// Every step in order. Refused with `PHOTO_UNSUPPORTED`, `PHOTO_TOO_BIG` or `PHOTO_TRUNCATED`; never panics.
pub fn process(file: &[u8]) -> Answer<Processed> {
    process_with(file, &Marks::default())
}

/// The same with marks. The thumbnail has them too.
pub fn process_with(file: &[u8], marks: &Marks) -> Answer<Processed> {
    let (lying, orientation) = decode(file, Some(LONG_EDGE))?;
    let mut upright = turn(shrink(lying, LONG_EDGE)?, orientation);
    veil::draw(&mut upright, &marks.veils);
    if let Some(stamp) = &marks.stamp {
        stamp.print(&mut upright);
    }
    let thumbnail = thumbnail(&upright)?;
    let jpeg = encode_within(&upright, &[82, 74, 66, 58, 50], KEPT_BYTES)?;
    Ok(Processed {
        jpeg,
        thumbnail,
        width: upright.width(),
        height: upright.height(),
    })
}

/// The picture as it lies in the file, alpha laid on white, and how to turn it. A large one need not be larger than `edge`.
pub(super) fn decode(file: &[u8], edge: Option<u32>) -> Answer<(RgbImage, Orientation)> {
    let (format, held) = format_of(file)?;
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXELS {
        return Err(too_big(format!("{width} × {height} pixels")));
    }
    let orientation = decoder.orientation().map_err(refused)?;
    // Up to there the whole picture is small enough, and the whole decoder quick enough.
    if format == ImageFormat::Jpeg
        && let Some(edge) = edge
        && width.max(height) >= 4 * edge
        && let Some(smaller) = scaled::decode(file, edge)
    {
        return Ok((smaller, orientation));
    }
    let flat = match decoder.color_type() {
        ColorType::Rgb8 | ColorType::Rgba8 => 0, // made flat where it lies
        _ => pixels * 3,
    };
    let beside = match format {
        ImageFormat::WebP => pixels * 4, // its decoder has planes of its own
        _ => held,
    };
    let takes = decoder.total_bytes() + flat + beside;
    if takes > DECODED_BYTES {
        return Err(too_big(format!("decoding would take {takes} bytes")));
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    Ok((on_white(picture)?, orientation))
}

fn turn(picture: RgbImage, orientation: Orientation) -> RgbImage {
    let mut picture = DynamicImage::ImageRgb8(picture);
    picture.apply_orientation(orientation);
    picture.into_rgb8()
}

/// By its first bytes, never by its name; and what a JPEG decoder holds beside the picture.
fn format_of(file: &[u8]) -> Answer<(ImageFormat, u64)> {
    if file.is_empty() {
        return Err(Failure::new(Code::PhotoTruncated, "an empty file"));
    }
    if file.len() > FILE_BYTES {
        return Err(too_big(format!("{} bytes", file.len())));
    }
    let format = image::guess_format(file).ok();
    match format.filter(|f| matches!(f, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) {
        Some(ImageFormat::Jpeg) => {
            // The decoder fills in what is missing with grey; a half photo is not evidence of anything.
            let seen = jpeg::inspect(file)
                .map_err(|fault| Failure::new(Code::PhotoTruncated, fault.to_string()))?;
            if !seen.common {
                return Err(Failure::new(
                    Code::PhotoUnsupported,
                    "a JPEG of twelve bits, lossless or with arithmetic coding",
                ));
            }
            Ok((ImageFormat::Jpeg, seen.held))
        }
        Some(ImageFormat::Png) if !has_its_end(file) => {
            Err(Failure::new(Code::PhotoTruncated, "a PNG without its end"))
        }
        Some(format) => Ok((format, 0)),
        None => Err(Failure::new(
            Code::PhotoUnsupported,
            "neither JPEG, PNG nor WebP",
        )),
    }
}

/// Whether the chunks of a PNG lead to a whole IEND (PNG, 3rd edition, §5.3 and §11.2.5). Its decoder is content with less: what
/// it needs for the picture has come before.
fn has_its_end(png: &[u8]) -> bool {
    let mut rest = png.get(8..).unwrap_or_default();
    while let Some((length, chunk)) = rest.split_first_chunk::<4>() {
        // type, data, check
        let Some(whole) = (u32::from_be_bytes(*length) as usize).checked_add(8) else {
            return false;
        };
        if chunk.len() < whole {
            return false;
        }
        if chunk.starts_with(b"IEND") {
            return true;
        }
        rest = &chunk[whole..];
    }
    false
}

/// Three bytes a pixel. Four become three where they lie, because a second picture of this size would not fit.
fn on_white(picture: DynamicImage) -> Answer<RgbImage> {
    if !picture.color().has_alpha() {
        return Ok(picture.into_rgb8());
    }
    let layers = picture.into_rgba8();
    let (width, height) = layers.dimensions();
    let mut bytes = layers.into_raw();
    let pixels = bytes.len() / 4;
    for n in 0..pixels {
        let &[r, g, b, alpha] = &bytes[n * 4..n * 4 + 4] else {
            continue;
        };
        let over = |colour: u8| {
            let (colour, alpha) = (u32::from(colour), u32::from(alpha));
            ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        };
        bytes[n * 3..n * 3 + 3].copy_from_slice(&[over(r), over(g), over(b)]);
    }
    bytes.truncate(pixels * 3);
    RgbImage::from_raw(width, height, bytes).ok_or_else(|| Failure::internal("alpha"))
}

/// At most `edge` pixels on the longer side, Lanczos; never enlarged.
fn shrink(picture: RgbImage, edge: u32) -> Answer<RgbImage> {
    if picture.width().max(picture.height()) <= edge {
        return Ok(picture);
    }
    shrunk(&picture, edge)
}

fn shrunk(picture: &RgbImage, edge: u32) -> Answer<RgbImage> {
    let (width, height) = picture.dimensions();
    let longest = width.max(height);
    let scaled = |side: u32| {
        ((u64::from(side) * u64::from(edge) + u64::from(longest) / 2) / u64::from(longest)).max(1)
            as u32
    };
    let (to_width, to_height) = (scaled(width), scaled(height));
    let source = fir::images::ImageRef::new(width, height, picture.as_raw(), fir::PixelType::U8x3)
        .map_err(Failure::internal)?;
    let mut target = fir::images::Image::new(to_width, to_height, fir::PixelType::U8x3);
    fir::Resizer::new()
        .resize(
            &source,
            &mut target,
            &fir::ResizeOptions::new()
                .resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Lanczos3)),
        )
        .map_err(Failure::internal)?;
    RgbImage::from_raw(to_width, to_height, target.into_vec())
        .ok_or_else(|| Failure::internal("resize"))
}

fn thumbnail(picture: &RgbImage) -> Answer<Vec<u8>> {
    for edge in [320, 240, 160, 96] {
        let small = match picture.width().max(picture.height()) > edge {
            true => &shrunk(picture, edge)?,
            false => picture,
        };
        for quality in [70, 55, 40] {
            let bytes = encode(small, quality)?;
            if bytes.len() <= THUMBNAIL_BYTES {
                return Ok(bytes);
            }
        }
    }
    // 96 pixels at quality 40 stay below 12 KB even for pure noise.
    Err(Failure::internal("a thumbnail that does not fit"))
}

/// The best of these qualities that fits, or else the last. Each step down saves about a sixth, so that a noisy picture goes
/// to where it may fit at once; one that turns out to have been too modest is given the step before.
fn encode_within(picture: &RgbImage, qualities: &[u8], bytes: usize) -> Answer<Vec<u8>> {
    let (mut at, mut encoded) = (0, None::<Vec<u8>>);
    let mut tried = vec![false; qualities.len()];
    while let Some(quality) = qualities.get(at).filter(|_| !tried[at]) {
        tried[at] = true;
        let this = encode(picture, *quality)?;
        let over = this.len() as f64 / bytes as f64;
        if over <= 1.0 {
            let better = at > 0 && !tried[at - 1];
            encoded = Some(this);
            if !better || over > 0.9 {
                break;
            }
            at -= 1;
            continue;
        }
        if let Some(fits) = encoded {
            return Ok(fits); // the step before was one too many
        }
        let steps = ((over.ln() / 0.18).floor() as usize).max(1);
        if at + 1 >= qualities.len() {
            return Ok(this);
        }
        at = (at + steps).min(qualities.len() - 1);
    }
    encoded.ok_or_else(|| Failure::internal("no quality"))
}

pub(super) fn encode(picture: &RgbImage, quality: u8) -> Answer<Vec<u8>> {
    let mut bytes = Vec::new();
    let (width, height) = (picture.width() as u16, picture.height() as u16);
    jpeg_encoder::Encoder::new(&mut bytes, quality)
        .encode(
            picture.as_raw(),
            width,
            height,
            jpeg_encoder::ColorType::Rgb,
        )
        .map_err(Failure::internal)?;
    Ok(bytes)
}

fn too_big(detail: String) -> Failure {
    Failure::new(Code::PhotoTooBig, detail)
}

fn refused(error: image::ImageError) -> Failure {
    let code = match &error {
        image::ImageError::Limits(_) => Code::PhotoTooBig,
        image::ImageError::Unsupported(_) => Code::PhotoUnsupported,
        _ => Code::PhotoTruncated,
    };
    Failure::new(code, error.to_string())
}
