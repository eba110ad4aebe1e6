//! From noon to the evening (`domain.md` §5.1) in the window: the battery, a network that fails twice, a question of the desk, a
//! quarrel, a shop, calls to whoever was not at home, the log, and the hour from which nobody knocks.

use super::{
    centre::{Centre, GRID, HOTLINE},
    glass::{Glass, PATIENCE, battery_of, named},
    line::Line,
    shown,
};
use gridwalk_core::ids::IncidentId;
use gridwalk_fixtures::{
    demo_day,
    photos::{Variant, photo},
};
use gridwalk_proof::{holdings::Names, process::Outcome};
use std::{collections::BTreeMap, path::Path};

/// So many bytes at a time pass to the centre, until the page says that a photo moves: less than a piece of one.
const STEP: u64 = 48 * 1024;
/// And so many more, before the network fails the second time.
const A_LITTLE: u64 = 40_000;

/// 12:00: at 34 % it saves by itself, at 19 % it says so, on a cable it stops.
pub async fn runs_down(glass: &Glass, phone: &Path) -> Outcome<()> {
    let battery = |level: u8, charging: bool| {
        let said = format!(r#"{{"level":{level},"charging":{charging}}}"#);
        std::fs::write(battery_of(phone), said)
    };
    battery(34, false)?;
    let me = |test: &str| {
        format!(
            "(() => {{ const me = document.querySelector('[data-testid=screen-me]').innerText; return {test} }})()"
        )
    };
    anew(glass, "me").await?;
    glass
        .holds("document.querySelector('[data-testid=me-saving]').textContent.includes('每 30 秒')")
        .await?;
    glass.holds(&me("me.includes('还剩 34%')")).await?;
    glass.tap("me-save-power").await?;
    glass
        .holds("!document.querySelector('[data-testid=me-saving]')")
        .await?;
    glass.tap("me-save-power").await?;
    glass
        .holds("document.querySelector('[data-testid=me-saving]')")
        .await?;
    glass.picture("battery-34").await?;
    battery(19, false)?;
    anew(glass, "today").await?;
    glass
        .holds("document.querySelector('[data-testid=today-power]').textContent.includes('19%')")
        .await?;
    glass.picture("battery-19").await?;
    battery(41, true)?;
    anew(glass, "me").await?;
    glass.holds(&me("me.includes('充电中，41%')")).await?;
    glass
        .holds("!document.querySelector('[data-testid=me-saving]')")
        .await
}

/// 13:30: twice the network goes in the middle of a photo. What is most urgent moves first, and goes on where it was.
pub async fn uploads_after_two_failures(
    glass: &Glass,
    centre: &mut Centre,
    line: &Line,
    manhole: &str,
) -> Outcome<()> {
    let photo = format!(
        "document.querySelector('[data-testid=sync-item][data-kind=photo]:has(a[href$=\"/incidents/{manhole}\"])')"
    );
    let moves = format!("{photo}.querySelector('[role=progressbar]').ariaValueNow > 0");
    let others = "[...document.querySelectorAll('[data-testid=sync-item][data-kind=photo][data-receipt-of=local]')].filter((i) => i.querySelector('[role=progressbar]')).length";
    anew(glass, "sync").await?;
    glass.holds(&photo).await?;
    line.stops_after(STEP);
    centre.open()?;
    glass.tap("sync-now").await?;
    let moved = async {
        loop {
            line.spent().await?;
            anew(glass, "sync").await?;
            if glass.is(&moves).await? {
                return Outcome::Ok(());
            }
            line.stops_after(STEP);
        }
    };
    tokio::time::timeout(PATIENCE, moved).await??;
    assert_eq!(glass.value(others).await?, 1, "something less urgent moves");
    glass.picture("upload-first-failure").await?;
    for failure in ["first", "second"] {
        centre.close();
        line.flows();
        glass.tap("sync-now").await?;
        glass
            .holds("document.querySelector('[data-testid=sync-network]').textContent.includes('联系不上')")
            .await?;
        anew(glass, "sync").await?;
        glass.holds(&moves).await?;
        if failure == "first" {
            line.stops_after(A_LITTLE);
            centre.open()?;
            glass.tap("sync-now").await?;
            line.spent().await?;
        }
    }
    glass.picture("upload-second-failure").await?;
    centre.open()?;
    glass.tap("sync-now").await?;
    glass
        .holds("document.querySelector('[data-testid=sync-headline]').textContent.includes('都已到中心')")
        .await?;
    glass
        .holds(&format!("{photo}.querySelector('[data-receipt=centre]')"))
        .await
}

/// 14:00: 核实. It stands in 今日 with the question; seen, photographed, and it is so.
pub async fn verifies(glass: &Glass, folder: &Path, case: IncidentId) -> Outcome<()> {
    let there = folder.join("water.jpg");
    std::fs::write(&there, photo(Variant::Blurred))?;
    anew(glass, "sync").await?;
    glass.tap("sync-now").await?;
    anew(glass, "today").await?;
    let row = "[...document.querySelectorAll('[data-testid^=\"task-\"][data-kind=verify]')].find((row) => row.textContent.includes('水有多深'))";
    glass.holds(row).await?;
    glass.picture("verify-asked").await?;
    let id = glass.value(&format!("{row}.dataset.testid")).await?;
    glass
        .tap(id.as_str().ok_or("a row without a name")?)
        .await?;
    glass.screen("incident").await?;
    glass
        .holds(&format!(
            "location.hash.endsWith('{case}') && document.querySelector('[data-testid=screen-incident]').innerText.includes('{HOTLINE}')"
        ))
        .await?;
    glass.tap("incident-verify_result").await?;
    glass.give_file("incident-check-photo", &there).await?;
    glass
        .holds("document.querySelector('[data-testid=incident-check-photo]').closest('label').innerText.includes('1')")
        .await?;
    glass.tap("incident-answer-yes").await?;
    glass
        .write("incident-words", "十公分深，雨水井堵了，行人绕得过")
        .await?;
    glass.picture("verify-answer").await?;
    glass.tap("incident-answer-save").await?;
    glass
        .holds("document.querySelector('[data-testid=screen-incident]').innerText.includes('十公分深') && !document.querySelector('[data-testid=incident-verify_result]')")
        .await?;
    glass.picture("verified").await?;
    anew(glass, "today").await?;
    glass.holds(&format!("!{row}")).await?;
    anew(glass, "sync").await?;
    glass
        .holds("document.querySelector('[data-testid=sync-headline]').textContent.includes('都已到中心')")
        .await
}

/// 14:30: water through a ceiling. 首诊, and Friday.
pub async fn listens_to_a_quarrel(glass: &Glass) -> Outcome<()> {
    glass.go("/report?category=D00002").await?;
    glass.screen("report").await?;
    glass
        .holds(
            "document.querySelector('[data-testid=\"report-category-D00002\"][aria-pressed=true]')",
        )
        .await?;
    glass.tap("report-no-photo").await?;
    glass
        .write("note-text", "楼上漏水两家吵起来，先劝开，不拍人")
        .await?;
    glass.tap("note-done").await?;
    nothing_lies_over(glass).await?;
    glass.tap("report-save").await?;
    glass.screen("incident").await?;
    glass.tap("incident-more").await?;
    glass.tap("incident-record_dispute").await?;
    glass.tap("incident-stage-arisen").await?;
    glass.tap("incident-parties-2").await?;
    let mut days = std::iter::successors(Some(demo_day()), |day| day.succ_opt());
    let friday = days.nth(4).ok_or("no such Friday")?;
    glass
        .holds(&format!(
            "document.querySelector('{}').innerText.includes('周五')",
            named(&format!("incident-follow-up-{friday}"))
        ))
        .await?;
    glass.tap(&format!("incident-follow-up-{friday}")).await?;
    glass.picture("quarrel").await?;
    glass.tap("incident-answer-save").await?;
    let day = format!("{}月{}日", friday.format("%-m"), friday.format("%-d"));
    glass
        .holds(&format!(
            "['首诊', '已发生', '{day}'].every((w) => document.querySelector('[data-testid=incident-facts]').innerText.includes(w))"
        ))
        .await?;
    glass.picture("quarrel-recorded").await
}

/// 15:20: a shop's checklist in one tap, the one thing that is not right changed, a leaflet left there.
pub async fn checks_a_shop(glass: &Glass) -> Outcome<()> {
    glass.go("/places").await?;
    glass.screen("places").await?;
    glass.picture("places").await?;
    glass.tap_css("[data-testid^=place-row-]").await?;
    glass.screen("place").await?;
    glass.tap("place-visit-open").await?;
    glass.screen("place-visit").await?;
    glass.tap("place-all-pass").await?;
    glass.tap("place-item-2-fail").await?;
    glass.tap_css("[data-testid^=place-leaflet-]").await?;
    glass.picture("place-visit").await?;
    glass.tap("place-visit-save").await?;
    glass.screen("place").await?;
    glass.holds(&shown("place-visit-item", "local")).await?;
    glass.picture("place").await
}

/// 16:00: whoever was not at home answers the telephone. That is a call and no meeting.
pub async fn calls(glass: &Glass, door: &str) -> Outcome<()> {
    glass.go(&format!("/households/{door}/visit")).await?;
    glass.screen("visit").await?;
    glass.tap("visit-outcome-phoned").await?;
    glass.tap("visit-no-change").await?;
    glass
        .holds("!document.querySelector('[data-testid=screen-visit]') || document.querySelector('[data-testid=visit-others-leave]')")
        .await?;
    glass.go(&format!("/households/{door}")).await?;
    glass.screen("household").await?;
    glass.holds(&shown("visit-item", "local")).await?;
    glass
        .holds("document.querySelectorAll('[data-testid=visit-item]')[0].querySelector('b').innerText === '电话联系'")
        .await?;
    glass.picture("called").await
}

/// 16:30: every visit of this day is a row of the centre's sheet, with its outcome and its time, and nobody writes it there.
pub fn nobody_types_a_visit_again(sheet: &[BTreeMap<String, String>], recorded: &Names) {
    let mut rows: Vec<_> = sheet
        .iter()
        .filter(|row| recorded.contains(&row["visit_id"]))
        .collect();
    rows.sort_by(|a, b| a["started_at"].cmp(&b["started_at"]));
    let ids: Names = rows.iter().map(|row| row["visit_id"].clone()).collect();
    assert_eq!((&ids, rows.len()), (recorded, recorded.len()));
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let (day, time) = row["started_at"].split_once(' ').unwrap_or_default();
            assert_eq!((day, &*row["grid"]), (&*demo_day().to_string(), GRID));
            assert!(!row["worker"].is_empty() && !row["door"].trim().is_empty());
            (time.get(..2).unwrap_or_default(), &*row["outcome"])
        })
        .collect();
    let expected = [
        ("10", "met"),
        ("10", "not_home"),
        ("10", "refused"),
        ("16", "phoned"),
    ];
    assert_eq!(told, expected);
}

/// 17:10: the log has written itself; one line is added, and the worker stands by it.
pub async fn confirms_the_log(glass: &Glass) -> Outcome<()> {
    anew(glass, "today").await?;
    glass.tap("today-log").await?;
    glass.screen("log").await?;
    let field = format!("document.querySelector('{}')", named("log-text"));
    glass
        .holds(&format!(
            "['巡查', '现场', '电话联系 1', '未遇 1', '拒访 1', '见人 1'].every((word) => {field}.value.includes(word))"
        ))
        .await?;
    glass.picture("log").await?;
    glass
        .client
        .execute(
            &format!("{field}.focus(); {field}.setSelectionRange({field}.value.length, {field}.value.length)"),
            vec![],
        )
        .await?;
    let line = "明早带电筒再看地库。";
    glass.types("log-text", &format!("\n{line}")).await?;
    glass
        .holds(&format!("{field}.value.endsWith('{line}')"))
        .await?;
    glass.tap("log-confirm").await?;
    glass
        .holds("document.querySelector('[data-testid=log-confirmed] [data-receipt=local]')")
        .await?;
    glass.picture("log-confirmed").await
}

/// After the log: what the week comes to is counted already, one sentence is added, and the worker stands by that too.
pub async fn confirms_the_report(glass: &Glass) -> Outcome<()> {
    glass.go("/visit-report").await?;
    glass.screen("visit-report").await?;
    let figures = "[...document.querySelectorAll('[data-testid=visit-report-figures] dd')].map((figure) => figure.textContent)";
    // 到过的户, 见到的户, 走访次数, 走访天数
    glass
        .holds(&format!(
            "JSON.stringify({figures}) === JSON.stringify(['3', '2', '4', '1'])"
        ))
        .await?;
    glass
        .holds("document.querySelector('[data-testid=visit-report-places]').textContent.includes('1 家')")
        .await?;
    let line = "下周再去地库。";
    glass.types("visit-report-narrative", line).await?;
    glass
        .holds(&format!(
            "document.querySelector('{}').value.includes('{line}')",
            named("visit-report-narrative")
        ))
        .await?;
    glass.picture("visit-report").await?;
    glass.tap("visit-report-confirm").await?;
    glass
        .holds(
            "document.querySelector('[data-testid=visit-report-confirmed] [data-receipt=local]')",
        )
        .await?;
    glass.picture("visit-report-confirmed").await
}

/// 19:30: tenants come home now.
pub async fn may_still_knock(glass: &Glass, door: &str) -> Outcome<()> {
    glass.go(&format!("/households/{door}/visit")).await?;
    glass.screen("visit").await?;
    glass
        .holds("document.querySelector('[data-testid=visit-no-change]') && !document.querySelector('[data-code=QUIET_HOURS]')")
        .await
}

/// 20:31, at a door where nothing was begun: said before the knock, and refused after it.
pub async fn knocks_no_more(glass: &Glass, known: &[&str]) -> Outcome<()> {
    anew(glass, "households").await?;
    let known = serde_json::to_string(known)?;
    let other = format!(
        "[...document.querySelectorAll('[data-testid^=household-row-]')].map((row) => row.dataset.household).find((id) => !{known}.includes(id))"
    );
    glass.holds(&other).await?;
    let door = glass.value(&other).await?;
    let door = door.as_str().ok_or("a row without its door")?;
    let quiet =
        "document.querySelectorAll('[data-testid=screen-visit] [data-code=QUIET_HOURS]').length";
    glass.go(&format!("/households/{door}/visit")).await?;
    glass.screen("visit").await?;
    glass.holds(&format!("{quiet} === 1")).await?;
    glass.picture("quiet-hours").await?;
    glass.tap("visit-outcome-not_home").await?;
    glass.tap("visit-save").await?;
    glass.holds(&format!("{quiet} === 2")).await
}

/// The screen as it is read now, wherever one was before.
async fn anew(glass: &Glass, name: &str) -> Outcome<()> {
    glass.go("/handbook").await?;
    glass.screen("handbook").await?;
    glass.go(&format!("/{name}")).await?;
    glass.screen(name).await
}

async fn nothing_lies_over(glass: &Glass) -> Outcome<()> {
    glass
        .holds("![...document.querySelectorAll('.van-popup')].some((sheet) => sheet.getClientRects().length > 0)")
        .await
}
