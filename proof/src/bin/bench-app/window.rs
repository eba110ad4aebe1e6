//! How long the app's own window takes from its start to a list that can be used, beside a Tauri window of the same size that
//! shows one word. Both are started and looked at by WebKitWebDriver, in turns, and what the driver needs is in both.

use gridwalk_proof::{
    browser,
    cost::children,
    measure::Times,
    process::{self, Outcome, binary, free_port},
};
use reqwest::Client;
use serde_json::{Value, json};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A row of 今日, which is what a worker sees first.
const USABLE: &str = "[data-testid^=task-]";
/// The one word of the empty window.
const SHOWN: &str = "#here";
/// The machine may be building something else.
const PATIENCE: Duration = Duration::from_secs(120);
const BETWEEN_LOOKS: Duration = Duration::from_millis(4);

/// Moments of the app's page (`main.ts`): its script begins, what it stands on is known, and now.
const MOMENTS: &str = "return ['gw-begun', 'gw-known'].map((name) => performance.getEntriesByName(name)[0]?.startTime ?? 0)\
    .concat(performance.now())";

/// Types each of these into the search and answers, for each, the milliseconds from the letters to the frame that shows
/// what they find.
const TYPED: &str = "
const [queries, done] = arguments;
const frame = () => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
const until = async (true_now) => { while (!true_now()) await new Promise((next) => setTimeout(next)); };
const at = (id) => document.querySelector(`[data-testid=${id}]`);
const answered = () => at('found') || document.querySelector('[data-testid=screen-households] .empty');
location.hash = '#/households';
(async () => {
  await until(() => at('household-search') && at('household-list'));
  const field = at('household-search');
  const type = (words) => { field.value = words; field.dispatchEvent(new Event('input', { bubbles: true })); };
  const took = [];
  for (const query of queries) {
    const begun = performance.now();
    type(query);
    await until(answered);
    await frame();
    took.push(performance.now() - begun);
    type('');
    await until(() => !answered());
    await frame();
  }
  done(took);
})();";
const LETTERS: &[&str] = &["李", "张先生", "zhang", "301", "0123", "楼道", "井盖", "1"];

/// Of both, from the first moment to that look.
pub struct Starts {
    pub app: Times,
    pub empty: Times,
    /// Milliseconds of the page's own clock, from its navigation on, until: its script begins, the phone's answers are there,
    /// a row was seen.
    pub page: [Times; 3],
    /// Milliseconds from a letter in the search to the frame that shows what was found.
    pub found: Times,
}

/// So many starts of each. The phone's data are the app's own; each start of the app is of a process that was not there.
pub fn starts(phone: &Path, count: usize) -> Outcome<Starts> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let http = browser()?;
    let (mut app, mut empty) = (Vec::new(), Vec::new());
    let mut page = [const { Vec::new() }; 3];
    let mut found = Vec::new();
    // the first of each is the disk's, not ours
    for turn in 0..=count {
        eprintln!("start {turn} of {count} …");
        let of_empty = runtime.block_on(start(&http, "empty-window", phone, SHOWN))?;
        let of_app = runtime.block_on(start(&http, "gridwalk", phone, USABLE))?;
        if turn > 0 {
            empty.push(of_empty.ms);
            app.push(of_app.ms);
            for (times, ms) in page.iter_mut().zip(of_app.moments) {
                times.push(ms);
            }
            found.extend(of_app.found);
        }
    }
    Ok(Starts {
        app: Times::new(app),
        empty: Times::new(empty),
        page: page.map(Times::new),
        found: Times::new(found),
    })
}

/// One start.
struct Start {
    /// Milliseconds until the page had something that fits the selector.
    ms: f64,
    moments: [f64; 3],
    /// Of each of `LETTERS`; of the empty window nothing.
    found: Vec<f64>,
}

async fn start(http: &Client, program: &str, phone: &Path, selector: &str) -> Outcome<Start> {
    let driver = Driver::open(phone)?;
    let asked = json!({"capabilities": {"alwaysMatch": {
        "browserName": "wry",
        "webkitgtk:browserOptions": {"binary": binary(program)?, "args": []},
    }}});
    let look = json!({
        "script": "return document.querySelector(arguments[0]) !== null",
        "args": [selector],
    });
    let begun = Instant::now();
    let session = driver.ask(http, "/session", &asked).await?;
    let id = session["sessionId"].as_str().ok_or("no session")?;
    let path = format!("/session/{id}/execute/sync");
    loop {
        // a page that is just being replaced answers nothing
        let seen = driver.ask(http, &path, &look).await;
        if seen.is_ok_and(|seen| seen == Value::Bool(true)) {
            break;
        }
        if begun.elapsed() > PATIENCE {
            let says = json!({"script": "return document.body.innerText", "args": []});
            let says = driver.ask(http, &path, &says).await;
            return Err(format!("{program} never showed {selector}, but {says:?}").into());
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    let ms = begun.elapsed().as_secs_f64() * 1_000.0;
    let moments = driver
        .ask(http, &path, &json!({"script": MOMENTS, "args": []}))
        .await?;
    let found = match selector {
        USABLE => {
            let path = format!("/session/{id}/execute/async");
            let typed = json!({"script": TYPED, "args": [LETTERS]});
            driver.ask(http, &path, &typed).await?
        }
        _ => json!([]),
    };
    driver.end(program)?;
    Ok(Start {
        ms,
        moments: serde_json::from_value(moments)?,
        found: serde_json::from_value(found)?,
    })
}

/// A WebKitWebDriver, until this is dropped.
struct Driver {
    child: Child,
    /// Held by whatever has the phone's data open.
    lock: PathBuf,
    address: String,
}

impl Driver {
    fn open(phone: &Path) -> Outcome<Self> {
        let lock = phone.join("gridwalk.lock");
        let port = free_port()?;
        let child = Command::new("WebKitWebDriver")
            .args([&format!("--port={port}"), "--host=127.0.0.1"])
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("GRIDWALK_DATA", phone)
            .envs(process::clock().map(|now| ("GRIDWALK_CLOCK", now)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let driver = Self {
            child,
            lock,
            address: format!("http://127.0.0.1:{port}"),
        };
        let until = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > until {
                return Err("WebKitWebDriver does not listen".into());
            }
            std::thread::yield_now();
        }
        Ok(driver)
    }

    /// Ends the window that it opened, and comes back when that is gone: the next one wants the same data.
    fn end(&self, program: &str) -> Outcome<()> {
        let wanted = binary(program)?;
        for pid in children(self.child.id())? {
            let exe = PathBuf::from(format!("/proc/{pid}/exe"));
            let lives = || exe.read_link().is_ok_and(|exe| exe == wanted);
            if lives() {
                Command::new("kill").arg(pid.to_string()).status()?;
                // its name goes before its files do
                while lives() || !self.is_free()? {
                    std::thread::yield_now();
                }
            }
        }
        Ok(())
    }

    /// Nothing has the phone's data open.
    fn is_free(&self) -> Outcome<bool> {
        Ok(File::open(&self.lock)?.try_lock().is_ok())
    }

    /// What it answers as `value`.
    async fn ask(&self, http: &Client, path: &str, body: &Value) -> Outcome<Value> {
        let request = http.post(format!("{}{path}", self.address));
        let request = request.header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await?;
        let status = answer.status();
        let mut said: Value = serde_json::from_slice(&answer.bytes().await?)?;
        match status.is_success() {
            true => Ok(said["value"].take()),
            false => Err(format!("{path}: {said}").into()),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Already gone is as good as ended; its window was ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
