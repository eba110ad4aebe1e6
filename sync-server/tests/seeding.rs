//! One grid of the demo street, seeded: a phone reads it whole, the registry counts it, and nothing else may be under it.

mod field;

use field::{demo_street, nine, phone::Phone};
use gridwalk_core::{ids::DocumentId, reference::Plan};
use gridwalk_fixtures::{Street, history, history::History, places};
use gridwalk_server::{
    AppState, Config,
    auth::enrol,
    clock::Clock,
    rebuild::rebuild,
    seed::fill,
    serve,
    store::{self, Connection, Fault, Row, registry},
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// 梧桐-03 alone, with its ninety days.
fn one_grid() -> (Street, History) {
    let mut street = demo_street().clone();
    let mut past = history::history(&street);
    let grid = street.grid("梧桐-03").expect("a grid").id;
    street.households.retain(|door| door.grid == grid);
    let doors: BTreeSet<_> = street.households.iter().map(|door| door.id).collect();
    past.visits.retain(|visit| doors.contains(&visit.household));
    past.patrols.retain(|patrol| patrol.created.grid == grid);
    past.incidents
        .retain(|incident| incident.created.grid == grid);
    (street, past)
}

/// Every row of every projected table, and every snapshot, as text and in its order.
fn rows(connection: &Connection) -> gridwalk_server::error::Result<Vec<(String, Vec<String>)>> {
    let told = |row: &Row<'_>| {
        let values = (0..row.columns()).map(|at| Ok(format!("{:?}", row.value(at)?)));
        Ok::<_, Fault>(values.collect::<Result<Vec<_>, Fault>>()?.join(" "))
    };
    let tables = registry::PROJECTED.map(|table| format!("select * from {table}"));
    let snapshots = "select id, snapshot from document".to_owned();
    let mut all = Vec::new();
    for query in tables.into_iter().chain([snapshots]) {
        let mut rows = connection
            .prepare_cached(&query)?
            .query_map([], told)?
            .collect::<Result<Vec<_>, _>>()?;
        rows.sort_unstable();
        all.push((query, rows));
    }
    Ok(all)
}

/// Rows that vanished, rows that lie, a snapshot that is another document's.
const DAMAGE: &str = "
    delete from visit where rowid % 3 = 0;
    delete from resident;
    delete from incident_event where rowid % 2 = 0;
    update household set last_outcome = 'met', view = '{}' where rowid % 5 = 0;
    update incident set case_no = null, state = 'closed' where rowid % 2 = 0;
    update patrol set reached = 99, distance_m = null;
    update checkpoint_hit set state = 'ok';
    delete from photo;
    delete from place_visit where rowid % 2 = 0;
    update place_visit set failed = 7;
    delete from form_answer where rowid % 2 = 0;
    update form_answer set version = 9;
    insert into place (id, grid, name, kind) values ('a place', 'that', 'never', 'was');
    update document set snapshot = x'00' where rowid % 4 = 0;
    update document set snapshot = null where rowid % 4 = 1;";

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_is_made_again_from_the_log_byte_for_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = Config::new(folder.path());
    config.clock = Clock::standing_at(nine());
    let (street, past) = one_grid();
    let state = AppState::open(config).expect("a store");
    tokio::task::block_in_place(|| fill(&state, &street, &past)).expect("a history by the rules");
    let before = state.store.read(rows).await.expect("rows");
    assert!(before.iter().filter(|(_, rows)| rows.len() > 50).count() >= 8);

    let damaged = state.store.write(|connection| {
        connection.execute_batch(DAMAGE)?;
        rows(connection)
    });
    assert_ne!(damaged.await.expect("damage"), before);
    let rebuilt = rebuild(&state.store).await.expect("a rebuild");
    assert_eq!(rebuilt.failed, []);
    let after = state.store.read(rows).await.expect("rows");
    for ((query, before), (_, after)) in before.iter().zip(&after) {
        assert!(before == after, "{query} differs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_whose_bytes_were_changed_is_not_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = Config::new(folder.path());
    config.clock = Clock::standing_at(nine());
    let (mut street, mut past) = one_grid();
    street.households.truncate(3);
    let doors: BTreeSet<_> = street.households.iter().map(|door| door.id).collect();
    past.visits.retain(|visit| doors.contains(&visit.household));
    past.patrols.clear();
    past.incidents.clear();
    let state = AppState::open(config).expect("a store");
    tokio::task::block_in_place(|| fill(&state, &street, &past)).expect("a history by the rules");
    let spoilt = state.store.write(|connection| {
        let first = "update change set bytes = zeroblob(length(bytes)) where sequence = 1 returning document";
        Ok(connection.query_row(first, [], |row| row.get::<_, Uuid>(0))?)
    });
    let spoilt = DocumentId(spoilt.await.expect("a change"));
    let rebuilt = rebuild(&state.store).await.expect("a rebuild");
    let failed: Vec<_> = rebuilt
        .failed
        .iter()
        .map(|(document, _)| *document)
        .collect();
    assert_eq!(failed, [spoilt]);
    let shown = state.store.read(store::document::all_published);
    assert_eq!(rebuilt.documents, shown.await.expect("documents").len() - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seeded_grid_is_read_whole_by_its_worker_and_seeded_once() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::standing_at(nine());
    let mut config = Config::new(folder.path());
    config.clock = clock.clone();
    let (street, past) = one_grid();
    let grid = street.grid("梧桐-03").expect("a grid").id;
    let state = AppState::open(config.clone()).expect("a store");
    let seeded = tokio::task::block_in_place(|| {
        let seeded = fill(&state, &street, &past).expect("a history by the rules");
        fill(&state, &street, &past).expect_err("not into a store that has something");
        seeded
    });
    assert_eq!(seeded.households, 410);
    let counted = state.store.read(|connection| {
        let one = |query| connection.query_row(query, [], |row| row.get::<_, usize>(0));
        Ok([
            one("select count(*) from household")?,
            one("select count(*) from visit")?,
            one("select count(*) from patrol")?,
            one("select count(*) from incident where case_no is not null")?,
            one("select count(*) from care_plan")?,
            one("select count(*) from place")?,
            one("select count(*) from place_visit")?,
        ])
    });
    assert_eq!(
        counted.await.expect("counts"),
        [
            seeded.households,
            seeded.visits,
            seeded.patrols,
            seeded.incidents,
            seeded.care_plans,
            seeded.places,
            seeded.place_visits
        ]
    );
    let plans = state.store.read(|connection| {
        let query = "select json from reference where kind = 'plan'";
        let rows = connection
            .prepare_cached(query)?
            .query_map([], |row| row.get::<_, String>(0))?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(rows)
    });
    for plan in plans.await.expect("plans") {
        let plan: Plan = serde_json::from_str(&plan).expect("a plan");
        assert!(plan.frequency.is_some() && plan.window.is_some());
    }
    drop(state);

    let server = serve(config).await.expect("a server");
    let code = enrol::EnrolCode::new().expect("a code");
    let printed = code.to_string();
    let state = server.state();
    let written = state.store.write(move |connection| {
        let worker = store::person::by_login(connection, "lin-xiao")?.expect("lin");
        store::device::add_code(connection, &code, worker, nine(), enrol::CODE_LIFE_MS)
    });
    written.await.expect("a code");
    let mut lin = Phone::enrol(&server.url(), &printed, "lin-xiao", &clock)
        .await
        .expect("a phone");
    lin.sync().await.expect("a first sync");
    let here = places::shops(&street).into_iter();
    let here = here.filter(|shop| shop.place.grid == grid).count();
    assert_eq!(here, 6);
    let documents =
        seeded.households + seeded.patrols + seeded.incidents + seeded.care_plans + here;
    assert_eq!(lin.documents.len(), documents);
    let quiet = lin.exchange().await.expect("a second exchange").0;
    assert!(quiet.partitions.is_empty(), "nothing new");
}
