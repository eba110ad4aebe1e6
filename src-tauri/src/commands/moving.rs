//! 换手机.

use crate::{
    Answer, Desk,
    view::{MoveState, Parcel, Unpacked},
};
use tauri::State;

/// What is unsent, and whether it was handed to another phone.
#[tauri::command(async)]
#[specta::specta]
pub fn move_state(desk: State<'_, Desk>) -> Answer<MoveState> {
    desk.phone()?.move_state()
}

/// Everything without a receipt, sealed under a new code.
#[tauri::command(async)]
#[specta::specta]
pub fn pack_parcel(desk: State<'_, Desk>) -> Answer<Parcel> {
    desk.phone()?.pack_parcel()
}

/// The new phone showed this receipt: from now on this one says that it has been replaced.
#[tauri::command(async)]
#[specta::specta]
pub fn parcel_arrived(desk: State<'_, Desk>, receipt: String) -> Answer<MoveState> {
    desk.phone()?.parcel_arrived(receipt)
}

/// Takes out what another phone of this worker packed.
#[tauri::command(async)]
#[specta::specta]
pub fn open_parcel(desk: State<'_, Desk>, file: String, code: String) -> Answer<Unpacked> {
    desk.phone()?.open_parcel(file, code)
}
