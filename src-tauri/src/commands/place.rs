//! 场所 and 场所走访.

use crate::{
    Answer, Desk,
    view::{PlaceDetail, PlaceRow},
};
use gridwalk_core::{
    ids::{PlaceId, VisitId},
    place::NewPlaceVisit,
};
use tauri::State;

/// Every place, those that are due first.
#[tauri::command(async)]
#[specta::specta]
pub fn places(desk: State<'_, Desk>) -> Answer<Vec<PlaceRow>> {
    desk.phone()?.places()
}

/// One place with its history.
#[tauri::command(async)]
#[specta::specta]
pub fn place(desk: State<'_, Desk>, id: PlaceId) -> Answer<PlaceDetail> {
    desk.phone()?.place(id)
}

/// A visit with its id, so that saving twice is one visit. Nothing is stored yet.
#[tauri::command(async)]
#[specta::specta]
pub fn begin_place_visit(desk: State<'_, Desk>, place: PlaceId) -> Answer<NewPlaceVisit> {
    desk.phone()?.begin_place_visit(place)
}

/// 已存本机.
#[tauri::command(async)]
#[specta::specta]
pub fn save_place_visit(
    desk: State<'_, Desk>,
    place: PlaceId,
    visit: NewPlaceVisit,
) -> Answer<PlaceDetail> {
    desk.phone()?.save_place_visit(place, visit)
}

/// Adds words to a visit.
#[tauri::command(async)]
#[specta::specta]
pub fn amend_place_visit(
    desk: State<'_, Desk>,
    place: PlaceId,
    visit: VisitId,
    note: String,
) -> Answer<PlaceDetail> {
    desk.phone()?.amend_place_visit(place, visit, note)
}
