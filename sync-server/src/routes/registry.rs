//! What the console reads and does. Every route asks [`authorise`] first and passes on only the scope it answered.

use crate::{
    auth::{
        scope::{Scope, Wish, authorise},
        session::Session,
    },
    console::{
        export::{self, Format},
        form::{self, FormAnswerLine},
        incident::{self, Filter, IncidentDetail, IncidentLine},
        patrol::{self, PatrolDetail, PatrolLine},
        place::{self, PlaceVisitLine},
        range::{Range, Window, grids},
        reference,
        visit::{self, GridVisits, VisitLine},
    },
    edit::{Writer, edit_beside, edit_document},
    error::{Error, ErrorBody, Result},
    jpeg,
    routes::picture::{self, Reader},
    state::{AppState, new_id},
    store::{
        Connection,
        audit::{self, Entry},
        awaited, blob, loss,
    },
};
use axum::{
    Json,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use gridwalk_core::{
    act::Role,
    document::{Author, Document, FeedOrder},
    error::Code,
    ids::{EventId, GridId, Hash, IncidentId, PatrolId},
    incident::{self as workflow, IncidentAction, IncidentEvent},
    reference::{Category, Department, Grid},
    time::Timestamp,
};
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Largest photo that the console may add; the browser has shrunk it before.
const PHOTO_BYTES: usize = 1024 * 1024;

/// The routes, each with its description: what is not described is not routed.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(add_photo))
        .layer(DefaultBodyLimit::max(PHOTO_BYTES))
        .routes(routes!(list_grids))
        .routes(routes!(list_departments))
        .routes(routes!(list_categories))
        .routes(routes!(list_patrols))
        .routes(routes!(one_patrol))
        .routes(routes!(list_incidents))
        .routes(routes!(one_incident))
        .routes(routes!(act))
        .routes(routes!(list_visits))
        .routes(routes!(lost_photos))
        .routes(routes!(awaited_photos))
        .routes(routes!(list_place_visits))
        .routes(routes!(list_form_answers))
        .routes(routes!(visits_by_grid))
        .routes(routes!(photo))
        .routes(routes!(voice))
        .routes(routes!(take_out))
}

/// Asks who may, and writes a refusal down.
pub(super) async fn allowed(state: &AppState, session: &Session, wish: Wish<'_>) -> Result<Scope> {
    match authorise(&session.person, wish) {
        Ok(scope) => Ok(scope),
        Err(error) => {
            note(
                state,
                session,
                "deny",
                format!("{wish:?}").chars().take(40).collect(),
                error.code().as_str(),
            )
            .await?;
            Err(error)
        }
    }
}

/// Passes on what was found. What is outside the asker's scope does not exist, and reaching for it is a denial.
pub(super) async fn found<T>(
    state: &AppState,
    session: &Session,
    what: impl FnOnce() -> String,
    answer: Result<T>,
) -> Result<T> {
    if let Err(Error::NotFound) = &answer {
        note(state, session, "deny", what(), Code::NotFound.as_str()).await?;
    }
    answer
}

pub(super) async fn note(
    state: &AppState,
    session: &Session,
    action: &'static str,
    object: String,
    result: &str,
) -> Result<()> {
    let entry = Entry {
        subject: session.person.id.to_string(),
        action,
        object,
        result: result.into(),
        address: session.address.clone(),
    };
    let now = state.now();
    state
        .store
        .write(move |connection| audit::add(connection, &entry, now))
        .await
}

/// The grids of the asker's scope, with boundaries and checkpoints.
#[utoipa::path(get, path = "/api/registry/grids", responses((status = 200, body = Vec<Grid>), (status = "default", body = ErrorBody)))]
async fn list_grids(State(state): State<AppState>, session: Session) -> Result<Json<Vec<Grid>>> {
    let scope = allowed(&state, &session, Wish::ReadCatalogue).await?;
    let grids = state
        .store
        .read(|connection| reference::<Grid>(connection, "grid"))
        .await?;
    let mut grids: Vec<Grid> = grids
        .into_iter()
        .filter(|grid| scope.holds(&grid.id))
        .collect();
    grids.sort_by(|a, b| a.code.cmp(&b.code));
    Ok(Json(grids))
}

/// All departments.
#[utoipa::path(get, path = "/api/registry/departments", responses((status = 200, body = Vec<Department>), (status = "default", body = ErrorBody)))]
async fn list_departments(
    State(state): State<AppState>,
    session: Session,
) -> Result<Json<Vec<Department>>> {
    allowed(&state, &session, Wish::ReadCatalogue).await?;
    Ok(Json(
        state
            .store
            .read(|connection| reference(connection, "department"))
            .await?,
    ))
}

/// The category tree.
#[utoipa::path(get, path = "/api/registry/categories", responses((status = 200, body = Vec<Category>), (status = "default", body = ErrorBody)))]
async fn list_categories(
    State(state): State<AppState>,
    session: Session,
) -> Result<Json<Vec<Category>>> {
    allowed(&state, &session, Wish::ReadCatalogue).await?;
    Ok(Json(
        state
            .store
            .read(|connection| reference(connection, "category"))
            .await?,
    ))
}

/// Patrols that began in the range, newest first.
#[utoipa::path(get, path = "/api/registry/patrols", params(Range), responses((status = 200, body = Vec<PatrolLine>), (status = "default", body = ErrorBody)))]
async fn list_patrols(
    State(state): State<AppState>,
    session: Session,
    range: Query<Range>,
) -> Result<Json<Vec<PatrolLine>>> {
    in_window(&state, &session, &range, Wish::ReadPatrols, patrol::list).await
}

/// Visits that began in the range, newest first.
#[utoipa::path(get, path = "/api/registry/visits", params(Range), responses((status = 200, body = Vec<VisitLine>), (status = "default", body = ErrorBody)))]
async fn list_visits(
    State(state): State<AppState>,
    session: Session,
    range: Query<Range>,
) -> Result<Json<Vec<VisitLine>>> {
    in_window(&state, &session, &range, Wish::ReadVisits, visit::list).await
}

/// Visits to places that began in the range, newest first, with what was found there.
#[utoipa::path(get, path = "/api/registry/visits/places", params(Range), responses((status = 200, body = Vec<PlaceVisitLine>), (status = "default", body = ErrorBody)))]
async fn list_place_visits(
    State(state): State<AppState>,
    session: Session,
    range: Query<Range>,
) -> Result<Json<Vec<PlaceVisitLine>>> {
    in_window(&state, &session, &range, Wish::ReadVisits, place::list).await
}

/// What was answered on forms in the range, newest first; personal values are not in the list.
#[utoipa::path(get, path = "/api/registry/forms", params(Range), responses((status = 200, body = Vec<FormAnswerLine>), (status = "default", body = ErrorBody)))]
async fn list_form_answers(
    State(state): State<AppState>,
    session: Session,
    range: Query<Range>,
) -> Result<Json<Vec<FormAnswerLine>>> {
    in_window(&state, &session, &range, Wish::ReadVisits, form::list).await
}

/// Visits in the range, counted by grid.
#[utoipa::path(get, path = "/api/registry/visits/by-grid", params(Range), responses((status = 200, body = Vec<GridVisits>), (status = "default", body = ErrorBody)))]
async fn visits_by_grid(
    State(state): State<AppState>,
    session: Session,
    range: Query<Range>,
) -> Result<Json<Vec<GridVisits>>> {
    in_window(&state, &session, &range, Wish::ReadVisits, visit::by_grid).await
}

/// The range within the scope; a foreign grid is written down.
async fn window(
    state: &AppState,
    session: &Session,
    range: &Range,
    scope: &Scope,
) -> Result<Window> {
    let what = || format!("grid {:?}", range.grid.map(|grid| grid.to_string()));
    found(state, session, what, range.within(scope)).await
}

async fn in_window<T: Send + Serialize + 'static>(
    state: &AppState,
    session: &Session,
    range: &Range,
    wish: Wish<'_>,
    list: fn(&Connection, &Window) -> Result<Vec<T>>,
) -> Result<Json<Vec<T>>> {
    let scope = allowed(state, session, wish).await?;
    let window = window(state, session, range, &scope).await?;
    Ok(Json(
        state
            .store
            .read(move |connection| list(connection, &window))
            .await?,
    ))
}

/// One patrol with hits, findings and the shared line; opening a line is written down.
#[utoipa::path(get, path = "/api/registry/patrols/{id}", params(("id" = PatrolId, Path)), responses((status = 200, body = PatrolDetail), (status = "default", body = ErrorBody)))]
async fn one_patrol(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<PatrolId>,
) -> Result<Json<PatrolDetail>> {
    let scope = allowed(&state, &session, Wish::ReadPatrols).await?;
    let (blobs, now) = (state.blobs.clone(), state.now());
    let detail = state
        .store
        .read(move |connection| patrol::detail(connection, &blobs, &scope, id, now))
        .await;
    let detail = found(&state, &session, || format!("patrol {id}"), detail).await?;
    if detail.shared_line.is_some() {
        note(&state, &session, "open", format!("line of {id}"), "done").await?;
    }
    Ok(Json(detail))
}

/// The queue, most urgent first.
#[utoipa::path(get, path = "/api/registry/incidents", params(Filter), responses((status = 200, body = Vec<IncidentLine>), (status = "default", body = ErrorBody)))]
async fn list_incidents(
    State(state): State<AppState>,
    session: Session,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<IncidentLine>>> {
    let scope = allowed(&state, &session, Wish::ReadIncidents).await?;
    let what = || format!("grid {:?}", filter.grid.map(|grid| grid.to_string()));
    let grids = found(&state, &session, what, grids(&scope, filter.grid)).await?;
    let department = match session.person.role {
        Role::Handler => Some(session.person.department.ok_or(Error::NotFound)?),
        _ => None,
    };
    let now = state.now();
    let list =
        move |connection: &Connection| incident::list(connection, &filter, &grids, department, now);
    Ok(Json(state.store.read(list).await?))
}

/// One incident with its timeline.
#[utoipa::path(get, path = "/api/registry/incidents/{id}", params(("id" = IncidentId, Path)), responses((status = 200, body = IncidentDetail), (status = "default", body = ErrorBody)))]
async fn one_incident(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<IncidentId>,
) -> Result<Json<IncidentDetail>> {
    let scope = allowed(&state, &session, Wish::ReadIncidents).await?;
    let detail = read_incident(&state, &session, scope, id).await?;
    crate::seen::opened(&state, &session.person, id).await?;
    Ok(Json(detail))
}

async fn read_incident(
    state: &AppState,
    session: &Session,
    scope: Scope,
    id: IncidentId,
) -> Result<IncidentDetail> {
    let (asker, now) = (session.person.clone(), state.now());
    let detail = state
        .store
        .read(move |connection| incident::detail(connection, &asker, &scope, id, now))
        .await;
    found(state, session, || format!("incident {id}"), detail).await
}

/// Does something to an incident; answers with the incident afterwards.
#[utoipa::path(post, path = "/api/registry/incidents/{id}/actions", params(("id" = IncidentId, Path)), request_body = IncidentAction, responses((status = 200, body = IncidentDetail), (status = "default", body = ErrorBody)))]
async fn act(
    State(state): State<AppState>,
    session: Session,
    Path(id): Path<IncidentId>,
    body: std::result::Result<Json<IncidentAction>, axum::extract::rejection::JsonRejection>,
) -> Result<Json<IncidentDetail>> {
    let Json(action) = body.map_err(|error| Error::Malformed(error.body_text()))?;
    let scope = allowed(&state, &session, Wish::Act(&action)).await?;
    // Found within the scope, or it does not exist.
    read_incident(&state, &session, scope.clone(), id).await?;
    let shown = match &action {
        IncidentAction::AddPhoto { photo } => vec![photo.hash, photo.thumbnail],
        IncidentAction::AddVoice { voice } => vec![voice.hash],
        _ => Vec::new(),
    };
    if !shown.iter().all(|hash| state.blobs.has(hash)) {
        return Err(Error::refused(
            Code::BlobHashMismatch,
            "the photo or voice note has not arrived",
        ));
    }
    let into = match &action {
        IncidentAction::Merge { into } => Some(*into),
        _ => None,
    };
    let event_id = EventId(new_id(state.now())?);
    let person = &session.person;
    let (department, writer) = (
        person.department,
        Writer {
            by: person.id,
            role: person.role,
        },
    );
    let name = kind_of(&action);
    let edit = move |document: Document, author: &Author, feed: &dyn FeedOrder| {
        let event = IncidentEvent {
            id: event_id,
            act: author.act.clone(),
            department,
            action: action.clone(),
        };
        workflow::record(document, &event, author, feed)
    };
    match into {
        Some(into) => {
            let scope = scope.clone();
            // looked at where it is written: two cases that are merged into each other at once would both be gone
            let look =
                move |connection: &Connection| incident::may_go_on_as(connection, &scope, into);
            edit_beside(&state, id.into(), into.into(), look, writer, edit).await?
        }
        None => edit_document(&state, id.into(), writer, edit).await?,
    };
    note(&state, &session, "act", format!("{name} {id}"), "done").await?;
    Ok(Json(read_incident(&state, &session, scope, id).await?))
}

fn kind_of(action: &IncidentAction) -> String {
    let json = serde_json::to_value(action).unwrap_or_default();
    json["type"].as_str().unwrap_or("action").to_owned()
}

/// A photo or thumbnail that a record of the asker's scope refers to.
#[utoipa::path(get, path = "/api/registry/photos/{hash}", params(("hash" = Hash, Path)), responses((status = 200, content_type = "image/jpeg"), (status = "default", body = ErrorBody)))]
async fn photo(
    State(state): State<AppState>,
    session: Session,
    Path(hash): Path<Hash>,
    headers: HeaderMap,
) -> Result<Response> {
    // A shared line is no photo: it is opened with its patrol, which is written down.
    let kind = ("photo", "image/jpeg");
    shown(&state, &session, &headers, hash, kind, blob::is_referred_to).await
}

/// A voice note of an incident of the asker's scope.
#[utoipa::path(get, path = "/api/registry/voices/{hash}", params(("hash" = Hash, Path)), responses((status = 200, content((String = "audio/webm"), (String = "audio/mp4"))), (status = "default", body = ErrorBody)))]
async fn voice(
    State(state): State<AppState>,
    session: Session,
    Path(hash): Path<Hash>,
    headers: HeaderMap,
) -> Result<Response> {
    let (kind, known) = (("voice", "audio/"), blob::is_voice_of_incident);
    shown(&state, &session, &headers, hash, kind, known).await
}

/// A blob of that kind (its word in the trail, how its media type begins), if a record in the asker's grids refers to it.
async fn shown(
    state: &AppState,
    session: &Session,
    headers: &HeaderMap,
    hash: Hash,
    (word, media): (&'static str, &'static str),
    refers: fn(&Connection, &Hash, &[GridId]) -> Result<bool>,
) -> Result<Response> {
    let scope = allowed(state, session, Wish::ReadIncidents).await?;
    let (role, department) = (session.person.role, session.person.department);
    let known = state
        .store
        .read(move |connection| {
            if blob::media(connection, &hash)?.is_none_or(|known| !known.starts_with(media)) {
                return Ok(false);
            }
            if role == Role::Handler {
                return incident::shows(connection, &hash, department);
            }
            refers(connection, &hash, &everywhere(connection, scope)?)
        })
        .await?;
    let known = known.then_some(()).ok_or(Error::NotFound);
    found(state, session, || format!("{word} {hash}"), known).await?;
    let reader = Reader {
        subject: session.person.id.to_string(),
        person: session.person.id,
        address: session.address.clone(),
    };
    picture::send(state, headers, hash, reader).await
}

/// The grids of a scope, one by one.
fn everywhere(connection: &Connection, scope: Scope) -> Result<Vec<GridId>> {
    Ok(match scope {
        Scope::Grids(grids) => grids,
        Scope::Street => reference::<Grid>(connection, "grid")?
            .into_iter()
            .map(|grid| grid.id)
            .collect(),
    })
}

/// How the photos are kept.
#[derive(Serialize, utoipa::ToSchema)]
pub struct PhotoKeeping {
    /// Photos that a record promises and that are not here as promised. The phones that still have them are asked.
    pub lost: Vec<loss::Lost>,
    /// When rows and photos were last held against each other.
    pub scrubbed_at: Option<Timestamp>,
    /// What was seen then.
    pub scrubbed: Option<loss::Scrubbed>,
}

/// Photos that are missing or damaged, and the last scrub.
#[utoipa::path(get, path = "/api/registry/lost-photos", responses((status = 200, body = PhotoKeeping), (status = "default", body = ErrorBody)))]
async fn lost_photos(
    State(state): State<AppState>,
    session: Session,
) -> Result<Json<PhotoKeeping>> {
    let scope = allowed(&state, &session, Wish::ReadIncidents).await?;
    let keeping = state.store.read(move |connection| {
        let last = loss::last_scrub(connection)?;
        Ok(PhotoKeeping {
            lost: loss::all(connection, &|grid| scope.holds(grid))?,
            scrubbed_at: last.map(|(at, _)| at),
            scrubbed: last.map(|(_, seen)| seen),
        })
    });
    Ok(Json(keeping.await?))
}

/// Photos that did not come.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AwaitedPhotos {
    /// How many there are.
    pub count: usize,
    /// The first 200 of them, longest awaited first.
    pub photos: Vec<awaited::Awaited>,
}

/// Photos and voice notes that a record has named for more than a day and that have not arrived.
#[utoipa::path(get, path = "/api/registry/awaited-photos", responses((status = 200, body = AwaitedPhotos), (status = "default", body = ErrorBody)))]
async fn awaited_photos(
    State(state): State<AppState>,
    session: Session,
) -> Result<Json<AwaitedPhotos>> {
    let scope = allowed(&state, &session, Wish::ReadIncidents).await?;
    let now = state.now();
    let awaited = state
        .store
        .read(move |connection| awaited::all(connection, &|grid| scope.holds(grid), now));
    let (count, photos) = awaited.await?;
    Ok(Json(AwaitedPhotos { count, photos }))
}

/// What was kept.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Kept {
    /// Its name from now on.
    pub hash: Hash,
}

/// Keeps a JPEG from the console (a check photo, say); an event refers to it afterwards.
#[utoipa::path(post, path = "/api/registry/photos", request_body(content_type = "image/jpeg"), responses((status = 201, body = Kept), (status = "default", body = ErrorBody)))]
async fn add_photo(
    State(state): State<AppState>,
    session: Session,
    body: Bytes,
) -> Result<(StatusCode, Json<Kept>)> {
    allowed(&state, &session, Wish::ReadIncidents).await?;
    jpeg::inspect(&body)
        .map_err(|code| Error::refused(code, "the file is not a photo that this server keeps"))?;
    let (blobs, now) = (state.blobs.clone(), state.now());
    let size = body.len();
    let hash = tokio::task::spawn_blocking(move || blobs.put(&body))
        .await
        .map_err(|error| Error::internal("photo", error))??;
    state
        .store
        .write(move |connection| blob::add(connection, &hash, size, "image/jpeg", None, now))
        .await?;
    Ok((StatusCode::CREATED, Json(Kept { hash })))
}

/// `visits.csv`, and patrols as `patrols.csv`, `patrols.geojson` or `patrols.gpx`; written down before anything leaves.
#[utoipa::path(get, path = "/api/registry/export/{file}", params(("file" = String, Path), Range), responses((status = 200, content((String = "text/csv"), (String = "application/geo+json"), (String = "application/gpx+xml"))), (status = "default", body = ErrorBody)))]
async fn take_out(
    State(state): State<AppState>,
    session: Session,
    Path(file): Path<String>,
    Query(range): Query<Range>,
) -> Result<Response> {
    let (what, extension) = file.split_once('.').ok_or(Error::NotFound)?;
    let format = Format::of_extension(extension).ok_or(Error::NotFound)?;
    let wish = match (what, format) {
        ("patrols", _) => Wish::ReadPatrols,
        ("visits", Format::Csv) => Wish::ReadVisits,
        _ => return Err(Error::NotFound),
    };
    let of_visits = matches!(wish, Wish::ReadVisits);
    let scope = allowed(&state, &session, Wish::Export).await?;
    allowed(&state, &session, wish).await?; // nobody takes out what they may not look at
    let window = window(&state, &session, &range, &scope).await?;
    let (blobs, now) = (state.blobs.clone(), state.now());
    // Written down before anything leaves: an export without its audit row does not happen.
    note(
        &state,
        &session,
        "export",
        format!("{file} {} – {}", range.from, range.to),
        "done",
    )
    .await?;
    let bytes = state
        .store
        .read(move |connection| match of_visits {
            true => export::visits(connection, &window),
            false => export::patrols(connection, &blobs, &scope, &window, format, now),
        })
        .await?;
    let name = format!(
        "attachment; filename=\"{what}_{}_{}.{extension}\"",
        range.from, range.to,
    );
    Ok((
        [
            (header::CONTENT_TYPE, format.media_type().to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        bytes,
    )
        .into_response())
}
