//! Voice notes: said instead of typed, and no proof of anything that has to be seen.

use super::*;
use crate::voice::{VoiceMedia, VoiceNote};

fn said(n: u8) -> IncidentAction {
    IncidentAction::AddVoice {
        voice: VoiceNote {
            hash: Hash([n; 32]),
            media: VoiceMedia::Webm,
            recorded_at: Timestamp(0),
            duration_ms: 12_000,
            bytes: 30_000,
        },
    }
}

fn nothing_seen() -> Story {
    let mut story = Story::new();
    story.photos.clear();
    story
}

#[test]
fn a_voice_note_stands_in_for_the_photo_of_a_report_and_for_no_photo_that_proves_something() {
    let submit = || IncidentAction::Submit {
        without_photo_because: None,
    };
    let handle = || IncidentAction::SelfHandle {
        measure: "劝走了".into(),
    };
    let silent = nothing_seen().then(LIN, Role::Worker, submit()).tell();
    assert_eq!(fates(&silent), [Some(Code::MissingPhoto)]);
    let spoken = nothing_seen().then(LIN, Role::Worker, said(7));
    let view = spoken.then(LIN, Role::Worker, submit()).tell();
    assert_eq!(fates(&view), [None, None]);
    assert_eq!(view.state, IncidentState::Reported);
    assert_eq!((view.photos.len(), view.voices.len()), (0, 1));
    let spoken = nothing_seen().then(LIN, Role::Worker, said(7));
    let view = spoken.then(LIN, Role::Worker, handle()).tell();
    assert_eq!(fates(&view), [None, Some(Code::MissingPhoto)]);
}

#[test]
fn a_voice_note_may_be_added_at_any_time_and_is_one_however_often_it_comes() {
    let view = Story::submitted()
        .then(LIN, Role::Worker, cancel())
        .then(HANDLER, Role::Handler, said(7))
        .then(DESK, Role::Dispatcher, said(7))
        .tell();
    assert_eq!(fates(&view), [None; 4]);
    assert_eq!(view.voices.len(), 1);
    assert_eq!(view.state, IncidentState::Cancelled);
}
