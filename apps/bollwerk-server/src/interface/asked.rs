//! What a page is asked for: filters, order and place, as they stand in its address.
//!
//! One filter bar is kept over all screens; a page's address says all of what it shows.

use std::collections::BTreeMap;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use model::Severity;
use serde::Serialize;
use store::{Cursor, Filter, State};

use super::form::Problem;

/// Bytes of a query, at the most.
const QUERY_BYTES_MAX: usize = 4 << 10;

/// Rows of a page, if nobody says.
const ROWS: usize = 50;

/// Rows of a page, at the most.
pub(crate) const ROWS_MAX: usize = 500;

/// Values that a filter offers, at the most; others can be typed into the address.
pub(crate) const CHOICES_MAX: usize = 200;

/// Parameters that any list knows.
const KNOWN: &[&str] = &[
    "q",
    "severity",
    "control",
    "namespace",
    "kind",
    "owner",
    "state",
    "order",
    "after",
    "limit",
    "name",
    "from",
    "to",
    "verb",
    "resource",
    "next",
    "exposed",
    "cluster",
    "drift",
    "old",
    "allowed",
];

/// Parameters that stay when the reader goes to another screen.
const KEPT: &[&str] = &["cluster", "namespace", "owner"];

/// The parameters of an address: each with its values, without empty ones.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Asked(BTreeMap<String, Vec<String>>);

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = axum::response::Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Self::parse(parts.uri.query().unwrap_or_default())
            .map_err(|problem| problem.answer(super::form::Form::of(parts), parts.uri.path()))
    }
}

impl Asked {
    pub(crate) fn parse(query: &str) -> Result<Self, Problem> {
        if query.len() > QUERY_BYTES_MAX {
            return Err(Problem::Bad(format!("More than {QUERY_BYTES_MAX} bytes of filters.")));
        }
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            if !KNOWN.contains(&&*key) {
                let known = KNOWN.join(", ");
                return Err(Problem::Bad(format!("`{key}` is no filter; there are {known}.")));
            }
            // `severity=critical,high` is the same as both by themselves.
            let is_list = matches!(&*key, "severity" | "state");
            let values = value.split(move |it| is_list && it == ',').map(str::trim);
            for value in values.filter(|it| !it.is_empty()) {
                let known = all.entry(key.clone().into_owned()).or_default();
                if !known.iter().any(|it| it == value) {
                    known.push(value.to_owned());
                }
            }
        }
        Ok(Self(all))
    }

    /// One parameter.
    pub(crate) fn of(key: &str, value: &str) -> Self {
        Self(BTreeMap::from([(key.to_owned(), vec![value.to_owned()])]))
    }

    /// The first value of a parameter.
    pub(crate) fn one(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.first().map(String::as_str)
    }

    /// The same, for templates: empty if there is none.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.one(key).unwrap_or_default()
    }

    /// Whether a parameter has this value.
    pub(crate) fn has(&self, key: &str, value: &str) -> bool {
        self.0.get(key).is_some_and(|values| values.iter().any(|it| it == value))
    }

    /// Whether a chosen value is one of those that are offered.
    #[expect(clippy::unused_self, reason = "templates call methods alone")]
    pub(crate) fn is_among(&self, chosen: &str, offered: &[String]) -> bool {
        offered.iter().any(|it| it == chosen)
    }

    /// Whether anything is filtered.
    pub(crate) fn is_filtered(&self) -> bool {
        self.0.keys().any(|key| !matches!(key.as_str(), "after" | "limit" | "order" | "cluster"))
    }

    /// The query of the same page with one parameter set (or removed), from its first row.
    pub(crate) fn with(&self, key: &str, value: Option<&str>) -> String {
        let mut all = self.clone();
        all.0.remove("after");
        match value {
            Some(value) => all.0.insert(key.to_owned(), vec![value.to_owned()]),
            None => all.0.remove(key),
        };
        all.link()
    }

    /// The query of the same page with a value of a parameter that was off on, or off.
    pub(crate) fn toggled(&self, key: &str, value: &str) -> String {
        let mut all = self.clone();
        all.0.remove("after");
        let values = all.0.entry(key.to_owned()).or_default();
        match values.iter().position(|it| it == value) {
            Some(at) => drop(values.remove(at)),
            None => values.push(value.to_owned()),
        }
        all.link()
    }

    /// What stays on other screens.
    pub(crate) fn only_kept(&self) -> Self {
        let mut all = self.clone();
        all.0.retain(|key, _| KEPT.contains(&key.as_str()));
        all
    }

    /// The same as a query.
    pub(crate) fn kept(&self) -> String {
        self.only_kept().query()
    }

    /// As a link of a page to itself: an empty one would keep the query that is there.
    fn link(&self) -> String {
        let query = self.query();
        if query.is_empty() { "?".to_owned() } else { query }
    }

    /// As the end of an address: empty, or `?` and all parameters.
    pub(crate) fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (key, values) in &self.0 {
            query.extend_pairs(values.iter().map(|value| (key, value)));
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// The filter of a query of the store. Without a state only what is open is meant.
    pub(crate) fn filter(&self, cluster: Option<&str>) -> Result<Filter, Problem> {
        let list = |key| self.0.get(key).cloned().unwrap_or_default();
        let severities = severities(&list("severity"))?;
        let states = match list("state").as_slice() {
            [] => vec![State::Open],
            [all] if all == "all" => Vec::new(),
            names => names.iter().map(|it| state(it)).collect::<Result<_, _>>()?,
        };
        Ok(Filter {
            cluster: cluster.map(str::to_owned),
            text: self.one("q").map(str::to_owned),
            severities,
            controls: list("control"),
            kinds: list("kind"),
            namespaces: list("namespace"),
            name: self.one("name").map(str::to_owned),
            owner: self.one("owner").map(str::to_owned),
            states,
            ..Filter::default()
        })
    }

    /// Severities of vulnerabilities, and whether those are asked for that nobody rated.
    pub(crate) fn ratings(&self) -> Result<(Vec<Severity>, bool), Problem> {
        let mut names = self.0.get("severity").cloned().unwrap_or_default();
        let all = names.len();
        names.retain(|it| it != UNRATED);
        Ok((severities(&names)?, names.len() < all))
    }

    /// What a parameter says that is true or false; none if it is not there.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, Problem> {
        match self.one(key) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Problem::Bad(format!("`{key}` is `true` or `false`."))),
        }
    }

    /// How many rows a page holds.
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        match self.one("limit").map(str::parse::<usize>) {
            None => Ok(ROWS),
            Some(Ok(limit)) if (1..=ROWS_MAX).contains(&limit) => Ok(limit),
            Some(_) => Err(Problem::Bad(format!("`limit` is 1 to {ROWS_MAX}."))),
        }
    }

    /// Where a page begins and how much it holds.
    pub(crate) fn place(&self) -> Result<store::PageRequest, Problem> {
        let limit = self.limit()?;
        let after = self.one("after").map(str::parse::<Cursor>).transpose();
        let after = after.map_err(|_| Problem::Bad("`after` is no place in a list.".to_owned()))?;
        Ok(store::PageRequest { after, limit })
    }
}

/// How the severity of a vulnerability is called that nobody rated.
pub(crate) const UNRATED: &str = "unrated";

fn severities(names: &[String]) -> Result<Vec<Severity>, Problem> {
    names.iter().map(|it| it.parse::<Severity>()).collect::<Result<_, _>>().map_err(Problem::Bad)
}

fn state(name: &str) -> Result<State, Problem> {
    match name {
        "open" => Ok(State::Open),
        "excepted" => Ok(State::Excepted),
        "fixed" => Ok(State::Fixed),
        _ => Err(Problem::Bad(format!(
            "`{name}` is no state; there are open, excepted, fixed, all."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        Asked::parse(query).unwrap_or_else(|_| panic!("`{query}` is refused"))
    }

    #[test]
    fn an_address_says_what_a_page_shows() {
        let page = asked("severity=high,critical&severity=low&q=a%26b&namespace=&after=x");
        assert!(page.has("severity", "low") && page.has("severity", "critical"));
        assert_eq!(page.one("namespace"), None);
        assert_eq!(
            page.with("owner", Some("a b")),
            "?owner=a+b&q=a%26b&severity=high&severity=critical&severity=low"
        );
        assert_eq!(page.toggled("severity", "low"), "?q=a%26b&severity=high&severity=critical");
        assert_eq!(asked("namespace=shop&q=x").kept(), "?namespace=shop");
        assert_eq!(asked("").query(), "");
        let Ok(rated) = asked("severity=low,unrated").ratings() else { panic!("it is refused") };
        assert_eq!(rated, (vec![Severity::Low], true));
        assert!(matches!(asked("old=false").flag("old"), Ok(Some(false))));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert!(matches!(Asked::parse("colour=red"), Err(Problem::Bad(_))));
        assert!(matches!(Asked::parse(&"q".repeat(5_000)), Err(Problem::Bad(_))));
        for query in ["severity=worst", "state=lost"] {
            assert!(matches!(asked(query).filter(None), Err(Problem::Bad(_))), "{query}");
        }
        assert!(asked("old=yes").flag("old").is_err());
        assert!(matches!(asked("severity=unrated").filter(None), Err(Problem::Bad(_))));
        for query in ["limit=0", "limit=x", "limit=501"] {
            assert!(matches!(asked(query).place(), Err(Problem::Bad(_))), "{query}");
        }
    }
}
