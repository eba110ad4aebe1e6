//! A care plan between real phones and a real centre: whoever reads its class gets it, what is done without a network
//! arrives, and a helper of the same grid does not learn that it exists.

use gridwalk::{
    Phone,
    ports::Ports,
    view::{CareInput, CareStart, Receipt},
};
use gridwalk_core::{
    care::{CareLevel, CareType, ConsentStanding},
    error::Code,
};
use gridwalk_fixtures::{SEED, street};
use gridwalk_proof::{corner, process::Outcome};
use gridwalk_server::{Config, seed::fill, serve, state::AppState};
use std::time::Duration;

const GRID: &str = "梧桐-03";
/// Merging runs away from any request.
const PUBLISHED: Duration = Duration::from_secs(60);
const WORDS: &str = "助餐卡月底到期，要代去续";

fn due(phone: &Phone) -> Outcome<Vec<String>> {
    let due = phone.today()?.care;
    let rooms = due.into_iter().filter_map(|row| Some(row.household?.room));
    let mut rooms: Vec<String> = rooms.collect();
    rooms.sort();
    Ok(rooms)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_care_plan_is_read_by_those_who_may_and_what_is_done_for_somebody_arrives() -> Outcome<()>
{
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir()?;
    let config = Config::new(folder.path().join("centre"));
    let now = {
        let state = AppState::open(config.clone())?;
        let now = state.now();
        let (street, past) = corner::stairs(now)?;
        tokio::task::block_in_place(|| fill(&state, &street, &past))?;
        now
    };
    let street = street(SEED, now.local_date());
    let server = serve(config).await?;
    let lin = corner::enrolled(&server, folder.path(), "lin-xiao").await?;
    assert_eq!(due(&lin)?, ["101", "502", "504"], "as in the morning brief");

    let plans = lin.care_plans()?;
    let room = |room: &str| {
        let mut plans = plans.iter();
        plans.find(|row| row.household.as_ref().is_some_and(|door| door.room == room))
    };
    let feng = room("504").ok_or("nobody cares for 504")?;
    let taken_back = room("404").ok_or("no plan of 404")?;
    assert_eq!(taken_back.standing, ConsentStanding::Withdrawn);
    let says = |phone: &Phone| -> Outcome<bool> {
        let detail = phone.care_plan(feng.id)?;
        Ok(serde_json::to_string(&detail)?.contains(WORDS))
    };
    assert!(!says(&lin)?);
    let reason = "上门前看看".to_owned();
    lin.act_on_care(feng.id, CareInput::Open { reason })?;
    assert!(says(&lin)?);
    let mut support = lin.begin_support(feng.id)?;
    support.note = Some("陪着去续了助餐卡".into());
    support.emergency = true; // whatever the hour of this test
    lin.save_support(feng.id, support.clone())?;
    // the process ends before anything left it
    drop(lin);
    let dir = folder.path().join("lin-xiao");
    let lin = Phone::open(&dir, Ports::of_this_machine(&dir))?;
    assert_eq!(due(&lin)?, ["101", "502"]);
    let kept = lin.care_plan(feng.id)?;
    assert_eq!(
        kept.support_receipts[&support.id.to_string()],
        Receipt::Local
    );
    lin.sync_once().await?;
    assert_eq!(lin.care_plan(feng.id)?.receipt, Receipt::Centre);

    let lead = corner::enrolled(&server, folder.path(), "ge-shuangjiang").await?;
    // acknowledged is durable; published is a moment later
    let published = async {
        loop {
            let read = lead.care_plan(feng.id)?;
            if read
                .view
                .support
                .iter()
                .any(|done| done.support.id == support.id)
            {
                return Outcome::Ok(read);
            }
            lead.sync_once().await?;
        }
    };
    let read = tokio::time::timeout(PUBLISHED, published).await??;
    assert!(!says(&lead)?, "somebody else's reason opens nothing");
    let opened: Vec<_> = read.view.opens.iter().map(|open| &open.reason).collect();
    assert_eq!(opened, ["上门前看看"]);

    let grid = street.grid(GRID).ok_or("no such grid")?.id;
    let helper = street
        .people
        .iter()
        .find(|person| person.role == "helper" && person.grids.contains(&grid))
        .ok_or("no helper")?;
    let helper = corner::enrolled(&server, folder.path(), &helper.login).await?;
    assert_eq!(
        helper.households(String::new())?.len(),
        24,
        "the same doors"
    );
    assert!(helper.care_plans()?.is_empty() && helper.today()?.care.is_empty());
    let door = feng.household_id;
    assert!(helper.household(door)?.care.is_empty());
    let begin = CareStart {
        household: door,
        person: None,
        types: vec![CareType::LivingAlone],
        level: CareLevel::Third,
    };
    let refused = helper
        .begin_care(begin)
        .expect_err("a helper has no care plans");
    assert_eq!(refused.code, Code::WrongRole);
    Ok(())
}
