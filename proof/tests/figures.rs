//! The benchmarks still run and their last line still says what it promises; small, and without the peers.

use gridwalk_proof::process::Outcome;
use serde_json::Value;
use std::process::Command;

/// Runs it and reads the last line of its standard output.
fn figures(program: &str, arguments: &[&str]) -> Outcome<Value> {
    let output = Command::new(program).args(arguments).output()?;
    let said = String::from_utf8(output.stdout)?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{program}: {} {words}", output.status).into());
    }
    Ok(serde_json::from_str(
        said.lines().last().unwrap_or_default(),
    )?)
}

fn is_figure(value: &Value, places: &[&str]) {
    for place in places {
        let figure = value.pointer(place).and_then(Value::as_f64);
        assert!(figure.is_some_and(f64::is_finite), "{place} in {value}");
    }
}

#[test]
fn a_small_grid_is_exchanged_and_measured() -> Outcome<()> {
    let figures = figures(env!("CARGO_BIN_EXE_bench-sync"), &["--documents", "20"])?;
    is_figure(
        &figures,
        &[
            "/noop/bytes",
            "/noop/wall_ratio",
            "/noop/server_cpu_us",
            "/delta/bytes_ratio",
            "/delta/wall_ratio",
            "/delta/server_cpu_ms",
            "/first/bytes_ratio",
            "/first/wall_ratio",
            "/first/usable_ms",
            "/first/server_cpu_ms",
        ],
    );
    // Bytes depend on no machine: a question and an answer without news stay small.
    let bytes = figures["noop"]["bytes"].as_u64();
    assert!(
        bytes.is_some_and(|bytes| (100..=400).contains(&bytes)),
        "{figures}"
    );
    Ok(())
}

#[test]
fn twenty_phones_return_at_once_and_nothing_is_lost() -> Outcome<()> {
    let arguments = ["--phones", "20", "--growth", "700"];
    let figures = figures(env!("CARGO_BIN_EXE_load"), &arguments)?;
    assert_eq!(
        (&figures["phones"], &figures["lost"]),
        (&20.into(), &0.into())
    );
    is_figure(
        &figures,
        &["/server_cpu_s", "/p99_ms", "/peak_rss_mb", "/growth_ratio"],
    );
    Ok(())
}
