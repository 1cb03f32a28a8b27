//! What pictures share.

/// A page around a picture, with its content as text below.
pub(crate) fn page(title: &str, picture: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n\
         :root {{ color-scheme: light dark; }}\n\
         body {{ margin: 2rem; font: 15px/1.5 system-ui, sans-serif; \
         background: light-dark(#fbfbf9, #141518); color: light-dark(#1c1d20, #e7e8ea); }}\n\
         figure {{ margin: 0; overflow-x: auto; }}\n\
         h2 {{ font-size: 1.05rem; }}\n\
         small {{ color: light-dark(#63666d, #9a9ea7); }}\n\
         </style>\n</head>\n<body>\n<h1>{title}</h1>\n<figure tabindex=\"0\">\n{picture}</figure>\n\
         {body}</body>\n</html>\n",
        title = escaped(title),
    )
}

/// A text for markup, in content and in attributes.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The first characters of a text, if it has more than `length`.
pub(crate) fn shortened(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let head: String = text.chars().take(length.saturating_sub(1)).collect();
    format!("{head}…")
}
