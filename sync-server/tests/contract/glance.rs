//! What is asked ahead for a whole upload is what would have been asked one by one, whatever became of its changes.

use gridwalk_core::{
    act::{Act, Role},
    document::{Author, RawChange},
    error::Code,
    household::{self, Dwelling},
    ids::{DeviceId, DocumentId, GridId, Hash, PersonId},
    scan::Looked,
    sync::{
        actor,
        admit::{Ledger, Placement, Standing},
        message::{AccessClass, DocumentChanges, DocumentKind, Partition},
    },
    time::Timestamp,
};
use gridwalk_server::{
    error::Error,
    store::{
        Connection, Store,
        glance::Glance,
        log::{self, Book, Entry, Origin},
        params,
    },
};
use uuid::Uuid;

/// More than one question holds, and no length that is compiled by itself.
const DOORS: usize = 150;

fn origin() -> Origin {
    Origin {
        device: DeviceId(Uuid::from_u128(1)),
        worker: PersonId(Uuid::from_u128(2)),
        envelope: Some((Hash([9; 32]), 4, 0)),
        received_at: Timestamp(7),
        offered_by: None,
    }
}

fn doors() -> Vec<(DocumentId, RawChange)> {
    let made = (1..=DOORS).map(|n| {
        let dwelling = Dwelling {
            id: Uuid::from_u128(n as u128 * 7_919).into(),
            building: Uuid::from_u128(3).into(),
            unit: "1".into(),
            room: n.to_string(),
        };
        let id: DocumentId = dwelling.id.into();
        let author = Author {
            actor: actor(origin().device, id, 0),
            act: Act {
                by: origin().worker,
                role: Role::Worker,
                device: origin().device,
                recorded_at: Timestamp(5),
                observed_at: None,
            },
        };
        let made = household::create(&dwelling, &[], &[], &author);
        (id, made.expect("a household").change)
    });
    made.collect()
}

/// Every sixth door has met the same: stored, held, refused, refused and let in after all, erased, never seen.
fn write_down(connection: &Connection, doors: &[(DocumentId, RawChange)]) -> Result<(), Error> {
    let partition = Partition {
        grid: GridId(Uuid::from_u128(4)),
        class: AccessClass::GENERAL,
    };
    let mut stored = Vec::new();
    for (n, (document, change)) in doors.iter().enumerate() {
        if n % 6 != 5 {
            log::catalogue(connection, *document, DocumentKind::HOUSEHOLD, partition)?;
        }
        let entry = Entry {
            document: *document,
            hash: change.hash,
            actor: change.actor,
            seq: change.seq,
            bytes: &change.bytes,
        };
        let group = DocumentChanges {
            document: *document,
            kind: DocumentKind::HOUSEHOLD,
            partition,
            incarnation: 0,
            changes: Vec::new(),
            author: None,
        };
        let evidence = |code: Code, at: i64| {
            let origin = Origin {
                received_at: Timestamp(at),
                ..origin()
            };
            log::keep_evidence(
                connection,
                code.as_str(),
                &group,
                &change.hash,
                &change.bytes,
                &origin,
            )
        };
        match n % 6 {
            0 => stored.push((entry, origin())),
            1 => {
                log::append(connection, &entry, "held", &origin())?;
            }
            2 => {
                evidence(Code::OutOfScope, 1)?;
                evidence(Code::ActorForked, 2)?;
                evidence(Code::DeviceRevoked, 3)?; // never judged
            }
            3 => {
                evidence(Code::OutOfScope, 1)?;
                connection.execute(
                    "update evidence set decision = 'released' where hash = ?1",
                    [change.hash.0],
                )?;
            }
            4 => {
                connection.execute(
                    "update document set erased_at = ?2 where id = ?1",
                    params![document.0, 1],
                )?;
            }
            _ => {}
        }
    }
    log::append_all(connection, &stored)
}

/// The promise.
pub fn says_what_the_book_says(store: &Store) {
    let doors = doors();
    let written = doors.clone();
    store
        .write_now(move |connection| write_down(connection, &written))
        .expect("a log");
    let looked: Vec<(DocumentId, Looked)> = doors
        .iter()
        .map(|(id, change)| (*id, Looked::at(&change.bytes)))
        .collect();
    let met = store.read_now(move |connection| {
        let book = Book(connection);
        let glance = Glance::at(connection, looked.iter().map(|(id, seen)| (*id, seen)))?;
        let (mut stored, mut held, mut refused, mut erased) = (0, 0, 0, 0);
        for (n, (document, seen)) in looked.iter().enumerate() {
            let actor = seen.header().expect("a good change").actor;
            let (_, other) = &looked[(n + 1) % looked.len()];
            assert_eq!(
                glance.placement(document)?,
                book.placement(document)?,
                "{n}"
            );
            assert_eq!(
                glance.last(document, &actor)?,
                book.last(document, &actor)?,
                "{n}"
            );
            assert_eq!(glance.held(document)?, book.held(document)?, "{n}");
            assert_eq!(
                glance.holds(document),
                !book.held(document)?.is_empty(),
                "{n}"
            );
            // a change is known in its own document only
            for hash in [seen.hash(), other.hash(), Hash([3; 32])] {
                assert_eq!(
                    glance.standing(document, &hash)?,
                    book.standing(document, &hash)?,
                    "{n}"
                );
            }
            match glance.standing(document, &seen.hash())? {
                Some(Standing::Stored) => stored += 1,
                Some(Standing::Held) => held += 1,
                Some(Standing::Refused(code)) => {
                    assert_eq!(code, Code::ActorForked);
                    refused += 1;
                }
                None => {}
            }
            erased += usize::from(glance.placement(document)? == Placement::Erased);
        }
        // what nobody foresaw is looked up
        let unforeseen = Glance::at(connection, [])?;
        let (document, seen) = &looked[0];
        assert_eq!(
            unforeseen.standing(document, &seen.hash())?,
            Some(Standing::Stored)
        );
        Ok((stored, held, refused, erased))
    });
    let each = DOORS / 6;
    assert_eq!(met.expect("a glance"), (each, each, each, each));
    let order = store.read_now(|connection| {
        let mut statement = connection
            .prepare_cached("select hash from change where state = 'logged' order by sequence")?;
        let rows = statement.query_map([], |row| Ok(Hash(row.get(0)?)))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    let wanted: Vec<Hash> = doors
        .iter()
        .step_by(6)
        .map(|(_, change)| change.hash)
        .collect();
    assert_eq!(order.expect("the log"), wanted, "appended in another order");
}
