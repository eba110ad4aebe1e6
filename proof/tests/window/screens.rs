//! Every screen of the phone in the real window, in windows of both sizes and with the smallest and the largest text, with what no eye should have to
//! find: words that leave the window or are cut off.

use super::glass::{Glass, Look};
use gridwalk_fixtures::{demo_day, forms::FORM};
use gridwalk_proof::process::Outcome;

/// Words that leave the window or are cut off by what they stand in, unless an ellipsis says so.
const CUT_OFF: &str = r#"
const cut = [];
const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (words.nextNode()) {
  const text = words.currentNode;
  if (!text.data.trim() || text.parentElement.closest('.gw-visually-hidden')) continue;
  const range = document.createRange();
  range.selectNodeContents(text);
  const right = Math.max(0, ...[...range.getClientRects()].map((box) => box.right));
  let edge = window.innerWidth;
  for (let around = text.parentElement; around; around = around.parentElement) {
    const style = getComputedStyle(around);
    if (style.textOverflow === 'ellipsis') edge = Infinity;
    else if (style.overflowX !== 'visible') edge = Math.min(edge, around.getBoundingClientRect().right);
  }
  if (right > edge + 1) cut.push(text.data.trim().slice(0, 30));
}
return cut;
"#;

/// The form of the day's round.
fn form() -> String {
    format!("/forms/{FORM}/{}", demo_day().format("%Y-%m"))
}

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
        ("card", "/card".into(), "[data-testid=card-code]"),
        ("care-plans", "/care".into(), "[data-testid=care-which-all]"),
        (
            "announcements",
            "/announcements".into(),
            "[data-testid=announcement]",
        ),
        (
            "handbook",
            "/handbook".into(),
            "[data-testid=handbook-page]",
        ),
        ("log", "/log".into(), "[data-testid=log-confirmed]"),
        ("forms", "/forms".into(), "[data-testid^=form-row-]"),
        ("form", form(), "[data-testid^=form-door-]"),
        ("storage", "/storage".into(), "[data-testid=storage-total]"),
        ("map", "/map".into(), "[data-testid=map]"),
    ]
}

/// Opens each in windows of these sizes, with the smallest and the largest words, takes its picture, and looks for what
/// sticks out.
pub async fn shows_each_at_every_look(
    mut glass: Glass,
    sizes: &[(u32, u32)],
    door: &str,
    incident: &str,
) -> Outcome<()> {
    let mut cut = Vec::new();
    for (width, height) in sizes {
        for scale in ["1.5", "1"] {
            glass.becomes(Look::of((*width, *height), scale)).await?;
            glass.wears(scale).await?;
            for (name, path, content) in addresses(door, incident) {
                glass.go(&path).await?;
                glass.screen(name).await?;
                glass
                    .holds(&format!("document.querySelector('{content}')"))
                    .await?;
                glass
                    .picture(&format!("{name}-{width}x{height}-{scale}"))
                    .await?;
                let found = glass.client.execute(CUT_OFF, vec![]).await?;
                if found.as_array().is_none_or(|found| !found.is_empty()) {
                    cut.push(format!("{name} at {width}x{height}, {scale}: {found}"));
                }
            }
        }
    }
    assert!(cut.is_empty(), "cut off: {cut:#?}");
    Ok(())
}
