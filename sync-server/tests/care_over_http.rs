//! What the centre does with care plans: it merges and projects them, and tells nobody outside their class a word of them.

mod field;

use field::{Field, demo_street, door, nine, partition, phone::Phone};
use gridwalk_core::{
    care::{
        self, CareEdit, CareLevel, CareType, ConsentHow, ConsentScope, NeedKind, NewCarePlan,
        NewConsent, NewNeed, NewSupport, SupportKind,
    },
    ids::{CarePlanId, ConsentId, DocumentId, NeedId, SupportId},
    sync::message::{AccessClass, Partition},
};
use gridwalk_server::{rebuild::rebuild, store::registry::PROJECTED};
use uuid::Uuid;

const GRID: &str = "梧桐-03";
const WORDS: [&str; 3] = ["助餐卡月底到期", "耳背请敲窗", "今天说腿疼"];

fn home() -> Partition {
    Partition {
        class: AccessClass::CARE,
        ..partition(GRID)
    }
}

fn id<T: From<Uuid>>(number: u128) -> T {
    T::from(Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0000_0000 + number,
    ))
}

fn edits() -> Vec<CareEdit> {
    vec![
        CareEdit::GiveConsent(NewConsent {
            id: id::<ConsentId>(2),
            scope: vec![ConsentScope::Visits, ConsentScope::Help],
            how: ConsentHow::Spoken,
            given_at: nine(),
            witness: "隔壁吕奶奶".into(),
            expires: nine().local_date(),
        }),
        CareEdit::AddNeed(NewNeed {
            id: id::<NeedId>(3),
            kind: NeedKind::Errand,
            detail: WORDS[0].into(),
        }),
        CareEdit::SetSafetyNote {
            note: WORDS[1].into(),
        },
        CareEdit::LogSupport(NewSupport {
            id: id::<SupportId>(4),
            at: nine(),
            kind: SupportKind::Visit,
            seen: true,
            as_usual: false,
            needs_done: Vec::new(),
            note: Some(WORDS[2].into()),
            emergency: false,
        }),
        CareEdit::Open {
            reason: "上门前看看".into(),
        },
    ]
}

/// Somebody begins the plan of 504 and does everything to it, in one exchange.
async fn cared_for(phone: &mut Phone, home: Partition) -> DocumentId {
    let new = NewCarePlan {
        id: id::<CarePlanId>(1),
        household: door("504").id.into(),
        person: None,
    };
    let plan = DocumentId::from(new.id);
    phone
        .act(plan, home, nine(), |_, author, _| {
            care::create(&new, &[CareType::LivingAlone], CareLevel::First, author)
        })
        .expect("a plan");
    for edit in edits() {
        phone
            .act(plan, home, nine(), |document, author, _| {
                care::apply(document.expect("a plan"), &edit, author)
            })
            .expect("an act");
    }
    phone.sync().await.expect("an exchange");
    plan
}

/// Every row that is made from documents, as one text.
async fn tables(field: &Field) -> String {
    let store = &field.server.state().store;
    store
        .read(|connection| {
            let mut all = String::new();
            for table in PROJECTED
                .into_iter()
                .filter(|table| !table.starts_with("photo"))
            {
                let id = match table {
                    "care_open" => "reason",
                    "form_answer" => "household",
                    "incident_department" | "household_field" => continue,
                    _ => "id",
                };
                let view = match table {
                    "form_answer" => "value",
                    "household" | "incident" | "patrol" | "worker_day" | "care_plan" => "view",
                    _ => id,
                };
                let query = format!("select {id}, {view} from {table}");
                let mut select = connection.prepare_cached(&query)?;
                let rows = select.query_map([], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
                })?;
                for row in rows {
                    let (id, view): (String, String) = row?;
                    all.push_str(&format!("{table} {id} {view}\n"));
                }
            }
            Ok(all)
        })
        .await
        .expect("rows")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_care_plan_stands_in_the_registry_without_a_word_of_it() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let plan = cared_for(&mut lin, home()).await;
    let check = async || {
        let all = tables(&field).await;
        assert!(all.contains(&plan.to_string()), "{all}");
        for word in WORDS {
            assert!(!all.contains(word), "{word} in {all}");
        }
        assert_eq!(
            field
                .text("select level || ' ' || consent || ' ' || needs_open || ' ' || support from care_plan")
                .await,
            "first given 1 1"
        );
        assert_eq!(
            field.text("select reason from care_open").await,
            "上门前看看",
            "who read it, and why"
        );
        assert_eq!(field.count("select count(*) from care_support").await, 1);
    };
    check().await;
    let rebuilt = rebuild(&field.server.state().store).await.expect("rows");
    assert!(rebuilt.failed.is_empty());
    check().await;

    let mut ge = field.phone("ge-shuangjiang").await;
    ge.sync().await.expect("news");
    let read = care::view(&ge.documents[&plan]);
    assert_eq!(read.needs[0].need.detail, WORDS[0], "the lead reads it");
    let helper = demo_street()
        .people
        .iter()
        .find(|person| person.role == "helper" && person.grids.contains(&partition(GRID).grid.0))
        .expect("a helper");
    let mut helper = field.phone(&helper.login).await;
    helper.sync().await.expect("news");
    assert!(!helper.documents.contains_key(&plan));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_reaches_the_registry_whoever_was_first() {
    let field = Field::open().await;
    let (mut lin, mut ge) = (
        field.phone("lin-xiao").await,
        field.phone("ge-shuangjiang").await,
    );
    let plan = cared_for(&mut lin, home()).await;
    ge.sync().await.expect("news");
    let mut again = edits().swap_remove(3);
    if let CareEdit::LogSupport(support) = &mut again {
        support.id = id::<SupportId>(5);
    }
    lin.act(plan, home(), nine(), |document, author, _| {
        care::apply(document.expect("a plan"), &again, author)
    })
    .expect("help");
    let withdraw = CareEdit::WithdrawConsent { reason: None };
    ge.act(plan, home(), nine(), |document, author, _| {
        care::apply(document.expect("a plan"), &withdraw, author)
    })
    .expect("a withdrawal");
    ge.sync().await.expect("an exchange");
    lin.sync().await.expect("an exchange");
    assert_eq!(
        field
            .text("select consent || ' ' || support from care_plan")
            .await,
        "withdrawn 1"
    );
    assert_eq!(
        field
            .count("select count(*) from care_support where overruled = 1")
            .await,
        1,
        "kept, and counts for nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_care_plan_in_a_general_partition_is_refused_and_leaves_no_row() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    cared_for(&mut lin, partition(GRID)).await;
    assert_eq!(field.count("select count(*) from document").await, 0);
    assert_eq!(field.count("select count(*) from care_plan").await, 0);
}
