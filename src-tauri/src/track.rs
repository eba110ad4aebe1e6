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
/// Fixes this near in time are told apart by their jitter alone.
const AROUND_MS: i64 = 45_000;
/// A shorter step may be jitter still.
const STEP_M: f64 = 20.0;
/// How far a shared line may lie beside the way (`domain.md` §3.6).
const LINE_TOLERANCE_M: f64 = 20.0;
/// When the centre deletes it.
const LINE_LIVES_MS: i64 = 30 * 24 * 3_600_000;
const METRES_PER_DEGREE: f64 = 111_320.0;

/// The raw points of a patrol, oldest first, without those that say nothing about the way: too wide, or made up.
pub(crate) fn points(db: &Connection, patrol: PatrolId) -> Answer<Vec<Position>> {
    let mut select = db.prepare_cached(
        "select at, lon, lat, accuracy, mock from track_point
         where patrol = ?1 and accuracy <= ?2 and mock = 0 order by at",
    )?;
    let rows = select.query_map((patrol.0, WIDEST_M), |row| {
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

/// A way is kept as long as the centre keeps a shared line, and no longer.
pub(crate) fn forget_old(db: &Connection, now: Timestamp) -> Answer<()> {
    db.prepare_cached("delete from track_point where at < ?1")?
        .execute([now.plus_ms(-LINE_LIVES_MS).0])?;
    Ok(())
}

/// Metres walked, jitter left out: each fix is taken as the middle of those around it, and a step counts once it is longer than
/// what is left of the jitter. Who stands still for an hour has walked nothing.
pub(crate) fn walked_m(points: &[Position]) -> u32 {
    let mut walked = 0.0;
    let mut anchor: Option<(f64, f64)> = None;
    let (mut from, mut to) = (0, 0);
    for point in points {
        while point.fixed_at.since(points[from].fixed_at) > AROUND_MS {
            from += 1;
        }
        while to < points.len() && points[to].fixed_at.since(point.fixed_at) <= AROUND_MS {
            to += 1;
        }
        let here = middle(&points[from..to]);
        let step = anchor.map(|last| distance_m(last, here));
        if step.is_none_or(|step| step > STEP_M) {
            walked += step.unwrap_or_default();
            anchor = Some(here);
        }
    }
    walked.round() as u32
}

fn middle(points: &[Position]) -> (f64, f64) {
    let many = points.len() as f64;
    let sum = |of: fn(&Position) -> f64| points.iter().map(of).sum::<f64>() / many;
    (sum(|point| point.lon), sum(|point| point.lat))
}

/// Stretches without a fix.
pub(crate) fn gaps(points: &[Position]) -> Vec<TrackGap> {
    points
        .windows(2)
        .zip(1..)
        .filter(|(pair, _)| pair[1].fixed_at.since(pair[0].fixed_at) > GAP_MS)
        .map(|(pair, at)| TrackGap {
            from: pair[0].fixed_at,
            to: pair[1].fixed_at,
            at,
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

/// The line as it is shared: at most 20 m from the way that was walked. None when fewer than two points are left. The bytes are the blob that `SharedLine::blob` names.
pub(crate) fn line(
    points: &[Position],
    started_at: Timestamp,
    now: Timestamp,
) -> Answer<Option<(SharedLine, Vec<u8>)>> {
    let kept = simplified(&points.iter().collect::<Vec<_>>());
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

#[cfg(test)]
mod tests {
    use super::*;
    use gridwalk_fixtures::{
        SEED, demo_day,
        tracks::{Track, tracks},
    };

    fn walk(case: &str) -> Track {
        let mut all = tracks(SEED, demo_day()).into_iter();
        all.find(|track| track.case == case).expect("a walk")
    }
    /// As the database hands them out: in the order of the phone's clock, without what says nothing.
    fn kept(track: &Track) -> Vec<Position> {
        let mut points: Vec<Position> = track
            .points
            .iter()
            .filter(|point| point.acc <= WIDEST_M && !point.mock)
            .map(|point| Position {
                lon: point.lon,
                lat: point.lat,
                accuracy_m: point.acc,
                fixed_at: Timestamp(point.t.timestamp_millis()),
                mock: false,
            })
            .collect();
        points.sort_by_key(|point| point.fixed_at);
        points
    }

    #[test]
    fn an_ordinary_walk_is_as_long_as_it_was() {
        for case in ["open_air", "short", "brisk", "border"] {
            let track = walk(case);
            let (told, real) = (walked_m(&kept(&track)), track.walked_m);
            let off = f64::from(told.abs_diff(real)) / f64::from(real);
            assert!(off < 0.15, "{case}: {told} m for {real} m");
        }
    }

    #[test]
    fn whoever_stands_still_has_not_walked() {
        let track = walk("stationary");
        assert!(track.points.len() > 100, "forty minutes of jitter");
        assert!(walked_m(&kept(&track)) < 50, "{}", walked_m(&kept(&track)));
    }

    #[test]
    fn a_basement_and_a_dead_battery_are_gaps_and_an_ordinary_walk_has_none() {
        for case in ["basement_gap", "battery_kill"] {
            let points = kept(&walk(case));
            let gaps = gaps(&points);
            assert!(!gaps.is_empty(), "{case}");
            for gap in gaps {
                assert_eq!(points[gap.at as usize].fixed_at, gap.to, "{case}");
                assert!(gap.to.since(gap.from) > GAP_MS, "{case}");
            }
        }
        assert_eq!(gaps(&kept(&walk("open_air"))), []);
    }

    #[test]
    fn a_fix_that_was_made_up_is_no_part_of_a_way() {
        let track = walk("mock");
        let made_up = track.points.iter().filter(|point| point.mock).count();
        assert!(made_up > 0);
        assert_eq!(kept(&track).len() + made_up, track.points.len());
        let (shared, _) = line(&kept(&track), Timestamp(0), Timestamp(0))
            .unwrap()
            .unwrap();
        assert!((shared.points as usize) < track.points.len());
    }

    #[test]
    fn a_shared_line_is_short_and_stays_within_twenty_metres_of_the_way() {
        let points = kept(&walk("open_air"));
        let began = points[0].fixed_at;
        let (shared, bytes) = line(&points, began, began).unwrap().unwrap();
        assert_eq!(shared.blob, Hash::of(&bytes));
        assert!((shared.points as usize) < points.len() / 2);
        let kept: Vec<Position> = places(&bytes)
            .into_iter()
            .map(|[lon, lat]| Position {
                lon,
                lat,
                ..points[0]
            })
            .collect();
        for point in &points {
            let nearest = kept
                .windows(2)
                .map(|pair| off_line_m(point, &pair[0], &pair[1]))
                .fold(f64::INFINITY, f64::min);
            assert!(nearest <= LINE_TOLERANCE_M + 0.1, "{nearest} m");
        }
        assert_eq!(line(&points[..1], began, began).unwrap(), None);
    }
}
