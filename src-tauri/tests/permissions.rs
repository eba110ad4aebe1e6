//! The window may call every command that the phone has, and no other.
#![cfg(feature = "window")]

use specta_typescript::Typescript;
use std::collections::BTreeSet;

#[test]
fn the_window_may_call_exactly_the_commands_of_the_phone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("phone.ts");
    gridwalk::commands::builder::<tauri::Wry>()
        .export(Typescript::default(), &file)
        .unwrap();
    let written = std::fs::read_to_string(file).unwrap();
    let mut had: BTreeSet<String> = written
        .split("__TAURI_INVOKE(\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().replace('_', "-"))
        .collect();
    // These take or give raw bytes, so they are not among the typed ones.
    had.extend(["add-photo", "add-voice", "voice-bytes", "unsent-piece"].map(String::from));
    let allowed: BTreeSet<String> = include_str!("../permissions/worker.toml")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("\"allow-")?.strip_suffix("\","))
        .map(Into::into)
        .collect();
    assert_eq!(had, allowed);
}
