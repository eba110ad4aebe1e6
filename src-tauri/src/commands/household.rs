//! 住户 and 走访.

use crate::{
    Answer, Desk,
    view::{BuildingChoice, Found, HouseholdDetail, HouseholdRow, NewDoor, SplitInto, VoidInput},
};
use gridwalk_core::{
    household::{FieldChange, MemberChange, NewMember, NewVisit},
    ids::{BuildingId, HouseholdId, MemberId, TaskId, VisitId},
};
use tauri::State;

/// The list in walking order; an empty query is the whole list.
#[tauri::command(async)]
#[specta::specta]
pub fn households(desk: State<'_, Desk>, query: String) -> Answer<Vec<HouseholdRow>> {
    desk.phone()?.households(query)
}

/// People, doors, cases, notes and places, by one character, pinyin, initials, room or the end of a phone number.
#[tauri::command(async)]
#[specta::specta]
pub fn search(desk: State<'_, Desk>, query: String) -> Answer<Found> {
    desk.phone()?.search(query)
}

/// One household with its history.
#[tauri::command(async)]
#[specta::specta]
pub fn household(desk: State<'_, Desk>, id: HouseholdId) -> Answer<HouseholdDetail> {
    desk.phone()?.household(id)
}

/// A visit with its id, so that saving twice is one visit. Nothing is stored yet.
#[tauri::command(async)]
#[specta::specta]
pub fn begin_visit(
    desk: State<'_, Desk>,
    household: HouseholdId,
    task: Option<TaskId>,
) -> Answer<NewVisit> {
    desk.phone()?.begin_visit(household, task)
}

/// 已存本机.
#[tauri::command(async)]
#[specta::specta]
pub fn save_visit(
    desk: State<'_, Desk>,
    household: HouseholdId,
    visit: NewVisit,
) -> Answer<HouseholdDetail> {
    desk.phone()?.save_visit(household, visit)
}

/// Adds words to a visit.
#[tauri::command(async)]
#[specta::specta]
pub fn amend_visit(
    desk: State<'_, Desk>,
    household: HouseholdId,
    visit: VisitId,
    note: String,
) -> Answer<HouseholdDetail> {
    desk.phone()?.amend_visit(household, visit, note)
}

/// Corrects one field outside a visit.
#[tauri::command(async)]
#[specta::specta]
pub fn change_field(
    desk: State<'_, Desk>,
    household: HouseholdId,
    change: FieldChange,
) -> Answer<HouseholdDetail> {
    desk.phone()?.change_field(household, change)
}

/// 要你定一下: the chosen value is written over both.
#[tauri::command(async)]
#[specta::specta]
pub fn resolve_conflict(
    desk: State<'_, Desk>,
    household: HouseholdId,
    choice: FieldChange,
) -> Answer<HouseholdDetail> {
    desk.phone()?.resolve_conflict(household, choice)
}

/// Somebody moved in.
#[tauri::command(async)]
#[specta::specta]
pub fn add_member(
    desk: State<'_, Desk>,
    household: HouseholdId,
    member: NewMember,
) -> Answer<HouseholdDetail> {
    desk.phone()?.add_member(household, member)
}

/// What is listed of somebody was wrong, or is not so any more.
#[tauri::command(async)]
#[specta::specta]
pub fn correct_member(
    desk: State<'_, Desk>,
    household: HouseholdId,
    member: MemberId,
    changes: Vec<MemberChange>,
) -> Answer<HouseholdDetail> {
    desk.phone()?.correct_member(household, member, changes)
}

/// Somebody moved out.
#[tauri::command(async)]
#[specta::specta]
pub fn member_left(
    desk: State<'_, Desk>,
    household: HouseholdId,
    member: MemberId,
) -> Answer<HouseholdDetail> {
    desk.phone()?.member_left(household, member)
}

/// Buildings in which this worker may add a door.
#[tauri::command(async)]
#[specta::specta]
pub fn building_choices(desk: State<'_, Desk>) -> Answer<Vec<BuildingChoice>> {
    desk.phone()?.building_choices()
}

/// Doors of this address that are listed, or were.
#[tauri::command(async)]
#[specta::specta]
pub fn doors_like(
    desk: State<'_, Desk>,
    building: BuildingId,
    unit: String,
    room: String,
) -> Answer<Vec<HouseholdRow>> {
    desk.phone()?.doors_like(building, unit, room)
}

/// Doors that were made void.
#[tauri::command(async)]
#[specta::specta]
pub fn void_households(desk: State<'_, Desk>) -> Answer<Vec<HouseholdRow>> {
    desk.phone()?.void_households()
}

/// A door that is not listed yet.
#[tauri::command(async)]
#[specta::specta]
pub fn add_dwelling(desk: State<'_, Desk>, door: NewDoor) -> Answer<HouseholdDetail> {
    desk.phone()?.add_dwelling(door)
}

/// 拆分
#[tauri::command(async)]
#[specta::specta]
pub fn split_dwelling(
    desk: State<'_, Desk>,
    household: HouseholdId,
    split: SplitInto,
) -> Answer<HouseholdDetail> {
    desk.phone()?.split_dwelling(household, split)
}

/// 注销
#[tauri::command(async)]
#[specta::specta]
pub fn void_dwelling(
    desk: State<'_, Desk>,
    household: HouseholdId,
    input: VoidInput,
) -> Answer<HouseholdDetail> {
    desk.phone()?.void_dwelling(household, input)
}

/// 恢复
#[tauri::command(async)]
#[specta::specta]
pub fn take_back_dwelling(
    desk: State<'_, Desk>,
    household: HouseholdId,
) -> Answer<HouseholdDetail> {
    desk.phone()?.take_back_dwelling(household)
}
