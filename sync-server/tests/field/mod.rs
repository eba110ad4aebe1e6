//! A server on the demo street and phones built from nothing but the core, over real HTTP.
#![allow(dead_code)] // each test file uses its own part

pub mod backlog;
pub mod database;
pub mod desk;
pub mod hazard;
pub mod line;
pub mod phone;
pub mod records;
pub mod shelf;
pub mod slow_disk;
pub mod tus;

use gridwalk_core::{
    act::Role,
    household::{self, Dwelling, FieldChange},
    ids::{DocumentId, GridId, PersonId},
    sync::message::{AccessClass, DocumentKind, Partition},
    time::Timestamp,
};
use gridwalk_fixtures::{SEED, Street, demo_day, street, street::Household};
use gridwalk_server::{
    Config, Running,
    auth::enrol::{CODE_LIFE_MS, EnrolCode},
    clock::Clock,
    edit::{Writer, create_document},
    seed::reference_rows,
    serve,
    store::{Connection, Fault, Store, device, person},
};
use phone::Phone;
use std::{path::Path, sync::OnceLock};
use tempfile::TempDir;

/// A server whose clock stands, with the street's reference rows and no documents.
pub struct Field {
    pub server: Running,
    pub clock: Clock,
    data: TempDir,
    postgres: Option<String>,
}

pub fn demo_street() -> &'static Street {
    static STREET: OnceLock<Street> = OnceLock::new();
    STREET.get_or_init(|| street(SEED, demo_day()))
}

/// Nine in the morning of the demo's day.
pub fn nine() -> Timestamp {
    Timestamp::from_shanghai(demo_day(), 9, 0).expect("nine o'clock")
}

pub fn partition(grid: &str) -> Partition {
    Partition {
        grid: GridId(demo_street().grid(grid).expect("a grid").id),
        class: AccessClass::GENERAL,
    }
}

pub fn door(room: &str) -> &'static Household {
    let street = demo_street();
    street
        .door("梧桐-03", "3幢", "2单元", room)
        .expect("a door")
}

/// Where the bucket of `scripts/bucket.sh` is found.
pub const BUCKET: &str = "GRIDWALK_TEST_BUCKET";

/// A place of its own in that bucket for a server of this folder, if there is one.
pub fn bucket(data: &Path) -> Option<String> {
    let bucket = std::env::var(BUCKET).ok()?;
    let name = data.file_name()?.to_string_lossy().replace('.', "");
    Some(format!("{bucket}/{name}"))
}

impl Field {
    pub async fn open() -> Self {
        Self::configured(|_| ()).await
    }

    /// With room for so many waiting writes.
    pub async fn with_queue(queue: usize) -> Self {
        Self::configured(|config| config.queue = queue).await
    }

    /// Started otherwise than usual.
    pub async fn configured(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::standing_at(nine());
        let field = Self::start(folder, database::fresh(), clock, change).await;
        let store = &field.server.state().store;
        store
            .write(|connection| reference_rows(connection, demo_street()))
            .await
            .expect("reference rows");
        field
    }

    async fn start(
        data: TempDir,
        postgres: Option<String>,
        clock: Clock,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        // Only the first test of a process installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut config = Config::new(data.path());
        config.clock = clock.clone();
        config.postgres = postgres.clone();
        config.bucket = bucket(data.path());
        config.merge_program = Some(env!("CARGO_BIN_EXE_gridwalk-server").into());
        change(&mut config);
        Self {
            server: serve(config).await.expect("a server"),
            clock,
            data,
            postgres,
        }
    }

    /// A second server beside the first, on the same database and folder; none where the store is a file of one server.
    pub async fn second_server(&self) -> Option<Running> {
        let mut config = Config::new(self.data.path());
        config.clock = self.clock.clone();
        config.postgres = Some(self.postgres.clone()?);
        config.bucket = bucket(self.data.path());
        config.merge_program = Some(env!("CARGO_BIN_EXE_gridwalk-server").into());
        Some(serve(config).await.expect("a second server"))
    }

    /// The same store, opened as another process opens it.
    pub fn other_process(&self) -> Store {
        match &self.postgres {
            Some(url) => Store::connect(url, 8),
            None => Store::open(&self.folder().join("registry.db"), 8),
        }
        .expect("a store")
    }

    /// The same folder, another process as far as anybody can tell.
    pub async fn restart(self) -> Self {
        self.server.stop().await.expect("a stop");
        Self::start(self.data, self.postgres, self.clock, |_| ()).await
    }

    /// Where it keeps everything.
    pub fn folder(&self) -> &Path {
        self.data.path()
    }

    pub async fn code(&self, login: &str) -> String {
        let code = EnrolCode::new().expect("a code");
        let printed = code.to_string();
        let (login, now) = (login.to_owned(), self.clock.now());
        let store = &self.server.state().store;
        store
            .write(move |connection| {
                let worker = person::by_login(connection, &login)?.expect("a worker");
                device::add_code(connection, &code, worker, now, CODE_LIFE_MS)
            })
            .await
            .expect("a code in the store");
        printed
    }

    /// An enrolled phone with a token.
    pub async fn phone(&self, login: &str) -> Phone {
        let code = self.code(login).await;
        Phone::enrol(&self.server.url(), &code, login, &self.clock)
            .await
            .expect("an enrolled phone")
    }

    /// A household of the street as the registry's own first change.
    pub async fn furnish(&self, door: &Household) -> DocumentId {
        let steward = demo_street()
            .people
            .iter()
            .find(|person| person.role == "steward");
        let writer = Writer {
            by: PersonId(steward.expect("a steward").id),
            role: Role::Steward,
        };
        let dwelling = Dwelling {
            id: door.id.into(),
            building: door.building.into(),
            unit: door.unit.clone(),
            room: door.room.clone(),
        };
        let fields = [
            FieldChange::HouseholdSize(door.household_size),
            FieldChange::ContactName(door.salutation.clone()),
            FieldChange::ContactPhone(door.contact_phone.clone()),
        ];
        let home = Partition {
            grid: GridId(door.grid),
            class: AccessClass::GENERAL,
        };
        let id = dwelling.id.into();
        create_document(
            self.server.state(),
            id,
            DocumentKind::HOUSEHOLD,
            home,
            writer,
            move |author| household::create(&dwelling, &fields, &[], author),
        )
        .await
        .expect("a household");
        id
    }

    /// One number from the store.
    pub async fn count(&self, query: &'static str) -> i64 {
        self.ask(move |connection| connection.query_row(query, [], |row| row.get(0)))
            .await
    }

    /// One text from the store.
    pub async fn text(&self, query: &'static str) -> String {
        self.ask(move |connection| connection.query_row(query, [], |row| row.get(0)))
            .await
    }

    pub async fn ask<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> T {
        let store = &self.server.state().store;
        store
            .read(move |connection| Ok(query(connection)?))
            .await
            .expect("an answer from the store")
    }
}
