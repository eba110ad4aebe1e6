//! The phone itself: who it is, how it looks, what is due, what is half written.

use crate::{
    Answer, Desk,
    dialler::Dialler,
    view::{
        EmergencyService, Fix, PhoneStatus, Settings, SnoozeInput, SnoozeSubject, Today,
        VisitReportPage, Whereabouts, WorkCard, WorkLog,
    },
};
use chrono::NaiveDate;
use gridwalk_core::{
    ids::TaskId,
    power::{Battery, Power},
    reference::Category,
};
use tauri::State;

/// Who this phone is and how it stands.
#[tauri::command(async)]
#[specta::specta]
pub fn status(desk: State<'_, Desk>) -> Answer<PhoneStatus> {
    desk.threshold()?.status()
}

/// Hands in a one-time code; afterwards this phone belongs to its worker.
#[tauri::command]
#[specta::specta]
pub async fn enrol(desk: State<'_, Desk>, server: String, code: String) -> Answer<PhoneStatus> {
    desk.gate()?.enrol(server, code).await
}

/// How this phone likes to look.
#[tauri::command(async)]
#[specta::specta]
pub fn settings(desk: State<'_, Desk>) -> Answer<Settings> {
    desk.threshold()?.settings()
}

/// Changes that.
#[tauri::command(async)]
#[specta::specta]
pub fn save_settings(desk: State<'_, Desk>, settings: Settings) -> Answer<Settings> {
    desk.threshold()?.save_settings(settings)
}

/// Keeps what is half written, before the camera opens or the app goes away.
#[tauri::command(async)]
#[specta::specta]
pub fn draft_put(desk: State<'_, Desk>, key: String, json: String) -> Answer<()> {
    desk.phone()?.draft_put(key, json)
}

/// What was half written under this key.
#[tauri::command(async)]
#[specta::specta]
pub fn draft_get(desk: State<'_, Desk>, key: String) -> Answer<Option<String>> {
    desk.phone()?.draft_get(key)
}

/// Throws it away.
#[tauri::command(async)]
#[specta::specta]
pub fn draft_drop(desk: State<'_, Desk>, key: String) -> Answer<()> {
    desk.phone()?.draft_drop(key)
}

/// 今日.
#[tauri::command(async)]
#[specta::specta]
pub fn today(desk: State<'_, Desk>) -> Answer<Today> {
    desk.phone()?.today()
}

/// A task is done that no visit or result settles by itself.
#[tauri::command(async)]
#[specta::specta]
pub fn complete_task(desk: State<'_, Desk>, task: TaskId, note: Option<String>) -> Answer<Today> {
    desk.phone()?.complete_task(task, note)
}

/// 稍后: it waits for another day.
#[tauri::command(async)]
#[specta::specta]
pub fn snooze(desk: State<'_, Desk>, input: SnoozeInput) -> Answer<Today> {
    desk.phone()?.snooze(input)
}

/// It is due today after all.
#[tauri::command(async)]
#[specta::specta]
pub fn end_snooze(desk: State<'_, Desk>, subject: SnoozeSubject) -> Answer<Today> {
    desk.phone()?.end_snooze(subject)
}

/// 工作日志 of today, from its records.
#[tauri::command(async)]
#[specta::specta]
pub fn work_log(desk: State<'_, Desk>) -> Answer<WorkLog> {
    desk.phone()?.work_log()
}

/// The worker stands by these words.
#[tauri::command(async)]
#[specta::specta]
pub fn confirm_work_log(desk: State<'_, Desk>, text: String) -> Answer<WorkLog> {
    desk.phone()?.confirm_work_log(text)
}

/// 走访报告 of a period, both days in it, from its visits.
#[tauri::command(async)]
#[specta::specta]
pub fn visit_report(
    desk: State<'_, Desk>,
    from: NaiveDate,
    until: NaiveDate,
) -> Answer<VisitReportPage> {
    desk.phone()?.visit_report(from, until)
}

/// The worker stands by the figures and these words.
#[tauri::command(async)]
#[specta::specta]
pub fn confirm_visit_report(
    desk: State<'_, Desk>,
    from: NaiveDate,
    until: NaiveDate,
    narrative: String,
) -> Answer<VisitReportPage> {
    desk.phone()?.confirm_visit_report(from, until, narrative)
}

/// The category tree.
#[tauri::command(async)]
#[specta::specta]
pub fn categories(desk: State<'_, Desk>) -> Answer<Vec<Category>> {
    desk.phone()?.categories()
}

/// A code that a resident scans to see who is at the door.
#[tauri::command(async)]
#[specta::specta]
pub fn work_card(desk: State<'_, Desk>) -> Answer<WorkCard> {
    desk.phone()?.work_card()
}

/// Whether somebody looks at the app; while nobody does, the phone keeps no line to the centre open.
#[tauri::command(async)]
#[specta::specta]
pub fn in_front(desk: State<'_, Desk>, seen: bool) -> Answer<()> {
    desk.threshold()?.in_front(seen);
    Ok(())
}

/// What the system says of the line: whether it is paid by the byte. Large photos that are not urgent wait for another.
#[tauri::command(async)]
#[specta::specta]
pub fn metered_line(desk: State<'_, Desk>, metered: bool) -> Answer<()> {
    desk.threshold()?.on_metered_line(metered);
    Ok(())
}

/// How full the phone is, and what it does about it.
#[tauri::command(async)]
#[specta::specta]
pub fn power(desk: State<'_, Desk>) -> Answer<Power> {
    desk.phone()?.power()
}

/// Where the window's system says that the phone is; nothing where it says nothing.
#[tauri::command(async)]
#[specta::specta]
pub fn on_fix(desk: State<'_, Desk>, said: Option<Fix>) -> Answer<Whereabouts> {
    desk.phone()?.on_fix(said)
}

/// Opens the dialler with 110, 119 or 120: it needs no line to the centre, and nobody is called before the worker presses
/// once more. `NO_DIALLER` where the machine makes no calls.
#[tauri::command(async)]
#[specta::specta]
pub fn call_for_help(dialler: State<'_, Dialler>, service: EmergencyService) -> Answer<()> {
    dialler.dial(service)
}

/// What the window's system says of the battery; nothing where it says nothing.
#[tauri::command(async)]
#[specta::specta]
pub fn battery(desk: State<'_, Desk>, said: Option<Battery>) -> Answer<Power> {
    desk.phone()?.on_battery(said)
}
