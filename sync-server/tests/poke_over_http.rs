//! The line on which a phone hears that something is new, and nothing else.

mod field;

use field::{
    Field,
    hazard::report,
    line::{SOON, heard, line},
    partition,
};
use gridwalk_server::store::{device, person, reference};

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
    assert!(heard(&mut open).await.is_some());
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
        // the row is not there at the first look, a word that is too much would be; after it both may be ready together
        told = told => told.is_ok(),
        _ = before => false,
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
    // as the command line does it beside a running server
    let other = field.other_process();
    let told = other.write(|connection| {
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
