//! Simple keys: keys without `?`, which are only known to be keys once their `:` is found.

use super::Scanner;
use crate::Error;

/// A simple key ends within this many characters of its start.
const SIMPLE_KEY_CHARACTERS: usize = 1024;
/// A place where a key without `?` may have started, to be confirmed by a `:` on the same line.
#[derive(Clone, Copy, Debug)]
pub(super) struct SimpleKey {
    pub(super) possible: bool,
    /// Nothing but a key may stand here.
    pub(super) required: bool,
    /// Number of the token that would be preceded by the key token.
    pub(super) token: usize,
    pub(super) at: usize,
    pub(super) line: u32,
    pub(super) column: i64,
}

impl Scanner<'_> {
    /// Whether a key token may still have to be put before the first token of the queue.
    pub(super) fn may_follow_a_key(&mut self) -> Result<bool, Error> {
        while let Some(&(token, level)) = self.pending_keys.front() {
            if token > self.taken {
                break;
            }
            if token == self.taken && level < self.simple_keys.len() {
                return self.is_still_possible(level);
            }
            self.pending_keys.pop_front();
        }
        Ok(false)
    }

    /// Notes that a simple key may start here.
    pub(super) fn save_simple_key(&mut self) -> Result<(), Error> {
        let column = self.column();
        let required = self.flow_level == 0 && self.indent == column;
        if !self.simple_key_allowed {
            return Ok(());
        }
        self.forget_simple_key()?;
        let level = self.simple_keys.len() - 1;
        let token = self.next_token();
        let (at, line) = (self.at, self.line);
        self.simple_keys[level] = SimpleKey { possible: true, required, token, at, line, column };
        self.pending_keys.push_back((token, level));
        Ok(())
    }

    /// Gives up the possible simple key of the present flow level.
    pub(super) fn forget_simple_key(&mut self) -> Result<(), Error> {
        let level = self.simple_keys.len() - 1;
        let key = self.simple_keys[level];
        if key.possible {
            if key.required {
                return Err(self.error(key.at, "could not find the ':' of this key"));
            }
            self.simple_keys[level].possible = false;
            self.forget_pending(key.token);
        }
        Ok(())
    }

    pub(super) fn forget_pending(&mut self, token: usize) {
        if let Ok(at) = self.pending_keys.binary_search_by_key(&token, |&(token, _)| token) {
            self.pending_keys.remove(at);
        }
    }

    /// Whether the key may still be confirmed: on its own line, within the limit of characters.
    pub(super) fn is_still_possible(&mut self, level: usize) -> Result<bool, Error> {
        let key = self.simple_keys[level];
        if !key.possible {
            return Ok(false);
        }
        if key.line == self.line && !self.is_too_long(key.at) {
            return Ok(true);
        }
        if key.required {
            return Err(self.error(key.at, "could not find the ':' of this key"));
        }
        self.simple_keys[level].possible = false;
        Ok(false)
    }

    fn is_too_long(&self, start: usize) -> bool {
        let bytes = self.at - start;
        if bytes <= SIMPLE_KEY_CHARACTERS {
            return false;
        }
        // A character has at most four bytes.
        bytes > 4 * SIMPLE_KEY_CHARACTERS
            || self.text[start..self.at].chars().count() > SIMPLE_KEY_CHARACTERS
    }
}
