//! A real PostgreSQL server in a folder of its own, for as long as the process that asked for it
//! lives. It listens on a socket in that folder only.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(dead_code, clippy::allow_attributes, reason = "not every test uses every helper")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Runs the server and does what lines on its standard input say. It ends with its standard input
/// and takes the server and the folder along.
const KEEPER: &str = r#"
# What ends the tests does not end this one: it has to clean up.
trap "" HUP INT TERM
cd "$1" || exit 1
"$2/initdb" -D data -U bollwerk --auth=trust --locale=C -E UTF8 --no-sync > initdb.log 2>&1 || {
    cat initdb.log >&2
    exit 1
}
begin() {
    "$2/pg_ctl" -D data -w -t 60 -l server.log -s -o "$3" start || cat server.log >&2
    echo ready
}
end() { "$2/pg_ctl" -D data -w -t 60 -s -m immediate stop; }
begin "$@"
while read -r command; do
    case "$command" in
    stop) end "$@" && echo stopped ;;
    start) begin "$@" ;;
    esac
done
end "$@"
cd / && rm -rf "$1"
"#;

/// How many servers this process has started.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The server.
pub(crate) struct PostgresServer {
    keeper: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    folder: PathBuf,
    databases: AtomicU32,
}

impl PostgresServer {
    /// Starts a server whose writes are not waited for until they are on the disk: it may be
    /// killed, the machine may not. Without PostgreSQL the test has to skip, which under `CI=true`
    /// is a failure.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with("-c fsync=off")
    }

    /// Starts a server with these flags.
    #[expect(clippy::print_stdout, reason = "a skipped test says so")]
    pub(crate) fn start_with(flags: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            let reason = "PostgreSQL is not there (install it with `cargo xtask test`)";
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{reason}");
            println!("skipped: {reason}");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("bollwerk-postgres-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        let mut command = if output("id", &["-u"]) == "0" {
            // The server refuses to run as root.
            let user: u32 = output("id", &["-u", "nobody"]).parse().unwrap();
            std::os::unix::fs::chown(&folder, Some(user), None).unwrap();
            let mut command = Command::new("setpriv");
            command.args(["--reuid=nobody", "--clear-groups", "--inh-caps=-all", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let socket = folder.display();
        let flags = format!("-c listen_addresses='' -c unix_socket_directories='{socket}' {flags}");
        let mut keeper = command
            .args(["-c", KEEPER, "keeper"])
            .arg(&folder)
            .arg(programs)
            .arg(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = keeper.stdin.take();
        let answers = BufReader::new(keeper.stdout.take().unwrap());
        let mut server = Self { keeper, commands, answers, folder, databases: AtomicU32::new(0) };
        server.expect("ready");
        Some(server)
    }

    /// The address of a database that no other test has, not made yet.
    fn address(&self, database: &str) -> String {
        let folder = self.folder.to_str().unwrap().replace('/', "%2F");
        format!("postgres://bollwerk@{folder}/{database}")
    }

    /// Makes a database that no other test has; its address.
    pub(crate) fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let mut client =
            postgres::Client::connect(&self.address("postgres"), postgres::NoTls).unwrap();
        client.batch_execute(&format!("CREATE DATABASE test_{number}")).unwrap();
        self.address(&format!("test_{number}"))
    }

    /// Ends the server as a crash would.
    pub(crate) fn stop(&mut self) {
        self.tell("stop");
        self.expect("stopped");
    }

    /// Starts it again.
    pub(crate) fn start_again(&mut self) {
        self.tell("start");
        self.expect("ready");
    }

    fn tell(&mut self, command: &str) {
        let pipe = self.commands.as_mut().unwrap();
        writeln!(pipe, "{command}").unwrap();
        pipe.flush().unwrap();
    }

    fn expect(&mut self, answer: &str) {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), answer, "PostgreSQL did not start or stop");
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ = self.keeper.wait();
    }
}

/// The folder of the server's programs: that of the one `BOLLWERK_POSTGRES` names, or of the one
/// on the path.
fn programs() -> Option<PathBuf> {
    let named = std::env::var_os("BOLLWERK_POSTGRES").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = named.or_else(|| {
        std::env::split_paths(&path).map(|folder| folder.join("postgres")).find(|it| it.is_file())
    });
    let program = found?.canonicalize().ok()?;
    program.parent().map(Path::to_path_buf)
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
