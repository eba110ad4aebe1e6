//! The peers, as Node processes: the same documents, the same link, the same cases. Each side is a program in
//! `proof/peers` that says in lines of JSON what it did; bytes and walls are taken at the link, CPU from the kernel.

use crate::ours::{Case, Story};
use gridwalk_proof::{
    cost::{Spent, peak_mib},
    process::Outcome,
    radio::{PHONE, Passed, Radio},
};
use serde::Deserialize;
use serde_json::json;
use std::{path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// When nothing passes for so long, a conversation is over. Longer than any pause that was seen within one.
const QUIET: Duration = Duration::from_secs(5);
/// Nobody is waited for longer than this.
const PATIENCE: Duration = Duration::from_secs(300);

/// One engine.
pub struct Peer {
    pub name: &'static str,
    pub key: &'static str,
    /// Case, figures, most memory of the server in MiB.
    pub cases: Vec<(&'static str, Case, f64)>,
}

/// All of them, one after the other.
pub async fn measure(programs: &Path, folder: &Path, story: &Story) -> Outcome<Vec<Peer>> {
    let told: Vec<_> = story
        .documents
        .iter()
        .map(|chapter| {
            let hex = |changes: &[Vec<u8>]| changes.iter().map(hex::encode).collect::<Vec<_>>();
            json!({
                "id": chapter.id,
                "before": hex(&chapter.before),
                "up": hex(&chapter.up),
                "down": hex(&chapter.down),
            })
        })
        .collect();
    let story = folder.join("story.json");
    std::fs::write(&story, serde_json::to_vec(&told)?)?;
    let at = Stage {
        programs,
        folder,
        story: story.to_string_lossy().into_owned(),
    };
    Ok(vec![
        at.automerge_repo().await?,
        at.pouchdb("PouchDB, batches of 100", "pouchdb", 100)
            .await?,
        at.pouchdb("PouchDB, batches of 1000", "pouchdb_1000", 1_000)
            .await?,
    ])
}

struct Stage<'a> {
    programs: &'a Path,
    folder: &'a Path,
    story: String,
}

impl Stage<'_> {
    async fn automerge_repo(&self) -> Outcome<Peer> {
        let mut cases = Vec::new();
        // What the server holds and what the client holds before each case.
        for (case, server_has, client_has) in [
            ("first", "before", None),
            ("delta", "before+down", Some("before+up")),
            ("no-op", "before+up+down", Some("before+up+down")),
        ] {
            eprintln!("automerge-repo: {case} …");
            let dir = |side: &str| self.dir(&format!("automerge-{case}-{side}"));
            let (centre, phone) = (dir("centre"), dir("phone"));
            self.start(
                "automerge-repo.mjs",
                &["fill", &centre, &self.story, server_has],
            )?
            .end()
            .await?;
            if let Some(parts) = client_has {
                self.start("automerge-repo.mjs", &["fill", &phone, &self.story, parts])?
                    .end()
                    .await?;
            }
            let mut server = self.start("automerge-repo.mjs", &["serve", &centre])?;
            let port = server.said().await?.port.ok_or("no port")?;
            let radio = Radio::to(&format!("127.0.0.1:{port}"), PHONE).await?;
            let spent = Spent::by(server.pid()?)?;
            let wanted = if case == "first" {
                "before"
            } else {
                "before+up+down"
            };
            let url = format!("ws://{}", radio.address);
            let mut client = self.start(
                "automerge-repo.mjs",
                &["pull", &phone, &self.story, wanted, &url],
            )?;
            let said = client.said().await?;
            let passed = quiet(&radio, Passed::default()).await;
            client.tell("end").await?;
            let messages = client.said().await?.messages.ok_or("no count")?;
            client.end().await?;
            let cpu = Spent::by(server.pid()?)?.since(&spent);
            let peak = peak_mib(server.pid()?)?;
            server.tell("end").await?;
            server.end().await?;
            let held = self
                .start(
                    "automerge-repo.mjs",
                    &["check", &centre, &self.story, wanted],
                )?
                .said()
                .await?;
            if said.equal != held.equal || said.equal != said.documents {
                eprintln!(
                    "automerge-repo, {case}: equal on the client {:?}, on the server {:?} of {:?}",
                    said.equal, held.equal, said.documents
                );
            }
            cases.push((case, Case::new(passed, messages, cpu), peak));
        }
        Ok(Peer {
            name: "automerge-repo 2.5",
            key: "automerge_repo",
            cases,
        })
    }

    async fn pouchdb(&self, name: &'static str, key: &'static str, batch: usize) -> Outcome<Peer> {
        let (centre, phone) = (
            self.dir(&format!("{key}-centre")),
            self.dir(&format!("{key}-phone")),
        );
        let mut server = self.start("pouchdb.mjs", &["serve", &centre, &self.story])?;
        let port = server.said().await?.port.ok_or("no port")?;
        let radio = Radio::to(&format!("127.0.0.1:{port}"), PHONE).await?;
        let url = format!("http://{}/grid", radio.address);
        let mut client = self.start(
            "pouchdb.mjs",
            &["phone", &phone, &self.story, &url, &batch.to_string()],
        )?;
        client.said().await?;
        let mut cases = Vec::new();
        for case in ["first", "settle", "delta", "no-op"] {
            eprintln!("{name}: {case} …");
            if case == "delta" {
                server.tell("change").await?;
                server.said().await?;
            }
            radio.take();
            let spent = Spent::by(server.pid()?)?;
            client.tell(case).await?;
            let said = client.said().await?;
            let passed = radio.take();
            let cpu = Spent::by(server.pid()?)?.since(&spent);
            if case != "settle" {
                cases.push((
                    case,
                    Case::new(passed, said.messages.ok_or("no count")?, cpu),
                    peak_mib(server.pid()?)?,
                ));
            }
        }
        client.tell("end").await?;
        client.end().await?;
        server.tell("end").await?;
        server.end().await?;
        Ok(Peer { name, key, cases })
    }

    fn dir(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    fn start(&self, program: &str, arguments: &[&str]) -> Outcome<Program> {
        let mut child = Command::new("node")
            .arg(self.programs.join(program))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no standard output")?).lines();
        Ok(Program {
            input: child.stdin.take(),
            lines,
            child,
        })
    }
}

impl Case {
    fn new(passed: Passed, messages: usize, cpu: Duration) -> Self {
        Self {
            up: passed.up,
            down: passed.down,
            messages,
            wall: passed.wall(),
            cpu,
            merging: Duration::ZERO,
            alone: Duration::ZERO,
        }
    }
}

/// Everything that passes until nothing does.
async fn quiet(radio: &Radio, mut passed: Passed) -> Passed {
    loop {
        let more = radio.take();
        if more.bytes() == 0 && passed.bytes() > 0 {
            return passed;
        }
        passed = passed.and(more);
        tokio::time::sleep(QUIET).await;
    }
}

/// A line of a program.
#[derive(Deserialize, Debug)]
struct Said {
    port: Option<u16>,
    messages: Option<usize>,
    documents: Option<usize>,
    equal: Option<usize>,
}

struct Program {
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    child: Child,
}

impl Program {
    fn pid(&self) -> Outcome<u32> {
        Ok(self.child.id().ok_or("a peer has ended")?)
    }

    /// The next line that is JSON; libraries say other things.
    async fn said(&mut self) -> Outcome<Said> {
        let line = async {
            while let Some(line) = self.lines.next_line().await? {
                if let Ok(said) = serde_json::from_str(&line) {
                    return Ok(said);
                }
                eprintln!("  {line}");
            }
            Err("a peer ended without a word".into())
        };
        tokio::time::timeout(PATIENCE, line).await?
    }

    async fn tell(&mut self, word: &str) -> Outcome<()> {
        let input = self.input.as_mut().ok_or("a peer that does not listen")?;
        Ok(input.write_all(format!("{word}\n").as_bytes()).await?)
    }

    async fn end(mut self) -> Outcome<()> {
        drop(self.input.take());
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await??;
        if status.success() {
            Ok(())
        } else {
            Err(format!("a peer ended with {status}").into())
        }
    }
}
