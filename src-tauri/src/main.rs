//! Starts the phone: its window, unless it was built without one.

fn main() {
    #[cfg(feature = "window")]
    gridwalk::shell::run();
}
