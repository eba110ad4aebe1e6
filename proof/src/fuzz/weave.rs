//! Changes of one document as a program that may be mutated: dependencies are told as numbers of earlier changes instead
//! of hashes, lengths and checksums are computed. Whatever the bytes, changes come out that fit together in these points.
//!
//! ```text
//! kind of the document, then for each change: length (2 bytes), n, n numbers of earlier changes, the body behind its dependencies
//! ```

use gridwalk_core::{ids::Hash, sync::message::DocumentKind};
use sha2::{Digest, Sha256};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// A document of more changes than this teaches nothing new.
const MOST: usize = 64;

/// A whole change around a body: magic, checksum, type 1, length.
pub fn chunk(body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![1];
    number(&mut hashed, body.len() as u64);
    hashed.extend_from_slice(body);
    let checksum = Sha256::digest(&hashed);
    [&MAGIC[..], &checksum[..4], &hashed].concat()
}

/// The body of a change that our own code made.
pub fn body(chunk: &[u8]) -> Option<&[u8]> {
    let mut rest = chunk.get(9..)?;
    take_number(&mut rest)?;
    Some(rest)
}

/// The document's kind and its changes.
pub fn weave(bytes: &[u8]) -> (DocumentKind, Vec<Vec<u8>>) {
    let Some((kind, mut rest)) = bytes.split_first() else {
        return (DocumentKind::HOUSEHOLD, Vec::new());
    };
    let mut changes = Vec::new();
    let mut names: Vec<Hash> = Vec::new();
    while changes.len() < MOST
        && let Some((length, more)) = rest.split_first_chunk::<2>()
    {
        let length = usize::from(u16::from_le_bytes(*length)).min(more.len());
        let (one, later) = more.split_at(length);
        rest = later;
        let Some((deps, tail)) = one.split_first() else {
            continue;
        };
        let (numbers, tail) = tail.split_at(usize::from(*deps % 8).min(tail.len()));
        let mut deps: Vec<Hash> = numbers
            .iter()
            .filter_map(|n| names.get(usize::from(*n) % names.len().max(1)))
            .copied()
            .collect();
        deps.sort_unstable();
        deps.dedup();
        let mut body = Vec::new();
        number(&mut body, deps.len() as u64);
        body.extend(deps.iter().flat_map(|dep| dep.0));
        body.extend_from_slice(tail);
        let chunk = chunk(&body);
        names.push(Hash(Sha256::digest(&chunk[8..]).into()));
        changes.push(chunk);
    }
    (DocumentKind(u16::from(*kind) % 8), changes)
}

/// The program of which [`weave`] makes these changes; none when they are more or larger than it can tell.
pub fn unpick(kind: DocumentKind, changes: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut program = vec![u8::try_from(kind.0).ok()?];
    let mut names: Vec<Hash> = Vec::new();
    for change in changes {
        let mut rest = body(change)?;
        let count = take_number(&mut rest)?;
        let mut one = vec![u8::try_from(count).ok().filter(|n| *n < 8)?];
        for _ in 0..count {
            let (dep, later) = rest.split_first_chunk::<32>()?;
            rest = later;
            let place = names.iter().position(|name| name.0 == *dep)?;
            one.push(u8::try_from(place).ok()?);
        }
        one.extend_from_slice(rest);
        program.extend(u16::try_from(one.len()).ok()?.to_le_bytes());
        program.extend(one);
        names.push(Hash(Sha256::digest(change.get(8..)?).into()));
    }
    Some(program)
}

fn number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let (mut value, mut shift) = (0, 0);
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
}
