//! 房屋: a door is added, split, made void, taken back. Each is one transaction, however many documents it begins; what is
//! listed already is said first, and never decided here.

use crate::{
    Phone, care,
    documents::{self, Edit, Identity, Target},
    error::{Answer, Failure},
    households::{self, COLUMNS, Lookups},
    reference,
    settings::drop_drafts,
    view::{BuildingChoice, HouseholdDetail, HouseholdRow, NewDoor, SplitInto, VoidInput},
};
use chrono::NaiveDate;
use gridwalk_core::{
    act::Act,
    error::Code,
    household::{
        Dwelling, DwellingAct, DwellingEvent, FieldChange, HouseholdEdit, HouseholdView, NewMember,
        Part, VoidReason, door_key,
    },
    ids::{BuildingId, DwellingEventId, GridId, HouseholdId, MemberId},
    time::Timestamp,
};
use rusqlite::{Connection, params};
use std::collections::BTreeSet;

impl Phone {
    /// Buildings in which this worker may add a door, in walking order.
    pub fn building_choices(&self) -> Answer<Vec<BuildingChoice>> {
        let grids = self
            .who()?
            .identity
            .worker
            .grids_on(self.now().local_date());
        self.database().read(|db| {
            let mut buildings = reference::buildings(db)?;
            buildings.retain(|building| grids.contains(&building.grid));
            buildings.sort_by_key(|building| (building.walking_order, building.id));
            buildings
                .iter()
                .map(|building| {
                    Ok(BuildingChoice {
                        id: building.id,
                        name: households::building_words(building),
                        units: units(db, building.id)?,
                    })
                })
                .collect()
        })
    }

    /// Doors of this address that are listed, or were: however it is typed, 502-A and ５０２ａ are one.
    pub fn doors_like(
        &self,
        building: BuildingId,
        unit: String,
        room: String,
    ) -> Answer<Vec<HouseholdRow>> {
        let today = self.now().local_date();
        self.database()
            .read(|db| rows_of(db, like(db, building, &unit, &room)?, today))
    }

    /// Doors that were made void: taken back from here.
    pub fn void_households(&self) -> Answer<Vec<HouseholdRow>> {
        let today = self.now().local_date();
        self.database().read(|db| {
            let lookups = Lookups::read(db, today)?;
            let mut rows: Vec<HouseholdRow> = db
                .prepare_cached(&format!("select {COLUMNS} from household where void <> 0"))?
                .query_map([], |row| Ok(lookups.row(row)))?
                .collect::<Result<_, _>>()?;
            rows.sort_by_cached_key(|row| lookups.walk(row));
            Ok(rows)
        })
    }

    /// A door that is not listed yet. One of the same address is `DUPLICATE_DWELLING`, unless the worker goes on all the same.
    pub fn add_dwelling(&self, door: NewDoor) -> Answer<HouseholdDetail> {
        let id = HouseholdId(self.new_id()?);
        self.rearrange(id, |db, who, act| {
            let building = reference::building(db, door.building)?
                .filter(|building| {
                    let grids = who.worker.grids_on(act.recorded_at.local_date());
                    grids.contains(&building.grid)
                })
                .ok_or_else(|| Failure::new(Code::MissingPlace, "no such building here"))?;
            let new = Dwelling {
                id,
                building: building.id,
                unit: door.unit.trim().to_owned(),
                room: door.room.trim().to_owned(),
            };
            nobody_has(db, &new, door.even_so)?;
            let title = [&households::building_words(&building), &new.unit, &new.room]
                .into_iter()
                .filter(|part| !part.is_empty())
                .cloned()
                .collect::<Vec<_>>()
                .join(" ");
            let target = target(id, building.grid, title, id.to_string());
            let edit = Edit::AddDwelling {
                new,
                part_of: None,
                fields: Vec::new(),
                members: Vec::new(),
            };
            documents::record(db, who, &target, &[edit], act)?;
            drop_drafts(db, &["new-door".to_owned()])
        })
    }

    /// 拆分: the pieces begin with what is still true, and the whole leaves the lists.
    pub fn split_dwelling(
        &self,
        household: HouseholdId,
        split: SplitInto,
    ) -> Answer<HouseholdDetail> {
        let event = DwellingEventId(self.new_id()?);
        let mut into = Vec::with_capacity(split.rooms.len());
        for room in &split.rooms {
            into.push(Part {
                id: HouseholdId(self.new_id()?),
                room: room.trim().to_owned(),
            });
        }
        let mut fresh = Vec::new();
        let known = self.database().read(|db| households::view(db, household))?;
        for _ in &known.members {
            fresh.push(MemberId(self.new_id()?));
        }
        self.rearrange(household, |db, who, act| {
            let whole = households::view(db, household)?;
            let grid = care::grid_of(db, household)?.unwrap_or(who.home(act.recorded_at));
            let title = households::title(db, household, act.recorded_at)?;
            let edit = HouseholdEdit::SplitDwelling {
                event,
                into: into.clone(),
            };
            let record = event.to_string();
            let of_whole = target(household, grid, title.clone(), record.clone());
            documents::record(db, who, &of_whole, &[Edit::Household(edit)], act)?;
            for (place, part) in into.iter().enumerate() {
                let new = Dwelling {
                    id: part.id,
                    building: whole.building,
                    unit: whole.unit.clone(),
                    room: part.room.clone(),
                };
                nobody_has(db, &new, split.even_so)?;
                let stays = split.stays.is_some_and(|stays| stays as usize == place);
                let edit = Edit::AddDwelling {
                    new,
                    part_of: Some((event, household)),
                    fields: if stays {
                        undisputed(&whole)
                    } else {
                        Vec::new()
                    },
                    members: if stays {
                        moved(&whole, &fresh)
                    } else {
                        Vec::new()
                    },
                };
                let of_part = target(part.id, grid, title.clone(), record.clone());
                documents::record(db, who, &of_part, &[edit], act)?;
            }
            Ok(())
        })
    }

    /// 注销: it leaves the lists and the visits that are due; its history stays, and it can be taken back.
    pub fn void_dwelling(
        &self,
        household: HouseholdId,
        input: VoidInput,
    ) -> Answer<HouseholdDetail> {
        let edit = HouseholdEdit::VoidDwelling {
            event: DwellingEventId(self.new_id()?),
            reason: input.reason,
            note: input.note.filter(|note| !note.trim().is_empty()),
            same_as: input.same_as,
        };
        self.edit_household(household, edit, &[])
    }

    /// 恢复: everything that made it void is taken back. Pieces of a split that nobody has worked with leave with it.
    pub fn take_back_dwelling(&self, household: HouseholdId) -> Answer<HouseholdDetail> {
        let event = DwellingEventId(self.new_id()?);
        let standing = self.database().read(|db| households::view(db, household))?;
        let pieces: Vec<HouseholdId> = standing_voids(&standing)
            .flat_map(|event| match &event.act {
                DwellingAct::Split { into, .. } => into.as_slice(),
                _ => &[],
            })
            .map(|part| part.id)
            .collect();
        let mut fresh = Vec::new();
        for _ in &pieces {
            fresh.push(DwellingEventId(self.new_id()?));
        }
        self.rearrange(household, |db, who, act| {
            let view = households::view(db, household)?;
            let events = standing_voids(&view).map(|event| event.act.id()).collect();
            let edit = HouseholdEdit::TakeBackDwelling { event, events };
            put(db, who, act, household, edit, event)?;
            for (piece, fresh) in pieces.iter().zip(&fresh) {
                if !untouched(db, *piece)? {
                    continue; // somebody was there: a person has to say what becomes of it
                }
                let edit = HouseholdEdit::VoidDwelling {
                    event: *fresh,
                    reason: VoidReason::SplitTakenBack,
                    note: None,
                    same_as: None,
                };
                put(db, who, act, *piece, edit, event)?;
            }
            Ok(())
        })
    }

    /// One transaction, and what the screen shows next.
    fn rearrange(
        &self,
        shown: HouseholdId,
        write: impl FnOnce(&Connection, &Identity, &Act) -> Answer<()>,
    ) -> Answer<HouseholdDetail> {
        let who = self.who()?;
        let now = self.now();
        let act = who.identity.act(now);
        let worker = Some(who.identity.worker.id);
        let detail = self.database().write(|db| {
            write(db, &who.identity, &act)?;
            Ok(households::detail(db, shown, now, worker))
        })?;
        self.wake(false);
        detail
    }
}

fn target(document: HouseholdId, grid: GridId, title: String, record: String) -> Target {
    Target {
        document: document.into(),
        grid,
        title,
        record,
        severity: None,
    }
}

/// One edit of a household, as part of the record that `event` names.
fn put(
    db: &Connection,
    who: &Identity,
    act: &Act,
    household: HouseholdId,
    edit: HouseholdEdit,
    event: DwellingEventId,
) -> Answer<()> {
    let title = households::title(db, household, act.recorded_at)?;
    let target = target(
        household,
        who.home(act.recorded_at),
        title,
        event.to_string(),
    );
    documents::record(db, who, &target, &[Edit::Household(edit)], act)
}

/// Refuses an address that a standing door has.
fn nobody_has(db: &Connection, new: &Dwelling, even_so: bool) -> Answer<()> {
    if even_so {
        return Ok(());
    }
    match standing_like(db, new.building, &new.unit, &new.room)?
        .into_iter()
        .find(|id| *id != new.id)
    {
        None => Ok(()),
        Some(known) => Err(Failure::new(
            Code::DuplicateDwelling,
            format!("{known} has this address"),
        )),
    }
}

fn units(db: &Connection, building: BuildingId) -> Answer<Vec<String>> {
    Ok(db
        .prepare_cached(
            "select distinct unit from household where building = ?1 and void = 0 and unit <> '' order by unit",
        )?
        .query_map([building.0], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// Standing doors of this address.
fn standing_like(
    db: &Connection,
    building: BuildingId,
    unit: &str,
    room: &str,
) -> Answer<Vec<HouseholdId>> {
    addressed(db, building, unit, room, "and void = 0")
}

/// The same, with those that were made void; what stands comes first.
fn like(db: &Connection, building: BuildingId, unit: &str, room: &str) -> Answer<Vec<HouseholdId>> {
    addressed(db, building, unit, room, "order by void")
}

fn addressed(
    db: &Connection,
    building: BuildingId,
    unit: &str,
    room: &str,
    which: &str,
) -> Answer<Vec<HouseholdId>> {
    let wanted = door_key(unit, room);
    let mut select = db.prepare_cached(&format!(
        "select unit, room, id from household where building = ?1 {which}"
    ))?;
    let mut rows = select.query(params![building.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (unit, room): (String, String) = (row.get(0)?, row.get(1)?);
        if door_key(&unit, &room) == wanted {
            found.push(HouseholdId(row.get(2)?));
        }
    }
    Ok(found)
}

fn rows_of(
    db: &Connection,
    ids: impl IntoIterator<Item = HouseholdId>,
    today: NaiveDate,
) -> Answer<Vec<HouseholdRow>> {
    let mut found = Vec::new();
    for id in ids {
        let lookups = Lookups::of_door(db, id, today)?;
        found.extend(households::rows(db, [id], &lookups)?.remove(&id));
    }
    Ok(found)
}

/// Other standing doors of the address of this one.
pub(crate) fn same_door(
    db: &Connection,
    view: &HouseholdView,
    today: NaiveDate,
) -> Answer<Vec<HouseholdRow>> {
    if view.void {
        return Ok(Vec::new());
    }
    let mut ids = standing_like(db, view.building, &view.unit, &view.room)?;
    ids.retain(|id| *id != view.id);
    rows_of(db, ids, today)
}

/// Doors that the history of this one names, as far as this phone has them.
pub(crate) fn related(
    db: &Connection,
    view: &HouseholdView,
    today: NaiveDate,
) -> Answer<Vec<HouseholdRow>> {
    let mut ids: BTreeSet<HouseholdId> = view.part_of.into_iter().collect();
    for event in &view.events {
        match &event.act {
            DwellingAct::Split { into, .. } => ids.extend(into.iter().map(|part| part.id)),
            DwellingAct::Void {
                same_as: Some(same),
                ..
            } => {
                ids.insert(*same);
            }
            _ => {}
        }
    }
    rows_of(db, ids, today)
}

fn standing_voids(view: &HouseholdView) -> impl Iterator<Item = &DwellingEvent> {
    view.events.iter().filter(|event| {
        let voids = matches!(
            event.act,
            DwellingAct::Void { .. } | DwellingAct::Split { .. }
        );
        voids && !event.taken_back
    })
}

/// What is undisputed goes along; two values at once stay where a person has to settle them.
fn undisputed(whole: &HouseholdView) -> Vec<FieldChange> {
    whole
        .fields
        .iter()
        .filter_map(|field| match field.values.as_slice() {
            [one] => Some(one.value.clone()),
            _ => None,
        })
        .collect()
}

fn moved(whole: &HouseholdView, fresh: &[MemberId]) -> Vec<NewMember> {
    whole
        .members
        .iter()
        .zip(fresh)
        .map(|(known, id)| NewMember {
            id: *id,
            ..known.member.clone()
        })
        .collect()
}

/// A piece that stands, and at which nobody has done anything since it began.
fn untouched(db: &Connection, piece: HouseholdId) -> Answer<bool> {
    let view = match households::view(db, piece) {
        Err(failure) if failure.code == Code::NotFound => return Ok(false),
        other => other?,
    };
    let named: bool = db
        .prepare_cached(
            "select exists (select 1 from care_plan where household = ?1) or exists (select 1 from incident where household = ?1)",
        )?
        .query_row([piece.0], |row| row.get(0))?;
    let began = view.events.iter().map(|event| event.at).min();
    let changed = |at: Timestamp| began.is_none_or(|began| at > began);
    let fields = view.fields.iter().flat_map(|field| &field.values);
    Ok(!view.void
        && !named
        && view.visits.is_empty()
        && !fields.into_iter().any(|value| changed(value.at))
        && !view.members.iter().any(|member| changed(member.since)))
}
