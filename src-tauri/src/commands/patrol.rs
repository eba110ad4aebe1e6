//! 巡查.

use crate::{
    Answer, Desk,
    view::{FindingInput, FinishPreview, GridMap, HitInput, PatrolRow, PatrolScreen, Whereabouts},
};
use gridwalk_core::{
    ids::{FindingId, GridId, PatrolId, PlanId},
    patrol::PatrolKind,
};
use tauri::State;

/// Where the phone is, if it knows.
#[tauri::command(async)]
#[specta::specta]
pub fn whereabouts(desk: State<'_, Desk>) -> Answer<Whereabouts> {
    desk.phone()?.whereabouts()
}

/// 网格地图: what lies where in my grids.
#[tauri::command(async)]
#[specta::specta]
pub fn grid_map(desk: State<'_, Desk>) -> Answer<GridMap> {
    desk.phone()?.grid_map()
}

/// Patrols of my grids, newest first.
#[tauri::command(async)]
#[specta::specta]
pub fn patrols(desk: State<'_, Desk>) -> Answer<Vec<PatrolRow>> {
    desk.phone()?.patrols()
}

/// One patrol.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol(desk: State<'_, Desk>, id: PatrolId) -> Answer<PatrolScreen> {
    desk.phone()?.patrol(id)
}

/// The patrol that is still running, also after the app was killed.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_running(desk: State<'_, Desk>) -> Answer<Option<PatrolScreen>> {
    desk.phone()?.patrol_running()
}

/// 开始巡查.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_start(desk: State<'_, Desk>, plan: PlanId) -> Answer<PatrolScreen> {
    desk.phone()?.patrol_start(plan)
}

/// 自由巡查, without a plan.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_start_free(
    desk: State<'_, Desk>,
    grid: GridId,
    kind: PatrolKind,
) -> Answer<PatrolScreen> {
    desk.phone()?.patrol_start_free(grid, kind)
}

/// A point was reached.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_hit(desk: State<'_, Desk>, patrol: PatrolId, hit: HitInput) -> Answer<PatrolScreen> {
    desk.phone()?.patrol_hit(patrol, hit)
}

/// Something was found.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_finding(
    desk: State<'_, Desk>,
    patrol: PatrolId,
    finding: FindingInput,
) -> Answer<PatrolScreen> {
    desk.phone()?.patrol_finding(patrol, finding)
}

/// 补一句 to a finding.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_amend_finding(
    desk: State<'_, Desk>,
    patrol: PatrolId,
    finding: FindingId,
    note: String,
) -> Answer<PatrolScreen> {
    desk.phone()?.patrol_amend_finding(patrol, finding, note)
}

/// 暂停; nothing of the way is recorded until it goes on.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_pause(desk: State<'_, Desk>, patrol: PatrolId) -> Answer<PatrolScreen> {
    desk.phone()?.patrol_pause(patrol)
}

/// 继续.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_resume(desk: State<'_, Desk>, patrol: PatrolId) -> Answer<PatrolScreen> {
    desk.phone()?.patrol_resume(patrol)
}

/// What ending it will leave at the centre.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_preview_finish(desk: State<'_, Desk>, patrol: PatrolId) -> Answer<FinishPreview> {
    desk.phone()?.patrol_preview_finish(patrol)
}

/// 结束.
#[tauri::command(async)]
#[specta::specta]
pub fn patrol_finish(
    desk: State<'_, Desk>,
    patrol: PatrolId,
    share_line: bool,
    note: Option<String>,
) -> Answer<PatrolScreen> {
    desk.phone()?.patrol_finish(patrol, share_line, note)
}
