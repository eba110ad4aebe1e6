//! What the dictionary is worth on a grid that it was not trained on, and that both sides live without it.

mod grid;

use gridwalk_core::{
    ids::{DeviceId, PersonId},
    sync::{
        dictionary,
        envelope::{self, Sender},
        frame::{self, Effort, FrameError},
        message::*,
    },
    time::Timestamp,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A shift: the last changes of so many documents of the grid, in the order of their clocks.
fn shift(world: &grid::World, documents: usize, skip: usize) -> Request {
    let partition = world.partition("梧桐-03");
    let mut last: Vec<_> = world
        .documents("梧桐-03")
        .into_iter()
        .map(|told| {
            let (at, change) = told.changes.last().cloned().expect("a change");
            (at, told.id(), told.kind(), change.bytes)
        })
        .collect();
    last.sort_by_key(|(at, id, ..)| (std::cmp::Reverse(*at), *id));
    let mut groups: BTreeMap<_, DocumentChanges> = BTreeMap::new();
    for (_, document, kind, bytes) in last.into_iter().skip(skip).take(documents) {
        groups.insert(
            document,
            DocumentChanges {
                document,
                kind,
                partition,
                incarnation: 1,
                changes: vec![bytes.into()],
                author: None,
            },
        );
    }
    let sealed = envelope::seal(
        &ed25519_dalek::SigningKey::from_bytes(&[9; 32]),
        &Sender {
            device: DeviceId(Uuid::from_u128(9)),
            worker: PersonId(Uuid::from_u128(1)),
            previous: None,
            phone_clock: Timestamp(0),
            clock_ahead_ms: 0,
            app: "0.1.0".into(),
        },
        groups.into_values().collect(),
        Vec::new(),
    );
    Request {
        protocol: PROTOCOL,
        epoch: Some(Epoch {
            counter: 1,
            nonce: 7,
        }),
        cursors: vec![Cursor {
            partition,
            position: 900,
            digest: Digest([3; 32]),
        }],
        reference: 412,
        upload: Some(sealed.upload),
        page_bytes: 512 * 1024,
        own_bytes: false,
        dictionaries: Some(dictionary::KNOWN.to_vec()),
        packs: None,
        repair: None,
    }
}

#[test]
fn a_shift_is_a_tenth_smaller_and_a_large_body_is_packed_as_before() {
    let world = grid::World::new();
    for (documents, skip, small, fast) in [
        (1, 0, 0.70, 0.70),
        (8, 3, 0.80, 0.85),
        (40, 0, 0.92, 0.95),
        (40, 100, 0.92, 0.95),
    ] {
        let request = shift(&world, documents, skip);
        for (effort, most) in [(Effort::Small, small), (Effort::Fast, fast)] {
            let without = frame::encode(&request, effort).expect("a body");
            let with = frame::encode_for(&request, effort, dictionary::KNOWN).expect("a body");
            let ratio = with.len() as f64 / without.len() as f64;
            println!(
                "{documents} changes, {effort:?}: {} B without, {} B with, {ratio:.3}",
                without.len(),
                with.len()
            );
            assert_eq!(with[0], 2);
            assert_eq!(frame::decode::<Request>(&with).expect("read"), request);
            assert_eq!(frame::decode::<Request>(&without).expect("read"), request);
            assert!(ratio < most, "{documents}, {effort:?}: {ratio}");
        }
    }
    let large = shift(&world, 600, 0);
    let with = frame::encode_for(&large, Effort::Small, dictionary::KNOWN).expect("a body");
    assert_eq!(with, frame::encode(&large, Effort::Small).expect("a body"));
}

#[test]
fn a_dictionary_that_nobody_here_has_is_not_used_and_not_read() {
    let world = grid::World::new();
    let request = shift(&world, 8, 0);
    let unknown = frame::encode_for(&request, Effort::Small, &[1, 2, 3]).expect("a body");
    assert_eq!(
        unknown,
        frame::encode(&request, Effort::Small).expect("a body")
    );
    let mut body = frame::encode_for(&request, Effort::Small, dictionary::KNOWN).expect("a body");
    assert_eq!(body[1..5], dictionary::KNOWN[0].to_be_bytes());
    body[4] ^= 1;
    assert_eq!(frame::decode::<Request>(&body), Err(FrameError::Malformed));
    for length in 0..5 {
        assert_eq!(
            frame::decode::<Request>(&body[..length]),
            Err(FrameError::Malformed)
        );
    }
}

#[test]
fn a_quiet_exchange_needs_no_dictionary() {
    let world = grid::World::new();
    let quiet = Request {
        upload: None,
        ..shift(&world, 1, 0)
    };
    let with = frame::encode_for(&quiet, Effort::Small, dictionary::KNOWN).expect("a body");
    assert_ne!(with[0], 2);
}

#[test]
fn inflating_with_a_dictionary_stops_at_the_same_limit() {
    // 64 MB of nothing, packed with the dictionary by somebody who has it
    let bytes: &[u8] = include_bytes!("../src/sync/dictionary/20261125.zdict");
    let mut packer = zstd::bulk::Compressor::with_dictionary(19, bytes).expect("a packer");
    packer.include_dictid(false).expect("set");
    let bomb = packer.compress(&vec![0; 64 << 20]).expect("packed");
    let body = [&[2][..], &dictionary::KNOWN[0].to_be_bytes(), &bomb].concat();
    assert!(body.len() < 100_000);
    let refused = frame::decode::<Request>(&body);
    assert!(
        matches!(refused, Err(FrameError::TooBig | FrameError::Malformed)),
        "{refused:?}"
    );
}
