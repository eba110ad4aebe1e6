//! A patrol session 巡查: checkpoint hits, findings, and a reference to the line that the worker chose to share.

mod due;
mod edit;
mod view;

pub use due::{PatrolDue, Walk, due};
pub use edit::{apply, create};
pub use view::view;

use crate::{
    amend::Amendment,
    household::words,
    ids::{CheckpointId, FindingId, GridId, Hash, HitId, IncidentId, PatrolId, PersonId, PlanId},
    photo::{Photo, Position},
    time::Timestamp,
    voice::VoiceNote,
};
use serde::{Deserialize, Serialize};

words! {
    /// 巡查类型
    PatrolKind { /// 日常
        Daily, /// 督导
        Supervision, /// 专项
        Campaign, /// 夜间
        Night }
    /// How a checkpoint was reached.
    HitMethod { /// NFC
        Nfc, /// 二维码
        Qr, /// 定位
        Position, /// 手动
        Manual }
    /// What was found at a checkpoint.
    HitState { /// 正常
        Ok, /// 异常
        Abnormal, /// 到不了
        Unreachable }
    /// What was done about a finding.
    FindingState { /// 现场处置
        HandledOnSite, /// 已上报
        Reported, /// 观察
        Observed }
}

/// What a patrol is created with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPatrol {
    /// The document.
    pub id: PatrolId,
    /// Where.
    pub grid: GridId,
    /// 巡查类型
    pub kind: PatrolKind,
    /// The plan walked, if one is.
    pub plan: Option<PlanId>,
    /// The plan's checkpoints when it began, in walking order.
    pub checkpoints: Vec<CheckpointId>,
    /// When it began.
    pub started_at: Timestamp,
}

/// One checkpoint reached 点位记录.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewHit {
    /// Made by the phone.
    pub id: HitId,
    /// Which.
    pub checkpoint: CheckpointId,
    /// When.
    pub at: Timestamp,
    /// How.
    pub method: HitMethod,
    /// Needed for `manual` and `unreachable`.
    pub reason: Option<String>,
    /// What was found.
    pub state: HitState,
    /// Where the phone was, if it knew.
    pub position: Option<Position>,
    /// A scene photo, if taken.
    pub photo: Option<Photo>,
}

/// One finding 发现.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewFinding {
    /// Made by the phone.
    pub id: FindingId,
    /// Category code.
    pub category: String,
    /// What was done about it.
    pub state: FindingState,
    /// The incident it became.
    pub incident: Option<IncidentId>,
    /// At most 500 characters.
    pub note: Option<String>,
    /// 语音备注. None in what an older app wrote, and an older app reads the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<VoiceNote>,
    /// When.
    pub at: Timestamp,
}

/// The line that the worker shares: a blob that expires, simplified (Douglas-Peucker 20 m). The raw track stays on the phone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SharedLine {
    /// Names the blob: a JSON array of `[lon, lat, ms since start]`, WGS-84.
    pub blob: Hash,
    /// Points in it.
    pub points: u32,
    /// When the centre deletes it.
    pub expires_at: Timestamp,
}

/// What people do on a patrol.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant)] // edits are made one at a time
pub enum PatrolEdit {
    /// A checkpoint was reached.
    Hit(NewHit),
    /// Something was found.
    Finding(NewFinding),
    /// 暂停
    Pause {
        /// When.
        at: Timestamp,
    },
    /// 继续
    Resume {
        /// When.
        at: Timestamp,
    },
    /// 结束: afterwards only findings' incidents may follow.
    Finish {
        /// When.
        at: Timestamp,
        /// Metres walked, jitter left out; for orientation, never a score.
        distance_m: u32,
        /// The line, if the plan asks for it and the worker agreed.
        line: Option<SharedLine>,
        /// 巡查小结, at most 1,000 characters
        note: Option<String>,
    },
    /// 补一句: words to a finding that is there, also after the end. It stays as it was handed in.
    AmendFinding {
        /// Which.
        finding: FindingId,
        /// At most 500 characters.
        note: String,
    },
}

/// Everything a screen or the registry needs of one patrol.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatrolView {
    /// What it was created with.
    pub created: NewPatrol,
    /// Who leads it.
    pub leader: PersonId,
    /// Every hit, oldest first; two people at one point are both kept, the first counts.
    pub hits: Vec<HitView>,
    /// Every finding, oldest first.
    pub findings: Vec<FindingView>,
    /// Pauses as (from, to); an open one has no end.
    pub pauses: Vec<Pause>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Metres, once ended.
    pub distance_m: Option<u32>,
    /// The shared line, if any.
    pub line: Option<SharedLine>,
    /// 巡查小结
    pub note: Option<String>,
    /// Items written by a newer app.
    pub unreadable: u32,
}

/// A pause of a patrol.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pause {
    /// Since when.
    pub from: Timestamp,
    /// Until when, or still.
    pub to: Option<Timestamp>,
}

/// A hit as read back.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HitView {
    /// What was recorded.
    pub hit: NewHit,
    /// Who.
    pub by: PersonId,
    /// The first hit of its checkpoint counts.
    pub counts: bool,
}

/// A finding as read back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FindingView {
    /// What was recorded.
    pub finding: NewFinding,
    /// Who.
    pub by: PersonId,
    /// What was added later, oldest first.
    #[serde(default)]
    pub amendments: Vec<Amendment>,
}
