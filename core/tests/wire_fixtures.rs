//! Messages of every version, as they were once written. Today's code must read them for ever: files under
//! `fixtures/wire` are never regenerated. A new kind of message adds a file (run once with `GRIDWALK_WRITE_FIXTURES=1`,
//! which only creates what is missing).

#![allow(clippy::disallowed_methods)] // the core reads no files; its fixtures are files

use gridwalk_core::sync::pack::{self, Content, Manifest, PackFile, PackFrame};
use gridwalk_core::{
    ids::{DeviceId, DocumentId, GridId, Hash, PersonId},
    sync::{actor, certificate, envelope, frame, message::*, repair},
    time::Timestamp,
};
use std::{fmt::Debug, fs, path::PathBuf};
use uuid::Uuid;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures/wire/v1")
        .join(name)
}

fn read(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|error| panic!("fixtures/wire/v1/{name}: {error}"))
}

/// The file exists, and decodes to exactly this.
fn reads_as<M>(name: &str, value: &M)
where
    M: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()> + PartialEq + Debug,
{
    if !path(name).exists() && std::env::var_os("GRIDWALK_WRITE_FIXTURES").is_some() {
        fs::write(path(name), minicbor::to_vec(value).expect("encoded")).expect("written");
    }
    let read: M = minicbor::decode(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(&read, value, "{name}");
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0199_a000_0000_7000_8000_0000_0000_0000 | number)
}

fn partition(class: AccessClass) -> Partition {
    Partition {
        grid: GridId(id(3)),
        class,
    }
}

fn cursor(class: AccessClass, position: u64) -> Cursor {
    Cursor {
        partition: partition(class),
        position,
        digest: Digest([position as u8; 32]),
    }
}

fn epoch() -> Epoch {
    Epoch {
        counter: 2,
        nonce: 0x0123_4567_89ab_cdef,
    }
}

/// A real change: the first of a household document, by the device of these fixtures.
fn change() -> Vec<u8> {
    read("change.bin")
}

fn device() -> DeviceId {
    DeviceId(id(9))
}

fn household() -> DocumentId {
    DocumentId(id(502))
}

fn first_request() -> Request {
    Request {
        protocol: 20_261_122,
        epoch: None,
        cursors: Vec::new(),
        reference: 0,
        upload: None,
        page_bytes: 524_288,
        own_bytes: false,
        dictionaries: None,
        packs: None,
        repair: None,
    }
}

fn envelope() -> Envelope {
    Envelope {
        device: device(),
        worker: PersonId(id(1)),
        number: 18,
        previous: Hash([17; 32]),
        changes: envelope::list_hash(&[envelope::change_hash(&change())]),
        count: 1,
        phone_clock: Timestamp(1_789_351_200_000),
        clock_ahead_ms: -1_250,
        app: "0.1.0".into(),
    }
}

fn request_with_upload() -> Request {
    Request {
        epoch: Some(epoch()),
        cursors: vec![
            cursor(AccessClass::GENERAL, 34),
            cursor(AccessClass::CARE, 2),
        ],
        reference: 412,
        own_bytes: true,
        upload: Some(Upload {
            envelope: read("envelope.cbor").into(),
            signature: read("envelope.signature").into(),
            documents: vec![DocumentChanges {
                document: household(),
                kind: DocumentKind::HOUSEHOLD,
                partition: partition(AccessClass::GENERAL),
                incarnation: 1,
                changes: vec![change().into()],
                author: None,
            }],
            blobs: vec![vec![0xff, 0xd8, 0xff].into()],
            certificates: None,
        }),
        ..first_request()
    }
}

fn quiet_response() -> Response {
    Response {
        protocol: 20_261_122,
        epoch: epoch(),
        server_time: Timestamp(1_789_351_201_000),
        results: Vec::new(),
        partitions: Vec::new(),
        reference: ReferenceNews {
            version: 412,
            ..ReferenceNews::default()
        },
        blobs: Vec::new(),
        envelope: None,
        gone: Vec::new(),
        dictionaries: None,
        packs: None,
        repair: None,
        watermarks: None,
        wanted: None,
    }
}

fn response_with_news() -> Response {
    let rows = vec![
        FeedRow {
            position: 35,
            body: FeedBody::Own {
                envelope: 18,
                first: 0,
                count: 1,
            },
        },
        FeedRow {
            position: 36,
            body: FeedBody::Change {
                document: household(),
                kind: DocumentKind::HOUSEHOLD,
                bytes: change().into(),
            },
        },
    ];
    let row = |json: Option<&str>| ReferenceRow {
        kind: "category".into(),
        id: "F01001".into(),
        json: json.map(Into::into),
    };
    Response {
        results: vec![
            ChangeResult::Stored,
            ChangeResult::Had,
            ChangeResult::Held {
                missing: vec![Hash([1; 32])],
            },
            ChangeResult::Refused {
                code: "ACTOR_FORKED".into(),
                follows: None,
            },
            ChangeResult::Refused {
                code: "ACTOR_FORKED".into(),
                follows: Some(Hash([2; 32])),
            },
        ],
        partitions: vec![PartitionNews {
            partition: partition(AccessClass::GENERAL),
            restart: false,
            rows,
            cursor: cursor(AccessClass::GENERAL, 36),
            more: true,
        }],
        reference: ReferenceNews {
            version: 414,
            rows: vec![row(Some("{\"name\":\"楼道堆物\"}")), row(None)],
            more: true,
        },
        blobs: vec![Hash([3; 32])],
        envelope: Some(Hash([4; 32])),
        gone: vec![partition(AccessClass::CARE)],
        ..quiet_response()
    }
}

/// Of 2026-11-25: what stands in a feed where a document moved away or was erased.
fn response_with_departures() -> Response {
    let row = |position, body| FeedRow { position, body };
    let (document, change) = (household(), Some(Hash([5; 32])));
    Response {
        protocol: 20_261_125,
        partitions: vec![PartitionNews {
            partition: partition(AccessClass::GENERAL),
            restart: false,
            rows: vec![
                row(37, FeedBody::Left { document, change }),
                row(
                    38,
                    FeedBody::Left {
                        document,
                        change: None,
                    },
                ),
                row(39, FeedBody::Erased { document, change }),
                row(
                    40,
                    FeedBody::Erased {
                        document,
                        change: None,
                    },
                ),
            ],
            cursor: cursor(AccessClass::GENERAL, 40),
            more: false,
        }],
        ..quiet_response()
    }
}

#[test]
fn departures_read_as_they_were_meant_and_can_be_skipped() {
    reads_as("response-departures.cbor", &response_with_departures());
    let response = minicbor::to_vec(response_with_departures()).expect("encoded");
    assert_eq!(response, read("response-departures.cbor"));
}

#[test]
fn every_message_of_the_first_version_reads_as_it_was_meant() {
    reads_as("request-first.cbor", &first_request());
    reads_as("envelope.cbor", &envelope());
    reads_as("request-upload.cbor", &request_with_upload());
    reads_as("response-quiet.cbor", &quiet_response());
    reads_as("response-news.cbor", &response_with_news());
}

fn repair_request() -> Request {
    let documents = [
        (household(), Digest([1; 32])),
        (DocumentId(id(503)), Digest([2; 32])),
    ];
    Request {
        epoch: Some(epoch()),
        cursors: vec![cursor(AccessClass::GENERAL, 34)],
        upload: request_with_upload().upload.map(|mut upload| {
            upload.documents[0].author = Some(DeviceId(id(8)));
            upload.certificates = Some(vec![read("certificate.cbor").into()]);
            upload
        }),
        repair: Some(Repair {
            seed: 0x0123_4567_89ab_cdef,
            partitions: vec![repair::prints(
                0x0123_4567_89ab_cdef,
                partition(AccessClass::GENERAL),
                &documents,
            )],
            full: vec![repair::full(household(), &[Hash([5; 32])])],
        }),
        ..first_request()
    }
}

fn repair_response() -> Response {
    Response {
        repair: Some(RepairAnswer {
            seams: vec![cursor(AccessClass::GENERAL, 30)],
            partitions: vec![Difference {
                partition: partition(AccessClass::GENERAL),
                unmatched: vec![1],
                documents: vec![DocumentClock {
                    document: DocumentId(id(503)),
                    clock: [&[6; 16][..], &3u64.to_be_bytes()].concat().into(),
                }],
            }],
            full: vec![FullDifference {
                document: household(),
                lacking: vec![0],
            }],
        }),
        watermarks: Some(vec![Watermark {
            partition: partition(AccessClass::GENERAL),
            position: 28,
            began_at: Timestamp(1_789_351_000_000),
        }]),
        ..quiet_response()
    }
}

#[test]
fn messages_of_a_repair_read_as_they_were_meant() {
    let server = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let certificate = certificate::Certificate {
        device: DeviceId(id(8)),
        worker: Some(PersonId(id(2))),
        role: "member".into(),
        key: [8; 32].into(),
        enrolled_at: Timestamp(1_789_000_000_000),
    };
    let name = "certificate.cbor";
    if !path(name).exists() && std::env::var_os("GRIDWALK_WRITE_FIXTURES").is_some() {
        let sign = |bytes: &[u8]| {
            ed25519_dalek::Signer::sign(
                &server,
                &[certificate::PURPOSE.as_bytes(), &[0], bytes].concat(),
            )
            .to_bytes()
        };
        fs::write(path(name), certificate::issue(&certificate, sign)).expect("written");
    }
    assert_eq!(
        certificate::verify(&server.verifying_key(), &read(name)),
        Some(certificate)
    );
    reads_as("request-repair.cbor", &repair_request());
    reads_as("response-repair.cbor", &repair_response());
}

#[test]
fn an_answer_that_asks_for_lost_photos_reads_as_it_was_meant() {
    let asking = Response {
        wanted: Some(vec![gridwalk_core::ids::Hash([7; 32])]),
        ..quiet_response()
    };
    reads_as("response-wanted.cbor", &asking);
}

#[test]
fn bodies_of_the_first_version_unpack_to_the_same_messages() {
    assert_eq!(
        frame::decode(&read("request-upload.body")),
        Ok(request_with_upload())
    );
    assert_eq!(
        frame::decode(&read("response-quiet.body")),
        Ok(quiet_response())
    );
}

#[test]
fn an_upload_of_the_first_version_still_verifies_under_its_key_and_actor() {
    let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]).verifying_key();
    let upload = request_with_upload().upload.expect("an upload");
    let (read, hashes) = envelope::verify(&key, &upload).expect("a good signature");
    assert_eq!((read, hashes.len()), (envelope(), 1));
    let header =
        gridwalk_core::scan::scan_change(&change(), &Default::default()).expect("a plain change");
    assert_eq!(
        (header.hash, header.actor),
        (hashes[0], actor(device(), household(), 1))
    );
}

/// The end of a message is where a newer side says more: two fields beyond all that are known, nothing in between.
fn with_more_fields(cbor: &[u8]) -> Vec<u8> {
    const KNOWN: u8 = 21;
    let fields = cbor[0] - 0x80;
    assert!(fields <= KNOWN, "a short array");
    [
        &[0x80 + KNOWN + 2][..],
        &cbor[1..],
        &vec![0xf6; usize::from(KNOWN - fields)],
        &[0x63, b'n', b'e', b'w', 0xa1, 0x01, 0x82, 0xf6, 0x20],
    ]
    .concat()
}

#[test]
fn fields_that_a_newer_side_adds_are_skipped() {
    let request = with_more_fields(&read("request-upload.cbor"));
    assert_eq!(
        minicbor::decode::<Request>(&request).expect("read"),
        request_with_upload()
    );
    let response = with_more_fields(&read("response-news.cbor"));
    assert_eq!(
        minicbor::decode::<Response>(&response).expect("read"),
        response_with_news()
    );
    let envelope = with_more_fields(&read("envelope.cbor"));
    assert_eq!(
        minicbor::decode::<Envelope>(&envelope).expect("read"),
        self::envelope()
    );
}

#[test]
fn kinds_that_a_newer_side_adds_are_kept_byte_by_byte_and_are_not_fatal() {
    let parked = [0x82, 0x18, 0x63, 0x82, 0x01, 0x61, b'x'];
    let result: ChangeResult = minicbor::decode(&parked).expect("read");
    assert_eq!(
        result,
        ChangeResult::Other {
            bytes: parked.to_vec().into()
        }
    );
    assert!(
        !result.acknowledged(),
        "what is not understood is not a promise"
    );
    assert_eq!(minicbor::to_vec(&result).expect("encoded"), parked);

    let moved = [0x82, 0x07, 0x82, 0x05, 0xa0];
    let row: FeedRow = minicbor::decode(&[&[0x82, 0x01][..], &moved].concat()).expect("read");
    assert_eq!(
        row.body,
        FeedBody::Other {
            bytes: moved.to_vec().into()
        }
    );

    let stored_with_more = [0x82, 0x00, 0x81, 0x05];
    assert_eq!(
        minicbor::decode::<ChangeResult>(&stored_with_more).expect("read"),
        ChangeResult::Stored
    );
    let unknown_kind: DocumentKind = minicbor::decode(&[0x19, 0x03, 0xe8]).expect("read");
    assert_eq!(unknown_kind, DocumentKind(1_000));
}

#[test]
fn a_known_kind_with_a_field_too_few_is_an_error() {
    for short in [
        &[0x82, 0x02, 0x80][..],
        &[0x82, 0x03, 0x81, 0x60],
        &[0x81, 0x00],
        &[0x80],
        &[0x83, 0x00, 0x80, 0x80],
    ] {
        assert!(
            minicbor::decode::<ChangeResult>(short).is_err(),
            "{short:?}"
        );
    }
}

fn manifest() -> Manifest {
    let frame = |n: u8| PackFrame {
        packed: 81_000 + u32::from(n),
        raw: 262_000 + u32::from(n),
        hash: Hash([n; 32]),
        items: 40,
    };
    Manifest {
        format: 1,
        epoch: epoch(),
        cursor: cursor(AccessClass::GENERAL, 9_000),
        rest: Digest([1; 32]),
        files: vec![
            PackFile {
                content: Content::INDEX,
                kind: None,
                hash: Hash([10; 32]),
                frames: vec![frame(11)],
            },
            PackFile {
                content: Content::DOCUMENTS,
                kind: Some(DocumentKind::HOUSEHOLD),
                hash: Hash([20; 32]),
                frames: vec![frame(21), frame(22)],
            },
        ],
    }
}

fn server_key() -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&[4; 32])
}

fn offer() -> PackOffer {
    pack::offer(&manifest(), |purpose, bytes| {
        use ed25519_dalek::Signer;
        let message = [purpose.as_bytes(), &[0], bytes].concat();
        server_key().sign(&message).to_bytes()
    })
}

#[test]
fn a_manifest_and_its_offer_are_read_and_believed() {
    reads_as("pack-manifest.cbor", &manifest());
    let with_offer = Response {
        dictionaries: Some(vec![20_261_125]),
        packs: Some(PackNews {
            key: server_key().verifying_key().to_bytes().to_vec().into(),
            offers: vec![offer()],
        }),
        ..quiet_response()
    };
    reads_as("response-offer.cbor", &with_offer);
    let asking = Request {
        dictionaries: Some(vec![20_261_125]),
        packs: Some(PackWish {
            under_way: vec![Hash([5; 32])],
            refused: vec![partition(AccessClass::CARE)],
        }),
        ..first_request()
    };
    reads_as("request-packs.cbor", &asking);
    let kept: Response = minicbor::decode(&read("response-offer.cbor")).expect("read");
    let kept = &kept.packs.expect("an offer").offers[0];
    assert_eq!(
        pack::verify(&server_key().verifying_key(), kept),
        Ok(manifest())
    );
}

/// An app of before there were packs and dictionaries reads what it knows and skips the rest.
#[test]
fn what_is_new_costs_an_older_reader_nothing() {
    #[derive(minicbor::Decode)]
    struct Older {
        #[n(0)]
        protocol: u32,
        #[n(8)]
        gone: Vec<Partition>,
    }
    let older: Older = minicbor::decode(&read("response-offer.cbor")).expect("read");
    assert_eq!(older.protocol, quiet_response().protocol);
    assert!(older.gone.is_empty());
}
