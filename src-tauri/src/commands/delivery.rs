//! 送达情况.

use crate::{
    Answer, Phone,
    view::{SyncPage, SyncState},
};
use tauri::State;

/// Asks for an exchange now; the answer is the state before it.
#[tauri::command(async)]
#[specta::specta]
pub fn sync_now(phone: State<'_, Phone>) -> Answer<SyncState> {
    phone.sync_now()
}

/// The honest page.
#[tauri::command(async)]
#[specta::specta]
pub fn sync_page(phone: State<'_, Phone>) -> Answer<SyncPage> {
    phone.sync_page()
}
