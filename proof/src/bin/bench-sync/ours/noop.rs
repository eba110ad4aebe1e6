//! Nothing is new: what that costs.

use super::{Case, Outcome, Turns, rested};
use gridwalk::{Phone, ports::Call};
use gridwalk_proof::{cost::Spent, process::Server, radio::Radio, wire::Warm};
use std::time::Duration;

/// Several of them through the link; the middle one.
pub async fn noops(
    phone: &Phone,
    server: &Server,
    radio: &Radio,
    warm: &Warm,
    turns: Turns,
) -> Outcome<Case> {
    rested(phone).await?; // what it heard in the last answer moved its cursors; from here on nothing is new
    let mut cases = Vec::new();
    for _ in 0..turns.noops {
        radio.take();
        warm.take();
        let spent = Spent::by(server.pid())?;
        rested(phone).await?;
        let cpu = Spent::by(server.pid())?.since(&spent);
        let calls = warm.take();
        cases.push(Case::of(radio.take(), calls.len(), cpu));
        warm.remember(calls);
    }
    cases.sort_by_key(|case| case.wall);
    Ok(cases.swap_remove(turns.noops / 2))
}

/// Server CPU of one such request, over many on one connection.
pub async fn repeated(
    server: &Server,
    direct: &str,
    call: &Call,
    status: u16,
    turns: Turns,
) -> Outcome<Duration> {
    let again = Warm::new()?;
    let path = call.url.splitn(4, '/').nth(3).unwrap_or_default();
    let call = Call {
        url: format!("http://{direct}/{path}"),
        ..call.clone()
    };
    let ask = async || match again.send(call.clone()).await {
        Ok(reply) if reply.status == status => Ok(()),
        other => Err(format!("the same request again: {other:?}")),
    };
    for _ in 0..20 {
        ask().await?;
    }
    let spent = Spent::by(server.pid())?;
    for _ in 0..turns.repeated {
        ask().await?;
    }
    Ok(Spent::by(server.pid())?.since(&spent) / turns.repeated)
}
