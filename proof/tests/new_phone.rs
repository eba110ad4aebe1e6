//! A worker moves to a new phone with unsent work, where there is no network to send it first. Whichever of the two phones comes
//! to the centre first, and how often, every act is there once.

use gridwalk::{
    Phone,
    ports::Ports,
    view::{Parcel, SyncState},
};
use gridwalk_core::{
    error::Code,
    ids::{HouseholdId, IncidentId},
};
use gridwalk_proof::{corner, process::Outcome};
use gridwalk_server::{Config, Running, seed::fill, serve, state::AppState};
use std::time::Duration;

/// Merging runs away from any request.
const PUBLISHED: Duration = Duration::from_secs(60);
const LIN: &str = "lin-xiao";

/// A centre with one staircase, and a folder for phones.
struct Place {
    folder: tempfile::TempDir,
    server: Running,
}

impl Place {
    async fn new() -> Outcome<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir()?;
        let config = Config::new(folder.path().join("centre"));
        {
            let state = AppState::open(config.clone())?;
            let (street, past) = corner::stairs(state.now())?;
            tokio::task::block_in_place(|| fill(&state, &street, &past))?;
        }
        let server = serve(config).await?;
        Ok(Self { folder, server })
    }

    async fn phone(&self, name: &str, login: &str) -> Outcome<Phone> {
        let data = self.folder.path().join(name);
        corner::enrolled_with(Ports::of_this_machine(&data), &self.server, &data, login).await
    }
}

/// What was done on the old phone before anything of it could leave.
struct Done {
    door: HouseholdId,
    visit: String,
    incident: IncidentId,
}

fn works(phone: &Phone) -> Outcome<Done> {
    let door = phone.households(String::new())?[0].id;
    let mut visit = phone.begin_visit(door, None)?;
    visit.care_emergency = true; // whatever the hour of this test
    let id = visit.id.to_string();
    phone.save_visit(door, visit)?;
    corner::hazard(phone, 7, |_| ())?;
    let incident = phone.incidents()?.first().ok_or("no case")?.id;
    Ok(Done {
        door,
        visit: id,
        incident,
    })
}

/// How often the visit is there, and how many events and photos the case has; zeros while it has not come.
fn seen(phone: &Phone, done: &Done) -> Outcome<(usize, usize, usize)> {
    let door = phone.household(done.door)?;
    let visits = door.view.visits.iter();
    let visits = visits
        .filter(|visit| visit.visit.id.to_string() == done.visit)
        .count();
    Ok(match phone.incident(done.incident) {
        Ok(case) => (visits, case.view.events.len(), case.view.photos.len()),
        Err(_) => (visits, 0, 0),
    })
}

/// A colleague reads until it is there as it is on the phone that recorded it.
async fn arrives(lead: &Phone, done: &Done, as_on: (usize, usize, usize)) -> Outcome<()> {
    let published = async {
        while seen(lead, done)? != as_on {
            lead.sync_once().await?;
        }
        Outcome::Ok(())
    };
    tokio::time::timeout(PUBLISHED, published).await?
}

fn nothing_waits(state: &SyncState) {
    let left = (state.waiting_records, state.waiting_photos, state.stuck);
    assert_eq!(left, (0, 0, 0), "{state:?}");
}

fn take_out(phone: &Phone, parcel: &Parcel) -> Outcome<u32> {
    Ok(phone
        .open_parcel(parcel.file.clone(), parcel.code.clone())?
        .records)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_phone_brings_it_and_the_old_one_after_all_and_everything_is_there_once()
-> Outcome<()> {
    let place = Place::new().await?;
    let old = place.phone("old", LIN).await?;
    let lead = place.phone("lead", "ge-shuangjiang").await?;
    let done = works(&old)?;
    let as_recorded = seen(&old, &done)?;
    assert!(as_recorded.0 == 1 && as_recorded.1 >= 1 && as_recorded.2 == 1);
    let parcel = old.pack_parcel()?;
    let refused = lead.open_parcel(parcel.file.clone(), parcel.code.clone());
    let refused = refused.expect_err("it is not the lead's");
    assert_eq!(refused.code, Code::ParcelOfAnother);

    let new = place.phone("new", LIN).await?;
    assert_eq!(take_out(&new, &parcel)?, 2);
    assert_eq!(seen(&new, &done)?, as_recorded);
    nothing_waits(&new.sync_once().await?);
    assert!(new.holdings()?.acknowledged.visits.contains(&done.visit));
    arrives(&lead, &done, as_recorded).await?;

    // the old one finds a network after all
    nothing_waits(&old.sync_once().await?);
    for phone in [&lead, &new, &old] {
        phone.sync_once().await?;
        assert_eq!(seen(phone, &done)?, as_recorded, "once, everywhere");
    }
    // both go on, and both are heard
    let mut visit = new.begin_visit(done.door, None)?;
    visit.care_emergency = true;
    new.save_visit(done.door, visit)?;
    nothing_waits(&new.sync_once().await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_phone_sends_it_first_and_the_new_one_brings_nothing_twice() -> Outcome<()> {
    let place = Place::new().await?;
    let old = place.phone("old", LIN).await?;
    let done = works(&old)?;
    let as_recorded = seen(&old, &done)?;
    let parcel = old.pack_parcel()?;
    // one has taken it out before, one reads it first from the centre
    let early = place.phone("early", LIN).await?;
    assert_eq!(take_out(&early, &parcel)?, 2);
    nothing_waits(&old.sync_once().await?);
    nothing_waits(&early.sync_once().await?);
    let lead = place.phone("lead", "ge-shuangjiang").await?;
    arrives(&lead, &done, as_recorded).await?;
    let late = place.phone("late", LIN).await?;
    arrives(&late, &done, as_recorded).await?;
    assert_eq!(take_out(&late, &parcel)?, 0, "it is all there");
    nothing_waits(&late.sync_once().await?);
    for phone in [&lead, &early, &late, &old] {
        phone.sync_once().await?;
        assert_eq!(seen(phone, &done)?, as_recorded);
    }
    Ok(())
}
