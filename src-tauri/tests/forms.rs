//! 采集表 on 林晓's phone: a form opens prefilled and asks one column, is there after every end of the process, is handed in
//! whole or not at all, arrives, and leaves nothing behind when the grid is lost.

mod centre;

use centre::{GRID, GU_YUANSHAN, NINE, Weather, World, author, door};
use gridwalk::{
    Phone,
    view::{FormDoor, FormInput, Receipt, SyncItemKind},
};
use gridwalk_core::{
    document::Document,
    error::Code,
    form::{
        Campaign, Choice, Column, ColumnKind, FilledFrom, FormAnswer, FormName, FormTemplate,
        FormValue, NewFormResponse,
    },
    household::{self, FieldChange, HouseholdEdit},
    ids::FormResponseId,
    sync::message::DocumentKind,
    work_log::LogLine,
};
use rusqlite::Connection;
use uuid::Uuid;

const FORM: &str = "low_income_check";
const ROUND: &str = "2026-09";
const DAY_MS: i64 = 86_400_000;

fn column(key: &str, kind: ColumnKind, from: Option<&str>, reuse_days: u32) -> Column {
    Column {
        key: key.into(),
        label_zh: key.into(),
        label_en: key.into(),
        kind,
        required: true,
        choices: Vec::new(),
        prefill_from: from.map(Into::into),
        reuse_days,
        tier: 1,
    }
}

fn template(version: u32) -> FormTemplate {
    let choice = |id: &str| Choice {
        id: id.into(),
        name_zh: id.into(),
        name_en: id.into(),
    };
    let mut income = column("income", ColumnKind::Choice, None, 30);
    income.choices = ["same", "less", "more"].map(choice).to_vec();
    let mut columns = vec![
        column("address", ColumnKind::Text, Some("address"), 365),
        column("contact", ColumnKind::Text, Some("contact_name"), 365),
        column("size", ColumnKind::Number, Some("household_size"), 365),
        column("able", ColumnKind::Number, None, 365),
        income,
    ];
    if version > 1 {
        columns.push(column("pets", ColumnKind::Number, None, 365));
    }
    FormTemplate {
        id: FORM.into(),
        version,
        title_zh: "低收入家庭信息核对".into(),
        title_en: "Low-income check".into(),
        office: "民政办".into(),
        duty: None,
        legal_basis_zh: "依据".into(),
        legal_basis_en: "ground".into(),
        purpose_zh: "用途".into(),
        purpose_en: "purpose".into(),
        valid_to: Some(NINE.local_date() + chrono::Days::new(30)),
        columns,
    }
}

fn given(column: &str, value: FormValue) -> FormAnswer {
    FormAnswer {
        column: column.into(),
        value,
        unchanged: false,
        as_of: None,
    }
}

fn income(id: &str) -> FormAnswer {
    given("income", FormValue::Choice(id.into()))
}

/// A colleague's edit of that door, `days` ago, enters the feed.
fn elsewhere(world: &World, n: u128, number: u128, days: i64, edit: &HouseholdEdit) {
    let id = door(n).into();
    let held = world.centre.changes(id);
    let document = Document::from_changes(id, DocumentKind::HOUSEHOLD, held).unwrap();
    let hand = Uuid::from_u128(0x900 + number);
    let author = author(GU_YUANSHAN, hand, NINE.plus_ms(-days * DAY_MS));
    let edited = household::apply(document, edit, &author).unwrap();
    let bytes = edited.change.bytes;
    world.centre.publish(id, DocumentKind::HOUSEHOLD, bytes);
}

fn answered(number: u128, version: u32, round: &str, answers: Vec<FormAnswer>) -> HouseholdEdit {
    HouseholdEdit::HandInForm(NewFormResponse {
        id: FormResponseId(Uuid::from_u128(number)),
        form: FormName {
            id: FORM.into(),
            version,
            round: round.into(),
        },
        answers,
        changes: Vec::new(),
        visit: None,
    })
}

/// The form of today, at two doors of the three; 502 answered it a quarter ago.
async fn with_the_form(world: &World) -> Phone {
    let before = vec![given("able", FormValue::Number(1)), income("same")];
    elsewhere(world, 1, 1, 89, &answered(0x77, 1, "2026-06", before));
    world.centre.say("form", template(1).row(), &template(1));
    let campaign = Campaign {
        form: FORM.into(),
        round: ROUND.into(),
        grid: GRID,
        due: NINE.local_date(),
        due_time: chrono::NaiveTime::from_hms_opt(12, 0, 0),
        households: vec![door(1), door(2)],
    };
    world.centre.say("campaign", campaign.row(), &campaign);
    world.enrolled().await
}

fn opened(phone: &Phone, n: u128) -> FormDoor {
    phone.form_door(FORM.into(), ROUND.into(), door(n)).unwrap()
}

fn input(opened: &FormDoor, answers: Vec<FormAnswer>) -> FormInput {
    FormInput {
        id: opened.id,
        form: opened.row.form.clone(),
        answers,
    }
}

fn asked(opened: &FormDoor) -> Vec<&str> {
    let asked = opened.columns.iter().filter(|column| column.asked);
    asked.map(|column| column.column.as_str()).collect()
}

fn refused<T>(answer: gridwalk::Answer<T>) -> Option<Code> {
    answer.err().map(|failure| failure.code)
}

#[tokio::test]
async fn a_door_says_which_forms_are_due_there_until_they_are_handed_in() {
    let world = World::new();
    let phone = with_the_form(&world).await;
    let forms = |n| phone.household(door(n)).unwrap().forms;
    let here = forms(1);
    assert_eq!(here.len(), 1);
    assert_eq!((here[0].form.id.as_str(), here[0].overdue_days), (FORM, 0));
    assert_eq!(forms(3), [], "nobody asks there");
    let answers = vec![income("same")];
    phone
        .save_form_door(door(1), input(&opened(&phone, 1), answers))
        .unwrap();
    assert_eq!(forms(1), []);
    assert_eq!(forms(2).len(), 1, "the other door is left");
}

#[tokio::test]
async fn a_form_asks_one_column_survives_the_end_of_the_process_and_arrives() {
    let world = World::new();
    let phone = with_the_form(&world).await;
    let due = phone.today().unwrap().forms;
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].done, due[0].doors, due[0].due_now), (0, 2, true));
    assert_eq!(due[0].due_time.as_deref(), Some("12:00"));

    world.centre.weather(Weather::Offline);
    let form = opened(&phone, 1);
    assert_eq!(asked(&form), ["income"]);
    let contact = &form.columns[1];
    assert_eq!(contact.value, Some(FormValue::Text("李阿姨".into())));
    assert_eq!(contact.from, FilledFrom::Held);
    assert!(form.address.ends_with("502"), "{}", form.address);
    let key = format!("form:{}:{FORM}/{ROUND}", door(1));
    phone.draft_put(key.clone(), "{}".into()).unwrap();
    let doors = phone.form(FORM.into(), ROUND.into()).unwrap().doors;
    assert_eq!(doors.iter().filter(|door| door.draft).count(), 1);
    let saved = input(
        &form,
        vec![income("less"), given("size", FormValue::Number(3))],
    );
    let after = phone.save_form_door(door(1), saved.clone()).unwrap();
    assert!(after.door.done && after.row.done == 1);
    assert_eq!(after.next, Some(door(2)));
    assert_eq!(after.receipt, Some(Receipt::Local));
    assert_eq!(phone.draft_get(key).unwrap(), None, "saved, so no draft");
    drop(phone);

    let phone = world.open();
    let again = phone.save_form_door(door(1), saved).unwrap();
    assert_eq!(again.row.done, 1);
    let view = phone.household(door(1)).unwrap().view;
    let round = view.forms.iter().find(|form| form.form.round == ROUND);
    assert_eq!(
        round.unwrap().handed_in.len(),
        1,
        "saving twice is done once"
    );
    assert_eq!(round.unwrap().answers.len(), 5);
    let size = view.fields.iter().flat_map(|field| &field.values);
    let size: Vec<_> = size.map(|value| &value.value).collect();
    assert!(
        size.contains(&&FieldChange::HouseholdSize(3)),
        "the household holds it from now on"
    );
    assert!(asked(&opened(&phone, 1)).is_empty());
    let page = phone.sync_page().unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.items[0].kind, SyncItemKind::Form);
    assert_eq!(page.items[0].document, Some(door(1).to_string()));

    let second = opened(&phone, 2);
    assert_eq!(
        asked(&second),
        ["able", "income"],
        "nobody asked there before"
    );
    let both = vec![given("able", FormValue::Number(0)), income("same")];
    let last = phone.save_form_door(door(2), input(&second, both)).unwrap();
    assert_eq!((last.row.done, last.next), (2, None));
    let log = phone.work_log().unwrap().lines;
    assert!(
        matches!(&log[..], [LogLine::Forms { title, doors: 2, .. }] if title.zh == last.template.title_zh),
        "{log:?}"
    );
    assert!(phone.today().unwrap().forms.is_empty(), "not due any more");
    assert_eq!(phone.forms().unwrap().len(), 1, "and still in the list");

    world.centre.weather(Weather::Fine);
    phone.sync_once().await.unwrap();
    assert_eq!(opened(&phone, 1).receipt, Some(Receipt::Centre));
    assert_eq!(world.centre.changes(door(1).into()).len(), 3);
}

#[tokio::test]
async fn half_a_form_and_a_wrong_one_are_refused_and_nothing_is_kept_of_them() {
    let world = World::new();
    let phone = with_the_form(&world).await;
    let form = opened(&phone, 1);
    let save = |answers| refused(phone.save_form_door(door(1), input(&form, answers)));
    assert_eq!(save(vec![]), Some(Code::MissingAnswer));
    assert_eq!(save(vec![income("plenty")]), Some(Code::ValueOutOfRange));
    let wrong = given("size", FormValue::Text("两个".into()));
    assert_eq!(
        save(vec![income("same"), wrong]),
        Some(Code::ValueOutOfRange)
    );
    let number = given("contact", FormValue::Text("999901194903150013".into()));
    assert_eq!(
        save(vec![income("same"), number]),
        Some(Code::TextLooksLikeId)
    );
    let strange = given("shoes", FormValue::Number(40));
    assert_eq!(
        save(vec![income("same"), strange]),
        Some(Code::ValueOutOfRange)
    );
    let nowhere = phone.save_form_door(door(9), input(&form, vec![income("same")]));
    assert_eq!(refused(nowhere), Some(Code::NotFound));
    let beside = phone.save_form_door(door(3), input(&form, vec![income("same")]));
    assert_eq!(
        refused(beside),
        Some(Code::NotFound),
        "nobody is asked there"
    );
    let mut old = input(&form, vec![income("same")]);
    old.form.round = "2020-01".into();
    let old = phone.save_form_door(door(1), old);
    assert_eq!(refused(old), Some(Code::NotFound));
    let another = phone.form_door(FORM.into(), "2020-01".into(), door(1));
    assert_eq!(refused(another), Some(Code::NotFound));
    let not_asked = phone.form_door(FORM.into(), ROUND.into(), door(3));
    assert_eq!(refused(not_asked), Some(Code::NotFound));
    assert_eq!(phone.form(FORM.into(), ROUND.into()).unwrap().row.done, 0);

    let mut over = template(1);
    over.valid_to = Some(NINE.local_date() - chrono::Days::new(1));
    world.centre.say("form", over.row(), &over);
    phone.sync_once().await.unwrap();
    assert_eq!(save(vec![income("same")]), Some(Code::FormExpired));
    assert!(phone.today().unwrap().forms.is_empty());
    assert!(phone.forms().unwrap()[0].expired);
}

#[tokio::test]
async fn a_new_version_asks_what_is_new_where_the_old_one_was_answered() {
    let world = World::new();
    let phone = with_the_form(&world).await;
    let form = opened(&phone, 1);
    let old = input(&form, vec![income("less")]);
    world.centre.say("form", template(2).row(), &template(2));
    phone.sync_once().await.unwrap();
    // what was opened under the first version is handed in under it
    let after = phone.save_form_door(door(1), old).unwrap();
    assert_eq!(after.row.form.version, 2);
    assert!(!after.door.done, "the newer asks for one thing more");
    assert_eq!(asked(&after), ["pets"]);
    let pets = input(&after, vec![given("pets", FormValue::Number(1))]);
    let done = phone.save_form_door(door(1), pets).unwrap();
    assert!(done.door.done);
    let forms = phone.household(door(1)).unwrap().view.forms.into_iter();
    let versions: Vec<_> = forms.map(|form| form.form.version).collect();
    assert_eq!(
        versions,
        [1, 1, 2],
        "June, September under the first, September under the second"
    );
}

#[tokio::test]
async fn what_the_centre_does_not_take_says_why_and_the_door_is_left() {
    let world = World::new();
    let phone = with_the_form(&world).await;
    let form = opened(&phone, 1);
    phone
        .save_form_door(door(1), input(&form, vec![income("less")]))
        .unwrap();
    let refusing = (door(1).into(), (Code::OutOfScope, 1));
    world.centre.state().refusing.extend([refusing]);
    phone.sync_once().await.unwrap();
    let after = opened(&phone, 1);
    assert_eq!(
        (after.refused, after.door.done),
        (Some(Code::OutOfScope), false)
    );
    assert_eq!(asked(&after), ["income"]);
}

#[tokio::test]
async fn a_phone_that_loses_the_grid_keeps_no_half_written_form() {
    let world = World::new();
    let phone = with_the_form(&world).await;
    let key = format!("form:{}:{FORM}/{ROUND}", door(1));
    phone
        .draft_put(key.clone(), "{\"answers\":[]}".into())
        .unwrap();
    // a visit at the same door ends, and takes only its own draft along
    let visit = phone.begin_visit(door(1), None).unwrap();
    phone.save_visit(door(1), visit).unwrap();
    assert!(phone.draft_get(key.clone()).unwrap().is_some());
    phone.sync_once().await.unwrap();
    world.centre.state().readable.clear();
    phone.sync_once().await.unwrap();
    assert_eq!(phone.draft_get(key).unwrap(), None, "nor half a word");
    assert!(phone.today().unwrap().forms.is_empty());
}

#[tokio::test]
async fn answers_that_an_older_app_could_not_show_count_once_it_is_replaced() {
    let world = World::new();
    let phone = with_the_form(&world).await;
    assert_eq!(asked(&opened(&phone, 1)), ["income"]);
    drop(phone);
    let key = hex::encode(std::fs::read(world.dir.path().join("keys/database.key")).unwrap());
    let db = Connection::open(world.dir.path().join("gridwalk.db")).unwrap();
    db.pragma_update(None, "key", format!("x'{key}'")).unwrap();
    // an app without forms read what June wrote as three things of a newer one
    let unknown =
        "update household set view = json_set(json_remove(view, '$.forms'), '$.unreadable', 3)
        where view ->> '$.forms' is not null";
    assert_eq!(db.execute(unknown, []).unwrap(), 1);
    db.execute_batch(
        "drop table visit_report; drop table proposal; drop index household_next_due; alter table household drop column next_due; drop index patrol_plan; alter table patrol drop column hits; alter table patrol drop column plan; drop index incident_follow_up; alter table incident drop column follow_up;",
    )
    .unwrap();
    let before = "delete from refinery_schema_history where version >= 15";
    assert_ne!(db.execute(before, []).unwrap(), 0);
    drop(db);
    let phone = world.open();
    assert_eq!(asked(&opened(&phone, 1)), ["income"]);
    assert_eq!(phone.household(door(1)).unwrap().view.unreadable, 0);
}
