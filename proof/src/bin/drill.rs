//! The restore drill: work, a backup, more work that the centre acknowledges, and then the centre is destroyed. It comes back
//! from the older backup, and the phones bring back the rest: their own, and what a lost phone had written that a colleague
//! holds. What was erased stays erased, who was revoked stays revoked, a grid that was taken away stays away. Real processes,
//! each side read from its own store. With `GRIDWALK_TEST_POSTGRES` (`scripts/postgres.sh scripts/drill.sh`) the centre keeps
//! what it has in a database of that PostgreSQL, and the restored one in another.
//! The last line of standard output is one JSON object.

use gridwalk_core::time::Timestamp;
use gridwalk_fixtures::{SEED, demo_day, photos, street};
use gridwalk_proof::{
    cluster::Cluster,
    holdings::{Counts, Holdings},
    process::{Outcome, Server, begin, command, free_port, run},
    shift,
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The last line.
#[derive(Serialize)]
struct Figures {
    /// What the phones had a receipt for before the centre was destroyed, without what was erased.
    acknowledged: Counts,
    /// Of that, what the backup had.
    in_backup: Counts,
    /// Of that, what the centre holds after the phones came back.
    restored: Counts,
    /// Acknowledged and not there: visits, events, patrols, hits, and photos whose phone is not lost.
    lost: usize,
    /// The life of the store that began.
    epoch: u64,
    erased_stays: bool,
    revoked_stays: bool,
    scope_stays: bool,
    watermark: bool,
}

#[derive(Deserialize)]
struct OfPhone {
    recorded: Holdings,
    acknowledged: Holdings,
}

/// What `gridwalk-server backup`, `verify` and `restore` print, as far as it is looked at.
#[derive(Deserialize)]
struct Printed {
    #[serde(default)]
    epoch: u64,
    #[serde(default)]
    missing: Vec<String>,
    #[serde(default)]
    wrong: Vec<String>,
    #[serde(default)]
    failed: Vec<String>,
}

struct Drill {
    folder: tempfile::TempDir,
    port: u16,
    cluster: Option<Cluster>,
    /// The database of the centre that lives at this moment, if it is not a file.
    database: &'static str,
}

const BEFORE: &str = "drill_before";
const AFTER: &str = "drill_after";

impl Drill {
    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    fn server(&self, arguments: &[&str]) -> Outcome<String> {
        run("gridwalk-server", arguments)
    }

    /// A command on the data of the centre, with the ledger that lies elsewhere.
    fn centre(&self, words: &[&str], rest: &[&str]) -> Outcome<String> {
        let place = [vec!["--data".into(), self.at("centre")], self.kept()].concat();
        let place: Vec<&str> = place.iter().map(String::as_str).collect();
        self.server(&[words, &place, rest].concat())
    }

    fn serve(&self) -> Outcome<Server> {
        Server::start_with(Path::new(&self.at("centre")), self.port, &self.kept())
    }

    /// Where it keeps what is not in its folder.
    fn kept(&self) -> Vec<String> {
        let mut kept = vec!["--ledger".to_owned(), self.at("ledger")];
        if let Some(cluster) = &self.cluster {
            kept.extend(["--database".to_owned(), cluster.url(self.database)]);
        }
        kept
    }

    fn enrol(&self, phone: &str, login: &str) -> Outcome<()> {
        let code = self.centre(&["device", "code"], &["--worker", login])?;
        let (data, server) = (self.at(phone), format!("http://127.0.0.1:{}", self.port));
        let arguments = ["enrol", "--data", &data, "--server", &server, "--code"];
        run("gridwalk", &[&arguments[..], &[code.trim()]].concat())?;
        self.sync(phone)
    }

    fn sync(&self, phone: &str) -> Outcome<()> {
        run("gridwalk", &["sync", "--data", &self.at(phone)]).map(|_| ())
    }

    fn holds(&self, phone: &str) -> Outcome<OfPhone> {
        let held = run("gridwalk", &["holdings", "--data", &self.at(phone)])?;
        Ok(serde_json::from_str(&held)?)
    }

    fn registry(&self) -> Outcome<Holdings> {
        Ok(serde_json::from_str(&self.centre(&["holdings"], &[])?)?)
    }

    fn work(&self, phone: &str, hour: u32, door: usize, photos: &[PathBuf]) -> Outcome<()> {
        let begins = Timestamp::from_shanghai(demo_day(), hour, 0).ok_or("no such hour")?;
        let data = self.at(phone);
        shift::work(Path::new(&data), begins, door, photos.to_vec())?;
        Ok(())
    }

    /// Asks a store that no process has open, from outside; the rows of one column.
    fn ask(&self, sql: &str) -> Outcome<Vec<String>> {
        if let Some(cluster) = &self.cluster {
            let rows = cluster.ask(self.database, sql)?;
            return Ok(rows.lines().map(str::to_owned).collect());
        }
        let file = Path::new(&self.at("centre")).join("registry.db");
        let connection = Connection::open(file)?;
        let mut select = connection.prepare(sql)?;
        let rows = select.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn main() -> Outcome<()> {
    begin(Timestamp::from_shanghai(demo_day(), 12, 0).ok_or("no such noon")?);
    let mut drill = Drill {
        folder: tempfile::tempdir()?,
        port: free_port()?,
        cluster: Cluster::of_environment(),
        database: BEFORE,
    };
    if let Some(cluster) = &drill.cluster {
        for database in [BEFORE, AFTER] {
            cluster.throw_away(database)?;
            cluster.make(database, None)?;
        }
    }
    let pictures = pictures(drill.folder.path(), 20)?;
    let street = street(SEED, demo_day());
    let grid = street.grid("梧桐-03").ok_or("no grid 梧桐-03")?.id;
    let login = |role: &str| {
        let mut people = street.people.iter();
        people
            .find(|person| person.role == role && person.grids.contains(&grid))
            .map(|person| person.login.as_str())
            .ok_or("nobody of that role")
    };
    let (worker, lead) = (login("worker")?, login("lead")?);

    eprintln!("the street …");
    drill.centre(&["seed"], &["--today", &demo_day().to_string()])?;
    let server = drill.serve()?;
    for (phone, login) in [("a", worker), ("b", lead), ("thief", worker)] {
        drill.enrol(phone, login)?;
    }
    eprintln!("a morning, and a backup while the centre runs …");
    drill.work("a", 9, 0, &pictures[..5])?;
    drill.sync("a")?;
    drill.sync("b")?;
    let (identity, backups) = (drill.at("identity"), drill.at("backups"));
    let recipient = drill.server(&["backup-key", "--out", &identity])?;
    let recipient = recipient.trim();
    drill.centre(&["backup"], &["--to", &backups, "--recipient", recipient])?;
    let data = drill.at("centre");
    let database = drill.cluster.as_ref().map(|cluster| cluster.url(BEFORE));
    let mut words = vec!["verify", "--from", &backups, "--identity", &identity];
    words.extend(["--data", &data]);
    words.extend(database.iter().flat_map(|url| ["--database", url]));
    let opened = drill.server(&words)?;
    let opened: Printed = serde_json::from_str(&opened)?;
    let in_backup = drill.registry()?;

    eprintln!("an afternoon that no backup has …");
    drill.enrol("lost", worker)?;
    drill.work("b", 14, 8, &pictures[5..10])?;
    drill.work("lost", 14, 16, &pictures[10..15])?;
    for phone in ["b", "lost", "a"] {
        drill.sync(phone)?;
    }
    drill.work("a", 16, 24, &pictures[15..20])?;
    for phone in ["a", "b", "lost"] {
        drill.sync(phone)?;
    }
    let receipts = |drill: &Drill| -> Outcome<Holdings> {
        let mut all = Holdings::default();
        for phone in ["a", "b", "lost"] {
            let held = drill.holds(phone)?;
            if held.recorded != held.acknowledged {
                return Err(format!("{phone} has something without a receipt").into());
            }
            all = all.union(&held.acknowledged);
        }
        Ok(all)
    };
    let acknowledged = receipts(&drill)?;
    let of_lost = drill.holds("lost")?.acknowledged;

    eprintln!(
        "a phone is revoked, a household erased, a grid taken away, and the centre burns down …"
    );
    drop(server);
    let devices = drill.centre(&["device", "list"], &[])?;
    // in the order in which they were enrolled: a, b, thief, lost
    let thief = devices
        .lines()
        .nth(2)
        .and_then(|line| line.split_whitespace().next())
        .ok_or("no third device")?;
    drill.centre(&["device", "revoke"], &["--device", thief])?;
    let household = drill
        .ask("select household from visit order by recorded_at desc, id limit 1")?
        .pop()
        .ok_or("nobody was visited")?;
    let erased = drill.ask(&format!(
        "select id from visit where household = '{household}'"
    ))?;
    let reason = ["--id", &household, "--reason", "the household asked for it"];
    drill.centre(&["document", "erase"], &reason)?;
    let mut people = street.people.iter();
    let elsewhere = people
        .find(|person| person.role == "worker" && !person.grids.contains(&grid))
        .ok_or("everybody works in one grid")?;
    let taken = elsewhere.grids.first().ok_or("nobody works there")?;
    let has_grid = format!(
        "select cast(count(*) as text) from person_grid where grid = '{taken}'
         and person = (select id from person where login = '{}')",
        elsewhere.login
    );
    if drill.ask(&has_grid)? != ["1"] {
        return Err("the grid was not theirs".into());
    }
    let taken = taken.to_string();
    let release = ["--name", &elsewhere.login, "--grid", &taken];
    drill.centre(&["worker", "release"], &release)?;
    std::fs::remove_dir_all(&data)?;
    std::fs::remove_dir_all(drill.at("lost"))?;
    drill.database = AFTER;

    let printed = drill.centre(&["restore"], &["--from", &backups, "--identity", &identity])?;
    let restored: Printed = serde_json::from_str(&printed)?;
    let thin = drill.registry()?;

    eprintln!("the phones come back …");
    let server = drill.serve()?;
    for phone in ["b", "a", "b"] {
        drill.sync(phone)?;
    }
    let turned_away = command("gridwalk")?
        .args(["sync", "--data", &drill.at("thief")])
        .output()?;
    drop(server);
    let after = drill.registry()?;

    let mut wanted = acknowledged;
    for id in &erased {
        wanted.visits.remove(id);
    }
    let mut missing = wanted.without(&after);
    // the bytes of a photo are only on the phone that took it
    missing.photos = &missing.photos - &of_lost.photos;
    let lost: usize = missing.rows().iter().map(|(_, names)| names.len()).sum();
    for (noun, names) in missing.rows() {
        for name in names {
            println!("  {noun} {name} is lost");
        }
    }
    let revoked = String::from_utf8_lossy(&turned_away.stderr).contains("DEVICE_REVOKED");
    let came_back = wanted.without(&thin);
    let figures = Figures {
        acknowledged: wanted.counts(),
        in_backup: in_backup.without(&in_backup.without(&wanted)).counts(),
        restored: wanted.without(&missing).counts(),
        lost,
        epoch: restored.epoch,
        erased_stays: !erased.is_empty() && erased.iter().all(|id| !after.visits.contains(id)),
        revoked_stays: !turned_away.status.success() && revoked,
        scope_stays: drill.ask(&has_grid)? == ["0"],
        watermark: drill.ask(
            "select cast(number as text) from backup where verified_at is not null and epoch_counter = 2",
        )? == ["1"],
    };
    println!("{}", serde_json::to_string(&figures)?);
    let clean = [&opened, &restored]
        .iter()
        .all(|printed| printed.wrong.is_empty() && printed.failed.is_empty())
        && restored.missing.is_empty();
    let stays = figures.erased_stays && figures.revoked_stays && figures.scope_stays;
    let recovered = !came_back.visits.is_empty() && !came_back.photos.is_empty();
    match (lost, clean, recovered) {
        (0, true, true) if stays && figures.watermark => Ok(()),
        (0, _, false) => Err("the restore had everything, so nothing was proven".into()),
        _ => Err("the drill failed".into()),
    }
}

/// So many different pictures as files, as a camera leaves them.
fn pictures(folder: &Path, count: usize) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    let scenes = photos::gallery().into_iter();
    let both = scenes.flat_map(|picture| [picture.jpeg, picture.thumbnail]);
    for (n, bytes) in both.take(count).enumerate() {
        let path = folder.join(format!("camera-{n}.jpg"));
        std::fs::write(&path, bytes)?;
        files.push(path);
    }
    if files.len() < count {
        return Err(format!("only {} pictures", files.len()).into());
    }
    Ok(files)
}
