//! Instants and wrong clocks. Three times never mix: when a person saw it (`observed_at`), when the phone
//! wrote it down (`recorded_at`, corrected by the measured offset), when the server got it (`received_at`).

use crate::schema::described_as_string;
use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Milliseconds since 1970 UTC; in JSON an RFC 3339 text in UTC, on the wire an integer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The same instant as a UTC date-time; instants beyond year ±262000 clamp to the epoch.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
    /// The same instant on a clock in Shanghai (UTC+8, no daylight saving since 1991).
    pub fn shanghai(self) -> DateTime<FixedOffset> {
        self.utc().with_timezone(&shanghai())
    }
    /// The calendar day in Shanghai.
    pub fn local_date(self) -> NaiveDate {
        self.shanghai().date_naive()
    }
    /// This instant moved by `ms`, saturating.
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
    /// Milliseconds from `earlier` to here; negative when `earlier` is later.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
    /// A local Shanghai date and time; `None` where no such clock reading exists.
    pub fn from_shanghai(date: NaiveDate, hour: u32, minute: u32) -> Option<Self> {
        let local = date.and_hms_opt(hour, minute, 0)?;
        Some(Self(
            shanghai()
                .from_local_datetime(&local)
                .single()?
                .timestamp_millis(),
        ))
    }
}

/// China Standard Time.
pub fn shanghai() -> FixedOffset {
    const SECONDS: i32 = 8 * 3600;
    FixedOffset::east_opt(SECONDS).unwrap_or_else(|| Utc.fix_offset())
}

trait FixUtc {
    fn fix_offset(&self) -> FixedOffset;
}
impl FixUtc for Utc {
    fn fix_offset(&self) -> FixedOffset {
        use chrono::Offset;
        self.offset_from_utc_datetime(&DateTime::<Utc>::default().naive_utc())
            .fix()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}
impl std::str::FromStr for Timestamp {
    type Err = chrono::ParseError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text).map(|at| Self(at.timestamp_millis()))
    }
}
impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(d)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
impl<C> minicbor::Encode<C> for Timestamp {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.i64(self.0)?.ok()
    }
}
impl<'b, C> minicbor::Decode<'b, C> for Timestamp {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.i64().map(Self)
    }
}
described_as_string!(Timestamp);
