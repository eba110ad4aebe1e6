//! A centre that holds so many doors of the demo street and their ninety days: whole grids as they are, the last one
//! cut where the number is reached. Nothing is invented for it.

use crate::process::Outcome;
use gridwalk_fixtures::{SEED, demo_day, history, street};
use gridwalk_server::{AppState, Config, seed};
use std::{collections::HashSet, path::Path};

/// In this order; the first has exactly five hundred doors.
const GRIDS: [&str; 3] = ["白鹭-02", "白鹭-03", "白鹭-04"];

/// Who carries which phone.
pub struct Carriers {
    /// Login of a worker whose grid has 500 households.
    pub of_500: String,
    /// Login of a worker whose grids have 1,000 households.
    pub of_1000: String,
}

/// Seeds a fresh data folder.
pub fn seed_centre(data: &Path) -> Outcome<Carriers> {
    let mut street = street(SEED, demo_day());
    let mut past = history::history(&street);
    let grids = GRIDS.map(|name| street.grid(name).map(|grid| grid.id));
    let [Some(first), Some(second), Some(third)] = grids else {
        return Err("the demo street has lost a grid".into());
    };
    let grids = [first, second, third];
    let worker_of = |grid| {
        let mut people = street.people.iter();
        people.position(|person| person.role == "worker" && person.grids == [grid])
    };
    let one = worker_of(first).ok_or("nobody works in the first grid alone")?;
    let all = worker_of(second).ok_or("nobody works in the second grid alone")?;
    street.people[all].grids = grids.to_vec();
    let carriers = Carriers {
        of_500: street.people[one].login.clone(),
        of_1000: street.people[all].login.clone(),
    };

    street.households.retain(|door| grids.contains(&door.grid));
    street.households.truncate(1_000);
    let doors: HashSet<_> = street.households.iter().map(|door| door.id).collect();
    past.visits.retain(|visit| doors.contains(&visit.household));
    past.patrols
        .retain(|patrol| grids.contains(&patrol.created.grid));
    past.incidents.retain(|case| {
        let at = case.created.place.household;
        grids.contains(&case.created.grid) && at.is_none_or(|door| doors.contains(&door))
    });
    street.tasks.retain(|task| {
        grids.contains(&task.grid) && task.household.is_none_or(|door| doors.contains(&door))
    });
    let state = AppState::open(Config::new(data)).map_err(|error| error.to_string())?;
    seed::fill(&state, &street, &past).map_err(|error| error.to_string())?;
    Ok(carriers)
}
