//! Photos, voice notes and the names of blobs.

use super::bounds::within;
use crate::process::Outcome;
use gridwalk_core::{ids::Hash, jpeg, voice};
use gridwalk_fixtures::{
    photos,
    voice::{Recorded, mp4, webm},
};
use gridwalk_server::blobs::Blobs;
use std::sync::LazyLock;
use tempfile::TempDir;

/// A file that says it is a photo: both sides look at its headers, the phone decodes it. Refused or made small, within the
/// memory that `faults.md` allows.
pub fn photo_probe(bytes: &[u8]) {
    let phone = jpeg::inspect(bytes);
    let server = gridwalk_server::jpeg::inspect(bytes);
    if let (Ok(phone), Ok(server)) = (phone, server) {
        assert_eq!(
            (u32::from(phone.width), u32::from(phone.height)),
            (server.width, server.height),
            "both sides read the same size"
        );
    }
    // Decoding costs a second; whoever cannot claim a size has been refused by then.
    let made = within(60_000, 256, || gridwalk::photo::process::process(bytes));
    if let Ok(made) = made {
        let kept = jpeg::inspect(&made.jpeg).expect("what is kept is a JPEG");
        assert!(
            !kept.metadata,
            "nothing of the file but its pixels survives"
        );
        gridwalk_server::jpeg::inspect(&made.jpeg).expect("and the server takes it");
        let original = within(60_000, 256, || gridwalk::photo::original::bare(bytes));
        for bare in original
            .map(|original| original.jpeg)
            .into_iter()
            .chain(jpeg::bare(bytes))
        {
            let kept = jpeg::inspect(&bare).expect("an original is a JPEG");
            assert!(!kept.metadata, "nor in an original");
            gridwalk_server::jpeg::inspect(&bare).expect("and the server takes that too");
        }
    }
}

/// A file that says it is a recording: refused by name, or kept with nothing but its sound, which is then taken as it is.
pub fn voice_probe(bytes: &[u8]) {
    if let Ok((kept, recording)) = within(5_000, 32, || voice::bare(bytes)) {
        assert_eq!(kept.len(), bytes.len(), "nothing is moved");
        assert_eq!(voice::inspect(&kept), Ok(recording));
    }
}

/// Recordings that tell everything, and such as our phone keeps.
pub fn recordings() -> Outcome<Vec<Vec<u8>>> {
    let how = |telltale| Recorded {
        ms: 600,
        telltale,
        seed: 5,
    };
    let mut seeds = vec![webm(how(true)), mp4(how(true))];
    for plain in [webm(how(false)), mp4(how(false))] {
        seeds.push(
            voice::bare(&plain)
                .map_err(|refusal| refusal.to_string())?
                .0,
        );
    }
    Ok(seeds)
}

static FOLDER: LazyLock<Option<(TempDir, Blobs)>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().ok()?;
    let blobs = Blobs::open(&folder.path().join("blobs")).ok()?;
    Some((folder, blobs))
});

/// A name that somebody asks for: it is a hash as we write hashes, or no file is touched.
pub fn blob_path(bytes: &[u8]) {
    let Ok(name) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(hash) = name.parse::<Hash>() {
        assert_eq!(hash.to_string(), name, "one spelling");
    }
    let (folder, blobs) = FOLDER.as_ref().expect("a folder");
    let ours = name.len() == 32
        && name
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let kept = blobs.put_piece(name, b"a piece");
    assert_eq!(kept.is_ok(), ours, "{name:?}");
    if let Ok(piece) = kept {
        blobs
            .drop_pieces([&piece])
            .expect("it lies among the parts");
    }
    let parts = std::fs::read_dir(folder.path().join("blobs/parts")).expect("a folder");
    assert_eq!(parts.count(), 0, "{name:?} left a part");
    for beside in [folder.path().to_owned(), folder.path().join("blobs")] {
        let there = std::fs::read_dir(&beside).expect("a folder").count();
        let ours = if beside.ends_with("blobs") { 2 } else { 1 };
        assert_eq!(there, ours, "{name:?} made something beside");
    }
}

/// Small pictures with everything around them that cameras write.
pub fn photos() -> Outcome<Vec<Vec<u8>>> {
    let mut pixels = Vec::new();
    for n in 0..48 * 32 * 3u32 {
        pixels.push((n.wrapping_mul(2_654_435_761) >> 24) as u8);
    }
    let mut jpeg = Vec::new();
    jpeg_encoder::Encoder::new(&mut jpeg, 60).encode(
        &pixels,
        48,
        32,
        jpeg_encoder::ColorType::Rgb,
    )?;
    let mut progressive = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut progressive, 60);
    encoder.set_progressive(true);
    encoder.add_app_segment(
        1,
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec(),
    )?;
    encoder.encode(&pixels, 48, 32, jpeg_encoder::ColorType::Rgb)?;
    let heic = photos::photo(photos::Variant::Heic);
    let mut seeds = vec![
        jpeg,
        progressive,
        heic,
        b"\x89PNG\r\n\x1a\n".to_vec(),
        b"RIFF\x10\0\0\0WEBPVP8 ".to_vec(),
    ];
    // what is large is only slower to change
    let corpus = photos::corpus::corpus().into_iter();
    seeds.extend(
        corpus
            .map(|(.., bytes)| bytes)
            .filter(|bytes| bytes.len() < 16 * 1024),
    );
    Ok(seeds)
}

/// Names, and what is not one.
pub fn names() -> Outcome<Vec<Vec<u8>>> {
    let hash = Hash::of(b"a photo").to_string();
    let mut names = vec![hash[..32].to_owned(), hash.to_uppercase(), hash];
    names.extend(["../../etc/passwd", "%2e%2e%2f", "CON", "a\0b", ".", ""].map(str::to_owned));
    Ok(names.into_iter().map(String::into_bytes).collect())
}
