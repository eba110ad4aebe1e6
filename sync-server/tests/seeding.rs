//! One grid of the demo street, seeded: a phone reads it whole, the registry counts it, and nothing else may be under it.

mod field;

use field::{demo_street, nine, phone::Phone};
use gridwalk_fixtures::{Street, history, history::History};
use gridwalk_server::{AppState, Config, auth::enrol, clock::Clock, seed::fill, serve, store};
use std::collections::BTreeSet;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_seeded_grid_is_read_whole_by_its_worker_and_seeded_once() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::standing_at(nine());
    let mut config = Config::new(folder.path());
    config.clock = clock.clone();
    let (street, past) = one_grid();
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
        ])
    });
    assert_eq!(
        counted.await.expect("counts"),
        [
            seeded.households,
            seeded.visits,
            seeded.patrols,
            seeded.incidents
        ]
    );
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
    let documents = seeded.households + seeded.patrols + seeded.incidents;
    assert_eq!(lin.documents.len(), documents);
    let quiet = lin.exchange().await.expect("a second exchange").0;
    assert!(quiet.partitions.is_empty(), "nothing new");
}
