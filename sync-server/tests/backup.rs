//! A backup is made while the server runs, opened, and restored: nothing in it is lost, what must not come back stays away,
//! and what it does not have is brought by whoever still holds it.

mod field;

use field::{Field, database, door, hazard::report, nine, partition, phone::Phone};
use gridwalk_core::{
    error::Code,
    household::{self, FieldChange, HouseholdEdit, NewVisit, VisitKind, VisitOutcome},
    ids::{DeviceId, DocumentId, GridId, Hash, VisitId},
    reference::Cover,
    sync::{
        envelope::{Sender, seal},
        message::*,
        repair,
    },
};
use gridwalk_server::{
    AppState, Config,
    assignment::{self, Change},
    backup,
    backup::seal::Identity,
    departure::{erase_document, move_document},
    holdings,
    ledger::{Entry, Ledger},
    store::{Store, audit, life, person},
};
use std::path::Path;
use tempfile::TempDir;

fn record_visit(phone: &mut Phone, id: DocumentId, number: u128) -> Hash {
    let visit = HouseholdEdit::RecordVisit(NewVisit {
        id: VisitId(uuid::Uuid::from_u128(
            0x0192_0000_0000_7000_8000_0000_0000_0000 | number,
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
    });
    phone
        .act(id, partition("梧桐-03"), nine(), |document, author, _| {
            household::apply(document.expect("a household"), &visit, author)
        })
        .expect("a visit")
}

/// A server with two phones, one of which knows what the other wrote, and a backup of it.
struct Scene {
    field: Field,
    lin: Phone,
    ge: Phone,
    household: DocumentId,
    elsewhere: TempDir,
    identity: Identity,
}

impl Scene {
    async fn open() -> Self {
        let elsewhere = tempfile::tempdir().expect("a folder");
        let ledger = elsewhere.path().join("ledger");
        let field = Field::configured(|config| config.ledger = Some(ledger)).await;
        let household = field.furnish(door("502")).await;
        let (mut lin, mut ge) = (
            field.phone("lin-xiao").await,
            field.phone("ge-shuangjiang").await,
        );
        lin.sync().await.expect("news");
        record_visit(&mut lin, household, 1);
        report(&mut lin, 1);
        lin.sync().await.expect("an exchange");
        ge.sync().await.expect("news");
        Self {
            field,
            lin,
            ge,
            household,
            elsewhere,
            identity: Identity::new().expect("a key"),
        }
    }

    fn backups(&self) -> std::path::PathBuf {
        self.elsewhere.path().join("backups")
    }

    async fn back_up(&self) -> backup::Made {
        let state = self.field.server.state();
        backup::make(state, &self.backups(), self.identity.recipient())
            .await
            .expect("a backup")
    }

    async fn verify(&self) -> backup::Verified {
        let scratch = tempfile::tempdir().expect("a folder");
        backup::verify(&self.backups(), None, &self.identity, scratch.path())
            .await
            .expect("it opens")
    }

    /// The server is gone; another folder is filled from the backup and served, on a store of the same kind.
    async fn restore(self) -> (Restored, Phone, Phone) {
        self.restore_into(database::fresh()).await
    }

    /// The same, on that store: a PostgreSQL, or a file.
    async fn restore_into(self, into: Option<String>) -> (Restored, Phone, Phone) {
        let Self {
            field,
            mut lin,
            mut ge,
            household,
            elsewhere,
            identity,
        } = self;
        let clock = field.clock.clone();
        field.server.stop().await.expect("a stop");
        let data = tempfile::tempdir().expect("a folder");
        let mut config = Config::new(data.path());
        config.clock = clock;
        config.ledger = Some(elsewhere.path().join("ledger"));
        config.postgres = into;
        config.merge_program = Some(env!("CARGO_BIN_EXE_gridwalk-server").into());
        let restored = {
            let state = AppState::open(config.clone()).expect("an empty folder");
            let backups = elsewhere.path().join("backups");
            backup::restore(&state, &backups, None, &identity)
                .await
                .expect("a restore")
        };
        let server = gridwalk_server::serve(config).await.expect("a server");
        lin.url = server.url();
        ge.url = server.url();
        let restored = Restored {
            server,
            figures: restored,
            household,
            elsewhere,
            _data: data,
        };
        (restored, lin, ge)
    }
}

struct Restored {
    server: gridwalk_server::Running,
    figures: backup::Restored,
    household: DocumentId,
    elsewhere: TempDir,
    _data: TempDir,
}

impl Restored {
    async fn has(&self, change: &Hash) -> bool {
        let change = *change;
        let store = &self.server.state().store;
        store
            .read(move |connection| {
                Ok(connection
                    .prepare_cached("select 1 from change where hash = ?1")?
                    .exists([change.0])?)
            })
            .await
            .expect("a look")
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let store = &self.server.state().store;
        store
            .read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?))
            .await
            .expect("a count")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_backup_has_is_there_again_under_a_new_epoch() {
    let scene = Scene::open().await;
    let made = scene.back_up().await;
    assert!(made.changes >= 3 && made.missing.is_empty(), "{made:?}");
    let before = holdings::read(scene.field.server.state())
        .await
        .expect("holdings");
    let audit = scene.field.count("select count(*) from audit").await;
    let lin = scene.lin.acknowledged.clone();
    let (restored, ..) = scene.restore().await;
    assert_eq!(restored.figures.epoch, 2);
    assert!(restored.figures.failed.is_empty());
    assert!(restored.figures.missing.is_empty());
    let after = holdings::read(restored.server.state())
        .await
        .expect("holdings");
    assert_eq!(before, after);
    for (_, change) in &lin {
        assert!(restored.has(change).await);
    }
    assert_eq!(
        restored.count("select count(*) from audit").await,
        audit + 1
    );
    let verified = restored
        .count("select count(*) from backup where verified_at is not null and epoch_counter = 2")
        .await;
    assert_eq!(
        verified, 1,
        "the backup it came from counts for the new life"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_backup_verifies_and_a_damaged_one_says_what_is_wrong() {
    let scene = Scene::open().await;
    scene.back_up().await;
    let good = scene.verify().await;
    assert!(good.wrong.is_empty(), "{:?}", good.wrong);
    assert!(good.changes >= 3 && good.feeds >= 1 && good.documents >= 2);

    // a row that is not what its name says, sealed again as the server would
    let state = scene.field.server.state();
    let spoil = |sql: &'static str| {
        let store = state.store.clone();
        async move {
            store
                .write(move |connection| Ok(connection.execute_batch(sql)?))
                .await
                .expect("spoilt");
        }
    };
    spoil("update feed set digest = (select digest from feed order by position desc limit 1) where position = 1").await;
    scene.back_up().await;
    let bad = scene.verify().await;
    assert_eq!(bad.number, 2);
    assert!(
        bad.wrong.iter().any(|wrong| wrong.contains("feed")),
        "{:?}",
        bad.wrong
    );
    spoil("update change set bytes = (select bytes from change order by sequence desc limit 1) where sequence = 1").await;
    scene.back_up().await;
    let worse = scene.verify().await;
    assert!(
        worse.wrong.iter().any(|wrong| wrong.contains("change")),
        "{:?}",
        worse.wrong
    );

    let sealed = scene.backups().join("backup-000001/log.sealed");
    let mut bytes = std::fs::read(&sealed).expect("the rows");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&sealed, bytes).expect("written");
    let scratch = tempfile::tempdir().expect("a folder");
    let opened = backup::verify(&scene.backups(), Some(1), &scene.identity, scratch.path()).await;
    assert!(opened.is_err(), "one flipped bit");
    let scratch = tempfile::tempdir().expect("a folder");
    let stranger = Identity::new().expect("a key");
    let opened = backup::verify(&scene.backups(), Some(2), &stranger, scratch.path()).await;
    assert!(opened.is_err(), "another key");
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_hear_of_a_backup_only_after_somebody_opened_it() {
    let mut scene = Scene::open().await;
    scene.back_up().await;
    report(&mut scene.lin, 2);
    let (response, _) = scene.lin.exchange().await.expect("an exchange");
    assert_eq!(response.watermarks, None);
    let verified = scene.verify().await;
    let manifest: Hash = verified.manifest.parse().expect("a hash");
    let store = &scene.field.server.state().store;
    let told = store
        .write(move |connection| {
            let wrong = life::verify_backup(connection, 1, &Hash([0; 32]), nine())?;
            let right = life::verify_backup(connection, 1, &manifest, nine())?;
            Ok((wrong, right))
        })
        .await
        .expect("told");
    assert_eq!(told, (false, true), "only the backup with that manifest");
    report(&mut scene.lin, 3);
    let (response, plan) = scene.lin.exchange().await.expect("an exchange");
    let home = partition("梧桐-03");
    let mark = response.watermarks.expect("marks")[0];
    assert_eq!((mark.partition, mark.began_at), (home, nine()));
    let tip = scene.lin.cursors[&home].position;
    assert!(
        mark.position > 0 && mark.position < tip,
        "what came later is not in it"
    );
    assert_eq!(plan.watermarks, [mark]);
    let (quiet, _) = scene.lin.exchange().await.expect("an exchange");
    assert_eq!(quiet.watermarks, None, "a quiet answer stays small");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_brings_back_what_a_lost_phone_had_written_after_the_backup() {
    let mut scene = Scene::open().await;
    scene.back_up().await;
    // a phone that the backup has never heard of, and that nobody sees again
    let mut lost = scene.field.phone("lin-xiao").await;
    lost.sync().await.expect("news");
    let change = record_visit(&mut lost, scene.household, 7);
    lost.sync().await.expect("an exchange");
    assert!(lost.acknowledged.contains(&(scene.household, change)));
    scene.ge.sync().await.expect("news");
    let held = scene.ge.documents.get_mut(&scene.household);
    let bytes = held
        .expect("ge holds the household")
        .changes()
        .into_iter()
        .find(|held| held.hash == change)
        .expect("ge holds it")
        .bytes;
    let certificates = certificates(&scene.ge);
    let (restored, _, mut ge) = scene.restore().await;
    assert!(
        !restored.has(&change).await,
        "it is younger than the backup"
    );
    ge.renew_token().await.expect("a token");
    let (heard, _) = ge.exchange().await.expect("the new epoch");
    assert_eq!(heard.epoch.counter, 2);
    let seam = heard.repair.expect("seams").seams[0];
    assert!(seam.position > 0, "up to the backup both are the same");

    let bring = |certificates: Option<Vec<minicbor::bytes::ByteVec>>, author: DeviceId| {
        let group = DocumentChanges {
            document: restored.household,
            kind: DocumentKind::HOUSEHOLD,
            partition: partition("梧桐-03"),
            incarnation: 1,
            changes: vec![bytes.clone().into()],
            author: Some(author),
        };
        let sender = Sender {
            device: ge.device,
            worker: ge.carrier.id.into(),
            previous: ge.previous,
            phone_clock: nine(),
            clock_ahead_ms: 0,
            app: "test 0.1".into(),
        };
        let mut prepared = ge.prepare();
        let mut sealed = seal(&ge.key, &sender, vec![group], Vec::new());
        sealed.upload.certificates = certificates;
        prepared.request.upload = Some(sealed.upload);
        prepared.bytes = gridwalk_core::sync::frame::encode(
            &prepared.request,
            gridwalk_core::sync::frame::Effort::Fast,
        )
        .expect("a body");
        prepared
    };
    let mismatch = ChangeResult::Refused {
        code: Code::AuthorMismatch.as_str().into(),
        follows: None,
    };
    let unknown = ge.send(&bring(None, lost.device)).await.expect("an answer");
    assert_eq!(
        unknown.results,
        std::slice::from_ref(&mismatch),
        "who is that?"
    );
    let as_own = ge.send(&bring(None, ge.device)).await.expect("an answer");
    assert_eq!(as_own.results, [mismatch], "not under another name");
    let taken = ge
        .send(&bring(Some(certificates), lost.device))
        .await
        .expect("an answer");
    assert_eq!(taken.results, [ChangeResult::Stored]);
    assert!(restored.has(&change).await);
    assert_eq!(restored.count("select count(*) from visit").await, 2);
    let brought = restored
        .count("select count(*) from change where offered_by is not null and offered_by <> device")
        .await;
    assert_eq!(brought, 1, "the log says who wrote it and who brought it");
    assert_eq!(
        restored
            .count("select count(*) from audit where action = 'recover'")
            .await,
        1
    );
}

/// What the phone was told about the devices of its grid.
fn certificates(phone: &Phone) -> Vec<minicbor::bytes::ByteVec> {
    let rows = phone.rows.iter().filter(|((kind, _), _)| kind == "device");
    rows.filter_map(|(_, json)| {
        let row: gridwalk_core::reference::Device =
            serde_json::from_str(json.as_deref()?).expect("a device");
        Some(hex::decode(row.certificate).expect("hex").into())
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_enrolled_after_the_backup_is_known_by_its_certificate_unless_it_was_revoked() {
    let mut scene = Scene::open().await;
    scene.back_up().await;
    let mut known = scene.field.phone("lin-xiao").await;
    let thief = scene.field.phone("lin-xiao").await;
    scene.ge.sync().await.expect("news");
    let devices = [known.device, thief.device];
    let mut shown = Vec::new();
    for device in devices {
        let row = scene
            .ge
            .rows
            .iter()
            .find(|((kind, id), _)| kind == "device" && id.starts_with(&device.to_string()))
            .and_then(|(_, json)| json.clone())
            .expect("it was announced");
        let row: gridwalk_core::reference::Device = serde_json::from_str(&row).expect("a device");
        shown.push(row.certificate);
    }
    let ledger = Ledger::at(scene.elsewhere.path().join("ledger"));
    let revoked = Entry::Revoked {
        device: thief.device,
    };
    ledger.append(revoked, nine()).expect("written");
    let (restored, ..) = scene.restore().await;
    let store = &restored.server.state().store;
    let certificates = shown.clone();
    let recognised = store
        .write(move |connection| {
            let mut recognised = Vec::new();
            for certificate in &certificates {
                let bytes = hex::decode(certificate).expect("hex");
                recognised.push(gridwalk_server::store::device::recognise(
                    connection, &bytes,
                )?);
            }
            Ok(recognised)
        })
        .await
        .expect("a look");
    assert_eq!(recognised, [true, true]);
    let revoked = restored
        .count("select count(*) from device where revoked_at is not null and length(public_key) = 32 and app = ''")
        .await;
    assert_eq!(revoked, 1, "the one of the ledger");
    known.url = restored.server.url();
    known.renew_token().await.expect("a token");
    known.sync().await.expect("an exchange");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_document_stays_erased_and_late_edits_do_not_bring_it_back() {
    let mut scene = Scene::open().await;
    scene.back_up().await;
    // one that the backup has, and one that it never had and both phones hold
    let later = report(&mut scene.lin, 2);
    scene.lin.sync().await.expect("an exchange");
    scene.ge.sync().await.expect("news");
    for document in [scene.household, later] {
        let reason = "asked for by the household".into();
        erase_document(
            scene.field.server.state(),
            document,
            reason,
            by_operator("document_erase"),
        )
        .await
        .expect("an erasure");
    }
    record_visit(&mut scene.lin, scene.household, 9);
    let (restored, mut lin, mut ge) = scene.restore().await;
    assert_eq!(restored.count("select count(*) from household").await, 0);
    assert_eq!(restored.count("select count(*) from visit").await, 0);
    assert!(
        restored.count("select count(*) from incident").await > 0,
        "the rest is there"
    );
    lin.renew_token().await.expect("a token");
    let (response, _) = lin.exchange().await.expect("the new epoch");
    let codes: Vec<Option<Code>> = response.results.iter().map(ChangeResult::code).collect();
    assert_eq!(codes, [Some(Code::Erased)], "the late edit");
    assert_eq!(restored.count("select count(*) from visit").await, 0);
    // whoever holds them hears of it behind the seam, and every digest on the way fits
    ge.renew_token().await.expect("a token");
    let (first, _) = ge.exchange().await.expect("the new epoch");
    assert!(first.repair.is_some_and(|repair| !repair.seams.is_empty()));
    let mut gone = Vec::new();
    loop {
        let (_, plan) = ge.exchange().await.expect("an exchange");
        gone.extend(
            plan.departed
                .iter()
                .map(|left| (left.document, left.erased)),
        );
        if !plan.more {
            break;
        }
    }
    gone.sort_unstable();
    let mut expected = [(restored.household, true), (later, true)];
    expected.sort_unstable();
    assert_eq!(gone, expected);
    assert_eq!(
        restored.count("select count(*) from erasure").await,
        2,
        "both are on the list"
    );
}

/// The grids of two people with their days, and where a document lives.
async fn whereabouts(state: &AppState, document: DocumentId) -> (Vec<Scope>, GridId) {
    let read = state.store.read(move |connection| {
        let mut scopes = Vec::new();
        for login in ["ge-shuangjiang", "lin-xiao"] {
            let id = person::by_login(connection, login)?.expect("somebody");
            let days = person::covers(connection, id)?;
            scopes.push((person::grids(connection, id)?, days));
        }
        let grid = connection.query_row(
            "select grid from document where id = ?1",
            [document.0],
            |row| Ok(GridId(row.get(0)?)),
        )?;
        Ok((scopes, grid))
    });
    read.await.expect("a look")
}

type Scope = (Vec<GridId>, Vec<Cover>);

fn by_operator(action: &'static str) -> audit::Entry {
    audit::Entry {
        subject: "operator".into(),
        action,
        object: String::new(),
        result: "done".into(),
        address: "test".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_and_who_lost_a_grid_after_the_backup_stays_so() {
    let scene = Scene::open().await;
    scene.back_up().await;
    let (home, elsewhere) = (partition("梧桐-03").grid, partition("白鹭-01").grid);
    let state = scene.field.server.state();
    move_document(
        state,
        scene.household,
        elsewhere,
        by_operator("document_move"),
    )
    .await
    .expect("a move");
    let (from, to) = (None, Some(nine().local_date()));
    for (login, grid, change) in [
        ("ge-shuangjiang", home, Change::Release),
        ("lin-xiao", elsewhere, Change::Assign { from, to }),
    ] {
        assignment::change(state, login, grid, change, by_operator("grid"))
            .await
            .expect("an assignment");
    }
    let before = whereabouts(state, scene.household).await;
    assert!(!before.0[0].0.contains(&home) && before.1 == elsewhere);
    assert_eq!(
        before.0[1].1,
        [Cover {
            grid: elsewhere,
            from,
            to
        }]
    );
    let visits = scene.field.count("select count(*) from visit").await;
    let household = scene.household;
    let (restored, _, mut ge) = scene.restore().await;
    let after = whereabouts(restored.server.state(), household).await;
    assert_eq!(after, before);
    assert_eq!(
        restored.count("select count(*) from visit").await,
        visits,
        "its rows moved with it"
    );
    ge.renew_token().await.expect("a token");
    let (response, _) = ge.exchange().await.expect("the new epoch");
    assert!(
        response.partitions.is_empty(),
        "nothing of the grid that was lost: {response:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_kind_of_store_wrote_another_kind_reads() {
    let scene = Scene::open().await;
    scene.back_up().await;
    let before = holdings::read(scene.field.server.state())
        .await
        .expect("holdings");
    // from whatever it was into a file, and from there into whatever it was
    let (restored, ..) = scene.restore_into(None).await;
    let state = restored.server.state();
    assert_eq!(holdings::read(state).await.expect("holdings"), before);
    let identity = Identity::new().expect("a key");
    let again = restored.elsewhere.path().join("again");
    let made = backup::make(state, &again, identity.recipient())
        .await
        .expect("a backup");
    assert_eq!(made.number, 2, "numbers go on through all lives");
    let data = tempfile::tempdir().expect("a folder");
    let mut config = Config::new(data.path());
    config.clock = state.clock.clone();
    config.postgres = database::fresh();
    let state = AppState::open(config).expect("an empty folder");
    let twice = backup::restore(&state, &again, None, &identity)
        .await
        .expect("a restore");
    assert_eq!((twice.epoch, twice.number), (3, 2));
    assert_eq!(holdings::read(&state).await.expect("holdings"), before);
    // what the store numbers by itself goes on behind what it was given
    let audit = backup::make(&state, &again, identity.recipient()).await;
    audit.expect("a backup");
    let entry = by_operator("test");
    let written = state
        .store
        .write(move |connection| audit::add(connection, &entry, nine()));
    written.await.expect("a row of the trail");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_in_which_a_restore_did_not_end_is_not_served() {
    let data = tempfile::tempdir().expect("a folder");
    let config = Config::new(data.path());
    std::fs::write(config.restoring(), []).expect("written");
    assert!(gridwalk_server::serve(config.clone()).await.is_err());
    std::fs::remove_file(config.restoring()).expect("removed");
    assert!(gridwalk_server::serve(config).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_restore_of_the_same_backup_begins_a_later_epoch() {
    let scene = Scene::open().await;
    scene.back_up().await;
    let ledger = Ledger::at(scene.elsewhere.path().join("ledger"));
    ledger
        .append(Entry::Epoch { counter: 5 }, nine())
        .expect("written");
    let (restored, ..) = scene.restore().await;
    assert_eq!(
        restored.figures.epoch, 6,
        "later than every life that ever was"
    );
    let lines = ledger.read().expect("lines");
    assert_eq!(
        lines.last().map(|line| &line.entry),
        Some(&Entry::Epoch { counter: 6 })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_into_a_folder_that_holds_something_changes_nothing() {
    let scene = Scene::open().await;
    scene.back_up().await;
    let state = scene.field.server.state();
    let before = holdings::read(state).await.expect("holdings");
    let refused = backup::restore(state, &scene.backups(), None, &scene.identity).await;
    assert!(refused.is_err());
    assert_eq!(holdings::read(state).await.expect("holdings"), before);
    let epoch = state.store.read(gridwalk_server::store::epoch).await;
    assert_eq!(epoch.expect("an epoch").counter, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_names_what_the_server_lacks() {
    let mut scene = Scene::open().await;
    let home = partition("梧桐-03");
    scene.ge.sync().await.expect("news");
    let held: Vec<(DocumentId, Digest)> = scene
        .ge
        .documents
        .iter_mut()
        .map(|(id, document)| {
            let changes = document.changes();
            (*id, Digest::of(changes.iter().map(|change| &change.hash)))
        })
        .collect();
    let mut prepared = scene.ge.prepare();
    let (question, asked) = repair::ask(42, &[(home, held.clone())], Vec::new());
    prepared.request.repair = Some(question);
    prepared.bytes = gridwalk_core::sync::frame::encode(
        &prepared.request,
        gridwalk_core::sync::frame::Effort::Fast,
    )
    .expect("a body");
    let response = scene.ge.send(&prepared).await.expect("an answer");
    let answer = response.repair.expect("a comparison");
    assert!(
        answer.partitions[0].unmatched.is_empty(),
        "both hold the same"
    );
    assert!(answer.partitions[0].documents.is_empty());
    let store = &scene.field.server.state().store;
    let household = scene.household;
    store
        .write(move |connection| {
            connection.execute_batch("delete from feed")?;
            connection.execute("delete from change where document = ?1", [household.0])?;
            Ok(())
        })
        .await
        .expect("a loss");
    let response = scene.ge.send(&prepared).await.expect("an answer");
    let answer = response.repair.expect("a comparison");
    let differing = repair::differing(&asked.partitions[0].1, &answer.partitions[0]);
    let documents: Vec<DocumentId> = differing.iter().map(|(document, _)| *document).collect();
    assert_eq!(documents, [household]);
    assert!(differing[0].1.is_empty(), "the server has nothing of it");
}

/// Every table and column of the schema, as SQLite tells it.
fn schema(file: &Path) -> Vec<(String, Vec<String>)> {
    let store = Store::open(file, 4).expect("a store");
    store
        .read_now(|connection| {
            let names = connection
                .prepare_cached(
                    "select name from sqlite_schema where type = 'table' order by name",
                )?
                .query_map([], |row| row.get::<_, String>(0))?
                .collect::<Result<Vec<_>, _>>()?;
            let mut tables = Vec::new();
            for name in names {
                let columns = connection
                    .prepare_cached("select name from pragma_table_info(?1)")?
                    .query_map([&name], |row| row.get::<_, String>(0))?
                    .collect::<Result<Vec<_>, _>>()?;
                tables.push((name, columns));
            }
            Ok(tables)
        })
        .expect("a schema")
}

#[test]
fn every_table_and_column_is_in_a_backup_or_known_not_to_be() {
    let folder = tempfile::tempdir().expect("a folder");
    for (table, columns) in schema(&folder.path().join("registry.db")) {
        let internal = table.starts_with("sqlite_") || table.starts_with("refinery_");
        if internal
            || backup::REMADE.contains(&table.as_str())
            || backup::PASSING.contains(&table.as_str())
        {
            continue;
        }
        let known = backup::TRUTH.iter().find(|known| known.name == table);
        let known = known.unwrap_or_else(|| panic!("is {table} truth? say so in backup/tables.rs"));
        for column in columns {
            let remade = backup::REMADE_COLUMNS.contains(&(known.name, column.as_str()));
            assert!(
                remade || known.columns.contains(&column.as_str()),
                "{table}.{column} is in no backup"
            );
        }
    }
}
