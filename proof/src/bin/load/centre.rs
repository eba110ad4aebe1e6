//! A district before the evening: grids of four workers, each with doors of their own, and what each of them did today.

use ed25519_dalek::SigningKey;
use gridwalk_core::{
    act::{Act, Role},
    document::Author,
    household::{self, FieldChange, HouseholdEdit},
    ids::{DeviceId, DocumentId, GridId, Hash, PersonId},
    reference::Person,
    sync::{
        actor,
        message::{Cursor, Digest, DocumentKind, Epoch, Partition},
    },
    time::Timestamp,
};
use gridwalk_proof::{
    grid::{Size, World, another_visit, world},
    process::Outcome,
};
use gridwalk_server::{
    AppState,
    auth::enrol::sha256,
    store::{self, Connection, device, params, person::word, reference},
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Instant;
use uuid::Uuid;

/// Workers of one grid.
const TEAM: usize = 4;
/// Doors that one of them saw today; at some of them something was corrected afterwards.
const DOORS: usize = 32;
/// Changes of one phone.
pub const CHANGES: usize = 40;

/// A change that waits for the network.
#[derive(Clone)]
pub struct Waiting {
    pub document: DocumentId,
    pub hash: Hash,
    pub bytes: Vec<u8>,
}

/// What a phone brings into the evening.
pub struct Kit {
    pub device: DeviceId,
    pub worker: PersonId,
    pub key: SigningKey,
    pub token: String,
    pub partition: Partition,
    pub outbox: Vec<Waiting>,
    pub cursor: Cursor,
    pub epoch: Epoch,
    pub reference: u64,
}

/// Builds the district into an empty store. What a team did is written by a thread of its own, ahead of the store.
pub fn found(state: &AppState, phones: usize, evening: Timestamp) -> Outcome<Vec<Kit>> {
    let began = Instant::now();
    let teams = phones.div_ceil(TEAM);
    let mut kits = Vec::with_capacity(phones);
    let (sender, receiver) = std::sync::mpsc::sync_channel(4);
    std::thread::scope(|scope| -> Outcome<()> {
        scope.spawn(move || {
            for team in 0..teams {
                let members = TEAM.min(phones - team * TEAM);
                if sender.send(Team::of(team, members, evening)).is_err() {
                    return; // the store has failed, and says so
                }
            }
        });
        for (count, team) in (1..).zip(receiver) {
            kits.extend(team?.settle(state, evening)?);
            if count % 100 == 0 {
                let seconds = began.elapsed().as_secs_f64();
                eprintln!("  {count} of {teams} grids, {seconds:.0} s");
            }
        }
        Ok(())
    })?;
    up_to_date(state, &mut kits)?;
    Ok(kits)
}

/// One grid with its people, before any store knows of it.
struct Team {
    number: usize,
    world: World,
    hands: Vec<Hand>,
}

/// One of them.
struct Hand {
    worker: PersonId,
    device: DeviceId,
    key: SigningKey,
    token: [u8; 32],
    outbox: Vec<Waiting>,
}

impl Team {
    fn of(number: usize, members: usize, evening: Timestamp) -> Outcome<Self> {
        let morning = evening.plus_ms(-9 * 3_600_000);
        let size = Size {
            households: DOORS * members,
            visits: 1,
            incidents: 0,
            patrols: 0,
        };
        let mut world = world(1_000 + number as u64, morning, size)?;
        let mut dice = ChaCha8Rng::seed_from_u64(1_000_000 + number as u64);
        let mut hands = Vec::new();
        for doors in world.documents.chunks(DOORS) {
            let mut id = || {
                uuid::Builder::from_unix_timestamp_millis(morning.0.unsigned_abs(), &dice.random())
                    .into_uuid()
            };
            let (worker, device) = (PersonId(id()), DeviceId(id()));
            let key = SigningKey::from_bytes(&dice.random());
            let outbox = outbox(&mut dice, doors, worker, device, morning)?;
            hands.push(Hand {
                worker,
                device,
                key,
                token: dice.random(),
                outbox,
            });
        }
        // people and roster rows of the grid are the world's own; names there need not be unique
        world
            .hands
            .iter_mut()
            .for_each(|hand| hand.login = format!("{}-{number}", hand.login));
        for category in &mut world.categories {
            category.department = None;
        }
        Ok(Self {
            number,
            world,
            hands,
        })
    }

    /// Into the store.
    fn settle(mut self, state: &AppState, evening: Timestamp) -> Outcome<Vec<Kit>> {
        let (number, grid) = (self.number, self.world.grid.clone());
        let people: Vec<_> = self.hands.iter().map(Hand::shown).collect();
        state
            .store
            .write_now(move |connection| {
                reference::put_grid(connection, &grid)?;
                for (member, person) in people.iter().enumerate() {
                    enrol(connection, (number, member), grid.id, person, evening)?;
                }
                Ok(())
            })
            .map_err(|error| error.to_string())?;
        let partition = self.world.partition();
        self.world.found(state)?;
        let kits = self.hands.into_iter().map(|hand| Kit {
            device: hand.device,
            worker: hand.worker,
            key: hand.key,
            token: hex::encode(hand.token),
            partition,
            outbox: hand.outbox,
            cursor: Cursor {
                partition,
                position: 0,
                digest: Digest::EMPTY,
            },
            epoch: Epoch {
                counter: 0,
                nonce: 0,
            },
            reference: 0,
        });
        Ok(kits.collect())
    }
}

/// They all read this morning what there was to read.
fn up_to_date(state: &AppState, kits: &mut [Kit]) -> Outcome<()> {
    let (epoch, version, tips) = state
        .store
        .read_now(|connection| {
            let epoch = store::epoch(connection)?;
            let version: Option<i64> =
                connection.query_row("select max(version) from reference", [], |row| row.get(0))?;
            let mut statement = connection
                .prepare_cached("select grid, tip, digest from partition where class = 0")?;
            let tips = statement.query_map([], |row| {
                Ok((
                    row.get::<_, Uuid>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, [u8; 32]>(2)?,
                ))
            })?;
            Ok((
                epoch,
                version.unwrap_or(0),
                tips.collect::<Result<Vec<_>, _>>()?,
            ))
        })
        .map_err(|error| error.to_string())?;
    let tips: std::collections::HashMap<_, _> = tips
        .into_iter()
        .map(|(grid, tip, digest)| (grid, (tip, digest)))
        .collect();
    for kit in kits {
        let (tip, digest) = tips
            .get(&kit.partition.grid.0)
            .ok_or("a grid without a feed")?;
        kit.cursor.position = tip.unsigned_abs();
        kit.cursor.digest = Digest(*digest);
        kit.epoch = epoch;
        kit.reference = version.unsigned_abs();
    }
    Ok(())
}

/// What the store is shown of somebody: worker, device, public key, hash of the token.
type Shown = (PersonId, DeviceId, [u8; 32], [u8; 32]);

impl Hand {
    fn shown(&self) -> Shown {
        let public = self.key.verifying_key().to_bytes();
        (self.worker, self.device, public, sha256(&self.token))
    }
}

fn enrol(
    connection: &Connection,
    (team, member): (usize, usize),
    grid: GridId,
    (worker, device, public, token): &Shown,
    evening: Timestamp,
) -> gridwalk_server::error::Result<()> {
    let person = Person {
        id: *worker,
        name: format!("网格员{team}-{member}"),
        role: Role::Worker,
        grids: vec![grid],
        department: None,
        covers: Vec::new(),
    };
    let login = format!("worker-{team}-{member}");
    reference::put_person(connection, &person, Some(&login))?;
    connection.execute(
        "insert into device (id, worker, role, public_key, app, enrolled_at) values (?1, ?2, ?3, ?4, 'bot', ?5)",
        params![device.0, worker.0, word(&Role::Worker)?, public, evening.0],
    )?;
    device::add_token(
        connection,
        token,
        *device,
        evening,
        evening.plus_ms(86_400_000),
    )
}

/// A visit at each of the doors, and a correction at some.
fn outbox(
    dice: &mut ChaCha8Rng,
    doors: &[gridwalk_proof::grid::Told],
    worker: PersonId,
    device: DeviceId,
    morning: Timestamp,
) -> Outcome<Vec<Waiting>> {
    let mut outbox = Vec::with_capacity(CHANGES);
    for (n, door) in doors.iter().enumerate() {
        let id = door.document.id();
        let at = morning.plus_ms(n as i64 * 600_000);
        let visit = another_visit(dice, at);
        let author = Author {
            actor: actor(device, id, 0),
            act: Act {
                by: worker,
                role: Role::Worker,
                device,
                recorded_at: visit.ended_at,
                observed_at: None,
            },
        };
        let edits = [
            Some(HouseholdEdit::RecordVisit(visit)),
            (n < CHANGES - DOORS)
                .then(|| HouseholdEdit::ChangeField(FieldChange::HouseholdSize(1 + n as u8 % 5))),
        ];
        let mut document = door.document.clone();
        for edit in edits.iter().flatten() {
            let edited =
                household::apply(document, edit, &author).map_err(|refusal| refusal.to_string())?;
            document = edited.document;
            outbox.push(Waiting {
                document: id,
                hash: edited.change.hash,
                bytes: edited.change.bytes,
            });
        }
    }
    Ok(outbox)
}

/// What every document here is.
pub const KIND: DocumentKind = DocumentKind::HOUSEHOLD;
