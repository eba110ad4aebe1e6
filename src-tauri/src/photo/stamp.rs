//! 水印: time, grid and case in the lower left corner, for tasks that ask for it. Never a name. Drawn with a font of our own
//! (`assets/stamp.otf`, made by `scripts/stamp-font.sh`), because a phone's fonts are not ours to read.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};
use gridwalk_core::time::Timestamp;
use image::RgbImage;
use std::sync::LazyLock;

static FONT: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(include_bytes!("../../assets/stamp.otf")).ok());

/// Height of a letter, as a part of the picture's longer side.
const LETTER: f32 = 1.0 / 44.0;
/// Longest line that is drawn, in characters; what is longer ends in an ellipsis.
const LONGEST: usize = 60;
/// What stands for a character that the font does not have.
const UNKNOWN: char = '□';

/// What is printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// When it was taken.
    pub taken_at: Timestamp,
    /// 梧桐-03
    pub grid: String,
    /// The case's number, where there is one.
    pub case: Option<String>,
}

impl Stamp {
    /// `2026-09-14 09:03 · 梧桐-03 · 梧桐-03-0914-001`, in the street's own time.
    pub fn line(&self) -> String {
        let taken = self.taken_at.shanghai().format("%Y-%m-%d %H:%M");
        let mut line = format!("{taken} · {}", self.grid);
        if let Some(case) = self.case.as_deref().filter(|case| !case.trim().is_empty()) {
            line = format!("{line} · {case}");
        }
        let line: String = line.chars().filter(|letter| !letter.is_control()).collect();
        if line.chars().count() <= LONGEST {
            return line;
        }
        let begin: String = line.chars().take(LONGEST - 1).collect();
        begin + "…"
    }

    /// Prints it: white letters on a dark band, whatever is below them.
    pub fn print(&self, picture: &mut RgbImage) {
        let Some(font) = FONT.as_ref() else {
            return; // the file is ours and a test reads it
        };
        let (width, height) = picture.dimensions();
        let line = self.line();
        let mut size = (width.max(height) as f32 * LETTER).max(8.0);
        // a narrow picture gets smaller letters rather than half a line
        let wanted = glyphs(font, &line, size).1 + 2.0 * size;
        if wanted > width as f32 {
            size *= width as f32 / wanted;
        }
        let (letters, long) = glyphs(font, &line, size);
        let margin = size * 0.5;
        let band = (size * 1.6).ceil() as u32;
        let top = height.saturating_sub(band);
        darken(
            picture,
            ((long + 2.0 * margin).ceil() as u32).min(width),
            top,
        );
        let scaled = font.as_scaled(PxScale::from(size));
        let middle = (band as f32 - scaled.height()) / 2.0;
        let baseline = top as f32 + middle + scaled.ascent();
        for mut letter in letters {
            letter.position = point(letter.position.x + margin, baseline);
            if let Some(outline) = font.outline_glyph(letter) {
                let bounds = outline.px_bounds();
                outline.draw(|x, y, cover| {
                    let at = (
                        bounds.min.x as i64 + i64::from(x),
                        bounds.min.y as i64 + i64::from(y),
                    );
                    lighten(picture, at, cover);
                });
            }
        }
    }
}

/// The line's letters, one behind the other, and how long it is.
fn glyphs(font: &FontRef<'_>, line: &str, size: f32) -> (Vec<Glyph>, f32) {
    let scaled = font.as_scaled(PxScale::from(size));
    let mut x = 0.0;
    let mut letters = Vec::new();
    for letter in line.chars() {
        let known = match font.glyph_id(letter).0 {
            0 => font.glyph_id(UNKNOWN),
            _ => font.glyph_id(letter),
        };
        letters.push(known.with_scale_and_position(size, point(x, 0.0)));
        x += scaled.h_advance(known);
    }
    (letters, x)
}

fn darken(picture: &mut RgbImage, right: u32, top: u32) {
    for y in top..picture.height() {
        for x in 0..right {
            for part in &mut picture.get_pixel_mut(x, y).0 {
                *part = (u16::from(*part) * 2 / 5) as u8;
            }
        }
    }
}

fn lighten(picture: &mut RgbImage, (x, y): (i64, i64), cover: f32) {
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
        return;
    };
    if let Some(pixel) = picture.get_pixel_mut_checked(x, y) {
        for part in &mut pixel.0 {
            let here = f32::from(*part);
            *part = (here + (255.0 - here) * cover.clamp(0.0, 1.0)) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    fn stamp(case: &str) -> Stamp {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 9, 14).unwrap();
        Stamp {
            taken_at: Timestamp::from_shanghai(day, 9, 3).unwrap(),
            grid: "梧桐-03".into(),
            case: Some(case.into()),
        }
    }

    #[test]
    fn the_line_says_time_grid_and_case_and_no_more_than_fits() {
        assert_eq!(
            stamp("梧桐-03-0914-001").line(),
            "2026-09-14 09:03 · 梧桐-03 · 梧桐-03-0914-001"
        );
        assert_eq!(stamp(" ").line(), "2026-09-14 09:03 · 梧桐-03");
        let long = stamp(&"长".repeat(500)).line();
        assert_eq!(long.chars().count(), LONGEST);
        assert!(long.ends_with('…'));
        assert!(!stamp("a\nb").line().contains('\n'));
    }

    #[test]
    fn the_font_is_there_with_every_character_of_the_street() {
        let font = FONT.as_ref().expect("the font");
        for letter in "梧桐白鹭听雨苑骑楼长堤网格事件0123456789-:· …□".chars() {
            assert_ne!(font.glyph_id(letter).0, 0, "{letter}");
        }
        assert_eq!(font.glyph_id('𬭚').0, 0, "rare ones are drawn as a box");
    }

    #[test]
    fn it_is_printed_in_the_lower_left_corner_and_nowhere_else_on_pictures_of_every_shape() {
        for (width, height) in [(1600, 1200), (1200, 1600), (300, 2000), (40, 30), (1, 1)] {
            let grey = RgbImage::from_pixel(width, height, Rgb([120, 120, 120]));
            let mut printed = grey.clone();
            stamp("梧桐-03-0914-001𬭚").print(&mut printed);
            let band = (width.max(height) as f32 * LETTER).max(8.0) * 1.6;
            let top = height.saturating_sub(band.ceil() as u32);
            for (x, y, pixel) in printed.enumerate_pixels() {
                assert!(y >= top || *pixel == *grey.get_pixel(x, y), "at {x}, {y}");
            }
            if width >= 1200 {
                let white = printed.pixels().filter(|pixel| pixel.0[0] > 200).count();
                assert!(white > 500, "letters on {width} × {height}: {white}");
            }
        }
    }
}
