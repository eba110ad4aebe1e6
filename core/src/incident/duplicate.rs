//! Whether two reports may be about the same thing. A hint for a person, never a merge (`domain.md` §3.5.3, C4).

use super::NewIncident;
use crate::{photo::Position, time::Timestamp};

/// How near to each other, in metres.
pub const SAME_CASE_M: f64 = 30.0;
/// How soon after each other, in hours of the clock.
pub const SAME_CASE_HOURS: i64 = 24;

/// How many metres lie between two reports that may be the same case: same category, within 30 m and a day of each
/// other. `None` when they are two, or when one of them does not know where it was.
pub fn same_case(
    (category, here, now): (&str, &Position, Timestamp),
    (other, at): (&NewIncident, Timestamp),
) -> Option<f64> {
    let there = other.place.position.as_ref()?;
    let apart = now.since(at).abs();
    let metres = distance_m(here, there);
    let same =
        category == other.category && apart <= SAME_CASE_HOURS * 3_600_000 && metres <= SAME_CASE_M;
    same.then_some(metres)
}

/// Metres between two fixes; exact enough within a grid.
fn distance_m(a: &Position, b: &Position) -> f64 {
    const METRES_PER_DEGREE: f64 = 111_195.0;
    let east = (b.lon - a.lon) * (((a.lat + b.lat) / 2.0).to_radians().cos());
    (east.hypot(b.lat - a.lat)) * METRES_PER_DEGREE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::{GridId, IncidentId},
        incident::{IncidentPlace, Severity, SourceChannel},
    };
    use uuid::Uuid;

    const NINE: Timestamp = Timestamp(1_757_811_600_000);

    fn at(north_m: f64) -> Position {
        Position {
            lon: 123.5,
            lat: 29.5 + north_m / 111_195.0,
            accuracy_m: 6.0,
            fixed_at: NINE,
            mock: false,
        }
    }

    fn manhole(north_m: Option<f64>) -> NewIncident {
        NewIncident {
            id: IncidentId(Uuid::from_u128(1)),
            grid: GridId(Uuid::from_u128(2)),
            local_no: "梧桐-03-0914-001".into(),
            source: SourceChannel::Patrol,
            category: "P01003".into(),
            severity: Severity::new(3).unwrap(),
            place: IncidentPlace {
                text: "听雨苑东门".into(),
                household: None,
                position: north_m.map(at),
            },
            description: String::new(),
            finding: None,
        }
    }

    fn apart(category: &str, metres: f64, hours: i64) -> Option<f64> {
        let now = NINE.plus_ms(hours * 3_600_000);
        same_case((category, &at(0.0), now), (&manhole(Some(metres)), NINE))
    }

    #[test]
    fn the_same_kind_within_thirty_metres_and_a_day_may_be_the_same() {
        assert_eq!(apart("P01003", 29.9, 24).map(f64::round), Some(30.0));
        assert_eq!(apart("P01003", 0.0, -24), Some(0.0));
    }

    #[test]
    fn another_kind_place_or_day_is_another_case() {
        assert_eq!(apart("P01002", 0.0, 0), None);
        assert_eq!(apart("P01003", 30.5, 0), None);
        assert_eq!(apart("P01003", 0.0, 25), None);
    }

    #[test]
    fn a_report_without_a_position_is_like_no_other() {
        let nowhere = (&manhole(None), NINE);
        assert_eq!(same_case(("P01003", &at(0.0), NINE), nowhere), None);
    }
}
