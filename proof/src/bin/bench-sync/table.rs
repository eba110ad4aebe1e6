//! What was measured, for people and for programs.

use crate::{
    ours::{Case, Floor, Ours},
    peers::Peer,
};
use serde_json::{Value, json};
use std::time::Duration;

/// The table, on standard output before the last line.
pub fn print(ours: &Ours, peers: &[Peer]) {
    println!(
        "{} documents; RTT 300 ms, 1 Mbit/s; bytes as sent, HTTP headers and frames included, on an open connection\n",
        ours.documents
    );
    println!(
        "{:<34}{:>11}{:>11}{:>10}{:>10}{:>13}{:>9}",
        "", "bytes up", "bytes down", "messages", "wall s", "server CPU s", "peak MB"
    );
    for (name, case, floor) in [
        ("first sync", &ours.first, &ours.first_floor),
        ("delta, 32 up and 8 down", &ours.delta, &ours.delta_floor),
        ("no-op", &ours.noop, &ours.noop_floor),
    ] {
        println!("{name}");
        bare(floor);
        row("gridwalk", case, ours.peak_mib);
        for peer in peers {
            for (_, case, peak) in peer
                .cases
                .iter()
                .filter(|(case, ..)| name.starts_with(*case))
            {
                row(peer.name, case, *peak);
            }
        }
    }
    println!();
    println!(
        "usable (tasks, open incidents, names and rooms) after {:.2} s",
        ours.usable.as_secs_f64()
    );
    println!(
        "first sync as single changes could not be below {} bytes; as saved documents not below {}",
        ours.first_changes_floor, ours.first_floor.bytes
    );
    println!(
        "a first sync carries no shared line; all of this grid's together are {} bytes",
        ours.line_bytes
    );
    println!(
        "the delta costs the server {:.2} ms while merging stands still; its merging thread {:.2} ms otherwise",
        ms(ours.delta.alone),
        ms(ours.delta.merging)
    );
    println!(
        "one no-op costs the server {:.0} µs, one request for a page that is not there {:.0} µs; the difference is protocol",
        us(ours.noop_whole),
        us(ours.noop_bare)
    );
}

fn bare(floor: &Floor) {
    println!(
        "  {:<32}{:>11}{:>11}{:>10}{:>10.3}",
        "floor",
        "",
        floor.bytes,
        1,
        floor.wall.as_secs_f64()
    );
}

fn row(name: &str, case: &Case, peak: f64) {
    println!(
        "  {name:<32}{:>11}{:>11}{:>10}{:>10.3}{:>13.4}{peak:>9.0}",
        case.up,
        case.down,
        case.messages,
        case.wall.as_secs_f64(),
        case.cpu.as_secs_f64()
    );
}

/// The last line.
pub fn figures(ours: &Ours, peers: &[Peer]) -> Value {
    let ratio =
        |case: &Case, floor: &Floor| rounded(case.wall.as_secs_f64() / floor.wall.as_secs_f64(), 3);
    let bytes = |case: &Case, floor: &Floor| rounded(case.bytes() as f64 / floor.bytes as f64, 3);
    json!({
        "noop": {
            "bytes": ours.noop.bytes(),
            "wall_ratio": ratio(&ours.noop, &ours.noop_floor),
            "server_cpu_us": rounded(us(ours.noop_whole.saturating_sub(ours.noop_bare)), 1),
        },
        "delta": {
            "bytes_ratio": bytes(&ours.delta, &ours.delta_floor),
            "wall_ratio": ratio(&ours.delta, &ours.delta_floor),
            "server_cpu_ms": rounded(ms(ours.delta.alone), 2),
        },
        "first": {
            "bytes_ratio": bytes(&ours.first, &ours.first_floor),
            "wall_ratio": ratio(&ours.first, &ours.first_floor),
            "usable_ms": ours.usable.as_millis() as u64,
            "server_cpu_ms": rounded(ms(ours.first.cpu), 1),
        },
        "peers": peers.iter().map(|peer| (peer.key.to_owned(), of_peer(peer))).collect::<serde_json::Map<_, _>>(),
    })
}

fn of_peer(peer: &Peer) -> Value {
    let cases = peer.cases.iter().map(|(name, case, peak)| {
        let figures = json!({
            "bytes": case.bytes(),
            "messages": case.messages,
            "wall_s": rounded(case.wall.as_secs_f64(), 2),
            "server_cpu_s": rounded(case.cpu.as_secs_f64(), 3),
            "peak_mb": rounded(*peak, 0),
        });
        ((*name).to_owned(), figures)
    });
    cases.collect::<serde_json::Map<_, _>>().into()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn rounded(figure: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (figure * scale).round() / scale
}
