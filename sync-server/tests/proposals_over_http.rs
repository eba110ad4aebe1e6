//! 更正建议 over HTTP: a worker says what is wrong, the people of the grid read it, the secretary or the steward answers once, and
//! the phones hear of it.

mod field;

use field::{
    Field, demo_street,
    desk::{Desk, somebody},
    nine, partition,
    phone::{Phone, Refused, answered, refusal},
};
use gridwalk_core::{
    error::Code,
    ids::{BuildingId, DocumentId, ProposalId, WorkerDayId},
    proposal::{NewProposal, ProposalSubject, ProposedField},
    worker_day::{self, NewWorkerDay, WorkerDayEdit},
};
use gridwalk_server::rebuild::rebuild;
use serde_json::{Value, json};
use uuid::Uuid;

const HERE: &str = "梧桐-03";
const THERE: &str = "白鹭-01";
const LIST: &str = "/api/registry/proposals";
const FIRST: u128 = 0x0199_4100_0000_7000_8000_0000_0000_0000;

fn building(grid: &str) -> BuildingId {
    let grid = demo_street().grid(grid).expect("a grid").id;
    let of = demo_street().buildings.iter().find(|one| one.grid == grid);
    BuildingId(of.expect("a building").id)
}

fn proposal(number: u128, field: ProposedField, should: &str) -> NewProposal {
    NewProposal {
        id: ProposalId(Uuid::from_u128(FIRST | number)),
        subject: ProposalSubject::Building { id: building(HERE) },
        field,
        says: String::new(),
        should: should.into(),
        because: "在楼下数过".into(),
    }
}

/// 林晓 writes them into her day, and they arrive.
async fn propose(field: &Field, proposals: Vec<NewProposal>) -> Phone {
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    let id = DocumentId(Uuid::from_u128(FIRST));
    let home = partition(HERE);
    let day = NewWorkerDay {
        id: WorkerDayId(id.0),
        worker: lin.carrier.id.into(),
        date: nine().local_date(),
    };
    lin.act(id, home, nine(), |_, author, _| {
        worker_day::create(&day, author)
    })
    .expect("a day");
    for proposal in proposals {
        let edit = WorkerDayEdit::Propose {
            at: nine(),
            proposal,
        };
        lin.act(id, home, nine(), |document, author, _| {
            worker_day::apply(document.expect("a day"), &edit, author)
        })
        .expect("a proposal");
    }
    lin.sync().await.expect("an exchange");
    lin
}

async fn secretary(field: &Field) -> Desk {
    Desk::open(field, somebody("secretary", Some(HERE))).await
}

async fn list(desk: &Desk) -> Vec<Value> {
    answered(desk.get(LIST)).await.expect("a list")
}

async fn answer(
    desk: &Desk,
    id: ProposalId,
    accept: bool,
    note: Option<&str>,
) -> Result<Vec<Value>, Refused> {
    let path = format!("{LIST}/{id}/answer");
    answered(desk.post(&path, &json!({"accept": accept, "note": note}))).await
}

async fn said_to_phones(field: &Field, kind: &'static str, id: String) -> Value {
    let json = field
        .server
        .state()
        .store
        .read(move |connection| {
            Ok(connection
                .prepare_cached("select json from reference where kind = ?1 and id = ?2")?
                .query_row([kind, id.as_str()], |row| row.get::<_, String>(0))?)
        })
        .await
        .expect("a row");
    serde_json::from_str(&json).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_number_of_storeys_changes_the_buildings_row_for_everybody() {
    let field = Field::open().await;
    let storeys = proposal(1, ProposedField::Storeys, "19");
    let mut lin = propose(&field, vec![storeys.clone()]).await;
    let desk = secretary(&field).await;
    let waiting = list(&desk).await;
    assert_eq!(waiting.len(), 1);
    let line = &waiting[0];
    assert_eq!(
        (&line["worker"], &line["grid_name"]),
        (&json!("林晓"), &json!(HERE))
    );
    assert_eq!(
        (&line["may_answer"], &line["changes_row"]),
        (&json!(true), &json!(true))
    );
    assert_ne!(line["says_now"], "19");
    assert!(line["title"].as_str().expect("a title").contains("幢"));

    let left = answer(&desk, storeys.id, true, None).await.expect("a list");
    assert_eq!(left[0]["answer"]["outcome"], "accepted");
    assert_eq!(left[0]["answer"]["applied"], true);
    assert_eq!(
        (&left[0]["says_now"], &left[0]["may_answer"]),
        (&json!("19"), &json!(false))
    );
    let row = "select storeys from building where id = (select subject from proposal)";
    assert_eq!(field.count(row).await, 19);
    let (response, _) = lin.exchange().await.expect("news");
    let rows = &response.reference.rows;
    let kinds: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["building", "proposal_answer"],
        "to every phone of the grid"
    );
    let building = said_to_phones(&field, "building", building(HERE).to_string()).await;
    assert_eq!(building["storeys"], 19);
    let said = said_to_phones(&field, "proposal_answer", storeys.id.to_string()).await;
    assert_eq!(
        (&said["outcome"], &said["applied"]),
        (&json!("accepted"), &json!(true))
    );
    assert!(said["office"].as_str().expect("an office").contains("社区"));
    assert!(said.get("by_person").is_none(), "an office, never a name");

    let again = answer(&desk, storeys.id, false, Some("再想想"))
        .await
        .map(drop);
    assert_eq!(again, Err(refusal(409, Code::AlreadyDecided)));
    assert_eq!(field.count(row).await, 19);
    let written = "select count(*) from audit where action = 'accept' and object like 'proposal %'";
    assert_eq!(field.count(written).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boundary_is_accepted_with_words_and_declining_needs_a_reason() {
    let field = Field::open().await;
    let boundary = NewProposal {
        subject: ProposalSubject::Grid {
            id: partition(HERE).grid,
        },
        ..proposal(1, ProposedField::Boundary, "南边少画了车棚一排")
    };
    let lift = proposal(2, ProposedField::Lift, "有电梯");
    propose(&field, vec![boundary.clone(), lift.clone()]).await;
    let desk = Desk::open(&field, somebody("steward", None)).await;
    let waiting = list(&desk).await;
    let titles: Vec<&Value> = waiting.iter().map(|line| &line["title"]).collect();
    assert!(titles.contains(&&json!(HERE)), "{titles:?}");
    assert!(waiting.iter().all(|line| line["changes_row"] == false));

    let silent = answer(&desk, lift.id, false, Some("  ")).await.map(drop);
    assert_eq!(silent, Err(refusal(422, Code::MissingReason)));
    answer(&desk, lift.id, false, Some("货梯不算"))
        .await
        .expect("a list");
    answer(&desk, boundary.id, true, Some("下月重画"))
        .await
        .expect("a list");
    let said = said_to_phones(&field, "proposal_answer", boundary.id.to_string()).await;
    assert_eq!(
        (&said["applied"], &said["note"]),
        (&json!(false), &json!("下月重画"))
    );
    let said = said_to_phones(&field, "proposal_answer", lift.id.to_string()).await;
    assert_eq!(
        (&said["outcome"], &said["note"]),
        (&json!("declined"), &json!("货梯不算"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_reads_and_does_not_answer_and_another_community_hears_nothing() {
    let field = Field::open().await;
    let storeys = proposal(1, ProposedField::Storeys, "19");
    propose(&field, vec![storeys.clone()]).await;
    let lead = Desk::open(&field, somebody("lead", Some(HERE))).await;
    assert_eq!(list(&lead).await[0]["may_answer"], false);
    let forbidden = answer(&lead, storeys.id, true, None).await.map(drop);
    assert_eq!(forbidden, Err(refusal(403, Code::Forbidden)));
    let other = Desk::open(&field, somebody("secretary", Some(THERE))).await;
    assert!(list(&other).await.is_empty());
    let foreign = answer(&other, storeys.id, true, None).await.map(drop);
    assert_eq!(foreign, Err(refusal(404, Code::NotFound)));
    let worker = Desk::open(&field, somebody("worker", Some(HERE))).await;
    let closed: Result<Vec<Value>, Refused> = answered(worker.get(LIST)).await;
    assert_eq!(closed.map(drop), Err(refusal(403, Code::Forbidden)));
    assert_eq!(field.count("select count(*) from proposal_answer").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_a_foreign_building_by_proposing_it_at_home() {
    let field = Field::open().await;
    let foreign = NewProposal {
        subject: ProposalSubject::Building {
            id: building(THERE),
        },
        ..proposal(1, ProposedField::Storeys, "99")
    };
    propose(&field, vec![foreign.clone()]).await;
    let desk = secretary(&field).await;
    assert!(!desk.person.grids.contains(&partition(THERE).grid.0));
    let line = &list(&desk).await[0];
    assert_eq!(
        (&line["title"], &line["says_now"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(line["may_answer"], false);
    let answer = answer(&desk, foreign.id, true, None).await.map(drop);
    assert_eq!(answer, Err(refusal(404, Code::NotFound)));
    let changed = "select count(*) from building where storeys = 99";
    assert_eq!(field.count(changed).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_outlives_a_rebuild_of_the_registry() {
    let field = Field::open().await;
    let lift = proposal(1, ProposedField::Lift, "有电梯");
    propose(&field, vec![lift.clone()]).await;
    let desk = secretary(&field).await;
    answer(&desk, lift.id, true, None).await.expect("a list");
    let before = list(&desk).await;
    let rebuilt = rebuild(&field.server.state().store).await.expect("rows");
    assert_eq!(rebuilt.failed, []);
    assert_eq!(list(&desk).await, before);
}
