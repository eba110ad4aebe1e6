//! The window around the phone: what the webview may load and where it may go.

use tauri::plugin::{Builder as PluginBuilder, TauriPlugin};
use tauri::{Builder, Runtime, Url};

/// Opens the window and returns when the worker closes it.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    furnish(Builder::default())
        .run(tauri::generate_context!())
        .expect("the window needs a display and a webview");
}

/// Everything the window has, for any runtime, so that tests can drive the same commands without a display.
pub fn furnish<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    builder.plugin(stay_home())
}

/// The webview shows the app's own pages; a link, a redirect or a script cannot take it anywhere else.
fn stay_home<R: Runtime>() -> TauriPlugin<R> {
    PluginBuilder::new("stay-home")
        .on_navigation(|_, url| is_home(url))
        .build()
}

fn is_home(url: &Url) -> bool {
    // Linux and iOS serve the app as tauri://localhost, Android and Windows as http://tauri.localhost.
    matches!(
        (url.scheme(), url.host_str()),
        ("tauri", Some("localhost")) | ("http" | "https", Some("tauri.localhost"))
    ) || (cfg!(dev) && url.host_str() == Some("127.0.0.1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_stays_on_its_own_pages() {
        let home = |text: &str| is_home(&text.parse().unwrap());
        assert!(home("tauri://localhost/index.html"));
        assert!(home("http://tauri.localhost/"));
        assert!(!home("https://example.org/"));
        assert!(!home("http://localhost/"));
        assert!(!home("file:///etc/hostname"));
    }
}
