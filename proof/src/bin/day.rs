//! The scripted day: two phones work a shift offline on the demo street, sync over HTTP to a real server process, and a
//! supervisor pulls the patrol data. What each side holds is read by a process of its own from its own store; the day
//! fails when the sets differ. The last line of standard output is one JSON object.

use gridwalk_core::time::Timestamp;
use gridwalk_fixtures::{SEED, demo_day, photos, street};
use gridwalk_proof::{
    holdings::{Counts, Holdings, Names},
    process::{Outcome, Server, begin, free_port, run},
    shift,
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

#[derive(Serialize)]
struct Figures {
    recorded: Counts,
    acknowledged: Counts,
    registry: Counts,
}

/// What `gridwalk holdings` prints.
#[derive(Deserialize)]
struct OfPhone {
    recorded: Holdings,
    acknowledged: Holdings,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => day(),
        ["shift", data, first_door, files @ ..] => {
            let morning = Timestamp::from_shanghai(demo_day(), 9, 0).ok_or("no such morning")?;
            let files = files.iter().map(PathBuf::from).collect();
            let recorded = shift::work(Path::new(data), morning, first_door.parse()?, files)?;
            println!("{}", serde_json::to_string(&recorded)?);
            Ok(())
        }
        ["urgent", data, photo, recordings @ ..] => {
            let late = Timestamp::from_shanghai(demo_day(), 11, 50).ok_or("no such morning")?;
            let recordings: Vec<PathBuf> = recordings.iter().map(PathBuf::from).collect();
            let case = shift::urgent(Path::new(data), late, photo.into(), &recordings)?;
            println!("{}", serde_json::to_string(&case)?);
            Ok(())
        }
        ["propose", data] => {
            let late = Timestamp::from_shanghai(demo_day(), 11, 55).ok_or("no such morning")?;
            shift::proposes(Path::new(data), late)
        }
        _ => Err("usage: day [shift DATA FIRST_DOOR PHOTO… | urgent DATA PHOTO RECORDING… | propose DATA]".into()),
    }
}

fn day() -> Outcome<()> {
    // The centre's noon, when the two come back from a morning that they worked without it.
    begin(Timestamp::from_shanghai(demo_day(), 12, 0).ok_or("no such noon")?);
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (centre, today) = (at("centre"), demo_day().to_string());
    eprintln!("the street on {today} …");
    run(
        "gridwalk-server",
        &["seed", "--data", &centre, "--today", &today],
    )?;
    let before: Holdings =
        serde_json::from_str(&run("gridwalk-server", &["holdings", "--data", &centre])?)?;
    let street = street(SEED, demo_day());
    let grid = street.grid("梧桐-03").ok_or("no grid 梧桐-03")?.id;
    let of_grid = |role: &str| {
        street
            .people
            .iter()
            .find(|p| p.role == role && p.grids.contains(&grid))
    };
    let (worker, lead) = (
        of_grid("worker").ok_or("no worker")?,
        of_grid("lead").ok_or("no lead")?,
    );
    let secretary = of_grid("secretary").ok_or("no secretary")?;
    let password = run(
        "gridwalk-server",
        &["user", "add", "--data", &centre, "--name", &secretary.login],
    )?;

    let port = free_port()?;
    let server = Server::start(Path::new(&centre), port)?;
    let phones = [
        (at("phone-a"), &worker.login, 0),
        (at("phone-b"), &lead.login, 4),
    ];
    for (phone, login, _) in &phones {
        let code = run(
            "gridwalk-server",
            &["device", "code", "--data", &centre, "--worker", login],
        )?;
        run(
            "gridwalk",
            &[
                "enrol",
                "--data",
                phone,
                "--server",
                &server.address,
                "--code",
                code.trim(),
            ],
        )?;
        run("gridwalk", &["sync", "--data", phone])?;
    }
    drop(server); // no network from here on: the shift is worked against nothing

    let files = photo_files(folder.path())?;
    let this = std::env::current_exe()?;
    let mut said = Holdings::default();
    for ((phone, login, first_door), files) in phones.iter().zip(files.chunks(5)) {
        eprintln!("{login} works a shift offline …");
        let shift = std::process::Command::new(&this)
            .args(["shift", phone, &first_door.to_string()])
            .args(files)
            .output()?;
        if !shift.status.success() {
            return Err(format!(
                "the shift of {login}: {}",
                String::from_utf8_lossy(&shift.stderr)
            )
            .into());
        }
        said = said.union(&serde_json::from_slice(&shift.stdout)?);
    }

    let server = Server::start(Path::new(&centre), port)?;
    for (phone, ..) in &phones {
        run("gridwalk", &["sync", "--data", phone])?;
    }
    let (mut recorded, mut acknowledged) = (Holdings::default(), Holdings::default());
    for (phone, ..) in &phones {
        let held: OfPhone =
            serde_json::from_str(&run("gridwalk", &["holdings", "--data", phone])?)?;
        recorded = recorded.union(&held.recorded);
        acknowledged = acknowledged.union(&held.acknowledged);
    }
    let pulled = pull(&server.address, &secretary.login, password.trim())?;
    drop(server);
    let after: Holdings =
        serde_json::from_str(&run("gridwalk-server", &["holdings", "--data", &centre])?)?;
    let registry = after.without(&before);

    table(&[
        ("said", &said),
        ("recorded", &recorded),
        ("acknowledged", &acknowledged),
        ("registry", &registry),
    ]);
    let figures = Figures {
        recorded: recorded.counts(),
        acknowledged: acknowledged.counts(),
        registry: registry.counts(),
    };
    let same = said == recorded && recorded == acknowledged && acknowledged == registry;
    let patrols_pulled = recorded.patrols.is_subset(&pulled.patrols)
        && recorded.checkpoint_hits.is_subset(&pulled.hits);
    println!("{}", serde_json::to_string(&figures)?);
    match (same, patrols_pulled) {
        (true, true) => Ok(()),
        (false, _) => Err("the sets differ".into()),
        (_, false) => Err("the supervisor did not get every patrol and checkpoint".into()),
    }
}

/// Ten different pictures as files, as a camera leaves them: one large, one with a place in its EXIF, one lying down.
fn photo_files(folder: &Path) -> Outcome<Vec<String>> {
    use photos::Variant as V;
    let cameras = [V::Large, V::Located, V::Portrait, V::PngAlpha].map(photos::photo);
    let scenes = photos::gallery().into_iter().map(|picture| picture.jpeg);
    let mut files = Vec::new();
    for (n, bytes) in cameras.into_iter().chain(scenes).take(10).enumerate() {
        let path = folder.join(format!("camera-{n}.jpg"));
        std::fs::write(&path, bytes)?;
        files.push(path.to_string_lossy().into_owned());
    }
    Ok(files)
}

/// What the supervisor's browser gets.
struct Pulled {
    patrols: Names,
    hits: Names,
}

#[tokio::main(flavor = "current_thread")]
async fn pull(address: &str, name: &str, password: &str) -> Outcome<Pulled> {
    let client = gridwalk_proof::browser()?;
    let login = serde_json::json!({"name": name, "password": password}).to_string();
    let answer = client
        .post(format!("{address}/api/login"))
        .header("x-gridwalk", "1")
        .header("content-type", "application/json")
        .body(login)
        .send()
        .await?
        .error_for_status()?;
    let cookie = answer
        .headers()
        .get("set-cookie")
        .ok_or("no session")?
        .to_str()?
        .to_owned();
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let get = async |path: String| -> Outcome<serde_json::Value> {
        let answer = client
            .get(format!("{address}{path}"))
            .header("cookie", &cookie)
            .send()
            .await?;
        Ok(serde_json::from_slice(
            &answer.error_for_status()?.bytes().await?,
        )?)
    };
    let day = demo_day();
    let list = get(format!("/api/registry/patrols?from={day}&to={day}")).await?;
    let mut pulled = Pulled {
        patrols: Names::new(),
        hits: Names::new(),
    };
    for patrol in list.as_array().ok_or("no list of patrols")? {
        let id = patrol["id"].as_str().ok_or("a patrol without an id")?;
        let detail = get(format!("/api/registry/patrols/{id}")).await?;
        pulled.patrols.insert(id.to_owned());
        let hits = detail["view"]["hits"].as_array().ok_or("no hits")?;
        pulled.hits.extend(
            hits.iter()
                .filter_map(|hit| hit["hit"]["id"].as_str().map(str::to_owned)),
        );
    }
    Ok(pulled)
}

fn table(sides: &[(&str, &Holdings)]) {
    println!(
        "{:<14}{:>8}{:>17}{:>9}{:>17}{:>8}",
        "", "visits", "incident events", "patrols", "checkpoint hits", "photos"
    );
    for (side, holds) in sides {
        let [visits, events, patrols, hits, photos] = holds.rows().map(|(_, names)| names.len());
        println!("{side:<14}{visits:>8}{events:>17}{patrols:>9}{hits:>17}{photos:>8}");
    }
    for pair in sides.windows(2) {
        for ((noun, here), (_, there)) in pair[0].1.rows().into_iter().zip(pair[1].1.rows()) {
            for name in here.symmetric_difference(there) {
                println!(
                    "  {noun} {name} is in only one of {} and {}",
                    pair[0].0, pair[1].0
                );
            }
        }
    }
}
