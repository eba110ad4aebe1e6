//! Two servers on one PostgreSQL, with no other coordination: what a phone brings to one, another phone reads at the other,
//! and the other is woken. Two desks do not undo each other. Where the store is a file there is only one server, and this
//! says so.

mod field;

use field::{
    Field, database,
    desk::{Desk, somebody},
    door,
    hazard::report,
    line::{heard, line},
    partition,
    phone::Phone,
};
use gridwalk_core::ids::DocumentId;
use gridwalk_server::{
    Running,
    departure::move_document,
    store::{audit::Entry, person, reference},
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_is_brought_the_other_shows_and_is_woken_for() {
    let field = Field::open().await;
    let Some(second) = field.second_server().await else {
        return said_so();
    };
    let id = field.furnish(door("502")).await;
    let mut here = field.phone("lin-xiao").await;
    let code = field.code("lin-xiao").await;
    let mut there = Phone::enrol(&second.url(), &code, "lin-xiao", &field.clock)
        .await
        .expect("a phone at the second server");
    there.sync().await.expect("a first exchange");
    assert!(there.documents.contains_key(&id));

    let mut woken = second.state().store.published();
    woken.mark_unchanged();
    let incident = report(&mut here, 1);
    here.sync()
        .await
        .expect("an exchange with the first server");
    woken.changed().await.expect("a listening store");
    there
        .sync()
        .await
        .expect("an exchange with the second server");
    assert!(there.documents.contains_key(&incident));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_at_one_server_hears_what_happens_at_the_other() {
    let field = Field::open().await;
    let Some(second) = field.second_server().await else {
        return said_so();
    };
    let mut here = field.phone("lin-xiao").await;
    let code = field.code("ge-shuangjiang").await;
    let there = Phone::enrol(&second.url(), &code, "ge-shuangjiang", &field.clock)
        .await
        .expect("a phone at the second server");
    let mut open = line(&there).await;
    // a colleague's report
    let incident = report(&mut here, 1);
    here.sync().await.expect("an exchange");
    assert!(heard(&mut open).await.is_some());
    // a row that the centre owns
    let store = &field.server.state().store;
    let told = store.write(|connection| {
        let lin = person::by_login(connection, "lin-xiao")?.expect("lin");
        let lin = person::by_id(connection, lin)?.expect("lin");
        reference::put_person(connection, &lin, None)
    });
    told.await.expect("a new version");
    assert!(heard(&mut open).await.is_some());
    // a document that leaves
    let entry = Entry {
        subject: "operator".into(),
        action: "document_move",
        object: incident.to_string(),
        result: "done".into(),
        address: "test".into(),
    };
    let elsewhere = partition("白鹭-01").grid;
    move_document(field.server.state(), incident, elsewhere, entry)
        .await
        .expect("a move");
    assert!(heard(&mut open).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_under_load_publish_every_change_once_and_without_gaps() {
    let field = Field::open().await;
    let Some(second) = field.second_server().await else {
        return said_so();
    };
    let mut tasks = Vec::new();
    for number in 0..6u128 {
        let url = match number % 2 {
            0 => field.server.url(),
            _ => second.url(),
        };
        let code = field.code("lin-xiao").await;
        let clock = field.clock.clone();
        tasks.push(tokio::spawn(async move {
            let mut phone = Phone::enrol(&url, &code, "lin-xiao", &clock)
                .await
                .expect("a phone");
            let mut reported = Vec::new();
            for round in 0..4 {
                reported.push(report(&mut phone, number * 10 + round));
                phone.sync().await.expect("an exchange");
            }
            (phone, reported)
        }));
    }
    let mut phones = Vec::new();
    let mut reported = Vec::new();
    for task in tasks {
        let (phone, ids) = task.await.expect("a phone's day");
        phones.push(phone);
        reported.extend(ids);
    }
    for phone in &mut phones {
        phone.sync().await.expect("a last exchange");
        for id in &reported {
            assert!(phone.documents.contains_key(id), "{id} is missing");
        }
    }
    // Positions 1, 2, 3 …: as many as the last one says.
    let gaps = "select count(*) from partition p
        where tip <> (select count(*) from feed f where f.grid = p.grid and f.class = p.class)";
    assert_eq!(field.count(gaps).await, 0);
    assert_eq!(
        field
            .count("select count(*) from change where state <> 'published'")
            .await,
        0
    );
    assert!(field.count("select max(tip) from partition").await >= 48);
    assert_eq!(field.count("select count(*) from incident").await, 24);
    assert_eq!(
        field
            .count("select count(distinct case_no) from incident")
            .await,
        24
    );
}

/// Also where there is one server: two desks are two people.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_cases_that_two_desks_merge_into_each_other_at_once_one_stays_open() {
    let field = Field::open().await;
    let second = field.second_server().await;
    let mut lin = field.phone("lin-xiao").await;
    let pairs: Vec<[DocumentId; 2]> = (0..12)
        .map(|n| [0, 1].map(|m| report(&mut lin, 1 + 4 * n + 2 * m)))
        .collect();
    lin.sync().await.expect("an exchange");
    let here = Desk::open(&field, somebody("dispatcher", None)).await;
    let mut there = Desk::open(&field, somebody("duty_chief", None)).await;
    there.url = second.as_ref().map_or(there.url, Running::url);
    let merge = |desk: &Desk, case: DocumentId, into: DocumentId| {
        let path = format!("/api/registry/incidents/{case}/actions");
        let request = desk.post(&path, &json!({"type": "merge", "into": into}));
        tokio::spawn(async move { request.send().await.expect("an answer").status().as_u16() })
    };
    let mut clicks = Vec::new();
    for [one, other] in &pairs {
        clicks.push([merge(&here, *one, *other), merge(&there, *other, *one)]);
    }
    for [one, other] in clicks {
        let mut answers = [one.await.expect("over"), other.await.expect("over")];
        answers.sort_unstable();
        assert_eq!(answers, [200, 422], "one is told that the other has ended");
    }
    for (state, count) in [
        ("select count(*) from incident where state = 'merged'", 12),
        ("select count(*) from incident where state = 'reported'", 12),
    ] {
        assert_eq!(field.count(state).await, count, "{state}");
    }
}

fn said_so() {
    eprintln!(
        "skipped: {} names no PostgreSQL (scripts/postgres.sh)",
        database::ADDRESS
    );
}
