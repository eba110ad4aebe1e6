//! 巡查.

use crate::{
    Answer, Phone,
    view::{FindingInput, FinishPreview, HitInput, PatrolRow, PatrolScreen, Whereabouts},
};
use gridwalk_core::ids::{PatrolId, PlanId};
use tauri::State;

/// Where the phone is, if it knows.
#[tauri::command(async)]
#[specta::specta]
pub fn whereabouts(phone: State<'_, Phone>) -> Answer<Whereabouts> {
    phone.whereabouts()
}

/// Patrols of my grids, newest first.
#[tauri::command(async)]
#[specta::specta]
pub fn patrols(phone: State<'_, Phone>) -> Answer<Vec<PatrolRow>> {
    phone.patrols()
}

/// One patrol.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol(phone: State<'_, Phone>, id: PatrolId) -> Answer<PatrolScreen> {
    phone.patrol(id)
}

/// The patrol that is still running, also after the app was killed.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_running(phone: State<'_, Phone>) -> Answer<Option<PatrolScreen>> {
    phone.patrol_running()
}

/// 开始巡查.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_start(phone: State<'_, Phone>, plan: PlanId) -> Answer<PatrolScreen> {
    phone.patrol_start(plan)
}

/// A point was reached.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_hit(
    phone: State<'_, Phone>,
    patrol: PatrolId,
    hit: HitInput,
) -> Answer<PatrolScreen> {
    phone.patrol_hit(patrol, hit)
}

/// Something was found.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_finding(
    phone: State<'_, Phone>,
    patrol: PatrolId,
    finding: FindingInput,
) -> Answer<PatrolScreen> {
    phone.patrol_finding(patrol, finding)
}

/// 暂停; nothing of the way is recorded until it goes on.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_pause(phone: State<'_, Phone>, patrol: PatrolId) -> Answer<PatrolScreen> {
    phone.patrol_pause(patrol)
}

/// 继续.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_resume(phone: State<'_, Phone>, patrol: PatrolId) -> Answer<PatrolScreen> {
    phone.patrol_resume(patrol)
}

/// What ending it will leave at the centre.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_preview_finish(phone: State<'_, Phone>, patrol: PatrolId) -> Answer<FinishPreview> {
    phone.patrol_preview_finish(patrol)
}

/// 结束.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_finish(
    phone: State<'_, Phone>,
    patrol: PatrolId,
    share_line: bool,
    note: Option<String>,
) -> Answer<PatrolScreen> {
    phone.patrol_finish(patrol, share_line, note)
}
