//! 林晓's phone has a PIN: it opens with no network, waits after wrong ones through every end of the process, is read by nobody
//! without it, and a forgotten PIN costs no record.

mod centre;

use centre::{Weather, World, door, everything_in};
use gridwalk::{Gate, Phone, view::LockState};
use gridwalk_core::{error::Code, time::Timestamp};
use std::sync::atomic::Ordering;

const PIN: &str = "480215";
const OTHER: &str = "715093";

/// The app starts; nothing of it delivers by itself in a test.
fn starts(world: &World) -> Gate {
    Gate::new(
        world.dir.path().to_owned(),
        world.ports_of(&world.centre),
        |_| (),
    )
}

fn minutes_pass(world: &World, minutes: i64) {
    set_clock(world, minutes);
    world.watch.1.fetch_add(minutes * 60_000, Ordering::Relaxed);
}

/// Somebody sets it, and no time passes.
fn set_clock(world: &World, minutes: i64) {
    let now = &mut *world.watch.0.lock().unwrap();
    *now = Timestamp(now.0 + minutes * 60_000);
}

/// The machine is switched off and on, and has been running for so long.
fn is_started_again(world: &World, minutes: i64) {
    world.watch.1.store(minutes * 60_000, Ordering::Relaxed);
}

/// A phone with a PIN, whose key the centre helped to seal.
async fn sealed(world: &World) -> Phone {
    let phone = world.enrolled().await;
    phone.set_pin(None, PIN.into()).unwrap();
    phone.sync_once().await.unwrap();
    assert!(phone.lock_state().unwrap().sealed);
    phone
}

fn visit(phone: &Phone) -> String {
    let visit = phone.begin_visit(door(1), None).unwrap();
    let id = visit.id.to_string();
    phone.save_visit(door(1), visit).unwrap();
    id
}

#[tokio::test]
async fn how_long_the_machine_has_been_running_is_told_beside_the_lock_and_no_clock_moves_it() {
    let world = World::new();
    let phone = sealed(&world).await;
    let before = phone.lock_state().unwrap().running_ms;
    set_clock(&world, -24 * 60);
    assert_eq!(phone.lock_state().unwrap().running_ms, before);
    minutes_pass(&world, 2);
    assert_eq!(phone.lock_state().unwrap().running_ms, before + 120_000.0);
}

fn wrong(gate: &Gate, times: u32) -> Vec<Code> {
    (0..times)
        .map(|_| gate.unlock(OTHER).unwrap_err().code)
        .collect()
}

/// Whole seconds, rounded up as the screen does: the clock of these tests moves a little with every look at it.
fn wait_s(gate: &Gate) -> f64 {
    (gate.state().unwrap().wait_ms / 1000.0).ceil()
}

fn code<T>(answer: Result<T, gridwalk::Failure>) -> Option<Code> {
    answer.err().map(|failure| failure.code)
}

#[tokio::test]
async fn without_a_pin_everything_is_as_before() {
    let world = World::new();
    let phone = world.enrolled().await;
    assert_eq!(phone.lock_state().unwrap(), LockState::default());
    world.ends(phone).await;
    let gate = starts(&world);
    assert!(!gate.state().unwrap().set);
    assert!(gate.phone().is_ok());
    gate.lock().unwrap();
    assert!(gate.phone().is_ok(), "there is nothing to open it with");
}

#[tokio::test]
async fn a_pin_opens_the_phone_with_no_network_and_without_it_nobody_reads_a_file() {
    let world = World::new();
    let phone = sealed(&world).await;
    world.centre.weather(Weather::Offline);
    let made = visit(&phone);
    world.ends(phone).await;

    // whoever has the folder has no key
    assert_eq!(
        code(Phone::open(world.dir.path(), world.ports())),
        Some(Code::Locked)
    );
    let keys: Vec<String> = std::fs::read_dir(world.dir.path().join("keys"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        !keys.iter().any(|name| name.contains("database")),
        "{keys:?}"
    );
    let gate = starts(&world);
    assert_eq!(code(gate.phone()), Some(Code::Locked));
    let state = gate.state().unwrap();
    assert!(state.set && state.locked && state.sealed);
    assert_eq!(wrong(&gate, 1), [Code::PinWrong]);
    assert_eq!(code(gate.phone()), Some(Code::Locked));
    assert!(!gate.unlock(PIN).unwrap().locked);
    let phone = gate.phone().unwrap();
    assert!(
        phone
            .household(door(1))
            .unwrap()
            .visit_receipts
            .contains_key(&made)
    );

    // locked while it runs: the screens see nothing, the work still leaves
    gate.lock().unwrap();
    assert_eq!(code(gate.phone()), Some(Code::Locked));
    world.centre.weather(Weather::Fine);
    let state = phone.sync_once().await.unwrap();
    assert_eq!(state.waiting_records, 0);
    drop(phone);
    assert!(!gate.unlock(PIN).unwrap().locked);
    let nothing = everything_in(&world.dir.path().join("keys"));
    assert!(!String::from_utf8_lossy(&nothing).contains(PIN));
}

#[tokio::test]
async fn the_wait_after_wrong_pins_survives_the_end_of_the_process_and_a_clock_that_is_set() {
    let world = World::new();
    let phone = sealed(&world).await;
    world.ends(phone).await;
    let gate = starts(&world);
    assert_eq!(wrong(&gate, 3), [Code::PinWrong; 3]);
    // also the right one has to wait
    assert_eq!(code(gate.unlock(PIN)), Some(Code::PinWait));
    drop(gate);
    let gate = starts(&world);
    assert_eq!(wait_s(&gate), 60.0);
    assert_eq!(gate.state().unwrap().tries_left, Some(7));
    for days in [-3, 30, 365] {
        set_clock(&world, days * 24 * 60);
        assert_eq!(code(gate.unlock(PIN)), Some(Code::PinWait), "{days} days");
    }
    set_clock(&world, -10 * 365 * 24 * 60);
    drop(gate);
    let gate = starts(&world);
    assert_eq!(wait_s(&gate), 60.0, "the whole wait, and no more");
    minutes_pass(&world, 1);
    assert_eq!(wrong(&gate, 1), [Code::PinWrong]);
    assert_eq!(wait_s(&gate), 120.0, "twice as long");
    minutes_pass(&world, 2);
    gate.unlock(PIN).unwrap();
    assert_eq!(
        gate.state().unwrap().tries_left,
        Some(10),
        "all is forgiven"
    );
}

#[tokio::test]
async fn a_machine_that_is_started_again_goes_on_waiting_and_no_longer_than_once() {
    let world = World::new();
    let phone = sealed(&world).await;
    world.ends(phone).await;
    let gate = starts(&world);
    wrong(&gate, 3);
    minutes_pass(&world, 15);
    assert_eq!(wrong(&gate, 1), [Code::PinWrong]);
    assert_eq!(wait_s(&gate), 120.0);
    drop(gate);
    is_started_again(&world, 0);
    set_clock(&world, 24 * 60);
    let gate = starts(&world);
    assert_eq!(code(gate.unlock(PIN)), Some(Code::PinWait));
    assert_eq!(wait_s(&gate), 120.0);
    minutes_pass(&world, 2);
    gate.unlock(PIN).unwrap();
}

#[tokio::test]
async fn ten_wrong_pins_end_the_pin_and_a_code_from_the_lead_opens_the_phone_with_all_its_work() {
    let world = World::new();
    let phone = sealed(&world).await;
    world.centre.weather(Weather::Offline);
    let made = visit(&phone);
    world.ends(phone).await;
    let gate = starts(&world);
    for round in 1..=10 {
        let last = if round == 10 {
            Code::PinSpent
        } else {
            Code::PinWrong
        };
        assert_eq!(wrong(&gate, 1), [last], "try {round}");
        minutes_pass(&world, 15);
    }
    assert_eq!(
        code(gate.unlock(PIN)),
        Some(Code::PinSpent),
        "the right one too"
    );
    assert!(gate.state().unwrap().spent);
    drop(gate);
    let gate = starts(&world);
    assert_eq!(
        code(gate.recover("K7Q-2M").await),
        Some(Code::ServerUnreachable)
    );
    world.centre.weather(Weather::Fine);
    assert_eq!(code(gate.recover("nonsense").await), Some(Code::CodeWrong));
    world.centre.state().code_used = false;
    let state = gate.recover("K7Q-2M").await.unwrap();
    assert!(!state.set && !state.locked, "a new PIN is chosen next");
    let phone = gate.phone().unwrap();
    assert_eq!(phone.sync_state().unwrap().waiting_records, 1);
    phone.sync_once().await.unwrap();
    assert!(
        phone
            .holdings()
            .unwrap()
            .acknowledged
            .visits
            .contains(&made)
    );

    // and is sealed again, with another part at the centre
    let before = world.centre.state().recovery.clone();
    phone.set_pin(None, OTHER.into()).unwrap();
    phone.sync_once().await.unwrap();
    assert_ne!(world.centre.state().recovery, before);
    assert!(phone.lock_state().unwrap().sealed);
}

#[tokio::test]
async fn before_the_centre_keeps_the_way_back_nothing_is_sealed_away_and_no_try_is_the_last() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    phone.set_pin(None, PIN.into()).unwrap();
    phone.sync_once().await.unwrap();
    assert!(!phone.lock_state().unwrap().sealed);
    world.ends(phone).await;
    let gate = starts(&world);
    assert_eq!(
        code(gate.phone()),
        Some(Code::Locked),
        "the screens are closed all the same"
    );
    for _ in 0..10 {
        assert_eq!(wrong(&gate, 1), [Code::PinWrong]);
        minutes_pass(&world, 15);
    }
    gate.unlock(PIN).unwrap();
    let phone = gate.phone().unwrap();
    drop(gate);
    // an older centre knows nothing of locks
    world.centre.weather(Weather::Fine);
    world.centre.state().knows_locks = false;
    phone.sync_once().await.unwrap();
    assert!(!phone.lock_state().unwrap().sealed);
    world.centre.state().knows_locks = true;
    phone.sync_once().await.unwrap();
    assert!(phone.lock_state().unwrap().sealed);
}

#[tokio::test]
async fn a_pin_is_changed_and_taken_away_by_whoever_knows_it() {
    let world = World::new();
    let phone = sealed(&world).await;
    for weak in [
        "12345", "1234567", "111111", "345678", "987654", "12a456", "",
    ] {
        let refused = phone.set_pin(Some(PIN.into()), weak.into());
        assert_eq!(code(refused), Some(Code::PinWeak), "{weak}");
    }
    assert_eq!(
        code(phone.set_pin(None, OTHER.into())),
        Some(Code::PinWrong)
    );
    assert_eq!(
        code(phone.set_pin(Some(OTHER.into()), OTHER.into())),
        Some(Code::PinWrong)
    );
    phone.set_pin(Some(PIN.into()), OTHER.into()).unwrap();
    world.ends(phone).await;
    let gate = starts(&world);
    assert_eq!(code(gate.unlock(PIN)), Some(Code::PinWrong));
    gate.unlock(OTHER).unwrap();
    let phone = gate.phone().unwrap();
    drop(gate);
    assert_eq!(code(phone.remove_pin(PIN.into())), Some(Code::PinWrong));
    assert!(!phone.remove_pin(OTHER.into()).unwrap().set);
    world.ends(phone).await;
    assert!(starts(&world).phone().is_ok(), "as before there was one");
}
