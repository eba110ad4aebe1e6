//! 语音备注. Like a photo's, its bytes do not travel as JSON: neither in nor out.

use crate::{Answer, Desk, Failure};
use gridwalk_core::{error::Code, ids::Hash, time::Timestamp, voice::VoiceNote};
use tauri::{
    State,
    ipc::{InvokeBody, Request, Response},
};

/// Keeps what the microphone recorded until its record is saved.
#[tauri::command(async)]
pub fn add_voice(desk: State<'_, Desk>, request: Request<'_>) -> Answer<VoiceNote> {
    let InvokeBody::Raw(file) = request.body() else {
        return Err(Failure::new(
            Code::VoiceUnsupported,
            "the recording must come as raw bytes",
        ));
    };
    let said = request.headers().get("x-recorded-at");
    let recorded_at: Timestamp = said
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .parse()
        .map_err(|error| Failure::internal(format!("x-recorded-at: {error}")))?;
    desk.phone()?.add_voice(file, recorded_at)
}

/// A recording to be played. A page hears it from memory: webviews do not play from a scheme of ours.
#[tauri::command]
pub async fn voice_bytes(desk: State<'_, Desk>, hash: Hash) -> Answer<Response> {
    let phone = desk.phone()?;
    phone.voice_bytes(hash).await.map(Response::new)
}
