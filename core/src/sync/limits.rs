//! Every size that one side holds the other to, in one place (`faults.md` §2.6). What a single change may hold is
//! [`crate::scan::Limits`].

/// A request as it travels, packed. More is answered 413.
pub const REQUEST_PACKED: usize = 1024 * 1024;
/// An answer as it travels, packed.
pub const ANSWER_PACKED: usize = 2 * 1024 * 1024;
/// A body after inflating; inflating stops here.
pub const BODY_UNPACKED: usize = 4 * 1024 * 1024;
/// CBOR items (keys, values, containers) in one body. Bounds the memory that decoding may take.
pub const BODY_ITEMS: usize = 128 * 1024;
/// Depth of nested CBOR containers.
pub const BODY_DEPTH: usize = 16;
/// One raw change; the scanner holds it to the same.
pub const CHANGE: usize = 512 * 1024;
/// Changes in one upload.
pub const UPLOAD_CHANGES: usize = 4_096;
/// First page of an upload, raw bytes of changes and blobs. Changes shrink to two fifths, so that packed it fits the first
/// ten TCP segments (14.6 KB) with room to spare, and a shift of forty changes is one page.
pub const FIRST_PAGE: usize = 32 * 1024;
/// Later pages of an upload.
pub const NEXT_PAGE: usize = 64 * 1024;
/// What a phone asks the server to put into one answer, unpacked.
pub const ANSWER_PAGE: u32 = 512 * 1024;
/// The most a server puts into one answer, unpacked, whatever was asked (one change may overshoot it).
pub const ANSWER_PAGE_MOST: u32 = 1024 * 1024;
/// A thumbnail or shared line that travels with its record.
pub const UPLOAD_BLOB: usize = 64 * 1024;
/// Such blobs in one upload.
pub const UPLOAD_BLOBS: usize = 64;
/// Changes held for missing ones, per device; beyond it an upload is answered `QUEUE_FULL`.
pub const HELD_PER_DEVICE: usize = 2_000;
/// A photo file.
pub const PHOTO: usize = 15 * 1024 * 1024;
/// Pixels that a photo may declare.
pub const PHOTO_PIXELS: u64 = 50_000_000;
/// Pixels along one side of a photo.
pub const PHOTO_SIDE: u32 = 12_000;
/// A voice note. A minute at the rate we ask for is 180 KB; a WebView that does not listen takes five times that.
pub const VOICE: usize = 1024 * 1024;
/// A voice note lasts a minute; a recorder takes a moment to stop.
pub const VOICE_MS: u32 = 62_000;
/// Photos per device and day.
pub const PHOTOS_PER_DAY: u32 = 500;
/// Packs that a phone may say it is fetching; more are not looked at.
pub const PACKS_UNDER_WAY: usize = 64;
/// An encoded manifest of a pack: some 45 bytes for each frame.
pub const PACK_MANIFEST: usize = 256 * 1024;
/// Raw bytes of a pack's frame, about; one document may overshoot it. What a phone holds at once, and what a cut may cost.
/// On the demo street's grid, beside one frame of everything: 64 KiB 1.25 ×, 256 KiB 1.09 ×, 512 KiB 1.05 ×, this 1.03 ×.
pub const PACK_FRAME: usize = 1024 * 1024;
/// A frame of a pack as it travels.
pub const PACK_FRAME_PACKED: usize = 16 * 1024 * 1024;
/// A frame of a pack, unpacked: one document of the largest size and what stands beside it.
pub const PACK_FRAME_RAW: usize = 17 * 1024 * 1024;
