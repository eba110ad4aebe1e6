//! Changes as an attacker makes them: honest ones, bent in one to three places, always under a true checksum.

use automerge::Change;
use sha2::{Digest, Sha256};

use super::dice::Dice;
use super::forgery;

/// Header and checksum in front of `body`, so that only the body is under suspicion.
pub fn seal(body: &[u8]) -> Vec<u8> {
    seal_as(1, body)
}

fn seal_as(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![kind];
    unsigned(&mut hashed, body.len() as u64);
    hashed.extend_from_slice(body);
    let mut chunk = vec![0x85, 0x6f, 0x4a, 0x83];
    chunk.extend_from_slice(&Sha256::digest(&hashed)[..4]);
    chunk.extend_from_slice(&hashed);
    chunk
}

/// The body of a chunk: what follows magic, checksum, type and length.
pub fn body(chunk: &[u8]) -> &[u8] {
    let length = chunk[9..]
        .iter()
        .take_while(|byte| **byte & 0x80 != 0)
        .count()
        + 1;
    &chunk[9 + length..]
}

pub fn unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub fn signed(out: &mut Vec<u8>, mut value: i64) {
    while !(-64..64).contains(&value) {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8 & 0x7f);
}

/// One of `history`, bent.
pub fn bend(history: &[Change], at: usize, dice: &mut Dice) -> Vec<u8> {
    match dice.below(6) {
        0 => seal(&bend_bytes(body(history[at].raw_bytes()), dice)),
        1 | 2 => bend_columns(history, at, dice),
        _ => forgery::bend(history, at, dice),
    }
}

fn bend_bytes(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + dice.below(3) {
        let at = dice.below(bytes.len());
        let odd = *dice.pick(&[0, 1, 2, 0x3f, 0x40, 0x7e, 0x7f, 0x80, 0x81, 0xff]);
        match dice.below(6) {
            _ if bytes.is_empty() => bytes.push(odd),
            0 => bytes[at] ^= 1 << dice.below(8),
            1 => bytes[at] = odd,
            2 => bytes[at] = bytes[at].wrapping_add(1),
            3 => bytes.insert(at, odd),
            4 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

/// The fixed front of a body, its column table, and what lies behind the columns.
struct Parts {
    front: Vec<u8>,
    columns: Vec<(u64, Vec<u8>)>,
    rest: Vec<u8>,
}

fn read(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            *bytes = &bytes[at + 1..];
            return value;
        }
    }
    value
}

fn parts(body: &[u8]) -> Parts {
    let mut left = body;
    let deps = read(&mut left) as usize;
    left = &left[32 * deps + 17..];
    for _ in 0..3 {
        read(&mut left);
    }
    let message = read(&mut left) as usize;
    left = &left[message..];
    let others = read(&mut left) as usize;
    left = &left[17 * others..];
    let front = body[..body.len() - left.len()].to_vec();
    let table: Vec<(u64, u64)> = (0..read(&mut left))
        .map(|_| (read(&mut left), read(&mut left)))
        .collect();
    let mut columns = Vec::new();
    for (spec, length) in table {
        let (data, behind) = left.split_at(length as usize);
        columns.push((spec, data.to_vec()));
        left = behind;
    }
    Parts {
        front,
        columns,
        rest: left.to_vec(),
    }
}

/// Adds an actor of the document to the change's table, behind the others, where nothing refers to it.
fn list_one_more_actor(front: &mut Vec<u8>, history: &[Change], at: usize) {
    let listed = history[at].other_actor_ids();
    let last = history.iter().map(Change::actor_id).max();
    let Some(last) = last.filter(|last| *last != history[at].actor_id() && !listed.contains(last))
    else {
        return;
    };
    // The table's length is one byte here, as no history has 127 writers.
    let length = front.len() - 17 * listed.len() - 1;
    front[length] += 1;
    front.push(16);
    front.extend_from_slice(last.to_bytes());
}

fn bend_columns(history: &[Change], at: usize, dice: &mut Dice) -> Vec<u8> {
    let mut bent = parts(body(history[at].raw_bytes()));
    if dice.one_in(8) {
        list_one_more_actor(&mut bent.front, history, at);
    }
    for _ in 0..dice.below(3) {
        let donor = parts(body(dice.pick(history).raw_bytes()));
        let which = dice.below(bent.columns.len());
        match dice.below(7) {
            _ if bent.columns.is_empty() => bent.columns = donor.columns,
            0 => drop(bent.columns.remove(which)),
            1 => bent.columns[which].1 = bend_bytes(&bent.columns[which].1, dice),
            2 if dice.one_in(2) => {
                // A literal of one value means the same as a run of one, but nobody writes it so.
                let literal = bent.columns[which].1.iter_mut().find(|byte| **byte == 0x7f);
                literal.into_iter().for_each(|byte| *byte = 1);
            }
            2 => bent.columns[which].1 = runs(dice),
            3 => bent.columns[which].0 ^= 1 << dice.below(8),
            4 => {
                for (spec, data) in &donor.columns {
                    if bent.columns.iter().all(|(known, _)| known != spec) && dice.one_in(3) {
                        bent.columns.push((*spec, data.clone()));
                    }
                }
                bent.columns.sort();
            }
            5 => bent.front = donor.front,
            _ => {
                let spec = bent.columns[which].0;
                if let Some((_, data)) = donor.columns.iter().find(|(known, _)| *known == spec) {
                    bent.columns[which].1.clone_from(data);
                }
            }
        }
    }
    let mut out = bent.front;
    unsigned(&mut out, bent.columns.len() as u64);
    for (spec, data) in &bent.columns {
        unsigned(&mut out, *spec);
        unsigned(&mut out, data.len() as u64);
    }
    for (_, data) in &bent.columns {
        out.extend_from_slice(data);
    }
    out.extend_from_slice(&bent.rest);
    seal(&out)
}

/// A run-length column from nowhere, now and then with a claim beyond all bounds.
fn runs(dice: &mut Dice) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..1 + dice.below(3) {
        let huge = dice.one_in(6);
        let count = if huge {
            1 << (13 + dice.below(50))
        } else {
            1 + dice.below(4) as i64
        };
        match dice.below(3) {
            0 => {
                signed(&mut out, count);
                unsigned(&mut out, dice.below(9) as u64);
            }
            1 => {
                signed(&mut out, -count);
                (0..count.min(4)).for_each(|_| unsigned(&mut out, dice.below(9) as u64));
            }
            _ => {
                out.push(0);
                unsigned(&mut out, count as u64);
            }
        }
    }
    out
}

/// A document's front, its two column tables and the heads' indexes behind them.
pub struct DocumentParts {
    pub front: Vec<u8>,
    pub tables: [Vec<(u64, Vec<u8>)>; 2],
    pub rest: Vec<u8>,
}

pub fn document_parts(body: &[u8]) -> DocumentParts {
    let mut left = body;
    let actors = read(&mut left) as usize;
    left = &left[17 * actors..];
    let heads = read(&mut left) as usize;
    left = &left[32 * heads..];
    let front = body[..body.len() - left.len()].to_vec();
    let mut tables = [(); 2].map(|()| {
        (0..read(&mut left))
            .map(|_| (read(&mut left), read(&mut left)))
            .collect::<Vec<(u64, u64)>>()
    });
    let tables = tables.each_mut().map(|table| {
        table
            .iter()
            .map(|(spec, length)| {
                let (data, behind) = left.split_at(*length as usize);
                left = behind;
                (*spec, data.to_vec())
            })
            .collect()
    });
    DocumentParts {
        front,
        tables,
        rest: left.to_vec(),
    }
}

impl DocumentParts {
    pub fn join(&self) -> Vec<u8> {
        let mut out = self.front.clone();
        for table in &self.tables {
            unsigned(&mut out, table.len() as u64);
            for (spec, data) in table {
                unsigned(&mut out, *spec);
                unsigned(&mut out, data.len() as u64);
            }
        }
        for (_, data) in self.tables.iter().flatten() {
            out.extend_from_slice(data);
        }
        out.extend_from_slice(&self.rest);
        out
    }
}

/// The same as [`seal`] for a document.
pub fn seal_document(body: &[u8]) -> Vec<u8> {
    seal_as(0, body)
}

/// A document, bent in its bytes or in its columns, with columns of another now and then.
pub fn bend_document(bytes: &[u8], donor: &[u8], dice: &mut Dice) -> Vec<u8> {
    if dice.one_in(4) {
        return seal_document(&bend_bytes(body(bytes), dice));
    }
    let mut bent = document_parts(body(bytes));
    let donor = document_parts(body(donor));
    for _ in 0..1 + dice.below(2) {
        let table = dice.below(2);
        let which = dice.below(bent.tables[table].len());
        match dice.below(8) {
            _ if bent.tables[table].is_empty() => {}
            0 => drop(bent.tables[table].remove(which)),
            1 | 2 => bent.tables[table][which].1 = bend_bytes(&bent.tables[table][which].1, dice),
            3 => bent.tables[table][which].1 = runs(dice),
            4 => bent.tables[table][which].0 ^= 1 << dice.below(8),
            5 => {
                let mut front = bent.front.clone();
                let at = dice.below(front.len());
                front[at] ^= 1 << dice.below(8);
                bent.front = front;
            }
            6 => {
                // two values change places inside a column of small numbers: meaning is bent, spelling is kept
                let data = &mut bent.tables[table][which].1;
                let (a, b) = (dice.below(data.len()), dice.below(data.len()));
                if data[a] < 0x40 && data[b] < 0x40 {
                    data.swap(a, b);
                }
            }
            _ => {
                let spec = bent.tables[table][which].0;
                let other = donor.tables[table].iter().find(|(known, _)| *known == spec);
                if let Some((_, data)) = other {
                    bent.tables[table][which].1.clone_from(data);
                }
            }
        }
    }
    seal_document(&bent.join())
}
