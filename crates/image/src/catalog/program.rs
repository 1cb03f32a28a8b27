//! Programs: what their compilers wrote into them.

mod cargo;
mod elf;
mod golang;
mod version;

pub(super) use golang::module;

use memchr::memmem;
use package::{Kind, Package};

use self::version::Search;
use crate::Fact;

/// Bytes of a program that is kept as a whole; a larger one is searched while it goes by.
const WHOLE_BYTES_MAX: u64 = 16 << 20;
/// Bytes that are kept from where Go's build information begins.
const INFORMATION_BYTES_MAX: usize = 8 << 20;

/// A program that is looked at piece by piece.
#[derive(Debug)]
pub struct Program {
    size: u64,
    state: State,
    /// The whole, or, of a large one, what may be of use.
    kept: Vec<u8>,
    /// What it says its version is, if it is one of those that are known by name.
    version: Search,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Too little was seen to tell.
    Beginning,
    /// A script, or data.
    NoProgram,
    /// All of it is kept.
    Whole,
    /// The last bytes are kept, in case what is searched for begins there.
    Searching { lists_crates: bool },
    /// All from the beginning of Go's build information is kept.
    Go,
}

impl Program {
    /// A program at this path and of this many bytes, of which none was seen yet.
    pub fn new(path: &str, size: u64) -> Self {
        Self { size, state: State::Beginning, kept: Vec::new(), version: Search::of(path) }
    }

    /// What a program says, of a file of which any part can be read: no more is read of it than
    /// its sections ask for. None where all of it has to be looked at.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn in_place<E>(
        path: &str,
        read: &mut dyn FnMut(u64, usize) -> Result<Vec<u8>, E>,
    ) -> Result<Option<Result<Vec<Fact>, String>>, E> {
        let magic = read(0, 4)?;
        if !magic.first_chunk().is_some_and(|magic| is_machine_code(*magic)) {
            return Ok(Some(Ok(Vec::new())));
        }
        if Search::of(path).is_of_use() {
            return Ok(None);
        }
        let found = elf::sections([golang::SECTION, cargo::SECTION], read)?;
        Ok(match found {
            None => None,
            Some([Some(information), _]) => golang::find(&information)
                .and_then(|at| information.get(at..))
                .filter(|information| golang::is_inline(information))
                .map(|information| golang::modules(information, None).map(|it| facts(path, it))),
            Some([None, Some(list)]) => Some(cargo::listed(&list).map(|it| facts(path, it))),
            Some([None, None]) => Some(Ok(facts(path, Vec::new()))),
        })
    }

    /// The next piece. Whether further ones are of interest.
    pub fn take(&mut self, chunk: &[u8]) -> bool {
        self.kept.extend_from_slice(chunk);
        if self.state == State::Beginning {
            let Some(magic) = self.kept.first_chunk() else { return true };
            self.state = match is_machine_code(*magic) {
                false => State::NoProgram,
                true if self.size <= WHOLE_BYTES_MAX => State::Whole,
                true => State::Searching { lists_crates: false },
            };
        }
        if self.state != State::NoProgram {
            self.version.take(chunk);
        }
        match self.state {
            State::Beginning | State::Whole => true,
            State::NoProgram => {
                self.kept.clear();
                false
            }
            State::Searching { lists_crates } => {
                self.search(lists_crates);
                true
            }
            State::Go => {
                self.kept.truncate(INFORMATION_BYTES_MAX);
                self.kept.len() < INFORMATION_BYTES_MAX
            }
        }
    }

    fn search(&mut self, lists_crates: bool) {
        let longest = golang::MAGIC.len().max(cargo::SECTION.len());
        if let Some(at) = golang::find(&self.kept) {
            self.kept.drain(..at);
            self.state = State::Go;
            return;
        }
        let lists_crates =
            lists_crates || memmem::find(&self.kept, cargo::SECTION.as_bytes()).is_some();
        self.state = State::Searching { lists_crates };
        // A header of Go's needs a few bytes more than its magic to be told.
        let rest = self.kept.len().saturating_sub(longest + golang::HEADER_BYTES);
        self.kept.drain(..rest);
    }

    /// What it says, or why that cannot be read.
    pub fn finish(self, path: &str) -> Result<Vec<Fact>, String> {
        let packages = match self.state {
            State::Beginning | State::NoProgram => return Ok(Vec::new()),
            State::Searching { lists_crates: true } => {
                return Err(format!(
                    "lists its crates, which is read in programs of up to {WHOLE_BYTES_MAX} bytes"
                ));
            }
            State::Searching { .. } => Vec::new(),
            State::Go => golang::modules(&self.kept, None)?,
            State::Whole => match golang::find(&self.kept) {
                Some(at) => {
                    let information = self.kept.get(at..).unwrap_or_default();
                    golang::modules(information, Some(&self.kept))?
                }
                None => cargo::crates(&self.kept)?,
            },
        };
        if packages.is_empty()
            && let Some((name, version)) = self.version.finish()
        {
            return Ok(vec![Fact::Packages(vec![Package::new(Kind::Generic, name, version)])]);
        }
        Ok(facts(path, packages))
    }
}

fn facts(path: &str, packages: Vec<Package>) -> Vec<Fact> {
    if !packages.is_empty() {
        return vec![Fact::Packages(packages)];
    }
    // A library is known by the program that needs it.
    let is_library = path.contains(".so");
    if is_library { Vec::new() } else { vec![Fact::Program] }
}

/// ELF, PE and Mach-O by their first bytes.
fn is_machine_code(magic: [u8; 4]) -> bool {
    matches!(
        magic,
        [0x7f, b'E', b'L', b'F']
            | [b'M', b'Z', ..]
            | [0xfe, 0xed, 0xfa, 0xce | 0xcf]
            | [0xce | 0xcf, 0xfa, 0xed, 0xfe]
    )
}
