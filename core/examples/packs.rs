//! What a pack of one grid costs by the size of its frames and the level of zstd, beside the floor (zstd -19 of every
//! uncompressed save in one frame): `cargo run --release -p gridwalk-core --example packs [GRID]`.
#![allow(clippy::disallowed_methods)] // a program, not the core

#[path = "../tests/grid/mod.rs"]
mod grid;

use gridwalk_core::sync::{
    message::Epoch,
    pack::{
        Content,
        build::{self, Press},
    },
};
use std::time::Instant;

fn main() {
    let name = std::env::args().nth(1).unwrap_or("梧桐-03".into());
    let world = grid::World::new();
    let told = world.documents(&name);
    let feed = grid::Feed::of(world.partition(&name), &told);
    let epoch = Epoch {
        counter: 1,
        nonce: 7,
    };
    let material = feed.material(told, epoch);
    let mut sorted: Vec<_> = material.documents.iter().collect();
    sorted.sort_by_key(|source| (source.kind, source.document));
    let saves: Vec<u8> = sorted
        .iter()
        .flat_map(|source| source.snapshot.clone())
        .collect();
    let floor = zstd::bulk::compress(&saves, 19).unwrap_or_default().len();
    println!(
        "{name}: {} documents, {} changes, {} bytes of saves, floor {floor}",
        material.documents.len(),
        feed.rows.len(),
        saves.len()
    );
    println!("level  frame KiB  index B  documents B  ratio  frames  s");
    for (level, kib) in [
        (19, 64),
        (19, 128),
        (19, 256),
        (19, 512),
        (19, 1024),
        (19, 8192),
        (22, 256),
        (9, 256),
        (3, 256),
    ] {
        let press = Press {
            level,
            frame: kib * 1024,
        };
        let begun = Instant::now();
        let Ok(built) = build::build(material.clone(), press) else {
            println!("{level:5}  {kib:9}  refused");
            continue;
        };
        let bytes = |content: Content| -> u64 {
            let files = built.manifest.files.iter();
            let files = files.filter(|file| file.content == content);
            files.map(|file| file.bytes()).sum()
        };
        let documents = bytes(Content::DOCUMENTS);
        println!(
            "{level:5}  {kib:9}  {:7}  {documents:11}  {:.3}  {:6}  {:.1}",
            bytes(Content::INDEX),
            documents as f64 / floor as f64,
            built
                .manifest
                .files
                .iter()
                .map(|file| file.frames.len())
                .sum::<usize>(),
            begun.elapsed().as_secs_f64(),
        );
    }
}
