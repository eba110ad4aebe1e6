//! 应用锁. The first four answer while everything else is refused.

use crate::{Answer, Desk, view::LockState};
use tauri::State;

/// Whether there is a PIN, and how it stands.
#[tauri::command(async)]
#[specta::specta]
pub fn lock_state(desk: State<'_, Desk>) -> Answer<LockState> {
    desk.gate()?.state()
}

/// Nobody looks into the app any more; what it delivers goes on.
#[tauri::command(async)]
#[specta::specta]
pub fn lock_now(desk: State<'_, Desk>) -> Answer<LockState> {
    desk.gate()?.lock()
}

/// Opens it with the PIN.
#[tauri::command(async)]
#[specta::specta]
pub fn unlock(desk: State<'_, Desk>, pin: String) -> Answer<LockState> {
    desk.gate()?.unlock(&pin)
}

/// Opens it with a one-time code, when the PIN was forgotten.
#[tauri::command]
#[specta::specta]
pub async fn recover(desk: State<'_, Desk>, code: String) -> Answer<LockState> {
    desk.gate()?.recover(&code).await
}

/// A first PIN, or another one.
#[tauri::command(async)]
#[specta::specta]
pub fn set_pin(desk: State<'_, Desk>, old: Option<String>, pin: String) -> Answer<LockState> {
    desk.threshold()?.set_pin(old, pin)
}

/// No PIN any more.
#[tauri::command(async)]
#[specta::specta]
pub fn remove_pin(desk: State<'_, Desk>, pin: String) -> Answer<LockState> {
    desk.gate()?.remove_pin(pin)
}
