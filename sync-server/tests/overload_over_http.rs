//! More at once than there is room for: who is turned away, when it may come back, and that nothing is forgotten.

mod field;

use field::{
    Field,
    backlog::log_doors,
    hazard::report,
    phone::{Refused, refused},
    slow_disk::SlowDisk,
};
use gridwalk_core::{error::Code, ids::DocumentId, sync::message::ChangeResult};
use gridwalk_server::{gate::Pass, merge::Merger};
use std::{collections::BTreeSet, time::Duration};
use uuid::Uuid;

/// Long enough for any machine, and never waited for when all is well.
const LONG: Duration = Duration::from_secs(90);
/// So many uploads are a crowd, for which merging stands back.
const CROWD: usize = 17;
/// More orders than the merging thread takes and its queue holds.
const ORDERS: u128 = 1_100;
const LOGGED: &str = "select count(*) from change where state = 'logged'";

fn inside(field: &Field, count: usize) -> Vec<Pass> {
    let gate = &field.server.state().gate;
    let passes = (0..count).map(|_| gate.enter());
    passes.collect::<Option<_>>().expect("room")
}

fn is_busy(refused: &Refused) -> bool {
    (refused.status, refused.code) == (503, Code::ServerBusy)
}

/// Asks for it and does not wait.
async fn order(merger: &Merger, documents: Vec<DocumentId>) {
    tokio::select! {
        biased;
        () = merger.merge(documents) => {}
        () = std::future::ready(()) => {}
    }
}

async fn until_nothing_waits(field: &Field) {
    let mut woken = field.server.state().store.published();
    let merged = async {
        while field.count(LOGGED).await > 0 {
            woken.changed().await.expect("a store");
        }
    };
    let merged = tokio::time::timeout(LONG, merged).await;
    merged.expect("something was forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_last_place_an_upload_is_turned_away_unread_and_a_question_is_answered() {
    let field = Field::with_queue(4).await;
    let mut lin = field.phone("lin-xiao").await;
    let mut ge = field.phone("ge-shuangjiang").await;
    report(&mut lin, 1);
    let places = inside(&field, 4);
    let turned_away = lin.exchange().await.map(drop);
    assert!(is_busy(&turned_away.expect_err("no room")));
    assert_eq!(field.count("select count(*) from change").await, 0);
    let nonsense = || async { lin.post(vec![7; 4096]).send().await.expect("an answer") };
    assert!(is_busy(&refused(nonsense().await).await), "it was read");
    ge.exchange().await.expect("a question needs no place");
    drop(places);
    assert_eq!(nonsense().await.status(), 400);
    lin.sync().await.expect("later");
    assert_eq!(lin.acknowledged.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_are_turned_away_together_do_not_come_back_together() {
    let field = Field::with_queue(4).await;
    let mut lin = field.phone("lin-xiao").await;
    report(&mut lin, 1);
    let _places = inside(&field, 4);
    let mut moments = BTreeSet::new();
    for _ in 0..40 {
        let turned_away = lin.exchange().await.map(drop).expect_err("no room");
        moments.insert(turned_away.retry_after.expect("a moment to come back"));
    }
    assert!(moments.len() > 1, "all at {moments:?}");
    assert!(moments.iter().all(|seconds| (2..12).contains(seconds)));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_crowd_delivers_no_acknowledgement_waits_for_merging_and_afterwards_all_is_merged()
{
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    report(&mut lin, 1);
    let crowd = inside(&field, CROWD);
    let (response, _) = lin.exchange().await.expect("an acknowledgement");
    assert_eq!(response.results, vec![ChangeResult::Stored; 2]);
    assert_eq!(field.count(LOGGED).await, 2, "merging stands back");
    drop(crowd);
    until_nothing_waits(&field).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_found_the_merge_queue_full_is_merged_when_the_queue_has_been_worked_off() {
    let field = Field::with_queue(4).await;
    let doors = log_doors(&field, 2).await;
    let merger = &field.server.state().merger;
    let disk = SlowDisk::under(&field);
    order(merger, vec![doors[0]]).await;
    for nobody in 0..ORDERS {
        order(merger, vec![DocumentId(Uuid::from_u128(nobody))]).await;
    }
    order(merger, vec![doors[1]]).await;
    disk.recover();
    until_nothing_waits(&field).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_to_be_merged_while_the_store_was_away_is_merged_when_it_is_back() {
    let field = Field::open().await;
    let doors = log_doors(&field, 3).await;
    let state = field.server.state();
    let away = state.store.write(|connection| {
        connection.execute_batch("alter table document rename to document_away")?;
        Ok(())
    });
    away.await.expect("a store without a catalogue");
    state.merger.merge(doors).await;
    assert_eq!(field.count(LOGGED).await, 3);
    let back = state.store.write(|connection| {
        connection.execute_batch("alter table document_away rename to document")?;
        Ok(())
    });
    back.await.expect("the catalogue");
    until_nothing_waits(&field).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_documents_are_published_a_few_at_a_time() {
    let field = Field::open().await;
    let doors = log_doors(&field, 100).await;
    assert_eq!(doors.len(), 100);
    let mut published = field.server.state().store.published();
    let before = *published.borrow();
    field.server.state().merger.merge(doors).await;
    assert_eq!(field.count(LOGGED).await, 0);
    let twice = published.wait_for(|count| *count >= before + 2);
    let twice = tokio::time::timeout(LONG, twice).await;
    twice.expect("one transaction for all").expect("a store");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_with_nothing_to_say_costs_one_reading() {
    const TIMES: u64 = 20;
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    let store = &field.server.state().store;
    let before = store.readings();
    for _ in 0..TIMES {
        lin.exchange().await.expect("nothing new");
    }
    // the sweep that every start begins with may read too
    let readings = store.readings() - before;
    assert!((TIMES..2 * TIMES).contains(&readings), "{readings}");
}
