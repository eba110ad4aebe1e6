//! From a camera's file to what is kept: decode within limits, turn upright, shrink, encode, draw a thumbnail. One pure
//! function per step; nothing of the original file but its pixels survives.

use crate::error::{Answer, Failure};
use fast_image_resize as fir;
use gridwalk_core::{error::Code, jpeg};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};
use std::io::Cursor;

/// Largest file taken.
pub const FILE_BYTES: usize = 15 * 1024 * 1024;
/// Most pixels a file may claim.
const PIXELS: u64 = 50_000_000;
/// Longest side a file may claim.
const SIDE: u32 = 12_000;
/// Most bytes that decoding may take.
const DECODED_BYTES: u64 = 256 * 1024 * 1024;
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

/// Every step in order. Refused with `PHOTO_UNSUPPORTED`, `PHOTO_TOO_BIG` or `PHOTO_TRUNCATED`; never panics.
pub fn process(file: &[u8]) -> Answer<Processed> {
    let upright = decode(file)?;
    let kept = shrink(&upright, LONG_EDGE)?;
    drop(upright);
    let thumbnail = thumbnail(&kept)?;
    let jpeg = encode_within(&kept, &[82, 74, 66, 58, 50], KEPT_BYTES)?;
    Ok(Processed {
        jpeg,
        thumbnail,
        width: kept.width(),
        height: kept.height(),
    })
}

/// The upright picture, alpha laid on white.
fn decode(file: &[u8]) -> Answer<RgbImage> {
    let format = format_of(file)?;
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS {
        return Err(too_big(format!("{width} × {height} pixels")));
    }
    let orientation = decoder.orientation().map_err(refused)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    picture.apply_orientation(orientation);
    Ok(on_white(picture))
}

/// By its first bytes, never by its name.
fn format_of(file: &[u8]) -> Answer<ImageFormat> {
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
            jpeg::inspect(file)
                .map_err(|fault| Failure::new(Code::PhotoTruncated, fault.to_string()))?;
            Ok(ImageFormat::Jpeg)
        }
        Some(format) => Ok(format),
        None => Err(Failure::new(
            Code::PhotoUnsupported,
            "neither JPEG, PNG nor WebP",
        )),
    }
}

fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let layers = picture.into_rgba8();
    RgbImage::from_fn(layers.width(), layers.height(), |x, y| {
        let image::Rgba([r, g, b, alpha]) = *layers.get_pixel(x, y);
        let over = |colour: u8| {
            let (colour, alpha) = (u32::from(colour), u32::from(alpha));
            ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        };
        image::Rgb([over(r), over(g), over(b)])
    })
}

/// At most `edge` pixels on the longer side, Lanczos; never enlarged.
fn shrink(picture: &RgbImage, edge: u32) -> Answer<RgbImage> {
    let (width, height) = picture.dimensions();
    let longest = width.max(height);
    if longest <= edge {
        return Ok(picture.clone());
    }
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
        let small = shrink(picture, edge)?;
        for quality in [70, 55, 40] {
            let bytes = encode(&small, quality)?;
            if bytes.len() <= THUMBNAIL_BYTES {
                return Ok(bytes);
            }
        }
    }
    // 96 pixels at quality 40 stay below 12 KB even for pure noise.
    Err(Failure::internal("a thumbnail that does not fit"))
}

/// The best of these qualities that fits, or else the last.
fn encode_within(picture: &RgbImage, qualities: &[u8], bytes: usize) -> Answer<Vec<u8>> {
    let mut encoded = Vec::new();
    for quality in qualities {
        encoded = encode(picture, *quality)?;
        if encoded.len() <= bytes {
            break;
        }
    }
    Ok(encoded)
}

fn encode(picture: &RgbImage, quality: u8) -> Answer<Vec<u8>> {
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
