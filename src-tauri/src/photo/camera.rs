//! What the camera leaves behind. On Android the WebView gives the camera a file of the app's own to write into, and nobody takes
//! it away again: outside the sealed folder, with place, device and uncovered faces in it. It goes as soon as nobody can still
//! be reading it.

use std::{
    fs, io,
    path::Path,
    time::{Duration, SystemTime},
};

/// A picture is read within moments of being taken; a slow phone takes its time.
pub(crate) const READ_BY_THEN: Duration = Duration::from_secs(600);

/// As the WebView names the camera's files (wry, `RustWebChromeClient`): what else lies in the folder is not ours.
fn is_of_the_camera(name: &str) -> bool {
    name.starts_with("JPEG_") && name.ends_with(".jpg")
}

/// Removes the camera's files that were last written before then; how many.
pub(crate) fn forget(folder: &Path, then: SystemTime) -> io::Result<usize> {
    let mut gone = 0;
    for file in fs::read_dir(folder)? {
        let file = file?;
        let seen = file.metadata()?;
        let name = file.file_name();
        let ours = seen.is_file() && name.to_str().is_some_and(is_of_the_camera);
        if ours && seen.modified()? < then {
            fs::remove_file(file.path())?;
            gone += 1;
        }
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_camera_wrote_goes_once_it_was_read_and_nothing_else_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let now = SystemTime::now();
        let lay = |name: &str, ago: u64| {
            let path = folder.path().join(name);
            let file = fs::File::create(path).expect("a file");
            let then = now - Duration::from_secs(ago);
            file.set_modified(then).expect("its time");
        };
        lay("JPEG_20260914_090000_123.jpg", 3_600);
        lay("JPEG_20260914_095900_456.jpg", 60);
        lay("holiday.jpg", 3_600);
        lay("JPEG_notes.txt", 3_600);
        fs::create_dir(folder.path().join("JPEG_folder.jpg")).expect("a folder");
        let left = || {
            let names = fs::read_dir(folder.path()).expect("the folder");
            let names = names.map(|file| file.expect("a file").file_name());
            let mut names: Vec<_> = names
                .map(|name| name.into_string().expect("a name"))
                .collect();
            names.sort();
            names
        };
        let others = ["JPEG_folder.jpg", "JPEG_notes.txt", "holiday.jpg"];
        assert_eq!(forget(folder.path(), now - READ_BY_THEN).expect("gone"), 1);
        let fresh = "JPEG_20260914_095900_456.jpg";
        assert_eq!(left(), [&[fresh][..], &others].concat());
        // the app begins: whoever took it has gone
        assert_eq!(forget(folder.path(), now).expect("gone"), 1);
        assert_eq!(left(), others);
        let nowhere = forget(&folder.path().join("none"), now);
        assert_eq!(nowhere.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
