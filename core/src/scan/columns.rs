//! The columns of a change's operations, and the rows they spell when they are read side by side.

use super::leb::Reader;
use super::runs::{Column, Deltas, Flags};
use super::value::{TEXT, Value, Values};
use super::{Limits, ScanError};

/// The name of an operation inside one change: which entry of the change's actor table made it, and its counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OpRef {
    pub(super) counter: u32,
    pub(super) actor: u32,
}

/// Where in its object an operation writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key<'a> {
    Named(&'a str),
    Head,
    Element(OpRef),
}

/// What an operation does. Tables and marks exist in the format, but no part of the product makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    MakeMap,
    MakeList,
    MakeText,
    Put,
    Delete,
    Increment,
}

/// One operation, with everything it refers to still named as in its change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) object: Option<OpRef>,
    pub(super) key: Key<'a>,
    pub(super) insert: bool,
    pub(super) action: Action,
    pub(super) value: Value,
}

/// The column data of one change, cut by the table in front of it.
#[derive(Default)]
pub(super) struct Columns<'a> {
    object_actor: &'a [u8],
    object_counter: &'a [u8],
    key_actor: &'a [u8],
    key_counter: &'a [u8],
    key_name: &'a [u8],
    insert: &'a [u8],
    action: &'a [u8],
    value_meta: &'a [u8],
    value: &'a [u8],
    pred_count: &'a [u8],
    pred_actor: &'a [u8],
    pred_counter: &'a [u8],
}

/// A column's specification: its id in the upper bits, 8 for "deflated", its type in the lowest three.
pub(super) const DEFLATED: u64 = 0b1000;

impl<'a> Columns<'a> {
    /// Reads the column table and cuts the data behind it. Only known columns, each once, in order, none of them empty.
    pub(super) fn parse(reader: &mut Reader<'a>) -> Result<Self, ScanError> {
        let count = reader.unsigned()?;
        // Twelve columns are known; the table is read before the data, so the claim is bounded here.
        if count > 12 {
            return Err(ScanError::Malformed("unknown column"));
        }
        let mut table = Vec::with_capacity(12);
        for _ in 0..count {
            let spec = reader.unsigned()?;
            if spec & DEFLATED != 0 {
                return Err(ScanError::Malformed("deflated column"));
            }
            if table.last().is_some_and(|&(before, _)| before >= spec) {
                return Err(ScanError::Malformed("columns out of order"));
            }
            table.push((spec, reader.unsigned()?));
        }
        let mut columns = Self::default();
        for (spec, length) in table {
            if length == 0 {
                return Err(ScanError::Malformed("empty column"));
            }
            let data = reader.take(length)?;
            let column = match spec {
                0x01 => &mut columns.object_actor,
                0x02 => &mut columns.object_counter,
                0x11 => &mut columns.key_actor,
                0x13 => &mut columns.key_counter,
                0x15 => &mut columns.key_name,
                0x34 => &mut columns.insert,
                0x42 => &mut columns.action,
                0x56 => &mut columns.value_meta,
                0x57 => &mut columns.value,
                0x70 => &mut columns.pred_count,
                0x71 => &mut columns.pred_actor,
                0x73 => &mut columns.pred_counter,
                _ => return Err(ScanError::Malformed("unknown column")),
            };
            *column = data;
        }
        Ok(columns)
    }

    /// The texts among the values of so many operations, which were visited before.
    pub(super) fn texts(&self, ops: u64) -> Result<Vec<&'a str>, ScanError> {
        let mut meta = Column::<u64>::new(self.value_meta);
        let mut raw = Reader::new(self.value);
        let mut texts = Vec::new();
        for _ in 0..ops {
            let meta = meta.required()?;
            let bytes = raw.take(meta >> 4)?;
            if meta & 0xf == TEXT {
                let text = std::str::from_utf8(bytes);
                texts.push(text.map_err(|_| ScanError::Malformed("text is not UTF-8"))?);
            }
        }
        Ok(texts)
    }

    /// Visits every operation with the operations it replaces, and returns how many there were.
    ///
    /// The run headers of the action column decide how many rows there are, before any of them is visited; all other
    /// columns must then have exactly as many. Nothing is allocated but one list of predecessors.
    pub(super) fn visit(
        &self,
        limits: &Limits,
        mut visitor: impl FnMut(Row<'a>, &[OpRef]) -> Result<(), ScanError>,
    ) -> Result<u64, ScanError> {
        if self.value.len() > limits.value_bytes {
            return Err(ScanError::Limit("values"));
        }
        let ops = Column::<u64>::new(self.action).count_rows(limits.ops)?;
        let mut object_actor = Column::<u64>::new(self.object_actor);
        let mut object_counter = Column::<u64>::new(self.object_counter);
        let mut key_actor = Column::<u64>::new(self.key_actor);
        let mut key_counter = Deltas::new(self.key_counter);
        let mut key_name = Column::<&str>::new(self.key_name);
        let mut insert = Flags::new(self.insert);
        let mut action = Column::<u64>::new(self.action);
        let mut values = Values::new(self.value_meta, self.value);
        let mut pred_count = Column::<u64>::new(self.pred_count);
        let mut pred_actor = Column::<u64>::new(self.pred_actor);
        let mut pred_counter = Deltas::new(self.pred_counter);
        let mut preds_left = limits.preds;
        let mut preds = Vec::new();
        for _ in 0..ops {
            let row = Row {
                object: object(object_actor.next()?, object_counter.next()?)?,
                key: key(
                    key_actor.next()?,
                    key_counter.next()?,
                    key_name.next()?,
                    limits,
                )?,
                insert: insert.next()?,
                action: self::action(action.required()?)?,
                value: values.next()?,
            };
            let replaced = pred_count.required()?;
            preds_left = preds_left
                .checked_sub(replaced)
                .ok_or(ScanError::Limit("predecessors"))?;
            preds.clear();
            for _ in 0..replaced {
                preds.push(op_ref(
                    pred_actor.required()?,
                    pred_counter.next()?.unwrap_or_default(),
                )?);
            }
            visitor(row, &preds)?;
        }
        for column in [
            object_actor,
            object_counter,
            key_actor,
            action,
            pred_count,
            pred_actor,
        ] {
            column.finish()?;
        }
        key_counter.finish()?;
        key_name.finish()?;
        insert.finish()?;
        values.finish()?;
        pred_counter.finish()?;
        Ok(ops)
    }
}

/// The object that an operation writes to; the root has no id.
pub(super) fn object(actor: Option<u64>, counter: Option<u64>) -> Result<Option<OpRef>, ScanError> {
    match (actor, counter) {
        (None, None) => Ok(None),
        (Some(actor), Some(counter)) => Ok(Some(op_ref(actor, counter)?)),
        _ => Err(ScanError::Malformed("half an object id")),
    }
}

/// Where in it.
pub(super) fn key<'a>(
    actor: Option<u64>,
    counter: Option<u64>,
    name: Option<&'a str>,
    limits: &Limits,
) -> Result<Key<'a>, ScanError> {
    match (actor, counter, name) {
        (None, None, Some(name)) if name.len() <= limits.key_bytes => Ok(Key::Named(name)),
        (None, None, Some(_)) => Err(ScanError::Limit("key")),
        (None, Some(0), None) => Ok(Key::Head),
        (Some(actor), Some(counter), None) => Ok(Key::Element(op_ref(actor, counter)?)),
        _ => Err(ScanError::Malformed("neither a name nor an element")),
    }
}

pub(super) fn action(number: u64) -> Result<Action, ScanError> {
    Ok(match number {
        0 => Action::MakeMap,
        1 => Action::Put,
        2 => Action::MakeList,
        3 => Action::Delete,
        4 => Action::MakeText,
        5 => Action::Increment,
        _ => return Err(ScanError::Malformed("unknown action")),
    })
}

/// Automerge keeps both halves in 32 bits and panics beyond; a counter of nought is not an operation.
pub(super) fn op_ref(actor: u64, counter: u64) -> Result<OpRef, ScanError> {
    match (u32::try_from(actor), u32::try_from(counter)) {
        (Ok(actor), Ok(counter)) if counter > 0 => Ok(OpRef { counter, actor }),
        _ => Err(ScanError::Malformed("operation id out of range")),
    }
}
