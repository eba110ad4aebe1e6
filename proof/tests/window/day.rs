//! The rest of the worker's day (`domain.md` §5.1) in the window, all of it without a network: the brief at half past eight,
//! a hazard put right on the spot, the doors, somebody in care, what was announced, what has to wait, and the log at ten
//! past five. What of it is due at the centre arrives with everything else when the network is back.

use super::{
    glass::{Glass, named},
    photo::opens_a_report,
    shown,
};
use gridwalk_fixtures::photos::{Variant, photo};
use gridwalk_proof::process::Outcome;
use std::path::Path;

/// 08:30 晨会.
pub async fn reads_the_brief(glass: &Glass) -> Outcome<()> {
    glass.go("/today").await?;
    glass.screen("today").await?;
    glass.tap("brief").await?;
    glass
        .holds("['逾期', '今天到期', '关爱'].every((word) => document.querySelector('.sheet').textContent.includes(word))")
        .await?;
    glass.picture("brief").await?;
    glass.tap_css(".sheet header button").await?;
    glass
        .holds("document.querySelector('.sheet').getClientRects().length === 0")
        .await
}

/// 09:12 in a stairwell: photo, persuaded, photo of afterwards.
pub async fn puts_a_hazard_right(glass: &Glass, folder: &Path) -> Outcome<()> {
    let (before, after) = (folder.join("before.jpg"), folder.join("after.jpg"));
    std::fs::write(&before, photo(Variant::Small))?;
    std::fs::write(&after, photo(Variant::Portrait))?;
    opens_a_report(glass).await?;
    glass.give_file("report-photo", &before).await?;
    glass
        .holds("document.querySelector('[data-testid=report-photo-shown]').naturalWidth > 0")
        .await?;
    glass.tap("report-category-F01001").await?;
    glass.tap("report-how-self_handle").await?;
    glass.give_file("report-after", &after).await?;
    glass.screen("incident").await?;
    glass
        .holds("document.querySelector('[data-testid=screen-incident]').textContent.includes('现场已处置')")
        .await?;
    glass.picture("incident-handled").await
}

/// 10:20 to 16:00: nobody at home, somebody who does not want it, somebody on the phone.
pub async fn knocks(glass: &Glass) -> Outcome<()> {
    for (kind, outcome, save) in [
        ("revisit", "not_home", "visit-save"),
        ("visit", "refused", "visit-save"),
        ("care", "phoned", "visit-no-change"),
    ] {
        let door = opens_a_visit(glass, kind).await?;
        glass.tap(&format!("visit-outcome-{outcome}")).await?;
        glass.tap(save).await?;
        glass
            .holds("!document.querySelector('[data-testid=screen-visit]') || document.querySelector('[data-testid=visit-others-leave]')")
            .await?;
        glass.go(&format!("/households/{door}")).await?;
        glass.screen("household").await?;
        glass.holds(&shown("visit-item", "local")).await?;
        if outcome == "refused" {
            glass
                .holds("document.querySelector('[data-testid=screen-household]').textContent.includes('不愿入户')")
                .await?;
        }
    }
    Ok(())
}

/// A visit that has to wait, with its reason.
pub async fn puts_a_visit_off(glass: &Glass) -> Outcome<()> {
    opens_a_visit(glass, "visit").await?;
    glass.tap("later-open").await?;
    glass.tap("later-reason-agreed").await?;
    glass.picture("later").await?;
    glass.tap("later-save").await?;
    glass.screen("today").await?;
    glass
        .holds("/已推迟.1.次.*约了改天/.test(document.querySelector('[data-testid=today-later]').textContent)")
        .await
}

/// 10:55 冯奶奶, seen, all as usual.
pub async fn looks_after_somebody(glass: &Glass) -> Outcome<()> {
    glass.go("/today").await?;
    glass.screen("today").await?;
    glass.tap("care-row-504").await?;
    glass.screen("care").await?;
    glass.tap("care-usual").await?;
    glass.screen("today").await?;
    glass
        .holds("!document.querySelector('[data-testid=care-row-504]')")
        .await
}

/// 11:40 what was announced, read once; 17:10 the log, which has written itself.
pub async fn reads_and_confirms(glass: &Glass) -> Outcome<()> {
    glass.go("/announcements").await?;
    glass.screen("announcements").await?;
    glass.tap("announcement-read").await?;
    glass
        .holds("document.querySelector('[data-testid=announcement] [data-receipt=local]')")
        .await?;
    glass.go("/log").await?;
    glass.screen("log").await?;
    let text = format!("document.querySelector('{}').value", named("log-text"));
    glass
        .holds(&format!(
            "['走访', '巡查', '现场'].every((word) => {text}.includes(word))"
        ))
        .await?;
    glass.tap("log-confirm").await?;
    glass
        .holds("document.querySelector('[data-testid=log-confirmed] [data-receipt=local]')")
        .await?;
    glass.picture("log-confirmed").await
}

/// The first row of that kind that is not done yet; answers with its door.
async fn opens_a_visit(glass: &Glass, kind: &str) -> Outcome<String> {
    glass.go("/today").await?;
    glass.screen("today").await?;
    glass
        .tap_css(&format!(
            "[data-testid^='task-'][data-kind={kind}]:not(.done)"
        ))
        .await?;
    glass.screen("visit").await?;
    let path = glass.value("location.hash").await?;
    let door = path.as_str().and_then(|path| path.split('/').nth(2));
    Ok(door.ok_or("the visit is at no household")?.to_owned())
}
