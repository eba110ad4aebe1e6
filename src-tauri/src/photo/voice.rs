//! Voice notes 语音备注 on this phone. A recording is kept, sent, acknowledged, cleared and purged like a photo, in the photos'
//! table and lane; what differs is only what is checked before it is kept.

use super::album::{FOLDER, write_durably};
use crate::{
    Phone,
    error::{Answer, Failure},
};
use gridwalk_core::{
    ids::Hash,
    time::Timestamp,
    voice::{self, VoiceNote},
};

/// What stands where a photo has its stage. It tells the two apart in the photos' table.
pub(crate) const STAGE: &str = "voice";

impl Phone {
    /// Keeps what the microphone recorded until a record refers to it, with nothing left in it but the sound.
    /// `VOICE_TRUNCATED`, `VOICE_UNSUPPORTED`, `VOICE_TOO_LONG` say what is wrong with it.
    pub fn add_voice(&self, file: &[u8], recorded_at: Timestamp) -> Answer<VoiceNote> {
        let (kept, recording) = voice::bare(file)?;
        let note = VoiceNote {
            hash: Hash::of(&kept),
            media: recording.media,
            recorded_at,
            duration_ms: recording.duration_ms,
            bytes: u32::try_from(kept.len()).map_err(Failure::internal)?,
        };
        let place = format!("{FOLDER}/{}", note.hash);
        let sealed = self
            .seal_key()?
            .seal(&note.hash, &kept, self.ports().dice.roll()?)?;
        // The file first: a row never points to nothing, and a file without a row is swept.
        write_durably(&self.dir().join(FOLDER), &note.hash.to_string(), &sealed)?;
        let now = self.now();
        self.database().write(|db| {
            // it has no thumbnail and no sides; it stands for its own thumbnail, which nobody asks for
            db.prepare_cached(
                "insert into photo (hash, thumbnail, stage, taken_at, width, height, bytes, file, added_at, standing)
                 values (?1, ?1, ?2, ?3, 0, 0, ?4, ?5, ?6, 'kept') on conflict do nothing",
            )?
            .execute((
                note.hash.0,
                STAGE,
                recorded_at.0,
                note.bytes,
                place,
                now.0,
            ))?;
            Ok(())
        })?;
        Ok(note)
    }

    /// The recording to be played: from this phone, or else from the centre. What is no recording is not handed out.
    pub async fn voice_bytes(&self, hash: Hash) -> Answer<Vec<u8>> {
        let bytes = self.photo_bytes(hash).await?;
        voice::inspect(&bytes)?;
        Ok(bytes)
    }
}
