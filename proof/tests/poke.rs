//! A phone in somebody's hand hears of what the centre did while nothing was asked: the real phone, the real server, the
//! real line between them.

use gridwalk::{Phone, ports::Ports};
use gridwalk_core::{
    act::Role,
    household::{self, Dwelling, FieldChange},
    ids::{DocumentId, GridId, PersonId},
    sync::message::{AccessClass, DocumentKind, Partition},
};
use gridwalk_fixtures::{SEED, Street, demo_day, street};
use gridwalk_proof::process::Outcome;
use gridwalk_server::{
    Config, Running,
    auth::enrol::{CODE_LIFE_MS, EnrolCode},
    departure::move_document,
    edit::{Writer, create_document},
    seed::reference_rows,
    serve,
    store::{audit::Entry, device, person},
};
use std::time::Duration;

/// Without a poke the phone asks every two minutes, so whatever arrives within this was poked.
const POKED: Duration = Duration::from_secs(60);

async fn code(server: &Running) -> Outcome<String> {
    let (code, now) = (EnrolCode::new()?, server.state().now());
    let printed = code.to_string();
    let written = server.state().store.write(move |connection| {
        let worker = person::by_login(connection, "lin-xiao")?.expect("林晓");
        device::add_code(connection, &code, worker, now, CODE_LIFE_MS)
    });
    written.await?;
    Ok(printed)
}

/// What a steward enters at the centre.
async fn furnish(server: &Running, street: &Street, room: &str) -> Outcome<DocumentId> {
    let door = street
        .door("梧桐-03", "3幢", "2单元", room)
        .ok_or("no such door")?;
    let steward = street.people.iter().find(|person| person.role == "steward");
    let writer = Writer {
        by: PersonId(steward.ok_or("no steward")?.id),
        role: Role::Steward,
    };
    let dwelling = Dwelling {
        id: door.id.into(),
        building: door.building.into(),
        unit: door.unit.clone(),
        room: door.room.clone(),
    };
    let home = Partition {
        grid: GridId(door.grid),
        class: AccessClass::GENERAL,
    };
    let fields = [FieldChange::HouseholdSize(2)];
    let id = dwelling.id.into();
    create_document(
        server.state(),
        id,
        DocumentKind::HOUSEHOLD,
        home,
        writer,
        move |author| household::create(&dwelling, &fields, &[], author),
    )
    .await?;
    Ok(id)
}

/// Waits until the list has so many doors.
async fn doors(phone: &Phone, wanted: usize) -> Outcome<()> {
    let mut moved = phone.delivery();
    let arrived = async {
        loop {
            if phone.households(String::new())?.len() == wanted {
                return Outcome::Ok(());
            }
            moved.changed().await?;
        }
    };
    tokio::time::timeout(POKED, arrived).await?
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_centre_enters_moves_and_takes_back_reaches_a_phone_that_asked_for_nothing()
-> Outcome<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir()?;
    let server = serve(Config::new(folder.path().join("centre"))).await?;
    let whole = street(SEED, demo_day());
    let rows = whole.clone();
    let written = server
        .state()
        .store
        .write(move |connection| reference_rows(connection, &rows));
    written.await?;
    let dir = folder.path().join("phone");
    let phone = Phone::open(&dir, Ports::of_this_machine(&dir))?;
    phone.enrol(server.url(), code(&server).await?).await?;
    let kept = phone.clone();
    let delivery = tokio::spawn(async move { kept.keep_in_sync().await });

    let id = furnish(&server, &whole, "502").await?;
    doors(&phone, 1).await?;
    furnish(&server, &whole, "301").await?;
    doors(&phone, 2).await?;
    let elsewhere = whole.grid("白鹭-01").ok_or("no such grid")?.id;
    let entry = Entry {
        subject: "operator".into(),
        action: "document_move",
        object: id.to_string(),
        result: "done".into(),
        address: "test".into(),
    };
    move_document(server.state(), id, GridId(elsewhere), entry).await?;
    doors(&phone, 1).await?;
    assert!(phone.household(id.into()).is_err());

    delivery.abort();
    Ok(())
}
