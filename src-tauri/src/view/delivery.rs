//! 送达情况, the honest page: every record and photo with its receipt.

use super::SyncState;
use gridwalk_core::{error::Code, time::Timestamp};
use serde::{Deserialize, Serialize};
use specta::Type;

/// How far something has come. Never said before it is proven.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Receipt {
    /// 已存本机: committed on this phone.
    Local,
    /// 已到中心: the centre answered with its hash after its own fsync.
    Centre,
    /// 部门已看: somebody opened it.
    Seen {
        /// Which office.
        office: String,
        /// When first.
        at: Timestamp,
    },
    /// 中心未收: kept here with the original.
    Refused {
        /// Why.
        code: Code,
    },
    /// 传不上: it cannot be sent as it is; kept here.
    Stuck {
        /// Why.
        code: Code,
    },
}

impl Receipt {
    /// The centre has it.
    pub fn arrived(&self) -> bool {
        matches!(self, Self::Centre | Self::Seen { .. })
    }
    /// A person has to look.
    pub fn needs_a_person(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Stuck { .. })
    }
    /// The less delivered of the two.
    pub fn worse(self, other: Self) -> Self {
        let rank = |receipt: &Self| match receipt {
            Self::Refused { .. } => 0,
            Self::Stuck { .. } => 1,
            Self::Local => 2,
            Self::Centre => 3,
            Self::Seen { .. } => 4,
        };
        if rank(&other) < rank(&self) {
            other
        } else {
            self
        }
    }
}

/// Where a photo is on its way, as its tag says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum PhotoState {
    /// 待处理: on this phone, and its record is not saved yet.
    Pending,
    /// 待传: its record is saved, and nothing of it has left.
    Waiting,
    /// 上传中: a part is at the centre, and it goes on from there.
    Sending {
        /// Of a hundred; never all of them before the receipt.
        percent: u8,
    },
    /// 已到中心: with a receipt, and still on this phone. Photos of colleagues are there as well.
    Arrived,
    /// 失败: it is not sent any more; kept here.
    Failed {
        /// Why.
        code: Code,
    },
    /// 本机已清: at the centre and in its backup; the picture is fetched when somebody looks at it.
    Cleared,
}

/// Arrived of all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct Progress {
    /// With a receipt of the centre.
    pub done: u32,
    /// All of the last seven days, and everything older that has not arrived.
    pub total: u32,
}

/// What an item of the page is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum SyncItemKind {
    /// 走访
    Visit,
    /// A correction of a household outside a visit.
    HouseholdEdit,
    /// 采集表, handed in for a door
    Form,
    /// 事件
    Incident,
    /// A later event of an incident.
    IncidentEvent,
    /// 巡查
    Patrol,
    /// 关爱: a plan, and every act on it
    Care,
    /// 场所走访, and words added to one
    Place,
    /// 任务
    Task,
    /// 工作日志
    WorkLog,
    /// 走访报告
    VisitReport,
    /// 通知公告, read
    Announcement,
    /// 更正建议
    Proposal,
    /// 照片
    Photo,
    /// 原图 of a photo
    Original,
    /// 语音备注
    Voice,
}

/// What the centre sent for this worker today, and what it took along.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct News {
    /// 新到: tasks that this phone had not heard of.
    pub fresh: u32,
    /// 退回: cases that came back.
    pub returned: u32,
    /// What was half written here about doors, people and places that went to somebody else: it went with them.
    pub drafts_left: u32,
}

/// One record or photo.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct SyncItem {
    /// What it is.
    pub kind: SyncItemKind,
    /// Visit, incident, event, patrol or task id, or the hash of a photo.
    pub id: String,
    /// The household, incident, patrol or place that it belongs to: where a tap leads.
    pub document: Option<String>,
    /// The door, the local number, the plan: what the worker calls it.
    pub title: String,
    /// When it was written down.
    pub at: Timestamp,
    /// How far it has come.
    pub receipt: Receipt,
    /// Bytes of it that have left.
    pub bytes_sent: f64,
    /// Bytes in all.
    pub bytes_total: f64,
    /// Of a photo, in the words of its queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo_state: Option<PhotoState>,
}

/// The whole page.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct SyncPage {
    /// The chip.
    pub state: SyncState,
    /// What came today.
    pub news: News,
    /// Records arrived of all.
    pub records: Progress,
    /// Photos and originals arrived of all.
    pub photos: Progress,
    /// Voice notes arrived of all.
    pub voices: Progress,
    /// Photos that wait for nothing but a line that costs nothing.
    pub photos_for_wifi: u32,
    /// Voice notes that wait for nothing but a line that costs nothing.
    pub voices_for_wifi: u32,
    /// Bytes that have not left.
    pub bytes_left: f64,
    /// What waits or is stuck first, oldest first; then what arrived, newest first.
    pub items: Vec<SyncItem>,
}

/// The file of what has not arrived, as it is begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct UnsentFile {
    /// Records in it.
    pub records: u32,
    /// Photos in it.
    pub photos: u32,
    /// Voice notes in it.
    pub voices: u32,
    /// Pictures and recordings that are named and not in it: originals, what is restricted, what would make it too large.
    pub left_out: u32,
}
