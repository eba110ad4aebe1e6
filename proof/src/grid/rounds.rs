//! 巡查: ten checkpoints, findings, a shared line that the record only names. Two have not ended.

use super::{Maker, Telling, World, words};
use crate::process::Outcome;
use gridwalk_core::{
    ids::{CheckpointId, FindingId, Hash, HitId, PatrolId},
    patrol::{
        self, FindingState, HitMethod, HitState, NewFinding, NewHit, NewPatrol, PatrolEdit,
        PatrolKind, SharedLine,
    },
    photo::Position,
    time::Timestamp,
};

/// Points of a simplified line, as a round of ninety minutes leaves them.
const LINE_POINTS: usize = 60;

pub(super) fn patrols(maker: &mut Maker, world: &mut World, count: usize) -> Outcome<()> {
    for n in 0..count {
        let mut shared = 0;
        let runs = n < 2;
        let began = if runs {
            world_morning(maker)
        } else {
            maker.then(1 + n as i64)
        };
        let leader = maker.roll(2);
        let points: Vec<(CheckpointId, f64, f64)> = world
            .grid
            .checkpoints
            .iter()
            .map(|point| (point.id, point.lon, point.lat))
            .collect();
        let new = NewPatrol {
            id: PatrolId(maker.id(began)),
            grid: world.grid.id,
            kind: PatrolKind::Daily,
            plan: None,
            checkpoints: points.iter().map(|(id, ..)| *id).collect(),
            started_at: began,
        };
        let author = |at| world.author(leader, new.id.into(), at);
        let mut telling = Telling::begin(&author(began), |author| patrol::create(&new, author))?;
        let walked = if runs { 5 } else { points.len() };
        let mut at = began;
        for (step, point) in points.iter().take(walked).enumerate() {
            at = at.plus_ms(420_000 + maker.roll(60_000) as i64);
            let hit = PatrolEdit::Hit(hit(maker, *point, at));
            telling.on(&author(at), |document, author| {
                patrol::apply(document, &hit, author)
            })?;
            if step % 4 == 3 {
                let finding = PatrolEdit::Finding(finding(maker, at));
                telling.on(&author(at), |document, author| {
                    patrol::apply(document, &finding, author)
                })?;
            }
        }
        if !runs {
            let (line, bytes) = line(maker, at)?;
            shared = bytes;
            let finish = PatrolEdit::Finish {
                at,
                distance_m: 1_800 + maker.roll(900) as u32,
                line: Some(line),
                note: Some(maker.pick(words::ROUNDS).into()),
            };
            telling.on(&author(at), |document, author| {
                patrol::apply(document, &finish, author)
            })?;
        }
        if runs {
            world.running.push(new.id);
        }
        world.line_bytes += shared;
        world.documents.push(telling.told()?);
    }
    Ok(())
}

fn world_morning(maker: &Maker) -> Timestamp {
    maker.today.plus_ms(-40 * 60_000)
}

fn hit(
    maker: &mut Maker,
    (checkpoint, lon, lat): (CheckpointId, f64, f64),
    at: Timestamp,
) -> NewHit {
    NewHit {
        id: HitId(maker.id(at)),
        checkpoint,
        at,
        method: HitMethod::Position,
        reason: None,
        state: HitState::Ok,
        position: Some(Position {
            lon: lon + maker.roll(400) as f64 * 1e-6,
            lat: lat + maker.roll(400) as f64 * 1e-6,
            accuracy_m: 4.0 + maker.roll(12) as f64,
            fixed_at: at,
            mock: false,
        }),
        photo: None,
    }
}

fn finding(maker: &mut Maker, at: Timestamp) -> NewFinding {
    NewFinding {
        id: FindingId(maker.id(at)),
        category: maker.pick(words::CATEGORIES).0.into(),
        state: FindingState::HandledOnSite,
        incident: None,
        voice: None,
        note: Some(maker.pick(words::CASES).into()),
        at,
    }
}

fn line(maker: &mut Maker, ended_at: Timestamp) -> Outcome<(SharedLine, usize)> {
    let points: Vec<(f64, f64, i64)> = (0..LINE_POINTS)
        .map(|n| {
            let jitter = |maker: &mut Maker| maker.roll(200) as f64 * 1e-6;
            (
                120.155 + n as f64 * 1e-4 + jitter(maker),
                30.274 + n as f64 * 5e-5 + jitter(maker),
                n as i64 * 75_000 + maker.roll(5_000) as i64,
            )
        })
        .collect();
    let bytes = serde_json::to_vec(&points)?;
    let line = SharedLine {
        blob: Hash::of(&bytes),
        points: LINE_POINTS as u32,
        expires_at: ended_at.plus_ms(30 * 86_400_000),
    };
    Ok((line, bytes.len()))
}
