//! The stories of `domain.md` §4.8 that happen between a phone and its centre, told whole: the app's own library, the real
//! server, HTTP and the real photo lane. The centre keeps what it has in a file, or in the PostgreSQL of
//! `scripts/postgres.sh`.

use gridwalk::{
    HttpExchange, Phone,
    view::{Receipt, SyncPhase},
};
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, GridId, HouseholdId},
};
use gridwalk_fixtures::{SEED, demo_day, street};
use gridwalk_proof::{
    cluster::Cluster,
    corner::{self, Corner, Through},
    cut::{Cut, End, Line, Way},
    process::Outcome,
    watch::Watch,
};
use gridwalk_server::{
    AppState, Config, Running,
    assignment::{self, Change},
    auth::scope::{Wish, authorise},
    backup::{self, seal::Identity},
    clock::Clock,
    console::quarantine::{self, QuarantineDecision, QuarantineLine},
    holdings,
    ledger::{Entry, remember},
    serve,
    store::{audit, device, person},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};
use tempfile::TempDir;

const DAY: i64 = 24 * 60;
const NOTE: &str = "灭火器到期要换，约了周三下午。";

/// A corner of the street with its centre; both have one clock.
struct Scene {
    folder: TempDir,
    config: Config,
    server: Running,
    watch: Arc<Watch>,
    network: Arc<HttpExchange>,
    who: Corner,
}

/// A fresh database for the centre, where databases are not files.
fn database(name: &str) -> Outcome<Option<String>> {
    let Some(cluster) = Cluster::of_environment() else {
        return Ok(None);
    };
    cluster.throw_away(name)?;
    cluster.make(name, None)?;
    Ok(Some(cluster.url(name)))
}

impl Scene {
    async fn open(name: &'static str) -> Outcome<Self> {
        // Only the first test of a process installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir()?;
        let at = corner::morning()?;
        let mut config = Config::new(folder.path().join("centre"));
        config.clock = Clock::standing_at(at);
        // its minute is the wall's, in which a week of a story goes by
        config.courtesy.per_device_minute = 6_000;
        config.ledger = Some(folder.path().join("ledger"));
        config.postgres = database(name)?;
        let empty = config.clone();
        let who = tokio::task::spawn_blocking(move || corner::seed_centre(empty)).await??;
        Ok(Self {
            server: serve(config.clone()).await?,
            folder,
            config,
            watch: Arc::new(Watch::at(at)),
            network: Arc::default(),
            who,
        })
    }

    fn state(&self) -> &AppState {
        self.server.state()
    }

    /// The phone in the folder of that name, by whatever way leads to the centre.
    fn phone_by(&self, name: &str, through: Arc<Through>) -> Outcome<Phone> {
        corner::phone(&self.folder.path().join(name), self.watch.clone(), through)
    }

    fn straight(&self) -> Arc<Through> {
        Through::new(self.network.clone(), &self.server.url())
    }

    /// A new phone of this person, in sync.
    async fn phone(&self, name: &str, login: &str) -> Outcome<Phone> {
        let phone = self.phone_by(name, self.straight())?;
        let code = corner::code(self.state(), login).await?;
        phone.enrol(self.server.url(), code).await?;
        corner::settled(&phone, &self.watch).await?;
        Ok(phone)
    }

    fn minutes_pass(&self, minutes: i64) {
        self.watch.minutes_pass(minutes);
        self.config.clock.advance_ms(minutes * 60_000);
    }

    async fn visits(&self) -> Outcome<BTreeSet<String>> {
        let held = holdings::read(self.state()).await?;
        Ok(held.visits.into_iter().collect())
    }

    async fn count(&self, sql: &'static str) -> Outcome<i64> {
        let read = self
            .state()
            .store
            .read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?));
        Ok(read.await?)
    }

    /// The centre is gone, and another is made of a backup of it.
    async fn restored(
        self,
        database_name: &str,
        backups: &Path,
        identity: &Identity,
    ) -> Outcome<Self> {
        self.server.stop().await?;
        let mut config = self.config;
        config.data = self.folder.path().join("restored");
        config.postgres = database(database_name)?;
        let state = AppState::open(config.clone())?;
        let restored = backup::restore(&state, backups, None, identity).await?;
        assert_eq!(restored.epoch, 2);
        drop(state);
        Ok(Self {
            server: serve(config.clone()).await?,
            config,
            ..self
        })
    }

    /// The same phone on its way to the centre as it is now.
    fn moved(&self, phone: Phone, name: &str) -> Outcome<Phone> {
        drop(phone);
        self.phone_by(name, self.straight())
    }

    /// The phones of a person, in the order in which they were enrolled.
    async fn devices(&self, login: &str) -> Outcome<Vec<DeviceId>> {
        let login = login.to_owned();
        let read = self.state().store.read(move |connection| {
            let all = device::list(connection)?.into_iter();
            Ok(all
                .filter(|listed| listed.worker == login)
                .map(|listed| listed.device)
                .collect::<Vec<_>>())
        });
        Ok(read.await?)
    }

    /// As an operator does it: into the ledger, then into the registry.
    async fn revoke(&self, device: DeviceId) -> Outcome<()> {
        remember(self.state(), Entry::Revoked { device }).await?;
        let now = self.state().now();
        let revoked = self
            .state()
            .store
            .write(move |connection| device::revoke(connection, device, now));
        assert!(revoked.await?, "it was enrolled");
        Ok(())
    }

    /// What waits in the inbox of this supervisor, and what they say to all of it.
    async fn inbox(&self, login: &str, release: Option<&str>) -> Outcome<Vec<QuarantineLine>> {
        let (login, now) = (login.to_owned(), self.state().now());
        let reason = release.map(str::to_owned);
        let looked = self.state().store.write(move |connection| {
            let id = person::by_login(connection, &login)?.expect("somebody");
            let asker = person::by_id(connection, id)?.expect("somebody");
            let scope = authorise(&asker, Wish::Quarantine)?;
            let lines = quarantine::list(connection, &asker, &scope)?;
            let mut documents = Vec::new();
            for line in &lines {
                let Some(reason) = reason.clone() else { break };
                let decision = QuarantineDecision {
                    release: true,
                    reason,
                };
                let item = line.id.parse()?;
                documents.push(quarantine::decide(
                    connection, &asker, &scope, &item, &decision, now,
                )?);
            }
            Ok((lines, documents))
        });
        let (lines, documents) = looked.await?;
        self.state().merger.merge(documents).await;
        Ok(lines)
    }
}

/// A visit at each of these doors, by door.
fn visits(phone: &Phone, doors: &[HouseholdId]) -> Outcome<BTreeMap<HouseholdId, String>> {
    let mut made = BTreeMap::new();
    for door in doors {
        made.extend(
            corner::visit(phone, *door, NOTE, |_| ())?
                .into_iter()
                .map(|id| (*door, id)),
        );
    }
    Ok(made)
}

fn reads(phone: &Phone, door: HouseholdId, visit: &str) -> Outcome<bool> {
    let view = phone.household(door)?.view;
    Ok(view
        .visits
        .iter()
        .any(|seen| seen.visit.id.to_string() == visit))
}

/// No door, no task, no note about anybody is left.
fn knows_nobody(phone: &Phone, doors: impl IntoIterator<Item = HouseholdId>) -> Outcome<()> {
    assert!(phone.households(String::new())?.is_empty());
    for door in doors {
        assert!(phone.household(door).is_err(), "{door} is still here");
        assert!(phone.begin_visit(door, None).is_err());
    }
    let today = phone.today()?;
    assert!(today.groups.iter().all(|group| group.rows.is_empty()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn c9_a_grid_is_taken_away_while_its_worker_is_offline_with_twenty_visits() -> Outcome<()> {
    let scene = Scene::open("stories_c9").await?;
    let (worker, lead) = (scene.who.worker.as_str(), scene.who.lead.as_str());
    let phone = scene.phone("worker", worker).await?;
    let colleague = scene.phone("lead", lead).await?;
    let before = scene.visits().await?;

    // a morning in the stairwells: nothing leaves the phone
    let doors = corner::doors(&phone)?;
    let made = visits(&phone, &doors[..20])?;
    assert_eq!(phone.sync_state()?.waiting_records, 20);
    // meanwhile the street is divided anew
    let elsewhere = street(SEED, demo_day());
    let elsewhere = GridId(elsewhere.grid("白鹭-01").ok_or("no such grid")?.id);
    for (grid, change) in [
        (scene.who.grid, Change::Release),
        (
            elsewhere,
            Change::Assign {
                from: None,
                to: None,
            },
        ),
    ] {
        let entry = audit::Entry {
            subject: "operator".into(),
            action: "grid_assign",
            object: grid.to_string(),
            result: "done".into(),
            address: "test".into(),
        };
        assignment::change(scene.state(), worker, grid, change, entry).await?;
    }
    scene.minutes_pass(4 * 60);

    let state = corner::settled(&phone, &scene.watch).await?;
    assert!(state.all_delivered_at.is_some(), "{state:?}");
    let mine: BTreeSet<String> = made.values().cloned().collect();
    assert_eq!(phone.holdings()?.acknowledged.visits, mine);
    let after = scene.visits().await?;
    assert_eq!(&after - &before, mine, "all of it stands in the registry");
    assert!(scene.inbox(lead, None).await?.is_empty(), "nobody is asked");
    // and only then it leaves
    knows_nobody(&phone, made.keys().copied())?;
    assert_eq!(corner::settled(&phone, &scene.watch).await?.stuck, 0);
    assert_eq!(scene.visits().await?, after);
    // whoever has the grid reads it
    corner::settled(&colleague, &scene.watch).await?;
    for (door, visit) in &made {
        assert!(reads(&colleague, *door, visit)?, "{visit} is not read");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn c12_a_phone_is_revoked_with_unsent_work_which_a_supervisor_lets_in() -> Outcome<()> {
    let scene = Scene::open("stories_c12").await?;
    let (worker, lead) = (scene.who.worker.as_str(), scene.who.lead.as_str());
    let phone = scene.phone("lost", worker).await?;
    let before = scene.visits().await?;
    let doors = corner::doors(&phone)?;
    let made = visits(&phone, &doors[..12])?;
    let hazard = corner::hazard(&phone, 7, |_| ())?;
    let picture = hazard.last().ok_or("a photo")?;
    // she says that her phone is gone; it lies in a taxi, and finds a network
    scene.revoke(scene.devices(worker).await?[0]).await?;

    let state = phone.sync_once().await?;
    assert_eq!(
        (state.phase, state.error),
        (SyncPhase::Refused, Some(Code::DeviceRevoked))
    );
    assert_eq!((state.waiting_records, state.waiting_photos), (0, 0));
    knows_nobody(&phone, made.keys().copied())?;
    let revoked = Receipt::Refused {
        code: Code::DeviceRevoked,
    };
    let named = phone.sync_page()?.items;
    let waits = named.iter().filter(|item| item.receipt == revoked);
    assert_eq!(waits.count(), 13, "named, without its words");
    assert!(
        !format!("{named:?}").contains(NOTE),
        "nobody in the taxi reads what she wrote"
    );
    let pictures = std::fs::read_dir(phone.dir().join("photos"))?;
    assert_eq!(pictures.count(), 0, "nor sees what she saw");
    // nothing of it is true yet, and none of it is gone
    assert_eq!(scene.visits().await?, before);
    let inbox = scene.inbox(lead, None).await?;
    assert_eq!(inbox.len(), 13, "a line for each door and the hazard");
    assert!(
        inbox
            .iter()
            .all(|line| line.code == Code::DeviceRevoked && line.may_release)
    );
    scene.inbox(lead, Some("手机丢在出租车上")).await?;
    assert!(scene.inbox(lead, None).await?.is_empty());
    let after = scene.visits().await?;
    assert_eq!(&after - &before, made.values().cloned().collect());
    let photos = holdings::read(scene.state()).await?.photos;
    assert!(photos.contains(picture), "the photo followed its record");

    // the new phone begins where the lost one ended
    let next = scene.phone("next", worker).await?;
    for (door, visit) in &made {
        assert!(reads(&next, *door, visit)?, "{visit} is not read");
    }
    let again = visits(&next, &doors[..1])?;
    corner::settled(&next, &scene.watch).await?;
    assert!(
        scene
            .visits()
            .await?
            .is_superset(&again.into_values().collect())
    );
    // and the lost one is turned away for good
    assert_eq!(phone.sync_once().await?.error, Some(Code::DeviceRevoked));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn c13_seven_days_offline_bring_home_three_hundred_photos_over_a_line_that_breaks()
-> Outcome<()> {
    const CASES: u32 = 60;
    const PHOTOS: u32 = 5;
    let scene = Scene::open("stories_c13").await?;
    let phone = scene.phone("worker", &scene.who.worker).await?;
    let doors = corner::doors(&phone)?;
    let (mut photos, mut events, mut made) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for case in 0..CASES {
        let shades = case * PHOTOS..(case + 1) * PHOTOS;
        let told = corner::hazard_with(&phone, shades, |_| ())?;
        let (event, photo) = told.split_at(told.len() - PHOTOS as usize);
        events.extend(event.iter().cloned());
        photos.extend(photo.iter().cloned());
        let door = &doors[case as usize % doors.len()..][..1];
        made.extend(visits(&phone, door)?.into_values());
        // every half hour from ten to two, on seven days
        scene.minutes_pass(if case % 9 == 8 { DAY - 240 } else { 30 });
    }
    assert_eq!(photos.len() as u32, CASES * PHOTOS, "no two are the same");
    let state = phone.sync_state()?;
    assert_eq!(
        (state.waiting_records, state.waiting_photos),
        (2 * CASES, CASES * PHOTOS)
    );
    drop(phone);

    // the village has a network that breaks, every so many bytes
    let mut breaks = 0;
    for after in [20_000, 90_000, 160_000] {
        let cut = Cut {
            way: Way::Up,
            after,
            end: End::Reset,
        };
        let line = Line::to(scene.server.address(), Some(cut)).await?;
        let network = Arc::new(HttpExchange::default());
        let phone = scene.phone_by("worker", Through::new(network, &line.address))?;
        let state = phone.sync_once().await?;
        breaks += u32::from(!line.is_whole());
        assert!(
            state.all_delivered_at.is_none(),
            "it does not say so before: {state:?}"
        );
        drop(phone);
        scene.minutes_pass(30);
    }
    assert_eq!(breaks, 3);
    let phone = scene.phone_by("worker", scene.straight())?;
    let state = corner::settled(&phone, &scene.watch).await?;
    assert!(state.all_delivered_at.is_some(), "{state:?}");

    // every byte of every photo is at the centre under its name, and everything is there once
    let held = holdings::read(scene.state()).await?;
    let at_centre: BTreeSet<String> = held.photos.into_iter().collect();
    assert!(at_centre.is_superset(&photos));
    let at_centre: BTreeSet<String> = held.incident_events.into_iter().collect();
    assert!(at_centre.is_superset(&events));
    assert!(scene.visits().await?.is_superset(&made));
    let acknowledged = phone.holdings()?.acknowledged;
    assert_eq!(acknowledged.photos, photos);
    assert_eq!(acknowledged.visits, made);
    let waiting = phone.sync_page()?;
    assert_eq!(waiting.photos.done, waiting.photos.total);
    Ok(())
}

/// No actor is written by two devices, and no number of one stands for two changes: what would have is evidence, and was
/// written again by another hand.
async fn no_actor_was_used_twice(scene: &Scene) -> Outcome<()> {
    let twice = "select count(*) from (select document, actor, seq from change
         group by document, actor, seq having count(*) > 1) as twice";
    assert_eq!(scene.count(twice).await?, 0);
    let shared = "select count(*) from (select actor from change
         group by actor having count(distinct device) > 1) as shared";
    assert_eq!(scene.count(shared).await?, 0);
    let unmerged = "select count(*) from change where state <> 'published'";
    assert_eq!(scene.count(unmerged).await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn c18_a_phone_and_then_the_centre_go_back_to_older_copies_and_no_actor_is_used_twice()
-> Outcome<()> {
    let scene = Scene::open("stories_c18").await?;
    let (worker, lead) = (scene.who.worker.clone(), scene.who.lead.clone());
    let phone = scene.phone("worker", &worker).await?;
    let colleague = scene.phone("lead", &lead).await?;
    let doors = corner::doors(&phone)?;
    let mut made = Vec::new();
    made.extend(visits(&phone, &doors[..6])?);
    corner::settled(&phone, &scene.watch).await?;
    corner::settled(&colleague, &scene.watch).await?;
    // noon: somebody copies the phone's folder, and the centre is backed up
    drop(phone);
    let folder = scene.folder.path();
    corner::closed(&folder.join("worker/gridwalk.db"))?;
    corner::copy(&folder.join("worker"), &folder.join("copy"))?;
    let phone = scene.phone_by("worker", scene.straight())?;
    let identity = Identity::new()?;
    let backups = folder.join("backups");
    backup::make(scene.state(), &backups, identity.recipient()).await?;
    scene.minutes_pass(60);
    made.extend(visits(&phone, &doors[..9])?);
    corner::settled(&phone, &scene.watch).await?;
    corner::settled(&colleague, &scene.watch).await?;
    // that phone falls into the river

    // the copy knows nothing of the afternoon and writes on where noon had ended
    drop(phone);
    let phone = scene.phone_by("copy", scene.straight())?;
    scene.minutes_pass(60);
    made.extend(visits(&phone, &doors[3..12])?);
    corner::settled(&phone, &scene.watch).await?;
    let forked = "select count(*) from evidence where code = 'ACTOR_FORKED'";
    assert!(scene.count(forked).await? > 0, "two had one number");
    no_actor_was_used_twice(&scene).await?;
    corner::settled(&colleague, &scene.watch).await?;
    all_read(&scene, [&phone, &colleague], &made).await?;

    // the centre burns down and comes back as it was at noon
    let before = scene.count("select count(*) from change").await?;
    let scene = scene
        .restored("stories_c18_restored", &backups, &identity)
        .await?;
    assert!(scene.count("select count(*) from change").await? < before);
    let phone = scene.moved(phone, "copy")?;
    let colleague = scene.moved(colleague, "lead")?;
    made.extend(visits(&phone, &doors[..4])?);
    made.extend(visits(&colleague, &doors[2..7])?);
    for phone in [&phone, &colleague, &phone, &colleague] {
        corner::settled(phone, &scene.watch).await?;
    }
    assert!(scene.count("select count(*) from change").await? > before);
    no_actor_was_used_twice(&scene).await?;
    all_read(&scene, [&phone, &colleague], &made).await
}

async fn all_read(
    scene: &Scene,
    phones: [&Phone; 2],
    made: &[(HouseholdId, String)],
) -> Outcome<()> {
    let at_centre = scene.visits().await?;
    for (door, visit) in made {
        assert!(at_centre.contains(visit), "{visit} is gone");
        for phone in phones {
            assert!(reads(phone, *door, visit)?, "{visit} is not read");
        }
    }
    Ok(())
}
