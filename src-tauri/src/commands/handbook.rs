//! 手册 and 通知公告.

use crate::{Answer, Desk, view::AnnouncementRow};
use gridwalk_core::{ids::AnnouncementId, reference::Page};
use tauri::State;

/// Everything that a worker looks up.
#[tauri::command(async)]
#[specta::specta]
pub fn pages(desk: State<'_, Desk>) -> Answer<Vec<Page>> {
    desk.phone()?.pages()
}

/// What was announced and still matters: unread first, then the newest.
#[tauri::command(async)]
#[specta::specta]
pub fn announcements(desk: State<'_, Desk>) -> Answer<Vec<AnnouncementRow>> {
    desk.phone()?.announcements()
}

/// The one receipt. Giving it again changes nothing.
#[tauri::command(async)]
#[specta::specta]
pub fn read_announcement(
    desk: State<'_, Desk>,
    id: AnnouncementId,
) -> Answer<Vec<AnnouncementRow>> {
    desk.phone()?.read_announcement(id)
}
