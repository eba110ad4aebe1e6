//! 事件.

use crate::{
    Answer, Desk,
    view::{IncidentDetail, IncidentRow, IncidentStart, NearbyIncident, ReportHow},
};
use gridwalk_core::{
    ids::IncidentId,
    incident::{IncidentAction, NewIncident},
    photo::{Photo, Position},
    reference::Department,
    voice::VoiceNote,
};
use tauri::State;

/// A hazard form with its id, local number and guessed place. Nothing is stored yet.
#[tauri::command(async)]
#[specta::specta]
pub fn begin_incident(desk: State<'_, Desk>, start: IncidentStart) -> Answer<NewIncident> {
    desk.phone()?.begin_incident(start)
}

/// Saves the incident with its first event.
#[tauri::command(async)]
#[specta::specta]
pub fn report_incident(
    desk: State<'_, Desk>,
    incident: NewIncident,
    photos: Vec<Photo>,
    voices: Vec<VoiceNote>,
    how: ReportHow,
) -> Answer<IncidentDetail> {
    desk.phone()?
        .report_incident_with(incident, photos, voices, how)
}

/// My incidents and those of my grids, what needs me first.
#[tauri::command(async)]
#[specta::specta]
pub fn incidents(desk: State<'_, Desk>) -> Answer<Vec<IncidentRow>> {
    desk.phone()?.incidents()
}

/// One incident with its timeline.
#[tauri::command(async)]
#[specta::specta]
pub fn incident(desk: State<'_, Desk>, id: IncidentId) -> Answer<IncidentDetail> {
    desk.phone()?.incident(id)
}

/// One more event.
#[tauri::command(async)]
#[specta::specta]
pub fn act_on_incident(
    desk: State<'_, Desk>,
    id: IncidentId,
    action: IncidentAction,
) -> Answer<IncidentDetail> {
    desk.phone()?.act_on_incident(id, action)
}

/// Departments that can be called or told.
#[tauri::command(async)]
#[specta::specta]
pub fn departments(desk: State<'_, Desk>) -> Answer<Vec<Department>> {
    desk.phone()?.departments()
}

/// Open cases of this kind close by.
#[tauri::command(async)]
#[specta::specta]
pub fn nearby_incidents(
    desk: State<'_, Desk>,
    category: String,
    position: Option<Position>,
) -> Answer<Vec<NearbyIncident>> {
    desk.phone()?.nearby_incidents(category, position)
}
