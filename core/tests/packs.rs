//! A grid of the demo street goes into a pack and comes out of it as it went in; and whatever is not exactly what the
//! server signed stays outside.

mod grid;

use ed25519_dalek::{Signer, SigningKey};
use gridwalk_core::{
    document::Document,
    ids::Hash,
    sync::{
        message::{Digest, DocumentKind, Epoch, PackOffer},
        pack::{
            self, Content, Manifest, PackError, PackFrame,
            build::{self, Built, Material, Press},
            read::{self, PackedDocument},
        },
    },
};
use std::{collections::HashMap, sync::LazyLock};

const EPOCH: Epoch = Epoch {
    counter: 1,
    nonce: 7,
};
const QUICK: Press = Press {
    level: 3,
    frame: 64 * 1024,
};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

fn signed(manifest: &Manifest) -> PackOffer {
    pack::offer(manifest, |purpose, bytes| {
        let message = [purpose.as_bytes(), &[0], bytes].concat();
        key().sign(&message).to_bytes()
    })
}

/// Every frame of a pack: number of the file, number of the frame, its bytes.
fn frames(built: &Built) -> impl Iterator<Item = (usize, &PackFrame, &[u8])> {
    let files = built.manifest.files.iter().zip(&built.files).enumerate();
    files.flat_map(|(number, (file, bytes))| {
        file.frames.iter().enumerate().map(move |(nth, frame)| {
            let from = file.offset(nth) as usize;
            (number, frame, &bytes[from..from + frame.packed as usize])
        })
    })
}

static WORLD: LazyLock<grid::World> = LazyLock::new(grid::World::new);

/// Sixty documents of a grid, of every kind.
fn some() -> (Vec<grid::Told>, grid::Feed) {
    let mut told = WORLD.documents("梧桐-03");
    let mut kinds: HashMap<DocumentKind, usize> = HashMap::new();
    told.retain(|told| {
        let seen = kinds.entry(told.kind()).or_default();
        *seen += 1;
        *seen <= 20
    });
    let feed = grid::Feed::of(WORLD.partition("梧桐-03"), &told);
    (told, feed)
}

fn material() -> Material {
    let (told, feed) = some();
    feed.material(told, EPOCH)
}

#[test]
fn a_grid_comes_out_of_its_pack_as_it_went_in_and_costs_little_more_than_the_floor() {
    let told = WORLD.documents("梧桐-03");
    let feed = grid::Feed::of(WORLD.partition("梧桐-03"), &told);
    let heads: HashMap<_, _> = told
        .iter()
        .map(|told| (told.id(), (told.kind(), told.document.heads())))
        .collect();
    let material = feed.material(told, EPOCH);
    let saves: Vec<u8> = {
        let mut sorted: Vec<_> = material.documents.iter().collect();
        sorted.sort_by_key(|source| (source.kind, source.document));
        sorted
            .iter()
            .flat_map(|source| source.snapshot.clone())
            .collect()
    };
    let floor = zstd::bulk::compress(&saves, 19).expect("packed").len();
    let indexed = material.index.len();
    let built = build::build(material, Press::default()).expect("a pack");
    let offer = signed(&built.manifest);
    let manifest = pack::verify(&key().verifying_key(), &offer).expect("signed");
    assert_eq!(manifest, built.manifest);
    assert_eq!(manifest.cursor, feed.cursor());

    let (mut sum, mut seen, mut found) = (Digest::EMPTY, 0, 0);
    for (file, frame, packed) in frames(&built) {
        let file = &manifest.files[file];
        if file.content == Content::INDEX {
            found += read::index(frame, packed).expect("an index").len();
            continue;
        }
        for packed in read::documents(&manifest, file, frame, packed).expect("documents") {
            let unpacked = read::unpack(&packed).expect("a document");
            let (kind, heads) = &heads[&packed.document];
            assert_eq!(
                (packed.kind, unpacked.document.heads()),
                (*kind, heads.clone())
            );
            for (position, change) in &unpacked.changes {
                let (document, _, row) = &feed.rows[*position as usize - 1];
                assert_eq!((*document, &row.bytes), (packed.document, &change.bytes));
                sum.add(&change.hash);
            }
            seen += 1;
        }
    }
    assert_eq!((seen, found), (heads.len(), indexed));
    assert!(read::adds_up(&manifest, &sum));

    let of = |content: Content| -> u64 {
        let files = manifest.files.iter().filter(|file| file.content == content);
        files.map(|file| file.bytes()).sum()
    };
    let (index, documents) = (of(Content::INDEX), of(Content::DOCUMENTS));
    let changes: usize = feed
        .rows
        .iter()
        .map(|(.., change)| change.bytes.len())
        .sum();
    println!(
        "{seen} documents, {} changes ({changes} B raw), saves {} B, floor {floor} B, pack {documents} B ({:.3} x), \
         index {index} B, manifest {} B, frames {}",
        feed.rows.len(),
        saves.len(),
        documents as f64 / floor as f64,
        offer.manifest.len(),
        frames(&built).count(),
    );
    assert!(
        index < 30_000,
        "usable in three seconds at a megabit: {index} bytes"
    );
    assert!(
        (documents as f64) < 1.06 * floor as f64,
        "{documents} bytes of documents, the floor is {floor}"
    );
}

#[test]
fn the_same_documents_make_the_same_pack() {
    let build = || build::build(material(), QUICK).expect("a pack");
    assert_eq!(build().manifest, build().manifest);
}

#[test]
fn what_this_server_did_not_sign_is_not_believed() {
    let built = build::build(material(), QUICK).expect("a pack");
    let offer = signed(&built.manifest);
    let other = SigningKey::from_bytes(&[6; 32]).verifying_key();
    assert_eq!(pack::verify(&other, &offer), Err(PackError::Signature));
    for at in (0..offer.manifest.len()).step_by(7) {
        let mut bent = offer.clone();
        bent.manifest[at] ^= 1;
        assert_eq!(
            pack::verify(&key().verifying_key(), &bent),
            Err(PackError::Signature)
        );
    }
    let newer = signed(&Manifest {
        format: 2,
        ..built.manifest
    });
    assert_eq!(
        pack::verify(&key().verifying_key(), &newer),
        Err(PackError::Newer)
    );
}

#[test]
fn a_frame_that_is_cut_or_bent_anywhere_is_refused() {
    let built = build::build(material(), QUICK).expect("a pack");
    for (file, frame, packed) in frames(&built) {
        let file = &built.manifest.files[file];
        let read = |bytes: &[u8]| match file.content {
            Content::INDEX => read::index(frame, bytes).map(|items| items.len()),
            _ => read::documents(&built.manifest, file, frame, bytes).map(|items| items.len()),
        };
        assert!(read(packed).is_ok());
        for length in (0..packed.len()).step_by(97) {
            assert_eq!(read(&packed[..length]), Err(PackError::Frame));
        }
        for at in (0..packed.len()).step_by(61) {
            let mut bent = packed.to_vec();
            bent[at] ^= 1 << (at % 8);
            assert_eq!(read(&bent), Err(PackError::Frame));
        }
    }
}

/// A frame of these bytes, as a server that means harm would sign it.
fn frame_of(packed: &[u8], raw: usize, items: u32) -> PackFrame {
    PackFrame {
        packed: packed.len() as u32,
        raw: raw as u32,
        hash: Hash::of(packed),
        items,
    }
}

#[test]
fn a_bomb_is_not_inflated_beyond_what_was_signed() {
    let bomb = zstd::bulk::compress(&vec![0u8; 64 << 20], 19).expect("packed");
    assert!(bomb.len() < 16_000);
    for raw in [1, 1 << 20, 17 << 20] {
        let refused = read::index(&frame_of(&bomb, raw, 1), &bomb);
        assert!(
            matches!(refused, Err(PackError::Malformed(_))),
            "{refused:?}"
        );
    }
    let twice = [&zstd::bulk::compress(b"\x80", 3).expect("packed")[..]; 2].concat();
    assert!(
        read::index(&frame_of(&twice, 1, 0), &twice).is_err(),
        "something behind the frame"
    );
}

fn repacked(documents: &[PackedDocument]) -> (PackFrame, Vec<u8>) {
    build::frame_of(documents, 3).expect("a frame")
}

#[test]
fn documents_that_are_not_what_they_should_be_are_refused_although_they_are_signed() {
    let built = build::build(material(), QUICK).expect("a pack");
    let (file, frame, packed) = frames(&built).nth(1).expect("documents");
    let file = &built.manifest.files[file];
    let honest = read::documents(&built.manifest, file, frame, packed).expect("documents");
    let read = |documents: &[PackedDocument]| {
        let (frame, packed) = repacked(documents);
        read::documents(&built.manifest, file, &frame, &packed).map(|_| ())
    };
    assert_eq!(read(&honest), Ok(()));
    let id = honest[0].document;

    let mut bent = honest.clone();
    let middle = bent[0].snapshot.len() / 2;
    bent[0].snapshot[middle] ^= 1;
    assert_eq!(read(&bent), Err(PackError::Document(id)));

    let mut other_places = honest.clone();
    let longest = honest.iter().max_by_key(|d| d.snapshot.len()).expect("one");
    other_places[0].order = longest.order.clone();
    assert_eq!(read(&other_places), Err(PackError::Malformed("positions")));

    let mut other_kind = honest.clone();
    other_kind[0].kind = DocumentKind::PATROL;
    assert_eq!(read(&other_kind), Err(PackError::Malformed("kind")));

    let (mut frame, packed) = repacked(&honest);
    frame.items += 1;
    assert!(read::documents(&built.manifest, file, &frame, &packed).is_err());
    let mut short = built.manifest.clone();
    short.cursor.position = 0;
    let (_, first, bytes) = frames(&built).nth(1).expect("documents");
    let beyond = read::documents(&short, file, first, bytes);
    assert_eq!(
        beyond,
        Err(PackError::Malformed("a position beyond the pack's"))
    );
}

#[test]
fn what_does_not_add_up_is_not_built() {
    let mut forgotten = material();
    forgotten.documents.pop();
    assert!(matches!(
        build::build(forgotten, QUICK),
        Err(PackError::Digest)
    ));

    let mut moved = material();
    let gone = moved.documents.pop().expect("a document");
    moved.rest = Digest::of(gone.changes.iter().map(|(hash, ..)| hash));
    let built = build::build(moved, QUICK).expect("what went elsewhere is counted");
    assert_ne!(built.manifest.rest, Digest::EMPTY);

    let mut lying = material();
    let first = lying.documents[0].snapshot.clone();
    lying.documents[1].snapshot = first;
    assert!(build::build(lying, QUICK).is_err());
}

#[test]
fn two_who_wrote_at_once_keep_their_places() {
    let (told, _) = some();
    let told = told
        .into_iter()
        .find(|told| told.kind() == DocumentKind::HOUSEHOLD && told.changes.len() > 2)
        .expect("some history");
    let (id, kind) = (told.id(), told.kind());
    let changes: Vec<_> = told
        .changes
        .iter()
        .map(|(_, change)| change.clone())
        .collect();
    // the last change is written once more by somebody who had not seen it
    let before = Document::from_changes(
        id,
        kind,
        changes[..changes.len() - 1].iter().map(|c| &c.bytes),
    );
    let before = before.expect("a document");
    let twin = grid::twin(before);
    let both = changes.len() + 1;
    let mut document =
        Document::from_changes(id, kind, changes.iter().map(|c| &c.bytes)).expect("a document");
    document.merge_changes([&twin.bytes]).expect("merged");
    let all: Vec<_> = document.changes();
    assert_eq!((all.len(), document.heads().len()), (both, 2));
    for twin_first in [false, true] {
        let mut order: Vec<_> = changes.clone();
        order.insert(changes.len() - usize::from(twin_first), twin.clone());
        let placed: Vec<_> = order
            .iter()
            .enumerate()
            .map(|(at, change)| (change.hash, change.deps.clone(), 10 + at as u64))
            .collect();
        let packed = PackedDocument {
            document: id,
            kind,
            order: pack::Order::of(&placed).expect("an order"),
            snapshot: document.save().into(),
        };
        let unpacked = read::unpack(&packed).expect("unpacked");
        let places: Vec<_> = unpacked
            .changes
            .iter()
            .map(|(at, change)| (change.hash, *at))
            .collect();
        let meant: Vec<_> = placed.iter().map(|(hash, _, at)| (*hash, *at)).collect();
        assert_eq!(places, meant);
    }
}
