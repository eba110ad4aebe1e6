//! 遮挡: faces, plates and door numbers that the worker marked. What is below a veil is gone before the photo is stored:
//! nine colours are left of a region, whatever its size, and no sharpening brings back what they do not hold. Nobody is
//! recognised here.
//!
//! Nothing is proposed. A detector in Rust that brings its own model under a permissive licence is there, rustface 0.1.7 (BSD-2,
//! with the 1.2 MB of SeetaFace in the crate), and it was tried on its own group photo, on one thread of a desk machine, best of
//! seven: 29 faces in 470 ms at 1600 pixels, 27 in 230 ms at 1120, 24 in 190 ms at 960, 13 in 110 ms at 800. So there it keeps
//! within 300 ms if the picture is made smaller; on a worker's phone nobody has measured. What speaks against it is that it is not
//! well kept: the last release is of June 2021 and mends a read beyond a buffer, in pointer arithmetic of which much is left. It
//! knows faces from the front and no number plates.

use image::{Rgb, RgbImage};
use serde::{Deserialize, Serialize};
use specta::Type;

/// Colours along each side of a region that are left of it.
const LEFT: u32 = 3;
/// A region is veiled this much beyond what was marked, on each side: a finger is not a ruler.
const BEYOND: f64 = 0.08;
/// More regions than this are no marking by hand.
pub const MOST: usize = 32;

/// A marked region, in parts of the upright picture.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Region {
    /// From the left edge.
    pub x: f64,
    /// From the upper edge.
    pub y: f64,
    /// Across.
    pub width: f64,
    /// Down.
    pub height: f64,
}

impl Region {
    /// The pixels it covers, widened and cut at the picture's edges; none for what is no region.
    fn pixels(&self, width: u32, height: u32) -> Option<(u32, u32, u32, u32)> {
        let span = |from: f64, length: f64, whole: u32| {
            if !(from.is_finite() && length.is_finite() && length > 0.0) {
                return None;
            }
            let whole = f64::from(whole);
            let begin = ((from - length * BEYOND) * whole).floor().clamp(0.0, whole);
            let end = ((from + length * (1.0 + BEYOND)) * whole)
                .ceil()
                .clamp(0.0, whole);
            (end > begin).then_some((begin as u32, end as u32))
        };
        let (left, right) = span(self.x, self.width, width)?;
        let (top, bottom) = span(self.y, self.height, height)?;
        Some((left, top, right, bottom))
    }
}

/// Veils the regions; what lies in two of them is veiled twice.
pub fn draw(picture: &mut RgbImage, regions: &[Region]) {
    for region in regions.iter().take(MOST) {
        if let Some(pixels) = region.pixels(picture.width(), picture.height()) {
            veil(picture, pixels);
        }
    }
}

fn veil(picture: &mut RgbImage, (left, top, right, bottom): (u32, u32, u32, u32)) {
    let (across, down) = (right - left, bottom - top);
    let mut means = [[[0.0f32; 3]; LEFT as usize]; LEFT as usize];
    for row in 0..LEFT {
        for column in 0..LEFT {
            let part = |n: u32, length: u32| {
                let begin = length * n / LEFT;
                (
                    begin,
                    (length * (n + 1) / LEFT).max(begin + 1).min(length.max(1)),
                )
            };
            let ((x0, x1), (y0, y1)) = (part(column, across), part(row, down));
            let (x0, y0) = (x0.min(across - 1), y0.min(down - 1));
            let mut sum = [0u64; 3];
            for y in y0..y1 {
                for x in x0..x1 {
                    let pixel = picture.get_pixel(left + x, top + y);
                    for (sum, part) in sum.iter_mut().zip(pixel.0) {
                        *sum += u64::from(part);
                    }
                }
            }
            let count = u64::from((x1 - x0) * (y1 - y0)).max(1);
            means[row as usize][column as usize] = sum.map(|sum| (sum / count) as f32);
        }
    }
    for y in 0..down {
        for x in 0..across {
            let colour = between(&means, place(x, across), place(y, down));
            picture.put_pixel(left + x, top + y, colour);
        }
    }
}

/// Where a pixel lies between the middles of the parts: which one before it, and how far it is from it to the next.
fn place(at: u32, length: u32) -> (usize, f32) {
    let exact = (at as f32 + 0.5) / length as f32 * LEFT as f32 - 0.5;
    let exact = exact.clamp(0.0, (LEFT - 1) as f32);
    let before = (exact as usize).min(LEFT as usize - 2);
    (before, exact - before as f32)
}

fn between(
    means: &[[[f32; 3]; LEFT as usize]; LEFT as usize],
    (column, right): (usize, f32),
    (row, low): (usize, f32),
) -> Rgb<u8> {
    let mut colour = [0u8; 3];
    for (n, part) in colour.iter_mut().enumerate() {
        let mix =
            |row: usize| means[row][column][n] * (1.0 - right) + means[row][column + 1][n] * right;
        *part = (mix(row) * (1.0 - low) + mix(row + 1) * low).round() as u8;
    }
    Rgb(colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stripes of one pixel: as much detail as there can be.
    fn stripes(width: u32, height: u32, odd: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| match (x + y) % 2 == odd {
            true => Rgb([255, 255, 255]),
            false => Rgb([0, 0, 0]),
        })
    }

    const MIDDLE: Region = Region {
        x: 0.25,
        y: 0.25,
        width: 0.5,
        height: 0.5,
    };

    #[test]
    fn two_pictures_that_differ_only_below_the_veil_are_one_afterwards() {
        let (mut one, mut other) = (stripes(240, 240, 0), stripes(240, 240, 1));
        for (x, y, pixel) in stripes(240, 240, 0).enumerate_pixels() {
            if !(60..180).contains(&x) || !(60..180).contains(&y) {
                other.put_pixel(x, y, *pixel);
            }
        }
        assert_ne!(one, other);
        draw(&mut one, &[MIDDLE]);
        draw(&mut other, &[MIDDLE]);
        let (veiled, same) = (*one.get_pixel(120, 120), *other.get_pixel(120, 120));
        assert!(veiled.0.iter().zip(same.0).all(|(a, b)| a.abs_diff(b) <= 1));
        assert!(
            veiled.0.iter().all(|part| (120..=135).contains(part)),
            "{veiled:?}"
        );
    }

    #[test]
    fn what_is_not_marked_stays_as_it_is() {
        let before = stripes(200, 100, 0);
        let mut after = before.clone();
        draw(&mut after, &[MIDDLE]);
        for (x, y, pixel) in before.enumerate_pixels() {
            if !(42..158).contains(&x) || !(21..79).contains(&y) {
                assert_eq!(after.get_pixel(x, y), pixel, "at {x}, {y}");
            }
        }
    }

    #[test]
    fn any_region_is_veiled_or_left_out_and_none_panics() {
        let strange = [
            f64::NAN,
            f64::INFINITY,
            -1e300,
            -0.5,
            0.0,
            1e-9,
            0.999,
            1.0,
            7.0,
            1e300,
        ];
        for (width, height) in [(1, 1), (2, 3), (50, 1), (31, 17)] {
            for x in strange {
                for length in strange {
                    let region = Region {
                        x,
                        y: length,
                        width: length,
                        height: x,
                    };
                    let square = Region {
                        x,
                        y: x,
                        width: length,
                        height: length,
                    };
                    draw(&mut stripes(width, height, 0), &[region, square]);
                }
            }
        }
    }
}
