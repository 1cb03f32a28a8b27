//! The style, the script and the icon of all pages. Their names hold a digest: browsers keep them
//! for good.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::digests::{hash, hex};

const STYLE: &str = include_str!("../../assets/style.css");
const SCRIPT: &str = include_str!("../../assets/script.js");

const ICON: &str = include_str!("../../assets/icon.svg");

static STYLE_NAME: LazyLock<String> = LazyLock::new(|| name("style", STYLE, "css"));
static SCRIPT_NAME: LazyLock<String> = LazyLock::new(|| name("script", SCRIPT, "js"));
static ICON_NAME: LazyLock<String> = LazyLock::new(|| name("icon", ICON, "svg"));

fn name(stem: &str, text: &str, extension: &str) -> String {
    format!("{stem}-{}.{extension}", &hex(&hash(text.as_bytes()))[..16])
}

pub(crate) fn style_name() -> &'static str {
    &STYLE_NAME
}

pub(crate) fn script_name() -> &'static str {
    &SCRIPT_NAME
}

pub(crate) fn icon_name() -> &'static str {
    &ICON_NAME
}

/// Answers `/assets/⟨name⟩`.
pub(crate) async fn asset(Path(asked): Path<String>) -> Response {
    let (kind, text) = match asked.as_str() {
        name if name == style_name() => ("text/css; charset=utf-8", STYLE),
        name if name == script_name() => ("text/javascript; charset=utf-8", SCRIPT),
        name if name == icon_name() => ("image/svg+xml", ICON),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let kept = "public, max-age=31536000, immutable";
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)], text).into_response()
}
