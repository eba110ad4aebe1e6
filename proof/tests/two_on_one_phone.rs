//! Two workers share one phone and a real centre: two devices, two actors, two logs of their own. What the one records is the
//! other's to read only once the centre has published it.

use gridwalk::{Gate, Phone, ports::Ports};
use gridwalk_core::ids::HouseholdId;
use gridwalk_proof::{corner, process::Outcome};
use gridwalk_server::{Config, Running, seed::fill, serve, state::AppState, store::device};
use std::{collections::BTreeSet, time::Duration};

/// Merging runs away from any request.
const PUBLISHED: Duration = Duration::from_secs(60);
const PINS: [&str; 2] = ["480215", "715093"];

/// Enrols, reads the grid, and seals with a PIN.
async fn begins(gate: &Gate, server: &Running, login: &str, pin: &str) -> Outcome<()> {
    let code = corner::code(server.state(), login).await?;
    gate.enrol(server.url(), code).await?;
    let phone = gate.threshold()?;
    phone.set_pin(None, pin.into())?;
    phone.sync_once().await?;
    assert!(gate.state()?.sealed);
    Ok(())
}

fn visits(phone: &Phone, door: HouseholdId) -> Outcome<String> {
    let mut visit = phone.begin_visit(door, None)?;
    visit.care_emergency = true; // whatever the hour of this test
    let id = visit.id.to_string();
    phone.save_visit(door, visit)?;
    Ok(id)
}

/// The visits of this door, as this phone knows them.
fn known(phone: &Phone, door: HouseholdId) -> Outcome<BTreeSet<String>> {
    let detail = phone.household(door)?;
    let done = detail.view.visits.iter();
    Ok(done.map(|done| done.visit.id.to_string()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_of_one_phone_deliver_as_two_devices_and_keep_nothing_of_each_other()
-> Outcome<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir()?;
    let config = Config::new(folder.path().join("centre"));
    {
        let state = AppState::open(config.clone())?;
        let (street, past) = corner::stairs(state.now())?;
        tokio::task::block_in_place(|| fill(&state, &street, &past))?;
    }
    let server = serve(config).await?;
    let gate = Gate::new(folder.path().join("phone"), Ports::of_this_machine, |_| ());
    begins(&gate, &server, "lin-xiao", PINS[0]).await?;
    let door = gate.phone()?.households(String::new())?[0].id;
    let hers = visits(&gate.phone()?, door)?;
    gate.add_worker()?;
    begins(&gate, &server, "ge-shuangjiang", PINS[1]).await?;
    let lead = gate.phone()?;
    assert!(
        known(&lead, door)?.is_empty(),
        "hers is on her side of the phone"
    );
    let theirs = visits(&lead, door)?;
    lead.sync_once().await?;
    assert!(lead.holdings()?.acknowledged.visits.contains(&theirs));
    drop(lead);
    gate.choose_worker(1)?;
    gate.unlock(PINS[0])?;
    let lin = gate.phone()?;
    assert_eq!(lin.sync_state()?.waiting_records, 1, "it waited for her");
    // what the other wrote reaches her as any colleague's work does: by way of the centre
    let both = BTreeSet::from([hers.clone(), theirs.clone()]);
    let published = async {
        loop {
            lin.sync_once().await?;
            if known(&lin, door)? == both {
                return Outcome::Ok(());
            }
        }
    };
    tokio::time::timeout(PUBLISHED, published).await??;
    assert_eq!(lin.holdings()?.recorded.visits, BTreeSet::from([hers]));

    // two devices of two people, and each signed its own
    let listed = server.state().store.read(device::list).await?;
    let workers: BTreeSet<_> = listed.iter().map(|device| &device.worker).collect();
    assert_eq!((listed.len(), workers.len()), (2, 2));
    Ok(())
}
