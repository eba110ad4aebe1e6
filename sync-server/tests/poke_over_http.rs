//! The line on which a phone hears that something is new, and nothing else.

mod field;

use field::{Field, hazard::report, partition, phone::Phone};
use gridwalk_server::store::{device, person, reference};
use reqwest::Response;
use std::time::Duration;

const POKE: &str = "event: poke\ndata: news\n\n";
/// Nothing that is heard on such a line takes longer.
const SOON: Duration = Duration::from_secs(10);

async fn line(phone: &Phone) -> Response {
    let request = phone.http.get(format!("{}/poke", phone.url));
    let mut line = request
        .bearer_auth(&phone.token)
        .send()
        .await
        .expect("an answer");
    assert_eq!(line.status(), 200);
    assert_eq!(line.headers()["content-type"], "text/event-stream");
    // it says at once that it is open
    assert_eq!(heard(&mut line).await.as_deref(), Some(POKE));
    line
}

/// The next piece; none once the line has ended.
async fn heard(line: &mut Response) -> Option<String> {
    let piece = tokio::time::timeout(SOON, line.chunk()).await;
    let piece = piece.expect("in time").unwrap_or(None)?;
    Some(String::from_utf8(piece.to_vec()).expect("text"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_hears_of_what_a_colleague_brought_and_is_told_nothing_else() {
    let field = Field::open().await;
    let (mut lin, ge) = (
        field.phone("lin-xiao").await,
        field.phone("ge-shuangjiang").await,
    );
    let mut open = line(&ge).await;
    report(&mut lin, 1);
    lin.sync().await.expect("an exchange");
    assert_eq!(heard(&mut open).await.as_deref(), Some(POKE));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_in_a_foreign_grid_pokes_nobody_here() {
    let field = Field::open().await;
    let neighbour = field::demo_street()
        .worker(partition("白鹭-01").grid.0)
        .expect("a worker");
    let neighbour = field.phone(&neighbour.login).await;
    let (mut lin, mut ge) = (
        field.phone("lin-xiao").await,
        field.phone("ge-shuangjiang").await,
    );
    assert!(
        !neighbour
            .carrier
            .grids
            .contains(&partition("梧桐-03").grid.0)
    );
    let (mut far, mut near) = (line(&neighbour).await, line(&ge).await);
    report(&mut lin, 1);
    lin.sync().await.expect("an exchange");
    assert!(heard(&mut near).await.is_some());
    ge.sync().await.expect("news");
    // what everybody reads comes to both: the neighbour's first word is this one
    let store = &field.server.state().store;
    let told = store.write(|connection| {
        let lin = person::by_login(connection, "lin-xiao")?.expect("lin");
        let lin = person::by_id(connection, lin)?.expect("lin");
        reference::put_person(connection, &lin, None)
    });
    let before = far.chunk();
    let quiet = tokio::select! {
        biased;
        _ = before => false,
        told = told => told.is_ok(),
    };
    assert!(quiet, "the neighbour was poked for a foreign grid");
    assert!(heard(&mut far).await.is_some());
    assert!(heard(&mut near).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_wrote_is_heard_too() {
    let field = Field::open().await;
    let ge = field.phone("ge-shuangjiang").await;
    let mut open = line(&ge).await;
    // nobody in this process says that there is something to look at
    let store = &field.server.state().store;
    let told = store.write(|connection| {
        let lin = person::by_login(connection, "lin-xiao")?.expect("lin");
        let lin = person::by_id(connection, lin)?.expect("lin");
        reference::put_person(connection, &lin, None)
    });
    told.await.expect("a new version");
    assert!(heard(&mut open).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_ends_when_the_phone_is_revoked_and_is_not_given_to_it_again() {
    let field = Field::open().await;
    let (mut lin, mut ge) = (
        field.phone("lin-xiao").await,
        field.phone("ge-shuangjiang").await,
    );
    let mut open = line(&ge).await;
    let (device, now) = (ge.device, field.clock.now());
    let store = &field.server.state().store;
    let revoked = store.write(move |connection| device::revoke(connection, device, now));
    assert!(revoked.await.expect("a revocation"));
    report(&mut lin, 1);
    lin.sync().await.expect("an exchange");
    while heard(&mut open).await.is_some() {}
    ge.renew_token().await.expect("a token to deliver with");
    let request = ge.http.get(format!("{}/poke", ge.url));
    let refused = request.bearer_auth(&ge.token).send().await;
    assert_eq!(refused.expect("an answer").status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_does_not_wait_for_its_listeners() {
    let field = Field::open().await;
    let ge = field.phone("ge-shuangjiang").await;
    let mut open = line(&ge).await;
    let field = tokio::time::timeout(SOON, field.restart()).await;
    field.expect("it stopped although somebody listened");
    assert_eq!(heard(&mut open).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_gets_no_line() {
    let field = Field::open().await;
    let ge = field.phone("ge-shuangjiang").await;
    let asked = ge.http.get(format!("{}/poke", ge.url)).send().await;
    assert_eq!(asked.expect("an answer").status(), 401);
}
