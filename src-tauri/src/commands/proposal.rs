//! 更正建议.

use crate::{
    Answer, Desk,
    view::{Correctable, ProposalInput, ProposalRow},
};
use gridwalk_core::proposal::ProposalSubject;
use tauri::State;

/// What of a building, a door or a grid can be proposed.
#[tauri::command(async)]
#[specta::specta]
pub fn correctable(desk: State<'_, Desk>, subject: ProposalSubject) -> Answer<Correctable> {
    desk.phone()?.correctable(subject)
}

/// Own proposals, newest first.
#[tauri::command(async)]
#[specta::specta]
pub fn proposals(desk: State<'_, Desk>) -> Answer<Vec<ProposalRow>> {
    desk.phone()?.proposals()
}

/// The same; the answers that came are looked at.
#[tauri::command(async)]
#[specta::specta]
pub fn look_at_proposals(desk: State<'_, Desk>) -> Answer<Vec<ProposalRow>> {
    desk.phone()?.look_at_proposals()
}

/// Proposes one.
#[tauri::command(async)]
#[specta::specta]
pub fn propose(desk: State<'_, Desk>, input: ProposalInput) -> Answer<Vec<ProposalRow>> {
    desk.phone()?.propose(input)
}
