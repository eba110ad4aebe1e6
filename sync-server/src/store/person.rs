//! Colleagues: who they are, what they may do, which grids they work in.

use crate::{
    error::{Error, Result},
    store::{Connection, OptionalExtension, params},
};
use chrono::NaiveDate;
use gridwalk_core::{
    act::Role,
    ids::{DepartmentId, GridId, PersonId},
    reference::{Cover, Person},
};
use serde::{Serialize, de::DeserializeOwned};

/// A word of a closed list (`worker`, `met`) as it is stored: the same text as in JSON.
pub fn word<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(other) => Err(Error::internal("a word", other)),
        Err(error) => Err(Error::internal("a word", error)),
    }
}

/// The value of a stored word.
pub fn parse<T: DeserializeOwned>(word: &str) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(word.into()))
        .map_err(|error| Error::internal("a word", error))
}

/// The person's role; none when there is no such person (any more).
pub fn role(connection: &Connection, person: PersonId) -> Result<Option<Role>> {
    connection
        .prepare_cached("select role from person where id = ?1")?
        .query_row([person.to_string()], |row| row.get::<_, String>(0))
        .optional()?
        .map(|role| parse(&role))
        .transpose()
}

/// The grids this person works in, in order of their ids.
pub fn grids(connection: &Connection, person: PersonId) -> Result<Vec<GridId>> {
    let mut statement = connection
        .prepare_cached("select grid from person_grid where person = ?1 order by grid")?;
    let rows = statement.query_map([person.to_string()], |row| row.get::<_, String>(0))?;
    rows.map(|grid| {
        grid?
            .parse()
            .map_err(|error| Error::internal("a grid id", error))
    })
    .collect()
}

/// The grids this person works in on that day: those of a substitute begin and end with a day.
pub fn grids_on(connection: &Connection, person: PersonId, day: NaiveDate) -> Result<Vec<GridId>> {
    let mut statement = connection.prepare_cached(
        "select grid from person_grid where person = ?1 and (from_day is null or from_day <= ?2)
           and (to_day is null or to_day >= ?2) order by grid",
    )?;
    let rows = statement.query_map([person.to_string(), day.to_string()], |row| {
        row.get::<_, String>(0)
    })?;
    rows.map(|grid| {
        grid?
            .parse()
            .map_err(|error| Error::internal("a grid id", error))
    })
    .collect()
}

/// The person with the grids of that day.
pub fn by_id_on(
    connection: &Connection,
    person: PersonId,
    day: NaiveDate,
) -> Result<Option<Person>> {
    let Some(known) = by_id(connection, person)? else {
        return Ok(None);
    };
    Ok(Some(Person {
        grids: known.grids_on(day),
        ..known
    }))
}

/// The grids that this person has for some days only, in order of their ids.
pub fn covers(connection: &Connection, person: PersonId) -> Result<Vec<Cover>> {
    let day = |day: Option<String>| {
        day.map(|day| day.parse().map_err(|error| Error::internal("a day", error)))
            .transpose()
    };
    let mut statement = connection.prepare_cached(
        "select grid, from_day, to_day from person_grid
         where person = ?1 and (from_day is not null or to_day is not null) order by grid",
    )?;
    let rows = statement.query_and_then([person.to_string()], |row| {
        let grid: String = row.get(0)?;
        let grid = grid
            .parse()
            .map_err(|error| Error::internal("a grid id", error))?;
        Ok::<_, Error>(Cover {
            grid,
            from: day(row.get(1)?)?,
            to: day(row.get(2)?)?,
        })
    })?;
    rows.collect()
}

/// Who logs in with this name.
pub fn by_login(connection: &Connection, login: &str) -> Result<Option<PersonId>> {
    connection
        .query_row("select id from person where login = ?1", [login], |row| {
            row.get::<_, String>(0)
        })
        .optional()?
        .map(|id| {
            id.parse()
                .map_err(|error| Error::internal("a person id", error))
        })
        .transpose()
}

/// The name this person logs in with.
pub fn login(connection: &Connection, person: PersonId) -> Result<Option<String>> {
    Ok(connection
        .query_row(
            "select login from person where id = ?1",
            [person.to_string()],
            |row| row.get::<_, Option<String>>(0),
        )
        .optional()?
        .flatten())
}

/// The person as phones and screens know them.
pub fn by_id(connection: &Connection, person: PersonId) -> Result<Option<Person>> {
    let row = connection
        .query_row(
            "select name, role, department from person where id = ?1",
            [person.to_string()],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, Option<String>>(2)?,
                ))
            },
        )
        .optional()?;
    let Some((name, role, department)) = row else {
        return Ok(None);
    };
    Ok(Some(Person {
        id: person,
        name,
        role: parse(&role)?,
        grids: grids(connection, person)?,
        department: department
            .map(|id| {
                id.parse()
                    .map_err(|error| Error::internal("a department id", error))
            })
            .transpose()?,
        covers: covers(connection, person)?,
    }))
}

/// The office that somebody works for, if any.
pub fn department(connection: &Connection, person: PersonId) -> Result<Option<DepartmentId>> {
    let found = connection
        .prepare_cached("select department from person where id = ?1")?
        .query_row([person.to_string()], |row| row.get::<_, Option<String>>(0))
        .optional()?
        .flatten();
    let parsed = found.map(|id| id.parse());
    parsed
        .transpose()
        .map_err(|error| Error::internal("a department id", error))
}

/// Writes a person and their grids over what was there.
pub fn put(connection: &Connection, person: &Person, login: Option<&str>) -> Result<()> {
    let id = person.id.to_string();
    connection.execute(
        "insert into person (id, login, name, role, department) values (?1, ?2, ?3, ?4, ?5)
         on conflict (id) do update set login = coalesce(excluded.login, person.login), name = excluded.name,
           role = excluded.role, department = excluded.department",
        params![
            id,
            login,
            person.name,
            word(&person.role)?,
            person.department.map(|id| id.to_string())
        ],
    )?;
    for grid in grids(connection, person.id)? {
        if !person.grids.contains(&grid) {
            connection.execute(
                "delete from person_grid where person = ?1 and grid = ?2",
                params![id, grid.to_string()],
            )?;
        }
    }
    for grid in &person.grids {
        let cover = person.covers.iter().find(|cover| cover.grid == *grid);
        let day =
            |of: fn(&Cover) -> Option<NaiveDate>| cover.and_then(of).map(|day| day.to_string());
        connection.execute(
            "insert into person_grid (person, grid, from_day, to_day) values (?1, ?2, ?3, ?4)
             on conflict (person, grid) do update set from_day = excluded.from_day, to_day = excluded.to_day",
            params![id, grid.to_string(), day(|cover| cover.from), day(|cover| cover.to)],
        )?;
    }
    Ok(())
}
