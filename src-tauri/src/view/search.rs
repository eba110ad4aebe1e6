//! What a search finds.

use gridwalk_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use specta::Type;

/// What was found, grouped by what it is; a kind of which nothing was found is left out.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, Type)]
pub struct Found {
    /// In the order in which they are shown.
    pub groups: Vec<FoundGroup>,
}

/// What a hit is, and so which screen it opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FoundKind {
    /// Somebody, by name or the end of the phone number.
    Person,
    /// A door, by where it is.
    Door,
    /// 场所
    Place,
    /// 事件
    Case,
    /// What was written about a household.
    Note,
    /// 幢
    Building,
    /// 点位
    Checkpoint,
    /// 通知公告
    Announcement,
    /// 手册, 职责, 政策 …
    Page,
}

/// All hits of one kind, at most twenty of them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct FoundGroup {
    /// What they are.
    pub kind: FoundKind,
    /// How many there are, shown or not.
    pub total: u32,
    /// The first of them.
    pub hits: Vec<Hit>,
}

/// One thing that was found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Hit {
    /// The household, place, incident, visit, building, checkpoint, announcement or page.
    pub id: String,
    /// What it opens: the household of a visit, else the same as `id`.
    pub document: String,
    /// The room, when it is at one.
    pub plate: String,
    /// Name, category, note …
    pub title: Vec<Piece>,
    /// Where.
    pub line: Vec<Piece>,
    /// When it was written or reported.
    pub at: Option<Timestamp>,
}

/// A part of a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Piece {
    /// Its letters.
    pub text: String,
    /// They are what was looked for.
    pub hit: bool,
}
