//! Writes `ui/src/api/generated/phone.ts` from the commands; a difference in git means that it was stale.

use specta_typescript::Typescript;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/api/generated/phone.ts"),
        Into::into,
    );
    gridwalk::commands::builder::<tauri::Wry>().export(
        Typescript::default()
            .header("// Written by `cargo run -p gridwalk --bin bindings`; do not edit.\n"),
        file,
    )?;
    Ok(())
}
