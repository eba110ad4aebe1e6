//! Files that no honest camera writes: each becomes a small bare photo or is refused by name, within 256 MiB, and nothing of
//! what it says of place and owner is in what is kept. Alone in its process, because memory is counted by process.

use gridwalk::photo::process::{LONG_EDGE, THUMBNAIL_BYTES, process};
use gridwalk_core::{error::Code, jpeg};
use gridwalk_fixtures::photos::{
    PLACE,
    corpus::{Fate, SECRET, corpus, largest},
    exif,
};
use gridwalk_proof::fuzz::bounds::within;

#[test]
fn every_file_is_kept_bare_within_the_limits_or_refused_by_its_name() {
    let (mut wrong, mut originals) = (Vec::new(), 0);
    let largest = largest().map(|(name, file)| (name, Fate::Kept, file));
    for (name, fate, file) in corpus().into_iter().chain(largest) {
        let made = within(60_000, 256, || process(&file));
        let came = match &made {
            Ok(_) => Fate::Kept,
            Err(failure) => match failure.code {
                Code::PhotoTruncated => Fate::Truncated,
                Code::PhotoUnsupported => Fate::Unsupported,
                Code::PhotoTooBig => Fate::TooBig,
                code => panic!("{name}: {code} is no word about a photo"),
            },
        };
        if came != fate && fate != Fate::Either {
            wrong.push(format!("{name}: {came:?} and not {fate:?}"));
        }
        let Ok(made) = made else { continue };
        assert!(made.width.max(made.height) <= LONG_EDGE, "{name}");
        assert!(made.thumbnail.len() <= THUMBNAIL_BYTES, "{name}");
        // an original, were the picture large enough to have one
        let original = jpeg::bare(&file);
        originals += u32::from(original.is_some());
        for kept in [&made.jpeg, &made.thumbnail].into_iter().chain(&original) {
            let seen = jpeg::inspect(kept).expect(name);
            assert!(!seen.metadata && kept.ends_with(&[0xFF, 0xD9]), "{name}");
            let (lat, lon) = (PLACE.1.to_string(), PLACE.0.to_string());
            let said = [SECRET, "Exif", "GPS", "xmp", "MPF", "<script>", &lat, &lon];
            for trace in said.into_iter().chain(exif::TRACES) {
                let found = kept
                    .windows(trace.len())
                    .any(|part| part == trace.as_bytes());
                assert!(!found, "{name}: {trace} is in what is kept");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(originals > 10, "{originals} of them have a bare form");
}
