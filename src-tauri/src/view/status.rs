//! Who this phone is, how its sync stands, and how it likes to look.

use chrono::NaiveDate;
use gridwalk_core::{
    error::Code,
    ids::PersonId,
    reference::{Grid, Person},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// Everything the app needs before it shows its first screen.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct PhoneStatus {
    /// A one-time code was accepted; before that only the enrol screen makes sense.
    pub enrolled: bool,
    /// Whose phone it is.
    pub worker: Option<Person>,
    /// The grids whose rows have arrived.
    pub grids: Vec<Grid>,
    /// Address of the centre.
    pub server: Option<String>,
    /// The phone's clock, corrected by its measured offset.
    pub now: Timestamp,
    /// The day in Shanghai.
    pub today: NaiveDate,
    /// Delivery in one word.
    pub sync: SyncState,
}

/// A colleague's name, for "同事 9:40 来过".
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct PersonName {
    /// Who.
    pub id: PersonId,
    /// As colleagues know them.
    pub name: String,
}

/// What the sync driver is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum SyncPhase {
    /// Nothing is moving.
    Idle,
    /// An exchange is under way.
    Syncing,
    /// The centre cannot be reached; everything is kept here and tried again by itself.
    Offline,
    /// The centre answered, and refused this phone (revoked, say); `error` says why.
    Refused,
}

/// The chip on every screen, and the payload of the `sync-state` event.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[cfg_attr(feature = "window", derive(tauri_specta::Event))]
#[cfg_attr(feature = "window", tauri_specta(event_name = "sync-state"))]
pub struct SyncState {
    /// What is going on.
    pub phase: SyncPhase,
    /// Visits, events, patrols … that the centre has not acknowledged.
    pub waiting_records: u32,
    /// Photos and originals that the centre has not acknowledged.
    pub waiting_photos: u32,
    /// Voice notes that the centre has not acknowledged.
    pub waiting_voices: u32,
    /// Items that the centre refused or that cannot be sent: a person has to look.
    pub stuck: u32,
    /// Since when everything has its receipt; none while something waits.
    pub all_delivered_at: Option<Timestamp>,
    /// Why the last exchange failed.
    pub error: Option<Code>,
    /// How far this clock is ahead of the centre's.
    pub clock_ahead_ms: f64,
}

/// 语言
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub enum Language {
    /// 简体中文
    #[serde(rename = "zh-CN")]
    Chinese,
    /// English
    #[serde(rename = "en")]
    English,
}

/// 外观
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the phone is set.
    System,
    /// 浅色
    Light,
    /// 深色
    Dark,
}

/// How this phone likes to look and send.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Settings {
    /// 语言
    pub language: Language,
    /// 1.0, 1.15, 1.3 or 1.5
    pub text_scale: f64,
    /// 外观
    pub theme: Theme,
    /// Photos wait for Wi-Fi (severity 1 and 2 always go).
    pub photos_on_wifi_only: bool,
    /// Lists show surnames only, where others may look over a shoulder.
    pub mask_names: bool,
    /// 电量低时省电: satellites and centre are asked less often below 40 %.
    #[serde(default = "yes")]
    pub save_power: bool,
}

/// Nobody who was asked before this could be chosen said no.
fn yes() -> bool {
    true
}

/// The lock of the app, as far as somebody may see it who has not opened it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, Type)]
pub struct LockState {
    /// There is a PIN.
    pub set: bool,
    /// It is asked for before anything else.
    pub locked: bool,
    /// Nobody may try again before so many milliseconds have passed.
    pub wait_ms: f64,
    /// For how many milliseconds the machine had been running when this was asked, which nobody can set: how long the app was
    /// not touched is counted by it.
    pub running_ms: f64,
    /// Ten wrong PINs: only a code of the centre helps.
    pub spent: bool,
    /// How many tries are left until then; none while there is no such end.
    pub tries_left: Option<u32>,
    /// The records are sealed by the PIN. Before, it guards the screens: the way back for a forgotten PIN is not laid yet.
    pub sealed: bool,
    /// How the lock screen looks.
    pub look: Option<Settings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Language::Chinese,
            text_scale: 1.0,
            theme: Theme::System,
            photos_on_wifi_only: false,
            mask_names: false,
            save_power: true,
        }
    }
}
