//! Merging happens in a process of its own. When a document asks it for more memory than it may have, the process dies
//! with that document; the server, the other documents and the phones go on.

mod field;

use field::{Field, backlog::log_doors, door, nine, partition, phone::Phone};
use gridwalk_core::{
    household::{self, HouseholdEdit, NewVisit, VisitKind, VisitOutcome},
    ids::{DocumentId, VisitId},
    sync::message::ChangeResult,
};
use uuid::Uuid;

/// Enough for a household of years, by far not for what comes below.
const MEMORY: u64 = 16 * 1024 * 1024;

fn visit(number: u128, note: &str) -> HouseholdEdit {
    HouseholdEdit::RecordVisit(NewVisit {
        id: VisitId(Uuid::from_u128(
            0x0199_0000_0000_7000_8000_0000_0000_0000 + number,
        )),
        kind: VisitKind::Routine,
        outcome: VisitOutcome::Met,
        started_at: nine(),
        ended_at: nine().plus_ms(60_000),
        changes: Vec::new(),
        confirmed: Vec::new(),
        persons_met: None,
        note: Some(note.into()),
        voice: None,
        task: None,
        incidents: Vec::new(),
        next_due: None,
        care_emergency: false,
    })
}

fn record(phone: &mut Phone, id: DocumentId, number: u128, note: &str) {
    phone
        .act(id, partition("梧桐-03"), nine(), |document, author, _| {
            household::apply(document.expect("a household"), &visit(number, note), author)
        })
        .expect("a visit");
}

/// Durable, whatever becomes of it afterwards.
async fn deliver(phone: &mut Phone) {
    let (response, _) = phone.exchange().await.expect("the server answers");
    let stored = |result: &ChangeResult| *result == ChangeResult::Stored;
    assert!(
        response.results.iter().all(stored),
        "{:?}",
        response.results
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_beyond_all_memory_ends_its_process_and_nothing_else() {
    let field = Field::configured(|config| config.merge_memory = MEMORY).await;
    let (huge, honest) = (
        field.furnish(door("502")).await,
        field.furnish(door("401")).await,
    );
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    for morning in 0..10 {
        for number in 0..100 {
            record(&mut lin, huge, morning * 100 + number, &"长".repeat(900));
        }
        deliver(&mut lin).await;
    }
    record(&mut lin, honest, 9_000, "一切照旧。");
    deliver(&mut lin).await;
    // an acknowledgement does not wait for merging: behind all of it in the same queue
    field.server.state().merger.merge(vec![honest]).await;
    let ended = "select count(*) from change where state = 'quarantined' and quarantined like '%merging ended its worker%'";
    assert!(field.count(ended).await > 0);
    let visits =
        "select count(*) from visit v join household h on h.id = v.household where h.room = '401'";
    assert_eq!(field.count(visits).await, 1, "the rest goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_not_suspected_for_servers_that_ended_while_it_waited() {
    let field = Field::open().await;
    let doors = log_doors(&field, 1).await;
    // as after three power cuts before it was merged
    let store = &field.server.state().store;
    let counted = store.write(|connection| {
        connection.execute_batch("update document set attempts = 3")?;
        Ok(())
    });
    counted.await.expect("a count");
    let field = field.restart().await;
    // behind the recovery in the same queue
    field.server.state().merger.merge(doors).await;
    let aside = "select count(*) from document where quarantined is not null";
    assert_eq!(field.count(aside).await, 0);
    let published = "select count(*) from change where state = 'published'";
    assert_eq!(field.count(published).await, 1);
}
