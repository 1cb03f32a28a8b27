//! Server-sent events: pages are told that the cluster was judged again. What changed is not in
//! them: each viewer asks for what they may see.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::Semaphore;

use super::app::App;
use super::form::{Form, Problem};
use super::viewer::Viewer;

/// Pages that listen at one time.
const LISTENERS_MAX: usize = 500;

static PLACES: Semaphore = Semaphore::const_new(LISTENERS_MAX);

/// Tells the number of each assessment, the newest first.
pub(super) async fn events(State(app): State<Arc<App>>, _: Viewer) -> Response {
    let Ok(place) = PLACES.try_acquire() else {
        return Problem::TooMany.answer(Form::Data, "/events");
    };
    let begin = (app.assessed.clone(), true, place);
    let events = stream::unfold(begin, async |(mut assessed, is_first, place)| {
        if !is_first && assessed.changed().await.is_err() {
            return None;
        }
        let number = assessed.borrow_and_update().number;
        let event = Event::default().event("assessed").data(number.to_string());
        Some((Ok::<_, Infallible>(event), (assessed, false, place)))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}
