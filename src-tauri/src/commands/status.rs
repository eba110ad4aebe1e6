//! The phone itself: who it is, how it looks, what is due, what is half written.

use crate::{
    Answer, Phone,
    view::{PhoneStatus, Settings, Today},
};
use gridwalk_core::{ids::TaskId, reference::Category};
use tauri::State;

/// Who this phone is and how it stands.
#[tauri::command(async)]
#[specta::specta]
pub fn status(phone: State<'_, Phone>) -> Answer<PhoneStatus> {
    phone.status()
}

/// Hands in a one-time code; afterwards this phone belongs to its worker.
#[tauri::command]
#[specta::specta]
pub async fn enrol(phone: State<'_, Phone>, server: String, code: String) -> Answer<PhoneStatus> {
    phone.enrol(server, code).await
}

/// How this phone likes to look.
#[tauri::command(async)]
#[specta::specta]
pub fn settings(phone: State<'_, Phone>) -> Answer<Settings> {
    phone.settings()
}

/// Changes that.
#[tauri::command(async)]
#[specta::specta]
pub fn save_settings(phone: State<'_, Phone>, settings: Settings) -> Answer<Settings> {
    phone.save_settings(settings)
}

/// Keeps what is half written, before the camera opens or the app goes away.
#[tauri::command(async)]
#[specta::specta]
pub fn draft_put(phone: State<'_, Phone>, key: String, json: String) -> Answer<()> {
    phone.draft_put(key, json)
}

/// What was half written under this key.
#[tauri::command(async)]
#[specta::specta]
pub fn draft_get(phone: State<'_, Phone>, key: String) -> Answer<Option<String>> {
    phone.draft_get(key)
}

/// Throws it away.
#[tauri::command(async)]
#[specta::specta]
pub fn draft_drop(phone: State<'_, Phone>, key: String) -> Answer<()> {
    phone.draft_drop(key)
}

/// 今日.
#[tauri::command(async)]
#[specta::specta]
pub fn today(phone: State<'_, Phone>) -> Answer<Today> {
    phone.today()
}

/// A task is done that no visit or result settles by itself.
#[tauri::command(async)]
#[specta::specta]
pub fn complete_task(phone: State<'_, Phone>, task: TaskId, note: Option<String>) -> Answer<Today> {
    phone.complete_task(task, note)
}

/// The category tree.
#[tauri::command(async)]
#[specta::specta]
pub fn categories(phone: State<'_, Phone>) -> Answer<Vec<Category>> {
    phone.categories()
}
