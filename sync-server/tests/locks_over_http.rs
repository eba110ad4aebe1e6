//! A forgotten PIN: what a phone left at the centre is given out once for each one-time code of that phone's own worker, and
//! to nobody else; and it is in the backups, so that a restored centre can still open it.

mod field;

use field::{
    Field,
    phone::{Phone, Refused, answered, refusal},
};
use gridwalk_core::{error::Code, ids::DeviceId};
use gridwalk_server::routes::device::Opens;
use serde_json::json;
use uuid::Uuid;

async fn leaves(phone: &Phone, secret: &str) -> Result<(), Refused> {
    let request = phone
        .http
        .post(format!("{}/api/device/recovery", phone.url))
        .bearer_auth(&phone.token)
        .header("content-type", "application/json")
        .body(json!({ "secret": secret }).to_string());
    answered::<Opens>(request).await.map(drop)
}

async fn recovers(phone: &Phone, device: DeviceId, code: &str) -> Result<Option<String>, Refused> {
    let request = phone
        .http
        .post(format!("{}/api/device/recover", phone.url))
        .header("content-type", "application/json")
        .body(json!({ "device": device, "code": code }).to_string());
    Ok(answered::<Opens>(request).await?.secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_the_phones_own_worker_gives_out_what_the_phone_left_and_serves_once() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let (first, last) = ("11".repeat(32), "22".repeat(32));
    leaves(&lin, &first).await.expect("kept");
    leaves(&lin, &last).await.expect("kept instead");
    let code = field.code("lin-xiao").await;
    let given = recovers(&lin, lin.device, &code).await;
    assert_eq!(given, Ok(Some(last.clone())));
    let again = recovers(&lin, lin.device, &code).await;
    assert_eq!(again, Err(refusal(422, Code::CodeUsed)));
    // the centre forgets nothing by being started again
    let device = lin.device;
    let field = field.restart().await;
    let mut lin = lin;
    lin.url = field.server.url();
    let code = field.code("lin-xiao").await;
    assert_eq!(recovers(&lin, device, &code).await, Ok(Some(last)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_elses_code_opens_a_phone_and_neither_is_burnt_by_trying() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    let ge = field.phone("ge-shuangjiang").await;
    leaves(&lin, &"11".repeat(32)).await.expect("kept");
    let of_ge = field.code("ge-shuangjiang").await;
    let wrong = Err(refusal(422, Code::CodeWrong));
    assert_eq!(recovers(&ge, lin.device, &of_ge).await, wrong);
    let unknown = DeviceId(Uuid::from_u128(7));
    assert_eq!(recovers(&ge, unknown, &of_ge).await, wrong);
    assert_eq!(recovers(&ge, ge.device, "nonsense").await, wrong);
    // its own phone left nothing, and is told so; the code was still good
    assert_eq!(recovers(&ge, ge.device, &of_ge).await, Ok(None));

    let short = leaves(&lin, "1234").await;
    assert_eq!(short, Err(refusal(400, Code::BodyMalformed)));
    let mut stranger = ge;
    stranger.token = "0".repeat(64);
    let kept = leaves(&stranger, &"33".repeat(32)).await;
    assert_eq!(kept, Err(refusal(401, Code::TokenExpired)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_phone_stays_closed_and_a_late_code_opens_nothing() {
    let field = Field::open().await;
    let lin = field.phone("lin-xiao").await;
    leaves(&lin, &"11".repeat(32)).await.expect("kept");
    let late = field.code("lin-xiao").await;
    field.clock.advance_ms(10 * 60_000);
    let refused = recovers(&lin, lin.device, &late).await;
    assert_eq!(refused, Err(refusal(422, Code::CodeExpired)));
    let code = field.code("lin-xiao").await;
    let (device, now) = (lin.device, field.clock.now());
    let revoked = field
        .server
        .state()
        .store
        .write(move |connection| gridwalk_server::store::device::revoke(connection, device, now))
        .await;
    assert!(revoked.expect("a store"));
    let refused = recovers(&lin, lin.device, &code).await;
    assert_eq!(refused, Err(refusal(422, Code::DeviceRevoked)));
}
