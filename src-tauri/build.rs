//! Gives the window its configuration, and nothing to the headless phone.

fn main() {
    #[cfg(feature = "window")]
    window::build();
}

#[cfg(feature = "window")]
mod window {
    use std::{fs, path::Path};
    use tauri_build::{AppManifest, Attributes};

    pub fn build() {
        placeholder();
        let commands: Vec<&'static str> =
            commands().into_iter().map(|name| &*name.leak()).collect();
        let manifest = AppManifest::new().commands(commands.leak());
        tauri_build::try_build(Attributes::new().app_manifest(manifest))
            .expect("the window's configuration is sound");
    }

    /// The window embeds `ui/dist` when it is compiled. A checkout that has not built the UI yet must still compile and
    /// test its Rust, so an empty page stands in until `npm --prefix ui run build` replaces it.
    fn placeholder() {
        let dist = Path::new("../ui/dist");
        let page = dist.join("index.html");
        if !page.exists() {
            fs::create_dir_all(dist).expect("ui/dist can be made");
            fs::write(&page, "<!doctype html><title>ui is not built</title>\n")
                .expect("ui/dist can be written");
        }
        println!("cargo:rerun-if-changed={}", dist.display());
    }

    /// One list says what the window may call; what is not declared here is refused there.
    fn commands() -> Vec<String> {
        let set = fs::read_to_string("permissions/worker.toml")
            .expect("permissions/worker.toml is there");
        println!("cargo:rerun-if-changed=permissions/worker.toml");
        set.lines()
            .filter_map(|line| line.trim().strip_prefix("\"allow-")?.strip_suffix("\","))
            .map(|name| name.replace('-', "_"))
            .collect()
    }
}
