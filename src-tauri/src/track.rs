//! The way of a patrol. The raw points stay on this phone; what is shared is a simplified line that its worker saw first.

use crate::{error::Answer, view::TrackGap};
use gridwalk_core::{
    ids::{Hash, PatrolId},
    patrol::SharedLine,
    photo::Position,
    time::Timestamp,
};
use rusqlite::Connection;

/// Longer without a fix is a gap, not a straight line.
const GAP_MS: i64 = 2 * 60_000;
/// A fix with a wider radius says nothing about the way.
const WIDEST_M: f64 = 60.0;
/// How far a shared line may lie beside the way (`domain.md` §3.6).
const LINE_TOLERANCE_M: f64 = 20.0;
/// When the centre deletes it.
const LINE_LIVES_MS: i64 = 30 * 24 * 3_600_000;
const METRES_PER_DEGREE: f64 = 111_320.0;

/// The raw points of a patrol, oldest first.
pub(crate) fn points(db: &Connection, patrol: PatrolId) -> Answer<Vec<Position>> {
    let mut select = db.prepare_cached(
        "select at, lon, lat, accuracy, mock from track_point where patrol = ?1 order by at",
    )?;
    let rows = select.query_map([patrol.0], |row| {
        Ok(Position {
            fixed_at: Timestamp(row.get(0)?),
            lon: row.get(1)?,
            lat: row.get(2)?,
            accuracy_m: row.get(3)?,
            mock: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps a fix of a running patrol. The same fix twice is one.
pub(crate) fn keep(db: &Connection, patrol: PatrolId, fix: &Position) -> Answer<()> {
    db.prepare_cached(
        "insert into track_point (patrol, at, lon, lat, accuracy, mock) values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict do nothing",
    )?
    .execute((patrol.0, fix.fixed_at.0, fix.lon, fix.lat, fix.accuracy_m, fix.mock))?;
    Ok(())
}

/// Metres walked, jitter left out: a step counts once it leaves the circle that the fix may be off by.
pub(crate) fn walked_m(points: &[Position]) -> u32 {
    let mut walked = 0.0;
    let mut anchor: Option<&Position> = None;
    for point in points.iter().filter(|point| point.accuracy_m <= WIDEST_M) {
        match anchor {
            Some(last) => {
                let step = distance_m((last.lon, last.lat), (point.lon, point.lat));
                if step > 10.0_f64.max(last.accuracy_m).max(point.accuracy_m) {
                    walked += step;
                    anchor = Some(point);
                }
            }
            None => anchor = Some(point),
        }
    }
    walked.round() as u32
}

/// Stretches without a fix.
pub(crate) fn gaps(points: &[Position]) -> Vec<TrackGap> {
    points
        .windows(2)
        .filter(|pair| pair[1].fixed_at.since(pair[0].fixed_at) > GAP_MS)
        .map(|pair| TrackGap {
            from: pair[0].fixed_at,
            to: pair[1].fixed_at,
        })
        .collect()
}

/// Metres between two places given as `(lon, lat)`; exact enough for a street.
pub(crate) fn distance_m(a: (f64, f64), b: (f64, f64)) -> f64 {
    let middle = ((a.1 + b.1) / 2.0).to_radians();
    let east = (b.0 - a.0) * middle.cos() * METRES_PER_DEGREE;
    let north = (b.1 - a.1) * METRES_PER_DEGREE;
    east.hypot(north)
}

/// The line as it is shared: at most 20 m from the way that was walked, without wide or made-up fixes. None when fewer
/// than two points are left. The bytes are the blob that `SharedLine::blob` names.
pub(crate) fn line(
    points: &[Position],
    started_at: Timestamp,
    now: Timestamp,
) -> Answer<Option<(SharedLine, Vec<u8>)>> {
    let good: Vec<&Position> = points
        .iter()
        .filter(|point| point.accuracy_m <= WIDEST_M && !point.mock)
        .collect();
    let kept = simplified(&good);
    if kept.len() < 2 {
        return Ok(None);
    }
    let line: Vec<(f64, f64, i64)> = kept
        .iter()
        .map(|point| (point.lon, point.lat, point.fixed_at.since(started_at)))
        .collect();
    let bytes = serde_json::to_vec(&line)?;
    let shared = SharedLine {
        blob: Hash::of(&bytes),
        points: u32::try_from(line.len()).unwrap_or(u32::MAX),
        expires_at: now.plus_ms(LINE_LIVES_MS),
    };
    Ok(Some((shared, bytes)))
}

/// The places of a shared line, for the worker to look at before it is shared.
pub(crate) fn places(line: &[u8]) -> Vec<[f64; 2]> {
    let points: Vec<(f64, f64, i64)> = serde_json::from_slice(line).unwrap_or_default();
    points.into_iter().map(|(lon, lat, _)| [lon, lat]).collect()
}

/// Douglas-Peucker with a stack instead of recursion.
fn simplified<'a>(points: &[&'a Position]) -> Vec<&'a Position> {
    let Some(last) = points.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut keep = vec![false; points.len()];
    keep[0] = true;
    keep[last] = true;
    let mut open = vec![(0, last)];
    while let Some((from, to)) = open.pop() {
        let farthest = (from + 1..to)
            .map(|i| (off_line_m(points[i], points[from], points[to]), i))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((distance, i)) = farthest
            && distance > LINE_TOLERANCE_M
        {
            keep[i] = true;
            open.extend([(from, i), (i, to)]);
        }
    }
    let kept = points.iter().zip(keep).filter(|(_, keep)| *keep);
    kept.map(|(point, _)| *point).collect()
}

/// Metres from a point to the stretch between two others.
fn off_line_m(point: &Position, from: &Position, to: &Position) -> f64 {
    let scale = point.lat.to_radians().cos();
    let flat = |p: &Position| (p.lon * scale * METRES_PER_DEGREE, p.lat * METRES_PER_DEGREE);
    let ((px, py), (ax, ay), (bx, by)) = (flat(point), flat(from), flat(to));
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let along = if length == 0.0 {
        0.0
    } else {
        (((px - ax) * dx + (py - ay) * dy) / length).clamp(0.0, 1.0)
    };
    (px - ax - along * dx).hypot(py - ay - along * dy)
}
