//! What lies in quarantine: changes that a phone brought and that were not taken, and documents that do not merge. A
//! person of the grid looks at each, and lets it in after all or says why it stays out. Nothing is thrown away.

use crate::{
    attribution,
    auth::scope::{self, Scope},
    console::people,
    error::{Error, Result},
    store::{Connection, OptionalExtension, Row, params},
};
use gridwalk_core::{
    act::Role,
    error::Code,
    ids::{DeviceId, DocumentId, GridId, PersonId},
    reference::Person,
    scan,
    sync::message::{AccessClass, DocumentKind},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

mod decision;
mod told;
pub use decision::decide;
use told::told;

/// Names what lies there: what one phone brought of one document and was refused with one code, or a whole document.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Item {
    /// `brought.DOCUMENT.DEVICE.CODE`
    Brought(DocumentId, DeviceId, String),
    /// `document.DOCUMENT`
    Document(DocumentId),
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Brought(document, device, code) => {
                write!(f, "brought.{document}.{device}.{code}")
            }
            Self::Document(document) => write!(f, "document.{document}"),
        }
    }
}

impl FromStr for Item {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let parts: Vec<&str> = text.split('.').collect();
        let known = match parts[..] {
            ["brought", document, device, code] => document
                .parse()
                .ok()
                .zip(device.parse().ok())
                .map(|(document, device)| Self::Brought(document, device, code.into())),
            ["document", document] => document.parse().ok().map(Self::Document),
            _ => None,
        };
        known.ok_or(Error::NotFound)
    }
}

/// One line of the list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct QuarantineLine {
    /// Names it in its address.
    pub id: String,
    /// Why it was not taken. `INTERNAL` for a document that does not merge; then `detail` says more.
    pub code: Code,
    /// For the operator, in English.
    pub detail: Option<String>,
    /// Of which document.
    pub document: DocumentId,
    /// What that is: `household`, `incident`, `patrol`, `place`, `worker_day`, `care_plan`, `other`.
    pub kind: String,
    /// The door or the number by which people know it, if the registry has it.
    pub title: Option<String>,
    /// Its grid, or the one that the phone named.
    pub grid: Option<GridId>,
    /// Who brought it, as colleagues know them.
    pub worker: String,
    /// With which phone.
    pub device: DeviceId,
    /// How many changes.
    pub changes: u32,
    /// When the last of them came.
    pub received_at: Timestamp,
    /// It may be let in: nothing is known against the changes themselves.
    pub may_release: bool,
}

/// One line with what it would have done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct QuarantineDetail {
    /// As in the list.
    pub line: QuarantineLine,
    /// Acts in it, in the order in which they came; empty when they cannot be read.
    pub acts: Vec<QuarantinedAct>,
}

/// Something that a person did, as far as its record tells without its document.
#[derive(Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct QuarantinedAct {
    /// `visit`, `incident`, `event`, `hit`, `finding`, `field`, `other`.
    pub what: String,
    /// The word of it: an outcome, an event's type, a checkpoint's state, a field, a category.
    pub word: Option<String>,
    /// What somebody typed.
    pub text: Option<String>,
    /// Whose act it says it is.
    pub by: Option<String>,
    /// When the phone wrote it down.
    pub at: Option<Timestamp>,
}

/// What a person says about it.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
pub struct QuarantineDecision {
    /// Let it in; otherwise it stays out and is no longer shown.
    pub release: bool,
    /// Why.
    pub reason: String,
}

fn kind(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::HOUSEHOLD => "household",
        DocumentKind::INCIDENT => "incident",
        DocumentKind::PATROL => "patrol",
        DocumentKind::PLACE => "place",
        DocumentKind::WORKER_DAY => "worker_day",
        DocumentKind::CARE_PLAN => "care_plan",
        _ => "other",
    }
}

/// Only what was turned away for its place or its phone may be let in; a change that is malformed, forked or speaks for
/// somebody else stays out whatever a person says.
fn may_release(code: Code) -> bool {
    matches!(
        code,
        Code::OutOfScope | Code::DeviceRevoked | Code::Internal
    )
}

struct Placed {
    line: QuarantineLine,
    class: AccessClass,
}

/// Everything that waits for somebody of these grids, newest first.
pub fn list(connection: &Connection, asker: &Person, scope: &Scope) -> Result<Vec<QuarantineLine>> {
    let mut found = brought(connection)?;
    found.extend(unmerged(connection)?);
    found.retain(|placed| visible(placed, asker.role, scope));
    let mut lines: Vec<QuarantineLine> = found.into_iter().map(|placed| placed.line).collect();
    lines.sort_by(|a, b| b.received_at.cmp(&a.received_at).then(a.id.cmp(&b.id)));
    Ok(lines)
}

/// What names no grid is for the street; care plans are for those who may read them.
fn visible(placed: &Placed, role: Role, of: &Scope) -> bool {
    let here = match placed.line.grid {
        Some(grid) => of.holds(&grid),
        None => *of == Scope::Street,
    };
    here && scope::reads(role, placed.class)
}

fn brought(connection: &Connection) -> Result<Vec<Placed>> {
    let mut statement = connection.prepare_cached(
        "select e.document, e.device, e.code, e.worker, count(*), max(e.received_at),
                coalesce(max(d.kind), max(e.kind)), coalesce(max(d.class), max(e.class))
         from evidence e left join document d on d.id = e.document
         where e.decision is null group by e.document, e.device, e.code, e.worker",
    )?;
    type Group = (Uuid, Uuid, String, Uuid, u32, i64, Option<u16>, Option<u8>);
    let rows: Vec<Group> = statement
        .query_map([], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
                row.get(7)?,
            ))
        })?
        .collect::<std::result::Result<_, _>>()?;
    let names = people(connection)?;
    rows.into_iter()
        .map(|(document, device, code, worker, changes, at, of, class)| {
            let (document, device) = (DocumentId(document), DeviceId(device));
            let of = DocumentKind(of.unwrap_or(0));
            let known = Code::parse(&code).unwrap_or(Code::Internal);
            let worker = PersonId(worker).to_string();
            Ok(Placed {
                line: QuarantineLine {
                    id: Item::Brought(document, device, code).to_string(),
                    code: known,
                    detail: None,
                    document,
                    kind: kind(of).into(),
                    title: title(connection, document)?,
                    grid: grid(connection, document, Some(device))?,
                    worker: names.get(&worker).cloned().unwrap_or(worker),
                    device,
                    changes,
                    received_at: Timestamp(at),
                    may_release: may_release(known),
                },
                class: AccessClass(class.unwrap_or(0)),
            })
        })
        .collect()
}

fn unmerged(connection: &Connection) -> Result<Vec<Placed>> {
    let mut statement = connection.prepare_cached(
        "select d.id, d.kind, d.class, coalesce(d.quarantined, max(c.quarantined)), count(*), max(c.received_at)
         from document d join change c on c.document = d.id
         where c.state = 'quarantined' and c.dismissed is null
         group by d.id, d.kind, d.class, d.quarantined",
    )?;
    type Group = (Uuid, u16, u8, Option<String>, u32, i64);
    let rows: Vec<Group> = statement
        .query_map([], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            ))
        })?
        .collect::<std::result::Result<_, _>>()?;
    let names = people(connection)?;
    rows.into_iter()
        .map(
            |(document, of, class, detail, changes, at)| {
                let document = DocumentId(document);
                let (device, worker) = connection
                    .prepare_cached(
                        "select device, worker from change where document = ?1 and state = 'quarantined'
                         order by sequence desc limit 1",
                    )?
                    .query_row([document.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
                let worker = PersonId(worker).to_string();
                Ok(Placed {
                    line: QuarantineLine {
                        id: Item::Document(document).to_string(),
                        code: Code::Internal,
                        detail,
                        document,
                        kind: kind(DocumentKind(of)).into(),
                        title: title(connection, document)?,
                        grid: grid(connection, document, None)?,
                        worker: names.get(&worker).cloned().unwrap_or(worker),
                        device: DeviceId(device),
                        changes,
                        received_at: Timestamp(at),
                        may_release: true,
                    },
                    class: AccessClass(class),
                })
            },
        )
        .collect()
}

fn grid(
    connection: &Connection,
    document: DocumentId,
    device: Option<DeviceId>,
) -> Result<Option<GridId>> {
    let place = |row: &Row<'_>| row.get::<_, Option<Uuid>>(0);
    let catalogued = connection
        .prepare_cached("select grid from document where id = ?1")?
        .query_row([document.0], place)
        .optional()?
        .flatten();
    let named = match (catalogued, device) {
        (Some(grid), _) => Some(grid),
        (None, None) => None,
        (None, Some(device)) => connection
            .prepare_cached(
                "select grid from evidence where document = ?1 and device = ?2 and grid is not null",
            )?
            .query_row(params![document.0, device.0], place)
            .optional()?
            .flatten(),
    };
    Ok(named.map(GridId))
}

/// The door, or the number, by which people know a document.
fn title(connection: &Connection, document: DocumentId) -> Result<Option<String>> {
    Ok(connection
        .prepare_cached(
            "select b.estate || ' ' || b.number || h.unit || h.room
             from household h join building b on b.id = h.building where h.id = ?1
             union all select coalesce(case_no, local_no) || ' ' || place from incident where id = ?1",
        )?
        .query_row([document.to_string()], |row| row.get(0))
        .optional()?)
}

fn line(
    connection: &Connection,
    asker: &Person,
    scope: &Scope,
    item: &Item,
) -> Result<QuarantineLine> {
    let name = item.to_string();
    list(connection, asker, scope)?
        .into_iter()
        .find(|line| line.id == name)
        .ok_or(Error::NotFound)
}

/// One of them, with what it would have done.
pub fn detail(
    connection: &Connection,
    asker: &Person,
    scope: &Scope,
    item: &Item,
) -> Result<QuarantineDetail> {
    let line = line(connection, asker, scope, item)?;
    let names = people(connection)?;
    let mut changes = match item {
        Item::Brought(document, device, code) => connection
            .prepare_cached(
                "select bytes from evidence where document = ?1 and device = ?2 and code = ?3 and decision is null
                 order by received_at, hash",
            )?
            .query_map(params![document.0, device.0, code], |row| row.get(0))?
            .collect::<std::result::Result<Vec<Vec<u8>>, _>>()?,
        Item::Document(document) => connection
            .prepare_cached(
                "select bytes from change where document = ?1 and state = 'quarantined' order by sequence",
            )?
            .query_map([document.0], |row| row.get(0))?
            .collect::<std::result::Result<Vec<Vec<u8>>, _>>()?,
    };
    changes.sort_by_key(|bytes| number(bytes));
    let acts = changes
        .iter()
        .flat_map(|bytes| attribution::records(bytes))
        .filter_map(|record| told(&record, &names))
        .collect();
    Ok(QuarantineDetail { line, acts })
}

/// A change's number among its actor's; last when it cannot be read.
fn number(bytes: &[u8]) -> u64 {
    scan::scan_change(bytes, &scan::Limits::default()).map_or(u64::MAX, |header| header.seq)
}
