//! 关爱.

use crate::{
    Answer, Desk,
    view::{CareDetail, CareInput, CareRow, CareStart},
};
use gridwalk_core::{care::NewSupport, ids::CarePlanId};
use tauri::State;

/// Every plan of my grids: what is due first, closed ones last.
#[tauri::command(async)]
#[specta::specta]
pub fn care_plans(desk: State<'_, Desk>) -> Answer<Vec<CareRow>> {
    desk.phone()?.care_plans()
}

/// One plan; its words are there while they are open.
#[tauri::command(async)]
#[specta::specta]
pub fn care_plan(desk: State<'_, Desk>, id: CarePlanId) -> Answer<CareDetail> {
    desk.phone()?.care_plan(id)
}

/// A plan begins, before anybody agreed to it.
#[tauri::command(async)]
#[specta::specta]
pub fn begin_care(desk: State<'_, Desk>, start: CareStart) -> Answer<CareDetail> {
    desk.phone()?.begin_care(start)
}

/// A support record with its id; nothing is stored yet.
#[tauri::command(async)]
#[specta::specta]
pub fn begin_support(desk: State<'_, Desk>, plan: CarePlanId) -> Answer<NewSupport> {
    desk.phone()?.begin_support(plan)
}

/// 帮扶记录, 已存本机.
#[tauri::command(async)]
#[specta::specta]
pub fn save_support(
    desk: State<'_, Desk>,
    plan: CarePlanId,
    support: NewSupport,
) -> Answer<CareDetail> {
    desk.phone()?.save_support(plan, support)
}

/// Everything else that is done to a plan: consent, level, needs, team, opening its words.
#[tauri::command(async)]
#[specta::specta]
pub fn act_on_care(
    desk: State<'_, Desk>,
    plan: CarePlanId,
    input: CareInput,
) -> Answer<CareDetail> {
    desk.phone()?.act_on_care(plan, input)
}
