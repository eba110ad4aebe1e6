//! Words that most changes share, known to both sides before they speak: a shift's upload and a few news are small, and
//! zstd alone has nothing to refer to yet. A dictionary is trained once, from the changes of a grid of the demo street
//! (`core/examples/dictionary.rs`, which makes the same bytes again), named by its date, and never changed; a better one
//! gets another name beside it. A side uses only what the other said it knows, and "none" always works.

use std::sync::LazyLock;
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// 2026-11-25 · trained from every grid of the demo street but 梧桐-03, on which it is measured.
pub const V2026_11_25: u32 = 20_261_125;

/// Those that this side reads, the best first; what it says to the other.
pub const KNOWN: &[u32] = &[V2026_11_25];

/// A smaller body is as small without.
pub(super) const FROM: usize = 256;
/// A larger one has words enough of its own.
pub(super) const UP_TO: usize = 128 * 1024;

const BYTES: &[u8] = include_bytes!("dictionary/20261125.zdict");

/// The best that both sides know.
pub(super) fn common(theirs: &[u32]) -> Option<u32> {
    KNOWN.iter().copied().find(|known| theirs.contains(known))
}

/// Prepared for packing at `level`; the two levels of `frame.rs` are prepared once.
pub(super) fn encoder(id: u32, level: i32) -> Option<&'static EncoderDictionary<'static>> {
    static FAST: LazyLock<EncoderDictionary<'static>> =
        LazyLock::new(|| EncoderDictionary::copy(BYTES, super::frame::FAST));
    static SMALL: LazyLock<EncoderDictionary<'static>> =
        LazyLock::new(|| EncoderDictionary::copy(BYTES, super::frame::SMALL));
    (id == V2026_11_25).then(|| match level {
        super::frame::FAST => &*FAST,
        _ => &*SMALL,
    })
}

/// Prepared for unpacking.
pub(super) fn decoder(id: u32) -> Option<&'static DecoderDictionary<'static>> {
    static READY: LazyLock<DecoderDictionary<'static>> =
        LazyLock::new(|| DecoderDictionary::copy(BYTES));
    (id == V2026_11_25).then(|| &*READY)
}
