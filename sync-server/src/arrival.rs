//! The end of an upload. Bytes that are all here are checked, made durable, named and recorded, or thrown away, and only
//! then does anybody hear where the upload stands: a server that crashed on the last byte, or a phone that hung up behind
//! it, leaves a part that is as long as promised and that nobody has looked at.

use crate::{
    error::{Error, Result},
    jpeg,
    state::AppState,
    store::blob::{self, Upload},
    turns::Turn,
};
use gridwalk_core::{ids::Hash, voice};

/// Where an upload stands, once somebody has looked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stands {
    /// It goes on here, before its end.
    At(u64),
    /// It is a photo of ours: checked, durable, recorded. There is no upload any more.
    Arrived,
    /// All of it was here and it was not what was promised. There is no upload any more.
    Discarded,
}

/// The media type of these bytes, found out by looking: a photo or a voice note as our app makes them. Anything else is refused.
fn media_of(bytes: &[u8]) -> Result<&'static str> {
    if voice::begins_like_one(bytes) {
        let recording = voice::inspect(bytes)
            .map_err(|refusal| Error::refused(refusal.code, refusal.detail))?;
        return Ok(recording.media.media_type());
    }
    jpeg::inspect(bytes)
        .map_err(|code| Error::refused(code, "the file is not a photo that this server keeps"))?;
    Ok("image/jpeg")
}

/// Looks, and ends what has come to its end.
pub async fn look(state: &AppState, upload: &Upload) -> Result<Stands> {
    let here = arrived(state, &upload.id).await?;
    if here < upload.length {
        return Ok(Stands::At(here));
    }
    // Without a turn: somebody is at it and has not said yet what it is.
    let turn = state.uploads.enter(&upload.id).ok_or(Error::Busy)?;
    let here = arrived(state, &upload.id).await?;
    if here < upload.length {
        return Ok(Stands::At(here)); // somebody was, and the pieces are no pieces any more
    }
    match finish(state, upload.clone(), turn).await {
        Ok(()) => Ok(Stands::Arrived),
        Err(Error::ChecksumMismatch | Error::Refused(_)) => Ok(Stands::Discarded),
        Err(error) => Err(error),
    }
}

/// How much of it is here.
pub async fn arrived(state: &AppState, id: &str) -> Result<u64> {
    let id = id.to_owned();
    let arrived = state
        .store
        .read(move |connection| blob::arrived(connection, &id));
    arrived.await
}

/// The hash decides. What does not have it, or is no photo of ours, is thrown away, so that the phone can begin again.
/// It goes to its end whether or not anybody still listens.
pub async fn finish(state: &AppState, upload: Upload, turn: Turn) -> Result<()> {
    let state = state.clone();
    let finishing = tokio::spawn(async move {
        let _turn = turn;
        conclude(&state, upload).await
    });
    finishing
        .await
        .map_err(|error| Error::internal("finishing an upload", error))?
}

async fn conclude(state: &AppState, upload: Upload) -> Result<()> {
    let id = upload.id.clone();
    let pieces = state
        .store
        .read(move |connection| blob::pieces(connection, &id))
        .await?;
    let (blobs, hash) = (state.blobs.clone(), upload.hash);
    let length = usize::try_from(upload.length).unwrap_or(usize::MAX);
    let checked = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::with_capacity(length);
        for piece in &pieces {
            match blobs.piece(piece) {
                Ok(piece) => bytes.extend(piece),
                // Lost, or somebody else ended this upload at this moment: whoever begins again finds out.
                Err(Error::NotFound) => return Err(Error::ChecksumMismatch),
                Err(error) => return Err(error),
            }
        }
        if Hash::of(&bytes) != hash {
            return Err(Error::ChecksumMismatch);
        }
        let media = media_of(&bytes)?;
        blobs.put(&bytes)?;
        Ok(media)
    })
    .await
    .map_err(|error| Error::internal("finishing an upload", error))?;
    if let Err(error) = &checked
        && !matches!(error, Error::ChecksumMismatch | Error::Refused(_))
    {
        return checked.map(drop); // the disk's fault: the pieces stay for the next look
    }
    let (media, checked) = match checked {
        Ok(media) => (Some(media), Ok(())),
        Err(error) => (None, Err(error)),
    };
    let now = state.now();
    let pieces = state
        .store
        .write(move |connection| {
            if let Some(media) = media {
                let device = Some(upload.device);
                blob::add(connection, &hash, length, media, device, now)?;
            }
            blob::end_upload(connection, &upload.id)
        })
        .await?;
    let blobs = state.blobs.clone();
    // What stays behind here is a stray, and the sweep takes it.
    let dropped = tokio::task::spawn_blocking(move || blobs.drop_pieces(&pieces)).await;
    if !matches!(dropped, Ok(Ok(()))) {
        tracing::warn!("pieces of a finished upload are left for the sweep");
    }
    checked
}
