//! 送达情况.

use crate::{
    Answer, Desk,
    view::{SyncPage, SyncState},
};
use tauri::State;

/// Asks for an exchange now; the answer is the state before it.
#[tauri::command(async)]
#[specta::specta]
pub fn sync_now(desk: State<'_, Desk>) -> Answer<SyncState> {
    desk.phone()?.sync_now()
}

/// The honest page.
#[tauri::command(async)]
#[specta::specta]
pub fn sync_page(desk: State<'_, Desk>) -> Answer<SyncPage> {
    desk.phone()?.sync_page()
}
