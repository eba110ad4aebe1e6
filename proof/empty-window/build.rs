//! What Tauri prepares for every window.

fn main() {
    #[cfg(feature = "window")]
    tauri_build::build();
}
