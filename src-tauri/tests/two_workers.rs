//! 林晓 and a colleague share one phone: each has a database, a key, a device and a PIN of their own, and neither sees anything of
//! the other but how much is left to send.

mod centre;

use centre::{Centre, Weather, World, door, everything_in};
use gridwalk::{FileKeystore, Gate, Phone, ports::Keystore, view::WorkersHere};
use gridwalk_core::{error::Code, patrol::PatrolKind};
use std::{ops::Deref, path::PathBuf, sync::Arc};

const PIN: &str = "480215";
const OTHER: &str = "715093";
const CENTRE: &str = "https://centre.example";
const CODE: &str = "K7Q-2M";
/// In a form that the first has begun.
const HALF: &str = "只写了一半的话";

/// The phone and what is around it. The second worker speaks to a centre of their own, under the same weather.
struct Shared {
    world: World,
    beside: Arc<Centre>,
}

impl Shared {
    fn new() -> Self {
        Self {
            world: World::new(),
            beside: Centre::new(),
        }
    }

    fn weather(&self, weather: Weather) {
        self.centre.weather(weather);
        self.beside.weather(weather);
    }
}

impl Deref for Shared {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

/// The app starts; nothing of it delivers by itself in a test.
fn starts(world: &Shared) -> Gate {
    Gate::new(
        world.dir.path().to_owned(),
        world.ports_of(&world.beside),
        |_| (),
    )
}

fn second(world: &Shared) -> PathBuf {
    world.dir.path().join("workers").join("2")
}

fn code<T>(answer: Result<T, gridwalk::Failure>) -> Option<Code> {
    answer.err().map(|failure| failure.code)
}

fn visit(phone: &Phone) -> String {
    let visit = phone.begin_visit(door(1), None).unwrap();
    let id = visit.id.to_string();
    phone.save_visit(door(1), visit).unwrap();
    id
}

/// A PIN, and the centre keeps the way back.
async fn seals(gate: &Gate, pin: &str) {
    let phone = gate.threshold().unwrap();
    phone.set_pin(None, pin.into()).unwrap();
    phone.sync_once().await.unwrap();
    assert!(gate.state().unwrap().sealed);
}

/// 林晓 with a PIN, and the app open.
async fn first(world: &Shared) -> Gate {
    let phone = world.enrolled().await;
    phone.set_pin(None, PIN.into()).unwrap();
    phone.sync_once().await.unwrap();
    world.ends(phone).await;
    let gate = starts(world);
    gate.unlock(PIN).unwrap();
    gate
}

/// A colleague beside her, who has enrolled and set a PIN; it is the colleague's turn.
async fn both(world: &Shared) -> Gate {
    let gate = first(world).await;
    gate.add_worker().unwrap();
    enrols(world, &gate).await;
    seals(&gate, OTHER).await;
    gate
}

async fn enrols(world: &Shared, gate: &Gate) {
    world.beside.state().code_used = false;
    gate.enrol(CENTRE.into(), CODE.into()).await.unwrap();
}

fn is_chosen(gate: &Gate, number: u32, pin: &str) -> Phone {
    gate.choose_worker(number).unwrap();
    gate.unlock(pin).unwrap();
    gate.phone().unwrap()
}

fn numbers(here: &WorkersHere) -> Vec<u32> {
    here.workers.iter().map(|worker| worker.number).collect()
}

fn waiting(here: &WorkersHere) -> Vec<Option<u32>> {
    here.workers.iter().map(|worker| worker.waiting).collect()
}

#[tokio::test]
async fn a_phone_of_one_asks_nobody_who_they_are_and_writes_nothing_down() {
    let world = Shared::new();
    let gate = first(&world).await;
    let here = gate.workers_here().unwrap();
    assert!(!here.choosing && !here.needs_pin);
    assert_eq!((here.current, numbers(&here)), (1, vec![1]));
    gate.lock().unwrap();
    gate.change_worker().unwrap();
    assert_eq!(code(gate.phone()), Some(Code::Locked));
    assert!(
        !gate.workers_here().unwrap().choosing,
        "there is nobody else"
    );
    assert!(!world.dir.path().join("workers.json").exists());
    gate.unlock(PIN).unwrap();
}

#[tokio::test]
async fn nobody_comes_before_the_first_has_a_pin_that_seals() {
    let world = Shared::new();
    let phone = world.enrolled().await;
    world.ends(phone).await;
    let gate = starts(&world);
    assert_eq!(code(gate.add_worker()), Some(Code::PinNeeded));
    world.weather(Weather::Offline);
    gate.phone().unwrap().set_pin(None, PIN.into()).unwrap();
    assert_eq!(code(gate.add_worker()), Some(Code::PinNotSealed));
    assert_eq!(numbers(&gate.workers_here().unwrap()), [1]);
    world.weather(Weather::Fine);
    gate.phone().unwrap().sync_once().await.unwrap();
    gate.lock().unwrap();
    assert_eq!(
        code(gate.add_worker()),
        Some(Code::Locked),
        "only whoever is here lets somebody in"
    );
    gate.unlock(PIN).unwrap();
    gate.add_worker().unwrap();
}

#[tokio::test]
async fn the_second_does_nothing_before_they_have_a_pin_and_cannot_take_it_away() {
    let world = Shared::new();
    let gate = first(&world).await;
    gate.add_worker().unwrap();
    assert!(!gate.phone().unwrap().status().unwrap().enrolled);
    enrols(&world, &gate).await;
    assert!(gate.workers_here().unwrap().needs_pin);
    assert_eq!(code(gate.phone()), Some(Code::PinNeeded));
    assert!(gate.threshold().unwrap().status().unwrap().enrolled);
    // also after the app was ended at that moment
    drop(gate);
    let gate = starts(&world);
    gate.choose_worker(2).unwrap();
    assert_eq!(code(gate.phone()), Some(Code::PinNeeded));
    seals(&gate, OTHER).await;
    assert!(!gate.workers_here().unwrap().needs_pin);
    gate.phone().unwrap().today().unwrap();
    assert_eq!(code(gate.remove_pin(OTHER.into())), Some(Code::PinNeeded));
    assert!(gate.state().unwrap().set);
}

#[tokio::test]
async fn neither_opens_the_others_files_nor_finds_anything_of_theirs() {
    let world = Shared::new();
    let gate = first(&world).await;
    world.weather(Weather::Offline);
    let lin = gate.phone().unwrap();
    let theirs = visit(&lin);
    lin.draft_put("report".into(), HALF.into()).unwrap();
    let device = lin.status().unwrap();
    drop(lin);
    world.weather(Weather::Fine);
    gate.add_worker().unwrap();
    enrols(&world, &gate).await;
    seals(&gate, OTHER).await;
    let colleague = gate.phone().unwrap();
    assert_eq!(colleague.draft_get("report".into()).unwrap(), None);
    assert_eq!(colleague.sync_state().unwrap().waiting_records, 0);
    assert!(
        !colleague
            .holdings()
            .unwrap()
            .recorded
            .visits
            .contains(&theirs)
    );
    let own = visit(&colleague);
    assert!(device.enrolled && colleague.status().unwrap().enrolled);
    assert_eq!(
        waiting(&gate.workers_here().unwrap())[0],
        Some(1),
        "and no more than that"
    );
    let told = serde_json::to_string(&gate.workers_here().unwrap()).unwrap();
    assert!(!told.contains("林晓") && !told.contains("502"), "{told}");
    drop(colleague);

    // no key of one opens the database of the other
    let lin = is_chosen(&gate, 1, PIN);
    assert_eq!(
        lin.draft_get("report".into()).unwrap().as_deref(),
        Some(HALF)
    );
    assert_eq!(lin.sync_state().unwrap().waiting_records, 1);
    assert!(!lin.holdings().unwrap().recorded.visits.contains(&own));
    drop(lin);
    drop(gate);
    let gate = starts(&world);
    gate.choose_worker(1).unwrap();
    assert_eq!(code(gate.unlock(OTHER)), Some(Code::PinWrong));
    gate.choose_worker(2).unwrap();
    assert_eq!(code(gate.unlock(PIN)), Some(Code::PinWrong));
    for folder in [world.dir.path().to_owned(), second(&world)] {
        let ports = world.ports_of(&world.beside)(&folder);
        assert_eq!(code(Phone::open(&folder, ports)), Some(Code::Locked));
    }
    // nothing on the disk can be read without a PIN
    let everything = everything_in(world.dir.path());
    for words in [HALF, "林晓", theirs.as_str()] {
        let found = everything
            .windows(words.len())
            .any(|bytes| bytes == words.as_bytes());
        assert!(!found, "{words}");
    }
}

#[tokio::test]
async fn a_database_does_not_open_with_the_key_of_the_other() {
    let world = Shared::new();
    let gate = both(&world).await;
    gate.change_worker().unwrap();
    drop(gate);
    // what the second's PIN gives away is laid beside the first's database
    let stolen = FileKeystore::in_data_dir(&second(&world));
    let theirs = {
        let gate = starts(&world);
        is_chosen(&gate, 2, OTHER).remove_pin(OTHER.into()).unwrap();
        stolen.key(&gridwalk::ports::SystemDice).unwrap()
    };
    let first = FileKeystore::in_data_dir(world.dir.path());
    std::fs::remove_file(world.dir.path().join("keys/lock.json")).unwrap();
    first.keep_key(&theirs).unwrap();
    let ports = world.ports_of(&world.beside)(world.dir.path());
    assert_eq!(
        code(Phone::open(world.dir.path(), ports)),
        Some(Code::StorageBroken)
    );
}

#[tokio::test]
async fn who_was_here_goes_on_after_the_other_and_nothing_of_one_travels_with_the_other() {
    let world = Shared::new();
    let gate = both(&world).await;
    world.weather(Weather::Offline);
    let colleague = gate.phone().unwrap();
    let theirs = visit(&colleague);
    drop(colleague);
    let here = gate.change_worker().unwrap();
    assert!(here.choosing);
    assert_eq!(waiting(&here), [Some(0), Some(1)]);
    assert_eq!(code(gate.phone()), Some(Code::Locked));
    assert_eq!(
        code(gate.unlock(PIN)),
        Some(Code::Locked),
        "nobody has said who they are"
    );
    let lin = is_chosen(&gate, 1, PIN);
    let hers = visit(&lin);
    world.weather(Weather::Fine);
    lin.sync_once().await.unwrap();
    assert!(lin.holdings().unwrap().acknowledged.visits.contains(&hers));
    drop(lin);
    // the other's work did not travel with hers
    assert_eq!(waiting(&gate.workers_here().unwrap()), [Some(0), Some(1)]);
    let colleague = is_chosen(&gate, 2, OTHER);
    assert_eq!(waiting(&gate.workers_here().unwrap()), [Some(0), Some(1)]);
    colleague.sync_once().await.unwrap();
    assert!(
        colleague
            .holdings()
            .unwrap()
            .acknowledged
            .visits
            .contains(&theirs)
    );
}

#[tokio::test]
async fn nobody_knows_what_is_left_of_somebody_under_whom_the_app_ended() {
    let world = Shared::new();
    let gate = both(&world).await;
    assert_eq!(waiting(&gate.workers_here().unwrap()), [Some(0), Some(0)]);
    drop(gate);
    let gate = starts(&world);
    let here = gate.workers_here().unwrap();
    assert!(here.choosing);
    assert_eq!(waiting(&here), [Some(0), None]);
    assert_eq!(
        here.current, 2,
        "the question looks as it did for whoever was last"
    );
    is_chosen(&gate, 2, OTHER);
    gate.lock().unwrap();
    assert_eq!(waiting(&gate.workers_here().unwrap()), [Some(0), Some(0)]);
}

#[tokio::test]
async fn a_name_stands_at_the_door_only_for_whoever_wants_that() {
    let world = Shared::new();
    let gate = both(&world).await;
    gate.change_worker().unwrap();
    is_chosen(&gate, 1, PIN);
    let shown = gate.show_name(true).unwrap();
    assert_eq!(shown.workers[0].name.as_deref(), Some("林晓"));
    assert_eq!(shown.workers[1].name, None);
    drop(gate);
    let gate = starts(&world);
    assert_eq!(
        gate.workers_here().unwrap().workers[0].name.as_deref(),
        Some("林晓")
    );
    assert_eq!(code(gate.show_name(false)), Some(Code::Locked));
    is_chosen(&gate, 1, PIN);
    assert_eq!(gate.show_name(false).unwrap().workers[0].name, None);
}

#[tokio::test]
async fn a_patrol_that_is_being_walked_is_not_left() {
    let world = Shared::new();
    let gate = both(&world).await;
    let phone = gate.phone().unwrap();
    let patrol = phone.patrol_start_free(centre::GRID, PatrolKind::Night);
    let patrol = patrol.unwrap().id;
    assert_eq!(code(gate.change_worker()), Some(Code::PatrolRunning));
    assert_eq!(code(gate.add_worker()), Some(Code::PatrolRunning));
    gate.lock().unwrap();
    assert_eq!(code(gate.choose_worker(1)), Some(Code::PatrolRunning));
    gate.unlock(OTHER).unwrap();
    phone.patrol_pause(patrol).unwrap();
    drop(phone);
    gate.change_worker().unwrap();
    is_chosen(&gate, 1, PIN);
    gate.change_worker().unwrap();
    let phone = is_chosen(&gate, 2, OTHER);
    assert!(phone.patrol_running().unwrap().unwrap().paused);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_put_away_stops_delivering_and_lets_go_of_their_files() {
    let world = Shared::new();
    let phone = world.enrolled().await;
    phone.set_pin(None, PIN.into()).unwrap();
    phone.sync_once().await.unwrap();
    world.ends(phone).await;
    let (told, mut ended) = tokio::sync::mpsc::unbounded_channel();
    let gate = Gate::new(
        world.dir.path().to_owned(),
        world.ports_of(&world.beside),
        move |phone| {
            let (phone, told) = (phone.clone(), told.clone());
            tokio::spawn(async move {
                phone.keep_in_sync().await;
                let dir = phone.dir().to_owned();
                drop(phone);
                told.send(dir).unwrap();
            });
        },
    );
    gate.unlock(PIN).unwrap();
    gate.add_worker().unwrap();
    assert_eq!(ended.recv().await.unwrap(), world.dir.path());
    // and once they have, their turn may come again in the same process
    gate.change_worker().unwrap();
    assert_eq!(ended.recv().await.unwrap(), second(&world));
    gate.unlock(PIN).unwrap();
    gate.phone().unwrap().today().unwrap();
}

#[tokio::test]
async fn who_came_without_a_code_goes_again_also_when_the_app_ends_in_between() {
    let world = Shared::new();
    let gate = first(&world).await;
    gate.add_worker().unwrap();
    assert!(second(&world).exists());
    let here = gate.change_worker().unwrap();
    assert_eq!((here.choosing, numbers(&here)), (false, vec![1]));
    assert!(!second(&world).exists());
    gate.unlock(PIN).unwrap();

    gate.add_worker().unwrap();
    let third = world.dir.path().join("workers/3");
    assert!(third.exists());
    drop(gate);
    let gate = starts(&world);
    let here = gate.workers_here().unwrap();
    assert_eq!((here.choosing, numbers(&here)), (false, vec![1]));
    assert!(!third.exists());
    gate.unlock(PIN).unwrap();
    gate.phone().unwrap().today().unwrap();
}

#[tokio::test]
async fn who_enrolled_is_here_also_when_the_app_ended_before_that_was_written_down() {
    let world = Shared::new();
    let gate = first(&world).await;
    gate.add_worker().unwrap();
    world.beside.state().code_used = false;
    // the phone's own command: the gate does not hear of it
    let phone = gate.threshold().unwrap();
    phone.enrol(CENTRE.into(), CODE.into()).await.unwrap();
    drop((phone, gate));
    let here = starts(&world).workers_here().unwrap();
    assert_eq!((here.choosing, numbers(&here)), (true, vec![1, 2]));
    // or after they have set their PIN
    let file = world.dir.path().join("workers.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let gate = starts(&world);
    gate.choose_worker(2).unwrap();
    seals(&gate, OTHER).await;
    drop(gate);
    std::fs::write(
        &file,
        text.replacen("here", "coming", 2)
            .replacen("coming", "here", 1),
    )
    .unwrap();
    let here = starts(&world).workers_here().unwrap();
    assert_eq!(numbers(&here), [1, 2]);
}

#[tokio::test]
async fn nobody_goes_for_good_with_something_unsent_and_who_goes_leaves_nothing() {
    let world = Shared::new();
    let gate = both(&world).await;
    let phone = gate.phone().unwrap();
    world.weather(Weather::Offline);
    visit(&phone);
    assert_eq!(
        code(gate.leave_phone(Some(OTHER.into()))),
        Some(Code::UnsentWork)
    );
    world.weather(Weather::Fine);
    phone.sync_once().await.unwrap();
    drop(phone);
    assert_eq!(
        code(gate.leave_phone(Some(PIN.into()))),
        Some(Code::PinWrong)
    );
    assert_eq!(code(gate.leave_phone(None)), Some(Code::PinWrong));
    let here = gate.leave_phone(Some(OTHER.into())).unwrap();
    assert_eq!((here.choosing, numbers(&here)), (false, vec![1]));
    assert!(!second(&world).exists());
    gate.unlock(PIN).unwrap();
    // who is alone may do without a PIN again, and may go as well
    assert!(!gate.remove_pin(PIN.into()).unwrap().set);
    let here = gate.leave_phone(None).unwrap();
    assert_eq!(numbers(&here), [1]);
    assert!(
        !gate.phone().unwrap().status().unwrap().enrolled,
        "a phone as new"
    );
}

#[tokio::test]
async fn the_first_goes_and_the_second_stays_with_everything() {
    let world = Shared::new();
    let gate = both(&world).await;
    let phone = gate.phone().unwrap();
    let made = visit(&phone);
    drop(phone);
    gate.change_worker().unwrap();
    is_chosen(&gate, 1, PIN);
    let here = gate.leave_phone(Some(PIN.into())).unwrap();
    assert_eq!(
        (here.choosing, here.current, numbers(&here)),
        (false, 2, vec![2])
    );
    assert!(!world.dir.path().join("gridwalk.db").exists());
    drop(gate);
    let gate = starts(&world);
    gate.unlock(OTHER).unwrap();
    let phone = gate.phone().unwrap();
    assert!(phone.holdings().unwrap().recorded.visits.contains(&made));
}

#[tokio::test]
async fn a_cut_while_somebody_goes_is_finished_at_the_next_start() {
    let world = Shared::new();
    let gate = both(&world).await;
    gate.change_worker().unwrap();
    drop(gate);
    // the cut came after it was written down, and in the middle of deleting
    let file = world.dir.path().join("workers.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let cut = text
        .replacen("here", "leaving", 2)
        .replacen("leaving", "here", 1);
    assert_ne!(cut, text);
    std::fs::write(&file, cut).unwrap();
    std::fs::remove_dir_all(second(&world).join("keys")).unwrap();
    let gate = starts(&world);
    let here = gate.workers_here().unwrap();
    assert_eq!((here.choosing, numbers(&here)), (false, vec![1]));
    assert!(!second(&world).exists());
    gate.unlock(PIN).unwrap();
}

#[tokio::test]
async fn a_colleagues_broken_files_keep_nobody_from_their_own_work() {
    let world = Shared::new();
    let gate = both(&world).await;
    gate.change_worker().unwrap();
    drop(gate);
    std::fs::write(second(&world).join("keys/lock.json"), b"torn").unwrap();
    let gate = starts(&world);
    assert!(gate.workers_here().unwrap().choosing);
    assert_eq!(code(gate.choose_worker(2)), Some(Code::StorageBroken));
    assert!(gate.workers_here().unwrap().choosing);
    is_chosen(&gate, 1, PIN).today().unwrap();
}
