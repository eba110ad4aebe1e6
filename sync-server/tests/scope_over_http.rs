//! Who reads and writes which partition, decided anew at every request: access classes, documents that move or are erased,
//! grids that end, substitutes, revoked phones.

mod field;

use field::{
    Field, demo_street, desk::somebody, door, hazard::report, nine, partition, phone::Phone,
};
use gridwalk_core::{
    error::Code,
    household::{self, HouseholdEdit, NewVisit, VisitKind, VisitOutcome},
    ids::{DocumentId, GridId, Hash, VisitId},
    reference::{Cover, Person},
    sync::{
        frame::{self, Effort},
        message::*,
        version::V2026_11_22,
    },
};
use gridwalk_server::{
    departure::{erase_document, move_document},
    store::{audit::Entry, device, person, reference},
};
use std::collections::BTreeSet;
use uuid::Uuid;

const OLD: &str = "梧桐-03";
const NEW: &str = "白鹭-01";

fn care(grid: &str) -> Partition {
    Partition {
        class: AccessClass::CARE,
        ..partition(grid)
    }
}

fn by_operator() -> Entry {
    Entry {
        subject: "operator".into(),
        action: "document_move",
        object: String::new(),
        result: "done".into(),
        address: "test".into(),
    }
}

fn visit(phone: &mut Phone, id: DocumentId, number: u128) -> Hash {
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
        .act(id, partition(OLD), nine(), |document, author, _| {
            household::apply(
                document.expect("a household"),
                &HouseholdEdit::RecordVisit(visit),
                author,
            )
        })
        .expect("a visit")
}

async fn assign(field: &Field, login: &'static str, grids: Vec<GridId>, cover: Option<Cover>) {
    let now = field.clock.now();
    let store = &field.server.state().store;
    let written = store.write(move |connection| {
        let id = person::by_login(connection, login)?.expect("somebody");
        let mut person = person::by_id(connection, id)?.expect("somebody");
        person.grids = grids.clone();
        person.covers = cover.into_iter().collect();
        reference::reassign(connection, &person, None, now)?;
        Ok(())
    });
    written.await.expect("a new assignment");
}

async fn moves(field: &Field, id: DocumentId) {
    let to = partition(NEW).grid;
    move_document(field.server.state(), id, to, by_operator())
        .await
        .expect("a move");
}

async fn neighbour(field: &Field) -> Phone {
    let worker = demo_street().worker(partition(NEW).grid.0);
    field.phone(&worker.expect("a worker").login).await
}

fn told(response: &Response) -> BTreeSet<Partition> {
    let news = response.partitions.iter().map(|news| news.partition);
    news.collect()
}

// ── access classes ──────────────────────────────────────────────────────────────────────────────────────────────────

/// A document that this phone calls a care plan; what is in it does not matter to sync.
fn plan(phone: &mut Phone, number: u128, home: Partition) -> DocumentId {
    let before = phone.unsent.len();
    let id = report(phone, number);
    for unsent in &mut phone.unsent[before..] {
        unsent.kind = DocumentKind::CARE_PLAN;
        unsent.partition = home;
    }
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_care_plan_reaches_the_grids_workers_and_a_helper_does_not_learn_that_it_exists() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let id = plan(&mut lin, 1, care(OLD));
    lin.sync().await.expect("an exchange");
    assert_eq!(lin.acknowledged.len(), 2);
    let mut ge = field.phone("ge-shuangjiang").await;
    ge.sync().await.expect("news");
    assert!(ge.documents.contains_key(&id));
    assert_eq!(
        field
            .count("select count(*) from feed where class = 0")
            .await,
        0
    );

    let helper = somebody("helper", Some(OLD));
    let mut helper = field.phone(&helper.login).await;
    let (response, _) = helper.exchange().await.expect("an exchange");
    let grids = told(&response);
    assert!(grids.contains(&partition(OLD)));
    assert!(!grids.contains(&care(OLD)));
    let forged = Cursor {
        partition: care(OLD),
        position: 0,
        digest: Digest::EMPTY,
    };
    helper.cursors.insert(care(OLD), forged);
    let (response, _) = helper.exchange().await.expect("an exchange");
    assert_eq!(response.gone, [care(OLD)], "as if there were none");
    assert!(!helper.documents.contains_key(&id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_care_plan_never_enters_a_general_feed_and_nothing_else_a_care_feed() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    plan(&mut lin, 1, partition(OLD));
    report(&mut lin, 9);
    for unsent in &mut lin.unsent[2..] {
        unsent.partition = care(OLD);
    }
    let (response, _) = lin.exchange().await.expect("an exchange");
    let codes: Vec<_> = response.results.iter().map(ChangeResult::code).collect();
    assert_eq!(codes, [Some(Code::OutOfScope); 4]);
    assert_eq!(field.count("select count(*) from feed").await, 0);
    assert_eq!(field.count("select count(*) from document").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_becomes_a_helper_loses_the_care_class_at_the_next_request() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    plan(&mut lin, 1, care(OLD));
    lin.sync().await.expect("an exchange");
    let store = &field.server.state().store;
    let demoted = store.write(|connection| {
        connection.execute(
            "update person set role = 'helper' where login = 'lin-xiao'",
            [],
        )?;
        Ok(())
    });
    demoted.await.expect("another role");
    let (response, _) = lin.exchange().await.expect("an exchange");
    let lost = lin.carrier.grids.iter().map(|grid| Partition {
        grid: GridId(*grid),
        class: AccessClass::CARE,
    });
    let gone: BTreeSet<Partition> = response.gone.iter().copied().collect();
    assert_eq!(gone, lost.collect());
}

// ── documents that leave ────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_household_leaves_one_feed_enters_the_other_and_every_digest_stays() {
    let field = Field::open().await;
    let (id, stays) = (
        field.furnish(door("502")).await,
        field.furnish(door("301")).await,
    );
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    visit(&mut lin, id, 1);
    lin.sync().await.expect("an exchange");
    let before = lin.cursors[&partition(OLD)];
    moves(&field, id).await;

    // whoever had read it hears that it left, at the next position
    let (_, plan) = lin.exchange().await.expect("news");
    let departed: Vec<_> = plan.departed.iter().map(|left| left.document).collect();
    assert_eq!(departed, [id]);
    assert!(!plan.restarted);
    let after = lin.cursors[&partition(OLD)];
    assert_eq!(after.position, before.position + 1);
    assert_eq!(after.digest, before.digest);
    // whoever comes later agrees, and sees no byte of it
    let mut ge = field.phone("ge-shuangjiang").await;
    ge.sync().await.expect("news");
    assert_eq!(ge.cursors[&partition(OLD)], after);
    assert!(ge.documents.contains_key(&stays));
    assert!(!ge.documents.contains_key(&id));
    // and the new grid has the whole of it
    let mut neighbour = neighbour(&field).await;
    neighbour.sync().await.expect("news");
    let view = household::view(&neighbour.documents[&id]);
    assert_eq!(view.visits.len(), 1);
    let name = field
        .text("select grid.name from household join grid on grid.id = household.grid order by household.visits desc limit 1")
        .await;
    assert_eq!(name, NEW);
    assert_eq!(
        field
            .text("select grid.name from visit join grid on grid.id = visit.grid")
            .await,
        NEW
    );
    // its catalogue decides, whatever an upload says
    visit(&mut lin, id, 2);
    let (response, _) = lin.exchange().await.expect("an exchange");
    assert_eq!(response.results[0].code(), Some(Code::OutOfScope));
    let kept = "select count(*) from evidence where code = 'OUT_OF_SCOPE'";
    assert_eq!(field.count(kept).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_that_moves_there_and_back_is_there_once() {
    let field = Field::open().await;
    let id = field.furnish(door("502")).await;
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    moves(&field, id).await;
    let back = partition(OLD).grid;
    move_document(field.server.state(), id, back, by_operator())
        .await
        .expect("a move back");
    visit(&mut lin, id, 1);
    lin.sync().await.expect("an exchange");
    assert_eq!(lin.acknowledged.len(), 1);
    let mut ge = field.phone("ge-shuangjiang").await;
    ge.sync().await.expect("news");
    assert_eq!(ge.cursors[&partition(OLD)], lin.cursors[&partition(OLD)]);
    let view = household::view(&ge.documents[&id]);
    assert_eq!(view.visits.len(), 1);
    let mut neighbour = neighbour(&field).await;
    neighbour.sync().await.expect("news");
    assert!(!neighbour.documents.contains_key(&id));
    let gaps = "select count(*) from (select position from feed where class = 0 union all
         select position from feed_mark where class = 0) as taken";
    let tips = "select cast(sum(tip) as bigint) from partition where class = 0";
    assert_eq!(field.count(gaps).await, field.count(tips).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_of_the_first_protocol_reads_on_across_a_move() {
    let field = Field::open().await;
    let id = field.furnish(door("502")).await;
    let stays = field.furnish(door("301")).await;
    moves(&field, id).await;
    let lin = field.phone("lin-xiao").await;
    let mut cursors = Vec::new();
    for round in 0..2 {
        let request = Request {
            protocol: V2026_11_22,
            cursors: std::mem::take(&mut cursors),
            epoch: None,
            ..lin.prepare().request
        };
        let body = frame::encode(&request, Effort::Small).expect("a body");
        let answer = lin.post(body).send().await.expect("an answer");
        let bytes = answer.bytes().await.expect("a body");
        let response: Response = frame::decode(&bytes).expect("an answer of ours");
        assert_eq!(response.protocol, V2026_11_22);
        let news = response
            .partitions
            .iter()
            .find(|news| news.partition == partition(OLD));
        if round == 1 {
            assert!(news.is_none(), "it stands where the server thinks it does");
            break;
        }
        let news = news.expect("news");
        // it counts what it can read, and skips a position for what it cannot
        let read = news.rows.iter().filter_map(|row| match &row.body {
            FeedBody::Change {
                document, bytes, ..
            } => Some((*document, gridwalk_core::sync::envelope::change_hash(bytes))),
            _ => None,
        });
        let read: Vec<_> = read.collect();
        assert!(read.iter().all(|(document, _)| *document == stays));
        assert_eq!(
            news.cursor.digest,
            Digest::of(read.iter().map(|(_, hash)| hash))
        );
        assert_eq!(news.cursor.position, 3);
        cursors = vec![news.cursor];
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_household_is_nowhere_any_more_and_a_late_edit_does_not_bring_it_back() {
    const WORDS: &str = "水表箱的门掉了一颗螺丝";
    let field = Field::open().await;
    let id = field.furnish(door("502")).await;
    let name = door("502").salutation.clone();
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    visit(&mut lin, id, 1);
    lin.sync().await.expect("an exchange");
    let before = lin.cursors[&partition(OLD)];
    let reason = "户主书面申请".to_owned();
    erase_document(field.server.state(), id, reason.clone(), by_operator())
        .await
        .expect("an erasure");
    for table in [
        "change",
        "feed",
        "household",
        "visit",
        "resident",
        "household_field",
    ] {
        let count = field
            .server
            .state()
            .store
            .read(move |connection| {
                let all = format!("select count(*) from {table}");
                Ok(connection.query_row(&all, [], |row| row.get::<_, i64>(0))?)
            })
            .await;
        assert_eq!(count.expect("a count"), 0, "{table}");
    }
    assert_eq!(field.text("select reason from erasure").await, reason);
    // no task speaks of it either
    let named = lin.rows.values().flatten();
    assert!(named.clone().count() > 0);
    visit(&mut lin, id, 2);
    let (response, plan) = lin.exchange().await.expect("an exchange");
    assert_eq!(response.results[0].code(), Some(Code::Erased));
    assert!(
        plan.departed
            .iter()
            .all(|left| left.document == id && left.erased)
    );
    let after = lin.cursors[&partition(OLD)];
    assert_eq!(
        (after.position, after.digest),
        (before.position + 1, before.digest)
    );
    let tasks = lin.rows.values().flatten();
    assert!(tasks.clone().all(|json| !json.contains(&id.to_string())));
    assert_eq!(field.count("select count(*) from evidence").await, 0);

    let field = field.restart().await;
    gridwalk_server::rebuild::rebuild(&field.server.state().store)
        .await
        .expect("a rebuild");
    assert_eq!(field.count("select count(*) from household").await, 0);
    lin.url = field.server.url();
    lin.renew_token().await.expect("a token");
    visit(&mut lin, id, 3);
    let (response, _) = lin.exchange().await.expect("an exchange");
    assert_eq!(response.results[0].code(), Some(Code::Erased));
    // SQLite overwrites what it deletes; PostgreSQL keeps it until it is vacuumed
    if field.server.state().config.postgres.is_none() {
        let file = std::fs::read(field.folder().join("registry.db"))
            .or_else(|_| std::fs::read(field.server.state().config.database()))
            .expect("the database");
        for word in [WORDS, name.as_str()] {
            let there = file
                .windows(word.len())
                .any(|window| window == word.as_bytes());
            assert!(!there, "{word} is still in the file");
        }
    }
    let mut ge = field.phone("ge-shuangjiang").await;
    ge.sync().await.expect("news");
    assert!(!ge.documents.contains_key(&id));
    assert_eq!(ge.cursors[&partition(OLD)], lin.cursors[&partition(OLD)]);
}

// ── grids that end ──────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test(flavor = "multi_thread")]
async fn what_was_saved_before_the_phone_heard_of_a_move_is_taken_and_what_came_after_waits() {
    let field = Field::open().await;
    let id = field.furnish(door("502")).await;
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    visit(&mut lin, id, 1);
    assign(&field, "lin-xiao", vec![partition(NEW).grid], None).await;
    let (response, _) = lin.exchange().await.expect("an exchange");
    assert_eq!(response.results, [ChangeResult::Stored]);
    assert!(response.gone.contains(&partition(OLD)));
    assert_eq!(field.count("select count(*) from visit").await, 1);
    // more of what it had saved: it has not been idle since it was told
    visit(&mut lin, id, 2);
    let (response, _) = lin.exchange().await.expect("an exchange");
    assert_eq!(response.results, [ChangeResult::Stored]);
    // now it has nothing left, and is told again: from here on it knows
    lin.exchange().await.expect("an exchange");
    visit(&mut lin, id, 3);
    let (response, _) = lin.exchange().await.expect("an exchange");
    assert_eq!(response.results[0].code(), Some(Code::OutOfScope));
    let waiting = "select count(*) from evidence where code = 'OUT_OF_SCOPE' and grid is not null";
    assert_eq!(field.count(waiting).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_did_not_come_from_the_old_feed_proves_nothing() {
    let field = Field::open().await;
    let id = field.furnish(door("502")).await;
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    assign(&field, "lin-xiao", vec![partition(NEW).grid], None).await;
    visit(&mut lin, id, 1);
    if let Some(cursor) = lin.cursors.get_mut(&partition(OLD)) {
        cursor.digest = Digest([7; 32]);
    }
    let (response, _) = lin.exchange().await.expect("an exchange");
    assert_eq!(response.results[0].code(), Some(Code::OutOfScope));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_substitute_has_the_grid_from_its_first_day_to_its_last() {
    const DAY_MS: i64 = 24 * 3_600_000;
    let field = Field::open().await;
    let id = field.furnish(door("502")).await;
    let mut neighbour = neighbour(&field).await;
    neighbour.sync().await.expect("news");
    let today = nine().local_date();
    let tomorrow = today.succ_opt().expect("tomorrow");
    let cover = Cover {
        grid: partition(OLD).grid,
        from: Some(tomorrow),
        to: Some(tomorrow),
    };
    let login = demo_street()
        .worker(partition(NEW).grid.0)
        .expect("a worker");
    let own: Vec<GridId> = login.grids.iter().copied().map(GridId).collect();
    let grids = [own, vec![partition(OLD).grid]].concat();
    assign(&field, &login.login, grids, Some(cover)).await;
    neighbour.sync().await.expect("today");
    assert!(!neighbour.documents.contains_key(&id));
    let row = ("grid".to_owned(), partition(OLD).grid.to_string());
    assert!(!neighbour.rows.contains_key(&row));
    let themselves = ("person".to_owned(), login.id.to_string());
    let known: Person =
        serde_json::from_str(neighbour.rows[&themselves].as_deref().expect("a row"))
            .expect("a colleague");
    assert_eq!(known.covers, [cover], "the phone can say until when");
    assert!(!known.grids_on(today).contains(&cover.grid));

    field.clock.advance_ms(DAY_MS);
    neighbour.renew_token().await.expect("a token");
    neighbour.sync().await.expect("tomorrow");
    assert!(neighbour.documents.contains_key(&id));
    assert!(neighbour.rows.contains_key(&row), "though it is an old row");
    visit(&mut neighbour, id, 1);

    field.clock.advance_ms(DAY_MS);
    neighbour.renew_token().await.expect("a token");
    let (response, _) = neighbour.exchange().await.expect("the day after");
    assert_eq!(response.results, [ChangeResult::Stored]);
    assert!(response.gone.contains(&partition(OLD)));
    neighbour.exchange().await.expect("it is told");
    visit(&mut neighbour, id, 2);
    let (response, _) = neighbour.exchange().await.expect("too late");
    assert_eq!(response.results[0].code(), Some(Code::OutOfScope));
}

// ── revoked phones ──────────────────────────────────────────────────────────────────────────────────────────────────

async fn revoke(field: &Field, phone: &mut Phone) {
    let (device, now) = (phone.device, field.clock.now());
    let store = &field.server.state().store;
    let revoked = store.write(move |connection| device::revoke(connection, device, now));
    assert!(revoked.await.expect("a revocation"));
    phone.renew_token().await.expect("a token to deliver with");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_phone_delivers_page_after_page_with_its_thumbnails_and_is_then_turned_away() {
    let field = Field::open().await;
    let id = field.furnish(door("502")).await;
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    visit(&mut lin, id, 1);
    lin.sync().await.expect("an exchange");
    revoke(&field, &mut lin).await;
    let thumbnail = field::tus::pictures()[0].thumbnail.clone();
    for number in 2..4 {
        visit(&mut lin, id, number);
        lin.blobs.push(thumbnail.clone());
        let (response, _) = lin.exchange().await.expect("a delivery");
        let codes: Vec<_> = response.results.iter().map(ChangeResult::code).collect();
        assert_eq!(codes, [Some(Code::DeviceRevoked)]);
        assert!(response.partitions.is_empty() && response.reference.rows.is_empty());
        assert!(response.gone.contains(&partition(OLD)));
        assert_eq!(response.blobs, [Hash::of(&thumbnail)]);
    }
    let refused = lin.exchange().await.map(drop);
    assert_eq!(
        refused,
        Err(field::phone::refusal(403, Code::DeviceRevoked))
    );
    assert_eq!(field.count("select count(*) from visit").await, 1);
    let kept = "select count(*) from evidence where code = 'DEVICE_REVOKED' and incarnation = 1";
    assert_eq!(field.count(kept).await, 2);
    let blobs = "select count(*) from blob where device is not null";
    assert_eq!(field.count(blobs).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_phone_fills_its_quota_with_blobs_too() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    report(&mut lin, 1);
    lin.sync().await.expect("an exchange");
    revoke(&field, &mut lin).await;
    let (device, now) = (lin.device.0, field.clock.now().0);
    let store = &field.server.state().store;
    let filled = store.write(move |connection| {
        connection.execute(
            "insert into blob (hash, bytes, media, received_at, device) values (?1, ?2, 'image/jpeg', ?3, ?4)",
            gridwalk_server::store::params![[1u8; 32], 64 * 1024 * 1024, now, device],
        )?;
        Ok(())
    });
    filled.await.expect("a full quota");
    report(&mut lin, 11);
    let refused = lin.exchange().await.map(drop).expect_err("no room");
    assert_eq!((refused.status, refused.code), (429, Code::QueueFull));
    assert_eq!(field.count("select count(*) from evidence").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_another_worker_is_no_cover() {
    // somebody who never had the grid names its feed as if they had read it
    let field = Field::open().await;
    let id = field.furnish(door("502")).await;
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    let mut neighbour = neighbour(&field).await;
    neighbour.sync().await.expect("news");
    neighbour
        .cursors
        .insert(partition(OLD), lin.cursors[&partition(OLD)]);
    neighbour.documents.insert(id, lin.documents[&id].clone());
    visit(&mut neighbour, id, 1);
    let (response, _) = neighbour.exchange().await.expect("an exchange");
    assert_eq!(response.results[0].code(), Some(Code::OutOfScope));
}
