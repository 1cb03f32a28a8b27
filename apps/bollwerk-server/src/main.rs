//! The program `bollwerk-server`.

fn main() -> std::process::ExitCode {
    bollwerk_server::main()
}
