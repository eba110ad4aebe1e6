//! Patrols and visits in the formats that offices use: CSV for spreadsheets (UTF-8 with BOM, formulas neutralised), GeoJSON
//! (RFC 7946) for maps, GPX 1.1 for track programs. What was filtered is what is exported, and nothing of people but the
//! name of who led the patrol or knocked at the door. A sheet of visits is there so that nobody types them into another
//! system again: every visit is a row with its own id, and taking it out twice gives the same rows.

use super::{
    Result,
    patrol::{self, PatrolDetail, checkpoints},
    range::Window,
    visit,
};
use crate::{
    auth::scope::Scope,
    blobs::Blobs,
    error::Error,
    store::{Connection, person::word},
};
use gridwalk_core::{patrol::HitView, time::Timestamp};
use serde_json::json;
use std::collections::BTreeMap;

/// In which format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// One row per checkpoint hit; a patrol without any has one row.
    Csv,
    /// Points for hits, lines for shared lines.
    Geojson,
    /// Waypoints for hits, tracks for shared lines.
    Gpx,
}

impl Format {
    /// By the end of a file's name.
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension {
            "csv" => Some(Self::Csv),
            "geojson" => Some(Self::Geojson),
            "gpx" => Some(Self::Gpx),
            _ => None,
        }
    }
    /// What a browser is told.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Geojson => "application/geo+json",
            Self::Gpx => "application/gpx+xml",
        }
    }
}

/// All patrols that began in the window and lie in the scope.
pub fn patrols(
    connection: &Connection,
    blobs: &Blobs,
    scope: &Scope,
    window: &Window,
    format: Format,
    now: Timestamp,
) -> Result<Vec<u8>> {
    let names = checkpoints(connection)?;
    let mut all = Vec::new();
    for line in patrol::list(connection, window)? {
        all.push(patrol::detail(connection, blobs, scope, line.id, now)?);
    }
    all.reverse();
    match format {
        Format::Csv => csv(&all, &names),
        Format::Geojson => geojson(&all, &names),
        Format::Gpx => gpx(&all, &names),
    }
}

const VISIT_HEAD: [&str; 8] = [
    "visit_id",
    "grid",
    "door",
    "worker",
    "kind",
    "outcome",
    "started_at",
    "recorded_at",
];

/// All visits that began in the window and lie in the scope, the first one first.
pub fn visits(connection: &Connection, window: &Window) -> Result<Vec<u8>> {
    let mut rows = vec![VISIT_HEAD.map(str::to_owned).to_vec()];
    for line in visit::all(connection, window)?.into_iter().rev() {
        rows.push(vec![
            line.id.to_string(),
            line.grid_name,
            line.door,
            line.by_name,
            word(&line.kind)?,
            word(&line.outcome)?,
            local(line.started_at),
            local(line.recorded_at),
        ]);
    }
    sheet(&rows)
}

const HEAD: [&str; 19] = [
    "patrol_id",
    "grid",
    "kind",
    "plan",
    "leader",
    "started_at",
    "ended_at",
    "distance_m",
    "checkpoints_planned",
    "checkpoints_reached",
    "findings",
    "hit_id",
    "checkpoint",
    "hit_at",
    "method",
    "state",
    "reason",
    "lon",
    "lat",
];

fn csv(all: &[PatrolDetail], names: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let mut rows = vec![HEAD.map(str::to_owned).to_vec()];
    for patrol in all {
        let line = &patrol.line;
        let about = [
            line.id.to_string(),
            line.grid_name.clone(),
            word(&line.kind)?,
            line.plan_name.clone().unwrap_or_default(),
            line.leader_name.clone(),
            local(line.started_at),
            line.ended_at.map(local).unwrap_or_default(),
            line.distance_m
                .map(|metres| metres.to_string())
                .unwrap_or_default(),
            line.checkpoints.to_string(),
            line.reached.to_string(),
            line.findings.to_string(),
        ];
        let hits: Vec<[String; 8]> = match patrol.view.hits.as_slice() {
            [] => vec![Default::default()],
            hits => hits
                .iter()
                .map(|hit| hit_cells(hit, names))
                .collect::<Result<_>>()?,
        };
        for hit in hits {
            rows.push(about.iter().cloned().chain(hit).collect());
        }
    }
    sheet(&rows)
}

/// Rows as a sheet that offices can open: UTF-8 with its mark, CRLF, and no cell that a spreadsheet would run.
pub fn sheet(rows: &[Vec<String>]) -> Result<Vec<u8>> {
    let failed = |error: csv::Error| Error::internal("csv", error);
    let mut out = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    for row in rows {
        out.write_record(row.iter().map(|cell| harmless(cell)))
            .map_err(failed)?;
    }
    out.into_inner()
        .map_err(|error| Error::internal("csv", error))
}

fn hit_cells(seen: &HitView, names: &BTreeMap<String, String>) -> Result<[String; 8]> {
    let hit = &seen.hit;
    let degrees = |value: Option<f64>| value.map(|value| format!("{value:.6}")).unwrap_or_default();
    Ok([
        hit.id.to_string(),
        named(names, &hit.checkpoint.to_string()),
        local(hit.at),
        word(&hit.method)?,
        word(&hit.state)?,
        hit.reason.clone().unwrap_or_default(),
        degrees(hit.position.map(|at| at.lon)),
        degrees(hit.position.map(|at| at.lat)),
    ])
}

/// A spreadsheet would run a cell that begins like a formula; numbers stay numbers.
fn harmless(cell: &str) -> String {
    let formula =
        cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && cell.parse::<f64>().is_err();
    if formula {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn geojson(all: &[PatrolDetail], names: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let mut features = Vec::new();
    for patrol in all {
        for seen in &patrol.view.hits {
            let hit = &seen.hit;
            features.push(json!({
                "type": "Feature",
                "id": hit.id,
                "geometry": hit.position.map(|at| json!({"type": "Point", "coordinates": [at.lon, at.lat]})),
                "properties": {"patrol": patrol.line.id, "grid": patrol.line.grid_name,
                    "checkpoint": named(names, &hit.checkpoint.to_string()), "at": hit.at, "method": hit.method,
                    "state": hit.state, "reason": hit.reason},
            }));
        }
        // RFC 7946: a line has two points or more.
        if let Some(points) = patrol
            .shared_line
            .as_ref()
            .filter(|points| points.len() > 1)
        {
            let line: Vec<[f64; 2]> = points.iter().map(|[lon, lat, _]| [*lon, *lat]).collect();
            features.push(json!({
                "type": "Feature",
                "geometry": {"type": "LineString", "coordinates": line},
                "properties": {"patrol": patrol.line.id, "grid": patrol.line.grid_name,
                    "leader": patrol.line.leader_name, "started_at": patrol.line.started_at,
                    "ended_at": patrol.line.ended_at, "distance_m": patrol.line.distance_m},
            }));
        }
    }
    serde_json::to_vec(&json!({"type": "FeatureCollection", "features": features}))
        .map_err(|error| Error::internal("geojson", error))
}

fn gpx(all: &[PatrolDetail], names: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"Gridwalk\" xmlns=\"http://www.topografix.com/GPX/1/1\">\n",
    );
    for patrol in all {
        for seen in &patrol.view.hits {
            let Some(at) = seen.hit.position else {
                continue;
            };
            let name = escaped(&named(names, &seen.hit.checkpoint.to_string()));
            let (lat, lon, time) = (at.lat, at.lon, seen.hit.at);
            out += &format!(
                "  <wpt lat=\"{lat:.6}\" lon=\"{lon:.6}\"><time>{time}</time><name>{name}</name></wpt>\n"
            );
        }
    }
    for patrol in all {
        let Some(points) = &patrol.shared_line else {
            continue;
        };
        let name = escaped(&format!(
            "{} {}",
            patrol.line.grid_name,
            local(patrol.line.started_at)
        ));
        out += &format!("  <trk><name>{name}</name><trkseg>\n");
        for [lon, lat, ms] in points {
            let time = patrol.line.started_at.plus_ms(*ms as i64);
            out += &format!(
                "    <trkpt lat=\"{lat:.6}\" lon=\"{lon:.6}\"><time>{time}</time></trkpt>\n"
            );
        }
        out += "  </trkseg></trk>\n";
    }
    out += "</gpx>\n";
    Ok(out.into_bytes())
}

fn escaped(text: &str) -> String {
    let kept: String = text.chars().filter(|sign| !sign.is_control()).collect();
    kept.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn named(names: &BTreeMap<String, String>, id: &str) -> String {
    names.get(id).cloned().unwrap_or_else(|| id.to_owned())
}

/// As a clock in the office shows it.
fn local(at: Timestamp) -> String {
    at.shanghai().format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_text_and_a_number_stays_one() {
        assert_eq!(harmless("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(harmless("+86"), "+86");
        assert_eq!(harmless("-12.5"), "-12.5");
        assert_eq!(harmless("-x"), "'-x");
        assert_eq!(harmless("@cmd"), "'@cmd");
        assert_eq!(harmless("\tx"), "'\tx");
        assert_eq!(harmless("东门"), "东门");
    }

    #[test]
    fn a_name_in_gpx_cannot_close_its_element() {
        assert_eq!(escaped("a</name>&\u{7}\""), "a&lt;/name&gt;&amp;&quot;");
    }
}
