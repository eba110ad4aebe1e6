//! The log of changes and the catalogue of documents: what admission asks, and what it writes down.

use crate::{
    error::{Error, Result},
    store::{Connection, Fault, OptionalExtension, Row, Value, params},
};
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, DocumentId, GridId, Hash, PersonId},
    scan::{self, ActorId},
    sync::{
        admit::{Ledger, Placement, Standing, Waiting},
        message::{AccessClass, DocumentChanges, DocumentKind, Partition},
    },
    time::Timestamp,
};
use uuid::Uuid;

/// Evidence with this code came from a revoked phone; it was never judged, so nothing is known against it.
pub(super) const UNJUDGED: &str = Code::DeviceRevoked.as_str();

/// The ledger as it stands in the transaction that will hold the outcome.
pub struct Book<'a>(pub &'a Connection);

impl Ledger for Book<'_> {
    type Error = Error;

    fn placement(&self, document: &DocumentId) -> Result<Placement> {
        let row = self
            .0
            .prepare_cached(
                "select grid, class, kind, erased_at is not null from document where id = ?1",
            )?
            .query_row([document.0], |row| {
                Ok((placed(row)?, row.get::<_, bool>(3)?))
            })
            .optional()?;
        Ok(match row {
            None => Placement::New,
            Some((_, true)) => Placement::Erased,
            Some(((partition, kind), false)) => Placement::In(partition, kind),
        })
    }

    fn standing(&self, document: &DocumentId, change: &Hash) -> Result<Option<Standing>> {
        let state = self
            .0
            .prepare_cached("select state from change where hash = ?1 and document = ?2")?
            .query_row(params![change.0, document.0], |row| row.get::<_, String>(0))
            .optional()?;
        if let Some(state) = state {
            return Ok(Some(standing_of(&state)));
        }
        let code = self
            .0
            .prepare_cached(
                "select code from evidence where hash = ?1 and document = ?2 and code <> ?3
                 and coalesce(decision, '') <> 'released' order by received_at desc",
            )?
            .query_row(params![change.0, document.0, UNJUDGED], |row| {
                row.get::<_, String>(0)
            })
            .optional()?;
        Ok(code
            .and_then(|code| Code::parse(&code))
            .map(Standing::Refused))
    }

    fn last(&self, document: &DocumentId, actor: &ActorId) -> Result<Option<(u64, Hash)>> {
        Ok(self
            .0
            .prepare_cached(
                "select seq, hash from change where document = ?1 and actor = ?2 and state <> 'held'
                 order by seq desc limit 1",
            )?
            .query_row(params![document.0, actor], |row| {
                Ok((row.get::<_, i64>(0)?.cast_unsigned(), Hash(row.get(1)?)))
            })
            .optional()?)
    }

    fn held(&self, document: &DocumentId) -> Result<Vec<Waiting>> {
        let mut statement = self.0.prepare_cached(
            "select bytes from change where document = ?1 and state = 'held' order by sequence",
        )?;
        let rows = statement.query_map([document.0], |row| row.get::<_, Vec<u8>>(0))?;
        let mut held = Vec::new();
        for bytes in rows {
            let header = scan::scan_change(&bytes?, &scan::Limits::default())
                .map_err(|error| Error::internal("a held change", error))?;
            held.push(Waiting {
                hash: header.hash,
                actor: header.actor,
                seq: header.seq,
                deps: header.deps,
            });
        }
        Ok(held)
    }

    fn begun(&self, document: &DocumentId) -> Result<bool> {
        Ok(self
            .0
            .prepare_cached("select 1 from change where document = ?1 and state <> 'held' limit 1")?
            .exists([document.0])?)
    }

    fn held_by(&self, device: &DeviceId) -> Result<usize> {
        Ok(self
            .0
            .prepare_cached("select count(*) from change where (device = ?1 or offered_by = ?1) and state = 'held'")?
            .query_row([device.0], |row| row.get(0))?)
    }
}

/// What the state of a change in the log means to admission.
pub(super) fn standing_of(state: &str) -> Standing {
    match state {
        "held" => Standing::Held,
        _ => Standing::Stored,
    }
}

pub(super) fn placed(row: &Row<'_>) -> Result<(Partition, DocumentKind), Fault> {
    let partition = Partition {
        grid: GridId(row.get::<_, Uuid>(0)?),
        class: AccessClass(row.get(1)?),
    };
    Ok((partition, DocumentKind(row.get(2)?)))
}

/// Where a document lives; none when it is not in the catalogue.
pub fn placement(
    connection: &Connection,
    document: DocumentId,
) -> Result<Option<(Partition, DocumentKind)>> {
    Ok(connection
        .prepare_cached(
            "select grid, class, kind from document where id = ?1 and erased_at is null",
        )?
        .query_row([document.0], placed)
        .optional()?)
}

/// Enters a document into the catalogue. One that is there stays where it is, and the answer is false.
pub fn catalogue(
    connection: &Connection,
    document: DocumentId,
    kind: DocumentKind,
    partition: Partition,
) -> Result<bool> {
    if !kind.belongs_in(partition.class) {
        return Err(Error::Internal(format!(
            "document {document} of kind {} does not belong in class {}",
            kind.0, partition.class.0
        )));
    }
    let entered = connection
        .prepare_cached(
            "insert into document (id, kind, grid, class) values (?1, ?2, ?3, ?4) on conflict do nothing",
        )?
        .execute(params![
            document.0,
            kind.0,
            partition.grid.0,
            partition.class.0
        ])?;
    Ok(entered == 1)
}

/// Who brought a change, and how.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// With which device.
    pub device: DeviceId,
    /// Whose act, by that device's signature.
    pub worker: PersonId,
    /// Envelope hash, its number and the index in it; none for the server's own.
    pub envelope: Option<(Hash, u64, u32)>,
    /// When.
    pub received_at: Timestamp,
    /// The device that brought it, when that is not the one that wrote it.
    pub offered_by: Option<DeviceId>,
}

/// A change on its way into the log.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its document, which is in the catalogue.
    pub document: DocumentId,
    /// Its name.
    pub hash: Hash,
    /// Who wrote it.
    pub actor: ActorId,
    /// Its number among that actor's.
    pub seq: u64,
    /// Raw bytes.
    pub bytes: &'a [u8],
}

/// Appends a change; `state` is `held` or `logged`. Answers its place in the log.
pub fn append(
    connection: &Connection,
    entry: &Entry<'_>,
    state: &str,
    origin: &Origin,
) -> Result<i64> {
    let sql = format!("{INSERT} {} returning sequence", values(0));
    Ok(connection
        .prepare_cached(sql)?
        .query_row(row(entry, state, origin), |row| row.get(0))?)
}

/// Appends changes that are let in, in this order, many with one statement.
pub fn append_all(connection: &Connection, entries: &[(Entry<'_>, Origin)]) -> Result<()> {
    let mut rest = entries;
    while !rest.is_empty() {
        // few lengths, so that each is compiled once
        let count = [32, 8].into_iter().find(|most| *most <= rest.len());
        let (some, behind) = rest.split_at(count.unwrap_or(1));
        let places: Vec<String> = (0..some.len()).map(values).collect();
        let sql = format!("{INSERT} {}", places.join(", "));
        let params: Vec<Value<'_>> = some
            .iter()
            .flat_map(|(entry, origin)| row(entry, "logged", origin))
            .collect();
        connection.prepare_cached(sql)?.execute(params)?;
        rest = behind;
    }
    Ok(())
}

const INSERT: &str = "insert into change (hash, document, actor, seq, bytes, state, device, worker, envelope, number,
     place, received_at, offered_by) values";
const COLUMNS: usize = 13;

/// The parameters of the how-manieth row.
fn values(nth: usize) -> String {
    let numbers: Vec<String> = (1..=COLUMNS)
        .map(|column| format!("?{}", nth * COLUMNS + column))
        .collect();
    format!("({})", numbers.join(", "))
}

fn row<'a>(entry: &'a Entry<'_>, state: &'a str, origin: &'a Origin) -> Vec<Value<'a>> {
    let blob = |bytes: &'a [u8]| Value::Blob(bytes);
    let envelope = origin.envelope.as_ref();
    vec![
        blob(&entry.hash.0),
        blob(entry.document.0.as_bytes()),
        blob(&entry.actor),
        Value::Integer(entry.seq.cast_signed()),
        blob(entry.bytes),
        Value::Text(state),
        blob(origin.device.0.as_bytes()),
        blob(origin.worker.0.as_bytes()),
        envelope.map_or(Value::Null, |(hash, ..)| Value::Blob(&hash.0)),
        envelope.map_or(Value::Null, |(_, number, _)| {
            Value::Integer(number.cast_signed())
        }),
        envelope.map_or(Value::Null, |(.., place)| Value::Integer((*place).into())),
        Value::Integer(origin.received_at.0),
        origin
            .offered_by
            .as_ref()
            .map_or(Value::Null, |device| Value::Blob(device.0.as_bytes())),
    ]
}

/// A held change is let in: it is written anew, because from now on it stands behind what it waited for.
pub fn release(connection: &Connection, change: &Hash) -> Result<()> {
    let held = connection
        .prepare_cached(
            "select document, actor, seq, bytes, device, worker, envelope, number, place, received_at, offered_by
             from change where hash = ?1 and state = 'held'",
        )?
        .query_row([change.0], |row| {
            let envelope = row.get::<_, Option<[u8; 32]>>(6)?.map(Hash);
            let numbers = row.get::<_, Option<u64>>(7)?.zip(row.get(8)?);
            let origin = Origin {
                device: DeviceId(row.get(4)?),
                worker: PersonId(row.get(5)?),
                envelope: envelope
                    .zip(numbers)
                    .map(|(hash, (number, place))| (hash, number, place)),
                received_at: Timestamp(row.get(9)?),
                offered_by: row.get::<_, Option<Uuid>>(10)?.map(DeviceId),
            };
            let bytes: Vec<u8> = row.get(3)?;
            Ok((DocumentId(row.get(0)?), row.get(1)?, row.get(2)?, bytes, origin))
        })
        .optional()?;
    let Some((document, actor, seq, bytes, origin)) = held else {
        return Ok(());
    };
    connection
        .prepare_cached("delete from change where hash = ?1 and state = 'held'")?
        .execute([change.0])?;
    let entry = Entry {
        document,
        hash: *change,
        actor,
        seq,
        bytes: &bytes,
    };
    append(connection, &entry, "logged", &origin)?;
    Ok(())
}

/// A held change is refused after all: it moves to the evidence.
pub fn turn_away(connection: &Connection, change: &Hash, code: Code) -> Result<()> {
    connection.execute(
        "insert into evidence (hash, code, document, device, worker, bytes, envelope, received_at)
         select hash, ?2, document, device, worker, bytes, envelope, received_at from change where hash = ?1 and state = 'held' on conflict do nothing",
        params![change.0, code.as_str()],
    )?;
    connection.execute(
        "delete from change where hash = ?1 and state = 'held'",
        [change.0],
    )?;
    Ok(())
}

/// A held change came again from the device that brought it, and this time it was refused; the evidence has it.
pub fn drop_held(connection: &Connection, change: &Hash, device: DeviceId) -> Result<()> {
    connection.execute(
        "delete from change where hash = ?1 and coalesce(offered_by, device) = ?2 and state = 'held'",
        params![change.0, device.0],
    )?;
    Ok(())
}

/// Keeps what was not taken, for a person to look at. The same again is kept once.
pub fn keep_evidence(
    connection: &Connection,
    code: &str,
    group: &DocumentChanges,
    hash: &Hash,
    bytes: &[u8],
    origin: &Origin,
) -> Result<()> {
    connection
        .prepare_cached(
            "insert into evidence (hash, code, document, device, worker, bytes, envelope, received_at, kind, grid, class, incarnation)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) on conflict do nothing",
        )?
        .execute(params![
            hash.0,
            code,
            group.document.0,
            origin.device.0,
            origin.worker.0,
            bytes,
            origin.envelope.map(|(hash, ..)| hash.0),
            origin.received_at.0,
            group.kind.0,
            group.partition.grid.0,
            group.partition.class.0,
            group.incarnation
        ])?;
    Ok(())
}

/// How many items and bytes of this device lie in the evidence.
pub fn evidence_of(connection: &Connection, device: DeviceId) -> Result<(usize, usize)> {
    Ok(connection
        .prepare_cached(
            "select count(*), coalesce(sum(length(bytes)), 0) from evidence where device = ?1",
        )?
        .query_row([device.0], |row| Ok((row.get(0)?, row.get(1)?)))?)
}
