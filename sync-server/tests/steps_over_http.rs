//! 子任务 over real HTTP: a manhole that nobody owns, from the cone to its fallback owner, with every refusal on the way; and an
//! errand that worker and desk follow together and end in words.

mod field;

use field::{
    Field,
    desk::{Desk, PASSWORD, somebody},
    hazard::{reported, submit},
    nine, partition,
    phone::Phone,
};
use gridwalk_core::{
    ids::{DocumentId, EventId, Hash, IncidentId},
    incident::{self, IncidentAction, IncidentEvent, OwnershipState, StepOutcome},
    photo::{Photo, PhotoStage},
};
use gridwalk_server::rebuild::rebuild;
use serde_json::{Value, json};
use uuid::Uuid;

const DAY_MS: i64 = 24 * 3_600_000;

/// T1 and T2 of another kind of case.
fn report(phone: &mut Phone, number: u128, category: &str) -> DocumentId {
    let mut new = reported(number);
    new.category = category.into();
    let (id, home) = (new.id.into(), partition("梧桐-03"));
    phone
        .act(id, home, nine(), |_, author, _| {
            incident::create(&new, &[], author)
        })
        .expect("a draft");
    submit(phone, id, home);
    id
}

/// What a worker does to it on the phone.
fn on_site(phone: &mut Phone, id: DocumentId, number: u128, action: IncidentAction) -> EventId {
    let event = EventId(Uuid::from_u128(id.0.as_u128() + number));
    phone
        .act(
            id,
            partition("梧桐-03"),
            nine(),
            |document, author, order| {
                let event = IncidentEvent {
                    id: event,
                    act: author.act.clone(),
                    department: None,
                    action,
                };
                incident::record(document.expect("a case"), &event, author, order)
            },
        )
        .expect("an event");
    event
}

fn photo(stage: PhotoStage, n: u8) -> Photo {
    Photo {
        hash: Hash([n; 32]),
        thumbnail: Hash([n; 32]),
        stage,
        taken_at: nine(),
        width: 4,
        height: 3,
        bytes: 1,
        position: None,
        original: None,
    }
}

struct Case {
    desk: Desk,
    path: String,
}

impl Case {
    fn of(desk: Desk, id: DocumentId) -> Self {
        let path = format!("/api/registry/incidents/{}", IncidentId(id.0));
        Self { desk, path }
    }
    async fn view(&self) -> Value {
        self.desk.json(&self.path).await["view"].clone()
    }
    /// What the case is afterwards, or the code of the refusal.
    async fn act(&self, action: Value) -> Result<Value, String> {
        let path = format!("{}/actions", self.path);
        let answer = self.desk.post(&path, &action).send().await;
        let answer = answer.expect("an answer");
        let status = answer.status();
        let body: Value =
            serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("json");
        match status.as_u16() {
            200 => Ok(body["view"].clone()),
            _ => Err(body["code"].as_str().unwrap_or_default().to_owned()),
        }
    }
    async fn refused(&self, action: Value, code: &str) {
        assert_eq!(self.act(action).await, Err(code.to_owned()));
    }
    /// 待办 of the desk: whether the case is in its queue, and the day that it names.
    async fn queued(&self) -> Option<Value> {
        let lines = self.desk.json("/api/registry/incidents").await;
        let lines = lines.as_array().expect("lines");
        let mine = |line: &&Value| self.path.ends_with(line["id"].as_str().unwrap_or("?"));
        Some(lines.iter().find(mine)?["follow_day"].clone())
    }
}

fn answer(step: &Value, outcome: &str) -> Value {
    json!({"type": "end_step", "step": step["event"], "outcome": outcome, "note": "查过图"})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ownerless_manhole_comes_to_its_fallback_owner_and_not_a_day_earlier() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let id = report(&mut lin, 1, "P01008");
    let ownership = IncidentAction::SetOwnership {
        ownership: OwnershipState::Ownerless,
        note: "盖上没字".into(),
    };
    on_site(&mut lin, id, 2, ownership);
    lin.sync().await.expect("an exchange");
    let dispatcher = somebody("dispatcher", None);
    let case = Case::of(Desk::open(&field, dispatcher).await, id);

    let unit = case.desk.json("/api/registry/departments").await[0]["id"].clone();
    let register = json!({"type": "register_fallback", "unit": unit, "note": ""});
    let notice = json!({"type": "start_notice", "place": "听雨苑东门公示栏"});
    let ask = |who: &str| json!({"type": "ask_owner", "addressee": who, "note": "东门井盖"});
    // The worker only proposed it.
    case.refused(ask("供水公司"), "NOT_OWNERLESS").await;
    let decided = json!({"type": "set_ownership", "ownership": "ownerless", "note": "现场看过"});
    case.act(decided).await.expect("decided");
    case.refused(notice.clone(), "NOT_SAFE_YET").await;
    let safe = json!({"type": "make_safe", "unit": unit, "measure": "铁板盖住，摆了锥桶"});
    let view = case.act(safe).await.expect("made safe");
    assert_eq!(view["course"]["ownerless"]["made_safe"][0]["unit"], unit);
    case.refused(notice.clone(), "MISSING_INQUIRY").await;
    case.act(ask("供水公司")).await.expect("asked");
    let view = case.act(ask("供电公司")).await.expect("asked");
    let steps = view["course"]["steps"].as_array().expect("two").clone();
    assert_eq!(steps[0]["due"], "2026-09-17");
    assert_eq!(case.queued().await, Some(json!("2026-09-17")));
    case.refused(notice.clone(), "INQUIRY_OPEN").await;
    case.refused(answer(&steps[0], "no_answer"), "ANSWER_NOT_DUE")
        .await;

    // Told on site, it is a proposal; the desk decides.
    lin.sync().await.expect("an exchange");
    let told = IncidentAction::EndStep {
        step: steps[0]["event"]
            .as_str()
            .expect("text")
            .parse()
            .expect("an id"),
        outcome: StepOutcome::NotOurs,
        note: "抢修师傅说不是".into(),
    };
    on_site(&mut lin, id, 3, told);
    lin.sync().await.expect("an exchange");
    let step = case.view().await["course"]["steps"][0].clone();
    assert_eq!(
        (&step["end"], &step["proposed"]["outcome"]),
        (&Value::Null, &json!("not_ours"))
    );
    case.act(answer(&steps[0], "not_ours"))
        .await
        .expect("decided");

    field.clock.advance_ms(4 * DAY_MS);
    let case = Case {
        desk: Desk::log_in(&field, dispatcher, PASSWORD).await,
        ..case
    };
    case.act(answer(&steps[1], "no_answer"))
        .await
        .expect("overdue");
    case.refused(register.clone(), "NOTICE_MISSING").await;
    let view = case.act(notice).await.expect("on notice");
    assert_eq!(view["course"]["ownerless"]["notice"]["until"], "2026-10-03");
    case.refused(register.clone(), "NOTICE_RUNNING").await;
    field.clock.advance_ms(15 * DAY_MS);
    let case = Case {
        desk: Desk::log_in(&field, dispatcher, PASSWORD).await,
        ..case
    };
    case.refused(register.clone(), "NOTICE_RUNNING").await;
    field.clock.advance_ms(DAY_MS);
    let case = Case {
        desk: Desk::log_in(&field, dispatcher, PASSWORD).await,
        ..case
    };
    let view = case.act(register).await.expect("registered");
    assert_eq!(view["course"]["ownership"], "fallback");
    assert_eq!(view["course"]["ownerless"]["fallback"], unit);
    assert_eq!(case.queued().await, Some(Value::Null), "still an open case");

    let silent =
        "select lies_with from incident_step where outcome = 'no_answer' and due = '2026-09-17'";
    assert_eq!(field.text(silent).await, "供电公司");
    rebuild(&field.server.state().store).await.expect("rows");
    assert_eq!(field.text(silent).await, "供电公司");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_was_closed_is_in_the_queue_while_an_owner_is_asked_for() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let mut new = reported(1);
    new.category = "P01008".into();
    let id: DocumentId = new.id.into();
    let seen = [photo(PhotoStage::Before, 1), photo(PhotoStage::After, 2)];
    lin.act(id, partition("梧桐-03"), nine(), |_, author, _| {
        incident::create(&new, &seen, author)
    })
    .expect("a draft");
    let measure = "盖正了".into();
    on_site(&mut lin, id, 2, IncidentAction::SelfHandle { measure });
    lin.sync().await.expect("an exchange");
    let lead = Case::of(
        Desk::open(&field, somebody("lead", Some("梧桐-03"))).await,
        id,
    );
    let view = lead.act(json!({"type": "confirm_self"})).await;
    assert_eq!(view.expect("confirmed")["state"], "closed");
    let case = Case::of(Desk::open(&field, somebody("dispatcher", None)).await, id);
    assert_eq!(case.queued().await, None);
    let decided = json!({"type": "set_ownership", "ownership": "unclear", "note": ""});
    case.act(decided).await.expect("decided");
    let ask = json!({"type": "ask_owner", "addressee": "供水公司", "note": ""});
    let view = case.act(ask).await.expect("asked");
    assert_eq!(case.queued().await, Some(json!("2026-09-17")));
    let theirs = answer(&view["course"]["steps"][0], "ours");
    let view = case.act(theirs).await.expect("an owner");
    assert_eq!(view["course"]["ownership"], "known");
    assert_eq!(case.queued().await, None, "nothing is left of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_errand_is_followed_by_worker_and_desk_and_ends_in_words() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let id = report(&mut lin, 1, "E06001");
    let handed_in = on_site(
        &mut lin,
        id,
        2,
        IncidentAction::AddStep {
            what: "交材料".into(),
            lies_with: "街道便民窗口".into(),
            wanted: None,
        },
    );
    lin.sync().await.expect("an exchange");
    let case = Case::of(Desk::open(&field, somebody("dispatcher", None)).await, id);
    let added =
        json!({"type": "add_step", "what": "取证", "lies_with": "", "wanted": "2026-09-18"});
    let view = case.act(added).await.expect("a step");
    assert_eq!(case.queued().await, Some(json!("2026-09-18")));
    let fetched = view["course"]["steps"][1].clone();
    let done = json!({"type": "end_step", "step": fetched["event"], "outcome": "done", "note": ""});
    case.act(done).await.expect("done");
    lin.sync().await.expect("an exchange");
    on_site(
        &mut lin,
        id,
        3,
        IncidentAction::EndStep {
            step: handed_in,
            outcome: StepOutcome::Done,
            note: "窗口收了".into(),
        },
    );
    on_site(
        &mut lin,
        id,
        4,
        IncidentAction::SelfHandle {
            measure: "证办好了，送到家".into(),
        },
    );
    lin.sync().await.expect("an exchange");
    let view = case.view().await;
    assert_eq!(view["state"], "self_handled");
    let left = "select count(*) from incident_step where outcome is null";
    assert_eq!(field.count(left).await, 0);
}
