//! 事件.

use crate::{
    Answer, Phone,
    view::{IncidentDetail, IncidentRow, IncidentStart, NearbyIncident, ReportHow},
};
use gridwalk_core::{
    ids::IncidentId,
    incident::{IncidentAction, NewIncident},
    photo::{Photo, Position},
};
use tauri::State;

/// A hazard form with its id, local number and guessed place. Nothing is stored yet.
#[tauri::command(async)]
#[specta::specta]
pub fn begin_incident(phone: State<'_, Phone>, start: IncidentStart) -> Answer<NewIncident> {
    phone.begin_incident(start)
}

/// Saves the incident with its first event.
#[tauri::command(async)]
#[specta::specta]
pub fn report_incident(
    phone: State<'_, Phone>,
    incident: NewIncident,
    photos: Vec<Photo>,
    how: ReportHow,
) -> Answer<IncidentDetail> {
    phone.report_incident(incident, photos, how)
}

/// My incidents and those of my grids, what needs me first.
#[tauri::command(async)]
#[specta::specta]
pub fn incidents(phone: State<'_, Phone>) -> Answer<Vec<IncidentRow>> {
    phone.incidents()
}

/// One incident with its timeline.
#[tauri::command(async)]
#[specta::specta]
pub fn incident(phone: State<'_, Phone>, id: IncidentId) -> Answer<IncidentDetail> {
    phone.incident(id)
}

/// One more event.
#[tauri::command(async)]
#[specta::specta]
pub fn act_on_incident(
    phone: State<'_, Phone>,
    id: IncidentId,
    action: IncidentAction,
) -> Answer<IncidentDetail> {
    phone.act_on_incident(id, action)
}

/// Open cases of this kind close by.
#[tauri::command(async)]
#[specta::specta]
pub fn nearby_incidents(
    phone: State<'_, Phone>,
    category: String,
    position: Option<Position>,
) -> Answer<Vec<NearbyIncident>> {
    phone.nearby_incidents(category, position)
}
