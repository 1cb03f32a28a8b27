//! Who is in which group: memberships live outside of Kubernetes, so they are given.
//!
//! Names are compared exactly with those of bindings, so they have to be written as the API server
//! sees them, with the prefix it puts before the names of its identity provider.
//!
//! Two forms are read.
//!
//! CSV has a header with the columns `user` and `group`, in any order and beside others; fields
//! may stand in double quotes. Each row is one membership.
//!
//! JSON is any of these, or a list of them, or a list below `value`, as Microsoft Graph answers:
//!
//! - a user with groups: `{"user": "alice", "groups": ["devs"]}`. The claims of an OIDC token have
//!   this shape. The user is the first of `user`, `username`, `preferred_username`,
//!   `userPrincipalName`, `email` and `sub` that is there; `group` may stand for one group.
//! - a group with members: `{"id": "…", "members": [{"userPrincipalName": "alice@example.com"}]}`
//!   as Entra ID exports it, or `{"cn": "devs", "memberUid": ["alice"]}` and
//!   `{"cn": "devs", "member": ["uid=alice,ou=people,dc=example"]}` as LDAP has it. The group is
//!   the first of `id`, `cn`, `name` and `displayName`. A distinguished name counts by the value
//!   of its first part.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use yaml::{Limits, Node, Position, Stream, Value};

/// Memberships that are read, at the most.
const MEMBERSHIPS_MAX: usize = 2_000_000;
/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 4096;

const USER_KEYS: &[&str] =
    &["user", "username", "preferred_username", "userPrincipalName", "email", "sub"];
const GROUP_KEYS: &[&str] = &["id", "cn", "name", "displayName"];
const MEMBER_KEYS: &[&str] = &["members", "memberUid", "member"];

/// Groups of users and members of groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships {
    groups: BTreeMap<String, Vec<String>>,
    members: BTreeMap<String, BTreeSet<String>>,
}

/// What is wrong in a file of memberships, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipError {
    /// Line and column.
    pub position: Position,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
}

impl fmt::Display for MembershipError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        write!(formatter, "{line}:{column}: {}", self.message)
    }
}

impl std::error::Error for MembershipError {}

impl Memberships {
    /// Reads CSV or JSON; which of them it is, its first character says.
    ///
    /// # Errors
    ///
    /// The first line that does not fit, and files beyond 2,000,000 memberships.
    pub fn read(text: &str) -> Result<Self, MembershipError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut read = Self::default();
        if text.trim_start().starts_with(['{', '[']) {
            read.json(text)?;
        } else {
            read.csv(text)?;
        }
        for (user, groups) in &read.groups {
            for group in groups {
                read.members.entry(group.clone()).or_default().insert(user.clone());
            }
        }
        Ok(read)
    }

    /// The groups of a user; none if the file does not name the user.
    pub fn groups_of(&self, user: &str) -> Option<&[String]> {
        self.groups.get(user).map(Vec::as_slice)
    }

    /// The members of a group, sorted.
    pub fn members_of(&self, group: &str) -> impl Iterator<Item = &str> {
        self.members.get(group).into_iter().flatten().map(String::as_str)
    }

    fn csv(&mut self, text: &str) -> Result<(), MembershipError> {
        let mut rows = Rows { text, at: 0, line: 1 };
        let header = rows.next_row()?.unwrap_or_default();
        let column = |name: &str| {
            let is_it = |field: &String| field.trim().eq_ignore_ascii_case(name);
            header.iter().position(is_it).ok_or_else(|| MembershipError {
                position: Position { line: 1, column: 1 },
                message: format!("the header has no column `{name}`; it needs `user` and `group`"),
            })
        };
        let (user, group) = (column("user")?, column("group")?);
        let (mut number, mut line) = (0, rows.line);
        while let Some(row) = rows.next_row()? {
            let at = Position { line, column: 1 };
            line = rows.line;
            if row.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            let (Some(user), Some(group)) = (row.get(user), row.get(group)) else {
                let message =
                    format!("the row has {} fields, the header {}", row.len(), header.len());
                return Err(MembershipError { position: at, message });
            };
            self.add(user.trim(), group.trim(), &mut number, at)?;
        }
        self.sort();
        Ok(())
    }

    fn json(&mut self, text: &str) -> Result<(), MembershipError> {
        let stream = Stream::json(text, &Limits::default());
        let at = |offset| stream.position(offset);
        let mut number = 0;
        for document in stream.documents() {
            let document = document.map_err(|error| MembershipError {
                position: at(error.span.start),
                message: error.message.clone(),
            })?;
            let root = document.root();
            let list = root.get("value").filter(|_| root.value() == Value::Map).unwrap_or(root);
            if list.value() == Value::List {
                for entry in list.items() {
                    self.entry(entry, &at, &mut number)?;
                }
            } else {
                self.entry(root, &at, &mut number)?;
            }
        }
        self.sort();
        Ok(())
    }

    fn entry(
        &mut self,
        entry: Node<'_>,
        at: &impl Fn(u32) -> Position,
        number: &mut usize,
    ) -> Result<(), MembershipError> {
        let position = at(entry.span().start);
        let wrong = |node: Node<'_>, message: &str| MembershipError {
            position: at(node.span().start),
            message: message.to_owned(),
        };
        if entry.value() != Value::Map {
            return Err(wrong(entry, "expected an object with a user and its groups"));
        }
        let members = MEMBER_KEYS.iter().find_map(|key| Some((*key, entry.get(key)?)));
        if let Some((key, members)) = members {
            let group = first(entry, GROUP_KEYS)
                .ok_or_else(|| wrong(entry, "the group has no `id`, `cn` or `name`"))?;
            for member in each(members) {
                let name = match member.as_str() {
                    Some(name) if key == "member" => Some(of_distinguished(name)),
                    Some(name) => Some(name),
                    None if member.value() == Value::Map => first(member, USER_KEYS),
                    None => None,
                };
                let name = name.ok_or_else(|| wrong(member, "the member has no name"))?;
                self.add(name, group, number, at(member.span().start))?;
            }
            return Ok(());
        }
        let user = first(entry, USER_KEYS).ok_or_else(|| {
            wrong(entry, "expected `user` with `groups`, or a group with `members`")
        })?;
        let groups = entry.get("groups").or_else(|| entry.get("group"));
        let groups = groups.ok_or_else(|| wrong(entry, "the user has no `groups`"))?;
        if user.len() <= NAME_BYTES_MAX {
            // Somebody in no group at all is known to be so.
            self.groups.entry(user.to_owned()).or_default();
        }
        for group in each(groups) {
            let group = group.as_str().or_else(|| first(group, GROUP_KEYS));
            let group = group.ok_or_else(|| wrong(groups, "a group is no text"))?;
            self.add(user, group, number, position)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        user: &str,
        group: &str,
        number: &mut usize,
        position: Position,
    ) -> Result<(), MembershipError> {
        let wrong = |message: String| Err(MembershipError { position, message });
        *number += 1;
        if *number > MEMBERSHIPS_MAX {
            return wrong(format!("there are more than {MEMBERSHIPS_MAX} memberships"));
        }
        if user.is_empty() || group.is_empty() {
            let what = if user.is_empty() { "user" } else { "group" };
            return wrong(format!("the {what} is empty"));
        }
        if user.len().max(group.len()) > NAME_BYTES_MAX {
            return wrong(format!("a name is longer than {NAME_BYTES_MAX} bytes"));
        }
        self.groups.entry(user.to_owned()).or_default().push(group.to_owned());
        Ok(())
    }

    fn sort(&mut self) {
        for groups in self.groups.values_mut() {
            groups.sort_unstable();
            groups.dedup();
        }
    }
}

fn first<'s>(entry: Node<'s>, keys: &[&str]) -> Option<&'s str> {
    keys.iter().find_map(|key| entry.get(key)?.as_str()).filter(|name| !name.is_empty())
}

fn each<'s>(node: Node<'s>) -> Box<dyn Iterator<Item = Node<'s>> + 's> {
    if node.value() == Value::List {
        Box::new(node.items())
    } else {
        Box::new(std::iter::once(node))
    }
}

/// The value of the first part of a distinguished name: `alice` of `uid=alice,ou=people`.
fn of_distinguished(name: &str) -> &str {
    let first = name.split(',').next().unwrap_or(name);
    first.split_once('=').map_or(name, |(_, value)| value.trim())
}

/// Rows of comma-separated values (RFC 4180).
struct Rows<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl Rows<'_> {
    fn next_row(&mut self) -> Result<Option<Vec<String>>, MembershipError> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        let start = Position { line: self.line, column: 1 };
        let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
        let mut chars = rest.char_indices().peekable();
        let mut end = rest.len();
        while let Some((offset, char)) = chars.next() {
            match char {
                '"' if quoted && chars.peek().is_some_and(|(_, next)| *next == '"') => {
                    chars.next();
                    field.push('"');
                }
                '"' if quoted || field.is_empty() => quoted = !quoted,
                ',' if !quoted => fields.push(std::mem::take(&mut field)),
                '\n' if !quoted => {
                    self.line += 1;
                    end = offset + 1;
                    break;
                }
                '\n' => {
                    self.line += 1;
                    field.push(char);
                }
                '\r' if !quoted => {}
                _ => field.push(char),
            }
        }
        if quoted {
            let message = "a quote is not closed".to_owned();
            return Err(MembershipError { position: start, message });
        }
        fields.push(field);
        self.at += end;
        Ok(Some(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let files = [
            "user,group\nalice,devs\n",
            "\u{feff}Group,mail,User\r\n\"devs\",x,\"alice\"\r\n\r\n",
            r#"[{"user": "alice", "groups": ["devs"]}]"#,
            r#"{"sub": "alice", "groups": ["devs"], "exp": 1}"#,
            r#"[{"user": "alice", "group": "devs"}]"#,
            r#"{"value": [{"id": "devs", "displayName": "Developers",
                "members": [{"userPrincipalName": "alice"}]}]}"#,
            r#"[{"cn": "devs", "memberUid": ["alice"]}]"#,
            r#"[{"cn": "devs", "member": "uid=alice,ou=people,dc=example"}]"#,
        ];
        for file in files {
            let read = Memberships::read(file).unwrap();
            assert_eq!(read.groups_of("alice").unwrap(), ["devs"], "{file}");
            assert_eq!(read.members_of("devs").collect::<Vec<_>>(), ["alice"]);
            assert_eq!(read.groups_of("bob"), None);
        }
        let alone = Memberships::read(r#"{"user": "bob", "groups": []}"#).unwrap();
        assert_eq!(alone.groups_of("bob"), Some(&[][..]));
        let quoted = Memberships::read("user,group\n\"a \"\"b\"\", c\",\"x\ny\"\n").unwrap();
        assert_eq!(quoted.groups_of("a \"b\", c").unwrap(), ["x\ny"]);
    }

    #[test]
    fn errors_have_a_place() {
        let cases = [
            ("", "1:1: the header has no column `user`"),
            ("name,group\n", "1:1: the header has no column `user`"),
            ("user,group\na,b\nc\n", "3:1: the row has 1 fields"),
            ("user,group\na,b\n,c\n", "3:1: the user is empty"),
            ("user,group\n\"a,b\n", "2:1: a quote is not closed"),
            ("[{\"user\": \"a\"}]", "1:2: the user has no `groups`"),
            ("[{}]", "1:2: expected `user`"),
            ("[\n 5]", "2:2: expected an object"),
            ("[{\"members\": []}]", "1:2: the group has no"),
            ("{\"cn\": \"x\", \"members\": [5]}", "the member has no name"),
        ];
        for (file, expected) in cases {
            let error = Memberships::read(file).unwrap_err().to_string();
            assert!(error.contains(expected), "{file:?}: {error}");
        }
        assert!(Memberships::read("[{").is_err());
    }
}
