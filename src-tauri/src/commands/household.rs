//! 住户 and 走访.

use crate::{
    Answer, Phone,
    view::{HouseholdDetail, HouseholdRow},
};
use gridwalk_core::{
    household::{FieldChange, NewMember, NewVisit},
    ids::{HouseholdId, MemberId, TaskId, VisitId},
};
use tauri::State;

/// The list in walking order; an empty query is the whole list.
#[tauri::command(async)]
#[specta::specta]
pub fn households(phone: State<'_, Phone>, query: String) -> Answer<Vec<HouseholdRow>> {
    phone.households(query)
}

/// One household with its history.
#[tauri::command(async)]
#[specta::specta]
pub fn household(phone: State<'_, Phone>, id: HouseholdId) -> Answer<HouseholdDetail> {
    phone.household(id)
}

/// A visit with its id, so that saving twice is one visit. Nothing is stored yet.
#[tauri::command(async)]
#[specta::specta]
pub fn begin_visit(
    phone: State<'_, Phone>,
    household: HouseholdId,
    task: Option<TaskId>,
) -> Answer<NewVisit> {
    phone.begin_visit(household, task)
}

/// 已存本机.
#[tauri::command(async)]
#[specta::specta]
pub fn save_visit(
    phone: State<'_, Phone>,
    household: HouseholdId,
    visit: NewVisit,
) -> Answer<HouseholdDetail> {
    phone.save_visit(household, visit)
}

/// Adds words to a visit.
#[tauri::command(async)]
#[specta::specta]
pub fn amend_visit(
    phone: State<'_, Phone>,
    household: HouseholdId,
    visit: VisitId,
    note: String,
) -> Answer<HouseholdDetail> {
    phone.amend_visit(household, visit, note)
}

/// Corrects one field outside a visit.
#[tauri::command(async)]
#[specta::specta]
pub fn change_field(
    phone: State<'_, Phone>,
    household: HouseholdId,
    change: FieldChange,
) -> Answer<HouseholdDetail> {
    phone.change_field(household, change)
}

/// 要你定一下: the chosen value is written over both.
#[tauri::command(async)]
#[specta::specta]
pub fn resolve_conflict(
    phone: State<'_, Phone>,
    household: HouseholdId,
    choice: FieldChange,
) -> Answer<HouseholdDetail> {
    phone.resolve_conflict(household, choice)
}

/// Somebody moved in.
#[tauri::command(async)]
#[specta::specta]
pub fn add_member(
    phone: State<'_, Phone>,
    household: HouseholdId,
    member: NewMember,
) -> Answer<HouseholdDetail> {
    phone.add_member(household, member)
}

/// Somebody moved out.
#[tauri::command(async)]
#[specta::specta]
pub fn member_left(
    phone: State<'_, Phone>,
    household: HouseholdId,
    member: MemberId,
) -> Answer<HouseholdDetail> {
    phone.member_left(household, member)
}
