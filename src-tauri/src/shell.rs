//! The window around the phone: what the webview may load and where it may go.

use crate::{Answer, Desk, Gate, Phone, commands, dialler::Dialler, ports::Ports, view::SyncState};
use std::{path::PathBuf, time::SystemTime};
use tauri::ipc::Invoke;
use tauri::plugin::{Builder as PluginBuilder, TauriPlugin};
use tauri::{App, AppHandle, Builder, Manager, Runtime, Url};
use tauri_specta::Event;

/// Opens the window and returns when the worker closes it.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    furnish(Builder::default())
        .run(tauri::generate_context!())
        .expect("the window needs a display and a webview");
}

/// Everything the window has, for any runtime, so that tests can drive the same commands without a display.
pub fn furnish<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    let asked = commands::builder::<R>();
    let builder = builder.plugin(stay_home());
    #[cfg(target_os = "android")]
    let builder = builder.plugin(tauri_plugin_opener::init());
    builder
        .register_asynchronous_uri_scheme_protocol("gwphoto", commands::photo::show)
        .invoke_handler(handler(asked.invoke_handler()))
        .setup(move |app| {
            asked.mount_events(app);
            app.manage(Dialler::of(app.handle()));
            open(app);
            Ok(())
        })
}

/// The generated commands, and those whose bytes are raw.
fn handler<R: Runtime>(
    generated: impl Fn(Invoke<R>) -> bool + Send + Sync + 'static,
) -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    let raw: fn(Invoke<R>) -> bool = tauri::generate_handler![
        commands::photo::add_photo,
        commands::voice::add_voice,
        commands::voice::voice_bytes,
        commands::delivery::unsent_piece
    ];
    move |invoke| match invoke.message.command() {
        "add_photo" | "add_voice" | "voice_bytes" | "unsent_piece" => raw(invoke),
        _ => generated(invoke),
    }
}

/// Opens the phone behind the window, as far as no PIN keeps it, and lets it deliver. A phone that does not open says why
/// on the first screen.
fn open<R: Runtime>(app: &mut App<R>) {
    let window = app.handle().clone();
    // whoever took those pictures went with the process before
    commands::photo::forget_camera(&window, SystemTime::now());
    let dir = data_dir(app);
    app.manage(Desk::opening(move || {
        let gate = dir.map(|dir| {
            Gate::new(dir, Ports::of_this_machine, move |phone| {
                let (deliver, tell) = (phone.clone(), phone.clone());
                tauri::async_runtime::spawn(async move { deliver.keep_in_sync().await });
                tauri::async_runtime::spawn(chip(tell, window.clone()));
            })
        });
        if let Err(failure) = gate.as_ref().map_err(Clone::clone).and_then(Gate::state) {
            tracing::error!(%failure, "the phone does not open");
        }
        gate
    }));
}

/// Every test run and every demonstration brings its own folder; a phone has one.
fn data_dir<R: Runtime>(app: &App<R>) -> Answer<PathBuf> {
    match std::env::var_os("GRIDWALK_DATA") {
        Some(dir) => Ok(dir.into()),
        None => app.path().app_data_dir().map_err(crate::Failure::internal),
    }
}

/// Tells the screens whenever delivery moved, until the phone is put away.
async fn chip<R: Runtime>(phone: Phone, window: AppHandle<R>) {
    let mut delivery = phone.delivery();
    let mut said: Option<SyncState> = None;
    loop {
        // of a phone that was put away nobody hears any more
        tokio::select! {
            biased;
            () = phone.closed() => return,
            changed = delivery.changed() => if changed.is_err() { return },
        }
        match phone.sync_state() {
            Ok(state) if said.as_ref() != Some(&state) => {
                if let Err(error) = state.emit(&window) {
                    tracing::warn!(%error, "no screen heard of the delivery");
                }
                said = Some(state);
            }
            Ok(_) => {}
            Err(failure) => tracing::warn!(%failure, "the state of delivery cannot be read"),
        }
    }
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
