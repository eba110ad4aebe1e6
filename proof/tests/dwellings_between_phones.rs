//! C15 of `domain.md` §4.8 between real phones and a real centre: two people split one door without a network, a third person's
//! visit is kept, somebody says which pieces stand, and the registry counts what stands. (What a helper's phone with another app
//! sends is refused in `sync-server/tests/dwellings_over_http.rs`.)

use gridwalk::{
    Phone,
    ports::Ports,
    view::{NewDoor, SplitInto, VoidInput},
};
use gridwalk_core::{error::Code, household::VoidReason, ids::HouseholdId, time::Timestamp};
use gridwalk_fixtures::{SEED, street};
use gridwalk_proof::{corner, process::Outcome, watch::Watch};
use gridwalk_server::{Config, Running, clock::Clock, seed::fill, serve, state::AppState};
use std::{path::Path, sync::Arc, time::Duration};

const GRID: &str = "梧桐-03";
/// Merging runs away from any request.
const PUBLISHED: Duration = Duration::from_secs(60);

async fn enrolled(
    server: &Running,
    watch: &Arc<Watch>,
    folder: &Path,
    login: &str,
) -> Outcome<Phone> {
    let dir = folder.join(login);
    let ports = Ports {
        clock: watch.clone(),
        ..Ports::of_this_machine(&dir)
    };
    corner::enrolled_with(ports, server, &dir, login).await
}

fn listed(phone: &Phone) -> Outcome<Vec<String>> {
    let rows = phone.households(String::new())?.into_iter();
    let mut fifth: Vec<String> = rows
        .map(|row| row.room)
        .filter(|room| room.starts_with("502"))
        .collect();
    fifth.sort();
    Ok(fifth)
}

/// Acknowledged is durable; published is a moment later.
async fn until(phone: &Phone, what: impl Fn(&Phone) -> Outcome<bool>) -> Outcome<()> {
    let heard = async {
        while !what(phone)? {
            phone.sync_once().await?;
        }
        Outcome::Ok(())
    };
    tokio::time::timeout(PUBLISHED, heard).await?
}

async fn count(server: &Running, sql: &'static str) -> Outcome<i64> {
    let store = &server.state().store;
    let read = store.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?));
    Ok(read.await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn c15_two_people_split_one_door_while_a_third_visits_it() -> Outcome<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir()?;
    let mut config = Config::new(folder.path().join("centre"));
    let now = corner::morning()?;
    config.clock = Clock::standing_at(now);
    config.courtesy.per_device_minute = 6_000;
    {
        let state = AppState::open(config.clone())?;
        let (street, past) = corner::stairs(now)?;
        tokio::task::block_in_place(|| fill(&state, &street, &past))?;
    }
    let server = serve(config).await?;
    let watch = Arc::new(Watch::at(now));
    let lin = enrolled(&server, &watch, folder.path(), "lin-xiao").await?;
    let lead = enrolled(&server, &watch, folder.path(), "ge-shuangjiang").await?;
    let standing = "select count(*) from household where void = 0";
    let doors = count(&server, standing).await?;
    let whole = lin
        .households(String::new())?
        .into_iter()
        .find(|row| row.room == "502")
        .ok_or("no 502")?
        .id;

    // nobody hears of the others until all have done their part
    let into = |rooms: [&str; 2]| SplitInto {
        rooms: rooms.map(str::to_owned).to_vec(),
        stays: Some(0),
        even_so: false,
    };
    lin.split_dwelling(whole, into(["502A", "502B"]))?;
    corner::visit(&lead, whole, "燃气软管硬了，约了周三换", |_| ())?;
    lead.split_dwelling(whole, into(["502-A", "502-B"]))?;
    lin.sync_once().await?;
    lead.sync_once().await?;
    let four = |phone: &Phone| Ok(listed(phone)? == ["502-A", "502-B", "502A", "502B"]);
    until(&lin, four).await?;
    until(&lead, four).await?;
    let seen = lin.household(whole)?;
    assert!(seen.view.void);
    assert_eq!(seen.view.visits.len(), 1, "the visit is 502's for ever");
    assert_eq!(seen.view.events.len(), 2);
    assert_eq!(count(&server, standing).await?, doors - 1 + 4);

    // a person says which of them stand
    let doubles: Vec<_> = lin
        .households(String::new())?
        .into_iter()
        .filter(|row| row.room.starts_with("502-"))
        .collect();
    for double in &doubles {
        let other = lin.household(double.id)?.same_door;
        assert_eq!(other.len(), 1, "{double:?} is the same door as another");
        let input = VoidInput {
            reason: VoidReason::Duplicate,
            note: None,
            same_as: Some(other[0].id),
        };
        lin.void_dwelling(double.id, input)?;
    }
    lin.sync_once().await?;
    let two = |phone: &Phone| Ok(listed(phone)? == ["502A", "502B"]);
    until(&lead, two).await?;
    until(&lin, two).await?;
    assert_eq!(count(&server, standing).await?, doors + 1);
    let part_of = count(
        &server,
        "select count(*) from household where part_of is not null",
    );
    assert_eq!(part_of.await?, 4, "the registry knows where they came from");

    a_helper_may_not(&server, &watch, folder.path(), whole, now).await
}

/// The app of a helper says so at once.
async fn a_helper_may_not(
    server: &Running,
    watch: &Arc<Watch>,
    folder: &Path,
    whole: HouseholdId,
    now: Timestamp,
) -> Outcome<()> {
    let street = street(SEED, now.local_date());
    let grid = street.grid(GRID).ok_or("no such grid")?.id;
    let helper = street
        .people
        .iter()
        .find(|person| person.role == "helper" && person.grids.contains(&grid))
        .ok_or("no helper")?;
    let helper = enrolled(server, watch, folder, &helper.login).await?;
    let building = helper.household(whole)?.row.building;
    let door = NewDoor {
        building,
        unit: "2单元".into(),
        room: "702".into(),
        even_so: false,
    };
    let refused = helper
        .add_dwelling(door)
        .expect_err("a helper lists no doors");
    assert_eq!(refused.code, Code::WrongRole);
    let refused = helper.take_back_dwelling(whole).expect_err("nor this");
    assert_eq!(refused.code, Code::WrongRole);
    Ok(())
}
