//! 采集表: forms with their doors, one door prefilled, and handing it in. Only what is empty, old or disputed is asked; the
//! rest stands as it is known.

use crate::{
    Phone,
    delivery::{receipt_of, refused_edits},
    documents::{self, Edit, Noun, Target},
    error::{Answer, Failure},
    households::{self, Lookups, days_between},
    reference,
    settings::drop_drafts,
    view::{FormDetail, FormDoor, FormDoorRow, FormHere, FormInput, FormRow},
};
use chrono::NaiveDate;
use gridwalk_core::{
    error::Code,
    form::{self, Campaign, FormName, FormTemplate, FormView, HandedIn, NewFormResponse},
    household::{HouseholdEdit, HouseholdView},
    ids::{FormResponseId, HouseholdId},
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

impl Phone {
    /// Every form of this round, those that are due first.
    pub fn forms(&self) -> Answer<Vec<FormRow>> {
        let today = self.now().local_date();
        self.database().read(|db| rows(db, today))
    }

    /// One form with its doors.
    pub fn form(&self, form: String, round: String) -> Answer<FormDetail> {
        let now = self.now();
        self.database().read(|db| {
            let asked = Asked::read(db, &form, &round)?;
            Ok(FormDetail {
                row: asked.row(db, now.local_date())?,
                doors: asked.doors(db, now)?,
                template: asked.template,
            })
        })
    }

    /// One door of it, prefilled, with an id so that saving twice is done once. Nothing is stored yet.
    pub fn form_door(
        &self,
        form: String,
        round: String,
        household: HouseholdId,
    ) -> Answer<FormDoor> {
        self.who()?;
        let now = self.now();
        let id = FormResponseId(self.new_id()?);
        self.database().read(|db| {
            let asked = Asked::read(db, &form, &round)?;
            door(db, asked, household, id, now)
        })
    }

    /// 已提交, and 已存本机. Saving the same again changes nothing.
    pub fn save_form_door(&self, household: HouseholdId, input: FormInput) -> Answer<FormDoor> {
        let who = self.who()?;
        let now = self.now();
        let act = who.identity.act(now);
        let fresh = FormResponseId(self.new_id()?);
        let FormName { id, version, round } = &input.form;
        let draft = draft_key(household, &input.form);
        let saved = self.database().write(|db| {
            let view = households::view(db, household)?;
            if view.void {
                return Err(Failure::new(Code::DwellingVoid, "nobody is asked there"));
            }
            let shown = |db: &Connection| {
                let asked = Asked::read(db, id, round)?;
                door(db, asked, household, fresh, now)
            };
            if handed_in(&view.forms, |_| true).any(|done| done.id == input.id) {
                drop_drafts(db, &[draft])?;
                return Ok(shown(db));
            }
            // nobody is asked more than the office asked for
            if !Asked::read(db, id, round)?.doors.contains(&household) {
                return Err(not_asked());
            }
            let template = reference::form(db, id, *version)?
                .ok_or_else(|| Failure::new(Code::NotFound, "no such form on this phone"))?;
            form::expired(&template, now.local_date())?;
            let title = households::title(db, household, now)?;
            let known = form::prefill(&template, &view, &title, now);
            let filled = form::fill(&template, &known, &input.answers)?;
            let response = NewFormResponse {
                id: input.id,
                form: input.form.clone(),
                answers: filled.answers,
                changes: filled.changes,
                visit: None,
            };
            form::complete(&response, &template)?;
            let target = Target {
                document: household.into(),
                grid: who.identity.home(now),
                title,
                record: input.id.to_string(),
                severity: None,
            };
            let edit = Edit::Household(HouseholdEdit::HandInForm(response));
            documents::record(db, &who.identity, &target, &[edit], &act)?;
            drop_drafts(db, &[draft])?;
            // read before the commit, as for a visit; whatever keeps it from being shown does not undo the save
            Ok(shown(db))
        })?;
        self.wake(false);
        saved
    }
}

/// A form as it is asked now: its newest version, and its doors in all grids of this phone.
struct Asked {
    template: FormTemplate,
    name: FormName,
    due: NaiveDate,
    due_time: Option<String>,
    doors: BTreeSet<HouseholdId>,
}

impl Asked {
    fn read(db: &Connection, id: &str, round: &str) -> Answer<Self> {
        let mut all = all(db)?;
        all.retain(|asked| asked.name.id == id && asked.name.round == round);
        let none = || Failure::new(Code::NotFound, "no such form on this phone");
        all.pop().ok_or_else(none)
    }

    fn row(&self, db: &Connection, today: NaiveDate) -> Answer<FormRow> {
        let (mut doors, mut done) = (0, 0);
        for id in &self.doors {
            let Some(known) = standing(db, *id)? else {
                continue;
            };
            doors += 1;
            done += u32::from(self.handed_in(&known).is_some());
        }
        let expired = form::expired(&self.template, today).is_err();
        Ok(FormRow {
            form: self.name.clone(),
            title_zh: self.template.title_zh.clone(),
            title_en: self.template.title_en.clone(),
            office: self.template.office.clone(),
            due: self.due,
            due_time: self.due_time.clone(),
            overdue_days: days_between(self.due, today),
            due_now: self.due <= today && done < doors && !expired,
            doors,
            done,
            expired,
        })
    }

    /// That a door handed in this round, under the version that is asked or a later one. Whoever answered an earlier one
    /// is asked once more, for what the newer asks besides.
    fn handed_in<'a>(&self, forms: &'a [FormView]) -> Option<&'a HandedIn> {
        let asked = &self.name;
        handed_in(forms, |form| {
            form.id == asked.id && form.round == asked.round && form.version >= asked.version
        })
        .max_by_key(|done| done.at)
    }

    /// Its doors in walking order, those that are left first.
    fn doors(&self, db: &Connection, now: Timestamp) -> Answer<Vec<FormDoorRow>> {
        let lookups = Lookups::read(db, now.local_date())?;
        let known = households::rows(db, self.doors.iter().copied(), &lookups)?;
        let mut known: Vec<_> = known.into_values().filter(|door| !door.void).collect();
        known.sort_by_cached_key(|door| lookups.walk(door));
        let mut doors = Vec::with_capacity(known.len());
        for household in known {
            let view = households::view(db, household.id)?;
            let title = households::door(&household);
            let known = form::prefill(&self.template, &view, &title, now);
            let done = self.handed_in(&view.forms);
            let done_by = match done {
                Some(done) => reference::person(db, done.by)?,
                None => None,
            };
            let of_round = |form: &&FormView| form.form == self.name;
            let conflicts = view
                .forms
                .iter()
                .find(of_round)
                .map_or(0, FormView::conflicts);
            doors.push(FormDoorRow {
                done: done.is_some(),
                done_by: done_by.map(|person| person.name).unwrap_or_default(),
                done_at: done.map(|done| done.at),
                asked: count(known.iter().filter(|column| column.asked)),
                conflicts: u32::try_from(conflicts).unwrap_or(u32::MAX),
                draft: half_written(db, household.id, &self.name)?,
                household,
            });
        }
        doors.sort_by_key(|door| door.done); // stable: the order of the way stays
        Ok(doors)
    }
}

/// What is due today or was before, and not done.
pub(crate) fn due(db: &Connection, today: NaiveDate) -> Answer<Vec<FormRow>> {
    let mut due = rows(db, today)?;
    due.retain(|row| row.due_now);
    Ok(due)
}

/// Of these, the rounds that still ask at one door, those that are due first.
pub(crate) fn of_household(
    db: &Connection,
    household: HouseholdId,
    today: NaiveDate,
) -> Answer<Vec<FormHere>> {
    let Some(known) = standing(db, household)? else {
        return Ok(Vec::new());
    };
    let mut here: Vec<FormHere> = all(db)?
        .into_iter()
        .filter(|asked| asked.doors.contains(&household) && asked.due <= today)
        .filter(|asked| form::expired(&asked.template, today).is_ok())
        .filter(|asked| asked.handed_in(&known).is_none())
        .map(|asked| FormHere {
            overdue_days: days_between(asked.due, today),
            title_zh: asked.template.title_zh,
            title_en: asked.template.title_en,
            due: asked.due,
            form: asked.name,
        })
        .collect();
    here.sort_by(|a, b| (a.due, &a.form).cmp(&(b.due, &b.form)));
    Ok(here)
}

fn rows(db: &Connection, today: NaiveDate) -> Answer<Vec<FormRow>> {
    let mut rows = Vec::new();
    for asked in all(db)? {
        rows.push(asked.row(db, today)?);
    }
    // a round whose doors are all of a grid that is not read here
    rows.retain(|row: &FormRow| row.doors > 0);
    rows.sort_by_key(|row| (row.done == row.doors, row.due, row.form.clone()));
    Ok(rows)
}

/// Every round that this phone has doors of. One whose template it cannot read is of a newer centre, and not shown.
fn all(db: &Connection) -> Answer<Vec<Asked>> {
    let mut newest: BTreeMap<String, FormTemplate> = BTreeMap::new();
    for template in reference::forms(db)? {
        let known = newest.get(&template.id).map_or(0, |known| known.version);
        if template.version >= known {
            newest.insert(template.id.clone(), template);
        }
    }
    let mut rounds: BTreeMap<(String, String), Asked> = BTreeMap::new();
    for Campaign {
        form,
        round,
        due,
        due_time,
        households,
        ..
    } in reference::campaigns(db)?
    {
        let Some(template) = newest.get(&form) else {
            continue;
        };
        let due_time = due_time.map(|time| time.format("%H:%M").to_string());
        let of_grid = rounds
            .entry((form, round.clone()))
            .or_insert_with(|| Asked {
                template: template.clone(),
                name: template.name(&round),
                due,
                due_time: due_time.clone(),
                doors: BTreeSet::new(),
            });
        if due < of_grid.due {
            (of_grid.due, of_grid.due_time) = (due, due_time);
        }
        of_grid.doors.extend(households);
    }
    Ok(rounds.into_values().collect())
}

fn count<T>(rows: impl Iterator<Item = T>) -> u32 {
    u32::try_from(rows.count()).unwrap_or(u32::MAX)
}

fn handed_in(
    forms: &[FormView],
    which: impl Fn(&FormName) -> bool,
) -> impl Iterator<Item = &HandedIn> {
    let of = forms.iter().filter(move |form| which(&form.form));
    of.flat_map(|form| &form.handed_in)
}

/// What was answered at a door that is here and stands, without the rest of it: the day's list counts many.
fn standing(db: &Connection, id: HouseholdId) -> Answer<Option<Vec<FormView>>> {
    #[derive(Deserialize)]
    struct Forms {
        #[serde(default)]
        forms: Vec<FormView>,
    }
    let json: Option<String> = db
        .prepare_cached("select view from household where id = ?1 and void = 0")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    let forms = json.map(|json| serde_json::from_str::<Forms>(&json));
    Ok(forms.transpose()?.map(|read| read.forms))
}

fn not_asked() -> Failure {
    Failure::new(Code::NotFound, "the form does not ask at this door")
}

/// Where what is half written of a form at this door lies; the page keeps it there.
fn draft_key(household: HouseholdId, form: &FormName) -> String {
    format!("form:{household}:{}/{}", form.id, form.round)
}

fn half_written(db: &Connection, household: HouseholdId, form: &FormName) -> Answer<bool> {
    Ok(db
        .prepare_cached("select 1 from draft where key = ?1")?
        .exists([draft_key(household, form)])?)
}

fn door(
    db: &Connection,
    asked: Asked,
    household: HouseholdId,
    id: FormResponseId,
    now: Timestamp,
) -> Answer<FormDoor> {
    let doors = asked.doors(db, now)?;
    let at = doors.iter().position(|door| door.household.id == household);
    let at = at.ok_or_else(not_asked)?;
    // the next of the way; after the last one, what was passed over
    let next = doors.iter().skip(at + 1).chain(doors.iter().take(at));
    let next = next
        .filter(|door| !door.done)
        .map(|door| door.household.id)
        .next();
    let view: HouseholdView = households::view(db, household)?;
    let address = households::title(db, household, now)?;
    let mut mine = None;
    for form in view.forms.iter().filter(|form| form.form == asked.name) {
        for done in &form.handed_in {
            let item = done.id.to_string();
            mine = mine.or(receipt_of(
                db,
                household.into(),
                &[Noun::Form],
                Some(&item),
            )?);
        }
    }
    let refused = refused_edits(db, household.into())?
        .into_iter()
        .filter_map(|(edit, code)| match edit {
            Edit::Household(HouseholdEdit::HandInForm(response))
                if response.form.id == asked.name.id && response.form.round == asked.name.round =>
            {
                Some(code)
            }
            _ => None,
        })
        .next_back();
    Ok(FormDoor {
        id,
        row: asked.row(db, now.local_date())?,
        columns: form::prefill(&asked.template, &view, &address, now),
        door: doors[at].clone(),
        template: asked.template,
        address,
        receipt: mine,
        // once it was handed in all the same, nobody has to know
        refused: refused.filter(|_| !doors[at].done),
        next,
    })
}
