//! Who does it: this program, and the command lines that people who know libvips and ImageMagick would write.

use gridwalk_proof::process::Outcome;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// One of them, with the quality of its JPEG where that is not its own.
pub enum Tool {
    Ours,
    Vips(u8),
    Magick(u8),
}

/// What one run took.
pub struct Done {
    pub ms: f64,
    pub peak_kib: u64,
    pub bytes: u64,
    pub photo: PathBuf,
}

impl Tool {
    fn commands(&self, file: &Path, photo: &Path, thumbnail: &Path) -> Outcome<Vec<Command>> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        Ok(match self {
            Self::Ours => {
                let mut ours = Command::new(std::env::current_exe()?);
                ours.arg("one").args([file, photo, thumbnail]);
                vec![ours]
            }
            // One pass each: the thumbnail out of the photo, as ours is.
            Self::Vips(quality) => {
                let mut shrink = Command::new("vipsthumbnail");
                shrink
                    .arg(file)
                    .args(["--size", "1600x1600>", "-o"])
                    .arg(format!(
                        "{}[Q={quality},strip,optimize_coding=false]",
                        text(photo)
                    ));
                let mut again = Command::new("vipsthumbnail");
                again
                    .arg(photo)
                    .args(["--size", "320x320>", "-o"])
                    .arg(format!("{}[Q=70,strip]", text(thumbnail)));
                vec![shrink, again]
            }
            Self::Magick(quality) => {
                let mut convert = Command::new("convert");
                convert
                    .args(["-define", "jpeg:size=3200x3200"])
                    .arg(file)
                    .args([
                        "-auto-orient",
                        "-filter",
                        "Lanczos",
                        "-resize",
                        "1600x1600>",
                        "-strip",
                    ])
                    .args(["-quality", &quality.to_string(), "-write"])
                    .arg(photo)
                    .args(["-resize", "320x320>", "-quality", "70"])
                    .arg(thumbnail);
                vec![convert]
            }
        })
    }

    /// Does it once.
    pub fn run(&self, file: &Path, folder: &Path) -> Outcome<Done> {
        let (photo, thumbnail) = (folder.join("photo.jpg"), folder.join("thumbnail.jpg"));
        for made in [&photo, &thumbnail] {
            let _ = std::fs::remove_file(made); // there may be none yet
        }
        let (mut ms, mut peak_kib) = (0.0, 0);
        for mut command in self.commands(file, &photo, &thumbnail)? {
            let begun = Instant::now();
            let mut child = command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .map_err(|error| format!("{command:?}: {error}"))?;
            let status = format!("/proc/{}/status", child.id());
            let ended = loop {
                if let Some(ended) = child.try_wait()? {
                    break ended;
                }
                peak_kib = peak_kib.max(high_water(&status));
                std::thread::sleep(std::time::Duration::from_millis(1));
            };
            ms += begun.elapsed().as_secs_f64() * 1_000.0;
            if !ended.success() {
                return Err(format!("{command:?} ended with {ended}").into());
            }
        }
        std::fs::metadata(&thumbnail)?;
        Ok(Done {
            ms,
            peak_kib,
            bytes: std::fs::metadata(&photo)?.len(),
            photo,
        })
    }
}

/// The most memory so far; it only rises, so the last look before the end is the answer.
fn high_water(status: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
