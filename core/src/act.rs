//! Who did something, with which phone, and when: the frame around every edit.

use crate::{
    ids::{DeviceId, PersonId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// What a person may do; scope comes from the registry, never from here. Codes of `domain.md` §3.2.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 网格员
    Worker,
    /// 网格辅助员
    Helper,
    /// 网格长
    Lead,
    /// 网格指导员
    Guide,
    /// 社区书记
    Secretary,
    /// 街道坐席员
    Dispatcher,
    /// 值班长
    DutyChief,
    /// 处置人员
    Handler,
    /// 核查员
    Checker,
    /// 回访员
    Callback,
    /// 信息管理员
    Steward,
    /// 督查/审计
    Auditor,
    /// 个人信息保护负责人
    Privacy,
}

/// The frame of one act. `recorded_at` is the phone's clock plus its measured offset to the server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Act {
    /// Who acted.
    pub by: PersonId,
    /// In which role.
    pub role: Role,
    /// With which device; a server process has an id too.
    pub device: DeviceId,
    /// When it was written down.
    pub recorded_at: Timestamp,
    /// When it was seen, if a person said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_at: Option<Timestamp>,
}
