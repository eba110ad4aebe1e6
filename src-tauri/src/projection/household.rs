//! A household's row of the list, with the column that search looks in.

use super::{settle, word};
use crate::{error::Answer, reference, search};
use gridwalk_core::{
    household::{DwellingUse, FieldChange, FieldKey, HouseholdView, Occupancy},
    ids::{BuildingId, HouseholdId},
};
use rusqlite::{Connection, params};

pub(super) fn write(db: &Connection, view: &HouseholdView) -> Answer<()> {
    // newest value last; a conflict shows its newest until a person settles it
    let latest = |key: FieldKey| {
        view.fields
            .iter()
            .find(|field| field.field == key)
            .and_then(|field| field.values.last())
            .map(|sourced| &sourced.value)
    };
    let name = match latest(FieldKey::ContactName) {
        Some(FieldChange::ContactName(name)) => name.as_str(),
        _ => "",
    };
    let phone = match latest(FieldKey::ContactPhone) {
        Some(FieldChange::ContactPhone(phone)) => phone.as_str(),
        _ => "",
    };
    let size = match latest(FieldKey::HouseholdSize) {
        Some(FieldChange::HouseholdSize(size)) => Some(*size),
        _ => None,
    };
    let vacant = matches!(
        latest(FieldKey::Use),
        Some(FieldChange::Use(DwellingUse::Vacant))
    ) || matches!(
        latest(FieldKey::Occupancy),
        Some(FieldChange::Occupancy(Occupancy::Empty | Occupancy::Left))
    );
    let conflicts = view.fields.iter().filter(|f| f.values.len() > 1).count();
    let last = view.visits.iter().max_by_key(|visit| visit.visit.ended_at);
    let building = reference::building(db, view.building)?;
    let door = search::Door {
        building: building.as_ref(),
        unit: &view.unit,
        room: &view.room,
        name,
        phone,
    };
    db.prepare_cached(
        // in place: replacing a row moves it, and every page that moves is encrypted and synced once more
        "insert into household
           (id, building, unit, room, floor, name, size, phone_masked, folded, last_visit_at, last_outcome,
            last_visit_by, no_entry_until, vacant, conflicts, view, void, next_due)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
         on conflict (id) do update set
           building = excluded.building, unit = excluded.unit, room = excluded.room, floor = excluded.floor,
           name = excluded.name, size = excluded.size, phone_masked = excluded.phone_masked,
           folded = excluded.folded, last_visit_at = excluded.last_visit_at, last_outcome = excluded.last_outcome,
           last_visit_by = excluded.last_visit_by, no_entry_until = excluded.no_entry_until,
           vacant = excluded.vacant, conflicts = excluded.conflicts, view = excluded.view, void = excluded.void,
           next_due = excluded.next_due",
    )?
    .execute(params![
        view.id.0,
        view.building.0,
        view.unit,
        view.room,
        floor(&view.room),
        name,
        size,
        masked(phone),
        search::folded(&door),
        last.map(|visit| visit.visit.ended_at.0),
        last.map(|visit| word(&visit.visit.outcome)).transpose()?,
        last.map(|visit| visit.by.0),
        view.no_entry_until.map(|day| day.to_string()),
        vacant,
        conflicts,
        serde_json::to_string(view)?,
        view.void,
        last.and_then(|visit| visit.visit.next_due)
            .map(|day| day.to_string()),
    ])?;
    search::household(db, view, &door)?;
    let settled: Vec<_> = view
        .visits
        .iter()
        .filter_map(|visit| Some((visit.visit.task?, visit.visit.ended_at)))
        .collect();
    settle(db, view.id.into(), &settled)
}

/// A building's row came after its doors: what search looks in names it from now on.
pub(crate) fn fold_buildings(db: &Connection, buildings: &[BuildingId]) -> Answer<()> {
    for building in buildings {
        let doors: Vec<(HouseholdId, String)> = db
            .prepare_cached("select id, view from household where building = ?1")?
            .query_map([building.0], |row| {
                Ok((HouseholdId(row.get(0)?), row.get(1)?))
            })?
            .collect::<Result<_, _>>()?;
        for (_, view) in doors {
            write(db, &serde_json::from_str(&view)?)?;
        }
    }
    Ok(())
}

/// Everything that is stored becomes findable, as when it was written.
pub(crate) fn find_again(db: &Connection) -> Answer<()> {
    let doors: Vec<String> = db
        .prepare("select view from household")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for view in doors {
        write(db, &serde_json::from_str(&view)?)?;
    }
    let cases: Vec<String> = db
        .prepare("select view from incident")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for view in cases {
        search::incident(db, &serde_json::from_str(&view)?)?;
    }
    let places: Vec<String> = db
        .prepare("select view from place")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    places
        .iter()
        .try_for_each(|view| search::place(db, &serde_json::from_str(view)?))
}

/// `142****0123`
pub(super) fn masked(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    match digits.len() {
        0..5 => String::new(),
        many => format!(
            "{}****{}",
            digits[..3.min(many - 4)].iter().collect::<String>(),
            digits[many - 4..].iter().collect::<String>()
        ),
    }
}

/// The floor that a room number tells: `502` is on 5, `1203-A` on 12, `负1-02` on -1. None where it does not.
pub(crate) fn floor(room: &str) -> Option<i32> {
    if let Some(below) = room.strip_prefix('负') {
        let digits: String = below.chars().take_while(char::is_ascii_digit).collect();
        return digits.parse::<i32>().ok().map(|floor| -floor);
    }
    let digits: String = room.chars().take_while(char::is_ascii_digit).collect();
    match digits.len() {
        3 | 4 => digits[..digits.len() - 2].parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_is_read_from_a_room_number_and_never_guessed_otherwise() {
        assert_eq!(floor("502"), Some(5));
        assert_eq!(floor("1203-A"), Some(12));
        assert_eq!(floor("负1-02"), Some(-1));
        assert_eq!(floor("东户"), None);
        assert_eq!(floor("商铺12-1"), None);
        assert_eq!(floor("7"), None);
    }

    #[test]
    fn a_phone_number_shows_its_ends_only() {
        assert_eq!(masked("14200000123"), "142****0123");
        assert_eq!(masked("142 0000 0123"), "142****0123");
        assert_eq!(masked("12345"), "1****2345");
        assert_eq!(masked("1234"), "");
        assert_eq!(masked(""), "");
    }
}
