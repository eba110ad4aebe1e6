//! The way of a patrol writes itself down: from the phone's fixes while the app runs, from its service's file for the rest, less
//! often while the battery runs down, and not at all in a pause.

mod centre;

use centre::{NINE, PLAN, World};
use gridwalk::{
    Phone,
    ports::{Batteries, SimulatedBattery, ToldBattery},
    view::Settings,
};
use gridwalk_core::{ids::PatrolId, power::Battery, time::Timestamp};
use std::{path::PathBuf, time::Duration};

const SECOND: i64 = 1_000;

fn later(world: &World, seconds: i64) {
    let mut now = world.watch.0.lock().unwrap();
    *now = now.plus_ms(seconds * SECOND);
}

fn way(phone: &Phone, patrol: PatrolId) -> usize {
    phone.patrol(patrol).unwrap().track.len()
}

fn battery(level: u8, charging: bool) -> Option<Battery> {
    Some(Battery { level, charging })
}

fn file(world: &World, patrol: PatrolId) -> PathBuf {
    let tracks = world.dir.path().join("tracks");
    std::fs::create_dir_all(&tracks).unwrap();
    tracks.join(format!("{patrol}.jsonl"))
}

/// A line as the service writes it, so many seconds after nine.
fn line(seconds: i64) -> String {
    let at: Timestamp = NINE.plus_ms(seconds * SECOND);
    format!(
        "{{\"t\":{},\"lat\":29.5,\"lon\":123.5{},\"alt\":4.0,\"acc\":6.5,\"mock\":false}}\n",
        at.0,
        seconds % 10
    )
}

#[tokio::test]
async fn a_patrol_keeps_every_fix_and_nothing_of_a_pause_or_of_an_old_place() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.stand_at(123.5, 29.5);
    assert_eq!(phone.take_track().unwrap(), None, "nobody walks");
    let patrol = phone.patrol_start(PLAN).unwrap().id;
    assert_eq!(phone.take_track().unwrap(), Some(Duration::from_secs(5)));
    assert_eq!(phone.take_track().unwrap(), Some(Duration::from_secs(5)));
    assert_eq!(way(&phone, patrol), 1, "the same fix twice is one");
    later(&world, 5);
    world.stand_at(123.501, 29.5);
    phone.take_track().unwrap();
    assert_eq!(way(&phone, patrol), 2);
    phone.patrol_pause(patrol).unwrap();
    later(&world, 5);
    world.stand_at(123.502, 29.5);
    assert_eq!(phone.take_track().unwrap(), None, "paused");
    phone.patrol_resume(patrol).unwrap();
    later(&world, 90);
    phone.take_track().unwrap();
    assert_eq!(way(&phone, patrol), 2, "an old fix is no place");
}

#[tokio::test]
async fn the_app_that_runs_keeps_the_way_by_itself() {
    let world = World::new();
    let phone = world.enrolled().await;
    let kept = phone.clone();
    let running = tokio::spawn(async move { kept.keep_in_sync().await });
    world.stand_at(123.5, 29.5);
    let patrol = phone.patrol_start(PLAN).unwrap().id;
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let walked = async {
        while way(&phone, patrol) == 0 {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), walked)
        .await
        .expect("a fix was kept");
    running.abort();
}

#[tokio::test]
async fn at_34_percent_the_way_is_written_down_every_half_minute_unless_its_worker_does_not_want_that()
 {
    let world = World::new();
    let phone = world.enrolled().await;
    phone.patrol_start(PLAN).unwrap();
    let every = || phone.take_track().unwrap().unwrap().as_secs();
    assert_eq!(every(), 5);
    assert!(phone.on_battery(battery(34, false)).unwrap().saving);
    assert_eq!(every(), 30);
    assert!(!phone.on_battery(battery(34, true)).unwrap().saving);
    assert_eq!(every(), 5);
    let low = phone.on_battery(battery(19, false)).unwrap();
    assert!(low.saving && low.low);
    let settings = phone.settings().unwrap();
    assert!(settings.save_power, "it saves unless somebody says no");
    phone
        .save_settings(Settings {
            save_power: false,
            ..settings
        })
        .unwrap();
    assert_eq!(every(), 5);
    let power = phone.power().unwrap();
    assert!(power.low && !power.saving, "the warning stays");
    phone.on_battery(None).unwrap();
    assert_eq!(phone.power().unwrap().battery, None);
}

#[tokio::test]
async fn the_services_file_is_taken_in_once_without_its_torn_end_and_goes_with_the_patrol() {
    let world = World::new();
    let phone = world.enrolled().await;
    let patrol = phone.patrol_start(PLAN).unwrap().id;
    let file = file(&world, patrol);
    let torn = &line(40)[..30];
    let written = [
        line(-20), // before the start
        line(5),
        line(10),
        "{\"t\":\"soon\"}\n".into(),
        "{\"t\":1,\"lat\":0,\"lon\":0,\"acc\":0}\n".into(),
        line(20),
        torn.into(),
    ];
    std::fs::write(&file, written.concat()).unwrap();
    phone.take_track().unwrap();
    assert_eq!(way(&phone, patrol), 3);

    // the app was gone, the service was not
    world.ends(phone).await;
    let phone = world.open();
    let more = [
        written.concat().trim_end_matches(torn),
        &line(40),
        &line(45),
    ]
    .concat();
    std::fs::write(&file, more).unwrap();
    phone.take_track().unwrap();
    phone.take_track().unwrap();
    assert_eq!(way(&phone, patrol), 5, "what was read again is there once");

    later(&world, 50);
    phone.patrol_pause(patrol).unwrap();
    later(&world, 50);
    phone.patrol_resume(patrol).unwrap();
    let last = [line(70), line(105)].concat();
    let mut all = std::fs::read(&file).unwrap();
    all.extend(last.as_bytes());
    std::fs::write(&file, all).unwrap();
    later(&world, 10);
    let over = phone.patrol_finish(patrol, false, None).unwrap();
    assert_eq!(over.track.len(), 6, "all but the pause, the last one too");
    assert!(!file.exists(), "it is not encrypted");
}

#[tokio::test]
async fn a_file_that_nobody_walks_for_is_swept_away_when_the_app_starts() {
    let world = World::new();
    let phone = world.enrolled().await;
    let patrol = phone.patrol_start(PLAN).unwrap().id;
    let other = PatrolId(uuid::Uuid::from_u128(1));
    for of in [patrol, other] {
        std::fs::write(file(&world, of), line(5)).unwrap();
    }
    world.ends(phone).await;
    let phone = world.open();
    assert!(!file(&world, other).exists());
    phone.take_track().unwrap();
    assert_eq!(way(&phone, patrol), 1);
}

/// What every source of a battery has to keep. `becomes` makes it so from outside, as far as such a source hears of it.
fn keeps_the_contract(source: &dyn Batteries, becomes: &dyn Fn(&str)) {
    assert_eq!(source.battery(), None, "nobody said anything yet");
    becomes(r#"{"level":34,"charging":false}"#);
    assert_eq!(source.battery(), battery(34, false));
    assert_eq!(source.battery(), battery(34, false), "asked again");
    becomes(r#"{"level":100,"charging":true}"#);
    assert_eq!(source.battery(), battery(100, true), "what is new is told");
    becomes(r#"{"level":101,"charging":true}"#);
    assert_eq!(source.battery(), None, "no battery says that");
    becomes(r#"{"level":0,"charging":false}"#);
    assert_eq!(source.battery(), battery(0, false));
    becomes("nonsense");
    assert_eq!(source.battery(), None, "and nothing panics");
}

#[test]
fn a_battery_in_a_file_and_one_that_the_window_tells_keep_one_contract() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("battery.json");
    let simulated = SimulatedBattery { file: file.clone() };
    keeps_the_contract(&simulated, &|said| std::fs::write(&file, said).unwrap());
    let told = ToldBattery::default();
    keeps_the_contract(&told, &|said| told.told(serde_json::from_str(said).ok()));
}
