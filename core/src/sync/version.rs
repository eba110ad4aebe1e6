//! Every protocol version there ever was: when, what changed, who still speaks it. Versions are dates. A new one is
//! needed only when a reader of the old one would misunderstand; what it would merely skip needs none.

/// 2026-11-22 · the first: one exchange moves both directions, feeds with running digests, envelopes signed by devices.
/// Spoken by every app and server so far.
pub const V2026_11_22: u32 = 20_261_122;

/// The newest one spoken here.
pub const PROTOCOL: u32 = V2026_11_22;
/// The oldest one still understood here.
pub const OLDEST: u32 = V2026_11_22;

/// The version in which to answer somebody whose newest is `theirs`; none when there is none in common
/// (`PROTOCOL_UNKNOWN`). A newer app is answered in ours, and decides for itself.
pub fn common(theirs: u32) -> Option<u32> {
    (theirs >= OLDEST).then_some(theirs.min(PROTOCOL))
}
