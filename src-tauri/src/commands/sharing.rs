//! 换人. The first three answer while everything else is refused.

use crate::{Answer, Desk, view::WorkersHere};
use tauri::State;

/// Who is here and whose turn it is.
#[tauri::command(async)]
#[specta::specta]
pub fn workers_here(desk: State<'_, Desk>) -> Answer<WorkersHere> {
    desk.gate()?.workers_here()
}

/// 换人: closes the door, and asks who it is.
#[tauri::command(async)]
#[specta::specta]
pub fn change_worker(desk: State<'_, Desk>) -> Answer<WorkersHere> {
    desk.gate()?.change_worker()
}

/// It is that worker's turn; their PIN is asked for next.
#[tauri::command(async)]
#[specta::specta]
pub fn choose_worker(desk: State<'_, Desk>, number: u32) -> Answer<WorkersHere> {
    desk.gate()?.choose_worker(number)
}

/// 另一位同事用这台手机: one more, who enrols next with a code of their own.
#[tauri::command(async)]
#[specta::specta]
pub fn add_worker(desk: State<'_, Desk>) -> Answer<WorkersHere> {
    desk.gate()?.add_worker()
}

/// Whether the one who is here wants to be chosen by name.
#[tauri::command(async)]
#[specta::specta]
pub fn show_name(desk: State<'_, Desk>, on: bool) -> Answer<WorkersHere> {
    desk.gate()?.show_name(on)
}

/// The one who is here goes for good, and everything of theirs is deleted from this phone.
#[tauri::command(async)]
#[specta::specta]
pub fn leave_phone(desk: State<'_, Desk>, pin: Option<String>) -> Answer<WorkersHere> {
    desk.gate()?.leave_phone(pin)
}
