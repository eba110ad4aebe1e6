//! 网格地图: the worker's grids on one sheet, without a network. It is drawn from rows that the phone has anyway, so there are
//! no tiles to fetch, and nothing has to be bent to the offsets of a published map (GCJ-02).

use crate::{
    Phone,
    error::Answer,
    households::{self, Lookups},
    incidents, reference,
    view::{GridMap, MapBuilding, MapCase, MapGrid},
};
use gridwalk_core::ids::{BuildingId, HouseholdId, IncidentId};
use rusqlite::Connection;
use std::{cmp::Reverse, collections::HashMap};

impl Phone {
    /// What lies where in my grids.
    pub fn grid_map(&self) -> Answer<GridMap> {
        let now = self.now();
        let today = now.local_date();
        let worker = self.enrolment().map(|who| who.identity.worker.clone());
        let mine = worker
            .as_ref()
            .map_or_else(Vec::new, |worker| worker.grids_on(today));
        let position = self.fix(now);
        self.database().read(|db| {
            let mut buildings = reference::buildings(db)?;
            buildings.retain(|building| mine.contains(&building.grid));
            buildings.sort_by_key(|building| (building.walking_order, building.id));
            let doors = doors(db, &Lookups::read(db, today)?)?;
            let grids = reference::grids(db)?.into_iter();
            let places = places(db)?;
            let open = incidents::open(db, now, worker.map(|worker| worker.id))?;
            let mut cases: Vec<MapCase> = open
                .into_iter()
                .filter(|row| mine.contains(&row.grid))
                .filter_map(|row| {
                    let (lon, lat) = *places.get(&row.id)?;
                    Some(MapCase {
                        id: row.id,
                        category_zh: row.category_zh,
                        category_en: row.category_en,
                        severity: row.severity,
                        place: row.place,
                        lon,
                        lat,
                    })
                })
                .collect();
            cases.sort_by_key(|case| (Reverse(case.severity), case.id));
            Ok(GridMap {
                grids: grids
                    .filter(|grid| mine.contains(&grid.id))
                    .map(|grid| MapGrid {
                        id: grid.id,
                        name: grid.name,
                        boundary: grid.boundary,
                    })
                    .collect(),
                buildings: buildings
                    .into_iter()
                    .map(|building| {
                        let (doors, due) = doors.get(&building.id).copied().unwrap_or_default();
                        MapBuilding {
                            id: building.id,
                            name: households::building_words(&building),
                            number: building.number,
                            lon: building.lon,
                            lat: building.lat,
                            doors,
                            due,
                        }
                    })
                    .collect(),
                cases,
                position,
            })
        })
    }
}

/// Doors that are listed and doors that are due, by building.
fn doors(db: &Connection, lookups: &Lookups) -> Answer<HashMap<BuildingId, (u32, u32)>> {
    let mut found: HashMap<BuildingId, (u32, u32)> = HashMap::new();
    let mut select = db.prepare_cached("select building, id from household where void = 0")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (doors, due) = found.entry(BuildingId(row.get(0)?)).or_default();
        *doors += 1;
        *due += u32::from(lookups.is_due(HouseholdId(row.get(1)?)));
    }
    Ok(found)
}

/// Where the cases are that say it.
fn places(db: &Connection) -> Answer<HashMap<IncidentId, (f64, f64)>> {
    let mut select = db.prepare_cached(
        "select id, lon, lat from incident where lon is not null and lat is not null",
    )?;
    let rows = select.query_map([], |row| {
        Ok((IncidentId(row.get(0)?), (row.get(1)?, row.get(2)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
