//! What was not taken, at the desk of its grid: seen there and nowhere else, told in words, let in or left out by a person.

mod field;

use field::{
    Field,
    desk::{Desk, somebody},
    door,
    hazard::{report, report_in},
    nine, partition,
    phone::{Phone, answered, refusal, refused},
};
use gridwalk_core::{
    error::Code,
    household::{self, HouseholdEdit, NewVisit, VisitKind, VisitOutcome},
    ids::{DepartmentId, DocumentId, EventId, PersonId, VisitId},
    incident::{self, IncidentAction, IncidentEvent},
    sync::message::*,
};
use gridwalk_server::{
    ingest::Delivery,
    store::{device, document, person},
};
use serde_json::{Value, json};
use uuid::Uuid;

const HERE: &str = "梧桐-03";
const THERE: &str = "白鹭-01";
const LIST: &str = "/api/registry/quarantine";

async fn lead(field: &Field, grid: &str) -> Desk {
    Desk::open(field, somebody("lead", Some(grid))).await
}

async fn waiting(desk: &Desk) -> Vec<Value> {
    answered(desk.get(LIST)).await.expect("a list")
}

async fn decide(
    desk: &Desk,
    item: &Value,
    release: bool,
    reason: &str,
) -> Result<Vec<Value>, field::phone::Refused> {
    let id = item["id"].as_str().expect("an id");
    let path = format!("{LIST}/{id}/decision");
    answered(desk.post(&path, &json!({"release": release, "reason": reason}))).await
}

async fn revoke(field: &Field, phone: &mut Phone) {
    let (device, now) = (phone.device, field.clock.now());
    let store = &field.server.state().store;
    let revoked = store.write(move |connection| device::revoke(connection, device, now));
    assert!(revoked.await.expect("a revocation"));
    phone.renew_token().await.expect("a token to deliver with");
}

fn visit(phone: &mut Phone, id: DocumentId, number: u128) {
    let visit = NewVisit {
        id: VisitId(Uuid::from_u128(
            0x0199_4000_0000_7000_9000_0000_0000_0000 | number,
        )),
        kind: VisitKind::Routine,
        outcome: VisitOutcome::Met,
        started_at: nine(),
        ended_at: nine().plus_ms(240_000),
        changes: Vec::new(),
        confirmed: Vec::new(),
        persons_met: Some(1),
        note: Some("水表箱的门掉了一颗螺丝".into()),
        voice: None,
        task: None,
        incidents: Vec::new(),
        next_due: None,
        care_emergency: false,
    };
    phone
        .act(id, partition(HERE), nine(), |document, author, _| {
            household::apply(
                document.expect("a household"),
                &HouseholdEdit::RecordVisit(visit),
                author,
            )
        })
        .expect("a visit");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_outside_ones_grids_waits_for_that_grids_lead_who_lets_it_in() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let id = report_in(&mut lin, 1, partition(THERE));
    lin.exchange().await.expect("an exchange");
    let (own, theirs) = (lead(&field, HERE).await, lead(&field, THERE).await);
    assert!(waiting(&own).await.is_empty(), "not a word of it");
    let list = waiting(&theirs).await;
    assert_eq!(list.len(), 1);
    let line = &list[0];
    assert_eq!(line["code"], "OUT_OF_SCOPE");
    assert_eq!(line["kind"], "incident");
    assert_eq!(line["worker"], "林晓");
    assert_eq!(line["changes"], 2);
    assert_eq!(line["may_release"], true);
    let path = format!("{LIST}/{}", line["id"].as_str().expect("an id"));
    let foreign = own.get(&path).send().await.expect("an answer");
    assert_eq!(refused(foreign).await, refusal(404, Code::NotFound));

    let detail: Value = answered(theirs.get(&path)).await.expect("a detail");
    let whats: Vec<_> = detail["acts"].as_array().expect("acts").iter().collect();
    assert_eq!(whats[0]["what"], "incident");
    assert_eq!(whats[0]["text"], "楼道堆了两辆旧童车和纸箱");
    assert_eq!(
        (&whats[1]["what"], &whats[1]["word"]),
        (&json!("event"), &json!("submit"))
    );
    assert_eq!(whats[1]["by"], "林晓");

    let silent = decide(&theirs, line, true, "  ").await.map(drop);
    assert_eq!(silent, Err(refusal(422, Code::MissingReason)));
    let left = decide(&theirs, line, true, "她路过看到的，属实").await;
    assert!(left.expect("a decision").is_empty());
    assert_eq!(field.text("select state from incident").await, "reported");
    let kept =
        "select count(*) from evidence where decision = 'released' and decided_by is not null";
    assert_eq!(field.count(kept).await, 2);
    let audited = "select action || ' ' || result from audit where action in ('release', 'open') and object like 'quarantine%' order by sequence desc limit 1";
    assert_eq!(field.text(audited).await, "release done");
    // it reaches everybody of that grid, also its author once they may read it
    let mut neighbour = field
        .phone(
            &field::demo_street()
                .worker(partition(THERE).grid.0)
                .expect("a worker")
                .login,
        )
        .await;
    neighbour.sync().await.expect("news");
    assert!(neighbour.documents.contains_key(&id));
    // the same again is had
    let again = decide(&theirs, line, true, "再来一次").await.map(drop);
    assert_eq!(again, Err(refusal(404, Code::NotFound)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lost_phone_brought_is_let_in_on_top_of_what_was_there() {
    let field = Field::open().await;
    let id = field.furnish(door("502")).await;
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    revoke(&field, &mut lin).await;
    visit(&mut lin, id, 1);
    visit(&mut lin, id, 2);
    lin.exchange().await.expect("a delivery");
    let desk = lead(&field, HERE).await;
    let list = waiting(&desk).await;
    assert_eq!(list.len(), 1);
    assert_eq!(list[0]["code"], "DEVICE_REVOKED");
    let title = list[0]["title"].as_str().expect("a door");
    assert!(title.ends_with("3幢2单元502"), "{title}");
    decide(&desk, &list[0], true, "手机丢在出租车上")
        .await
        .expect("a decision");
    assert_eq!(field.count("select count(*) from visit").await, 2);
    assert_eq!(field.count("select count(*) from feed").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_out_stays_as_evidence_and_is_not_shown_again() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    report_in(&mut lin, 1, partition(THERE));
    let prepared = lin.prepare();
    lin.exchange().await.expect("an exchange");
    let desk = lead(&field, THERE).await;
    let list = waiting(&desk).await;
    let left = decide(&desk, &list[0], false, "写错了网格").await;
    assert!(left.expect("a decision").is_empty());
    assert_eq!(field.count("select count(*) from change").await, 0);
    let kept =
        "select count(*) from evidence where decision = 'dismissed' and reason = '写错了网格'";
    assert_eq!(field.count(kept).await, 2);
    let again = lin.send(&prepared).await.expect("the same again");
    assert!(
        again
            .results
            .iter()
            .all(|result| result.code() == Some(Code::OutOfScope))
    );
    assert!(waiting(&desk).await.is_empty());
    let audited = "select action || ' ' || result from audit order by sequence desc limit 1";
    assert_eq!(field.text(audited).await, "deny OUT_OF_SCOPE");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_speaks_for_somebody_else_is_never_let_in() {
    let field = Field::open().await;
    let id = field.furnish(door("502")).await;
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    let other = PersonId(
        field::demo_street()
            .person("ge-shuangjiang")
            .expect("ge")
            .id,
    );
    let forge = |phone: &mut Phone, number: u128| {
        phone
            .act(id, partition(HERE), nine(), |document, author, _| {
                let mut author = author.clone();
                author.act.by = other;
                let edit = HouseholdEdit::ChangeField(household::FieldChange::HouseholdSize(
                    number as u8 as _,
                ));
                household::apply(document.expect("a household"), &edit, &author)
            })
            .expect("a forged edit")
    };
    forge(&mut lin, 3);
    lin.exchange().await.expect("an exchange");
    let desk = lead(&field, HERE).await;
    let list = waiting(&desk).await;
    assert_eq!(list[0]["code"], "AUTHOR_MISMATCH");
    assert_eq!(list[0]["may_release"], false);
    let refused = decide(&desk, &list[0], true, "算了").await.map(drop);
    assert_eq!(refused, Err(refusal(422, Code::AuthorMismatch)));
    // nor when it comes unjudged, from a phone that was lost
    let mut lost = field.phone("lin-xiao").await;
    lost.sync().await.expect("news");
    revoke(&field, &mut lost).await;
    forge(&mut lost, 4);
    lost.exchange().await.expect("a delivery");
    let list = waiting(&desk).await;
    let unjudged = list.iter().find(|line| line["code"] == "DEVICE_REVOKED");
    let refused = decide(&desk, unjudged.expect("it waits"), true, "算了")
        .await
        .map(drop);
    assert_eq!(refused, Err(refusal(422, Code::AuthorMismatch)));
    assert_eq!(field.count("select count(*) from change").await, 1);
    assert_eq!(
        field
            .count("select count(*) from evidence where decision is null")
            .await,
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_speaks_for_no_office_and_an_officer_for_none_but_the_own() {
    let field = Field::open().await;
    let office = |code: &str| {
        let mut offices = field::demo_street().departments.iter();
        let office = offices
            .find(|office| office.code == code)
            .expect("an office");
        DepartmentId(office.id)
    };
    let mut lin = field.phone("lin-xiao").await;
    let case = report_in(&mut lin, 1, partition(HERE));
    lin.sync().await.expect("an exchange");
    let nowhere = DepartmentId(Uuid::from_u128(404));
    let mut number = 0x80;
    let mut says = |phone: &mut Phone, department| {
        number += 1;
        let id = EventId(Uuid::from_u128(
            0x0199_4000_0000_7000_8000_0000_0000_0000 | number,
        ));
        phone
            .act(case, partition(HERE), nine(), |document, author, order| {
                let event = IncidentEvent {
                    id,
                    act: author.act.clone(),
                    department,
                    action: IncidentAction::Comment {
                        text: "我们来".into(),
                    },
                };
                incident::record(document.expect("a case"), &event, author, order)
            })
            .expect("a comment")
    };
    for forged in [office("cheng-guan"), nowhere] {
        let mut phone = field.phone("lin-xiao").await;
        phone.sync().await.expect("news");
        says(&mut phone, Some(forged));
        let (response, _) = phone.exchange().await.expect("an answer");
        assert_eq!(
            response.results[0].code(),
            Some(Code::OutOfScope),
            "{forged}"
        );
    }
    says(&mut lin, None);
    let (response, _) = lin.exchange().await.expect("an answer");
    assert_eq!(response.results, [ChangeResult::Stored]);
    // somebody of an office, with a phone on the street
    let store = &field.server.state().store;
    let grid = partition(HERE).grid;
    let covers = store.write(move |connection| {
        let jiang = person::by_login(connection, "jiang-jianjia")?.expect("jiang");
        Ok(connection.execute(
            "insert into person_grid (person, grid) values (?1, ?2)",
            [jiang.to_string(), grid.to_string()],
        )?)
    });
    covers.await.expect("an assignment");
    let mut jiang = field.phone("jiang-jianjia").await;
    jiang.sync().await.expect("news");
    let own = jiang.carrier.department.map(DepartmentId);
    assert_eq!(own, Some(office("cheng-guan")));
    says(&mut jiang, own);
    let (response, _) = jiang.exchange().await.expect("an answer");
    assert_eq!(response.results, [ChangeResult::Stored]);
    says(&mut jiang, Some(nowhere));
    let (response, _) = jiang.exchange().await.expect("an answer");
    assert_eq!(response.results[0].code(), Some(Code::OutOfScope));
    // nothing is dropped: it waits for whoever supervises the grid
    let list = waiting(&lead(&field, HERE).await).await;
    assert_eq!(list.len(), 3);
    assert!(list.iter().all(|line| line["may_release"] == true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_does_not_merge_is_shown_with_its_reason_and_tried_again() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let id = report(&mut lin, 1);
    let upload = lin.prepare().request.upload.expect("an upload");
    let (store, device) = (&field.server.state().store, lin.device);
    let speaker = store.read(move |connection| device::by_id(connection, device, nine()));
    let speaker = speaker.await.expect("an answer").expect("a phone");
    let delivery = Delivery::check(speaker, &upload, nine()).expect("a good signature");
    let receipt = store.write(move |connection| delivery.write(connection));
    receipt.await.expect("a durable upload");
    let aside = store.write(move |connection| {
        document::quarantine(connection, id, "merging it ended the server twice")
    });
    aside.await.expect("quarantined");
    let desk = lead(&field, HERE).await;
    let list = waiting(&desk).await;
    assert_eq!(list.len(), 1);
    assert_eq!(list[0]["detail"], "merging it ended the server twice");
    assert_eq!(field.count("select count(*) from feed").await, 0);
    let left = decide(&desk, &list[0], true, "换了新版，再试").await;
    assert!(left.expect("a decision").is_empty());
    assert_eq!(field.text("select state from incident").await, "reported");
}

#[tokio::test(flavor = "multi_thread")]
async fn care_plans_wait_for_those_who_may_read_them_and_other_roles_see_no_list() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    report(&mut lin, 1);
    for unsent in &mut lin.unsent {
        unsent.kind = DocumentKind::CARE_PLAN;
        unsent.partition = Partition {
            class: AccessClass::CARE,
            ..partition(HERE)
        };
    }
    revoke(&field, &mut lin).await;
    lin.exchange().await.expect("a delivery");
    assert_eq!(waiting(&lead(&field, HERE).await).await.len(), 1);
    let chief = Desk::open(&field, somebody("duty_chief", None)).await;
    assert!(waiting(&chief).await.is_empty());
    let dispatcher = Desk::open(&field, somebody("dispatcher", None)).await;
    let answer = dispatcher.get(LIST).send().await.expect("an answer");
    assert_eq!(refused(answer).await, refusal(403, Code::Forbidden));
}
