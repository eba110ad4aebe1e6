//! One change chunk: header, body, and the rules that need no other change to be checked.

use sha2::{Digest, Sha256};

use super::columns::{Action, Columns, Key, OpRef, Row};
use super::leb::Reader;
use super::value::Value;
use super::{ActorId, ChangeHeader, Limits, ScanError};
use crate::ids::Hash;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
pub(super) const DOCUMENT: u8 = 0;
const CHANGE: u8 = 1;

/// A change whose own bytes are in order: what it says of itself, and its operations, to be visited once more.
pub(super) struct Scanned<'a> {
    pub(super) header: ChangeHeader,
    pub(super) other_actors: Vec<ActorId>,
    pub(super) columns: Columns<'a>,
}

pub(super) fn scan<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Scanned<'a>, ScanError> {
    if bytes.len() > limits.change_bytes {
        return Err(ScanError::TooBig);
    }
    let (hash, body) = chunk(bytes, CHANGE)?;
    let mut reader = Reader::new(body);
    let deps = read_hashes(&mut reader, limits.deps)?;
    let actor = read_actor(&mut reader)?;
    let seq = reader.unsigned()?;
    let start_op = reader.unsigned()?;
    if seq == 0 || start_op == 0 {
        return Err(ScanError::Malformed("counting starts at one"));
    }
    if seq > limits.counter || start_op > limits.counter {
        return Err(ScanError::Limit("counter"));
    }
    // Whoever depends on nothing is the first of its document; Automerge panics on anybody else here.
    if deps.is_empty() && (seq != 1 || start_op != 1) {
        return Err(ScanError::Malformed("a later change that depends on none"));
    }
    let time = reader.signed()?;
    if time.unsigned_abs() > limits.time {
        return Err(ScanError::Limit("time"));
    }
    let message_len = reader.unsigned()?;
    if message_len > limits.message_bytes {
        return Err(ScanError::Limit("message"));
    }
    if std::str::from_utf8(reader.take(message_len)?).is_err() {
        return Err(ScanError::Malformed("message is not UTF-8"));
    }
    let other_actors = read_other_actors(&mut reader, &actor, limits)?;
    let columns = Columns::parse(&mut reader)?;
    if reader.rest().len() > limits.extra_bytes {
        return Err(ScanError::Limit("extra bytes"));
    }

    let mut rules = Rules {
        actor: &actor,
        others: &other_actors,
        used: vec![false; other_actors.len()],
        start_op,
        at: start_op,
    };
    let ops = columns.visit(limits, |row, preds| rules.check(row, preds))?;
    if start_op + ops > limits.counter {
        return Err(ScanError::Limit("counter"));
    }
    if !rules.used.iter().all(|used| *used) {
        return Err(ScanError::Malformed("an actor that no operation names"));
    }
    let message_len = message_len as usize;
    Ok(Scanned {
        header: ChangeHeader {
            hash,
            actor,
            seq,
            start_op,
            ops,
            time,
            deps,
            message_len,
        },
        other_actors,
        columns,
    })
}

/// Cuts the chunk into hash and body: the whole of `bytes`, of that type, under its true checksum.
pub(super) fn chunk(bytes: &[u8], wanted: u8) -> Result<(Hash, &[u8]), ScanError> {
    let mut reader = Reader::new(bytes);
    if reader.array()? != MAGIC {
        return Err(ScanError::Malformed("not an Automerge chunk"));
    }
    let checksum: [u8; 4] = reader.array()?;
    let hashed = reader.rest();
    let kind = reader.byte()?;
    if kind != wanted {
        return Err(ScanError::WrongType(kind));
    }
    let length = reader.unsigned()?;
    let body = reader.take(length)?;
    if !reader.is_empty() {
        return Err(ScanError::Malformed("bytes behind the chunk"));
    }
    // Integers have one spelling, so these are exactly the bytes that Automerge hashes.
    let hash = Hash(Sha256::digest(hashed).into());
    if hash.0[..4] != checksum {
        return Err(ScanError::Checksum);
    }
    Ok((hash, body))
}

pub(super) fn read_hashes(reader: &mut Reader<'_>, most: u64) -> Result<Vec<Hash>, ScanError> {
    let count = reader.unsigned()?;
    if count > most {
        return Err(ScanError::Limit("dependencies"));
    }
    let mut deps: Vec<Hash> = Vec::new();
    for _ in 0..count {
        let dep = Hash(reader.array()?);
        if deps.last().is_some_and(|before| *before >= dep) {
            return Err(ScanError::Malformed("dependencies out of order"));
        }
        deps.push(dep);
    }
    Ok(deps)
}

pub(super) fn read_actor(reader: &mut Reader<'_>) -> Result<ActorId, ScanError> {
    if reader.unsigned()? != 16 {
        return Err(ScanError::Malformed("an actor is sixteen bytes"));
    }
    reader.array()
}

fn read_other_actors(
    reader: &mut Reader<'_>,
    author: &ActorId,
    limits: &Limits,
) -> Result<Vec<ActorId>, ScanError> {
    let count = reader.unsigned()?;
    if count > limits.actors {
        return Err(ScanError::Limit("actors"));
    }
    let mut actors: Vec<ActorId> = Vec::new();
    for _ in 0..count {
        let actor = read_actor(reader)?;
        if actor == *author || actors.last().is_some_and(|before| *before >= actor) {
            return Err(ScanError::Malformed("actors out of order"));
        }
        actors.push(actor);
    }
    Ok(actors)
}

/// What every operation must keep to, whatever document it is for.
struct Rules<'a> {
    actor: &'a ActorId,
    others: &'a [ActorId],
    /// Which of the other actors some operation has named.
    used: Vec<bool>,
    start_op: u64,
    /// The counter of the operation being looked at.
    at: u64,
}

impl Rules<'_> {
    fn check(&mut self, row: Row<'_>, preds: &[OpRef]) -> Result<(), ScanError> {
        if let Some(object) = row.object {
            self.refer(object)?;
        }
        if let Key::Element(element) = row.key {
            self.refer(element)?;
        }
        let mut before: Option<(u32, ActorId)> = None;
        for pred in preds {
            let this = (pred.counter, self.refer(*pred)?);
            if before.is_some_and(|before| before >= this) {
                return Err(ScanError::Malformed("predecessors out of order"));
            }
            before = Some(this);
        }
        let named = matches!(row.key, Key::Named(_));
        let replaces = !preds.is_empty();
        let sound = match row.action {
            // The document keeps no row for a deletion: without a predecessor it would vanish, and its change with it.
            Action::Delete => row.value == Value::Null && replaces && !row.insert,
            Action::Increment => row.value == Value::Whole && replaces && !row.insert,
            Action::MakeMap | Action::MakeList | Action::MakeText => row.value == Value::Null,
            Action::Put => true,
        };
        let placed = match (named, row.insert) {
            (true, insert) => !insert,
            // A new element replaces nothing, a changed one something.
            (false, true) => !replaces,
            (false, false) => replaces && row.key != Key::Head,
        };
        // The root is a map.
        if !sound || !placed || (row.object.is_none() && !named) {
            return Err(ScanError::Malformed("operation makes no sense"));
        }
        self.at += 1;
        Ok(())
    }

    /// An operation may name only what came before it: of its own change, or of another actor from before this change.
    fn refer(&mut self, target: OpRef) -> Result<ActorId, ScanError> {
        let counter = u64::from(target.counter);
        let Some(other) = (target.actor as usize).checked_sub(1) else {
            return if counter < self.at {
                Ok(*self.actor)
            } else {
                Err(ScanError::Malformed("operation ahead of itself"))
            };
        };
        let (Some(actor), Some(used)) = (self.others.get(other), self.used.get_mut(other)) else {
            return Err(ScanError::Malformed(
                "an actor that the change does not list",
            ));
        };
        if counter >= self.start_op {
            return Err(ScanError::Malformed("operation ahead of its change"));
        }
        *used = true;
        Ok(*actor)
    }
}
