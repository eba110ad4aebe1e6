//! The morning of the worker's day (`domain.md` §5.1) in the window: what the night brought at twenty past eight, and then, all
//! without a network, the brief, what a patrol finds, the doors, somebody in care, and what was announced.

use super::{
    centre::{CONSENT_DAYS, GRID},
    glass::Glass,
    photo::opens_a_report,
    shown,
};
use gridwalk_fixtures::{
    demo_day,
    forms::{ASKED, FORM},
    photos::{Variant, photo},
};
use gridwalk_proof::process::Outcome;
use std::path::Path;

/// 08:20: 新到 3 件，退回 2 件.
pub async fn hears_what_is_new(glass: &Glass) -> Outcome<()> {
    glass.go("/sync").await?;
    glass.screen("sync").await?;
    glass.tap("sync-now").await?;
    glass
        .holds("['新到 3 件', '退回 2 件'].every((w) => document.querySelector('[data-testid=sync-news]').textContent.includes(w))")
        .await?;
    glass.picture("news").await
}

/// 08:30 晨会.
pub async fn reads_the_brief(glass: &Glass) -> Outcome<()> {
    glass.go("/today").await?;
    glass.screen("today").await?;
    glass.tap("brief").await?;
    glass
        .holds("['逾期', '今天到期', '关爱', '退回'].every((word) => document.querySelector('.sheet').textContent.includes(word))")
        .await?;
    glass.picture("brief").await?;
    glass.tap_css(".sheet header button").await?;
    glass
        .holds("document.querySelector('.sheet').getClientRects().length === 0")
        .await
}

/// 08:45: a list with twelve columns, wanted by noon. One column is asked, eleven stand; who wants it and what for is said.
pub async fn fills_a_form(glass: &Glass) -> Outcome<()> {
    glass.screen("today").await?;
    glass.tap(&format!("form-row-{FORM}")).await?;
    glass.screen("form").await?;
    let progress = |done: u32| {
        format!(
            "document.querySelector('[data-testid=form-progress]').textContent.trim() === '{done}/16 户'"
        )
    };
    glass.holds(&progress(0)).await?;
    glass.picture("form").await?;
    glass.tap("form-next").await?;
    glass.screen("form-door").await?;
    let asked = glass
        .value("[...document.querySelectorAll('[data-testid^=form-asked-]')].map((e) => e.dataset.testid).join(' ')")
        .await?;
    assert_eq!(asked, format!("form-asked-{ASKED}"));
    glass
        .holds("document.querySelector('[data-testid=form-unchanged]').textContent.includes('11 项不变')")
        .await?;
    glass
        .holds("['民政办', '今天 12:00 前', '用途', '社会救助暂行办法'].every((w) => document.querySelector('[data-testid=form-notice]').textContent.includes(w))")
        .await?;
    glass.tap(&format!("form-{ASKED}-less")).await?;
    glass.picture("form-door").await?;
    glass.tap("form-save").await?;
    leaves_the_rest(glass, "form-door").await?;
    glass.screen("form").await?;
    glass.holds(&progress(1)).await?;
    glass
        .holds(
            "document.querySelectorAll('[data-testid^=form-door-][data-done=true]').length === 1",
        )
        .await
}

/// Something was done at a door; what else there is there may wait.
async fn leaves_the_rest(glass: &Glass, page: &str) -> Outcome<()> {
    let asks = "document.querySelector('[data-testid=visit-others-leave]')";
    glass
        .holds(&format!(
            "!document.querySelector('[data-testid=screen-{page}]') || {asks}"
        ))
        .await?;
    if glass.is(asks).await? {
        glass.tap("visit-others-leave").await?;
    }
    Ok(())
}

/// A finding of the patrol that runs.
pub async fn finds_something(glass: &Glass, category: &str, state: &str) -> Outcome<()> {
    glass.go("/patrol").await?;
    glass.screen("patrol").await?;
    glass.tap("patrol-finding").await?;
    glass.tap(&format!("finding-category-{category}")).await?;
    glass.tap(&format!("finding-state-{state}")).await?;
    glass.tap("finding-save").await?;
    glass
        .holds("![...document.querySelectorAll('.van-popup')].some((sheet) => sheet.getClientRects().length > 0)")
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
    glass.tap("report-category-F02001").await?;
    glass.tap("report-how-self_handle").await?;
    glass.give_file("report-after", &after).await?;
    glass.screen("incident").await?;
    glass
        .holds("document.querySelector('[data-testid=screen-incident]').textContent.includes('现场已处置')")
        .await?;
    glass.picture("incident-handled").await
}

/// 09:35: a cover broken, nothing written on it. A finding of the patrol, urgent, and 待确权 on its card. Answers with the case.
pub async fn reports_a_manhole(glass: &Glass, folder: &Path) -> Outcome<String> {
    let cone = folder.join("cone.jpg");
    std::fs::write(&cone, photo(Variant::Located))?;
    glass.go("/patrol").await?;
    glass.screen("patrol").await?;
    glass.tap("patrol-finding").await?;
    glass.tap("finding-category-P01003").await?;
    glass.tap("finding-save").await?;
    glass.screen("report").await?;
    glass.give_file("report-photo", &cone).await?;
    glass
        .holds("document.querySelector('[data-testid=report-photo-shown]').naturalWidth > 0")
        .await?;
    glass.tap("report-severity-2").await?;
    glass.tap("report-words").await?;
    glass
        .write(
            "note-text",
            "井盖断一角，先放了锥桶，盖上没字，不知道谁家的。",
        )
        .await?;
    glass.tap("note-done").await?;
    glass.tap("report-save").await?;
    glass.screen("patrol").await?;
    let case = newest_case(glass).await?;
    glass.go(&format!("/incidents/{case}")).await?;
    glass.screen("incident").await?;
    glass.tap("incident-more").await?;
    glass.tap("incident-set_ownership").await?;
    glass.tap("incident-ownership-unclear").await?;
    glass.picture("manhole-ownership").await?;
    glass.tap("incident-answer-save").await?;
    glass
        .holds("['待确权', '紧急'].every((w) => document.querySelector('[data-testid=screen-incident]').innerText.includes(w))")
        .await?;
    glass
        .holds(
            "document.querySelector('[data-testid=incident-facts]').innerText.includes('待确权')",
        )
        .await?;
    glass.picture("manhole").await?;
    Ok(case)
}

/// The case that this phone reported last today: the highest of the day's own numbers.
pub async fn newest_case(glass: &Glass) -> Outcome<String> {
    glass.go("/incidents").await?;
    glass.screen("incidents").await?;
    let prefix = format!("incident-row-{GRID}-{}-", demo_day().format("%m%d"));
    let rows = format!("[...document.querySelectorAll('[data-testid^=\"{prefix}\"]')]");
    glass.holds(&format!("{rows}.length > 0")).await?;
    let case = glass
        .value(&format!(
            "{rows}.sort((a, b) => a.dataset.testid.localeCompare(b.dataset.testid)).at(-1).dataset.incident"
        ))
        .await?;
    Ok(case.as_str().ok_or("a row without its case")?.to_owned())
}

/// 10:20 to 11:40: nobody at home, and somebody who does not want it. Answers with the door where nobody was.
pub async fn knocks(glass: &Glass) -> Outcome<String> {
    let mut away = String::new();
    for (kind, outcome) in [("revisit", "not_home"), ("visit", "refused")] {
        let door = opens_a_visit(glass, kind).await?;
        glass.tap(&format!("visit-outcome-{outcome}")).await?;
        glass.tap("visit-save").await?;
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
        } else {
            away = door;
        }
    }
    Ok(away)
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

/// 10:55 冯奶奶: what she agreed to ends soon, which the list says before anybody goes there. At her door she is asked again,
/// before a witness of this day; then seen, all as usual.
pub async fn looks_after_somebody(glass: &Glass) -> Outcome<()> {
    let left = format!("同意还剩 {CONSENT_DAYS} 天");
    let consent = "document.querySelector('[data-testid=care-consent]')";
    glass.go("/today").await?;
    glass.screen("today").await?;
    glass
        .holds(&format!(
            "document.querySelector('[data-testid=care-row-504]').innerText.includes('{left}')"
        ))
        .await?;
    glass.tap("care-row-504").await?;
    glass.screen("care").await?;
    glass
        .holds(&format!(
            "{consent}.dataset.ending === 'true' && {consent}.innerText.includes('{left}')"
        ))
        .await?;
    glass.picture("consent-ending").await?;
    glass.tap("care-consent-give").await?;
    // what she agreed to stands there as before; who was there is said of this time
    glass
        .holds("document.querySelectorAll('[data-testid^=care-scope-][aria-pressed=true]').length === 4")
        .await?;
    glass
        .holds("document.querySelector('[data-testid=care-witness]').value === ''")
        .await?;
    glass.tap("care-consent-save").await?;
    glass
        .holds("document.querySelector('[data-testid=care-lacks]').textContent.includes('见证')")
        .await?;
    glass.write("care-witness", "楼长老吕").await?;
    let year: i32 = demo_day().format("%Y").to_string().parse()?;
    let until = format!("{}-{}", year + 1, demo_day().format("%m-%d"));
    glass.tap(&format!("care-until-{until}")).await?;
    glass.picture("consent-renewal").await?;
    glass.tap("care-consent-save").await?;
    let day = format!(
        "{}月{}日",
        demo_day().format("%-m"),
        demo_day().format("%-d")
    );
    glass
        .holds(&format!(
            "{consent}.dataset.ending === 'false' && ['{day}', '楼长老吕'].every((w) => {consent}.innerText.includes(w))"
        ))
        .await?;
    glass
        .holds("![...document.querySelectorAll('.van-popup')].some((sheet) => sheet.getClientRects().length > 0)")
        .await?;
    glass.picture("consent-renewed").await?;
    glass.tap("care-usual").await?;
    leaves_the_rest(glass, "care").await?;
    glass.screen("today").await?;
    glass
        .holds("!document.querySelector('[data-testid=care-row-504]')")
        .await
}

/// Her pension has to be certified: 代办, which needs words and no photo.
pub async fn takes_an_errand(glass: &Glass) -> Outcome<()> {
    glass.go("/report?category=E06001").await?;
    glass.screen("report").await?;
    glass
        .holds(
            "document.querySelector('[data-testid=\"report-category-E06001\"][aria-pressed=true]')",
        )
        .await?;
    glass.tap("report-words").await?;
    glass
        .write("note-text", "代办养老金资格认证，证件不拍")
        .await?;
    glass.tap("note-done").await?;
    glass
        .holds("![...document.querySelectorAll('.van-popup')].some((sheet) => sheet.getClientRects().length > 0)")
        .await?;
    glass.tap("report-save").await?;
    glass.screen("incident").await?;
    glass
        .holds("document.querySelector('[data-testid=screen-incident]').innerText.includes('代办')")
        .await
}

/// 11:40: read once, one receipt.
pub async fn reads_an_announcement(glass: &Glass) -> Outcome<()> {
    glass.go("/announcements").await?;
    glass.screen("announcements").await?;
    glass.tap("announcement-read").await?;
    glass
        .holds("document.querySelectorAll('[data-testid=announcement] [data-receipt=local]').length === 1")
        .await?;
    glass.picture("announcement-read").await
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
