//! The app is replaced by a newer one while work lies unsent on the phone. Everything is still there, and arrives.

mod centre;

use centre::{EAST_GATE, PLAN, Weather, World, door};
use gridwalk::view::{HitInput, Receipt};
use gridwalk_core::patrol::{HitMethod, HitState};
use rusqlite::Connection;
use std::path::Path;

/// What the first app knew of its file.
const FIRST: &str = include_str!("../migrations/V1__first.sql");

fn opened(file: &Path, key: &str) -> Connection {
    let db = Connection::open(file).unwrap();
    db.pragma_update(None, "key", key).unwrap();
    db
}

fn column(db: &Connection, query: &str) -> Vec<String> {
    let mut select = db.prepare(query).unwrap();
    let rows = select.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Makes of this phone's file what the first app would have left: its tables and columns and no others, its line in the
/// history, and every row of today.
fn as_the_first_app_left_it(dir: &Path) {
    let key = hex::encode(std::fs::read(dir.join("keys/database.key")).unwrap());
    let key = format!("x'{key}'");
    let (now, then) = (dir.join("gridwalk.db"), dir.join("first.db"));
    let db = opened(&then, &key);
    db.execute_batch(FIRST).unwrap();
    let tables = column(
        &db,
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'",
    );
    db.execute("attach ?1 as today key ?2", (now.to_str().unwrap(), &key))
        .unwrap();
    let history = column(
        &db,
        "select sql from today.sqlite_master where name = 'refinery_schema_history'",
    );
    db.execute_batch(&history[0]).unwrap();
    db.execute_batch("insert into refinery_schema_history select * from today.refinery_schema_history where version = 1")
        .unwrap();
    for table in &tables {
        let columns = column(
            &db,
            &format!("select name from pragma_table_info('{table}')"),
        );
        let columns = columns.join(", ");
        db.execute_batch(&format!(
            "insert into {table} ({columns}) select {columns} from today.{table}"
        ))
        .unwrap();
    }
    db.execute_batch("detach today").unwrap();
    db.close().unwrap();
    for beside in ["gridwalk.db-wal", "gridwalk.db-shm"] {
        assert!(
            !dir.join(beside).exists(),
            "somebody still has the file open"
        );
    }
    std::fs::rename(then, now).unwrap();
}

#[tokio::test]
async fn work_that_lies_unsent_while_the_app_is_replaced_is_still_there_and_arrives() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    let mut visit = phone.begin_visit(door(1), None).unwrap();
    visit.note = Some("燃气软管硬了".into());
    let visited = visit.id;
    phone.save_visit(door(1), visit).unwrap();
    let patrol = phone.patrol_start(PLAN).unwrap().id;
    let plate = HitInput {
        checkpoint: EAST_GATE,
        method: HitMethod::Qr,
        code: Some("GW-EAST".into()),
        reason: None,
        state: HitState::Ok,
        photo: None,
    };
    phone.patrol_hit(patrol, plate).unwrap();
    let before = phone.holdings().unwrap();
    assert_eq!(before.recorded.visits.len(), 1);
    assert_eq!(before.acknowledged, Default::default());
    drop(phone);

    as_the_first_app_left_it(world.dir.path());
    let phone = world.open();
    assert_eq!(phone.holdings().unwrap(), before);
    assert_eq!(phone.patrol_running().unwrap().unwrap().id, patrol);
    assert_eq!(
        phone.household(door(1)).unwrap().visit_receipts[&visited.to_string()],
        Receipt::Local
    );

    world.centre.weather(Weather::Fine);
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_records, state.stuck), (0, 0));
    let after = phone.holdings().unwrap();
    assert_eq!(after.recorded, before.recorded);
    assert_eq!(after.acknowledged, before.recorded);
    // and the newer app goes on writing in the same file
    let again = phone.begin_visit(door(2), None).unwrap();
    phone.save_visit(door(2), again).unwrap();
    phone.sync_once().await.unwrap();
    assert_eq!(phone.sync_state().unwrap().waiting_records, 0);
}
