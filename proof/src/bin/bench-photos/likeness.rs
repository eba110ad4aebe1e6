//! How like two pictures are: structural similarity (SSIM) of what the eye sees, in windows of 8 × 8 pixels.

use gridwalk_proof::process::Outcome;
use image::{DynamicImage, ImageDecoder, ImageReader, imageops::FilterType};
use std::io::Cursor;

/// Brightness of every pixel.
pub struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<f32>,
}

const WINDOW: usize = 8;
const STEP: usize = 4;
const C1: f64 = 6.5025;
const C2: f64 = 58.5225;

/// The camera's picture, upright and as small as it is to become, by a resizer that none of the tools uses.
pub fn reference(file: &[u8]) -> Outcome<Grey> {
    let mut decoder = ImageReader::new(Cursor::new(file))
        .with_guessed_format()?
        .into_decoder()?;
    let orientation = decoder.orientation()?;
    let picture = DynamicImage::from_decoder(decoder)?;
    let mut small = picture.resize(1600, 1600, FilterType::Lanczos3);
    drop(picture);
    small.apply_orientation(orientation);
    Ok(grey(&small))
}

fn grey(picture: &DynamicImage) -> Grey {
    let luma = picture.to_luma8();
    Grey {
        width: luma.width() as usize,
        height: luma.height() as usize,
        pixels: luma
            .as_raw()
            .iter()
            .map(|pixel| f32::from(*pixel))
            .collect(),
    }
}

/// 1 when they are the same.
pub fn of(original: &Grey, jpeg: &[u8]) -> Outcome<f64> {
    let other = grey(&image::load_from_memory(jpeg)?);
    if (other.width, other.height) != (original.width, original.height) {
        return Err(format!(
            "{} × {} and not {} × {}",
            other.width, other.height, original.width, original.height
        )
        .into());
    }
    let (mut sum, mut windows) = (0.0, 0);
    for y in (0..=original.height.saturating_sub(WINDOW)).step_by(STEP) {
        for x in (0..=original.width.saturating_sub(WINDOW)).step_by(STEP) {
            sum += window(original, &other, x, y);
            windows += 1;
        }
    }
    Ok(sum / f64::from(windows.max(1)))
}

fn window(one: &Grey, other: &Grey, x: usize, y: usize) -> f64 {
    let (mut a, mut b, mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for row in y..y + WINDOW {
        let begin = row * one.width + x;
        let pairs = one.pixels[begin..begin + WINDOW]
            .iter()
            .zip(&other.pixels[begin..begin + WINDOW]);
        for (p, q) in pairs {
            let (p, q) = (f64::from(*p), f64::from(*q));
            a += p;
            b += q;
            aa += p * p;
            bb += q * q;
            ab += p * q;
        }
    }
    let n = (WINDOW * WINDOW) as f64;
    let (ma, mb) = (a / n, b / n);
    let (va, vb, cov) = (aa / n - ma * ma, bb / n - mb * mb, ab / n - ma * mb);
    ((2.0 * ma * mb + C1) * (2.0 * cov + C2)) / ((ma * ma + mb * mb + C1) * (va + vb + C2))
}
