//! Grids that are not one's own: a phone writes nothing into them, reads nothing of them, and a console's session and a
//! phone's token do not open each other's doors. What people of the console see is in `console_security_over_http.rs`.

mod field;

use field::{
    Field, demo_street, door,
    hazard::{report, report_in},
    partition,
    phone::{refusal, refused},
};
use gridwalk_core::{
    error::Code,
    ids::Hash,
    sync::message::{ChangeResult, Cursor, Digest},
};
use gridwalk_fixtures::street::Household;

#[tokio::test(flavor = "multi_thread")]
async fn work_in_a_foreign_grid_is_out_of_scope_and_kept_for_a_person() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    let foreign = partition("白鹭-01");
    assert!(!lin.carrier.grids.contains(&foreign.grid.0));
    report_in(&mut lin, 1, foreign);
    let (response, _) = lin.exchange().await.expect("an exchange");
    let codes: Vec<_> = response.results.iter().map(ChangeResult::code).collect();
    assert_eq!(codes, [Some(Code::OutOfScope), Some(Code::OutOfScope)]);
    assert!(lin.acknowledged.is_empty());
    assert_eq!(field.count("select count(*) from change").await, 0);
    let evidence = "select count(*) from evidence where code = 'OUT_OF_SCOPE'";
    assert_eq!(field.count(evidence).await, 2);
    let audited = "select action || ' ' || result from audit order by sequence desc limit 1";
    assert_eq!(field.text(audited).await, "deny OUT_OF_SCOPE");
}

#[tokio::test(flavor = "multi_thread")]
async fn own_work_goes_on_beside_work_in_a_foreign_grid() {
    let field = Field::open().await;
    let mut lin = field.phone("lin-xiao").await;
    report_in(&mut lin, 1, partition("白鹭-01"));
    report(&mut lin, 16);
    let (response, _) = lin.exchange().await.expect("an exchange");
    let codes: Vec<_> = response.results.iter().map(ChangeResult::code).collect();
    let out = Some(Code::OutOfScope);
    assert_eq!(codes, [out, out, None, None]);
    assert_eq!(lin.acknowledged.len(), 2);
    assert_eq!(
        field
            .text("select grid.name from incident join grid on grid.id = incident.grid")
            .await,
        "梧桐-03"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_names_a_foreign_partition_learns_nothing_of_it() {
    let field = Field::open().await;
    let foreign = partition("白鹭-01");
    let street = demo_street();
    let lived_in =
        |door: &&Household| door.grid == foreign.grid.0 && !door.contact_phone.is_empty();
    let there = street.households.iter().find(lived_in);
    let secret = field.furnish(there.expect("a door there")).await;
    let own = field.furnish(door("502")).await;
    let mut lin = field.phone("lin-xiao").await;
    lin.sync().await.expect("news");
    let forged = Cursor {
        partition: foreign,
        position: 0,
        digest: Digest([0; 32]),
    };
    lin.cursors.insert(foreign, forged);
    lin.own_bytes = true;
    let (response, _) = lin.exchange().await.expect("an exchange");
    assert_eq!(response.gone, [foreign], "as if there were none");
    assert!(
        response
            .partitions
            .iter()
            .all(|news| news.partition != foreign)
    );
    assert!(lin.documents.contains_key(&own));
    assert!(!lin.documents.contains_key(&secret));
    let named = |id: String| lin.rows.keys().any(|(_, known)| *known == id);
    assert!(!named(foreign.grid.to_string()));
    assert!(named(partition("梧桐-03").grid.to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phones_token_opens_no_door_of_the_console() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let (from, to) = ("2026-09-01", "2026-09-30");
    let photo = Hash::of(b"a photo");
    for path in [
        "me".to_owned(),
        "registry/grids".into(),
        "registry/incidents".into(),
        format!("registry/visits?from={from}&to={to}"),
        format!("registry/export/patrols.csv?from={from}&to={to}"),
        format!("registry/photos/{photo}"),
    ] {
        let url = format!("{}/api/{path}", lin.url);
        let cookie = format!("sid={}", lin.token);
        let request = lin
            .http
            .get(url)
            .bearer_auth(&lin.token)
            .header("cookie", cookie);
        let answer = refused(request.send().await.expect("an answer")).await;
        assert_eq!(answer, refusal(401, Code::SessionExpired), "{path}");
    }
}
