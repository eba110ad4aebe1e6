//! Every screen of the phone in the real window, at the smallest and the largest text, with what no eye should have to
//! find: nothing wider than the window, no word that is only a key, no Chinese that the machine cannot draw.

use super::glass::Glass;
use gridwalk_proof::process::Outcome;

/// Wider than the window, or cut off on its right: the names of those.
const TOO_WIDE: &str = "document.documentElement.scrollWidth > window.innerWidth + 1 ? [document.documentElement.scrollWidth] : [...document.querySelectorAll('button, input, h1, h2, b')].filter((e) => { const r = e.getBoundingClientRect(); return r.width > 1 && r.height > 1 && r.right > window.innerWidth + 1 && !e.closest('[data-sideways], .gw-visually-hidden') }).map((e) => (e.dataset.testid ?? e.className) + ' ' + e.textContent.trim().slice(0, 20))";

/// Every screen that a worker can open: its name, its address, and what is on it once it has been read.
fn addresses(door: &str, incident: &str) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("today", "/today".into(), "[data-testid^=task-]"),
        (
            "households",
            "/households".into(),
            "[data-testid^=household-row-]",
        ),
        (
            "household",
            format!("/households/{door}"),
            "[data-testid=visit-item]",
        ),
        (
            "visit",
            format!("/households/{door}/visit"),
            "[data-testid=visit-no-change]",
        ),
        (
            "conflicts",
            format!("/households/{door}/conflicts"),
            "[data-testid=conflict-back]",
        ),
        ("report", "/report".into(), "[data-testid=report-save]"),
        (
            "incidents",
            "/incidents".into(),
            "[data-testid^=incident-row-]",
        ),
        (
            "incident",
            format!("/incidents/{incident}"),
            "[data-testid=screen-incident] img",
        ),
        ("patrol", "/patrol".into(), "[data-testid=patrol-start]"),
        ("patrols", "/patrols".into(), "[data-testid=patrol-row]"),
        ("sync", "/sync".into(), "[data-testid=sync-item]"),
        ("me", "/me".into(), "[data-testid=me-size-1]"),
    ]
}

/// Opens each, takes its picture, and looks for what sticks out.
pub async fn shows_each_at_both_sizes(glass: &Glass, door: &str, incident: &str) -> Outcome<()> {
    let mut wide = Vec::new();
    for scale in ["1.5", "1"] {
        glass.go("/me").await?;
        glass.screen("me").await?;
        glass.tap(&format!("me-size-{scale}")).await?;
        for (name, path, content) in addresses(door, incident) {
            glass.go(&path).await?;
            glass.screen(name).await?;
            glass
                .holds(&format!("document.querySelector('{content}')"))
                .await?;
            glass.picture(&format!("{name}-{scale}")).await?;
            let found = glass.value(TOO_WIDE).await?;
            if found.as_array().is_none_or(|found| !found.is_empty()) {
                wide.push(format!("{name} at {scale}: {found}"));
            }
        }
    }
    assert!(wide.is_empty(), "wider than the window: {wide:#?}");
    Ok(())
}
