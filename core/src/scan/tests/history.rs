//! Edit histories as phones make them, and wilder: several writers, all types of value, conflicts, merges, deletions.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{
    ActorId, AutoCommit, AutomergeError, Change, ObjId, ObjType, ROOT, ReadDoc, ScalarValue,
};

use super::dice::Dice;

const KEYS: [&str; 8] = [
    "门牌",
    "name",
    "phone",
    "",
    "🏠",
    "\u{20bb7}",
    "a\u{0}b",
    "0197f6b2-0000-7000-8000-000000000001",
];
const TEXTS: [&str; 7] = [
    "",
    "王秀英",
    "没变化",
    "👨‍👩‍👧‍👦",
    "e\u{301}",
    "\u{20bb7}野家",
    "a longer note about the stairwell light on the third floor",
];

/// All changes of a random history of about `steps` edits, in causal order.
pub fn changes(dice: &mut Dice, steps: usize) -> Vec<Change> {
    let writers = 1 + dice.below(4);
    let mut first = AutoCommit::new().with_actor(actor(dice));
    let mut objects = vec![(ROOT, ObjType::Map, 0)];
    for (key, kind) in [
        ("members", ObjType::Map),
        ("list", ObjType::List),
        ("note", ObjType::Text),
    ] {
        if let Ok(object) = first.put_object(ROOT, key, kind) {
            objects.push((object, kind, 1));
        }
    }
    first.commit();
    let mut docs: Vec<AutoCommit> = (1..writers)
        .map(|_| first.fork().with_actor(actor(dice)))
        .collect();
    docs.push(first);
    for _ in 0..steps {
        let at = dice.below(docs.len());
        let other = dice.below(docs.len());
        match dice.below(12) {
            0 if at != other => {
                let mut theirs = docs[other].fork();
                docs[at].merge(&mut theirs).expect("honest histories merge");
            }
            1 => commit(&mut docs[at], dice),
            2 if dice.one_in(4) => {
                docs[at].empty_change(CommitOptions::default());
            }
            3 if dice.one_in(4) => {
                docs[at].commit();
                docs[at].set_actor(actor(dice));
            }
            _ => {
                // An edit at a place that this writer has not seen, or of the wrong kind, is simply not made.
                let _ = edit(&mut docs[at], &mut objects, dice);
            }
        }
    }
    let mut all = docs.swap_remove(0);
    for mut doc in docs {
        all.merge(&mut doc).expect("honest histories merge");
    }
    all.put(ROOT, "last", 1).expect("the root takes a value");
    all.commit();
    all.get_changes(&[])
}

fn actor(dice: &mut Dice) -> ActorId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&dice.roll().to_be_bytes());
    bytes[8..].copy_from_slice(&dice.roll().to_be_bytes());
    ActorId::from(bytes)
}

fn commit(doc: &mut AutoCommit, dice: &mut Dice) {
    let mut options = CommitOptions::default()
        .with_time(1_790_000_000_000 + dice.below(1 << 40) as i64 - (1 << 39));
    if dice.one_in(3) {
        options = options.with_message(*dice.pick(&TEXTS));
    }
    doc.commit_with(options);
}

fn edit(
    doc: &mut AutoCommit,
    objects: &mut Vec<(ObjId, ObjType, u8)>,
    dice: &mut Dice,
) -> Result<(), AutomergeError> {
    let (object, kind, depth) = dice.pick(objects).clone();
    let length = doc.length(&object);
    let index = dice.below(length + 1);
    let made = *dice.pick(&[ObjType::Map, ObjType::List, ObjType::Text]);
    match (kind, dice.below(8)) {
        (ObjType::Map, 0) if depth < 8 => objects.push((
            doc.put_object(&object, *dice.pick(&KEYS), made)?,
            made,
            depth + 1,
        )),
        (ObjType::Map, 1) => doc.delete(&object, *dice.pick(&KEYS))?,
        (ObjType::Map, 2) => doc.increment(&object, *dice.pick(&KEYS), small(dice))?,
        (ObjType::Map, _) => doc.put(&object, *dice.pick(&KEYS), value(dice))?,
        (ObjType::List, 0) if depth < 8 => {
            objects.push((doc.insert_object(&object, index, made)?, made, depth + 1))
        }
        (ObjType::List, 1) => doc.delete(&object, index)?,
        (ObjType::List, 2) => doc.increment(&object, index, small(dice))?,
        (ObjType::List, 3 | 4) => doc.put(&object, index, value(dice))?,
        (ObjType::List, _) => doc.insert(&object, index, value(dice))?,
        _ => {
            let gone = dice.below((length - index).min(3) + 1) as isize;
            doc.splice_text(&object, index, gone, &String::from(*dice.pick(&TEXTS)))?;
        }
    }
    Ok(())
}

fn small(dice: &mut Dice) -> i64 {
    dice.below(1 << 20) as i64 - (1 << 19)
}

fn value(dice: &mut Dice) -> ScalarValue {
    let any = dice.roll();
    let shift = dice.below(64);
    match dice.below(12) {
        0 => ScalarValue::Null,
        1 => ScalarValue::Boolean(any & 1 == 0),
        2 => ScalarValue::Uint(any >> shift),
        3 => ScalarValue::Int((any as i64) >> shift),
        4 => ScalarValue::F64((any as i64) as f64 / 1e6),
        5 => ScalarValue::F64(*dice.pick(&[0.0, -0.0, f64::MIN, f64::MAX, f64::MIN_POSITIVE])),
        6 | 7 => ScalarValue::counter(small(dice)),
        8 => ScalarValue::Timestamp((any as i64) >> shift),
        9 => ScalarValue::Bytes(any.to_le_bytes()[..dice.below(9)].to_vec()),
        _ => ScalarValue::Str((*dice.pick(&TEXTS)).into()),
    }
}
