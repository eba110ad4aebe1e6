//! What a recording must look like to be kept: whatever a stranger sends is refused with a code or comes out with nothing in it
//! but its sound.

use gridwalk_core::{
    error::Code,
    sync::limits,
    voice::{VoiceMedia, bare, begins_like_one, inspect},
};
use gridwalk_fixtures::{
    photos::{Variant, photo},
    voice::{Recorded, TELLTALES, mp4, webm},
};
use proptest::{collection::vec, prelude::*, sample::Index};

const CODES: [Code; 3] = [
    Code::VoiceTruncated,
    Code::VoiceUnsupported,
    Code::VoiceTooLong,
];

fn recorded(ms: u32, telltale: bool) -> [(VoiceMedia, Vec<u8>); 2] {
    let seed = 7;
    let how = Recorded { ms, telltale, seed };
    [(VoiceMedia::Webm, webm(how)), (VoiceMedia::Mp4, mp4(how))]
}

fn says(file: &[u8], words: &[u8]) -> bool {
    file.windows(words.len()).any(|window| window == words)
}

#[test]
fn a_recording_says_how_long_it_is_and_keeps_its_sound() {
    for (media, file) in recorded(9_960, false) {
        let (kept, recording) = bare(&file).unwrap();
        assert_eq!(recording.media, media);
        assert!(
            (9_900..=10_080).contains(&recording.duration_ms),
            "{recording:?}"
        );
        assert_eq!(inspect(&kept), Ok(recording));
        assert_eq!(kept.len(), file.len());
        // three quarters of the file are its sound, and not one byte of that is another
        let same = kept.iter().zip(&file).filter(|(a, b)| a == b).count();
        assert!(same * 100 > file.len() * 99, "{same} of {}", file.len());
    }
}

#[test]
fn nothing_that_a_telltale_recorder_writes_is_kept_and_nothing_of_it_is_taken_from_another_phone() {
    for (media, file) in recorded(3_000, true) {
        let told = TELLTALES
            .iter()
            .filter(|words| says(&file, words.as_bytes()));
        assert!(
            told.count() >= 5,
            "the fixture of {media:?} tells too little"
        );
        assert_eq!(inspect(&file).unwrap_err().code, Code::VoiceUnsupported);
        let (kept, recording) = bare(&file).unwrap();
        for words in TELLTALES.iter().chain(&["Chrome", "SoundHandler"]) {
            assert!(!says(&kept, words.as_bytes()), "{words} is in {media:?}");
        }
        // nor when it was made, by the recorder's clock
        for date in [
            &[1u8, 2, 3, 4, 5, 6, 7, 8][..],
            b"\xe3\x01\x02\x03",
            b"\xe3\x01\x02\x04",
        ] {
            assert!(!says(&kept, date), "{date:?} is in {media:?}");
        }
        assert_eq!(inspect(&kept), Ok(recording));
    }
}

/// `kept.*` were made of the two by another program, and a browser plays them like the ones before.
#[test]
fn what_a_browser_recorded_is_kept_as_what_it_is() {
    let files: [(VoiceMedia, &[u8], &[u8]); 2] = [
        (
            VoiceMedia::Webm,
            include_bytes!("../../fixtures/voice/chromium.webm"),
            include_bytes!("../../fixtures/voice/kept.webm"),
        ),
        (
            VoiceMedia::Mp4,
            include_bytes!("../../fixtures/voice/chromium.mp4"),
            include_bytes!("../../fixtures/voice/kept.mp4"),
        ),
    ];
    for (media, file, expected) in files {
        let (kept, recording) = bare(file).unwrap();
        assert_eq!(recording.media, media);
        let ms = recording.duration_ms;
        assert!((1_500..3_000).contains(&ms), "{media:?}: {ms} ms");
        assert!(
            !says(&kept, b"Chrom"),
            "{media:?} says which browser it was"
        );
        assert!(kept == expected, "{media:?} is kept otherwise");
    }
}

#[test]
fn a_minute_is_kept_and_two_are_not() {
    for (media, file) in recorded(60_600, false) {
        assert!(bare(&file).is_ok(), "{media:?}");
    }
    for (media, file) in recorded(120_000, false) {
        let code = bare(&file).unwrap_err().code;
        assert_eq!(code, Code::VoiceTooLong, "{media:?}");
    }
    let mut large = webm(Recorded::default());
    large.resize(limits::VOICE + 1, 0);
    assert_eq!(bare(&large).unwrap_err().code, Code::VoiceTooLong);
}

#[test]
fn a_file_that_was_cut_is_refused_unless_only_its_last_pieces_of_sound_are_gone() {
    for (media, file) in recorded(600, false) {
        for end in 0..file.len() {
            match bare(&file[..end]) {
                // a recording without a length may end after any piece
                Ok(_) => assert_eq!(media, VoiceMedia::Webm, "cut at {end}"),
                Err(refusal) => assert_eq!(
                    refusal.code,
                    Code::VoiceTruncated,
                    "{media:?} cut at {end}: {refusal}"
                ),
            }
        }
    }
}

#[test]
fn pictures_films_and_pages_are_no_recordings() {
    for (variant, _) in Variant::ALL {
        let file = photo(variant);
        assert!(!begins_like_one(&file), "{variant:?}");
        assert!(
            CODES.contains(&bare(&file).unwrap_err().code),
            "{variant:?}"
        );
    }
    let page = b"<!doctype html><script>alert(1)</script>";
    assert_eq!(bare(page).unwrap_err().code, Code::VoiceUnsupported);
    let (of_sound, of_pictures) = ([0x83, 0x81, 2], [0x83, 0x81, 1]);
    let film = replaced(&webm(Recorded::default()), &of_sound, &of_pictures);
    assert_eq!(bare(&film).unwrap_err().code, Code::VoiceUnsupported);
    let film = replaced(&mp4(Recorded::default()), b"soun", b"vide");
    assert_eq!(bare(&film).unwrap_err().code, Code::VoiceUnsupported);
    let vorbis = replaced(&webm(Recorded::default()), b"A_OPUS", b"A_VORB");
    assert_eq!(bare(&vorbis).unwrap_err().code, Code::VoiceUnsupported);
    let elsewhere = replaced(
        &mp4(Recorded::default()),
        b"url \0\0\0\x01",
        b"url \0\0\0\0",
    );
    assert_eq!(bare(&elsewhere).unwrap_err().code, Code::VoiceUnsupported);
}

fn replaced(file: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = file.windows(from.len()).position(|window| window == from);
    let mut file = file.to_vec();
    file[at.expect("it is there")..][..to.len()].copy_from_slice(to);
    file
}

/// Whatever it is, it is refused with a code, or kept with nothing else in it; and kept twice is kept once.
fn holds(file: &[u8]) -> Result<(), TestCaseError> {
    match bare(file) {
        Ok((kept, recording)) => {
            prop_assert_eq!(kept.len(), file.len());
            prop_assert!(recording.duration_ms <= limits::VOICE_MS);
            prop_assert_eq!(inspect(&kept), Ok(recording));
            for words in TELLTALES {
                prop_assert!(!says(&kept, words.as_bytes()), "{}", words);
            }
        }
        Err(refusal) => prop_assert!(CODES.contains(&refusal.code), "{}", refusal),
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_refused_with_a_code_or_kept_bare(bytes in vec(any::<u8>(), 0..600), begun in 0..3) {
        let begins: &[u8] = match begun {
            0 => b"",
            1 => b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff",
            _ => b"\0\0\0\x08ftyp",
        };
        holds(&[begins, &bytes].concat())?;
    }

    #[test]
    fn a_recording_with_anything_changed_is_refused_with_a_code_or_kept_bare(
        seed: u32,
        of_mp4: bool,
        changes in vec((any::<Index>(), any::<u8>()), 1..8),
    ) {
        let how = Recorded { ms: 300, telltale: true, seed };
        let mut file = if of_mp4 { mp4(how) } else { webm(how) };
        for (place, byte) in changes {
            let place = place.index(file.len());
            file[place] = byte;
        }
        // a changed length may make sound of words; what is then still called sound is not looked into
        match bare(&file) {
            Ok((kept, recording)) => prop_assert_eq!(inspect(&kept), Ok(recording)),
            Err(refusal) => prop_assert!(CODES.contains(&refusal.code), "{}", refusal),
        }
    }
}
