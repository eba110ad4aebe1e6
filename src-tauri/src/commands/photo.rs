//! 照片. Bytes do not travel as JSON: the file is the raw body, what is known about it stands in the headers.

use crate::{Answer, Desk, Failure, PhotoWishes, photo::camera};
use gridwalk_core::{
    error::Code,
    ids::{Hash, IncidentId},
    photo::{Photo, PhotoStage, Position},
    time::Timestamp,
};
use serde::de::DeserializeOwned;
use std::time::SystemTime;
use tauri::{
    AppHandle, Manager, Runtime, State, UriSchemeContext, UriSchemeResponder,
    http::{Request, Response, StatusCode, header},
    ipc::{InvokeBody, Request as Asked},
};

/// Keeps a camera's file until its record is saved.
#[tauri::command(async)]
pub fn add_photo<R: Runtime>(
    window: AppHandle<R>,
    desk: State<'_, Desk>,
    request: Asked<'_>,
) -> Answer<Photo> {
    let read = SystemTime::now() - camera::READ_BY_THEN;
    forget_camera(&window, read);
    let InvokeBody::Raw(file) = request.body() else {
        return Err(Failure::new(
            Code::PhotoUnsupported,
            "the photo must come as raw bytes",
        ));
    };
    let said = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let stage: PhotoStage = parsed(&format!("\"{}\"", said("x-stage").unwrap_or_default()))?;
    let taken_at: Timestamp = said("x-taken-at")
        .unwrap_or_default()
        .parse()
        .map_err(|error| Failure::internal(format!("x-taken-at: {error}")))?;
    let position: Option<Position> = said("x-position").map(parsed).transpose()?;
    desk.phone()?.add_photo(file, stage, taken_at, position)
}

/// Another photo with what the worker marked on one that no record refers to yet.
#[tauri::command(async)]
#[specta::specta]
pub fn mark_photo(desk: State<'_, Desk>, hash: Hash, wishes: PhotoWishes) -> Answer<Photo> {
    desk.phone()?.mark_photo(hash, wishes)
}

/// Lets go of a photo that no record refers to.
#[tauri::command(async)]
#[specta::specta]
pub fn forget_photo(desk: State<'_, Desk>, hash: Hash) -> Answer<()> {
    desk.phone()?.forget_photo(hash)
}

/// Removes what the camera left before then, where it leaves anything.
pub fn forget_camera<R: Runtime>(window: &AppHandle<R>, then: SystemTime) {
    if !cfg!(target_os = "android") {
        return; // elsewhere that folder is its owner's
    }
    let forgotten = match window.path().picture_dir() {
        Ok(folder) => camera::forget(&folder, then).map_err(Failure::internal),
        Err(error) => Err(Failure::internal(error)),
    };
    if let Err(failure) = forgotten {
        tracing::warn!(%failure, "what the camera left is still there");
    }
}

fn parsed<T: DeserializeOwned>(json: &str) -> Answer<T> {
    serde_json::from_str(json).map_err(|error| Failure::internal(format!("photo header: {error}")))
}

/// `gwphoto://localhost/<hash>`: a photo or thumbnail, for `<img>`. `gwphoto://localhost/<case>.<hash>`: an original of that case,
/// while it is open. The webview keeps none of them: its cache is the app's, and two workers may share this phone.
pub fn show<R: Runtime>(
    context: UriSchemeContext<'_, R>,
    request: Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let window = context.app_handle().clone();
    tauri::async_runtime::spawn(async move {
        let asked = Asking::read(request.uri().path());
        let desk = window.state::<Desk>();
        let bytes = match (asked, desk.phone()) {
            (Some(Asking::Photo(hash)), Ok(phone)) => phone.photo_bytes(hash).await,
            (Some(Asking::Original(case, hash)), Ok(phone)) => {
                phone.original_bytes(case, hash).await
            }
            (None, _) => Err(Failure::new(Code::NotFound, "no such address")),
            (_, Err(failure)) => Err(failure),
        };
        responder.respond(answer(bytes));
    });
}

/// What an address of ours names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asking {
    Photo(Hash),
    Original(IncidentId, Hash),
}

impl Asking {
    fn read(path: &str) -> Option<Self> {
        let path = path.trim_start_matches('/');
        match path.split_once('.') {
            Some((case, hash)) => Some(Self::Original(case.parse().ok()?, hash.parse().ok()?)),
            None => path.parse().ok().map(Self::Photo),
        }
    }
}

fn answer(bytes: Answer<Vec<u8>>) -> Response<Vec<u8>> {
    let begun = Response::builder()
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CACHE_CONTROL, "no-store");
    let response = match bytes {
        Ok(bytes) => begun.header(header::CONTENT_TYPE, "image/jpeg").body(bytes),
        Err(failure) => {
            tracing::info!(%failure, "a photo cannot be shown");
            begun.status(StatusCode::NOT_FOUND).body(Vec::new())
        }
    };
    response.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_original_is_asked_for_with_its_case_and_a_photo_without() {
        let (case, hash) = (IncidentId(uuid::Uuid::from_u128(7)), Hash([9; 32]));
        let photo = Asking::read(&format!("/{hash}"));
        assert_eq!(photo, Some(Asking::Photo(hash)));
        let original = Asking::read(&format!("/{case}.{hash}"));
        assert_eq!(original, Some(Asking::Original(case, hash)));
        for strange in ["/", "/.", "/7.9", "/..", &format!("/{hash}.{hash}")] {
            assert_eq!(Asking::read(strange), None, "{strange}");
        }
    }

    #[test]
    fn no_cache_keeps_a_picture_or_that_there_was_none() {
        let none = Failure::new(Code::NotFound, "not yet");
        for (bytes, status, kind) in [
            (Ok(vec![0xFF, 0xD8]), 200, Some("image/jpeg")),
            (Err(none), 404, None),
        ] {
            let answer = answer(bytes);
            let said = |name| Some(answer.headers().get(name)?.to_str().unwrap());
            assert_eq!(answer.status(), status);
            assert_eq!(said(header::CACHE_CONTROL), Some("no-store"));
            assert_eq!(said(header::X_CONTENT_TYPE_OPTIONS), Some("nosniff"));
            assert_eq!(said(header::CONTENT_TYPE), kind);
        }
    }
}
