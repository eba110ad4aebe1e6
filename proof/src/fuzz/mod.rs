//! Bytes from strangers, thrown at everything that reads them. One function per reader, each a fact that must hold for any
//! bytes; whoever finds bytes for which it panics has found a bug.
//!
//! The same functions run twice: `fuzz` mutates seeds on stable Rust without any instrument, in seconds, in `make test`;
//! `proof/fuzz` links them to libFuzzer, which follows the branches, for as long as one likes (`make fuzz TIME=600`).
//!
//! What is checked by a checksum or a signature is given a fitting one before it is read ([`weave`], `wire`): bytes that a
//! stranger's machine can compute are no barrier, and a fuzzer would otherwise never get past them.

pub mod bounds;
mod documents;
mod files;
pub mod mutate;
mod scanner;
mod text;
pub mod weave;
mod wire;

pub use documents::documents;

use crate::process::Outcome;

/// One reader of bytes.
pub struct Target {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Panics on bytes for which the fact does not hold.
    pub run: fn(&[u8]),
    /// How many times as long as others it takes; so many times fewer runs it gets.
    pub cost: u64,
    /// Where to begin.
    pub seeds: fn() -> Outcome<Vec<Vec<u8>>>,
}

/// All of them (`faults.md` §4.4), as far as the product reads such bytes by now.
pub const TARGETS: &[Target] = &[
    Target {
        name: "chunk_scanner",
        run: scanner::chunk_scanner,
        cost: 1,
        seeds: scanner::chunks,
    },
    Target {
        name: "scanner_then_automerge",
        run: scanner::scanner_then_automerge,
        cost: 4,
        seeds: scanner::woven,
    },
    Target {
        name: "projection_any_doc",
        run: scanner::projection_any_doc,
        cost: 10,
        seeds: scanner::woven,
    },
    Target {
        name: "frame_cbor",
        run: wire::frame_cbor,
        cost: 2,
        seeds: wire::frames,
    },
    Target {
        name: "envelope_cbor",
        run: wire::envelope_cbor,
        cost: 2,
        seeds: wire::envelopes,
    },
    Target {
        name: "photo_probe",
        run: files::photo_probe,
        cost: 4,
        seeds: files::photos,
    },
    Target {
        name: "voice_probe",
        run: files::voice_probe,
        cost: 1,
        seeds: files::recordings,
    },
    Target {
        name: "blob_path",
        run: files::blob_path,
        cost: 1,
        seeds: files::names,
    },
    Target {
        name: "enrol_json",
        run: text::enrol_json,
        cost: 1,
        seeds: text::enrolments,
    },
    Target {
        name: "export_csv_roundtrip",
        run: text::export_csv_roundtrip,
        cost: 1,
        seeds: text::cells,
    },
    Target {
        name: "work_card",
        run: text::work_card,
        cost: 1,
        seeds: text::work_cards,
    },
    Target {
        name: "search_query",
        run: text::search_query,
        cost: 4,
        seeds: text::queries,
    },
];
