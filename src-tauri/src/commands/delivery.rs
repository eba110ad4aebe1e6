//! 送达情况, and what lies on this phone meanwhile.

use crate::{
    Answer, Desk,
    view::{Pile, Storage, SyncPage, SyncState, UnsentFile},
};
use tauri::{State, ipc::Response};

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

/// Begins the file of everything without a receipt, for the supervisor.
#[tauri::command(async)]
#[specta::specta]
pub fn begin_unsent(desk: State<'_, Desk>) -> Answer<UnsentFile> {
    desk.phone()?.begin_unsent()
}

/// Its next piece, as raw bytes; none when it is over.
#[tauri::command(async)]
pub fn unsent_piece(desk: State<'_, Desk>) -> Answer<Response> {
    desk.phone()?.unsent_piece().map(Response::new)
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
