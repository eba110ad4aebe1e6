//! The real window, driven like a thumb would drive it: a photo with a face on it, all the way to the centre; then a day
//! without a network, the app killed in the middle of a patrol, everything still there, and the centre's receipts once the
//! network is back. Pictures of every screen, at the smallest and the largest text, are left in `GRIDWALK_ARTIFACTS`.

mod centre;
mod day;
mod glass;
mod line;
mod photo;
mod screens;

use centre::Centre;
use glass::{Glass, named};
use gridwalk_core::time::Timestamp;
use gridwalk_fixtures::{SEED, demo_day, photos, street};
use gridwalk_proof::{
    holdings::Holdings,
    process::{Outcome, begin, run},
};
use line::Line;
use serde::Deserialize;
use std::path::{Path, PathBuf};

const WORKER: &str = "lin-xiao";

/// Two reports and a photo reached the centre before the network went; nothing after them may claim so.
const ARRIVED_BEFORE: usize = 3;

/// What `gridwalk holdings` prints.
#[derive(Deserialize)]
struct OfPhone {
    recorded: Holdings,
    acknowledged: Holdings,
}

fn pictures() -> PathBuf {
    let root = std::env::var_os("GRIDWALK_ARTIFACTS").map_or_else(std::env::temp_dir, Into::into);
    root.join("window")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_network_outlives_the_process_and_arrives() -> Outcome<()> {
    begin(Timestamp::from_shanghai(demo_day(), 9, 0).ok_or("no such morning")?);
    // Pictures of an earlier run would pass for this one's.
    if pictures().exists() {
        std::fs::remove_dir_all(pictures())?;
    }
    let folder = tempfile::tempdir()?;
    let phone = folder.path().join("phone");
    let mut centre = Centre::seeded(&folder.path().join("centre"))?;
    let before = centre.holdings()?;
    let line = Line::to(centre.place()).await?;

    centre.open()?;
    let glass = Glass::open(&phone, &pictures()).await?;
    enrols(&glass, &centre, &line).await?;
    centre.close();

    let file = photo::camera_file(folder.path())?;
    photo::is_refused_in_words_on_a_full_disk(&glass, &phone, &file).await?;
    photo::is_covered_stamped_and_received(&glass, &mut centre, &line, &file).await?;
    centre.close();

    day::reads_the_brief(&glass).await?;
    let door = visits_a_door(&glass).await?;
    let incident = reports_a_hazard(&glass, folder.path()).await?;
    walks_two_checkpoints(&glass).await?;
    glass.kill()?;

    let glass = Glass::open(&phone, &pictures()).await?;
    finds_everything(&glass, &door, &incident).await?;
    ends_the_patrol(&glass).await?;
    day::puts_a_hazard_right(&glass, folder.path()).await?;
    day::knocks(&glass).await?;
    day::puts_a_visit_off(&glass).await?;
    day::looks_after_somebody(&glass).await?;
    day::reads_and_confirms(&glass).await?;
    centre.open()?;
    sees_everything_arrive(&glass, &door, &incident).await?;
    screens::shows_each_at_both_sizes(&glass, &door, &incident).await?;
    drop(glass);
    centre.close();

    let held: OfPhone =
        serde_json::from_str(&run("gridwalk", &["holdings", "--data", &text(&phone)])?)?;
    let merged = centre.holdings()?.without(&before);
    assert_eq!(held.recorded, held.acknowledged);
    assert_eq!(held.acknowledged, merged);
    let counts: Vec<_> = merged
        .rows()
        .map(|(what, names)| (what, names.len()))
        .into();
    let expected = [
        ("visits", 4),
        ("incident_events", 4),
        ("patrols", 1),
        ("checkpoint_hits", 2),
        ("photos", 4),
    ];
    assert_eq!(counts, expected);
    Ok(())
}

async fn enrols(glass: &Glass, centre: &Centre, line: &Line) -> Outcome<()> {
    glass.screen("enrol").await?;
    glass.picture("enrol").await?;
    glass.write("enrol-server", &line.address).await?;
    glass.write("enrol-code", "000000").await?;
    glass.tap("enrol-submit").await?;
    glass
        .holds("document.querySelector('[data-testid=enrol-problem][data-code=CODE_WRONG]')")
        .await?;
    glass.picture("enrol-wrong-code").await?;
    glass.clear("enrol-code").await?;
    glass
        .write("enrol-code", &centre.enrolment_code(WORKER)?)
        .await?;
    glass.tap("enrol-submit").await?;
    glass.screen("today").await?;
    // The street has to be on the phone before the network goes.
    glass.go("/households").await?;
    glass
        .holds("document.querySelector('[data-testid=household-list]').dataset.rows > 300")
        .await?;
    glass.holds(&chip_is("cloud")).await
}

/// 没变化, in one tap, at the first door of today's list. Answers with the household's id.
async fn visits_a_door(glass: &Glass) -> Outcome<String> {
    glass.tap("tab-today").await?;
    glass.screen("today").await?;
    glass
        .tap_css("[data-testid^='task-'][data-kind=visit]")
        .await?;
    glass.screen("visit").await?;
    let path = glass.value("location.hash").await?;
    let door = path
        .as_str()
        .and_then(|path| path.split('/').nth(2))
        .ok_or("the visit is at no household")?
        .to_owned();
    glass.tap("visit-no-change").await?;
    glass
        .holds("!document.querySelector('[data-testid=screen-visit]') || document.querySelector('[data-testid=visit-others-leave]')")
        .await?;
    glass.go(&format!("/households/{door}")).await?;
    glass.screen("household").await?;
    glass.holds(&shown("visit-item", "local")).await?;
    Ok(door)
}

/// Photo, category, save: three taps besides the camera's own. Answers with the incident's id.
async fn reports_a_hazard(glass: &Glass, folder: &Path) -> Outcome<String> {
    let file = folder.join("camera.jpg");
    std::fs::write(&file, photos::photo(photos::Variant::Located))?;
    glass.tap("back").await?;
    glass.tap("tab-report").await?;
    glass.screen("report").await?;
    glass.give_file("report-photo", &file).await?;
    glass
        .holds("document.querySelector('[data-testid=report-photo-shown]').naturalWidth > 0")
        .await?;
    glass.tap("report-category-F01001").await?;
    glass.tap("report-save").await?;
    glass.screen("incident").await?;
    let path = glass.value("location.hash").await?;
    let id = path.as_str().and_then(|path| path.split('/').nth(2));
    Ok(id.ok_or("no incident was opened")?.to_owned())
}

/// One plate read, one point taken by hand with a reason.
async fn walks_two_checkpoints(glass: &Glass) -> Outcome<()> {
    let street = street(SEED, demo_day());
    let worker = street
        .people
        .iter()
        .find(|person| person.login == WORKER)
        .ok_or("no such worker")?;
    let plan = street
        .plans
        .iter()
        .find(|plan| worker.grids.contains(&plan.grid))
        .ok_or("no plan")?;
    let first = street
        .grids
        .iter()
        .flat_map(|grid| &grid.checkpoints)
        .find(|point| point.id == plan.checkpoints[0])
        .ok_or("a plan without its first point")?;
    glass.go("/today").await?;
    glass.screen("today").await?;
    glass.tap("patrol-open").await?;
    glass.screen("patrol").await?;
    glass.tap(&format!("patrol-plan-{}", plan.id)).await?;
    glass.tap("patrol-start").await?;
    glass.tap("patrol-hit-1").await?;
    glass.write("hit-code", &first.code).await?;
    glass.tap("hit-save").await?;
    glass.holds(&reached(1)).await?;
    glass.tap("patrol-hit-2").await?;
    glass.tap("hit-method-manual").await?;
    glass.write("hit-reason", "二维码牌掉了").await?;
    glass.tap("hit-save").await?;
    glass.holds(&reached(2)).await?;
    glass.picture("patrol-running").await
}

/// After the process was killed: the patrol runs, visit and hazard are there, and nothing more claims to have arrived.
async fn finds_everything(glass: &Glass, door: &str, incident: &str) -> Outcome<()> {
    glass.screen("today").await?;
    glass.go("/patrol").await?;
    glass.holds(&reached(2)).await?;
    glass.go(&format!("/households/{door}")).await?;
    glass.holds(&shown("visit-item", "local")).await?;
    glass.go(&format!("/incidents/{incident}")).await?;
    glass.screen("incident").await?;
    glass
        .holds("[...document.querySelectorAll('[data-testid=screen-incident] img')].some((i) => i.naturalWidth > 0)")
        .await?;
    glass.go("/sync").await?;
    glass.screen("sync").await?;
    glass
        .holds("document.querySelector('[data-testid=sync-item]')")
        .await?;
    let arrived = glass
        .value(
            "document.querySelectorAll('[data-testid=sync-item][data-receipt-of=centre]').length",
        )
        .await?;
    assert_eq!(arrived, ARRIVED_BEFORE);
    glass.picture("sync-offline").await
}

async fn ends_the_patrol(glass: &Glass) -> Outcome<()> {
    glass.go("/patrol").await?;
    glass.screen("patrol").await?;
    glass
        .hold(
            "patrol-finish",
            "document.querySelector('[data-testid=screen-patrol-finish]')",
        )
        .await?;
    glass.picture("patrol-finish").await?;
    glass.tap("patrol-finish-save").await?;
    glass.screen("patrol-summary").await?;
    glass.tap("patrol-done").await?;
    glass.screen("today").await
}

/// 已到中心 on every record and photo, in the list and where the worker made it.
async fn sees_everything_arrive(glass: &Glass, door: &str, incident: &str) -> Outcome<()> {
    glass.go("/sync").await?;
    glass.screen("sync").await?;
    glass.tap("sync-now").await?;
    glass
        .holds("(() => { const items = [...document.querySelectorAll('[data-testid=sync-item]')]; return items.length >= 4 && items.every((i) => i.dataset.receiptOf === 'centre') })()")
        .await?;
    glass
        .holds("document.querySelector('[data-testid=sync-item] [data-receipt=centre]').textContent.includes('已到中心')")
        .await?;
    for kind in [
        "visit",
        "incident",
        "patrol",
        "care",
        "announcement",
        "work_log",
        "photo",
    ] {
        let item = format!("document.querySelector('[data-testid=sync-item][data-kind={kind}]')");
        glass.holds(&item).await?;
    }
    glass.picture("sync-arrived").await?;
    glass.go(&format!("/households/{door}")).await?;
    glass.holds(&shown("visit-item", "centre")).await?;
    glass.go(&format!("/incidents/{incident}")).await?;
    glass.screen("incident").await?;
    glass
        .holds("document.querySelector('[data-testid=screen-incident] [data-receipt=centre]')")
        .await?;
    glass.holds(&chip_is("cloud")).await
}

fn chip_is(state: &str) -> String {
    format!("document.querySelector('[data-testid=sync-chip][data-state={state}]')")
}

/// The newest item of a kind carries that receipt.
fn shown(item: &str, receipt: &str) -> String {
    format!(
        "document.querySelector('{}').querySelector('[data-receipt={receipt}]')",
        named(item)
    )
}

fn reached(points: usize) -> String {
    format!(
        "parseInt(document.querySelector('[data-testid=patrol-reached]').textContent) === {points}"
    )
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
