//! The real window, driven like a thumb would drive it, through the worker's day of `domain.md` §5.1: row by row, at the time of
//! each row, with the network there or away as the row has it. The morning at 390×844 with the usual words, from noon on at
//! 360×640 with words half as large again; `GRIDWALK_LOOK=360x640@1.5` (or any other) walks the whole day like that. In
//! between the app is killed on a patrol, and a photo stops half way. At the end everything is at the centre, once. Pictures of every
//! screen, at both sizes with both sizes of words, are left in `GRIDWALK_ARTIFACTS`.

mod afternoon;
mod centre;
mod day;
mod glass;
mod line;
mod photo;
mod screens;

use centre::Centre;
use glass::{Glass, Look, named};
use gridwalk_core::time::Timestamp;
use gridwalk_fixtures::{SEED, demo_day, street};
use gridwalk_proof::{
    holdings::Holdings,
    process::{Outcome, begin, run, until},
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

/// A phone of today, and the smallest that has to do.
const USUAL: (u32, u32) = (390, 844);
const SMALL: (u32, u32) = (360, 640);

fn pictures() -> PathBuf {
    let root = std::env::var_os("GRIDWALK_ARTIFACTS").map_or_else(std::env::temp_dir, Into::into);
    root.join("window")
}

/// How the morning looks, and the rest of the day.
fn looks() -> Outcome<[Look; 2]> {
    let Ok(wish) = std::env::var("GRIDWALK_LOOK") else {
        return Ok([Look::of(USUAL, "1"), Look::of(SMALL, "1.5")]);
    };
    let all = [(USUAL, "390x844"), (SMALL, "360x640")];
    let words = ["1", "1.15", "1.3", "1.5"];
    let mut looks = all.into_iter().flat_map(|(size, name)| {
        words.map(|scale| (format!("{name}@{scale}"), Look::of(size, scale)))
    });
    let found = looks.find(|(name, _)| *name == wish);
    let (_, look) = found.ok_or_else(|| format!("no such look: {wish}"))?;
    Ok([look, look])
}

/// That time of the day of the demo.
fn at(hour: u32, minute: u32) -> Outcome<Timestamp> {
    Ok(Timestamp::from_shanghai(demo_day(), hour, minute).ok_or("no such time")?)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workers_day_outlives_the_process_and_arrives() -> Outcome<()> {
    let [morning, later] = looks()?;
    // The evening before: the phone belongs to its worker, and the centre has a night.
    let eve = demo_day().pred_opt().ok_or("the calendar begins")?;
    begin(Timestamp::from_shanghai(eve, 17, 40).ok_or("no such evening")?);
    // Pictures of an earlier run would pass for this one's.
    if pictures().exists() {
        std::fs::remove_dir_all(pictures())?;
    }
    let folder = tempfile::tempdir()?;
    let phone = folder.path().join("phone");
    let mut centre = Centre::seeded(&folder.path().join("centre"))?;
    let line = Line::to(centre.place()).await?;
    centre.open()?;
    let glass = Glass::open(&phone, &pictures(), morning).await?;
    enrols(&glass, &centre, &line).await?;
    glass.wears(morning.scale).await?;
    drop(glass);
    centre.close();
    let hotline = centre.has_a_night().await?;
    let before = centre.holdings()?;

    // 08:20, at the desk: Wi-Fi.
    until(at(8, 20)?);
    centre.open()?;
    let glass = Glass::open(&phone, &pictures(), morning).await?;
    day::hears_what_is_new(&glass).await?;
    centre.close();
    let file = photo::camera_file(folder.path())?;
    photo::is_refused_in_words_on_a_full_disk(&glass, &phone, &file).await?;
    photo::is_covered_stamped_and_received(&glass, &mut centre, &line, &file).await?;
    centre.close();

    // 08:30, no network from here on.
    day::reads_the_brief(&glass).await?;
    drop(glass);
    // 08:45: twelve columns by noon.
    until(at(8, 45)?);
    let glass = Glass::open(&phone, &pictures(), morning).await?;
    day::fills_a_form(&glass).await?;
    drop(glass);
    // 09:00 to 10:15: the patrol, in a basement by half past.
    until(at(9, 0)?);
    let glass = Glass::open(&phone, &pictures(), morning).await?;
    walks_two_checkpoints(&glass).await?;
    day::finds_something(&glass, "F02001", "handled_on_site").await?;
    day::puts_a_hazard_right(&glass, folder.path()).await?;
    let manhole = day::reports_a_manhole(&glass, folder.path()).await?;
    glass.kill()?;
    until(at(9, 50)?);
    let glass = Glass::open(&phone, &pictures(), morning).await?;
    finds_everything(&glass, &manhole).await?;
    ends_the_patrol(glass, morning).await?;
    // 10:20 to 11:40: doors, somebody in care, an errand for her, and what the groups shout.
    until(at(10, 20)?);
    let glass = Glass::open(&phone, &pictures(), morning).await?;
    let door = visits_a_door(&glass).await?;
    let away = day::knocks(&glass).await?;
    day::puts_a_visit_off(&glass).await?;
    day::looks_after_somebody(&glass).await?;
    day::takes_an_errand(&glass).await?;
    day::reads_an_announcement(&glass).await?;
    drop(glass);

    // 12:00: the phone runs down, and is charged over lunch.
    until(at(12, 0)?);
    let glass = Glass::open(&phone, &pictures(), later).await?;
    glass.wears(later.scale).await?;
    afternoon::runs_down(&glass, &phone).await?;
    drop(glass);
    // 13:30: a network that fails twice.
    until(at(13, 30)?);
    let glass = Glass::open(&phone, &pictures(), later).await?;
    afternoon::uploads_after_two_failures(&glass, &mut centre, &line, &manhole).await?;
    drop(glass);
    centre.close();
    // 14:00: the desk asks about a call of last night, and hears whether it is true.
    until(at(14, 0)?);
    centre.open()?;
    centre
        .asks_to_verify(hotline, "水有多深，行人过得去吗")
        .await?;
    let glass = Glass::open(&phone, &pictures(), later).await?;
    afternoon::verifies(&glass, folder.path(), hotline).await?;
    centre.close();
    // 14:30: two neighbours, and Friday.
    afternoon::listens_to_a_quarrel(&glass).await?;
    drop(glass);
    // 15:20: a shop.
    until(at(15, 20)?);
    let glass = Glass::open(&phone, &pictures(), later).await?;
    afternoon::checks_a_shop(&glass).await?;
    drop(glass);
    // 16:00: whoever was not at home is called.
    until(at(16, 0)?);
    let glass = Glass::open(&phone, &pictures(), later).await?;
    afternoon::calls(&glass, &away).await?;
    drop(glass);
    // 17:10: the log; 17:30: Wi-Fi again, and nothing is left on red.
    until(at(17, 10)?);
    let glass = Glass::open(&phone, &pictures(), later).await?;
    afternoon::confirms_the_log(&glass).await?;
    afternoon::confirms_the_report(&glass).await?;
    centre.open()?;
    sees_everything_arrive(&glass, &door, &manhole).await?;
    // 16:30: what somebody would have typed into a second system by now. It was recorded out there, without a network, so the
    // centre has it when it has everything else.
    let sheet = centre.sheet_of_visits().await?;
    let errand = centre::errand().to_string();
    let about = screens::About {
        door: &door,
        incident: &manhole,
        task: &errand,
    };
    screens::shows_each_at_every_look(glass, &[USUAL, SMALL], &about).await?;
    centre.close();
    // 19:30 and 20:31: from half past eight on nobody knocks.
    until(at(19, 30)?);
    let glass = Glass::open(&phone, &pictures(), later).await?;
    afternoon::may_still_knock(&glass, &away).await?;
    drop(glass);
    until(at(20, 31)?);
    let glass = Glass::open(&phone, &pictures(), later).await?;
    afternoon::knocks_no_more(&glass, &[&door, &away]).await?;
    drop(glass);

    let held: OfPhone =
        serde_json::from_str(&run("gridwalk", &["holdings", "--data", &text(&phone)])?)?;
    let merged = centre.holdings()?.without(&before);
    assert_eq!(held.recorded, held.acknowledged);
    // the question of the desk is an event of the centre's own
    assert!(
        merged
            .incident_events
            .is_superset(&held.acknowledged.incident_events)
    );
    assert_eq!(
        merged.incident_events.len(),
        held.acknowledged.incident_events.len() + 1
    );
    let (mine, theirs) = (&held.acknowledged, &merged);
    assert_eq!(
        (
            &mine.visits,
            &mine.patrols,
            &mine.checkpoint_hits,
            &mine.photos
        ),
        (
            &theirs.visits,
            &theirs.patrols,
            &theirs.checkpoint_hits,
            &theirs.photos
        ),
    );
    afternoon::nobody_types_a_visit_again(&sheet, &mine.visits);
    let counts: Vec<_> = mine.rows().map(|(what, names)| (what, names.len())).into();
    let expected = [
        ("visits", 4),
        ("incident_events", 10),
        ("patrols", 1),
        ("checkpoint_hits", 2),
        ("photos", 5),
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
    glass.go("/today").await?;
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

/// After the process was killed: the patrol runs, the hazard is there, and nothing more claims to have arrived.
async fn finds_everything(glass: &Glass, incident: &str) -> Outcome<()> {
    glass.screen("today").await?;
    glass.go("/patrol").await?;
    glass.holds(&reached(2)).await?;
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
    glass.picture("sync-offline").await?;
    glass.go("/today").await?;
    glass.screen("today").await?;
    // 09:50 in the garage: the chip says where the records are, and nothing turns
    glass
        .holds("['phone', 'offline'].includes(document.querySelector('[data-testid=sync-chip]').dataset.state)")
        .await?;
    glass.picture("garage").await
}

/// Held to its end; what it would leave at the centre is looked at in every window and with all words before.
async fn ends_the_patrol(glass: Glass, look: Look) -> Outcome<()> {
    glass.go("/patrol").await?;
    glass.screen("patrol").await?;
    glass
        .hold(
            "patrol-finish",
            "document.querySelector('[data-testid=screen-patrol-finish]')",
        )
        .await?;
    let hash = glass.value("location.hash").await?;
    let path = hash.as_str().and_then(|hash| hash.strip_prefix('#'));
    let path = path.ok_or("a screen without its address")?.to_owned();
    let screens = screens::patrol_finish(path.clone());
    let mut glass = screens::shows(glass, &[USUAL, SMALL], &screens).await?;
    glass.becomes(look).await?;
    glass.wears(look.scale).await?;
    glass.go(&path).await?;
    glass.screen("patrol-finish").await?;
    glass.picture("patrol-finish").await?;
    glass.tap("patrol-finish-save").await?;
    glass.screen("patrol-summary").await?;
    glass
        .holds(
            "document.querySelectorAll('[data-testid=patrol-summary-findings] > li').length === 2",
        )
        .await?;
    glass.picture("patrol-summary").await?;
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
        "visit_report",
        "photo",
    ] {
        let item = format!("document.querySelector('[data-testid=sync-item][data-kind={kind}]')");
        glass.holds(&item).await?;
    }
    // nothing is left on red
    glass
        .holds("!document.querySelector('[data-testid=sync-item][data-receipt-of=refused], [data-testid=sync-item][data-receipt-of=stuck]')")
        .await?;
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
