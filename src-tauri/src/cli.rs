//! The phone from the command line, without a window: to enrol it, to let it deliver once, to ask what it holds.
//!
//! ```text
//! gridwalk enrol --data DIR --server URL --code CODE
//! gridwalk sync --data DIR          exchanges until nothing is left; prints the state; fails when it did not get through
//! gridwalk holdings --data DIR      prints what was recorded and what was acknowledged, as JSON
//! ```

use crate::{Answer, Failure, Phone, ports::Ports, view::SyncPhase};
use gridwalk_core::error::Code;
use std::{collections::BTreeMap, process::ExitCode};

/// Does what the arguments (without the program's name) say; none when they say nothing, which means the window.
pub fn run(arguments: impl IntoIterator<Item = String>) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter();
    let command = arguments.next()?;
    let done = options(arguments).and_then(|options| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        runtime.block_on(act(&command, &options))
    });
    Some(match done {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    })
}

type Options = BTreeMap<String, String>;

fn options(mut arguments: impl Iterator<Item = String>) -> Answer<Options> {
    let mut options = Options::new();
    while let Some(name) = arguments.next() {
        let name = name.strip_prefix("--").ok_or_else(|| usage(&name))?;
        let value = arguments.next().ok_or_else(|| usage(name))?;
        options.insert(name.to_owned(), value);
    }
    Ok(options)
}

fn usage(what: &str) -> Failure {
    Failure::new(
        Code::ValueOutOfRange,
        format!(
            "`{what}`? usage: gridwalk [enrol --data DIR --server URL --code CODE | sync --data DIR | holdings --data DIR]"
        ),
    )
}

async fn act(command: &str, options: &Options) -> Answer<String> {
    let option = |name: &str| options.get(name).cloned().ok_or_else(|| usage(name));
    let open = || {
        let dir = option("data")?;
        Phone::open(&dir, Ports::of_this_machine(dir.as_ref()))
    };
    match command {
        "enrol" => {
            let status = open()?.enrol(option("server")?, option("code")?).await?;
            let worker = status.worker.map(|worker| worker.name);
            Ok(format!("enrolled for {}", worker.unwrap_or_default()))
        }
        "sync" => {
            let phone = open()?;
            phone.who()?;
            let state = phone.sync_once().await?;
            let line = serde_json::to_string(&state)?;
            match (state.phase, state.error) {
                (SyncPhase::Idle, _) => Ok(line),
                (_, code) => Err(Failure::new(code.unwrap_or(Code::ServerError), line)),
            }
        }
        "holdings" => Ok(serde_json::to_string(&open()?.holdings()?)?),
        other => Err(usage(other)),
    }
}
