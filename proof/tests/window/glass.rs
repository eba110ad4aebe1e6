//! One life of the app: a WebKitWebDriver, the window that it opened, and a thumb that waits until a thing can be tapped.

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, MouseActions, PointerAction},
};
use gridwalk_proof::process::{self, Outcome, binary, free_port};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Whether the element is there, has stopped moving, and nothing lies over it; brings it into view on the way. WebDriver
/// then taps where a thumb would.
const REACHABLE: &str = r#"
const found = document.querySelector(arguments[0]);
if (!found || found.disabled) return false;
if (window.reached !== found) {
  window.reached = found;
  window.place = '';
  found.scrollIntoView({ block: 'center', behavior: 'instant' });
}
const box = found.getBoundingClientRect();
const before = window.place;
window.place = [box.x, box.y, box.width, box.height].join();
const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
return window.place === before && over !== null && found.contains(over);
"#;

/// How long a screen may take before the story ends: long, because the machine may be building something else.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How large the window is, and the words in it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Look {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// 1, 1.15, 1.3 or 1.5, as the setting names it.
    pub scale: &'static str,
}

impl Look {
    /// The phones that the screens were drawn for, and the smallest that has to do.
    pub const fn of((width, height): (u32, u32), scale: &'static str) -> Self {
        Self {
            width,
            height,
            scale,
        }
    }
}

/// The file that tells the app how full its phone is.
pub fn battery_of(data: &Path) -> PathBuf {
    data.with_file_name("battery.json")
}

/// The window of one phone, driven. Ends the driver and the app when it is dropped.
pub struct Glass {
    /// The session.
    pub client: Client,
    driver: Child,
    pictures: PathBuf,
    look: Look,
}

impl Glass {
    /// Starts the app on the phone in `data`, in a window of that size. `pictures` is where its pictures go.
    pub async fn open(data: &Path, pictures: &Path, look: Look) -> Outcome<Self> {
        let port = free_port()?;
        let driver = Command::new("WebKitWebDriver")
            .args([&format!("--port={port}"), "--host=127.0.0.1"])
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("GRIDWALK_DATA", data)
            .env("GRIDWALK_BATTERY", battery_of(data))
            .envs(process::clock().map(|now| ("GRIDWALK_CLOCK", now)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let app = binary("gridwalk")?;
        let asked = json!({
            "browserName": "wry",
            "webkitgtk:browserOptions": {"binary": app, "args": []},
        });
        let Value::Object(asked) = asked else {
            return Err("capabilities are an object".into());
        };
        let address = format!("http://127.0.0.1:{port}");
        wait_for_port(port)?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(asked)
            .connect(&address)
            .await?;
        let mut glass = Self {
            client,
            driver,
            pictures: pictures.to_owned(),
            look,
        };
        glass.becomes(look).await?;
        Ok(glass)
    }

    /// The same phone with a screen of another size. How large the words are is a setting, and said in [`Self::wears`].
    pub async fn becomes(&mut self, look: Look) -> Outcome<()> {
        self.client
            .set_window_rect(0, 0, look.width, look.height)
            .await?;
        self.look = look;
        let Look { width, height, .. } = look;
        self.holds(&format!(
            "window.innerWidth === {width} && window.innerHeight === {height}"
        ))
        .await
    }

    /// The setting under 我的, tapped.
    pub async fn wears(&self, scale: &str) -> Outcome<()> {
        self.go("/me").await?;
        self.screen("me").await?;
        self.tap(&format!("me-size-{scale}")).await?;
        self.holds(&format!(
            "document.documentElement.style.getPropertyValue('--gw-text-scale') === '{scale}'"
        ))
        .await
    }

    /// Waits until the JavaScript expression is true; what it cannot read yet is not true yet.
    pub async fn holds(&self, expression: &str) -> Outcome<()> {
        let script = format!("try {{ return Boolean({expression}) }} catch {{ return false }}");
        self.becomes_true(&script, vec![], expression).await
    }

    /// Whether it is true at this moment; what cannot be read is not.
    pub async fn is(&self, expression: &str) -> Outcome<bool> {
        let script = format!("try {{ return Boolean({expression}) }} catch {{ return false }}");
        Ok(self.client.execute(&script, vec![]).await? == Value::Bool(true))
    }

    /// Asks the page again and again, as long as a patient person would.
    async fn becomes_true(&self, script: &str, arguments: Vec<Value>, what: &str) -> Outcome<()> {
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        let mut last = None;
        let seen = async {
            loop {
                looks.tick().await;
                match self.client.execute(script, arguments.clone()).await {
                    Ok(Value::Bool(true)) => return,
                    Ok(_) => last = None,
                    // A page that is just being replaced answers nothing.
                    Err(error) => last = Some(error),
                }
            }
        };
        if tokio::time::timeout(PATIENCE, seen).await.is_ok() {
            return Ok(());
        }
        let why = last.map(|error| error.to_string()).unwrap_or_default();
        let _ = self.picture_now("where-it-ended");
        Err(format!("never came: {what} {why}").into())
    }

    /// Waits until a screen is there and has loaded what it shows.
    pub async fn screen(&self, name: &str) -> Outcome<()> {
        self.holds(&format!(
            "document.querySelector('[data-testid=screen-{name}]') && !document.querySelector('.skeletons')"
        ))
        .await
    }

    /// Waits until something with this test id can be tapped, and taps it.
    pub async fn tap(&self, id: &str) -> Outcome<()> {
        self.tap_css(&named(id)).await
    }

    /// The same for any selector.
    pub async fn tap_css(&self, selector: &str) -> Outcome<()> {
        self.reachable(selector).await?;
        let element = self.client.find(Locator::Css(selector)).await?;
        Ok(element.click().await?)
    }

    async fn reachable(&self, selector: &str) -> Outcome<()> {
        self.becomes_true(REACHABLE, vec![json!(selector)], selector)
            .await
    }

    /// Types into a field that is tapped first. Keys travel to the page on another way than questions do, and on a busy
    /// machine a tap would overtake them: this returns once they stand there.
    pub async fn write(&self, id: &str, text: &str) -> Outcome<()> {
        self.tap(id).await?;
        let field = self.client.find(Locator::Css(&named(id))).await?;
        field.send_keys(text).await?;
        let stands = "return document.querySelector(arguments[0]).value.endsWith(arguments[1])";
        let asked = vec![json!(named(id)), json!(text)];
        self.becomes_true(stands, asked, text).await
    }

    /// Types into a field wherever its cursor stands.
    pub async fn types(&self, id: &str, text: &str) -> Outcome<()> {
        let field = self.client.find(Locator::Css(&named(id))).await?;
        Ok(field.send_keys(text).await?)
    }

    /// Empties a field.
    pub async fn clear(&self, id: &str) -> Outcome<()> {
        let field = self.client.find(Locator::Css(&named(id))).await?;
        Ok(field.clear().await?)
    }

    /// Gives a file to a file input, as the camera would.
    pub async fn give_file(&self, id: &str, file: &Path) -> Outcome<()> {
        self.holds(&format!("document.querySelector('{}')", named(id)))
            .await?;
        let input = self.client.find(Locator::Css(&named(id))).await?;
        Ok(input.send_keys(&file.to_string_lossy()).await?)
    }

    /// Keeps a finger on it until the expression is true.
    pub async fn hold(&self, id: &str, until: &str) -> Outcome<()> {
        self.reachable(&named(id)).await?;
        let element = self.client.find(Locator::Css(&named(id))).await?;
        let down = MouseActions::new("thumb".into())
            .then(PointerAction::MoveToElement {
                element,
                duration: None,
                x: 0.0,
                y: 0.0,
            })
            .then(PointerAction::Down { button: 0 });
        self.client.perform_actions(down).await?;
        self.holds(until).await?;
        Ok(self.client.release_actions().await?)
    }

    /// Draws with a finger from one point to another, both in parts of the element.
    pub async fn drag(&self, id: &str, [from, to]: [(f64, f64); 2]) -> Outcome<()> {
        self.reachable(&named(id)).await?;
        let element = self.client.find(Locator::Css(&named(id))).await?;
        let (_, _, width, height) = element.rectangle().await?;
        let over = |(x, y): (f64, f64)| PointerAction::MoveToElement {
            element: element.clone(),
            duration: None,
            x: (x - 0.5) * width,
            y: (y - 0.5) * height,
        };
        let finger = MouseActions::new("thumb".into())
            .then(over(from))
            .then(PointerAction::Down { button: 0 })
            .then(over(to))
            .then(PointerAction::Up { button: 0 });
        self.client.perform_actions(finger).await?;
        Ok(self.client.release_actions().await?)
    }

    /// What an expression is.
    pub async fn value(&self, expression: &str) -> Outcome<Value> {
        let script = format!("return ({expression})");
        Ok(self.client.execute(&script, vec![]).await?)
    }

    /// Goes to an address inside the app.
    pub async fn go(&self, path: &str) -> Outcome<()> {
        self.client
            .execute("location.hash = arguments[0]", vec![json!(path)])
            .await?;
        Ok(())
    }

    /// A picture of the window as it is, once everything stands still.
    pub async fn picture(&self, name: &str) -> Outcome<()> {
        self.holds("document.getAnimations().every((a) => a.playState !== 'running' || a.effect.getTiming().iterations === Infinity)")
            .await?;
        // what the page says and what the screen shows are a frame apart, on a busy machine two
        self.client
            .execute_async(
                "const seen = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => seen(true)))",
                vec![],
            )
            .await?;
        self.picture_now(name)
    }

    fn picture_now(&self, name: &str) -> Outcome<()> {
        // The screen belongs to this window alone. WebKitWebDriver's own screenshot never answers under Xvfb.
        std::fs::create_dir_all(&self.pictures)?;
        let file = self.pictures.join(format!("{name}.png"));
        let shot = Command::new("import")
            .args(["-silent", "-window", "root", "-crop"])
            .arg(format!("{}x{}+0+0", self.look.width, self.look.height))
            .arg("+repage")
            .arg(&file)
            .status()?;
        if shot.success() {
            Ok(())
        } else {
            Err(format!("no picture of {name}: {shot}").into())
        }
    }

    /// The process id of the app itself: the driver's child with the app's name.
    pub fn app(&self) -> Outcome<u32> {
        let wanted = binary("gridwalk")?;
        for entry in std::fs::read_dir("/proc")? {
            let path = entry?.path();
            let Some(pid) = path
                .file_name()
                .and_then(|n| n.to_str())
                .and_then(|n| n.parse().ok())
            else {
                continue;
            };
            let same = std::fs::read_link(path.join("exe")).is_ok_and(|exe| exe == wanted);
            if same && parent(&path) == Some(self.driver.id()) {
                return Ok(pid);
            }
        }
        Err("the driver has no app".into())
    }

    /// Ends the app as a phone does that runs out of memory: no word, no time.
    pub fn kill(mut self) -> Outcome<()> {
        let pid = self.app()?.to_string();
        let killed = Command::new("kill").args(["-9", &pid]).status()?;
        if !killed.success() {
            return Err(format!("kill -9 {pid}: {killed}").into());
        }
        while Path::new("/proc")
            .join(&pid)
            .join("exe")
            .read_link()
            .is_ok()
        {
            std::thread::yield_now();
        }
        self.end_driver();
        Ok(())
    }

    fn end_driver(&mut self) {
        // Already gone is as good as ended.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Drop for Glass {
    fn drop(&mut self) {
        if let Ok(pid) = self.app() {
            let _ = Command::new("kill").arg(pid.to_string()).status();
        }
        self.end_driver();
    }
}

/// The selector of a test id.
pub fn named(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}

fn parent(process: &Path) -> Option<u32> {
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    // pid (name) state ppid …; the name may hold anything, so the fields are counted from its end.
    stat.rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(1)?
        .parse()
        .ok()
}

fn wait_for_port(port: u16) -> Outcome<()> {
    let until = std::time::Instant::now() + PATIENCE;
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if std::time::Instant::now() > until {
            return Err("WebKitWebDriver does not listen".into());
        }
        std::thread::yield_now();
    }
    Ok(())
}
