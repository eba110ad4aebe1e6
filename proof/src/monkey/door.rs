//! The phone's commands as the window calls them: a name and words in JSON, an answer in JSON or a code.

use gridwalk::Phone;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// What the window would hear for words that are none of the command's.
pub const NO_WORDS: &str = "not the words of this command";

macro_rules! commands {
    ($($command:ident($($word:ident),*);)*) => {
        /// Calls `command` with `words`.
        pub fn call(phone: &Phone, command: &str, words: &Value) -> Result<Value, String> {
            match command {
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
    categories();
    power();
    on_battery(said);
    households(query);
    search(query);
    household(id);
    begin_visit(household, task);
    save_visit(household, visit);
    amend_visit(household, visit, note);
    change_field(household, change);
    resolve_conflict(household, choice);
    add_member(household, member);
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
    sync_page();
    storage();
    free_storage();
    move_state();
    parcel_arrived(receipt);
    open_parcel(file, code);
}

fn word<T: DeserializeOwned>(words: &Value, name: &str) -> Result<T, String> {
    serde_json::from_value(words[name].clone()).map_err(|_| NO_WORDS.to_owned())
}

fn told<T: Serialize>(answer: gridwalk::Answer<T>) -> Result<Value, String> {
    let told = answer.map_err(|failure| failure.code.to_string())?;
    serde_json::to_value(told).map_err(|error| error.to_string())
}
