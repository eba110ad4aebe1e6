//! Reference data: versioned rows that the server owns and phones read (`AUTH`). Not Automerge.
//!
//! A row travels as (kind, id, JSON). The structs below are that JSON; unknown keys are ignored, so a newer
//! server can say more.

use crate::{
    act::Role,
    household::words,
    ids::{
        AnnouncementId, BuildingId, CheckpointId, DepartmentId, DeviceId, GridId, HouseholdId,
        IncidentId, PageId, PersonId, PlanId, TaskId,
    },
    patrol::PatrolKind,
    place::ChecklistName,
    time::Timestamp,
};
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

words! {
    /// Which table a reference row belongs to.
    ReferenceKind { /// 网格
        Grid, /// 幢
        Building, /// 同事
        Person, /// 部门
        Department, /// 类别
        Category, /// 时限规则
        DeadlineRule, /// 工作日历
        Calendar, /// 巡查计划
        Plan, /// 任务
        Task, /// 部门已看
        Seen, /// 手机
        Device, /// 手册
        Page, /// 通知公告
        Announcement, /// 检查表
        Checklist, /// 采集表
        Form, /// 一轮采集
        Campaign, /// 更正建议的答复
        ProposalAnswer }
    /// What a page is about.
    PageKind { /// 处置手册, a card per category
        Handbook, /// 职责事项
        Duty, /// 居民常问, with the answer
        Request, /// 政策
        Policy, /// 怎么考核, with the formula
        Measure }
    /// 巡·查·访 and friends.
    TaskKind { /// 走访
        Visit, /// 关爱探访
        Care, /// 再访
        Revisit, /// 复查
        Recheck, /// 核实
        Verify, /// 巡查
        Patrol, /// 事件退回
        Returned, /// 回访: a quarrel is looked at again on the day that was named for it
        FollowUp }
    /// 紧急工作时 | 工作时 | 工作日
    LimitUnit { /// 紧急工作时: clock hours
        EmergencyHours, /// 工作时
        WorkingHours, /// 工作日
        WorkingDays }
}

/// 手机: a device that wrote something in a grid, with what the centre signed about it. Colleagues keep it, so that they can
/// bring back what it wrote after the centre lost it, also when the device is lost too. One row for each grid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Device {
    /// Which.
    pub device: DeviceId,
    /// Where it wrote.
    pub grid: GridId,
    /// [`crate::sync::certificate`], in hex.
    pub certificate: String,
}

/// 网格. Boundary rings are `[lon, lat]` in WGS-84, first ring outside, the rest holes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Grid {
    /// Its id.
    pub id: GridId,
    /// 网格编码, 15 digits
    pub code: String,
    /// `梧桐-03`
    pub name: String,
    /// 所属社区
    pub community_code: String,
    /// `梧桐社区`
    pub community_name: String,
    /// 综合 or 专属
    pub exclusive: bool,
    /// Boundary.
    pub boundary: Vec<Vec<[f64; 2]>>,
    /// 点位
    pub checkpoints: Vec<Checkpoint>,
}

/// 点位
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Checkpoint {
    /// Its id.
    pub id: CheckpointId,
    /// `东门`
    pub name: String,
    /// Degrees east.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
    /// What its QR plate says.
    pub code: String,
}

/// 幢
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Building {
    /// Its id.
    pub id: BuildingId,
    /// In which grid.
    pub grid: GridId,
    /// `听雨苑`
    pub estate: String,
    /// `3幢`
    pub number: String,
    /// 层数
    pub storeys: u16,
    /// Order in which it is walked.
    pub walking_order: u32,
    /// Degrees east.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
}

/// A colleague.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    /// Its id.
    pub id: PersonId,
    /// Name as colleagues know it.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Grids of this person.
    pub grids: Vec<GridId>,
    /// Department, for handlers.
    pub department: Option<DepartmentId>,
    /// Those of the grids that this person has for some days only; a centre of before says none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<Cover>,
}

/// 代班: a grid that somebody has for some days only, because a colleague is away.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cover {
    /// Which grid.
    pub grid: GridId,
    /// First day; none: it has begun.
    pub from: Option<NaiveDate>,
    /// Last day, included; none: until somebody ends it.
    pub to: Option<NaiveDate>,
}

impl Cover {
    /// Whether the grid is theirs on that day.
    pub fn includes(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| to >= day)
    }
}

impl Person {
    /// The grids of that day: those of a substitute begin and end with a day.
    pub fn grids_on(&self, day: NaiveDate) -> Vec<GridId> {
        let theirs = |grid: &GridId| {
            self.covers
                .iter()
                .all(|c| c.grid != *grid || c.includes(day))
        };
        self.grids.iter().copied().filter(theirs).collect()
    }

    /// Where what they create belongs when nothing says more: a grid of their own before one that they cover.
    pub fn home_on(&self, day: NaiveDate) -> Option<GridId> {
        let grids = self.grids_on(day);
        let covered = |grid: &GridId| self.covers.iter().any(|cover| cover.grid == *grid);
        grids
            .iter()
            .copied()
            .find(|grid| !covered(grid))
            .or(grids.first().copied())
    }
}

/// A department.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Department {
    /// Its id.
    pub id: DepartmentId,
    /// `城管办`
    pub name: String,
}

/// A category of the tree in `domain.md` §3.5.2.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Category {
    /// `F01001`
    pub code: String,
    /// 大类
    pub group_zh: String,
    /// Group in English.
    pub group_en: String,
    /// 小类
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Usual severity 1–4.
    pub level: u8,
    /// May be handled on site.
    pub on_site: bool,
    /// One of the five chips shown first.
    pub frequent: bool,
    /// The department proposed for it.
    pub department: Option<DepartmentId>,
    /// 照片留存: days that its photos stay on a phone after they arrived, at the least; none states the usual
    /// [`crate::photo::DAYS_ON_PHONE`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo_days: Option<u16>,
}

/// A limit for a category at a level (`domain.md` §3.5.4).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeadlineRule {
    /// Category code, or a prefix of it (`F01`, `F`); the longest match counts.
    pub category: String,
    /// Severity it applies to; none applies to all.
    pub level: Option<u8>,
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: LimitUnit,
    /// Since when.
    pub valid_from: NaiveDate,
}

/// Working windows and days off.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Calendar {
    /// Windows of a working day, in order, Shanghai time.
    pub windows: Vec<(NaiveTime, NaiveTime)>,
    /// Days off besides Saturday and Sunday.
    pub days_off: Vec<NaiveDate>,
    /// Saturdays and Sundays that are worked 调休.
    pub working_days: Vec<NaiveDate>,
}

/// 巡查计划
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// Where.
    pub grid: GridId,
    /// `听雨苑早班`
    pub name: String,
    /// 巡查类型
    pub kind: PatrolKind,
    /// Checkpoints in walking order.
    pub checkpoints: Vec<CheckpointId>,
    /// Why the plan asks for a simplified line; none means that it does not ask.
    pub line_asked_because: Option<String>,
    /// The worker may refuse to share it.
    pub line_may_be_refused: bool,
    /// 频次; a plan of before asks for nothing by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency: Option<Frequency>,
    /// 时段: from and to in Shanghai, past midnight when it ends before it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<(NaiveTime, NaiveTime)>,
}

/// 频次: so many times in so many days. One day is a day of the calendar, seven are a week from Monday to Sunday, and any other
/// number is counted from the last time on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Frequency {
    /// How often.
    pub times: u8,
    /// In how many days.
    pub days: u16,
}

/// 任务, assigned or due.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Whose grid.
    pub grid: GridId,
    /// For whom; none means anybody of the grid.
    pub assignee: Option<PersonId>,
    /// What to do.
    pub kind: TaskKind,
    /// At which door.
    pub household: Option<HouseholdId>,
    /// About which incident.
    pub incident: Option<IncidentId>,
    /// What to do, in words that a neighbour may read.
    pub text: String,
    /// Where, when it is not a household.
    pub place: Option<String>,
    /// Last day.
    pub due: NaiveDate,
    /// `before 12:00`, `after 18:00` in words.
    pub time_hint: Option<String>,
}

/// 部门已看: somebody with this name of an office opened the record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Seen {
    /// The incident that was opened.
    pub incident: IncidentId,
    /// Which office (never a person's name).
    pub office: String,
    /// When first.
    pub at: Timestamp,
}

/// Something that a worker looks up, in both languages. Paragraphs are lines; one that begins with `- ` is an item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Page {
    /// Its id.
    pub id: PageId,
    /// What it is about.
    pub kind: PageKind,
    /// Category code or a prefix of it, for a handbook card.
    pub category: Option<String>,
    /// 事项编码 `Z01`, of a duty item: stays when its words change. A centre of before says none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// 标题
    pub title_zh: String,
    /// The same in English.
    pub title_en: String,
    /// 正文
    pub body_zh: String,
    /// The same in English.
    pub body_en: String,
    /// Lower stands first.
    pub order: u32,
}

/// 检查表: what is asked at places of a kind. A changed list is a new version; the rows of those before stay, because visits
/// answered them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Checklist {
    /// Of which kind of places: the kind of [`NewPlace`](crate::place::NewPlace).
    pub kind: String,
    /// Grows with every change; the highest is asked.
    pub version: u32,
    /// What is looked at, in its order.
    pub items: Vec<CheckItem>,
    /// What can be handed out.
    pub leaflets: Vec<Leaflet>,
}

/// One item of a checklist, in both languages.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct CheckItem {
    /// Its code; the same in every version that asks it.
    pub id: String,
    /// 检查项
    pub name_zh: String,
    /// The same in English.
    pub name_en: String,
    /// Category of the hazard that it is when it fails.
    pub category: Option<String>,
}

/// 宣传单: something that is handed out, in both languages.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Leaflet {
    /// Its code.
    pub id: String,
    /// 标题
    pub name_zh: String,
    /// The same in English.
    pub name_en: String,
}

impl Checklist {
    /// How a visit names it.
    pub fn name(&self) -> ChecklistName {
        ChecklistName {
            kind: self.kind.clone(),
            version: self.version,
        }
    }

    /// The id of its row: one for each version.
    pub fn row(&self) -> String {
        format!("{}/{}", self.kind, self.version)
    }
}

/// 通知公告: said by an office, read once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Announcement {
    /// Its id.
    pub id: AnnouncementId,
    /// For whom; none means everybody.
    pub grid: Option<GridId>,
    /// 标题
    pub title: String,
    /// 正文
    pub text: String,
    /// Who says so.
    pub office: String,
    /// When.
    pub at: Timestamp,
    /// The last day on which it matters.
    pub expires: Option<NaiveDate>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const OWN: GridId = GridId(Uuid::from_u128(2));
    /// Its id comes first.
    const COVERED: GridId = GridId(Uuid::from_u128(1));

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 9, day).unwrap()
    }

    fn lin(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Person {
        Person {
            id: PersonId(Uuid::from_u128(3)),
            name: "林晓".into(),
            role: Role::Worker,
            grids: vec![COVERED, OWN],
            department: None,
            covers: vec![Cover {
                grid: COVERED,
                from,
                to,
            }],
        }
    }

    #[test]
    fn a_grid_that_is_covered_begins_and_ends_with_a_day() {
        let lin = lin(Some(day(14)), Some(day(15)));
        assert_eq!(lin.grids_on(day(13)), [OWN]);
        assert_eq!(lin.grids_on(day(14)), [COVERED, OWN]);
        assert_eq!(lin.grids_on(day(15)), [COVERED, OWN]);
        assert_eq!(lin.grids_on(day(16)), [OWN]);
    }

    #[test]
    fn home_is_a_grid_of_ones_own_before_one_that_is_covered() {
        let mut lin = lin(None, Some(day(15)));
        assert_eq!(lin.home_on(day(14)), Some(OWN));
        lin.grids.retain(|grid| *grid != OWN);
        assert_eq!(lin.home_on(day(14)), Some(COVERED));
        assert_eq!(lin.home_on(day(16)), None);
    }

    #[test]
    fn a_person_of_a_centre_of_before_covers_nothing() {
        let row = r#"{"id":"00000000-0000-0000-0000-000000000003","name":"林晓","role":"worker","grids":[],"department":null}"#;
        let lin: Person = serde_json::from_str(row).unwrap();
        assert!(lin.covers.is_empty());
        assert_eq!(
            serde_json::to_string(&lin).unwrap(),
            row,
            "and says so in no more words"
        );
    }
}
