//! 关爱 on 林晓's phone: what she does without a network is there after every end of the process, arrives in the class of
//! care plans only, and nobody reads a word of it without leaving a reason.

mod centre;
mod handed;

use centre::{CARE, GU_YUANSHAN, NINE, Weather, World, author, door, everything_in};
use gridwalk::{
    Phone,
    view::{CareDetail, CareInput, CareStart, Receipt, SyncItemKind},
};
use gridwalk_core::{
    care::{
        self, CareDueWhy, CareEdit, CareLevel, CareType, CarerRole, ConsentHow, ConsentScope,
        ConsentStanding, NeedKind, NeedState, SupportKind,
    },
    document::Document,
    error::Code,
    ids::CarePlanId,
    sync::message::{AccessClass, DocumentKind},
    work_log::LogLine,
};
use uuid::Uuid;

const DAY_MS: i64 = 86_400_000;
const WORDS: &str = "助餐卡月底到期";

fn begun(phone: &Phone) -> CarePlanId {
    let start = CareStart {
        household: door(1),
        person: None,
        types: vec![CareType::LivingAlone],
        level: CareLevel::First,
    };
    phone.begin_care(start).unwrap().row.id
}

fn agree(phone: &Phone, plan: CarePlanId) -> CareDetail {
    let consent = CareInput::GiveConsent {
        scope: vec![ConsentScope::Visits, ConsentScope::Help],
        how: ConsentHow::Spoken,
        witness: "隔壁吕奶奶".into(),
        expires: NINE.local_date() + chrono::Days::new(90),
    };
    phone.act_on_care(plan, consent).unwrap()
}

/// A plan to which somebody agreed, with one need.
fn cared_for(phone: &Phone) -> CarePlanId {
    let plan = begun(phone);
    agree(phone, plan);
    let need = CareInput::AddNeed {
        kind: NeedKind::Errand,
        detail: WORDS.into(),
    };
    phone.act_on_care(plan, need).unwrap();
    plan
}

fn open(phone: &Phone, plan: CarePlanId) -> CareDetail {
    let reason = "上门前看看".into();
    phone.act_on_care(plan, CareInput::Open { reason }).unwrap()
}

fn says_words(detail: &CareDetail) -> bool {
    serde_json::to_string(detail).unwrap().contains(WORDS)
}

fn refused<T>(answer: gridwalk::Answer<T>) -> Option<Code> {
    answer.err().map(|failure| failure.code)
}

fn later(world: &World, ms: i64) {
    let mut now = world.watch.0.lock().unwrap();
    *now = now.plus_ms(ms);
}

/// 顾远山, who reads the class too, does something to what the centre holds.
fn elsewhere(world: &World, plan: CarePlanId, minute: i64, edit: &CareEdit) -> Vec<u8> {
    let held = world.centre.care_changes(plan.into());
    let document = Document::from_changes(plan.into(), DocumentKind::CARE_PLAN, held).unwrap();
    let hand = Uuid::from_u128(0x900 + u128::try_from(minute).unwrap());
    let author = author(GU_YUANSHAN, hand, NINE.plus_ms(minute * 60_000));
    let edited = care::apply(document, edit, &author).unwrap();
    edited.change.bytes
}

#[tokio::test]
async fn a_care_record_survives_the_end_of_the_process_and_arrives_in_its_own_class() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    let plan = begun(&phone);
    assert_eq!(begun(&phone), plan, "the same person has one plan");
    assert_eq!(
        refused(phone.act_on_care(
            plan,
            CareInput::AddNeed {
                kind: NeedKind::Meals,
                detail: WORDS.into()
            }
        )),
        Some(Code::ConsentMissing)
    );
    agree(&phone, plan);
    let mut support = phone.begin_support(plan).unwrap();
    support.note = Some(WORDS.into());
    phone.save_support(plan, support.clone()).unwrap();
    drop(phone);

    let phone = world.open();
    let again = phone.save_support(plan, support.clone()).unwrap();
    assert_eq!(again.view.support.len(), 1, "saving twice is one record");
    assert!(
        !again.view.support[0].support.as_usual,
        "something was said"
    );
    let receipt = &again.support_receipts[&support.id.to_string()];
    assert_eq!(*receipt, Receipt::Local);
    let page = phone.sync_page().unwrap();
    let kinds: Vec<_> = page.items.iter().map(|item| item.kind).collect();
    assert_eq!(kinds, [SyncItemKind::Care; 3]);
    assert!(!serde_json::to_string(&page).unwrap().contains(WORDS));
    let log = phone.work_log().unwrap().lines;
    assert!(
        matches!(&log[..], [LogLine::Care { people: 1, .. }]),
        "that somebody was cared for, and not who: {log:?}"
    );

    world.centre.weather(Weather::Fine);
    phone.sync_once().await.unwrap();
    let there = phone.care_plan(plan).unwrap();
    assert_eq!(there.receipt, Receipt::Centre);
    assert_eq!(world.centre.care_changes(plan.into()).len(), 3);
    assert!(world.centre.changes(plan.into()).is_empty());
    for upload in &world.centre.state().uploads {
        for group in upload {
            let cared_for = group.kind == DocumentKind::CARE_PLAN;
            assert_eq!(cared_for, group.partition.class == AccessClass::CARE);
            assert!(!cared_for || group.partition == CARE);
        }
    }
}

#[tokio::test]
async fn nobody_reads_a_word_without_leaving_a_reason_and_not_for_long() {
    let world = World::new();
    let phone = world.enrolled().await;
    let plan = cared_for(&phone);
    let closed = phone.care_plan(plan).unwrap();
    assert!(closed.has_words && closed.open_until.is_none());
    assert!(!says_words(&closed));
    let nothing = CareInput::Open { reason: " ".into() };
    assert_eq!(
        refused(phone.act_on_care(plan, nothing)),
        Some(Code::MissingReason)
    );
    for list in [
        serde_json::to_string(&phone.care_plans().unwrap()).unwrap(),
        serde_json::to_string(&phone.today().unwrap()).unwrap(),
        serde_json::to_string(&phone.household(door(1)).unwrap()).unwrap(),
        serde_json::to_string(&phone.households(String::new()).unwrap()).unwrap(),
    ] {
        assert!(!list.contains(WORDS), "{list}");
        assert!(!list.contains("living_alone"), "{list}");
    }
    assert!(says_words(&open(&phone, plan)));
    later(&world, 14 * 60_000);
    assert!(says_words(&phone.care_plan(plan).unwrap()));
    later(&world, 60_000);
    assert!(!says_words(&phone.care_plan(plan).unwrap()));
    // a clock that is set back opens nothing
    later(&world, -3 * DAY_MS);
    assert!(!says_words(&phone.care_plan(plan).unwrap()));

    phone.sync_once().await.unwrap();
    let held = world.centre.care_changes(plan.into());
    let document = Document::from_changes(plan.into(), DocumentKind::CARE_PLAN, held).unwrap();
    let opens = care::view(&document).opens;
    assert_eq!(opens.len(), 1);
    assert_eq!(opens[0].reason, "上门前看看", "it travels");
    assert_eq!(opens[0].by, centre::LIN_XIAO);
}

#[tokio::test]
async fn the_file_of_what_has_not_arrived_tells_nothing_of_a_plan() {
    let world = World::new();
    let phone = world.enrolled().await;
    cared_for(&phone);
    let told = handed::records(&phone);
    assert!(!told.to_string().contains(WORDS));
    let records = told["records"].as_array().unwrap();
    assert!(!records.is_empty(), "they wait");
    for record in records {
        assert_eq!(
            (&record["restricted"], &record["title"]),
            (&true.into(), &"".into())
        );
        assert!(record["value"].is_null());
    }
}

#[tokio::test]
async fn a_colleagues_reading_opens_nothing_here() {
    let world = World::new();
    let phone = world.enrolled().await;
    let plan = cared_for(&phone);
    phone.sync_once().await.unwrap();
    let theirs = CareEdit::Open {
        reason: "下午我去".into(),
    };
    let bytes = elsewhere(&world, plan, 1, &theirs);
    world.centre.publishes_care(plan.into(), bytes);
    phone.sync_once().await.unwrap();
    let here = phone.care_plan(plan).unwrap();
    assert_eq!(here.view.opens.len(), 1, "one sees who read it");
    assert!(here.open_until.is_none() && !says_words(&here));
}

#[tokio::test]
async fn whoever_may_no_longer_read_the_class_keeps_nothing_of_it() {
    let world = World::new();
    let phone = world.enrolled().await;
    let plan = cared_for(&phone);
    phone.sync_once().await.unwrap();
    assert!(says_words(&open(&phone, plan)));
    phone.sync_once().await.unwrap();
    let draft = format!("support {plan}");
    phone.draft_put(draft.clone(), WORDS.into()).unwrap();
    world.centre.state().reads_care = false;
    phone.sync_once().await.unwrap();
    assert_eq!(refused(phone.care_plan(plan)), Some(Code::NotFound));
    assert!(phone.care_plans().unwrap().is_empty());
    assert_eq!(phone.draft_get(draft).unwrap(), None, "nor half a word");
    assert!(phone.household(door(1)).unwrap().care.is_empty());
    assert!(phone.household(door(1)).is_ok(), "the door is still there");
    drop(phone);
    let files = everything_in(world.dir.path());
    let words = WORDS.as_bytes();
    assert!(!files.windows(words.len()).any(|window| window == words));
}

#[tokio::test]
async fn a_withdrawal_made_elsewhere_closes_what_was_open_here() {
    let world = World::new();
    let phone = world.enrolled().await;
    let plan = cared_for(&phone);
    phone.sync_once().await.unwrap();
    let withdraw = CareEdit::WithdrawConsent {
        reason: Some("到社区来说不用了".into()),
    };
    let bytes = elsewhere(&world, plan, 5, &withdraw);
    // meanwhile, without a network
    world.centre.weather(Weather::Offline);
    assert!(says_words(&open(&phone, plan)));
    let mut support = phone.begin_support(plan).unwrap();
    support.kind = SupportKind::Errand;
    support.needs_done = vec![phone.care_plan(plan).unwrap().view.needs[0].need.id];
    let saved = phone.save_support(plan, support).unwrap();
    assert_eq!(saved.view.needs[0].state, NeedState::Done);
    world.centre.publishes_care(plan.into(), bytes);
    world.centre.weather(Weather::Fine);
    phone.sync_once().await.unwrap();

    let here = phone.care_plan(plan).unwrap();
    assert_eq!(here.row.standing, ConsentStanding::Withdrawn);
    assert!(!says_words(&here) && !here.has_words);
    assert_eq!(here.receipt, Receipt::Centre, "nothing is lost");
    assert!(here.view.support[0].overruled);
    assert_eq!(here.row.due, None);
    let support = phone.begin_support(plan).unwrap();
    assert_eq!(
        refused(phone.save_support(plan, support)),
        Some(Code::ConsentWithdrawn)
    );
}

#[tokio::test]
async fn of_two_levels_the_more_urgent_is_shown_until_somebody_decides() {
    let world = World::new();
    let phone = world.enrolled().await;
    let plan = cared_for(&phone);
    phone.sync_once().await.unwrap();
    let theirs = CareEdit::SetLevel {
        level: CareLevel::Second,
    };
    let bytes = elsewhere(&world, plan, 5, &theirs);
    world.centre.weather(Weather::Offline);
    let mine = CareInput::SetLevel {
        level: CareLevel::Third,
    };
    phone.act_on_care(plan, mine).unwrap();
    world.centre.publishes_care(plan.into(), bytes);
    world.centre.weather(Weather::Fine);
    phone.sync_once().await.unwrap();
    let here = phone.care_plan(plan).unwrap();
    assert_eq!(
        (here.row.level, here.row.level_differs, here.every_days),
        (CareLevel::Second, true, 30)
    );
    let decided = CareInput::SetLevel {
        level: CareLevel::Third,
    };
    let here = phone.act_on_care(plan, decided).unwrap();
    assert_eq!(
        (here.row.level, here.row.level_differs),
        (CareLevel::Third, false)
    );
}

#[tokio::test]
async fn due_care_stands_in_today_beside_the_visits_until_somebody_was_seen() {
    let world = World::new();
    let phone = world.enrolled().await;
    let before = phone.today().unwrap();
    let plan = cared_for(&phone);
    assert!(phone.today().unwrap().care.is_empty(), "nothing is due yet");
    later(&world, 9 * DAY_MS);
    let today = phone.today().unwrap();
    assert_eq!(today.care.len(), 1);
    let due = &today.care[0];
    assert_eq!((due.id, due.overdue_days, due.due_now), (plan, 2, true));
    assert_eq!(due.due.unwrap().why, CareDueWhy::Visit);
    assert_eq!(due.name, "李阿姨");
    assert_eq!(today.groups.is_empty(), before.groups.is_empty());
    let mut missed = phone.begin_support(plan).unwrap();
    missed.seen = false;
    phone.save_support(plan, missed).unwrap();
    assert_eq!(phone.today().unwrap().care.len(), 1, "nobody was seen");
    let seen = phone.begin_support(plan).unwrap();
    phone.save_support(plan, seen).unwrap();
    assert!(phone.today().unwrap().care.is_empty());
    assert_eq!(phone.care_plan(plan).unwrap().row.days_since_seen, Some(0));

    // a care visit to the household counts as well
    later(&world, 8 * DAY_MS);
    assert_eq!(phone.today().unwrap().care.len(), 1);
    let visit = phone.begin_visit(door(1), Some(centre::task(2))).unwrap();
    phone.save_visit(door(1), visit).unwrap();
    assert!(phone.today().unwrap().care.is_empty());
}

#[tokio::test]
async fn every_act_of_a_screen_becomes_an_act_in_the_plan() {
    let world = World::new();
    let phone = world.enrolled().await;
    let plan = begun(&phone);
    let everything = CareInput::GiveConsent {
        scope: vec![
            ConsentScope::Visits,
            ConsentScope::Help,
            ConsentScope::Contact,
            ConsentScope::Team,
        ],
        how: ConsentHow::Written,
        witness: "女儿".into(),
        expires: NINE.local_date() + chrono::Days::new(365),
    };
    let join = CareInput::JoinTeam {
        name: "老赵".into(),
        role: CarerRole::Volunteer,
    };
    let contact = CareInput::SetContact {
        name: "女儿".into(),
        phone: "14200000502".into(),
    };
    let reason = || "搬去和女儿住".to_owned();
    for input in [
        everything,
        join,
        contact,
        CareInput::SetSafetyNote {
            note: "耳背请敲窗".into(),
        },
        CareInput::AddType {
            care_type: CareType::LowIncome,
        },
        CareInput::RemoveType {
            care_type: CareType::LivingAlone,
        },
    ] {
        phone.act_on_care(plan, input).unwrap();
    }
    let seen = open(&phone, plan);
    assert_eq!(seen.view.types, [CareType::LowIncome]);
    assert_eq!(seen.view.contacts[0].contact.name, "女儿");
    assert_eq!(seen.view.safety_notes[0].note, "耳背请敲窗");
    let carer = seen.view.team[0].id;
    let left = phone.act_on_care(plan, CareInput::LeaveTeam { carer });
    assert!(left.unwrap().view.team.is_empty());
    let closed = phone.act_on_care(plan, CareInput::Close { reason: reason() });
    assert!(closed.unwrap().row.closed);
    assert_ne!(begun(&phone), plan, "who comes back begins anew");
    let again = phone.act_on_care(plan, CareInput::Reopen { reason: reason() });
    assert!(!again.unwrap().row.closed);
}
