//! What a screen can ask for. Every command is one line onto [`Phone`]: an `if` here wants to live elsewhere.

mod care;
pub(crate) mod delivery;
mod form;
mod handbook;
mod household;
mod incident;
mod lock;
mod moving;
mod patrol;
pub mod photo;
mod place;
mod proposal;
mod sharing;
mod status;
pub mod voice;

use crate::{Answer, Failure, Gate, Phone, view};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
};
use tauri_specta::{Builder, collect_commands, collect_events};

/// The phone behind the window and its lock, or why there is none: then every command answers that, and the screen says it.
pub struct Desk(Arc<OnceLock<Answer<Gate>>>);

impl Desk {
    /// Opens the phone on a thread of its own, while the window loads its page. Commands wait for it.
    pub fn opening(open: impl FnOnce() -> Answer<Gate> + Send + 'static) -> Self {
        let gate = Arc::new(OnceLock::new());
        let opened = gate.clone();
        std::thread::spawn(move || {
            // whoever waits hears of a panic too
            let open = || catch_unwind(AssertUnwindSafe(open));
            opened
                .get_or_init(|| open().unwrap_or_else(|_| Err(Failure::internal("panic"))))
                .is_ok()
        });
        Self(gate)
    }

    pub(crate) fn gate(&self) -> Result<&Gate, Failure> {
        self.0.wait().as_ref().map_err(Clone::clone)
    }
    /// For whoever may look into it.
    pub(crate) fn phone(&self) -> Answer<Phone> {
        self.gate()?.phone()
    }
    /// Also for somebody who shares it and has no PIN yet.
    pub(crate) fn threshold(&self) -> Answer<Phone> {
        self.gate()?.threshold()
    }
}

/// Every command and event with its types. `add_photo`, `add_voice`, `voice_bytes` and `unsent_piece` are not among them: they take
/// or give raw bytes.
pub fn builder<R: tauri::Runtime>() -> Builder<R> {
    Builder::<R>::new()
        // One shape per type: what differs between reading and writing is only which keys may be missing.
        .disable_serde_phases()
        // No NaN ever crosses: positions are checked where they come in.
        .semantic_types(
            specta_typescript::semantic::Configuration::empty().enable_lossless_floats(),
        )
        .commands(collect_commands![
            status::status,
            status::enrol,
            status::settings,
            status::save_settings,
            status::draft_put,
            status::draft_get,
            status::draft_drop,
            status::today,
            status::complete_task,
            status::snooze,
            status::end_snooze,
            status::work_log,
            status::confirm_work_log,
            status::visit_report,
            status::confirm_visit_report,
            status::categories,
            status::work_card,
            status::in_front,
            lock::lock_state,
            lock::lock_now,
            lock::unlock,
            lock::recover,
            lock::set_pin,
            lock::remove_pin,
            sharing::workers_here,
            sharing::change_worker,
            sharing::choose_worker,
            sharing::add_worker,
            sharing::show_name,
            sharing::leave_phone,
            moving::move_state,
            moving::pack_parcel,
            moving::parcel_arrived,
            moving::open_parcel,
            status::metered_line,
            status::power,
            status::battery,
            status::on_fix,
            status::call_for_help,
            photo::mark_photo,
            photo::forget_photo,
            household::households,
            household::search,
            household::household,
            household::begin_visit,
            household::save_visit,
            household::amend_visit,
            household::change_field,
            household::resolve_conflict,
            household::add_member,
            household::correct_member,
            household::member_left,
            household::building_choices,
            household::doors_like,
            household::void_households,
            household::add_dwelling,
            household::split_dwelling,
            household::void_dwelling,
            household::take_back_dwelling,
            incident::begin_incident,
            incident::report_incident,
            incident::incidents,
            incident::incident,
            incident::act_on_incident,
            incident::departments,
            incident::nearby_incidents,
            place::places,
            place::place,
            place::begin_place_visit,
            place::save_place_visit,
            place::amend_place_visit,
            form::forms,
            form::form,
            form::form_door,
            form::save_form_door,
            patrol::whereabouts,
            patrol::grid_map,
            patrol::patrols,
            patrol::patrol,
            patrol::patrol_running,
            patrol::patrol_start,
            patrol::patrol_start_free,
            patrol::patrol_hit,
            patrol::patrol_finding,
            patrol::patrol_amend_finding,
            patrol::patrol_pause,
            patrol::patrol_resume,
            patrol::patrol_preview_finish,
            patrol::patrol_finish,
            care::care_plans,
            care::care_plan,
            care::begin_care,
            care::begin_support,
            care::save_support,
            care::act_on_care,
            handbook::pages,
            handbook::announcements,
            handbook::read_announcement,
            proposal::correctable,
            proposal::proposals,
            proposal::look_at_proposals,
            proposal::propose,
            delivery::sync_now,
            delivery::sync_page,
            delivery::begin_unsent,
            delivery::storage,
            delivery::free_storage,
        ])
        .events(collect_events![view::SyncState])
        .typ::<gridwalk_core::photo::Photo>()
        .typ::<gridwalk_core::photo::PhotoStage>()
        .typ::<gridwalk_core::voice::VoiceNote>()
        .typ::<gridwalk_core::household::HouseholdEdit>()
        .typ::<gridwalk_core::act::Role>()
        .constant("CODES", gridwalk_core::error::Code::ALL)
        .constant("CASE_STEPS", gridwalk_core::incident::CaseStep::ALL)
        .constant("KNOCK_MINUTES", gridwalk_core::household::KNOCK_MINUTES)
}
