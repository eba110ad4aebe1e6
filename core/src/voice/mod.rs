//! A voice note 语音备注: what is known of it without its sound, and what a recording must look like to be kept.
//!
//! The WebView records Opus in WebM or, where it can only that, AAC or Opus in MP4. Nothing is decoded or encoded again here:
//! a recording keeps its sound byte for byte and loses everything that is not sound. [`bare`] overwrites what is not on a short
//! list of elements with the container's own filler of the same length, filled with noughts: titles, tags, writing programs,
//! dates, positions, unknown boxes. What stays has its place, so that no offset inside the file has to be found and mended.
//! The phone keeps only what came out of [`bare`]; the centre and every reader take only what would come out of it unchanged
//! ([`inspect`]). One recording of one voice: a file with a picture, a second track or another codec is refused.
//!
//! What this does not promise: a coder can hide bytes in the sound itself, as it can in the pixels of a JPEG.

mod mp4;
mod webm;

use crate::{
    error::{Code, Refusal},
    household::words,
    ids::Hash,
    sync::limits,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

words! {
    /// What a recording lies in.
    VoiceMedia { /// Opus in WebM
        Webm, /// AAC or Opus in MP4
        Mp4 }
}

impl VoiceMedia {
    /// The type under which it is served; found out by looking, never believed.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Webm => "audio/webm",
            Self::Mp4 => "audio/mp4",
        }
    }
}

/// A voice note as its record refers to it. Like a photo it is a blob named by its hash, and travels in the photos' lane.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VoiceNote {
    /// SHA-256 of the recording.
    pub hash: Hash,
    /// What it lies in.
    pub media: VoiceMedia,
    /// When.
    pub recorded_at: Timestamp,
    /// How long it is, as the recording itself says.
    pub duration_ms: u32,
    /// Size of the recording.
    pub bytes: u32,
}

/// What a recording says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recording {
    /// What it lies in.
    pub media: VoiceMedia,
    /// From its first sound to its last.
    pub duration_ms: u32,
}

/// The bytes begin like a recording; says nothing about the rest.
pub fn begins_like_one(bytes: &[u8]) -> bool {
    media_of(bytes).is_some()
}

/// The recording with nothing left but its sound, and what it says of itself. Refused with `VOICE_UNSUPPORTED`,
/// `VOICE_TRUNCATED` or `VOICE_TOO_LONG`; any bytes may be asked about. What came out goes in again unchanged.
pub fn bare(bytes: &[u8]) -> Result<(Vec<u8>, Recording), Refusal> {
    if bytes.len() > limits::VOICE {
        let detail = format!("{} bytes", bytes.len());
        return Err(Refusal::new(Code::VoiceTooLong, detail));
    }
    let media = match media_of(bytes) {
        Some(media) => media,
        None if bytes.len() < 12 => return Err(truncated("no recording begins so")),
        None => return Err(unsupported("neither WebM nor MP4")),
    };
    let mut kept = bytes.to_vec();
    let duration_ms = match media {
        VoiceMedia::Webm => webm::clean(&mut kept)?,
        VoiceMedia::Mp4 => mp4::clean(&mut kept)?,
    };
    if duration_ms > u64::from(limits::VOICE_MS) {
        let detail = format!("{duration_ms} ms");
        return Err(Refusal::new(Code::VoiceTooLong, detail));
    }
    let duration_ms = duration_ms as u32;
    Ok((kept, Recording { media, duration_ms }))
}

/// What a kept recording says of itself. One that holds anything besides its sound is `VOICE_UNSUPPORTED`.
pub fn inspect(bytes: &[u8]) -> Result<Recording, Refusal> {
    let (kept, recording) = bare(bytes)?;
    if kept != bytes {
        return Err(unsupported("the recording holds more than its sound"));
    }
    Ok(recording)
}

fn media_of(bytes: &[u8]) -> Option<VoiceMedia> {
    if bytes.starts_with(&webm::MAGIC) {
        return Some(VoiceMedia::Webm);
    }
    // pictures begin with the same box and their own brand
    let [b'f', b't', b'y', b'p', brand @ ..] = bytes.get(4..12)? else {
        return None;
    };
    let picture = matches!(
        brand,
        b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" | b"avif"
    );
    (!picture).then_some(VoiceMedia::Mp4)
}

fn truncated(detail: &str) -> Refusal {
    Refusal::new(Code::VoiceTruncated, detail)
}

fn unsupported(detail: &str) -> Refusal {
    Refusal::new(Code::VoiceUnsupported, detail)
}

/// Big-endian, of at most eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Units of `per_second` as milliseconds.
fn to_ms(units: u64, per_second: u64) -> u64 {
    let ms = u128::from(units) * 1000 / u128::from(per_second.max(1));
    u64::try_from(ms).unwrap_or(u64::MAX)
}
