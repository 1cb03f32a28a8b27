//! All objects of a resource, page by page.

use model::{DigestKey, Gap, GapKind, Origin, Part, Path, Redactions, WorldId};

use super::connection::{Connection, Refusal};
use super::discovery::Resource;

/// Objects of one page. The API server reads so many from its store at one time (client-go's
/// pager has the same default).
const PAGE_OBJECTS: usize = 500;

/// How often a list is begun anew when the server has forgotten where it was.
const RESTARTS_MAX: usize = 3;

/// Pages of one list, at the most: a server that never comes to an end must not fill the memory.
const PAGES_MAX: usize = 20_000;

/// Objects that were read at one time.
pub(super) struct Page {
    /// What stands for the name of a file.
    pub(super) name: String,
    pub(super) part: Part,
    pub(super) bytes: u64,
}

/// What was read of a resource.
#[derive(Default)]
pub(super) struct List {
    pub(super) pages: Vec<Page>,
    pub(super) gaps: Vec<Gap>,
    /// Where a watch goes on.
    pub(super) resource_version: String,
}

/// Lists a resource. What cannot be had is a gap of the list.
pub(super) async fn list(
    connection: &Connection,
    resource: &Resource,
    key: &DigestKey,
    limits: &yaml::Limits,
) -> List {
    let mut list = List::default();
    let (mut restarts, mut size, mut after) = (0, PAGE_OBJECTS, String::new());
    loop {
        let token = form_urlencoded::byte_serialize(after.as_bytes()).collect::<String>();
        let path = format!("{}?limit={size}&continue={token}", resource.path());
        let refusal = match connection.get(&path, "application/json").await {
            Ok(answer) => match read(&answer, resource, key, limits) {
                Ok((page, next, resource_version)) => {
                    list.gaps.extend(page.gaps);
                    list.pages.push(page.page);
                    list.resource_version = resource_version;
                    if next.is_empty() {
                        return list;
                    }
                    if list.pages.len() >= PAGES_MAX {
                        list.gap(connection, resource, GapKind::Limit, "has too many pages");
                        return list;
                    }
                    after = next;
                    continue;
                }
                Err(Unread::TooLarge) => Refusal::TooLarge,
                Err(Unread::Odd(reason)) => {
                    list.gap(connection, resource, GapKind::Syntax, &reason);
                    return list;
                }
            },
            Err(refusal) => refusal,
        };
        match refusal {
            Refusal::TooLarge if size > 1 => size = (size / 8).max(1),
            // The token is older than what the server's store remembers.
            Refusal::Status(410, _) if restarts < RESTARTS_MAX => {
                restarts += 1;
                list = List::default();
                after.clear();
            }
            // Gone since it was discovered.
            Refusal::Status(404, _) => return list,
            refusal => {
                list.refused(connection, resource, &refusal);
                return list;
            }
        }
    }
}

impl List {
    fn gap(&mut self, connection: &Connection, resource: &Resource, kind: GapKind, reason: &str) {
        let subject = format!("{} of {}", resource.full_name(), connection.name());
        self.gaps.push(Gap { kind, subject, location: None, reason: reason.to_owned() });
    }

    fn refused(&mut self, connection: &Connection, resource: &Resource, refusal: &Refusal) {
        if let Refusal::Status(403, message) = refusal {
            let name = resource.full_name();
            let reason = format!(
                "may not be listed ({message}): what they say was not judged; grant `list` on \
                 `{name}`"
            );
            return self.gap(connection, resource, GapKind::Forbidden, &reason);
        }
        self.gap(
            connection,
            resource,
            GapKind::Unreadable,
            &format!("cannot be listed: the API server {refusal}"),
        );
    }
}

/// A page as it was read.
struct ReadPage {
    page: Page,
    gaps: Vec<Gap>,
}

enum Unread {
    TooLarge,
    Odd(String),
}

/// The objects of a page, where the next one begins, and the version of the whole.
fn read(
    answer: &[u8],
    resource: &Resource,
    key: &DigestKey,
    limits: &yaml::Limits,
) -> Result<(ReadPage, String, String), Unread> {
    let odd = |reason: &str| Unread::Odd(format!("the list cannot be read: {reason}"));
    let text = std::str::from_utf8(answer).map_err(|_| odd("it is no UTF-8"))?;
    let stream = yaml::Stream::json(text, limits);
    let document = match stream.documents().next() {
        Some(Ok(document)) => document,
        Some(Err(error)) if error.kind == yaml::ErrorKind::Limit => return Err(Unread::TooLarge),
        Some(Err(error)) => return Err(odd(&error.message)),
        None => return Err(odd("it is empty")),
    };
    let root = document.root();
    let metadata = |name: &str| {
        let value = root.get("metadata").and_then(|it| it.get(name));
        value.and_then(yaml::Node::as_str).unwrap_or_default().to_owned()
    };
    let mut part = Part::new();
    let mut gaps = Vec::new();
    for (number, item) in root.get("items").into_iter().flat_map(yaml::Node::items).enumerate() {
        if item.value() != yaml::Value::Map {
            let subject = resource.full_name();
            let reason = format!("item {number} of the list is no object");
            gaps.push(Gap { kind: GapKind::NoObject, subject, location: None, reason });
            continue;
        }
        insert(&mut part, item, resource, key, number);
    }
    let name = format!("{}/{}", resource.api_version(), resource.name);
    let page = Page { name, part, bytes: answer.len() as u64 };
    Ok((ReadPage { page, gaps }, metadata("continue"), metadata("resourceVersion")))
}

/// Takes an object of a resource into a part. A list of a built-in kind leaves out what its items
/// are.
pub(super) fn insert(
    part: &mut Part,
    object: yaml::Node<'_>,
    resource: &Resource,
    key: &DigestKey,
    number: usize,
) {
    let redactions = Redactions::find_in(object, &resource.kind, key);
    let item = Path::root().field("items").index(number);
    let origin = Origin { file: 0, document: 0, item, line: 0 };
    let typed = (resource.api_version(), resource.kind.clone());
    part.insert(object, &redactions, WorldId(0), origin, Some(typed));
}
