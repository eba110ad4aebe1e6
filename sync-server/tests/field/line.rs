//! The line on which a phone hears that something is new.

use super::phone::Phone;
use reqwest::Response;
use std::time::Duration;

const POKE: &str = "event: poke\ndata: news\n\n";
/// Nothing that is heard on such a line takes longer; a server that has to be told looks by itself only once a minute.
pub const SOON: Duration = Duration::from_secs(10);

/// An open line.
pub async fn line(phone: &Phone) -> Response {
    let request = phone.http.get(format!("{}/poke", phone.url));
    let mut line = request
        .bearer_auth(&phone.token)
        .send()
        .await
        .expect("an answer");
    assert_eq!(line.status(), 200);
    assert_eq!(line.headers()["content-type"], "text/event-stream");
    // it says at once that it is open
    assert!(heard(&mut line).await.is_some());
    line
}

/// The next piece; none once the line has ended.
pub async fn heard(line: &mut Response) -> Option<String> {
    let piece = tokio::time::timeout(SOON, line.chunk()).await;
    let piece = piece.expect("in time").unwrap_or(None)?;
    let piece = String::from_utf8(piece.to_vec()).expect("text");
    assert_eq!(piece.replace(POKE, ""), "", "nothing else is said");
    Some(piece)
}
