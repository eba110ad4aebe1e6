//! Real binaries as child processes: found beside this one, spoken to through their command line, ended by their own id.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::Instant,
};

use gridwalk_core::time::Timestamp;

/// Something went wrong, in words for whoever runs the proof.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A binary of this workspace, built into the same folder as the one that is running.
pub fn binary(name: &str) -> Outcome<PathBuf> {
    let mut folder = std::env::current_exe()?;
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let path = folder.join(name);
    if path.exists() {
        Ok(path)
    } else {
        Err(format!("{} is not built", path.display()).into())
    }
}

static BEGAN: Mutex<Option<(Instant, Timestamp)>> = Mutex::new(None);

/// From now on every program that is started here believes that it is this time of the demo street, and going on. A
/// second beginning changes nothing: time does not run backwards.
pub fn begin(at: Timestamp) {
    let mut began = BEGAN.lock().unwrap_or_else(PoisonError::into_inner);
    began.get_or_insert_with(|| (Instant::now(), at));
}

/// Time passes until then, for every program that is started from now on; nothing happens when it is later already. Programs
/// that run do not notice.
pub fn until(at: Timestamp) {
    if now().is_none_or(|now| now < at) {
        let mut began = BEGAN.lock().unwrap_or_else(PoisonError::into_inner);
        *began = Some((Instant::now(), at));
    }
}

/// What the clock of the programs shows now; none where they go by the machine's.
pub fn now() -> Option<Timestamp> {
    let began = BEGAN.lock().unwrap_or_else(PoisonError::into_inner);
    let (since, at) = (*began)?;
    let ms = i64::try_from(since.elapsed().as_millis()).ok()?;
    Some(at.plus_ms(ms))
}

/// The same for `GRIDWALK_CLOCK`.
pub fn clock() -> Option<String> {
    now().map(|now| now.to_string())
}

/// A binary of this workspace, ready to be started on that clock.
pub fn command(name: &str) -> Outcome<Command> {
    let mut command = Command::new(binary(name)?);
    command.envs(clock().map(|now| ("GRIDWALK_CLOCK", now)));
    Ok(command)
}

/// Runs a binary to its end and answers with its standard output; anything but success is an error with its last words.
pub fn run(name: &str, arguments: &[&str]) -> Outcome<String> {
    let output = command(name)?.args(arguments).output()?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{name} {}: {} {words}", arguments.join(" "), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// A port that nobody listens on at this moment; the same one serves a server that stops and starts again.
pub fn free_port() -> Outcome<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?
        .local_addr()?
        .port())
}

/// A server process that ends with this value.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:<port>`
    pub address: String,
}

impl Server {
    /// Starts `gridwalk-server serve` on this port of the loopback and waits until it says where it listens.
    pub fn start(data: &Path, port: u16) -> Outcome<Self> {
        Self::start_with(data, port, &[])
    }

    /// The same with further arguments, such as a certificate.
    pub fn start_with(data: &Path, port: u16, further: &[String]) -> Outcome<Self> {
        let listen = format!("127.0.0.1:{port}");
        let data = data.to_string_lossy();
        let mut child = command("gridwalk-server")?
            .args(["serve", "--data", &data, "--listen", &listen])
            .args(further)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let mut line = String::new();
        while lines.read_line(&mut line)? > 0 {
            if let Some(address) = line.trim().strip_prefix("listening on ") {
                let address = address.to_owned();
                std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
                if let Some(mut errors) = child.stderr.take() {
                    std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
                }
                return Ok(Self { child, address });
            }
            line.clear();
        }
        let mut words = String::new();
        if let Some(mut errors) = child.stderr.take() {
            errors.read_to_string(&mut words)?;
        }
        child.wait()?;
        Err(format!("the server did not start: {words}").into())
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is as good as ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
