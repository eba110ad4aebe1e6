//! A day of photos over a bad line: so many are taken without any network, then they leave through 300 ms and 1 Mbit/s, the
//! line breaks every ten seconds, the phone is killed on the way and so is the centre. In the end every photo is at the
//! centre with its hash, the phone and the console say so of each, and the urgent ones came first. The last line of
//! standard output is one JSON object.
//!
//! `photos-day [TAKEN]` · `photos-day take DATA TAKEN` and `photos-day carry DATA` are the phone, in a process of its own

mod camera;
mod centre;

use camera::{Beside, Taken};
use centre::Console;
use gridwalk::{Phone, ports::Ports, view::SyncPhase};
use gridwalk_core::time::Timestamp;
use gridwalk_fixtures::{SEED, demo_day, street};
use gridwalk_proof::{
    holdings::{Holdings, Names},
    process::{Outcome, Server, begin, clock, free_port, run},
    radio::{PHONE, Radio},
};
use serde::{Deserialize, Serialize};
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// What the issue was written about: 160 of 175 arrived elsewhere.
const TAKEN: usize = 175;
/// The line holds no longer than this.
const CUT_EVERY: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct Figures {
    taken: usize,
    arrived: usize,
    receipts: usize,
    /// Cameras' own pictures, at the centre and with their receipt.
    originals: usize,
    /// Voice notes, likewise.
    voices: usize,
    /// Everything that reached the centre, headers and records too, over the bytes of photos, thumbnails, originals and voices.
    bytes_ratio: f64,
    cuts: u32,
    seconds: u64,
}

/// What `gridwalk holdings` prints.
#[derive(Deserialize)]
struct OfPhone {
    recorded: Holdings,
    acknowledged: Holdings,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["take", data, taken] => {
            let took = camera::take(Path::new(data), taken.parse()?)?;
            println!("{}", serde_json::to_string(&took)?);
            Ok(())
        }
        ["carry", data] => carry(Path::new(data)),
        [] => day(TAKEN),
        [taken] => day(taken.parse()?),
        _ => Err("usage: photos-day [TAKEN]".into()),
    }
}

/// The phone, until everything has its receipt.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn carry(data: &Path) -> Outcome<()> {
    let phone = Phone::open(data, Ports::of_this_machine(data))?;
    let mut moved = phone.delivery();
    tokio::select! {
        () = phone.keep_in_sync() => {}
        done = async {
            loop {
                let state = phone.sync_state()?;
                if state.waiting_records == 0 && state.waiting_photos == 0 && state.phase == SyncPhase::Idle {
                    return Outcome::Ok(());
                }
                moved.changed().await?;
            }
        } => done?,
    }
    Ok(())
}

fn day(taken: usize) -> Outcome<()> {
    begin(Timestamp::from_shanghai(demo_day(), 12, 0).ok_or("no such noon")?);
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (centre, phone) = (at("centre"), at("phone"));
    let today = demo_day().to_string();
    eprintln!("the street on {today} …");
    run(
        "gridwalk-server",
        &["seed", "--data", &centre, "--today", &today],
    )?;
    let street = street(SEED, demo_day());
    let grid = street.grid("梧桐-03").ok_or("no grid 梧桐-03")?.id;
    let of_grid = |role: &str| {
        let mut people = street.people.iter();
        people.find(|p| p.role == role && p.grids.contains(&grid))
    };
    let worker = &of_grid("worker").ok_or("no worker")?.login;
    let secretary = &of_grid("secretary").ok_or("no secretary")?.login;
    let password = run(
        "gridwalk-server",
        &["user", "add", "--data", &centre, "--name", secretary],
    )?;
    let port = free_port()?;
    let mut server = Server::start(Path::new(&centre), port)?;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let radio = runtime.block_on(Radio::to(&format!("127.0.0.1:{port}"), PHONE))?;
    let code = run(
        "gridwalk-server",
        &["device", "code", "--data", &centre, "--worker", worker],
    )?;
    let address = format!("http://{}", radio.address);
    let enrol = [
        "enrol",
        "--data",
        &phone,
        "--server",
        &address,
        "--code",
        code.trim(),
    ];
    run("gridwalk", &enrol)?;
    run("gridwalk", &["sync", "--data", &phone])?;

    eprintln!("{taken} photos without a network …");
    let this = std::env::current_exe()?;
    let took = Command::new(&this)
        .args(["take", &phone, &taken.to_string()])
        .envs(clock().map(|now| ("GRIDWALK_CLOCK", now)))
        .stderr(Stdio::inherit())
        .output()?;
    if !took.status.success() {
        return Err("the camera failed".into());
    }
    let took: Taken = serde_json::from_slice(&took.stdout)?;
    let shots = &took.shots;
    let needed = took.weight();
    eprintln!(
        "{} originals and {} voice notes with them, {needed} bytes to carry …",
        took.originals.len(),
        took.voices.len()
    );

    let began = Instant::now();
    radio.take();
    let mut carrier = Carrier::start(&this, &phone)?;
    let (mut cuts, mut killed, mut restarted) = (0, false, false);
    let mut next_cut = began + CUT_EVERY;
    loop {
        if let Some(status) = carrier.0.try_wait()? {
            if status.success() {
                break;
            }
            return Err(format!("the phone ended: {status}").into());
        }
        let arrived = radio.passed().arrived;
        if !killed && arrived > needed * 2 / 5 {
            killed = true;
            eprintln!("the phone is killed at {arrived} bytes");
            drop(carrier);
            carrier = Carrier::start(&this, &phone)?;
        }
        if !restarted && arrived > needed * 3 / 5 {
            restarted = true;
            eprintln!("the centre is killed at {arrived} bytes");
            drop(server);
            server = Server::start(Path::new(&centre), port)?;
        }
        if Instant::now() >= next_cut {
            next_cut += CUT_EVERY;
            cuts += 1;
            radio.cut();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let seconds = began.elapsed().as_secs();
    let received = radio.passed().arrived;
    if !(killed && restarted) {
        return Err("nobody was killed on the way: too few bytes for this proof".into());
    }

    let held: OfPhone = serde_json::from_str(&run("gridwalk", &["holdings", "--data", &phone])?)?;
    let names: Names = shots.iter().map(|shot| shot.photo.clone()).collect();
    let beside = took.originals.iter().chain(&took.voices);
    let beside: Names = beside.map(|one| one.hash.clone()).collect();
    if held.recorded.photos != &names | &beside {
        return Err("the phone does not have what it took".into());
    }
    let console = Console::open(&runtime, &server.address, secretary, password.trim())?;
    let shown = console.photos(&runtime, shots)?;
    drop(server);
    let registry: Holdings =
        serde_json::from_str(&run("gridwalk-server", &["holdings", "--data", &centre])?)?;
    let arrived: Names = registry.photos.intersection(&names).cloned().collect();
    let receipts: Names = held
        .acknowledged
        .photos
        .intersection(&shown)
        .cloned()
        .collect();
    let both = &registry.photos & &held.acknowledged.photos;
    let of = |beside: &[Beside]| beside.iter().filter(|one| both.contains(&one.hash)).count();
    let figures = Figures {
        taken: names.len(),
        arrived: arrived.len(),
        receipts: receipts.len(),
        originals: of(&took.originals),
        voices: of(&took.voices),
        bytes_ratio: (received as f64 / needed as f64 * 1_000.0).round() / 1_000.0,
        cuts,
        seconds,
    };
    centre::came_in_order(Path::new(&centre), &took)?;
    println!("{}", serde_json::to_string(&figures)?);
    if arrived != names || receipts != names || !beside.is_subset(&both) {
        return Err("not everything arrived".into());
    }
    if figures.bytes_ratio > 1.05 {
        return Err("more than one byte in twenty was sent in vain".into());
    }
    Ok(())
}

/// The phone's process; killed with this value, as the system kills an app.
struct Carrier(Child);

impl Carrier {
    fn start(this: &Path, data: &str) -> Outcome<Self> {
        let child = Command::new(this)
            .args(["carry", data])
            .envs(clock().map(|now| ("GRIDWALK_CLOCK", now)))
            .spawn()?;
        Ok(Self(child))
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        // Already gone is as good as ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
