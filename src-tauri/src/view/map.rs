//! 网格地图: buildings, open cases and the phone itself on one sheet.

use gridwalk_core::{
    ids::{BuildingId, GridId, IncidentId},
    incident::Severity,
    photo::Position,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// 网格地图: what lies where in the worker's grids. Degrees are WGS-84, as they were measured.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct GridMap {
    /// The grids of today.
    pub grids: Vec<MapGrid>,
    /// Their buildings in walking order.
    pub buildings: Vec<MapBuilding>,
    /// What is open and has a place, the most urgent last, so that it is drawn on top.
    pub cases: Vec<MapCase>,
    /// Where the phone is, if it knows.
    pub position: Option<Position>,
}

/// A grid as it is drawn.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct MapGrid {
    /// Its id.
    pub id: GridId,
    /// `梧桐-03`
    pub name: String,
    /// Rings of `[lon, lat]`, the first outside, the rest holes.
    pub boundary: Vec<Vec<[f64; 2]>>,
}

/// 幢, as it is drawn.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct MapBuilding {
    /// Its id.
    pub id: BuildingId,
    /// `听雨苑 3幢`
    pub name: String,
    /// What fits into its sign: `3幢`
    pub number: String,
    /// Degrees east.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
    /// Doors that are listed.
    pub doors: u32,
    /// How many of them are due.
    pub due: u32,
}

/// An open case, as it is drawn.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct MapCase {
    /// The document.
    pub id: IncidentId,
    /// 小类, as the phone's rows name it.
    pub category_zh: String,
    /// The same in English.
    pub category_en: String,
    /// The level that stands.
    pub severity: Severity,
    /// Where, in words.
    pub place: String,
    /// Degrees east.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
}
