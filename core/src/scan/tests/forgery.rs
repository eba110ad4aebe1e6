//! Lies about meaning: operations on what is not there, bent or invented, spelled by Automerge itself, so that they get
//! past every rule about spelling.

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Change, ChangeHash, ExpandedChange, ObjType, ScalarValue};
use std::num::NonZeroU64;

use super::dice::Dice;

/// One of `history`, with its meaning bent.
pub fn bend(history: &[Change], at: usize, dice: &mut Dice) -> Vec<u8> {
    let mut change = history[at].decode();
    for _ in 0..1 + dice.below(3) {
        let donor = dice.pick(history).decode();
        match dice.below(16) {
            0 => bend_header(&mut change, &donor, dice),
            1 => change.operations.extend(donor.operations.first().cloned()),
            2 if change.operations.len() > 1 => drop(change.operations.pop()),
            3 if change.operations.len() > 1 => {
                let (a, b) = (
                    dice.below(change.operations.len()),
                    dice.below(change.operations.len()),
                );
                change.operations.swap(a, b);
            }
            4 => {
                let copied = change
                    .operations
                    .get(dice.below(change.operations.len()))
                    .cloned();
                change.operations.extend(copied);
            }
            5 => change.operations.push(invent(&change, &donor, dice)),
            _ => {
                let id = some_id(&change, &donor, dice);
                let which = dice.below(change.operations.len());
                if let Some(op) = change.operations.get_mut(which) {
                    bend_operation(op, id, &donor, dice);
                }
            }
        }
    }
    spell(change)
}

fn spell(mut change: ExpandedChange) -> Vec<u8> {
    change.hash = None;
    Change::from(change).raw_bytes().to_vec()
}

/// A change that comes next in every way, full of operations that could be true; then perhaps one that is not.
pub fn graft(history: &[Change], dice: &mut Dice) -> Vec<u8> {
    let known: Vec<ExpandedChange> = history.iter().map(Change::decode).collect();
    // Now and then its writer has seen one change and what was before it, whatever the operations name.
    let blind = dice.one_in(3);
    let mut latest: Vec<ChangeHash> = match blind {
        true => vec![dice.pick(history).hash()],
        false => history.iter().map(Change::hash).collect(),
    };
    let mut seen: Vec<&Change> = Vec::new();
    for change in history.iter().rev() {
        if latest.contains(&change.hash()) {
            latest.extend(change.deps());
            seen.push(change);
        }
    }
    let mut change = dice.pick(&known).clone();
    if blind {
        change.actor_id = ActorId::from([dice.roll() as u8; 16]);
    }
    let same_author = |other: &&ExpandedChange| other.actor_id == change.actor_id;
    change.seq = 1 + known.iter().filter(same_author).count() as u64;
    let top = seen
        .iter()
        .map(|change| change.max_op())
        .max()
        .unwrap_or_default();
    let off = if dice.one_in(12) {
        dice.below(9) as u64
    } else {
        4
    };
    change.start_op =
        NonZeroU64::new((top + 1 + off).saturating_sub(4).max(1)).expect("at least one");
    let mut heads: Vec<ChangeHash> = seen.iter().map(|change| change.hash()).collect();
    heads.retain(|head| seen.iter().all(|other| !other.deps().contains(head)));
    change.deps = heads;
    change.operations.clear();
    for _ in 0..1 + dice.below(6) {
        let whole = if dice.one_in(3) && !change.operations.is_empty() {
            &change
        } else {
            dice.pick(&known)
        };
        let Some(at) = (!whole.operations.is_empty()).then(|| dice.below(whole.operations.len()))
        else {
            continue;
        };
        let id = OpId::new(whole.start_op.get() + at as u64, &whole.actor_id);
        let mut next = follow(id, &whole.operations[at], dice);
        let stray = dice
            .pick(&known)
            .operations
            .first()
            .filter(|_| dice.one_in(10));
        if let Some(stray) = stray {
            next.obj = stray.obj.clone();
        }
        change.operations.push(next);
    }
    if dice.one_in(3) {
        change
            .operations
            .push(invent(&change, dice.pick(&known), dice));
    }
    if dice.one_in(4) {
        bend_header(&mut change, dice.pick(&known), dice);
    }
    spell(change)
}

/// What somebody could do after having seen the operation `id`.
fn follow(id: OpId, op: &Op, dice: &mut Dice) -> Op {
    let key = if op.insert {
        Key::Seq(ElementId::Id(id.clone()))
    } else {
        op.key.clone()
    };
    let element = !key.is_map_key();
    let made = matches!(op.action, OpType::Make(_));
    let mut next = Op {
        action: action(dice),
        obj: op.obj.clone(),
        key,
        pred: vec![id.clone()].into(),
        insert: false,
    };
    match dice.below(8) {
        0 => {
            next.pred = op
                .pred
                .iter()
                .cloned()
                .chain([id])
                .collect::<Vec<_>>()
                .into()
        }
        1 | 2 if element => {
            next.insert = true;
            next.pred = vec![].into();
        }
        3 | 4 if made => {
            let map = matches!(op.action, OpType::Make(ObjType::Map));
            next.obj = ObjectId::Id(id);
            next.insert = !map;
            next.key = if map {
                Key::Map("name".into())
            } else {
                Key::head()
            };
            next.pred = vec![].into();
        }
        5 if !element => next.pred = vec![].into(),
        _ => {}
    }
    next
}

fn bend_header(change: &mut ExpandedChange, donor: &ExpandedChange, dice: &mut Dice) {
    match dice.below(9) {
        0 => {
            change.seq = change
                .seq
                .wrapping_add(dice.below(3) as u64)
                .wrapping_sub(1)
        }
        1 => change.start_op = NonZeroU64::new(1 + dice.below(60) as u64).expect("at least one"),
        2 => {
            change.start_op =
                NonZeroU64::new(u64::from(u32::MAX) - dice.below(60) as u64).expect("far above one")
        }
        3 => change.time = *dice.pick(&[i64::MIN, i64::MAX, 0, -1, 1 << 53, -(1 << 53)]),
        4 => change.deps.clone_from(&donor.deps),
        5 => change.deps.extend(donor.hash),
        6 => change.actor_id = donor.actor_id.clone(),
        7 => change.actor_id = ActorId::from([dice.below(3) as u8; 16]),
        _ => drop(change.deps.pop()),
    }
}

/// An operation id that means something: near the change itself, or named by another change.
fn some_id(change: &ExpandedChange, donor: &ExpandedChange, dice: &mut Dice) -> OpId {
    let from = if dice.one_in(2) { change } else { donor };
    let counter = from.start_op.get() + dice.below(from.operations.len() + 1) as u64;
    OpId::new(counter.saturating_sub(dice.below(3) as u64), &from.actor_id)
}

fn bend_operation(op: &mut Op, id: OpId, donor: &ExpandedChange, dice: &mut Dice) {
    let theirs = (!donor.operations.is_empty()).then(|| dice.pick(&donor.operations).clone());
    match (dice.below(12), theirs) {
        (0, _) => op.obj = ObjectId::Id(id),
        (1, Some(theirs)) => op.obj = theirs.obj,
        (2, _) => op.key = Key::Seq(ElementId::Id(id)),
        (3, Some(theirs)) => op.key = theirs.key,
        (4, _) => op.pred = vec![id].into(),
        (5, Some(theirs)) => op.pred = theirs.pred,
        (6, _) => {
            op.pred = op
                .pred
                .iter()
                .cloned()
                .chain([id])
                .collect::<Vec<_>>()
                .into()
        }
        (7, _) => op.pred = vec![].into(),
        (8, Some(theirs)) => op.action = theirs.action,
        (9, _) => op.action = action(dice),
        (10, Some(theirs)) => *op = theirs,
        _ => op.insert = !op.insert,
    }
}

fn action(dice: &mut Dice) -> OpType {
    match dice.below(10) {
        0 => OpType::Make(ObjType::Map),
        1 => OpType::Make(*dice.pick(&[ObjType::List, ObjType::Text])),
        2 | 3 => OpType::Delete,
        4 => OpType::Increment(dice.below(9) as i64 - 4),
        5 => OpType::Put(ScalarValue::counter(dice.below(9) as i64 - 4)),
        6 => extreme(dice),
        7 | 8 => OpType::Put(ScalarValue::Str((*dice.pick(&["", "灯", "坏了"])).into())),
        _ => OpType::Put(ScalarValue::Null),
    }
}

fn extreme(dice: &mut Dice) -> OpType {
    let number = *dice.pick(&[
        i64::MIN,
        i64::MAX,
        1 << 53,
        -(1 << 53),
        (1 << 31) - 1,
        1 << 31,
        1 - (1 << 31),
    ]);
    match dice.below(5) {
        0 => OpType::Increment(number),
        1 => OpType::Put(ScalarValue::counter(number)),
        2 => OpType::Put(ScalarValue::Timestamp(number)),
        3 => OpType::Put(ScalarValue::F64(*dice.pick(&[
            f64::NAN,
            f64::INFINITY,
            f64::MAX,
        ]))),
        _ => OpType::Put(ScalarValue::Int(number)),
    }
}

/// A well-formed operation on something that may exist.
fn invent(change: &ExpandedChange, donor: &ExpandedChange, dice: &mut Dice) -> Op {
    let object = if dice.one_in(3) {
        ObjectId::Root
    } else {
        ObjectId::Id(some_id(change, donor, dice))
    };
    let key = match dice.below(3) {
        0 => Key::Seq(ElementId::Id(some_id(change, donor, dice))),
        1 => Key::Seq(ElementId::Head),
        _ => Key::Map("name".into()),
    };
    let pred = if dice.one_in(2) {
        vec![]
    } else {
        vec![some_id(change, donor, dice)]
    };
    let insert = matches!(key, Key::Seq(_)) && dice.one_in(2);
    Op {
        action: action(dice),
        obj: object,
        key,
        pred: pred.into(),
        insert,
    }
}
