//! A camera's JPEG decoded at a half, a quarter or an eighth of its size, straight from its coefficients: of every block of
//! 8 × 8 only the low frequencies are transformed, as libjpeg does when it is asked for a smaller picture. A picture of 48
//! megapixels is never in memory as one. What this does not understand is left to the whole decoder, which is always right:
//! every doubt answers none.
//!
//! Longer than is comfortable because bit reader, tables and transform are one loop, and nobody else needs a part of it.

use image::RgbImage;
use std::{f32::consts::PI, sync::LazyLock};

/// Bits that one look into a table answers.
const LOOK: u32 = 10;
/// Where a coefficient of the file's order stands in its block.
#[rustfmt::skip]
const PLACE: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// The picture at the smallest of those sizes that is no smaller than `edge` on its longer side; none when it would not be
/// smaller than the file says, or when the file is not a plain one: sequential, Huffman, eight bits, one scan, grey or YCbCr.
pub fn decode(file: &[u8], edge: u32) -> Option<RgbImage> {
    let head = Head::read(file)?;
    let longest = u32::from(head.width.max(head.height));
    let size = [1, 2, 4]
        .into_iter()
        .find(|size| (longest * size).div_ceil(8) >= edge)?;
    head.picture(file, size as usize)
}

/// A Huffman table, ready to be looked into.
#[derive(Clone)]
struct Table {
    /// By the next [`LOOK`] bits: length and symbol; length 0 is a longer code.
    short: Vec<(u8, u8)>,
    /// By the next [`LOOK`] bits, where code and value fit into them: value, zeros before it, bits of both.
    whole: Vec<(i16, u8, u8)>,
    /// Of each length the first code that is longer, in 16 bits.
    limit: [u32; 18],
    /// Of each length what to add to a code for its place among the symbols.
    shift: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    fn new(counts: &[u8], symbols: &[u8]) -> Option<Self> {
        let mut table = Self {
            short: vec![(0, 0); 1 << LOOK],
            whole: vec![(0, 0, 0); 1 << LOOK],
            limit: [0; 18],
            shift: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut place) = (0u32, 0usize);
        for length in 1..=16u32 {
            let count = u32::from(counts[length as usize - 1]);
            table.shift[length as usize] = place as i32 - code as i32;
            for _ in 0..count {
                let symbol = *symbols.get(place)?;
                if code >= 1 << length {
                    return None;
                }
                if length <= LOOK {
                    let from = (code << (LOOK - length)) as usize;
                    table.short[from..from + (1 << (LOOK - length))].fill((length as u8, symbol));
                }
                (code, place) = (code + 1, place + 1);
            }
            table.limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        table.limit[17] = u32::MAX;
        for (bits, (length, symbol)) in table.short.clone().into_iter().enumerate() {
            let (zeros, size) = (symbol >> 4, u32::from(symbol & 15));
            let both = u32::from(length) + size;
            if length > 0 && size > 0 && both <= LOOK {
                let value = (bits as u32 >> (LOOK - both)) & ((1 << size) - 1);
                table.whole[bits] = (extend(value, size) as i16, zeros, both as u8);
            }
        }
        Some(table)
    }
}

/// A value of so many bits, as T.81 F.2.2.1 means it.
fn extend(value: u32, size: u32) -> i32 {
    if size == 0 {
        0
    } else if value >> (size - 1) == 0 {
        value as i32 - (1 << size) + 1
    } else {
        value as i32
    }
}

#[derive(Clone, Copy)]
struct Component {
    id: u8,
    across: usize,
    down: usize,
    quant: usize,
    dc: usize,
    ac: usize,
}

struct Head {
    width: u16,
    height: u16,
    components: Vec<Component>,
    quants: [Option<[f32; 64]>; 4],
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    restart: usize,
    /// Where the coded data begin.
    scan: usize,
}

impl Head {
    fn read(file: &[u8]) -> Option<Self> {
        let mut head = Self {
            width: 0,
            height: 0,
            components: Vec::new(),
            quants: [None; 4],
            dc: Default::default(),
            ac: Default::default(),
            restart: 0,
            scan: 0,
        };
        let mut at = 2;
        loop {
            let &[0xFF, marker] = file.get(at..at + 2)? else {
                return None;
            };
            if marker == 0xFF {
                at += 1; // fill
                continue;
            }
            let length = usize::from(be16(file.get(at + 2..)?)?);
            let body = file.get(at + 4..at + 2 + length)?;
            match marker {
                0xC0 | 0xC1 => head.frame(body)?,
                0xC2..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => return None,
                0xC4 => head.tables(body)?,
                0xDB => head.quants(body)?,
                0xDD => head.restart = usize::from(be16(body)?),
                // Adobe says what the colours are: anything but YCbCr is not ours
                0xEE if body.starts_with(b"Adobe") && body.get(11) != Some(&1) => return None,
                0xDA => {
                    head.scan = at + 2 + length;
                    head.begin(body)?;
                    return Some(head);
                }
                0xD0..=0xD9 | 0x01 => return None,
                _ => {}
            }
            at += 2 + length;
        }
    }

    fn frame(&mut self, body: &[u8]) -> Option<()> {
        let &[8, h1, h0, w1, w0, count, ref rest @ ..] = body else {
            return None;
        };
        self.height = u16::from_be_bytes([h1, h0]);
        self.width = u16::from_be_bytes([w1, w0]);
        let plain = self.width > 0 && self.height > 0 && self.components.is_empty();
        if !(plain && matches!(count, 1 | 3) && rest.len() == usize::from(count) * 3) {
            return None;
        }
        for one in rest.chunks_exact(3) {
            self.components.push(Component {
                id: one[0],
                across: usize::from(one[1] >> 4),
                down: usize::from(one[1] & 15),
                quant: usize::from(one[2]),
                dc: 0,
                ac: 0,
            });
        }
        let [first, colours @ ..] = self.components.as_mut_slice() else {
            return None;
        };
        if colours.is_empty() {
            (first.across, first.down) = (1, 1); // of one component every block stands alone
        }
        let fits = matches!((first.across, first.down), (1 | 2, 1 | 2));
        let ones = colours.iter().all(|c| (c.across, c.down) == (1, 1));
        (fits && ones && first.id != b'R').then_some(())
    }

    fn tables(&mut self, mut body: &[u8]) -> Option<()> {
        while let [kind, rest @ ..] = body {
            let counts = rest.get(..16)?;
            let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let table = Table::new(counts, rest.get(16..16 + total)?)?;
            let place = match kind >> 4 {
                0 => self.dc.get_mut(usize::from(kind & 15))?,
                1 => self.ac.get_mut(usize::from(kind & 15))?,
                _ => return None,
            };
            *place = Some(table);
            body = rest.get(16 + total..)?;
        }
        Some(())
    }

    fn quants(&mut self, mut body: &[u8]) -> Option<()> {
        while let [kind, rest @ ..] = body {
            let wide = usize::from(kind >> 4);
            let bytes = rest.get(..64 * (wide + 1)).filter(|_| wide < 2)?;
            let mut quant = [0.0; 64];
            for (n, value) in quant.iter_mut().enumerate() {
                *value = match wide {
                    0 => f32::from(bytes[n]),
                    _ => f32::from(be16(&bytes[n * 2..])?),
                };
            }
            *self.quants.get_mut(usize::from(kind & 15))? = Some(quant);
            body = rest.get(64 * (wide + 1)..)?;
        }
        Some(())
    }

    /// The head of the scan: all components at once, all frequencies, or it is not ours.
    fn begin(&mut self, body: &[u8]) -> Option<()> {
        let (count, rest) = body.split_first()?;
        let count = usize::from(*count);
        if self.components.is_empty() || count != self.components.len() {
            return None;
        }
        if rest.len() != count * 2 + 3 || rest[count * 2..] != [0, 63, 0] {
            return None;
        }
        for (component, said) in self.components.iter_mut().zip(rest.chunks_exact(2)) {
            if component.id != said[0] {
                return None;
            }
            component.dc = usize::from(said[1] >> 4);
            component.ac = usize::from(said[1] & 15);
        }
        Some(())
    }

    fn picture(&self, file: &[u8], size: usize) -> Option<RgbImage> {
        let first = *self.components.first()?;
        let (most_across, most_down) = (first.across, first.down);
        let units = |pixels: u16, most: usize| usize::from(pixels).div_ceil(8 * most);
        let (across, down) = (
            units(self.width, most_across),
            units(self.height, most_down),
        );
        let to = |pixels: u16| (usize::from(pixels) * size).div_ceil(8);
        let (width, height) = (to(self.width), to(self.height));
        let (stride, rows) = (across * most_across * size, most_down * size);
        let mut strips: Vec<Vec<u8>> = vec![vec![0; stride * rows]; self.components.len()];
        let mut pixels = Vec::with_capacity(width * height * 3);
        let mut bits = Bits::new(file.get(self.scan..)?);
        let mut before = [0i32; 3];
        let mut until = self.restart;
        for unit_row in 0..down {
            for unit in 0..across {
                if self.restart > 0 {
                    if until == 0 {
                        bits.restart()?;
                        before = [0; 3];
                        until = self.restart;
                    }
                    until -= 1;
                }
                for (n, component) in self.components.iter().enumerate() {
                    let quant = self.quants.get(component.quant)?.as_ref()?;
                    let dc = self.dc.get(component.dc)?.as_ref()?;
                    let ac = self.ac.get(component.ac)?.as_ref()?;
                    let wide = size * most_across / component.across;
                    let high = size * most_down / component.down;
                    for row in 0..component.down {
                        for column in 0..component.across {
                            let mut block = [0.0; 64];
                            let flat = bits.block(dc, ac, quant, &mut before[n], &mut block)?;
                            let x = (unit * component.across + column) * wide;
                            let from = row * high * stride + x;
                            let target = strips[n].get_mut(from..)?;
                            transform(wide, high, &block, flat, target, stride)?;
                        }
                    }
                }
            }
            let left = height - (unit_row * rows).min(height);
            paint(&strips, stride, width, left.min(rows), &mut pixels);
        }
        if bits.is_starved() {
            return None;
        }
        RgbImage::from_raw(width as u32, height as u32, pixels)
    }
}

fn be16(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.first_chunk::<2>()?))
}

/// The coded data, bit by bit. Never reads beyond a marker; behind it come zeros, which are counted.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    held: u64,
    count: u32,
    zeros: u32,
}

impl<'a> Bits<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            at: 0,
            held: 0,
            count: 0,
            zeros: 0,
        }
    }

    /// At least 48 bits are held afterwards.
    #[inline]
    fn fill(&mut self) {
        if self.count > 48 {
            return;
        }
        if let Some(eight) = self
            .data
            .get(self.at..)
            .and_then(|rest| rest.first_chunk::<8>())
        {
            let word = u64::from_be_bytes(*eight);
            // no byte is 0xFF: what is taken too much is the same that comes next time
            if (!word).wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 == 0 {
                self.held |= word >> self.count;
                let bytes = (64 - self.count) / 8;
                self.at += bytes as usize;
                self.count += bytes * 8;
                return;
            }
        }
        // bits beyond the counted ones may be those of a byte that is not stuffed: away with them
        if self.count > 0 {
            self.held &= u64::MAX << (64 - self.count);
        } else {
            self.held = 0;
        }
        while self.count <= 56 {
            let byte = match (self.data.get(self.at), self.data.get(self.at + 1)) {
                (Some(0xFF), Some(0)) => {
                    self.at += 2;
                    0xFF
                }
                (Some(0xFF), _) | (None, _) => {
                    self.zeros += 8;
                    0
                }
                (Some(byte), _) => {
                    self.at += 1;
                    *byte
                }
            };
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    #[inline]
    fn take(&mut self, count: u32) -> u32 {
        let value = if count == 0 {
            0
        } else {
            (self.held >> (64 - count)) as u32
        };
        self.held <<= count;
        self.count = self.count.saturating_sub(count);
        value
    }

    /// Zeros were read that are not in the file.
    fn is_starved(&self) -> bool {
        self.zeros > self.count
    }

    fn restart(&mut self) -> Option<()> {
        if self.is_starved() {
            return None;
        }
        let rest = self.data.get(self.at..)?;
        let fill = rest.iter().take_while(|byte| **byte == 0xFF).count();
        if fill == 0 || !matches!(rest.get(fill), Some(0xD0..=0xD7)) {
            return None;
        }
        *self = Self {
            at: self.at + fill + 1,
            ..Self::new(self.data)
        };
        Some(())
    }

    #[inline]
    fn symbol(&mut self, table: &Table) -> Option<u8> {
        let (length, symbol) = table.short[(self.held >> (64 - LOOK)) as usize];
        if length > 0 {
            self.take(u32::from(length));
            return Some(symbol);
        }
        let next = (self.held >> 48) as u32;
        let length = (LOOK + 1..=17).find(|length| next < table.limit[*length as usize])?;
        if length > 16 {
            return None;
        }
        let code = self.take(length) as i32;
        let place = usize::try_from(code + table.shift[length as usize]).ok()?;
        table.symbols.get(place).copied()
    }

    /// One block; true when it is of one colour.
    #[inline]
    fn block(
        &mut self,
        dc: &Table,
        ac: &Table,
        quant: &[f32; 64],
        before: &mut i32,
        block: &mut [f32; 64],
    ) -> Option<bool> {
        self.fill();
        let size = u32::from(self.symbol(dc)?);
        if size > 11 {
            return None;
        }
        let difference = extend(self.take(size), size);
        *before = before.wrapping_add(difference);
        block[0] = *before as f32 * quant[0];
        let mut k = 1;
        while k < 64 {
            self.fill();
            let (value, zeros, both) = ac.whole[(self.held >> (64 - LOOK)) as usize];
            let value = if both > 0 {
                self.take(u32::from(both));
                k += usize::from(zeros);
                i32::from(value)
            } else {
                let symbol = self.symbol(ac)?;
                let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
                if size == 0 {
                    if zeros < 15 {
                        break;
                    }
                    k += 16;
                    continue;
                }
                k += zeros;
                extend(self.take(size), size)
            };
            let place = *PLACE.get(k)?;
            block[usize::from(place & 63)] = value as f32 * quant[k];
            k += 1;
        }
        Some(k == 1)
    }
}

/// What each frequency adds to each pixel, for 1, 2, 4 and 8 pixels along a side.
struct Waves {
    one: [[f32; 1]; 1],
    two: [[f32; 2]; 2],
    four: [[f32; 4]; 4],
    eight: [[f32; 8]; 8],
}

fn waves<const N: usize>() -> [[f32; N]; N] {
    let n = N as f32;
    std::array::from_fn(|frequency| {
        std::array::from_fn(|pixel| {
            let weight = if frequency == 0 { 1.0 } else { 2.0 };
            let angle = (2 * pixel + 1) as f32 * frequency as f32 * PI / (2.0 * n);
            // orthonormal for N pixels, from coefficients that are so for eight
            (weight / n).sqrt() * (n / 8.0).sqrt() * angle.cos()
        })
    })
}

static WAVES: LazyLock<Waves> = LazyLock::new(|| Waves {
    one: waves(),
    two: waves(),
    four: waves(),
    eight: waves(),
});

#[inline]
fn transform(
    wide: usize,
    high: usize,
    block: &[f32; 64],
    flat: bool,
    target: &mut [u8],
    stride: usize,
) -> Option<()> {
    if flat {
        let colour = (block[0] / 8.0 + 128.5) as u8;
        for row in target.chunks_mut(stride).take(high) {
            row.get_mut(..wide)?.fill(colour);
        }
        return Some(());
    }
    let waves = &*WAVES;
    match (wide, high) {
        (1, 1) => inverse(&waves.one, &waves.one, block, target, stride),
        (2, 2) => inverse(&waves.two, &waves.two, block, target, stride),
        (4, 4) => inverse(&waves.four, &waves.four, block, target, stride),
        (8, 8) => inverse(&waves.eight, &waves.eight, block, target, stride),
        (2, 1) => inverse(&waves.two, &waves.one, block, target, stride),
        (4, 2) => inverse(&waves.four, &waves.two, block, target, stride),
        (8, 4) => inverse(&waves.eight, &waves.four, block, target, stride),
        (1, 2) => inverse(&waves.one, &waves.two, block, target, stride),
        (2, 4) => inverse(&waves.two, &waves.four, block, target, stride),
        (4, 8) => inverse(&waves.four, &waves.eight, block, target, stride),
        _ => None,
    }
}

/// `W` pixels across and `H` down out of the `W` × `H` lowest frequencies.
#[inline]
fn inverse<const W: usize, const H: usize>(
    across: &[[f32; W]; W],
    down: &[[f32; H]; H],
    block: &[f32; 64],
    target: &mut [u8],
    stride: usize,
) -> Option<()> {
    let mut columns = [[0.0f32; W]; H];
    for (frequency, wave) in down.iter().enumerate() {
        let row: &[f32; W] = block.get(frequency * 8..)?.first_chunk()?;
        for (column, part) in columns.iter_mut().zip(wave) {
            for (sum, value) in column.iter_mut().zip(row) {
                *sum += part * value;
            }
        }
    }
    for (row, column) in target.chunks_mut(stride).zip(&columns) {
        let mut sums = [128.5f32; W];
        for (value, wave) in column.iter().zip(across) {
            for (sum, part) in sums.iter_mut().zip(wave) {
                *sum += value * part;
            }
        }
        for (pixel, sum) in row.get_mut(..W)?.iter_mut().zip(sums) {
            *pixel = sum as u8; // saturates
        }
    }
    Some(())
}

fn paint(strips: &[Vec<u8>], stride: usize, width: usize, rows: usize, pixels: &mut Vec<u8>) {
    for row in 0..rows {
        let line = |strip: &'_ Vec<u8>| row * stride..(row * stride + width).min(strip.len());
        match strips {
            [y, cb, cr] => {
                let (y, cb, cr) = (&y[line(y)], &cb[line(cb)], &cr[line(cr)]);
                for ((y, cb), cr) in y.iter().zip(cb).zip(cr) {
                    // JFIF, in 16 bits of fraction
                    let y = (i32::from(*y) << 16) + 32_768;
                    let (cb, cr) = (i32::from(*cb) - 128, i32::from(*cr) - 128);
                    let part = |value: i32| (value >> 16).clamp(0, 255) as u8;
                    pixels.extend([
                        part(y + 91_881 * cr),
                        part(y - 22_554 * cb - 46_802 * cr),
                        part(y + 116_130 * cb),
                    ]);
                }
            }
            [y] => pixels.extend(y[line(y)].iter().flat_map(|y| [*y; 3])),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, imageops};
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

    /// Soft shapes and a little noise: what is left of it at a quarter is nearly all of it.
    fn scene(width: u32, height: u32) -> RgbImage {
        let mut n = 1u32;
        RgbImage::from_fn(width, height, |x, y| {
            n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (x, y) = (x as f32 / width as f32, y as f32 / height as f32);
            let noise = (n >> 29) as f32;
            let part = |phase: f32| {
                120.0 + 90.0 * (x * 7.0 + phase).sin() * (y * 5.0 - phase).cos() + noise
            };
            Rgb([part(0.0) as u8, part(1.0) as u8, part(2.0) as u8])
        })
    }

    fn jpeg(picture: &RgbImage, sampling: SamplingFactor, restart: u16) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 92);
        encoder.set_sampling_factor(sampling);
        if restart > 0 {
            encoder.set_restart_interval(restart);
        }
        let (width, height) = (picture.width() as u16, picture.height() as u16);
        let written = encoder.encode(picture.as_raw(), width, height, ColorType::Rgb);
        written.expect("a JPEG");
        bytes
    }

    fn off(one: &RgbImage, other: &RgbImage) -> f64 {
        assert_eq!(one.dimensions(), other.dimensions());
        let off = one.as_raw().iter().zip(other.as_raw());
        off.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / one.as_raw().len() as f64
    }

    #[test]
    fn at_every_size_and_sampling_it_is_the_whole_picture_made_smaller() {
        use SamplingFactor as S;
        for (width, height) in [(640, 480), (333, 517), (1000, 8), (17, 900)] {
            let picture = scene(width, height);
            for sampling in [S::F_1_1, S::F_2_1, S::F_1_2, S::F_2_2] {
                for restart in [0, 5] {
                    let file = jpeg(&picture, sampling, restart);
                    for part in [2, 4, 8] {
                        let edge = width.max(height).div_ceil(part);
                        let ours = decode(&file, edge).expect("a plain one");
                        let to = (width.div_ceil(part), height.div_ceil(part));
                        assert_eq!(ours.dimensions(), to, "{sampling:?} by {part}");
                        let whole = image::load_from_memory(&file).expect("whole").into_rgb8();
                        // in a strip of eight pixels neighbours are too different for two ways to agree
                        let like = width.min(height) > 100;
                        if like && width % part == 0 && height % part == 0 {
                            let small = imageops::resize(
                                &whole,
                                to.0,
                                to.1,
                                imageops::FilterType::Triangle,
                            );
                            let off = off(&ours, &small);
                            assert!(off < 3.0, "{sampling:?} by {part}: {off}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn grey_is_grey() {
        let grey = image::DynamicImage::ImageRgb8(scene(640, 480)).to_luma8();
        let mut file = Vec::new();
        let written = Encoder::new(&mut file, 90).encode(grey.as_raw(), 640, 480, ColorType::Luma);
        written.expect("a JPEG");
        let ours = decode(&file, 160).expect("a plain one");
        assert_eq!(ours.dimensions(), (160, 120));
        assert!(
            ours.pixels()
                .all(|pixel| pixel.0[0] == pixel.0[1] && pixel.0[1] == pixel.0[2])
        );
    }

    #[test]
    fn what_it_does_not_understand_is_left_to_the_whole_decoder() {
        let picture = scene(640, 480);
        let plain = jpeg(&picture, SamplingFactor::F_2_2, 0);
        assert!(decode(&plain, 641).is_none(), "nothing is made larger");
        assert!(decode(&plain, 321).is_none(), "a half would be too small");
        let mut progressive = Vec::new();
        let mut encoder = Encoder::new(&mut progressive, 90);
        encoder.set_progressive(true);
        let written = encoder.encode(picture.as_raw(), 640, 480, ColorType::Rgb);
        written.expect("a JPEG");
        assert!(decode(&progressive, 160).is_none());
        for cut in 0..plain.len() - 2 {
            if cut < 700 || cut % 997 == 0 {
                assert!(decode(&plain[..cut], 160).is_none(), "cut at {cut}");
            }
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
        #[test]
        fn any_damage_gives_a_picture_of_the_promised_size_or_none(
            damage in proptest::collection::vec((0usize..20_000, 0u8..=255), 1..12),
            restart in 0u16..9,
        ) {
            let mut file = jpeg(&scene(320, 240), SamplingFactor::F_2_1, restart);
            for (at, byte) in damage {
                let at = at % file.len();
                file[at] = byte;
            }
            if let Some(picture) = decode(&file, 80) {
                proptest::prop_assert!(picture.width().max(picture.height()) >= 80);
            }
        }
    }
}
