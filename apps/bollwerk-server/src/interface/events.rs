//! Server-sent events: pages are told that the cluster was judged again. What changed is not in
//! them: each viewer asks for what they may see.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::future::select_all;
use futures_util::stream;
use tokio::sync::Semaphore;

use super::app::App;
use super::asked::Asked;
use super::form::{Form, Problem};
use super::viewer::Viewer;

/// Pages that listen at one time.
const LISTENERS_MAX: usize = 500;

static PLACES: Semaphore = Semaphore::const_new(LISTENERS_MAX);

/// Tells the number of each assessment, the newest first: of those clusters alone that the viewer
/// is known in, or of the one that is asked for.
pub(super) async fn events(State(app): State<Arc<App>>, viewer: Viewer, asked: Asked) -> Response {
    let shown = match app.chosen(&viewer, &asked) {
        Ok(shown) => shown,
        Err(problem) => return problem.answer(Form::Data, "/events"),
    };
    let Ok(place) = PLACES.try_acquire() else {
        return Problem::TooMany.answer(Form::Data, "/events");
    };
    let changes: Vec<_> = shown.iter().map(|it| it.changes()).collect();
    let begin = (changes, true, place);
    let events = stream::unfold(begin, async |(mut changes, is_first, place)| {
        if !is_first {
            let any = select_all(changes.iter_mut().map(|it| Box::pin(it.changed())));
            any.await.0.ok()?;
        }
        let number: u64 = changes.iter_mut().map(|it| it.borrow_and_update().number).sum();
        let event = Event::default().event("assessed").data(number.to_string());
        Some((Ok::<_, Infallible>(event), (changes, false, place)))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}
