//! 送达情况, and what lies on this phone meanwhile.

use crate::{
    Answer, Desk,
    view::{Pile, Storage, SyncPage, SyncState},
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

/// Everything without a receipt, as the JSON of a file for the supervisor.
#[tauri::command(async)]
#[specta::specta]
pub fn unsent(desk: State<'_, Desk>) -> Answer<String> {
    desk.phone()?.unsent()
}

/// What the app takes of this phone.
#[tauri::command(async)]
#[specta::specta]
pub fn storage(desk: State<'_, Desk>) -> Answer<Storage> {
    desk.phone()?.storage()
}

/// Lets every picture go that may go; the answer is what went.
#[tauri::command(async)]
#[specta::specta]
pub fn free_storage(desk: State<'_, Desk>) -> Answer<Pile> {
    desk.phone()?.free_storage()
}
