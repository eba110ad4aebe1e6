//! Small changes to bytes, drawn from a seed: what a fuzzer does, without looking at what came of it.

use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

/// Ends of integers, in the spellings that occur in our formats.
const NUMBERS: &[&[u8]] = &[
    &[0],
    &[0x7f],
    &[0x80],
    &[0xff],
    &[0x80, 0x01],
    &[0xff, 0xff, 0x03],
    &[0xff, 0xff, 0xff, 0xff, 0x07],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f],
    &[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0x9f],
    &[0xff, 0xc0],
    b"../",
    b"%2e",
    b"=1",
    b"\"",
    b"'",
    b"\0",
    "𠮷".as_bytes(),
];
/// Longer than this is only slower.
const LONGEST: usize = 64 * 1024;

/// One of the seeds with up to eight changes.
pub fn mutated(seeds: &[Vec<u8>], dice: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = seeds.choose(dice).cloned().unwrap_or_default();
    for _ in 0..1 << dice.random_range(0..4) {
        once(&mut bytes, seeds, dice);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn once(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], dice: &mut ChaCha8Rng) {
    let at = dice.random_range(0..=bytes.len());
    let end = (at + (1 << dice.random_range(0..7))).min(bytes.len());
    match dice.random_range(0..9) {
        0 | 1 if at < bytes.len() => bytes[at] ^= 1 << dice.random_range(0..8),
        2 if at < bytes.len() => bytes[at] = dice.random(),
        3 => drop(bytes.drain(at..end)),
        4 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        5 => {
            let number = NUMBERS.choose(dice).copied().unwrap_or_default();
            let end = if dice.random() {
                at
            } else {
                (at + number.len()).min(bytes.len())
            };
            bytes.splice(at..end, number.iter().copied());
        }
        6 => {
            // the beginning of one and the rest of another
            let other = seeds.choose(dice).map_or(&[][..], Vec::as_slice);
            let from = dice.random_range(0..=other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        7 => bytes.truncate(at),
        _ => {
            let piece: [u8; 3] = dice.random();
            bytes.splice(at..at, piece);
        }
    }
}
