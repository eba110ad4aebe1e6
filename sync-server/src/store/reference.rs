//! Reference rows: what the server owns and phones read. Each row has a version of its own, so any cut between two
//! rows is a valid page; rows of a grid are given to its readers only.

use crate::{
    error::{Error, Result},
    store::{Connection, Fault, OptionalExtension, Row, next_count, params, person, scope},
};
use gridwalk_core::{
    ids::{DocumentId, GridId},
    reference::{Building, Category, Department, Grid, Person, ReferenceKind},
    sync::message::{ReferenceNews, ReferenceRow},
    time::Timestamp,
};
use serde::Serialize;

/// The next version, which whoever listens is told of.
fn next_version(connection: &Connection) -> Result<u64> {
    connection.announce()?;
    next_count(connection, "reference")
}

/// Writes a row as a new version. Phones learn of it in their next exchange.
pub fn put(
    connection: &Connection,
    kind: ReferenceKind,
    id: &str,
    grid: Option<GridId>,
    row: &impl Serialize,
) -> Result<()> {
    let json =
        serde_json::to_string(row).map_err(|error| Error::internal("reference row", error))?;
    let version = next_version(connection)?;
    connection
        .prepare_cached(
            "insert into reference (kind, id, version, grid, json) values (?1, ?2, ?3, ?4, ?5)
             on conflict (kind, id) do update set version = excluded.version, grid = excluded.grid, json = excluded.json",
        )?
        .execute(params![
            person::word(&kind)?,
            id,
            version.cast_signed(),
            grid.map(|grid| grid.0),
            json
        ])?;
    Ok(())
}

/// 网格
pub fn put_grid(connection: &Connection, grid: &Grid) -> Result<()> {
    let json = serde_json::to_string(grid).map_err(|error| Error::internal("grid", error))?;
    connection.execute(
        "insert into grid (id, code, name, community_code, community_name, exclusive, json) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         on conflict (id) do update set code = excluded.code, name = excluded.name, community_code = excluded.community_code,
           community_name = excluded.community_name, exclusive = excluded.exclusive, json = excluded.json",
        params![
            grid.id.to_string(),
            grid.code,
            grid.name,
            grid.community_code,
            grid.community_name,
            grid.exclusive,
            json
        ],
    )?;
    put(
        connection,
        ReferenceKind::Grid,
        &grid.id.to_string(),
        Some(grid.id),
        grid,
    )
}

/// Where somebody works, as a resident would call it: `梧桐社区 梧桐-03`.
pub fn grid_names(connection: &Connection, grids: &[GridId]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for grid in grids {
        let name = connection.query_row(
            "select community_name || ' ' || name from grid where id = ?1",
            [grid.to_string()],
            |row| row.get::<_, String>(0),
        );
        names.extend(name.optional()?);
    }
    Ok(names)
}

/// 幢
pub fn put_building(connection: &Connection, building: &Building) -> Result<()> {
    connection.execute(
        "insert into building (id, grid, estate, number, storeys, walking_order, lon, lat) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         on conflict (id) do update set grid = excluded.grid, estate = excluded.estate, number = excluded.number,
           storeys = excluded.storeys, walking_order = excluded.walking_order, lon = excluded.lon, lat = excluded.lat",
        params![
            building.id.to_string(),
            building.grid.to_string(),
            building.estate,
            building.number,
            building.storeys,
            building.walking_order,
            building.lon,
            building.lat
        ],
    )?;
    let id = building.id.to_string();
    put(
        connection,
        ReferenceKind::Building,
        &id,
        Some(building.grid),
        building,
    )
}

/// 部门
pub fn put_department(connection: &Connection, department: &Department) -> Result<()> {
    connection.execute(
        "insert into department (id, name) values (?1, ?2) on conflict (id) do update set name = excluded.name",
        params![department.id.to_string(), department.name],
    )?;
    let id = department.id.to_string();
    put(connection, ReferenceKind::Department, &id, None, department)
}

/// 同事. Rows of grids that the person now has and had not are given a new version, because the phone may have read
/// past their old one when it was not allowed to see them.
pub fn put_person(connection: &Connection, person: &Person, login: Option<&str>) -> Result<()> {
    let before = person::grids(connection, person.id)?;
    person::put(connection, person, login)?;
    for grid in person.grids.iter().filter(|grid| !before.contains(grid)) {
        touch_grid(connection, *grid)?;
    }
    put(
        connection,
        ReferenceKind::Person,
        &person.id.to_string(),
        None,
        person,
    )
}

/// The same, and what of it ends is remembered: what this person's phones saved before they heard of it is still taken.
pub fn reassign(
    connection: &Connection,
    person: &Person,
    login: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    for grid in person::grids(connection, person.id)? {
        if !person.grids.contains(&grid) {
            scope::ends(connection, person.id, grid, now)?;
        }
    }
    for grid in &person.grids {
        scope::begins(connection, person.id, *grid)?;
    }
    put_person(connection, person, login)
}

/// Rows that somebody who has these grids only now may have read past: all of them, however old.
pub fn of_grids(
    connection: &Connection,
    version: u64,
    grids: &[GridId],
) -> Result<Vec<ReferenceRow>> {
    let mut found = Vec::new();
    let mut statement = connection.prepare_cached(
        "select kind, id, json from reference where grid = ?1 and version <= ?2 and json is not null order by version",
    )?;
    for grid in grids {
        let rows = statement.query_map(params![grid.0, version], |row| {
            Ok(ReferenceRow {
                kind: row.get(0)?,
                id: row.get(1)?,
                json: row.get(2)?,
            })
        })?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(found)
}

/// What a row costs in an answer, roughly.
pub fn weight(row: &ReferenceRow) -> usize {
    8 + row.id.len() + row.json.as_ref().map_or(0, String::len)
}

/// 类别
pub fn put_category(connection: &Connection, category: &Category) -> Result<()> {
    connection.execute(
        "insert into category (code, group_zh, group_en, name_zh, name_en, level, on_site, frequent, department)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         on conflict (code) do update set group_zh = excluded.group_zh, group_en = excluded.group_en, name_zh = excluded.name_zh,
           name_en = excluded.name_en, level = excluded.level, on_site = excluded.on_site, frequent = excluded.frequent,
           department = excluded.department",
        params![
            category.code,
            category.group_zh,
            category.group_en,
            category.name_zh,
            category.name_en,
            category.level,
            category.on_site,
            category.frequent,
            category.department.map(|id| id.to_string())
        ],
    )?;
    put(
        connection,
        ReferenceKind::Category,
        &category.code,
        None,
        category,
    )
}

/// Withdraws tasks and notices that speak of a document. Phones that have them drop them.
pub fn withdraw_about(connection: &Connection, document: DocumentId) -> Result<()> {
    let rows = connection
        .prepare_cached(
            "select kind, id from reference where json like '%' || ?1 || '%' order by version",
        )?
        .query_map([document.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<std::result::Result<Vec<(String, String)>, _>>()?;
    for (kind, id) in rows {
        let version = next_version(connection)?;
        connection.execute(
            "update reference set version = ?3, json = null where kind = ?1 and id = ?2",
            params![kind, id, version.cast_signed()],
        )?;
    }
    Ok(())
}

fn touch_grid(connection: &Connection, grid: GridId) -> Result<()> {
    let mut statement = connection
        .prepare_cached("select kind, id from reference where grid = ?1 order by version")?;
    let rows = statement
        .query_map([grid.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(String, String)>, _>>()?;
    for (kind, id) in rows {
        let version = next_version(connection)?;
        connection.execute(
            "update reference set version = ?3 where kind = ?1 and id = ?2",
            params![kind, id, version.cast_signed()],
        )?;
    }
    Ok(())
}

/// Rows newer than `version` that a reader of `grids` may see, oldest first, until `budget` bytes are used up.
pub fn news(
    connection: &Connection,
    version: u64,
    grids: &[GridId],
    budget: &mut usize,
) -> Result<ReferenceNews> {
    let mut news = ReferenceNews {
        version,
        ..ReferenceNews::default()
    };
    let mut statement = connection.prepare_cached(
        "select version, kind, id, grid, json from reference where version > ?1 order by version",
    )?;
    let mut outcome = Ok(());
    statement.each([version], |row| {
        outcome = next(row, grids, budget, &mut news);
        outcome.is_ok() && !news.more
    })?;
    outcome?;
    Ok(news)
}

/// Takes a row into the page if its reader may see it; a page that is full says that there is more.
fn next(
    row: &Row<'_>,
    grids: &[GridId],
    budget: &mut usize,
    news: &mut ReferenceNews,
) -> Result<(), Fault> {
    let grid: Option<uuid::Uuid> = row.get(3)?;
    if grid.is_none_or(|grid| grids.contains(&GridId(grid))) {
        let row_news = ReferenceRow {
            kind: row.get(1)?,
            id: row.get(2)?,
            json: row.get(4)?,
        };
        let cost = 8 + row_news.id.len() + row_news.json.as_ref().map_or(0, String::len);
        if cost > *budget && !news.rows.is_empty() {
            news.more = true;
            return Ok(());
        }
        *budget = budget.saturating_sub(cost);
        news.rows.push(row_news);
    }
    news.version = row.get(0)?;
    Ok(())
}
