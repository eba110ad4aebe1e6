//! Forms are answered by those who go to the doors, in their own name; the desk reads what was answered and nothing personal.

mod field;

use field::{
    Field,
    desk::{Desk, somebody},
    door, partition,
    phone::Phone,
};
use gridwalk_core::{
    document::{Author, Document},
    error::Code,
    form::{FormAnswer, FormName, FormValue, NewFormResponse},
    household::{self, FieldChange, HouseholdEdit},
    ids::{DocumentId, FormResponseId, PersonId},
};
use gridwalk_server::rebuild::rebuild;
use serde_json::{Value, json};
use uuid::Uuid;

const GRID: &str = "梧桐-03";
const DAYS: &str = "from=2026-09-14&to=2026-09-14";

fn answer(column: &str, value: FormValue, unchanged: bool) -> FormAnswer {
    FormAnswer {
        column: column.into(),
        value,
        unchanged,
        as_of: None,
    }
}

fn response(number: u128, version: u32, answers: Vec<FormAnswer>) -> NewFormResponse {
    NewFormResponse {
        id: FormResponseId(Uuid::from_u128(number)),
        form: FormName {
            id: "low_income_check".into(),
            version,
            round: "2026-09".into(),
        },
        answers,
        changes: Vec::new(),
        visit: None,
    }
}

async fn in_sync(field: &Field, role: &str) -> Phone {
    let mut phone = field.phone(&somebody(role, Some(GRID)).login).await;
    phone.sync().await.expect("a first exchange");
    phone
}

fn hand_in(
    phone: &mut Phone,
    door: DocumentId,
    field: &Field,
    response: NewFormResponse,
    pose: impl FnOnce(&Author) -> Author,
) {
    let edit = HouseholdEdit::HandInForm(response);
    let at = field.clock.now();
    let done = phone.act(
        door,
        partition(GRID),
        at,
        |document: Option<Document>, author, _| {
            household::apply(document.expect("a door"), &edit, &pose(author))
        },
    );
    done.expect("a form");
}

async fn listed(field: &Field, role: &str) -> Vec<Value> {
    let desk = Desk::open(field, somebody(role, Some(GRID))).await;
    let answer = desk
        .get(&format!("/api/registry/forms?{DAYS}"))
        .send()
        .await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 200);
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("lines")
}

fn of<'a>(lines: &'a [Value], column: &str) -> Vec<&'a Value> {
    lines
        .iter()
        .filter(|line| line["column"] == column)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_reads_what_was_answered_and_that_something_personal_was() {
    let field = Field::open().await;
    let whole = field.furnish(door("502")).await;
    let mut phone = in_sync(&field, "worker").await;
    let mut first = response(
        1,
        1,
        vec![
            answer("contact", FormValue::Text("王阿姨".into()), true),
            answer("size", FormValue::Number(2), false),
            answer("strange", FormValue::YesNo(true), false),
        ],
    );
    first.changes = vec![FieldChange::HouseholdSize(2)];
    hand_in(&mut phone, whole, &field, first, Author::clone);
    phone.sync().await.expect("an exchange");
    assert!(phone.unsent.is_empty());
    assert_eq!(field.count("select count(*) from form_answer").await, 3);

    let lines = listed(&field, "secretary").await;
    assert_eq!(lines.len(), 3);
    let size = of(&lines, "size")[0];
    assert_eq!(size["value"], json!({ "type": "number", "value": 2 }));
    assert_eq!(size["label_zh"], "共同生活人数");
    assert_eq!(size["title_zh"], "低收入家庭信息核对");
    assert_eq!(
        (&size["unchanged"], &size["differs"]),
        (&json!(false), &json!(false))
    );
    assert!(
        size["door"]
            .as_str()
            .is_some_and(|door| door.ends_with("502")),
        "{size}"
    );
    for column in ["contact", "strange"] {
        let line = of(&lines, column)[0];
        assert_eq!(
            (&line["value"], &line["personal"]),
            (&Value::Null, &json!(true))
        );
    }
    assert_eq!(of(&lines, "contact")[0]["unchanged"], json!(true));
    assert!(
        !serde_json::to_string(&lines)
            .expect("text")
            .contains("王阿姨")
    );
    let size = "select value from household_field where field = 'household_size'";
    assert_eq!(field.text(size).await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_answers_at_once_are_two_rows_and_versions_stay_apart_also_after_a_rebuild() {
    let field = Field::open().await;
    let whole = field.furnish(door("502")).await;
    let (mut one, mut two) = (
        in_sync(&field, "worker").await,
        in_sync(&field, "lead").await,
    );
    let heating = |id: &str| vec![answer("heating", FormValue::Choice(id.into()), false)];
    // neither has heard of the other
    hand_in(
        &mut one,
        whole,
        &field,
        response(1, 1, heating("gas")),
        Author::clone,
    );
    hand_in(
        &mut two,
        whole,
        &field,
        response(2, 1, heating("coal")),
        Author::clone,
    );
    hand_in(
        &mut two,
        whole,
        &field,
        response(3, 2, heating("gas")),
        Author::clone,
    );
    one.sync().await.expect("an exchange");
    two.sync().await.expect("an exchange");
    let first = "select count(*) from form_answer where version = 1 and differs = 1";
    let second = "select count(*) from form_answer where version = 2 and differs = 0";
    for _ in 0..2 {
        let rows = (field.count(first).await, field.count(second).await);
        assert_eq!(rows, (2, 1));
        let store = &field.server.state().store;
        let wiped = store.write(|connection| {
            connection.execute("delete from form_answer where version = 1", [])?;
            Ok(())
        });
        wiped.await.expect("damage");
        assert_eq!(rebuild(store).await.expect("a rebuild").failed, []);
    }
    let lines = listed(&field, "lead").await;
    let kinds: Vec<&Value> = of(&lines, "heating")
        .iter()
        .map(|line| &line["version"])
        .collect();
    assert_eq!(
        kinds
            .iter()
            .filter(|version| **version == &json!(1))
            .count(),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_in_another_name() {
    let field = Field::open().await;
    let whole = field.furnish(door("502")).await;
    let mut phone = in_sync(&field, "worker").await;
    let size = || vec![answer("size", FormValue::Number(9), false)];
    let another = |author: &Author| {
        let mut author = author.clone();
        author.act.by = PersonId(Uuid::from_u128(99));
        author
    };
    hand_in(&mut phone, whole, &field, response(1, 1, size()), another);
    let prepared = phone.prepare();
    let answer = phone.send(&prepared).await.expect("an answer");
    assert_eq!(answer.results[0].code(), Some(Code::AuthorMismatch));
    assert_eq!(field.count("select count(*) from form_answer").await, 0);
    // a worker reads no list of the desk
    let desk = Desk::open(&field, somebody("worker", Some(GRID))).await;
    let asked = desk
        .get(&format!("/api/registry/forms?{DAYS}"))
        .send()
        .await;
    assert_eq!(asked.expect("an answer").status(), 403);
}
