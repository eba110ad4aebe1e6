//! The least that is a Tauri window: as large as the app's own, with one word in it.

fn main() {
    tauri::Builder::default()
        .run(tauri::generate_context!())
        .expect("the window needs a display and a webview");
}
