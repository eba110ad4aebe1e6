//! A camera's picture made small, beside libvips and ImageMagick doing the same work: turned upright, 1600 pixels on the
//! longer side, a JPEG that is as like the original as ours, a thumbnail. Each is a process of its own, in turns, so that what
//! else the machine does meets all of them. Shrinking while loading is allowed to everybody. The last line of standard output
//! is one JSON object.
//!
//! `bench-photos [ROUNDS]` · `bench-photos one FILE PHOTO THUMBNAIL` is ours

mod likeness;
mod tools;

use gridwalk::photo::process::process;
use gridwalk_fixtures::photos;
use gridwalk_proof::{measure::Times, process::Outcome};
use serde::Serialize;
use std::path::Path;
use tools::{Done, Tool};

/// What a camera's file weighs at least.
const CAMERA_BYTES: usize = 4_000_000;

#[derive(Serialize)]
struct Figures {
    mp12: Size,
    mp48: Size,
}

#[derive(Serialize)]
struct Size {
    /// Half of the runs took longer, process and all.
    ms: f64,
    vs_vips: f64,
    vs_magick: f64,
    /// Of the whole process.
    peak_mb: f64,
    vips_peak_mb: f64,
    magick_peak_mb: f64,
    /// Of the photo, at the same likeness.
    bytes: u64,
    vips_bytes: u64,
    magick_bytes: u64,
    likeness: f64,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["one", file, photo, thumbnail] => one(file, photo, thumbnail),
        [] => bench(7),
        [rounds] => bench(rounds.parse()?),
        _ => Err("usage: bench-photos [ROUNDS]".into()),
    }
}

fn one(file: &str, photo: &str, thumbnail: &str) -> Outcome<()> {
    let made = process(&std::fs::read(file)?)?;
    std::fs::write(photo, &made.jpeg)?;
    std::fs::write(thumbnail, &made.thumbnail)?;
    Ok(())
}

fn bench(rounds: usize) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let figures = Figures {
        mp12: size(folder.path(), rounds, 4_000, 3_000)?,
        mp48: size(folder.path(), rounds, 8_000, 6_000)?,
    };
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

fn size(folder: &Path, rounds: usize, width: u32, height: u32) -> Outcome<Size> {
    eprintln!("{width} × {height} …");
    let file = folder.join(format!("camera-{width}.jpg"));
    let bytes = photos::camera(width, height);
    if bytes.len() < CAMERA_BYTES {
        return Err(format!("{} bytes are no camera's file", bytes.len()).into());
    }
    std::fs::write(&file, &bytes)?;
    let original = likeness::reference(&bytes)?;
    let ours = Tool::Ours;
    let first = ours.run(&file, folder)?;
    let target = likeness::of(&original, &std::fs::read(&first.photo)?)?;
    let vips = Tool::Vips(alike(&original, target, Tool::Vips, &file, folder)?);
    let magick = Tool::Magick(alike(&original, target, Tool::Magick, &file, folder)?);
    let mut runs: [Vec<Done>; 3] = Default::default();
    for _ in 0..rounds {
        for (runs, tool) in runs.iter_mut().zip([&ours, &vips, &magick]) {
            runs.push(tool.run(&file, folder)?);
        }
    }
    let names = ["ours", "vips", "magick"];
    let [ours, vips, magick] = runs;
    for (name, runs) in names.iter().zip([&ours, &vips, &magick]) {
        eprintln!(
            "{name:8} {:7.1} ms  {:6.1} MB  {:7} bytes",
            median(runs),
            peak(runs),
            runs.last().map_or(0, |done| done.bytes)
        );
    }
    let bytes = |runs: &[Done]| runs.last().map_or(0, |done| done.bytes);
    let ratio = |other: &[Done]| (median(&ours) / median(other) * 100.0).round() / 100.0;
    Ok(Size {
        ms: median(&ours).round(),
        vs_vips: ratio(&vips),
        vs_magick: ratio(&magick),
        peak_mb: peak(&ours),
        vips_peak_mb: peak(&vips),
        magick_peak_mb: peak(&magick),
        bytes: bytes(&ours),
        vips_bytes: bytes(&vips),
        magick_bytes: bytes(&magick),
        likeness: (target * 10_000.0).round() / 10_000.0,
    })
}

fn median(runs: &[Done]) -> f64 {
    Times::new(runs.iter().map(|done| done.ms).collect()).median()
}

fn peak(runs: &[Done]) -> f64 {
    let most = runs.iter().map(|done| done.peak_kib).max().unwrap_or(0);
    (most as f64 / 1024.0).round()
}

/// The lowest quality at which another tool's photo is as like the original as ours.
fn alike(
    original: &likeness::Grey,
    target: f64,
    tool: impl Fn(u8) -> Tool,
    file: &Path,
    folder: &Path,
) -> Outcome<u8> {
    let (mut low, mut high) = (30, 96);
    while low < high {
        let middle = (low + high) / 2;
        let done = tool(middle).run(file, folder)?;
        if likeness::of(original, &std::fs::read(&done.photo)?)? >= target {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(high)
}
