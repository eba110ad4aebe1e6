//! Figures of the worker's app, never verdicts: a save beside the smallest durable transaction, a search among a year's
//! records, a door that was visited a hundred times, what a shift leaves in memory, what a year leaves on the disk, and the
//! window's start beside that of a window with nothing in it. The last line of standard output is one JSON object.
//!
//! Everything is the real thing: the phone's own library on its encrypted database, a real server process, the app's own
//! window. Data lie beside the programs, because `/tmp` may be memory and a memory has no fsync to wait for.
//!
//! `bench-app [--short] [--window]`: `--short` only shows that all this still runs, its figures mean nothing; `--window` needs
//! a screen, WebKitWebDriver and the program `empty-window`. Without it the start is null.

mod furnished;
mod search;
mod shift;
mod window;

use furnished::Furnished;
use gridwalk_core::{ids::HouseholdId, time::Timestamp};
use gridwalk_fixtures::demo_day;
use gridwalk_proof::{
    grid::Size,
    measure::Times,
    process::{Outcome, begin},
    save::{in_the_morning, saves},
};
use serde::Serialize;
use std::path::Path;

/// The phone that everything but the disk is measured on: 1,000 households with a year of visits, 5,000 cases.
const LARGE: Size = Size {
    households: 1_000,
    visits: 5,
    incidents: 5_000,
    patrols: 500,
};
/// What one grid gathers in a year (`domain.md` §4.4): 45 visits a week, 40 cases a month, two patrols on every working day.
const YEAR: Size = Size {
    households: 500,
    visits: 5,
    incidents: 480,
    patrols: 500,
};
/// Enough to show that it runs.
const SMALL: Size = Size {
    households: 60,
    visits: 2,
    incidents: 60,
    patrols: 6,
};
/// Visits at the door that was visited often.
const OFTEN: usize = 100;

/// How much is measured.
struct Scale {
    large: Size,
    year: Size,
    saves: usize,
    /// Times a phone is started to open one door.
    openings: usize,
    searches: usize,
    hours: i64,
    /// Starts of each window.
    starts: usize,
}

const WHOLE: Scale = Scale {
    large: LARGE,
    year: YEAR,
    saves: 200,
    openings: 10,
    searches: 2_000,
    hours: 8,
    starts: 9,
};
const SHORT: Scale = Scale {
    large: SMALL,
    year: SMALL,
    saves: 20,
    openings: 2,
    searches: 200,
    hours: 1,
    starts: 1,
};

#[derive(Serialize)]
struct Figures {
    cold_start_ratio: Option<f64>,
    save_ratio: f64,
    search_p99_ms: f64,
    household_100_visits_ms: f64,
    shift_growth_mb: f64,
    db_mb_per_grid_year: f64,
}

fn main() -> Outcome<()> {
    let nine = Timestamp::from_shanghai(demo_day(), 9, 0).ok_or("no such morning")?;
    let (mut scale, mut with_window) = (WHOLE, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--short" => scale = SHORT,
            "--window" => with_window = true,
            "shift" => {
                let usage = "usage: bench-app shift DATA HOURS";
                let data = arguments.next().ok_or(usage)?;
                let hours = arguments.next().ok_or(usage)?.parse()?;
                return shift::work(Path::new(&data), nine, hours);
            }
            other => return Err(format!("{other}? usage: bench-app [--short] [--window]").into()),
        }
    }
    begin(nine);
    let beside = std::env::current_exe()?;
    let folder = tempfile::tempdir_in(beside.parent().ok_or("a program without a folder")?)?;
    let at = |name: &str| folder.path().join(name);

    let large = Furnished::new(&at("large"), nine, scale.large, Some(OFTEN))?;
    println!(
        "{:<44}{:>9}{:>9}{:>9}{:>9}{:>6}",
        "milliseconds", "floor", "median", "90 %", "99 %", "n"
    );
    let saves = saves(&large.phone, &at("raw.db"), scale.saves)?;
    row("save a visit on the phone", &saves.phone);
    row("one raw SQLite FULL transaction", &saves.raw);
    let searched = search::times(&large.phone, scale.searches)?;
    row("search", &searched.usual);
    row("the first search after a start", &searched.first);
    let often = large.often.ok_or("no door that was visited often")?;
    let door = open_door(&large.phone, often, scale.openings)?;
    row("open a household with 100 visits", &door);
    let opened = opened(&large.phone, scale.openings)?;
    row("open the phone", &opened.phone);
    row("its list of today", &opened.today);
    println!();

    let hours = shift::measure(&large.phone, scale.hours)?;
    let starts = match with_window {
        true => Some(window::starts(&large.phone, scale.starts)?),
        false => {
            println!("the window was not started: --window was not asked for");
            None
        }
    };
    if let Some(starts) = &starts {
        row("window to a list that can be used", &starts.app);
        row("window with nothing in it", &starts.empty);
        let [begun, known, seen] = &starts.page;
        row("of the page: its script begins", begun);
        row("of the page: the phone's answers are there", known);
        row("of the page: a row was seen", seen);
        row("from a letter to the rows it finds, drawn", &starts.found);
    }
    drop(large);

    let year = Furnished::new(&at("year"), nine, scale.year, None)?;
    let bytes = year.database_bytes()?;
    println!(
        "a year of {} households, {} visits, {} cases and {} patrols takes {bytes} bytes",
        scale.year.households,
        scale.year.households * scale.year.visits,
        scale.year.incidents,
        scale.year.patrols
    );

    let figures = Figures {
        cold_start_ratio: starts
            .map(|starts| rounded(starts.app.median() / starts.empty.median(), 3)),
        save_ratio: rounded(saves.phone.median() / saves.raw.median(), 2),
        search_p99_ms: rounded(searched.usual.p99(), 2),
        household_100_visits_ms: rounded(door.worst(), 2),
        shift_growth_mb: rounded(shift::growth(&hours)?, 2),
        db_mb_per_grid_year: rounded(bytes as f64 / 1e6, 2),
    };
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

fn row(what: &str, times: &Times) {
    println!(
        "{what:<44}{:>9.2}{:>9.2}{:>9.2}{:>9.2}{:>6}",
        times.floor(),
        times.median(),
        times.p90(),
        times.p99(),
        times.n()
    );
}

fn rounded(figure: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (figure * scale).round() / scale
}

/// What the window's start waits for behind it.
struct Opened {
    phone: Times,
    /// As JSON, as the window gets it.
    today: Times,
}

fn opened(phone: &Path, times: usize) -> Outcome<Opened> {
    let (mut of_phone, mut of_today) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let (took, opened) = Times::of(|| in_the_morning(phone));
        of_phone.push(took);
        let (phone, _) = opened?;
        let (took, shown) = Times::of(|| -> Outcome<usize> {
            let today = phone.today()?;
            Ok(serde_json::to_string(&today)?.len())
        });
        shown?;
        of_today.push(took);
    }
    Ok(Opened {
        phone: Times::new(of_phone),
        today: Times::new(of_today),
    })
}

/// The door as the window gets it, written as JSON, by a phone that was just started.
fn open_door(phone: &Path, door: HouseholdId, times: usize) -> Outcome<Times> {
    let mut ms = Vec::new();
    for _ in 0..times {
        let (phone, _) = in_the_morning(phone)?;
        let (took, shown) = Times::of(|| -> Outcome<(usize, String)> {
            let detail = phone.household(door)?;
            Ok((detail.view.visits.len(), serde_json::to_string(&detail)?))
        });
        let (visits, json) = shown?;
        if visits < OFTEN || json.is_empty() {
            return Err(format!("the door shows {visits} visits").into());
        }
        ms.push(took);
    }
    Ok(Times::new(ms))
}
