//! 巡查: the running patrol, and one that is over.

use super::{PersonName, PhotoState, Receipt};
use gridwalk_core::{
    ids::{CheckpointId, Hash, IncidentId, PatrolId},
    patrol::{FindingState, HitMethod, HitState, HitView, PatrolView},
    photo::{Photo, Position},
    reference::{Checkpoint, Plan},
    time::Timestamp,
    voice::VoiceNote,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use std::collections::BTreeMap;

/// One point of the plan and what became of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct CheckpointState {
    /// The point.
    pub checkpoint: Checkpoint,
    /// The hit that counts, if there is one.
    pub hit: Option<HitView>,
    /// How far the last fix was from it.
    pub distance_m: Option<u32>,
}

/// A stretch without a fix: a dotted line and a neutral sentence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct TrackGap {
    /// Last fix before it.
    pub from: Timestamp,
    /// First fix after it.
    pub to: Timestamp,
    /// Which of the track that one is, from 0.
    pub at: u32,
}

/// One patrol with everything its screen shows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct PatrolScreen {
    /// The document.
    pub id: PatrolId,
    /// As merged.
    pub view: PatrolView,
    /// The plan walked, when the phone has it.
    pub plan: Option<Plan>,
    /// Its points in walking order.
    pub checkpoints: Vec<CheckpointState>,
    /// Names of everybody the view mentions.
    pub people: Vec<PersonName>,
    /// Metres walked so far; for orientation, never a score.
    pub distance_m: u32,
    /// Seconds without the pauses.
    pub duration_s: u32,
    /// It is paused right now.
    pub paused: bool,
    /// Stretches without a fix.
    pub gaps: Vec<TrackGap>,
    /// The raw track of this phone without fixes that say nothing, `[lon, lat]`; empty for a colleague's patrol. It never leaves the phone.
    pub track: Vec<[f64; 2]>,
    /// How far the least delivered of this phone's acts on it has come.
    pub receipt: Receipt,
    /// Where each photo is on its way, by its hash.
    pub photo_states: BTreeMap<String, PhotoState>,
    /// Receipt of each voice note of a finding, by its hash.
    pub voice_receipts: BTreeMap<String, Receipt>,
}

/// A finished or running patrol of a list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct PatrolRow {
    /// The document.
    pub id: PatrolId,
    /// Name of the plan; empty for a free patrol.
    pub plan_name: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Points of the plan.
    pub checkpoints: u32,
    /// Points reached.
    pub hit: u32,
    /// 发现
    pub findings: u32,
    /// How far it has come.
    pub receipt: Receipt,
}

/// A point reached, as the screen hands it in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct HitInput {
    /// Which.
    pub checkpoint: CheckpointId,
    /// How.
    pub method: HitMethod,
    /// What the QR plate said; checked against the point.
    pub code: Option<String>,
    /// Needed for `manual` and `unreachable`.
    pub reason: Option<String>,
    /// What was found.
    pub state: HitState,
    /// A scene photo.
    pub photo: Option<Photo>,
}

/// A finding, as the screen hands it in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct FindingInput {
    /// Category code.
    pub category: String,
    /// What was done about it.
    pub state: FindingState,
    /// The incident it became.
    pub incident: Option<IncidentId>,
    /// At most 500 characters.
    pub note: Option<String>,
    /// 语音备注
    pub voice: Option<VoiceNote>,
}

/// What ending a patrol will leave at the centre, shown before the hold.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct FinishPreview {
    /// Metres.
    pub distance_m: u32,
    /// Seconds without the pauses.
    pub duration_s: u32,
    /// Points of the plan.
    pub checkpoints: u32,
    /// Points reached.
    pub hit: u32,
    /// Points marked 到不了; they leave the denominator.
    pub unreachable: u32,
    /// 发现
    pub findings: u32,
    /// The line that the plan asks for; none when it asks for none or nothing was recorded.
    pub line: Option<LinePreview>,
}

/// The simplified line before it is shared.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct LinePreview {
    /// Why the plan asks for it.
    pub asked_because: String,
    /// The worker may refuse.
    pub may_be_refused: bool,
    /// Exactly what would be sent, as `[lon, lat]`.
    pub points: Vec<[f64; 2]>,
    /// When the centre deletes it.
    pub expires_at: Timestamp,
    /// Name of the blob.
    pub blob: Hash,
}

/// Where the phone is, or that it does not know.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Whereabouts {
    /// The last fix, not older than a minute.
    pub position: Option<Position>,
}

/// A fix as the window's system tells it.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Fix {
    /// Degrees east, WGS-84.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
    /// Radius in metres within which it lies.
    pub accuracy_m: f64,
    /// How long ago it was taken.
    pub age_ms: u32,
}

/// Whom to call when it is urgent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum EmergencyService {
    /// 110
    Police,
    /// 119
    Fire,
    /// 120
    Ambulance,
}

impl EmergencyService {
    /// What is dialled, anywhere in the country.
    pub fn number(self) -> &'static str {
        match self {
            Self::Police => "110",
            Self::Fire => "119",
            Self::Ambulance => "120",
        }
    }
}
