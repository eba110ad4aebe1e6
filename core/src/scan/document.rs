//! The second profile: one whole document, saved without deflating, as it stands in a pack that the server signed.
//!
//! A signature says who vouches for the bytes, not that they are in order: the server's own store may be damaged. So a
//! document is walked like a change, run by run, before Automerge sees it; afterwards its changes are taken out and held
//! against their [`Lineage`](super::Lineage) like any others.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{self, DOCUMENT};
use super::columns::{self, Action, Key, OpRef};
use super::leb::Reader;
use super::runs::{Column, Deltas, Flags};
use super::value::{Value, Values};
use super::{ActorId, Limits, ScanError};
use crate::ids::Hash;

/// What a document says of itself, after it was found in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentHeader {
    /// The changes that no other depends on, ascending.
    pub heads: Vec<Hash>,
    /// How many changes it holds.
    pub changes: usize,
    /// How many operations all its changes hold together.
    pub ops: u64,
}

/// Looks at one complete, uncompressed document chunk and returns what it says of itself.
pub fn scan_document(bytes: &[u8], limits: &Limits) -> Result<DocumentHeader, ScanError> {
    if bytes.len() > limits.document_bytes {
        return Err(ScanError::TooBig);
    }
    let (_, body) = change::chunk(bytes, DOCUMENT)?;
    let mut reader = Reader::new(body);
    let actors = read_actors(&mut reader, limits)?;
    let heads = change::read_hashes(&mut reader, limits.deps)?;
    let history_table = table::<9>(&mut reader)?;
    let operations_table = table::<16>(&mut reader)?;
    let history = columns::<9>(&mut reader, &history_table, &HISTORY)?;
    let operations = columns::<16>(&mut reader, &operations_table, &OPERATIONS)?;
    if operations[EXPAND].is_some() || operations[MARK].is_some() {
        return Err(ScanError::Malformed("marks"));
    }
    let history = History::read(&history, actors, limits)?;
    let mut leaves = BTreeSet::new();
    for _ in 0..heads.len() {
        let index = usize::try_from(reader.unsigned()?).unwrap_or(usize::MAX);
        if history.has_child.get(index) != Some(&false) || !leaves.insert(index) {
            return Err(ScanError::Malformed("a head that is none"));
        }
    }
    let childless = history.has_child.iter().filter(|child| !**child).count();
    if childless != heads.len() || !reader.is_empty() {
        return Err(ScanError::Malformed("heads"));
    }
    let changes = history.has_child.len();
    let ops = history.total;
    Operations::new(history).read(&operations, limits)?;
    Ok(DocumentHeader {
        heads,
        changes,
        ops,
    })
}

/// Actors ascend, so that there is one order.
fn read_actors(reader: &mut Reader<'_>, limits: &Limits) -> Result<usize, ScanError> {
    let count = reader.unsigned()?;
    if count > limits.actors {
        return Err(ScanError::Limit("actors"));
    }
    let mut before: Option<ActorId> = None;
    for _ in 0..count {
        let actor = change::read_actor(reader)?;
        if before.is_some_and(|before| before >= actor) {
            return Err(ScanError::Malformed("actors out of order"));
        }
        before = Some(actor);
    }
    Ok(count as usize)
}

pub(super) const HISTORY: [u64; 9] = [0x01, 0x03, 0x13, 0x23, 0x35, 0x40, 0x43, 0x56, 0x57];
pub(super) const OPERATIONS: [u64; 16] = [
    0x01, 0x02, 0x11, 0x13, 0x15, 0x21, 0x23, 0x34, 0x42, 0x56, 0x57, 0x80, 0x81, 0x83, 0x94, 0xa5,
];
const EXPAND: usize = 14;
const MARK: usize = 15;

/// A column table: specification and length, ascending, none deflated; at most `N` are known.
fn table<const N: usize>(reader: &mut Reader<'_>) -> Result<Vec<(u64, u64)>, ScanError> {
    let count = reader.unsigned()?;
    if count > N as u64 {
        return Err(ScanError::Malformed("unknown column"));
    }
    let mut table: Vec<(u64, u64)> = Vec::with_capacity(N);
    for _ in 0..count {
        let spec = reader.unsigned()?;
        if spec & columns::DEFLATED != 0 {
            return Err(ScanError::Malformed("deflated column"));
        }
        if table.last().is_some_and(|&(before, _)| before >= spec) {
            return Err(ScanError::Malformed("columns out of order"));
        }
        table.push((spec, reader.unsigned()?));
    }
    Ok(table)
}

fn columns<'a, const N: usize>(
    reader: &mut Reader<'a>,
    table: &[(u64, u64)],
    known: &[u64; N],
) -> Result<[Option<&'a [u8]>; N], ScanError> {
    let mut columns = [None; N];
    for &(spec, length) in table {
        let data = reader.take(length)?;
        let place = known.iter().position(|known| *known == spec);
        let place = place.ok_or(ScanError::Malformed("unknown column"))?;
        if data.is_empty() {
            return Err(ScanError::Malformed("empty column"));
        }
        columns[place] = Some(data);
    }
    Ok(columns)
}

/// The changes of a document as far as its operations need them.
struct History {
    /// Per actor, its changes in order: first counter and how many.
    spans: Vec<Vec<(u64, u64)>>,
    /// Whether some later change depends on it.
    has_child: Vec<bool>,
    /// Operations of all changes.
    total: u64,
}

impl History {
    fn read(
        columns: &[Option<&[u8]>; 9],
        actors: usize,
        limits: &Limits,
    ) -> Result<Self, ScanError> {
        let [
            actor,
            seq,
            max_op,
            time,
            message,
            deps_count,
            deps,
            extra_meta,
            extra,
        ] = columns.map(Option::unwrap_or_default);
        if extra.len() > limits.extra_bytes {
            return Err(ScanError::Limit("extra bytes"));
        }
        let most = limits.document_changes as u64;
        let count = Column::<u64>::new(actor)
            .count_rows(most)
            .map_err(|error| match error {
                ScanError::TooManyOps => ScanError::Limit("document"),
                other => other,
            })?;
        let mut actor = Column::<u64>::new(actor);
        let mut seq = Deltas::new(seq);
        let mut max_op = Deltas::new(max_op);
        let mut time = Deltas::new(time);
        let mut message = Column::<&str>::new(message);
        let mut deps_count = Column::<u64>::new(deps_count);
        let mut deps = Deltas::new(deps);
        let mut extra_meta = Column::<u64>::new(extra_meta);
        let mut history = Self {
            spans: vec![Vec::new(); actors],
            has_child: Vec::new(),
            total: 0,
        };
        let mut tops: Vec<u64> = Vec::new();
        for index in 0..count {
            let (mut before, mut last) = (0, None);
            let parents = deps_count.required()?;
            if parents > limits.deps {
                return Err(ScanError::Limit("dependencies"));
            }
            for _ in 0..parents {
                let parent = deps.next()?.filter(|parent| *parent < index);
                let parent = parent.ok_or(ScanError::Malformed("a change before its cause"))?;
                if last.replace(parent).is_some_and(|last| last == parent) {
                    return Err(ScanError::Malformed("a cause twice"));
                }
                before = before.max(tops[parent as usize]);
                history.has_child[parent as usize] = true;
            }
            let top = max_op.next()?.unwrap_or_default();
            if top > limits.counter {
                return Err(ScanError::Limit("counter"));
            }
            // An empty change ends where it begins; nothing can end earlier.
            let ops = top
                .checked_sub(before)
                .ok_or(ScanError::Malformed("counting backwards"))?;
            if ops > limits.ops {
                return Err(ScanError::TooManyOps);
            }
            history.total += ops;
            if history.total > limits.document_ops as u64 {
                return Err(ScanError::Limit("document"));
            }
            let author = usize::try_from(actor.required()?).unwrap_or(usize::MAX);
            let spans = history.spans.get_mut(author);
            let spans = spans.ok_or(ScanError::Malformed("an actor that is not listed"))?;
            if seq.next()? != Some(spans.len() as u64 + 1) {
                return Err(ScanError::Malformed("an actor's changes out of order"));
            }
            if spans
                .last()
                .is_some_and(|(first, ops)| first + ops > before + 1)
            {
                return Err(ScanError::Malformed("an actor counts one number twice"));
            }
            spans.push((before + 1, ops));
            tops.push(top);
            history.has_child.push(false);
            if time
                .next_signed()?
                .is_some_and(|time| time.unsigned_abs() > limits.time)
            {
                return Err(ScanError::Limit("time"));
            }
            if message
                .next()?
                .is_some_and(|words| words.len() as u64 > limits.message_bytes)
            {
                return Err(ScanError::Limit("message"));
            }
            // Bytes of no length: the product writes no author footers.
            if extra_meta.required()? != 7 {
                return Err(ScanError::Malformed("extra bytes"));
            }
        }
        if history.spans.iter().any(Vec::is_empty) {
            return Err(ScanError::Malformed("an actor without a change"));
        }
        actor.finish()?;
        seq.finish()?;
        max_op.finish()?;
        time.finish()?;
        message.finish()?;
        deps_count.finish()?;
        deps.finish()?;
        extra_meta.finish()?;
        Ok(history)
    }

    /// Where an operation's counter lies among those of all changes; none when no change has it.
    fn place(&self, id: OpRef) -> Option<OpRef> {
        let spans = self.spans.get(id.actor as usize)?;
        let counter = u64::from(id.counter);
        let at = spans.partition_point(|(first, _)| *first <= counter);
        let (first, ops) = spans.get(at.checked_sub(1)?)?;
        (counter < first + ops).then_some(id)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    Map,
    Sequence { text: bool },
}

/// The register that an operation belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot<'a> {
    object: Option<OpRef>,
    key: Key<'a>,
}

/// The operations of a document: grouped by object, objects ascending; in a map by key, in a sequence by element.
struct Operations<'a> {
    history: History,
    objects: BTreeMap<OpRef, (Container, u32)>,
    /// Elements of the sequence that is being read.
    elements: BTreeSet<OpRef>,
    rows: BTreeMap<OpRef, Slot<'a>>,
    /// What overwrote something, and where.
    followers: BTreeMap<OpRef, Slot<'a>>,
    here: Option<OpRef>,
    before: Option<(Slot<'a>, OpRef)>,
}

impl<'a> Operations<'a> {
    fn new(history: History) -> Self {
        Self {
            history,
            objects: BTreeMap::new(),
            elements: BTreeSet::new(),
            rows: BTreeMap::new(),
            followers: BTreeMap::new(),
            here: None,
            before: None,
        }
    }

    fn read(mut self, columns: &[Option<&'a [u8]>; 16], limits: &Limits) -> Result<(), ScanError> {
        let [
            object_actor,
            object_counter,
            key_actor,
            key_counter,
            key_name,
            id_actor,
            id_counter,
            insert,
            action,
            value_meta,
            value,
            succ_count,
            succ_actor,
            succ_counter,
            ..,
        ] = columns.map(Option::unwrap_or_default);
        let rows = Column::<u64>::new(action).count_rows(self.history.total)?;
        let mut object_actor = Column::<u64>::new(object_actor);
        let mut object_counter = Column::<u64>::new(object_counter);
        let mut key_actor = Column::<u64>::new(key_actor);
        let mut key_counter = Deltas::new(key_counter);
        let mut key_name = Column::<&str>::new(key_name);
        let mut id_actor = Column::<u64>::new(id_actor);
        let mut id_counter = Deltas::new(id_counter);
        let mut insert = Flags::optional(insert);
        let mut action = Column::<u64>::new(action);
        let mut values = Values::new(value_meta, value);
        let mut succ_count = Column::<u64>::new(succ_count);
        let mut succ_actor = Column::<u64>::new(succ_actor);
        let mut succ_counter = Deltas::new(succ_counter);
        let mut succs_left = limits.preds.max(limits.document_ops as u64 * 2);
        for _ in 0..rows {
            let object = columns::object(object_actor.next()?, object_counter.next()?)?;
            let key = columns::key(
                key_actor.next()?,
                key_counter.next()?,
                key_name.next()?,
                limits,
            )?;
            let counter = id_counter.next()?.unwrap_or_default();
            let id = columns::op_ref(id_actor.required()?, counter)?;
            let insert = insert.next()?;
            let action = columns::action(action.required()?)?;
            let slot = self.row(id, object, key, insert, action, values.next()?, limits)?;
            let followers = succ_count.required()?;
            succs_left = succs_left
                .checked_sub(followers)
                .ok_or(ScanError::Limit("successors"))?;
            let mut last = id;
            for _ in 0..followers {
                let counter = succ_counter.next()?.unwrap_or_default();
                let succ = columns::op_ref(succ_actor.required()?, counter)?;
                if succ <= last || self.history.place(succ).is_none() {
                    return Err(ScanError::Malformed("successors out of order"));
                }
                last = succ;
                if *self.followers.entry(succ).or_insert(slot) != slot {
                    return Err(ScanError::Malformed("an operation in two places"));
                }
            }
        }
        for column in [object_actor, object_counter, key_actor, id_actor, action] {
            column.finish()?;
        }
        key_counter.finish()?;
        key_name.finish()?;
        id_counter.finish()?;
        insert.finish()?;
        values.finish()?;
        succ_count.finish()?;
        succ_actor.finish()?;
        succ_counter.finish()?;
        self.finish()
    }

    #[allow(clippy::too_many_arguments)] // one row
    fn row(
        &mut self,
        id: OpRef,
        object: Option<OpRef>,
        key: Key<'a>,
        insert: bool,
        action: Action,
        value: Value,
        limits: &Limits,
    ) -> Result<Slot<'a>, ScanError> {
        let (container, depth) = match object {
            None => (Container::Map, 0),
            // Made by an operation of an earlier object, because ids only grow.
            Some(object) => *self
                .objects
                .get(&object)
                .ok_or(ScanError::Malformed("an object that nobody made"))?,
        };
        if depth >= limits.depth {
            return Err(ScanError::Limit("depth"));
        }
        if object != self.here {
            if object <= self.here {
                return Err(ScanError::Malformed("objects out of order"));
            }
            self.here = object;
            self.elements.clear();
            self.before = None;
        }
        let slot = match (container, key) {
            (Container::Map, Key::Named(_)) if !insert => Slot { object, key },
            (Container::Sequence { .. }, Key::Head) if insert => Slot {
                object,
                key: Key::Element(id),
            },
            (Container::Sequence { .. }, Key::Element(element))
                if element < id && self.elements.contains(&element) =>
            {
                let key = Key::Element(if insert { id } else { element });
                Slot { object, key }
            }
            _ => return Err(ScanError::Malformed("a place that is not there")),
        };
        let in_order = match (self.before, slot.key) {
            (None, _) => true,
            (Some((before, last)), _) if before == slot => last < id && !insert,
            (
                Some((
                    Slot {
                        key: Key::Named(before),
                        ..
                    },
                    _,
                )),
                Key::Named(name),
            ) => before < name,
            // Another element of a sequence begins with its insertion.
            _ => insert,
        };
        if !in_order {
            return Err(ScanError::Malformed("operations out of order"));
        }
        self.before = Some((slot, id));
        if insert {
            self.elements.insert(id);
        }
        let made = match action {
            Action::MakeMap => Some(Container::Map),
            Action::MakeList => Some(Container::Sequence { text: false }),
            Action::MakeText => Some(Container::Sequence { text: true }),
            Action::Put | Action::Increment => None,
            // The document keeps no row for it, only a successor.
            Action::Delete => return Err(ScanError::Malformed("a deletion with a row")),
        };
        let sound = match action {
            Action::Increment => value == Value::Whole && !insert,
            Action::Put => true,
            _ => value == Value::Null,
        };
        if !sound {
            return Err(ScanError::Malformed("operation makes no sense"));
        }
        let text = Container::Sequence { text: true };
        if container == text && action != Action::Increment && value != Value::Text {
            return Err(ScanError::Malformed("text of something else than text"));
        }
        if let Some(container) = made {
            self.objects.insert(id, (container, depth + 1));
        }
        if self.history.place(id).is_none() || self.rows.insert(id, slot).is_some() {
            return Err(ScanError::Malformed("an operation of no change, or twice"));
        }
        Ok(slot)
    }

    /// Every operation of every change is here once: as a row, or, when it deleted something, as a successor only.
    fn finish(self) -> Result<(), ScanError> {
        let mut found = self.rows.len() as u64;
        for (id, slot) in &self.followers {
            match self.rows.get(id) {
                Some(row) if row == slot => {}
                Some(_) => return Err(ScanError::Malformed("an operation in two places")),
                None => found += 1,
            }
        }
        if found != self.history.total {
            return Err(ScanError::Malformed("operations are missing"));
        }
        Ok(())
    }
}
