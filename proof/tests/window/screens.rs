//! Every screen of the phone in the real window, in windows of both sizes and with the smallest and the largest text, with what no eye should have to
//! find: words that leave the window or are cut off.

use super::glass::{Glass, Look};
use gridwalk_fixtures::{demo_day, forms::FORM};
use gridwalk_proof::process::Outcome;

/// Words that leave the window or are cut off by what they stand in, unless an ellipsis says so, and icons that stick out
/// of what they stand in.
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
for (const icon of document.querySelectorAll('svg.lucide')) {
  const box = icon.getBoundingClientRect();
  const around = icon.parentElement.getBoundingClientRect();
  if (box.width > 0 && around.width > 0 && (box.right > around.right + 1 || box.left < around.left - 1))
    cut.push('an icon in ' + icon.parentElement.textContent.trim().slice(0, 30));
}
return cut;
"#;

/// The form of the day's round.
fn form() -> String {
    format!("/forms/{FORM}/{}", demo_day().format("%Y-%m"))
}

/// A screen: its name, its address, and what is on it once it has been read.
pub type Screen = (&'static str, String, &'static str);

/// Where the screens that are about one thing find it.
pub struct About<'a> {
    /// A household.
    pub door: &'a str,
    /// A case with a photo.
    pub incident: &'a str,
    /// A task that is at no door.
    pub task: &'a str,
}

/// Ending a patrol, as it is seen while one runs.
pub fn patrol_finish(path: String) -> Vec<Screen> {
    let content = "[data-testid=patrol-finish-save]";
    vec![("patrol-finish", path, content)]
}

/// Every screen that a worker can open. Those that stand behind a row of a list are found there.
async fn addresses(glass: &Glass, about: &About<'_>) -> Outcome<Vec<Screen>> {
    let mut all = lists(about.door, about.incident);
    all.push((
        "task",
        format!("/today/{}", about.task),
        "[data-testid=task-done]",
    ));
    glass.go("/care").await?;
    glass.screen("care-plans").await?;
    glass.tap("care-which-all").await?;
    let care = behind(glass, "[data-testid=care-row-504]", "care").await?;
    all.push(("care", care, "[data-testid=care-consent]"));
    for (list, row, name, content) in [
        (
            "patrols",
            "[data-testid=patrol-row]",
            "patrol-summary",
            "[data-testid=patrol-summary-1]",
        ),
        (
            "places",
            "[data-testid^=place-row-]",
            "place",
            "[data-testid=place-visit-open]",
        ),
        (
            "handbook",
            "[data-testid=handbook-page]",
            "page",
            "[data-testid=screen-page] article",
        ),
    ] {
        glass.go(&format!("/{list}")).await?;
        glass.screen(list).await?;
        all.push((name, behind(glass, row, name).await?, content));
    }
    Ok(all)
}

/// The address behind that row.
async fn behind(glass: &Glass, row: &str, screen: &str) -> Outcome<String> {
    glass.tap_css(row).await?;
    glass.screen(screen).await?;
    let hash = glass.value("location.hash").await?;
    let path = hash.as_str().and_then(|hash| hash.strip_prefix('#'));
    Ok(path.ok_or("a screen without its address")?.to_owned())
}

fn lists(door: &str, incident: &str) -> Vec<Screen> {
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
        (
            "visit-report",
            "/visit-report".into(),
            "[data-testid=visit-report-confirmed]",
        ),
        ("places", "/places".into(), "[data-testid^=place-row-]"),
        (
            "new-door",
            "/doors/new".into(),
            "[data-testid=door-building]",
        ),
        (
            "voids",
            "/doors/void".into(),
            "[data-testid=screen-voids] main",
        ),
        ("app-lock", "/lock".into(), "[data-testid=lock-standing]"),
        (
            "people",
            "/people".into(),
            "[data-testid=screen-people] main",
        ),
        ("move", "/move".into(), "[data-testid=move-new]"),
        ("forms", "/forms".into(), "[data-testid^=form-row-]"),
        ("form", form(), "[data-testid^=form-door-]"),
        ("storage", "/storage".into(), "[data-testid=storage-total]"),
        ("map", "/map".into(), "[data-testid=map]"),
    ]
}

/// Opens each in windows of these sizes, with the smallest and the largest words.
pub async fn shows_each_at_every_look(
    glass: Glass,
    sizes: &[(u32, u32)],
    about: &About<'_>,
) -> Outcome<()> {
    let all = addresses(&glass, about).await?;
    shows(glass, sizes, &all).await.map(drop)
}

/// The same for some of them; takes a picture of each and looks for what sticks out. Gives the window back.
pub async fn shows(mut glass: Glass, sizes: &[(u32, u32)], screens: &[Screen]) -> Outcome<Glass> {
    let mut cut = Vec::new();
    for (width, height) in sizes {
        for scale in ["1.5", "1"] {
            glass.becomes(Look::of((*width, *height), scale)).await?;
            glass.wears(scale).await?;
            for (name, path, content) in screens {
                glass.go(path).await?;
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
    Ok(glass)
}
