//! What a real containerd keeps on a node, for the suites that read it without asking it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::{command, go, images, program};

/// Changes whenever something else is kept.
const EDITION: &str = "containerd-1";
/// Until it answers.
const PATIENCE: Duration = Duration::from_mins(1);

/// The folder of a containerd that has the image `docker.io/library/bookworm:1`, unpacked into
/// overlays. Needs root the first time.
pub(crate) fn containerd() -> Result<PathBuf> {
    let folder = go::cache_folder()?.join(EDITION);
    if folder.join(".complete").is_file() {
        return Ok(folder);
    }
    let images = images::images()?;
    program::installed(&["containerd"], "containerd")?;
    fs::create_dir_all(&folder)?;
    let configuration = folder.join("config.toml");
    let shown = folder.display();
    fs::write(
        &configuration,
        format!(
            "version = 2\nroot = \"{shown}/root\"\nstate = \"{shown}/state\"\n\
             disabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n\
             [grpc]\naddress = \"{shown}/socket\"\n"
        ),
    )?;
    let mut daemon = Command::new("containerd");
    daemon.arg("--config").arg(&configuration).stdout(Stdio::null()).stderr(Stdio::null());
    let daemon = daemon.spawn()?;
    let filled = fill(&folder, &images);
    stop(daemon)?;
    filled?;
    fs::write(folder.join(".complete"), "")?;
    Ok(folder)
}

fn fill(folder: &Path, images: &Path) -> Result<()> {
    let control = |arguments: &[&str]| {
        let mut control = Command::new("ctr");
        control.arg("--address").arg(folder.join("socket")).args(["--namespace", "k8s.io"]);
        control.args(arguments);
        control
    };
    let start = Instant::now();
    while !control(&["version"]).output().is_ok_and(|it| it.status.success()) {
        if start.elapsed() > PATIENCE {
            bail!("containerd does not answer");
        }
        thread::sleep(Duration::from_millis(200));
    }
    let archive = images.join("bookworm.docker.tar");
    command::output(control(&["images", "import"]).arg(archive))?;
    Ok(())
}

/// Asks it to end, so that its databases are whole.
fn stop(mut daemon: Child) -> Result<()> {
    command::output(Command::new("kill").arg(daemon.id().to_string()))?;
    daemon.wait()?;
    Ok(())
}
