//! One grid of the demo street behind the centre, and its pack.
#![allow(dead_code)] // every test needs another part of it

#[path = "../../../core/tests/grid/mod.rs"]
pub mod grid;

use crate::centre::{GRID, Pack, World};
use ed25519_dalek::{Signer, SigningKey};
use gridwalk::{
    FileKeystore, Phone,
    ports::{Keystore, SystemDice},
    view::SyncPhase,
};
use gridwalk_core::{
    ids::{GridId, Hash},
    sync::{
        message::{AccessClass, Cursor, Digest, DocumentKind, Epoch, Partition},
        pack::{
            self,
            build::{self, Built, Press},
        },
    },
};
use rusqlite::{Connection, types::Value};
use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

pub const PARTITION: Partition = Partition {
    grid: GridId(GRID.0),
    class: AccessClass::GENERAL,
};
pub const EPOCH: Epoch = Epoch {
    counter: 1,
    nonce: 7,
};
pub const SMALL: Press = Press {
    level: 3,
    frame: 24 * 1024,
};

pub static STREET: LazyLock<grid::World> = LazyLock::new(grid::World::new);

/// So many documents of each kind of one grid.
pub fn told(of_each: usize) -> Vec<grid::Told> {
    let mut told = STREET.documents("梧桐-03");
    let mut kinds: HashMap<DocumentKind, usize> = HashMap::new();
    told.retain(|told| {
        let seen = kinds.entry(told.kind()).or_default();
        *seen += 1;
        *seen <= of_each
    });
    told
}

pub fn key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

/// A centre whose feed has these documents, and their pack.
pub fn world(of_each: usize, press: Press) -> (World, Built) {
    let world = World::new();
    let told = told(of_each);
    let feed = grid::Feed::of(PARTITION, &told);
    world.centre.state().feed.clear();
    for (document, kind, change) in &feed.rows {
        world.centre.publish(*document, *kind, change.bytes.clone());
    }
    let built = build::build(feed.material(told, EPOCH), press).unwrap();
    (world, built)
}

/// The pack of what stands in the centre's feed at this moment.
pub fn packed(world: &World, of_each: usize) -> Built {
    let state = world.centre.state();
    let (mut digest, mut rest) = (Digest::EMPTY, Digest::EMPTY);
    let mut positions: HashMap<Hash, u64> = HashMap::new();
    for (at, entry) in state.feed.iter().enumerate() {
        if entry.says_so {
            continue;
        }
        digest.add(&entry.hash);
        match entry.departed {
            Some(_) => rest.add(&entry.hash),
            None => drop(positions.insert(entry.hash, at as u64 + 1)),
        }
    }
    let mut told = told(of_each);
    told.retain(|told| positions.contains_key(&told.changes[0].1.hash));
    let documents = told.into_iter().map(|mut told| build::Source {
        document: told.id(),
        kind: told.kind(),
        snapshot: told.document.save(),
        changes: told
            .changes
            .into_iter()
            .map(|(_, change)| (change.hash, change.deps, positions[&change.hash]))
            .collect(),
    });
    let material = build::Material {
        epoch: EPOCH,
        cursor: Cursor {
            partition: PARTITION,
            position: state.feed.len() as u64,
            digest,
        },
        rest,
        index: Vec::new(),
        documents: documents.collect(),
    };
    build::build(material, SMALL).unwrap()
}

pub fn offer(world: &World, built: &Built, key: &SigningKey) {
    let offer = pack::offer(&built.manifest, |purpose, bytes| {
        key.sign(&[purpose.as_bytes(), &[0], bytes].concat())
            .to_bytes()
    });
    let files = built.manifest.files.iter().zip(&built.files);
    world.centre.state().pack = Some(Pack {
        offer,
        key: key.verifying_key().to_bytes(),
        files: files
            .map(|(file, bytes)| (file.hash, bytes.clone()))
            .collect(),
    });
}

pub async fn enrolled(world: &World) -> Phone {
    let phone = world.open();
    let enrol = phone.enrol("https://centre.example".into(), "K7Q-2M".into());
    enrol.await.unwrap();
    phone
}

/// What the phone holds: every row of what the feed would have made, as text.
pub fn held(world: &World) -> BTreeMap<&'static str, Vec<String>> {
    let key = FileKeystore::in_data_dir(world.dir.path())
        .key(&SystemDice)
        .unwrap();
    let db = Connection::open(world.dir.path().join("gridwalk.db")).unwrap();
    db.pragma_update(None, "key", format!("x'{}'", hex::encode(key.0)))
        .unwrap();
    let mut all = BTreeMap::new();
    for (table, select) in [
        (
            "change",
            "select hash, document, actor, seq, bytes, own, standing from change order by hash",
        ),
        (
            "document",
            "select id, kind, grid, class, incarnation, stale, unreadable from document order by id",
        ),
        (
            "placed",
            "select * from placed order by grid, class, position",
        ),
        ("cursor", "select * from cursor"),
        ("household", "select * from household order by id"),
        ("incident", "select * from incident order by id"),
        ("patrol", "select * from patrol order by id"),
        (
            "task_done",
            "select * from task_done order by task, document",
        ),
        (
            "search_entry",
            "select kind, id, document, address, folded, title, line, plate, category, at, rank
             from search_entry order by document, kind, id",
        ),
        ("quarantine", "select * from quarantine"),
        ("outbox", "select hash from outbox"),
        ("waiting", "select document from pack_document"),
        ("early", "select document from pack_early"),
        ("frames", "select * from pack_frame"),
    ] {
        let mut statement = db.prepare(select).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let cells = (0..columns).map(|at| row.get::<_, Value>(at));
            Ok(format!("{:?}", cells.collect::<Result<Vec<_>, _>>()?))
        });
        all.insert(table, rows.unwrap().map(Result::unwrap).collect());
    }
    all
}

/// What a phone holds that read the same feed from its start.
pub async fn by_the_feed(of_each: usize) -> BTreeMap<&'static str, Vec<String>> {
    let (world, _) = world(of_each, SMALL);
    let phone = enrolled(&world).await;
    assert_eq!(phone.sync_once().await.unwrap().phase, SyncPhase::Idle);
    assert!(
        world
            .centre
            .state()
            .calls
            .iter()
            .all(|call| !call.starts_with("/packs/"))
    );
    held(&world)
}

pub fn same(
    got: &BTreeMap<&'static str, Vec<String>>,
    meant: &BTreeMap<&'static str, Vec<String>>,
) {
    for (table, rows) in meant {
        assert_eq!(got[table].len(), rows.len(), "{table}");
        for (got, meant) in got[table].iter().zip(rows) {
            assert_eq!(got, meant, "{table}");
        }
    }
}
