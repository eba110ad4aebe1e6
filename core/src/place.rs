//! A place 场所 (shop, site, school gate). As far as the day needs it: it exists and can be referred to;
//! its visits come with the worker's complete app.

use crate::ids::{GridId, PlaceId};
use serde::{Deserialize, Serialize};

/// What a place is created with, once, by the registry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPlace {
    /// The document.
    pub id: PlaceId,
    /// Where.
    pub grid: GridId,
    /// 名称
    pub name: String,
    /// 类型 code, such as `nine_small`
    pub kind: String,
}
