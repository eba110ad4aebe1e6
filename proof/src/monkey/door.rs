//! The phone's commands as the window calls them: a name and words in JSON, an answer in JSON or a code.

use crate::corner;
use gridwalk::Phone;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::future::Future;

/// What the window would hear for words that are none of the command's.
pub const NO_WORDS: &str = "not the words of this command";

macro_rules! commands {
    ($($command:ident($($word:ident),*);)*) => {
        /// Calls `command` with `words`.
        pub fn call(phone: &Phone, command: &str, words: &Value) -> Result<Value, String> {
            match command {
                // what the window hands over or asks for as raw bytes
                "add_photo" => {
                    let file = file(word(words, "shade")?)?;
                    told(phone.add_photo(&file, word(words, "stage")?, phone.now(), None))
                }
                "photo_bytes" => {
                    told(alone(phone.photo_bytes(word(words, "hash")?))?.map(|bytes| bytes.len()))
                }
                "original_bytes" => {
                    let (case, hash) = (word(words, "case")?, word(words, "hash")?);
                    told(alone(phone.original_bytes(case, hash))?.map(|bytes| bytes.len()))
                }
                $(stringify!($command) => told(phone.$command($(word(words, stringify!($word))?),*)),)*
                other => Err(format!("no command `{other}`")),
            }
        }
    };
}

commands! {
    status();
    settings();
    save_settings(settings);
    draft_put(key, json);
    draft_get(key);
    draft_drop(key);
    today();
    complete_task(task, note);
    snooze(input);
    end_snooze(subject);
    work_log();
    confirm_work_log(text);
    visit_report(from, until);
    confirm_visit_report(from, until, narrative);
    categories();
    power();
    on_battery(said);
    on_fix(said);
    households(query);
    search(query);
    household(id);
    begin_visit(household, task);
    save_visit(household, visit);
    amend_visit(household, visit, note);
    change_field(household, change);
    resolve_conflict(household, choice);
    add_member(household, member);
    correct_member(household, member, changes);
    member_left(household, member);
    places();
    place(id);
    begin_place_visit(place);
    save_place_visit(place, visit);
    amend_place_visit(place, visit, note);
    forms();
    form(form, round);
    form_door(form, round, household);
    save_form_door(household, input);
    mark_photo(hash, wishes);
    forget_photo(hash);
    begin_incident(start);
    report_incident(incident, photos, how);
    incidents();
    incident(id);
    act_on_incident(id, action);
    departments();
    nearby_incidents(category, position);
    whereabouts();
    grid_map();
    patrols();
    patrol(id);
    patrol_running();
    patrol_start(plan);
    patrol_start_free(grid, kind);
    patrol_hit(patrol, hit);
    patrol_finding(patrol, finding);
    patrol_amend_finding(patrol, finding, note);
    patrol_pause(patrol);
    patrol_resume(patrol);
    patrol_preview_finish(patrol);
    patrol_finish(patrol, share_line, note);
    care_plans();
    care_plan(id);
    begin_care(start);
    begin_support(plan);
    save_support(plan, support);
    act_on_care(plan, input);
    pages();
    announcements();
    read_announcement(id);
    correctable(subject);
    proposals();
    look_at_proposals();
    propose(input);
    sync_page();
    storage();
    free_storage();
    move_state();
    parcel_arrived(receipt);
    open_parcel(file, code);
}

/// A camera's file, small to draw and wide enough to have an original.
fn file(shade: u32) -> Result<Vec<u8>, String> {
    corner::picture_of(shade, 1_700, 24).map_err(|error| error.to_string())
}

/// What takes its time, waited for: the monkey does one thing after the other.
fn alone<T>(act: impl Future<Output = T>) -> Result<T, String> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build();
    Ok(runtime.map_err(|error| error.to_string())?.block_on(act))
}

fn word<T: DeserializeOwned>(words: &Value, name: &str) -> Result<T, String> {
    serde_json::from_value(words[name].clone()).map_err(|_| NO_WORDS.to_owned())
}

fn told<T: Serialize>(answer: gridwalk::Answer<T>) -> Result<Value, String> {
    let told = answer.map_err(|failure| failure.code.to_string())?;
    serde_json::to_value(told).map_err(|error| error.to_string())
}
