//! 采集表: forms with their doors, one door prefilled, and handing it in.

use crate::{
    Answer, Desk,
    view::{FormDetail, FormDoor, FormInput, FormRow},
};
use gridwalk_core::ids::HouseholdId;
use tauri::State;

/// Every form of this round, those that are due first.
#[tauri::command(async)]
#[specta::specta]
pub fn forms(desk: State<'_, Desk>) -> Answer<Vec<FormRow>> {
    desk.phone()?.forms()
}

/// One form with its doors.
#[tauri::command(async)]
#[specta::specta]
pub fn form(desk: State<'_, Desk>, form: String, round: String) -> Answer<FormDetail> {
    desk.phone()?.form(form, round)
}

/// One door of it, prefilled. Nothing is stored yet.
#[tauri::command(async)]
#[specta::specta]
pub fn form_door(
    desk: State<'_, Desk>,
    form: String,
    round: String,
    household: HouseholdId,
) -> Answer<FormDoor> {
    desk.phone()?.form_door(form, round, household)
}

/// 已提交, and 已存本机.
#[tauri::command(async)]
#[specta::specta]
pub fn save_form_door(
    desk: State<'_, Desk>,
    household: HouseholdId,
    input: FormInput,
) -> Answer<FormDoor> {
    desk.phone()?.save_form_door(household, input)
}
