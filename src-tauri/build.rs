//! Gives the window its configuration, and nothing to the headless phone.

fn main() {
    #[cfg(feature = "window")]
    {
        placeholder();
        tauri_build::build();
    }
}

/// The window embeds `ui/dist` when it is compiled. A checkout that has not built the UI yet must still compile and
/// test its Rust, so an empty page stands in until `npm --prefix ui run build` replaces it.
#[cfg(feature = "window")]
fn placeholder() {
    let dist = std::path::Path::new("../ui/dist");
    let page = dist.join("index.html");
    if !page.exists() {
        std::fs::create_dir_all(dist).expect("ui/dist can be made");
        std::fs::write(&page, "<!doctype html><title>ui is not built</title>\n")
            .expect("ui/dist can be written");
    }
    println!("cargo:rerun-if-changed={}", dist.display());
}
