//! The program `bollwerk`.

fn main() -> std::process::ExitCode {
    bollwerk::main()
}
