//! The way of a running patrol writes itself down. While the app runs, the phone's fix is kept every few seconds, less often
//! while it saves power. What a service of the phone's own wrote meanwhile, also while the app was gone, is taken in from
//! `tracks/<patrol>.jsonl`: a line of JSON per fix, appended and synced one by one. The service may outlive everything else,
//! so the file is read again and again: the same fix twice is one, a line that is not whole yet waits for its end, and when
//! the patrol ends the file goes.

use crate::{
    Phone,
    database::Database,
    error::{Answer, Failure},
    patrols, ports, track,
};
use gridwalk_core::{ids::PatrolId, patrol::PatrolView, photo::Position, time::Timestamp};
use serde::Deserialize;
use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

/// The folder of the service's files.
const TRACKS: &str = "tracks";
/// At most so much of a file at a time: a shift of fixes every second.
const AT_A_TIME: u64 = 8 * 1024 * 1024;
/// After a look that failed.
const AGAIN: Duration = Duration::from_secs(30);

/// A line of the service's file.
#[derive(Deserialize)]
struct Line {
    /// Milliseconds since 1970.
    t: i64,
    lon: f64,
    lat: f64,
    /// Metres.
    acc: f64,
    #[serde(default)]
    mock: bool,
}

impl Phone {
    /// Writes the way down as long as it is polled.
    pub(crate) async fn keep_track(&self) {
        loop {
            let rest = match self.off_the_loop(Self::take_track).await {
                Ok(rest) => rest,
                Err(failure) => {
                    tracing::error!(%failure, "the way could not be written down");
                    Some(AGAIN)
                }
            };
            tokio::select! {
                () = self.patrol_moved() => {}
                () = tokio::time::sleep(rest.unwrap_or_default()), if rest.is_some() => {}
            }
        }
    }

    /// Keeps where the phone is, if a patrol is under way, and what its service wrote. Answers when to look again; never, while
    /// nobody walks.
    pub fn take_track(&self) -> Answer<Option<Duration>> {
        let Some(patrol) = self.database().read(patrols::running)? else {
            return Ok(None);
        };
        self.take_in(patrol)?;
        let view = self.database().read(|db| patrols::view(db, patrol))?;
        if view.pauses.last().is_some_and(|pause| pause.to.is_none()) {
            return Ok(None);
        }
        if let Some(fix) = self.fix(self.now()).filter(|fix| walked(&view, fix)) {
            self.database().write(|db| track::keep(db, patrol, &fix))?;
        }
        let every = self.power()?.fix_every_s;
        Ok(Some(Duration::from_secs(every.into())))
    }

    /// Takes in what the phone's service wrote since the last look.
    pub(crate) fn take_in(&self, patrol: PatrolId) -> Answer<()> {
        let mut read = self.track_read();
        let from = read.filter(|(of, _)| *of == patrol).map_or(0, |(_, to)| to);
        let mut bytes = Vec::new();
        match File::open(self.service_file(patrol)) {
            Ok(mut file) => {
                file.seek(SeekFrom::Start(from))?;
                file.take(AT_A_TIME).read_to_end(&mut bytes)?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let fixes: Vec<Position> = bytes[..whole]
            .split(|byte| *byte == b'\n')
            .filter_map(fix)
            .collect();
        if !fixes.is_empty() {
            self.database().write(|db| {
                let view = patrols::view(db, patrol)?;
                for fix in fixes.iter().filter(|fix| walked(&view, fix)) {
                    track::keep(db, patrol, fix)?;
                }
                Ok(())
            })?;
        }
        *read = Some((patrol, from + whole as u64));
        Ok(())
    }

    /// Everything of it is in the database, or no longer wanted: the file is not encrypted, so it does not stay.
    pub(crate) fn forget_service_file(&self, patrol: PatrolId) {
        match fs::remove_file(self.service_file(patrol)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                let failure = Failure::from(error);
                tracing::error!(%failure, "the file of a way stays behind");
            }
        }
    }

    fn service_file(&self, patrol: PatrolId) -> PathBuf {
        self.dir().join(TRACKS).join(format!("{patrol}.jsonl"))
    }
}

/// Files of a way that nobody walks any more: the app was gone when it ended, or its patrol is another phone's by now.
pub(crate) fn sweep(dir: &Path, database: &Database) -> Answer<()> {
    let running = database.read(patrols::running)?;
    let files = match fs::read_dir(dir.join(TRACKS)) {
        Ok(files) => files,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let stays = running.map(|patrol| format!("{patrol}.jsonl").into());
    for file in files {
        let file = file?;
        if Some(file.file_name()) != stays {
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// A fix as the service wrote it; none when it wrote something else, or a place that is none.
fn fix(line: &[u8]) -> Option<Position> {
    let line: Line = serde_json::from_slice(line).ok()?;
    let fix = Position {
        lon: line.lon,
        lat: line.lat,
        accuracy_m: line.acc,
        fixed_at: Timestamp(line.t),
        mock: line.mock,
    };
    ports::plausible(&fix).then_some(fix)
}

/// It belongs to the way: after the start, and not in a pause.
fn walked(view: &PatrolView, fix: &Position) -> bool {
    let at = fix.fixed_at;
    let mut pauses = view.pauses.iter();
    let paused = pauses.any(|pause| at >= pause.from && pause.to.is_none_or(|to| at < to));
    at >= view.created.started_at && !paused && view.ended_at.is_none_or(|end| at <= end)
}
