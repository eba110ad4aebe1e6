//! One exchange after the other over real HTTP: what arrives, in which order, and that nothing acknowledged is lost
//! whatever goes wrong. What is turned away at the door is in `refusals_over_http.rs`.

mod field;

use automerge::{Change, ExpandedChange, legacy};
use field::{
    Field, door,
    hazard::{report, reported},
    nine, partition,
    phone::{Phone, refusal},
};
use gridwalk_core::{
    act::Role,
    document::Unordered,
    error::Code,
    household::{self, FieldChange, HouseholdEdit, NewVisit, VisitKind, VisitOutcome},
    ids::{DocumentId, Hash, PersonId, VisitId},
    incident::{self, IncidentState, Severity},
    sync::message::{AccessClass, ChangeResult, Digest, FeedBody, Partition},
};
use gridwalk_server::{ingest::Delivery, store::device};
use uuid::Uuid;

fn visit(number: u128) -> HouseholdEdit {
    HouseholdEdit::RecordVisit(NewVisit {
        id: VisitId(Uuid::from_u128(
            0x0199_4000_0000_7000_9000_0000_0000_0000 | number,
        )),
        kind: VisitKind::Routine,
        outcome: VisitOutcome::Met,
        started_at: nine(),
        ended_at: nine().plus_ms(240_000),
        changes: vec![FieldChange::HouseholdSize(3)],
        confirmed: Vec::new(),
        persons_met: Some(1),
        note: None,
        voice: None,
        task: None,
        incidents: Vec::new(),
        next_due: None,
        care_emergency: false,
    })
}

fn record_visit(phone: &mut Phone, id: DocumentId, number: u128) -> Hash {
    phone
        .act(id, partition("梧桐-03"), nine(), |document, author, _| {
            household::apply(document.expect("a household"), &visit(number), author)
        })
        .expect("a visit")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hazard_reported_on_one_phone_arrives_on_the_other_and_in_the_registry() {
    let field = Field::open().await;
    let (mut lin, mut ge) = (
        field.phone("lin-xiao").await,
        field.phone("ge-shuangjiang").await,
    );
    let id = report(&mut lin, 1);
    let (response, plan) = lin.exchange().await.expect("an exchange");
    assert_eq!(
        response.results,
        [ChangeResult::Stored, ChangeResult::Stored]
    );
    // Its own changes come back as a name, in the same round trip.
    assert_eq!(plan.placed.len(), 2);
    assert!(plan.changes.is_empty());
    ge.sync().await.expect("news");
    let here = incident::view(&ge.documents[&id], &ge.positions).expect("an incident");
    let there = incident::view(&lin.documents[&id], &lin.positions).expect("an incident");
    assert_eq!((here.state, here), (IncidentState::Reported, there));
    let row = field
        .text("select case_no || ' ' || state || ' ' || reported_at from incident")
        .await;
    assert_eq!(row, "20260914-1-0001 reported 2026-09-14T01:00:00.000Z");
    assert_eq!(field.count("select count(*) from incident_event").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_gets_the_rows_of_its_grids_only() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    let grids: Vec<_> = lin.rows.keys().filter(|(kind, _)| kind == "grid").collect();
    assert_eq!(grids.len(), lin.carrier.grids.len());
    assert!(lin.rows.keys().any(|(kind, _)| kind == "task"));
    assert!(lin.rows.keys().any(|(kind, _)| kind == "category"));
    let (response, _) = lin.exchange().await.expect("a second exchange");
    assert!(response.reference.rows.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_upload_again_is_had_and_has_one_effect() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    report(&mut lin, 1);
    let prepared = lin.prepare();
    let first = lin.send(&prepared).await.expect("an answer that gets lost");
    let again = lin.send(&prepared).await.expect("an answer");
    assert_eq!(first.results, [ChangeResult::Stored, ChangeResult::Stored]);
    assert_eq!(again.results, [ChangeResult::Had, ChangeResult::Had]);
    lin.settle(prepared, &again);
    assert_eq!(lin.acknowledged.len(), 2);
    assert_eq!(field.count("select count(*) from change").await, 2);
    assert_eq!(field.count("select count(*) from feed").await, 2);
    assert_eq!(field.count("select count(*) from envelope").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_held_until_what_it_builds_on_arrives() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let id = report(&mut lin, 1);
    let first = lin.unsent.remove(0);
    let (response, _) = lin.exchange().await.expect("an exchange");
    let missing = vec![first.change.hash];
    assert_eq!(response.results, [ChangeResult::Held { missing }]);
    assert_eq!(lin.acknowledged.len(), 1, "held is durable");
    assert_eq!(
        field.count("select count(*) from feed").await,
        0,
        "and invisible"
    );
    lin.unsent.push(first);
    lin.sync().await.expect("the missing one");
    assert_eq!(
        field
            .count("select count(*) from change where state = 'published'")
            .await,
        2
    );
    let mut ge = field.phone("ge-shuangjiang").await;
    ge.sync().await.expect("news");
    let view = incident::view(&ge.documents[&id], &ge.positions).expect("an incident");
    assert_eq!(view.state, IncidentState::Reported);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_is_refused_and_both_branches_are_kept() {
    let field = Field::open().await;
    let id = field.furnish(door("502")).await;
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    let before = lin.documents[&id].clone();
    record_visit(&mut lin, id, 1);
    lin.sync().await.expect("the first branch");
    // A restored copy of the phone writes the same number again.
    lin.documents.insert(id, before);
    let fork = record_visit(&mut lin, id, 2);
    let (response, _) = lin.exchange().await.expect("an exchange");
    assert_eq!(
        response.results,
        [ChangeResult::Refused {
            code: Code::ActorForked.as_str().into(),
            follows: None
        }]
    );
    assert!(!lin.acknowledged.contains(&(id, fork)));
    assert_eq!(field.count("select count(*) from visit").await, 1);
    assert_eq!(
        field
            .text("select code || ' ' || count(*) from evidence group by code")
            .await,
        "ACTOR_FORKED 1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_worker_reads_the_new_grid_and_the_old_one_is_gone_at_the_next_request() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let id = field.furnish(door("502")).await;
    lin.sync().await.expect("news");
    assert!(lin.documents.contains_key(&id));
    let new = partition("白鹭-01");
    let lin_id = PersonId(lin.carrier.id);
    let store = &field.server.state().store;
    store
        .write(move |connection| {
            let mut person =
                gridwalk_server::store::person::by_id(connection, lin_id)?.expect("lin");
            person.grids = vec![new.grid];
            gridwalk_server::store::reference::put_person(connection, &person, None)
        })
        .await
        .expect("a move");
    let (response, _) = lin.exchange().await.expect("an exchange");
    let lost = partition("梧桐-03");
    let care = Partition {
        class: AccessClass::CARE,
        ..lost
    };
    assert_eq!(response.gone, [lost, care]);
    let grid = ("grid".to_owned(), new.grid.to_string());
    assert!(
        lin.rows.contains_key(&grid),
        "rows older than the move come too"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_phone_reads_nothing_and_what_it_brings_waits_for_a_person() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    report(&mut lin, 1);
    let (device, now) = (lin.device, field.clock.now());
    let store = &field.server.state().store;
    let found = store
        .write(move |connection| gridwalk_server::store::device::revoke(connection, device, now))
        .await;
    assert!(found.expect("a revocation"));
    let refused = lin.exchange().await.map(drop);
    assert_eq!(
        refused,
        Err(refusal(401, Code::TokenExpired)),
        "its token died at once"
    );
    lin.renew_token().await.expect("a token to deliver with");
    let (response, _) = lin.exchange().await.expect("a delivery");
    let codes: Vec<_> = response.results.iter().map(ChangeResult::code).collect();
    assert_eq!(codes, [Some(Code::DeviceRevoked); 2]);
    assert!(response.partitions.is_empty());
    let refused = lin.exchange().await.map(drop);
    assert_eq!(refused, Err(refusal(403, Code::DeviceRevoked)));
    assert_eq!(field.count("select count(*) from change").await, 0);
    let evidence = "select count(*) from evidence where code = 'DEVICE_REVOKED'";
    assert_eq!(field.count(evidence).await, 2);
    let photo = lin
        .http
        .get(format!("{}/blobs/{}", lin.url, Hash::of(b"x")))
        .bearer_auth(&lin.token);
    assert_eq!(photo.send().await.expect("an answer").status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_another_name_or_role_is_refused_with_what_builds_on_it() {
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
    let forged = lin
        .act(id, partition("梧桐-03"), nine(), |document, author, _| {
            let mut author = author.clone();
            author.act.by = other;
            household::apply(document.expect("a household"), &visit(1), &author)
        })
        .expect("a forged visit");
    record_visit(&mut lin, id, 2);
    let mut draft = reported(7);
    draft.severity = Severity::new(1).expect("a level");
    lin.act(
        draft.id.into(),
        partition("梧桐-03"),
        nine(),
        |_, author, _| {
            let mut author = author.clone();
            author.act.role = Role::Dispatcher;
            incident::create(&draft, &[], &author)
        },
    )
    .expect("a draft in a borrowed role");
    let (response, _) = lin.exchange().await.expect("an exchange");
    let refused = |code: Code, follows| ChangeResult::Refused {
        code: code.as_str().into(),
        follows,
    };
    assert_eq!(
        response.results,
        [
            refused(Code::AuthorMismatch, None),
            refused(Code::AuthorMismatch, Some(forged)),
            refused(Code::WrongRole, None),
        ]
    );
    assert_eq!(field.count("select count(*) from visit").await, 0);
    assert_eq!(field.count("select count(*) from evidence").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_of_another_device_is_refused_and_writes_nothing() {
    let field = Field::open().await;
    let (mut lin, ge) = (
        field.phone("lin-xiao").await,
        field.phone("ge-shuangjiang").await,
    );
    report(&mut lin, 1);
    lin.key = ge.key.clone();
    let refused = lin.exchange().await.map(drop);
    assert_eq!(refused, Err(refusal(403, Code::SignatureBad)));
    assert_eq!(field.count("select count(*) from evidence").await, 0);
    assert_eq!(field.count("select count(*) from change").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_in_the_chain_of_envelopes_is_recorded_and_no_reason_to_refuse() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    lin.previous = Some((4, Hash::of(b"an envelope that never arrived")));
    report(&mut lin, 1);
    lin.sync().await.expect("an exchange");
    assert_eq!(lin.acknowledged.len(), 2);
    assert_eq!(field.text("select chain from envelope").await, "gap");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_whose_digest_does_not_fit_begins_again() {
    let field = Field::open().await;
    let (mut lin, mut ge) = (
        field.phone("lin-xiao").await,
        field.phone("ge-shuangjiang").await,
    );
    let id = report(&mut lin, 1);
    lin.sync().await.expect("an exchange");
    ge.sync().await.expect("news");
    let home = partition("梧桐-03");
    ge.cursors.get_mut(&home).expect("a cursor").digest = Digest([7; 32]);
    let (response, _) = ge.exchange().await.expect("an exchange");
    let news = response
        .partitions
        .iter()
        .find(|news| news.partition == home)
        .expect("news");
    assert!(news.restart);
    assert_eq!(news.rows.len(), 2);
    assert!(matches!(&news.rows[0].body, FeedBody::Change { document, .. } if *document == id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_comes_in_pages_and_is_whole_in_the_end() {
    let field = Field::open().await;
    let (mut lin, mut ge) = (
        field.phone("lin-xiao").await,
        field.phone("ge-shuangjiang").await,
    );
    let ids: Vec<_> = (0..20)
        .map(|number| report(&mut lin, number * 16))
        .collect();
    lin.sync().await.expect("an exchange");
    ge.page_bytes = 2_000;
    let trips = ge.sync().await.expect("news");
    assert!(trips > 10, "{trips} round trips");
    for id in ids {
        let here = ge.documents[&id].heads();
        assert_eq!(here, lin.documents[&id].heads());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_acknowledged_is_there_after_a_restart() {
    let field = Field::open().await;
    let id = field.furnish(door("502")).await;
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    record_visit(&mut lin, id, 1);
    report(&mut lin, 1);
    lin.sync().await.expect("an exchange");
    let epoch = lin.epoch;
    let field = field.restart().await;
    let mut ge = field.phone("ge-shuangjiang").await;
    ge.sync().await.expect("news");
    assert_eq!(ge.epoch, epoch);
    for (document, change) in &lin.acknowledged {
        assert!(ge.documents[document].has(change));
    }
    // Another process is another writer, and the phone carries on where it was.
    lin.url = field.server.url();
    record_visit(&mut lin, id, 2);
    lin.sync().await.expect("an exchange with the new process");
    assert_eq!(field.count("select count(*) from visit").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_logged_and_not_merged_is_published_by_the_next_start() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let id = report(&mut lin, 1);
    lin.sync().await.expect("an exchange");
    // As if the process had ended between the two: durable, not yet published.
    let store = &field.server.state().store;
    store
        .write(|connection| {
            connection.execute_batch(
                "delete from feed; delete from partition; delete from incident; delete from photo;
                 update change set state = 'logged'; update document set snapshot = null, revision = 0;",
            )?;
            Ok(())
        })
        .await
        .expect("a crash");
    let field = field.restart().await;
    field.server.state().merger.merge(vec![id]).await;
    assert_eq!(field.count("select count(*) from feed").await, 2);
    assert_eq!(field.text("select state from incident").await, "reported");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_logged_and_not_merged_is_published_when_the_phone_brings_it_again() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    report(&mut lin, 1);
    // As if the connection had ended between the two: durable, nobody told, not published.
    let upload = lin.prepare().request.upload.expect("an upload");
    let (store, device) = (&field.server.state().store, lin.device);
    let speaker = store.read(move |connection| device::by_id(connection, device, nine()));
    let speaker = speaker.await.expect("an answer").expect("a phone");
    let delivery = Delivery::check(speaker, &upload, nine()).expect("a good signature");
    let receipt = store.write(move |connection| delivery.write(connection));
    receipt.await.expect("a durable upload");
    assert_eq!(field.count("select count(*) from feed").await, 0);
    lin.sync().await.expect("the same again");
    assert_eq!(lin.acknowledged.len(), 2);
    assert_eq!(field.count("select count(*) from feed").await, 2);
    assert_eq!(field.text("select state from incident").await, "reported");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_fits_no_history_is_put_aside_alone() {
    let field = Field::open().await;
    let id = field.furnish(door("502")).await;
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    record_visit(&mut lin, id, 1);
    report(&mut lin, 1);
    // Well formed, rightly signed, and about an object that nobody made: the first operation was a plain value.
    let creator = lin.documents[&id].clone().changes()[0].actor;
    let honest = &lin.unsent[0].change;
    let mut bent: ExpandedChange = Change::try_from(&honest.bytes[..])
        .expect("a change")
        .decode();
    bent.hash = None;
    for operation in &mut bent.operations {
        let actor = automerge::ActorId::from(creator);
        operation.obj = legacy::ObjectId::Id(legacy::OpId(1, actor));
        operation.pred = legacy::SortedVec::new();
    }
    let bent = Change::from(bent);
    let hash = Hash(bent.hash().0);
    lin.unsent[0].change.bytes = bent.raw_bytes().to_vec();
    lin.unsent[0].change.hash = hash;
    let (response, _) = lin.exchange().await.expect("an exchange");
    let stored = [
        ChangeResult::Stored,
        ChangeResult::Stored,
        ChangeResult::Stored,
    ];
    assert_eq!(response.results, stored);
    assert_eq!(
        field
            .count("select count(*) from change where state = 'quarantined'")
            .await,
        1
    );
    assert_eq!(field.count("select count(*) from visit").await, 0);
    assert_eq!(
        field.text("select state from incident").await,
        "reported",
        "the rest goes on"
    );
    let mut ge = field.phone("ge-shuangjiang").await;
    ge.sync().await.expect("news");
    assert!(!ge.documents[&id].has(&hash), "it reaches no other phone");
    record_visit(&mut ge, id, 3);
    ge.sync().await.expect("work goes on in that household");
    assert_eq!(field.count("select count(*) from visit").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_takes_another_ones_name_never_touches_its_rows() {
    let field = Field::open().await;
    let (mut lin, mut ge) = (
        field.phone("lin-xiao").await,
        field.phone("ge-shuangjiang").await,
    );
    report(&mut lin, 1);
    lin.sync().await.expect("an exchange");
    let stranger = DocumentId(Uuid::from_u128(0x0199_4000_0000_7000_8000_0000_0000_ffff));
    let mut twin = reported(1);
    twin.description = "改写".into();
    ge.act(stranger, partition("梧桐-03"), nine(), |_, author, _| {
        incident::create(&twin, &[], author)
    })
    .expect("a draft under another id");
    ge.documents.remove(&stranger);
    ge.unsent[0].document = stranger;
    ge.exchange().await.expect("an exchange");
    assert_eq!(
        field.text("select description from incident").await,
        "楼道堆了两辆旧童车和纸箱"
    );
    assert_eq!(
        field
            .count("select count(*) from document where quarantined is not null")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_incident_reads_the_same_without_feed_positions_when_nobody_raced() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let id = report(&mut lin, 1);
    lin.sync().await.expect("an exchange");
    let document = &lin.documents[&id];
    assert_eq!(
        incident::view(document, &lin.positions).expect("an incident"),
        incident::view(document, &Unordered).expect("an incident")
    );
}
