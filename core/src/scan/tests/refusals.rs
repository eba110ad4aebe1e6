//! What is refused, built from first principles: nothing here was found lying about.

use automerge::legacy::{ObjectId, OpId};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{AutoCommit, Change, ObjType, ROOT};

use super::hostile::{seal, signed, unsigned};
use super::{Admission, Limits, Lineage, ScanError, scan_change};
use crate::document::{Document, LoadError};
use crate::error::Code;
use crate::ids::DocumentId;
use crate::sync::message::DocumentKind;

/// The first change of a document, with nothing in it but these columns.
fn first_change(columns: &[(u64, &[u8])]) -> Vec<u8> {
    let mut body = vec![0, 16];
    body.extend_from_slice(&[7; 16]);
    // seq, start_op, time, message length, other actors
    body.extend_from_slice(&[1, 1, 0, 0, 0]);
    unsigned(&mut body, columns.len() as u64);
    for (spec, data) in columns {
        unsigned(&mut body, *spec);
        unsigned(&mut body, data.len() as u64);
    }
    columns
        .iter()
        .for_each(|(_, data)| body.extend_from_slice(data));
    seal(&body)
}

const KEY: u64 = 0x15;
const INSERT: u64 = 0x34;
const ACTION: u64 = 0x42;
const VALUE_META: u64 = 0x56;
const VALUE: u64 = 0x57;
const PRED_COUNT: u64 = 0x70;

/// A run of `count` equal values.
fn run(count: i64, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    signed(&mut out, count);
    out.extend_from_slice(value);
    out
}

fn claiming(ops: i64) -> Vec<u8> {
    let mut none = Vec::new();
    unsigned(&mut none, ops as u64);
    first_change(&[
        (KEY, &run(ops, b"\x01k")),
        (INSERT, &none),
        (ACTION, &run(ops, &[1])),
        (VALUE_META, &run(ops, &[0])),
        (PRED_COUNT, &run(ops, &[0])),
    ])
}

fn refusal(bytes: &[u8]) -> ScanError {
    scan_change(bytes, &Limits::default()).expect_err("it must be refused")
}

fn household() -> AutoCommit {
    let mut doc = AutoCommit::new().with_actor([1; 16].into());
    doc.put_object(ROOT, "visits", ObjType::Map)
        .expect("a new document takes a map");
    doc.commit();
    doc
}

fn last_change(doc: &mut AutoCommit) -> Vec<u8> {
    doc.get_last_local_change()
        .expect("somebody has written")
        .raw_bytes()
        .to_vec()
}

#[test]
fn a_tiny_change_that_claims_a_trillion_operations_costs_nothing() {
    assert!(claiming(1_000_000_000_000).len() < 80);
    // Visiting the rows that are claimed here would take weeks.
    for ops in [10_001, 1 << 33, 1_000_000_000_000, i64::MAX] {
        assert_eq!(refusal(&claiming(ops)), ScanError::TooManyOps);
    }
    assert_eq!(refusal(&claiming(10_001)).code(), Code::ChangeTooBig);
    let most = scan_change(&claiming(10_000), &Limits::default()).expect("as many as are allowed");
    assert_eq!(most.ops, 10_000);
}

#[test]
fn a_claim_in_any_one_column_is_refused() {
    let fine: [(u64, Vec<u8>); 5] = [
        (KEY, run(2, b"\x01k")),
        (INSERT, vec![2]),
        (ACTION, run(2, &[1])),
        (VALUE_META, run(2, &[0])),
        (PRED_COUNT, run(2, &[0])),
    ];
    let change = |columns: &[(u64, Vec<u8>)]| {
        let columns: Vec<_> = columns
            .iter()
            .map(|(spec, data)| (*spec, &data[..]))
            .collect();
        first_change(&columns)
    };
    scan_change(&change(&fine), &Limits::default()).expect("two operations");
    for at in 0..fine.len() {
        for claim in [1, 3, 1 << 40, i64::MAX] {
            let mut bent = fine.clone();
            let (spec, data) = &mut bent[at];
            data.clear();
            if *spec == INSERT {
                unsigned(data, claim as u64);
            } else {
                let value: &[u8] = if *spec == KEY { b"\x01k" } else { &[0] };
                data.extend(run(claim, value));
            }
            refusal(&change(&bent));
        }
        let mut without = fine.to_vec();
        without.remove(at);
        refusal(&change(&without));
    }
    // A literal that claims more than there is, nulls without end, and predecessors out of nothing.
    for (at, data) in [
        (2, vec![0x80, 0x80, 0x80, 0x40, 1]),
        (0, vec![0, 0xff, 0xff, 0xff, 0x7f]),
        (4, run(2, &[0xff, 0xff, 0x03])),
    ] {
        let mut bent = fine.clone();
        bent[at].1 = data;
        refusal(&change(&bent));
    }
}

#[test]
fn a_value_that_claims_more_bytes_than_there_are_is_refused() {
    let one = |meta: &[u8], raw: &[u8]| {
        first_change(&[
            (KEY, &run(-1, b"\x01k")),
            (INSERT, &[1]),
            (ACTION, &run(-1, &[1])),
            (VALUE_META, &run(-1, meta)),
            (VALUE, raw),
            (PRED_COUNT, &run(-1, &[0])),
        ])
    };
    scan_change(&one(&[0x36], "灯".as_bytes()), &Limits::default())
        .expect("a string of three bytes");
    assert_eq!(
        refusal(&one(&[0x46], "灯".as_bytes())),
        ScanError::Truncated
    );
    assert_eq!(
        refusal(&one(&[0xf6, 0xff, 0xff, 0xff, 0xff, 0x7f], "灯".as_bytes())),
        ScanError::Truncated
    );
    refusal(&one(&[0x26], "灯".as_bytes()));
    refusal(&one(&[0x26], &"灯".as_bytes()[..2]));
    let big = vec![b'x'; 256 * 1024];
    let mut meta = Vec::new();
    unsigned(&mut meta, (big.len() as u64) << 4 | 7);
    scan_change(&one(&meta, &big), &Limits::default()).expect("256 KiB of bytes");
    let big = vec![b'x'; 256 * 1024 + 1];
    meta.clear();
    unsigned(&mut meta, (big.len() as u64) << 4 | 7);
    assert_eq!(refusal(&one(&meta, &big)), ScanError::Limit("values"));
    assert_eq!(refusal(&vec![0; 512 * 1024 + 1]), ScanError::TooBig);
}

#[test]
fn anything_but_a_plain_change_is_refused() {
    let mut doc = household();
    doc.put(ROOT, "note", "没变化".repeat(200))
        .expect("the root takes a value");
    doc.commit();
    assert_eq!(refusal(&doc.save()), ScanError::WrongType(0));
    let mut change = doc.get_last_local_change().expect("somebody has written");
    assert_eq!(
        refusal(&change.bytes()),
        ScanError::WrongType(2),
        "deflated"
    );
    assert_eq!(refusal(&change.bytes()).code(), Code::ChangeMalformed);
    let raw = change.raw_bytes().to_vec();
    let twice = [&raw[..], &raw[..]].concat();
    refusal(&twice);
    for garbage in [&b""[..], b"\xff", &[0xff; 64], &[0; 64], b"\x85oJ\x83"] {
        refusal(garbage);
    }
}

#[test]
fn a_change_that_was_cut_or_bent_under_its_old_checksum_is_refused() {
    let raw = last_change(&mut household());
    for length in 0..raw.len() {
        refusal(&raw[..length]);
    }
    for at in 0..raw.len() {
        for bit in 0..8 {
            let mut bent = raw.clone();
            bent[at] ^= 1 << bit;
            refusal(&bent);
        }
    }
}

#[test]
fn limits_are_met_exactly() {
    let with_message = |length: usize| {
        let mut doc = household();
        doc.put(ROOT, "a", 1).expect("the root takes a value");
        doc.commit_with(CommitOptions::default().with_message("x".repeat(length)));
        last_change(&mut doc)
    };
    let longest =
        scan_change(&with_message(256), &Limits::default()).expect("256 bytes of message");
    assert_eq!(longest.message_len, 256);
    assert_eq!(refusal(&with_message(257)), ScanError::Limit("message"));
    let with_key = |length: usize| {
        let mut doc = household();
        doc.put(ROOT, "k".repeat(length), 1)
            .expect("the root takes a value");
        doc.commit();
        last_change(&mut doc)
    };
    scan_change(&with_key(256), &Limits::default()).expect("256 bytes of key");
    assert_eq!(refusal(&with_key(257)), ScanError::Limit("key"));
}

#[test]
fn a_change_of_ten_thousand_characters_is_accepted() {
    let mut doc = household();
    let note = doc
        .put_object(ROOT, "note", ObjType::Text)
        .expect("the root takes a text");
    doc.splice_text(&note, 0, 0, &"楼道灯坏了".repeat(1_999))
        .expect("a text takes characters");
    doc.commit();
    let header = scan_change(&last_change(&mut doc), &Limits::default()).expect("within the limit");
    assert_eq!(header.ops, 9_996);
}

#[test]
fn a_fork_of_an_actor_is_told_from_an_honest_change() {
    let mut doc = household();
    let mut clone = AutoCommit::load(&doc.save())
        .expect("what was saved loads")
        .with_actor([1; 16].into());
    let mut lineage = Lineage::new(Limits::default());
    lineage
        .admit(&last_change(&mut doc))
        .expect("the first change");
    doc.put(ROOT, "door", "501")
        .expect("the root takes a value");
    clone
        .put(ROOT, "door", "502")
        .expect("the root takes a value");
    doc.commit();
    clone.commit();
    let mine = last_change(&mut doc);
    assert!(matches!(lineage.admit(&mine), Ok(Admission::New(_))));
    assert!(matches!(lineage.admit(&mine), Ok(Admission::Known(_))));
    let fork = lineage
        .admit(&last_change(&mut clone))
        .expect_err("two histories");
    assert_eq!((fork, fork.code()), (ScanError::Forked, Code::ActorForked));
}

#[test]
fn a_lie_that_only_the_history_can_tell_never_reaches_automerge() {
    let mut doc = AutoCommit::new().with_actor([1; 16].into());
    doc.put(ROOT, "door", "501")
        .expect("the root takes a value");
    doc.commit();
    let first = last_change(&mut doc);
    doc.put(ROOT, "room", "2").expect("the root takes a value");
    doc.commit();
    let mut lie = doc
        .get_last_local_change()
        .expect("somebody has written")
        .decode();
    // Inside "501", as if it were a map.
    lie.operations[0].obj = ObjectId::Id(OpId::new(1, &lie.actor_id));
    let lie = Change::from(lie).raw_bytes().to_vec();
    scan_change(&lie, &Limits::default()).expect("nothing is wrong with the change itself");
    let id = DocumentId(uuid::Uuid::nil());
    let refused = Document::from_changes(id, DocumentKind::HOUSEHOLD, [first, lie])
        .expect_err("it fits nothing");
    assert_eq!(
        refused,
        LoadError::Refused(ScanError::Unfounded("the object it writes to"))
    );
}

#[test]
fn a_change_waits_for_what_it_depends_on() {
    let mut doc = household();
    let first = last_change(&mut doc);
    doc.put(ROOT, "door", "501")
        .expect("the root takes a value");
    doc.commit();
    let second = last_change(&mut doc);
    let mut lineage = Lineage::new(Limits::default());
    let held = lineage.admit(&second).expect("in order by itself");
    let hash = scan_change(&first, &Limits::default())
        .expect("an honest change")
        .hash;
    assert!(matches!(held, Admission::Held(_, missing) if missing == [hash]));
    assert!(matches!(lineage.admit(&first), Ok(Admission::New(_))));
    assert!(matches!(lineage.admit(&second), Ok(Admission::New(_))));
}

#[test]
fn objects_nest_thirty_two_deep_and_no_deeper() {
    let mut doc = household();
    let mut inner = ROOT;
    for _ in 0..33 {
        inner = doc
            .put_object(&inner, "in", ObjType::Map)
            .expect("a map takes a map");
        doc.commit();
    }
    let mut lineage = Lineage::new(Limits::default());
    let admitted: Vec<_> = doc
        .get_changes(&[])
        .iter()
        .map(|change| lineage.admit(change.raw_bytes()))
        .collect();
    assert_eq!(
        admitted
            .iter()
            .filter(|admission| matches!(admission, Ok(Admission::New(_))))
            .count(),
        33
    );
    assert_eq!(admitted.last(), Some(&Err(ScanError::Limit("depth"))));
}

#[test]
fn random_bytes_behind_a_true_checksum_never_panic() {
    let mut dice = super::dice::Dice(51);
    for _ in 0..20_000 {
        let length = dice.below(80);
        let body: Vec<u8> = (0..length)
            .map(|_| dice.roll() as u8 >> dice.below(8))
            .collect();
        let _ = scan_change(&seal(&body), &Limits::default());
    }
    assert_eq!(refusal(&seal(&[])), ScanError::Truncated);
}
