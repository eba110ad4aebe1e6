//! Bodies from strangers: whatever arrives is a message or a typed error, in bounded memory and without a panic.

mod sync_street;

use gridwalk_core::{
    error::Code,
    ids::Hash,
    sync::{
        frame::{self, Effort, FrameError},
        limits,
        message::*,
    },
};
use proptest::prelude::*;
use sync_street::{at, door, partition};

fn response() -> Response {
    let change = |n: u8| FeedRow {
        position: n.into(),
        body: FeedBody::Change {
            document: door(n.into()),
            kind: DocumentKind::HOUSEHOLD,
            bytes: vec![n; 300].into(),
        },
    };
    Response {
        protocol: PROTOCOL,
        epoch: Epoch {
            counter: 1,
            nonce: u64::MAX,
        },
        server_time: at(0),
        results: vec![
            ChangeResult::Stored,
            ChangeResult::Had,
            ChangeResult::Held {
                missing: vec![Hash([3; 32])],
            },
            ChangeResult::Refused {
                code: "ACTOR_FORKED".into(),
                follows: Some(Hash([4; 32])),
            },
        ],
        partitions: vec![PartitionNews {
            partition: partition(1),
            restart: true,
            rows: vec![
                change(1),
                FeedRow {
                    position: 2,
                    body: FeedBody::Own {
                        envelope: 9,
                        first: 0,
                        count: 3,
                    },
                },
            ],
            cursor: Cursor {
                partition: partition(1),
                position: 4,
                digest: Digest([5; 32]),
            },
            more: true,
        }],
        reference: ReferenceNews {
            version: 3,
            rows: vec![ReferenceRow {
                kind: "grid".into(),
                id: "1".into(),
                json: Some("{}".into()),
            }],
            more: false,
        },
        blobs: vec![Hash([6; 32])],
        envelope: Some(Hash([7; 32])),
        gone: vec![partition(2)],
        dictionaries: None,
        packs: None,
        repair: None,
        watermarks: None,
        wanted: None,
    }
}

fn plain(cbor: &[u8]) -> Vec<u8> {
    [&[0][..], cbor].concat()
}

fn zstd(plain: &[u8]) -> Vec<u8> {
    [&[1][..], &zstd::bulk::compress(plain, 3).expect("packed")].concat()
}

#[test]
fn a_message_comes_back_as_it_was_sent_packed_or_plain() {
    for effort in [Effort::Fast, Effort::Small] {
        let body = frame::encode(&response(), effort).expect("a body");
        assert_eq!(body[0], 1, "worth packing");
        assert_eq!(frame::decode(&body), Ok(response()));
    }
    let quiet = Response {
        partitions: Vec::new(),
        results: Vec::new(),
        ..response()
    };
    let body = plain(&minicbor::to_vec(&quiet).expect("encoded"));
    assert_eq!(frame::decode(&body), Ok(quiet));
}

#[test]
fn an_answer_without_news_is_not_packed_and_one_with_news_is() {
    let quiet = Response {
        results: Vec::new(),
        partitions: Vec::new(),
        reference: ReferenceNews::default(),
        blobs: Vec::new(),
        envelope: None,
        gone: Vec::new(),
        ..response()
    };
    let first = |message: &Response| frame::encode(message, Effort::Fast).expect("a body")[0];
    assert_eq!((first(&quiet), first(&response())), (0, 1));
}

#[test]
fn a_body_cut_at_any_byte_is_malformed() {
    let packed = frame::encode(&response(), Effort::Fast).expect("a body");
    let unpacked = plain(&minicbor::to_vec(response()).expect("encoded"));
    for body in [packed, unpacked] {
        for end in 0..body.len() {
            assert_eq!(
                frame::decode::<Response>(&body[..end]),
                Err(FrameError::Malformed),
                "cut at {end}"
            );
        }
    }
}

#[test]
fn bytes_after_the_message_are_malformed() {
    for body in [
        zstd(&minicbor::to_vec(response()).expect("encoded")),
        plain(&minicbor::to_vec(response()).expect("encoded")),
    ] {
        let longer = [&body[..], &[0]].concat();
        assert_eq!(
            frame::decode::<Response>(&longer),
            Err(FrameError::Malformed)
        );
    }
}

#[test]
fn an_unknown_packing_is_malformed_and_an_empty_body_too() {
    for body in [&[][..], &[2, 0x80], &[255]] {
        assert_eq!(frame::decode::<Request>(body), Err(FrameError::Malformed));
    }
}

#[test]
fn a_bomb_stops_inflating_at_the_limit() {
    for zeros in [limits::BODY_UNPACKED + 1, 64 * 1024 * 1024] {
        let body = zstd(&vec![0; zeros]);
        assert!(body.len() < 16 * 1024, "it is a bomb");
        assert_eq!(frame::decode::<Request>(&body), Err(FrameError::TooBig));
    }
    let just_fits = zstd(&vec![0; limits::BODY_UNPACKED]);
    assert_eq!(
        frame::decode::<Request>(&just_fits),
        Err(FrameError::Malformed)
    );
}

#[test]
fn a_frame_that_asks_for_a_huge_window_is_malformed() {
    let mut encoder = zstd::stream::write::Encoder::new(vec![1], 3).expect("an encoder");
    encoder.window_log(27).expect("a window");
    std::io::Write::write_all(&mut encoder, &[0; 100]).expect("written");
    let body = encoder.finish().expect("finished");
    assert_eq!(frame::decode::<Request>(&body), Err(FrameError::Malformed));
}

#[test]
fn a_body_over_its_limit_is_too_big_in_both_directions() {
    assert_eq!(
        frame::decode::<Request>(&vec![0; limits::REQUEST_PACKED + 1]),
        Err(FrameError::TooBig)
    );
    assert_eq!(
        frame::decode::<Response>(&vec![0; limits::ANSWER_PACKED + 1]),
        Err(FrameError::TooBig)
    );
    let mut dice = sync_street::Dice(1);
    let noise = |bytes: usize, dice: &mut sync_street::Dice| {
        (0..bytes).map(|_| dice.roll() as u8).collect::<Vec<u8>>()
    };
    let mut huge = response();
    huge.partitions[0].rows[0].body = FeedBody::Change {
        document: door(1),
        kind: DocumentKind::HOUSEHOLD,
        bytes: noise(limits::ANSWER_PACKED, &mut dice).into(),
    };
    assert_eq!(frame::encode(&huge, Effort::Fast), Err(FrameError::TooBig));
}

#[test]
fn small_bodies_that_would_decode_into_much_memory_are_malformed() {
    let empty_strings = [&[0x9a, 0, 0x3f, 0xff, 0xf0][..], &vec![0x40; 0x3f_fff0]].concat();
    let nested = vec![0x81; 100_000];
    let promised = [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let promised_map = [0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let long_string = [0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let endless = [0x9f, 0xff];
    for cbor in [
        &empty_strings[..],
        &nested,
        &promised,
        &promised_map,
        &long_string,
        &endless,
    ] {
        assert_eq!(
            frame::decode::<Request>(&zstd(cbor)),
            Err(FrameError::Malformed)
        );
    }
}

#[test]
fn the_codes_are_those_that_screens_know() {
    assert_eq!(FrameError::TooBig.code(), Code::BodyTooBig);
    assert_eq!(FrameError::Malformed.code(), Code::BodyMalformed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_a_message_or_an_error(body in prop::collection::vec(any::<u8>(), 0..400), packing in 0u8..3) {
        let _ = frame::decode::<Request>(&body);
        let _ = frame::decode::<Response>(&[&[packing][..], &body].concat());
        let _ = frame::decode::<Request>(&zstd(&body));
    }

    #[test]
    fn a_damaged_message_is_a_message_or_an_error(hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut body = plain(&minicbor::to_vec(response()).expect("encoded"));
        for (index, byte) in hits {
            let at = index.index(body.len());
            body[at] = byte;
        }
        if let Ok(message) = frame::decode::<Response>(&body) {
            let again = frame::encode(&message, Effort::Fast).expect("it came through a frame");
            prop_assert_eq!(frame::decode::<Response>(&again), Ok(message));
        }
    }
}
