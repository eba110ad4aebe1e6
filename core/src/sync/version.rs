//! Every protocol version there ever was: when, what changed, who still speaks it. Versions are dates. A new one is
//! needed only when a reader of the old one would misunderstand; what it would merely skip needs none.

/// 2026-11-22 · the first: one exchange moves both directions, feeds with running digests, envelopes signed by devices.
/// Spoken by the apps of the skeleton, and still by every server.
pub const V2026_11_22: u32 = 20_261_122;

/// 2026-11-25 · documents move and are erased: a change that no longer stands in a feed leaves its name there and counts in
/// the digest as before. A reader of the first version would count nothing and never agree; it is shown digests without
/// them ([`super::answer::Older`]). A revoked phone is told what became of each change that it still delivers.
pub const V2026_11_25: u32 = 20_261_125;

/// The newest one spoken here.
pub const PROTOCOL: u32 = V2026_11_25;
/// The oldest one still understood here.
pub const OLDEST: u32 = V2026_11_22;

/// The version in which to answer somebody whose newest is `theirs`; none when there is none in common
/// (`PROTOCOL_UNKNOWN`). A newer app is answered in ours, and decides for itself.
pub fn common(theirs: u32) -> Option<u32> {
    (theirs >= OLDEST).then_some(theirs.min(PROTOCOL))
}
